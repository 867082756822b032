package cards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

type keyRow struct {
	KID       string `gorm:"column:kid"`
	UseFor    string
	PublicKey []byte
	NotBefore time.Time
	NotAfter  time.Time
	RevokedAt *time.Time
	CreatedAt time.Time
}

func (keyRow) TableName() string { return "signing_keys" }

func (r *keyRow) key() (SigningKey, error) {
	k := SigningKey{KID: r.KID, Public: r.PublicKey, NotBefore: r.NotBefore.UTC(), NotAfter: r.NotAfter.UTC(), CreatedAt: r.CreatedAt.UTC()}
	if r.RevokedAt != nil {
		k.RevokedAt = r.RevokedAt.UTC()
	}
	if err := json.Unmarshal([]byte(r.UseFor), &k.UseFor); err != nil {
		return SigningKey{}, fmt.Errorf("read purposes of signing key %s: %w", r.KID, err)
	}
	return k, nil
}

// loadKeys returns all keys, by the time from which they sign.
func (s *Service) loadKeys(ctx context.Context) ([]SigningKey, error) {
	var rows []keyRow
	if err := s.db.From(ctx).Order("not_before, created_at, kid").Find(&rows).Error; err != nil {
		return nil, err
	}
	keys := make([]SigningKey, len(rows))
	for i := range rows {
		var err error
		if keys[i], err = rows[i].key(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (s *Service) loadKey(ctx context.Context, kid string) (SigningKey, error) {
	var row keyRow
	err := s.db.From(ctx).Where("kid = ?", kid).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return SigningKey{}, ErrKeyNotFound
	}
	if err != nil {
		return SigningKey{}, err
	}
	return row.key()
}

func (s *Service) insertKey(ctx context.Context, k SigningKey) error {
	names, err := json.Marshal(k.UseFor)
	if err != nil {
		return err
	}
	return s.db.From(ctx).Create(&keyRow{
		KID: k.KID, UseFor: string(names), PublicKey: k.Public, NotBefore: k.NotBefore, NotAfter: k.NotAfter, CreatedAt: k.CreatedAt,
	}).Error
}

func (s *Service) withdrawKey(ctx context.Context, kid string, at time.Time) error {
	done := s.db.From(ctx).Exec("UPDATE signing_keys SET revoked_at = ? WHERE kid = ? AND revoked_at IS NULL", at, kid)
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrKeyRevoked
	}
	return done.Error
}
