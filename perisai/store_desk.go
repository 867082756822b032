package perisai

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

func (s *Service) tallies(ctx context.Context, wadahs []uuid.UUID, reach actor.Reach) (map[uuid.UUID]Tally, error) {
	type count struct {
		WadahID uuid.UUID
		N       int64
	}
	of := func(table string) (rows []count, err error) {
		tx := within(s.db.From(ctx).Table(table), reach, byWadah).Select("wadah_id, count(*) AS n")
		err = tx.Where("wadah_id IN ?", texts(wadahs)).Group("wadah_id").Scan(&rows).Error
		return rows, err
	}
	agents, err := of("agents")
	if err != nil {
		return nil, fmt.Errorf("count agents: %w", err)
	}
	registered, err := of("registrations")
	if err != nil {
		return nil, fmt.Errorf("count registrations: %w", err)
	}
	out := make(map[uuid.UUID]Tally, len(wadahs))
	for _, c := range agents {
		out[c.WadahID] = Tally{Agents: c.N}
	}
	for _, c := range registered {
		t := out[c.WadahID]
		t.Registrations = c.N
		out[c.WadahID] = t
	}
	return out, nil
}

func (s *Service) months(ctx context.Context, wadah, agent uuid.UUID, reach actor.Reach) ([]Month, error) {
	tx := within(s.db.From(ctx).Table("registrations"), reach, byWadah).Where("wadah_id = ?", wadah)
	if agent != uuid.Nil {
		tx = tx.Where("agent_id = ?", agent)
	}
	var rows []Month
	err := tx.Select(`substr(CAST(registered_on AS text), 1, 7) AS month, count(*) AS registered,
			sum(CASE WHEN EXISTS (SELECT 1 FROM activations a WHERE a.participant_id = registrations.participant_id AND a.used_at IS NOT NULL AND a.card_id IS NOT NULL)
				THEN 1 ELSE 0 END) AS handed_over`).
		Group("substr(CAST(registered_on AS text), 1, 7)").Order("month DESC").Limit(monthsMost).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count registrations by month: %w", err)
	}
	slices.Reverse(rows)
	return rows, nil
}

func (s *Service) metrics(ctx context.Context, reach actor.Reach) ([]string, error) {
	tx := s.db.From(ctx).Table("reported_figures")
	if !reach.National {
		tx = tx.Where("(branch_id IS NULL OR branch_id IN ?)", append(texts(reach.Branches), uuid.Nil.String()))
	}
	out := []string{}
	if err := tx.Distinct("metric").Order("metric").Limit(100).Pluck("metric", &out).Error; err != nil {
		return nil, fmt.Errorf("list metrics: %w", err)
	}
	return out, nil
}
