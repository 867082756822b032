package accounts

import (
	"context"
	"encoding/base32"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/berlaku/berlaku/internal/actor"
)

const (
	totpIssuer = "Berlaku"
	totpPeriod = 30 * time.Second
	// totpSkew is how many steps a code may lie off (RFC 6238, 5.2).
	totpSkew = 1
)

// TOTPSetup is what an authenticator app needs. Both are given out once.
type TOTPSetup struct {
	Secret string // base32
	URI    string // otpauth://
}

// EnableTOTP begins a second factor (RFC 6238) for the caller's own account.
// It is in force once ConfirmTOTP has seen a code; until then a new call
// replaces it. ErrTOTPEnabled when one is in force.
func (s *Service) EnableTOTP(ctx context.Context) (TOTPSetup, error) {
	row, err := s.own(ctx)
	if err != nil {
		return TOTPSetup{}, err
	}
	email, err := s.keys.Unseal(row.place("email_sealed"), row.EmailSealed)
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("enable second factor: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: email})
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("enable second factor: %w", err)
	}
	sealed := s.keys.Seal(row.place("totp_sealed"), key.Secret())
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.beginTOTP(ctx, row.ID, sealed, s.clock.Now())
		if err != nil {
			return fmt.Errorf("enable second factor: %w", err)
		}
		if !ok {
			return ErrTOTPEnabled
		}
		return s.record(ctx, "account.totp_begun", row.ID, nil)
	})
	return TOTPSetup{Secret: key.Secret(), URI: key.URL()}, err
}

// ConfirmTOTP puts the second factor in force that EnableTOTP began. The code
// is used up by it. ErrTOTPMissing when none was begun.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) error {
	row, err := s.own(ctx)
	switch {
	case err != nil:
		return err
	case row.totpInForce():
		return ErrTOTPEnabled
	case len(row.TOTPSealed) == 0:
		return ErrTOTPMissing
	}
	step, err := s.totpStep(row, code)
	if err != nil {
		return err
	}
	if step == 0 {
		return ErrTOTPCode
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.confirmTOTP(ctx, row, step, s.clock.Now())
		if err != nil {
			return fmt.Errorf("confirm second factor: %w", err)
		}
		if !ok {
			return ErrTOTPCode
		}
		return s.record(ctx, "account.totp_enabled", row.ID, nil)
	})
}

// DisableTOTP takes the caller's second factor away; it asks for a code of it.
// Five wrong codes lock this for a while.
func (s *Service) DisableTOTP(ctx context.Context, code string) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	if !row.totpInForce() {
		return ErrTOTPMissing
	}
	step, err := s.totpStep(row, code)
	if err != nil {
		return err
	}
	bucket := s.bucket("totp", row.ID.String())
	var refusal error
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		refusal = nil
		if err := s.lockedOut(ctx, bucket); err != nil {
			return err
		}
		ok, err := s.useStep(ctx, row.ID, step)
		if err != nil {
			return fmt.Errorf("disable second factor: %w", err)
		}
		if !ok {
			refusal = ErrTOTPCode
			_, err := s.strike(ctx, bucket, totpLock)
			return err
		}
		if err := s.clearTOTP(ctx, row.ID, s.clock.Now()); err != nil {
			return fmt.Errorf("disable second factor: %w", err)
		}
		return s.record(ctx, "account.totp_disabled", row.ID, nil)
	})
	return firstOf(refusal, err)
}

// own returns the caller's own account.
func (s *Service) own(ctx context.Context) (*accountRow, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Account {
		return nil, ErrForbidden
	}
	return s.account(ctx, who.ID)
}

// totpStep returns the step, at most one off, whose code it is; 0 for none.
func (s *Service) totpStep(row *accountRow, code string) (int64, error) {
	secret, err := s.keys.Unseal(row.place("totp_sealed"), row.TOTPSealed)
	if err != nil {
		return 0, fmt.Errorf("open second factor: %w", err)
	}
	now := s.clock.Now().Unix() / int64(totpPeriod/time.Second)
	for step := now - totpSkew; step <= now+totpSkew; step++ {
		// The only error is a code of the wrong length, which is a wrong code.
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // steps are after 1970
		if err == nil && ok {
			return step, nil
		}
	}
	return 0, nil
}

// BegunTOTP returns what EnableTOTP gave out while it waits to be confirmed, for
// its page only. ErrTOTPMissing when nothing waits.
func (s *Service) BegunTOTP(ctx context.Context) (TOTPSetup, error) {
	row, err := s.own(ctx)
	if err != nil {
		return TOTPSetup{}, err
	}
	if len(row.TOTPSealed) == 0 || row.totpInForce() {
		return TOTPSetup{}, ErrTOTPMissing
	}
	secret, err := s.keys.Unseal(row.place("totp_sealed"), row.TOTPSealed)
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("open second factor: %w", err)
	}
	email, err := s.keys.Unseal(row.place("email_sealed"), row.EmailSealed)
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("open second factor: %w", err)
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("open second factor: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: email, Secret: raw})
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("open second factor: %w", err)
	}
	return TOTPSetup{Secret: key.Secret(), URI: key.URL()}, nil
}
