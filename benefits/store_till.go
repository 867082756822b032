package benefits

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type offerRow struct {
	BenefitID uuid.UUID
	Version   int
	PartnerID uuid.UUID
	State     string
	Title     string
	Terms     string
}

const offerSQL = `SELECT b.id AS benefit_id, v.version, b.partner_id, b.state, v.title, v.terms
	FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.live_version `

func (s *Service) offer(ctx context.Context, id uuid.UUID) (Offer, error) {
	var row offerRow
	err := s.db.From(ctx).Raw(offerSQL+"WHERE b.id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Offer{}, ErrNotFound
	}
	if err != nil {
		return Offer{}, fmt.Errorf("read offer: %w", err)
	}
	return row.offer()
}

func (s *Service) offersAt(ctx context.Context, outlet uuid.UUID, states ...State) ([]Offer, error) {
	var rows []offerRow
	err := s.db.From(ctx).Raw(offerSQL+`JOIN benefit_outlets o ON o.benefit_id = b.id AND o.version = b.live_version
		WHERE o.outlet_id = ? AND b.state IN ? ORDER BY b.id`, outlet, states).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	out := make([]Offer, len(rows))
	for i := range rows {
		if out[i], err = rows[i].offer(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *offerRow) offer() (Offer, error) {
	o := Offer{BenefitID: r.BenefitID, Version: r.Version, PartnerID: r.PartnerID, State: State(r.State), Title: r.Title}
	return o, readTerms(r.Terms, &o.Terms)
}

type quotaRow struct {
	BenefitID   uuid.UUID
	Slot        int
	UsedCount   int64
	LimitCount  *int64
	UsedAmount  int64
	LimitAmount *int64
}

func (quotaRow) TableName() string { return "benefit_quotas" }

// setLimits writes the totals of a promo; the first time it makes its counters.
func (s *Service) setLimits(ctx context.Context, id uuid.UUID, l Limits) error {
	row := quotaRow{BenefitID: id, LimitCount: l.TotalCount, LimitAmount: l.TotalAmount}
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil {
		return fmt.Errorf("make counters: %w", res.Error)
	}
	if res.RowsAffected == 1 {
		return nil
	}
	res = s.db.From(ctx).Exec(`UPDATE benefit_quotas SET limit_count = ?, limit_amount = ?
		WHERE benefit_id = ? AND slot = 0 AND used_count <= ? AND used_amount <= ?`,
		l.TotalCount, l.TotalAmount, id, orMost(l.TotalCount), orMost(l.TotalAmount))
	if res.Error != nil {
		return fmt.Errorf("set limits: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return ErrLimitBelowUse
	}
	return nil
}

func orMost(n *int64) int64 {
	if n == nil {
		return math.MaxInt64
	}
	return *n
}

// take counts one use of amount rupiah if both totals allow it, and reports
// whether they did.
func (s *Service) take(ctx context.Context, id uuid.UUID, amount int64) (bool, error) {
	res := s.db.From(ctx).Exec(`UPDATE benefit_quotas SET used_count = used_count + 1, used_amount = used_amount + ?
		WHERE benefit_id = ? AND slot = 0 AND (limit_count IS NULL OR used_count + 1 <= limit_count)
		AND (limit_amount IS NULL OR used_amount + ? <= limit_amount)`, amount, id, amount)
	if res.Error != nil {
		return false, fmt.Errorf("take quota: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// giveBack undoes one take.
func (s *Service) giveBack(ctx context.Context, id uuid.UUID, amount int64) error {
	res := s.db.From(ctx).Exec(`UPDATE benefit_quotas SET used_count = used_count - 1, used_amount = used_amount - ?
		WHERE benefit_id = ? AND slot = 0 AND used_count >= 1 AND used_amount >= ?`, amount, id, amount)
	if res.Error != nil {
		return fmt.Errorf("return quota: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return errors.New("return quota: more than was taken")
	}
	return nil
}

func (s *Service) quota(ctx context.Context, id uuid.UUID, lock bool) (quotaRow, error) {
	tx := s.db.From(ctx)
	if lock {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row quotaRow
	if err := tx.Where("benefit_id = ? AND slot = 0", id).Take(&row).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return quotaRow{}, ErrNotFound
	} else if err != nil {
		return quotaRow{}, fmt.Errorf("read counters: %w", err)
	}
	return row, nil
}
