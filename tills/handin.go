package tills

import (
	"context"

	"github.com/berlaku/berlaku/internal/actor"
)

// HandIn returns who acts with a signed assertion that is a bearer itself, for
// a till whose bearer has run out, and uses the assertion up. Its form is that
// of Authenticate with HandInAudience as aud, so neither can stand for the
// other. The till may be active or have been ended, but must have been
// confirmed once; the actor may hand in and nothing else. Everything else is
// ErrAssertion.
func (s *Service) HandIn(ctx context.Context, assertion string) (actor.Actor, error) {
	p, err := s.verify(ctx, assertion, s.HandInAudience())
	if err != nil {
		return actor.Actor{}, err
	}
	if p.till.ConfirmedAt.IsZero() {
		return actor.Actor{}, ErrAssertion
	}
	if err := s.db.InTx(ctx, func(ctx context.Context) error { return s.useProof(ctx, p) }); err != nil {
		return actor.Actor{}, err
	}
	return handingIn(p.till), nil
}

// handingIn is a till that may do nothing else.
func handingIn(t Till) actor.Actor {
	return actor.Actor{
		Kind: actor.Till, ID: t.ID, PartnerID: t.PartnerID, OutletID: t.OutletID,
		Permissions: []actor.Permission{actor.HandIn}, Ended: t.State != Active,
	}
}
