// Package assertion reads the signed statements by which a device proves, once,
// that it holds its key: a till when it wants a bearer, a phone when it wants a
// token.
//
// An assertion is a JWS in its compact form, ES256, of at most 2,048 bytes:
// header exactly {alg, kid, typ}, payload exactly {iss, aud, iat, exp, jti},
// each member once and no other, iss the same id as kid, exp at most a minute
// after iat. The device's clock may be a minute off. The library by itself
// forgives an unknown crit, any typ, members that come twice and line breaks
// (RFC 8725 asks for more), so the form is checked here first.
//
// That an assertion is used once is for the caller to see to, by Digest.
package assertion

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Life is the longest life of an assertion, and how far a device's clock may
// be ahead.
const Life = 60 * time.Second

const (
	maxLen     = 2048 // bytes of the whole
	maxJTI     = 128  // bytes
	coordinate = 32   // bytes of a coordinate of P-256
)

// compact is the one form of an ES256 token.
var compact = regexp.MustCompile(`\A([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{86}\z`)

// Reader reads the assertions of one kind. Typ is what the header says,
// Audience whom they are for.
type Reader struct {
	Typ, Audience string
}

// Held is an assertion that holds.
type Held struct {
	Digest  []byte    // SHA-256 of whose it is and its jti: the same for a second showing
	Expires time.Time // from then on it would be refused anyway
}

// Named checks the form of an assertion and returns who it says it is from.
// Nothing is proved by that. The error is for the log only.
func (r Reader) Named(text string) (uuid.UUID, error) {
	if len(text) > maxLen {
		return uuid.Nil, errors.New("too long")
	}
	parts := compact.FindStringSubmatch(text)
	if parts == nil {
		return uuid.Nil, errors.New("not three parts")
	}
	var h struct{ Alg, Kid, Typ string }
	if err := exactly(parts[1], map[string]any{"alg": &h.Alg, "kid": &h.Kid, "typ": &h.Typ}); err != nil {
		return uuid.Nil, fmt.Errorf("header: %w", err)
	}
	if h.Alg != jwt.SigningMethodES256.Alg() || h.Typ != r.Typ {
		return uuid.Nil, errors.New("header: alg or typ")
	}
	id, err := uuid.Parse(h.Kid)
	if err != nil || id.String() != h.Kid {
		return uuid.Nil, errors.New("header: kid")
	}
	return id, checkClaims(parts[2], h.Kid)
}

func checkClaims(part, kid string) error {
	var c struct {
		iss, aud, jti string
		iat, exp      int64
	}
	err := exactly(part, map[string]any{"iss": &c.iss, "aud": &c.aud, "jti": &c.jti, "iat": &c.iat, "exp": &c.exp})
	switch {
	case err != nil:
		return fmt.Errorf("claims: %w", err)
	case c.iss != kid, c.jti == "", len(c.jti) > maxJTI:
		return errors.New("claims: iss or jti")
	case c.iat < 0, c.exp <= c.iat, c.exp-c.iat > int64(Life/time.Second):
		return errors.New("claims: lives too long")
	}
	return nil
}

// Verify checks an assertion whose form Named found good: signature under the
// compressed P-256 point of the one it names, audience, and times as of now.
func (r Reader) Verify(text string, id uuid.UUID, point []byte, now time.Time) (Held, error) {
	key, err := PublicKey(point)
	if err != nil {
		return Held{}, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithIssuer(id.String()), jwt.WithAudience(r.Audience), jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var claims jwt.RegisteredClaims
	if _, err := parser.ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return Held{}, err
	}
	if claims.IssuedAt == nil || claims.IssuedAt.After(now.Add(Life)) {
		return Held{}, errors.New("issued later than now")
	}
	sum := sha256.Sum256([]byte(id.String() + " " + claims.ID))
	return Held{Digest: sum[:], Expires: claims.ExpiresAt.Time}, nil
}

// PublicKey reads a compressed P-256 point (33 bytes).
func PublicKey(point []byte) (*ecdsa.PublicKey, error) {
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
