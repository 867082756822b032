package benefits

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// Live returns the published version of a promo now at the tills, whatever its
// state (live, paused, ended), or ErrNotFound when none was ever published.
// For other domains: no check of reach.
func (s *Service) Live(ctx context.Context, id uuid.UUID) (Offer, error) { return s.offer(ctx, id) }

// LiveAt returns the promos that are live at an outlet, oldest first. For other
// domains: no check of reach.
func (s *Service) LiveAt(ctx context.Context, outlet uuid.UUID) ([]Offer, error) {
	return s.offersAt(ctx, outlet, Live)
}

// HeldAt returns the promos that the tills of an outlet hold: those that are
// live and those that are paused, oldest first. For other domains: no check of
// reach.
func (s *Service) HeldAt(ctx context.Context, outlet uuid.UUID) ([]Offer, error) {
	return s.offersAt(ctx, outlet, Live, Paused)
}

// Remaining returns what is left of the total count and of the rupiah budget;
// nil: no limit. ErrNotFound when the promo was never published. For other
// domains: no check of reach.
func (s *Service) Remaining(ctx context.Context, id uuid.UUID) (count, amount *int64, err error) {
	row, err := s.quota(ctx, id, false)
	if err != nil {
		return nil, nil, err
	}
	return left(row.LimitCount, &row.UsedCount), left(row.LimitAmount, &row.UsedAmount), nil
}

// errMisused says that counters were touched outside a transaction, or with an
// amount below zero.
var errMisused = errors.New("quota: outside a transaction or amount below zero")

// TakeQuota counts one use of amount rupiah of discount inside the transaction
// of ctx, or returns ErrTotalSpent or ErrBudgetSpent and counts nothing. It
// holds the lock of the promo's counters to the end of the transaction, so take
// it before the participant's. For other domains: no check of reach.
func (s *Service) TakeQuota(ctx context.Context, id uuid.UUID, amount int64) error {
	if !s.db.InTransaction(ctx) || amount < 0 {
		return errMisused
	}
	if ok, err := s.take(ctx, id, amount); ok || err != nil {
		return err
	}
	row, err := s.quota(ctx, id, true)
	if err != nil {
		return err
	}
	if row.LimitCount != nil && row.UsedCount+1 > *row.LimitCount {
		return ErrTotalSpent
	}
	if row.LimitAmount != nil && row.UsedAmount+amount > *row.LimitAmount {
		return ErrBudgetSpent
	}
	// A use was given back between the two; the row is locked now.
	if ok, err := s.take(ctx, id, amount); !ok || err != nil {
		return errors.Join(ErrTotalSpent, err)
	}
	return nil
}

// ReturnQuota gives one use of amount rupiah back inside the transaction of
// ctx. Giving back more than was taken is an error. For other domains: no check
// of reach.
func (s *Service) ReturnQuota(ctx context.Context, id uuid.UUID, amount int64) error {
	if !s.db.InTransaction(ctx) || amount < 0 {
		return errMisused
	}
	return s.giveBack(ctx, id, amount)
}
