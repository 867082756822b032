package wire_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
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
