package cards

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
)

// RunKind is what a run makes.
type RunKind string

// The kinds of run.
const (
	RunSheet RunKind = "sheet" // printed cards on A4 sheets
	RunLinks RunKind = "links" // a link to the card on a phone, sent to the phone on record
)

// RunState is where a run stands: running ⇒ done or cancelled, and from each of
// these revoked, for ever.
type RunState string

// The states of a run.
const (
	RunRunning   RunState = "running"
	RunDone      RunState = "done"
	RunCancelled RunState = "cancelled"
	RunRevoked   RunState = "revoked"
)

// Bounds of a run.
const (
	MaxRun    = 10_000 // people
	runSheet  = maxSheet
	selectRun = 1000 // ids read at once while people are selected
)

// Run is one order of cards for many people. Its people are worked off in
// order, in the background; after a stop it goes on at the next one.
type Run struct {
	ID        uuid.UUID
	BranchID  uuid.UUID // zero: people of several branches
	Kind      RunKind
	State     RunState
	Total     int
	Done      int
	Failed    int
	CreatedBy uuid.UUID
	CreatedAt time.Time
	// FinishedAt is zero while there is work left: cards to make, or, of a
	// revoked run, to end.
	FinishedAt time.Time
}

// Sheets returns how many documents of at most 200 cards are ready to print.
func (r Run) Sheets() int {
	worked := r.Done + r.Failed
	switch {
	case r.Kind != RunSheet || r.State == RunRevoked:
		return 0
	case r.State == RunRunning && worked < r.Total:
		return worked / runSheet
	}
	return (worked + runSheet - 1) / runSheet
}

// NewRun orders cards for the people named, in that order, or for those that a
// filter finds. Exactly one of the two is set.
type NewRun struct {
	Kind           RunKind
	ParticipantIDs []uuid.UUID
	Filter         *RunFilter
}

// RunFilter narrows whom a run is for; zero fields do not.
type RunFilter struct {
	participants.Selection
	WithoutCard bool // only who has no active card of the kind that the run makes
}

// Failure is somebody for whom a run made nothing, and why.
type Failure struct {
	Seq           int // from 1, the place in the run
	ParticipantID uuid.UUID
	Code          string // processing_restricted, participant_not_found, phone_none, internal
}

// Faults of runs.
var (
	// ErrRunNotFound occurs when there is no such run within the actor's reach.
	ErrRunNotFound = fault.New(fault.NotFound, "card_run_not_found", "There is no such run.")
	// ErrSheetNotFound occurs when a run has no such sheet, or not yet.
	ErrSheetNotFound = fault.New(fault.NotFound, "card_sheet_not_found", "This run has no such sheet, or not yet.")
	// ErrRunWho occurs unless a run names people or a filter, and not both.
	ErrRunWho = fault.New(fault.Invalid, "card_run_who", "Name the people or a filter, one of the two.")
	// ErrRunEmpty occurs when nobody is meant.
	ErrRunEmpty = fault.New(fault.Invalid, "card_run_empty", "Nobody is meant by this.")
	// ErrRunTooMany occurs when more people are meant than a run may have.
	ErrRunTooMany = fault.New(fault.Invalid, "card_run_too_many", "A run is for at most 10,000 people; narrow it.")
	// ErrRunState occurs when a run is not in a state for what is asked.
	ErrRunState = fault.New(fault.Conflict, "card_run_state", "The run is over already.")
	// ErrCannotSend occurs when links are ordered and no way to send is set up.
	ErrCannotSend = fault.New(fault.Conflict, "messages_off", "No way to send messages is set up on this server.")
)

// StartRun orders a run within the reach of actor.IssueCards; WorkRuns does the
// work. It returns ErrRunWho, ErrRunEmpty, ErrRunTooMany, ErrRunsAtOnce, ErrCannotSend, or
// ErrParticipant when somebody named is not within reach.
func (s *Service) StartRun(ctx context.Context, n NewRun) (Run, error) {
	if (len(n.ParticipantIDs) > 0) == (n.Filter != nil) {
		return Run{}, ErrRunWho
	}
	if n.Kind == RunLinks && !s.people.CanSend() {
		return Run{}, ErrCannotSend
	}
	ids, branch, err := s.whom(ctx, n)
	if err != nil {
		return Run{}, fmt.Errorf("start card run: %w", err)
	}
	now := s.clock.Now()
	r := Run{
		ID: uid.At(now), BranchID: branch, Kind: n.Kind, State: RunRunning, Total: len(ids), CreatedBy: actor.From(ctx).ID, CreatedAt: now,
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.room(ctx, branch); err != nil {
			return err
		}
		if err := s.insertRun(ctx, r, n.Filter, ids); err != nil {
			return err
		}
		return s.auditRun(ctx, "card_run.created", r)
	})
	if err != nil {
		return Run{}, fmt.Errorf("start card run: %w", err)
	}
	return r, nil
}

// whom returns whom a run is for, each once, and their branch when it is
// one: all within reach, by the branch at which their cards would be issued.
func (s *Service) whom(ctx context.Context, n NewRun) (ids []uuid.UUID, branch uuid.UUID, err error) {
	if n.Filter == nil {
		if ids, err = s.named(ctx, n.ParticipantIDs); err != nil {
			return nil, uuid.Nil, err
		}
	} else if ids, err = s.filtered(ctx, n); err != nil {
		return nil, uuid.Nil, err
	}
	if len(ids) == 0 {
		return nil, uuid.Nil, ErrRunEmpty
	}
	branch, err = s.oneBranch(ctx, ids)
	return ids, branch, err
}

func (s *Service) named(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	seen, out := make(map[uuid.UUID]bool, len(ids)), make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	if len(out) > MaxRun {
		return nil, ErrRunTooMany
	}
	within, err := s.withinReach(ctx, out)
	if err != nil {
		return nil, err
	}
	if len(within) < len(out) {
		return nil, ErrParticipant.At("/participant_ids")
	}
	return out, nil
}

func (s *Service) filtered(ctx context.Context, n NewRun) ([]uuid.UUID, error) {
	var out []uuid.UUID
	sel := n.Filter.Selection
	for {
		ids, err := s.people.Select(ctx, sel, selectRun)
		if err != nil {
			return nil, err
		}
		last := len(ids) < selectRun
		if !last {
			sel.After = ids[len(ids)-1]
		}
		if n.Filter.WithoutCard {
			if ids, err = s.withoutCard(ctx, ids, formOf(n.Kind)); err != nil {
				return nil, err
			}
		}
		if ids, err = s.withinReach(ctx, ids); err != nil {
			return nil, err
		}
		if out = append(out, ids...); len(out) > MaxRun {
			return nil, ErrRunTooMany
		}
		if last {
			return out, nil
		}
	}
}

func formOf(k RunKind) Form {
	if k == RunLinks {
		return Phone
	}
	return Printed
}

// withoutCard keeps those who have no good card of the form.
func (s *Service) withoutCard(ctx context.Context, ids []uuid.UUID, form Form) ([]uuid.UUID, error) {
	has := map[uuid.UUID]uuid.UUID{}
	if form == Printed {
		var err error
		if has, err = s.goodPrinted(ctx, ids); err != nil {
			return nil, err
		}
	} else {
		all, err := s.activeCards(ctx, ids, form)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			has[c.ParticipantID] = c.ID
		}
	}
	return slices.DeleteFunc(ids, func(id uuid.UUID) bool { return has[id] != uuid.Nil }), nil
}

// withinReach keeps those for whom the actor may issue a card, as Issue judges it.
func (s *Service) withinReach(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	standings, err := s.people.Standings(ctx, ids)
	if err != nil {
		return nil, err
	}
	reach := actor.From(ctx).Scope(actor.IssueCards)
	return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool {
		standing, known := standings[id]
		return !known || !reach.HasBranch(standing.BranchID)
	}), nil
}

// oneBranch returns the branch that all these people have in common, or zero.
func (s *Service) oneBranch(ctx context.Context, ids []uuid.UUID) (uuid.UUID, error) {
	standings, err := s.people.Standings(ctx, ids)
	if err != nil {
		return uuid.Nil, err
	}
	branch := standings[ids[0]].BranchID
	for _, id := range ids {
		if standings[id].BranchID != branch {
			return uuid.Nil, nil
		}
	}
	return branch, nil
}

// GetRun returns a run within reach, or ErrRunNotFound.
func (s *Service) GetRun(ctx context.Context, id uuid.UUID) (Run, error) {
	r, err := s.loadRun(ctx, id, false)
	if err != nil {
		return Run{}, fmt.Errorf("get card run: %w", err)
	}
	if !sees(ctx, r) {
		return Run{}, ErrRunNotFound
	}
	return r, nil
}

// sees reports whether a run lies within reach: its branch does, or, of a run
// across branches, all do or the actor started it.
func sees(ctx context.Context, r Run) bool {
	who := actor.From(ctx)
	reach := who.Scope(actor.IssueCards)
	if r.BranchID == uuid.Nil {
		return reach.National || r.CreatedBy == who.ID && len(reach.Branches) > 0
	}
	return reach.HasBranch(r.BranchID)
}

// ListRuns returns runs within reach, the newest first.
func (s *Service) ListRuns(ctx context.Context, req page.Request) (page.Of[Run], error) {
	who := actor.From(ctx)
	rows, err := s.loadRuns(ctx, who.Scope(actor.IssueCards), who.ID, req)
	if err != nil {
		return page.Of[Run]{}, fmt.Errorf("list card runs: %w", err)
	}
	return page.Cut(rows, req, func(r Run) uuid.UUID { return r.ID }), nil
}

// CancelRun stops a run: what was made stays, the rest is not made. It returns
// ErrRunNotFound or ErrRunState.
func (s *Service) CancelRun(ctx context.Context, id uuid.UUID) (Run, error) {
	return s.changeRun(ctx, id, "card_run.cancelled", func(r *Run) error {
		if r.State != RunRunning {
			return ErrRunState
		}
		r.State, r.FinishedAt = RunCancelled, s.clock.Now()
		return nil
	})
}

// RevokeRun takes a run back: every card that it issued itself is ended, with
// the reason run_revoked, and every link that it sent and nobody opened.
// WorkRuns ends them within seconds; FinishedAt is zero until it has. It
// returns ErrRunNotFound or ErrRunState.
func (s *Service) RevokeRun(ctx context.Context, id uuid.UUID) (Run, error) {
	return s.changeRun(ctx, id, "card_run.revoked", func(r *Run) error {
		if r.State == RunRevoked {
			return ErrRunState
		}
		r.State, r.FinishedAt = RunRevoked, time.Time{}
		return nil
	})
}

func (s *Service) changeRun(ctx context.Context, id uuid.UUID, action string, change func(*Run) error) (Run, error) {
	var r Run
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if r, err = s.loadRun(ctx, id, true); err != nil {
			return err
		}
		if !sees(ctx, r) {
			return ErrRunNotFound
		}
		if err := change(&r); err != nil {
			return err
		}
		if err := s.updateRun(ctx, r); err != nil {
			return err
		}
		return s.auditRun(ctx, action, r)
	})
	if err != nil {
		return Run{}, fmt.Errorf("change card run: %w", err)
	}
	return r, nil
}

func (s *Service) auditRun(ctx context.Context, action string, r Run) error {
	details := map[string]any{"kind": r.Kind, "total": r.Total, "done": r.Done, "failed": r.Failed}
	if r.BranchID != uuid.Nil {
		details["branch_id"] = r.BranchID
	}
	return s.audit.Append(ctx, audit.Event{Action: action, Subject: audit.Subject{Kind: "card_run", ID: r.ID}, Details: details})
}

// RunSheet draws the n-th sheet of a run, n from 1: the cards of 200 people on
// 20 pages. Nothing is kept: the cards are read and drawn at every call; those
// that have ended since, and those that people brought from a branch beyond the
// actor's reach, are left out. It returns ErrRunNotFound or ErrSheetNotFound.
func (s *Service) RunSheet(ctx context.Context, id uuid.UUID, n int) ([]byte, error) {
	r, err := s.GetRun(ctx, id)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > r.Sheets() {
		return nil, ErrSheetNotFound
	}
	all, err := s.runCards(ctx, id, (n-1)*runSheet+1, n*runSheet)
	if err != nil {
		return nil, fmt.Errorf("read card sheet: %w", err)
	}
	reach := actor.From(ctx).Scope(actor.IssueCards)
	all = slices.DeleteFunc(all, func(c Card) bool { return !reach.HasBranch(c.BranchID) })
	return s.SheetPDF(all)
}

// RunFailures returns for whom a run made nothing, in order. It returns
// ErrRunNotFound.
func (s *Service) RunFailures(ctx context.Context, id uuid.UUID) ([]Failure, error) {
	if _, err := s.GetRun(ctx, id); err != nil {
		return nil, err
	}
	out, err := s.loadFailures(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read failures of card run: %w", err)
	}
	return out, nil
}
