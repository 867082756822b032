package redemptions

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
)

func (action) TableName() string { return "redemption_actions" }

// digests returns the digests of the stored records with the given ids.
func (s *Service) digests(ctx context.Context, kind string, ids map[uuid.UUID][]byte) (map[uuid.UUID][]byte, error) {
	out := make(map[uuid.UUID][]byte, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	db := s.DB.From(ctx).Where("id IN ?", slices.Collect(maps.Keys(ids)))
	if kind == actionKind {
		var rows []action
		err := db.Find(&rows).Error
		for i := range rows {
			rows[i].ActedAt = rows[i].ActedAt.UTC()
			out[rows[i].ID] = rows[i].digest()
		}
		return out, err
	}
	if kind == exceptionKind {
		var rows []exceptionRow
		err := db.Find(&rows).Error
		for i := range rows {
			rows[i].DecidedAt = rows[i].DecidedAt.UTC()
			out[rows[i].ID] = rows[i].digest()
		}
		return out, err
	}
	var rows []row
	if err := db.Omit("State", "CountCleared", "OutletCleared").Find(&rows).Error; err != nil {
		return nil, err
	}
	for i := range rows {
		r, err := rows[i].redemption()
		if err != nil {
			return nil, err
		}
		out[r.ID] = r.digest()
	}
	return out, nil
}

func (s *Service) countRecords(ctx context.Context, kind string) (int64, error) {
	var n int64
	model := any(&row{})
	switch kind {
	case actionKind:
		model = &action{}
	case exceptionKind:
		model = &exceptionRow{}
	}
	err := s.DB.From(ctx).Model(model).Count(&n).Error
	return n, err
}
