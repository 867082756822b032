package cards

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Values of a status entry.
const (
	statusGood     = 0
	statusEnded    = 1 // revoked or replaced: for ever
	statusInactive = 2 // the holder's membership does not count as valid
)

const (
	shardFull   = ShardSize * 7 / 10 // entries; the next shard opens here, so that drawing stays cheap
	maxShard    = MaxIdx/ShardSize - 1
	followBatch = 500
	resignAfter = time.Hour
)

// StatusToken is the signed list of one shard, good for an hour.
type StatusToken struct {
	Token    string
	Tag      string // for the ETag, without quotes
	IssuedAt time.Time
	version  int64
	kid      string
}

// MaxAge is how long from now the token may be kept without asking again.
func (t StatusToken) MaxAge(now time.Time) time.Duration {
	return max(0, resignAfter-now.Sub(t.IssuedAt))
}

// StatusToken returns the signed status list of a shard, or ErrShard. It is
// made anew when an entry changed, when the key was withdrawn, and every hour.
// Public: no scope is checked.
func (s *Service) StatusToken(ctx context.Context, shard int64) (StatusToken, error) {
	version, err := s.shardVersion(ctx, shard)
	if err != nil {
		return StatusToken{}, fmt.Errorf("status list: %w", err)
	}
	now := s.clock.Now()
	kid, key, err := s.signingKey(ctx, UseStatus, now.Add(statusLife))
	if err != nil {
		return StatusToken{}, fmt.Errorf("status list: %w", err)
	}
	s.mu.Lock()
	have, ok := s.lists[shard]
	s.mu.Unlock()
	if ok && have.version == version && have.kid == kid && !now.Before(have.IssuedAt) && now.Sub(have.IssuedAt) < resignAfter {
		return have, nil
	}
	raw := make([]byte, statusBytes) // read after the version: never older than it says
	if err := s.eachEntry(ctx, shard, func(position int64, status int) {
		raw[position/4] |= byte(status << (statusBits * (position % 4))) //nolint:gosec // at most 3<<6
	}); err != nil {
		return StatusToken{}, fmt.Errorf("status list: %w", err)
	}
	text, err := s.origin.SignStatus(shard, raw, kid, key, now)
	if err != nil {
		return StatusToken{}, err
	}
	tag := strconv.FormatInt(shard, 10) + "-" + strconv.FormatInt(version, 10) + "-" + strconv.FormatInt(now.Unix(), 10)
	made := StatusToken{Token: text, Tag: tag, IssuedAt: now, version: version, kid: kid}
	s.mu.Lock()
	s.lists[shard] = made
	s.mu.Unlock()
	return made, nil
}

// FollowStandings sets the status entries of people's active cards after their
// standing: 0 while it is valid, 2 while not. It joins the transaction that
// changes the standings; give it to participants.Service.Follow.
func (s *Service) FollowStandings(ctx context.Context, participantIDs []uuid.UUID) error {
	ids := slices.Clone(participantIDs)
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		shards := map[int64]bool{}
		for batch := range slices.Chunk(ids, followBatch) {
			if err := s.followBatch(ctx, batch, shards); err != nil {
				return err
			}
		}
		return s.touchShards(ctx, shards)
	})
	if err != nil {
		return fmt.Errorf("set card statuses: %w", err)
	}
	return nil
}

func (s *Service) followBatch(ctx context.Context, ids []uuid.UUID, shards map[int64]bool) error {
	if err := s.people.Lock(ctx, ids...); err != nil {
		return err
	}
	entries, err := s.liveEntries(ctx, ids)
	if err != nil || len(entries) == 0 {
		return err
	}
	standings, err := s.people.Standings(ctx, ids)
	if err != nil {
		return err
	}
	change := map[int][]int64{} // from the old status
	for _, e := range entries {
		if want := wanted(standings[e.ParticipantID].Valid); e.Status != want {
			change[e.Status] = append(change[e.Status], e.Idx)
			shards[e.Idx/ShardSize] = true
		}
	}
	if err := s.moveEntries(ctx, change[statusGood], statusGood, statusInactive); err != nil {
		return err
	}
	return s.moveEntries(ctx, change[statusInactive], statusInactive, statusGood)
}

// wanted is the status of an active card whose holder's standing is valid or not.
func wanted(valid bool) int {
	if valid {
		return statusGood
	}
	return statusInactive
}
