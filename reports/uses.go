package reports

import (
	"context"
	"fmt"
	"strings"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// conditions are the rows of redemptions r that a query is about, within a reach.
func (q Query) conditions(reach actor.Reach) (string, []any) {
	cond, more := within(reach, "r.branch_id", "r.partner_id", "r.outlet_id")
	return q.narrow("r.local_on BETWEEN ? AND ? AND "+cond, append([]any{q.From, q.To}, more...), "r.branch_id", "r.sector_id", "r.partner_id")
}

// narrow adds what the query is narrowed to; a column "" has no such thing.
func (q Query) narrow(cond string, args []any, branch, sector, partner string) (string, []any) {
	for _, c := range []struct {
		column string
		id     [16]byte
		arg    any
	}{{branch, q.BranchID, q.BranchID}, {sector, q.SectorID, q.SectorID}, {partner, q.PartnerID, q.PartnerID}} {
		if c.id != [16]byte{} && c.column != "" {
			cond, args = cond+" AND "+c.column+" = ?", append(args, c.arg)
		}
	}
	return cond, args
}

// UsesOf is Uses of what the query is narrowed to.
func (s *Service) UsesOf(ctx context.Context, q Query, by Dimension) (Uses, error) {
	if err := q.validate(); err != nil {
		return Uses{}, err
	}
	group, ok := groups[by]
	if !ok {
		return Uses{}, ErrDimension
	}
	rows, err := s.useLines(ctx, actor.From(ctx).Scope(actor.ReadReports), q, group)
	if err != nil {
		return Uses{}, err
	}
	u := Uses{Rows: rows}
	for _, r := range rows {
		u.Total.Uses += r.Uses
		u.Total.Gross += r.Gross
		u.Total.Discount += r.Discount
		u.Total.Net += r.Net
	}
	return u, nil
}

func (s *Service) useLines(ctx context.Context, reach actor.Reach, q Query, g grouping) ([]UseLine, error) {
	cond, args := q.conditions(reach)
	out := []UseLine{}
	err := s.db.From(ctx).Raw(`SELECT CAST(`+g.key+` AS text) AS key, `+g.label+` AS label,
		count(*) AS uses, sum(r.gross) AS gross, sum(r.discount) AS discount, sum(r.net) AS net
		FROM redemptions r `+g.join+` WHERE `+standing+` AND `+cond+`
		GROUP BY `+g.by()+` ORDER BY `+g.key, args...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("report uses: %w", err)
	}
	return out, nil
}

// Months returns the uses of the months that the query touches, also of those
// without any; the keys are 2026-01.
func (s *Service) Months(ctx context.Context, q Query) (Uses, error) {
	days, err := s.UsesOf(ctx, q, ByDay)
	if err != nil {
		return Uses{}, err
	}
	u := Uses{Rows: []UseLine{}, Total: days.Total}
	at := map[string]int{}
	for m := monthOf(q.From); m <= q.To; m = m.AddMonths(1) {
		at[string(m[:7])] = len(u.Rows)
		u.Rows = append(u.Rows, UseLine{Key: string(m[:7])})
	}
	for _, d := range days.Rows {
		line := &u.Rows[at[strings.TrimSpace(d.Key)[:7]]]
		line.Uses += d.Uses
		line.Gross += d.Gross
		line.Discount += d.Discount
		line.Net += d.Net
	}
	return u, nil
}

// Days returns the uses of every day of the query, also of those without any.
func (s *Service) Days(ctx context.Context, q Query) (Uses, error) {
	u, err := s.UsesOf(ctx, q, ByDay)
	if err != nil {
		return Uses{}, err
	}
	got := map[clock.Day]UseLine{}
	for _, l := range u.Rows {
		l.Key = l.Key[:10]
		got[clock.Day(l.Key)] = l
	}
	u.Rows = make([]UseLine, 0, len(got))
	for d := q.From; d <= q.To; d = d.AddDays(1) {
		l := got[d]
		l.Key = string(d)
		u.Rows = append(u.Rows, l)
	}
	return u, nil
}

// Heat counts uses by weekday (0 is Monday) and hour at the outlet. A count
// below FewBelow that is not to be seen is Hidden.
type Heat struct {
	Cells [7][24]HeatCell
	Most  int64 // of one cell
	Total int64
}

// HeatCell is the uses of one hour of a weekday.
type HeatCell struct {
	Uses   int64
	Hidden bool // some, but fewer than FewBelow
}

// Heat reports when people use promos. Partners do not see small counts.
func (s *Service) Heat(ctx context.Context, q Query) (h Heat, err error) {
	if err := q.validate(); err != nil {
		return Heat{}, err
	}
	cond, args := q.conditions(actor.From(ctx).Scope(actor.ReadReports))
	var rows []struct {
		Day  clock.Day
		Hour int
		Uses int64
	}
	err = s.db.From(ctx).Raw(`SELECT r.local_on AS day, r.local_hour AS hour, count(*) AS uses FROM redemptions r
		WHERE `+standing+` AND `+cond+` GROUP BY r.local_on, r.local_hour`, args...).Scan(&rows).Error
	if err != nil {
		return Heat{}, fmt.Errorf("report hours: %w", err)
	}
	for _, r := range rows {
		h.Cells[(int(r.Day.Weekday())+6)%7][r.Hour].Uses += r.Uses
		h.Total += r.Uses
	}
	partner := ForPartner(ctx)
	for d := range h.Cells {
		for t := range h.Cells[d] {
			c := &h.Cells[d][t]
			if partner && c.Uses > 0 && c.Uses < FewBelow {
				*c = HeatCell{Hidden: true}
			}
			h.Most = max(h.Most, c.Uses)
		}
	}
	return h, nil
}

// weekdays name the days in files, Monday first.
var weekdays = [7]string{"Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"}

// Table returns a line per weekday, a column per hour; what is hidden is empty.
func (h Heat) Table() Table {
	t := Table{Name: "hours", Columns: []string{"weekday"}}
	for hour := range 24 {
		t.Columns = append(t.Columns, fmt.Sprintf("%02d", hour))
	}
	for d, cells := range h.Cells {
		row := []any{weekdays[d]}
		for _, c := range cells {
			if c.Hidden {
				row = append(row, "<5")
				continue
			}
			row = append(row, c.Uses)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// RefusalsOf is Refusals of what the query is narrowed to.
func (s *Service) RefusalsOf(ctx context.Context, q Query) (Refusals, error) {
	if err := q.validate(); err != nil {
		return Refusals{}, err
	}
	rows, err := s.refusalLines(ctx, actor.From(ctx).Scope(actor.ReadReports), q)
	if err != nil {
		return Refusals{}, err
	}
	if ForPartner(ctx) {
		rows = forPartners(rows)
	}
	r := Refusals{Rows: rows}
	for _, l := range rows {
		r.Total += l.Redemptions + l.Scans
	}
	return r, nil
}

func (s *Service) refusalLines(ctx context.Context, reach actor.Reach, q Query) ([]Refusal, error) {
	redeemed, args := q.conditions(reach)
	// A scan belongs to no branch: whoever reads for a branch sees those at the
	// outlets of its partners.
	scanned, scanArgs := within(reach, "p.branch_id", "p.id", "c.outlet_id")
	scanned, scanArgs = q.narrow("c.scanned_at >= ? AND c.scanned_at < ? AND "+scanned,
		append([]any{q.From.Start(zone), q.To.AddDays(1).Start(zone)}, scanArgs...), "p.branch_id", "p.sector_id", "p.id")
	out := []Refusal{}
	err := s.db.From(ctx).Raw(`SELECT reason, sum(redemptions) AS redemptions, sum(scans) AS scans FROM (
			SELECT r.reason, count(*) AS redemptions, 0 AS scans FROM redemptions r
			WHERE r.outcome = 'refused' AND `+redeemed+` GROUP BY r.reason
			UNION ALL
			SELECT c.reason, 0, count(*) FROM scans c JOIN outlets o ON o.id = c.outlet_id JOIN partners p ON p.id = o.partner_id
			WHERE c.verdict <> 'valid' AND `+scanned+` GROUP BY c.reason
		) x GROUP BY reason ORDER BY sum(redemptions) + sum(scans) DESC, reason`,
		append(args, scanArgs...)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("report refusals: %w", err)
	}
	return out, nil
}

// SummaryOf is Summary of what the query is narrowed to. Participants, cards
// and registrations belong to no sector and no partner: they are of the branch.
func (s *Service) SummaryOf(ctx context.Context, q Query) (Summary, error) {
	if err := q.validate(); err != nil {
		return Summary{}, err
	}
	return s.summary(ctx, actor.From(ctx).Scope(actor.ReadReports), q)
}
