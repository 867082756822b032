package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/berlaku/berlaku/migrations"
)

// ErrSchema says that the schema is not the one this program was built for.
var ErrSchema = errors.New("schema version differs from the program's")

// Migrate brings the schema up to this program's version. On PostgreSQL a
// session lock lets several servers start at once.
func (db *DB) Migrate(ctx context.Context) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// MigrateTo moves the schema up or down to a version. Going down loses data.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > version {
		_, err = p.DownTo(ctx, version)
	} else {
		_, err = p.UpTo(ctx, version)
	}
	if err != nil {
		return fmt.Errorf("migrate to %d: %w", version, err)
	}
	return nil
}

// SchemaVersion returns the version of the schema and the one this program wants.
func (db *DB) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, 0, err
	}
	have, want, err = p.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	return have, want, nil
}

// CheckSchema returns ErrSchema, with both versions, unless they agree.
func (db *DB) CheckSchema(ctx context.Context) error {
	have, want, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("%w: the database has %d, this program wants %d", ErrSchema, have, want)
	}
	return nil
}

func (db *DB) provider() (*goose.Provider, error) {
	conn, err := db.write.DB()
	if err != nil {
		return nil, err
	}
	files, err := migrations.For(string(db.dialect))
	if err != nil {
		return nil, err
	}
	dialect, opts := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if db.dialect == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		dialect, opts = goose.DialectPostgres, append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, conn, files, opts...)
}

// partitioned are the tables without bound; on PostgreSQL each month of them
// is a partition by range of id, which works because ids begin with the time.
var partitioned = []string{"redemptions", "scans", "audit_entries", "outbox"}

// EnsurePartitions makes the monthly partitions from the month of from to the
// month of to, both included. On SQLite there are none.
func (db *DB) EnsurePartitions(ctx context.Context, from, to time.Time) error {
	if db.dialect != Postgres {
		return nil
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		for m := monthOf(from); !m.After(to); m = m.AddDate(0, 1, 0) {
			for _, table := range partitioned {
				if err := db.From(ctx).Exec(partitionSQL(table, m)).Error; err != nil {
					return fmt.Errorf("make partition of %s: %w", table, err)
				}
			}
		}
		return nil
	})
}
