// Package actor says who acts and what that one may do.
//
// The access layer puts an Actor into the context of every request. Domains
// ask it two things: which permission (Can), and how far it reaches (Scope).
// The reach comes from stored grants, never from the request, and a domain
// answers "not found" for whatever lies outside it.
package actor

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Kind is the sort of principal.
type Kind string

// The kinds of principal.
const (
	Anonymous   Kind = "anonymous"
	Account     Kind = "account"     // a person who signed in
	APIKey      Kind = "api_key"     // a till system of an integrator
	Till        Kind = "till"        // an enrolled till
	Participant Kind = "participant" // a participant's phone
	Job         Kind = "job"         // the program itself: commands, timers, the demo world
)

// Role is what an account was granted; every grant has a scope.
type Role string

// The roles.
const (
	PartnerOwner          Role = "partner_owner"
	BranchViewer          Role = "branch_viewer"
	BranchOfficer         Role = "branch_officer"
	BranchSupervisor      Role = "branch_supervisor"
	HQAnalyst             Role = "hq_analyst"
	ProgrammeAdmin        Role = "programme_admin"
	DataProtectionOfficer Role = "data_protection_officer"
	SystemAdmin           Role = "system_admin"
	Agent                 Role = "agent"
	WadahCoordinator      Role = "wadah_coordinator"
	Auditor               Role = "auditor"
)

// ScopeKind is what a grant reaches.
type ScopeKind string

// The kinds of scope.
const (
	National     ScopeKind = "national"
	BranchScope  ScopeKind = "branch"
	WadahScope   ScopeKind = "wadah"
	PartnerScope ScopeKind = "partner"
	OutletScope  ScopeKind = "outlet"
)

// Grant is one role within one scope. ScopeID is the zero id for National.
type Grant struct {
	Role    Role
	Scope   ScopeKind
	ScopeID uuid.UUID
}

// Actor is who acts.
type Actor struct {
	Kind   Kind
	ID     uuid.UUID // account, API key, till or participant
	Grants []Grant   // of an account
	// Permissions of an API key, a till or a participant.
	Permissions []Permission
	// PartnerID and OutletID bind an API key or a till.
	PartnerID, OutletID uuid.UUID
	// ConfirmedAt is when an account last proved who it is.
	ConfirmedAt time.Time
	// Unfinished says that an account must set up a second factor before it may
	// do anything else.
	Unfinished bool
	// Ended says that the credential was ended and may only still hand in what
	// was done before: for everything else it is as good as none.
	Ended bool
	// RequestID joins answer, log and audit.
	RequestID string
}

// System is the program itself: every permission, national reach.
func System() Actor { return Actor{Kind: Job} }

// Can reports whether the actor holds p in any scope.
func (a Actor) Can(p Permission) bool {
	switch a.Kind {
	case Job:
		return true
	case Account:
		return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.Can(p) })
	default:
		return slices.Contains(a.Permissions, p)
	}
}

// Reach is how far a permission goes. The zero Reach goes nowhere.
type Reach struct {
	National bool
	Branches []uuid.UUID
	Partners []uuid.UUID
	Outlets  []uuid.UUID
	Wadahs   []uuid.UUID
}

// Scope returns how far the actor's permission p goes.
func (a Actor) Scope(p Permission) Reach {
	var r Reach
	switch a.Kind {
	case Job:
		r.National = true
	case APIKey, Till:
		if slices.Contains(a.Permissions, p) {
			r.Outlets = []uuid.UUID{a.OutletID}
		}
	case Account:
		for _, g := range a.Grants {
			if g.Role.Can(p) {
				r.add(g)
			}
		}
	case Anonymous, Participant:
	}
	return r
}

func (r *Reach) add(g Grant) {
	switch g.Scope {
	case National:
		r.National = true
	case BranchScope:
		r.Branches = append(r.Branches, g.ScopeID)
	case PartnerScope:
		r.Partners = append(r.Partners, g.ScopeID)
	case OutletScope:
		r.Outlets = append(r.Outlets, g.ScopeID)
	case WadahScope:
		r.Wadahs = append(r.Wadahs, g.ScopeID)
	}
}

// HasBranch reports whether the reach includes the branch.
func (r Reach) HasBranch(id uuid.UUID) bool { return r.National || slices.Contains(r.Branches, id) }

// HasPartner reports whether the reach includes the partner as a partner
// (owner), not through the branch that looks after it.
func (r Reach) HasPartner(id uuid.UUID) bool { return r.National || slices.Contains(r.Partners, id) }

// HasOutlet reports whether the reach includes the outlet of a partner.
func (r Reach) HasOutlet(partner, outlet uuid.UUID) bool {
	return r.HasPartner(partner) || slices.Contains(r.Outlets, outlet)
}

type key struct{}

// With returns a context in which a acts.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From returns who acts in ctx; a context without an actor gives Anonymous,
// who may do nothing.
func From(ctx context.Context) Actor {
	if a, ok := ctx.Value(key{}).(Actor); ok {
		return a
	}
	return Actor{Kind: Anonymous}
}
