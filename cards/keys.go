package cards

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
)

// A key signs for 90 days, is published 30 days before, and may be late to be
// relieved by 31.
const (
	day        = 24 * time.Hour
	keyTerm    = 90 * day
	keyLead    = 30 * day
	keySlack   = 31 * day
	kidLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	keyTries   = 200
)

// SigningKey is a key of the issuer. NotAfter is the latest expiry that it may
// vouch for; RevokedAt is zero unless it was withdrawn.
type SigningKey struct {
	KID                 string
	UseFor              []string // card, print, status
	Public              ed25519.PublicKey
	NotBefore, NotAfter time.Time
	RevokedAt           time.Time
	CreatedAt           time.Time
}

var useNames = []struct {
	use  Use
	name string
	life time.Duration // of what is signed
}{{UseCard, "card", phoneDays * day}, {UsePrint, "print", printedDays * day}, {UseStatus, "status", statusLife}}

// useOf returns the set of the named purposes; unknown names count for nothing.
func useOf(names []string) Use {
	var u Use
	for _, n := range names {
		for _, k := range useNames {
			if n == k.name {
				u |= k.use
			}
		}
	}
	return u
}

// Names returns the purposes of the set.
func (u Use) Names() []string {
	names := []string{}
	for _, k := range useNames {
		if u&k.use != 0 {
			names = append(names, k.name)
		}
	}
	return names
}

// Key returns what a verifier needs of it.
func (k SigningKey) Key() Key {
	return Key{
		Public: k.Public, NotBefore: k.NotBefore.Unix(), NotAfter: k.NotAfter.Unix(),
		UseFor: useOf(k.UseFor), Revoked: !k.RevokedAt.IsZero(),
	}
}

// ListKeys returns every signing key there ever was, oldest first.
func (s *Service) ListKeys(ctx context.Context) ([]SigningKey, error) {
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return keys, nil
}

// CreateKey makes a signing key that signs from notBefore on for things that
// expire by notAfter.
func (s *Service) CreateKey(ctx context.Context, use Use, notBefore, notAfter time.Time) (SigningKey, error) {
	k, err := s.newKey(ctx, use, notBefore, notAfter)
	if err != nil {
		return SigningKey{}, fmt.Errorf("create signing key: %w", err)
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insertKey(ctx, k); err != nil {
			return err
		}
		return s.auditKey(ctx, "signing_key.created", k)
	})
	if err != nil {
		return SigningKey{}, fmt.Errorf("create signing key: %w", err)
	}
	return k, nil
}

// newKey draws an unused kid and writes the private half. A file whose row was
// never written stays behind, and its kid unused.
func (s *Service) newKey(ctx context.Context, use Use, notBefore, notAfter time.Time) (SigningKey, error) {
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return SigningKey{}, err
	}
	taken := map[string]bool{}
	for _, k := range keys {
		taken[k.KID] = true
	}
	for range keyTries {
		kid := randomKID()
		if taken[kid] {
			continue
		}
		public, err := s.signer.create(kid)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return SigningKey{
			KID: kid, UseFor: use.Names(), Public: public, CreatedAt: s.clock.Now(),
			NotBefore: notBefore.UTC().Truncate(time.Second), NotAfter: notAfter.UTC().Truncate(time.Second),
		}, err
	}
	return SigningKey{}, errors.New("found no unused key id")
}

func randomKID() string {
	var b [2]byte
	for i := range b {
		for {
			rand.Read(b[i : i+1]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
			if int(b[i]) < 252 {  // 7*36: every letter as often as another
				b[i] = kidLetters[int(b[i])%len(kidLetters)]
				break
			}
		}
	}
	return string(b[:])
}

// EnsureKeys makes the keys that are missing: for each purpose one that signs
// now, and, a month before its term ends, the next one. Run it at start and
// daily. It returns the keys that it made.
func (s *Service) EnsureKeys(ctx context.Context) ([]SigningKey, error) {
	keys, err := s.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	var made []SigningKey
	now := s.clock.Now()
	for _, u := range useNames {
		from, due := nextKey(keys, u.use, now, now.Add(u.life))
		if !due {
			continue
		}
		k, err := s.CreateKey(ctx, u.use, from, from.Add(keyTerm+keySlack+u.life))
		if err != nil {
			return made, err
		}
		made = append(made, k)
	}
	return made, nil
}

// nextKey tells whether a key must be made for a purpose, and from when it signs.
func nextKey(keys []SigningKey, use Use, now, exp time.Time) (from time.Time, due bool) {
	var newest time.Time
	usable := false
	for _, k := range keys {
		if useOf(k.UseFor)&use == 0 || !k.RevokedAt.IsZero() {
			continue
		}
		usable = usable || !k.NotBefore.After(now) && !k.NotAfter.Before(exp)
		if k.NotBefore.After(newest) {
			newest = k.NotBefore
		}
	}
	if !usable {
		return now, true
	}
	next := newest.Add(keyTerm)
	return next, !next.After(now.Add(keyLead))
}

// RotateKeys makes a new key for each purpose that signs from the instant from
// on; the zero instant means in 30 days, so that tills have it before the
// first card signed with it. It returns the new keys.
func (s *Service) RotateKeys(ctx context.Context, from time.Time) ([]SigningKey, error) {
	if from.IsZero() {
		from = s.clock.Now().Add(keyLead)
	}
	made := make([]SigningKey, 0, len(useNames))
	for _, u := range useNames {
		k, err := s.CreateKey(ctx, u.use, from, from.Add(keyTerm+keySlack+u.life))
		if err != nil {
			return made, err
		}
		made = append(made, k)
	}
	return made, nil
}

// RevokeKey withdraws a signing key: every card it signed is refused from now
// on. It returns ErrKeyNotFound or ErrKeyRevoked.
func (s *Service) RevokeKey(ctx context.Context, kid string) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		k, err := s.loadKey(ctx, kid)
		if err != nil {
			return err
		}
		if err := s.withdrawKey(ctx, kid, s.clock.Now()); err != nil {
			return err
		}
		return s.auditKey(ctx, "signing_key.revoked", k)
	})
	if err != nil {
		return fmt.Errorf("revoke signing key: %w", err)
	}
	return nil
}

// auditKey records something about a key; keys have no uuid, so the subject id is
// derived from the kid.
func (s *Service) auditKey(ctx context.Context, action string, k SigningKey) error {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(s.origin.url+"/keys/"+k.KID))
	return s.audit.Append(ctx, audit.Event{
		Action: action, Subject: audit.Subject{Kind: "signing_key", ID: id},
		Details: map[string]any{"kid": k.KID, "use_for": k.UseFor, "not_before": k.NotBefore.Unix(), "not_after": k.NotAfter.Unix()},
	})
}

// signingKey returns the newest key that may sign, now, a thing of the given
// purpose and expiry, with its private half; ErrNoKey when there is none.
func (s *Service) signingKey(ctx context.Context, use Use, exp time.Time) (string, ed25519.PrivateKey, error) {
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return "", nil, err
	}
	now := s.clock.Now()
	for i := len(keys) - 1; i >= 0; i-- { // the newest first
		k := keys[i]
		if useOf(k.UseFor)&use == 0 || !k.RevokedAt.IsZero() || k.NotBefore.After(now) || k.NotAfter.Before(exp) {
			continue
		}
		private, err := s.signer.private(k.KID)
		if missing(err) {
			continue
		}
		return k.KID, private, err
	}
	return "", nil, ErrNoKey
}
