package accounts

import (
	"context"
	"fmt"
	"math"
	"time"
)

// lockout is how many failures within a window lock for how long. Where most is
// set, each lock within a day of the first is twice as long as the one before,
// up to most.
type lockout struct {
	hits               int
	window, lock, most time.Duration
}

// The lock-outs. An account is locked for one network first, so that nobody
// can lock another one out from far away; everywhere only after many failures.
var (
	networkLock = lockout{hits: 5, window: 15 * time.Minute, lock: 15 * time.Minute, most: 8 * time.Hour}
	accountLock = lockout{hits: 50, window: time.Hour, lock: 15 * time.Minute}
	keyLock     = lockout{hits: 20, window: 10 * time.Minute, lock: 10 * time.Minute}
	totpLock    = lockout{hits: 5, window: 15 * time.Minute, lock: 15 * time.Minute}
)

// Allow counts one attempt in a bucket that all servers share and reports
// whether it is among the first limit of its window; when not, retryAfter says
// when the next window begins. The bucket is hashed before it is stored, so a
// network prefix or an id may stand in it. Call it outside a transaction: the
// count must stay when the attempt fails.
func (s *Service) Allow(ctx context.Context, bucket string, limit int, window time.Duration) (ok bool, retryAfter time.Duration, err error) {
	name, now := s.bucket("rate", bucket), s.clock.Now()
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		ok, retryAfter, err = s.hit(ctx, name, limit, window, now)
		return err
	})
	if err != nil {
		return false, 0, fmt.Errorf("count attempt: %w", err)
	}
	return ok, retryAfter, nil
}

// strike counts one failure. It returns a *LockedError when the bucket was
// locked already, and locked when this failure locked it. Inside a transaction.
func (s *Service) strike(ctx context.Context, bucket string, l lockout) (locked bool, err error) {
	now := s.clock.Now()
	hits, counted, err := s.fail(ctx, bucket, l, now)
	if err != nil {
		return false, err
	}
	if !counted {
		until, err := s.lockedUntil(ctx, []string{bucket})
		if err != nil {
			return false, err
		}
		return false, &LockedError{After: until.Sub(now)}
	}
	if hits < l.hits {
		return false, nil
	}
	return true, s.prolong(ctx, bucket, l, now)
}

// prolong makes the lock that began now as long as it is to be.
func (s *Service) prolong(ctx context.Context, bucket string, l lockout, now time.Time) error {
	if l.most == 0 {
		return nil
	}
	locks, _, err := s.fail(ctx, again(bucket), lockout{hits: math.MaxInt32, window: 24 * time.Hour}, now)
	if err != nil {
		return err
	}
	long := l.lock
	for i := 1; i < locks && long < l.most; i++ {
		long *= 2
	}
	return s.lock(ctx, bucket, now.Add(min(long, l.most)))
}

// again is the bucket in which the locks of a bucket are counted.
func again(bucket string) string { return bucket + "+" }

// lockedOut returns a *LockedError when one of the buckets is locked. Inside a
// transaction it holds them until the end.
func (s *Service) lockedOut(ctx context.Context, buckets ...string) error {
	now := s.clock.Now()
	until, err := s.lockedUntil(ctx, buckets)
	if err != nil {
		return fmt.Errorf("read lock-out: %w", err)
	}
	if until.After(now) {
		return &LockedError{After: until.Sub(now)}
	}
	return nil
}

// How long what is over stays for those who look into the database.
const (
	keepThrottles = 24 * time.Hour
	keepSessions  = 30 * 24 * time.Hour
)

// Purge removes counters and sessions that are long over and returns how many
// rows went. A daily job.
func (s *Service) Purge(ctx context.Context) (int64, error) {
	now, n := s.clock.Now(), int64(0)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		n, err = s.deleteOver(ctx, now.Add(-keepThrottles), now.Add(-keepSessions))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	return n, nil
}
