package world_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/cmd/world"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/reports"
)

func build(t *testing.T) (*wire.App, *world.World) {
	t.Helper()
	cfg := config.Config{DataDir: filepath.Join(t.TempDir(), "world"), Addr: "127.0.0.1:8080", PrivateAddr: config.Off, DatabaseURL: testkit.URL(t), AllowUnsafe: true}
	if err := cfg.Complete(); err != nil {
		t.Fatal(err)
	}
	clk := clock.NewManual(testkit.Start)
	app, err := wire.Open(t.Context(), cfg, wire.Options{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	w, err := world.Build(t.Context(), app, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %v", time.Since(began).Round(time.Millisecond))
	if !clk.Now().Equal(testkit.Start) {
		t.Errorf("the clock was left at %v", clk.Now())
	}
	return app, w
}

func TestTheWorldIsWhatItSays(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the whole world; one goroutine, nothing to race")
	}
	app, w := build(t)
	ctx := actor.With(t.Context(), actor.System())

	r, err := app.Reports.Registrations(ctx, reports.Period{From: "2023-01-01", To: "2023-10-31"})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, b := range r.Branches {
		counts[b.Name] = b.Count
	}
	if r.Total != 21_521 || r.Unallocated != 935 || counts["Kantor Cabang Palu"] != 9_437 || counts["Kantor Cabang Parigi Moutong"] != 7_713 || counts["Kantor Cabang Donggala"] != 3_436 {
		t.Errorf("registrations: got %+v, want the article's figures", r)
	}
	if r.Reported == nil || r.Reported.Total != 21_521 || r.Reported.Unallocated != 935 {
		t.Errorf("reported: got %+v, want 21521 of which 935 unallocated", r.Reported)
	}

	for _, c := range w.Cards {
		p, err := app.Cards.Check(ctx, c.Text, app.Clock.Now())
		want := map[string]string{"valid": "OK", "revoked": "E_REVOKED", "expired": "E_EXPIRED", "inactive": "E_INACTIVE", "in_arrears": "E_INACTIVE"}[c.Expect]
		if err != nil || string(p.Code) != want {
			t.Errorf("a card that should be %s: got %s %v, want %s", c.Expect, p.Code, err, want)
		}
	}
	if len(w.Claimants) < 20 || w.Claimants[0].Phone[:6] != "+62800" {
		t.Errorf("%d people who can claim a card, want at least 20", len(w.Claimants))
	}
	if len(w.Activations) < 200 {
		t.Errorf("%d activation codes, want at least 200", len(w.Activations))
	}
	roles := map[actor.Role]int{}
	for _, a := range w.Accounts {
		roles[a.Role]++
	}
	for _, role := range actor.Roles() {
		if roles[role] == 0 {
			t.Errorf("nobody is %s", role)
		}
	}

	check := app.Redemptions.RecordCheck(ctx)
	if _, err := app.Audit.Verify(ctx, check.See); err != nil {
		t.Error(err)
	}
	if err := check.End(); err != nil {
		t.Error(err)
	}
	year, err := app.Reports.Summary(ctx, reports.Period{From: "2025-11-20", To: "2026-11-24"})
	if err != nil || year.Uses < 2_000 || year.Voided == 0 || year.Refusals == 0 {
		t.Errorf("the year: got %+v %v, want it alive", year, err)
	}
	states := map[string]int64{}
	var acts []struct {
		Action string
		N      int64
	}
	if err := app.DB.From(ctx).Raw("SELECT action, count(*) AS n FROM redemption_actions GROUP BY action").Scan(&acts).Error; err != nil {
		t.Fatal(err)
	}
	for _, a := range acts {
		states[a.Action] = a.N
	}
	open := states["dispute"] - states["uphold"] - states["reverse"]
	if states["dispute"] < 8 || states["dispute"] > 30 || states["uphold"] < 2 || states["reverse"] < 2 || open < 2 || open > 8 {
		t.Errorf("disputes: %v, want a dozen, some decided either way and some open", states)
	}
	var forgotten int64
	err = app.DB.From(ctx).Raw(`SELECT count(*) FROM redemption_actions d WHERE d.action = 'dispute' AND d.acted_at < ?
		AND NOT EXISTS (SELECT 1 FROM redemption_actions x WHERE x.redemption_id = d.redemption_id AND x.action <> 'dispute')`, testkit.Start.AddDate(0, 0, -14)).Row().Scan(&forgotten)
	if err != nil || forgotten > 0 {
		t.Errorf("%d disputes wait for longer than two weeks, %v", forgotten, err)
	}
	sectors, err := app.Partners.Sectors(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sectors {
		n, err := app.Partners.Wishes(ctx, s.ID)
		if err != nil || s.Code != "MOT" && (n.Count < 100 || len(n.Regions) < 3 || len(n.Partners) < 5 || n.Partners[0].Count < 5) {
			t.Errorf("wishes for %s: %+v %v", s.Code, n, err)
		}
		t.Logf("%s: %d wishes, first %+v", s.Code, n.Count, n.Partners[0])
	}
	lived := 0
	places, err := app.Reports.Coverage(ctx, reports.Query{Period: reports.Period{From: "2026-01-01", To: "2026-01-31"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range places {
		if p.Active > 100 {
			lived++
		}
	}
	if lived < 4 {
		t.Errorf("people live in %d regions: %+v", lived, places)
	}
	t.Logf("what became of uses: %v", states)
	var quota, own int64
	for query, dest := range map[string]*int64{
		`SELECT CAST((SELECT sum(used_count) FROM benefit_quotas) - (SELECT coalesce(sum(uses - used_uses), 0) FROM allowances WHERE closed_at IS NULL) AS bigint)`: &quota,
		`SELECT count(*) FROM redemptions r WHERE r.outcome = 'granted' AND NOT EXISTS
			(SELECT 1 FROM redemption_actions a WHERE a.redemption_id = r.id AND a.action IN ('void', 'reverse'))`: &own,
	} {
		if err := app.DB.From(ctx).Raw(query).Row().Scan(dest); err != nil {
			t.Fatal(err)
		}
	}
	if quota != own || own != year.Uses {
		t.Errorf("%d uses stand, the counters say %d, the report %d", own, quota, year.Uses)
	}
}
