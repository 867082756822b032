package redemptions_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// The model knows nothing of counters: it keeps every use that stands and
// counts them anew for each question.

type modelPromo struct {
	id       uuid.UUID
	value    int64 // percent
	cap      int64 // 0: none
	minGross int64
	count    int64 // 0: no limit for the participant
	per      benefits.Per
	interval int // days, 0: none
	outlet   int64
	total    int64
	budget   int64
	alone    bool // exclusive
}

type modelUse struct {
	promo, person, outlet int
	day                   time.Time // midnight at the outlet, as a UTC date
	receipt               string
	discount              int64
}

type model struct{ uses []modelUse }

func (m *model) redeem(p *modelPromo, u modelUse, gross int64) (reason string, discount int64) {
	var mine, here, all, spent int64
	recent, other := false, false
	for _, x := range m.uses {
		if x.person == u.person && x.outlet == u.outlet && x.day.Equal(u.day) && u.receipt != "" && x.receipt == u.receipt && x.promo != u.promo {
			other = true
		}
		if x.promo != u.promo {
			continue
		}
		all++
		spent += x.discount
		if x.outlet == u.outlet && x.day.Equal(u.day) {
			here++
		}
		if x.person == u.person {
			if samePeriod(p.per, x.day, u.day) {
				mine++
			}
			if u.day.Sub(x.day) < time.Duration(p.interval)*24*time.Hour {
				recent = true
			}
		}
	}
	discount = gross * p.value / 100
	if p.cap > 0 && discount > p.cap {
		discount = p.cap
	}
	switch {
	case gross < p.minGross:
		return "below_minimum", 0
	case p.count > 0 && mine >= p.count:
		return "limit_participant", 0
	case p.count > 0 && p.interval > 0 && recent:
		return "limit_interval", 0
	case p.outlet > 0 && here >= p.outlet:
		return "limit_outlet", 0
	case p.alone && other:
		return "not_stackable", 0
	case p.total > 0 && all >= p.total:
		return "limit_total", 0
	case p.budget > 0 && spent+discount > p.budget:
		return "budget_spent", 0
	}
	return "", discount
}

func samePeriod(per benefits.Per, a, b time.Time) bool {
	switch per {
	case benefits.PerDay:
		return a.Equal(b)
	case benefits.PerWeek:
		ay, aw := a.ISOWeek()
		by, bw := b.ISOWeek()
		return ay == by && aw == bw
	case benefits.PerMonth:
		return a.Year() == b.Year() && a.Month() == b.Month()
	case benefits.PerYear:
		return a.Year() == b.Year()
	default:
		return true
	}
}

func randomPromo(r *rand.Rand) modelPromo {
	maybe := func(n int64) int64 {
		if r.IntN(2) == 0 {
			return 0
		}
		return n
	}
	spans := []benefits.Per{benefits.PerDay, benefits.PerWeek, benefits.PerMonth, benefits.PerYear, benefits.PerEver}
	return modelPromo{
		value: r.Int64N(100) + 1, cap: maybe(r.Int64N(30_000) + 1), minGross: maybe(r.Int64N(20_000)),
		count: maybe(r.Int64N(3) + 1), per: spans[r.IntN(len(spans))], interval: int(maybe(r.Int64N(10) + 1)),
		outlet: maybe(r.Int64N(6) + 1), total: maybe(r.Int64N(60) + 1), budget: maybe(r.Int64N(400_000) + 1), alone: r.IntN(2) == 0,
	}
}

func (p *modelPromo) terms(b *benefits.Terms) {
	set := func(n int64) *int64 {
		if n == 0 {
			return nil
		}
		return &n
	}
	b.Value, b.MaxDiscount, b.MinGross = p.value, set(p.cap), p.minGross
	b.Limits = benefits.Limits{OutletPerDay: set(p.outlet), TotalCount: set(p.total), TotalAmount: set(p.budget)}
	if p.count > 0 {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: p.count, Per: p.per}
		if p.interval > 0 {
			b.Limits.Participant.MinIntervalDays = &p.interval
		}
	}
	if p.alone {
		b.Stacking = benefits.Exclusive
	}
}

const (
	historySteps = 6
	worldSize    = 100 // histories that share promos, outlets and days
)

// TestRandomHistoriesMatchTheModel runs histories of redemptions, repetitions,
// voids, disputes and passing days and compares every answer with the model's. A few
// hundred by default; HISTORIES=10000 for the whole proof (make test).
func TestRandomHistoriesMatchTheModel(t *testing.T) {
	histories := 300
	if n, err := strconv.Atoi(os.Getenv("HISTORIES")); err == nil {
		histories = n
	}
	const seed = 20261122
	t.Logf("%d histories, seed %d", histories, seed)
	s := shop.New(t)
	tills := []context.Context{s.Till(t, s.Outlet), s.Till(t, s.Outlet2)}
	r := rand.New(rand.NewPCG(seed, 1))
	for done := 0; done < histories; done += worldSize {
		w := &world{t: t, s: s, r: r, tills: tills}
		if _, err := s.Cards.EnsureKeys(testkit.System(t)); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			p := randomPromo(r)
			p.id = s.Promo(t, p.terms)
			w.promos = append(w.promos, p)
		}
		for h := range worldSize {
			w.history(h)
		}
	}
	verify(t, s)
}

type world struct {
	t      *testing.T
	s      *shop.Shop
	r      *rand.Rand
	tills  []context.Context
	promos []modelPromo
	model  model
	made   []madeUse
	cards  []string
}

type madeUse struct {
	request redemptions.Request
	till    int
	id      uuid.UUID
	outcome redemptions.Outcome
	at      time.Time
	use     *modelUse
	void    bool // or reversed
	decided bool
}

func (w *world) history(n int) {
	if n%3 == 0 { // three histories on end are about the same people
		_, text := w.s.Printed(w.t, w.s.Person(w.t))
		w.cards = append(w.cards, text)
	}
	for step := range historySteps {
		switch w.r.IntN(10) {
		case 0:
			w.s.Clock.Advance(time.Duration(w.r.IntN(40)) * time.Hour)
		case 1:
			w.repeat()
		case 2:
			w.void()
		case 3:
			w.dispute()
		default:
			w.redeem(fmt.Sprintf("history %d, step %d", n, step))
		}
		w.s.Clock.Advance(time.Duration(w.r.IntN(120)) * time.Second)
	}
}

func (w *world) redeem(where string) {
	promo, person, till := w.r.IntN(len(w.promos)), max(0, len(w.cards)-1-w.r.IntN(2)), w.r.IntN(len(w.tills))
	gross := w.r.Int64N(120_000) + 1
	receipt := []string{"", "A", "B"}[w.r.IntN(3)]
	p := &w.promos[promo]
	req := redemptions.Request{
		Key: uuid.New(), Card: w.cards[person], CardGiven: true, BenefitID: p.id, Gross: gross, ReceiptNumber: receipt, IDChecked: true,
	}
	local := w.s.Clock.Now().Add(8 * time.Hour) // Palu is UTC+8 all year
	use := modelUse{promo: promo, person: person, outlet: till, receipt: receipt, day: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)}
	reason, discount := w.model.redeem(p, use, gross)
	got, replayed, err := w.s.Redemptions.Redeem(w.tills[till], req)
	if err != nil || replayed {
		w.t.Fatalf("%s: %v %v", where, replayed, err)
	}
	if string(got.Reason) != reason || got.Discount != discount || got.Net != gross-discount {
		w.t.Fatalf("%s: got %q and Rp%d off Rp%d, the model says %q and Rp%d (%+v)", where, got.Reason, got.Discount, gross, reason, discount, *p)
	}
	m := madeUse{request: req, till: till, id: got.ID, outcome: got.Outcome, at: w.s.Clock.Now()}
	if reason == "" {
		use.discount = discount
		m.use = &use
		w.model.uses = append(w.model.uses, use)
	}
	w.made = append(w.made, m)
}

func (w *world) repeat() {
	if len(w.made) == 0 {
		return
	}
	m := w.made[w.r.IntN(len(w.made))]
	got, replayed, err := w.s.Redemptions.Redeem(w.tills[m.till], m.request)
	if err != nil || !replayed || got.ID != m.id || got.Outcome != m.outcome {
		w.t.Fatalf("repetition: got %v %v %v, want the record of before", got.ID, replayed, err)
	}
}

func (w *world) void() {
	if len(w.made) == 0 {
		return
	}
	m := &w.made[w.r.IntN(len(w.made))]
	if m.use == nil || m.void || w.s.Clock.Now().Sub(m.at) > redemptions.VoidWindow {
		return
	}
	if _, err := w.s.Redemptions.Void(w.tills[m.till], m.id, "uji"); err != nil {
		w.t.Fatal(err)
	}
	w.takeBack(m)
}

// dispute lets the owner dispute a use and the branch decide it.
func (w *world) dispute() {
	if len(w.made) == 0 {
		return
	}
	m := &w.made[w.r.IntN(len(w.made))]
	if m.use == nil || m.void || m.decided || w.s.Clock.Now().Sub(m.at) > redemptions.DisputeWindow {
		return
	}
	if _, err := w.s.Redemptions.Dispute(w.s.Owner(w.t), m.id, redemptions.WrongAmount); err != nil {
		w.t.Fatal(err)
	}
	decision := []redemptions.Decision{redemptions.Uphold, redemptions.Reverse}[w.r.IntN(2)]
	if _, err := w.s.Redemptions.Decide(w.s.Supervisor(w.t), m.id, decision, "uji"); err != nil {
		w.t.Fatal(err)
	}
	m.decided = true
	if decision == redemptions.Reverse {
		w.takeBack(m)
	}
}

// takeBack lets the model forget a use.
func (w *world) takeBack(m *madeUse) {
	m.void = true
	for i, u := range w.model.uses {
		if u == *m.use {
			w.model.uses = append(w.model.uses[:i], w.model.uses[i+1:]...)
			return
		}
	}
}
