package cards

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berlaku/berlaku/internal/fault"
)

// Faults of making a card.
var (
	// ErrDeviceKey occurs when a phone's key is no point of P-256.
	ErrDeviceKey = fault.New(fault.Invalid, "device_key_invalid", "The device key must be a point of P-256.")
	// ErrContents occurs when a card could not be written on the wire: index,
	// day or masked name out of their bounds.
	ErrContents = fault.New(fault.Internal, "card_contents", "A card with these contents cannot be written.")
)

// Contents is what the issuer signs.
type Contents struct {
	KID   string
	Idx   int64
	Day   int    // expiry: days since 1970-01-01 UTC
	Name  string // masked, "-" for space
	Point []byte // compressed P-256 point of the phone; nil for a printed card
}

// Sign returns the issuer's signature of the card.
func (o Origin) Sign(c Contents, key ed25519.PrivateKey) ([]byte, error) {
	if !isKID(c.KID) || c.Idx < 0 || c.Idx >= MaxIdx || c.Day < 10000 || c.Day > 99999 || !isName(c.Name) {
		return nil, ErrContents
	}
	e := Expanded{KID: c.KID, Idx: c.Idx, Day: c.Day, Name: c.Name, Point: c.Point}
	if c.Point != nil {
		if e.Device = devicePublic(c.Point); e.Device == nil {
			return nil, ErrDeviceKey
		}
	}
	e.assemble(o)
	sig, err := jwt.SigningMethodEdDSA.Sign(e.issuerInput, key)
	if err != nil {
		return nil, fmt.Errorf("sign card: %w", err)
	}
	return sig, nil
}

// Wire writes the card text: six fields (the stored form) for a phone card,
// five for a printed one.
func (o Origin) Wire(c Contents, sig []byte) string {
	b := make([]byte, 0, MaxLen)
	b = append(b, o.prefix...)
	b = append(b, wireVersion...)
	b = append(b, c.KID...)
	b = append(b, '.')
	b = strconv.AppendInt(b, c.Idx, 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(c.Day), 10)
	b = append(b, '.')
	b = append(b, c.Name...)
	if c.Point != nil {
		b = append(b, '.')
		b = wire32.AppendEncode(b, c.Point)
	}
	b = append(b, '.')
	return string(wire32.AppendEncode(b, sig))
}

// Present is the phone's side: it adds to a stored card text the proof that
// whoever shows it holds key, made at the instant at. The proof is
// deterministic (RFC 6979).
func Present(text string, key *ecdsa.PrivateKey, at time.Time) (string, error) {
	address, _, _ := strings.Cut(text, "/"+wireVersion)
	o, err := ParseOrigin(strings.ToLower(address))
	if err != nil {
		return "", fmt.Errorf("present card: %w", err)
	}
	blank := "." + strconv.FormatInt(at.Unix(), 10) + "."
	e, code := Expand(o, text+blank+wire32.EncodeToString(make([]byte, sigLen)))
	if code != OK {
		return "", fmt.Errorf("present card: %s", code)
	}
	hash := sha256.Sum256([]byte(e.proofInput))
	der, err := key.Sign(nil, hash[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("present card: %w", err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return "", fmt.Errorf("present card: %w", err)
	}
	var sig [sigLen]byte
	rs.R.FillBytes(sig[:sigLen/2])
	rs.S.FillBytes(sig[sigLen/2:])
	return text + blank + wire32.EncodeToString(sig[:]), nil
}

// DevicePoint returns the compressed form of the P-256 point (x, y), 32 bytes
// each as in a JWK, or ErrDeviceKey.
func DevicePoint(x, y []byte) ([]byte, error) {
	if len(x) != 32 || len(y) != 32 {
		return nil, ErrDeviceKey
	}
	full := append(append([]byte{4}, x...), y...)
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), full); err != nil {
		return nil, ErrDeviceKey
	}
	return append([]byte{2 | y[31]&1}, x...), nil
}
