package redemptions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/tills"
)

const kindTill = "till"

// takeUse decides a use that a till brings in and writes everything that
// follows from it.
func (s *Service) takeUse(ctx context.Context, u *use) (ItemResult, error) {
	return s.onArrival(ctx, u.item, func(ctx context.Context, t tills.Till) (ItemResult, error) {
		one := *u // a transaction that runs again begins anew
		one.till, one.flags = t, slices.Clone(u.flags)
		fresh, err := s.claimKey(ctx, &one.attempt)
		if err != nil {
			return ItemResult{}, err
		}
		if !fresh {
			return s.adopt(ctx, &one)
		}
		r, err := s.settleUse(ctx, &one)
		if err != nil {
			return ItemResult{}, err
		}
		return s.writeUse(ctx, &one, r)
	})
}

// adopt makes the record that the same key got online the verdict of the item:
// the till never saw that answer.
func (s *Service) adopt(ctx context.Context, u *use) (ItemResult, error) {
	known, err := s.idempotency(ctx, u.kid, u.jti)
	if err != nil {
		return ItemResult{}, err
	}
	r, err := s.byID(ctx, known.ParticipantID, known.RedemptionID)
	if err != nil {
		return ItemResult{}, fmt.Errorf("read redemption of key: %w", err)
	}
	if r.BenefitID != u.benefit || r.Gross != u.gross {
		return rejected(u.jti, KeyReused), nil
	}
	row := u.row(&r)
	if err := s.insertItem(ctx, row); err != nil {
		return ItemResult{}, err
	}
	voids, err := s.meetVoids(ctx, u.kid, u.jti, &r)
	if err != nil {
		return ItemResult{}, err
	}
	return row.result(&r), s.auditAll(ctx, append(voids, itemTaken(u.item, &r)))
}

// settleUse applies the rules and counts a use that stands.
func (s *Service) settleUse(ctx context.Context, u *use) (*Redemption, error) {
	f := u.facts()
	if err := s.readCodeUse(ctx, &u.attempt, f); err != nil {
		return nil, fmt.Errorf("read code use: %w", err)
	}
	d := u.decide(f)
	if d.reason != "" {
		return u.record(d), nil
	}
	var flags []string
	err := s.DB.Try(ctx, func(ctx context.Context) (err error) {
		flags, err = s.countUse(ctx, u, d)
		return err
	})
	if lost, ok := errors.AsType[refusal](err); ok {
		return u.record(decision{reason: lost.reason}), nil
	}
	if err != nil {
		return nil, fmt.Errorf("count use: %w", err)
	}
	u.flags = append(u.flags, flags...)
	return u.record(d), nil
}

// countUse takes what the use costs in the order promo, outlet, person, bill,
// code, till, and returns the flags of what it is beyond.
func (s *Service) countUse(ctx context.Context, u *use, d decision) ([]string, error) {
	flags, err := s.takeSetAside(ctx, u, d)
	if err != nil {
		return nil, err
	}
	more, err := s.countLimits(ctx, u)
	return append(flags, more...), err
}

// countLimits counts the use of the outlet, the person, the bill, the code and
// the till's day, and returns the flags of what it is beyond.
func (s *Service) countLimits(ctx context.Context, u *use) (flags []string, err error) {
	over, err := s.countOver(ctx, u)
	if err != nil {
		return nil, err
	}
	if u.receipt != "" {
		switch err := (plain{s}).takeBill(ctx, &u.attempt); {
		case errors.Is(err, refusal{NotStackable}):
			flags = append(flags, flagNotStackable)
		case err != nil:
			return nil, err
		}
	}
	if u.shown.presented.ProofAt != 0 {
		if err := s.useProof(ctx, &u.attempt); err != nil {
			return nil, err
		}
	}
	if len(over) == 0 {
		return flags, nil
	}
	return append(append(flags, flagOverLimit), over...), s.takeTillDay(ctx, u.kid, u.today())
}

// takeSetAside counts the use under its allowance or, where that does not cover
// it, on what is left of the promo's totals: then the promo must still be live
// at an open outlet, for nothing else says that the till was entitled, and a till
// that has ended gets so many a day.
func (s *Service) takeSetAside(ctx context.Context, u *use, d decision) ([]string, error) {
	if u.allowance != nil {
		err := s.Benefits.UseAllowance(ctx, benefits.AllowanceUse{
			ID: *u.allowance, TillID: u.kid, BenefitID: u.benefit, Version: u.version, Amount: d.discount, At: u.occurredAt,
		})
		if !errors.Is(err, benefits.ErrAllowance) {
			return nil, err
		}
	}
	switch {
	case u.offer.State != benefits.Live:
		return nil, refusal{BenefitNotLive}
	case !u.outlet.Open():
		return nil, refusal{OutletNotCovered}
	}
	if !u.till.RevokedAt.IsZero() { // what a thief dates back is bounded
		n, err := s.bareUses(ctx, u.kid, u.outlet.ID, u.today())
		if err != nil {
			return nil, err
		}
		if n >= OfflinePerDay {
			return nil, refusal{OfflineAllowanceSpent}
		}
	}
	err := s.Benefits.TakeQuota(ctx, u.benefit, d.discount)
	if errors.Is(err, benefits.ErrTotalSpent) || errors.Is(err, benefits.ErrBudgetSpent) {
		return nil, refusal{OfflineAllowanceSpent}
	}
	return []string{flagNoAllowance}, err
}

// countOver counts the use of the outlet's day and of the person, within the
// limits or beyond them, and returns the marks of those it is beyond.
func (s *Service) countOver(ctx context.Context, u *use) (over []string, err error) {
	l := u.offer.Terms.Limits
	if l.OutletPerDay != nil {
		_, err := s.takeOutletDay(ctx, &u.attempt, *l.OutletPerDay)
		if _, full := errors.AsType[refusal](err); full {
			over = append(over, markOverOutlet)
		} else if err != nil {
			return nil, err
		}
	}
	p := l.Participant
	if p == nil {
		return over, nil
	}
	_, err = s.takeCount(ctx, &u.attempt, p)
	if _, full := errors.AsType[refusal](err); full {
		over, err = append(over, markOverCount), s.addOver(ctx, &u.attempt, p)
	}
	if err != nil || interval(p) == 0 {
		return over, err
	}
	near, err := s.markDay(ctx, &u.attempt, interval(p))
	if near {
		over = append(over, markOverInterval)
	}
	return over, err
}

// writeUse stores the record and its item, and takes the use back where its void
// came first.
func (s *Service) writeUse(ctx context.Context, u *use, r *Redemption) (ItemResult, error) {
	row := u.row(r)
	if err := s.insertItem(ctx, row); err != nil {
		return ItemResult{}, err
	}
	if err := (plain{s}).store(ctx, r); err != nil {
		return ItemResult{}, err
	}
	voids, err := s.meetVoids(ctx, u.kid, u.jti, r)
	if err != nil {
		return ItemResult{}, err
	}
	return row.result(r), s.auditAll(ctx, append([]audit.Event{r.recorded()}, voids...))
}

// row is the item with its verdict; its text is kept when it is quarantined.
func (u *use) row(r *Redemption) *itemRow {
	row := u.item.row(u.now)
	row.ParticipantID, row.RedemptionID = r.ParticipantID, &r.ID
	row.Outcome, row.Reason = string(r.Outcome), string(r.Reason)
	if slices.Contains(r.Flags, flagQuarantined) {
		row.TextSealed = u.sealed
	}
	return row
}

func (s *Service) auditAll(ctx context.Context, all []audit.Event) error {
	for i := range all {
		if err := s.Audit.Append(ctx, all[i]); err != nil {
			return err
		}
	}
	return nil
}

// itemTaken is the audit entry of an item that made no record of its own.
func itemTaken(it *item, r *Redemption) audit.Event {
	details := map[string]any{"kind": it.kind, "till_id": it.kid, "seq": it.seq}
	if r != nil {
		details["redemption_id"] = r.ID
	}
	return audit.Event{Action: "till_item.taken", Subject: audit.Subject{Kind: "till_item", ID: it.jti}, Details: details}
}
