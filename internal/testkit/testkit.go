// Package testkit gives tests a migrated database of their own, keys, a fixed
// clock and an actor. With TEST_POSTGRES_URL set every test that asks for a
// database gets one on that server; without, a SQLite file.
package testkit

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for making databases

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
)

// Start is the instant at which test clocks stand: a Tuesday, 10:00 in Palu.
var Start = time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)

// Clock returns a manual clock at Start.
func Clock() *clock.Manual { return clock.NewManual(Start) }

// System returns a context in which the program itself acts.
func System(t testing.TB) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.System())
}

// Keys returns a keyring in a directory of its own.
func Keys(t testing.TB) *pii.Keyring {
	t.Helper()
	k, err := pii.Open(KeyDir(t))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// KeyDir returns an empty directory that only the owner can read.
func KeyDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// DB returns a migrated database of the test's own.
func DB(t testing.TB) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), database.Config{URL: URL(t), AllowUnsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	if db.Dialect() == database.SQLite {
		hurry(t, db)
	}
	return db
}

// hurry makes commits not wait for the disk: what they protect from, the fall of
// the whole machine, no test in this process can bring about. The tests that
// kill servers run the program itself.
func hurry(t testing.TB, db *database.DB) {
	t.Helper()
	conn, err := db.SQL()
	if err == nil {
		_, err = conn.ExecContext(context.Background(), "PRAGMA synchronous = OFF")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// URL returns the address of a migrated database of the test's own.
func URL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("TEST_POSTGRES_URL"); server != "" {
		return postgresURL(t, server)
	}
	b, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return sqliteFile(t, b)
}

// EmptyURL returns the address of a database without any schema.
func EmptyURL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("TEST_POSTGRES_URL"); server != "" {
		return createDatabase(t, server, "template0")
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "empty.db")
}

var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "berlaku-testkit-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	path := filepath.Join(dir, "template.db")
	if err := migrated("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // our own temporary file
})

func migrated(address string) error {
	db, err := database.Open(context.Background(), database.Config{URL: address, AllowUnsafe: true})
	if err != nil {
		return err
	}
	if err := db.Migrate(context.Background()); err != nil {
		return err
	}
	return db.Close()
}

var (
	pgTemplate sync.Once
	pgCount    atomic.Int64
	errPG      error
)

func postgresURL(t testing.TB, server string) string {
	t.Helper()
	template := fmt.Sprintf("berlaku_template_%d", os.Getpid())
	pgTemplate.Do(func() {
		if errPG = execOn(server, "CREATE DATABASE "+template); errPG == nil {
			errPG = migrated(withDatabase(server, template))
		}
	})
	if errPG != nil {
		t.Fatalf("prepare PostgreSQL template: %v", errPG)
	}
	return createDatabase(t, server, template)
}

func createDatabase(t testing.TB, server, template string) string {
	t.Helper()
	name := fmt.Sprintf("berlaku_test_%d_%d", os.Getpid(), pgCount.Add(1))
	if err := execOn(server, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("make PostgreSQL database: %v", err)
	}
	t.Cleanup(func() {
		if err := execOn(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop PostgreSQL database: %v", err)
		}
	})
	return withDatabase(server, name)
}

func execOn(server, statement string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // one statement, then gone
	_, err = db.ExecContext(context.Background(), statement)
	return err
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}
