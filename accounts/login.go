package accounts

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

// Login is an attempt to sign in. Network is the caller's network prefix
// (/24 or /64), never a single address.
type Login struct {
	Email, Password string
	TOTP            string // six digits of the authenticator app, or a recovery code
	Network         string
	Device          string // kind of browser, as the caller's list of sessions shows it
}

// SessionToken is what a caller shows from now on. Token is given out once.
type SessionToken struct {
	Token     string
	SessionID uuid.UUID
	ExpiresAt time.Time
}

// Login opens a session in one step. Unknown account, wrong password, wrong code and
// disabled account are ErrCredentials for the same work; a missing code is
// ErrTOTPRequired, but only after the right password; too many failures are a
// *LockedError, even for the right password.
func (s *Service) Login(ctx context.Context, in Login) (SessionToken, Account, error) {
	try, err := s.try(ctx, in)
	if err != nil {
		return SessionToken{}, Account{}, err
	}
	return s.finish(ctx, try)
}

// finish opens the session or counts the failure, in one transaction.
func (s *Service) finish(ctx context.Context, try *attempt) (SessionToken, Account, error) {
	var token SessionToken
	var refusal error // stays when the transaction is committed: failures count
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		refusal = nil
		var err error
		if token, err = s.admit(ctx, try); err == nil || !errors.Is(err, ErrCredentials) {
			return err
		}
		refusal, err = s.refuse(ctx, try)
		return err
	})
	if err = firstOf(refusal, err); err != nil {
		return SessionToken{}, Account{}, err
	}
	a, err := s.full(ctx, try.row)
	return token, a, err
}

// firstOf returns the failure of a transaction, else the refusal that it stored.
func firstOf(refusal, err error) error {
	if err != nil {
		return err
	}
	return refusal
}

// attempt is a sign-in after the slow part: what was found and what fitted.
type attempt struct {
	row       *accountRow // a row of nobody when the address is unknown
	fits      bool        // active account, right password
	needsTOTP bool        // no code was sent though there is a second factor
	factor    bool        // a second factor is asked for
	step      int64       // the step whose code was sent, 0: none
	recovery  []byte      // hash of the recovery code that was sent, nil: none
	pending   uuid.UUID   // the ceremony that this is the second step of
	in        Login       // without its secrets
	newHash   string      // to store instead of a cheaper one
	perNet    string      // bucket of account and network
	perAcct   string      // bucket of the account
}

// attemptOf returns an attempt with its counters.
func (s *Service) attemptOf(in Login) *attempt {
	index := hex.EncodeToString(s.emailIndex(in.Email))
	return &attempt{
		in: Login{Network: in.Network, Device: in.Device}, row: &accountRow{},
		perNet: s.bucket("login-network", index+" "+in.Network), perAcct: s.bucket("login", index),
	}
}

// try does what must not happen in a transaction.
func (s *Service) try(ctx context.Context, in Login) (*attempt, error) {
	t := s.attemptOf(in)
	if err := s.lockedOut(ctx, t.perNet, t.perAcct); err != nil {
		return nil, err
	}
	var err error
	if t.row, err = s.accountByIndex(ctx, s.emailIndex(in.Email)); errors.Is(err, ErrNotFound) {
		t.row = &accountRow{}
	} else if err != nil {
		return nil, err
	}
	ok, stale, err := s.hasher.check(ctx, in.Password, t.row.PasswordHash)
	if err != nil {
		return nil, err
	}
	t.fits = ok && t.row.State == string(Active)
	if !t.fits {
		return t, nil
	}
	if stale {
		if t.newHash, err = s.hasher.hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	if t.factor, err = s.hasFactor(ctx, t.row); err != nil || !t.factor {
		return t, err
	}
	t.needsTOTP = in.TOTP == ""
	return t, s.readCode(t, in.TOTP)
}

// hasFactor reports whether a second factor is in force.
func (s *Service) hasFactor(ctx context.Context, row *accountRow) (bool, error) {
	if row.totpInForce() {
		return true, nil
	}
	n, err := s.countPasskeys(ctx, row.ID)
	return n > 0, err
}

// readCode notes what the code can be: of the authenticator app, or one of the
// recovery codes.
func (s *Service) readCode(t *attempt, code string) (err error) {
	code = strings.TrimSpace(code)
	if isRecoveryCode(code) {
		t.recovery = s.recoveryHash(t.row.ID, code)
		return nil
	}
	if t.row.totpInForce() {
		t.step, err = s.totpStep(t.row, code)
	}
	return err
}

// admit opens the session, or returns ErrCredentials for the caller to count.
func (s *Service) admit(ctx context.Context, t *attempt) (SessionToken, error) {
	if !t.fits {
		return SessionToken{}, ErrCredentials
	}
	if err := s.lockedOut(ctx, t.perNet, t.perAcct); err != nil { // others may have failed while we hashed
		return SessionToken{}, err
	}
	now, err := s.lockAccount(ctx, t.row.ID)
	if err != nil {
		return SessionToken{}, err
	}
	if now.State != string(Active) || now.PasswordHash != t.row.PasswordHash || !bytes.Equal(now.TOTPSealed, t.row.TOTPSealed) {
		return SessionToken{}, ErrCredentials
	}
	if t.needsTOTP {
		return SessionToken{}, ErrTOTPRequired
	}
	by := ByPassword
	if t.factor {
		if by, err = s.useCode(ctx, t.row.ID, t.step, t.recovery); err != nil {
			return SessionToken{}, err
		}
	}
	if t.pending != uuid.Nil {
		if ok, err := s.endCeremony(ctx, t.pending); err != nil {
			return SessionToken{}, err
		} else if !ok {
			return SessionToken{}, ErrLoginOver
		}
	}
	if t.newHash != "" {
		if err := s.setPassword(ctx, t.row.ID, t.newHash, s.clock.Now()); err != nil {
			return SessionToken{}, err
		}
	}
	if err := s.forget(ctx, t.perNet); err != nil {
		return SessionToken{}, err
	}
	return s.open(ctx, t.row.ID, by, t.in)
}

// useCode uses up the step or the recovery code; ErrCredentials when there is
// neither, or it was used already.
func (s *Service) useCode(ctx context.Context, account uuid.UUID, step int64, recovery []byte) (Method, error) {
	by, ok, err := ByTOTP, false, error(nil)
	switch {
	case step > 0:
		ok, err = s.useStep(ctx, account, step)
	case recovery != nil:
		by = ByRecovery
		if ok, err = s.useRecovery(ctx, account, recovery, s.clock.Now()); ok {
			err = s.record(ctx, "account.recovery_code_used", account, nil)
		}
	}
	if err == nil && !ok {
		err = ErrCredentials
	}
	return by, err
}

// refuse counts the failure and returns what to answer. The lock itself is
// recorded, single failures are not: they would let strangers fill the log.
func (s *Service) refuse(ctx context.Context, t *attempt) (refusal, err error) {
	locked, err := s.strike(ctx, t.perNet, networkLock)
	if err == nil {
		var all bool
		all, err = s.strike(ctx, t.perAcct, accountLock)
		locked = locked || all
	}
	if errors.Is(err, ErrLocked) {
		return err, nil //nolint:nilerr // a refusal to be answered; what was counted stays
	}
	if err != nil {
		return nil, fmt.Errorf("count failed sign-in: %w", err)
	}
	if locked {
		err = s.record(ctx, "account.locked", t.row.ID, nil)
	}
	return ErrCredentials, err
}

// open writes a session of the account. Inside a transaction.
func (s *Service) open(ctx context.Context, id uuid.UUID, by Method, in Login) (SessionToken, error) {
	held, err := s.grants(ctx, id)
	if err != nil {
		return SessionToken{}, err
	}
	now := s.clock.Now()
	token, hash := newToken(SessionPrefix)
	row := sessionRow{
		ID: uid.At(now), TokenHash: hash, Kind: sessionOfAccount, AccountID: &id,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(lifeOf(held).absolute),
		ConfirmedAt: &now, Method: string(by), Device: cut(in.Device, maxDevice), Network: in.Network,
	}
	if err := s.insertSession(ctx, &row); err != nil {
		return SessionToken{}, err
	}
	// Whoever signs in acts from here on, for the log.
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Account, ID: id, RequestID: actor.From(ctx).RequestID})
	return SessionToken{Token: token, SessionID: row.ID, ExpiresAt: row.ExpiresAt}, s.record(ctx, "session.opened", id, map[string]any{"method": string(by)})
}

// maxDevice is how many characters of a browser's kind are kept.
const maxDevice = 60

func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
