package testkit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/testkit"
)

func TestCopiesOfAnImageAreAlikeAndApart(t *testing.T) {
	open := func(url string) (*database.DB, func(query string, args ...any) int64) {
		db, err := database.Open(t.Context(), database.Config{URL: url, AllowUnsafe: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db, func(query string, args ...any) (n int64) {
			conn, err := db.SQL()
			if err == nil {
				err = conn.QueryRowContext(t.Context(), query, args...).Scan(&n)
			}
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	const add, count = "INSERT INTO throttles (bucket, hits, window_start) VALUES ('image', 1, '2026-11-24') RETURNING hits", "SELECT count(*) FROM throttles"
	url, dir := testkit.URL(t), testkit.KeyDir(t)
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, ask := open(url)
	ask(add)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	image := testkit.Take(t, url, filepath.Dir(dir))
	for range 2 {
		to := t.TempDir()
		_, ask := open(image.Copy(t, to))
		if n := ask(count); n != 1 {
			t.Errorf("%d rows in a copy, want the one of the original", n)
		}
		if n := ask("DELETE FROM throttles RETURNING hits"); n != 1 {
			t.Errorf("%d hits in a copy", n)
		}
		if b, err := os.ReadFile(filepath.Join(to, "keys", "key")); err != nil || string(b) != "secret" {
			t.Errorf("the key's file says %q: %v", b, err)
		}
	}
}
