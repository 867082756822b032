package perisai

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/participants"
)

// HandOverDays is for how many days after the registration the wadah may give
// the person the link to the card.
const HandOverDays = 30

// Refusals of a hand-over.
var (
	ErrRegistrationNotFound = fault.New(fault.NotFound, "registration_not_found", "There is no such registration.")
	ErrHandOverLate         = fault.New(fault.Conflict, "hand_over_late", "The registration is older than 30 days. The branch gives the link now.")
	ErrHandedOver           = fault.New(fault.Conflict, "hand_over_done", "This person has put a card on a phone already. For another phone the branch gives the link, or the person asks for it with their own data.")
	ErrRestricted           = fault.New(fault.Conflict, "processing_restricted", "Processing of this person's data is restricted. The branch gives the link.")
)

// HandOver makes a code by which the phone of a registered person fetches the
// card, as participants.Service.BeginActivation does, for the wadah through
// which the person was registered. Errors: ErrRegistrationNotFound, also for
// another wadah's; ErrHandOverLate; ErrHandedOver once a phone took a card, so
// that nobody takes it back to a phone of their own; ErrRestricted: who withdrew their consent
// gives it again themselves or at the branch, not by way of who registered them.
func (s *Service) HandOver(ctx context.Context, registrationID uuid.UUID) (participantID uuid.UUID, a participants.Activation, err error) {
	who := actor.From(ctx)
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.registration(ctx, registrationID, who.Scope(actor.HandOver))
		if err != nil {
			return err
		}
		if row.RegisteredOn < clock.DayOf(s.clock.Now(), time.UTC).AddDays(-HandOverDays) {
			return ErrHandOverLate
		}
		participantID = row.ParticipantID
		switch standing, err := s.participants.Standing(ctx, participantID); {
		case fault.KindOf(err) == fault.NotFound: // erased
			return ErrRegistrationNotFound
		case err != nil:
			return fmt.Errorf("hand over: %w", err)
		case standing.Restricted:
			return ErrRestricted
		}
		if a, err = s.participants.BeginActivationFor(ctx, participantID, who.ID); err != nil { // holds the person, so that the next answer stays true
			return err
		}
		done, err := s.participants.Activated(ctx, participantID)
		if err == nil && done {
			err = ErrHandedOver
		}
		return err
	})
	if err != nil {
		return uuid.Nil, participants.Activation{}, err
	}
	return participantID, a, nil
}
