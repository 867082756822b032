package benefits

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

type boardRow struct {
	Full        fullRow `gorm:"embedded"`
	PartnerName string
	BranchID    uuid.UUID
	SectorID    uuid.UUID
	NameID      string
	NameEN      string `gorm:"column:name_en"`
	LiveTitle   *string
	LiveTerms   *string
	SubmittedBy *uuid.UUID
	SubmittedAt *time.Time
}

const boardSQL = `SELECT b.id, b.partner_id, b.state, b.version, b.live_version, b.created_by, b.created_at, b.updated_at,
	v.title, v.terms, v.terms_hash, v.state AS version_state, v.submitted_by, v.submitted_at,
	q.used_count, q.limit_count, q.used_amount, q.limit_amount,
	p.name AS partner_name, p.branch_id, p.sector_id, s.name_id, s.name_en, l.title AS live_title, l.terms AS live_terms
	FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.version
	JOIN partners p ON p.id = b.partner_id JOIN sectors s ON s.id = p.sector_id
	LEFT JOIN benefit_versions l ON l.benefit_id = b.id AND l.version = b.live_version
	LEFT JOIN benefit_quotas q ON q.benefit_id = b.id AND q.slot = 0 WHERE `

// reachSQL is the condition of what lies within r.
func reachSQL(r actor.Reach) (string, []any) {
	if r.National {
		return "1 = 1", nil
	}
	return "(p.id IN ? OR p.branch_id IN ?)", []any{orNone(r.Partners), orNone(r.Branches)}
}

// orNone is a list that no id is in, in place of an empty one.
func orNone(ids []uuid.UUID) []uuid.UUID {
	if len(ids) == 0 {
		return []uuid.UUID{uuid.Nil}
	}
	return ids
}

var likeSigns = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

func (s *Service) boardPage(ctx context.Context, reach actor.Reach, f BoardFilter, r page.Request) ([]Entry, error) {
	cond, args := reachSQL(reach)
	where := []string{cond}
	add := func(wanted bool, cond string, values ...any) {
		if wanted {
			where, args = append(where, cond), append(args, values...)
		}
	}
	west, _ := dayRange(s.clock.Now())
	add(f.State != "", "b.state = ?", string(f.State))
	add(f.Partner != uuid.Nil, "p.id = ?", f.Partner)
	add(f.Sector != uuid.Nil, "p.sector_id = ?", f.Sector)
	add(f.Branch != uuid.Nil, "p.branch_id = ?", f.Branch)
	add(f.Ending, "b.state IN ('live', 'paused') AND l.valid_to <= ?", west.AddDays(EndingDays))
	like := "%" + likeSigns.Replace(strings.ToLower(f.Text)) + "%"
	add(f.Text != "", "(lower(v.title) LIKE ? ESCAPE '!' OR lower(l.title) LIKE ? ESCAPE '!' OR lower(p.name) LIKE ? ESCAPE '!')", like, like, like)
	add(r.After != uuid.Nil, "b.id < ?", r.After)
	return s.entries(ctx, boardSQL+strings.Join(where, " AND ")+" ORDER BY b.id DESC LIMIT ?", append(args, r.Limit+1)...)
}

func (s *Service) queue(ctx context.Context, reach actor.Reach) ([]Entry, error) {
	reach.Partners = nil // nobody approves as an owner
	cond, args := reachSQL(reach)
	return s.entries(ctx, boardSQL+cond+` AND b.state <> 'ended' AND v.state IN ('submitted', 'approved')
		ORDER BY v.submitted_at, b.id LIMIT ?`, append(args, queueMax)...)
}

func (s *Service) entry(ctx context.Context, reach actor.Reach, id uuid.UUID) (Entry, error) {
	cond, args := reachSQL(reach)
	rows, err := s.entries(ctx, boardSQL+cond+" AND b.id = ?", append(args, id)...)
	if err != nil {
		return Entry{}, err
	}
	if len(rows) == 0 {
		return Entry{}, ErrNotFound
	}
	return rows[0], nil
}

func (s *Service) entries(ctx context.Context, query string, args ...any) ([]Entry, error) {
	var rows []boardRow
	if err := s.db.From(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list promos: %w", err)
	}
	out := make([]Entry, len(rows))
	for i := range rows {
		e, err := rows[i].entry()
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

func (r *boardRow) entry() (Entry, error) {
	b, err := r.Full.benefit()
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		Benefit: b, PartnerName: r.PartnerName, BranchID: r.BranchID, SectorID: r.SectorID, SectorNameID: r.NameID, SectorEN: r.NameEN,
		Stock:       Stock{LimitCount: r.Full.LimitCount, LimitAmount: r.Full.LimitAmount, Left: b.Remaining},
		SubmittedBy: orZero(r.SubmittedBy), SubmittedAt: orZero(r.SubmittedAt).UTC(),
	}
	if r.LiveTerms == nil {
		return e, nil
	}
	e.LiveTitle, e.Live = orZero(r.LiveTitle), &Terms{}
	return e, readTerms(*r.LiveTerms, e.Live)
}
