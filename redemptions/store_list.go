package redemptions

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

// find returns a redemption by its id alone, whoever it belongs to.
func (s *Service) find(ctx context.Context, id uuid.UUID) (Redemption, error) {
	return s.one(ctx, selectRow+"WHERE r.id = ?", id)
}

func (s *Service) list(ctx context.Context, reach actor.Reach, f Filter, p page.Request) ([]Redemption, error) {
	where, args := f.where(reach)
	if p.After != uuid.Nil {
		where, args = append(where, "r.id < ?"), append(args, p.After)
	}
	var rows []row
	query := selectRow + "WHERE " + strings.Join(where, " AND ") + " ORDER BY r.id DESC LIMIT ?"
	if err := s.DB.From(ctx).Raw(query, append(args, p.Limit+1)...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list redemptions: %w", err)
	}
	out := make([]Redemption, len(rows))
	for i := range rows {
		r, err := rows[i].redemption()
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// reachWhere is the condition under which a row lies within a reach.
func reachWhere(reach actor.Reach) (where []string, args []any) {
	if reach.National {
		return []string{"1 = 1"}, nil
	}
	either := []string{"1 = 0"}
	for column, ids := range map[string][]uuid.UUID{"r.branch_id": reach.Branches, "r.partner_id": reach.Partners, "r.outlet_id": reach.Outlets} {
		if len(ids) > 0 {
			either, args = append(either, column+" IN ?"), append(args, ids)
		}
	}
	return []string{"(" + strings.Join(either, " OR ") + ")"}, args
}

// insertAction appends an action; false means that it was there.
func (s *Service) insertAction(ctx context.Context, a *action) (bool, error) {
	res := s.DB.From(ctx).Exec(`INSERT INTO redemption_actions (participant_id, redemption_id, action, id, by_kind, by_id, reason, acted_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (participant_id, redemption_id, action) DO NOTHING`,
		a.ParticipantID, a.RedemptionID, a.Action, a.ID, a.ByKind, a.ByID, a.Reason, a.ActedAt)
	return res.RowsAffected == 1, res.Error
}
