package keyfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/berlaku/berlaku/internal/keyfile"
	"github.com/berlaku/berlaku/internal/testkit"
)

func TestAKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	dir := testkit.KeyDir(t)
	first, err := keyfile.ReadOrCreate(dir, "a.key", 32)
	if err != nil || len(first) != 32 {
		t.Fatal(len(first), err)
	}
	if again, err := keyfile.ReadOrCreate(dir, "a.key", 32); err != nil || !bytes.Equal(first, again) {
		t.Errorf("the second time: another key, or %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, "a.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v, want 0600", info.Mode(), err)
	}
	if err := keyfile.Create(dir, "a.key", first); !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over a key: got %v, want %v", err, fs.ErrExist)
	}
	if _, err := keyfile.ReadOrCreate(dir, "a.key", 64); err == nil {
		t.Error("a key of another length was taken")
	}
}

func TestALooseKeyIsRefused(t *testing.T) {
	for name, loosen := range map[string]func(dir, file string) error{
		"file open to the group": func(_, file string) error { return os.Chmod(file, 0o640) },
		"folder open to all":     func(dir, _ string) error { return os.Chmod(dir, 0o755) },
		"a symbolic link": func(_, file string) error {
			return errors.Join(os.Rename(file, file+".real"), os.Symlink(file+".real", file))
		},
		"a folder in its place":    func(_, file string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o700)) },
		"file writable by anybody": func(_, file string) error { return os.Chmod(file, 0o602) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := testkit.KeyDir(t)
			if _, err := keyfile.ReadOrCreate(dir, "a.key", 32); err != nil {
				t.Fatal(err)
			}
			if err := loosen(dir, filepath.Join(dir, "a.key")); err != nil {
				t.Fatal(err)
			}
			if _, err := keyfile.Read(dir, "a.key"); !errors.Is(err, keyfile.ErrLoose) {
				t.Errorf("got %v, want %v", err, keyfile.ErrLoose)
			}
		})
	}
}
