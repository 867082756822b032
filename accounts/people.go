package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
)

// People asks for accounts that the caller may look after.
type People struct {
	page.Request
	Email string // exactly this address; empty: any
	Role  actor.Role
}

// ListPeople returns the accounts that the caller may look after, newest first,
// the own one among them where it lies within reach. Unlike List it leaves out
// those that hold more than the caller could grant.
func (s *Service) ListPeople(ctx context.Context, q People) (page.Of[Account], error) {
	rows, err := s.peopleWithin(ctx, actor.From(ctx).Scope(actor.InvitePeople), s.indexOrNil(q.Email), string(q.Role), q.Request)
	if err != nil {
		return page.Of[Account]{}, fmt.Errorf("list people: %w", err)
	}
	p := page.Cut(rows, q.Request, func(r accountRow) uuid.UUID { return r.ID })
	out := page.Of[Account]{Items: make([]Account, 0, len(p.Items)), NextCursor: p.NextCursor}
	for i := range p.Items {
		switch err := s.mayManage(ctx, p.Items[i].ID); {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return page.Of[Account]{}, err
		}
		a, err := s.full(ctx, &p.Items[i])
		if err != nil {
			return page.Of[Account]{}, err
		}
		out.Items = append(out.Items, a)
	}
	return out, nil
}

func (s *Service) indexOrNil(email string) []byte {
	if email == "" {
		return nil
	}
	return s.emailIndex(email)
}

// SessionsOf returns the open sessions of an account that the caller may look
// after, newest first.
func (s *Service) SessionsOf(ctx context.Context, account uuid.UUID) ([]Session, error) {
	if err := s.mayManage(ctx, account); err != nil {
		return nil, err
	}
	rows, err := s.openSessions(ctx, account, s.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]Session, len(rows))
	for i := range rows {
		out[i] = rows[i].session()
	}
	return out, nil
}

// Grantable returns the roles that the caller may hand out somewhere, in order.
func (s *Service) Grantable(ctx context.Context) []actor.Role {
	who := actor.From(ctx)
	if who.Kind == actor.Job {
		return actor.Roles()
	}
	var out []actor.Role
	for _, r := range actor.Roles() {
		if slices.ContainsFunc(who.Grants, func(g actor.Grant) bool { return slices.Contains(grantable[g.Role], r) }) {
			out = append(out, r)
		}
	}
	return out
}

// MayGrant reports whether the caller may hand out g.
func (s *Service) MayGrant(ctx context.Context, g actor.Grant) (bool, error) {
	return s.mayGrant(ctx, g)
}

// Waiting is an invitation that nobody has accepted yet.
type Waiting struct {
	ID        uuid.UUID
	Email     pii.Text
	Grant     actor.Grant
	InvitedBy uuid.UUID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// ListInvitations returns those that wait and that the caller could have sent,
// newest first.
func (s *Service) ListInvitations(ctx context.Context) ([]Waiting, error) {
	rows, err := s.openInvitations(ctx, s.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	out := make([]Waiting, 0, len(rows))
	for i := range rows {
		ok, err := s.mayGrant(ctx, rows[i].grant())
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		email, err := s.keys.Unseal(rows[i].place(), rows[i].EmailSealed)
		if err != nil {
			return nil, fmt.Errorf("list invitations: %w", err)
		}
		r := rows[i]
		out = append(out, Waiting{ID: r.ID, Email: pii.Text(email), Grant: r.grant(), InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt})
	}
	return out, nil
}

// WithdrawInvitation makes an invitation worthless.
func (s *Service) WithdrawInvitation(ctx context.Context, id uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		_, err := s.withdraw(ctx, id)
		return err
	})
}

// RenewInvitation makes an invitation worthless and returns a new one to the
// same address for the same role, with a new code and 72 more hours.
func (s *Service) RenewInvitation(ctx context.Context, id uuid.UUID) (Invitation, error) {
	var made Invitation
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.withdraw(ctx, id)
		if err != nil {
			return err
		}
		email, err := s.keys.Unseal(row.place(), row.EmailSealed)
		if err != nil {
			return fmt.Errorf("renew invitation: %w", err)
		}
		made, err = s.invite(ctx, email, row.grant())
		return err
	})
	return made, err
}

func (s *Service) withdraw(ctx context.Context, id uuid.UUID) (*invitationRow, error) {
	now := s.clock.Now()
	row, err := s.invitationByID(ctx, id, now)
	if err != nil {
		return nil, err
	}
	if ok, err := s.mayGrant(ctx, row.grant()); err != nil {
		return nil, err
	} else if !ok {
		return nil, ErrNotFound
	}
	ok, err := s.endInvitation(ctx, id, now)
	if err != nil {
		return nil, fmt.Errorf("withdraw invitation: %w", err)
	}
	if !ok {
		return nil, ErrNotFound
	}
	return row, s.audit.Append(ctx, auditOf("invitation.withdrawn", "invitation", id, details(row.grant())))
}

// Offer is what an invitation's code offers.
type Offer struct {
	Email     pii.Text
	Grant     actor.Grant
	ExpiresAt time.Time
}

// Invited returns what the code offers; ErrInvitation when it is unknown, used
// or too old. Whoever holds the code may see it.
func (s *Service) Invited(ctx context.Context, code string) (Offer, error) {
	row, err := s.invitation(ctx, hashToken(code), s.clock.Now())
	if errors.Is(err, ErrNotFound) {
		return Offer{}, ErrInvitation
	}
	if err != nil {
		return Offer{}, fmt.Errorf("read invitation: %w", err)
	}
	email, err := s.keys.Unseal(row.place(), row.EmailSealed)
	if err != nil {
		return Offer{}, fmt.Errorf("read invitation: %w", err)
	}
	return Offer{Email: pii.Text(email), Grant: row.grant(), ExpiresAt: row.ExpiresAt}, nil
}

// Open opens a session for an account that was made this very moment, by an
// invitation or the first start: the password that was chosen stands for the
// sign-in. For the faces, right after Accept and Claim.
func (s *Service) Open(ctx context.Context, made Account, in Login) (SessionToken, error) {
	var t SessionToken
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		t, err = s.open(ctx, made.ID, ByPassword, in)
		return err
	})
	return t, err
}
