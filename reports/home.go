package reports

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// Waiting is how many things wait for whoever acts; what the actor may not do
// anything about is 0.
type Waiting struct {
	Disputes     int64 // of uses, not decided
	Partners     int64 // submitted
	Promos       int64 // submitted
	DataRequests int64 // open or prepared
	Overdue      int64 // of those, past their time
	Agreements   int64 // of active partners, that end within 30 days and have none after them
	Handover     int64 // registrations of the wadah whose person has no card yet
}

// None reports whether nothing waits.
func (w Waiting) None() bool { return w == Waiting{} }

// soon is within how many days an agreement that ends is said.
const soon = 30

// Waiting counts what waits.
func (s *Service) Waiting(ctx context.Context) (w Waiting, err error) {
	who, today := actor.From(ctx), s.Today()
	count := func(dest *int64, p actor.Permission, sql string, columns [3]string, before ...any) {
		if err != nil || !who.Can(p) {
			return
		}
		cond, args := within(who.Scope(p), columns[0], columns[1], columns[2])
		if e := s.db.From(ctx).Raw("SELECT count(*) FROM "+sql+" AND "+cond, append(before, args...)...).Row().Scan(dest); e != nil {
			err = fmt.Errorf("report what waits: %w", e)
		}
	}
	const open = `redemption_actions a JOIN redemptions r ON r.participant_id = a.participant_id AND r.id = a.redemption_id
		WHERE a.action = 'dispute' AND NOT EXISTS (SELECT 1 FROM redemption_actions e
			WHERE e.participant_id = a.participant_id AND e.redemption_id = a.redemption_id AND e.action IN ('uphold', 'reverse'))`
	count(&w.Disputes, actor.DecideDisputes, open, [3]string{"r.branch_id", "", ""})
	count(&w.Partners, actor.ApprovePartners, "partners p WHERE p.state = 'submitted'", [3]string{"p.branch_id", "", ""})
	count(&w.Promos, actor.ApproveBenefits, "benefits b JOIN partners p ON p.id = b.partner_id WHERE b.state = 'submitted'", [3]string{"p.branch_id", "", ""})
	const asked = "data_requests d WHERE d.state IN ('open', 'prepared')"
	count(&w.DataRequests, actor.HandleRequests, asked, [3]string{"d.branch_id", "", ""})
	count(&w.Overdue, actor.HandleRequests, asked+" AND d.due_at < ?", [3]string{"d.branch_id", "", ""}, s.clock.Now())
	count(&w.Agreements, actor.WritePartners, `partners p WHERE p.state = 'active'
		AND (SELECT max(g.ends_on) FROM agreements g WHERE g.partner_id = p.id) BETWEEN ? AND ?`, [3]string{"p.branch_id", "p.id", ""}, today, today.AddDays(soon))
	count(&w.Handover, actor.HandOver, `registrations g WHERE NOT EXISTS (SELECT 1 FROM cards c WHERE c.participant_id = g.participant_id)`, [3]string{"", "g.wadah_id", ""})
	return w, err
}

// PromoLine is a promo at the tills and what is left of it.
type PromoLine struct {
	ID                      uuid.UUID
	Title                   string
	ValidTo                 clock.Day
	Uses, Discount          int64  // in the period
	LeftCount, LimitCount   *int64 // nil: no limit
	LeftAmount, LimitAmount *int64
}

// Promos returns the live promos of the partners in reach (as their owner),
// with the uses of a period and what is left.
func (s *Service) Promos(ctx context.Context, p Period) ([]PromoLine, error) {
	reach := actor.From(ctx).Scope(actor.ReadReports)
	shops, args := within(actor.Reach{Partners: reach.Partners}, "", "b.partner_id", "")
	out := []PromoLine{}
	err := s.db.From(ctx).Raw(`SELECT b.id, v.title, v.valid_to, COALESCE(u.uses, 0) AS uses, COALESCE(u.discount, 0) AS discount,
			q.limit_count, q.limit_count - q.used_count AS left_count, q.limit_amount, q.limit_amount - q.used_amount AS left_amount
		FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.live_version
		LEFT JOIN (SELECT benefit_id, CAST(sum(used_count) AS bigint) AS used_count, CAST(sum(limit_count) AS bigint) AS limit_count,
				CAST(sum(used_amount) AS bigint) AS used_amount, CAST(sum(limit_amount) AS bigint) AS limit_amount
			FROM benefit_quotas GROUP BY benefit_id) q ON q.benefit_id = b.id
		LEFT JOIN (SELECT r.benefit_id, count(*) AS uses, CAST(sum(r.discount) AS bigint) AS discount FROM redemptions r
			WHERE `+standing+` AND r.local_on BETWEEN ? AND ? GROUP BY r.benefit_id) u ON u.benefit_id = b.id
		WHERE b.state = 'live' AND `+shops+` ORDER BY COALESCE(u.uses, 0) DESC, v.title, b.id`, append([]any{p.From, p.To}, args...)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("report promos: %w", err)
	}
	return out, nil
}

// Choice is something that a report can be narrowed to.
type Choice struct {
	ID   uuid.UUID
	Name string
}

// Choices returns what a report can be narrowed to within the actor's reach:
// branches, sectors, partners. What has only one choice is empty.
func (s *Service) Choices(ctx context.Context) (branches, sectors, all []Choice, err error) {
	reach := actor.From(ctx).Scope(actor.ReadReports)
	b, bArgs := within(actor.Reach{National: reach.National, Branches: reach.Branches}, "x.id", "", "")
	p, pArgs := within(reach, "x.branch_id", "x.id", "")
	for _, q := range []struct {
		dest *[]Choice
		sql  string
		args []any
	}{
		{&branches, "SELECT x.id, x.name FROM branches x WHERE " + b + " ORDER BY x.name", bArgs},
		{&sectors, "SELECT d.id, d.name_id AS name FROM sectors d WHERE EXISTS (SELECT 1 FROM partners x WHERE x.sector_id = d.id AND " + p + ") ORDER BY d.name_id", pArgs},
		{&all, "SELECT x.id, x.name FROM partners x WHERE x.state IN ('active', 'suspended', 'ended') AND " + p + " ORDER BY x.name, x.id LIMIT 500", pArgs},
	} {
		if err := s.db.From(ctx).Raw(q.sql, q.args...).Scan(q.dest).Error; err != nil {
			return nil, nil, nil, fmt.Errorf("report choices: %w", err)
		}
		if len(*q.dest) < 2 {
			*q.dest = nil
		}
	}
	return branches, sectors, all, nil
}
