package redemptions_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
)

// trial is a partner that is approved and not active, with its test cards.
type trial struct {
	*shop.Shop
	partner, outlet uuid.UUID
	owner, till     context.Context
	cards           map[cards.TestKind]string
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	w := &trial{Shop: shop.New(t)}
	officer, supervisor := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu), w.Supervisor(t)
	p, err := w.Partners.Create(officer, partners.NewPartner{SectorID: w.Sector, BranchID: shop.Palu, Profile: partners.Profile{Name: "Bengkel Baru"}})
	none(t, err)
	o, err := w.Partners.CreateOutlet(officer, p.ID, partners.OutletProfile{Name: "Baru", Address: "Jl. 1", RegionCode: "72.71", Zone: "Asia/Makassar"})
	none(t, err)
	_, err = w.Partners.Submit(officer, p.ID)
	none(t, err)
	_, err = w.Partners.Approve(supervisor, p.ID)
	none(t, err)
	w.partner, w.outlet, w.owner, w.till = p.ID, o.ID, shop.As(t, actor.PartnerOwner, actor.PartnerScope, p.ID), w.Till(t, o.ID)
	w.renew(t)
	return w
}

func none(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *trial) renew(t *testing.T) {
	t.Helper()
	all, err := w.Redemptions.MakeTestCards(w.owner, w.partner)
	none(t, err)
	w.cards = map[cards.TestKind]string{}
	for _, c := range all {
		w.cards[c.Kind] = w.Cards.TestText(c)
	}
}

func (w *trial) request(kind cards.TestKind) redemptions.Request {
	return redemptions.Request{Key: uuid.New(), Card: w.cards[kind], CardGiven: true, BenefitID: redemptions.TestBenefit, Gross: 50_000, IDChecked: true}
}

// books are the numbers that no test may move.
func (w *trial) books(t *testing.T) string {
	t.Helper()
	out := ""
	for _, q := range []string{
		"SELECT count(*), coalesce(sum(gross), 0) FROM redemptions", "SELECT count(*), coalesce(sum(used), 0) FROM usages",
		"SELECT count(*), coalesce(sum(used), 0) FROM outlet_usages", "SELECT coalesce(sum(used_count), 0), coalesce(sum(used_amount), 0) FROM benefit_quotas",
		"SELECT count(*), 0 FROM outbox", "SELECT count(*), 0 FROM scans", "SELECT count(*), 0 FROM cards", "SELECT count(*), 0 FROM participants",
	} {
		var n, sum int64
		none(t, w.DB.From(t.Context()).Raw(q).Row().Scan(&n, &sum))
		out += fmt.Sprintln(n, sum)
	}
	today := clock.DayOf(w.Clock.Now(), time.UTC)
	sums, err := w.Reports.Summary(testkit.System(t), reports.Period{From: today.AddDays(-30), To: today})
	none(t, err)
	return out + fmt.Sprintf("%+v", sums)
}

func TestATillThatIsTriedOutSaysWhatEachTestCardIs(t *testing.T) {
	w := newTrial(t)
	person := w.Person(t)
	_, real := w.Printed(t, person)
	w.Promo(t, nil)
	before := w.books(t)
	for kind, want := range map[cards.TestKind]redemptions.Reason{
		cards.TestValid: "", cards.TestExpired: redemptions.CardExpired, cards.TestRevoked: redemptions.CardRevoked,
	} {
		v, err := w.Redemptions.Validate(w.till, redemptions.Scan{Card: w.cards[kind], Gross: 50_000})
		none(t, err)
		if v.Reason != want || v.MaskedName != "KARTU UJI TEST CARD" || len(v.Benefits) != 1 || v.Benefits[0].Eligible != (want == "") {
			t.Errorf("%s: %+v", kind, v)
		}
		r, again, err := w.Redemptions.Redeem(w.till, w.request(kind))
		none(t, err)
		if r.Reason != want || again || (r.Outcome == redemptions.Granted) != (want == "") || !cmp.Equal(r.Flags, []string{"test"}) {
			t.Errorf("%s: %+v", kind, r)
		}
		if want == "" && (r.Discount != 5_000 || r.Net != 45_000) {
			t.Errorf("ten percent of 50,000 is %d, to pay %d", r.Discount, r.Net)
		}
	}
	if after := w.books(t); after != before {
		t.Errorf("the test is in the books:\n%s\nbefore:\n%s", after, before)
	}
	v, err := w.Redemptions.Validate(w.till, redemptions.Scan{Card: real})
	none(t, err)
	if v.Reason != redemptions.OutletNotCovered || v.HasCard {
		t.Errorf("a real card before the partner opened: %+v", v)
	}
}

func TestATestUseIsRecordedOnceForItsKey(t *testing.T) {
	w := newTrial(t)
	v, err := w.Redemptions.Validate(w.till, redemptions.Scan{Card: w.cards[cards.TestValid]})
	none(t, err)
	r := w.request(cards.TestValid)
	r.ScanID, r.Card, r.CardGiven = &v.ScanID, "", false
	one, again, err := w.Redemptions.Redeem(w.till, r)
	none(t, err)
	two, repeated, err := w.Redemptions.Redeem(w.till, r)
	none(t, err)
	if again || !repeated || one.ID != two.ID || one.ReceiptCode != two.ReceiptCode {
		t.Errorf("%v %v: %s and %s", again, repeated, one.ID, two.ID)
	}
	r.Gross++
	if _, _, err := w.Redemptions.Redeem(w.till, r); !errors.Is(err, redemptions.ErrKeyReused) {
		t.Errorf("another request with the same key: %v", err)
	}
	if _, _, err := w.Redemptions.Redeem(w.Till(t, w.outlet), r); !errors.Is(err, redemptions.ErrScanNotFound) {
		t.Errorf("a scan of another caller: %v", err)
	}
}

func TestTheProgressOfATestCountsWhatTillsSaid(t *testing.T) {
	w := newTrial(t)
	progress := func() redemptions.TestProgress {
		t.Helper()
		p, err := w.Redemptions.Progress(w.owner, w.partner)
		none(t, err)
		return p
	}
	if p := progress(); !p.Trying || len(p.Cards) != 3 || p.Complete() {
		t.Errorf("at the start: %+v", p)
	}
	for _, kind := range cards.TestKinds() {
		_, err := w.Redemptions.Validate(w.till, redemptions.Scan{Card: w.cards[kind]})
		none(t, err)
	}
	if p := progress(); p.Complete() || len(p.Scanned) != 3 {
		t.Errorf("without a use: %+v", p)
	}
	w.Clock.Advance(time.Second)
	_, _, err := w.Redemptions.Redeem(w.till, w.request(cards.TestValid))
	none(t, err)
	if p := progress(); !p.Complete() {
		t.Errorf("all tried: %+v", p)
	}
	all, err := w.Redemptions.TestReports(w.owner, w.partner, page.Request{Limit: 2})
	none(t, err)
	if len(all.Items) != 2 || all.NextCursor == "" || all.Items[0].Step != "use" || all.Items[0].Discount != 5_000 {
		t.Errorf("reports: %+v", all)
	}
	w.Clock.Advance(time.Minute)
	w.renew(t)
	if p := progress(); p.Complete() || len(p.Scanned) != 0 {
		t.Errorf("with new cards: %+v", p)
	}
}

func TestATillWithoutTheServerTakesNoTestCard(t *testing.T) {
	w := newTrial(t)
	var good int64
	none(t, w.DB.From(t.Context()).Raw("SELECT count(*) FROM test_cards t JOIN status_entries e ON e.idx = t.idx WHERE e.status = 0").Scan(&good).Error)
	if good != 0 {
		t.Errorf("%d test cards are good in the status lists that every till holds", good)
	}
}

func TestTestCardsCountNowhereElse(t *testing.T) {
	w := newTrial(t)
	text := w.cards[cards.TestValid]
	v, err := w.Redemptions.Validate(w.Till(t, w.Outlet), redemptions.Scan{Card: text})
	none(t, err)
	if v.Reason != redemptions.CardRevoked {
		t.Errorf("at an active partner: %q", v.Reason)
	}
	if _, _, err := w.Redemptions.Redeem(w.Till(t, w.Outlet), w.request(cards.TestValid)); !errors.Is(err, redemptions.ErrBenefit) {
		t.Errorf("the promo of test cards at an active partner: %v", err)
	}
	old := w.cards[cards.TestValid]
	w.renew(t)
	v, err = w.Redemptions.Validate(w.till, redemptions.Scan{Card: old})
	none(t, err)
	if v.Reason != redemptions.OutletNotCovered {
		t.Errorf("a test card that has ended: %q", v.Reason)
	}
	_, real := w.Printed(t, w.Person(t))
	r := w.request(cards.TestValid)
	r.Card = real
	if _, _, err := w.Redemptions.Redeem(w.till, r); !errors.Is(err, redemptions.ErrBenefit) {
		t.Errorf("the promo of test cards with a real card: %v", err)
	}
	_, err = w.Partners.End(w.Supervisor(t), w.partner, "Tidak jadi")
	none(t, err)
	if _, err := w.Redemptions.MakeTestCards(w.owner, w.partner); !errors.Is(err, partners.ErrState) {
		t.Errorf("test cards for a partner that has ended: %v", err)
	}
	n, err := w.Redemptions.SweepTests(testkit.System(t))
	none(t, err)
	left, err := w.Cards.TestCards(t.Context(), w.partner)
	none(t, err)
	if n != 1 || len(left) != 0 {
		t.Errorf("%d partners swept, %d cards left", n, len(left))
	}
}

func TestTestsAreOutOfReachForOthers(t *testing.T) {
	w := newTrial(t)
	for name, ctx := range map[string]context.Context{
		"another owner":  w.Owner(t),
		"another branch": shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Donggala),
		"nobody":         t.Context(),
	} {
		_, err1 := w.Redemptions.MakeTestCards(ctx, w.partner)
		_, err2 := w.Redemptions.Progress(ctx, w.partner)
		_, err3 := w.Redemptions.TestReports(ctx, w.partner, page.Request{Limit: 5})
		for _, err := range []error{err1, err2, err3} {
			if !errors.Is(err, partners.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := w.Redemptions.MakeTestCards(shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Palu), w.partner); !errors.Is(err, partners.ErrNotFound) {
		t.Errorf("who may only read: %v", err)
	}
}

func TestATillThatIsTriedOutHoldsThePromoOfTestCards(t *testing.T) {
	w := newTrial(t)
	till := w.OfflineTill(t, w.outlet)
	b, err := w.Redemptions.Bundle(till.Context(t))
	none(t, err)
	if len(b.Benefits) != 1 || b.Benefits[0].ID != redemptions.TestBenefit || b.Outlet.Open || len(b.Allowances) != 0 {
		t.Errorf("%+v", b.Benefits)
	}
}

func TestTheChainOfATillIsForItsOwnerAndBranch(t *testing.T) {
	w := newTrial(t)
	till := w.OfflineTill(t, w.outlet)
	for _, ctx := range []context.Context{w.owner, w.Supervisor(t)} {
		c, err := w.Redemptions.TillChain(ctx, till.ID)
		if err != nil || c.Next != 1 {
			t.Errorf("%+v, %v", c, err)
		}
	}
	for _, ctx := range []context.Context{w.Owner(t), shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Donggala)} {
		if _, err := w.Redemptions.TillChain(ctx, till.ID); err == nil || err.Error() == "" {
			t.Error("anybody sees the chain of a till")
		}
	}
}
