package benefits

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

type allowanceRow struct {
	ID         uuid.UUID
	TillID     uuid.UUID
	BenefitID  uuid.UUID
	Version    int
	Uses       int64
	UsedUses   int64
	Amount     *int64
	UsedAmount int64
	IssuedAt   time.Time
	ExpiresAt  time.Time
	RevokedAt  *time.Time
	ClosedAt   *time.Time
}

func (allowanceRow) TableName() string { return "allowances" }

func (r *allowanceRow) allowance() Allowance {
	return Allowance{
		ID: r.ID, TillID: r.TillID, BenefitID: r.BenefitID, Version: r.Version, Uses: r.Uses, UsedUses: r.UsedUses,
		Amount: r.Amount, UsedAmount: r.UsedAmount, IssuedAt: r.IssuedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// openAllowance returns the open allowance of a till for a version; the zero
// Allowance is none.
func (s *Service) openAllowance(ctx context.Context, till, benefit uuid.UUID, version int) (Allowance, error) {
	var rows []allowanceRow
	err := s.db.From(ctx).Where("till_id = ? AND benefit_id = ? AND version = ? AND closed_at IS NULL", till, benefit, version).Find(&rows).Error
	if err != nil {
		return Allowance{}, fmt.Errorf("read allowance: %w", err)
	}
	if len(rows) == 0 {
		return Allowance{}, nil
	}
	return rows[0].allowance(), nil
}

// allowanceOf returns an allowance of a till and whether it is open, or
// ErrAllowanceNotFound.
func (s *Service) allowanceOf(ctx context.Context, till, id uuid.UUID) (Allowance, bool, error) {
	var row allowanceRow
	err := s.db.From(ctx).Where("id = ? AND till_id = ?", id, till).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Allowance{}, false, ErrAllowanceNotFound
	}
	if err != nil {
		return Allowance{}, false, fmt.Errorf("read allowance: %w", err)
	}
	return row.allowance(), row.ClosedAt == nil, nil
}

func (s *Service) insertAllowance(ctx context.Context, a Allowance) error {
	row := allowanceRow{
		ID: a.ID, TillID: a.TillID, BenefitID: a.BenefitID, Version: a.Version, Uses: a.Uses, Amount: a.Amount,
		IssuedAt: a.IssuedAt, ExpiresAt: a.ExpiresAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert allowance: %w", err)
	}
	return nil
}

// topUp writes a renewed allowance and reports whether it was still open and
// its till in force.
func (s *Service) topUp(ctx context.Context, a Allowance) (bool, error) {
	res := s.db.From(ctx).Exec(`UPDATE allowances SET uses = ?, amount = ?, issued_at = ?, expires_at = ?
		WHERE id = ? AND closed_at IS NULL AND revoked_at IS NULL`, a.Uses, a.Amount, a.IssuedAt, a.ExpiresAt, a.ID)
	if res.Error != nil {
		return false, fmt.Errorf("top up allowance: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// reserve moves uses and rupiah from the totals to an allowance, or back when
// they are below zero. That there is enough was seen under the lock.
func (s *Service) reserve(ctx context.Context, benefit uuid.UUID, uses, amount int64) error {
	res := s.db.From(ctx).Exec(`UPDATE benefit_quotas SET used_count = used_count + ?, used_amount = used_amount + ?
		WHERE benefit_id = ? AND slot = 0 AND used_count + ? >= 0 AND used_amount + ? >= 0
		AND (limit_count IS NULL OR used_count + ? <= limit_count) AND (limit_amount IS NULL OR used_amount + ? <= limit_amount)`,
		uses, amount, benefit, uses, amount, uses, amount)
	if res.Error != nil {
		return fmt.Errorf("reserve quota: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return errors.New("reserve quota: not covered")
	}
	return nil
}

// spendAllowance counts a use under an allowance. Rupiah that were not set
// aside with it are counted on the promo, within the budget of the version that
// is published now.
func (s *Service) spendAllowance(ctx context.Context, use AllowanceUse) error {
	var loose bool
	err := s.db.From(ctx).Raw(`UPDATE allowances SET used_uses = used_uses + 1, used_amount = used_amount + ?
		WHERE id = ? AND till_id = ? AND benefit_id = ? AND version = ? AND closed_at IS NULL AND expires_at >= ?
		AND used_uses + 1 <= uses AND (used_amount + ? <= amount OR amount IS NULL AND EXISTS (SELECT 1 FROM benefit_quotas q
			WHERE q.benefit_id = allowances.benefit_id AND q.slot = 0 AND (q.limit_amount IS NULL OR q.used_amount + ? <= q.limit_amount)))
		RETURNING amount IS NULL`,
		use.Amount, use.ID, use.TillID, use.BenefitID, use.Version, use.At, use.Amount, use.Amount).Row().Scan(&loose)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrAllowance
	case err != nil:
		return fmt.Errorf("use allowance: %w", err)
	case loose:
		return s.reserve(ctx, use.BenefitID, 0, use.Amount)
	}
	return nil
}

func (s *Service) markTillRevoked(ctx context.Context, till uuid.UUID, at time.Time) error {
	err := s.db.From(ctx).Exec(`UPDATE allowances SET revoked_at = ? WHERE till_id = ? AND closed_at IS NULL AND revoked_at IS NULL`, at, till).Error
	if err != nil {
		return fmt.Errorf("mark allowances: %w", err)
	}
	return nil
}

// dueAllowances returns open allowances that expired before longAgo, and those
// of ended tills that expired before now, in the order in which counters are
// locked.
func (s *Service) dueAllowances(ctx context.Context, now, longAgo time.Time) ([]Allowance, error) {
	var rows []allowanceRow
	err := s.db.From(ctx).Where("closed_at IS NULL AND (expires_at < ? OR (revoked_at IS NOT NULL AND expires_at < ?))", longAgo, now).
		Order("benefit_id, id").Limit(1000).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read due allowances: %w", err)
	}
	out := make([]Allowance, len(rows))
	for i := range rows {
		out[i] = rows[i].allowance()
	}
	return out, nil
}

func (s *Service) markClosed(ctx context.Context, id uuid.UUID, at time.Time) error {
	return one(s.db.From(ctx).Exec(`UPDATE allowances SET closed_at = ? WHERE id = ? AND closed_at IS NULL`, at, id), "close allowance")
}
