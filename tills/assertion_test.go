package tills_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/tills"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign makes a token out of any header and claims texts.
func (d device) sign(t *testing.T, header, claims string) string {
	t.Helper()
	text := b64([]byte(header)) + "." + b64([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, d.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig[:])
}

func header(till uuid.UUID) string {
	return fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"till-assertion+jwt"}`, till)
}

// claims are good ones, with some replaced; a nil value leaves one out.
func claims(t *testing.T, till uuid.UUID, now time.Time, with map[string]any) string {
	t.Helper()
	c := map[string]any{
		"iss": till.String(), "aud": publicURL + "/v1/tills/token", "iat": now.Unix(), "exp": now.Unix() + 60, "jti": uuid.NewString(),
	}
	for k, v := range with {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return string(must[[]byte](t)(json.Marshal(c)))
}

func TestAssertionsThatDoNotHold(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	other := w.enrol(t, newDevice(t))
	pending := w.join(t, newDevice(t))
	now := testkit.Start
	unix := now.Unix()
	c := func(with map[string]any) string { return claims(t, till.ID, now, with) }
	good := d.sign(t, header(till.ID), c(nil))
	tail := map[byte]string{'A': "B", 'Q': "R", 'g': "h", 'w': "x"}[good[len(good)-1]]
	parts := strings.Split(good, ".")
	h := func(text string) string { return fmt.Sprintf(text, till.ID) }
	bad := map[string]string{
		"nothing":                        "",
		"dots":                           "..",
		"alg none":                       b64([]byte(h(`{"alg":"none","kid":%q,"typ":"till-assertion+jwt"}`))) + "." + b64([]byte(c(nil))) + ".",
		"alg none with a signature":      d.sign(t, h(`{"alg":"none","kid":%q,"typ":"till-assertion+jwt"}`), c(nil)),
		"alg HS256":                      d.sign(t, h(`{"alg":"HS256","kid":%q,"typ":"till-assertion+jwt"}`), c(nil)),
		"alg in lower case":              d.sign(t, h(`{"alg":"es256","kid":%q,"typ":"till-assertion+jwt"}`), c(nil)),
		"typ JWT":                        d.sign(t, h(`{"alg":"ES256","kid":%q,"typ":"JWT"}`), c(nil)),
		"typ of a use":                   d.sign(t, h(`{"alg":"ES256","kid":%q,"typ":"berlaku-use+jwt"}`), c(nil)),
		"no typ":                         d.sign(t, h(`{"alg":"ES256","kid":%q}`), c(nil)),
		"an unknown crit":                d.sign(t, h(`{"alg":"ES256","kid":%q,"typ":"till-assertion+jwt","crit":["x"]}`), c(nil)),
		"its own key in the header":      d.sign(t, h(`{"alg":"ES256","kid":%q,"typ":"till-assertion+jwt","jwk":{}}`), c(nil)),
		"alg twice":                      d.sign(t, h(`{"alg":"none","alg":"ES256","kid":%q,"typ":"till-assertion+jwt"}`), c(nil)),
		"alg again in capitals":          d.sign(t, h(`{"alg":"ES256","ALG":"ES256","kid":%q,"typ":"till-assertion+jwt"}`), c(nil)),
		"a header with more behind":      d.sign(t, header(till.ID)+"{}", c(nil)),
		"a header that is a list":        d.sign(t, "[]", c(nil)),
		"kid in capitals":                d.sign(t, strings.ToUpper(header(till.ID)), c(nil)),
		"kid that is no id":              d.sign(t, `{"alg":"ES256","kid":"1","typ":"till-assertion+jwt"}`, c(nil)),
		"kid of nobody":                  d.sign(t, header(uuid.Nil), claims(t, uuid.Nil, now, nil)),
		"the key of another":             newDevice(t).sign(t, header(till.ID), c(nil)),
		"the id of another":              d.sign(t, header(other.ID), claims(t, other.ID, now, nil)),
		"iss of another":                 d.sign(t, header(till.ID), c(map[string]any{"iss": other.ID.String()})),
		"no iss":                         d.sign(t, header(till.ID), c(map[string]any{"iss": nil})),
		"another aud":                    d.sign(t, header(till.ID), c(map[string]any{"aud": "https://elsewhere.example/v1/tills/token"})),
		"aud in a list":                  d.sign(t, header(till.ID), c(map[string]any{"aud": []string{publicURL + "/v1/tills/token"}})),
		"no aud":                         d.sign(t, header(till.ID), c(map[string]any{"aud": nil})),
		"aud null":                       d.sign(t, header(till.ID), strings.Replace(c(nil), `"`+publicURL+`/v1/tills/token"`, "null", 1)),
		"no exp":                         d.sign(t, header(till.ID), c(map[string]any{"exp": nil})),
		"exp 61 s after iat":             d.sign(t, header(till.ID), c(map[string]any{"exp": unix + 61})),
		"exp in an hour":                 d.sign(t, header(till.ID), c(map[string]any{"exp": unix + 3600})),
		"exp before iat":                 d.sign(t, header(till.ID), c(map[string]any{"exp": unix - 1})),
		"exp now":                        d.sign(t, header(till.ID), c(map[string]any{"iat": unix - 60, "exp": unix})),
		"long over":                      d.sign(t, header(till.ID), c(map[string]any{"iat": unix - 3600, "exp": unix - 3540})),
		"issued 61 s from now":           d.sign(t, header(till.ID), c(map[string]any{"iat": unix + 61, "exp": unix + 100})),
		"no iat":                         d.sign(t, header(till.ID), c(map[string]any{"iat": nil})),
		"iat as text":                    d.sign(t, header(till.ID), c(map[string]any{"iat": "now"})),
		"iat with a fraction":            d.sign(t, header(till.ID), c(map[string]any{"iat": 1.5})),
		"iat far from exp by overflow":   d.sign(t, header(till.ID), c(map[string]any{"iat": int64(-9223372036854775808)})),
		"no jti":                         d.sign(t, header(till.ID), c(map[string]any{"jti": nil})),
		"an empty jti":                   d.sign(t, header(till.ID), c(map[string]any{"jti": ""})),
		"a long jti":                     d.sign(t, header(till.ID), c(map[string]any{"jti": strings.Repeat("a", 129)})),
		"another member":                 d.sign(t, header(till.ID), c(map[string]any{"nbf": unix})),
		"exp twice":                      d.sign(t, header(till.ID), strings.Replace(c(nil), "{", fmt.Sprintf(`{"exp":%d,`, unix+9999), 1)),
		"a byte of the signature less":   good[:len(good)-1],
		"other bits at the end":          good[:len(good)-1] + tail,
		"a line end inside":              good[:len(good)-10] + "\n" + good[len(good)-10:],
		"a line end behind":              good + "\n",
		"a space before":                 " " + good,
		"padding":                        good + "==",
		"a fourth part":                  good + ".e30",
		"other claims under a signature": parts[0] + "." + b64([]byte(c(map[string]any{"jti": "x"}))) + "." + parts[2],
		"too long":                       d.sign(t, header(till.ID), c(map[string]any{"jti": strings.Repeat("a", 3000)})),
		"the aud for handing in":         d.sign(t, header(till.ID), c(map[string]any{"aud": w.HandInAudience()})),
		"a till not confirmed, forged":   d.sign(t, header(pending.ID), claims(t, pending.ID, now, nil)),
	}
	for name, text := range bad {
		if _, err := w.Authenticate(t.Context(), text); !errors.Is(err, tills.ErrAssertion) {
			t.Errorf("%s: got %v, want ErrAssertion", name, err)
		}
	}
	got := must[tills.Till](t)(w.Authenticate(t.Context(), good)) // none of the above used it up
	if got.ID != till.ID {
		t.Errorf("got till %s", got.ID)
	}
	for range 2 {
		if _, err := w.Authenticate(t.Context(), good); !errors.Is(err, tills.ErrAssertion) {
			t.Errorf("good twice: %v", err)
		}
	}
	for name, with := range map[string]map[string]any{
		"a clock 60 s ahead":  {"iat": unix + 60, "exp": unix + 120},
		"a clock 59 s behind": {"iat": unix - 59, "exp": unix + 1},
	} {
		if _, err := w.Authenticate(t.Context(), d.sign(t, header(till.ID), c(with))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAssertionIsGoodOnceAmongTwenty(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	text := d.sign(t, header(till.ID), claims(t, till.ID, testkit.Start, nil))
	var in atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := w.Token(t.Context(), text); err == nil {
				in.Add(1)
			} else if !errors.Is(err, tills.ErrAssertion) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d bearers for one assertion", in.Load())
	}
}

func (w *world) token(t *testing.T, d device, till tills.Till) string {
	t.Helper()
	token, seconds, err := w.Token(t.Context(), d.sign(t, header(till.ID), claims(t, till.ID, w.clock.Now(), nil)))
	if err != nil || seconds != 900 || !strings.HasPrefix(token, tills.TokenPrefix) {
		t.Fatalf("got %d seconds and %v", seconds, err)
	}
	return token
}

func TestABearerActsForItsTillAndNoLonger(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	token := w.token(t, d, till)
	want := actor.Actor{
		Kind: actor.Till, ID: till.ID, PartnerID: w.outlet.PartnerID, OutletID: w.outlet.ID,
		Permissions: []actor.Permission{actor.Validate, actor.Redeem, actor.ReadRedemptions, actor.VoidOwn, actor.HandIn},
	}
	if diff := cmp.Diff(want, must[actor.Actor](t)(w.Actor(t.Context(), token))); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"", tills.TokenPrefix, token + "A", token[:len(token)-1], strings.ToUpper(token)} {
		if _, err := w.Actor(t.Context(), wrong); !errors.Is(err, tills.ErrToken) {
			t.Errorf("a wrong bearer acts: %v", err)
		}
	}
	w.clock.Advance(tills.TokenLife - time.Second)
	must[actor.Actor](t)(w.Actor(t.Context(), token))
	w.clock.Advance(time.Second)
	if _, err := w.Actor(t.Context(), token); !errors.Is(err, tills.ErrToken) {
		t.Errorf("a bearer of 15 minutes ago acts: %v", err)
	}
	if n, err := w.Sweep(t.Context()); n != 2 || err != nil { // the bearer and its assertion
		t.Errorf("swept %d, %v", n, err)
	}
}
