package cards

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
)

// JWK is a signing key as /.well-known/jwks.json shows it (RFC 7517, 8037),
// with the private members of KARTU-1 §5.5.
type JWK struct {
	Kty      string   `json:"kty"`
	Crv      string   `json:"crv"`
	KID      string   `json:"kid"`
	X        string   `json:"x"`
	Alg      string   `json:"alg"`
	Use      string   `json:"use"`
	Nbf      int64    `json:"nbf"`
	NotAfter int64    `json:"not_after"`
	UseFor   []string `json:"use_for"`
	Revoked  bool     `json:"revoked,omitempty"`
}

// JWKS is a set of keys.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// JWKS returns all signing keys, withdrawn and past ones too, so that an old
// card is told expired and not unknown.
func (s *Service) JWKS(ctx context.Context) (JWKS, error) {
	keys, err := s.ListKeys(ctx)
	if err != nil {
		return JWKS{}, err
	}
	set := JWKS{Keys: make([]JWK, len(keys))}
	for i, k := range keys {
		set.Keys[i] = JWK{
			Kty: "OKP", Crv: "Ed25519", KID: k.KID, X: jose64.EncodeToString(k.Public), Alg: "EdDSA", Use: "sig",
			Nbf: k.NotBefore.Unix(), NotAfter: k.NotAfter.Unix(), UseFor: k.UseFor, Revoked: !k.RevokedAt.IsZero(),
		}
	}
	return set, nil
}

// ErrJWKS says that a key file cannot be used.
var ErrJWKS = errors.New("key set (JWKS) cannot be used")

// ParseJWKS reads a set of keys. Entries that are no Ed25519 keys are skipped;
// a broken entry, or a kid that occurs twice, is ErrJWKS.
func ParseJWKS(b []byte) (map[string]Key, error) {
	set, err := object(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJWKS, err)
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(set["keys"], &entries); err != nil || entries == nil {
		return nil, fmt.Errorf("%w: no array of keys", ErrJWKS)
	}
	keys := map[string]Key{}
	for i, raw := range entries {
		entry, err := object(raw)
		if err != nil {
			return nil, fmt.Errorf("%w: key %d: %w", ErrJWKS, i, err)
		}
		if text(entry["kty"]) != "OKP" || text(entry["crv"]) != "Ed25519" {
			continue
		}
		kid := text(entry["kid"])
		key, err := parseJWK(entry)
		if err != nil || !isKID(kid) {
			return nil, fmt.Errorf("%w: key %d is broken", ErrJWKS, i)
		}
		if _, twice := keys[kid]; twice {
			return nil, fmt.Errorf("%w: kid %s occurs twice", ErrJWKS, kid)
		}
		keys[kid] = key
	}
	return keys, nil
}

func parseJWK(entry map[string]json.RawMessage) (Key, error) {
	public, err := decode64(text(entry["x"]))
	if err != nil || len(public) != ed25519.PublicKeySize {
		return Key{}, ErrJWKS
	}
	key := Key{Public: public}
	var names []string
	if err := json.Unmarshal(entry["use_for"], &names); err != nil {
		return Key{}, err
	}
	key.UseFor = useOf(names)
	if err := json.Unmarshal(entry["not_after"], &key.NotAfter); err != nil || string(entry["not_after"]) == "null" {
		return Key{}, ErrJWKS
	}
	if raw, has := entry["nbf"]; has {
		if err := json.Unmarshal(raw, &key.NotBefore); err != nil {
			return Key{}, err
		}
	}
	if raw, has := entry["revoked"]; has {
		if err := json.Unmarshal(raw, &key.Revoked); err != nil {
			return Key{}, err
		}
	}
	return key, nil
}
