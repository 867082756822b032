package participants

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

// AccessReason is why staff look at a person's data.
type AccessReason string

// The reasons. Unspecified is noted where none was given.
const (
	ForService     AccessReason = "service"
	ForDataRequest AccessReason = "data_request"
	ForCard        AccessReason = "card"
	ForDispute     AccessReason = "dispute"
	ForImport      AccessReason = "import"
	ForAudit       AccessReason = "audit"
	ForOther       AccessReason = "other"
	Unspecified    AccessReason = "unspecified"
)

// Valid reports whether the reason is one that somebody may give.
func (r AccessReason) Valid() bool {
	return slices.Contains([]AccessReason{ForService, ForDataRequest, ForCard, ForDispute, ForImport, ForAudit, ForOther}, r)
}

type reasonKey struct{}

// WithReason returns a context in which people's data are looked at for r; what
// is no reason is left out.
func WithReason(ctx context.Context, r AccessReason) context.Context {
	if !r.Valid() {
		return ctx
	}
	return context.WithValue(ctx, reasonKey{}, r)
}

func reasonOf(ctx context.Context) AccessReason {
	if r, ok := ctx.Value(reasonKey{}).(AccessReason); ok {
		return r
	}
	return Unspecified
}

// Access is one look of staff at a person's data, as the person may read it:
// which office and why, not who.
type Access struct {
	ID     uuid.UUID
	At     time.Time
	Role   actor.Role
	Branch string // of the role; '' when national
	Action string // view, list, search, data_request
	Reason AccessReason
}

// look is a way of looking at people's data.
type look struct {
	action string // in the person's list
	entry  string // in the audit log
	perm   actor.Permission
}

var (
	lookAtOne     = look{"view", "participant.viewed", actor.ReadParticipants}
	lookAtList    = look{"list", "participants.listed", actor.ReadParticipants}
	lookBySearch  = look{"search", "participants.searched", actor.SearchParticipants}
	lookAtAll     = look{"view", "participant.revealed", actor.ReadNames}
	lookAtRequest = look{"data_request", "data_request.viewed", actor.HandleRequests}
)

// seen is a person who was looked at.
type seen struct{ id, branch uuid.UUID }

const keepAccesses = 12 // months

// noteAccess notes that the account that acts saw these people, once an hour for
// the same look, with one audit entry a call when anything is new. Whatever is
// not an account (the program, a till, the person) leaves no trace here.
func (s *Service) noteAccess(ctx context.Context, l look, people []seen) error {
	who := actor.From(ctx)
	if who.Kind != actor.Account || len(people) == 0 {
		return nil
	}
	reason := reasonOf(ctx)
	rows := make([]accessRow, len(people))
	for i, p := range people {
		rows[i] = s.access(ctx, l, p, reason)
	}
	rows, err := s.newAccesses(ctx, rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		n, err := s.insertAccesses(ctx, rows)
		if err != nil || n == 0 {
			return err
		}
		subject := audit.Subject{Kind: "participant"}
		if len(people) == 1 {
			subject.ID = people[0].id
		}
		return s.audit.Append(ctx, audit.Event{
			Action: l.entry, Subject: subject, Details: map[string]any{"count": len(people), "reason": reason},
		})
	})
}

// access is the row of one look of the account that acts.
func (s *Service) access(ctx context.Context, l look, p seen, reason AccessReason) accessRow {
	who, now := actor.From(ctx), s.clock.Now()
	g := grantFor(who, l.perm, p.branch)
	row := accessRow{
		ParticipantID: p.id, ID: uid.At(now), AccountID: who.ID, Role: string(g.Role), Action: l.action, Reason: string(reason),
		HourAt: now.Truncate(time.Hour), At: now,
	}
	if g.Scope == actor.BranchScope {
		row.BranchID = orNull(g.ScopeID)
	}
	return row
}

// grantFor returns the grant by which the actor reaches a person of a branch.
func grantFor(who actor.Actor, p actor.Permission, branch uuid.UUID) actor.Grant {
	var other actor.Grant
	for _, g := range who.Grants {
		switch {
		case !g.Role.Can(p):
		case g.Scope == actor.BranchScope && g.ScopeID == branch:
			return g
		case other.Role == "":
			other = g
		}
	}
	return other
}

func seenOf(rows []participantRow) []seen {
	out := make([]seen, len(rows))
	for i := range rows {
		out[i] = seen{rows[i].ID, rows[i].BranchID}
	}
	return out
}

// OwnAccesses returns who looked at the data of the participant who acts, newest
// first. Errors: ErrNotFound.
func (s *Service) OwnAccesses(ctx context.Context, r page.Request) (page.Of[Access], error) {
	id, err := own(ctx)
	if err != nil {
		return page.Of[Access]{}, err
	}
	rows, err := s.accessesOf(ctx, id, r)
	if err != nil {
		return page.Of[Access]{}, err
	}
	branches, err := s.branchMap(ctx)
	if err != nil {
		return page.Of[Access]{}, err
	}
	cut := page.Cut(rows, r, func(r accessRow) uuid.UUID { return r.ID })
	return page.Map(cut, func(r accessRow) Access {
		return Access{
			ID: r.ID, At: r.At.UTC(), Role: actor.Role(r.Role), Branch: branches[orZero(r.BranchID)].Name, Action: r.Action, Reason: AccessReason(r.Reason),
		}
	}), nil
}

// SweepAccesses forgets looks older than twelve months and returns how many.
// For the regular work.
func (s *Service) SweepAccesses(ctx context.Context) (n int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.forgetAccesses(ctx, s.clock.Now().AddDate(0, -keepAccesses, 0))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget accesses: %w", err)
	}
	return n, nil
}
