package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/internal/testkit"
)

// TestOnPostgreSQL runs what differs there: the schema comes by migrate only.
func TestOnPostgreSQL(t *testing.T) {
	if os.Getenv("TEST_POSTGRES_URL") == "" {
		t.Skip("TEST_POSTGRES_URL is not set")
	}
	t.Setenv("BERLAKU_DATABASE_URL", testkit.EmptyURL(t))
	t.Setenv("BERLAKU_ALLOW_UNSAFE_DATABASE", "true")
	dir := folder(t)
	berlaku(t, dir, "", "migrate", "status").sentence(t, exitFailed, "schema")
	berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--private-addr=off").sentence(t, exitFailed, "schema")
	if r := berlaku(t, dir, "", "migrate"); r.code != 0 {
		t.Fatalf("migrate: %+v", r)
	}
	base, stop := serving(t, dir, "serve")
	if code, body := get(t, base+"/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
	if r := stop(); r.code != 0 {
		t.Errorf("serve: %+v", r)
	}
	if r := berlaku(t, dir, "", "audit", "verify"); r.code != 0 {
		t.Errorf("audit: %+v", r)
	}
	berlaku(t, dir, "", "restore", "/nowhere/copy.db").sentence(t, exitFailed, "pg_restore")
	t.Run("a wrong password is not told", func(t *testing.T) {
		t.Setenv("BERLAKU_DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:1/none")
		r := berlaku(t, dir, "", "migrate")
		r.sentence(t, exitFailed, "")
		if strings.Contains(r.out+r.err, "hunter2") {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("a server that may forget is refused unless told", func(t *testing.T) {
		t.Setenv("BERLAKU_ALLOW_UNSAFE_DATABASE", "false")
		r := berlaku(t, dir, "", "migrate", "status")
		if r.code == 0 {
			t.Skip("this server is durable")
		}
		r.sentence(t, exitFailed, "fsync")
	})
}
