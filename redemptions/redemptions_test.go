package redemptions_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/redemptions"
)

func ptr[T any](v T) *T { return &v }

func request(card string, benefit uuid.UUID, gross int64) redemptions.Request {
	return redemptions.Request{Key: uuid.New(), Card: card, CardGiven: true, BenefitID: benefit, Gross: gross, IDChecked: true}
}

func TestAPrintedCardFromScanToVoid(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, func(b *benefits.Terms) {
		b.MaxDiscount = ptr(int64(20_000))
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}
	})
	_, text := s.Printed(t, s.Person(t))
	till := s.Till(t, s.Outlet)

	v, err := s.Redemptions.Validate(till, redemptions.Scan{Card: text, Gross: 75_000})
	if err != nil {
		t.Fatal(err)
	}
	if v.Verdict != redemptions.Valid || v.Form != "printed" || v.MaskedName != "BU** SA*****" || !v.NeedsIDCheck {
		t.Errorf("got %+v, want a valid printed card that needs a look at the KTP", v)
	}
	if len(v.Benefits) != 1 || !v.Benefits[0].Eligible || *v.Benefits[0].Remaining != 1 || v.Benefits[0].Preview.Discount != 15_000 {
		t.Fatalf("got %+v, want one promo with Rp15.000 off and one use left", v.Benefits)
	}

	r := redemptions.Request{Key: uuid.New(), ScanID: &v.ScanID, BenefitID: promo, Gross: 75_000, ReceiptNumber: " nsc-17 ", IDChecked: true}
	first, replayed, err := s.Redemptions.Redeem(till, r)
	if err != nil || replayed {
		t.Fatal(err, replayed)
	}
	if first.Outcome != redemptions.Granted || first.Discount != 15_000 || first.Net != 60_000 || first.ReceiptNumber != "NSC-17" || *first.Remaining != 0 {
		t.Errorf("got %+v, want Rp15.000 granted and no use left", first)
	}
	again, replayed, err := s.Redemptions.Redeem(till, r)
	if diff := cmp.Diff(first, again); err != nil || !replayed || diff != "" {
		t.Errorf("the same request again: %v %v, want the same record to the last member: %s", replayed, err, diff)
	}
	other := r
	other.Gross++
	if _, _, err := s.Redemptions.Redeem(till, other); !errors.Is(err, redemptions.ErrKeyReused) {
		t.Errorf("the same key with another bill: got %v, want %v", err, redemptions.ErrKeyReused)
	}
	second, _, err := s.Redemptions.Redeem(till, request(text, promo, 75_000))
	if err != nil || second.Reason != redemptions.LimitParticipant {
		t.Errorf("a second use: got %q %v, want %q", second.Reason, err, redemptions.LimitParticipant)
	}
	voided, err := s.Redemptions.Void(till, first.ID, "salah ketik")
	if err != nil || voided.State != redemptions.Voided {
		t.Fatal(voided.State, err)
	}
	if _, err := s.Redemptions.Void(till, first.ID, "sekali lagi"); err != nil {
		t.Errorf("voiding again: %v", err)
	}
	third, _, err := s.Redemptions.Redeem(till, request(text, promo, 75_000))
	if err != nil || third.Outcome != redemptions.Granted {
		t.Errorf("after the void: got %q %v, want it granted", third.Reason, err)
	}
	verify(t, s)
}

// verify walks the audit chain and compares every record with it.
func verify(t *testing.T, s *shop.Shop) {
	t.Helper()
	check := s.Redemptions.RecordCheck(t.Context())
	if _, err := s.Audit.Verify(t.Context(), check.See); err != nil {
		t.Error(err)
	}
	if err := check.End(); err != nil {
		t.Error(err)
	}
}

func TestAPhoneCodeIsUsedUpByOneRedemption(t *testing.T) {
	s := shop.New(t)
	promo, person := s.Promo(t, nil), s.Person(t)
	phone, till := s.Phone(t, person), s.Till(t, s.Outlet)
	now := s.Clock.Now()
	code := phone.Show(t, now)

	v, err := s.Redemptions.Validate(till, redemptions.Scan{Card: code})
	if err != nil || v.Verdict != redemptions.Valid || v.NeedsIDCheck {
		t.Fatalf("got %+v %v, want a valid phone card", v, err)
	}
	s.Clock.Advance(14 * time.Minute) // the bill takes its time
	key := uuid.New()
	r, _, err := s.Redemptions.Redeem(till, redemptions.Request{Key: key, ScanID: &v.ScanID, BenefitID: promo, Gross: 10_000})
	if err != nil || r.Outcome != redemptions.Granted {
		t.Fatalf("got %q %v, want it granted: the scan stands for 15 minutes", r.Reason, err)
	}
	r, _, err = s.Redemptions.Redeem(till, redemptions.Request{Key: uuid.New(), ScanID: &v.ScanID, BenefitID: promo, Gross: 10_000})
	if err != nil || r.Reason != redemptions.CodeReplayed {
		t.Errorf("the same code, another key: got %q %v, want %q", r.Reason, err, redemptions.CodeReplayed)
	}
	s.Clock.Set(now)
	v, err = s.Redemptions.Validate(till, redemptions.Scan{Card: code})
	if err != nil || v.Reason != redemptions.CodeReplayed {
		t.Errorf("looking at a used code: got %q %v, want %q", v.Reason, err, redemptions.CodeReplayed)
	}
	fresh := phone.Show(t, now.Add(30*time.Second))
	r, _, err = s.Redemptions.Redeem(till, request(fresh, promo, 10_000))
	if err != nil || r.Outcome != redemptions.Granted {
		t.Errorf("the next code of the same phone: got %q %v, want it granted", r.Reason, err)
	}
}

func TestAReplayNeedsNoFreshCode(t *testing.T) {
	s := shop.New(t)
	promo, phone, till := s.Promo(t, nil), s.Phone(t, s.Person(t)), s.Till(t, s.Outlet)
	r := request(phone.Show(t, s.Clock.Now()), promo, 10_000)
	first, _, err := s.Redemptions.Redeem(till, r)
	if err != nil || first.Outcome != redemptions.Granted {
		t.Fatal(first.Reason, err)
	}
	s.Clock.Advance(29 * 24 * time.Hour)
	again, replayed, err := s.Redemptions.Redeem(till, r)
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("weeks later: got %v %v %v, want the same record", again.ID, replayed, err)
	}
}

func TestAScanBelongsToItsCallerAndEnds(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	v, err := s.Redemptions.Validate(till, redemptions.Scan{Card: text})
	if err != nil {
		t.Fatal(err)
	}
	r := redemptions.Request{Key: uuid.New(), ScanID: &v.ScanID, BenefitID: promo, Gross: 10_000, IDChecked: true}
	if _, _, err := s.Redemptions.Redeem(s.Till(t, s.Outlet), r); !errors.Is(err, redemptions.ErrScanNotFound) {
		t.Errorf("another till's scan: got %v, want %v", err, redemptions.ErrScanNotFound)
	}
	s.Clock.Advance(redemptions.ScanLife + time.Second)
	got, _, err := s.Redemptions.Redeem(till, r)
	if err != nil || got.Reason != redemptions.CodeStale {
		t.Errorf("an old scan: got %q %v, want %q", got.Reason, err, redemptions.CodeStale)
	}
}

func TestWhoMayVoidAndUntilWhen(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	grant := func() uuid.UUID {
		r, _, err := s.Redemptions.Redeem(till, request(text, promo, 10_000))
		if err != nil || r.Outcome != redemptions.Granted {
			t.Fatal(r.Reason, err)
		}
		return r.ID
	}
	stranger, strangerOutlet := s.NewPartner(t, "Bengkel Lain")
	cases := []struct {
		name  string
		after time.Duration
		role  string
		want  error
	}{
		{"the till that made it, at once", 0, "till", nil},
		{"the till that made it, after 15 minutes", redemptions.VoidWindow, "till", nil},
		{"the till that made it, later", redemptions.VoidWindow + time.Second, "till", redemptions.ErrVoidWindowOver},
		{"another till of the same outlet", 0, "other till", redemptions.ErrNotFound},
		{"a till of another partner", 0, "foreign till", redemptions.ErrNotFound},
		{"the owner, days later", 72 * time.Hour, "owner", nil},
		{"the branch, days later", 72 * time.Hour, "branch", nil},
		{"another branch", 0, "other branch", redemptions.ErrNotFound},
		{"another partner's owner", 0, "other owner", redemptions.ErrNotFound},
		{"an analyst", 0, "analyst", redemptions.ErrNotFound},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			id := grant()
			s.Clock.Advance(c.after)
			void := map[string]func() error{
				"till":         func() error { _, err := s.Redemptions.Void(till, id, "uji"); return err },
				"other till":   func() error { _, err := s.Redemptions.Void(s.Till(t, s.Outlet), id, "uji"); return err },
				"foreign till": func() error { _, err := s.Redemptions.Void(s.Till(t, strangerOutlet), id, "uji"); return err },
				"owner":        func() error { _, err := s.Redemptions.Void(s.Owner(t), id, "uji"); return err },
				"branch":       func() error { _, err := s.Redemptions.Void(s.Supervisor(t), id, "uji"); return err },
				"other branch": func() error {
					_, err := s.Redemptions.Void(shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Donggala), id, "uji")
					return err
				},
				"other owner": func() error {
					_, err := s.Redemptions.Void(shop.As(t, actor.PartnerOwner, actor.PartnerScope, stranger), id, "uji")
					return err
				},
				"analyst": func() error {
					_, err := s.Redemptions.Void(shop.As(t, actor.HQAnalyst, actor.National, uuid.Nil), id, "uji")
					return err
				},
			}[c.role]
			if err := void(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestRefusedRedemptionsCannotBeVoided(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	r, _, err := s.Redemptions.Redeem(till, request("bukan kartu", promo, 10_000))
	if err != nil || r.Outcome != redemptions.Refused || r.Reason != redemptions.NotOurCard {
		t.Fatal(r.Outcome, r.Reason, err)
	}
	if _, err := s.Redemptions.Void(till, r.ID, "uji"); !errors.Is(err, redemptions.ErrNotVoidable) {
		t.Errorf("got %v, want %v", err, redemptions.ErrNotVoidable)
	}
	if _, err := s.Redemptions.Void(till, r.ID, "  "); !errors.Is(err, redemptions.ErrVoidReason) {
		t.Errorf("without a reason: got %v, want %v", err, redemptions.ErrVoidReason)
	}
}

func TestBadRequestsStoreNothing(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	_, foreign := s.NewPartner(t, "Bengkel Lain")
	now := s.Clock.Now()
	for name, c := range map[string]struct {
		change func(*redemptions.Request)
		want   error
	}{
		"no card and no scan":               {func(r *redemptions.Request) { r.CardGiven, r.Card = false, "" }, redemptions.ErrScanOrCard},
		"card and scan":                     {func(r *redemptions.Request) { r.ScanID = ptr(uuid.New()) }, redemptions.ErrScanOrCard},
		"a scan that is not there":          {func(r *redemptions.Request) { r.CardGiven, r.Card, r.ScanID = false, "", ptr(uuid.New()) }, redemptions.ErrScanNotFound},
		"a bill of nothing":                 {func(r *redemptions.Request) { r.Gross = 0 }, redemptions.ErrGross},
		"a negative bill":                   {func(r *redemptions.Request) { r.Gross = -5 }, redemptions.ErrGross},
		"a bill above the limit":            {func(r *redemptions.Request) { r.Gross = redemptions.MaxGross + 1 }, redemptions.ErrGross},
		"a promo that is not there":         {func(r *redemptions.Request) { r.BenefitID = uuid.New() }, redemptions.ErrBenefit},
		"a long receipt number":             {func(r *redemptions.Request) { r.ReceiptNumber = string(make([]byte, 41)) }, redemptions.ErrReceiptNumber},
		"a receipt number with a tab in it": {func(r *redemptions.Request) { r.ReceiptNumber = "A\tB" }, redemptions.ErrReceiptNumber},
		"a time in the future":              {func(r *redemptions.Request) { r.OccurredAt = ptr(now.Add(time.Hour)) }, redemptions.ErrOccurredAt},
		"a time long ago":                   {func(r *redemptions.Request) { r.OccurredAt = ptr(now.AddDate(0, 0, -8)) }, redemptions.ErrOccurredAt},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(text, promo, 10_000)
			c.change(&r)
			if _, _, err := s.Redemptions.Redeem(till, r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, _, err := s.Redemptions.Redeem(s.Till(t, foreign), request(text, promo, 10_000)); !errors.Is(err, redemptions.ErrBenefit) {
		t.Errorf("another partner's promo: got %v, want %v", err, redemptions.ErrBenefit)
	}
	if _, _, err := s.Redemptions.Redeem(s.Owner(t), request(text, promo, 10_000)); !errors.Is(err, redemptions.ErrCaller) {
		t.Errorf("an owner at the counter: got %v, want %v", err, redemptions.ErrCaller)
	}
	all, err := s.Redemptions.List(testkit.System(t), redemptions.Filter{}, page.Request{Limit: 10})
	if err != nil || len(all.Items) != 0 {
		t.Errorf("got %d records and %v, want none", len(all.Items), err)
	}
}

func TestATillWithAWrongClockIsFlagged(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	for after, want := range map[time.Duration]int{-time.Minute: 0, -6 * time.Minute: 1} {
		r := request(text, promo, 10_000)
		r.OccurredAt = ptr(s.Clock.Now().Add(after))
		got, _, err := s.Redemptions.Redeem(till, r)
		if err != nil || len(got.Flags) != want {
			t.Errorf("%v off: got flags %v and %v, want %d", after, got.Flags, err, want)
		}
	}
}

func TestPartnersSeeTheirUsesWithoutThePerson(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	person := s.Person(t)
	_, text := s.Printed(t, person)
	first, _, err := s.Redemptions.Redeem(till, request(text, promo, 10_000))
	if err != nil {
		t.Fatal(err)
	}
	owner, err := s.Redemptions.Get(s.Owner(t), first.ID)
	if err != nil || owner.ParticipantID != uuid.Nil || owner.StatusSeen != "" || owner.SegmentSeen != "" {
		t.Errorf("the owner sees %+v %v, want nothing of the person", owner, err)
	}
	branch, err := s.Redemptions.Get(s.Supervisor(t), first.ID)
	if err != nil || branch.ParticipantID != person || branch.StatusSeen != string(participants.Active) {
		t.Errorf("the branch sees %v %q %v, want the person and the status seen", branch.ParticipantID, branch.StatusSeen, err)
	}
	stranger, _ := s.NewPartner(t, "Bengkel Lain")
	other := shop.As(t, actor.PartnerOwner, actor.PartnerScope, stranger)
	if _, err := s.Redemptions.Get(other, first.ID); !errors.Is(err, redemptions.ErrNotFound) {
		t.Errorf("another owner: got %v, want %v", err, redemptions.ErrNotFound)
	}
	list, err := s.Redemptions.List(other, redemptions.Filter{}, page.Request{Limit: 10})
	if err != nil || len(list.Items) != 0 {
		t.Errorf("another owner's list: got %d and %v, want none", len(list.Items), err)
	}
	receipt, err := s.Redemptions.Receipt(t.Context(), first.ReceiptCode)
	if err != nil || receipt.Net != 8_000 || receipt.Partner != "Bengkel Uji" || receipt.State != redemptions.Recorded {
		t.Errorf("the receipt: got %+v %v", receipt, err)
	}
}

func TestListsAreCutIntoPages(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	for range 5 {
		s.Clock.Advance(time.Second)
		if _, _, err := s.Redemptions.Redeem(till, request(text, promo, 10_000)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[uuid.UUID]bool{}
	cursor := ""
	for range 3 {
		q, err := page.Parse(2, cursor)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Redemptions.List(s.Owner(t), redemptions.Filter{BenefitID: promo}, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Items {
			seen[r.ID] = true
		}
		cursor = p.NextCursor
	}
	if len(seen) != 5 || cursor != "" {
		t.Errorf("got %d records and cursor %q, want 5 and the end", len(seen), cursor)
	}
}

func TestAShortCodeWorksLikeAPrintedCard(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	card, _ := s.Printed(t, s.Person(t))
	typed := card.ShortCode[:4] + "-" + card.ShortCode[4:]
	v, err := s.Redemptions.Validate(till, redemptions.Scan{Card: typed})
	if err != nil || v.Verdict != redemptions.Valid || !v.NeedsIDCheck {
		t.Errorf("got %+v %v, want valid with a look at the KTP", v, err)
	}
	r := request(typed, promo, 10_000)
	r.IDChecked = false
	got, _, err := s.Redemptions.Redeem(till, r)
	if err != nil || got.Reason != redemptions.NeedsIDCheck {
		t.Errorf("without a look at the KTP: got %q %v, want %q", got.Reason, err, redemptions.NeedsIDCheck)
	}
}

func TestPurgeForgetsKeysAndScansButNoRecord(t *testing.T) {
	s := shop.New(t)
	promo, till := s.Promo(t, nil), s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	r := request(text, promo, 10_000)
	first, _, err := s.Redemptions.Redeem(till, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Redemptions.Validate(till, redemptions.Scan{Card: text}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after       time.Duration
		keys, scans int64
	}{{30 * 24 * time.Hour, 1, 1}, {6 * 24 * time.Hour, 0, 1}, {60 * 24 * time.Hour, 0, 0}} {
		s.Clock.Advance(c.after)
		if _, err := s.Redemptions.Purge(testkit.System(t)); err != nil {
			t.Fatal(err)
		}
		if keys, scans := scalar(t, s, "SELECT count(*) FROM idempotency_keys"), scalar(t, s, "SELECT count(*) FROM scans"); keys != c.keys || scans != c.scans {
			t.Errorf("after %v: %d keys and %d scans, want %d and %d", c.after, keys, scans, c.keys, c.scans)
		}
	}
	if got, err := s.Redemptions.Get(testkit.System(t), first.ID); err != nil || got.ID != first.ID {
		t.Errorf("the record: got %v %v", got.ID, err)
	}
}

func TestAnOutletThatTakesNoPartIsToldNothing(t *testing.T) {
	s := shop.New(t)
	till := s.Till(t, s.Outlet)
	_, text := s.Printed(t, s.Person(t))
	if _, err := s.Partners.Suspend(s.Supervisor(t), s.Partner, "uji"); err != nil {
		t.Fatal(err)
	}
	v, err := s.Redemptions.Validate(till, redemptions.Scan{Card: text})
	if err != nil || v.Verdict != redemptions.CannotTell || v.Reason != redemptions.OutletNotCovered || v.HasCard || v.MaskedName != "" {
		t.Errorf("got %+v %v, want nothing about the card", v, err)
	}
}
