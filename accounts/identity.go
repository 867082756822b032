package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

// External is what a verified token of the identity provider says.
type External struct {
	Issuer, Subject string
	Email           string // empty unless the provider says that it is verified
	Name            string
	// Invitation is the code that the visitor came with; it links the identity.
	Invitation string
	// LinkByEmail links the identity to the account of the verified address;
	// only where the operator said so.
	LinkByEmail bool
}

// identityDigest finds an identity without telling who it is.
func (s *Service) identityDigest(e External) []byte {
	m := hmac.New(sha256.New, s.pepper)
	m.Write([]byte("identity:v1:" + e.Issuer + "\x00" + e.Subject))
	return m.Sum(nil)
}

// ExternalLogin opens a session for the account that is linked to (issuer,
// subject). On the first visit it links: by an invitation, which makes the
// account without a password, or by the verified address where that is
// allowed. Roles come from our grants alone. ErrIdentity when nobody here is
// meant.
func (s *Service) ExternalLogin(ctx context.Context, e External, in Login) (SessionToken, error) {
	if e.Issuer == "" || e.Subject == "" {
		return SessionToken{}, ErrIdentity
	}
	var opened SessionToken
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		id, err := s.accountOf(ctx, e)
		if err != nil {
			return err
		}
		row, err := s.lockAccount(ctx, id)
		if err != nil {
			return fmt.Errorf("sign in by provider: %w", err)
		}
		if row.State != string(Active) {
			return ErrIdentity
		}
		if err := s.useIdentity(ctx, s.identityDigest(e), s.clock.Now()); err != nil {
			return fmt.Errorf("sign in by provider: %w", err)
		}
		opened, err = s.open(ctx, id, ByProvider, in)
		return err
	})
	return opened, err
}

// accountOf finds or links the account. Inside a transaction.
func (s *Service) accountOf(ctx context.Context, e External) (uuid.UUID, error) {
	known, err := s.identity(ctx, s.identityDigest(e))
	if err == nil {
		return known.AccountID, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return uuid.Nil, fmt.Errorf("find identity: %w", err)
	}
	switch {
	case e.Invitation != "":
		return s.linkInvited(ctx, e)
	case e.LinkByEmail && e.Email != "":
		row, err := s.accountByIndex(ctx, s.emailIndex(e.Email))
		if errors.Is(err, ErrNotFound) {
			return uuid.Nil, ErrIdentity
		}
		if err != nil {
			return uuid.Nil, fmt.Errorf("link identity: %w", err)
		}
		return row.ID, s.link(ctx, e, row.ID)
	}
	return uuid.Nil, ErrIdentity
}

// linkInvited makes the account that the invitation offers, without a password.
func (s *Service) linkInvited(ctx context.Context, e External) (uuid.UUID, error) {
	row, err := s.invitation(ctx, hashToken(e.Invitation), s.clock.Now())
	if errors.Is(err, ErrNotFound) {
		return uuid.Nil, ErrInvitation
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("link identity: %w", err)
	}
	email, err := s.keys.Unseal(row.place(), row.EmailSealed)
	if err != nil {
		return uuid.Nil, fmt.Errorf("link identity: %w", err)
	}
	name := e.Name
	if name == "" {
		name = email
	}
	made, err := s.accept(ctx, row, prepared{email: email, name: cut(name, maxName)})
	if err != nil {
		return uuid.Nil, err
	}
	return made.ID, s.link(ctx, e, made.ID)
}

func (s *Service) link(ctx context.Context, e External, account uuid.UUID) error {
	row := identityRow{Digest: s.identityDigest(e), AccountID: account, Issuer: e.Issuer, CreatedAt: s.clock.Now()}
	if err := s.insertIdentity(ctx, &row); err != nil {
		return fmt.Errorf("link identity: %w", err)
	}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Account, ID: account, RequestID: actor.From(ctx).RequestID})
	return s.record(ctx, "account.identity_linked", account, nil)
}

// ExternalConfirm notes for the session of token that the caller proved anew
// who it is, at the identity provider. ErrIdentity when somebody else signed in
// there.
func (s *Service) ExternalConfirm(ctx context.Context, token string, e External) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		known, err := s.identity(ctx, s.identityDigest(e))
		if errors.Is(err, ErrNotFound) || err == nil && known.AccountID != row.ID {
			return ErrIdentity
		}
		if err != nil {
			return fmt.Errorf("confirm by provider: %w", err)
		}
		return s.confirmed(ctx, token, row.ID, ByProvider)
	})
}
