// Package wire puts the rooms of the house together: it opens the store and the
// keys, makes every service and connects those that must hear of each other.
// Nothing else constructs services for the program.
package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/keyfile"
	"github.com/berlaku/berlaku/internal/pii"
)

// ErrOrigin says that cards already carry another origin than the settings name.
var ErrOrigin = errors.New("cards were already issued under another origin than --card-origin names; a card keeps its origin for good")

// Options are what tests and the demo world replace.
type Options struct {
	Clock  clock.Clock  // the system's when nil
	Logger *slog.Logger // silent when nil
}

// App is the whole program without its listeners.
type App struct {
	Config config.Config
	Clock  clock.Clock
	Log    *slog.Logger
	DB     *database.DB
	Keys   *pii.Keyring
	Audit  *audit.Service
	Events *events.Service

	// Metrics is what the private listener shows.
	Metrics *prometheus.Registry
	// API answers on the public listener.
	API http.Handler
}

// Open makes the program from complete settings. The embedded database is
// migrated; PostgreSQL must already have the schema (database.ErrSchema).
func Open(ctx context.Context, cfg config.Config, opts Options) (*App, error) {
	app := &App{Config: cfg, Clock: opts.Clock, Log: opts.Logger}
	if app.Clock == nil {
		app.Clock = clock.System()
	}
	if app.Log == nil {
		app.Log = slog.New(slog.DiscardHandler)
	}
	if err := keepOrigin(cfg); err != nil {
		return nil, err
	}
	db, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	app.DB = db
	if err := app.services(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return app, nil
}

// OpenDatabase opens the store and makes sure of its schema, as Open does.
func OpenDatabase(ctx context.Context, cfg config.Config) (*database.DB, error) {
	db, err := database.Open(ctx, database.Config{URL: cfg.DatabaseURL, AllowUnsafe: cfg.AllowUnsafe, MaxConns: cfg.DatabaseConn})
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func ready(ctx context.Context, db *database.DB) error {
	if db.Dialect() == database.SQLite {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
	}
	return db.CheckSchema(ctx)
}

func (a *App) services(context.Context) error {
	keys, err := pii.Open(a.Config.KeyDir)
	if err != nil {
		return err
	}
	a.Keys = keys
	a.Metrics = prometheus.NewRegistry()
	a.Metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.API = http.NotFoundHandler()
	a.Audit = audit.New(a.DB, a.Clock)
	a.Events = events.New(a.DB, a.Clock)
	return nil
}

// Close ends the work with the store.
func (a *App) Close() error { return a.DB.Close() }

// keepOrigin notes the origin of the cards beside their keys at the first
// start, and refuses another one later.
func keepOrigin(cfg config.Config) error {
	b, err := keyfile.Read(cfg.KeyDir, config.OriginFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := keyfile.Create(cfg.KeyDir, config.OriginFile, []byte(cfg.CardOrigin+"\n")); err != nil {
			return fmt.Errorf("note card origin: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("read card origin: %w", err)
	case strings.TrimSpace(string(b)) != cfg.CardOrigin:
		return ErrOrigin
	}
	return nil
}
