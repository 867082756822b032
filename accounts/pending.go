package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Pending is a sign-in whose password was right and whose second step is open.
type Pending struct {
	Token    string // finds it again; never the password
	TOTP     bool   // the code of an authenticator app is possible
	Passkey  bool   // a passkey is possible
	Recovery bool   // a recovery code is possible
}

// pendingData is what the second step needs.
type pendingData struct {
	PerNet, PerAcct string
	Password        string // digest of the stored hash: a new password ends the sign-in
	Network, Device string
}

// BeginLogin is the first of two steps: e-mail and password. Without a second
// factor the session is open at once; with one, Pending.Token goes to
// FinishLogin within five minutes. Refusals are those of Login.
func (s *Service) BeginLogin(ctx context.Context, in Login) (SessionToken, Pending, error) {
	in.TOTP = ""
	t, err := s.try(ctx, in)
	if err != nil {
		return SessionToken{}, Pending{}, err
	}
	token, _, err := s.finish(ctx, t)
	if !errors.Is(err, ErrTOTPRequired) {
		return token, Pending{}, err
	}
	p, err := s.offers(ctx, t.row)
	if err != nil {
		return SessionToken{}, Pending{}, err
	}
	p.Token, err = s.begin(ctx, secondStep, t.row.ID, pendingData{
		PerNet: t.perNet, PerAcct: t.perAcct, Password: digest(t.row.PasswordHash), Network: in.Network, Device: in.Device,
	})
	return SessionToken{}, p, err
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// offers tells what the second step can be.
func (s *Service) offers(ctx context.Context, row *accountRow) (Pending, error) {
	passkeys, err := s.countPasskeys(ctx, row.ID)
	if err != nil {
		return Pending{}, fmt.Errorf("begin sign-in: %w", err)
	}
	codes, err := s.countRecovery(ctx, row.ID)
	if err != nil {
		return Pending{}, fmt.Errorf("begin sign-in: %w", err)
	}
	return Pending{TOTP: row.totpInForce(), Passkey: passkeys > 0 && s.webauthn != nil, Recovery: codes > 0}, nil
}

// PendingLogin tells what the second step of a sign-in can be; ErrLoginOver
// when it is over.
func (s *Service) PendingLogin(ctx context.Context, token string) (Pending, error) {
	var data pendingData
	c, err := s.resume(ctx, secondStep, token, &data)
	if err != nil {
		return Pending{}, err
	}
	row, err := s.account(ctx, idOrZero(c.AccountID))
	if err != nil {
		return Pending{}, err
	}
	p, err := s.offers(ctx, row)
	p.Token = token
	return p, err
}

// FinishLogin is the second step: a code of the authenticator app or a recovery
// code. A wrong one is ErrCredentials and counts like a wrong password; a
// lock-out ends the sign-in.
func (s *Service) FinishLogin(ctx context.Context, token, code string) (SessionToken, error) {
	var data pendingData
	c, err := s.resume(ctx, secondStep, token, &data)
	if err != nil {
		return SessionToken{}, err
	}
	if err := s.lockedOut(ctx, data.PerNet, data.PerAcct); err != nil {
		return SessionToken{}, s.drop(ctx, c.ID, err)
	}
	t := &attempt{fits: true, factor: true, pending: c.ID, perNet: data.PerNet, perAcct: data.PerAcct, in: Login{Network: data.Network, Device: data.Device}}
	if t.row, err = s.account(ctx, idOrZero(c.AccountID)); err != nil {
		return SessionToken{}, fmt.Errorf("finish sign-in: %w", err)
	}
	if digest(t.row.PasswordHash) != data.Password || t.row.State != string(Active) {
		return SessionToken{}, s.drop(ctx, c.ID, ErrLoginOver)
	}
	if err := s.readCode(t, code); err != nil {
		return SessionToken{}, err
	}
	opened, _, err := s.finish(ctx, t)
	if errors.Is(err, ErrLocked) {
		err = s.drop(ctx, c.ID, err)
	}
	return opened, err
}

// drop ends a ceremony and returns why.
func (s *Service) drop(ctx context.Context, id uuid.UUID, why error) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		_, err := s.endCeremony(ctx, id)
		return err
	})
	return firstOf(why, err)
}
