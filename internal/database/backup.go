package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// Faults of copies of the embedded database.
var (
	ErrNotSQLite = errors.New("only the embedded database can be copied this way")
	ErrDamaged   = errors.New("the database file is damaged")
)

// CopyTo writes a consistent copy of the embedded database to path (mode 0600),
// which must not exist, while others go on writing.
func (db *DB) CopyTo(ctx context.Context, path string) error {
	if db.dialect != SQLite {
		return ErrNotSQLite
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("make copy: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make copy: %w", err)
	}
	conn, err := db.write.DB()
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return syncFile(path)
}

// QuickCheck has the embedded database look at itself: ErrDamaged when it finds
// something. It reads the whole file. PostgreSQL has nothing to check here.
func (db *DB) QuickCheck(ctx context.Context) error {
	if db.dialect != SQLite {
		return nil
	}
	conn, err := db.read.DB()
	if err != nil {
		return err
	}
	return check(ctx, conn, "PRAGMA quick_check(1)")
}

// InspectFile checks an SQLite file that is not in use, without changing it,
// and returns the version of its schema (0: none of ours).
func InspectFile(ctx context.Context, path string) (version int64, err error) {
	if _, err := os.Stat(path); err != nil {
		return 0, err
	}
	conn, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&immutable=1")
	if err != nil {
		return 0, fmt.Errorf("open copy: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := check(ctx, conn, "PRAGMA integrity_check(1)"); err != nil {
		return 0, err
	}
	var tables int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name IN ('goose_db_version', 'audit_heads')").Scan(&tables); err != nil {
		return 0, fmt.Errorf("read schema of copy: %w", err)
	}
	if tables != 2 {
		return 0, nil
	}
	err = conn.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read schema of copy: %w", err)
	}
	return version, nil
}

// SettleFile folds what is left in the write-ahead log of an SQLite file into
// it, and reports whether another process still has it open.
func SettleFile(ctx context.Context, path string) (inUse bool, err error) {
	conn, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(1000)")
	if err != nil {
		return false, fmt.Errorf("open database file: %w", err)
	}
	_, err = conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err = errors.Join(err, conn.Close()); err != nil {
		return false, fmt.Errorf("settle database file: %w", err)
	}
	_, err = os.Stat(path + "-wal") // the last one to close removes it
	return err == nil, nil
}

func check(ctx context.Context, conn *sql.DB, pragma string) error {
	var found string
	if err := conn.QueryRowContext(ctx, pragma).Scan(&found); err != nil {
		return errors.Join(ErrDamaged, err)
	}
	if found != "ok" {
		return ErrDamaged
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Superuser reports whether the role that PostgreSQL knows us by may do anything.
func (db *DB) Superuser(ctx context.Context) (bool, error) {
	if db.dialect != Postgres {
		return false, nil
	}
	conn, err := db.write.DB()
	if err != nil {
		return false, err
	}
	var super bool
	err = conn.QueryRowContext(ctx, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super)
	return super, err
}
