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
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/keyfile"
	"github.com/berlaku/berlaku/internal/oidc"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/messages"
	"github.com/berlaku/berlaku/notices"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
	"github.com/berlaku/berlaku/tills"
	"github.com/berlaku/berlaku/web"
)

// ErrOrigin says that cards already carry another origin than the settings name.
var ErrOrigin = errors.New("cards were already issued under another origin than --card-origin names; a card keeps its origin for good")

// Options are what tests and the demo world replace.
type Options struct {
	Clock   clock.Clock  // the system's when nil
	Logger  *slog.Logger // silent when nil
	Version string
	// Hosts are names and addresses under which it is reached besides the
	// public URL and those of its certificates.
	Hosts []string
	// Sample gives the start page a card to scan; nil: none.
	Sample func(context.Context) (api.Sample, error)
}

// App is the whole program without its listeners.
type App struct {
	Config config.Config
	Clock  clock.Clock
	Log    *slog.Logger
	DB     *database.DB
	Keys   *pii.Keyring

	Audit        *audit.Service
	Events       *events.Service
	Messages     *messages.Service
	Notices      *notices.Service
	Accounts     *accounts.Service
	Participants *participants.Service
	Partners     *partners.Service
	Benefits     *benefits.Service
	Cards        *cards.Service
	Tills        *tills.Service
	Perisai      *perisai.Service
	Redemptions  *redemptions.Service
	Reports      *reports.Service
	API          *api.Server
	Console      *console.Console
}

// Open makes the program from complete settings. The embedded database is
// migrated; PostgreSQL must already have the schema (database.ErrSchema). A
// program that is going to issue cards or serve calls Start next.
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
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	app.DB = db
	if err := app.services(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if app.API, err = app.face(opts); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return app, nil
}

// OpenRecords opens only what it takes to verify the records: no secret key is
// read, none is made, nothing is migrated. The schema must be the program's.
func OpenRecords(ctx context.Context, cfg config.Config, c clock.Clock) (*App, error) {
	db, err := database.Open(ctx, databaseConfig(cfg))
	if err != nil {
		return nil, err
	}
	if err := db.CheckSchema(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	log := audit.New(db, c)
	public, err := audit.PublicKey(cfg.KeyDir)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	log.CheckWith(public)
	app := &App{Config: cfg, Clock: c, DB: db, Audit: log, Redemptions: redemptions.New(redemptions.Deps{DB: db, Clock: c, Audit: log})}
	log.AlsoCheck(app.Redemptions.CheckRecords)
	return app, nil
}

func databaseConfig(cfg config.Config) database.Config {
	return database.Config{URL: cfg.DatabaseURL, AllowUnsafe: cfg.AllowUnsafe, MaxConns: cfg.DatabaseConn}
}

func openDatabase(ctx context.Context, cfg config.Config) (*database.DB, error) {
	db, err := database.Open(ctx, databaseConfig(cfg))
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

// services makes every room, in the order in which they lean on each other.
func (a *App) services() (err error) {
	db, clk := a.DB, a.Clock
	if a.Keys, err = pii.Open(a.Config.KeyDir); err != nil {
		return err
	}
	signer, err := cards.OpenKeystore(a.Config.KeyDir)
	if err != nil {
		return err
	}
	wallets, err := a.wallets()
	if err != nil {
		return err
	}
	a.Audit, a.Events = audit.New(db, clk), events.New(db, clk)
	if err = a.openMessages(); err != nil {
		return err
	}
	a.Participants = participants.New(participants.Deps{DB: db, Clock: clk, Keys: a.Keys, Audit: a.Audit, Events: a.Events, Messages: a.Messages})
	a.Reports = reports.New(db, clk)
	a.Partners = partners.New(partners.Deps{DB: db, Clock: clk, Keys: a.Keys, Audit: a.Audit, Events: a.Events, People: a.Participants, Figures: a.Reports})
	a.Benefits = benefits.New(benefits.Deps{DB: db, Clock: clk, Partners: a.Partners, Audit: a.Audit, Events: a.Events})
	a.Cards = cards.New(cards.Deps{
		DB: db, Clock: clk, Participants: a.Participants, Audit: a.Audit, Events: a.Events, Signer: signer, Origin: a.Config.CardOrigin,
		PublicURL: a.Config.PublicURL, Wallets: wallets,
	})
	a.Participants.Follow(a.Cards.FollowStandings)
	a.Tills = tills.New(tills.Deps{DB: db, Clock: clk, Keys: a.Keys, Partners: a.Partners, Audit: a.Audit, Events: a.Events, PublicURL: a.Config.PublicURL})
	a.Tills.OnRevoke(a.Benefits.FollowRevokedTill)
	a.Perisai = perisai.New(perisai.Deps{DB: db, Clock: clk, Keys: a.Keys, Participants: a.Participants, Audit: a.Audit})
	a.Redemptions = redemptions.New(redemptions.Deps{
		DB: db, Clock: clk, Cards: a.Cards, Benefits: a.Benefits, Partners: a.Partners, Participants: a.Participants, Audit: a.Audit, Events: a.Events,
		Tills: a.Tills, Keys: a.Keys, PublicURL: a.Config.PublicURL, Origin: a.Config.CardOrigin,
	})
	if err = a.openLog(); err != nil {
		return err
	}
	a.Accounts, err = accounts.New(accounts.Deps{
		DB: db, Clock: clk, Keys: a.Keys, Audit: a.Audit, KeyDir: a.Config.KeyDir, Partners: owners{a.Partners}, PublicURL: a.Config.PublicURL,
	})
	a.Participants.LimitClaims(a.Accounts)
	a.Partners.LimitApplications(a.Accounts)
	a.Cards.OnRevoke(a.Accounts.EndParticipant)
	a.forgetting()
	return errors.Join(err, a.noticing())
}

// wallets makes those that the settings name.
func (a *App) wallets() (w cards.Wallets, err error) {
	c := a.Config
	if c.GoogleWalletIssuer == "" {
		return w, nil
	}
	google, err := cards.NewGoogleWallet(c.GoogleWalletIssuer, c.GoogleWalletKey, c.PublicURL)
	if err != nil {
		return w, err
	}
	w.Google = google
	return w, nil
}

// openLog gives the log the key of its checkpoints and what else it verifies.
func (a *App) openLog() error {
	signer, err := audit.OpenSigner(a.Config.KeyDir, a.Config.PublicURL)
	if err != nil {
		return err
	}
	a.Audit.SignWith(signer)
	a.Audit.AlsoCheck(a.Redemptions.CheckRecords)
	return nil
}

// openMessages makes the queue of messages and the gateway by which they leave.
func (a *App) openMessages() error {
	c := a.Config
	gateway, err := messages.Open(messages.Settings{
		URL: c.MessageURL, Template: c.MessageTemplate, Token: c.MessageToken, From: c.MessageFrom, To: c.MessageTo,
	})
	if err != nil {
		return err
	}
	a.Messages = messages.New(messages.Deps{DB: a.DB, Clock: a.Clock, Keys: a.Keys, Gateway: gateway})
	return nil
}

// face makes the JSON face over the rooms, and the console beside it.
func (a *App) face(opts Options) (*api.Server, error) {
	proxies, err := a.Config.Proxies()
	if err != nil {
		return nil, err
	}
	limits := access.NewLimits(a.Clock, a.Config.RateLimits != config.Off)
	if a.Console, err = a.console(limits, access.IPExtractor(proxies)); err != nil {
		return nil, err
	}
	return api.New(api.Services{
		DB: a.DB, Accounts: a.Accounts, Audit: a.Audit, Benefits: a.Benefits, Cards: a.Cards, Participants: a.Participants,
		Partners: a.Partners, Perisai: a.Perisai, Redemptions: a.Redemptions, Reports: a.Reports, Tills: a.Tills,
	}, api.Options{
		PublicURL: a.Config.PublicURL, Origin: a.Config.CardOrigin, TrustedProxies: proxies,
		Hosts:  slices.Concat(a.Config.TLSAutoHosts, opts.Hosts),
		Limits: limits, SecureCookies: a.Config.Secure(),
		Logger: a.Log, Clock: a.Clock, Version: opts.Version, Apps: web.Dist(), Sample: opts.Sample,
		Pages: a.Console.Register,
	})
}

// console returns what adds its pages to the routes.
func (a *App) console(limits *access.Limits, ip func(*http.Request) string) (*console.Console, error) {
	zone, err := time.LoadLocation(consoleZone)
	if err != nil {
		return nil, err
	}
	cookies := access.Cookies{Secure: a.Config.Secure()}
	return &console.Console{Services: console.Services{
		Notices:  a.Notices,
		Accounts: a.Accounts, Audit: a.Audit, Benefits: a.Benefits, Cards: a.Cards, Participants: a.Participants,
		Partners: a.Partners, Perisai: a.Perisai, Redemptions: a.Redemptions, Reports: a.Reports, Tills: a.Tills,
	}, Options: console.Options{
		Gate: access.NewGate(access.Options{
			Authenticator: access.Kinds{Accounts: a.Accounts, Tills: a.Tills}, Cookies: cookies, Limits: limits, Clock: a.Clock,
			Origins: api.Origins(a.Config.PublicURL),
		}, ip),
		Cookies: cookies, Clock: a.Clock, PublicURL: a.Config.PublicURL, Zone: zone, IP: ip, Provider: a.provider(),
	}}, nil
}

// provider returns the identity provider that the settings name, nil for none.
func (a *App) provider() *oidc.Provider {
	c := a.Config
	return oidc.New(oidc.Settings{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: c.OIDCClientSecret, Name: c.OIDCName, LinkByEmail: c.OIDCLinkByEmail,
		Callback: c.PublicURL + "/konsol/masuk/oidc/kembali", Clock: a.Clock,
	})
}

// consoleZone is the one in which the console shows instants: that of Central
// Sulawesi, where the programme began.
const consoleZone = "Asia/Makassar"

// Start makes what a running program needs: signing keys in force and, on
// PostgreSQL, the partitions of the coming months.
func (a *App) Start(ctx context.Context) error {
	ctx = actor.With(ctx, actor.System())
	for _, job := range a.essential() {
		if _, err := job.Run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the work with the store.
func (a *App) Close() error { return a.DB.Close() }

// owners answers what accounts ask about partners.
type owners struct{ partners *partners.Service }

// PartnerBranch returns the branch that looks after a partner.
func (o owners) PartnerBranch(ctx context.Context, partnerID uuid.UUID) (uuid.UUID, error) {
	p, err := o.partners.Get(actor.With(ctx, actor.System()), partnerID)
	return p.BranchID, err
}

// OutletOwner returns the partner whose outlet it is.
func (o owners) OutletOwner(ctx context.Context, outletID uuid.UUID) (uuid.UUID, error) {
	outlet, err := o.partners.Outlet(ctx, outletID)
	return outlet.PartnerID, err
}

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
