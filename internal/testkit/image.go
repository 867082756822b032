package testkit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Image is a database and a folder beside it as they stood when it was taken.
// A world that takes long to build is built once and then copied for each test.
type Image struct {
	database []byte            // of SQLite
	template string            // on the server of TEST_POSTGRES_URL
	files    map[string][]byte // by their paths in the folder
}

// Take makes an image of the database at an address that URL returned, and of
// a folder. Nobody may have them open.
func Take(t testing.TB, address, dir string) *Image {
	t.Helper()
	i := &Image{files: map[string][]byte{}}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			i.files[name], err = os.ReadFile(path) //nolint:gosec // the test's own folder
		}
		return err
	})
	if err == nil {
		err = i.take(address)
	}
	if err != nil {
		t.Fatalf("take an image: %v", err)
	}
	return i
}

func (i *Image) take(address string) (err error) {
	if server := os.Getenv("TEST_POSTGRES_URL"); server != "" {
		i.template = fmt.Sprintf("berlaku_image_%d_%d", os.Getpid(), pgCount.Add(1))
		return execOn(server, "CREATE DATABASE "+i.template+" TEMPLATE "+filepath.Base(strings.SplitN(address, "?", 2)[0]))
	}
	i.database, err = os.ReadFile(strings.TrimPrefix(address, "sqlite:"))
	return err
}

// Copy fills an empty folder and returns the address of a database of the
// test's own, both as they are in the image.
func (i *Image) Copy(t testing.TB, dir string) string {
	t.Helper()
	for name, b := range i.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if server := os.Getenv("TEST_POSTGRES_URL"); server != "" {
		return createDatabase(t, server, i.template)
	}
	return sqliteFile(t, i.database)
}

func sqliteFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "berlaku.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}
