package participants

import (
	"regexp"
	"strings"
)

var (
	kpjForm   = regexp.MustCompile(`^[0-9]{11}$`)
	phoneForm = regexp.MustCompile(`^8[0-9]{8,11}$`)
	phoneFill = strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "", "\u00a0", "")
)

// ParseKPJ reads a card number of the body: 11 digits, spaces, dots and dashes
// aside. Nothing in it can be relied on. It returns ErrKPJForm.
func ParseKPJ(s string) (string, error) {
	n := separators.Replace(strings.TrimSpace(s))
	if !kpjForm.MatchString(n) {
		return "", ErrKPJForm
	}
	return n, nil
}

// ParsePhone reads an Indonesian mobile number (08…, 62 8…, +62 8…) and
// returns it as E.164 (+628…), or ErrPhoneForm. National length is 10 to 13
// digits with the leading 0.
func ParsePhone(s string) (string, error) {
	n := phoneFill.Replace(strings.TrimSpace(s))
	switch {
	case strings.HasPrefix(n, "+62"):
		n = n[3:]
	case strings.HasPrefix(n, "62"):
		n = n[2:]
	case strings.HasPrefix(n, "0"):
		n = n[1:]
	}
	if !phoneForm.MatchString(n) {
		return "", ErrPhoneForm
	}
	return "+62" + n, nil
}
