package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

type keyRow struct {
	ID         uuid.UUID
	PublicID   string
	SecretHash []byte
	Name       string
	PartnerID  uuid.UUID
	OutletID   uuid.UUID
	Scopes     string // JSON array
	CreatedBy  uuid.UUID
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
}

func (keyRow) TableName() string { return "api_keys" }

func (r *keyRow) key() (APIKey, error) {
	k := APIKey{
		ID: r.ID, PublicID: r.PublicID, Name: r.Name, PartnerID: r.PartnerID, OutletID: r.OutletID,
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
	}
	if r.LastUsedAt != nil {
		k.LastUsedAt = *r.LastUsedAt
	}
	if r.RevokedAt != nil {
		k.RevokedAt = *r.RevokedAt
	}
	if err := json.Unmarshal([]byte(r.Scopes), &k.Scopes); err != nil {
		return APIKey{}, fmt.Errorf("read scopes of api key: %w", err)
	}
	return k, nil
}

func (s *Service) insertKey(ctx context.Context, k APIKey, hash []byte) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return err
	}
	return s.db.From(ctx).Create(&keyRow{
		ID: k.ID, PublicID: k.PublicID, SecretHash: hash, Name: k.Name, PartnerID: k.PartnerID, OutletID: k.OutletID,
		Scopes: string(scopes), CreatedBy: actor.From(ctx).ID, CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt,
	}).Error
}

func (s *Service) keyRow(ctx context.Context, id uuid.UUID) (*keyRow, error) {
	var row keyRow
	return &row, taken(s.db.From(ctx).Where("id = ?", id).Take(&row).Error)
}

func (s *Service) keyByPublicID(ctx context.Context, id string) (*keyRow, error) {
	var row keyRow
	return &row, taken(s.db.From(ctx).Where("public_id = ?", id).Take(&row).Error)
}

func (s *Service) keysOf(ctx context.Context, partner uuid.UUID) ([]keyRow, error) {
	var rows []keyRow
	return rows, s.db.From(ctx).Where("partner_id = ?", partner).Order("id DESC").Find(&rows).Error
}

func (s *Service) revokeKey(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", now, id)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) touchKey(ctx context.Context, id uuid.UUID, now, before time.Time) error {
	return s.db.From(ctx).Exec("UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)", now, id, before).Error
}
