package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// BeginPasskeyLogin begins a sign-in by passkey, of whomever the authenticator
// knows, and returns what the browser needs (JSON) and the token for
// PasskeyLogin.
func (s *Service) BeginPasskeyLogin(ctx context.Context) (options []byte, token string, err error) {
	if s.webauthn == nil {
		return nil, "", ErrPasskeysOff
	}
	assertion, session, err := s.webauthn.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", fmt.Errorf("begin passkey sign-in: %w", err)
	}
	return s.offer(ctx, passkeyLogin, uuid.Nil, assertion, session)
}

// PasskeyLogin opens a session for the account whose passkey answered (JSON).
// It stays possible while passwords are locked out. ErrPasskey when it does not
// fit, ErrPasskeyCounter when the authenticator may be a copy.
func (s *Service) PasskeyLogin(ctx context.Context, token string, answer []byte, in Login) (SessionToken, error) {
	if s.webauthn == nil {
		return SessionToken{}, ErrPasskeysOff
	}
	var session webauthn.SessionData
	if _, err := s.spend(ctx, passkeyLogin, token, &session); err != nil {
		return SessionToken{}, err
	}
	parsed, err := parseAssertion(answer)
	if err != nil {
		return SessionToken{}, err
	}
	var h *holder
	_, used, err := s.webauthn.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		h, err = s.holderOf(ctx, handle)
		return h, err
	}, session, parsed)
	if err != nil {
		return SessionToken{}, ErrPasskey
	}
	var opened SessionToken
	err = s.answered(ctx, h, used, parsed, func(ctx context.Context) error {
		opened, err = s.open(ctx, h.account, ByPasskey, in)
		return err
	})
	return opened, err
}

func parseAssertion(answer []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > maxPasskeyAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, ErrPasskey
	}
	return parsed, nil
}

// holderOf returns the active account that a passkey names.
func (s *Service) holderOf(ctx context.Context, handle []byte) (*holder, error) {
	id, err := uuid.FromBytes(handle)
	if err != nil {
		return nil, ErrPasskey
	}
	row, err := s.account(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && row.State != string(Active) {
		return nil, ErrPasskey
	}
	if err != nil {
		return nil, fmt.Errorf("read account of passkey: %w", err)
	}
	return s.holder(ctx, row)
}

// answered notes the use of a passkey and does the work, in one transaction. A
// counter that does not grow is refused and recorded.
func (s *Service) answered(ctx context.Context, h *holder, used *webauthn.Credential, parsed *protocol.ParsedCredentialAssertionData, work func(context.Context) error) error {
	row := h.row(used.ID)
	if row == nil {
		return ErrPasskey
	}
	count := int64(parsed.Response.AuthenticatorData.Counter)
	var refusal error
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		refusal = nil
		now, err := s.lockAccount(ctx, h.account)
		if err != nil {
			return fmt.Errorf("use passkey: %w", err)
		}
		if now.State != string(Active) {
			return ErrPasskey
		}
		ok := !used.Authenticator.CloneWarning
		if ok {
			if ok, err = s.usePasskey(ctx, row.ID, count, int(used.Flags.ProtocolValue()), s.clock.Now()); err != nil {
				return fmt.Errorf("use passkey: %w", err)
			}
		}
		if !ok {
			refusal = ErrPasskeyCounter
			return s.record(ctx, "account.passkey_refused", h.account, map[string]any{"passkey_id": row.ID})
		}
		return work(ctx)
	})
	return firstOf(refusal, err)
}

// BeginPasskeyConfirm begins a proof of the caller's identity by passkey.
func (s *Service) BeginPasskeyConfirm(ctx context.Context) (options []byte, token string, err error) {
	row, err := s.own(ctx)
	if err != nil {
		return nil, "", err
	}
	if s.webauthn == nil {
		return nil, "", ErrPasskeysOff
	}
	h, err := s.holder(ctx, row)
	if err != nil {
		return nil, "", err
	}
	if len(h.rows) == 0 {
		return nil, "", ErrPasskey
	}
	assertion, session, err := s.webauthn.BeginLogin(h)
	if err != nil {
		return nil, "", fmt.Errorf("begin passkey proof: %w", err)
	}
	return s.offer(ctx, passkeyConfirm, row.ID, assertion, session)
}

// PasskeyConfirm notes for the session that the caller proved anew who it is.
// token is that of BeginPasskeyConfirm.
func (s *Service) PasskeyConfirm(ctx context.Context, session, token string, answer []byte) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	h, challenge, err := s.challenged(ctx, passkeyConfirm, token, row)
	if err != nil {
		return err
	}
	parsed, err := parseAssertion(answer)
	if err != nil {
		return err
	}
	used, err := s.webauthn.ValidateLogin(h, *challenge, parsed)
	if err != nil {
		return ErrPasskey
	}
	return s.answered(ctx, h, used, parsed, func(ctx context.Context) error { return s.confirmed(ctx, session, row.ID, ByPasskey) })
}
