package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Proof is what somebody shows to prove anew who it is: a code where there is a
// second factor, else the password.
type Proof struct {
	Code     string // of the authenticator app, or a recovery code
	Password string
}

// Factors is what the caller can prove the own identity with.
type Factors struct {
	Password   bool
	TOTP       bool
	TOTPBegun  bool // a secret was shown and not confirmed yet
	Passkeys   []Passkey
	Codes      int // recovery codes left
	Providers  []string
	Unfinished bool
	// PasskeysPossible says that this server can have passkeys at all.
	PasskeysPossible bool
}

// Second reports whether a second factor is in force.
func (f Factors) Second() bool { return f.TOTP || len(f.Passkeys) > 0 }

// Factors returns what the caller's own account has.
func (s *Service) Factors(ctx context.Context) (Factors, error) {
	row, err := s.own(ctx)
	if err != nil {
		return Factors{}, err
	}
	f := Factors{
		Password: row.PasswordHash != "", TOTP: row.totpInForce(), TOTPBegun: len(row.TOTPSealed) > 0 && !row.totpInForce(),
		PasskeysPossible: s.webauthn != nil,
	}
	if f.Passkeys, err = s.ListPasskeys(ctx); err != nil {
		return f, err
	}
	if f.Codes, err = s.countRecovery(ctx, row.ID); err != nil {
		return f, fmt.Errorf("read factors: %w", err)
	}
	known, err := s.identitiesOf(ctx, row.ID)
	if err != nil {
		return f, fmt.Errorf("read factors: %w", err)
	}
	for _, i := range known {
		f.Providers = append(f.Providers, i.Issuer)
	}
	a, err := s.full(ctx, row)
	f.Unfinished = a.Unfinished
	return f, err
}

// Confirm notes for the session of token that the caller proved anew who it is.
// Whoever has a second factor must use it: the password alone is
// ErrTOTPRequired. What does not fit is ErrConfirm; five of them lock this for
// a while.
func (s *Service) Confirm(ctx context.Context, token string, p Proof) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	if err := s.lockedOut(ctx, s.confirmBucket(row.ID)); err != nil {
		return err
	}
	factor, err := s.hasFactor(ctx, row)
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if factor {
		return s.confirmByCode(ctx, token, row, p.Code)
	}
	fits, _, err := s.hasher.check(ctx, p.Password, row.PasswordHash)
	if err != nil {
		return err
	}
	return s.provedIn(ctx, row.ID, fits, func(ctx context.Context) error { return s.confirmed(ctx, token, row.ID, ByPassword) })
}

func (s *Service) confirmByCode(ctx context.Context, token string, row *accountRow, code string) error {
	if strings.TrimSpace(code) == "" {
		return ErrTOTPRequired
	}
	t := &attempt{row: row}
	if err := s.readCode(t, code); err != nil {
		return err
	}
	fits := t.step > 0 || t.recovery != nil
	return s.provedIn(ctx, row.ID, fits, func(ctx context.Context) error {
		by, err := s.useCode(ctx, row.ID, t.step, t.recovery)
		if errors.Is(err, ErrCredentials) {
			return ErrConfirm
		}
		if err != nil {
			return fmt.Errorf("confirm: %w", err)
		}
		return s.confirmed(ctx, token, row.ID, by)
	})
}

// confirmed notes the proof. Inside a transaction.
func (s *Service) confirmed(ctx context.Context, token string, account uuid.UUID, by Method) error {
	session, err := s.sessionByHash(ctx, hashToken(token))
	if errors.Is(err, ErrNotFound) || err == nil && idOrZero(session.AccountID) != account {
		return ErrUnauthenticated
	}
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if err := s.confirmSession(ctx, session.ID, s.clock.Now()); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return s.record(ctx, "session.confirmed", account, map[string]any{"method": string(by)})
}

func (s *Service) confirmBucket(account uuid.UUID) string {
	return s.bucket("confirm", account.String())
}

// provedIn does the work in one transaction when the proof fits, else counts
// the failure and returns ErrConfirm. The work may find out that it does not
// fit by returning ErrConfirm before it wrote anything.
func (s *Service) provedIn(ctx context.Context, account uuid.UUID, fits bool, work func(context.Context) error) error {
	bucket := s.confirmBucket(account)
	var refusal error
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		refusal = nil
		if err := s.lockedOut(ctx, bucket); err != nil {
			return err
		}
		if fits {
			err := work(ctx)
			if err == nil {
				return s.forget(ctx, bucket)
			}
			if !errors.Is(err, ErrConfirm) {
				return err
			}
		}
		refusal = ErrConfirm
		locked, err := s.strike(ctx, bucket, totpLock)
		if err == nil && locked {
			err = s.record(ctx, "account.confirmation_locked", account, nil)
		}
		return err
	})
	return firstOf(refusal, err)
}

// EndSession ends one of the caller's own sessions.
func (s *Service) EndSession(ctx context.Context, session uuid.UUID) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.endOwnSession(ctx, row.ID, session, s.clock.Now())
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if !ok {
			return ErrNotFound
		}
		return s.record(ctx, "session.ended", row.ID, nil)
	})
}

// EndOthers ends all of the caller's own sessions but that of token.
func (s *Service) EndOthers(ctx context.Context, token string) (n int64, err error) {
	row, err := s.own(ctx)
	if err != nil {
		return 0, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		own, err := s.sessionByHash(ctx, hashToken(token))
		if err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		if n, err = s.endOtherSessions(ctx, row.ID, own.ID, s.clock.Now()); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.record(ctx, "session.ended_others", row.ID, nil)
	})
	return n, err
}

// CurrentSession returns the session that the token opens.
func (s *Service) CurrentSession(ctx context.Context, token string) (Session, error) {
	row, err := s.sessionByHash(ctx, hashToken(token))
	if errors.Is(err, ErrNotFound) {
		return Session{}, ErrUnauthenticated
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	return row.session(), nil
}
