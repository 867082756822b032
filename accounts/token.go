package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Prefixes of what callers show. A prefix tells where to look, and lets
// scanners find a leaked secret; it proves nothing.
const (
	SessionPrefix     = "bls_" // of an account
	ParticipantPrefix = "blp_" // of a participant's phone
	KeyPrefix         = "brk_" // an API key
)

const tokenLen = 32 // bytes

// newToken returns a random 256-bit token and the hash that is stored for it.
func newToken(prefix string) (token string, hash []byte) {
	b := make([]byte, tokenLen)
	rand.Read(b) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	token = prefix + base64.RawURLEncoding.EncodeToString(b)
	return token, hashToken(token)
}

// hashToken needs neither salt nor stretching: what it hashes is random.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// randomText returns n characters drawn evenly from alphabet, which has at most 64.
func randomText(n int, alphabet string) string {
	var out strings.Builder
	for b := make([]byte, 1); out.Len() < n; {
		rand.Read(b) //nolint:errcheck // see newToken
		if i := int(b[0] & 0x3f); i < len(alphabet) {
			out.WriteByte(alphabet[i])
		}
	}
	return out.String()
}

// bucket names a counter; what it counts cannot be read from it.
func (s *Service) bucket(kind, value string) string {
	m := hmac.New(sha256.New, s.pepper)
	m.Write([]byte("throttle:" + kind + ":" + value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
