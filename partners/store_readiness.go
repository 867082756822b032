package partners

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

type actionRow struct {
	ID        uuid.UUID
	PartnerID uuid.UUID
	Action    string
	ActorKind string
	ActorID   uuid.UUID
	Reason    string
	At        time.Time
}

func (actionRow) TableName() string { return "partner_actions" }

func (s *Service) insertAction(ctx context.Context, id, partner uuid.UUID, a Action) error {
	row := actionRow{ID: id, PartnerID: partner, Action: a.Done, ActorKind: string(a.ActorKind), ActorID: a.ActorID, Reason: a.Reason, At: a.At}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert action: %w", err)
	}
	return nil
}

func (s *Service) actions(ctx context.Context, partner uuid.UUID) ([]Action, error) {
	var rows []actionRow
	if err := s.db.From(ctx).Where("partner_id = ?", partner).Order("id DESC").Limit(waitingMax).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	out := make([]Action, len(rows))
	for i, r := range rows {
		out[i] = Action{At: r.At.UTC(), Done: r.Action, ActorKind: actor.Kind(r.ActorKind), ActorID: r.ActorID, Reason: r.Reason}
	}
	return out, nil
}

func (s *Service) setAssignee(ctx context.Context, partner, account uuid.UUID) error {
	return one(s.db.From(ctx).Exec("UPDATE partners SET assignee_id = ? WHERE id = ?", idOrNull(account), partner), "assign partner")
}

func (s *Service) setTest(ctx context.Context, partner uuid.UUID, t Test) error {
	return one(s.db.From(ctx).Exec("UPDATE partners SET tested_by = ?, tested_at = ?, test_note = ? WHERE id = ? AND state = 'approved'",
		t.By, t.At, t.Note, partner), "note test")
}

// holders returns the active accounts that hold a permission in a branch or
// nationally, by id.
func (s *Service) holders(ctx context.Context, branch uuid.UUID, perm actor.Permission) ([]uuid.UUID, error) {
	var roles []string
	for _, r := range actor.Roles() {
		if r.Can(perm) && r != actor.PartnerOwner {
			roles = append(roles, string(r))
		}
	}
	var rows []struct{ AccountID uuid.UUID }
	err := s.db.From(ctx).Raw(`SELECT DISTINCT g.account_id FROM role_grants g JOIN accounts a ON a.id = g.account_id
		WHERE a.state = 'active' AND g.revoked_at IS NULL AND g.role IN ? AND (g.scope_kind = 'national' OR g.scope_kind = 'branch' AND g.scope_id = ?)
		ORDER BY g.account_id`, roles, branch).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = r.AccountID
	}
	return out, nil
}

// owners counts the active accounts that own a partner.
func (s *Service) owners(ctx context.Context, partner uuid.UUID) (int, error) {
	var n []int
	err := s.db.From(ctx).Raw(`SELECT count(DISTINCT g.account_id) FROM role_grants g JOIN accounts a ON a.id = g.account_id
		WHERE a.state = 'active' AND g.revoked_at IS NULL AND g.role = ? AND g.scope_kind = 'partner' AND g.scope_id = ?`,
		actor.PartnerOwner, partner).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count owners: %w", err)
	}
	if len(n) == 0 {
		return 0, nil
	}
	return n[0], nil
}
