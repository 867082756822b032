package redemptions

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// Bounds of a simulation.
const (
	SimulationMax  = 200_000 // past uses; of more, the newest
	simulationDays = 3 * 366
	smallCount     = 5  // a partner is not told of fewer people than this
	paceDays       = 28 // that the present pace is taken from
)

// Faults of simulations.
var (
	// ErrSimulationSmall: too few people used promos there for a partner to be told.
	ErrSimulationSmall = fault.New(fault.Invalid, "simulation_small", "Fewer than five people used promos in this period and these outlets. Choose more.")
	// ErrSimulationPeriod: the period is none, lies in the future or is too long.
	ErrSimulationPeriod = fault.New(fault.Invalid, "simulation_period", "The period must end on or after its first day, not begin in the future, and span at most three years.")
	// ErrSimulationVersion: there is no such version to work out.
	ErrSimulationVersion = fault.New(fault.Invalid, "simulation_version", "There is no such version of this promo.")
)

// Simulation asks what versions of a promo would have cost.
type Simulation struct {
	BenefitID uuid.UUID
	Versions  []int     // up to two; none: the newest
	From, To  clock.Day // at the outlets, both included
	Outlets   []uuid.UUID
	// Partner takes the bills of all promos of the partner for past uses of this
	// one: for a promo that has no past.
	Partner bool
}

// MonthCost is what a month would have cost.
type MonthCost struct {
	Month    string // 2026-03
	Uses     int64
	Discount int64 // rupiah
}

// Cost is what one version would have cost.
type Cost struct {
	Version  int
	Uses     int64 // granted
	Gross    int64 // of those granted
	Discount int64
	AtCap    int64 // uses that the highest discount held down
	People   int64 // with a use granted
	// Limited are people refused for their own limit. A partner is told -1 when
	// there are some but fewer than five.
	Limited int64
	Refused map[Reason]int64
	Months  []MonthCost
	// SpentOn is the day on which a total was spent, empty: none was; and after
	// how many days of the period.
	SpentOn   clock.Day
	SpentDays int
}

// Simulated is the answer.
type Simulated struct {
	From, To clock.Day // what was worked out; From is later than asked when there were too many uses
	Cut      bool      // only the newest SimulationMax uses were taken
	Past     int64     // uses and refusals that were worked out
	// What really happened to them.
	Granted  int64
	Discount int64
	Costs    []Cost // in the order in which the versions were named
}

// Simulate works out what versions of a promo would have cost over past uses:
// those granted and not taken back, and those refused by a promo's own terms.
// Each version begins with full totals on the first day; its dates of validity
// are not looked at. It returns benefits.ErrNotFound, ErrSimulationPeriod or
// ErrSimulationVersion. What people did who never came, it cannot know.
func (s *Service) Simulate(ctx context.Context, q Simulation) (Simulated, error) {
	promo, err := s.Benefits.Get(ctx, q.BenefitID)
	if err != nil {
		return Simulated{}, err
	}
	versions, err := versionsOf(promo, q.Versions)
	if err != nil {
		return Simulated{}, err
	}
	today := clock.DayOf(s.Clock.Now().Add(14*time.Hour), time.UTC)
	if _, err := clock.ParseDay(string(q.From)); err != nil || q.To < q.From || q.From > today || q.To.DaysSince(q.From) > simulationDays {
		return Simulated{}, ErrSimulationPeriod.At("/from")
	}
	alone := slices.ContainsFunc(versions, func(v benefits.Version) bool { return v.Terms.Stacking == benefits.Exclusive })
	past, cut, err := s.past(ctx, q, promo.PartnerID, alone)
	if err != nil {
		return Simulated{}, err
	}
	if n := people(past); n > 0 && n < smallCount && partnerOnly(actor.From(ctx)) {
		return Simulated{}, ErrSimulationSmall.At("/from")
	}
	out := Simulated{From: q.From, To: q.To, Cut: cut, Past: int64(len(past))}
	if cut {
		out.From = past[0].LocalOn
	}
	for i := range past {
		if past[i].Granted {
			out.Granted++
			out.Discount += past[i].Discount
		}
	}
	for _, v := range versions {
		c := replayPast(past, v.Terms, out.From)
		c.Version = v.Version
		if c.Limited > 0 && c.Limited < smallCount && partnerOnly(actor.From(ctx)) {
			c.Limited = -1
		}
		out.Costs = append(out.Costs, c)
	}
	return out, nil
}

// people counts whose uses they are.
func people(past []pastUse) int64 {
	seen := map[uuid.UUID]bool{}
	for i := range past {
		seen[past[i].ParticipantID] = true
	}
	return int64(len(seen))
}

// partnerOnly reports whether somebody sees promos only as an owner.
func partnerOnly(who actor.Actor) bool {
	r := who.Scope(actor.ReadBenefits)
	return !r.National && len(r.Branches) == 0
}

func versionsOf(b benefits.Benefit, numbers []int) ([]benefits.Version, error) {
	if len(numbers) == 0 {
		numbers = []int{b.Version}
	}
	if len(numbers) > 2 {
		return nil, ErrSimulationVersion.At("/versions")
	}
	out := make([]benefits.Version, len(numbers))
	for i, n := range numbers {
		at := slices.IndexFunc(b.Versions, func(v benefits.Version) bool { return v.Version == n })
		if at < 0 {
			return nil, ErrSimulationVersion.At("/versions")
		}
		out[i] = b.Versions[at]
	}
	return out, nil
}

// pastUse is a bill of the past. Its minute is not kept beside the hour of its
// outlet, so Minute comes from the instant.
type pastUse struct {
	ParticipantID, OutletID uuid.UUID
	LocalOn, StatusAsOf     clock.Day
	LocalHour, Minute       int
	Segment                 string
	Gross, Discount         int64
	Granted, OtherOnBill    bool
}

// personWindow is the span in which uses of a person are counted.
type personWindow struct {
	person uuid.UUID
	window clock.Day
}

type outletDay struct {
	outlet uuid.UUID
	day    clock.Day
}

// replay is the state of a simulation: the counters that the database holds for
// the real decision.
type replay struct {
	terms    benefits.Terms
	windows  map[personWindow]int64
	last     map[uuid.UUID]clock.Day
	outlets  map[outletDay]int64
	count    *int64
	budget   *int64
	people   map[uuid.UUID]bool
	limited  map[uuid.UUID]bool
	months   map[string]*MonthCost
	uncapped benefits.Terms
	cost     Cost
}

// replayPast decides each use of the past again, in order, by the rule book.
func replayPast(past []pastUse, terms benefits.Terms, from clock.Day) Cost {
	r := replay{
		terms: terms, windows: map[personWindow]int64{}, last: map[uuid.UUID]clock.Day{}, outlets: map[outletDay]int64{},
		people: map[uuid.UUID]bool{}, limited: map[uuid.UUID]bool{}, months: map[string]*MonthCost{}, uncapped: terms,
		cost: Cost{Refused: map[Reason]int64{}},
	}
	r.terms.ValidFrom, r.terms.ValidTo = "0001-01-01", "9999-12-31"
	r.uncapped.MaxDiscount = nil
	if n := terms.Limits.TotalCount; n != nil {
		r.count = new(*n)
	}
	if n := terms.Limits.TotalAmount; n != nil {
		r.budget = new(*n)
	}
	for i := range past {
		r.step(&past[i], from)
	}
	r.cost.People, r.cost.Limited = int64(len(r.people)), int64(len(r.limited))
	for _, month := range slices.Sorted(maps.Keys(r.months)) {
		r.cost.Months = append(r.cost.Months, *r.months[month])
	}
	return r.cost
}

func (r *replay) step(u *pastUse, from clock.Day) {
	window, place := personWindow{person: u.ParticipantID}, outletDay{u.OutletID, u.LocalOn}
	if p := r.terms.Limits.Participant; p != nil {
		window.window = r.terms.Window(p.Per, u.LocalOn)
	}
	f := &facts{
		known: true, member: true, segment: u.Segment, statusAsOf: u.StatusAsOf, idChecked: true, outletOpen: true,
		outletIn: r.terms.At(u.OutletID), state: benefits.Live, terms: r.terms, local: u.local(), gross: u.Gross,
		usedInWindow: r.windows[window], lastOn: r.last[u.ParticipantID], usedAtOutlet: r.outlets[place],
		otherOnBill: u.OtherOnBill, countLeft: r.count, budgetLeft: r.budget,
	}
	d := decide(f)
	if d.reason != "" {
		r.refuse(u, d.reason, from)
		return
	}
	r.windows[window]++
	r.last[u.ParticipantID], r.people[u.ParticipantID] = u.LocalOn, true
	r.outlets[place]++
	if r.count != nil {
		*r.count--
	}
	if r.budget != nil {
		*r.budget -= d.discount
	}
	r.cost.Uses++
	r.cost.Gross += u.Gross
	r.cost.Discount += d.discount
	if r.uncapped.Discount(u.Gross) > d.discount {
		r.cost.AtCap++
	}
	month := string(u.LocalOn[:len("2006-01")])
	if r.months[month] == nil {
		r.months[month] = &MonthCost{Month: month}
	}
	r.months[month].Uses++
	r.months[month].Discount += d.discount
}

func (r *replay) refuse(u *pastUse, why Reason, from clock.Day) {
	r.cost.Refused[why]++
	switch why { //nolint:exhaustive // the others need no more
	case LimitParticipant, LimitInterval:
		r.limited[u.ParticipantID] = true
	case LimitTotal, BudgetSpent:
		if r.cost.SpentOn == "" {
			r.cost.SpentOn, r.cost.SpentDays = u.LocalOn, u.LocalOn.DaysSince(from)
		}
	}
}

// local is the time at the outlet; its zone does not matter any more.
func (u *pastUse) local() time.Time {
	return u.LocalOn.Start(time.UTC).Add(time.Duration(u.LocalHour)*time.Hour + time.Duration(u.Minute)*time.Minute)
}

// Pace returns how a promo was used in the last four weeks, or less when it is
// younger. A promo out of reach is benefits.ErrNotFound.
func (s *Service) Pace(ctx context.Context, b benefits.Benefit) (benefits.Pace, error) {
	now := s.Clock.Now()
	days := paceDays
	for _, v := range b.Versions {
		if v.Version == b.LiveVersion && len(b.Versions) == 1 {
			days = min(days, int(now.Sub(v.PublishedAt)/(24*time.Hour))+1)
		}
	}
	uses, amount, err := s.usedSince(ctx, b.ID, now.AddDate(0, 0, -days))
	return benefits.Pace{Uses: uses, Amount: amount, Days: days}, err
}

// AtCapShare is the share of uses that the highest discount held down.
func (c Cost) AtCapShare() float64 {
	if c.Uses == 0 {
		return 0
	}
	return float64(c.AtCap) / float64(c.Uses)
}
