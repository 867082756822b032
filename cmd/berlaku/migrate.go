package main

import (
	"fmt"

	"github.com/berlaku/berlaku/internal/database"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" default:"1" help:"Bring the schema up to this program."`
	Status migrateStatusCmd `cmd:"" help:"Show the version of the schema and of this program; exit 1 when they differ."`
}

type migrateUpCmd struct{}

// Run migrates, and makes the partitions of the coming months.
func (migrateUpCmd) Run(e *environment) (err error) {
	if err := e.settings.Complete(); err != nil {
		return unusable(err)
	}
	db, err := e.bare()
	if err != nil {
		return err
	}
	defer finish(&err, db.Close)
	before, want, err := db.SchemaVersion(e.ctx)
	if err != nil {
		return err
	}
	if before > want {
		return fmt.Errorf("%w: the database has %d, this program wants %d; use a newer program", database.ErrSchema, before, want)
	}
	if err := db.Migrate(e.ctx); err != nil {
		return err
	}
	now := e.clock.Now()
	if err := db.EnsurePartitions(e.ctx, now, now.AddDate(0, 3, 0)); err != nil {
		return err
	}
	e.say("The schema is at version %d (was %d).", want, before)
	return nil
}

type migrateStatusCmd struct{}

// Run compares both versions.
func (migrateStatusCmd) Run(e *environment) (err error) {
	if err := e.existing(); err != nil {
		return err
	}
	db, err := e.bare()
	if err != nil {
		return err
	}
	defer finish(&err, db.Close)
	have, want, err := db.SchemaVersion(e.ctx)
	if err != nil {
		return err
	}
	e.say("The schema is at version %d, this program wants %d.", have, want)
	if have != want {
		return database.ErrSchema
	}
	return nil
}
