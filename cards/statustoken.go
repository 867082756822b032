package cards

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrStatusToken says that a status token does not hold.
var ErrStatusToken = errors.New("status token does not hold")

const (
	statusType     = "statuslist+jwt"
	statusBits     = 2
	statusBytes    = ShardSize * statusBits / 8 // 32,768
	statusLife     = 7 * 24 * time.Hour
	statusTTL      = time.Hour
	statusMaxAge   = 72 * time.Hour
	statusMaxAhead = 120 * time.Second
	statusMaxToken = 96 << 10 // bytes; a list that cannot be packed takes about 60,000
)

// statusParser checks signature and shape; claims are read by our own rules.
var statusParser = jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())

// StatusList holds the 2-bit statuses of one shard.
type StatusList struct{ bits []byte }

// Status returns the entry at position i of the shard.
func (l StatusList) Status(i int64) int {
	return int(l.bits[i/4]>>(statusBits*(i%4))) & 3
}

type statusClaims struct {
	subject                 string
	issuedAt, expires, bits int64
	list                    string
}

// statusURL is where the list of a shard is found, and its subject.
func (o Origin) statusURL(shard int64) string { return o.url + "/s/" + strconv.FormatInt(shard, 10) }

// SignStatus makes the status token of a shard out of its raw list
// (32,768 bytes, lowest bits first).
func (o Origin) SignStatus(shard int64, raw []byte, kid string, key ed25519.PrivateKey, at time.Time) (string, error) {
	if len(raw) != statusBytes {
		return "", fmt.Errorf("sign status list: %d bytes", len(raw))
	}
	var packed bytes.Buffer
	z, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	if err != nil {
		return "", fmt.Errorf("sign status list: %w", err)
	}
	if _, err := z.Write(raw); err != nil {
		return "", fmt.Errorf("sign status list: %w", err)
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("sign status list: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"sub": o.statusURL(shard), "iat": at.Unix(), "exp": at.Add(statusLife).Unix(), "ttl": int64(statusTTL / time.Second),
		"status_list": map[string]any{"bits": statusBits, "lst": jose64.EncodeToString(packed.Bytes())},
	})
	token.Header["typ"], token.Header["kid"] = statusType, kid
	text, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign status list: %w", err)
	}
	return text, nil
}

// VerifyStatus reads the status token of a shard. It returns ErrStatusToken
// when anything about it is wrong: its shape, header, key, signature, subject,
// age (at most 72 h, at most 120 s ahead) or list.
func (o Origin) VerifyStatus(token string, shard int64, keys map[string]Key, now time.Time) (StatusList, error) {
	if len(token) > statusMaxToken || !compactJWS(token) {
		return StatusList{}, ErrStatusToken
	}
	header, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	key, ok := statusKey(header, keys)
	if !ok {
		return StatusList{}, ErrStatusToken
	}
	claims, err := readStatusClaims(payload)
	if err != nil {
		return StatusList{}, err
	}
	var unread jwt.MapClaims
	if _, err := statusParser.ParseWithClaims(token, &unread, func(*jwt.Token) (any, error) { return key.Public, nil }); err != nil {
		return StatusList{}, ErrStatusToken
	}
	at := now.Unix()
	if claims.subject != o.statusURL(shard) || claims.bits != statusBits || at >= claims.expires ||
		claims.issuedAt < at-int64(statusMaxAge/time.Second) || claims.issuedAt > at+int64(statusMaxAhead/time.Second) {
		return StatusList{}, ErrStatusToken
	}
	return inflate(claims.list)
}

// compactJWS reports whether s is header.payload.signature in base64url, the
// signature being 64 bytes long. golang-jwt would let line ends through.
func compactJWS(s string) bool {
	dots, last := 0, -1
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.':
			if i == last+1 {
				return false
			}
			dots, last = dots+1, i
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return dots == 2 && len(s)-last-1 == jose64.EncodedLen(sigLen)
}

// statusKey reads the header, which has alg, typ and kid and nothing else, and
// returns the key it names when that key is for status lists.
func statusKey(header string, keys map[string]Key) (Key, bool) {
	b, err := decode64(header)
	if err != nil {
		return Key{}, false
	}
	members, err := object(b)
	if err != nil || len(members) != 3 || text(members["alg"]) != "EdDSA" || text(members["typ"]) != statusType {
		return Key{}, false
	}
	key, ok := keys[text(members["kid"])]
	return key, ok && key.UseFor&UseStatus != 0 && !key.Revoked
}

func readStatusClaims(payload string) (statusClaims, error) {
	var c statusClaims
	b, err := decode64(payload)
	if err != nil {
		return c, ErrStatusToken
	}
	members, err := object(b)
	if err != nil {
		return c, ErrStatusToken
	}
	list, err := object(members["status_list"])
	if err != nil {
		return c, ErrStatusToken
	}
	c.subject, c.list = text(members["sub"]), text(list["lst"])
	for _, f := range []struct {
		from json.RawMessage
		to   *int64
	}{{members["iat"], &c.issuedAt}, {members["exp"], &c.expires}, {list["bits"], &c.bits}} {
		if *f.to, err = strconv.ParseInt(string(f.from), 10, 64); err != nil {
			return c, ErrStatusToken
		}
	}
	return c, nil
}

// inflate unpacks a list of exactly 32,768 bytes and stops reading there.
func inflate(lst string) (StatusList, error) {
	packed, err := decode64(lst)
	if err != nil {
		return StatusList{}, ErrStatusToken
	}
	in := bytes.NewReader(packed)
	z, err := zlib.NewReader(in)
	if err != nil {
		return StatusList{}, ErrStatusToken
	}
	raw, err := io.ReadAll(io.LimitReader(z, statusBytes+1))
	if err != nil || len(raw) != statusBytes || in.Len() != 0 {
		return StatusList{}, ErrStatusToken
	}
	return StatusList{bits: raw}, nil
}
