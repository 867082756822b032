package redemptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/tills"
)

// Waiting is why a record waits for the branch.
type Waiting string

// What waits for a branch: disputes, and the exceptions of ADR 14.
const (
	WaitsDispute     Waiting = "dispute"
	WaitsOverLimit   Waiting = flagOverLimit
	WaitsClock       Waiting = flagClockSuspect
	WaitsQuarantined Waiting = flagQuarantined
)

// AllWaiting returns the kinds, the most urgent first.
func AllWaiting() []Waiting {
	return []Waiting{WaitsDispute, WaitsOverLimit, WaitsQuarantined, WaitsClock}
}

// The decisions about an exception: a use stands and counts towards what the
// partner is owed, or does not.
const (
	Accept Decision = "accept"
	Reject Decision = "reject"
)

// MaxMany is how many exceptions are accepted at a time.
const MaxMany = 200

// Faults of decisions about exceptions.
var (
	// ErrNotWaiting: there is nothing about the record that waits for a decision.
	ErrNotWaiting = fault.New(fault.Conflict, "nothing_to_decide", "Nothing about this record waits for a decision.")
	// ErrExceptionDecided: somebody decided otherwise before.
	ErrExceptionDecided = fault.New(fault.Conflict, "exception_decided", "This was decided otherwise already.")
	// ErrNotAcceptable: what was kept names no card or no promo that was at the tills.
	ErrNotAcceptable = fault.New(fault.Conflict, "not_acceptable", "This cannot become a use: no card of ours, or a promo or bill that never allowed it.")
	// ErrNothingLeft: the promo's totals or the till's day have no room for it.
	ErrNothingLeft = fault.New(fault.Conflict, "nothing_left", "The promo has nothing left for this use.")
	// ErrManyRange: no id, or too many at a time.
	ErrManyRange = fault.New(fault.Invalid, "ids_out_of_range", "Choose 1 to 200 at a time.")
)

// flagAccepted marks the record that an accepted quarantined one became.
const flagAccepted = "accepted"

// Exception is what a branch decided about a record that came in beyond the rules.
type Exception struct {
	Kind      Waiting
	Decision  Decision
	Note      string
	At        time.Time
	ByKind    string
	ByID      uuid.UUID
	MadeID    *uuid.UUID // the record that a quarantined one became
	MadeOther bool       // this is that record: the decision is about another
}

// waits returns why the record waits for the branch as an exception; empty: it
// does not. What a dispute settled does not wait any more.
func (r *Redemption) waits() Waiting {
	if r.Exception != nil && !r.Exception.MadeOther {
		return ""
	}
	flags := r.flagsNow()
	switch open := r.State == Recorded || r.State == Disputed; {
	case r.Outcome == Refused && slices.Contains(flags, flagQuarantined):
		return WaitsQuarantined
	case r.Outcome == Granted && open && slices.Contains(flags, flagOverLimit):
		return WaitsOverLimit
	case r.Outcome == Granted && open && slices.Contains(flags, flagClockSuspect):
		return WaitsClock
	}
	return ""
}

// Waits returns why the record waits for the branch, the dispute first.
func (r *Redemption) Waits() Waiting {
	if r.State == Disputed {
		return WaitsDispute
	}
	return r.waits()
}

// exceptionRow is a decision as it is stored.
type exceptionRow struct {
	ID            uuid.UUID
	Kind          string
	ParticipantID uuid.UUID
	RedemptionID  uuid.UUID
	Decision      string
	MadeID        *uuid.UUID
	ByKind        string
	ByID          uuid.UUID
	Note          string
	DecidedAt     time.Time
}

const exceptionKind = "exception_decision"

func (e *exceptionRow) digest() []byte { return digestOf(e) }

func (e *exceptionRow) entry() audit.Event {
	details := map[string]any{"redemption_id": e.RedemptionID, "kind": e.Kind}
	if e.MadeID != nil {
		details["made_id"] = *e.MadeID
	}
	return audit.Event{
		Action: "redemption." + e.Decision + "ed", Subject: audit.Subject{Kind: exceptionKind, ID: e.ID}, Digest: e.digest(), Details: details,
	}
}

func (e *exceptionRow) exception() *Exception {
	return &Exception{
		Kind: Waiting(e.Kind), Decision: Decision(e.Decision), Note: e.Note, At: e.DecidedAt.UTC(), ByKind: e.ByKind, ByID: e.ByID, MadeID: e.MadeID,
	}
}

// decideException accepts or rejects what waits about a record, once.
//
//   - A use beyond a limit, or with a suspect clock: accepted it stays as it is
//     and counted as it is; rejected it is taken back exactly as by the reversal
//     of a dispute, and an open dispute ends with it.
//   - A quarantined one: rejected it stays the refusal that it is; accepted a new
//     record is made beside it (accept).
func (s *Service) decideException(ctx context.Context, r *Redemption, d Decision, note string) error {
	who := actor.From(ctx)
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if r.CallerKind == kindTill { // before the record's lock, as everywhere
			if err := s.lockTill(ctx, r.CallerID); err != nil {
				return err
			}
		}
		return s.onHeld(ctx, r, func(ctx context.Context, now time.Time) error {
			if r.Exception != nil && !r.Exception.MadeOther {
				if r.Exception.Decision == d {
					return nil
				}
				return ErrExceptionDecided
			}
			kind := r.waits()
			switch {
			case kind == "":
				return ErrNotWaiting
			case r.Dispute != nil && r.Dispute.Decision == "" && r.Dispute.byID == who.ID:
				return ErrOwnDispute
			}
			row := &exceptionRow{
				ID: uid.At(now), Kind: string(kind), ParticipantID: r.ParticipantID, RedemptionID: r.ID, Decision: string(d),
				ByKind: string(who.Kind), ByID: who.ID, Note: note, DecidedAt: now,
			}
			return s.settleException(ctx, r, row)
		})
	})
}

// settleException does what follows from a decision and writes it down.
func (s *Service) settleException(ctx context.Context, r *Redemption, row *exceptionRow) error {
	var entries []audit.Event
	switch {
	case row.Kind == string(WaitsQuarantined) && row.Decision == string(Accept):
		made, err := s.accept(ctx, r, row)
		if err != nil {
			return err
		}
		row.MadeID = &made.ID
		entries = append(entries, made.recorded())
	case row.Kind != string(WaitsQuarantined) && row.Decision == string(Reject):
		act := action{
			ParticipantID: r.ParticipantID, RedemptionID: r.ID, Action: string(Reverse), ID: uid.At(row.DecidedAt),
			ByKind: row.ByKind, ByID: row.ByID, Reason: row.Note, ActedAt: row.DecidedAt,
		}
		if _, err := s.takeBack(ctx, r, &act); err != nil {
			return err
		}
		entries = append(entries, act.entry())
	}
	if err := s.insertException(ctx, row); err != nil {
		return err
	}
	return s.auditAll(ctx, append(entries, row.entry()))
}

// accept makes a granted record of a quarantined one. The branch vouches for
// when it was and who it was; what the promo says about the bill, the outlet and
// its totals holds. Beyond a person's limit it is flagged like any other.
func (s *Service) accept(ctx context.Context, r *Redemption, row *exceptionRow) (*Redemption, error) {
	u, err := s.kept(ctx, r, row)
	if err != nil {
		return nil, err
	}
	discount := u.offer.Terms.Discount(u.gross)
	err = s.DB.Try(ctx, func(ctx context.Context) error {
		err := s.Benefits.TakeQuota(ctx, u.benefit, discount)
		if errors.Is(err, benefits.ErrTotalSpent) || errors.Is(err, benefits.ErrBudgetSpent) {
			return ErrNothingLeft
		}
		if err != nil {
			return err
		}
		flags, err := s.countLimits(ctx, u)
		u.flags = append(u.flags, flags...)
		if _, full := errors.AsType[refusal](err); full {
			return ErrNothingLeft
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	made := u.attempt.record(decision{discount: discount})
	made.Online, made.Flags, made.OccurredAt = false, u.flags, u.occurredAt
	made.SegmentSeen, made.StatusSeen, made.StatusAsOfSeen, made.MembershipID = r.SegmentSeen, r.StatusSeen, r.StatusAsOfSeen, r.MembershipID
	return made, (plain{s}).store(ctx, made)
}

// kept puts together what is known of a quarantined use, as of when it was
// received: its own times cannot be believed.
func (s *Service) kept(ctx context.Context, r *Redemption, row *exceptionRow) (*use, error) {
	if r.CardID == nil || r.ParticipantID == uuid.Nil {
		return nil, ErrNotAcceptable
	}
	offer, err := s.Benefits.AtVersion(ctx, r.BenefitID, r.BenefitVersion)
	if errors.Is(err, benefits.ErrNotFound) {
		return nil, ErrNotAcceptable
	}
	if err != nil {
		return nil, fmt.Errorf("look up promo of quarantined use: %w", err)
	}
	outlet, err := s.Partners.Outlet(ctx, r.OutletID)
	if err != nil {
		return nil, fmt.Errorf("look up outlet of quarantined use: %w", err)
	}
	if offer.PartnerID != r.PartnerID || !offer.Terms.At(r.OutletID) || r.Gross < offer.Terms.MinGross {
		return nil, ErrNotAcceptable
	}
	p, err := s.Cards.Recheck(ctx, *r.CardID, r.RecordedAt)
	if err != nil {
		return nil, fmt.Errorf("look up card of quarantined use: %w", err)
	}
	if p.Card == nil {
		return nil, ErrNotAcceptable
	}
	it := &item{
		kind: kindUse, kid: r.CallerID, jti: row.ID, occurredAt: r.RecordedAt, scannedAt: r.RecordedAt,
		benefit: r.BenefitID, version: r.BenefitVersion, gross: r.Gross, receipt: r.ReceiptNumber, cashier: r.CashierID, idChecked: r.IDChecked,
	}
	u := &use{item: it, till: tills.Till{ID: r.CallerID}, published: true, flags: []string{flagNoAllowance, flagAccepted}}
	u.attempt = attempt{
		caller: caller{kind: r.CallerKind, id: r.CallerID, partnerID: r.PartnerID, outletID: r.OutletID},
		request: Request{
			Key: row.ID, BenefitID: r.BenefitID, Gross: r.Gross, ReceiptNumber: r.ReceiptNumber, CashierID: r.CashierID, IDChecked: r.IDChecked,
		},
		now: row.DecidedAt, local: r.RecordedAt.In(outlet.Location()), outlet: outlet, offer: offer, id: uid.At(row.DecidedAt),
		shown: shown{presented: p},
	}
	return u, nil
}

// AcceptMany accepts uses beyond a limit, each as Decide does, and returns how
// many it accepted. What somebody decided meanwhile, or what lies outside the
// reach, is passed over. It returns ErrManyRange or ErrDecisionNote.
func (s *Service) AcceptMany(ctx context.Context, ids []uuid.UUID, note string) (accepted int, err error) {
	if len(ids) == 0 || len(ids) > MaxMany {
		return 0, ErrManyRange.At("/ids")
	}
	for _, id := range ids {
		_, err := s.Decide(ctx, id, Accept, note)
		switch kind := fault.KindOf(err); {
		case err == nil:
			accepted++
		case errors.Is(err, ErrDecisionNote):
			return 0, err
		case kind == fault.NotFound, kind == fault.Conflict, kind == fault.Forbidden:
		default:
			return accepted, err
		}
	}
	return accepted, nil
}
