package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

const invitationLife = 72 * time.Hour

// Invitation is an offer of one role to one e-mail address. Code is given out
// once, to whoever invites.
type Invitation struct {
	ID        uuid.UUID
	Code      string
	Grant     actor.Grant
	ExpiresAt time.Time
}

// Invite offers a role to whoever reads the address, for 72 hours and one use.
// ErrGrantAbove when the caller may not grant that role there.
func (s *Service) Invite(ctx context.Context, email string, g actor.Grant) (Invitation, error) {
	if err := checkScope(g); err != nil {
		return Invitation{}, err
	}
	email = normalEmail(email)
	if !validEmail(email) {
		return Invitation{}, ErrEmail.At("/email")
	}
	refusal, err := s.refuses(ctx, g)
	if err != nil {
		return Invitation{}, err
	}
	var made Invitation
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if refusal != nil {
			return s.audit.Append(ctx, audit.Event{Action: "invitation.refused", Subject: audit.Subject{Kind: "invitation"}, Details: details(g)})
		}
		var err error
		made, err = s.invite(ctx, email, g)
		return err
	})
	if err = firstOf(refusal, err); err != nil {
		return Invitation{}, err
	}
	return made, nil
}

func (s *Service) invite(ctx context.Context, email string, g actor.Grant) (Invitation, error) {
	now := s.clock.Now()
	code, hash := newToken("")
	row := invitationRow{
		ID: uid.At(now), CodeHash: hash, EmailIndex: s.emailIndex(email), Role: string(g.Role), ScopeKind: string(g.Scope),
		ScopeID: idOrNull(g.ScopeID), InvitedBy: actor.From(ctx).ID, CreatedAt: now, ExpiresAt: now.Add(invitationLife),
	}
	row.EmailSealed = s.keys.Seal(row.place(), email)
	if err := s.insertInvitation(ctx, &row); err != nil {
		return Invitation{}, fmt.Errorf("invite: %w", err)
	}
	made := Invitation{ID: row.ID, Code: code, Grant: g, ExpiresAt: row.ExpiresAt}
	return made, s.audit.Append(ctx, audit.Event{Action: "invitation.sent", Subject: about("invitation", row.ID), Details: details(g)})
}

// Accept makes the account that an invitation offers. ErrInvitation for a code
// that is unknown, used or too old; ErrAccountExists when the address has an
// account already (somebody with the right to then grants the role directly).
func (s *Service) Accept(ctx context.Context, code, name, password string) (Account, error) {
	hash := hashToken(code)
	row, err := s.invitation(ctx, hash, s.clock.Now())
	if errors.Is(err, ErrNotFound) {
		return Account{}, ErrInvitation
	}
	if err != nil {
		return Account{}, fmt.Errorf("accept invitation: %w", err)
	}
	email, err := s.keys.Unseal(row.place(), row.EmailSealed)
	if err != nil {
		return Account{}, fmt.Errorf("accept invitation: %w", err)
	}
	p, err := s.prepare(ctx, NewAccount{Email: email, Name: name, Password: password})
	if err != nil {
		return Account{}, err
	}
	var made Account
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		made, err = s.accept(ctx, row, p)
		return err
	})
	return made, err
}

func (s *Service) accept(ctx context.Context, row *invitationRow, p prepared) (Account, error) {
	now := s.clock.Now()
	ok, err := s.useInvitation(ctx, row.ID, now)
	if err != nil {
		return Account{}, fmt.Errorf("accept invitation: %w", err)
	}
	if !ok {
		return Account{}, ErrInvitation
	}
	made, err := s.insert(ctx, p, row.InvitedBy, []actor.Grant{row.grant()})
	if err != nil {
		return Account{}, err
	}
	if err := s.nameInvited(ctx, row.ID, made.ID); err != nil {
		return Account{}, fmt.Errorf("accept invitation: %w", err)
	}
	return made, s.record(ctx, "account.created", made.ID, map[string]any{"invitation_id": row.ID, "role": row.Role})
}
