package redemptions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// DisputeWindow is how long after it was recorded a use may be disputed.
const DisputeWindow = 90 * 24 * time.Hour

// Faults of disputes.
var (
	ErrDisputeReason     = fault.New(fault.Invalid, "dispute_reason_unknown", "The reason is not_me, wrong_amount, not_received or other.")
	ErrNotDisputable     = fault.New(fault.Conflict, "not_disputable", "Only a use that was granted and stands can be disputed.")
	ErrDisputeWindowOver = fault.New(fault.Conflict, "dispute_window_over", "A use can be disputed within 90 days.")
	ErrDecision          = fault.New(fault.Invalid, "decision_unknown", "The decision is uphold or reverse, of an exception accept or reject.")
	ErrDecisionNote      = fault.New(fault.Invalid, "note_required", "A decision needs a note of at most 200 characters.")
	ErrNotDisputed       = fault.New(fault.Conflict, "not_disputed", "There is no dispute to decide.")
	ErrDecided           = fault.New(fault.Conflict, "dispute_decided", "The dispute was decided otherwise already.")
	ErrOwnDispute        = fault.New(fault.Forbidden, "own_dispute", "Nobody decides what they disputed themselves.")
)

// DisputeReason says what somebody holds against a use.
type DisputeReason string

// The reasons of disputes.
const (
	NotMe       DisputeReason = "not_me"
	WrongAmount DisputeReason = "wrong_amount"
	NotReceived DisputeReason = "not_received"
	OtherReason DisputeReason = "other"
)

// Decision is what became of a dispute.
type Decision string

// The decisions: the use stands, or it is taken back as by a void.
const (
	Uphold  Decision = "uphold"
	Reverse Decision = "reverse"
)

// Dispute is what was said against a use, and what was decided.
type Dispute struct {
	At        time.Time
	Reason    DisputeReason
	By        string    // participant, account or job
	Decision  Decision  // empty: not yet
	DecidedAt time.Time // zero: not yet
	Note      string    // of who decided

	byID uuid.UUID
}

// Dispute says that something is wrong with a use: the person whose use it is,
// or an owner of the partner, within DisputeWindow. Nothing is given back yet.
// What is disputed already stays as it is. It returns ErrNotFound,
// ErrDisputeReason, ErrNotDisputable or ErrDisputeWindowOver.
func (s *Service) Dispute(ctx context.Context, id uuid.UUID, why DisputeReason) (Redemption, error) {
	if !slices.Contains([]DisputeReason{NotMe, WrongAmount, NotReceived, OtherReason}, why) {
		return Redemption{}, ErrDisputeReason.At("/reason")
	}
	who := actor.From(ctx)
	r, err := s.find(ctx, id)
	if err != nil {
		return Redemption{}, err
	}
	if !r.disputableBy(who) {
		return Redemption{}, ErrNotFound
	}
	err = s.onHeld(ctx, &r, func(ctx context.Context, now time.Time) error {
		switch {
		case r.Dispute != nil && r.State != Voided:
			return nil
		case r.Outcome != Granted || r.State != Recorded:
			return ErrNotDisputable
		case now.Sub(r.RecordedAt) > DisputeWindow:
			return ErrDisputeWindowOver
		}
		act := r.act("dispute", who, string(why), now)
		if _, err := s.insertAction(ctx, &act); err != nil {
			return err
		}
		if err := s.Events.Publish(ctx, r.event("redemption.disputed")); err != nil {
			return err
		}
		return s.Audit.Append(ctx, act.entry())
	})
	if err != nil {
		return Redemption{}, fmt.Errorf("dispute redemption: %w", err)
	}
	return r.seenBy(who), nil
}

// Decide ends a dispute, or what waits about a use that came in beyond the rules
// (Accept, Reject: decideException). Of a dispute, Uphold leaves the use as it is, Reverse gives back what
// it took, exactly as a void does. For those who decide disputes in the person's
// branch, and not for who disputed it. The same decision again is the same as
// once. It returns ErrNotFound, ErrDecision, ErrDecisionNote, ErrNotDisputed,
// ErrDecided or ErrOwnDispute; about an exception ErrNotWaiting,
// ErrExceptionDecided, ErrNotAcceptable or ErrNothingLeft.
func (s *Service) Decide(ctx context.Context, id uuid.UUID, d Decision, note string) (Redemption, error) {
	note = strings.TrimSpace(note)
	switch {
	case d != Uphold && d != Reverse && d != Accept && d != Reject:
		return Redemption{}, ErrDecision.At("/decision")
	case note == "" || utf8.RuneCountInString(note) > MaxReason || strings.ContainsRune(note, 0):
		return Redemption{}, ErrDecisionNote.At("/note")
	}
	who := actor.From(ctx)
	r, err := s.find(ctx, id)
	if err != nil {
		return Redemption{}, err
	}
	if !who.Scope(actor.DecideDisputes).HasBranch(r.BranchID) {
		return Redemption{}, ErrNotFound
	}
	if d == Accept || d == Reject {
		if err := s.decideException(ctx, &r, d, note); err != nil {
			return Redemption{}, fmt.Errorf("decide exception: %w", err)
		}
		return r.seenBy(who), nil
	}
	err = s.onHeld(ctx, &r, func(ctx context.Context, now time.Time) error {
		switch {
		case r.Dispute == nil || r.State == Voided:
			return ErrNotDisputed
		case r.Dispute.Decision == d:
			return nil
		case r.Dispute.Decision != "":
			return ErrDecided
		case r.Dispute.byID == who.ID:
			return ErrOwnDispute
		}
		act := r.act(string(d), who, note, now)
		return s.decideDispute(ctx, &r, &act)
	})
	if err != nil {
		return Redemption{}, fmt.Errorf("decide dispute: %w", err)
	}
	return r.seenBy(who), nil
}

func (s *Service) decideDispute(ctx context.Context, r *Redemption, act *action) error {
	if act.Action == string(Reverse) {
		if _, err := s.takeBack(ctx, r, act); err != nil {
			return err
		}
		return s.Audit.Append(ctx, act.entry())
	}
	if _, err := s.insertAction(ctx, act); err != nil {
		return err
	}
	if err := s.Events.Publish(ctx, r.event(act.told())); err != nil {
		return err
	}
	return s.Audit.Append(ctx, act.entry())
}

// onHeld runs f in a transaction that keeps what happens to r in order: r is
// read anew before f, and once more after it.
func (s *Service) onHeld(ctx context.Context, r *Redemption, f func(ctx context.Context, now time.Time) error) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.hold(ctx, r); err != nil {
			return err
		}
		if err := s.reread(ctx, r); err != nil {
			return err
		}
		if err := f(ctx, s.Clock.Now()); err != nil {
			return err
		}
		return s.reread(ctx, r)
	})
}

// reread reads the record and what happened to it since.
func (s *Service) reread(ctx context.Context, r *Redemption) error {
	now, err := s.byID(ctx, r.ParticipantID, r.ID)
	if err != nil {
		return err
	}
	one := []Redemption{now}
	if err := s.readStory(ctx, one); err != nil {
		return err
	}
	*r = one[0]
	return nil
}

// readStory fills in what was said and decided about records.
func (s *Service) readStory(ctx context.Context, all []Redemption) error {
	if err := s.readDisputes(ctx, all); err != nil {
		return err
	}
	return s.readExceptions(ctx, all)
}

// disputableBy reports whether somebody may speak against the use at all.
func (r *Redemption) disputableBy(who actor.Actor) bool {
	if who.Kind == actor.Participant {
		return who.Can(actor.OwnRecords) && r.ParticipantID == who.ID
	}
	return who.Scope(actor.DisputeUses).HasPartner(r.PartnerID)
}

// act is something that who does to r now.
func (r *Redemption) act(what string, who actor.Actor, reason string, now time.Time) action {
	return action{
		ParticipantID: r.ParticipantID, RedemptionID: r.ID, Action: what, ID: uid.At(now),
		ByKind: string(who.Kind), ByID: who.ID, Reason: reason, ActedAt: now,
	}
}

// CanDispute reports whether the use may be disputed at the instant now.
func (r *Redemption) CanDispute(now time.Time) bool {
	return r.Outcome == Granted && r.State == Recorded && now.Sub(r.RecordedAt) <= DisputeWindow
}
