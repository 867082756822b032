package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
)

// grantable is who may hand out which role. How far it goes is for covers to
// say: a national role reaches everywhere, a branch its own people and the
// owners of its partners, a partner itself.
var grantable = map[actor.Role][]actor.Role{
	actor.ProgrammeAdmin:   actor.Roles(),
	actor.SystemAdmin:      {actor.SystemAdmin}, // who runs the machine gives nobody a way to personal data
	actor.BranchSupervisor: {actor.BranchViewer, actor.BranchOfficer, actor.PartnerOwner},
	actor.PartnerOwner:     {actor.PartnerOwner},
}

// Grant gives a role to an account. Granting twice changes nothing.
func (s *Service) Grant(ctx context.Context, accountID uuid.UUID, g actor.Grant) error {
	return s.regrant(ctx, accountID, g, "grant.given", func(ctx context.Context) (bool, error) {
		held, err := s.grants(ctx, accountID)
		if err != nil || slices.Contains(held, g) {
			return false, err
		}
		return true, s.insertGrant(ctx, accountID, actor.From(ctx).ID, g)
	})
}

// Revoke takes a role from an account, at once, and with it the invitations
// that the account sent and nobody has accepted yet. Taking what is not held
// is ErrNotFound.
func (s *Service) Revoke(ctx context.Context, accountID uuid.UUID, g actor.Grant) error {
	return s.regrant(ctx, accountID, g, "grant.revoked", func(ctx context.Context) (bool, error) {
		ok, err := s.endGrant(ctx, accountID, g, s.clock.Now())
		if err != nil {
			return false, err
		}
		if !ok {
			return false, ErrNotFound
		}
		return true, s.expireInvitationsBy(ctx, accountID, s.clock.Now())
	})
}

// regrant is the frame of Grant and Revoke: who may, the change, the record.
func (s *Service) regrant(ctx context.Context, accountID uuid.UUID, g actor.Grant, action string, change func(context.Context) (bool, error)) error {
	if err := checkScope(g); err != nil {
		return err
	}
	if isSelf(ctx, accountID) {
		return ErrSelf
	}
	refusal, err := s.refuses(ctx, g)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if refusal != nil {
			return s.record(ctx, "grant.refused", accountID, details(g))
		}
		if _, err := s.lockAccount(ctx, accountID); err != nil {
			return err
		}
		changed, err := change(ctx)
		if err != nil || !changed {
			return err
		}
		return s.record(ctx, action, accountID, details(g))
	})
	return firstOf(refusal, err)
}

// refuses returns ErrGrantAbove as refusal when the caller may not hand out g.
func (s *Service) refuses(ctx context.Context, g actor.Grant) (refusal, err error) {
	ok, err := s.mayGrant(ctx, g)
	if err != nil {
		return nil, err
	}
	if !ok {
		return ErrGrantAbove, nil
	}
	return nil, nil //nolint:nilnil // no refusal, no failure
}

// mayGrant reports whether the caller may hand out g.
func (s *Service) mayGrant(ctx context.Context, g actor.Grant) (bool, error) {
	who := actor.From(ctx)
	if who.Kind == actor.Job {
		return true, nil
	}
	if who.Kind != actor.Account {
		return false, nil
	}
	for _, own := range who.Grants {
		if !slices.Contains(grantable[own.Role], g.Role) {
			continue
		}
		if ok, err := s.covers(ctx, own, g); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// covers reports whether the scope of own includes that of g.
func (s *Service) covers(ctx context.Context, own, g actor.Grant) (bool, error) {
	switch {
	case own.Scope == actor.National:
		return true, nil
	case own.Scope == g.Scope:
		return own.ScopeID == g.ScopeID, nil
	case own.Scope == actor.BranchScope && g.Scope == actor.PartnerScope && s.partners != nil:
		branch, err := s.partners.PartnerBranch(ctx, g.ScopeID)
		if fault.KindOf(err) == fault.NotFound {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look up branch of partner: %w", err)
		}
		return branch == own.ScopeID, nil
	}
	return false, nil
}

// mayManage returns ErrNotFound unless the account is the caller's own or all
// that it was granted could have been granted by the caller.
func (s *Service) mayManage(ctx context.Context, accountID uuid.UUID) error {
	who := actor.From(ctx)
	if isSelf(ctx, accountID) || who.Kind == actor.Job {
		return nil
	}
	held, err := s.grants(ctx, accountID)
	if err != nil {
		return err
	}
	if len(held) == 0 && !who.Scope(actor.InvitePeople).National {
		return ErrNotFound
	}
	for _, g := range held {
		if ok, err := s.mayGrant(ctx, g); err != nil {
			return err
		} else if !ok {
			return ErrNotFound
		}
	}
	return nil
}

// checkScope returns ErrScope unless the role exists and can be granted there.
func checkScope(g actor.Grant) error {
	if !slices.Contains(g.Role.ScopeOf(), g.Scope) || (g.Scope == actor.National) != (g.ScopeID == uuid.Nil) {
		return ErrScope
	}
	return nil
}

func isSelf(ctx context.Context, accountID uuid.UUID) bool {
	who := actor.From(ctx)
	return who.Kind == actor.Account && who.ID == accountID
}

func details(g actor.Grant) map[string]any {
	d := map[string]any{"role": string(g.Role), "scope": string(g.Scope)}
	if g.ScopeID != uuid.Nil {
		d["scope_id"] = g.ScopeID
	}
	return d
}

// about returns the audit subject for a thing of the given kind.
func about(kind string, id uuid.UUID) audit.Subject { return audit.Subject{Kind: kind, ID: id} }

// auditOf returns the event of an action about a thing.
func auditOf(action, kind string, id uuid.UUID, details map[string]any) audit.Event {
	return audit.Event{Action: action, Subject: about(kind, id), Details: details}
}
