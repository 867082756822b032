package benefits_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
)

func titles(t *testing.T, w *world, ctx context.Context, f benefits.BoardFilter) []string {
	t.Helper()
	p := must[page.Of[benefits.Entry]](t)(w.Board(ctx, f, page.Request{Limit: 50}))
	out := []string{}
	for _, e := range p.Items {
		name, _ := e.Shown()
		out = append(out, name)
	}
	return out
}

func TestTheBoardHoldsWhatIsWithinReach(t *testing.T) {
	w := newWorld(t)
	other, outlets := w.newPartner(t, 1)
	stranger := as(t, actor.PartnerOwner, actor.PartnerScope, other.ID)
	first := w.propose(t)
	w.publish(t, first.ID)
	w.clock.Advance(time.Second)
	must[benefits.Benefit](t)(w.Create(stranger, other.ID, "Gratis cek", good(outlets...)))
	changed := good(w.outlets...)
	changed.Value = 30
	must[benefits.Benefit](t)(w.Revise(w.owner, first.ID, "Diskon 30% jasa", changed))
	for name, c := range map[string]struct {
		ctx    context.Context
		filter benefits.BoardFilter
		want   []string
	}{
		"the owner sees their own":               {w.owner, benefits.BoardFilter{}, []string{"Diskon jasa servis"}},
		"another owner theirs":                   {stranger, benefits.BoardFilter{}, []string{"Gratis cek"}},
		"the branch both":                        {w.supervisor, benefits.BoardFilter{}, []string{"Gratis cek", "Diskon jasa servis"}},
		"another branch none":                    {as(t, actor.BranchSupervisor, actor.BranchScope, donggala), benefits.BoardFilter{}, []string{}},
		"an agent none":                          {as(t, actor.Agent, actor.WadahScope, uuid.New()), benefits.BoardFilter{}, []string{}},
		"by state":                               {w.national, benefits.BoardFilter{State: benefits.Draft}, []string{"Gratis cek"}},
		"by partner":                             {w.national, benefits.BoardFilter{Partner: w.partner.ID}, []string{"Diskon jasa servis"}},
		"by sector":                              {w.national, benefits.BoardFilter{Sector: uuid.New()}, []string{}},
		"by branch":                              {w.national, benefits.BoardFilter{Branch: palu}, []string{"Gratis cek", "Diskon jasa servis"}},
		"by the title of the version that waits": {w.national, benefits.BoardFilter{Text: "30%"}, []string{"Diskon jasa servis"}},
		"by the title at the tills":              {w.national, benefits.BoardFilter{Text: "JASA SERVIS"}, []string{"Diskon jasa servis"}},
		"a sign of patterns is only a sign":      {w.national, benefits.BoardFilter{Text: "_iskon"}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, titles(t, w, c.ctx, c.filter)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := w.Entry(stranger, first.ID); !errors.Is(err, benefits.ErrNotFound) {
		t.Errorf("a stranger reads it: %v", err)
	}
	must[benefits.Benefit](t)(w.Submit(w.owner, first.ID))
	if q := must[[]benefits.Entry](t)(w.Queue(w.supervisor)); len(q) != 1 || q[0].Title != "Diskon 30% jasa" {
		t.Errorf("queue %+v", q)
	}
	if q := must[[]benefits.Entry](t)(w.Queue(w.owner)); len(q) != 0 {
		t.Errorf("the owner's queue %+v", q)
	}
}

func TestCostAtMost(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		change  func(*benefits.Terms)
		want    int64
		bounded bool
	}{
		"nothing bounds it":                       {func(b *benefits.Terms) {}, 0, false},
		"a budget":                                {func(b *benefits.Terms) { b.Limits.TotalAmount = n(9_000_000) }, 9_000_000, true},
		"a count at the cap":                      {func(b *benefits.Terms) { b.Limits.TotalCount = n(100) }, 2_000_000, true},
		"the lesser of both":                      {func(b *benefits.Terms) { b.Limits.TotalCount, b.Limits.TotalAmount = n(100), n(9_000_000) }, 2_000_000, true},
		"a count of a percentage without a cap":   {func(b *benefits.Terms) { b.Limits.TotalCount, b.MaxDiscount = n(100), nil }, 0, false},
		"the largest count does not overflow":     {func(b *benefits.Terms) { b.Limits.TotalCount, b.MaxDiscount = n(1_000_000_000), n(1_000_000_000) }, 1_000_000_000_000_000_000, true},
		"a budget where the count bounds nothing": {func(b *benefits.Terms) { b.Limits.TotalCount, b.MaxDiscount, b.Limits.TotalAmount = n(100), nil, n(5) }, 5, true},
	} {
		terms := good()
		c.change(&terms)
		if got, ok := terms.Exposure(); got != c.want || ok != c.bounded {
			t.Errorf("%s: %d %v", name, got, ok)
		}
	}
}

func TestAboveTheCapHeadquartersApproves(t *testing.T) {
	w := newWorld(t)
	terms := good(w.outlets...)
	terms.Limits.TotalAmount = new(benefits.DefaultCap + 1)
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Besar", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	refused := func(ctx context.Context, want error) {
		t.Helper()
		if _, err := w.Approve(ctx, b.ID, benefits.Seen{}); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	refused(w.supervisor, benefits.ErrAboveCap)
	refused(w.owner, benefits.ErrNotFound)
	if got := must[benefits.Benefit](t)(w.Approve(w.national, b.ID, benefits.Seen{})); got.VersionState != benefits.VersionSubmitted {
		t.Errorf("after the first %s", got.VersionState)
	}
	refused(w.national, benefits.ErrSecondPerson)
	if got := must[benefits.Benefit](t)(w.Approve(as(t, actor.ProgrammeAdmin, actor.National, uuid.Nil), b.ID, benefits.Seen{})); got.VersionState != benefits.VersionApproved {
		t.Errorf("after the second %s", got.VersionState)
	}
	// The next version needs two of its own.
	must[benefits.Benefit](t)(w.Revise(w.owner, b.ID, "Besar", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	if got := must[benefits.Benefit](t)(w.Approve(w.national, b.ID, benefits.Seen{})); got.VersionState != benefits.VersionSubmitted {
		t.Errorf("the next version after the first %s", got.VersionState)
	}
}

func TestHeadquartersSetsTheCap(t *testing.T) {
	w := newWorld(t)
	if err := w.SetCap(w.supervisor, benefits.Cap{BranchID: palu, Amount: 1}); !errors.Is(err, benefits.ErrNotFound) {
		t.Errorf("a supervisor set it: %v", err)
	}
	if err := w.SetCap(w.national, benefits.Cap{BranchID: palu, Amount: -1}); !errors.Is(err, benefits.ErrInvalid) {
		t.Errorf("below zero: %v", err)
	}
	for _, open := range []bool{true, false} {
		if err := w.SetCap(w.national, benefits.Cap{BranchID: palu, Amount: 1_000, OpenEnded: open}); err != nil {
			t.Fatal(err)
		}
		b := w.propose(t) // nothing bounds its cost
		must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
		_, err := w.Approve(w.supervisor, b.ID, benefits.Seen{})
		if open && err != nil || !open && !errors.Is(err, benefits.ErrAboveCap) {
			t.Errorf("open-ended %v: %v", open, err)
		}
	}
	if got := must[benefits.Cap](t)(w.CapOf(w.owner, w.partner.ID)); got.Amount != 1_000 || got.OpenEnded {
		t.Errorf("%+v", got)
	}
}

func TestWhatRunsOutIsToldOnce(t *testing.T) {
	w := newWorld(t)
	today := clock.DayOf(w.clock.Now(), w.clock.Now().Location())
	terms := good(w.outlets...)
	terms.ValidFrom, terms.ValidTo = today, today.AddDays(400)
	terms.Limits.TotalCount, terms.Limits.TotalAmount = new(int64(10)), new(int64(1_000_000))
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Kuota kecil", terms))
	w.publish(t, b.ID)
	told := func(want int64, when string) {
		t.Helper()
		if n := must[int64](t)(w.WarnLow(t.Context())); n != want {
			t.Errorf("%s: %d, want %d", when, n, want)
		}
	}
	take := func(n int, amount int64) {
		t.Helper()
		for range n {
			err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.TakeQuota(ctx, b.ID, amount) })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	told(0, "nothing used")
	take(7, 1_000)
	told(0, "three of ten left")
	take(1, 1_000)
	told(1, "two of ten left")
	told(0, "again")
	take(1, 800_000)
	told(1, "a fifth of the budget left")
	w.clock.Set(today.AddDays(387).Start(w.clock.Now().Location()))
	told(1, "thirteen days left")
	told(0, "all told")
	terms.Limits.TotalCount, terms.ValidTo = new(int64(1_000)), today.AddDays(900)
	terms.Limits.TotalAmount = new(int64(400_000_000))
	must[benefits.Benefit](t)(w.Revise(w.owner, b.ID, "Kuota besar", terms))
	w.publish(t, b.ID)
	told(0, "a new version with more")
}

func TestThePace(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		pace benefits.Pace
		left benefits.Remaining
		on   clock.Day
		what benefits.Lack
	}{
		"no limit":                      {benefits.Pace{Uses: 28, Amount: 280, Days: 28}, benefits.Remaining{}, "", ""},
		"one a day, ten left":           {benefits.Pace{Uses: 28, Amount: 280, Days: 28}, benefits.Remaining{Count: n(10)}, "2026-01-11", benefits.LackCount},
		"the budget goes first":         {benefits.Pace{Uses: 28, Amount: 280, Days: 28}, benefits.Remaining{Count: n(10), Amount: n(45)}, "2026-01-06", benefits.LackAmount},
		"nobody uses it":                {benefits.Pace{Days: 28}, benefits.Remaining{Count: n(10)}, "", ""},
		"nothing is left":               {benefits.Pace{Days: 28}, benefits.Remaining{Count: n(0)}, "2026-01-01", benefits.LackCount},
		"not within ten years":          {benefits.Pace{Uses: 1, Days: 28}, benefits.Remaining{Count: n(10_000)}, "", ""},
		"a part of a day is rounded up": {benefits.Pace{Uses: 56, Days: 28}, benefits.Remaining{Count: n(3)}, "2026-01-03", benefits.LackCount},
	} {
		on, what, ok := c.pace.SpentOn(c.left, "2026-01-01")
		if on != c.on || what != c.what || ok != (c.on != "") {
			t.Errorf("%s: %s %s %v", name, on, what, ok)
		}
	}
}
