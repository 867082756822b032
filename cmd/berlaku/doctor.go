package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/database"
)

// errUnsafe says that at least one safe default does not hold.
var errUnsafe = errors.New("not everything is as it should be")

type doctorCmd struct{}

// finding is one line of the report: what was looked at, and what is wrong
// with it ("" when nothing is).
type finding struct{ what, wrong string }

// Run prints pass or fail for each default, changing nothing.
func (doctorCmd) Run(e *environment) error {
	findings := e.settingsFindings()
	findings = append(findings, e.fileFindings()...)
	findings = append(findings, e.databaseFindings()...)
	bad := 0
	for _, f := range findings {
		if f.wrong == "" {
			e.say("pass  %s", f.what)
			continue
		}
		bad++
		e.say("FAIL  %s: %s", f.what, f.wrong)
	}
	if bad > 0 {
		return errUnsafe
	}
	return nil
}

func wrongIf(bad bool, text string) string {
	if bad {
		return text
	}
	return ""
}

func wrongErr(err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

func (e *environment) settingsFindings() []finding {
	complete := wrongErr(e.settings.Complete())
	c := &e.settings
	return []finding{
		{"settings can be served", complete},
		{"not running as root", wrongIf(os.Geteuid() == 0, "the process is root")},
		{"serving this machine only, or behind TLS or a named proxy", wrongIf(c.AllowPublic && !c.TLS() && len(c.TrustedProxies) == 0, "public without TLS or proxy")},
		{"people reach it by https, or on this machine only", wrongIf(!c.Secure() && !localURL(c.PublicURL), "the public URL is plain http")},
		{"metrics and pprof for this machine only, or off", wrongIf(!local(c.PrivateAddr), "the private address is reachable from outside")},
		{"rate limits are on", wrongIf(c.RateLimits == config.Off, "they are off")},
		{"unsafe databases are refused", wrongIf(c.AllowUnsafe, "they are accepted")},
	}
}

func local(addr string) bool {
	if addr == config.Off {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	ip, ipErr := netip.ParseAddr(host)
	return err == nil && (host == "localhost" || ipErr == nil && ip.IsLoopback())
}

func localURL(address string) bool {
	_, host, _ := strings.Cut(address, "://")
	return local(host) || local(host+":80")
}

func (e *environment) fileFindings() []finding {
	c := &e.settings
	out := []finding{
		{"the data folder is the owner's alone", wrongErr(private(c.DataDir, 0o700))},
		{"the keys are the owner's alone", wrongErr(privateKeys(c.KeyDir))},
		{"certificates that were fetched are the owner's alone", wrongErr(privateKeys(c.ACMEDir()))},
	}
	if path, ok := c.SQLitePath(); ok {
		out = append(out,
			finding{"the database file is the owner's alone", wrongErr(private(path, 0o600))},
			finding{"the data folder is on a disk of this machine", wrongErr(localDisk(c.DataDir))},
			finding{"there is room on the disk", wrongErr(roomy(c.DataDir))})
	}
	return out
}

var (
	errOpenToOthers = errors.New("others can read it")
	errSymlink      = errors.New("it is a symbolic link")
	errNotOurs      = errors.New("it belongs to somebody else")
)

// private reports what is wrong with a path that others must not read; what is
// not there yet is made right by the program.
func private(path string, mode fs.FileMode) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return errSymlink
	case info.Mode().Perm()&^mode != 0:
		return errOpenToOthers
	case !ours(info):
		return errNotOurs
	}
	return nil
}

func privateKeys(dir string) error {
	if err := private(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			err = errors.Join(err, private(filepath.Join(dir, entry.Name()), 0o600))
		}
	}
	return err
}

// databaseFindings opens the database where there is one.
func (e *environment) databaseFindings() []finding {
	if err := e.existing(); errors.Is(err, errNoDatabase) {
		return []finding{{"the database is not made yet", ""}}
	} else if err != nil {
		return []finding{{"the database can be found", "the settings cannot be used"}}
	}
	db, err := e.bare()
	if err != nil {
		return []finding{{"the database can be opened and is safe", wrongErr(err)}}
	}
	defer db.Close() //nolint:errcheck // nothing was written
	return append([]finding{{"the database can be opened and is safe", ""}}, lookInto(e.ctx, db)...)
}

func lookInto(ctx context.Context, db *database.DB) []finding {
	out := []finding{
		{"the schema is the program's", wrongErr(db.CheckSchema(ctx))},
		{"the database finds itself whole", wrongErr(db.QuickCheck(ctx))},
	}
	if db.Dialect() == database.Postgres {
		super, err := db.Superuser(ctx)
		wrong := wrongErr(err)
		if super {
			wrong = "it is a superuser"
		}
		out = append(out, finding{"the role in PostgreSQL is an ordinary one", wrong})
	}
	return out
}
