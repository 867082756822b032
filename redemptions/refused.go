package redemptions

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
)

// smallest is the least count that a partner sees: below it, nobody knows whether
// it was one or four.
const smallest = 5

// maxRefusedDays is how long a period of refusals may be; scans are forgotten
// after keepScans.
const maxRefusedDays = 370

// ErrPeriod says: the period is no period, or too long.
var ErrPeriod = fault.New(fault.Invalid, "period_invalid", "The period must have a beginning before its end and be at most a year long.")

// Count is how many were refused. Hidden: fewer than five, which a partner does
// not learn; both are zero then.
type Count struct {
	Uses, Scans int64 // refused at redeeming, refused at looking
	Hidden      bool
}

// Sum is both together.
func (c Count) Sum() int64 { return c.Uses + c.Scans }

// RefusedLine is a Count of something.
type RefusedLine struct {
	Reason Reason
	Outlet partners.Outlet // of lines by outlet
	Day    clock.Day       // of lines by time: the first day of the step
	Count
}

// RefusedFigures is what was refused in a period. None of it tells who.
type RefusedFigures struct {
	Total    Count
	ByReason []RefusedLine // most frequent first
	ByOutlet []RefusedLine
	ByTime   []RefusedLine // without gaps
	StepDays int           // how many days a line of ByTime counts
	Hiding   bool          // small counts are hidden
}

// RefusedFilter narrows the figures; days are the outlets' own, both included.
type RefusedFilter struct {
	From, To  clock.Day
	OutletID  uuid.UUID
	PartnerID uuid.UUID
	Reason    Reason
}

// refusedRow is one group as it is stored.
type refusedRow struct {
	Reason   string
	OutletID uuid.UUID
	Day      clock.Day
	Scan     bool
	N        int64
}

// Refused returns what was refused at the outlets in reach: of a partner's own,
// of a branch those of the partners that it looks after. It returns ErrPeriod.
func (s *Service) Refused(ctx context.Context, f RefusedFilter) (RefusedFigures, error) {
	if f.From == "" || f.To == "" || f.To < f.From || f.To.DaysSince(f.From) > maxRefusedDays {
		return RefusedFigures{}, ErrPeriod
	}
	rows, err := s.refusedRows(ctx, f)
	if err != nil {
		return RefusedFigures{}, fmt.Errorf("count refusals: %w", err)
	}
	ids := map[uuid.UUID]bool{}
	for i := range rows {
		ids[rows[i].OutletID] = true
	}
	places, err := s.placesOf(ctx, ids)
	if err != nil {
		return RefusedFigures{}, err
	}
	reach := actor.From(ctx).Scope(actor.ReadUseFigures)
	partner := !reach.National && len(reach.Branches) == 0
	g := refusedGroups{reason: map[Reason]*Count{}, outlet: map[uuid.UUID]*Count{}, day: map[clock.Day]*Count{}, step: stepOf(f)}
	for _, r := range rows {
		o, why := places[r.OutletID], Reason(r.Reason)
		if !reach.HasOutlet(o.PartnerID, o.ID) && !reach.HasBranch(o.BranchID) || f.PartnerID != uuid.Nil && o.PartnerID != f.PartnerID {
			continue
		}
		if partner {
			why = why.ToPartner()
		}
		if f.Reason != "" && why != f.Reason {
			continue
		}
		g.add(f, r, why)
	}
	return g.figures(f, places, partner), nil
}

// stepOf is how many days a line of time counts, so that a picture has at most
// some thirty of them.
func stepOf(f RefusedFilter) int {
	switch days := f.To.DaysSince(f.From) + 1; {
	case days <= 35:
		return 1
	case days <= 190:
		return 7
	default:
		return 28
	}
}

type refusedGroups struct {
	total  Count
	reason map[Reason]*Count
	outlet map[uuid.UUID]*Count
	day    map[clock.Day]*Count
	step   int
}

func (g *refusedGroups) add(f RefusedFilter, r refusedRow, why Reason) {
	day := f.From.AddDays(r.Day.DaysSince(f.From) / g.step * g.step)
	for _, c := range []*Count{&g.total, at(g.reason, why), at(g.outlet, r.OutletID), at(g.day, day)} {
		if r.Scan {
			c.Scans += r.N
		} else {
			c.Uses += r.N
		}
	}
}

func at[K comparable](m map[K]*Count, k K) *Count {
	if m[k] == nil {
		m[k] = &Count{}
	}
	return m[k]
}

// figures puts the groups in order and hides what is small from a partner.
func (g *refusedGroups) figures(f RefusedFilter, places map[uuid.UUID]partners.Outlet, hide bool) RefusedFigures {
	seen := func(c *Count) Count {
		if c == nil {
			return Count{}
		}
		if hide && c.Sum() > 0 && c.Sum() < smallest {
			return Count{Hidden: true}
		}
		return *c
	}
	out := RefusedFigures{Total: seen(&g.total), StepDays: g.step, Hiding: hide}
	for why, c := range g.reason {
		out.ByReason = append(out.ByReason, RefusedLine{Reason: why, Count: seen(c)})
	}
	for id, c := range g.outlet {
		out.ByOutlet = append(out.ByOutlet, RefusedLine{Outlet: places[id], Count: seen(c)})
	}
	for day := f.From; day <= f.To; day = day.AddDays(g.step) {
		out.ByTime = append(out.ByTime, RefusedLine{Day: day, Count: seen(g.day[day])})
	}
	slices.SortFunc(out.ByReason, func(a, b RefusedLine) int {
		return cmp.Or(cmp.Compare(b.Sum(), a.Sum()), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortFunc(out.ByOutlet, func(a, b RefusedLine) int {
		return cmp.Or(cmp.Compare(b.Sum(), a.Sum()), cmp.Compare(a.Outlet.Name, b.Outlet.Name))
	})
	return out
}

// placesOf looks up outlets, so many at a time as a query takes.
func (s *Service) placesOf(ctx context.Context, ids map[uuid.UUID]bool) (map[uuid.UUID]partners.Outlet, error) {
	all := make([]uuid.UUID, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	out := map[uuid.UUID]partners.Outlet{}
	for part := range slices.Chunk(all, 1000) {
		some, err := s.Partners.OutletsByID(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("look up outlets of refusals: %w", err)
		}
		maps.Copy(out, some)
	}
	return out, nil
}
