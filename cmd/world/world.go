// Package world builds the demo world: Central Sulawesi with its branches, 400
// Perisai agents in 40 wadah, the 21,521 registrations of January to 13 October
// 2023 as the press reported them, a motorcycle workshop as first partner, a year
// of uses with a few disputes, and what people wish for next.
//
// It is made through the services, as staff, owners and tills would have made
// it, on a clock that runs through the past; so every record has its audit
// entry and every counter its rows. Whom and what it holds follows from the
// seed; keys, passwords and codes are new each time. Nobody in it is real: the
// identity numbers name districts that do not exist.
package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// Seed is the seed of the usual world.
const Seed = 20231013

// World is what a caller needs to use the demo world: the content of demo.json.
type World struct {
	BaseURL     string       `json:"base_url"`
	Accounts    []Account    `json:"accounts"`
	APIKeys     []APIKey     `json:"api_keys"`
	Cards       []Card       `json:"cards"`
	Activations []Activation `json:"activations"`
	Claimants   []Claimant   `json:"claimants"`
	Benefits    []Benefit    `json:"benefits"`
	Outlets     []Outlet     `json:"outlets"`
	Enrolments  []Enrolment  `json:"till_enrolments"`
}

// Account is a person who can sign in.
type Account struct {
	Role     actor.Role           `json:"role"`
	Scope    map[string]uuid.UUID `json:"scope"` // branch_id, partner_id or wadah_id; empty: national
	Email    string               `json:"email"`
	Password string               `json:"password"`
}

// APIKey is a key of a till system.
type APIKey struct {
	Key       string    `json:"key"`
	Scopes    []string  `json:"scopes"`
	PartnerID uuid.UUID `json:"partner_id"`
	OutletID  uuid.UUID `json:"outlet_id"`
}

// Card is a printed card and what a till must find.
type Card struct {
	ParticipantID uuid.UUID `json:"participant_id"`
	CardID        uuid.UUID `json:"card_id"`
	Form          string    `json:"form"`
	Text          string    `json:"text"`
	ShortCode     string    `json:"short_code"`
	Expect        string    `json:"expect"` // valid, revoked, expired, inactive, in_arrears
}

// Activation is an unused code that puts a card on a phone.
type Activation struct {
	ParticipantID uuid.UUID `json:"participant_id"`
	Code          string    `json:"code"`
	URL           string    `json:"url"`
}

// Claimant is somebody who can get a card by their own data; the code goes to
// the phone, which nobody has.
type Claimant struct {
	ParticipantID uuid.UUID `json:"participant_id"`
	NIK           string    `json:"nik"`
	KPJ           string    `json:"kpj"`
	BirthOn       clock.Day `json:"birth_on"`
	Phone         string    `json:"phone"`
}

// Benefit is a live promo.
type Benefit struct {
	ID        uuid.UUID       `json:"id"`
	PartnerID uuid.UUID       `json:"partner_id"`
	OutletIDs []uuid.UUID     `json:"outlet_ids"`
	Title     string          `json:"title"`
	Kind      benefits.Kind   `json:"kind"`
	Limits    benefits.Limits `json:"limits"`
}

// Outlet is a place where promos are used.
type Outlet struct {
	ID        uuid.UUID `json:"id"`
	PartnerID uuid.UUID `json:"partner_id"`
	BranchID  uuid.UUID `json:"branch_id"`
}

// Enrolment is an unused code that makes a phone a till.
type Enrolment struct {
	OutletID uuid.UUID `json:"outlet_id"`
	Code     string    `json:"code"`
}

// past is how far the world's history reaches back; more than the life of a
// printed card, so that some have expired.
const past = 370 * 24 * time.Hour

// Build fills an empty program with the world and returns how to use it. clk is
// the program's clock; it is moved through the past year and left where it was.
func Build(ctx context.Context, app *wire.App, clk *clock.Manual) (*World, error) {
	b := &builder{
		app: app, clock: clk, now: clk.Now(), rand: rand.New(rand.NewPCG(Seed, 1)), //nolint:gosec // a world from a seed, not a secret
		temper: rand.New(rand.NewPCG(Seed, 2)), //nolint:gosec // see above
		habits: rand.New(rand.NewPCG(Seed, 4)), //nolint:gosec // see above
		out:    &World{BaseURL: app.Config.PublicURL},
	}
	ctx = actor.With(ctx, actor.System())
	if err := app.DB.EnsurePartitions(ctx, b.now.Add(-past), b.now.AddDate(0, 3, 0)); err != nil {
		return nil, err
	}
	clk.Set(b.now.Add(-past))
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"keys", b.keys},
		{"accounts of the body", b.staff},
		{"sectors and partners", b.partners},
		{"promos", b.promos},
		{"promo of the opening", b.opening},
		{"wadah and agents", b.agents},
		{"participants of the first days", b.pioneers},
		{"a year of uses", b.year},
		{"a late data request", b.late},
		{"promos in every state", b.showcase},
		{"partners on their way", b.pipeline},
		{"participants of today", b.people},
		{"registrations", b.registrations},
		{"assessments", b.assessments},
		{"wishes", b.wishes},
		{"data requests and runs of cards", b.desk},
		{"cards to try", b.cards},
		{"codes and keys to try", b.codes},
		{"tills that are tried out", b.trial},
		{"lists of participants", b.lists},
		{"news", b.news},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("make %s: %w", step.name, err)
		}
	}
	clk.Set(b.now)
	return b.out, nil
}

type builder struct {
	app    *wire.App
	clock  *clock.Manual
	now    time.Time
	rand   *rand.Rand
	temper *rand.Rand // of disputes: what else there is does not follow from them
	habits *rand.Rand // of who lapses and comes back, and when people shop
	out    *World

	officer    context.Context //nolint:containedctx // who acts, for the length of the build
	supervisor context.Context //nolint:containedctx // see officer
	admin      context.Context //nolint:containedctx // of the programme
	away       context.Context //nolint:containedctx // officer of the other branch
	// The supervisor there.
	supervisorThere context.Context //nolint:containedctx // see officer
	shops           []shop
	wadahs          []wadah
	folk            []person
	pool            []*person // who uses promos
	quarrels        []quarrel
	expiring        int // how many were chosen to hold an expired card
}

func (b *builder) keys(ctx context.Context) error {
	_, err := b.app.Cards.EnsureKeys(ctx)
	return err
}

// zone is where days are cut in Central Sulawesi.
var zone = time.FixedZone("WITA", 8*60*60)

func dayOf(t time.Time) clock.Day { return clock.DayOf(t, zone) }

// branch is an office of the migrations.
type branch struct {
	id       uuid.UUID
	code     string
	district string // first six digits of invented identity numbers: no such district
	region   string
}

var (
	palu     = branch{uuid.MustParse("01890000-0000-7000-8000-000000000001"), "PLU", "727199", "72.71"}
	donggala = branch{uuid.MustParse("01890000-0000-7000-8000-000000000002"), "DGL", "720399", "72.03"}
	parigi   = branch{uuid.MustParse("01890000-0000-7000-8000-000000000003"), "PRG", "720899", "72.08"}
)
