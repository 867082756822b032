package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
)

// Files of a demo world beside its database and keys.
const (
	worldFile    = "demo.json"
	messagesFile = "messages.jsonl" // what would go to people's phones
	buildingFile = "demo.building"  // there while a world is being made
)

var errNoDemo = errors.New("this folder or database holds data that is no demo world; choose another --dir")

type demoCmd struct {
	Dir string `default:"demo" type:"path" help:"Folder of the world; one that holds a world serves it again." placeholder:"DIR"`

	lanFlags `embed:""`
}

// Run makes the world when there is none and serves it.
func (c *demoCmd) Run(e *environment) error {
	e.settings.DataDir, e.settings.KeyDir = c.Dir, filepath.Join(c.Dir, "keys")
	if e.settings.MessageURL == "" {
		e.settings.MessageURL = "file:" + c.path(messagesFile)
	}
	if os.Geteuid() == 0 && !e.settings.AllowRoot {
		e.warn("Running as root: fine for a demo, refused by serve.")
	}
	opts := e.options()
	opts.Sample = c.sample
	lan, err := c.lan(e)
	if err != nil {
		return err
	}
	s := newServer(e)
	return s.run(func(ctx context.Context) (*wire.App, error) {
		if err := c.folder(); err != nil {
			return nil, err
		}
		if lan != nil {
			opts.Hosts = lan.hosts()
			if err := lan.serve(s); err != nil {
				return nil, err
			}
		}
		if err := c.world(ctx, e); err != nil {
			return nil, err
		}
		app, err := wire.Open(ctx, e.settings, opts)
		if err != nil {
			return nil, err
		}
		e.say("The demo world is at %s", e.settings.PublicURL)
		e.say("Accounts, keys, cards and codes: %s", c.path(worldFile))
		if e.settings.MessageURL == "file:"+c.path(messagesFile) {
			e.say("Messages to phones: %s", c.path(messagesFile))
		}
		if lan != nil {
			lan.say(e)
		}
		return app, nil
	})
}

// lan prepares the demo for phones in the same network, where that is wanted.
func (c *demoCmd) lan(e *environment) (*lan, error) {
	if !c.LAN {
		return nil, nil //nolint:nilnil // not wanted
	}
	if err := c.folder(); err != nil { // its certificates are the first thing in it
		return nil, err
	}
	return c.prepare(e, c.Dir)
}

func (c *demoCmd) path(name string) string { return filepath.Join(c.Dir, name) }

func (c *demoCmd) has(name string) bool {
	_, err := os.Stat(c.path(name))
	return err == nil
}

// folder makes the folder, or makes it the owner's alone where it is empty or
// already a world.
func (c *demoCmd) folder() error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make folder of the world: %w", err)
	}
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return fmt.Errorf("read folder of the world: %w", err)
	}
	if len(entries) == 0 || c.has(worldFile) || c.has(buildingFile) {
		return os.Chmod(c.Dir, 0o700) //nolint:gosec // a folder needs its x bit
	}
	return ownFolder(c.Dir)
}

// world makes sure that there is one.
func (c *demoCmd) world(ctx context.Context, e *environment) error {
	if c.has(worldFile) {
		return c.rebase(e)
	}
	if err := c.clean(e); err != nil {
		return err
	}
	if err := os.WriteFile(c.path(buildingFile), nil, 0o600); err != nil {
		return fmt.Errorf("begin world: %w", err)
	}
	e.say("Making a demo world in %s …", c.Dir)
	began := e.clock.Now()
	world, err := c.build(ctx, e)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(world, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", worldFile, err)
	}
	if err := writeFile(c.path(worldFile), append(b, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", worldFile, err)
	}
	e.say("Made in %.1f s.", e.clock.Now().Sub(began).Seconds())
	return os.Remove(c.path(buildingFile))
}

// clean removes a world that was only half made, and refuses anything else.
func (c *demoCmd) clean(e *environment) error {
	path, sqlite := e.settings.SQLitePath()
	if !sqlite {
		return nil // build looks into the database itself
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if !c.has(buildingFile) || filepath.Dir(path) != filepath.Clean(c.Dir) {
		return errNoDemo
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := removeIfThere(path + suffix); err != nil {
			return fmt.Errorf("remove half a world: %w", err)
		}
	}
	if err := os.RemoveAll(e.settings.KeyDir); err != nil {
		return fmt.Errorf("remove half a world: %w", err)
	}
	return nil
}

// build makes the world on a clock of its own, which runs through the past.
func (c *demoCmd) build(ctx context.Context, e *environment) (world any, err error) {
	if err := migrateServer(ctx, e); err != nil {
		return nil, err
	}
	clk := clock.NewManual(e.clock.Now())
	app, err := wire.Open(ctx, e.settings, wire.Options{Clock: clk, Logger: e.logger()})
	if err != nil {
		return nil, err
	}
	defer finish(&err, app.Close)
	if err := untouched(ctx, app.Audit); err != nil {
		return nil, err
	}
	return buildWorld(ctx, app, clk)
}

// migrateServer gives a PostgreSQL database its schema; SQLite has it by itself.
func migrateServer(ctx context.Context, e *environment) (err error) {
	if _, sqlite := e.settings.SQLitePath(); sqlite {
		return nil
	}
	db, err := e.bare()
	if err != nil {
		return err
	}
	defer finish(&err, db.Close)
	if db.Dialect() != database.Postgres {
		return nil
	}
	return db.Migrate(ctx)
}

// untouched refuses a database in which something was already done.
func untouched(ctx context.Context, log *audit.Service) error {
	_, err := log.Verify(ctx, func(*audit.Entry) error { return errNoDemo })
	return err
}

// rebase writes the address that is served now into the file of the world.
func (c *demoCmd) rebase(e *environment) error {
	b, err := os.ReadFile(c.path(worldFile))
	if err != nil {
		return fmt.Errorf("read %s: %w", worldFile, err)
	}
	var world struct {
		BaseURL string `json:"base_url"`
	}
	if err := json.Unmarshal(b, &world); err != nil || world.BaseURL == "" {
		return fmt.Errorf("%s is damaged; remove the folder to make a new world", worldFile)
	}
	if world.BaseURL == e.settings.PublicURL {
		return nil
	}
	for _, end := range []string{`"`, `/`} {
		b = bytes.ReplaceAll(b, []byte(`"`+world.BaseURL+end), []byte(`"`+e.settings.PublicURL+end))
	}
	return writeFile(c.path(worldFile), b)
}

// errNoSample says that the world has no printed card that is valid.
var errNoSample = errors.New("the world has no sample card")

const sampleScale = 6 // pixels of a module

// sample is a valid printed card for the start page.
func (c *demoCmd) sample(context.Context) (api.Sample, error) {
	b, err := os.ReadFile(c.path(worldFile))
	if err != nil {
		return api.Sample{}, fmt.Errorf("read %s: %w", worldFile, err)
	}
	var world struct {
		Cards []struct {
			Form      cards.Form `json:"form"`
			Text      string     `json:"text"`
			ShortCode string     `json:"short_code"`
			Expect    string     `json:"expect"`
		} `json:"cards"`
	}
	if err := json.Unmarshal(b, &world); err != nil {
		return api.Sample{}, fmt.Errorf("read %s: %w", worldFile, err)
	}
	for _, card := range world.Cards {
		if card.Form != cards.Printed || card.Expect != "valid" {
			continue
		}
		png, err := cards.DrawPNG(card.Text, card.Form, sampleScale)
		return api.Sample{PNG: png, Name: maskedName(card.Text), ShortCode: card.ShortCode}, err
	}
	return api.Sample{}, errNoSample
}

// maskedName returns the name in a card text: the fourth field after the prefix.
func maskedName(text string) string {
	_, fields, _ := strings.Cut(text, "/1/")
	if parts := strings.Split(fields, "."); len(parts) > 3 {
		return cards.DisplayName(parts[3])
	}
	return ""
}

// writeFile replaces path as a whole, with mode 0600.
func writeFile(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return os.Rename(tmp.Name(), path)
}
