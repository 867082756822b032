package participants

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// StandingAt returns the best membership of a person as the status lists told
// it at an instant: from what was recorded by then, each record judged on the
// day on which it was made, for a status list moves only when something is
// recorded. Restricted processing and the branch's arrears setting are those of
// today. It returns ErrNotFound when there is no such person. For other
// domains: it does not look at who asks.
func (s *Service) StandingAt(ctx context.Context, id uuid.UUID, at time.Time) (Standing, error) {
	rows, err := s.standingRows(ctx, []uuid.UUID{id})
	if err != nil {
		return Standing{}, err
	}
	if len(rows) == 0 {
		return Standing{}, ErrNotFound
	}
	past, err := s.lastRecords(ctx, id, at)
	if err != nil {
		return Standing{}, err
	}
	var held []candidate
	for i := range rows {
		r := &rows[i]
		then, ok := past[orZero(r.MembershipID)]
		if !ok {
			continue // not known by then
		}
		c, err := r.candidate(then.RecordedAt)
		if err != nil {
			return Standing{}, err
		}
		c.Status, c.StatusAsOf, c.ProtectedUntil = Status(then.Status), then.StatusAsOf, then.ProtectedUntil
		if then.Superseded { // what is stored about its end was recorded later
			c.EndedOn = clock.Day("")
		}
		held = append(held, c)
	}
	return best(id, rows[0].HomeID, rows[0].Restricted, held), nil
}
