package redemptions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

// ErrNoParticipant occurs when somebody who is no participant asks for what is
// the participant's own.
var ErrNoParticipant = fault.New(fault.Forbidden, "not_a_participant", "Only a participant's phone may do this.")

// MembershipInArrears is why a promo does not count for somebody whose
// contributions are behind. The person is told; the counter says
// MembershipInactive.
const MembershipInArrears Reason = "membership_in_arrears"

// OwnUse is a use as the person sees it.
type OwnUse struct {
	Redemption
	At              time.Time // at the counter
	Partner, Outlet string
	Title           string // of the promo, as it was then
	CanDispute      bool
}

// Month is what a person saved in one month, in rupiah.
type Month struct {
	Month    string // 2026-11
	Uses     int64
	Gross    int64
	Discount int64
}

// Savings is what a person saved in one year, in rupiah.
type Savings struct {
	Year                  int
	Uses, Gross, Discount int64
	Months                []Month // those with a use, in order
}

// ForPerson is what a promo is for one person now.
type ForPerson struct {
	BenefitID uuid.UUID
	Version   int
	Eligible  bool
	Reason    Reason // empty when eligible
	Remaining *int64 // uses left, nil: no limit
	Used      int64  // in the running window
	Per       string // day, week, month, year, ever; empty: no limit for the person
	Until     clock.Day
}

// me returns the participant who asks, or ErrNoParticipant.
func me(ctx context.Context) (uuid.UUID, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant || !who.Can(actor.OwnRecords) {
		return uuid.Nil, ErrNoParticipant
	}
	return who.ID, nil
}

// Mine returns the uses of the participant who asks, newest first: those that
// were granted, also when they were taken back later.
func (s *Service) Mine(ctx context.Context, p page.Request) (page.Of[OwnUse], error) {
	person, err := me(ctx)
	if err != nil {
		return page.Of[OwnUse]{}, err
	}
	rows, err := s.grantedOf(ctx, person, p)
	if err != nil {
		return page.Of[OwnUse]{}, err
	}
	all, err := s.shownToOwner(ctx, rows)
	if err != nil {
		return page.Of[OwnUse]{}, err
	}
	return page.Cut(all, p, func(u OwnUse) uuid.UUID { return u.ID }), nil
}

// DisputeMine is Dispute for the participant who asks, with the use as Mine
// tells it.
func (s *Service) DisputeMine(ctx context.Context, id uuid.UUID, why DisputeReason) (OwnUse, error) {
	if _, err := me(ctx); err != nil {
		return OwnUse{}, err
	}
	r, err := s.Dispute(ctx, id, why)
	if err != nil {
		return OwnUse{}, err
	}
	all, err := s.shownToOwner(ctx, []Redemption{r})
	if err != nil {
		return OwnUse{}, err
	}
	return all[0], nil
}

// shownToOwner joins what the person knows the uses by.
func (s *Service) shownToOwner(ctx context.Context, rows []Redemption) ([]OwnUse, error) {
	if err := s.readDisputes(ctx, rows); err != nil {
		return nil, err
	}
	var outlets, promos []uuid.UUID
	for i := range rows {
		outlets, promos = append(outlets, rows[i].OutletID), append(promos, rows[i].BenefitID)
	}
	places, err := s.Partners.OutletsByID(ctx, outlets)
	if err != nil {
		return nil, fmt.Errorf("look up outlets of uses: %w", err)
	}
	titles, err := s.Benefits.Titles(ctx, promos)
	if err != nil {
		return nil, fmt.Errorf("look up promos of uses: %w", err)
	}
	now := s.Clock.Now()
	out := make([]OwnUse, len(rows))
	for i, r := range rows {
		o := places[r.OutletID]
		out[i] = OwnUse{
			Redemption: r, At: r.at().In(o.Location()), Partner: o.PartnerName, Outlet: o.Name,
			Title: titles[benefits.VersionKey{ID: r.BenefitID, Version: r.BenefitVersion}], CanDispute: r.CanDispute(now),
		}
	}
	return out, nil
}

// at is when the use took place: online the server knows, else the till.
func (r *Redemption) at() time.Time {
	if r.Online {
		return r.RecordedAt
	}
	return r.OccurredAt
}

// Savings returns what the participant who asks saved in a year by the outlets'
// days, standing uses only; year 0 is the running one at the person's branch.
func (s *Service) Savings(ctx context.Context, year int) (Savings, error) {
	person, err := me(ctx)
	if err != nil {
		return Savings{}, err
	}
	if year == 0 {
		st, err := s.standingOf(ctx, person)
		if err != nil {
			return Savings{}, err
		}
		home, err := s.Participants.Branch(ctx, st.BranchID)
		if err != nil {
			return Savings{}, fmt.Errorf("look up branch: %w", err)
		}
		zone, err := time.LoadLocation(home.Zone)
		if err != nil {
			return Savings{}, fmt.Errorf("zone of branch: %w", err)
		}
		year = s.Clock.Now().In(zone).Year()
	}
	out := Savings{Year: year}
	if out.Months, err = s.months(ctx, person, year); err != nil {
		return Savings{}, err
	}
	for _, m := range out.Months {
		out.Uses, out.Gross, out.Discount = out.Uses+m.Uses, out.Gross+m.Gross, out.Discount+m.Discount
	}
	return out, nil
}

func (s *Service) standingOf(ctx context.Context, person uuid.UUID) (participants.Standing, error) {
	st, err := s.Participants.Standing(ctx, person)
	if err != nil {
		return st, fmt.Errorf("look up membership: %w", err)
	}
	return st, nil
}

// ForMe says of every promo that is live in the province of the participant's
// branch what it is for that person now, by the rule book of the counter. What
// only a counter knows is left out: the card, the bill, the outlet's day.
func (s *Service) ForMe(ctx context.Context) (all []ForPerson, at time.Time, err error) {
	at = s.Clock.Now()
	person, err := me(ctx)
	if err != nil {
		return nil, at, err
	}
	st, err := s.standingOf(ctx, person)
	if err != nil {
		return nil, at, err
	}
	home, err := s.Participants.Branch(ctx, st.BranchID)
	if err != nil {
		return nil, at, fmt.Errorf("look up branch: %w", err)
	}
	offers, err := s.Benefits.LiveIn(ctx, provincesOf(home.RegionCodes))
	if err != nil {
		return nil, at, fmt.Errorf("look up promos: %w", err)
	}
	used, err := s.countersOf(ctx, person)
	if err != nil {
		return nil, at, err
	}
	all = make([]ForPerson, len(offers))
	for i := range offers {
		all[i] = forPerson(&offers[i], &st, used, at)
	}
	return all, at, nil
}

// provincesOf returns the two digits with which the codes of regions begin.
func provincesOf(regions []string) []string {
	out := []string{}
	for _, code := range regions {
		if province := code[:min(2, len(code))]; !slices.Contains(out, province) {
			out = append(out, province)
		}
	}
	return out
}

// windowKey is where a person's uses of a promo are counted.
type windowKey struct {
	benefit uuid.UUID
	per     benefits.Per
	window  clock.Day
}

type windowCount struct{ within, over int64 }

// ownCounters are all counters of one person.
type ownCounters struct {
	windows map[windowKey]windowCount
	last    map[uuid.UUID]clock.Day // day of the newest use
}

// forPerson judges one promo. Where its outlets lie in several zones, it is
// enough that it may be used in one of them.
func forPerson(o *benefits.Provincial, st *participants.Standing, used *ownCounters, now time.Time) ForPerson {
	var first ForPerson
	for i, zone := range o.Zones {
		p := inZone(o, st, used, now.In(zone))
		if p.Eligible {
			return p
		}
		if i == 0 {
			first = p
		}
	}
	return first
}

func inZone(o *benefits.Provincial, st *participants.Standing, used *ownCounters, local time.Time) ForPerson {
	today := clock.DayOf(local, local.Location())
	f := &facts{
		idChecked: true, known: st.Known, member: st.Valid, segment: string(st.Segment), statusAsOf: st.StatusAsOf,
		outletOpen: true, outletIn: true, state: o.State, terms: o.Terms, local: local,
		countLeft: o.Left.Count, budgetLeft: o.Left.Amount, lastOn: used.last[o.BenefitID],
	}
	f.terms.Limits.OutletPerDay = nil
	out := ForPerson{BenefitID: o.BenefitID, Version: o.Version, Until: o.Terms.ValidTo}
	if p := o.Terms.Limits.Participant; p != nil {
		n := used.windows[windowKey{o.BenefitID, p.Per, o.Terms.Window(p.Per, today)}]
		f.usedInWindow = n.within
		out.Used, out.Per, out.Until = n.within+n.over, string(p.Per), min(o.Terms.ValidTo, windowEnd(p.Per, today))
	}
	out.Reason, out.Remaining = decide(f).reason, f.remaining()
	if out.Reason == MembershipInactive && st.Status == participants.InArrears && !st.Restricted {
		out.Reason = MembershipInArrears
	}
	out.Eligible = out.Reason == ""
	return out
}

// windowEnd returns the last day of the window that a day lies in.
func windowEnd(per benefits.Per, day clock.Day) clock.Day {
	first := benefits.Terms{}.Window(per, day)
	switch per {
	case benefits.PerDay:
		return day
	case benefits.PerWeek:
		return first.AddDays(6)
	case benefits.PerMonth:
		return first.AddMonths(1).AddDays(-1)
	case benefits.PerYear:
		return first.AddMonths(12).AddDays(-1)
	case benefits.PerEver:
	}
	return "9999-12-31"
}
