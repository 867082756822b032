// Package keyfile keeps secret bytes in files that only their owner can read:
// directory 0700, file 0600, written once and synced. It refuses to read what
// is looser than that, or a symbolic link.
package keyfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLoose says that a key or its directory can be read by others.
var ErrLoose = errors.New("key file or its directory is open to others (want 0600 in 0700)")

// Read returns the bytes of dir/name. It returns fs.ErrNotExist when there is
// no such file and ErrLoose when others could read or replace it.
func Read(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrLoose)
	}
	if d, err := os.Stat(dir); err != nil {
		return nil, err
	} else if d.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", filepath.Base(dir), ErrLoose)
	}
	return os.ReadFile(path) //nolint:gosec // the directory comes from the operator's configuration
}

// Create writes dir/name with the given bytes; it fails when the file exists.
// File and directory are synced before it returns.
func Create(dir, name string, b []byte) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // see Read
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(dir) //nolint:gosec // see Read
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ReadOrCreate returns the n bytes of dir/name, making them at random on first use.
func ReadOrCreate(dir, name string, n int) ([]byte, error) {
	b, err := Read(dir, name)
	switch {
	case err == nil && len(b) == n:
		return b, nil
	case err == nil:
		return nil, fmt.Errorf("%s: want %d bytes, have %d", name, n, len(b))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	b = make([]byte, n)
	rand.Read(b) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	if err := Create(dir, name, b); errors.Is(err, fs.ErrExist) {
		return Read(dir, name) // another process was first
	} else if err != nil {
		return nil, err
	}
	return b, nil
}
