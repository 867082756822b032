// Package pii keeps personal data unreadable in the database.
//
// A column is sealed with AES-256-GCM under a numbered key (the epoch); table,
// column and row id are bound in, so a value copied to another place does not
// open. Equality search goes through a blind index: an HMAC-SHA-256 under a
// key of its own. Neither key is ever in the database.
package pii

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/keyfile"
)

// ErrSealed says that a stored value does not open: wrong key, wrong place or altered.
var ErrSealed = errors.New("sealed value does not open")

const (
	formatV1  = 1
	headerLen = 3 // format, epoch (2 bytes)
	keyLen    = 32
)

// Keyring seals under the newest epoch and opens under any that it holds.
type Keyring struct {
	epoch uint16
	aeads map[uint16]cipher.AEAD
	index []byte
}

// Open reads the keys in dir (data-N.key, index.key), making the first ones
// when there are none.
func Open(dir string) (*Keyring, error) {
	index, err := keyfile.ReadOrCreate(dir, "index.key", keyLen)
	if err != nil {
		return nil, fmt.Errorf("open blind-index key: %w", err)
	}
	k := &Keyring{aeads: map[uint16]cipher.AEAD{}, index: index}
	if _, err := keyfile.ReadOrCreate(dir, dataName(1), keyLen); err != nil {
		return nil, fmt.Errorf("open data key: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read key directory: %w", err)
	}
	for _, e := range entries {
		n, ok := epochOf(e.Name())
		if !ok {
			continue
		}
		if err := k.load(dir, n); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *Keyring) load(dir string, n uint16) error {
	key, err := keyfile.Read(dir, dataName(n))
	if err != nil {
		return fmt.Errorf("open data key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return fmt.Errorf("data key %d: %w", n, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return fmt.Errorf("data key %d: %w", n, err)
	}
	k.aeads[n], k.epoch = aead, max(k.epoch, n)
	return nil
}

// Epoch returns the number of the key that Seal uses.
func (k *Keyring) Epoch() uint16 { return k.epoch }

// Place is where a sealed value stands.
type Place struct {
	Table, Column string
	Row           uuid.UUID
}

func (p Place) bytes(epoch uint16) []byte {
	return fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", p.Table, p.Column, p.Row, epoch)
}

// Seal encrypts text for its place. The empty text is stored as nil.
func (k *Keyring) Seal(p Place, text string) []byte {
	if text == "" {
		return nil
	}
	aead := k.aeads[k.epoch]
	out := make([]byte, headerLen+aead.NonceSize(), headerLen+aead.NonceSize()+len(text)+aead.Overhead())
	out[0] = formatV1
	binary.BigEndian.PutUint16(out[1:], k.epoch)
	nonce := out[headerLen:]
	rand.Read(nonce) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	return aead.Seal(out, nonce, []byte(text), p.bytes(k.epoch))
}

// Unseal opens what Seal made for the same place, or returns ErrSealed.
func (k *Keyring) Unseal(p Place, b []byte) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	if len(b) < headerLen || b[0] != formatV1 {
		return "", ErrSealed
	}
	epoch := binary.BigEndian.Uint16(b[1:])
	aead, ok := k.aeads[epoch]
	if !ok || len(b) < headerLen+aead.NonceSize() {
		return "", ErrSealed
	}
	nonce, box := b[headerLen:headerLen+aead.NonceSize()], b[headerLen+aead.NonceSize():]
	text, err := aead.Open(nil, nonce, box, p.bytes(epoch))
	if err != nil {
		return "", ErrSealed
	}
	return string(text), nil
}

// Index returns the blind index of value within a kind ("nik", "kpj", "email").
func (k *Keyring) Index(kind, value string) []byte {
	m := hmac.New(sha256.New, k.index)
	fmt.Fprintf(m, "%s:v1:%s", kind, value)
	return m.Sum(nil)
}

func dataName(n uint16) string { return fmt.Sprintf("data-%d.key", n) }

func epochOf(name string) (uint16, bool) {
	s, ok := strings.CutPrefix(name, "data-")
	if !ok {
		return 0, false
	}
	s, ok = strings.CutSuffix(s, ".key")
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), ok && err == nil && n > 0
}

// Text is personal or secret text that must not reach a log, an error or a
// JSON answer by accident. Reveal gives it out on purpose.
type Text string

const redacted = "[redacted]"

// Reveal returns the text itself.
func (t Text) Reveal() string { return string(t) }

// String implements fmt.Stringer without the text.
func (Text) String() string { return redacted }

// GoString implements fmt.GoStringer without the text.
func (Text) GoString() string { return redacted }

// LogValue implements slog.LogValuer without the text.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements json.Marshaler without the text.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
