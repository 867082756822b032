package cards

import (
	"errors"
	"strings"
)

// ErrOrigin says that an origin is not of the form https://host[:port].
var ErrOrigin = errors.New("origin must be lower-case https://host[:port], without a slash at the end and at most 47 characters")

// maxOrigin leaves room for the longest fields within MaxLen.
const maxOrigin = 47

// Origin is who issues cards: the address under which keys and status lists
// are found, and, in upper case, what every card text begins with. The zero
// Origin recognises no card.
type Origin struct {
	url    string // https://kartu.example
	prefix string // HTTPS://KARTU.EXAMPLE/
}

// ParseOrigin reads an address of the form https://host[:port] in lower case;
// http is allowed for a server on one's own machine. Else it returns ErrOrigin.
func ParseOrigin(s string) (Origin, error) {
	host, secure := strings.CutPrefix(s, "https://")
	if !secure {
		var plain bool
		if host, plain = strings.CutPrefix(s, "http://"); !plain {
			return Origin{}, ErrOrigin
		}
	}
	name, port, withPort := strings.Cut(host, ":")
	if len(s) > maxOrigin || !isHost(name) || withPort && !(len(port) <= 5 && isNumber(port)) {
		return Origin{}, ErrOrigin
	}
	return Origin{url: s, prefix: strings.ToUpper(s) + "/"}, nil
}

// String returns the origin in lower case, without a slash at the end.
func (o Origin) String() string { return o.url }

// isHost reports whether s is a DNS name or IPv4 address in lower case; every
// character of it is in the QR alphanumeric set when raised.
func isHost(s string) bool {
	if s == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}
