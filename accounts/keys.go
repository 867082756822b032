package accounts

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// KeyScope is what an API key may do.
type KeyScope string

// The scopes of an API key.
const (
	ScopeValidate KeyScope = "validate"
	ScopeRedeem   KeyScope = "redeem"
	ScopeRead     KeyScope = "read"
)

var scopePermissions = map[KeyScope][]actor.Permission{
	ScopeValidate: {actor.Validate},
	ScopeRedeem:   {actor.Redeem, actor.VoidOwn},
	ScopeRead:     {actor.ReadRedemptions, actor.ReadBenefits},
}

const (
	keyIDLen     = 12
	keySecretLen = 32 // characters out of 62: 190 bits
	keyIDChars   = "abcdefghijklmnopqrstuvwxyz234567"
	keyChars     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

	day        = 24 * time.Hour
	maxKeyLife = 365 * day
	// keyUnused is how long a key may lie about before it stops working.
	keyUnused = 90 * day
)

// APIKey is how a till system of a partner proves itself. The secret is not in it.
type APIKey struct {
	ID         uuid.UUID
	PublicID   string // the middle of brk_<id>_<secret>
	Name       string
	PartnerID  uuid.UUID
	OutletID   uuid.UUID
	Scopes     []KeyScope
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // zero: never; exact to a minute
	RevokedAt  time.Time // zero: in force
}

// NewKey is what it takes to make an API key. A zero Life means the longest, 365 days.
type NewKey struct {
	Name      string
	PartnerID uuid.UUID
	OutletID  uuid.UUID
	Scopes    []KeyScope
	Life      time.Duration
}

// CreateKey makes an API key for one outlet of a partner that the caller owns
// and returns it with its text brk_<id>_<secret>, which is given out once.
func (s *Service) CreateKey(ctx context.Context, in NewKey) (APIKey, string, error) {
	if err := s.mayKeys(ctx, in.PartnerID); err != nil {
		return APIKey{}, "", err
	}
	in.Name = strings.TrimSpace(in.Name)
	if err := s.checkKey(ctx, in); err != nil {
		return APIKey{}, "", err
	}
	life := in.Life
	if life == 0 {
		life = maxKeyLife
	}
	now := s.clock.Now()
	secret := randomText(keySecretLen, keyChars)
	key := APIKey{
		ID: uid.At(now), PublicID: randomText(keyIDLen, keyIDChars), Name: in.Name, PartnerID: in.PartnerID, OutletID: in.OutletID,
		Scopes: in.Scopes, CreatedAt: now, ExpiresAt: now.Add(life),
	}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insertKey(ctx, key, hashToken(secret)); err != nil {
			return fmt.Errorf("create api key: %w", err)
		}
		return s.audit.Append(ctx, audit.Event{Action: "api_key.created", Subject: about("api_key", key.ID), Details: map[string]any{
			"partner_id": key.PartnerID, "outlet_id": key.OutletID, "scopes": key.Scopes,
		}})
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return key, KeyPrefix + key.PublicID + "_" + secret, nil
}

// ListKeys returns the API keys of a partner that the caller owns, newest first.
func (s *Service) ListKeys(ctx context.Context, partnerID uuid.UUID) ([]APIKey, error) {
	if err := s.mayKeys(ctx, partnerID); err != nil {
		return nil, err
	}
	rows, err := s.keysOf(ctx, partnerID)
	if err != nil {
		return nil, fmt.Errorf("list api keys: %w", err)
	}
	out := make([]APIKey, 0, len(rows))
	for i := range rows {
		k, err := rows[i].key()
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// RevokeKey stops an API key of a partner that the caller owns at once. A key
// of another partner is ErrNotFound. Revoking twice changes nothing.
func (s *Service) RevokeKey(ctx context.Context, partnerID, id uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.mayKeys(ctx, partnerID); err != nil {
			return err
		}
		row, err := s.keyRow(ctx, id)
		switch {
		case err != nil:
			return err
		case row.PartnerID != partnerID:
			return ErrNotFound
		}
		changed, err := s.revokeKey(ctx, id, s.clock.Now())
		if err != nil || !changed {
			return err
		}
		return s.audit.Append(ctx, audit.Event{Action: "api_key.revoked", Subject: about("api_key", id)})
	})
}

// AuthenticateKey resolves brk_<id>_<secret>. ErrUnauthenticated for what is
// unknown, expired, revoked or was not used for 90 days. Wrong secrets are
// counted per id, a *LockedError after 20 in ten minutes; the right secret
// passes all the same, for it cannot be guessed and an id is no secret: else
// whoever saw the id could stop a till.
func (s *Service) AuthenticateKey(ctx context.Context, text string) (actor.Actor, error) {
	id, secret, ok := splitKey(text)
	if !ok {
		return actor.Actor{}, ErrUnauthenticated
	}
	row, err := s.keyByPublicID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return actor.Actor{}, ErrUnauthenticated
	}
	if err != nil {
		return actor.Actor{}, fmt.Errorf("authenticate api key: %w", err)
	}
	if subtle.ConstantTimeCompare(hashToken(secret), row.SecretHash) != 1 {
		return actor.Actor{}, s.wrongSecret(ctx, row.ID)
	}
	now, last := s.clock.Now(), row.CreatedAt
	if row.LastUsedAt != nil {
		last = *row.LastUsedAt
	}
	if row.RevokedAt != nil || !now.Before(row.ExpiresAt) || now.Sub(last) >= keyUnused {
		return actor.Actor{}, ErrUnauthenticated
	}
	key, err := row.key()
	if err != nil {
		return actor.Actor{}, err
	}
	if row.LastUsedAt == nil {
		last = time.Time{}
	}
	s.touch(ctx, last, now, func(ctx context.Context) error {
		return s.touchKey(ctx, row.ID, now, now.Add(-touchEvery))
	})
	return key.actor(), nil
}

func (s *Service) wrongSecret(ctx context.Context, id uuid.UUID) error {
	var refusal error
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		refusal = ErrUnauthenticated
		locked, err := s.strike(ctx, s.bucket("key", id.String()), keyLock)
		if errors.Is(err, ErrLocked) {
			refusal = err
			return nil
		}
		if err != nil || !locked {
			return err
		}
		return s.audit.Append(ctx, audit.Event{Action: "api_key.locked", Subject: about("api_key", id)})
	})
	return firstOf(refusal, err)
}

// splitKey takes brk_<id>_<secret> apart.
func splitKey(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, KeyPrefix)
	if !ok {
		return "", "", false
	}
	id, secret, ok = strings.Cut(rest, "_")
	return id, secret, ok && len(id) == keyIDLen && strings.Trim(id, keyIDChars) == "" && secret != ""
}

func (k APIKey) actor() actor.Actor {
	a := actor.Actor{Kind: actor.APIKey, ID: k.ID, PartnerID: k.PartnerID, OutletID: k.OutletID}
	for _, scope := range k.Scopes {
		a.Permissions = append(a.Permissions, scopePermissions[scope]...)
	}
	return a
}

// mayKeys returns ErrNotFound unless the partner is the caller's.
func (s *Service) mayKeys(ctx context.Context, partnerID uuid.UUID) error {
	if !actor.From(ctx).Scope(actor.ManageKeys).HasPartner(partnerID) {
		return ErrNotFound
	}
	return nil
}

func (s *Service) checkKey(ctx context.Context, in NewKey) error {
	if n := utf8.RuneCountInString(in.Name); n == 0 || n > maxName || !utf8.ValidString(in.Name) || hasControl(in.Name) {
		return ErrKeyName.At("/name")
	}
	if len(in.Scopes) == 0 {
		return ErrKeyScopes.At("/scopes")
	}
	for i, scope := range in.Scopes {
		if scopePermissions[scope] == nil || slices.Contains(in.Scopes[:i], scope) {
			return ErrKeyScopes.At("/scopes")
		}
	}
	if in.Life != 0 && (in.Life < day || in.Life > maxKeyLife) {
		return ErrKeyLife
	}
	return s.checkOutlet(ctx, in)
}

func (s *Service) checkOutlet(ctx context.Context, in NewKey) error {
	if s.partners == nil {
		return ErrKeyOutlet.At("/outlet_id")
	}
	owner, err := s.partners.OutletOwner(ctx, in.OutletID)
	if fault.KindOf(err) == fault.NotFound || err == nil && owner != in.PartnerID {
		return ErrKeyOutlet.At("/outlet_id")
	}
	if err != nil {
		return fmt.Errorf("look up owner of outlet: %w", err)
	}
	return nil
}
