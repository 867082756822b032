package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/database"
)

// errNoDatabase says that a command which only looks found nothing to look at.
var errNoDatabase = errors.New("there is no database at this place; check --data-dir or --database-url")

// existing refuses to go on where the embedded database is not there yet.
func (e *environment) existing() error {
	if err := e.settings.Complete(); err != nil {
		return unusable(err)
	}
	if path, ok := e.settings.SQLitePath(); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return errNoDatabase
		}
	}
	return nil
}

// open opens the program on a database that is already there.
func (e *environment) open() (*wire.App, error) {
	if err := e.existing(); err != nil {
		return nil, err
	}
	return wire.Open(e.ctx, e.settings, wire.Options{Clock: e.clock, Logger: e.logger()})
}

// bare opens the database alone, whatever its schema.
func (e *environment) bare() (*database.DB, error) {
	return database.Open(e.ctx, database.Config{URL: e.settings.DatabaseURL, AllowUnsafe: e.settings.AllowUnsafe, MaxConns: e.settings.DatabaseConn})
}

// finish closes what was opened and keeps the first error.
func finish(err *error, closing func() error) {
	if e := closing(); e != nil && *err == nil {
		*err = fmt.Errorf("close database: %w", e)
	}
}
