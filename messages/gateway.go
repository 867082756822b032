package messages

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/pii"
)

// Outgoing is what a gateway gets to see.
type Outgoing struct {
	ID   uuid.UUID // the same at every try
	Kind Kind
	To   pii.Text
	Text pii.Text
	At   time.Time // of this try
}

// SendError says why a text did not leave, by a stable code. It never carries
// what a gateway said: that may hold the number.
type SendError struct {
	Code  string // [a-z_]+, such as unreachable or rejected
	Final bool   // another try would not help
}

// Error implements error.
func (e *SendError) Error() string { return "message did not leave: " + e.Code }

// Codes of SendError and of stored messages.
const (
	codeUnreachable = "unreachable" // no answer, or none in time
	codeBusy        = "busy"        // the gateway says: later
	codeRejected    = "rejected"    // the gateway does not take it
	codeSettings    = "settings"    // the gateway does not take us
	codeExpired     = "expired"
	codeNobody      = "nobody"
	codeOff         = "gateway_off"
	codeSealed      = "sealed" // number or text does not open any more
)

// Settings say how messages leave.
type Settings struct {
	// URL is file:PATH, https://… (or http:// to this machine), smtp:// or
	// smtps://user:password@host:port. Empty: nothing is sent.
	URL string
	// Template is the JSON body for an HTTP gateway. {to} (+62…), {digits} (62…)
	// and {text} in its strings are filled in, escaped; empty: {"to":"{to}","text":"{text}"}.
	Template string
	Token    string // bearer for an HTTP gateway; may be empty
	From     string // address of mail that SMTP sends from
	To       string // how a phone becomes an address of mail; {phone} is its digits: {phone}@sms.example
}

// ErrSettings says that the settings name no gateway that could work. It
// carries no part of them.
var ErrSettings = errors.New("the message settings cannot be used: a URL that is file:PATH, https://…, smtp://… or smtps://…; a JSON template with {text}; for mail, who it is from and how a phone becomes an address")

// Open returns the gateway of the settings, or nil when they name none. Errors:
// ErrSettings; a file that cannot be written.
func Open(s Settings) (Gateway, error) {
	if s.URL == "" {
		return nil, nil //nolint:nilnil // messages are off
	}
	if path, ok := strings.CutPrefix(s.URL, "file:"); ok {
		return openFile(path)
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" {
		return nil, ErrSettings
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return openHTTP(u, s)
	case u.Scheme == "smtp", u.Scheme == "smtps":
		return openSMTP(u, s)
	}
	return nil, ErrSettings
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// digits returns a phone without its plus.
func digits(phone string) string { return strings.TrimPrefix(phone, "+") }
