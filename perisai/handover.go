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
	ErrRestricted           = fault.New(fault.Conflict, "processing_restricted", "Processing of this person's data is restricted. The branch gives the link.")
)

// HandOver makes a code by which the phone of a registered person fetches the
// card, as participants.Service.BeginActivation does, for the wadah through
// which the person was registered. Errors: ErrRegistrationNotFound, also for
// another wadah's; ErrHandOverLate; ErrRestricted: who withdrew their consent
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
		a, err = s.participants.BeginActivationFor(ctx, participantID, who.ID)
		return err
	})
	return participantID, a, err
}
