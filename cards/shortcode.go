package cards

import (
	"crypto/rand"
	"strings"
)

// A short code is what somebody types when a card cannot be scanned: seven
// random characters of Crockford's base32 and one check character, so that
// every single wrong character and every swap of two characters is noticed.
const (
	codeLen      = 8
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	maxTyped     = 32 // bytes of a short code with its spaces and dashes
)

// codeWeights are distinct powers of x in GF(32), the check character's being 1.
// A wrong character changes the weighted sum by weight*difference, a swap by
// (weight-weight)*difference: products of two things that are not zero.
var codeWeights = func() (w [codeLen]byte) {
	w[codeLen-1] = 1
	for i := codeLen - 2; i >= 0; i-- {
		w[i] = mul32(w[i+1], 2)
	}
	return w
}()

// mul32 multiplies in GF(32) modulo x^5+x^2+1.
func mul32(a, b byte) byte {
	var p byte
	for ; b != 0; b >>= 1 {
		if b&1 != 0 {
			p ^= a
		}
		if a <<= 1; a&0x20 != 0 {
			a ^= 0x25
		}
	}
	return p
}

// newShortCode draws a code at random (35 bits).
func newShortCode() string {
	var b [codeLen - 1]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	for i := range b {
		b[i] = codeAlphabet[b[i]&31]
	}
	return withCheck(string(b[:]))
}

// withCheck appends the check character to seven characters of the alphabet.
func withCheck(seven string) string {
	var sum byte
	for i := range len(seven) {
		sum ^= mul32(codeWeights[i], codeValue(seven[i]))
	}
	return seven + codeAlphabet[sum:sum+1]
}

func codeValue(c byte) byte {
	return byte(strings.IndexByte(codeAlphabet, c)) //nolint:gosec // callers pass characters of the alphabet
}

// IsShortCode reports whether text is a short code as somebody types it, with
// the right check character. Whether it belongs to a card only Check tells.
func IsShortCode(text string) bool {
	_, _, good := readShortCode(text)
	return good
}

// readShortCode tells whether s has the form of a typed short code (spaces,
// dashes and lower case are tolerated; i and l are read as 1, o as 0), and if
// so whether its check character is right.
func readShortCode(s string) (code string, typed, good bool) {
	if len(s) > maxTyped {
		return "", false, false
	}
	b := make([]byte, 0, codeLen+1)
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		switch c {
		case ' ', '-':
			continue
		case 'I', 'L':
			c = '1'
		case 'O':
			c = '0'
		}
		if strings.IndexByte(codeAlphabet, c) < 0 {
			return "", false, false
		}
		b = append(b, c)
	}
	if len(b) != codeLen {
		return "", false, false
	}
	code = string(b)
	return code, true, withCheck(code[:codeLen-1]) == code
}

// Spaced returns a short code as people read it: XXXX-XXXX.
func Spaced(code string) string {
	if len(code) != codeLen {
		return code
	}
	return code[:codeLen/2] + "-" + code[codeLen/2:]
}
