package redemptions

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/strictjson"
	"github.com/berlaku/berlaku/tills"
)

// Bounds of an item.
const (
	maxItemText = 4096       // bytes
	maxSeq      = 1 << 40    // more than a till can sign
	maxUnix     = 1<<32 - 1  // the year 2106
	maxListAge  = 10_000_000 // seconds; what is older than three days is judged, not misread
	itemTyp     = "berlaku-use+jwt"
)

// kinds of items.
const (
	kindUse  = "use"
	kindVoid = "void"
)

// compactES256 is the one form of an item.
var compactES256 = regexp.MustCompile(`\A([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})\z`)

// item is one line of a till's queue: a use, or the void of one. Until signedBy
// said so it is nobody's word.
type item struct {
	kind   string
	kid    uuid.UUID // the till
	jti    uuid.UUID
	seq    int64
	prev   []byte // SHA-256 of the item before; nil: the first
	hash   []byte // SHA-256 of text
	claims []byte // SHA-256 of what is signed
	text   string

	occurredAt time.Time

	// Of a use.
	scannedAt time.Time
	listAge   time.Duration
	card      string
	benefit   uuid.UUID
	version   int
	gross     int64
	discount  int64 // as the till computed it
	net       int64
	receipt   string
	cashier   *uuid.UUID
	allowance *uuid.UUID
	idChecked bool

	// Of a void.
	subject uuid.UUID // the jti of the use
	note    string

	signed    string // header and payload
	signature []byte
}

// readItem reads the text of an item: the exact header, the exact members, each
// once, in the right types and bounds. It does not look at the signature.
func readItem(text string) (it *item, ok bool) {
	if len(text) > maxItemText {
		return nil, false
	}
	parts := compactES256.FindStringSubmatch(text)
	if parts == nil {
		return nil, false
	}
	header, payload := readMembers(parts[1]), readMembers(parts[2])
	signature, err := decode64(parts[3])
	if header == nil || payload == nil || err != nil {
		return nil, false
	}
	it = &item{text: text, signed: text[:len(parts[1])+1+len(parts[2])], signature: signature}
	if header.text("alg", 16) != jwt.SigningMethodES256.Alg() || header.text("typ", 32) != itemTyp {
		return nil, false
	}
	it.kid = header.id("kid")
	if payload.has("void") {
		it.readVoid(payload)
	} else {
		it.readUse(payload)
	}
	if !header.done() || !payload.done() {
		return nil, false
	}
	hash, claims := sha256.Sum256([]byte(text)), sha256.Sum256([]byte(it.signed))
	it.hash, it.claims = hash[:], claims[:]
	return it, true
}

func (it *item) readPlace(m *members) {
	it.jti, it.seq, it.occurredAt = m.id("jti"), m.integer("seq", 1, maxSeq), m.instant("occurred_at")
	if prev := m.text("prev", 43); prev != "" {
		b, err := decode64(prev)
		m.bad = m.bad || err != nil || len(b) != sha256.Size
		it.prev = b
	}
}

func (it *item) readUse(m *members) {
	it.kind = kindUse
	it.readPlace(m)
	it.scannedAt = m.instant("scanned_at")
	it.listAge = time.Duration(m.integer("list_age", -int64(clockSuspect/time.Second), maxListAge)) * time.Second
	it.card = m.text("card", maxItemText)
	it.benefit, it.version = m.id("benefit"), int(m.integer("version", 1, math.MaxInt32))
	it.gross, it.discount, it.net = m.integer("gross", 1, MaxGross), m.integer("discount", 0, MaxGross), m.integer("net", 0, MaxGross)
	it.idChecked = m.flag("id_checked")
	if m.has("receipt_number") {
		it.receipt = strings.ToUpper(strings.TrimSpace(m.line("receipt_number", MaxReceipt)))
	}
	it.cashier, it.allowance = m.optionalID("cashier"), m.optionalID("allowance")
}

func (it *item) readVoid(m *members) {
	it.kind = kindVoid
	it.readPlace(m)
	it.subject, it.note = m.id("void"), strings.TrimSpace(m.line("reason", MaxReason))
	m.bad = m.bad || it.subject == it.jti
}

// signedBy reports whether the till's key signed the item.
func (it *item) signedBy(t tills.Till) bool {
	key, err := t.Key()
	return err == nil && jwt.SigningMethodES256.Verify(it.signed, it.signature, key) == nil
}

// members are those of a JSON object that were not taken yet.
type members struct {
	left map[string]any
	bad  bool
}

// readMembers returns nil when the part is no object in the one form.
func readMembers(part string) *members {
	b, err := decode64(part)
	if err != nil {
		return nil
	}
	tree, err := strictjson.Parse(b)
	if err != nil {
		return nil
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil
	}
	return &members{left: object}
}

// done reports whether every member was taken and was as it should be.
func (m *members) done() bool { return !m.bad && len(m.left) == 0 }

func (m *members) has(name string) bool {
	_, ok := m.left[name]
	return ok
}

// take removes a member of type T.
func take[T any](m *members, name string) T {
	v, ok := m.left[name].(T)
	m.bad = m.bad || !ok
	delete(m.left, name)
	return v
}

func (m *members) flag(name string) bool { return take[bool](m, name) }

func (m *members) integer(name string, least, most int64) int64 {
	n := take[int64](m, name)
	m.bad = m.bad || n < least || n > most
	return n
}

func (m *members) instant(name string) time.Time {
	return time.Unix(m.integer(name, 0, maxUnix), 0).UTC()
}

// text is a string of at most so many bytes.
func (m *members) text(name string, most int) string {
	s := take[string](m, name)
	m.bad = m.bad || len(s) > most
	return s
}

// line is a string of at most so many characters, none of them a control
// character.
func (m *members) line(name string, most int) string {
	s := take[string](m, name)
	m.bad = m.bad || utf8.RuneCountInString(s) > most || strings.ContainsFunc(s, unicode.IsControl)
	return s
}

// id is a UUID in its one written form.
func (m *members) id(name string) uuid.UUID {
	s := take[string](m, name)
	id, err := uuid.Parse(s)
	m.bad = m.bad || err != nil || id.String() != s || id == uuid.Nil
	return id
}

func (m *members) optionalID(name string) *uuid.UUID {
	if !m.has(name) {
		return nil
	}
	id := m.id(name)
	return &id
}

func decode64(s string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(s) }
