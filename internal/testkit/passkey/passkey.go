// Package passkey is an authenticator in software: it makes and uses passkeys
// (ES256, attestation "none") as a browser with a fingerprint reader would.
package passkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// Key is one passkey and what its authenticator says of itself.
type Key struct {
	t      testing.TB
	ID     []byte
	Count  uint32 // counter; 0: it does not count
	Step   uint32 // by which it grows
	User   []byte // handle of the account
	NoUV   bool   // the user is not verified
	Origin string
	RPID   string
	secret *ecdsa.PrivateKey
}

// New returns an authenticator that has no key yet.
func New(t testing.TB, origin, rpID string) *Key {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	return &Key{t: t, ID: id, Count: 1, Step: 1, Origin: origin, RPID: rpID, secret: secret}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (k *Key) client(typ, challenge string) []byte {
	return k.json(map[string]any{"type": typ, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
}

func (k *Key) json(v any) []byte {
	k.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

// flags: user present, user verified, attested credential data.
const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

func (k *Key) data(flags byte) []byte {
	var b bytes.Buffer
	sum := sha256.Sum256([]byte(k.RPID))
	b.Write(sum[:])
	if !k.NoUV {
		flags |= verified
	}
	b.WriteByte(flags | present)
	b.Write(binary.BigEndian.AppendUint32(nil, k.Count))
	return b.Bytes()
}

// Options is what the server asked.
type Options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

func (k *Key) read(options []byte) Options {
	k.t.Helper()
	var o Options
	if err := json.Unmarshal(options, &o); err != nil {
		k.t.Fatal(err)
	}
	return o
}

// Create answers the options of a registration.
func (k *Key) Create(options []byte) []byte {
	k.t.Helper()
	o := k.read(options)
	user, err := base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	k.User = user
	point, err := k.secret.PublicKey.Bytes()
	if err != nil {
		k.t.Fatal(err)
	}
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		k.t.Fatal(err)
	}
	auth := append(k.data(attested), make([]byte, 16)...)
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(k.ID))) //nolint:gosec // 32
	auth = append(append(auth, k.ID...), public...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": auth})
	if err != nil {
		k.t.Fatal(err)
	}
	return k.json(map[string]any{
		"id": b64(k.ID), "rawId": b64(k.ID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(k.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}},
	})
}

// Get answers the options of a sign-in or a proof.
func (k *Key) Get(options []byte) []byte {
	k.t.Helper()
	o := k.read(options)
	k.Count += k.Step
	client, auth := k.client("webauthn.get", o.PublicKey.Challenge), k.data(0)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(bytes.Clone(auth), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.secret, sum[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.json(map[string]any{
		"id": b64(k.ID), "rawId": b64(k.ID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(signature), "userHandle": b64(k.User)},
	})
}
