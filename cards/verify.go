package cards

import (
	"crypto/ed25519"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Code is the outcome of a verification: OK, or the first step of KARTU-1
// §5.4 that failed.
type Code string

// The codes, in the order of the steps.
const (
	OK             Code = "OK"
	ESize          Code = "E_SIZE"           // 1: longer than 366 bytes
	EOrigin        Code = "E_ORIGIN"         // 2: not a card of this issuer
	EVersion       Code = "E_VERSION"        // 3: of another version
	EFormat        Code = "E_FORMAT"         // 4: a field is missing or not of its form
	EDevKey        Code = "E_DEVKEY"         // 5: the phone's key is no point of P-256
	EKID           Code = "E_KID"            // 6: unknown signing key
	EKeyRevoked    Code = "E_KEY_REVOKED"    // 7: signing key withdrawn
	ESig           Code = "E_SIG"            // 8: not signed by that key, or the key is for something else
	EKeyPeriod     Code = "E_KEY_PERIOD"     // 9: expires after the key may vouch
	EExpired       Code = "E_EXPIRED"        // 10
	EPrinted       Code = "E_PRINTED"        // 11: printed cards are not accepted here
	EProofMissing  Code = "E_PROOF_MISSING"  // 12: a phone's card without its proof
	EProof         Code = "E_PROOF"          // 13: not proved by that phone
	EStale         Code = "E_STALE"          // 14: proof too old
	EClock         Code = "E_CLOCK"          // 15: proof from the future
	EStatusStale   Code = "E_STATUS_STALE"   // 16: no status list young enough
	ERevoked       Code = "E_REVOKED"        // 17: status 1
	EInactive      Code = "E_INACTIVE"       // 17: status 2
	EStatusUnknown Code = "E_STATUS_UNKNOWN" // 17: status 3
	EReplay        Code = "E_REPLAY"         // 18: same proof seen before
)

// Use is a set of purposes that a signing key serves.
type Use uint8

// The purposes.
const (
	UseCard   Use = 1 << iota // phone cards
	UsePrint                  // printed cards
	UseStatus                 // status lists
)

// Key is what a verifier knows about a signing key. Times are Unix seconds;
// NotAfter is the latest expiry that the key may vouch for.
type Key struct {
	Public              ed25519.PublicKey
	NotBefore, NotAfter int64
	UseFor              Use
	Revoked             bool
}

// DefaultWindow is how far a proof may lie from the verifier's clock, each way.
const DefaultWindow = 120 * time.Second

// Verifier judges card texts without any I/O of its own. It is safe for
// concurrent use when Status and Seen are.
type Verifier struct {
	Origin       Origin
	Keys         map[string]Key // by kid
	Window       time.Duration  // 0: DefaultWindow
	AllowPrinted bool
	// Status returns the status (0 to 3) of an index and whether a list that
	// is signed and young enough was at hand. Nil: steps 16 and 17 are left out.
	Status func(idx int64) (status int, fresh bool)
	// Seen remembers (index, proof time) and reports whether it was there
	// already. It is asked last, for cards that passed everything else. Nil:
	// step 18 is left out.
	Seen func(idx, t int64) bool
}

// Verify takes text through all steps and stops at the first that fails. The
// Expanded is whole when steps 1 to 5 passed.
func (v *Verifier) Verify(text string, now time.Time) (Expanded, Code) {
	e, code := Expand(v.Origin, text)
	if code != OK {
		return e, code
	}
	key, ok := v.Keys[e.KID]
	if !ok {
		return e, EKID
	}
	if code := e.signed(key, now.Unix()); code != OK {
		return e, code
	}
	if code := v.presented(&e, now.Unix()); code != OK {
		return e, code
	}
	if v.Status != nil {
		status, fresh := v.Status(e.Idx)
		if !fresh {
			return e, EStatusStale
		}
		if code := statusCode(status); code != OK {
			return e, code
		}
	}
	if e.Point != nil && v.Seen != nil && v.Seen(e.Idx, e.T) {
		return e, EReplay
	}
	return e, OK
}

// signed is steps 7 to 10. The header and payload come from our own template,
// so no token text is parsed and the algorithm cannot be chosen by the card.
func (e *Expanded) signed(key Key, now int64) Code {
	want := UseCard
	if e.Point == nil {
		want = UsePrint
	}
	switch {
	case key.Revoked:
		return EKeyRevoked
	case key.UseFor&want == 0:
		return ESig
	case jwt.SigningMethodEdDSA.Verify(e.issuerInput, e.issuerSig, key.Public) != nil:
		return ESig
	case e.Expires() > key.NotAfter:
		return EKeyPeriod
	case now >= e.Expires():
		return EExpired
	}
	return OK
}

// presented is steps 11 to 15.
func (v *Verifier) presented(e *Expanded, now int64) Code {
	window := v.Window
	if window == 0 {
		window = DefaultWindow
	}
	seconds := int64(window / time.Second)
	switch {
	case e.Point == nil && !v.AllowPrinted:
		return EPrinted
	case e.Point == nil:
		return OK
	case e.proofSig == nil:
		return EProofMissing
	case jwt.SigningMethodES256.Verify(e.proofInput, e.proofSig, e.Device) != nil:
		return EProof
	case e.T < now-seconds:
		return EStale
	case e.T > now+seconds:
		return EClock
	}
	return OK
}

// statusCode is step 17.
func statusCode(status int) Code {
	switch status {
	case 0:
		return OK
	case 1:
		return ERevoked
	case 2:
		return EInactive
	default:
		return EStatusUnknown
	}
}
