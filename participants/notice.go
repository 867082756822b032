package participants

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

//go:embed notice/2026-11.json
var noticeInForce []byte

// Notice is what people are told before they consent (law 27/2022, articles 21
// and 22). A version never changes; a change is a new version.
type Notice struct {
	Version     string          `json:"version"`
	PublishedOn clock.Day       `json:"published_on"`
	ID          []NoticeSection `json:"id"` // in force
	EN          []NoticeSection `json:"en"` // a translation
	// Hash is the SHA-256 of the canonical Indonesian text: for each section
	// heading, line feed, body, line feed, line feed; UTF-8.
	Hash [sha256.Size]byte `json:"-"`
}

// NoticeSection is a part of a notice. Lines of the body are paragraphs, or
// points of a list where they begin with "• ".
type NoticeSection struct {
	Heading string `json:"heading"`
	Body    string `json:"body"`
}

// ErrConsentVersion says that somebody consents to another notice than the one
// in force.
var ErrConsentVersion = fault.New(fault.Invalid, "consent_version", "This is not the privacy notice in force. Show the one of GET /v1/privacy-notice and ask again.")

var notice = sync.OnceValue(func() (n Notice) {
	if err := json.Unmarshal(noticeInForce, &n); err != nil {
		panic("privacy notice: " + err.Error()) // part of the program and tested
	}
	n.Hash = sha256.Sum256([]byte(n.canonical()))
	return n
})

func (n *Notice) canonical() string {
	var b strings.Builder
	for _, s := range n.ID {
		b.WriteString(s.Heading + "\n" + s.Body + "\n\n")
	}
	return b.String()
}

// PrivacyNotice returns the notice in force.
func PrivacyNotice() Notice { return notice() }

// CheckNotice returns ErrConsentVersion unless version and hash are those of
// the notice in force.
func CheckNotice(version string, hash []byte) error {
	n := notice()
	if version != n.Version || subtle.ConstantTimeCompare(hash, n.Hash[:]) != 1 {
		return ErrConsentVersion
	}
	return nil
}
