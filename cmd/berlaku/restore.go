package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/migrations"
	"github.com/berlaku/berlaku/participants"
)

type restoreCmd struct {
	File  string `arg:"" type:"path" help:"Copy made by backup."`
	Force bool   `help:"Replace the database that is there; it is kept beside the new one."`
}

// Run checks the copy whole before it touches anything.
func (c *restoreCmd) Run(e *environment) error {
	if err := e.settings.Complete(); err != nil {
		return unusable(err)
	}
	path, sqlite := e.settings.SQLitePath()
	if !sqlite {
		return errors.New("only the embedded database is restored this way; use pg_restore for PostgreSQL")
	}
	version, err := c.inspect(e.ctx)
	if err != nil {
		return err
	}
	kept, err := c.clear(e, path)
	if err != nil {
		return err
	}
	if err := place(c.File, path); err != nil {
		return fmt.Errorf("put the copy in place: %w", err)
	}
	if kept != "" {
		e.say("The database that was there is kept as %s.", kept)
	}
	e.say("Restored %s (schema version %d). Its keys must lie in %s.", path, version, e.settings.KeyDir)
	return eraseAgain(e)
}

// eraseAgain erases people who came back with the copy. Without the keys nobody
// can be read, and the next start of the server does it before it answers.
func eraseAgain(e *environment) (err error) {
	for _, name := range []string{filepath.Join(e.settings.DataDir, participants.LedgerFile), filepath.Join(e.settings.KeyDir, "index.key")} {
		if _, err := os.Stat(name); err != nil {
			return nil //nolint:nilerr // nothing to do, or nothing to do it with
		}
	}
	app, err := e.open()
	if err != nil {
		return fmt.Errorf("erase people again who asked for it: %w", err)
	}
	defer finish(&err, app.Close)
	n, err := app.Participants.CatchUp(actor.With(e.ctx, actor.System()))
	if err != nil {
		return err
	}
	if n > 0 {
		e.say("Erased again %d of the people who asked for it.", n)
	}
	return nil
}

// inspect refuses a file that is damaged, half, or no database of ours.
func (c *restoreCmd) inspect(ctx context.Context) (int64, error) {
	if info, err := os.Stat(c.File + "-wal"); err == nil && info.Size() > 0 {
		return 0, unusable(errors.New("the file is a database in use, not a copy; make one with backup"))
	}
	version, err := database.InspectFile(ctx, c.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, unusable(errors.New("the copy does not exist"))
	case err != nil:
		return 0, unusable(errors.New("the copy is damaged or no database; nothing was changed"))
	case version == 0:
		return 0, unusable(errors.New("the file is a database of another program; nothing was changed"))
	}
	newest, err := migrations.Newest(string(database.SQLite))
	if err != nil {
		return 0, err
	}
	if version > newest {
		return 0, fmt.Errorf("%w: the copy has %d, this program wants %d", database.ErrSchema, version, newest)
	}
	return version, nil
}

// clear makes room at path and returns the name under which the database that
// was there is kept.
func (c *restoreCmd) clear(e *environment, path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make data folder: %w", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if !c.Force {
		return "", errors.New("there is a database already; --force replaces it and keeps the old one")
	}
	if inUse, err := database.SettleFile(e.ctx, path); err == nil && inUse {
		return "", errors.New("the database is in use; stop the server first")
	}
	kept := path + ".before-" + e.clock.Now().Format(stamp)
	if err := os.Link(path, kept); err != nil {
		return "", fmt.Errorf("keep the old database: %w", err)
	}
	return kept, errors.Join(removeIfThere(path+"-wal"), removeIfThere(path+"-shm"))
}

// place writes a copy of from beside path, syncs it and renames it there, so
// that path is at every moment the old file or the new one.
func place(from, path string) (err error) {
	src, err := os.Open(from) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	tmp, err := os.CreateTemp(filepath.Dir(path), ".restore-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(tmp, src)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
