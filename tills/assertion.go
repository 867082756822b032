package tills

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

const (
	assertionMax = 2048
	jtiMax       = 128
	tokenBytes   = 32
	coordinate   = 32 // bytes of a coordinate of P-256
)

// compact is the one form of an ES256 token; the library by itself forgives
// line breaks and other things inside.
var compact = regexp.MustCompile(`\A([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{86}\z`)

// proof is an assertion that held.
type proof struct {
	till Till
	jti  string
	exp  time.Time
}

// Authenticate returns the active till that signed the assertion and uses the
// assertion up. A till that is not confirmed yet is ErrPending, one that was
// ended ErrRevoked; everything else is ErrAssertion. It is a JWT, ES256
// {alg, kid: till id, typ: "till-assertion+jwt"} over exactly {iss: till id,
// aud: PUBLIC_URL/v1/tills/token, iat, exp ≤ iat+60, jti}. A till's clock may
// be a minute off.
func (s *Service) Authenticate(ctx context.Context, assertion string) (Till, error) {
	p, err := s.verifyActive(ctx, assertion)
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
func (s *Service) Token(ctx context.Context, assertion string) (token string, expiresIn int, err error) {
	p, err := s.verifyActive(ctx, assertion)
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
func (s *Service) verifyActive(ctx context.Context, assertion string) (proof, error) {
	p, err := s.verify(ctx, assertion, s.Audience())
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
func (s *Service) verify(ctx context.Context, assertion, audience string) (proof, error) {
	id, err := readHeader(assertion)
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
	claims, err := s.signed(assertion, audience, t)
	if err != nil {
		return proof{}, ErrAssertion.Because(err)
	}
	return proof{till: t, jti: claims.ID, exp: claims.ExpiresAt.Time}, nil
}

// readHeader checks the form of an assertion and returns the till it names.
func readHeader(assertion string) (uuid.UUID, error) {
	if len(assertion) > assertionMax {
		return uuid.Nil, errors.New("too long")
	}
	parts := compact.FindStringSubmatch(assertion)
	if parts == nil {
		return uuid.Nil, errors.New("not three parts")
	}
	var h struct{ Alg, Kid, Typ string }
	if err := exactly(parts[1], map[string]any{"alg": &h.Alg, "kid": &h.Kid, "typ": &h.Typ}); err != nil {
		return uuid.Nil, fmt.Errorf("header: %w", err)
	}
	if h.Alg != jwt.SigningMethodES256.Alg() || h.Typ != assertionTyp {
		return uuid.Nil, errors.New("header: alg or typ")
	}
	id, err := uuid.Parse(h.Kid)
	if err != nil || id.String() != h.Kid {
		return uuid.Nil, errors.New("header: kid")
	}
	var c struct {
		iss, aud, jti string
		iat, exp      int64
	}
	err = exactly(parts[2], map[string]any{"iss": &c.iss, "aud": &c.aud, "jti": &c.jti, "iat": &c.iat, "exp": &c.exp})
	switch {
	case err != nil:
		return uuid.Nil, fmt.Errorf("claims: %w", err)
	case c.iss != h.Kid, c.jti == "", len(c.jti) > jtiMax:
		return uuid.Nil, errors.New("claims: iss or jti")
	case c.iat < 0, c.exp <= c.iat, c.exp-c.iat > int64(assertLife/time.Second):
		return uuid.Nil, errors.New("claims: lives too long")
	}
	return id, nil
}

// signed verifies the signature under the till's key, audience and times.
func (s *Service) signed(assertion, audience string, t Till) (*jwt.RegisteredClaims, error) {
	key, err := publicKey(t.Point)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithIssuer(t.ID.String()), jwt.WithAudience(audience), jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var claims jwt.RegisteredClaims
	if _, err := parser.ParseWithClaims(assertion, &claims, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return nil, err
	}
	if claims.IssuedAt == nil || claims.IssuedAt.After(now.Add(assertLife)) {
		return nil, errors.New("issued later than now")
	}
	return &claims, nil
}

// publicKey reads a compressed P-256 point.
func publicKey(point []byte) (*ecdsa.PublicKey, error) {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), point)
	if x == nil {
		return nil, errors.New("no point of P-256")
	}
	var b [1 + 2*coordinate]byte
	b[0] = 4 // uncompressed (SEC 1, 2.3.3)
	x.FillBytes(b[1 : 1+coordinate])
	y.FillBytes(b[1+coordinate:])
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), b[:])
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
	sum := sha256.Sum256([]byte(p.till.ID.String() + " " + p.jti))
	return s.insertUsed(ctx, hex.EncodeToString(sum[:]), s.clock.Now(), p.exp)
}

// exactly decodes a base64url JSON object into the targets: each member there
// once and no other.
func exactly(part string, targets map[string]any) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return errors.New("not base64url")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errors.New("not an object")
	}
	left := len(targets)
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		key, ok := name.(string)
		if err != nil || !ok || targets[key] == nil || seen[key] {
			return errors.New("member unknown or twice")
		}
		if err := dec.Decode(targets[key]); err != nil {
			return errors.New("member of the wrong type")
		}
		seen[key] = true
		left--
	}
	if _, err := dec.Token(); err != nil || left != 0 || len(bytes.TrimSpace(b[dec.InputOffset():])) > 0 {
		return errors.New("not complete")
	}
	return nil
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
