package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/berlaku/berlaku/internal/database"
)

// errNoPgDump says that the copy of PostgreSQL is pg_dump's business.
var errNoPgDump = errors.New("a PostgreSQL database is copied with pg_dump, which is not on the PATH; install the client tools of your server's version")

const stamp = "20060102T150405Z"

type backupCmd struct {
	To string `type:"path" help:"File to write; default: a dated one in backups in the data folder." placeholder:"FILE"`
}

// Run writes a copy and checks it.
func (c *backupCmd) Run(e *environment) error {
	if err := e.existing(); err != nil {
		return err
	}
	path, sqlite := e.settings.SQLitePath()
	to, err := c.target(e, sqlite)
	if err != nil {
		return err
	}
	if sqlite {
		err = copySQLite(e, to)
	} else {
		err = dumpPostgres(e, to)
	}
	if err != nil {
		return err
	}
	e.say("Copied %s to %s.", describe(path, sqlite), to)
	e.warn("The keys in %s are not in this copy; without them it cannot be read. Keep them elsewhere.", e.settings.KeyDir)
	return nil
}

func (c *backupCmd) target(e *environment, sqlite bool) (string, error) {
	to := c.To
	if to == "" {
		suffix := ".db"
		if !sqlite {
			suffix = ".dump"
		}
		to = filepath.Join(e.settings.DataDir, "backups", "berlaku-"+e.clock.Now().Format(stamp)+suffix)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", fmt.Errorf("make folder of the copy: %w", err)
	}
	if _, err := os.Lstat(to); err == nil {
		return "", fmt.Errorf("%s already exists", to)
	}
	return to, nil
}

func copySQLite(e *environment, to string) (err error) {
	db, err := e.bare()
	if err != nil {
		return err
	}
	defer finish(&err, db.Close)
	if err := db.CopyTo(e.ctx, to); err != nil {
		return err
	}
	if _, err := database.InspectFile(e.ctx, to); err != nil {
		return fmt.Errorf("check of the copy: %w", err)
	}
	return nil
}

func dumpPostgres(e *environment, to string) error {
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		return errNoPgDump
	}
	address, password, err := withoutPassword(e.settings.DatabaseURL)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(e.ctx, program, "--format=custom", "--no-owner", "--file="+to, "--dbname="+address) //nolint:gosec // the operator's own database
	cmd.Stderr = e.err
	cmd.Env = os.Environ()
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password) // never in the list of processes
	}
	if err := cmd.Run(); err != nil {
		return errors.Join(errors.New("pg_dump did not finish"), os.Remove(to))
	}
	return nil
}

// withoutPassword takes the password out of an address.
func withoutPassword(address string) (string, string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", errors.New("the database URL cannot be read")
	}
	password, _ := u.User.Password()
	if password != "" {
		u.User = url.User(u.User.Username())
	}
	return u.String(), password, nil
}

func describe(path string, sqlite bool) string {
	if sqlite {
		return path
	}
	return "the PostgreSQL database"
}
