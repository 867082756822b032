package cards_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/berlaku/berlaku/cards"
)

type vectors struct {
	Bound        string `json:"bound"`
	BoundSDJWT   string `json:"bound_sdjwt"`
	Printed      string `json:"printed"`
	PrintedSDJWT string `json:"printed_sdjwt"`
	Now          int64  `json:"now"`
	SeedA7       string `json:"issuer_seed_A7"`
	SeedP3       string `json:"issuer_seed_P3"`
	PubA7        string `json:"pub_A7"`
	PubP3        string `json:"pub_P3"`
	DeviceD      string `json:"device_d"`
	Cases        []struct{ Name, Text, Want string }
}

func load(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/card-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func origin(t testing.TB) cards.Origin {
	t.Helper()
	o, err := cards.ParseOrigin("https://kartu.example")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func seed(t testing.TB, hexSeed string) ed25519.PrivateKey {
	t.Helper()
	b, err := hex.DecodeString(hexSeed)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(b)
}

func device(t testing.TB, v vectors) *ecdsa.PrivateKey {
	t.Helper()
	b, err := hex.DecodeString(v.DeviceD)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func point(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	full, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cards.DevicePoint(full[1:33], full[33:])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// verifier holds the two good keys of the vectors, A7 for phones and P3 for
// print; P3 serves phones too, so that a swapped kid ends in the signature.
func verifier(t testing.TB, v vectors) *cards.Verifier {
	t.Helper()
	a7, err := base64.RawURLEncoding.DecodeString(v.PubA7)
	if err != nil {
		t.Fatal(err)
	}
	p3, err := base64.RawURLEncoding.DecodeString(v.PubP3)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[2]int64]bool{}
	return &cards.Verifier{
		Origin: origin(t), AllowPrinted: true,
		Keys: map[string]cards.Key{
			"A7": {Public: a7, NotAfter: 1802000000, UseFor: cards.UseCard},
			"P3": {Public: p3, NotAfter: 1840000000, UseFor: cards.UsePrint | cards.UseCard},
		},
		Seen: func(idx, at int64) bool {
			before := seen[[2]int64{idx, at}]
			seen[[2]int64{idx, at}] = true
			return before
		},
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
