package cards

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type shardRow struct {
	Shard     int64
	BranchID  uuid.UUID
	Used      int64
	Open      bool
	Version   int64
	CreatedAt time.Time
}

func (shardRow) TableName() string { return "status_shards" }

type entryRow struct {
	Idx           int64
	Status        int
	CardID        uuid.UUID
	ParticipantID uuid.UUID
}

func (entryRow) TableName() string { return "status_entries" }

// Row locks. SQLite has one writer and leaves them out.
var (
	forUpdate = clause.Locking{Strength: "UPDATE"}
	// forNoKey does not stand in the way of foreign keys that point to the row.
	forNoKey = clause.Locking{Strength: "NO KEY UPDATE"}
)

func (s *Service) shardVersion(ctx context.Context, shard int64) (int64, error) {
	var row shardRow
	err := s.db.From(ctx).Where("shard = ?", shard).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return 0, ErrShard
	}
	return row.Version, err
}

func (s *Service) shardVersions(ctx context.Context, branches []uuid.UUID) ([]ShardVersion, error) {
	shards := []ShardVersion{}
	if len(branches) == 0 {
		return shards, nil
	}
	err := s.db.From(ctx).Raw("SELECT shard, version FROM status_shards WHERE branch_id IN ? ORDER BY shard", branches).Scan(&shards).Error
	return shards, err
}

// eachEntry calls f for every entry of a shard that is not 0.
func (s *Service) eachEntry(ctx context.Context, shard int64, f func(position int64, status int)) error {
	rows, err := s.db.From(ctx).Raw("SELECT idx, status FROM status_entries WHERE idx >= ? AND idx < ? AND status <> 0",
		shard*ShardSize, (shard+1)*ShardSize).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // read to the end; Err tells
	for rows.Next() {
		var idx int64
		var status int
		if err := rows.Scan(&idx, &status); err != nil {
			return err
		}
		f(idx%ShardSize, status)
	}
	return rows.Err()
}

// liveEntries returns the entries of people's active cards.
func (s *Service) liveEntries(ctx context.Context, ids []uuid.UUID) ([]entryRow, error) {
	var rows []entryRow
	err := s.db.From(ctx).Raw(`SELECT e.idx, e.status, e.card_id, e.participant_id
		FROM cards c JOIN status_entries e ON e.idx = c.idx
		WHERE c.participant_id IN ? AND c.state = 'active' AND e.status IN (0, 2)`, ids).Scan(&rows).Error
	return rows, err
}

// moveEntries changes entries that still have the old status.
func (s *Service) moveEntries(ctx context.Context, idxs []int64, from, to int) error {
	for batch := range slices.Chunk(idxs, followBatch) {
		err := s.db.From(ctx).Exec("UPDATE status_entries SET status = ? WHERE idx IN ? AND status = ?", to, batch, from).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// endEntry sets an entry to 1 for ever.
func (s *Service) endEntry(ctx context.Context, idx int64) error {
	done := s.db.From(ctx).Exec("UPDATE status_entries SET status = 1 WHERE idx = ? AND status <> 1", idx)
	if done.Error != nil {
		return done.Error
	}
	if done.RowsAffected != 1 {
		return fmt.Errorf("end status entry: %d rows", done.RowsAffected)
	}
	return s.touchShards(ctx, map[int64]bool{idx / ShardSize: true})
}

// touchShards makes the lists of shards be signed anew.
func (s *Service) touchShards(ctx context.Context, shards map[int64]bool) error {
	for _, shard := range slices.Sorted(maps.Keys(shards)) {
		if err := s.db.From(ctx).Exec("UPDATE status_shards SET version = version + 1 WHERE shard = ?", shard).Error; err != nil {
			return err
		}
	}
	return nil
}

// drawIdx takes a free index of the branch's open shard at random and writes
// its entry. The shard's row stays locked to the end of the transaction.
func (s *Service) drawIdx(ctx context.Context, branch uuid.UUID, e entryRow) (int64, error) {
	shard, err := s.openShard(ctx, branch)
	if err != nil {
		return 0, err
	}
	for {
		e.Idx = shard*ShardSize + rand.Int64N(ShardSize) //nolint:gosec // not a secret, it is printed on the card
		done := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&e)
		if done.Error != nil {
			return 0, done.Error
		}
		if done.RowsAffected == 1 {
			break
		}
	}
	tx := s.db.From(ctx)
	if err := tx.Exec("UPDATE status_shards SET used = used + 1, open = (used + 1 < ?) WHERE shard = ?", shardFull, shard).Error; err != nil {
		return 0, err
	}
	if e.Status == statusGood {
		return e.Idx, nil
	}
	return e.Idx, s.touchShards(ctx, map[int64]bool{shard: true})
}

// openShard returns the branch's open shard, locked; it opens one when there is none.
func (s *Service) openShard(ctx context.Context, branch uuid.UUID) (int64, error) {
	shard, err := s.lockOpenShard(ctx, branch)
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return shard, err
	}
	// Only one transaction opens a shard for a branch.
	var id uuid.UUID
	if err := s.db.From(ctx).Table("branches").Select("id").Clauses(forNoKey).Where("id = ?", branch).Row().Scan(&id); err != nil {
		return 0, fmt.Errorf("lock branch: %w", err)
	}
	shard, err = s.lockOpenShard(ctx, branch)
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return shard, err
	}
	for {
		var next int64
		if err := s.db.From(ctx).Raw("SELECT coalesce(max(shard) + 1, 0) FROM status_shards").Row().Scan(&next); err != nil {
			return 0, err
		}
		if next > maxShard {
			return 0, ErrFull
		}
		done := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&shardRow{
			Shard: next, BranchID: branch, Open: true, CreatedAt: s.clock.Now(),
		})
		if done.Error != nil || done.RowsAffected == 1 {
			return next, done.Error
		}
	}
}

func (s *Service) lockOpenShard(ctx context.Context, branch uuid.UUID) (int64, error) {
	var row shardRow
	err := s.db.From(ctx).Clauses(forUpdate).Where("branch_id = ? AND open = ?", branch, true).Order("shard").Take(&row).Error
	return row.Shard, err
}
