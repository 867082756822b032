package participants

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
)

// RequestFilter narrows a list of requests; zero fields do not.
type RequestFilter struct {
	State   RequestState
	Kind    RequestKind
	Waiting bool // open or prepared
	Overdue bool // waiting beyond their time
}

// Requests returns the requests within reach of actor.HandleRequests, newest
// first, without what they say.
func (s *Service) Requests(ctx context.Context, f RequestFilter, r page.Request) (page.Of[DataRequest], error) {
	rows, err := s.listRequests(ctx, listing{actor.From(ctx).Scope(actor.HandleRequests), f, r, s.clock.Now()})
	if err != nil {
		return page.Of[DataRequest]{}, err
	}
	for i := range rows {
		rows[i].NoteSealed, rows[i].AnswerSealed = nil, nil
	}
	return s.shownRequests(page.Cut(rows, r, func(r requestRow) uuid.UUID { return r.ID }))
}

// Request returns one request within reach with what it says; the person sees
// that somebody looked. Errors: ErrRequestNotFound.
func (s *Service) Request(ctx context.Context, id uuid.UUID) (DataRequest, error) {
	row, err := s.requestInReach(ctx, id, actor.HandleRequests)
	if err != nil {
		return DataRequest{}, err
	}
	out, err := s.shownRequest(row)
	if err != nil {
		return DataRequest{}, err
	}
	return out, s.noteAccess(ctx, lookAtRequest, []seen{{row.ParticipantID, row.BranchID}})
}

func (s *Service) requestInReach(ctx context.Context, id uuid.UUID, p actor.Permission) (*requestRow, error) {
	row, err := s.request(ctx, id)
	if err != nil {
		return nil, err
	}
	if !actor.From(ctx).Scope(p).HasBranch(row.BranchID) {
		return nil, ErrRequestNotFound
	}
	return row, nil
}

// decide takes one request within reach through a step of staff: change says
// what becomes of it.
func (s *Service) decide(ctx context.Context, id uuid.UUID, p actor.Permission, change func(context.Context, *requestRow) error) (DataRequest, error) {
	var out DataRequest
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.requestInReach(ctx, id, p)
		if err != nil {
			return err
		}
		// The person's lock puts steps of one request in order; the row is read again behind it.
		if _, err := s.lockParticipants(ctx, []uuid.UUID{row.ParticipantID}); err != nil {
			return err
		}
		if row, err = s.request(ctx, id); err != nil {
			return err
		}
		if err := change(ctx, row); err != nil {
			return err
		}
		if err := s.updateRequest(ctx, row); err != nil {
			return err
		}
		if out, err = s.shownRequest(row); err != nil {
			return err
		}
		if out.Note != "" { // the answer shows it
			if err := s.noteAccess(WithReason(ctx, ForDataRequest), lookAtRequest, []seen{{row.ParticipantID, row.BranchID}}); err != nil {
				return err
			}
		}
		return s.tellRequest(ctx, row)
	})
	if err != nil {
		return DataRequest{}, fmt.Errorf("decide data request: %w", err)
	}
	return out, nil
}

// CompleteRequest closes a correction with an answer; the data were corrected by
// Update before. Errors: ErrRequestNotFound, ErrRequestKind, ErrRequestState,
// ErrRequestText.
func (s *Service) CompleteRequest(ctx context.Context, id uuid.UUID, answer pii.Text) (DataRequest, error) {
	return s.answer(ctx, id, answer, RequestDone, AskCorrect)
}

// RefuseRequest closes a correction or an erasure without doing it; the answer
// says why (articles 33 and 43). Errors: as of CompleteRequest.
func (s *Service) RefuseRequest(ctx context.Context, id uuid.UUID, answer pii.Text) (DataRequest, error) {
	return s.answer(ctx, id, answer, RequestRefused, AskCorrect, AskErase)
}

func (s *Service) answer(ctx context.Context, id uuid.UUID, answer pii.Text, to RequestState, kinds ...RequestKind) (DataRequest, error) {
	text, err := requestText(answer, 1)
	if err != nil {
		return DataRequest{}, ErrRequestText.At("/answer")
	}
	return s.decide(ctx, id, actor.HandleRequests, func(ctx context.Context, r *requestRow) error {
		if err := r.must(kinds, RequestOpen, RequestPrepared); err != nil {
			return err
		}
		now := s.clock.Now()
		r.State, r.DecidedBy, r.DecidedAt = string(to), orNull(actor.From(ctx).ID), &now
		r.AnswerSealed = s.keys.Seal(r.place("answer_sealed"), text)
		return nil
	})
}

// PrepareErasure says that an erasure was looked into and may be done; somebody
// else approves it. Errors: ErrRequestNotFound, ErrRequestKind, ErrRequestState.
func (s *Service) PrepareErasure(ctx context.Context, id uuid.UUID) (DataRequest, error) {
	return s.decide(ctx, id, actor.HandleRequests, func(ctx context.Context, r *requestRow) error {
		if err := r.must([]RequestKind{AskErase}, RequestOpen); err != nil {
			return err
		}
		now := s.clock.Now()
		r.State, r.PreparedBy, r.PreparedAt = string(RequestPrepared), orNull(actor.From(ctx).ID), &now
		return nil
	})
}

// ApproveErasure erases the person of a prepared request: in one transaction
// here and in every room that OnErase names. It cannot be undone. Errors:
// ErrRequestNotFound, ErrRequestKind, ErrRequestState, ErrOwnPreparation.
func (s *Service) ApproveErasure(ctx context.Context, id uuid.UUID) (DataRequest, error) {
	joined := s.db.InTransaction(ctx)
	var done Erasure
	out, err := s.decide(ctx, id, actor.ApproveErasure, func(ctx context.Context, r *requestRow) error {
		if err := r.must([]RequestKind{AskErase}, RequestPrepared); err != nil {
			return err
		}
		who, now := actor.From(ctx).ID, s.clock.Now()
		if orZero(r.PreparedBy) == who {
			return ErrOwnPreparation
		}
		done = Erasure{ParticipantID: r.ParticipantID, RequestID: r.ID, ErasedAt: now}
		if err := s.erase(ctx, done); err != nil {
			return err
		}
		r.State, r.DecidedBy, r.DecidedAt, r.NoteSealed, r.AnswerSealed = string(RequestDone), orNull(who), &now, nil, nil
		return nil
	})
	if err != nil {
		return DataRequest{}, err
	}
	if !joined { // else the caller's transaction is not over; CatchUp comes by
		s.afterErasure(ctx, done)
	}
	return out, nil
}

// must returns why a step does not fit the request.
func (r *requestRow) must(kinds []RequestKind, states ...RequestState) error {
	switch {
	case !slices.Contains(kinds, RequestKind(r.Kind)):
		return ErrRequestKind
	case !slices.Contains(states, RequestState(r.State)):
		return ErrRequestState
	}
	return nil
}

// TellOverdue publishes one event for each request whose time is over and that
// still waits for staff, and returns how many are new. The audit log remembers
// which were told. For the hourly job.
func (s *Service) TellOverdue(ctx context.Context) (int64, error) {
	late, err := s.overdue(ctx, s.clock.Now())
	if err != nil {
		return 0, err
	}
	var n int64
	for _, r := range late {
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			if _, err := s.lockParticipants(ctx, []uuid.UUID{r.ParticipantID}); err != nil {
				return err
			}
			row, err := s.request(ctx, r.ID)
			if err != nil || !row.waits() {
				return err
			}
			told, err := s.toldOverdue(ctx, r.ID)
			if err != nil || told {
				return err
			}
			if err := s.events.Publish(ctx, row.event("data_request.overdue")); err != nil {
				return err
			}
			n++
			return s.audit.Append(ctx, audit.Event{
				Action: overdueAction, Subject: audit.Subject{Kind: requestSubject, ID: r.ID}, Details: map[string]any{"kind": row.Kind},
			})
		})
		if err != nil {
			return n, fmt.Errorf("tell overdue data request: %w", err)
		}
	}
	return n, nil
}

const overdueAction = "data_request.overdue"

// toldOverdue reports whether the log holds it already. A request passes through
// a handful of steps: one page holds them all.
func (s *Service) toldOverdue(ctx context.Context, id uuid.UUID) (bool, error) {
	entries, err := s.audit.List(actor.With(ctx, actor.System()), audit.Filter{SubjectKind: requestSubject, SubjectID: id}, page.Request{Limit: page.Max})
	if err != nil {
		return false, err
	}
	for _, e := range entries.Items {
		if e.Action == overdueAction {
			return true, nil
		}
	}
	return false, nil
}
