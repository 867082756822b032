package benefits

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
)

// DefaultCap is what a branch may approve by itself until headquarters says
// otherwise, in rupiah of discount in all.
const DefaultCap int64 = 500_000_000

// Faults of approvals above what a branch may decide.
var (
	// ErrAboveCap: the promo may cost more than a branch approves by itself.
	ErrAboveCap = fault.New(fault.Forbidden, "above_cap", "This promo may cost more than the branch approves by itself. Headquarters approves it, two persons together.")
	// ErrSecondPerson: above the cap, whoever approved first cannot be the second.
	ErrSecondPerson = fault.New(fault.Forbidden, "second_person", "You have approved this already. Above the branch's limit a second person of headquarters approves too.")
)

// Cap is what a branch may approve by itself.
type Cap struct {
	BranchID  uuid.UUID
	Amount    int64     // rupiah of discount in all
	OpenEnded bool      // also promos whose cost nothing bounds
	ChangedBy uuid.UUID // zero: the default
	ChangedAt time.Time
}

// Exposure returns the most that a promo can cost in rupiah: its budget, or its
// total count at the highest discount. It is false when nothing bounds it.
func (t Terms) Exposure() (int64, bool) {
	most, bounded := int64(0), false
	if n, top := t.Limits.TotalCount, t.highest(); n != nil && top > 0 {
		most, bounded = math.MaxInt64, true
		if *n <= math.MaxInt64/top {
			most = *n * top
		}
	}
	if b := t.Limits.TotalAmount; b != nil && (!bounded || *b < most) {
		return *b, true
	}
	return most, bounded
}

// Covers reports whether the branch may approve the terms by itself.
func (c Cap) Covers(t Terms) bool {
	cost, bounded := t.Exposure()
	if !bounded {
		return c.OpenEnded
	}
	return cost <= c.Amount
}

// raisedFor reports whether the terms lie within the cap only because who raised
// it: nobody makes room and decides alone.
func (c Cap) raisedFor(t Terms, who uuid.UUID) bool {
	return c.ChangedBy == who && !Cap{Amount: DefaultCap, OpenEnded: true}.Covers(t)
}

// CapOf returns what the branch that looks after a partner may approve by
// itself. A partner out of reach is ErrNotFound.
func (s *Service) CapOf(ctx context.Context, partner uuid.UUID) (Cap, error) {
	if err := s.within(ctx, partner, actor.ReadBenefits); err != nil {
		return Cap{}, err
	}
	home, err := s.partners.Affiliation(ctx, partner)
	if err != nil {
		return Cap{}, err
	}
	return s.branchCap(ctx, home.BranchID)
}

// Caps returns what headquarters set, by branch. Branches that are missing have
// DefaultCap.
func (s *Service) Caps(ctx context.Context) (map[uuid.UUID]Cap, error) {
	all, err := s.caps(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]Cap, len(all))
	for _, c := range all {
		out[c.BranchID] = c
	}
	return out, nil
}

// SetCap sets what a branch may approve by itself. Only headquarters does
// (ErrNotFound, also for a branch that is not there); what is no amount is ErrInvalid.
func (s *Service) SetCap(ctx context.Context, c Cap) error {
	who := actor.From(ctx)
	if !who.Scope(actor.ApproveBenefits).National {
		return ErrNotFound
	}
	var wrong check.List
	wrong.Range("/amount", c.Amount, 0, budgetMax)
	if err := wrong.Err(ErrInvalid); err != nil {
		return err
	}
	c.ChangedBy, c.ChangedAt = who.ID, s.clock.Now()
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.writeCap(ctx, c); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "benefit.cap_set", Subject: audit.Subject{Kind: "branch", ID: c.BranchID},
			Details: map[string]any{"amount": c.Amount, "open_ended": c.OpenEnded},
		})
	})
}

// Signatures returns who approved the newest version of a promo so far and how
// many must. A promo out of reach is ErrNotFound.
func (s *Service) Signatures(ctx context.Context, b Benefit) (by []uuid.UUID, needed int, err error) {
	c, err := s.CapOf(ctx, b.PartnerID)
	if err != nil {
		return nil, 0, err
	}
	if c.Covers(b.Terms) {
		return nil, 1, nil
	}
	by, err = s.signatures(ctx, b.ID, b.Version)
	return by, aboveCap, err
}

// aboveCap is how many persons of headquarters approve what is above the cap of
// a branch.
const aboveCap = 2

// authorise notes the approval of whoever acts and reports whether that is
// enough: within the branch's cap one is, above it two of headquarters.
func (s *Service) authorise(ctx context.Context, partner uuid.UUID, v Version) (bool, error) {
	who := actor.From(ctx)
	if who.Kind == actor.Job {
		return true, nil
	}
	home, err := s.partners.Affiliation(ctx, partner)
	if err != nil {
		return false, err
	}
	limit, err := s.branchCap(ctx, home.BranchID)
	if err != nil {
		return false, err
	}
	if limit.Covers(v.Terms) && !limit.raisedFor(v.Terms, who.ID) {
		return true, nil
	}
	if !who.Scope(actor.ApproveBenefits).National {
		return false, ErrAboveCap
	}
	return s.sign(ctx, v, who.ID)
}
