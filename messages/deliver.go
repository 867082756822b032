package messages

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/pii"
)

const (
	batch = 16
	// lease is how long a message is one server's: longer than any gateway
	// takes to answer.
	lease = time.Minute
	// patience is how many messages in a row may meet a gateway that does not
	// answer before the rest waits for the next call.
	patience = 3
)

// pauses come after the first, second, … try; the last one from then on.
var pauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

func pauseAfter(tries int) time.Duration { return pauses[min(max(tries, 1), len(pauses))-1] }

// round is what one call of Deliver has met so far.
type round struct {
	ended  int64
	missed int        // tries that failed
	inRow  int        // of them without an answer, one after the other
	last   *SendError // of a try
}

// note takes in how one message went; an error that is not the gateway's is
// returned.
func (r *round) note(over bool, err error) error {
	if over {
		r.ended++
	}
	if err == nil {
		r.inRow = 0
		return nil
	}
	refused, ok := errors.AsType[*SendError](err)
	if !ok {
		return err
	}
	r.last = refused
	r.missed++
	r.inRow++
	if refused.Final {
		r.inRow = 0
	}
	return nil
}

func (r *round) trouble() error {
	if r.last == nil {
		return nil
	}
	return fmt.Errorf("%d tries to send failed: %w", r.missed, r.last)
}

// Deliver sends what is due and returns how many messages ended. The error
// names the code of what could not be sent.
func (s *Service) Deliver(ctx context.Context) (ended int64, err error) {
	var met round
	for {
		rows, err := s.due(ctx, s.clock.Now(), batch)
		if err != nil || len(rows) == 0 {
			return met.ended, errors.Join(err, met.trouble())
		}
		for i := range rows {
			if err := met.note(s.deliver(ctx, &rows[i])); err != nil {
				return met.ended, err
			}
			if ctx.Err() != nil || met.inRow >= patience {
				return met.ended, met.trouble()
			}
		}
	}
}

// deliver tries one message and reports whether it ended.
func (s *Service) deliver(ctx context.Context, r *messageRow) (over bool, err error) {
	var mine bool
	now := s.clock.Now()
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		mine, err = s.take(ctx, r, now.Add(lease))
		return err
	})
	if err != nil || !mine {
		return false, err
	}
	state, failure, sendErr := s.try(ctx, r, now)
	if ctx.Err() != nil && state == queued {
		return false, nil // the lease ends by itself
	}
	// What has left is noted, even while the program stops.
	ctx, now = context.WithoutCancel(ctx), s.clock.Now()
	due := now.Add(pauseAfter(r.Tries))
	if state == queued && !due.Before(r.ExpiresAt) {
		state = failed
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if state == queued {
			return s.postpone(ctx, r, failure, due)
		}
		return s.end(ctx, r.ID, state, failure, now)
	})
	if err != nil {
		return false, err
	}
	return state != queued, sendErr
}

// try returns the state that the message is in after this try, and why.
func (s *Service) try(ctx context.Context, r *messageRow, now time.Time) (state, failure string, err error) {
	if s.gateway == nil {
		return dropped, codeOff, nil
	}
	if !now.Before(r.ExpiresAt) {
		return failed, codeExpired, nil
	}
	to, errTo := s.keys.Unseal(place("to_sealed", r.ID), r.ToSealed)
	text, errText := s.keys.Unseal(place("text_sealed", r.ID), r.TextSealed)
	switch {
	case errTo != nil || errText != nil:
		return failed, codeSealed, &SendError{Code: codeSealed, Final: true}
	case to == "" || r.ParticipantID == uuid.Nil && r.AccountID == nil:
		return dropped, codeNobody, nil
	}
	err = s.gateway.Send(ctx, Outgoing{ID: r.ID, Kind: Kind(r.Kind), To: pii.Text(to), Text: pii.Text(text), At: now})
	if err == nil {
		return sent, "", nil
	}
	refused, ok := errors.AsType[*SendError](err)
	if !ok { // a gateway's own words may hold the number
		refused = &SendError{Code: codeUnreachable}
	}
	if refused.Final {
		return failed, refused.Code, refused
	}
	return queued, refused.Code, refused
}
