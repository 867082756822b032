package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

type nodeRow struct {
	Level int
	N     int64
	Hash  []byte
}

func (nodeRow) TableName() string { return "audit_nodes" }

// hashes returns the hashes of at most limit entries from seq on without a gap.
func (s *Service) hashes(ctx context.Context, seq int64, limit int) ([][]byte, error) {
	var rows []struct {
		Seq  int64
		Hash []byte
	}
	err := s.db.From(ctx).Raw("SELECT seq, hash FROM audit_entries WHERE chain = 0 AND seq >= ? ORDER BY seq, id LIMIT ?", seq, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	out := make([][]byte, 0, len(rows))
	for i, row := range rows {
		if row.Seq != seq+int64(i) {
			break
		}
		out = append(out, row.Hash)
	}
	return out, nil
}

// node returns a kept subtree and whether there is one.
func (s *Service) node(ctx context.Context, level int, n int64) (h tlog.Hash, ok bool, err error) {
	var rows []nodeRow
	if err := s.db.From(ctx).Where("level = ? AND n = ?", level, n).Limit(1).Find(&rows).Error; err != nil {
		return h, false, fmt.Errorf("read node of audit tree: %w", err)
	}
	if len(rows) == 0 || len(rows[0].Hash) != len(h) {
		return h, false, nil
	}
	return tlog.Hash(rows[0].Hash), true, nil
}

// nodes returns how many subtrees of the lowest level are kept.
func (s *Service) nodes(ctx context.Context) (n int64, err error) {
	err = s.db.From(ctx).Raw("SELECT COALESCE(max(n) + 1, 0) FROM audit_nodes WHERE level = ?", keptLevel).Scan(&n).Error
	return n, err
}

func (s *Service) keepNode(ctx context.Context, level int, n int64, h tlog.Hash) error {
	_, err := s.exec(ctx, "INSERT INTO audit_nodes (level, n, hash) VALUES (?, ?, ?) ON CONFLICT (level, n) DO NOTHING", level, n, h[:])
	if err != nil {
		return fmt.Errorf("keep node of audit tree: %w", err)
	}
	return nil
}

// exec runs one statement in a transaction and returns how many rows it changed.
func (s *Service) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		res := s.db.From(ctx).Exec(statement, args...)
		n = res.RowsAffected
		return res.Error
	})
	return n, err
}

// allNodes returns every kept subtree.
func (s *Service) allNodes(ctx context.Context) ([]nodeRow, error) {
	var rows []nodeRow
	err := s.db.From(ctx).Order("level, n").Find(&rows).Error
	return rows, err
}
