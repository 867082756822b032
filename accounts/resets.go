package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

// ResetKind is what others may do for somebody who cannot get in.
type ResetKind string

// The kinds.
const (
	ResetFactor   ResetKind = "factor"   // take the second factor away; always two persons
	ResetPassword ResetKind = "password" // a link that sets a new password; two persons for roles of weight, and where nothing else is asked for
)

const (
	resetAsked    = "asked"
	resetApproved = "approved"
	resetDone     = "done"

	resetLife = 24 * time.Hour // for the second person to approve
	linkLife  = time.Hour      // of the link that sets a password
	maxOpen   = 500            // invitations that are looked through
)

// Reset is a request that waits for a second person.
type Reset struct {
	ID, AccountID uuid.UUID
	Kind          ResetKind
	AskedBy       uuid.UUID
	AskedAt       time.Time
	ExpiresAt     time.Time
}

// twoPersons reports whether one person alone may not let the holder in again.
// Without a second factor a link to a new password would be all that it takes.
func twoPersons(kind ResetKind, held []actor.Grant, factor bool) bool {
	return kind == ResetFactor || !factor || slices.ContainsFunc(held, func(g actor.Grant) bool {
		return g.Role == actor.ProgrammeAdmin || g.Role == actor.DataProtectionOfficer || g.Role == actor.SystemAdmin
	})
}

// AskReset asks for a reset of an account that the caller may look after, not
// the own one. Where one person suffices the link's code is returned at once,
// good for an hour and once; else it is empty and a second person must approve
// within a day. ErrResetOpen when the same waits already.
func (s *Service) AskReset(ctx context.Context, account uuid.UUID, kind ResetKind) (code string, err error) {
	if kind != ResetFactor && kind != ResetPassword {
		return "", ErrNotFound
	}
	if isSelf(ctx, account) {
		return "", ErrSelf
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		code, err = s.askReset(ctx, account, kind)
		return err
	})
	return code, err
}

func (s *Service) askReset(ctx context.Context, account uuid.UUID, kind ResetKind) (string, error) {
	of, err := s.lockAccount(ctx, account)
	if err != nil {
		return "", err
	}
	if err := s.mayManage(ctx, account); err != nil {
		return "", err
	}
	held, err := s.grants(ctx, account)
	if err != nil {
		return "", err
	}
	factor, err := s.hasFactor(ctx, of)
	if err != nil {
		return "", fmt.Errorf("ask for reset: %w", err)
	}
	now := s.clock.Now()
	row := resetRow{ID: uid.At(now), AccountID: account, Kind: string(kind), State: resetAsked, AskedBy: actor.From(ctx).ID, AskedAt: now, ExpiresAt: now.Add(resetLife)}
	var code string
	if twoPersons(kind, held, factor) {
		waiting, err := s.resetsAsked(ctx, now)
		if err != nil {
			return "", fmt.Errorf("ask for reset: %w", err)
		}
		if slices.ContainsFunc(waiting, func(r resetRow) bool { return r.AccountID == account && r.Kind == row.Kind }) {
			return "", ErrResetOpen
		}
	} else {
		if err := s.endResets(ctx, account, row.Kind, row.ID); err != nil {
			return "", fmt.Errorf("ask for reset: %w", err)
		}
		code, row.CodeHash = newToken("")
		row.State, row.ExpiresAt = resetApproved, now.Add(linkLife)
	}
	if err := s.insertReset(ctx, &row); err != nil {
		return "", fmt.Errorf("ask for reset: %w", err)
	}
	return code, s.record(ctx, "account.reset_asked", account, map[string]any{"kind": row.Kind, "reset_id": row.ID, "at_once": code != ""})
}

// ListResets returns what waits for a second person and is within the caller's
// reach, newest first.
func (s *Service) ListResets(ctx context.Context) ([]Reset, error) {
	rows, err := s.resetsAsked(ctx, s.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("list resets: %w", err)
	}
	out := make([]Reset, 0, len(rows))
	for _, r := range rows {
		switch err := s.mayManage(ctx, r.AccountID); {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		out = append(out, Reset{ID: r.ID, AccountID: r.AccountID, Kind: ResetKind(r.Kind), AskedBy: r.AskedBy, AskedAt: r.AskedAt, ExpiresAt: r.ExpiresAt})
	}
	return out, nil
}

// ApproveReset is the second person's yes; neither who asked nor whom it is
// about may say it (ErrOwnRequest, ErrSelf). A second factor is taken away at
// once, with all sessions; for a password the link's code is returned, good for
// an hour and once.
func (s *Service) ApproveReset(ctx context.Context, id uuid.UUID) (code string, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		code = ""
		row, err := s.resetFor(ctx, id)
		if err != nil {
			return err
		}
		who, now := actor.From(ctx).ID, s.clock.Now()
		if row.AskedBy == who {
			return ErrOwnRequest
		}
		row.DecidedBy, row.DecidedAt = &who, &now
		if ResetKind(row.Kind) == ResetFactor {
			row.State = resetDone
			err = s.takeFactors(ctx, row.AccountID, now)
		} else {
			code, row.CodeHash = newToken("")
			row.State, row.ExpiresAt = resetApproved, now.Add(linkLife)
			err = s.endResets(ctx, row.AccountID, row.Kind, row.ID)
		}
		if err != nil {
			return fmt.Errorf("approve reset: %w", err)
		}
		return s.decide(ctx, row, "account.reset_approved")
	})
	return code, err
}

// takeFactors also ends the links to a new password that one person alone gave
// out, as a second factor no longer stands behind them.
func (s *Service) takeFactors(ctx context.Context, account uuid.UUID, now time.Time) error {
	if err := s.clearFactors(ctx, account, now); err != nil {
		return err
	}
	if err := s.endLonelyLinks(ctx, account); err != nil {
		return err
	}
	return s.endAccountSessions(ctx, account, now)
}

// WithdrawReset ends a request that waits; the one who asked may, and whoever
// could approve it.
func (s *Service) WithdrawReset(ctx context.Context, id uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.resetFor(ctx, id)
		if err != nil {
			return err
		}
		who, now := actor.From(ctx).ID, s.clock.Now()
		row.State, row.DecidedBy, row.DecidedAt = "withdrawn", &who, &now
		return s.decide(ctx, row, "account.reset_withdrawn")
	})
}

// resetFor returns a request within the caller's reach.
func (s *Service) resetFor(ctx context.Context, id uuid.UUID) (*resetRow, error) {
	row, err := s.resetByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if isSelf(ctx, row.AccountID) {
		return nil, ErrSelf
	}
	if _, err := s.lockAccount(ctx, row.AccountID); err != nil {
		return nil, err
	}
	return row, s.mayManage(ctx, row.AccountID)
}

func (s *Service) decide(ctx context.Context, row *resetRow, action string) error {
	ok, err := s.decideReset(ctx, row, resetAsked, s.clock.Now())
	if err != nil {
		return fmt.Errorf("decide reset: %w", err)
	}
	if !ok {
		return ErrResetState
	}
	return s.record(ctx, action, row.AccountID, map[string]any{"kind": row.Kind, "reset_id": row.ID, "asked_by": row.AskedBy})
}

// UseRecoveryLink sets a new password with the code of a link, once, and ends
// all sessions. ErrRecoveryLink for a code that is unknown, used or too old.
func (s *Service) UseRecoveryLink(ctx context.Context, code, password string) error {
	row, err := s.resetByCode(ctx, hashToken(code), s.clock.Now())
	if errors.Is(err, ErrNotFound) {
		return ErrRecoveryLink
	}
	if err != nil {
		return fmt.Errorf("use recovery link: %w", err)
	}
	about, err := s.account(ctx, row.AccountID)
	if err != nil {
		return fmt.Errorf("use recovery link: %w", err)
	}
	a, err := s.full(ctx, about)
	if err != nil {
		return err
	}
	if err := checkPassword(password, a.Email.Reveal(), a.Name.Reveal()); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		now, err := s.lockAccount(ctx, row.AccountID)
		if err != nil {
			return fmt.Errorf("use recovery link: %w", err)
		}
		row.State, row.CodeHash = resetDone, nil
		ok, err := s.decideReset(ctx, row, resetApproved, s.clock.Now())
		if err != nil {
			return fmt.Errorf("use recovery link: %w", err)
		}
		if !ok || now.State != string(Active) {
			return ErrRecoveryLink
		}
		return s.replacePassword(ctx, row.AccountID, hash, "account.password_reset")
	})
}

// LinkOpen reports whether the code of a link still sets a password.
func (s *Service) LinkOpen(ctx context.Context, code string) (bool, error) {
	_, err := s.resetByCode(ctx, hashToken(code), s.clock.Now())
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// NeedsTwo reports whether a new password for the account needs a second
// person's yes.
func (a Account) NeedsTwo() bool {
	return twoPersons(ResetPassword, a.Grants, a.TOTP || a.Passkeys > 0)
}
