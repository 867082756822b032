package wire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

func settings(t *testing.T) config.Config {
	t.Helper()
	c := config.Config{
		DataDir: filepath.Join(t.TempDir(), "data"), DatabaseURL: testkit.URL(t), AllowUnsafe: true,
		Addr: "127.0.0.1:8080", PrivateAddr: config.Off, CardOrigin: "https://kartu.example", RateLimits: "on",
	}
	if err := c.Complete(); err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, c config.Config, clk clock.Clock) *wire.App {
	t.Helper()
	app, err := wire.Open(t.Context(), c, wire.Options{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return app
}

// TestCardsFollowStandings: a membership that ends takes the card with it,
// because the two services were connected.
func TestCardsFollowStandings(t *testing.T) {
	clk := testkit.Clock()
	app, ctx := open(t, settings(t), clk), testkit.System(t)
	today := clock.DayOf(clk.Now(), clk.Now().Location())
	person, err := app.Participants.Create(ctx, participants.NewParticipant{
		BranchID: shop.Palu, IDNumber: "7271990101900001", Name: "Budi Santoso", Membership: &participants.NewMembership{
			KPJ: "00000000001", Segment: participants.BPU, Status: participants.Active,
			AcquiredOn: today.AddDays(-100), ProtectedUntil: today.AddDays(10), StatusAsOf: today,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	card, err := app.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: person.ID, Form: cards.Printed})
	if err != nil {
		t.Fatal(err)
	}
	check := func(want cards.Code) {
		t.Helper()
		got, err := app.Cards.Check(ctx, app.Cards.Text(card), clk.Now())
		if err != nil || got.Code != want {
			t.Errorf("the card reads %s, %v; want %s", got.Code, err, want)
		}
	}
	check("OK")
	clk.Set(clk.Now().AddDate(0, 0, 12))
	for _, job := range app.Jobs() {
		if _, err := job.Run(ctx); err != nil {
			t.Errorf("%s: %v", job.What, err)
		}
	}
	check("E_INACTIVE")
	if _, err := app.Audit.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}

func TestStartMakesKeysOnce(t *testing.T) {
	c, clk := settings(t), testkit.Clock()
	first, err := open(t, c, clk).Cards.ListKeys(testkit.System(t))
	if err != nil || len(first) == 0 {
		t.Fatalf("%d keys, %v", len(first), err)
	}
	again, err := open(t, c, clk).Cards.ListKeys(testkit.System(t))
	if err != nil || len(again) != len(first) {
		t.Errorf("%d keys after a second start, %v; want %d", len(again), err, len(first))
	}
}

func TestOriginIsForGood(t *testing.T) {
	c := settings(t)
	open(t, c, testkit.Clock())
	c.CardOrigin = "https://other.example"
	if _, err := wire.Open(t.Context(), c, wire.Options{}); !errors.Is(err, wire.ErrOrigin) {
		t.Errorf("got %v", err)
	}
}

// TestAllowancesOfARevokedTillFlowBack: promos hear of a till that ends, and the
// regular work takes back what it held when its time is over.
func TestAllowancesOfARevokedTillFlowBack(t *testing.T) {
	clk := testkit.Clock()
	app, ctx := open(t, settings(t), clk), testkit.System(t)
	outlet, promo := sell(t, app)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point := elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y) //nolint:staticcheck // the compressed form has no other encoder
	code := must(app.Tills.Enrol(ctx, outlet.ID))(t)
	till := must(app.Tills.Join(ctx, code.Code, point, "Kasir"))(t)
	must(app.Tills.Confirm(ctx, till.ID))(t)
	free := func(want int64) {
		t.Helper()
		left, _, err := app.Benefits.Remaining(ctx, promo)
		if err != nil || left == nil || *left != want {
			t.Errorf("%d uses are free, %v; want %d", *left, err, want)
		}
	}
	work := func() {
		t.Helper()
		for _, job := range app.Jobs() {
			if _, err := job.Run(ctx); err != nil {
				t.Errorf("%s: %v", job.What, err)
			}
		}
	}
	bundle, err := app.Redemptions.Bundle(actor.With(ctx, actor.Actor{Kind: actor.Till, ID: till.ID, PartnerID: outlet.PartnerID, OutletID: outlet.ID}))
	if err != nil || len(bundle.Allowances) != 1 || bundle.Origin != "https://kartu.example" || bundle.PublicURL != app.Config.PublicURL {
		t.Fatalf("the bundle has %d allowances, %v", len(bundle.Allowances), err)
	}
	must(app.Tills.Revoke(ctx, till.ID))(t)
	work()
	free(25)
	clk.Advance(benefits.AllowanceLife + time.Second)
	work()
	free(40)
}

// sell opens an outlet with a promo of forty uses, fifteen of them for a till.
func sell(t *testing.T, app *wire.App) (partners.Outlet, uuid.UUID) {
	t.Helper()
	ctx, today := testkit.System(t), clock.DayOf(app.Clock.Now(), time.UTC)
	sector := must(app.Partners.CreateSector(ctx, partners.NewSector{Code: "MOT", NameID: "Bengkel", NameEN: "Workshops"}))(t)
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen} {
		must(app.Partners.SetSectorState(ctx, sector.ID, to))(t)
	}
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu)
	p := must(app.Partners.Create(officer, partners.NewPartner{SectorID: sector.ID, BranchID: shop.Palu, Profile: partners.Profile{Name: "Bengkel Uji"}}))(t)
	outlet := must(app.Partners.CreateOutlet(ctx, p.ID, partners.OutletProfile{Name: "Palu", Address: "Jl. 1", RegionCode: "72.71", Zone: "Asia/Makassar"}))(t)
	must(app.Partners.Submit(officer, p.ID))(t)
	must(app.Partners.Approve(ctx, p.ID))(t)
	must(app.Partners.CreateAgreement(ctx, p.ID, partners.NewAgreement{Number: "1", StartsOn: today, EndsOn: today.AddDays(100)}))(t)
	must(app.Partners.Activate(ctx, p.ID))(t)
	promo := must(app.Benefits.Create(officer, p.ID, "Diskon", benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, OutletIDs: []uuid.UUID{outlet.ID}, ValidFrom: today, ValidTo: today.AddDays(90),
		MaxStatusAgeDays: 45, Stacking: benefits.Stackable, Limits: benefits.Limits{TotalCount: new(int64(40))},
		Offline: benefits.Offline{Allowed: true, Allowance: 15},
	}))(t)
	must(app.Benefits.Submit(officer, promo.ID))(t)
	must(app.Benefits.Approve(ctx, promo.ID, benefits.Seen{}))(t)
	must(app.Benefits.Publish(ctx, promo.ID))(t)
	return outlet, promo.ID
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
