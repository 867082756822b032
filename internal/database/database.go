// Package database opens the store, runs transactions and migrates the schema.
// It is one API over two engines: embedded SQLite and PostgreSQL.
//
// The exported method of a domain that writes opens exactly one transaction
// with InTx; calls inside join it. Stores take their handle with From(ctx) and
// are the only files that know GORM. On SQLite there is one writer connection
// (WAL, synchronous=FULL, BEGIN IMMEDIATE) and a pool of readers that cannot
// write; on PostgreSQL one pool of at most four connections a core.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/berlaku/berlaku/internal/fault"
)

// Dialect names the engine.
type Dialect string

// The engines.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Faults of the store that callers may meet.
var (
	ErrURL         = errors.New("database url must be sqlite:PATH or postgres://…")
	ErrUnavailable = fault.New(fault.Unavailable, "database_unavailable", "The database does not answer. Try again with the same Idempotency-Key.")
)

// Config says where the store is.
type Config struct {
	// URL is sqlite:PATH or postgres://…
	URL string
	// AllowUnsafe lets PostgreSQL run with fsync, full_page_writes or
	// synchronous_commit off. For tests only.
	AllowUnsafe bool
	// MaxConns caps the PostgreSQL pool; 0 means four a core.
	MaxConns int
}

// DB is an open store.
type DB struct {
	dialect Dialect
	write   *gorm.DB
	read    *gorm.DB // the same as write on PostgreSQL
}

// Open connects to the store and checks that the engine is safe to use: SQLite
// is at least 3.51.3 (older ones can corrupt a WAL file), PostgreSQL has
// fsync, full_page_writes and synchronous_commit on.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	switch {
	case strings.HasPrefix(cfg.URL, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(cfg.URL, "sqlite:"))
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		return openPostgres(ctx, cfg)
	default:
		return nil, ErrURL
	}
}

// Dialect returns the engine.
func (db *DB) Dialect() Dialect { return db.dialect }

// Close closes all connections. SQLite folds its WAL into the file.
func (db *DB) Close() error {
	var errs []error
	for _, g := range []*gorm.DB{db.read, db.write} {
		if conn, err := g.DB(); err == nil {
			errs = append(errs, conn.Close())
		}
		if db.dialect == Postgres {
			break
		}
	}
	return errors.Join(errs...)
}

// Ping reports whether the store answers.
func (db *DB) Ping(ctx context.Context) error {
	conn, err := db.write.DB()
	if err != nil {
		return err
	}
	if err := conn.PingContext(ctx); err != nil {
		return ErrUnavailable.Because(err)
	}
	return nil
}

// SQL returns the writing connection pool for migrations, backups and bulk
// work that GORM is in the way of. Store files only.
func (db *DB) SQL() (*sql.DB, error) { return db.write.DB() }

type txKey struct{ db *DB }

// From returns the transaction that ctx is in, else a handle for reading. On
// SQLite that handle cannot write. Store files only.
func (db *DB) From(ctx context.Context) *gorm.DB {
	if tx, ok := ctx.Value(txKey{db}).(*gorm.DB); ok {
		return tx.WithContext(ctx)
	}
	return db.read.WithContext(ctx)
}

// InTransaction reports whether ctx is inside InTx of db.
func (db *DB) InTransaction(ctx context.Context) bool {
	_, ok := ctx.Value(txKey{db}).(*gorm.DB)
	return ok
}

const (
	txTries = 8
	txPause = 2 * time.Millisecond
)

// InTx runs f in a transaction and commits when f returns nil. A call inside
// another joins it. Inside f: SQL and pure code, nothing else, for on
// PostgreSQL f runs again after a serialization failure or a deadlock. When
// the connection is lost at the commit, nobody knows whether it happened:
// ErrUnavailable, and the caller retries with the same idempotency key.
func (db *DB) InTx(ctx context.Context, f func(ctx context.Context) error) error {
	if db.InTransaction(ctx) {
		return f(ctx)
	}
	var err error
	for try := range txTries {
		err = db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			return f(context.WithValue(ctx, txKey{db}, tx))
		})
		if err == nil || !db.retryable(err) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(txPause << try):
		}
	}
	return db.classify(err)
}

// Snapshot runs f in a transaction that only reads and that sees one state of
// the store from its first statement to its last, while others go on writing.
func (db *DB) Snapshot(ctx context.Context, f func(ctx context.Context) error) error {
	opts := &sql.TxOptions{}
	if db.dialect == Postgres {
		opts.Isolation, opts.ReadOnly = sql.LevelRepeatableRead, true
	}
	err := db.read.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return f(context.WithValue(ctx, txKey{db}, tx))
	}, opts)
	return db.classify(err)
}

// Try runs f inside a savepoint of the transaction in ctx. When f fails, what f
// wrote is undone, the transaction goes on, and the error of f is returned.
func (db *DB) Try(ctx context.Context, f func(ctx context.Context) error) error {
	tx := db.From(ctx)
	if !db.InTransaction(ctx) {
		return errors.New("savepoint outside a transaction")
	}
	const name = "try"
	if err := tx.SavePoint(name).Error; err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	if err := f(ctx); err != nil {
		if back := tx.RollbackTo(name).Error; back != nil {
			return errors.Join(err, fmt.Errorf("roll back to savepoint: %w", back))
		}
		return err
	}
	return nil
}

// classify turns what means "the database is not there" into ErrUnavailable.
func (db *DB) classify(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	if unavailable(err) {
		return ErrUnavailable.Because(err)
	}
	return err
}

// Unavailable reports whether err means that the store is not there, wherever it
// came from: InTx says so itself, reading outside a transaction does not.
func Unavailable(err error) bool { return unavailable(err) }

// gormConfig is common to both engines. GORM's own logger is off: it prints
// values on failed statements, and errors are returned, not logged, here.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard,
		TranslateError:         true,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
	}
}
