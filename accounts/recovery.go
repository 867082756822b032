package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

const (
	recoveryCount    = 10
	recoveryHalf     = 5
	recoveryAlphabet = "abcdefghjkmnpqrstuvwxyz23456789" // without letters that look alike
)

// isRecoveryCode reports whether the text has the form of one.
func isRecoveryCode(code string) bool {
	n := len(plainRecovery(code))
	return n == 2*recoveryHalf
}

// plainRecovery is a code as it is compared: people leave out the line, or
// write capitals.
func plainRecovery(code string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(code)))
}

// recoveryHash is what is stored of a code: without the pepper nobody can try
// them all out.
func (s *Service) recoveryHash(account uuid.UUID, code string) []byte {
	m := hmac.New(sha256.New, s.pepper)
	m.Write([]byte("recovery:v1:" + account.String() + ":" + plainRecovery(code)))
	return m.Sum(nil)
}

// NewRecoveryCodes gives the caller ten codes, each good once in place of the
// second factor; earlier ones die. They are given out once. ErrFactorNeeded
// without a second factor.
func (s *Service) NewRecoveryCodes(ctx context.Context) ([]string, error) {
	row, err := s.own(ctx)
	if err != nil {
		return nil, err
	}
	if has, err := s.hasFactor(ctx, row); err != nil {
		return nil, fmt.Errorf("make recovery codes: %w", err)
	} else if !has {
		return nil, ErrFactorNeeded
	}
	now := s.clock.Now()
	codes, rows := make([]string, recoveryCount), make([]recoveryRow, recoveryCount)
	for i := range codes {
		codes[i] = randomText(recoveryHalf, recoveryAlphabet) + "-" + randomText(recoveryHalf, recoveryAlphabet)
		rows[i] = recoveryRow{AccountID: row.ID, CodeHash: s.recoveryHash(row.ID, codes[i]), CreatedAt: now}
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.replaceRecovery(ctx, row.ID, rows); err != nil {
			return fmt.Errorf("make recovery codes: %w", err)
		}
		return s.record(ctx, "account.recovery_codes_made", row.ID, nil)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// Recovery is how somebody who forgot the password sets a new one.
type Recovery struct {
	Email, Code string // Code is one of the recovery codes
	Password    string // the new one
	Network     string
}

// Recover sets a new password with a recovery code, and ends all sessions. An
// unknown address and a wrong code are both ErrRecovery, for the same work, and
// count towards the lock-out like a wrong password.
func (s *Service) Recover(ctx context.Context, in Recovery) error {
	t, err := s.tryRecovery(ctx, in)
	if err != nil {
		return err
	}
	var refusal error
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		refusal = nil
		err := s.recover(ctx, t)
		if !errors.Is(err, ErrRecovery) {
			return err
		}
		if refusal, err = s.refuse(ctx, t); errors.Is(refusal, ErrCredentials) {
			refusal = ErrRecovery
		}
		return err
	})
	return firstOf(refusal, err)
}

func (s *Service) tryRecovery(ctx context.Context, in Recovery) (*attempt, error) {
	t := s.attemptOf(Login{Email: in.Email, Network: in.Network})
	if err := s.lockedOut(ctx, t.perNet, t.perAcct); err != nil {
		return nil, err
	}
	if err := checkPassword(in.Password, in.Email); err != nil {
		return nil, err
	}
	var err error
	if t.row, err = s.accountByIndex(ctx, s.emailIndex(in.Email)); errors.Is(err, ErrNotFound) {
		t.row = &accountRow{}
	} else if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	t.recovery = s.recoveryHash(t.row.ID, in.Code)
	t.newHash, err = s.hasher.hash(ctx, in.Password) // for nobody too: the work must be the same
	return t, err
}

// recover sets the password when the code fits. Inside a transaction.
func (s *Service) recover(ctx context.Context, t *attempt) error {
	if err := s.lockedOut(ctx, t.perNet, t.perAcct); err != nil {
		return err
	}
	ok, err := s.useRecovery(ctx, t.row.ID, t.recovery, s.clock.Now())
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if !ok || t.row.State != string(Active) {
		return ErrRecovery
	}
	return s.replacePassword(ctx, t.row.ID, t.newHash, "account.password_recovered")
}

// replacePassword writes a new password, and ends what the old one opened, and
// links that would set another.
// Inside a transaction.
func (s *Service) replacePassword(ctx context.Context, account uuid.UUID, hash, action string) error {
	now := s.clock.Now()
	if err := s.setPassword(ctx, account, hash, now); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := s.endAccountSessions(ctx, account, now); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := s.endResets(ctx, account, string(ResetPassword), uuid.Nil); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return s.record(ctx, action, account, nil)
}

// ChangePassword sets the caller's own password and ends all other sessions and
// links that would set another; the session of token goes on. A wrong old one is ErrConfirm; five of them
// lock this for a while.
func (s *Service) ChangePassword(ctx context.Context, token, old, password string) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	a, err := s.full(ctx, row)
	if err != nil {
		return err
	}
	if err := checkPassword(password, a.Email.Reveal(), a.Name.Reveal()); err != nil {
		return err
	}
	if err := s.lockedOut(ctx, s.confirmBucket(row.ID)); err != nil {
		return err
	}
	fits, _, err := s.hasher.check(ctx, old, row.PasswordHash)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.provedIn(ctx, row.ID, fits, func(ctx context.Context) error {
		own, err := s.sessionByHash(ctx, hashToken(token))
		if err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		now := s.clock.Now()
		if err := s.setPassword(ctx, row.ID, hash, now); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		if _, err := s.endOtherSessions(ctx, row.ID, own.ID, now); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		if err := s.endResets(ctx, row.ID, string(ResetPassword), uuid.Nil); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		return s.record(ctx, "account.password_changed", row.ID, nil)
	})
}
