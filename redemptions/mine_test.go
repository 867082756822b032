package redemptions_test

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
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

// forMe returns what the promo is for the person now.
func forMe(t *testing.T, s *shop.Shop, person, promo uuid.UUID) redemptions.ForPerson {
	t.Helper()
	all, _, err := s.Redemptions.ForMe(phoneOf(t, person))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.BenefitID == promo {
			return p
		}
	}
	t.Fatalf("the promo is not among %d", len(all))
	return redemptions.ForPerson{}
}

func TestWhatAPromoIsForMeIsWhatTheCounterSays(t *testing.T) {
	s := shop.New(t)
	limit := func(n int64, per benefits.Per, days int) func(*benefits.Terms) {
		return func(b *benefits.Terms) {
			b.Limits.Participant = &benefits.ParticipantLimit{Count: n, Per: per}
			if days > 0 {
				b.Limits.Participant.MinIntervalDays = &days
			}
		}
	}
	changes := []func(*benefits.Terms){
		nil, limit(1, benefits.PerDay, 0), limit(2, benefits.PerWeek, 0), limit(2, benefits.PerMonth, 3), limit(3, benefits.PerYear, 0), limit(1, benefits.PerEver, 0),
		func(b *benefits.Terms) { b.Limits.TotalCount = new(int64(3)) },
		func(b *benefits.Terms) { b.Limits.TotalAmount = new(int64(25_000)) },
		func(b *benefits.Terms) { b.Segments = []benefits.Segment{benefits.PU} },
		func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "08:00", To: "12:00"}} },
		func(b *benefits.Terms) { b.Days = []benefits.Weekday{benefits.Tuesday} },
		func(b *benefits.Terms) { b.ValidFrom = clock.DayOf(s.Clock.Now(), time.UTC).AddDays(2) },
		func(b *benefits.Terms) { b.MaxStatusAgeDays = 2 },
		func(b *benefits.Terms) { b.NeedsIDCheck, b.MinGross = true, 500_000 },
	}
	promos := make([]uuid.UUID, len(changes))
	for i, change := range changes {
		promos[i] = s.Promo(t, change)
	}
	person := s.Person(t)
	_, card := s.Printed(t, person)
	till := s.Till(t, s.Outlet)
	for range 14 { // 13 h apart, so that days, weeks and months turn at every hour
		v, err := s.Redemptions.Validate(till, redemptions.Scan{Card: card})
		if err != nil || len(v.Benefits) != len(promos) {
			t.Fatalf("%d promos, %v", len(v.Benefits), err)
		}
		for _, want := range v.Benefits {
			got := forMe(t, s, person, want.BenefitID)
			if got.Eligible != want.Eligible || got.Reason != want.Reason || got.Version != want.Version {
				t.Errorf("%s: the person is told %q, the counter says %q", s.Clock.Now(), got.Reason, want.Reason)
			}
			if diff := cmp.Diff(want.Remaining, got.Remaining); diff != "" && want.Reason != redemptions.MembershipInactive {
				t.Errorf("%s: remaining (-counter +person): %s", s.Clock.Now(), diff)
			}
		}
		for _, promo := range promos {
			if _, _, err := s.Redemptions.Redeem(till, request(card, promo, 50_000)); err != nil {
				t.Fatal(err)
			}
		}
		s.Clock.Advance(13 * time.Hour)
		if _, err := s.Cards.EnsureKeys(testkit.System(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheWindowEndsWhereTheOutletsDayDoes(t *testing.T) {
	s := shop.New(t)
	last := clock.Day("2026-12-10")
	ask := func(per benefits.Per, at time.Time) redemptions.ForPerson {
		t.Helper()
		promo := s.Promo(t, func(b *benefits.Terms) {
			b.ValidTo = last
			b.Limits.Participant = &benefits.ParticipantLimit{Count: 2, Per: per}
		})
		person := s.Person(t)
		_, card := s.Printed(t, person)
		s.Clock.Set(at)
		if r, _, err := s.Redemptions.Redeem(s.Till(t, s.Outlet), request(card, promo, 10_000)); err != nil || r.Outcome != redemptions.Granted {
			t.Fatal(r.Reason, err)
		}
		return forMe(t, s, person, promo)
	}
	night := time.Date(2026, 11, 29, 15, 59, 0, 0, time.UTC) // Sunday, 23:59 in Palu
	for per, want := range map[benefits.Per]clock.Day{
		benefits.PerDay: "2026-11-29", benefits.PerWeek: "2026-11-29", benefits.PerMonth: "2026-11-30", benefits.PerYear: last, benefits.PerEver: last,
	} {
		if got := ask(per, night); got.Until != want || got.Used != 1 || *got.Remaining != 1 || got.Per != string(per) {
			t.Errorf("a %s: %+v, want until %s", per, got, want)
		}
		s.Clock.Set(testkit.Start)
	}
	if got := ask(benefits.PerWeek, night.Add(time.Minute)); got.Until != "2026-12-06" || got.Used != 1 {
		t.Errorf("a minute later: %+v", got)
	}
}

func TestThePersonIsToldTheTrueReason(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, nil)
	var n int64 = 900
	person := func(change func(*participants.NewParticipant)) uuid.UUID {
		t.Helper()
		n++
		in := participants.NewParticipant{BranchID: shop.Palu, IDNumber: "7271990101901000", Name: "Sitti", Membership: s.Membership(n)}
		in.IDNumber = in.IDNumber[:13] + in.Membership.KPJ[8:]
		change(&in)
		p, err := s.Participants.Create(testkit.System(t), in)
		if err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	for want, id := range map[redemptions.Reason]uuid.UUID{
		"":                              person(func(*participants.NewParticipant) {}),
		redemptions.MembershipInArrears: person(func(p *participants.NewParticipant) { p.Membership.Status = participants.InArrears }),
		redemptions.MembershipInactive:  person(func(p *participants.NewParticipant) { p.Membership.Status = participants.Inactive }),
		redemptions.MembershipUnknown:   person(func(p *participants.NewParticipant) { p.Membership = nil }),
	} {
		if got := forMe(t, s, id, promo); got.Reason != want || got.Eligible != (want == "") {
			t.Errorf("got %q, want %q", got.Reason, want)
		}
	}
	if got := redemptions.MembershipInArrears.ToPartner(); got != redemptions.MembershipInactive {
		t.Errorf("a partner would learn %q", got)
	}
}

func TestOnlyPromosOfMyProvinceThatAreOpen(t *testing.T) {
	s := shop.New(t)
	person := s.Person(t)
	kept := s.Promo(t, nil)
	paused := s.Promo(t, nil)
	if _, err := s.Benefits.Pause(s.Owner(t), paused); err != nil {
		t.Fatal(err)
	}
	s.Promo(t, func(b *benefits.Terms) { b.ValidTo = clock.DayOf(s.Clock.Now(), time.UTC).AddDays(-3) })
	closed, err := s.Partners.CreateOutlet(s.Owner(t), s.Partner, partners.OutletProfile{Name: "Tutup", Address: "Jl. 1", RegionCode: "72.10", Zone: "Asia/Makassar"})
	if err != nil {
		t.Fatal(err)
	}
	s.Promo(t, func(b *benefits.Terms) { b.OutletIDs = []uuid.UUID{closed.ID} })
	if _, err := s.Partners.CloseOutlet(s.Owner(t), closed.ID); err != nil {
		t.Fatal(err)
	}
	ids := func() (out []uuid.UUID) {
		t.Helper()
		all, at, err := s.Redemptions.ForMe(phoneOf(t, person))
		if err != nil || !at.Equal(s.Clock.Now()) {
			t.Fatal(at, err)
		}
		for _, p := range all {
			out = append(out, p.BenefitID)
		}
		return out
	}
	if diff := cmp.Diff([]uuid.UUID{kept}, ids()); diff != "" {
		t.Error(diff)
	}
	if err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
		return s.DB.From(ctx).Exec("INSERT INTO regions (code, parent, name, kind, zone) VALUES ('73', NULL, 'Lain', 'province', 'Asia/Makassar'); UPDATE outlets SET region_code = '73'").Error
	}); err != nil {
		t.Skip("no second statement on this engine: ", err)
	}
	if got := ids(); len(got) != 0 {
		t.Errorf("promos of another province: %v", got)
	}
}

func TestMyUsesAndWhatTheySaved(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 4, Per: benefits.PerEver}
	})
	me, other := s.Person(t), s.Person(t)
	_, mine := s.Printed(t, me)
	_, theirs := s.Printed(t, other)
	till := s.Till(t, s.Outlet)
	var uses []uuid.UUID
	redeem := func(card string, gross int64) redemptions.Redemption {
		t.Helper()
		r, _, err := s.Redemptions.Redeem(till, request(card, promo, gross))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	redeem(theirs, 70_000)
	for i, at := range []time.Time{ // the third is on New Year's Day in Palu
		testkit.Start, testkit.Start.Add(24 * time.Hour), time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC), time.Date(2027, 1, 5, 3, 0, 0, 0, time.UTC),
	} {
		s.Clock.Set(at)
		if _, err := s.Cards.EnsureKeys(testkit.System(t)); err != nil {
			t.Fatal(err)
		}
		uses = append([]uuid.UUID{redeem(mine, int64(i+1)*10_000).ID}, uses...)
	}
	if r := redeem(mine, 10_000); r.Outcome != redemptions.Refused {
		t.Fatal("not refused")
	}
	if _, err := s.Redemptions.Void(till, uses[0], "uji"); err != nil {
		t.Fatal(err)
	}
	phone := phoneOf(t, me)
	var got []uuid.UUID
	for cursor := ""; ; {
		r, err := page.Parse(3, cursor)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Redemptions.Mine(phone, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range p.Items {
			got = append(got, u.ID)
			if u.Partner != "Bengkel Uji" || u.Outlet != "Bengkel Uji Palu" || u.Title != "Diskon jasa servis" || u.At.IsZero() || u.CanDispute != (u.State == redemptions.Recorded) {
				t.Errorf("%+v", u)
			}
		}
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(uses, got); diff != "" {
		t.Error(diff)
	}
	u, err := s.Redemptions.DisputeMine(phone, uses[1], redemptions.NotReceived)
	if err != nil || u.State != redemptions.Disputed || u.CanDispute || u.Dispute == nil || u.Title == "" {
		t.Errorf("%+v %v", u, err)
	}
	for year, want := range map[int]redemptions.Savings{
		0:    {Year: 2027, Uses: 1, Gross: 30_000, Discount: 6_000, Months: []redemptions.Month{{"2027-01", 1, 30_000, 6_000}}},
		2026: {Year: 2026, Uses: 2, Gross: 30_000, Discount: 6_000, Months: []redemptions.Month{{"2026-11", 2, 30_000, 6_000}}},
		2020: {Year: 2020, Months: []redemptions.Month{}},
	} {
		got, err := s.Redemptions.Savings(phone, year)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOnesOwnIsForParticipantsOnly(t *testing.T) {
	s := shop.New(t)
	for name, ctx := range map[string]context.Context{
		"nobody": t.Context(), "a supervisor": s.Supervisor(t), "the program": testkit.System(t), "a till": s.Till(t, s.Outlet),
		"a phone without rights": actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: s.Person(t)}),
	} {
		_, mine := s.Redemptions.Mine(ctx, page.Request{Limit: 1})
		_, saved := s.Redemptions.Savings(ctx, 0)
		_, _, forMe := s.Redemptions.ForMe(ctx)
		_, disputed := s.Redemptions.DisputeMine(ctx, uuid.New(), redemptions.NotMe)
		for _, err := range []error{mine, saved, forMe, disputed} {
			if !errors.Is(err, redemptions.ErrNoParticipant) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
