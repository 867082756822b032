package reports

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

// standing is the condition under which a redemption counts as a use.
const standing = `r.outcome = 'granted' AND NOT EXISTS (SELECT 1 FROM redemption_actions v
	WHERE v.participant_id = r.participant_id AND v.redemption_id = r.id AND v.action IN ('void', 'reverse'))`

// grouping is how a dimension becomes SQL: key, label and the join for the label.
type grouping struct{ key, label, join string }

// by is what to group by; a constant label needs no grouping.
func (g grouping) by() string {
	if g.join == "" {
		return g.key
	}
	return g.key + ", " + g.label
}

var groups = map[Dimension]grouping{
	ByOutlet:  {"r.outlet_id", "d.name", "JOIN outlets d ON d.id = r.outlet_id"},
	ByPartner: {"r.partner_id", "d.name", "JOIN partners d ON d.id = r.partner_id"},
	BySector:  {"r.sector_id", "d.name_id", "JOIN sectors d ON d.id = r.sector_id"},
	ByBranch:  {"r.branch_id", "COALESCE(d.name, '')", "LEFT JOIN branches d ON d.id = r.branch_id"},
	ByBenefit: {"r.benefit_id", "d.title", "JOIN benefits b ON b.id = r.benefit_id JOIN benefit_versions d ON d.benefit_id = b.id AND d.version = CASE WHEN b.live_version > 0 THEN b.live_version ELSE b.version END"},
	ByDay:     {"r.local_on", "''", ""},
	ByHour:    {"r.local_hour", "''", ""},
}

// within is the condition under which a row lies within a reach.
func within(reach actor.Reach, branch, partner, outlet string) (string, []any) {
	if reach.National {
		return "1 = 1", nil
	}
	either, args := []string{"1 = 0"}, []any{}
	for _, c := range []struct {
		column string
		ids    []uuid.UUID
	}{{branch, reach.Branches}, {partner, reach.Partners}, {outlet, reach.Outlets}} {
		if c.column != "" && len(c.ids) > 0 {
			either, args = append(either, c.column+" IN ?"), append(args, c.ids)
		}
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

type registrationLine struct {
	BranchID *uuid.UUID
	Name     string
	Count    int64
}

func (s *Service) registrationLines(ctx context.Context, reach actor.Reach, p Period) ([]registrationLine, error) {
	cond, args := within(actor.Reach{National: reach.National, Branches: reach.Branches, Partners: reach.Wadahs}, "g.branch_id", "g.wadah_id", "")
	var out []registrationLine
	err := s.db.From(ctx).Raw(`SELECT g.branch_id, COALESCE(b.name, '') AS name, count(*) AS count
		FROM registrations g LEFT JOIN branches b ON b.id = g.branch_id
		WHERE g.registered_on BETWEEN ? AND ? AND `+cond+` GROUP BY g.branch_id, b.name ORDER BY count DESC, name`,
		append([]any{p.From, p.To}, args...)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("report registrations: %w", err)
	}
	return out, nil
}

// reported returns the figure published for exactly this period, or for one
// inside it that is not longer; nil when there is none.
func (s *Service) reported(ctx context.Context, p Period) (*Reported, error) {
	var rows []struct {
		BranchID *uuid.UUID
		Value    int64
		Source   string
	}
	err := s.db.From(ctx).Raw(`SELECT branch_id, value, source FROM reported_figures
		WHERE metric = 'registrations' AND period_start >= ? AND period_end <= ? ORDER BY branch_id`, p.From, p.To).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("report registrations: %w", err)
	}
	var r *Reported
	var allocated int64
	for _, l := range rows {
		if l.BranchID != nil {
			allocated += l.Value
			continue
		}
		if r == nil {
			r = &Reported{Source: l.Source}
		}
		r.Total += l.Value
	}
	if r != nil {
		r.Unallocated = r.Total - allocated
	}
	return r, nil
}

func (s *Service) summary(ctx context.Context, reach actor.Reach, q Query) (Summary, error) {
	var m Summary
	people, peopleArgs := within(actor.Reach{National: reach.National, Branches: reach.Branches}, "x.branch_id", "", "")
	people, peopleArgs = q.narrow(people, peopleArgs, "x.branch_id", "", "")
	shops, shopArgs := within(reach, "p.branch_id", "p.id", "")
	shops, shopArgs = q.narrow(shops, shopArgs, "p.branch_id", "p.sector_id", "p.id")
	uses, useArgs := q.conditions(reach)
	today := s.clock.Now().Unix() / 86400
	days := []any{q.From, q.To}
	for _, f := range []struct {
		dest []any
		sql  string
		args []any
	}{
		{[]any{&m.Participants}, `SELECT count(*) FROM participants x WHERE x.erased_at IS NULL AND ` + people, peopleArgs},
		{[]any{&m.ActiveMembers}, `SELECT count(DISTINCT x.participant_id) FROM memberships x WHERE x.status = 'active' AND ` + people, peopleArgs},
		{[]any{&m.CardsPhone, &m.CardsPrinted}, `SELECT COALESCE(sum(CASE WHEN x.form = 'phone' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN x.form = 'printed' THEN 1 ELSE 0 END), 0)
			FROM cards x WHERE x.state = 'active' AND x.expires_day > ? AND ` + people, append([]any{today}, peopleArgs...)},
		{[]any{&m.Partners}, `SELECT count(*) FROM partners p WHERE p.state = 'active' AND ` + shops, shopArgs},
		{[]any{&m.Outlets}, `SELECT count(*) FROM outlets o JOIN partners p ON p.id = o.partner_id WHERE o.state = 'active' AND p.state = 'active' AND ` + shops, shopArgs},
		{[]any{&m.Benefits}, `SELECT count(*) FROM benefits b JOIN partners p ON p.id = b.partner_id WHERE b.state = 'live' AND ` + shops, shopArgs},
		{[]any{&m.Registrations}, `SELECT count(*) FROM registrations x WHERE x.registered_on BETWEEN ? AND ? AND ` + people, append(days, peopleArgs...)},
		{[]any{&m.Uses, &m.Gross, &m.Discount, &m.Net}, `SELECT count(*), COALESCE(sum(r.gross), 0), COALESCE(sum(r.discount), 0), COALESCE(sum(r.net), 0)
			FROM redemptions r WHERE ` + standing + ` AND ` + uses, useArgs},
		{[]any{&m.Refusals, &m.Voided}, `SELECT COALESCE(sum(CASE WHEN r.outcome = 'refused' THEN 1 ELSE 0 END), 0),
			COALESCE(sum(CASE WHEN r.outcome = 'granted' AND NOT (` + standing + `) THEN 1 ELSE 0 END), 0)
			FROM redemptions r WHERE ` + uses, useArgs},
	} {
		if err := s.db.From(ctx).Raw(f.sql, f.args...).Row().Scan(f.dest...); err != nil {
			return Summary{}, fmt.Errorf("report summary: %w", err)
		}
	}
	return m, nil
}
