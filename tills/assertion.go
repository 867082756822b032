package tills

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/assertion"
	"github.com/berlaku/berlaku/internal/uid"
)

const tokenBytes = 32

// proof is an assertion that held.
type proof struct {
	till Till
	assertion.Held
}

// Authenticate returns the active till that signed the assertion and uses the
// assertion up. A till that is not confirmed yet is ErrPending, one that was
// ended ErrRevoked; everything else is ErrAssertion. It is a JWT, ES256
// {alg, kid: till id, typ: "till-assertion+jwt"} over exactly {iss: till id,
// aud: PUBLIC_URL/v1/tills/token, iat, exp ≤ iat+60, jti}. A till's clock may
// be a minute off.
func (s *Service) Authenticate(ctx context.Context, text string) (Till, error) {
	p, err := s.verifyActive(ctx, text)
	if err != nil {
		return Till{}, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error { return s.useActive(ctx, p) })
	if err != nil {
		return Till{}, err
	}
	return p.till, nil
}

// Token authenticates an assertion and returns a bearer and how many seconds
// it is good; it fails as Authenticate does.
func (s *Service) Token(ctx context.Context, text string) (token string, expiresIn int, err error) {
	p, err := s.verifyActive(ctx, text)
	if err != nil {
		return "", 0, err
	}
	var b [tokenBytes]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	token = TokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	now := s.clock.Now()
	row := tokenRow{ID: uid.At(now), TokenHash: hashToken(token), TillID: p.till.ID, CreatedAt: now, ExpiresAt: now.Add(TokenLife)}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.useActive(ctx, p); err != nil {
			return err
		}
		if err := s.insertToken(ctx, row); err != nil {
			return err
		}
		return s.audit.Append(actor.With(ctx, s.actorOf(p.till)), event("signed_in", p.till, nil))
	})
	if err != nil {
		return "", 0, err
	}
	return token, int(TokenLife / time.Second), nil
}

// Actor returns who acts with a bearer of Token, or ErrToken when it is none or
// has run out; with a signed assertion (it has dots) it is HandIn. With the
// bearer of a till that has ended one may only hand in, and the actor is Ended.
func (s *Service) Actor(ctx context.Context, token string) (actor.Actor, error) {
	if strings.Contains(token, ".") {
		return s.HandIn(ctx, token)
	}
	t, err := s.tillOfToken(ctx, hashToken(token), s.clock.Now())
	if err != nil {
		return actor.Actor{}, err
	}
	s.touch(ctx, t)
	return s.actorOf(t), nil
}

// Sweep forgets bearers and used assertions that have run out and returns how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	var n int64
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.deleteExpired(ctx, s.clock.Now())
		return err
	})
	return n, err
}

func (s *Service) actorOf(t Till) actor.Actor {
	who := handingIn(t)
	if t.State == Active {
		who.Permissions = []actor.Permission{actor.Validate, actor.Redeem, actor.ReadRedemptions, actor.VoidOwn, actor.HandIn}
	}
	return who
}

// verifyActive checks an assertion that only an active till may use.
func (s *Service) verifyActive(ctx context.Context, text string) (proof, error) {
	p, err := s.verify(ctx, text, s.Audience())
	if err != nil {
		return proof{}, err
	}
	return p, mayAct(p.till)
}

// mayAct tells a till that has proved itself why it may not act.
func mayAct(t Till) error {
	switch t.State {
	case Active:
		return nil
	case Pending:
		return ErrPending
	case Revoked:
		return ErrRevoked
	}
	return ErrAssertion
}

// verify checks an assertion for the audience without using it up. Whose it is
// and in which state is known only when the signature is good.
func (s *Service) verify(ctx context.Context, text, audience string) (proof, error) {
	reader := assertion.Reader{Typ: assertionTyp, Audience: audience}
	id, err := reader.Named(text)
	if err != nil {
		return proof{}, ErrAssertion.Because(err)
	}
	t, err := s.till(ctx, id, false)
	if errors.Is(err, ErrNotFound) {
		return proof{}, ErrAssertion
	}
	if err != nil {
		return proof{}, err
	}
	held, err := reader.Verify(text, id, t.Point, s.clock.Now())
	if err != nil {
		return proof{}, ErrAssertion.Because(err)
	}
	return proof{till: t, Held: held}, nil
}

// useActive marks the assertion as used, if the till is still active.
func (s *Service) useActive(ctx context.Context, p proof) error {
	t, err := s.till(ctx, p.till.ID, true)
	if err != nil {
		return err
	}
	if err := mayAct(t); err != nil {
		return err
	}
	return s.useProof(ctx, p)
}

// useProof marks the assertion as used.
func (s *Service) useProof(ctx context.Context, p proof) error {
	return s.insertUsed(ctx, hex.EncodeToString(p.Digest), s.clock.Now(), p.Expires)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
