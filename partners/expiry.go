package partners

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// AgreementEnded is the reason of a partner that was suspended because its last
// agreement was over.
const AgreementEnded = "agreement ended"

// Ending is an agreement whose end is near, or past, without another after it.
type Ending struct {
	Agreement
	Partner  Line
	DaysLeft int // negative: over
}

// Endings returns the agreements of partners within reach that have not ended,
// each partner's last one, that end within days or ended already, the soonest first, at most 200.
func (s *Service) Endings(ctx context.Context, days int) ([]Ending, error) {
	now := s.clock.Now()
	rows, err := s.endings(ctx, actor.From(ctx).Scope(actor.ReadPartners), clock.DayOf(now, time.UTC).AddDays(days+1))
	if err != nil {
		return nil, err
	}
	out := make([]Ending, 0, len(rows))
	for i := range rows {
		today, err := dayIn(now, rows[i].zone)
		if err != nil {
			return nil, err
		}
		if left := rows[i].EndsOn.DaysSince(today); left <= days {
			rows[i].DaysLeft = left
			out = append(out, rows[i].Ending)
		}
	}
	return out, nil
}

// FollowAgreements does what the calendar asks for: it tells once that an
// agreement ends soon and no other follows, and suspends active partners whose
// last agreement is over. It returns how many agreements it dealt with, and may
// run at any time on any number of servers.
func (s *Service) FollowAgreements(ctx context.Context) (int64, error) {
	now := s.clock.Now()
	due, err := s.dueAgreements(ctx, clock.DayOf(now, time.UTC))
	if err != nil {
		return 0, err
	}
	var n int64
	for _, d := range due {
		today, err := dayIn(now, d.Zone)
		if err != nil {
			return n, err
		}
		var done bool
		switch {
		case d.EndsOn < today:
			done, err = s.expire(ctx, d, today)
		case d.RemindedAt == nil && d.EndsOn.AddDays(-d.RemindDays) <= today:
			done, err = s.remind(ctx, d)
		}
		if err != nil {
			return n, fmt.Errorf("follow agreement: %w", err)
		}
		if done {
			n++
		}
	}
	return n, nil
}

// dueAgreement is one that the calendar may ask something of.
type dueAgreement struct {
	ID, PartnerID uuid.UUID
	EndsOn        clock.Day
	RemindDays    int
	RemindedAt    *time.Time
	Zone          string
}

// remind tells that an agreement ends, unless another follows it.
func (s *Service) remind(ctx context.Context, d dueAgreement) (done bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.partner(ctx, d.PartnerID, true)
		if err != nil {
			return err
		}
		followed, err := s.inForce(ctx, d.PartnerID, d.EndsOn.AddDays(1))
		if err != nil || followed || p.State == Ended {
			return err // it is asked again: what follows may be corrected
		}
		if done, err = s.markReminded(ctx, d.ID, s.clock.Now()); err != nil || !done {
			return err
		}
		return s.tellAgreement(ctx, p, d, "agreement.ending")
	})
	return done, err
}

// expire deals with an agreement that is over: without another in force the
// partner stops.
func (s *Service) expire(ctx context.Context, d dueAgreement, today clock.Day) (done bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.partner(ctx, d.PartnerID, true)
		if err != nil {
			return err
		}
		if done, err = s.markExpired(ctx, d.ID, s.clock.Now()); err != nil || !done {
			return err
		}
		followed, err := s.inForce(ctx, d.PartnerID, today)
		if err != nil || followed || p.State == Ended {
			return err
		}
		if err := s.tellAgreement(ctx, p, d, "agreement.expired"); err != nil {
			return err
		}
		return s.stop(ctx, p)
	})
	return done, err
}

// stop suspends an active partner whose agreement is over.
func (s *Service) stop(ctx context.Context, p Partner) error {
	from := p.State
	to, allowed := from.Next(StepSuspend)
	if !allowed {
		return nil
	}
	p.State, p.StateReason, p.UpdatedAt = to, AgreementEnded, s.clock.Now()
	if err := s.moveState(ctx, p, from); err != nil {
		return err
	}
	if err := s.tell(ctx, p, "partner.suspended"); err != nil {
		return err
	}
	return s.note(ctx, p.ID, "suspended", AgreementEnded, map[string]any{"from": from, "to": to})
}

func (s *Service) tellAgreement(ctx context.Context, p Partner, d dueAgreement, kind string) error {
	return s.events.Publish(ctx, events.Event{
		Kind: kind, SubjectID: d.ID, PartnerID: p.ID,
		Payload: map[string]any{"agreement_id": d.ID, "partner_id": p.ID, "branch_id": p.BranchID, "ends_on": d.EndsOn},
	})
}

// dayIn returns what day it is at t in a zone of the IANA.
func dayIn(t time.Time, zone string) (clock.Day, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return "", err
	}
	return clock.DayOf(t, loc), nil
}
