package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
)

const bootstrapLife = 30 * time.Minute

// Bootstrap makes the one-time token with which the first account is claimed,
// good for 30 minutes; an earlier token dies. When there is an account already
// it makes nothing and returns false.
func (s *Service) Bootstrap(ctx context.Context) (token string, created bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		token, created = "", false
		n, err := s.countAccounts(ctx)
		if err != nil || n > 0 {
			return err
		}
		now := s.clock.Now()
		var hash []byte
		token, hash = newToken("")
		if err := s.replaceBootstrap(ctx, hash, now, now.Add(bootstrapLife)); err != nil {
			return err
		}
		created = true
		return s.audit.Append(ctx, audit.Event{Action: "bootstrap.offered", Subject: audit.Subject{Kind: "bootstrap"}})
	})
	if err != nil {
		return "", false, fmt.Errorf("bootstrap: %w", err)
	}
	return token, created, nil
}

// Claim makes the first account, programme administrator and system
// administrator in one. A token that fits is dead afterwards even when the
// claim fails for another reason; a restart offers a new one. Whether the
// caller is on this machine is for the API to check.
func (s *Service) Claim(ctx context.Context, token string, in NewAccount) (Account, error) {
	if err := s.spendBootstrap(ctx, token); err != nil {
		return Account{}, err
	}
	p, err := s.prepare(ctx, in)
	if err != nil {
		return Account{}, err
	}
	var made Account
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockBootstrap(ctx); err != nil { // two claims at once: one waits here
			return err
		}
		if n, err := s.countAccounts(ctx); err != nil {
			return err
		} else if n > 0 {
			return ErrBootstrap
		}
		made, err = s.create(ctx, p, []actor.Grant{
			{Role: actor.ProgrammeAdmin, Scope: actor.National},
			{Role: actor.SystemAdmin, Scope: actor.National},
		})
		return err
	})
	return made, err
}

// spendBootstrap is a transaction of its own: the token must stay dead
// whatever comes after.
func (s *Service) spendBootstrap(ctx context.Context, token string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.useBootstrap(ctx, hashToken(token), s.clock.Now())
		if err != nil {
			return fmt.Errorf("use bootstrap token: %w", err)
		}
		if !ok {
			return ErrBootstrap
		}
		return s.audit.Append(ctx, audit.Event{Action: "bootstrap.used", Subject: audit.Subject{Kind: "bootstrap"}})
	})
}
