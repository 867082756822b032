package benefits

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

type capRow struct {
	BranchID  uuid.UUID
	Amount    int64
	OpenEnded bool
	ChangedBy uuid.UUID
	ChangedAt time.Time
}

func (capRow) TableName() string { return "benefit_caps" }

type signatureRow struct {
	BenefitID uuid.UUID
	Version   int
	SignedBy  uuid.UUID
	SignedAt  time.Time
}

func (signatureRow) TableName() string { return "benefit_signatures" }

func (s *Service) caps(ctx context.Context) ([]Cap, error) {
	var rows []capRow
	if err := s.db.From(ctx).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list caps: %w", err)
	}
	out := make([]Cap, len(rows))
	for i, r := range rows {
		out[i] = Cap(r)
		out[i].ChangedAt = r.ChangedAt.UTC()
	}
	return out, nil
}

// branchCap returns the cap of a branch, the default when none is stored.
func (s *Service) branchCap(ctx context.Context, branch uuid.UUID) (Cap, error) {
	var rows []capRow
	if err := s.db.From(ctx).Where("branch_id = ?", branch).Find(&rows).Error; err != nil {
		return Cap{}, fmt.Errorf("read cap: %w", err)
	}
	if len(rows) == 0 {
		return Cap{BranchID: branch, Amount: DefaultCap, OpenEnded: true}, nil
	}
	return Cap(rows[0]), nil
}

// writeCap returns ErrNotFound for a branch that is not there.
func (s *Service) writeCap(ctx context.Context, c Cap) error {
	var known int64
	if err := s.db.From(ctx).Table("branches").Where("id = ?", c.BranchID).Count(&known).Error; err != nil {
		return fmt.Errorf("write cap: %w", err)
	}
	if known == 0 {
		return ErrNotFound
	}
	err := s.db.From(ctx).Exec(`INSERT INTO benefit_caps (branch_id, amount, open_ended, changed_by, changed_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (branch_id) DO UPDATE SET amount = excluded.amount, open_ended = excluded.open_ended,
		changed_by = excluded.changed_by, changed_at = excluded.changed_at`, c.BranchID, c.Amount, c.OpenEnded, c.ChangedBy, c.ChangedAt).Error
	if err != nil {
		return fmt.Errorf("write cap: %w", err)
	}
	return nil
}

func (s *Service) signatures(ctx context.Context, id uuid.UUID, version int) ([]uuid.UUID, error) {
	var rows []signatureRow
	err := s.db.From(ctx).Where("benefit_id = ? AND version = ?", id, version).Order("signed_at").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	out := make([]uuid.UUID, len(rows))
	for i := range rows {
		out[i] = rows[i].SignedBy
	}
	return out, nil
}

// sign notes one more approval and reports whether there are enough. The promo
// is locked. Whoever signed before is ErrSecondPerson.
func (s *Service) sign(ctx context.Context, v Version, who uuid.UUID) (bool, error) {
	by, err := s.signatures(ctx, v.BenefitID, v.Version)
	if err != nil {
		return false, err
	}
	if slices.Contains(by, who) {
		return false, ErrSecondPerson
	}
	row := signatureRow{BenefitID: v.BenefitID, Version: v.Version, SignedBy: who, SignedAt: s.clock.Now()}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return false, fmt.Errorf("note approval: %w", err)
	}
	return len(by)+1 >= aboveCap, nil
}
