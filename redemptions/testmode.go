package redemptions

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/partners"
)

// While a partner is approved and not yet active its tills are tried out with
// test cards (cards.TestCard): a till that scans or uses one gets the answers
// that a real card would get, for one promo that exists nowhere else. What came
// of it is a row of test_uses and nothing more, so that no counter, report,
// list or directory can hold it. Any other card is refused there as ever, and a
// test card anywhere else is a revoked one.

// TestBenefit is the promo of which test cards may make use: ten percent.
var TestBenefit = uuid.MustParse("01890000-7e57-7000-8000-000000000001")

const (
	testTitle   = "UJI COBA · diskon 10%"
	testPercent = 10
	testKept    = 90 * 24 * time.Hour // how long reports of tests are kept
	flagTest    = "test"              // on a use by a test card
)

// TestCards is what trying out tills needs of package cards.
type TestCards interface {
	RenewTestCards(ctx context.Context, partner, branch uuid.UUID) ([]cards.TestCard, error)
	EndTestCards(ctx context.Context, partner uuid.UUID) error
	TestCards(ctx context.Context, partner uuid.UUID) ([]cards.TestCard, error)
	CheckTest(ctx context.Context, partner uuid.UUID, text string, at time.Time) (c cards.TestCard, code cards.Code, ours bool, err error)
}

// TestReport is what a till reported of a test card.
type TestReport struct {
	ID, OutletID, CallerID uuid.UUID
	CallerKind             string
	Kind                   cards.TestKind
	Step                   string // scan or use
	Outcome                Outcome
	Reason                 Reason // empty when granted
	Gross, Discount        int64  // rupiah
	ReceiptCode            string
	At                     time.Time
}

// Right reports whether the till said of the card what it should have said.
func (r TestReport) Right() bool { return r.Reason == testReason(r.Kind) }

func testReason(k cards.TestKind) Reason {
	switch k {
	case cards.TestExpired:
		return CardExpired
	case cards.TestRevoked:
		return CardRevoked
	case cards.TestValid:
	}
	return ""
}

// TestProgress is how far the test of a partner has come.
type TestProgress struct {
	Trying  bool // the partner's tills are being tried out
	Cards   []cards.TestCard
	Scanned map[cards.TestKind]bool // a till said the right thing
	Used    bool                    // a till used the valid card
}

// Complete reports whether everything was tried.
func (p TestProgress) Complete() bool {
	return p.Used && p.Scanned[cards.TestValid] && p.Scanned[cards.TestExpired] && p.Scanned[cards.TestRevoked]
}

// MakeTestCards makes a partner's test cards anew; what tills reported of
// earlier ones is no longer part of its progress. It needs who may write the
// partner's profile (partners.ErrNotFound otherwise) and a partner that is
// approved and not active (partners.ErrState).
func (s *Service) MakeTestCards(ctx context.Context, partner uuid.UUID) ([]cards.TestCard, error) {
	home, err := s.testHome(ctx, partner, actor.WritePartners)
	if err != nil {
		return nil, err
	}
	if home.State != partners.Approved {
		return nil, partners.ErrState
	}
	return s.Cards.RenewTestCards(ctx, partner, home.BranchID)
}

// Progress returns how far the test of a partner within reach has come.
func (s *Service) Progress(ctx context.Context, partner uuid.UUID) (TestProgress, error) {
	home, err := s.testHome(ctx, partner, actor.ReadPartners)
	if err != nil {
		return TestProgress{}, err
	}
	p := TestProgress{Trying: home.State == partners.Approved, Scanned: map[cards.TestKind]bool{}}
	if p.Cards, err = s.Cards.TestCards(ctx, partner); err != nil || len(p.Cards) == 0 {
		return p, err
	}
	all, err := s.testUses(ctx, partner, page.Request{Limit: page.Max})
	if err != nil {
		return p, err
	}
	for _, r := range all {
		if r.At.Before(p.Cards[0].CreatedAt) || !r.Right() {
			continue
		}
		p.Scanned[r.Kind] = true
		p.Used = p.Used || r.Step == "use" && r.Kind == cards.TestValid
	}
	return p, nil
}

// TestReports returns what the tills of a partner within reach reported of test
// cards, newest first.
func (s *Service) TestReports(ctx context.Context, partner uuid.UUID, r page.Request) (page.Of[TestReport], error) {
	if _, err := s.testHome(ctx, partner, actor.ReadPartners); err != nil {
		return page.Of[TestReport]{}, err
	}
	rows, err := s.testUses(ctx, partner, r)
	return page.Cut(rows, r, func(t TestReport) uuid.UUID { return t.ID }), err
}

// testHome returns whose partner it is, or partners.ErrNotFound out of reach.
func (s *Service) testHome(ctx context.Context, partner uuid.UUID, p actor.Permission) (partners.Affiliation, error) {
	home, err := s.Partners.Affiliation(ctx, partner)
	if err != nil {
		return home, err
	}
	if !home.Within(actor.From(ctx).Scope(p)) {
		return home, partners.ErrNotFound
	}
	return home, nil
}

// SweepTests ends the test cards of partners whose tills are no longer tried
// out, forgets old reports, and returns how many rows that concerned.
func (s *Service) SweepTests(ctx context.Context) (int64, error) {
	var n int64
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		done, err := s.testsOver(ctx)
		if err != nil {
			return err
		}
		for _, partner := range done {
			if err := s.Cards.EndTestCards(ctx, partner); err != nil {
				return err
			}
		}
		gone, err := s.deleteTestUses(ctx, s.Clock.Now().Add(-testKept))
		n = gone + int64(len(done))
		return err
	})
	return n, err
}

// validateTest is Validate for a test card where tills are tried out; ok is
// false when it is none.
func (s *Service) validateTest(ctx context.Context, c caller, o partners.Outlet, q Scan) (v Validation, ok bool, err error) {
	now := s.Clock.Now()
	card, reason, ok, err := s.testCard(ctx, o, q.Card, now)
	if err != nil || !ok {
		return Validation{}, false, err
	}
	v = Validation{
		ScanID: uid.At(now), Reason: reason, Verdict: reason.Verdict(), Form: string(cards.Printed), MaskedName: cards.DisplayName(cards.TestName),
		ExpiresOn: clock.DayOf(card.ExpiresAt().Add(-time.Second), time.UTC), NeedsIDCheck: true, HasCard: true, CheckedAt: now,
		Benefits: []Eligibility{{BenefitID: TestBenefit, Version: 1, Title: testTitle, Eligible: reason == "", Reason: reason}},
	}
	if reason == "" && q.Gross > 0 {
		off := q.Gross * testPercent / 100
		v.Benefits[0].Preview = &Preview{Gross: q.Gross, Discount: off, Net: q.Gross - off}
	}
	r := testRow{ID: v.ScanID, Kind: string(card.Kind), Step: "scan", Gross: q.Gross}
	err = s.DB.InTx(ctx, func(ctx context.Context) error { return s.insertTest(ctx, r.by(c, o, reason, now)) })
	return v, true, err
}

// testCard judges a text as a test card of the outlet's partner.
func (s *Service) testCard(ctx context.Context, o partners.Outlet, text string, at time.Time) (cards.TestCard, Reason, bool, error) {
	card, code, ok, err := s.Cards.CheckTest(ctx, o.PartnerID, text, at)
	if err != nil {
		return card, "", false, fmt.Errorf("check test card: %w", err)
	}
	return card, ofCard[code], ok, nil
}

// tryOut is Redeem for the promo of test cards, which exists only where tills
// are tried out: elsewhere it is ErrBenefit.
func (s *Service) tryOut(ctx context.Context, c caller, r Request) (Redemption, bool, error) {
	o, err := s.Partners.Outlet(ctx, c.outletID)
	if err != nil {
		return Redemption{}, false, fmt.Errorf("look up the caller's outlet: %w", err)
	}
	if !o.Testing() {
		return Redemption{}, false, ErrBenefit
	}
	return s.redeemTest(ctx, c, r, o)
}

// redeemTest is Redeem for the promo of test cards. It answers as for any other:
// once for a key.
func (s *Service) redeemTest(ctx context.Context, c caller, r Request, o partners.Outlet) (Redemption, bool, error) {
	now, hash := s.Clock.Now(), r.hash()
	kind, reason, err := s.shownTest(ctx, c, r, o)
	if err != nil {
		return Redemption{}, false, err
	}
	row := testRow{ID: uid.At(now), Kind: string(kind), Step: "use", IdemKey: &r.Key, BodyHash: hash, Gross: r.Gross, ReceiptCode: receiptCode()}
	if reason == "" {
		row.Discount = r.Gross * testPercent / 100
	}
	row = row.by(c, o, reason, now)
	var replayed bool
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		old, found, err := s.testByKey(ctx, c.id, r.Key)
		if err != nil {
			return err
		}
		if replayed = found; found {
			row = old
			return nil
		}
		if err := s.insertTest(ctx, row); err != nil {
			return err
		}
		return s.Audit.Append(ctx, audit.Event{
			Action: "test_use." + row.Outcome, Subject: audit.Subject{Kind: "test_use", ID: row.ID}, Details: map[string]any{"outlet_id": o.ID},
		})
	})
	if err == nil && string(row.BodyHash) != string(hash) {
		err = ErrKeyReused
	}
	return row.redemption(o), replayed, err
}

// shownTest returns which test card a request is about: that of an earlier scan
// of the same caller, or the one whose text it brings.
func (s *Service) shownTest(ctx context.Context, c caller, r Request, o partners.Outlet) (cards.TestKind, Reason, error) {
	if r.ScanID != nil {
		scan, err := s.testScan(ctx, c.id, *r.ScanID)
		return cards.TestKind(scan.Kind), Reason(scan.Reason), err
	}
	card, reason, ok, err := s.testCard(ctx, o, r.Card, s.Clock.Now())
	if err == nil && !ok {
		err = ErrBenefit // for any other card there is no such promo
	}
	return card.Kind, reason, err
}

// testOffer is the promo of test cards as tills hold it.
func testOffer(o partners.Outlet, today clock.Day) BundleBenefit {
	terms := benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: testPercent, OutletIDs: []uuid.UUID{o.ID}, ValidFrom: today.AddDays(-1),
		ValidTo: today.AddDays(30), MaxStatusAgeDays: 45, Stacking: benefits.Stackable,
	}
	return BundleBenefit{ID: TestBenefit, Version: 1, Title: testTitle, State: benefits.Live, Terms: terms, Summary: summaryOf(terms)}
}
