package audit

import (
	"context"
	"fmt"
	"math"
	"time"
)

type checkpointRow struct {
	Size   int64
	Root   []byte
	MadeAt time.Time
	Note   string
}

func (checkpointRow) TableName() string { return "audit_checkpoints" }

func (r *checkpointRow) checkpoint() Checkpoint {
	return Checkpoint{Size: r.Size, Root: r.Root, At: r.MadeAt.UTC(), Note: r.Note}
}

// insertCheckpoint returns 0 when another server was first.
func (s *Service) insertCheckpoint(ctx context.Context, c *Checkpoint) (int64, error) {
	n, err := s.exec(ctx, "INSERT INTO audit_checkpoints (size, root, made_at, note) VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING",
		c.Size, c.Root, c.At, c.Note)
	if err != nil {
		return 0, fmt.Errorf("insert checkpoint: %w", err)
	}
	return n, nil
}

func (s *Service) checkpoints(ctx context.Context, below int64, limit int) ([]Checkpoint, error) {
	if below == 0 {
		below = math.MaxInt64
	}
	var rows []checkpointRow
	err := s.db.From(ctx).Where("size < ?", below).Order("size DESC").Limit(limit).Find(&rows).Error
	out := make([]Checkpoint, len(rows))
	for i := range rows {
		out[i] = rows[i].checkpoint()
	}
	return out, err
}

// after returns the checkpoints of more than size entries, smallest first.
func (s *Service) after(ctx context.Context, size int64, limit int) ([]Checkpoint, error) {
	var rows []checkpointRow
	err := s.db.From(ctx).Where("size > ?", size).Order("size").Limit(limit).Find(&rows).Error
	out := make([]Checkpoint, len(rows))
	for i := range rows {
		out[i] = rows[i].checkpoint()
	}
	return out, err
}

// newest returns the checkpoint of most entries, or ErrNoCheckpoint.
func (s *Service) newest(ctx context.Context) (Checkpoint, error) {
	all, err := s.checkpoints(ctx, 0, 1)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read newest checkpoint: %w", err)
	}
	if len(all) == 0 {
		return Checkpoint{}, ErrNoCheckpoint
	}
	return all[0], nil
}

func (s *Service) checkpoint(ctx context.Context, size int64) (Checkpoint, error) {
	var rows []checkpointRow
	if err := s.db.From(ctx).Where("size = ?", size).Find(&rows).Error; err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	if len(rows) == 0 {
		return Checkpoint{}, ErrNoCheckpoint
	}
	return rows[0].checkpoint(), nil
}
