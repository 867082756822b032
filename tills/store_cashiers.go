package tills

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/page"
)

type cashierRow struct {
	ID         uuid.UUID
	PartnerID  uuid.UUID
	OutletID   uuid.UUID
	NameSealed []byte
	PINSealed  []byte `gorm:"column:pin_sealed"`
	PINVersion int    `gorm:"column:pin_version"`
	State      string
	CreatedBy  uuid.UUID
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

func (cashierRow) TableName() string { return "cashiers" }

// insertCashier refuses one more than fit on a till. Two at the same instant
// may both get in; the bound keeps bundles small and guards nothing else.
func (s *Service) insertCashier(ctx context.Context, c Cashier, pin []byte, by uuid.UUID) error {
	var n int64
	err := s.db.From(ctx).Model(&cashierRow{}).Where("outlet_id = ? AND state <> 'ended'", c.OutletID).Count(&n).Error
	if err != nil {
		return fmt.Errorf("count cashiers: %w", err)
	}
	if n >= cashiersMax {
		return ErrCashiersFull
	}
	row := cashierRow{
		ID: c.ID, PartnerID: c.PartnerID, OutletID: c.OutletID, NameSealed: s.keys.Seal(cashierPlace("name_sealed", c.ID), c.Name),
		PINSealed: pin, PINVersion: c.PINVersion, State: string(c.State), CreatedBy: by, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert cashier: %w", err)
	}
	return nil
}

func (s *Service) cashier(ctx context.Context, id uuid.UUID, lock bool) (Cashier, error) {
	tx := s.db.From(ctx)
	if lock {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row cashierRow
	if err := tx.Where("id = ?", id).Take(&row).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return Cashier{}, ErrCashierNotFound
	} else if err != nil {
		return Cashier{}, fmt.Errorf("read cashier: %w", err)
	}
	return s.cashierFrom(&row)
}

// cashiersAt returns one row more than the page holds, newest first.
func (s *Service) cashiersAt(ctx context.Context, outlet uuid.UUID, r page.Request) ([]Cashier, error) {
	var rows []cashierRow
	err := paged(s.db.From(ctx).Where("outlet_id = ?", outlet), r).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list cashiers: %w", err)
	}
	out := make([]Cashier, len(rows))
	for i := range rows {
		c, err := s.cashierFrom(&rows[i])
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

func (s *Service) cashierKeys(ctx context.Context, outlet uuid.UUID) ([]CashierKey, error) {
	var rows []cashierRow
	err := s.db.From(ctx).Where("outlet_id = ? AND state <> 'ended'", outlet).Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list cashiers of a till: %w", err)
	}
	out := make([]CashierKey, len(rows))
	for i := range rows {
		c, err := s.cashierFrom(&rows[i])
		if err != nil {
			return nil, err
		}
		text, err := s.keys.Unseal(cashierPlace("pin_sealed", c.ID), rows[i].PINSealed)
		if err != nil {
			return nil, fmt.Errorf("open PIN of cashier: %w", err)
		}
		var v verifier
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, fmt.Errorf("read PIN of cashier: %w", err)
		}
		out[i] = CashierKey{
			ID: c.ID, Name: c.Name, State: string(c.State), PINVersion: c.PINVersion, Salt: v.Salt, Hash: v.Hash, Rounds: v.Rounds,
		}
	}
	return out, nil
}

// updatePIN writes state, PIN and its version.
func (s *Service) updatePIN(ctx context.Context, c Cashier, pin []byte) error {
	return one(s.db.From(ctx).Exec("UPDATE cashiers SET state = ?, pin_sealed = ?, pin_version = ?, updated_at = ? WHERE id = ? AND state <> 'ended'",
		string(c.State), pin, c.PINVersion, c.UpdatedAt, c.ID), "update cashier")
}

func (s *Service) updateCashierState(ctx context.Context, c Cashier) error {
	return one(s.db.From(ctx).Exec("UPDATE cashiers SET state = ?, updated_at = ? WHERE id = ? AND state <> 'ended'",
		string(c.State), c.UpdatedAt, c.ID), "update cashier")
}

func (s *Service) cashierFrom(r *cashierRow) (Cashier, error) {
	name, err := s.keys.Unseal(cashierPlace("name_sealed", r.ID), r.NameSealed)
	if err != nil {
		return Cashier{}, fmt.Errorf("open name of cashier: %w", err)
	}
	return Cashier{
		ID: r.ID, PartnerID: r.PartnerID, OutletID: r.OutletID, Name: name, State: CashierState(r.State), PINVersion: r.PINVersion,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}, nil
}
