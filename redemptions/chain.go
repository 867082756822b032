package redemptions

import (
	"context"

	"github.com/google/uuid"
)

const (
	chainMost  = 100     // numbers that each list of a Chain holds
	chainReach = 100_000 // how far back from the highest number a Chain looks
)

// Chain is how the items of a till that have arrived hang together, by their
// sequence numbers; at most a hundred of each kind, lowest first, of the newest hundred thousand. It does not
// depend on the order in which they came.
type Chain struct {
	Highest int64   // 0: none
	Next    int64   // Highest + 1
	Missing []int64 // below Highest, and not here
	Broken  []int64 // not the hash of the item before, which is here
	Forked  []int64 // more than one item
}

func (s *Service) chain(ctx context.Context, till uuid.UUID) (Chain, error) {
	from, highest, err := s.chainEnds(ctx, till)
	if err != nil {
		return Chain{}, err
	}
	c := Chain{Highest: max(highest, from-1), Missing: []int64{}}
	c.Next = c.Highest + 1
	from = max(from, c.Highest-chainReach+1)
	gaps, err := s.chainGaps(ctx, till, from)
	if err != nil {
		return Chain{}, err
	}
	for _, g := range gaps {
		for n := g.Low; n < g.High && len(c.Missing) < chainMost; n++ {
			c.Missing = append(c.Missing, n)
		}
	}
	if c.Broken, err = s.chainBroken(ctx, till, from); err != nil {
		return Chain{}, err
	}
	c.Forked, err = s.chainForked(ctx, till, from)
	return c, err
}
