package benefits

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// Lives of an allowance. A till may grant under it until it expires; what was
// granted by then may be handed in for allowanceTail more.
const (
	AllowanceLife = 48 * time.Hour
	allowanceTail = 7*24*time.Hour + 5*time.Minute
)

// Faults of allowances.
var (
	ErrAllowance         = fault.New(fault.Conflict, "offline_allowance_spent", "The allowance does not cover this use.")
	ErrAllowanceNotFound = fault.New(fault.NotFound, "allowance_not_found", "There is no such allowance of this till.")
)

// Allowance is what a till may grant of one version of a promo without the
// server: uses and, where the promo has a budget, rupiah. Both are taken out of
// the promo's totals when the allowance is given, so that all open allowances
// and all uses together never pass them.
type Allowance struct {
	ID, TillID, BenefitID uuid.UUID
	Version               int
	Uses, UsedUses        int64
	Amount                *int64 // rupiah; nil: the promo has no budget
	UsedAmount            int64  // rupiah
	IssuedAt, ExpiresAt   time.Time
}

// left returns how many uses are left.
func (a *Allowance) left() int64 { return a.Uses - a.UsedUses }

// AllowanceUse is one use that a till made under an allowance.
type AllowanceUse struct {
	ID, TillID, BenefitID uuid.UUID
	Version               int
	Amount                int64     // rupiah of discount
	At                    time.Time // at the till
}

// RenewAllowances opens or tops up the allowances of a till for the live promos
// of its outlet that may be granted without the server, and returns those in
// force. One with half of what it should hold and half its life left is left
// alone. Where a total has less to give, the allowance is smaller; where it has
// nothing, there is none. For the till's own calls: no check of reach.
func (s *Service) RenewAllowances(ctx context.Context, till, outlet uuid.UUID) ([]Allowance, error) {
	now := s.clock.Now().Truncate(time.Second) // what is signed has whole seconds
	var out []Allowance
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		out = []Allowance{}
		offers, err := s.offersAt(ctx, outlet, Live) // by id: the order in which counters are locked everywhere
		if err != nil {
			return err
		}
		changed := 0
		for i := range offers {
			if !offers[i].Terms.Offline.Allowed {
				continue
			}
			a, renewed, err := s.renew(ctx, till, &offers[i], now)
			if err != nil {
				return err
			}
			if renewed {
				changed++
			}
			if a.ExpiresAt.After(now) && a.left() > 0 {
				out = append(out, a)
			}
		}
		if changed == 0 {
			return nil
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "allowance.renewed", Subject: audit.Subject{Kind: tillKind, ID: till}, Details: map[string]any{"allowances": changed},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("renew allowances: %w", err)
	}
	return out, nil
}

// tillKind is the subject of an entry about all allowances of a till.
const tillKind = "till"

// renew brings one allowance up to date and reports whether it changed. The
// zero Allowance is none.
func (s *Service) renew(ctx context.Context, till uuid.UUID, o *Offer, now time.Time) (Allowance, bool, error) {
	a, err := s.openAllowance(ctx, till, o.BenefitID, o.Version)
	if err != nil {
		return a, false, err
	}
	q, err := s.quota(ctx, o.BenefitID, false)
	if err != nil || a.fresh(o.Terms, q, now) {
		return a, false, err
	}
	if q, err = s.quota(ctx, o.BenefitID, true); err != nil {
		return a, false, err
	}
	// With the counters locked the allowance cannot move either.
	if a, err = s.openAllowance(ctx, till, o.BenefitID, o.Version); err != nil {
		return a, false, err
	}
	uses, amount := ration(o.Terms, a, q)
	if uses == 0 && amount == 0 && (a.young(now) || a.left() == 0) {
		return a, false, nil
	}
	more := a
	more.Uses += uses
	if q.LimitAmount != nil {
		more.Amount = new(amount + orZero(a.Amount))
	}
	more.IssuedAt, more.ExpiresAt = now, now.Add(AllowanceLife)
	if a.ID == uuid.Nil {
		more.ID, more.TillID, more.BenefitID, more.Version = uid.At(now), till, o.BenefitID, o.Version
		err = s.insertAllowance(ctx, more)
	} else if ok, e := s.topUp(ctx, more); !ok { // the till was ended just now
		return a, false, e
	}
	if err != nil {
		return a, false, err
	}
	return more, true, s.reserve(ctx, o.BenefitID, uses, amount)
}

// young reports whether half of the allowance's life is still to come.
func (a *Allowance) young(now time.Time) bool { return a.ExpiresAt.Sub(now) >= AllowanceLife/2 }

// held returns the rupiah that are left.
func (a *Allowance) held() int64 { return orZero(a.Amount) - min(a.UsedAmount, orZero(a.Amount)) }

// fresh reports whether the allowance is left alone, so that what the till
// holds does not change with every use.
func (a *Allowance) fresh(t Terms, q quotaRow, now time.Time) bool {
	if !a.young(now) || a.left()*2 < t.Offline.Allowance {
		return false
	}
	return q.LimitAmount == nil || a.held()*2 >= t.share(a.left(), *q.LimitAmount-q.UsedAmount)
}

// ration returns the uses and rupiah to add to a: what is missing to the whole
// allowance, or what the totals have left.
func ration(t Terms, a Allowance, q quotaRow) (uses, amount int64) {
	uses = max(0, t.Offline.Allowance-a.left())
	if free := left(q.LimitCount, &q.UsedCount); free != nil {
		uses = min(uses, max(0, *free))
	}
	free := left(q.LimitAmount, &q.UsedAmount)
	if free == nil {
		return uses, 0
	}
	all := a.left() + uses
	if all == 0 {
		return 0, 0
	}
	amount = min(max(0, t.share(all, *free)-a.held()), max(0, *free))
	if a.held()+amount == 0 {
		return 0, 0
	}
	return uses, amount
}

// share returns the rupiah that some uses should have, out of a budget of which
// free rupiah are left: their highest discounts, or, where the terms set none,
// a tenth of what is left.
func (t Terms) share(uses, free int64) int64 {
	if most := t.highest(); most > 0 {
		return uses * most
	}
	return free / 10
}

// highest returns the highest discount of one use in rupiah, 0 when the terms
// set none.
func (t Terms) highest() int64 {
	switch t.Kind {
	case Amount, FreeItem:
		return min(t.Value, orMost(t.MaxDiscount))
	case Percent, PackagePrice:
	}
	return orZero(t.MaxDiscount)
}

// UseAllowance counts a use under an allowance inside the transaction of ctx.
// It returns ErrAllowance, and counts nothing, when the allowance is of another
// till, promo or version, closed, expired at the time of the use, or spent. It
// holds the locks of the promo's counters and of the allowance.
func (s *Service) UseAllowance(ctx context.Context, use AllowanceUse) error {
	if !s.db.InTransaction(ctx) || use.Amount < 0 {
		return errMisused
	}
	if _, err := s.quota(ctx, use.BenefitID, true); err != nil {
		return err
	}
	return s.spendAllowance(ctx, use)
}

// ReturnAllowance gives back what is left of a till's allowance: the till says
// that nothing unsent rests on it. It returns ErrAllowanceNotFound; returning
// twice is returning once.
func (s *Service) ReturnAllowance(ctx context.Context, till, id uuid.UUID) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		a, open, err := s.allowanceOf(ctx, till, id)
		if err != nil || !open {
			return err
		}
		if closed, err := s.closeAllowance(ctx, a); err != nil || !closed {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "allowance.returned", Subject: audit.Subject{Kind: "allowance", ID: id}, Details: map[string]any{"till_id": till},
		})
	})
	if err != nil {
		return fmt.Errorf("return allowance: %w", err)
	}
	return nil
}

// FollowRevokedTill notes inside the transaction of ctx that a till ended: its
// allowances are not renewed and flow back when their time is over. Give it to
// tills.Service.OnRevoke.
func (s *Service) FollowRevokedTill(ctx context.Context, till uuid.UUID, at time.Time) error {
	if !s.db.InTransaction(ctx) {
		return errMisused
	}
	return s.markTillRevoked(ctx, till, at)
}

// SweepAllowances closes the allowances of which no use can come any more, and
// those of ended tills whose time is over, gives back what is left of them, and
// returns how many.
func (s *Service) SweepAllowances(ctx context.Context) (int64, error) {
	now := s.clock.Now()
	var n int64
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		n = 0
		due, err := s.dueAllowances(ctx, now, now.Add(-allowanceTail))
		if err != nil {
			return err
		}
		for i := range due {
			closed, err := s.closeAllowance(ctx, due[i])
			if err != nil {
				return err
			}
			if closed {
				n++
			}
		}
		if n == 0 {
			return nil
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "allowance.swept", Subject: audit.Subject{Kind: "allowance", ID: due[0].ID}, Details: map[string]any{"allowances": n},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("sweep allowances: %w", err)
	}
	return n, nil
}

// closeAllowance gives back what is left of an allowance and reports whether it
// was still open.
func (s *Service) closeAllowance(ctx context.Context, a Allowance) (bool, error) {
	if _, err := s.quota(ctx, a.BenefitID, true); err != nil {
		return false, err
	}
	a, open, err := s.allowanceOf(ctx, a.TillID, a.ID) // as it is under the lock
	if err != nil || !open {
		return false, err
	}
	if err := s.markClosed(ctx, a.ID, s.clock.Now()); err != nil {
		return false, err
	}
	return true, s.reserve(ctx, a.BenefitID, -a.left(), -a.held())
}
