package database

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	sqlitelib "modernc.org/sqlite/lib"
)

// ErrSQLiteVersion says that the linked SQLite has the WAL-reset bug
// (sqlite.org/wal.html, fixed in 3.51.3).
var ErrSQLiteVersion = errors.New("SQLite older than 3.51.3 can corrupt its WAL file")

var minSQLite = [3]int{3, 51, 3}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, ErrURL
	}
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make database directory: %w", err)
		}
	}
	if err := ownerOnly(path); err != nil {
		return nil, err
	}
	common := []string{"busy_timeout(5000)", "foreign_keys(1)", "trusted_schema(0)", "cache_size(-65536)", "temp_store(2)"}
	write, err := dialSQLite(path, url.Values{"_txlock": {"immediate"}, "_pragma": append(common,
		"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)")}, 1)
	if err != nil {
		return nil, err
	}
	var version string
	if err := write.WithContext(ctx).Raw("SELECT sqlite_version()").Row().Scan(&version); err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	if !newEnough(version) {
		return nil, fmt.Errorf("%w: this is %s", ErrSQLiteVersion, version)
	}
	read, err := dialSQLite(path, url.Values{"_pragma": append(common, "query_only(1)")}, max(4, runtime.NumCPU()))
	if err != nil {
		return nil, err
	}
	return &DB{dialect: SQLite, write: write, read: read}, nil
}

func dialSQLite(path string, q url.Values, conns int) (*gorm.DB, error) {
	g, err := gorm.Open(sqlite.Open("file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode()), gormConfig())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	conn, err := g.DB()
	if err != nil {
		return nil, err
	}
	conn.SetMaxOpenConns(conns)
	conn.SetMaxIdleConns(conns)
	return g, nil
}

// ownerOnly makes the file before SQLite does, with mode 0600.
func ownerOnly(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path comes from the operator's configuration
	if err != nil {
		return fmt.Errorf("open database file: %w", err)
	}
	return f.Close()
}

func newEnough(version string) bool {
	parts := strings.Split(version, ".")
	for i, want := range minSQLite {
		if i >= len(parts) {
			return false
		}
		have, err := strconv.Atoi(parts[i])
		if err != nil || have < want {
			return false
		}
		if have > want {
			return true
		}
	}
	return true
}

type sqliteError interface{ Code() int }

func sqliteUnavailable(err error) bool {
	var e sqliteError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED, sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_READONLY:
		return true
	}
	return false
}
