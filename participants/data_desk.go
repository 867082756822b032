package participants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// AskFor notes what a person asks at a desk, within the reach of
// actor.HandleRequests. A withdrawal is done at once; everything else waits for
// staff, also seeing and exporting, which HandOver answers. While one of the
// same kind waits it is returned instead, with made false. Errors: ErrNotFound,
// ErrInvalid, ErrRequestText.
func (s *Service) AskFor(ctx context.Context, participantID uuid.UUID, kind RequestKind, note pii.Text) (out DataRequest, made bool, err error) {
	switch kind {
	case AskSee, AskExport, AskCorrect, AskWithdraw, AskErase:
	default:
		return DataRequest{}, false, ErrInvalid.With(fault.Field{Pointer: "/kind", Code: errUnknown.Code})
	}
	text, err := requestText(note, 0)
	if err != nil {
		return DataRequest{}, false, ErrRequestText.At("/note")
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.visible(ctx, participantID, actor.HandleRequests)
		if err != nil {
			return err
		}
		if !actor.From(ctx).Scope(actor.HandleRequests).HasBranch(row.BranchID) { // reached through a membership only
			return ErrNotFound
		}
		out, made, err = s.askFor(ctx, participantID, kind, text)
		return err
	})
	if err != nil {
		return DataRequest{}, false, fmt.Errorf("note data request: %w", err)
	}
	return out, made, nil
}

func (s *Service) askFor(ctx context.Context, id uuid.UUID, kind RequestKind, note string) (DataRequest, bool, error) {
	if kind == AskWithdraw {
		return s.ask(ctx, id, kind, note)
	}
	person, err := s.locked(ctx, id)
	if err != nil {
		return DataRequest{}, false, err
	}
	row, err := s.waiting(ctx, id, kind)
	if err != nil {
		return DataRequest{}, false, err
	}
	if row != nil {
		out, err := s.shownRequest(row)
		return out, false, err
	}
	now := s.clock.Now()
	row = &requestRow{
		ParticipantID: id, ID: uid.At(now), BranchID: person.BranchID, Kind: string(kind), State: string(RequestOpen),
		DueAt: now.Add(RequestTime), CreatedAt: now,
	}
	row.NoteSealed = s.keys.Seal(row.place("note_sealed"), note)
	if err := s.insertRequest(ctx, row); err != nil {
		return DataRequest{}, false, err
	}
	out, err := s.shownRequest(row)
	if err != nil {
		return DataRequest{}, false, err
	}
	return out, true, s.tellRequest(ctx, row)
}

// HandOver returns what this room knows of the person of a request to see or to
// export, to be given to them, and closes the request. It may be done again. The
// person sees that somebody looked. Errors: ErrRequestNotFound, ErrRequestKind,
// ErrRequestState.
func (s *Service) HandOver(ctx context.Context, id uuid.UUID) (OwnData, error) {
	var out OwnData
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.requestInReach(ctx, id, actor.HandleRequests)
		if err != nil {
			return err
		}
		if err := row.must([]RequestKind{AskSee, AskExport}, RequestOpen, RequestDone); err != nil {
			return err
		}
		if out, err = s.Own(actor.With(ctx, actor.Actor{Kind: actor.Participant, ID: row.ParticipantID})); err != nil {
			return err
		}
		if err := s.noteAccess(WithReason(ctx, ForDataRequest), lookAtRequest, []seen{{row.ParticipantID, row.BranchID}}); err != nil {
			return err
		}
		if row.State == string(RequestDone) {
			return nil
		}
		now := s.clock.Now()
		row.State, row.DecidedBy, row.DecidedAt = string(RequestDone), orNull(actor.From(ctx).ID), &now
		if err := s.updateRequest(ctx, row); err != nil {
			return err
		}
		return s.tellRequest(ctx, row)
	})
	if err != nil {
		return OwnData{}, fmt.Errorf("hand over data: %w", err)
	}
	return out, nil
}

// Waiting counts the requests within reach of actor.HandleRequests that wait for
// staff, and those of them whose time is over.
func (s *Service) Waiting(ctx context.Context) (open, overdue int64, err error) {
	return s.countWaiting(ctx, actor.From(ctx).Scope(actor.HandleRequests), s.clock.Now())
}
