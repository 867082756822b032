package cards_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berlaku/berlaku/cards"
)

const listAt = 1797000000

func statusKeys(t testing.TB) (map[string]cards.Key, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]cards.Key{"S1": {Public: public, UseFor: cards.UseStatus}}, private
}

func pack(t testing.TB, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// longer puts two bytes behind a packed list.
func longer(t testing.TB, lst string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(lst)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, 0, 0))
}

func TestStatusTokenCarriesEveryEntry(t *testing.T) {
	keys, private := statusKeys(t)
	raw := make([]byte, 32768)
	raw[0], raw[1], raw[32767] = 0b11_10_01_00, 0b00_00_00_10, 0b01_00_00_00
	token, err := origin(t).SignStatus(207, raw, "S1", private, time.Unix(listAt, 0))
	if err != nil {
		t.Fatal(err)
	}
	list, err := origin(t).VerifyStatus(token, 207, keys, time.Unix(listAt, 0))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int64]int{0: 0, 1: 1, 2: 2, 3: 3, 4: 2, 5: 0, 131070: 0, 131071: 1} {
		if got := list.Status(i); got != want {
			t.Errorf("entry %d: got %d, want %d", i, got, want)
		}
	}
	var claims map[string]any
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &claims); err != nil {
		t.Fatal(err)
	}
	if claims["sub"] != "https://kartu.example/s/207" || claims["exp"].(float64)-claims["iat"].(float64) != 7*86400 || claims["ttl"] == nil {
		t.Errorf("claims: %v", claims)
	}
}

// statusCase makes one token, wrong in one place.
type statusCase struct {
	name   string
	header map[string]any // added; nil takes the member out
	claims map[string]any
	list   map[string]any
	key    func(*cards.Key)
	text   func(string) string
	now    int64
	shard  int64
	good   bool
}

func statusCases(t *testing.T) []statusCase {
	whole := pack(t, make([]byte, 32768))
	_, other := statusKeys(t)
	return []statusCase{
		{name: "as it should be", good: true},
		{name: "72 h old", now: listAt + 259200, good: true},
		{name: "72 h and 1 s old", now: listAt + 259201},
		{name: "120 s ahead", now: listAt - 120, good: true},
		{name: "121 s ahead", now: listAt - 121},
		{name: "now = exp", claims: map[string]any{"exp": listAt + 10}, now: listAt + 10},
		{name: "now = exp-1", claims: map[string]any{"exp": listAt + 10}, now: listAt + 9, good: true},
		{name: "without exp", claims: map[string]any{"exp": nil}},
		{name: "without iat", claims: map[string]any{"iat": nil}},
		{name: "iat a text", claims: map[string]any{"iat": "1797000000"}},
		{name: "iat a fraction", claims: map[string]any{"iat": 1797000000.5}},
		{name: "list of another shard", shard: 8},
		{name: "sub of another issuer", claims: map[string]any{"sub": "https://kartu.example.co/s/207"}},
		{name: "one bit an entry", list: map[string]any{"bits": 1}},
		{name: "bits a text", list: map[string]any{"bits": "2"}},
		{name: "no list", claims: map[string]any{"status_list": nil}},
		{name: "another typ", header: map[string]any{"typ": "JWT"}},
		{name: "without typ", header: map[string]any{"typ": nil}},
		{name: "alg none", header: map[string]any{"alg": "none"}},
		{name: "alg ES256", header: map[string]any{"alg": "ES256"}},
		{name: "alg in another case", header: map[string]any{"alg": "eddsa"}},
		{name: "unknown kid", header: map[string]any{"kid": "ZZ"}},
		{name: "without kid", header: map[string]any{"kid": nil}},
		{name: "crit", header: map[string]any{"crit": []string{"b64"}}},
		{name: "b64 false", header: map[string]any{"b64": false}},
		{name: "jwk", header: map[string]any{"jwk": map[string]any{}}},
		{name: "key of cards", key: func(k *cards.Key) { k.UseFor = cards.UseCard | cards.UsePrint }},
		{name: "withdrawn key", key: func(k *cards.Key) { k.Revoked = true }},
		{name: "another key", key: func(k *cards.Key) { k.Public = other.Public().(ed25519.PublicKey) }},
		{name: "a byte short", list: map[string]any{"lst": pack(t, make([]byte, 32767))}},
		{name: "a byte long", list: map[string]any{"lst": pack(t, make([]byte, 32769))}},
		{name: "a bomb", list: map[string]any{"lst": pack(t, make([]byte, 32<<20))}},
		{name: "no zlib stream", list: map[string]any{"lst": base64.RawURLEncoding.EncodeToString(make([]byte, 100))}},
		{name: "zlib stream cut", list: map[string]any{"lst": whole[:len(whole)-6]}},
		{name: "bytes behind the stream", list: map[string]any{"lst": longer(t, whole)}},
		{name: "line end in the list", list: map[string]any{"lst": whole[:8] + "\n" + whole[8:]}},
		{name: "padding", list: map[string]any{"lst": whole + "="}},
		{name: "line end behind", text: func(s string) string { return s + "\n" }},
		{name: "line end in the signature", text: func(s string) string { return s[:len(s)-9] + "\n" + s[len(s)-9:] }},
		{name: "no signature", text: func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] }},
		{name: "a flipped bit", text: func(s string) string { return s[:len(s)-40] + string(s[len(s)-40]^1) + s[len(s)-39:] }},
		{name: "spare bits set", text: func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]+1) }},
		{name: "four parts", text: func(s string) string { return s + ".e30" }},
		{name: "empty", text: func(string) string { return "" }},
		{name: "too long", text: func(s string) string { return strings.Repeat("A", 100<<10) + s }},
	}
}

func TestStatusTokenHoldsOnlyWhenEverythingDoes(t *testing.T) {
	for _, c := range statusCases(t) {
		t.Run(c.name, func(t *testing.T) {
			keys, private := statusKeys(t)
			if c.key != nil {
				k := keys["S1"]
				c.key(&k)
				keys["S1"] = k
			}
			list := merge(map[string]any{"bits": 2, "lst": pack(t, make([]byte, 32768))}, c.list)
			claims := merge(map[string]any{
				"sub": "https://kartu.example/s/207", "iat": listAt, "exp": listAt + 7*86400, "ttl": 3600, "status_list": list,
			}, c.claims)
			header := merge(map[string]any{"alg": "EdDSA", "typ": "statuslist+jwt", "kid": "S1"}, c.header)
			token := craft(t, header, claims, private)
			if c.text != nil {
				token = c.text(token)
			}
			now, shard := c.now, c.shard
			if now == 0 {
				now = listAt
			}
			if shard == 0 {
				shard = 207
			}
			if _, err := origin(t).VerifyStatus(token, shard, keys, time.Unix(now, 0)); (err == nil) != c.good {
				t.Errorf("got %v, want good=%v", err, c.good)
			}
		})
	}
}

func TestStatusTokenWithAMemberTwiceIsRefused(t *testing.T) {
	keys, private := statusKeys(t)
	lst := pack(t, make([]byte, 32768))
	for name, body := range map[string]string{
		"header": `{"alg":"EdDSA","alg":"EdDSA","typ":"statuslist+jwt","kid":"S1"}`,
		"sub":    `{"sub":"x","sub":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":2,"lst":"` + lst + `"}}`,
		"case":   `{"SUB":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":2,"lst":"` + lst + `"}}`,
		"bits":   `{"sub":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":1,"bits":2,"lst":"` + lst + `"}}`,
	} {
		header := `{"alg":"EdDSA","typ":"statuslist+jwt","kid":"S1"}`
		payload := body
		if name == "header" {
			header, payload = body, strings.Replace(`{"sub":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":2,"lst":"X"}}`, "X", lst, 1)
		}
		if _, err := origin(t).VerifyStatus(signRaw(t, header, payload, private), 207, keys, time.Unix(listAt, 0)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func merge(base, change map[string]any) map[string]any {
	out := maps.Clone(base)
	for k, v := range change {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

// craft signs with Ed25519 whatever the header says.
func craft(t testing.TB, header, claims map[string]any, key ed25519.PrivateKey) string {
	t.Helper()
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	p, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return signRaw(t, string(h), string(p), key)
}

func signRaw(t testing.TB, header, payload string, key ed25519.PrivateKey) string {
	t.Helper()
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(payload))
	sig, err := jwt.SigningMethodEdDSA.Sign(input, key)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + enc.EncodeToString(sig)
}
