package benefits

import (
	"context"
	"slices"
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
// force. One with half its uses and half its life left is left alone. Where a
// total has less to give, the allowance is smaller; where it has nothing, there
// is none. For the till's own calls: no check of reach.
func (s *Service) RenewAllowances(ctx context.Context, till, outlet uuid.UUID) ([]Allowance, error) {
	now := s.clock.Now()
	var out []Allowance
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		out = nil
		offers, err := s.offersAt(ctx, outlet)
		if err != nil {
			return err
		}
		// Counters are locked in the order of ids everywhere.
		slices.SortFunc(offers, func(a, b Offer) int { return slices.Compare(a.BenefitID[:], b.BenefitID[:]) })
		changed := 0
		for i := range offers {
			if !offers[i].Terms.Offline.Allowed || offers[i].Terms.Offline.Allowance <= 0 {
				continue
			}
			a, renewed, err := s.renew(ctx, till, &offers[i], now)
			if err != nil {
				return err
			}
			if renewed {
				changed++
			}
			if a.ExpiresAt.After(now) {
				out = append(out, a)
			}
		}
		if changed == 0 {
			return nil
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "allowances.renewed", Subject: audit.Subject{Kind: "till", ID: till}, Details: map[string]any{"changed": changed},
		})
	})
	return out, err
}

// renew brings one allowance up to date. The zero Allowance is none.
func (s *Service) renew(ctx context.Context, till uuid.UUID, o *Offer, now time.Time) (Allowance, bool, error) {
	a, err := s.openAllowance(ctx, till, o.BenefitID, o.Version)
	if err != nil {
		return a, false, err
	}
	want := o.Terms.Offline.Allowance
	young := a.ExpiresAt.Sub(now) >= AllowanceLife/2
	if young && a.left()*2 >= want {
		return a, false, nil
	}
	q, err := s.quota(ctx, o.BenefitID, true)
	if err != nil {
		return a, false, err
	}
	// With the counters locked the allowance cannot move either.
	if a, err = s.openAllowance(ctx, till, o.BenefitID, o.Version); err != nil {
		return a, false, err
	}
	uses, amount := ration(o.Terms, a, q)
	if uses == 0 && (young || a.left() <= 0) {
		return a, false, nil
	}
	if err := s.reserve(ctx, o.BenefitID, uses, amount); err != nil {
		return a, false, err
	}
	a.Uses += uses
	if q.LimitAmount != nil {
		total := amount
		if a.Amount != nil {
			total += *a.Amount
		}
		a.Amount = &total
	}
	a.IssuedAt, a.ExpiresAt = now, now.Add(AllowanceLife)
	if a.ID == uuid.Nil {
		a.ID, a.TillID, a.BenefitID, a.Version = uid.At(now), till, o.BenefitID, o.Version
		return a, true, s.insertAllowance(ctx, a)
	}
	return a, true, s.topUp(ctx, a)
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
	budget, held := max(0, *free), int64(0)
	if a.Amount != nil {
		held = *a.Amount - a.UsedAmount
	}
	if most := t.highest(); most > 0 {
		need := (a.left()+uses)*most - held
		if need > budget {
			uses = max(0, min(uses, (held+budget)/most-a.left()))
			need = (a.left()+uses)*most - held
		}
		return uses, min(max(0, need), budget)
	}
	amount = max(0, budget/10-held)
	if held+amount == 0 {
		return 0, 0
	}
	return uses, amount
}

// highest returns the highest discount of one use in rupiah, 0 when the terms
// set none.
func (t Terms) highest() int64 {
	switch {
	case t.MaxDiscount != nil && (t.Kind == Percent || t.Kind == PackagePrice):
		return *t.MaxDiscount
	case t.MaxDiscount != nil:
		return min(*t.MaxDiscount, t.Value)
	case t.Kind == Amount, t.Kind == FreeItem:
		return t.Value
	}
	return 0
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
	return s.db.InTx(ctx, func(ctx context.Context) error {
		a, open, err := s.allowanceOf(ctx, till, id)
		if err != nil || !open {
			return err
		}
		if err := s.close(ctx, a); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "allowance.returned", Subject: audit.Subject{Kind: "allowance", ID: id}, Details: map[string]any{"till_id": till},
		})
	})
}

// FollowRevokedTill notes inside the transaction of ctx that a till ended: its
// allowances are not renewed and flow back when their time is over.
func (s *Service) FollowRevokedTill(ctx context.Context, till uuid.UUID, at time.Time) error {
	return s.markTillRevoked(ctx, till, at)
}

// SweepAllowances closes the allowances of which no use can come any more, and
// those of ended tills whose time is over, gives back what is left of them, and
// returns how many.
func (s *Service) SweepAllowances(ctx context.Context) (int64, error) {
	now := s.clock.Now()
	var n int64
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		due, err := s.dueAllowances(ctx, now, now.Add(-allowanceTail))
		if err != nil {
			return err
		}
		n = int64(len(due))
		for i := range due {
			if err := s.close(ctx, due[i]); err != nil {
				return err
			}
		}
		if n == 0 {
			return nil
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "allowances.swept", Subject: audit.Subject{Kind: "allowance", ID: due[0].ID}, Details: map[string]any{"closed": n},
		})
	})
	return n, err
}

// close gives back what is left of an allowance.
func (s *Service) close(ctx context.Context, a Allowance) error {
	if _, err := s.quota(ctx, a.BenefitID, true); err != nil {
		return err
	}
	a, open, err := s.allowanceOf(ctx, a.TillID, a.ID)
	if err != nil || !open {
		return err
	}
	var amount int64
	if a.Amount != nil {
		amount = *a.Amount - a.UsedAmount
	}
	if err := s.reserve(ctx, a.BenefitID, -a.left(), -amount); err != nil {
		return err
	}
	return s.markClosed(ctx, a.ID, s.clock.Now())
}
