package cards

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

type testCardRow struct {
	ID         uuid.UUID
	PartnerID  uuid.UUID
	BranchID   uuid.UUID
	Kind       string
	Idx        int64
	KID        string `gorm:"column:kid"`
	ExpiresDay int
	Signature  []byte
	CreatedBy  uuid.UUID
	CreatedAt  time.Time
	EndedAt    *time.Time
}

func (testCardRow) TableName() string { return "test_cards" }

func (r *testCardRow) card() TestCard {
	c := TestCard{
		ID: r.ID, PartnerID: r.PartnerID, BranchID: r.BranchID, Kind: TestKind(r.Kind), Idx: r.Idx, KID: r.KID, ExpiresDay: r.ExpiresDay,
		Signature: r.Signature, CreatedAt: r.CreatedAt.UTC(),
	}
	if r.EndedAt != nil {
		c.EndedAt = r.EndedAt.UTC()
	}
	return c
}

func (s *Service) insertTestCard(ctx context.Context, c TestCard, by uuid.UUID) error {
	return s.db.From(ctx).Create(&testCardRow{
		ID: c.ID, PartnerID: c.PartnerID, BranchID: c.BranchID, Kind: string(c.Kind), Idx: c.Idx, KID: c.KID, ExpiresDay: c.ExpiresDay,
		Signature: c.Signature, CreatedBy: by, CreatedAt: c.CreatedAt,
	}).Error
}

// testCardsOf returns a partner's test cards that have not ended.
func (s *Service) testCardsOf(ctx context.Context, partner uuid.UUID) ([]TestCard, error) {
	var rows []testCardRow
	if err := s.db.From(ctx).Where("partner_id = ? AND ended_at IS NULL", partner).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]TestCard, len(rows))
	for i := range rows {
		out[i] = rows[i].card()
	}
	slices.SortFunc(out, func(a, b TestCard) int {
		return slices.Index(TestKinds(), a.Kind) - slices.Index(TestKinds(), b.Kind)
	})
	return out, nil
}

func (s *Service) testCard(ctx context.Context, partner uuid.UUID, idx int64) (c TestCard, found bool, err error) {
	var row testCardRow
	err = s.db.From(ctx).Where("idx = ? AND partner_id = ? AND ended_at IS NULL", idx, partner).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return TestCard{}, false, nil
	}
	return row.card(), err == nil, err
}

func (s *Service) markTestCardsEnded(ctx context.Context, partner uuid.UUID) error {
	return s.db.From(ctx).Exec("UPDATE test_cards SET ended_at = ? WHERE partner_id = ? AND ended_at IS NULL", s.clock.Now(), partner).Error
}
