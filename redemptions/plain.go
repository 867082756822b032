package redemptions

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/events"
)

// plain decides one attempt in one transaction. It is the oracle for any
// faster ledger.
type plain struct{ s *Service }

func (p plain) decide(ctx context.Context, a *attempt) (Redemption, bool, error) {
	var out Redemption
	var replayed bool
	err := p.s.DB.InTx(ctx, func(ctx context.Context) error {
		out, replayed = Redemption{}, false
		if err := p.s.holdTill(ctx, a.caller); err != nil {
			return err
		}
		fresh, err := p.s.claimKey(ctx, a)
		if err != nil {
			return err
		}
		if !fresh { // another process was first
			out, replayed, err = p.s.replay(ctx, a.caller, a.request.Key, a.hash)
			return err
		}
		r, err := p.settle(ctx, a)
		if err != nil {
			return err
		}
		err = p.write(ctx, r)
		out = *r
		return err
	})
	if err != nil {
		return Redemption{}, false, fmt.Errorf("redeem: %w", err)
	}
	return out, replayed, nil
}

// settle applies the rules to a snapshot and, when they say yes, takes what the
// use costs. A counter that another request emptied in between turns the yes
// into its refusal.
func (p plain) settle(ctx context.Context, a *attempt) (*Redemption, error) {
	f := a.facts()
	if err := p.s.readCounters(ctx, a, f); err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	d := decide(f)
	if d.reason != "" {
		return a.record(d), nil
	}
	var left rest
	err := p.s.DB.Try(ctx, func(ctx context.Context) error { return p.take(ctx, a, d, &left) })
	if lost, ok := errors.AsType[refusal](err); ok {
		return a.record(decision{reason: lost.reason}), nil
	}
	if err != nil {
		return nil, fmt.Errorf("take limits: %w", err)
	}
	r := a.record(d)
	r.Remaining = left.uses
	return r, nil
}

// refusal is the error of a guarded statement that changed no row.
type refusal struct{ reason Reason }

func (r refusal) Error() string { return "refused: " + string(r.reason) }

// take runs one guarded statement per limit and notes what each leaves. Locks
// are taken in the order till, promo, outlet, person, bill, code everywhere.
func (p plain) take(ctx context.Context, a *attempt, d decision, left *rest) error {
	switch err := p.s.Benefits.TakeQuota(ctx, a.offer.BenefitID, d.discount); {
	case errors.Is(err, benefits.ErrTotalSpent):
		return refusal{LimitTotal}
	case errors.Is(err, benefits.ErrBudgetSpent):
		return refusal{BudgetSpent}
	case err != nil:
		return err
	}
	if err := p.takeCounted(ctx, a, left); err != nil {
		return err
	}
	if a.request.ReceiptNumber != "" {
		if err := p.takeBill(ctx, a); err != nil {
			return err
		}
	}
	if a.shown.presented.ProofAt != 0 {
		return p.s.useProof(ctx, a)
	}
	return nil
}

// takeCounted takes what is counted in uses. The promo's counters are locked by
// now, so that reading what they leave is exact.
func (p plain) takeCounted(ctx context.Context, a *attempt, left *rest) error {
	l := a.offer.Terms.Limits
	if l.TotalCount != nil {
		count, _, err := p.s.Benefits.Remaining(ctx, a.offer.BenefitID)
		if err != nil {
			return err
		}
		if count != nil {
			left.lower(*count)
		}
	}
	if l.OutletPerDay != nil {
		used, err := p.s.takeOutletDay(ctx, a, *l.OutletPerDay)
		if err != nil {
			return err
		}
		left.lower(*l.OutletPerDay - used)
	}
	if l.Participant != nil {
		used, err := p.s.takeUsage(ctx, a, l.Participant)
		if err != nil {
			return err
		}
		left.lower(l.Participant.Count - used)
	}
	return nil
}

// takeBill locks the bill's row; with the lock held, an exclusive promo looks
// whether another one was used on it.
func (p plain) takeBill(ctx context.Context, a *attempt) error {
	if err := p.s.lockBill(ctx, a); err != nil {
		return err
	}
	if a.offer.Terms.Stacking != benefits.Exclusive {
		return nil
	}
	other, err := p.s.otherOnBill(ctx, a)
	if err != nil {
		return err
	}
	if other {
		return refusal{NotStackable}
	}
	return nil
}

// write stores the record, its outbox row and, last, its audit entry. A till that
// gave up waiting may have handed in the void already: then r is taken back.
func (p plain) write(ctx context.Context, r *Redemption) error {
	if err := p.store(ctx, r); err != nil {
		return err
	}
	entries := []audit.Event{r.recorded()}
	if r.CallerKind == kindTill {
		voids, err := p.s.meetVoids(ctx, r.CallerID, r.IdemKey, r)
		if err != nil {
			return err
		}
		if len(voids) > 0 {
			r.State = Voided
		}
		entries = append(entries, voids...)
	}
	return p.s.auditAll(ctx, entries)
}

// store stores the record and its outbox row.
func (p plain) store(ctx context.Context, r *Redemption) error {
	if err := p.s.insert(ctx, r); err != nil {
		return fmt.Errorf("insert redemption: %w", err)
	}
	return p.s.Events.Publish(ctx, r.event("redemption."+string(r.Outcome)))
}

// recorded is the audit entry of a record.
func (r *Redemption) recorded() audit.Event {
	return audit.Event{Action: "redemption." + string(r.Outcome), Subject: audit.Subject{Kind: subjectKind, ID: r.ID}, Digest: r.digest()}
}

const subjectKind = "redemption"

func (r *Redemption) event(kind string) events.Event {
	return events.Event{
		Kind: kind, SubjectID: r.ID, ParticipantID: r.ParticipantID, PartnerID: r.PartnerID,
		Payload: struct {
			ID        uuid.UUID `json:"id"`
			BenefitID uuid.UUID `json:"benefit_id"`
			OutletID  uuid.UUID `json:"outlet_id"`
			Outcome   Outcome   `json:"outcome"`
			Reason    Reason    `json:"reason,omitempty"`
			Gross     int64     `json:"gross"`
			Discount  int64     `json:"discount"`
			Net       int64     `json:"net"`
		}{r.ID, r.BenefitID, r.OutletID, r.Outcome, r.Reason.ToPartner(), r.Gross, r.Discount, r.Net},
	}
}

// rest is the smallest number of uses that a limit leaves; nil: nothing limits them.
type rest struct{ uses *int64 }

func (r *rest) lower(v int64) {
	v = max(0, v)
	if r.uses == nil || v < *r.uses {
		r.uses = &v
	}
}

// remaining returns how many uses are left; nil when nothing limits them.
func (f *facts) remaining() *int64 {
	var left rest
	l := f.terms.Limits
	if l.Participant != nil {
		left.lower(l.Participant.Count - f.usedInWindow)
	}
	if l.OutletPerDay != nil {
		left.lower(*l.OutletPerDay - f.usedAtOutlet)
	}
	if f.countLeft != nil {
		left.lower(*f.countLeft)
	}
	return left.uses
}
