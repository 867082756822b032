// Package load puts the real program under load: it makes a small world, builds
// and starts the binary, and speaks to its counter as till systems do. The
// benchmarks and the tests that kill servers share it.
package load

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// Origin is what the cards of every world carry.
const Origin = "https://kartu.example"

// palu is the id of the branch in the migrations.
var palu = uuid.MustParse("01890000-0000-7000-8000-000000000001")

// Zone is where the outlets of a world cut their days.
const Zone = "Asia/Makassar"

// Plan says how large a world is. Outlets and dates of the promos are filled in.
type Plan struct {
	People  int // with a printed card each
	Phones  int // people who have a card on a phone instead
	Outlets int // with an API key each
	Promos  []benefits.Terms
}

// Phone is a card on a phone, and the phone's key.
type Phone struct {
	Stored string // text without proof
	Key    *ecdsa.PrivateKey
}

// World is what tills need to know of it.
type World struct {
	Dir         string // data folder
	DatabaseURL string
	APIKeys     []string // one an outlet
	APIKeyIDs   []uuid.UUID
	Outlets     []uuid.UUID
	Printed     []string
	Phones      []Phone
	Benefits    []uuid.UUID // in the order of the plan
}

// Usual returns the terms of an ordinary promo with every limit in place and
// out of reach: 20 percent of labour, at most 20,000 rupiah.
func Usual() benefits.Terms {
	return benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, MaxDiscount: new(int64(20_000)), Stacking: benefits.Stackable,
		Limits: benefits.Limits{
			Participant: &benefits.ParticipantLimit{Count: 1_000_000, Per: benefits.PerMonth},
			TotalCount:  new(int64(1_000_000_000)), TotalAmount: new(int64(1_000_000_000_000)),
		},
	}
}

// Make builds a world in dir, an empty folder of the caller. An empty
// databaseURL means the embedded database in that folder; a PostgreSQL database
// is migrated first.
func Make(ctx context.Context, dir, databaseURL string, p Plan) (_ *World, err error) {
	cfg := config.Config{DataDir: dir, DatabaseURL: databaseURL, Addr: "127.0.0.1:8080", PrivateAddr: config.Off, CardOrigin: Origin, RateLimits: config.Off}
	if err := cfg.Complete(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(cfg.KeyDir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of keys: %w", err)
	}
	if err := migrate(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	app, err := wire.Open(ctx, cfg, wire.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.Start(ctx); err != nil {
		return nil, err
	}
	b := &maker{app: app, today: clock.DayOf(app.Clock.Now(), time.UTC), out: &World{Dir: dir, DatabaseURL: cfg.DatabaseURL}}
	b.officer = b.as(ctx, actor.BranchOfficer, actor.BranchScope, palu)
	b.supervisor = b.as(ctx, actor.BranchSupervisor, actor.BranchScope, palu)
	ctx = actor.With(ctx, actor.System())
	if err := b.shop(ctx, p); err != nil {
		return nil, fmt.Errorf("make partner: %w", err)
	}
	for i := range p.Promos {
		if err := b.promo(fmt.Sprintf("Promo %d", i+1), p.Promos[i]); err != nil {
			return nil, fmt.Errorf("make promo: %w", err)
		}
	}
	if err := b.people(ctx, p); err != nil {
		return nil, fmt.Errorf("make participants: %w", err)
	}
	return b.out, nil
}

func migrate(ctx context.Context, address string) (err error) {
	db, err := database.Open(ctx, database.Config{URL: address})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Migrate(ctx)
}

type maker struct {
	app        *wire.App
	today      clock.Day
	out        *World
	officer    context.Context //nolint:containedctx // who acts, for the length of the making
	supervisor context.Context //nolint:containedctx // see officer
	owner      context.Context //nolint:containedctx // see officer
	partner    uuid.UUID
}

func (b *maker) as(ctx context.Context, role actor.Role, kind actor.ScopeKind, scope uuid.UUID) context.Context {
	return actor.With(ctx, actor.Actor{
		Kind: actor.Account, ID: uid.At(b.app.Clock.Now()), Grants: []actor.Grant{{Role: role, Scope: kind, ScopeID: scope}},
	})
}

// shop takes a partner with its outlets and keys from nothing to active.
func (b *maker) shop(ctx context.Context, p Plan) error {
	s := b.app.Partners
	sector, err := s.CreateSector(ctx, partners.NewSector{Code: "UJI", NameID: "Bengkel motor", NameEN: "Motorcycle workshops"})
	if err != nil {
		return err
	}
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen} {
		if _, err := s.SetSectorState(ctx, sector.ID, to); err != nil {
			return err
		}
	}
	made, err := s.Create(b.officer, partners.NewPartner{SectorID: sector.ID, BranchID: palu, Profile: partners.Profile{Name: "Bengkel Uji"}})
	if err != nil {
		return err
	}
	b.partner, b.owner = made.ID, b.as(ctx, actor.PartnerOwner, actor.PartnerScope, made.ID)
	for i := range p.Outlets {
		o, err := s.CreateOutlet(b.officer, b.partner, partners.OutletProfile{
			Name: fmt.Sprintf("Bengkel Uji %d", i+1), Address: "Jl. Monginsidi 1", RegionCode: "72.71", Zone: Zone,
		})
		if err != nil {
			return err
		}
		b.out.Outlets = append(b.out.Outlets, o.ID)
	}
	if err := b.approve(); err != nil {
		return err
	}
	// The promos of the load have budgets that no branch would be trusted with.
	if err := b.app.Benefits.SetCap(ctx, benefits.Cap{BranchID: palu, Amount: 1_000_000_000_000, OpenEnded: true}); err != nil {
		return err
	}
	return b.keys()
}

func (b *maker) approve() error {
	s := b.app.Partners
	if _, err := s.Submit(b.officer, b.partner); err != nil {
		return err
	}
	if _, err := s.Approve(b.supervisor, b.partner); err != nil {
		return err
	}
	_, err := s.CreateAgreement(b.supervisor, b.partner, partners.NewAgreement{
		Number: "PKS/UJI/1", StartsOn: b.today.AddDays(-1), EndsOn: b.today.AddDays(700),
	})
	if err != nil {
		return err
	}
	_, err = s.Activate(b.supervisor, b.partner)
	return err
}

func (b *maker) keys() error {
	for _, outlet := range b.out.Outlets {
		key, text, err := b.app.Accounts.CreateKey(b.owner, accounts.NewKey{
			Name: "Kasir", PartnerID: b.partner, OutletID: outlet,
			Scopes: []accounts.KeyScope{accounts.ScopeValidate, accounts.ScopeRedeem, accounts.ScopeRead},
		})
		if err != nil {
			return err
		}
		b.out.APIKeys, b.out.APIKeyIDs = append(b.out.APIKeys, text), append(b.out.APIKeyIDs, key.ID)
	}
	return nil
}

func (b *maker) promo(title string, t benefits.Terms) error {
	s := b.app.Benefits
	t.OutletIDs, t.ValidFrom, t.ValidTo, t.MaxStatusAgeDays = b.out.Outlets, b.today.AddDays(-1), b.today.AddDays(365), 45
	made, err := s.Create(b.owner, b.partner, title, t)
	if err != nil {
		return err
	}
	if _, err := s.Submit(b.owner, made.ID); err != nil {
		return err
	}
	if _, err := s.Approve(b.supervisor, made.ID, benefits.Seen{Version: made.Version, TermsHash: made.TermsHash}); err != nil {
		return err
	}
	b.out.Benefits = append(b.out.Benefits, made.ID)
	_, err = s.Publish(b.supervisor, made.ID)
	return err
}

// people enters everybody as an active informal worker and issues the cards.
// Their identity numbers name a district that does not exist.
func (b *maker) people(ctx context.Context, p Plan) error {
	all := make([]participants.NewParticipant, p.People+p.Phones)
	for i := range all {
		all[i] = participants.NewParticipant{
			BranchID: palu, IDNumber: pii.Text(fmt.Sprintf("7271990101%02d%04d", 50+i/5000, i%5000+1)), Name: "Budi Santoso",
			Membership: &participants.NewMembership{
				KPJ: pii.Text(fmt.Sprintf("%011d", i+1)), Segment: participants.BPU, Status: participants.Active,
				AcquiredOn: b.today.AddDays(-100), ProtectedUntil: b.today.AddDays(300), StatusAsOf: b.today.AddDays(-1),
			},
		}
	}
	ids, err := b.app.Participants.CreateMany(ctx, all)
	if err != nil {
		return err
	}
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		b.out.Printed, b.out.Phones = nil, nil
		for i, id := range ids {
			if i >= p.People {
				if err := b.phone(ctx, id); err != nil {
					return err
				}
				continue
			}
			card, err := b.app.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: id, Form: cards.Printed})
			if err != nil {
				return err
			}
			b.out.Printed = append(b.out.Printed, b.app.Cards.Text(card))
		}
		return nil
	})
}

func (b *maker) phone(ctx context.Context, id uuid.UUID) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	raw, err := key.PublicKey.Bytes()
	if err != nil {
		return err
	}
	point, err := cards.DevicePoint(raw[1:33], raw[33:])
	if err != nil {
		return err
	}
	card, err := b.app.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: id, Form: cards.Phone, DeviceKey: point})
	if err != nil {
		return err
	}
	b.out.Phones = append(b.out.Phones, Phone{Stored: b.app.Cards.Text(card), Key: key})
	return nil
}

// Env is the environment in which the program serves the world: on loopback, at
// a free port, without rate limits.
func (w *World) Env() []string {
	env := []string{
		"BERLAKU_DATA_DIR=" + w.Dir, "BERLAKU_KEY_DIR=" + filepath.Join(w.Dir, "keys"), "BERLAKU_DATABASE_URL=" + w.DatabaseURL,
		"BERLAKU_ADDR=127.0.0.1:0", "BERLAKU_PRIVATE_ADDR=off", "BERLAKU_RATE_LIMITS=off", "BERLAKU_ALLOW_ROOT=true",
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "BERLAKU_") {
			env = append(env, v)
		}
	}
	return env
}
