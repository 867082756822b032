package partners

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
)

type wishRow struct {
	ParticipantID uuid.UUID
	SectorID      uuid.UUID
	BranchID      uuid.UUID
	RegionCode    *string
	PartnerSealed database.Bytes
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func (wishRow) TableName() string { return "wishes" }

// wishesOf returns the wishes of a person by sector.
func (s *Service) wishesOf(ctx context.Context, person uuid.UUID) (map[uuid.UUID]Wish, error) {
	var rows []wishRow
	if err := s.db.From(ctx).Where("participant_id = ?", person).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read wishes: %w", err)
	}
	out := make(map[uuid.UUID]Wish, len(rows))
	for i := range rows {
		r := &rows[i]
		text, err := s.keys.Unseal(wishPlace(r.ParticipantID, r.SectorID), r.PartnerSealed)
		if err != nil {
			return nil, fmt.Errorf("open wish: %w", err)
		}
		out[r.SectorID] = Wish{WishedAt: r.CreatedAt.UTC(), Partner: pii.Text(text)}
	}
	return out, nil
}

// putWish writes a wish and returns when the person first wished.
func (s *Service) putWish(ctx context.Context, r *wishRow) (time.Time, error) {
	var first []struct{ CreatedAt time.Time }
	err := s.db.From(ctx).Raw(`INSERT INTO wishes (participant_id, sector_id, branch_id, region_code, partner_sealed, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (participant_id, sector_id) DO UPDATE SET
		branch_id = excluded.branch_id, region_code = excluded.region_code, partner_sealed = excluded.partner_sealed, updated_at = excluded.updated_at
		RETURNING created_at`,
		r.ParticipantID, r.SectorID, r.BranchID, r.RegionCode, r.PartnerSealed, r.CreatedAt, r.UpdatedAt).Scan(&first).Error
	if err != nil || len(first) == 0 {
		return time.Time{}, fmt.Errorf("write wish: %w", err)
	}
	return first[0].CreatedAt.UTC(), nil
}

func (s *Service) deleteWish(ctx context.Context, person, sector uuid.UUID) error {
	err := s.db.From(ctx).Exec("DELETE FROM wishes WHERE participant_id = ? AND sector_id = ?", person, sector).Error
	if err != nil {
		return fmt.Errorf("delete wish: %w", err)
	}
	return nil
}

func (s *Service) wishRegions(ctx context.Context, reach actor.Reach, sector uuid.UUID) ([]RegionCount, error) {
	out := []RegionCount{}
	err := s.db.From(ctx).Raw(`SELECT COALESCE(region_code, '') AS region_code, count(*) AS count FROM wishes
		WHERE sector_id = ? AND (? OR branch_id IN ?) GROUP BY 1 ORDER BY 2 DESC, 1`,
		sector, reach.National, orNone(reach.Branches)).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("count wishes: %w", err)
	}
	return out, nil
}

// wishTexts returns which businesses are missed, newest first.
func (s *Service) wishTexts(ctx context.Context, reach actor.Reach, sector uuid.UUID) ([]string, error) {
	var rows []wishRow
	err := s.db.From(ctx).Raw(`SELECT participant_id, sector_id, partner_sealed FROM wishes
		WHERE sector_id = ? AND (? OR branch_id IN ?) AND partner_sealed IS NOT NULL ORDER BY updated_at DESC, participant_id LIMIT ?`,
		sector, reach.National, orNone(reach.Branches), wishesRead).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read wishes: %w", err)
	}
	out := make([]string, len(rows))
	for i := range rows {
		if out[i], err = s.keys.Unseal(wishPlace(rows[i].ParticipantID, rows[i].SectorID), rows[i].PartnerSealed); err != nil {
			return nil, fmt.Errorf("open wish: %w", err)
		}
	}
	return out, nil
}
