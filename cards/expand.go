package cards

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strconv"
	"strings"
)

// Limits and fixed parts of a card text.
const (
	MaxLen    = 366     // bytes: what a version 11 symbol holds at level M
	ShardSize = 1 << 17 // indexes in one status list
	MaxIdx    = 1 << 29 // indexes lie below

	wireVersion = "1/"
	daySeconds  = 86400
	maxName     = 24
	pointLen    = 33 // compressed P-256 point
	sigLen      = 64
	pointChars  = 53
	sigChars    = 103
	proofHeader = `{"alg":"ES256","typ":"kb+jwt"}`
)

var (
	wire32 = base32.StdEncoding.WithPadding(base32.NoPadding)
	jose64 = base64.RawURLEncoding.Strict()
)

// Form is how a card is carried.
type Form string

// The forms.
const (
	Phone   Form = "phone"   // bound to a key in a phone, which adds a fresh proof
	Printed Form = "printed" // no proof; the cashier checks the KTP
)

// Expanded is a card text taken apart and put into its standard form: an
// SD-JWT without disclosures, plus a KB-JWT where the phone gave a proof
// (RFC 9901). Nothing in it is trusted before a Verifier said so.
type Expanded struct {
	KID    string
	Idx    int64
	Day    int    // expiry: days since 1970-01-01 UTC
	Name   string // as on the wire, "-" for space
	Point  []byte // compressed P-256 point of the phone; nil when printed
	Device *ecdsa.PublicKey
	T      int64 // proof time, Unix seconds; 0: no proof

	// SDJWT is the whole expansion, IssuerJWT and ProofJWT are parts of it.
	SDJWT, IssuerJWT, ProofJWT string

	issuerInput, proofInput string
	issuerSig, proofSig     []byte
}

// Form tells how the card is carried.
func (e *Expanded) Form() Form {
	if e.Point == nil {
		return Printed
	}
	return Phone
}

// Expires returns the Unix second from which the card is no longer good.
func (e *Expanded) Expires() int64 { return int64(e.Day) * daySeconds }

// Holder returns the masked name with spaces.
func (e *Expanded) Holder() string { return DisplayName(e.Name) }

// DisplayName turns a masked name of the wire into what people read.
func DisplayName(wire string) string { return strings.ReplaceAll(wire, "-", " ") }

// Expand takes a text as it was scanned through steps 1 to 5 of the
// verification and puts it into its standard form. It returns OK or the code
// of the first step that failed. No signature is looked at.
func Expand(o Origin, text string) (Expanded, Code) {
	if len(text) > MaxLen {
		return Expanded{}, ESize
	}
	rest, ours := strings.CutPrefix(text, o.prefix)
	if !ours || o.prefix == "" {
		return Expanded{}, EOrigin
	}
	rest, known := strings.CutPrefix(rest, wireVersion)
	if !known {
		return Expanded{}, EVersion
	}
	e, ok := split(rest)
	if !ok {
		return Expanded{}, EFormat
	}
	if e.Point != nil {
		if e.Device = devicePublic(e.Point); e.Device == nil {
			return Expanded{}, EDevKey
		}
	}
	e.assemble(o)
	return e, OK
}

// split is step 4: five, six or eight fields, each of its form.
func split(s string) (e Expanded, ok bool) {
	var f [8]string
	n := 0
	for field := range strings.SplitSeq(s, ".") {
		if n == len(f) {
			return e, false
		}
		f[n] = field
		n++
	}
	if n != 5 && n != 6 && n != 8 {
		return e, false
	}
	if !isKID(f[0]) || !isIdx(f[1]) || len(f[2]) != 5 || f[2][0] == '0' || !isNumber(f[2]) || !isName(f[3]) {
		return e, false
	}
	e.KID, e.Name = f[0], f[3]
	e.Idx, _ = strconv.ParseInt(f[1], 10, 64) //nolint:errcheck // digits, see isIdx
	e.Day, _ = strconv.Atoi(f[2])             //nolint:errcheck // digits
	sig := f[4]
	if n > 5 {
		sig = f[5]
		if e.Point, ok = decode32(f[4], pointChars, pointLen); !ok {
			return e, false
		}
	}
	if e.issuerSig, ok = decode32(sig, sigChars, sigLen); !ok || n < 8 {
		return e, ok
	}
	if len(f[6]) != 10 || f[6][0] == '0' || !isNumber(f[6]) {
		return e, false
	}
	e.T, _ = strconv.ParseInt(f[6], 10, 64) //nolint:errcheck // digits
	e.proofSig, ok = decode32(f[7], sigChars, sigLen)
	return e, ok
}

func isKID(s string) bool {
	if len(s) != 2 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func isIdx(s string) bool {
	if len(s) == 0 || len(s) > 9 || !isNumber(s) || s[0] == '0' && len(s) > 1 {
		return false
	}
	n, err := strconv.Atoi(s)
	return err == nil && n < MaxIdx
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isName matches [A-Z][A-Z*]*(-[A-Z][A-Z*]*)*, at most 24 characters.
func isName(s string) bool {
	start := true
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			start = false
		case c == '*' && !start:
		case c == '-' && !start:
			start = true
		default:
			return false
		}
	}
	return !start && len(s) <= maxName
}

// decode32 reads base32 whose only spelling is s: upper case, no padding,
// spare bits zero. The comparison also catches the line ends that the decoder
// skips.
func decode32(s string, chars, size int) ([]byte, bool) {
	if len(s) != chars {
		return nil, false
	}
	b, err := wire32.DecodeString(s)
	if err != nil || len(b) != size {
		return nil, false
	}
	var again [sigChars]byte
	wire32.Encode(again[:chars], b)
	return b, string(again[:chars]) == s
}

// devicePublic returns the key of a compressed point, nil when it is not on P-256.
func devicePublic(point []byte) *ecdsa.PublicKey {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), point)
	if x == nil {
		return nil
	}
	var full [65]byte
	full[0] = 4
	x.FillBytes(full[1:33])
	y.FillBytes(full[33:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), full[:])
	if err != nil {
		return nil
	}
	return key
}

// assemble writes the standard form, byte for byte after the template of
// KARTU-1 §5.2.
func (e *Expanded) assemble(o Origin) {
	var plain [640]byte
	out := make([]byte, 0, 1024)
	out = jose64.AppendEncode(out, appendHeader(plain[:0], e.KID))
	out = append(out, '.')
	out = jose64.AppendEncode(out, e.appendPayload(plain[:0], o))
	issuerInput := len(out)
	out = append(out, '.')
	out = jose64.AppendEncode(out, e.issuerSig)
	issuer := len(out)
	out = append(out, '~')
	proofInput := len(out)
	if e.proofSig != nil {
		hash := sha256.Sum256(out)
		out = jose64.AppendEncode(out, []byte(proofHeader))
		out = append(out, '.')
		out = jose64.AppendEncode(out, appendProof(plain[:0], o, e.T, hash))
		proofInput = len(out)
		out = append(out, '.')
		out = jose64.AppendEncode(out, e.proofSig)
	}
	e.SDJWT = string(out)
	e.IssuerJWT, e.issuerInput = e.SDJWT[:issuer], e.SDJWT[:issuerInput]
	e.ProofJWT, e.proofInput = e.SDJWT[issuer+1:], e.SDJWT[issuer+1:proofInput]
}

func appendHeader(b []byte, kid string) []byte {
	b = append(b, `{"alg":"EdDSA","kid":"`...)
	b = append(b, kid...)
	return append(b, `","typ":"dc+sd-jwt"}`...)
}

func (e *Expanded) appendPayload(b []byte, o Origin) []byte {
	b = append(b, `{"iss":"`...)
	b = append(b, o.url...)
	b = append(b, `","vct":"`...)
	b = append(b, o.url...)
	b = append(b, `/vct/1","exp":`...)
	b = strconv.AppendInt(b, e.Expires(), 10)
	b = append(b, `,"name":"`...)
	for i := range len(e.Name) {
		if c := e.Name[i]; c == '-' {
			b = append(b, ' ')
		} else {
			b = append(b, c)
		}
	}
	b = append(b, `",`...)
	if e.Device != nil {
		b = appendConfirmation(b, e.Device)
	}
	b = append(b, `"status":{"status_list":{"idx":`...)
	b = strconv.AppendInt(b, e.Idx%ShardSize, 10)
	b = append(b, `,"uri":"`...)
	b = append(b, o.url...)
	b = append(b, `/s/`...)
	b = strconv.AppendInt(b, e.Idx/ShardSize, 10)
	return append(b, `"}}}`...)
}

func appendConfirmation(b []byte, key *ecdsa.PublicKey) []byte {
	full, err := key.Bytes()
	if err != nil {
		return b // cannot be: the key was parsed from a point on the curve
	}
	b = append(b, `"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"`...)
	b = jose64.AppendEncode(b, full[1:33])
	b = append(b, `","y":"`...)
	b = jose64.AppendEncode(b, full[33:])
	return append(b, `"}},`...)
}

func appendProof(b []byte, o Origin, at int64, hash [sha256.Size]byte) []byte {
	b = append(b, `{"iat":`...)
	b = strconv.AppendInt(b, at, 10)
	b = append(b, `,"aud":"`...)
	b = append(b, o.url...)
	b = append(b, `/till","nonce":"offline","sd_hash":"`...)
	b = jose64.AppendEncode(b, hash[:])
	return append(b, `"}`...)
}
