package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/uid"
)

// The kinds of what was begun and not finished.
const (
	secondStep     = "login"
	newPasskey     = "passkey_new"
	passkeyLogin   = "passkey_login"
	passkeyConfirm = "passkey_confirm"
	providerVisit  = "provider"
)

// ceremonyLife is how long the second half may take.
const ceremonyLife = 5 * time.Minute

// begin keeps what the second half needs and returns the token that finds it.
func (s *Service) begin(ctx context.Context, kind string, account uuid.UUID, data any) (string, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("begin %s: %w", kind, err)
	}
	now := s.clock.Now()
	token, hash := newToken("")
	row := ceremonyRow{ID: uid.At(now), TokenHash: hash, Kind: kind, AccountID: idOrNull(account), CreatedAt: now, ExpiresAt: now.Add(ceremonyLife)}
	row.DataSealed = s.keys.Seal(row.place(), string(b))
	err = s.db.InTx(ctx, func(ctx context.Context) error { return s.insertCeremony(ctx, &row) })
	if err != nil {
		return "", fmt.Errorf("begin %s: %w", kind, err)
	}
	return token, nil
}

// resume returns what was begun; ErrLoginOver when there is none.
func (s *Service) resume(ctx context.Context, kind, token string, data any) (*ceremonyRow, error) {
	row, err := s.ceremony(ctx, kind, hashToken(token), s.clock.Now())
	if errors.Is(err, ErrNotFound) {
		return nil, ErrLoginOver
	}
	if err != nil {
		return nil, fmt.Errorf("resume %s: %w", kind, err)
	}
	text, err := s.keys.Unseal(row.place(), row.DataSealed)
	if err != nil {
		return nil, fmt.Errorf("resume %s: %w", kind, err)
	}
	return row, json.Unmarshal([]byte(text), data)
}

// spend is resume for what may be tried once only, whatever comes of it.
func (s *Service) spend(ctx context.Context, kind, token string, data any) (*ceremonyRow, error) {
	row, err := s.resume(ctx, kind, token, data)
	if err != nil {
		return nil, err
	}
	var ok bool
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		ok, err = s.endCeremony(ctx, row.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("spend %s: %w", kind, err)
	}
	if !ok {
		return nil, ErrLoginOver
	}
	return row, nil
}

// Visit is a journey to the identity provider and back, as the browser began it.
type Visit struct {
	Nonce, Verifier string
	Next            string // page to return to
	Invitation      string // code of an invitation that is being accepted
	Confirm         bool   // not to sign in, but to prove anew who it is
}

// BeginVisit keeps a visit to the identity provider for five minutes and
// returns the state that comes back from there.
func (s *Service) BeginVisit(ctx context.Context, v Visit) (state string, err error) {
	return s.begin(ctx, providerVisit, uuid.Nil, v)
}

// EndVisit returns the visit that the state belongs to, once. ErrLoginOver when
// there is none.
func (s *Service) EndVisit(ctx context.Context, state string) (Visit, error) {
	var v Visit
	_, err := s.spend(ctx, providerVisit, state, &v)
	return v, err
}
