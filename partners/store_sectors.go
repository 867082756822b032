package partners

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type sectorRow struct {
	ID        uuid.UUID
	Code      string
	NameID    string
	NameEN    string `gorm:"column:name_en"`
	State     string
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (sectorRow) TableName() string { return "sectors" }

func (s *Service) sector(ctx context.Context, id uuid.UUID, lock bool) (Sector, error) {
	tx := s.db.From(ctx)
	if lock {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row sectorRow
	if err := tx.Where("id = ?", id).Take(&row).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return Sector{}, ErrSectorNotFound
	} else if err != nil {
		return Sector{}, fmt.Errorf("read sector: %w", err)
	}
	return row.sector(), nil
}

func (s *Service) sectors(ctx context.Context) ([]Sector, error) {
	var rows []sectorRow
	if err := s.db.From(ctx).Order("code").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list sectors: %w", err)
	}
	out := make([]Sector, len(rows))
	for i := range rows {
		out[i] = rows[i].sector()
	}
	return out, nil
}

func (s *Service) insertSector(ctx context.Context, sec Sector) error {
	row := sectorRow{
		ID: sec.ID, Code: sec.Code, NameID: sec.NameID, NameEN: sec.NameEN, State: string(sec.State),
		CreatedAt: sec.CreatedAt, UpdatedAt: sec.UpdatedAt,
	}
	err := s.db.From(ctx).Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrSectorExists
	}
	if err != nil {
		return fmt.Errorf("insert sector: %w", err)
	}
	return nil
}

func (s *Service) moveSector(ctx context.Context, id uuid.UUID, from, to SectorState, now time.Time) error {
	return one(s.db.From(ctx).Exec("UPDATE sectors SET state = ?, updated_at = ? WHERE id = ? AND state = ?", to, now, id, from), "move sector")
}

func (r *sectorRow) sector() Sector {
	return Sector{
		ID: r.ID, Code: r.Code, NameID: r.NameID, NameEN: r.NameEN, State: SectorState(r.State),
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}
