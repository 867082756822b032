package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/database"
)

// result is what one call of the command gave.
type result struct {
	code     int
	out, err string
}

// berlaku runs the command in a folder of the test's own, on SQLite.
func berlaku(t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	return berlakuUntil(t.Context(), t, dir, stdin, args...)
}

func berlakuUntil(ctx context.Context, t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	t.Setenv("BERLAKU_DATA_DIR", dir)
	var out, errOut lines
	code := run(ctx, args, strings.NewReader(stdin), &out, &errOut)
	return result{code: code, out: out.String(), err: errOut.String()}
}

// lines is a buffer that a server may write to while the test reads.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// sentence checks that the command failed with plain sentences and nothing else.
func (r result) sentence(t *testing.T, code int, part string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit %d, want %d; stderr %q", r.code, code, r.err)
	}
	if !strings.Contains(r.err, part) {
		t.Errorf("stderr %q does not say %q", r.err, part)
	}
	for line := range strings.Lines(r.err) {
		if !strings.HasPrefix(line, "berlaku: ") && !strings.HasPrefix(line, "{") {
			t.Errorf("stderr holds more than a sentence: %q", line)
		}
	}
	if strings.Contains(r.err, "goroutine ") || strings.Contains(r.err, ".go:") {
		t.Errorf("stderr shows the inside: %q", r.err)
	}
}

func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// migrated returns a folder with an empty database of the present schema.
func migrated(t *testing.T) string {
	t.Helper()
	dir := folder(t)
	if r := berlaku(t, dir, "", "migrate"); r.code != 0 {
		t.Fatalf("migrate: %+v", r)
	}
	return dir
}

func execute(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "berlaku.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestBadCommandLinesAreUsageErrors(t *testing.T) {
	dir := folder(t)
	for name, args := range map[string][]string{
		"an unknown command":                     {"fly"},
		"card verify without its options":        {"card", "verify"},
		"card verify of keys that are not there": {"card", "verify", "--jwks=/nowhere", "--origin=https://kartu.example", "--at=1"},
		"card verify with an unusable time":      {"card", "verify", "--jwks=/nowhere", "--origin=https://kartu.example", "--at=now"},
		"keys rotate from no day":                {"keys", "rotate", "--from=soon"},
		"keys rotate from two days":              {"keys", "rotate", "--now", "--from=2026-11-22"},
		"keys revoke without meaning it":         {"keys", "revoke", "A1"},
		"bootstrap without a password":           {"bootstrap", "--email=a@contoh.example", "--name=A"},
		"import without a branch":                {"import", "people.csv"},
		"import of a file of another kind":       {"import", "people.pdf", "--branch=x"},
		"import of a file that is not there":     {"import", "/nowhere/people.csv", "--branch=x"},
		"import on no day":                       {"import", "people.csv", "--branch=x", "--as-of=2026-02-30"},
		"an unknown flag":                        {"serve", "--fly"},
		"a value outside the choices":            {"serve", "--log-level=loud"},
		"an address without port":                {"migrate", "--addr=here"},
		"a public address without saying so":     {"serve", "--allow-root", "--addr=0.0.0.0:0"},
		"a missing configuration file":           {"config", "--config=/nowhere/berlaku.json"},
		"an unknown database":                    {"migrate", "--database-url=mysql://root:hunter2@db"},
		"a subcommand without its own command":   {"audit"},
		"restore without a file":                 {"restore"},
		"restore of a file that is not there":    {"restore", "/nowhere/copy.db"},
		"restore of a file that is no database":  {"restore", "main_test.go"},
		"a number of connections that is a word": {"migrate", "--database-conns=many"},
	} {
		t.Run(name, func(t *testing.T) {
			r := berlaku(t, dir, "", args...)
			r.sentence(t, exitUsage, "")
			if r.out != "" || strings.Contains(r.err, "hunter2") {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}} {
		r := berlaku(t, folder(t), "", args...)
		if r.code != 0 {
			t.Errorf("exit %d", r.code)
		}
		for _, command := range []string{"serve", "demo", "migrate", "bootstrap", "keys", "import", "card", "audit", "backup", "restore", "openapi", "config", "doctor", "healthcheck", "version"} {
			if !strings.Contains(r.out, "\n  "+command) {
				t.Errorf("help does not name %s", command)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	if r := berlaku(t, folder(t), "", "version"); r.code != 0 || !strings.HasPrefix(r.out, "berlaku dev") {
		t.Errorf("got %+v", r)
	}
}

func TestConfigMasksAndExplains(t *testing.T) {
	r := berlaku(t, folder(t), "", "config", "--database-url=postgres://app:hunter2@db/berlaku")
	if r.code != 0 || strings.Contains(r.out+r.err, "hunter2") || !json.Valid([]byte(r.out)) {
		t.Errorf("got %+v", r)
	}
	r = berlaku(t, folder(t), "", "config", "--addr=here", "--tls-cert=x")
	r.sentence(t, exitFailed, "HOST:PORT")
	if !json.Valid([]byte(r.out)) {
		t.Error("the settings are not printed when they are wrong")
	}
}

func TestMigrate(t *testing.T) {
	dir := folder(t)
	r := berlaku(t, dir, "", "migrate", "status")
	r.sentence(t, exitFailed, "no database")
	if _, err := os.Stat(filepath.Join(dir, "berlaku.db")); err == nil {
		t.Error("looking made a database")
	}
	if r := berlaku(t, dir, "", "migrate", "up"); r.code != 0 || !strings.Contains(r.out, "(was 0)") {
		t.Errorf("up: %+v", r)
	}
	if r := berlaku(t, dir, "", "migrate", "status"); r.code != 0 {
		t.Errorf("status: %+v", r)
	}
	execute(t, dir, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	for _, args := range [][]string{{"migrate", "status"}, {"migrate", "up"}, {"audit", "verify"}, {"serve", "--allow-root", "--addr=127.0.0.1:0", "--private-addr=off"}} {
		r := berlaku(t, dir, "", args...)
		r.sentence(t, exitFailed, "schema")
	}
}

func TestAuditVerify(t *testing.T) {
	dir := migrated(t)
	r := berlaku(t, dir, "", "audit", "verify")
	if r.code != 0 || !regexp.MustCompile(`^The audit log is whole: \d+ entries, head [0-9a-f]*\.\n$`).MatchString(r.out) {
		t.Errorf("got %+v", r)
	}
	execute(t, dir, "UPDATE audit_heads SET seq = seq + 1")
	berlaku(t, dir, "", "audit", "verify").sentence(t, exitFailed, "breaks at entry 1")
	berlaku(t, folder(t), "", "audit", "verify").sentence(t, exitFailed, "no database")
}

func TestBackupAndRestore(t *testing.T) {
	dir := migrated(t)
	execute(t, dir, "INSERT INTO bootstrap_tokens (token_hash, created_at, expires_at) VALUES (x'01', '2026-01-01', '2026-01-01')")
	copied := filepath.Join(t.TempDir(), "copy.db")
	r := berlaku(t, dir, "", "backup", "--to", copied)
	if r.code != 0 || !strings.Contains(r.err, "keys") {
		t.Fatalf("backup: %+v", r)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("copy: %v, %v", info, err)
	}
	berlaku(t, dir, "", "backup", "--to", copied).mentions(t, exitFailed, "exists")
	if r := berlaku(t, dir, "", "backup"); r.code != 0 {
		t.Errorf("backup to the default place: %+v", r)
	}
	execute(t, dir, "DELETE FROM bootstrap_tokens")
	berlaku(t, dir, "", "restore", copied).sentence(t, exitFailed, "--force")
	r = berlaku(t, dir, "", "restore", "--force", copied)
	if r.code != 0 || !strings.Contains(r.out, ".before-") {
		t.Fatalf("restore: %+v", r)
	}
	if n := count(t, dir, "bootstrap_tokens"); n != 1 {
		t.Errorf("%d rows after restore, want 1", n)
	}
	other := folder(t)
	if r := berlaku(t, other, "", "restore", copied); r.code != 0 || count(t, other, "bootstrap_tokens") != 1 {
		t.Errorf("restore into an empty folder: %+v", r)
	}
}

func (r result) mentions(t *testing.T, code int, part string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.err, part) {
		t.Errorf("exit %d, stderr %q; want %d and %q", r.code, r.err, code, part)
	}
}

func count(t *testing.T, dir, table string) int {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "berlaku.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRestoreRefuses(t *testing.T) {
	dir := migrated(t)
	t.Run("a damaged copy, changing nothing", func(t *testing.T) {
		b, err := os.ReadFile(filepath.Join(dir, "berlaku.db"))
		if err != nil {
			t.Fatal(err)
		}
		for i := 8192; i < len(b); i += 16 {
			b[i] ^= 0xff
		}
		path := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		berlaku(t, dir, "", "restore", "--force", path).sentence(t, exitUsage, "damaged")
		if r := berlaku(t, dir, "", "migrate", "status"); r.code != 0 {
			t.Errorf("the database suffered: %+v", r)
		}
	})
	t.Run("a database of another program", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "berlaku.db")
		execute(t, filepath.Dir(path), "CREATE TABLE other (id integer)")
		berlaku(t, dir, "", "restore", "--force", path).sentence(t, exitUsage, "another program")
	})
	t.Run("while the database is in use", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy.db")
		if r := berlaku(t, dir, "", "backup", "--to", copied); r.code != 0 {
			t.Fatal(r)
		}
		db, err := database.Open(t.Context(), database.Config{URL: "sqlite:" + filepath.Join(dir, "berlaku.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, _, err := db.SchemaVersion(t.Context()); err != nil {
			t.Fatal(err)
		}
		berlaku(t, dir, "", "restore", "--force", copied).sentence(t, exitFailed, "in use")
	})
}

func TestDoctor(t *testing.T) {
	t.Run("finds nothing on a fresh folder but the account it runs under", func(t *testing.T) {
		r := berlaku(t, filepath.Join(t.TempDir(), "new"), "", "doctor")
		for line := range strings.Lines(r.out) {
			if strings.HasPrefix(line, "FAIL") && !strings.Contains(line, "root") {
				t.Error(line)
			}
		}
		if (r.code == 0) != (os.Geteuid() != 0) {
			t.Errorf("exit %d", r.code)
		}
	})
	t.Run("names what is loose", func(t *testing.T) {
		dir := migrated(t)
		keys := filepath.Join(dir, "keys")
		if err := os.MkdirAll(keys, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(keys, "index.key"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{dir, filepath.Join(dir, "berlaku.db"), filepath.Join(keys, "index.key")} {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		r := berlaku(t, dir, "", "doctor", "--rate-limits=off", "--private-addr=0.0.0.0:9090", "--public-url=http://kartu.example")
		for _, want := range []string{"data folder is the owner's", "keys are the owner's", "database file is the owner's", "rate limits", "metrics", "https"} {
			if !regexp.MustCompile("FAIL  [^\n]*" + want).MatchString(r.out) {
				t.Errorf("does not complain about %q in\n%s", want, r.out)
			}
		}
		r.sentence(t, exitFailed, "not everything")
	})
}

const (
	cardOrigin = "https://kartu.example"
	emptyKeys  = `{"keys":[]}`
)

func TestCardVerify(t *testing.T) {
	dir := t.TempDir()
	jwks := filepath.Join(dir, "jwks.json")
	if err := os.WriteFile(jwks, []byte(emptyKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"card", "verify", "--jwks", jwks, "--origin", cardOrigin, "--at", "1795600000"}
	t.Run("judges every line and exits 0", func(t *testing.T) {
		r := berlaku(t, dir, "\nHTTPS://KARTU.EXAMPLE/1/\r\n\xff", args...)
		want := "{\"code\":\"E_ORIGIN\"}\n{\"code\":\"E_FORMAT\"}\n{\"code\":\"E_ORIGIN\"}\n"
		if r.code != 0 || r.out != want || r.err != "" {
			t.Errorf("got %+v, want %q", r, want)
		}
	})
	t.Run("needs no database and makes none", func(t *testing.T) {
		if _, err := os.Stat(filepath.Join(dir, "berlaku.db")); err == nil {
			t.Error("made a database")
		}
	})
	for name, bad := range map[string][]string{
		"an origin with a slash at the end": {"--origin", cardOrigin + "/"},
		"a wrong choice":                    {"--printed", "maybe"},
		"a status folder that is not there": {"--status", "/nowhere"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			r := berlaku(t, dir, "x\n", append(slices.Clip(args), bad...)...)
			if r.sentence(t, exitUsage, ""); r.out != "" {
				t.Errorf("stdout %q", r.out)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	dir := migrated(t)
	r := berlaku(t, dir, "", "keys", "rotate", "--now")
	if r.code != 0 {
		t.Fatalf("rotate: %+v", r)
	}
	kids := regexp.MustCompile(`(?m)^([0-9A-Z]{2})  .*in force$`).FindAllStringSubmatch(r.out, -1)
	if len(kids) != 3 {
		t.Fatalf("%d keys in force in\n%s", len(kids), r.out)
	}
	if r := berlaku(t, dir, "", "keys", "rotate"); r.code != 0 || strings.Count(r.out, "coming") != 3 {
		t.Errorf("rotate later: %+v", r)
	}
	if r := berlaku(t, dir, "", "keys", "revoke", "--yes", kids[0][1]); r.code != 0 {
		t.Errorf("revoke: %+v", r)
	}
	berlaku(t, dir, "", "keys", "revoke", "--yes", kids[0][1]).sentence(t, exitFailed, "withdrawn already")
	berlaku(t, dir, "", "keys", "revoke", "--yes", "??").sentence(t, exitFailed, "no such signing key")
	r = berlaku(t, dir, "", "keys")
	if strings.Count(r.out, "withdrawn") != 1 || strings.Count(r.out, "in force") != 2 || strings.Count(r.out, "coming") != 3 {
		t.Errorf("list:\n%s", r.out)
	}
	if r := berlaku(t, dir, "", "audit", "verify"); r.code != 0 {
		t.Errorf("audit: %+v", r)
	}
}

func TestBootstrap(t *testing.T) {
	dir := migrated(t)
	args := []string{"bootstrap", "--email=kepala@contoh.example", "--name=Kepala Cabang"}
	r := berlaku(t, dir, "password1234\n", args...)
	r.sentence(t, exitFailed, "too easy")
	if n := count(t, dir, "accounts"); n != 0 {
		t.Fatalf("%d accounts", n)
	}
	r = berlaku(t, dir, "sembilan burung enggang terbang\n", args...)
	if r.code != 0 || strings.Contains(r.out+r.err, "enggang") {
		t.Fatalf("got %+v", r)
	}
	berlaku(t, dir, "sembilan burung enggang terbang\n", args...).sentence(t, exitFailed, "already")
	_, stop := serving(t, dir, "serve")
	if r := stop(); strings.Contains(r.out, "bootstrap") {
		t.Error("a start with an account offers another first one")
	}
}

func TestImportRefusesWhatItCannotPlace(t *testing.T) {
	dir := migrated(t)
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte("nothing;like\nthis;here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	berlaku(t, dir, "", "import", path, "--branch=NOWHERE").sentence(t, exitUsage, "no such branch")
}

// serving starts the command and returns its address and a stop that returns
// its result.
func serving(t *testing.T, dir string, args ...string) (string, func() result) {
	t.Helper()
	t.Setenv("BERLAKU_DATA_DIR", dir)
	addr := freeAddr(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan result, 1)
	var out, errOut lines
	go func() {
		code := run(ctx, append(args, "--addr="+addr, "--private-addr=off", "--allow-root"), strings.NewReader(""), &out, &errOut)
		done <- result{code: code, out: out.String(), err: errOut.String()}
	}()
	stop := sync.OnceValue(func() result {
		cancel()
		return <-done
	})
	t.Cleanup(func() { stop() })
	for range 200 {
		if strings.Contains(errOut.String(), `"msg":"serving"`) {
			return "http://" + addr, stop
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("does not serve: %s", errOut.String())
	return "", nil
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestServeStopsCleanly(t *testing.T) {
	dir := folder(t)
	base, stop := serving(t, dir, "serve")
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, body := get(t, base+path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if r := berlaku(t, dir, "", "healthcheck", "--addr="+strings.TrimPrefix(base, "http://")); r.code != 0 {
		t.Errorf("healthcheck: %+v", r)
	}
	r := stop()
	if r.code != 0 || !strings.Contains(r.err, `"msg":"stopped"`) {
		t.Errorf("got %+v", r)
	}
	if !strings.Contains(r.out, base+"/konsol/mulai?kode=") || strings.Contains(r.err, "kode=") {
		t.Errorf("the bootstrap link is not on stdout alone: %+v", r)
	}
	if r := berlaku(t, dir, "", "audit", "verify"); r.code != 0 {
		t.Errorf("audit: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(dir, "berlaku.db-wal")); err == nil {
		t.Error("the write-ahead log was left behind")
	}
}

func TestServeRefuses(t *testing.T) {
	t.Run("a data folder that others can read", func(t *testing.T) {
		dir := folder(t)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0").sentence(t, exitFailed, "chmod 700")
	})
	t.Run("an address that is taken", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		berlaku(t, folder(t), "", "serve", "--allow-root", "--addr="+l.Addr().String()).sentence(t, exitFailed, "in use")
	})
	t.Run("root, unless told", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("not root")
		}
		berlaku(t, folder(t), "", "serve").sentence(t, exitFailed, "root")
	})
	t.Run("another origin than cards already carry", func(t *testing.T) {
		dir := folder(t)
		_, stop := serving(t, dir, "serve", "--card-origin=https://kartu.example")
		stop()
		berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--card-origin=https://other.example").sentence(t, exitFailed, "another origin")
		_, stop = serving(t, dir, "serve") // without saying, it is the one used so far
		if r := stop(); r.code != 0 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestHealthcheck(t *testing.T) {
	addr := freeAddr(t)
	berlaku(t, folder(t), "", "healthcheck", "--addr="+addr).sentence(t, exitFailed, "does not answer")
	berlaku(t, folder(t), "", "healthcheck", "--addr=here").sentence(t, exitUsage, "HOST:PORT")
}

func TestDemoRefusesWhatIsNoWorld(t *testing.T) {
	dir := migrated(t)
	berlaku(t, dir, "", "demo", "--dir="+dir, "--addr="+freeAddr(t)).mentions(t, exitFailed, "no demo world")
	if n := count(t, dir, "accounts"); n != 0 {
		t.Errorf("wrote %d accounts", n)
	}
}

func TestDemoServesTheWorldOfAFolder(t *testing.T) {
	dir := migrated(t)
	world := `{"base_url": "http://127.0.0.1:1", "activations": [{"url": "http://127.0.0.1:1/kartu#a"}], "note": "http://127.0.0.1:11/other"}`
	if err := os.WriteFile(filepath.Join(dir, "demo.json"), []byte(world), 0o600); err != nil {
		t.Fatal(err)
	}
	base, stop := serving(t, dir, "demo", "--dir="+dir)
	b, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(world, "http://127.0.0.1:1/", base+"/"); string(b) != strings.Replace(want, `"http://127.0.0.1:1"`, `"`+base+`"`, 1) {
		t.Errorf("demo.json is %s", b)
	}
	if info, err := os.Stat(filepath.Join(dir, "demo.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("demo.json: %v, %v", info, err)
	}
	if code, _ := get(t, base+"/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d", code)
	}
	if r := stop(); r.code != 0 || !strings.Contains(r.out, "demo.json") {
		t.Errorf("got %+v", r)
	}
}
