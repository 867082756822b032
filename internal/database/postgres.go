package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// ErrUnsafePostgres says that the server may forget what it has acknowledged.
var ErrUnsafePostgres = errors.New("PostgreSQL runs with fsync, full_page_writes or synchronous_commit off")

// ErrPlainPostgres says that the way to the server would be neither encrypted
// nor chosen to be plain.
var ErrPlainPostgres = errors.New("PostgreSQL on another machine needs sslmode in its URL: verify-full, or disable inside a network of your own")

// SQLSTATE codes (PostgreSQL manual, appendix A).
const (
	pgSerializationFailure = "40001"
	pgDeadlockDetected     = "40P01"
	pgTooManyConnections   = "53300"
	pgLockNotAvailable     = "55P03"
	pgQueryCanceled        = "57014"
	pgAdminShutdown        = "57P01"
	pgCrashShutdown        = "57P02"
	pgCannotConnectNow     = "57P03"
)

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	conf, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return nil, errors.New("database url of PostgreSQL cannot be read") // the cause would print the password
	}
	if !onThisMachine(conf.Host) && !strings.Contains(cfg.URL, "sslmode=") {
		return nil, ErrPlainPostgres
	}
	for k, v := range map[string]string{
		"timezone": "UTC", "application_name": "berlaku",
		"statement_timeout": "30000", "lock_timeout": "10000", "idle_in_transaction_session_timeout": "30000",
	} {
		if _, set := conf.RuntimeParams[k]; !set {
			conf.RuntimeParams[k] = v
		}
	}
	conn := stdlib.OpenDB(*conf)
	conns := cfg.MaxConns
	if conns == 0 {
		conns = 4 * runtime.NumCPU()
	}
	conn.SetMaxOpenConns(conns)
	conn.SetMaxIdleConns(conns)
	conn.SetConnMaxIdleTime(10 * time.Minute)
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: conn}), gormConfig())
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := safePostgres(ctx, conn); err != nil && !(cfg.AllowUnsafe && errors.Is(err, ErrUnsafePostgres)) {
		return nil, errors.Join(err, conn.Close())
	}
	return &DB{dialect: Postgres, write: g, read: g}, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

func safePostgres(ctx context.Context, conn *sql.DB) error {
	var unsafe int
	err := conn.QueryRowContext(ctx, `SELECT count(*) FROM pg_settings
		WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`).Scan(&unsafe)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if unsafe > 0 {
		return ErrUnsafePostgres
	}
	return nil
}

func (db *DB) retryable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == pgSerializationFailure || pg.Code == pgDeadlockDetected)
}

func unavailable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case pgSerializationFailure, pgDeadlockDetected, pgTooManyConnections, pgLockNotAvailable,
			pgQueryCanceled, pgAdminShutdown, pgCrashShutdown, pgCannotConnectNow:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	// A server that dies closes the connection in the middle of an answer.
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err) || sqliteUnavailable(err)
}
