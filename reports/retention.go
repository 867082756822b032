package reports

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// FewestInCell is how many people a share must be of to be shown.
const FewestInCell = 10

// Retention compares, month by month, how many keep an active membership:
// people who used a promo for the first time in a month, and people of the same
// branches and segments who had used none until the end of that month.
//
// Both groups are those whose membership was active at the end of that month
// (the landmark; Anderson, Cain and Gelber 1983): whoever stopped earlier could
// not have used anything, and counting those would flatter the promos. Who uses
// a first promo later stays among those without until then and after: what
// happens later must not choose the group. It remains a comparison of people
// who chose; it shows no cause.
type Retention struct {
	Cohorts []Cohort
	// Months is how many months after the first use are known at most.
	Months int
}

// Cohort is the people of one month.
type Cohort struct {
	Month   clock.Day // its first day
	Users   Group
	Without Group
}

// Group is the people of a cohort who have, or have not, used a promo.
type Group struct { //nolint:recvcheck // templates call At on a value
	Size int64
	// Active is how many have an active membership at the end of the n-th month
	// after; Active[0] is Size.
	Active []int64
}

// At returns the share that is active n months after; ok is false when there
// are too few people or the month is not over.
func (g Group) At(n int) (share Interval, ok bool) {
	if n >= len(g.Active) || g.Size < FewestInCell {
		return Interval{}, false
	}
	return Wilson(g.Active[n], g.Size), true
}

// RetentionQuery is what the comparison is narrowed to.
type RetentionQuery struct {
	Query
	Segment string // pu, bpu, jakon, pmi; empty: all
}

// stratum is within whom people are compared.
type stratum struct {
	branch  uuid.UUID
	segment string
}

// Retention reports the cohorts of the months of the query that are over. Only
// for those who read about participants; others get ErrNotFound.
func (s *Service) Retention(ctx context.Context, q RetentionQuery) (Retention, error) {
	if err := q.validate(); err != nil {
		return Retention{}, err
	}
	reach, err := needsBranch(ctx)
	if err != nil {
		return Retention{}, err
	}
	c := &cohorts{from: monthOf(q.From)}
	for m := c.from; m <= q.To; m = m.AddMonths(1) {
		if end := m.AddMonths(1).AddDays(-1); end < s.Today() {
			c.ends = append(c.ends, end)
		}
	}
	if len(c.ends) == 0 {
		return Retention{Cohorts: []Cohort{}}, nil
	}
	c.counts = make([]map[stratum]*tally, len(c.ends))
	for i := range c.counts {
		c.counts[i] = map[stratum]*tally{}
	}
	if err := s.readHistories(ctx, reach, q, c); err != nil {
		return Retention{}, err
	}
	return c.report(), nil
}

// tally counts one stratum of one cohort.
type tally struct{ users, without Group }

// cohorts counts people while their histories are read.
type cohorts struct {
	from   clock.Day
	ends   []clock.Day // last days of the months
	counts []map[stratum]*tally
}

// history is a person while the rows of the person are read.
type history struct {
	person     uuid.UUID
	membership uuid.UUID
	at         stratum
	first      clock.Day // of the uses; empty: none
	active     []bool    // at the end of each month, by any membership
	rows       []standingRow
}

type standingRow struct {
	asOf, until clock.Day
	status      string
}

// settle decides by what was known of one membership when it was active. What
// was known on a day is the newest row up to that day; what it says about the
// end of protection ends it.
func (h *history) settle(ends []clock.Day) {
	next := 0
	for i, end := range ends {
		for next < len(h.rows) && h.rows[next].asOf <= end {
			next++
		}
		if next == 0 {
			continue
		}
		r := h.rows[next-1]
		if r.status == "active" && (r.until == "" || r.until >= end) {
			h.active[i] = true
		}
	}
	h.rows = h.rows[:0]
}

// count puts the person into every cohort it belongs to.
func (c *cohorts) count(h *history) {
	for i, end := range c.ends {
		if !h.active[i] {
			continue
		}
		used := h.first != "" && h.first <= end
		if used && h.first < monthOf(end) {
			return // belongs to an earlier month; no later cohort either
		}
		t := c.counts[i][h.at]
		if t == nil {
			t = &tally{users: Group{Active: make([]int64, len(c.ends)-i)}, without: Group{Active: make([]int64, len(c.ends)-i)}}
			c.counts[i][h.at] = t
		}
		g := &t.without
		if used {
			g = &t.users
		}
		g.Size++
		for n := range g.Active {
			if h.active[i+n] {
				g.Active[n]++
			}
		}
	}
}

// report adds up the strata in which there are people who used a promo.
func (c *cohorts) report() Retention {
	r := Retention{Cohorts: []Cohort{}, Months: len(c.ends)}
	for i, end := range c.ends {
		out := Cohort{Month: monthOf(end), Users: Group{Active: make([]int64, len(c.ends)-i)}, Without: Group{Active: make([]int64, len(c.ends)-i)}}
		for _, t := range c.counts[i] {
			if t.users.Size == 0 {
				continue
			}
			out.Users.add(t.users)
			out.Without.add(t.without)
		}
		r.Cohorts = append(r.Cohorts, out)
	}
	sort.Slice(r.Cohorts, func(i, j int) bool { return r.Cohorts[i].Month < r.Cohorts[j].Month })
	return r
}

func (g *Group) add(o Group) {
	g.Size += o.Size
	for n := range g.Active {
		g.Active[n] += o.Active[n]
	}
}

// Pooled adds up all cohorts: of those of which the n-th month is known, how
// many were active then. It returns a group for each month.
func (r Retention) Pooled() (users, without []Interval, sizes []int64) {
	for n := range r.Months {
		var u, w [2]int64
		for _, c := range r.Cohorts {
			if n < len(c.Users.Active) && c.Users.Size > 0 {
				u[0], u[1] = u[0]+c.Users.Active[n], u[1]+c.Users.Size
				w[0], w[1] = w[0]+c.Without.Active[n], w[1]+c.Without.Size
			}
		}
		if u[1] < FewestInCell || w[1] < FewestInCell {
			break
		}
		users, without, sizes = append(users, Wilson(u[0], u[1])), append(without, Wilson(w[0], w[1])), append(sizes, u[1])
	}
	return users, without, sizes
}

// readHistories reads what was known of every membership, a person after the
// other, without keeping them.
func (s *Service) readHistories(ctx context.Context, reach actor.Reach, q RetentionQuery, c *cohorts) (err error) {
	cond, args := within(reach, "m.branch_id", "", "")
	cond, args = q.narrow(cond, args, "m.branch_id", "", "")
	if q.Segment != "" {
		cond, args = cond+" AND m.segment = ?", append(args, q.Segment)
	}
	uses, useArgs := Query{SectorID: q.SectorID, PartnerID: q.PartnerID}.narrow("1 = 1", nil, "", "r.sector_id", "r.partner_id")
	rows, err := s.db.From(ctx).Raw(`SELECT h.participant_id, h.membership_id, m.branch_id, m.segment, h.status, h.protected_until, h.status_as_of, u.first_on
		FROM membership_history h JOIN memberships m ON m.participant_id = h.participant_id AND m.id = h.membership_id
		LEFT JOIN (SELECT r.participant_id, min(r.local_on) AS first_on FROM redemptions r WHERE `+standing+` AND `+uses+` GROUP BY r.participant_id) u
			ON u.participant_id = h.participant_id
		WHERE `+cond+` AND h.status_as_of <= ?
		ORDER BY h.participant_id, h.membership_id, h.status_as_of, h.recorded_at, h.id`,
		append(append(useArgs, args...), c.ends[len(c.ends)-1])...).Rows()
	if err != nil {
		return fmt.Errorf("report retention: %w", err)
	}
	defer func() {
		if e := rows.Close(); err == nil && e != nil {
			err = fmt.Errorf("report retention: %w", e)
		}
	}()
	h := &history{}
	for rows.Next() {
		if err := h.take(rows, c); err != nil {
			return fmt.Errorf("report retention: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("report retention: %w", err)
	}
	h.end(c)
	return nil
}

// row is one that a query has come to.
type row interface{ Scan(into ...any) error }

// take reads the row; a new person ends the one before.
func (h *history) take(read row, c *cohorts) error {
	var person, membership uuid.UUID
	var at stratum
	var r standingRow
	var until, first *clock.Day
	if err := read.Scan(&person, &membership, &at.branch, &at.segment, &r.status, &until, &r.asOf, &first); err != nil {
		return err
	}
	if until != nil {
		r.until = *until
	}
	switch {
	case person != h.person:
		h.end(c)
		*h = history{person: person, membership: membership, at: at, rows: h.rows[:0], active: make([]bool, len(c.ends))}
		if first != nil {
			h.first = *first
		}
	case membership != h.membership:
		h.settle(c.ends)
		h.membership = membership
	}
	h.rows = append(h.rows, r)
	return nil
}

func (h *history) end(c *cohorts) {
	if h.person == uuid.Nil {
		return
	}
	h.settle(c.ends)
	c.count(h)
}

// Table returns a line per cohort, group and month; groups that are too small
// have no shares.
func (r Retention) Table() Table {
	t := Table{Name: "retention", Columns: []string{"cohort", "group", "people", "months_after", "active", "share", "low", "high"}}
	for _, c := range r.Cohorts {
		for _, g := range []struct {
			name string
			Group
		}{{"users", c.Users}, {"without", c.Without}} {
			for n := range g.Active {
				i, ok := g.At(n)
				if !ok {
					continue
				}
				t.Rows = append(t.Rows, []any{string(c.Month[:7]), g.name, g.Size, int64(n), g.Active[n], per(i.Share), per(i.Low), per(i.High)})
			}
		}
	}
	return t
}

// per writes a share for files, in percent with two digits.
func per(x float64) float64 { return math.Round(10_000*x) / 100 }
