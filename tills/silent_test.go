package tills_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// activate takes the world's partner from draft to active.
func (w *world) activate(t *testing.T) {
	t.Helper()
	ctx, id, sector := testkit.System(t), w.outlet.PartnerID, w.outlet.SectorID
	must[partners.Sector](t)(w.partners.SetSectorState(ctx, sector, partners.SectorAssessed))
	must[partners.Sector](t)(w.partners.SetSectorState(ctx, sector, partners.SectorOpen))
	must[partners.Partner](t)(w.partners.Submit(as(t, "branch_officer", "branch", palu), id))
	supervisor := as(t, "branch_supervisor", "branch", palu)
	must[partners.Partner](t)(w.partners.Approve(supervisor, id))
	today := clock.DayOf(w.clock.Now(), time.UTC)
	must[partners.Agreement](t)(w.partners.CreateAgreement(supervisor, id, partners.NewAgreement{Number: "PKS-1", StartsOn: today.AddDays(-1), EndsOn: today.AddDays(900)}))
	must[partners.Partner](t)(w.partners.Activate(supervisor, id))
}

// told runs the job and returns of how many tills it told, and how many such
// events there are by now.
func (w *world) told(t *testing.T) (n, ever int64) {
	t.Helper()
	n = must[int64](t)(w.TellSilent(testkit.System(t)))
	row := w.db.From(t.Context()).Raw("SELECT count(*) FROM outbox WHERE kind = 'till.silent'").Row()
	if err := row.Scan(&ever); err != nil {
		t.Fatal(err)
	}
	return n, ever
}

func TestASilentTillIsToldOfOnceAndAgainAfterItCameBack(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	w.activate(t)
	w.clock.Advance(tills.SilentAfter)
	till := w.enrol(t, d)
	hear := func() {
		t.Helper()
		if _, err := w.Actor(t.Context(), w.token(t, d, till)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(doing string, n, ever int64) {
		t.Helper()
		if gotN, gotEver := w.told(t); gotN != n || gotEver != ever {
			t.Errorf("%s: told of %d, ever %d; want %d and %d", doing, gotN, gotEver, n, ever)
		}
	}
	w.clock.Advance(tills.SilentAfter - time.Second)
	want("a second too early", 0, 0)
	w.clock.Advance(time.Second)
	hear()
	want("heard of just now", 0, 0)
	if seen := must[tills.Till](t)(w.Get(w.owner, till.ID)).SeenAt; !seen.Equal(w.clock.Now()) {
		t.Errorf("seen at %v, not now", seen)
	}
	w.clock.Advance(tills.SilentAfter)
	want("a week of silence", 1, 1)
	w.clock.Advance(tills.SilentAfter)
	want("another week", 0, 1)
	hear()
	want("it came back", 0, 1)
	w.clock.Advance(tills.SilentAfter)
	want("silent again", 1, 2)
	must[tills.Till](t)(w.Revoke(w.owner, till.ID))
	if n, _ := w.told(t); n != 0 {
		t.Error("a till that has ended is told of")
	}
}

func TestATillOfAPartnerThatIsNotActiveMayBeSilent(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, newDevice(t))
	w.clock.Advance(30 * 24 * time.Hour)
	if n, _ := w.told(t); n != 0 {
		t.Errorf("told of %d", n)
	}
	w.activate(t)
	if n, _ := w.told(t); n != 0 {
		t.Errorf("told of %d on the day the partner opened", n)
	}
}

func TestSeenIsWrittenAtMostOnceAMinute(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	token := w.token(t, d, till)
	seen := func() time.Time {
		t.Helper()
		if _, err := w.Actor(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		return must[tills.Till](t)(w.Get(w.owner, till.ID)).SeenAt
	}
	at := seen()
	w.clock.Advance(59 * time.Second)
	if got := seen(); !got.Equal(at) {
		t.Errorf("written again after 59 seconds: %v", got)
	}
	w.clock.Advance(time.Second)
	if got := seen(); !got.Equal(at.Add(time.Minute)) {
		t.Errorf("not written after a minute: %v", got)
	}
}

func TestTillsAndCashiersComeInPages(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.enrol(t, newDevice(t))
		w.clock.Advance(time.Second)
		must[tills.Cashier](t)(w.AddCashier(w.owner, w.outlet.ID, fmt.Sprint("Kasir ", i), "204816"))
	}
	one := must[page.Of[tills.Till]](t)(w.List(w.owner, w.outlet.ID, page.Request{Limit: 2}))
	next := must[page.Request](t)(page.Parse(2, one.NextCursor))
	two := must[page.Of[tills.Till]](t)(w.List(w.owner, w.outlet.ID, next))
	if len(one.Items) != 2 || len(two.Items) != 1 || two.NextCursor != "" {
		t.Errorf("pages of %d and %d tills", len(one.Items), len(two.Items))
	}
	first := must[page.Of[tills.Cashier]](t)(w.Cashiers(w.owner, w.outlet.ID, page.Request{Limit: 2}))
	next = must[page.Request](t)(page.Parse(2, first.NextCursor))
	rest := must[page.Of[tills.Cashier]](t)(w.Cashiers(w.owner, w.outlet.ID, next))
	if len(first.Items) != 2 || len(rest.Items) != 1 {
		t.Errorf("pages of %d and %d cashiers", len(first.Items), len(rest.Items))
	}
}
