// Package reports answers what the programme does: registrations, uses,
// refusals, and a summary. It only reads, holds no rules, and is the one
// package that looks into other packages' tables. What a reader sees is cut to
// the reach of the stored grants.
//
// Days are calendar days of the place where something happened; both ends of a
// period are included. Amounts are whole rupiah.
package reports

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
)

// Faults of the reports.
var (
	ErrPeriod    = fault.New(fault.Invalid, "period_invalid", "The period must end on or after its first day and span at most ten years.")
	ErrDimension = fault.New(fault.Invalid, "dimension_unknown", "The report cannot be grouped by that.")
)

// maxDays is the longest period of a report.
const maxDays = 3660

// Period is a span of calendar days, both included.
type Period struct {
	From, To clock.Day
}

// validate returns ErrPeriod unless the period is in order.
func (p Period) validate() error {
	if p.From == "" || p.To == "" || p.To < p.From || p.To.DaysSince(p.From) > maxDays {
		return ErrPeriod
	}
	return nil
}

// Service reads the reports.
type Service struct {
	db    *database.DB
	clock clock.Clock
}

// New returns the reports over db.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// Registrations is how many workers were registered, by branch, beside the
// figure that was reported for the same period. The two need not agree; what
// nobody allocated to a branch is said, never spread.
type Registrations struct {
	Total       int64
	Unallocated int64
	Branches    []BranchCount
	Reported    *Reported
}

// BranchCount is one branch's line.
type BranchCount struct {
	BranchID uuid.UUID
	Name     string
	Count    int64
}

// Reported is a published figure. Unallocated is the part of Total that the
// source gives for no branch.
type Reported struct {
	Total       int64
	Unallocated int64
	Source      string
}

// Registrations reports the registrations of a period, or ErrPeriod.
func (s *Service) Registrations(ctx context.Context, p Period) (Registrations, error) {
	if err := p.validate(); err != nil {
		return Registrations{}, err
	}
	reach := actor.From(ctx).Scope(actor.ReadPerisai)
	lines, err := s.registrationLines(ctx, reach, p)
	if err != nil {
		return Registrations{}, err
	}
	r := Registrations{Branches: []BranchCount{}}
	for _, l := range lines {
		r.Total += l.Count
		if l.BranchID == nil {
			r.Unallocated += l.Count
			continue
		}
		r.Branches = append(r.Branches, BranchCount{BranchID: *l.BranchID, Name: l.Name, Count: l.Count})
	}
	if reach.National {
		r.Reported, err = s.reported(ctx, p)
	}
	return r, err
}

// Table returns the report as lines: a line per branch, then what nobody allocated.
func (r Registrations) Table() Table {
	t := Table{Name: "registrations", Columns: []string{"branch_id", "name", "count"}}
	for _, b := range r.Branches {
		t.Rows = append(t.Rows, []any{b.BranchID.String(), b.Name, b.Count})
	}
	if r.Unallocated > 0 {
		t.Rows = append(t.Rows, []any{"", "Belum terinci", r.Unallocated})
	}
	return t
}

// Sums are additive figures of uses.
type Sums struct {
	Uses     int64
	Gross    int64
	Discount int64
	Net      int64
}

// UseLine is the sums of one group.
type UseLine struct {
	Key   string
	Label string
	Sums
}

// Uses is the granted redemptions of a period that were not taken back, by group.
type Uses struct {
	Rows  []UseLine
	Total Sums
}

// Dimension is what uses are grouped by.
type Dimension string

// The dimensions.
const (
	ByOutlet  Dimension = "outlet"
	ByPartner Dimension = "partner"
	BySector  Dimension = "sector"
	ByBranch  Dimension = "branch"
	ByBenefit Dimension = "benefit"
	ByDay     Dimension = "day"
	ByHour    Dimension = "hour"
)

// Uses reports the uses of a period, or ErrPeriod, ErrDimension.
func (s *Service) Uses(ctx context.Context, p Period, by Dimension) (Uses, error) {
	return s.UsesOf(ctx, Query{Period: p}, by)
}

// Table returns the report as lines.
func (u Uses) Table() Table {
	t := Table{Name: "uses", Columns: []string{"key", "label", "gross", "discount", "net", "uses"}}
	for _, r := range u.Rows {
		t.Rows = append(t.Rows, []any{r.Key, r.Label, r.Gross, r.Discount, r.Net, r.Uses})
	}
	return t
}

// Refusal is how often a reason was given.
type Refusal struct {
	Reason      string
	Redemptions int64 // refused at redeeming
	Scans       int64 // refused at looking
}

// Refusals is the refusals of a period by reason.
type Refusals struct {
	Rows  []Refusal
	Total int64
}

// Refusals reports refused redemptions and scans of a period, or ErrPeriod.
func (s *Service) Refusals(ctx context.Context, p Period) (Refusals, error) {
	return s.RefusalsOf(ctx, Query{Period: p})
}

// forPartners folds what says more about a membership than a partner may know.
func forPartners(rows []Refusal) []Refusal {
	const shown, hidden = "membership_inactive", "membership_unknown"
	out := []Refusal{}
	var sum Refusal
	for _, r := range rows {
		if r.Reason == shown || r.Reason == hidden {
			sum.Redemptions, sum.Scans = sum.Redemptions+r.Redemptions, sum.Scans+r.Scans
			continue
		}
		out = append(out, r)
	}
	if sum.Redemptions+sum.Scans > 0 {
		sum.Reason = shown
		out = append(out, sum)
	}
	return out
}

// Table returns the report as lines.
func (r Refusals) Table() Table {
	t := Table{Name: "refusals", Columns: []string{"reason", "redemptions", "scans", "count"}}
	for _, l := range r.Rows {
		t.Rows = append(t.Rows, []any{l.Reason, l.Redemptions, l.Scans, l.Redemptions + l.Scans})
	}
	return t
}

// Summary is the programme at a glance.
type Summary struct {
	Participants  int64 // within the branches in reach; of partners none
	ActiveMembers int64
	CardsPhone    int64 // active and not expired
	CardsPrinted  int64
	Partners      int64 // active
	Outlets       int64 // active outlets of active partners
	Benefits      int64 // live
	Registrations int64 // in the period
	Refusals      int64 // redemptions refused in the period
	Voided        int64 // redemptions of the period that were taken back
	Sums                // uses in the period
}

// Summary reports the period and the present state, or ErrPeriod.
func (s *Service) Summary(ctx context.Context, p Period) (Summary, error) {
	return s.SummaryOf(ctx, Query{Period: p})
}

// Table returns the summary as lines of name and figure.
func (m Summary) Table() Table {
	t := Table{Name: "summary", Columns: []string{"figure", "count"}}
	for _, l := range []struct {
		name  string
		value int64
	}{
		{"participants", m.Participants},
		{"active_members", m.ActiveMembers},
		{"cards_phone", m.CardsPhone},
		{"cards_printed", m.CardsPrinted},
		{"partners", m.Partners},
		{"outlets", m.Outlets},
		{"benefits", m.Benefits},
		{"registrations", m.Registrations},
		{"uses", m.Uses},
		{"gross", m.Gross},
		{"discount", m.Discount},
		{"net", m.Net},
		{"refusals", m.Refusals},
		{"voided", m.Voided},
	} {
		t.Rows = append(t.Rows, []any{l.name, l.value})
	}
	return t
}
