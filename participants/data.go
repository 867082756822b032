package participants

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// RequestKind is what a person asks about their data (law 27/2022).
type RequestKind string

// The kinds of request.
const (
	AskSee      RequestKind = "see"      // article 32
	AskExport   RequestKind = "export"   // article 13
	AskCorrect  RequestKind = "correct"  // article 30
	AskWithdraw RequestKind = "withdraw" // article 40
	AskErase    RequestKind = "erase"    // articles 43 and 44
)

// RequestState is how far a request is.
type RequestState string

// The states. Done, refused and cancelled are for ever.
const (
	RequestOpen      RequestState = "open"
	RequestPrepared  RequestState = "prepared" // an erasure that waits for a second person
	RequestDone      RequestState = "done"
	RequestRefused   RequestState = "refused"
	RequestCancelled RequestState = "cancelled"
)

// RequestTime is within which a request must be answered: 3 × 24 hours.
const RequestTime = 72 * time.Hour

// RequestTextMost is how long a note or an answer may be, in characters.
const RequestTextMost = 1000

// DataRequest is what a person asked about their data.
type DataRequest struct {
	ID, ParticipantID, BranchID uuid.UUID
	Kind                        RequestKind
	State                       RequestState
	Note                        pii.Text // of the person; only where one request is read
	Answer                      pii.Text // of the staff
	DueAt, CreatedAt            time.Time
	PreparedBy, DecidedBy       uuid.UUID  // zero: nobody yet, or the program at once
	PreparedAt, DecidedAt       *time.Time // nil: not yet
	Overdue                     bool       // waits for staff beyond its time
}

// Faults of data requests.
var (
	ErrRequestNotFound = fault.New(fault.NotFound, "data_request_not_found", "There is no such data request.")
	ErrRequestState    = fault.New(fault.Conflict, "data_request_state", "The data request is not in a state in which this can be done.")
	ErrRequestKind     = fault.New(fault.Conflict, "data_request_kind", "This is not done with a data request of this kind.")
	ErrRequestText     = fault.New(fault.Invalid, "data_request_text", "A note has at most 1,000 characters, an answer between one and that, and neither has control characters but line ends.")
	ErrOwnPreparation  = fault.New(fault.Forbidden, "own_preparation", "Nobody approves an erasure that they prepared themselves.")
)

// requestText trims a note or an answer.
func requestText(text pii.Text, least int) (string, error) {
	s := strings.TrimSpace(strings.ReplaceAll(text.Reveal(), "\r\n", "\n"))
	bad := func(r rune) bool { return r != '\n' && isControl(r) }
	if n := utf8.RuneCountInString(s); n < least || n > RequestTextMost || !utf8.ValidString(s) || strings.ContainsFunc(s, bad) {
		return "", ErrRequestText
	}
	return s, nil
}

// own returns the participant who acts, or ErrNotFound.
func own(ctx context.Context) (uuid.UUID, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant {
		return uuid.Nil, ErrNotFound
	}
	return who.ID, nil
}

// Ask makes a request of the participant who acts. Seeing, exporting and
// withdrawing are done at once; correcting and erasing wait for staff. While one
// of the same kind waits it is returned instead, with made false. Errors:
// ErrNotFound, ErrInvalid, ErrRequestText.
func (s *Service) Ask(ctx context.Context, kind RequestKind, note pii.Text) (out DataRequest, made bool, err error) {
	id, err := own(ctx)
	if err != nil {
		return DataRequest{}, false, err
	}
	switch kind {
	case AskSee, AskExport, AskCorrect, AskWithdraw, AskErase:
	default:
		return DataRequest{}, false, ErrInvalid.With(fault.Field{Pointer: "/kind", Code: errUnknown.Code})
	}
	text, err := requestText(note, 0)
	if err != nil {
		return DataRequest{}, false, ErrRequestText.At("/note")
	}
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		out, made, err = s.ask(ctx, id, kind, text)
		return err
	})
	if err != nil {
		return DataRequest{}, false, fmt.Errorf("make data request: %w", err)
	}
	return out, made, nil
}

func (s *Service) ask(ctx context.Context, id uuid.UUID, kind RequestKind, note string) (DataRequest, bool, error) {
	person, err := s.locked(ctx, id)
	if err != nil {
		return DataRequest{}, false, err
	}
	now := s.clock.Now()
	if row, err := s.waiting(ctx, id, kind); err != nil || row != nil {
		if err != nil {
			return DataRequest{}, false, err
		}
		out, err := s.shownRequest(row)
		return out, false, err
	}
	row := &requestRow{
		ParticipantID: id, ID: uid.At(now), BranchID: person.BranchID, Kind: string(kind), State: string(RequestOpen),
		DueAt: now.Add(RequestTime), CreatedAt: now,
	}
	row.NoteSealed = s.keys.Seal(row.place("note_sealed"), note)
	if kind == AskWithdraw {
		if err := s.withdraw(ctx, person); err != nil {
			return DataRequest{}, false, err
		}
	}
	if kind == AskSee || kind == AskExport || kind == AskWithdraw {
		row.State, row.DecidedAt = string(RequestDone), &now
	}
	if err := s.insertRequest(ctx, row); err != nil {
		return DataRequest{}, false, err
	}
	out, err := s.shownRequest(row)
	if err != nil {
		return DataRequest{}, false, err
	}
	return out, true, s.tellRequest(ctx, row)
}

// withdraw withdraws what consents there are and restricts the processing, also
// of a person whose data came without a consent of their own (article 41).
func (s *Service) withdraw(ctx context.Context, person *participantRow) error {
	n, err := s.withdrawAll(ctx, person.ID, s.clock.Now())
	if err != nil {
		return err
	}
	return s.restrict(ctx, person, true, "consent.withdrawn", map[string]any{"consents": n})
}

const requestSubject = "data_request"

// tellRequest publishes that a request was opened or is over, and appends to the
// audit log, last of all.
func (s *Service) tellRequest(ctx context.Context, r *requestRow) error {
	verb, kind := r.State, "data_request.done"
	switch RequestState(r.State) {
	case RequestOpen:
		verb, kind = "opened", "data_request.opened"
	case RequestPrepared:
		kind = ""
	case RequestDone, RequestRefused, RequestCancelled:
	}
	if kind != "" {
		if err := s.events.Publish(ctx, r.event(kind)); err != nil {
			return err
		}
	}
	return s.audit.Append(ctx, audit.Event{
		Action: "data_request." + verb, Subject: audit.Subject{Kind: requestSubject, ID: r.ID},
		Details: map[string]any{"participant_id": r.ParticipantID, "kind": r.Kind},
	})
}

// event tells of a request, never of what it says.
func (r *requestRow) event(kind string) events.Event {
	return events.Event{
		Kind: kind, SubjectID: r.ID, ParticipantID: r.ParticipantID,
		Payload: map[string]any{"request_id": r.ID, "branch_id": r.BranchID, "kind": r.Kind, "state": r.State, "due_at": r.DueAt},
	}
}

// OwnRequests returns the requests of the participant who acts, newest first.
// Errors: ErrNotFound.
func (s *Service) OwnRequests(ctx context.Context, r page.Request) (page.Of[DataRequest], error) {
	id, err := own(ctx)
	if err != nil {
		return page.Of[DataRequest]{}, err
	}
	rows, err := s.requestsOf(ctx, id, r)
	if err != nil {
		return page.Of[DataRequest]{}, err
	}
	return s.shownRequests(page.Cut(rows, r, func(r requestRow) uuid.UUID { return r.ID }))
}

// CancelRequest takes back a request of the participant who acts while it waits
// for staff; twice is once. Errors: ErrRequestNotFound, ErrRequestState.
func (s *Service) CancelRequest(ctx context.Context, id uuid.UUID) error {
	person, err := own(ctx)
	if err != nil {
		return ErrRequestNotFound
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.locked(ctx, person); err != nil {
			return ErrRequestNotFound
		}
		row, err := s.request(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case row.ParticipantID != person:
			return ErrRequestNotFound
		case row.State == string(RequestCancelled):
			return nil
		case !row.waits():
			return ErrRequestState
		}
		now := s.clock.Now()
		row.State, row.DecidedAt = string(RequestCancelled), &now
		if err := s.updateRequest(ctx, row); err != nil {
			return err
		}
		return s.tellRequest(ctx, row)
	})
}

// locked locks a person who is there and not erased, or returns ErrNotFound.
func (s *Service) locked(ctx context.Context, id uuid.UUID) (*participantRow, error) {
	all, err := s.lockParticipants(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	row, ok := all[id]
	if !ok {
		return nil, ErrNotFound
	}
	return row, nil
}

func (s *Service) shownRequest(r *requestRow) (DataRequest, error) {
	note, err := s.keys.Unseal(r.place("note_sealed"), r.NoteSealed)
	if err != nil {
		return DataRequest{}, fmt.Errorf("open note: %w", err)
	}
	answer, err := s.keys.Unseal(r.place("answer_sealed"), r.AnswerSealed)
	if err != nil {
		return DataRequest{}, fmt.Errorf("open answer: %w", err)
	}
	return DataRequest{
		ID: r.ID, ParticipantID: r.ParticipantID, BranchID: r.BranchID, Kind: RequestKind(r.Kind), State: RequestState(r.State),
		Note: pii.Text(note), Answer: pii.Text(answer), DueAt: r.DueAt.UTC(), CreatedAt: r.CreatedAt.UTC(),
		PreparedBy: orZero(r.PreparedBy), DecidedBy: orZero(r.DecidedBy), PreparedAt: r.PreparedAt, DecidedAt: r.DecidedAt,
		Overdue: r.waits() && s.clock.Now().After(r.DueAt),
	}, nil
}

func (s *Service) shownRequests(p page.Of[requestRow]) (page.Of[DataRequest], error) {
	out := page.Of[DataRequest]{Items: make([]DataRequest, len(p.Items)), NextCursor: p.NextCursor}
	for i := range p.Items {
		var err error
		if out.Items[i], err = s.shownRequest(&p.Items[i]); err != nil {
			return page.Of[DataRequest]{}, err
		}
	}
	return out, nil
}
