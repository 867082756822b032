// Package migrations holds the schema as goose migrations for both engines.
// NNNNN_name.sql serves both; where the SQL must differ there is
// NNNNN_name.postgres.sql and NNNNN_name.sqlite.sql. A file that has landed is
// never edited.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"testing/fstest"
)

//go:embed *.sql
var files embed.FS

// For returns the migrations of one dialect ("sqlite" or "postgres") under
// their plain names.
func For(dialect string) (fs.FS, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	out := fstest.MapFS{}
	for _, e := range entries {
		base := strings.TrimSuffix(e.Name(), ".sql")
		name, suffix, _ := strings.Cut(base, ".")
		if suffix != "" && suffix != dialect {
			continue
		}
		b, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		out[name+".sql"] = &fstest.MapFile{Data: b}
	}
	return out, nil
}

// Newest returns the version of the newest migration of one dialect.
func Newest(dialect string) (int64, error) {
	fsys, err := For(dialect)
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var newest int64
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("name of migration %s: %w", name, err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}
