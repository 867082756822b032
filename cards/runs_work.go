package cards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
)

const (
	// runSlice is how many people are worked off in one transaction: few enough
	// that a till waits a tenth of a second at most.
	runSlice = 25
	runLease = time.Minute

	failedPhone    = "phone_none"
	failedInternal = "internal"
	reasonRun      = "run_revoked"

	itemWaiting = "waiting"
	itemDone    = "done"
	itemFailed  = "failed"
)

// runItem is one person of a run.
type runItem struct {
	Seq           int
	ParticipantID uuid.UUID
	State         string
	CardID        uuid.UUID
	ActivationID  uuid.UUID
	Made          bool
	Failure       string
}

// WorkRuns works off every run that has work left and returns how many people
// it worked off. Slices are transactions of their own, which hold the run's
// row: whatever stops this, the next call goes on with the first person that
// was not committed, and two servers never make the same card twice. A lease
// keeps other servers away from a run meanwhile. A person whose data cannot be
// worked on is passed over as failed, with the error returned at the end.
func (s *Service) WorkRuns(ctx context.Context) (int64, error) {
	var n int64
	var failed []error
	for {
		r, ok, err := s.leaseRun(ctx)
		if err != nil || !ok {
			return n, errors.Join(append(failed, err)...)
		}
		worked, err := s.workRun(ctx, r)
		n += worked
		if err != nil {
			failed = append(failed, fmt.Errorf("work card run: %w", err))
		}
		if ctx.Err() != nil { // told to stop: whoever comes next need not wait
			return n, errors.Join(append(failed, s.releaseRun(context.WithoutCancel(ctx), r.ID))...)
		}
		if interrupted(err) {
			return n, errors.Join(failed...)
		}
	}
}

// workRun works one run off to its end.
func (s *Service) workRun(ctx context.Context, r Run) (int64, error) {
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Job, ID: r.CreatedBy})
	var n int64
	var failed []error
	size, after := runSlice, 0
	for {
		worked, last, err := s.workSlice(ctx, r.ID, after, size)
		switch {
		case err == nil:
			n, after, size = n+int64(worked), last, runSlice
			if worked == 0 {
				return n, errors.Join(failed...)
			}
		case ctx.Err() != nil, interrupted(err):
			return n, errors.Join(append(failed, err)...)
		case size > 1:
			size = 1 // find whom it is about
		default:
			failed = append(failed, err)
			if gaveUp, err := s.giveUp(ctx, r.ID); err != nil || !gaveUp {
				return n, errors.Join(append(failed, err)...)
			}
			n++
		}
	}
}

// interrupted reports whether an error says that the work cannot go on now,
// rather than that something is wrong with one person.
func interrupted(err error) bool {
	return fault.KindOf(err) == fault.Unavailable || database.Unavailable(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// workSlice works off at most size people in one transaction and returns how
// many; 0: nothing is left. What a revoked run made is ended in order: after is
// the place up to which that has been done, and last the new one.
func (s *Service) workSlice(ctx context.Context, id uuid.UUID, after, size int) (worked, last int, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		worked, last = 0, 0
		r, err := s.loadRun(ctx, id, true)
		if err != nil {
			return err
		}
		w := &work{run: &r}
		items, err := s.workItems(ctx, w, after, size)
		if err != nil {
			return err
		}
		if r.State == RunDone || r.State == RunCancelled {
			return nil
		}
		if r.State == RunRevoked {
			last = max(after, lastSeq(items))
		}
		worked = len(items)
		if err := s.tickRun(ctx, &r, worked < size); err != nil {
			return err
		}
		for _, e := range w.log { // last of all: it takes the lock that everybody waits for
			if err := s.audit.Append(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, after, err
	}
	return worked, last, nil
}

// workItems does the work of a slice, by the state of its run.
func (s *Service) workItems(ctx context.Context, w *work, after, size int) ([]runItem, error) {
	switch w.run.State {
	case RunRunning:
		items, err := s.waitingItems(ctx, *w.run, size)
		if err != nil {
			return nil, err
		}
		return items, s.makeItems(ctx, w, items)
	case RunRevoked:
		items, err := s.madeItems(ctx, w.run.ID, after, size)
		if err != nil {
			return nil, err
		}
		return items, s.endItems(ctx, w, items)
	case RunDone, RunCancelled:
	}
	return nil, nil
}

func lastSeq(items []runItem) int {
	if len(items) == 0 {
		return 0
	}
	return items[len(items)-1].Seq
}

// work is one slice: what is looked up for all its people at once, and what
// goes to the audit log at its end.
type work struct {
	run    *Run
	held   map[uuid.UUID]uuid.UUID // good printed card by person
	phones map[uuid.UUID]bool      // of whom a phone is on record
	log    []audit.Event
}

func (w *work) note(action string, c Card, details map[string]any) {
	details["form"], details["idx"], details["run"] = c.Form, c.Idx, w.run.ID
	w.log = append(w.log, audit.Event{Action: action, Subject: audit.Subject{Kind: "card", ID: c.ID}, Details: details})
}

// tickRun stores the progress of a run, and its end when nothing is left.
func (s *Service) tickRun(ctx context.Context, r *Run, nothingLeft bool) error {
	now := s.clock.Now()
	if nothingLeft && r.FinishedAt.IsZero() {
		r.FinishedAt = now
		if r.State == RunRunning {
			r.State = RunDone
		}
	}
	return s.progressRun(ctx, *r, now.Add(runLease))
}

// makeItems makes what a run makes for these people.
func (s *Service) makeItems(ctx context.Context, w *work, items []runItem) error {
	if len(items) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(items))
	for i := range items {
		ids[i] = items[i].ParticipantID
	}
	if err := s.people.Lock(ctx, ids...); err != nil { // all at once, in the one order there is
		return err
	}
	if err := s.prepare(ctx, w, ids); err != nil {
		return err
	}
	makeOne := s.makePrinted
	if w.run.Kind == RunLinks {
		makeOne = s.makeLink
	}
	for i := range items {
		item := &items[i]
		if err := makeOne(ctx, w, item); err != nil {
			return err
		}
		if item.State = itemDone; item.Failure != "" {
			item.State = itemFailed
			w.run.Failed++
		} else {
			w.run.Done++
		}
		if err := s.updateItem(ctx, w.run.ID, *item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) prepare(ctx context.Context, w *work, ids []uuid.UUID) (err error) {
	if w.run.Kind == RunLinks {
		w.phones, err = s.people.WithPhone(ctx, ids)
		return err
	}
	w.held, err = s.goodPrinted(ctx, ids)
	return err
}

// goodPrinted returns the newest card of these people that is printed, active,
// within its day and signed with a key that is still good.
func (s *Service) goodPrinted(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return nil, err
	}
	var withdrawn []string
	for _, k := range keys {
		if !k.RevokedAt.IsZero() {
			withdrawn = append(withdrawn, k.KID)
		}
	}
	all, err := s.activeCards(ctx, ids, Printed)
	if err != nil {
		return nil, err
	}
	now, out := s.clock.Now(), map[uuid.UUID]uuid.UUID{}
	for _, c := range all { // the oldest first
		if now.Before(c.ExpiresAt()) && !slices.Contains(withdrawn, c.KID) {
			out[c.ParticipantID] = c.ID
		}
	}
	return out, nil
}

// makePrinted issues a printed card unless the person has a good one.
func (s *Service) makePrinted(ctx context.Context, w *work, item *runItem) error {
	if held, ok := w.held[item.ParticipantID]; ok {
		item.CardID = held
		return nil
	}
	c, err := s.make(ctx, IssueRequest{ParticipantID: item.ParticipantID, Form: Printed}, nil)
	if failure, told := refusal(err); told {
		item.Failure = failure
		return nil
	}
	if err != nil {
		return err
	}
	item.CardID, item.Made = c.ID, true
	w.note("card.issued", c, map[string]any{})
	return s.announce(ctx, c)
}

// makeLink makes an activation and queues its link.
func (s *Service) makeLink(ctx context.Context, w *work, item *runItem) error {
	standing, err := s.people.Standing(ctx, item.ParticipantID)
	if err == nil && standing.Restricted {
		err = ErrRestricted
	}
	if failure, told := refusal(err); told {
		item.Failure = failure
		return nil
	}
	if err != nil {
		return err
	}
	if !w.phones[item.ParticipantID] {
		item.Failure = failedPhone
		return nil
	}
	a, err := s.people.BeginActivationFor(ctx, item.ParticipantID, w.run.CreatedBy)
	if err != nil {
		return err
	}
	sent, err := s.people.SendActivation(ctx, item.ParticipantID, s.url+"/kartu/#"+a.Code)
	if err == nil && !sent { // the way to send was taken away meanwhile
		err = ErrCannotSend
	}
	item.ActivationID = a.ID
	return err
}

// refusal tells whether an error is a verdict about the person, given before
// anything was written, and its code.
func refusal(err error) (code string, told bool) {
	switch {
	case errors.Is(err, ErrRestricted):
		return ErrRestricted.Code, true
	case fault.KindOf(err) == fault.NotFound:
		return ErrParticipant.Code, true
	}
	return "", false
}

// endItems ends what a run made for these people.
func (s *Service) endItems(ctx context.Context, w *work, items []runItem) error {
	var links []uuid.UUID
	for _, item := range items {
		if item.ActivationID != uuid.Nil {
			links = append(links, item.ActivationID)
			continue
		}
		c, err := s.loadCard(ctx, item.CardID)
		if err != nil {
			return err
		}
		if c.State != Active {
			continue
		}
		if err := s.end(ctx, &c, Revoked, reasonRun, uuid.Nil); err != nil {
			return err
		}
		w.note("card.revoked", c, map[string]any{"reason": reasonRun})
	}
	if len(links) == 0 {
		return nil
	}
	return s.people.EndActivations(ctx, links)
}

// giveUp notes the next person of a run as failed. It reports false when there
// is none to give up: a card that cannot be ended is tried again later.
func (s *Service) giveUp(ctx context.Context, id uuid.UUID) (bool, error) {
	gaveUp := false
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		gaveUp = false
		r, err := s.loadRun(ctx, id, true)
		if err != nil || r.State != RunRunning {
			return err
		}
		items, err := s.waitingItems(ctx, r, 1)
		if err != nil || len(items) == 0 {
			return err
		}
		items[0].State, items[0].Failure = itemFailed, failedInternal
		r.Failed++
		if err := s.updateItem(ctx, id, items[0]); err != nil {
			return err
		}
		gaveUp = true
		return s.tickRun(ctx, &r, false)
	})
	return gaveUp, err
}
