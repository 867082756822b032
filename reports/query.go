package reports

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// Query is what a report is asked for: a period, and what it is narrowed to.
// The zero ids narrow nothing. What lies outside the actor's reach is not
// found: a report narrowed to it has no lines.
type Query struct {
	Period
	BranchID, SectorID, PartnerID uuid.UUID
}

// ErrNotFound says: the report is about what the actor cannot see.
var ErrNotFound = fault.New(fault.NotFound, "report_not_found", "There is no such report, or it is not yours to see.")

// FewBelow is the count under which a cell is not shown to a partner, who might
// know the person.
const FewBelow = 5

// Preset is a period with a name.
type Preset string

// The presets.
const (
	Today     Preset = "today"
	ThisMonth Preset = "this_month"
	LastMonth Preset = "last_month"
	Quarter   Preset = "quarter"
	ThisYear  Preset = "year"
	TwelveMon Preset = "twelve"
)

// Presets returns all presets, shortest first.
func Presets() []Preset { return []Preset{Today, ThisMonth, LastMonth, Quarter, ThisYear, TwelveMon} }

// Period returns the days of a preset as of today; ok is false for an unknown one.
func (p Preset) Period(today clock.Day) (out Period, ok bool) {
	first := monthOf(today)
	out.To = today
	switch p {
	case Today:
		out.From = today
	case ThisMonth:
		out.From = first
	case LastMonth:
		out.From, out.To = first.AddMonths(-1), first.AddDays(-1)
	case Quarter:
		month := int(today.Start(time.UTC).Month())
		out.From = first.AddMonths(-((month - 1) % 3))
	case ThisYear:
		out.From = clock.Day(string(today[:4]) + "-01-01")
	case TwelveMon:
		out.From = first.AddMonths(-11)
	default:
		return Period{}, false
	}
	return out, true
}

// monthOf is the first day of the day's month.
func monthOf(d clock.Day) clock.Day { return d[:8] + "01" }

// Before is the period of comparison: whole months before whole months or parts
// of them, the same number of days before anything else. Of a month that is
// running it is the same days of the month before.
func (p Period) Before() Period {
	if p.From == monthOf(p.From) {
		months := 12*(year(p.To)-year(p.From)) + month(p.To) - month(p.From) + 1
		from := p.From.AddMonths(-months)
		if p.To == monthOf(p.To).AddMonths(1).AddDays(-1) { // whole months
			return Period{From: from, To: p.From.AddDays(-1)}
		}
		last := monthOf(p.To).AddMonths(-months)
		return Period{From: from, To: min(last.AddDays(p.To.DaysSince(monthOf(p.To))), last.AddMonths(1).AddDays(-1))}
	}
	days := p.To.DaysSince(p.From) + 1
	return Period{From: p.From.AddDays(-days), To: p.From.AddDays(-1)}
}

func year(d clock.Day) int  { return d.Start(time.UTC).Year() }
func month(d clock.Day) int { return int(d.Start(time.UTC).Month()) }

// Today is the day in the zone of the programme.
func (s *Service) Today() clock.Day { return clock.DayOf(s.clock.Now(), zone) }

// ForPartner reports whether whoever acts reads reports as a partner only:
// small counts are hidden then, and memberships are nobody's business.
func ForPartner(ctx context.Context) bool {
	reach := actor.From(ctx).Scope(actor.ReadReports)
	return !reach.National && len(reach.Branches) == 0
}

// needsBranch returns the reach of those who read about participants, or ErrNotFound.
func needsBranch(ctx context.Context) (actor.Reach, error) {
	reach := actor.From(ctx).Scope(actor.ReadReports)
	if !reach.National && len(reach.Branches) == 0 {
		return reach, ErrNotFound
	}
	return actor.Reach{National: reach.National, Branches: reach.Branches}, nil
}

// Interval is a share with the interval that holds it with 95 percent
// confidence.
type Interval struct{ Share, Low, High float64 }

// Wilson returns the share k of n with its 95 percent score interval (Wilson
// 1927, without continuity correction). n = 0 gives the zero share with the
// interval from 0 to 1: nothing is known.
func Wilson(k, n int64) Interval {
	if n == 0 {
		return Interval{High: 1}
	}
	const z = 1.959963984540054
	N, p := float64(n), float64(k)/float64(n)
	mid := (p + z*z/(2*N)) / (1 + z*z/N)
	half := z / (1 + z*z/N) * math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	out := Interval{Share: p, Low: math.Max(0, mid-half), High: math.Min(1, mid+half)}
	// The bounds of none and of all are exact; rounding must not leave them.
	if k == 0 {
		out.Low = 0
	}
	if k == n {
		out.High = 1
	}
	return out
}
