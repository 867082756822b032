package redemptions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/database"
)

type itemRow struct {
	TillID        uuid.UUID
	JTI           uuid.UUID `gorm:"column:jti"`
	Seq           int64
	Prev          database.Bytes
	Hash          []byte
	ClaimsHash    []byte
	Kind          string
	Subject       *uuid.UUID
	OccurredAt    time.Time
	ReceivedAt    time.Time
	ParticipantID uuid.UUID
	RedemptionID  *uuid.UUID
	Outcome       string
	Reason        string
	Note          string
	TextSealed    database.Bytes
}

func (itemRow) TableName() string { return "till_items" }

var errNoItem = errors.New("no such item")

func (it *item) row(now time.Time) *itemRow {
	return &itemRow{
		TillID: it.kid, JTI: it.jti, Seq: it.seq, Prev: it.prev, Hash: it.hash, ClaimsHash: it.claims, Kind: it.kind,
		OccurredAt: it.occurredAt, ReceivedAt: now,
	}
}

// lockTill lets the items of one till in one after the other, and holds its
// revocation back or waits for it.
func (s *Service) lockTill(ctx context.Context, id uuid.UUID) error {
	var row struct{ ID uuid.UUID }
	err := s.DB.From(ctx).Table("tills").Select("id").Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&row).Error
	if err != nil {
		return fmt.Errorf("lock till: %w", err)
	}
	return nil
}

// holdTill locks the till that asks; a till system's key is none.
func (s *Service) holdTill(ctx context.Context, c caller) error {
	if c.kind != kindTill {
		return nil
	}
	return s.lockTill(ctx, c.id)
}

func (s *Service) knownItem(ctx context.Context, till, jti uuid.UUID) (itemRow, error) {
	var r itemRow
	err := s.DB.From(ctx).Where("till_id = ? AND jti = ?", till, jti).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, errNoItem
	}
	if err != nil {
		return r, fmt.Errorf("read item: %w", err)
	}
	r.OccurredAt = r.OccurredAt.UTC()
	return r, nil
}

// knownItems returns those of the items that came before.
func (s *Service) knownItems(ctx context.Context, items []placed) (map[itemKey]*itemRow, error) {
	byTill := map[uuid.UUID][]uuid.UUID{}
	for _, it := range items {
		byTill[it.kid] = append(byTill[it.kid], it.jti)
	}
	out := map[itemKey]*itemRow{}
	for till, keys := range byTill {
		var rows []itemRow
		if err := s.DB.From(ctx).Where("till_id = ? AND jti IN ?", till, keys).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read items: %w", err)
		}
		for i := range rows {
			rows[i].OccurredAt = rows[i].OccurredAt.UTC()
			out[itemKey{till, rows[i].JTI}] = &rows[i]
		}
	}
	return out, nil
}

func (s *Service) insertItem(ctx context.Context, r *itemRow) error {
	if err := s.DB.From(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("insert item: %w", err)
	}
	return nil
}

// waitingVoid is the condition of the voids of a use that came before it.
const waitingVoid = " till_id = ? AND subject = ? AND kind = 'void' AND outcome = 'granted' AND redemption_id IS NULL"

// waitingVoid returns the first of the voids of a use that came before it, nil
// when there is none.
func (s *Service) waitingVoid(ctx context.Context, till, use uuid.UUID) (*itemRow, error) {
	var rows []itemRow
	err := s.DB.From(ctx).Where(waitingVoid, till, use).Order("seq, jti").Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read waiting voids: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	return &rows[0], nil
}

// tieVoids notes which redemption the voids that waited are about.
func (s *Service) tieVoids(ctx context.Context, till, use uuid.UUID, r *Redemption) error {
	err := s.DB.From(ctx).Exec("UPDATE till_items SET participant_id = ?, redemption_id = ? WHERE"+waitingVoid,
		r.ParticipantID, r.ID, till, use).Error
	if err != nil {
		return fmt.Errorf("tie voids: %w", err)
	}
	return nil
}

// forgetItems forgets the items that came before an instant. The numbers of a
// till begin behind them from then on, so that they leave no gap.
func (s *Service) forgetItems(ctx context.Context, before time.Time) (int64, error) {
	err := s.DB.From(ctx).Exec(`UPDATE tills SET items_from = (SELECT max(i.seq) + 1 FROM till_items i WHERE i.till_id = tills.id AND i.received_at < ?)
		WHERE items_from <= (SELECT max(i.seq) FROM till_items i WHERE i.till_id = tills.id AND i.received_at < ?)`, before, before).Error
	if err != nil {
		return 0, fmt.Errorf("move start of chains: %w", err)
	}
	items := s.DB.From(ctx).Exec("DELETE FROM till_items WHERE received_at < ?", before)
	return items.RowsAffected, items.Error
}
