package redemptions_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// attempted is one bill of a past that the test made itself.
type attempted struct {
	use   modelUse
	gross int64
}

// past lets a few people use a promo for forty days; it returns every attempt
// that a simulation must decide again, and the uses of another promo.
func past(t *testing.T, s *shop.Shop, promo, other uuid.UUID) (attempts []attempted, others []modelUse) {
	t.Helper()
	r := rand.New(rand.NewPCG(11, 7)) //nolint:gosec // a test from a seed
	outlets := []uuid.UUID{s.Outlet, s.Outlet2}
	zone := time.FixedZone("WITA", 8*3600)
	texts := make([]string, 6)
	for i := range texts {
		_, texts[i] = s.Printed(t, s.Person(t))
	}
	start := clock.DayOf(s.Clock.Now(), zone)
	for n := range 40 {
		day := start.AddDays(n)
		s.Clock.Set(day.Start(zone).Add(9 * time.Hour))
		for range r.IntN(5) {
			person, at := r.IntN(len(texts)), r.IntN(2)
			u := modelUse{person: person, outlet: at, day: day.Start(time.UTC), receipt: fmt.Sprintf("N%d", r.IntN(3))}
			gross, till := 5_000+r.Int64N(150_000), s.Till(t, outlets[at])
			redeem := func(id uuid.UUID) redemptions.Redemption {
				s.Clock.Advance(time.Second)
				got, _, err := s.Redemptions.Redeem(till, redemptions.Request{
					Key: uuid.New(), Card: texts[person], CardGiven: true, BenefitID: id, Gross: gross, ReceiptNumber: u.receipt, IDChecked: true,
				})
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			if r.IntN(6) == 0 && redeem(other).Outcome == redemptions.Granted {
				o := u
				o.promo = 1
				others = append(others, o)
			}
			got := redeem(promo)
			if got.Outcome == redemptions.Granted && r.IntN(12) == 0 {
				if _, err := s.Redemptions.Void(till, got.ID, "Salah pilih promo"); err != nil {
					t.Fatal(err)
				}
				continue // never happened
			}
			attempts = append(attempts, attempted{u, gross})
		}
	}
	return attempts, others
}

// recount decides the attempts by the model, which counts everything anew each
// time.
func recount(p modelPromo, attempts []attempted, others []modelUse) redemptions.Cost {
	m := model{uses: append([]modelUse{}, others...)}
	c := redemptions.Cost{Version: 2, Refused: map[redemptions.Reason]int64{}}
	people, limited := map[int]bool{}, map[int]bool{}
	for _, a := range attempts {
		why, discount := m.redeem(&p, a.use, a.gross)
		if why != "" {
			c.Refused[redemptions.Reason(why)]++
			if why == "limit_participant" || why == "limit_interval" {
				limited[a.use.person] = true
			}
			if c.SpentOn == "" && (why == "limit_total" || why == "budget_spent") {
				c.SpentOn = clock.DayOf(a.use.day, time.UTC)
				c.SpentDays = c.SpentOn.DaysSince(clock.DayOf(attempts[0].use.day, time.UTC))
			}
			continue
		}
		u := a.use
		u.discount = discount
		m.uses = append(m.uses, u)
		c.Uses++
		c.Gross += a.gross
		c.Discount += discount
		if p.cap > 0 && a.gross*p.value/100 > p.cap {
			c.AtCap++
		}
		people[u.person] = true
		key := u.day.Format("2006-01")
		if n := len(c.Months); n == 0 || c.Months[n-1].Month != key {
			c.Months = append(c.Months, redemptions.MonthCost{Month: key})
		}
		last := &c.Months[len(c.Months)-1]
		last.Uses++
		last.Discount += discount
	}
	c.People, c.Limited = int64(len(people)), int64(len(limited))
	return c
}

func TestASimulationAgreesWithARecountByHand(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 4, Per: benefits.PerMonth}
	})
	other := s.Promo(t, nil)
	attempts, others := past(t, s, promo, other)
	from := clock.DayOf(attempts[0].use.day, time.UTC)
	supervisor, owner := s.Supervisor(t), s.Owner(t)
	if _, err := s.Benefits.Revise(owner, promo, "Lain", s.Terms()); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // a test from a seed
	seen := map[redemptions.Reason]bool{}
	for n := range 120 {
		p := randomPromo(r)
		terms := s.Terms()
		p.terms(&terms)
		if _, err := s.Benefits.Update(owner, promo, "Lain", terms); err != nil {
			t.Fatal(err)
		}
		got, err := s.Redemptions.Simulate(supervisor, redemptions.Simulation{BenefitID: promo, From: from, To: from.AddDays(60)})
		if err != nil {
			t.Fatal(err)
		}
		if got.Past != int64(len(attempts)) || got.Cut {
			t.Fatalf("%d of %d attempts", got.Past, len(attempts))
		}
		want := recount(p, attempts, others)
		if diff := cmp.Diff(want, got.Costs[0]); diff != "" {
			t.Fatalf("promo %d %+v: %s", n, p, diff)
		}
		for why := range want.Refused {
			seen[why] = true
		}
	}
	if len(seen) < 7 {
		t.Errorf("only refused for %v", seen)
	}
}

func TestWhoMaySimulateAndWhat(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.PerEver}
	})
	_, text := s.Printed(t, s.Person(t))
	today := clock.DayOf(s.Clock.Now(), time.FixedZone("WITA", 8*3600))
	for range 3 {
		_, _, err := s.Redemptions.Redeem(s.Till(t, s.Outlet), redemptions.Request{
			Key: uuid.New(), Card: text, CardGiven: true, BenefitID: promo, Gross: 100_000, IDChecked: true,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	q := redemptions.Simulation{BenefitID: promo, From: today, To: today}
	got, err := s.Redemptions.Simulate(s.Supervisor(t), q)
	if err != nil || got.Past != 3 || got.Granted != 1 || got.Discount != 20_000 || got.Costs[0].Limited != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := s.Redemptions.Simulate(s.Owner(t), q); !errors.Is(err, redemptions.ErrSimulationSmall) {
		t.Errorf("a partner is told of one person: %+v %v", got, err)
	}
	stranger := shop.As(t, actor.PartnerOwner, actor.PartnerScope, uuid.New())
	if _, err := s.Redemptions.Simulate(stranger, q); !errors.Is(err, benefits.ErrNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	for name, change := range map[string]func(*redemptions.Simulation){
		"the end before the beginning": func(q *redemptions.Simulation) { q.To = today.AddDays(-1) },
		"the future":                   func(q *redemptions.Simulation) { q.From, q.To = today.AddDays(9), today.AddDays(9) },
		"no day":                       func(q *redemptions.Simulation) { q.From = "" },
		"more than three years":        func(q *redemptions.Simulation) { q.From = today.AddDays(-1200) },
	} {
		bad := q
		change(&bad)
		if _, err := s.Redemptions.Simulate(s.Owner(t), bad); !errors.Is(err, redemptions.ErrSimulationPeriod) {
			t.Errorf("%s: %v", name, err)
		}
	}
	q.Versions = []int{7}
	if _, err := s.Redemptions.Simulate(s.Owner(t), q); !errors.Is(err, redemptions.ErrSimulationVersion) {
		t.Errorf("a version that is none: %v", err)
	}
	// A promo without a past takes the bills of the partner's others.
	young := s.Promo(t, func(b *benefits.Terms) { b.Value = 10 })
	got, err = s.Redemptions.Simulate(s.Supervisor(t), redemptions.Simulation{BenefitID: young, From: today, To: today, Partner: true})
	if err != nil || got.Past != 3 || got.Costs[0].Discount != 30_000 {
		t.Errorf("bills of the partner: %+v %v", got, err)
	}
	b, err := s.Benefits.Get(s.Owner(t), promo)
	if err != nil {
		t.Fatal(err)
	}
	if pace, err := s.Redemptions.Pace(s.Owner(t), b); err != nil || pace != (benefits.Pace{Uses: 1, Amount: 20_000, Days: 1}) {
		t.Errorf("pace %+v %v", pace, err)
	}
}
