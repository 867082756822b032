package cards_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/cards"
)

const vectorJWKS = `{"keys":[
 {"kty":"OKP","crv":"Ed25519","kid":"A7","x":"6qyTw_L8WEhVPQWu3xuSIRVHmD7GBMEKSzmA1A95Sx4","alg":"EdDSA","nbf":0,"not_after":1802000000,"use_for":["card"]},
 {"kty":"OKP","crv":"Ed25519","kid":"P3","x":"9d201lBhQyI3HTRgU2qpKgZPUdRlWuFB5GBQV1aeP4c","nbf":0,"not_after":1840000000,"use_for":["print"]},
 {"kty":"OKP","crv":"Ed25519","kid":"X9","x":"9d201lBhQyI3HTRgU2qpKgZPUdRlWuFB5GBQV1aeP4c","nbf":0,"not_after":1840000000,"use_for":["print"],"revoked":true},
 {"kty":"EC","crv":"P-256","kid":"E1","x":"AA","y":"AA"}]}`

func options(t testing.TB, jwks string) cards.VerifyOptions {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, []byte(jwks), 0o600); err != nil {
		t.Fatal(err)
	}
	return cards.VerifyOptions{JWKS: path, Origin: "https://kartu.example", At: time.Unix(load(t).Now, 0)}
}

func codes(t testing.TB, in string, opts cards.VerifyOptions) []string {
	t.Helper()
	var out bytes.Buffer
	if err := cards.VerifyLines(strings.NewReader(in), &out, opts); err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for line := range strings.Lines(out.String()) {
		var v struct{ Code string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, v.Code)
	}
	return got
}

func TestVerifyLinesJudgesEveryLine(t *testing.T) {
	v := load(t)
	long := strings.Repeat("A", 3<<20)
	cases := []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", []string{}},
		{"one line", v.Printed + "\n", []string{"OK"}},
		{"no LF at the end", v.Printed + "\n" + v.Printed, []string{"OK", "OK"}},
		{"an empty line", "\n" + v.Printed + "\n\n", []string{"E_ORIGIN", "OK", "E_ORIGIN"}},
		{"CR belongs to the text", v.Printed + "\r\n" + v.Printed + "\n", []string{"E_FORMAT", "OK"}},
		{"only a CR", "\r", []string{"E_ORIGIN"}},
		{"a space behind", v.Printed + " \n", []string{"E_FORMAT"}},
		{"no UTF-8", "\xff\xfe\x00\n" + v.Printed + "\xff\n", []string{"E_ORIGIN", "E_FORMAT"}},
		{"366 and 367 bytes", strings.Repeat("A", 366) + "\n" + strings.Repeat("A", 367) + "\n", []string{"E_ORIGIN", "E_SIZE"}},
		{"longer than any buffer", long + "\n" + v.Printed + "\n" + long, []string{"E_SIZE", "OK", "E_SIZE"}},
		{"a long line that begins well", v.Printed + long + "\n" + v.Printed, []string{"E_SIZE", "OK"}},
		{"replay in one run", v.Bound + "\n" + v.Bound + "\n" + v.Printed + "\n" + v.Printed, []string{"OK", "E_REPLAY", "OK", "OK"}},
		{"an entry that is no Ed25519 key", with(v.Printed, 0, "E1"), []string{"E_KID"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, codes(t, c.in, options(t, vectorJWKS))); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyLinesGivesTheVectorsWithoutStatuses(t *testing.T) {
	v := load(t)
	for _, c := range v.Cases {
		switch c.Want {
		case "E_REVOKED", "E_INACTIVE", "E_STATUS_UNKNOWN", "E_STATUS_STALE", "E_REPLAY":
			continue
		}
		if got := codes(t, c.Text+"\n", options(t, vectorJWKS)); got[0] != c.Want {
			t.Errorf("%s: got %s, want %s", c.Name, got[0], c.Want)
		}
	}
}

func TestVerifyLinesWritesWhatTheContractSays(t *testing.T) {
	v := load(t)
	var out bytes.Buffer
	if err := cards.VerifyLines(strings.NewReader(v.Bound+"\n"+v.Printed+"\nx"), &out, options(t, vectorJWKS)); err != nil {
		t.Fatal(err)
	}
	want := `{"code":"OK","form":"phone","kid":"A7","idx":27182818,"exp":1798761600,"name":"BU** SA*****","sd_jwt":"` + v.BoundSDJWT + `"}
{"code":"OK","form":"printed","kid":"P3","idx":27182819,"exp":1830297600,"name":"BU** SA*****","sd_jwt":"` + v.PrintedSDJWT + `"}
{"code":"E_ORIGIN"}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestVerifyLinesRefusesPrintedCardsWhenTold(t *testing.T) {
	v := load(t)
	opts := options(t, vectorJWKS)
	opts.Printed = "refuse"
	if diff := cmp.Diff([]string{"E_PRINTED", "OK"}, codes(t, v.Printed+"\n"+v.Bound, opts)); diff != "" {
		t.Error(diff)
	}
}

func TestVerifyLinesReadsTheStatusFolder(t *testing.T) {
	v := load(t)
	_, private := statusKeys(t)
	public := private.Public().(ed25519.PublicKey)
	jwks := strings.Replace(vectorJWKS, `{"keys":[`, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"S1","x":"`+
		b64(public)+`","nbf":0,"not_after":1802000000,"use_for":["status"]},`, 1)
	for name, c := range map[string]struct {
		status int
		age    int64
		end    string
		want   string
	}{
		"good": {0, 0, "", "OK"}, "good with a line end": {0, 0, "\n", "OK"}, "two line ends": {0, 0, "\n\n", "E_STATUS_STALE"},
		"revoked": {1, 0, "", "E_REVOKED"}, "inactive": {2, 0, "", "E_INACTIVE"}, "three": {3, 0, "", "E_STATUS_UNKNOWN"},
		"72 h": {0, 259200, "", "OK"}, "above 72 h": {0, 259201, "", "E_STATUS_STALE"},
	} {
		raw := make([]byte, 32768)
		raw[50915/4] |= byte(c.status << (2 * (50915 % 4)))
		token, err := origin(t).SignStatus(207, raw, "S1", private, time.Unix(v.Now-c.age, 0))
		if err != nil {
			t.Fatal(err)
		}
		opts := options(t, jwks)
		opts.StatusDir = t.TempDir()
		if got := codes(t, v.Printed, opts); got[0] != "E_STATUS_STALE" {
			t.Errorf("%s, no file: got %s", name, got[0])
		}
		if err := os.WriteFile(filepath.Join(opts.StatusDir, "207.jwt"), []byte(token+c.end), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := codes(t, v.Printed, opts); got[0] != c.want {
			t.Errorf("%s: got %s, want %s", name, got[0], c.want)
		}
	}
}

func TestVerifyLinesWritesNothingWhenAnOptionIsUnusable(t *testing.T) {
	key := `{"kty":"OKP","crv":"Ed25519","kid":"A7","x":"6qyTw_L8WEhVPQWu3xuSIRVHmD7GBMEKSzmA1A95Sx4","nbf":0,"not_after":1802000000,"use_for":["card"]}`
	change := func(f func(*cards.VerifyOptions)) func(*cards.VerifyOptions) { return f }
	keep := change(func(*cards.VerifyOptions) {})
	cases := []struct {
		name, jwks string
		change     func(*cards.VerifyOptions)
	}{
		{"no key file", vectorJWKS, func(o *cards.VerifyOptions) { o.JWKS += "x" }},
		{"a folder as key file", vectorJWKS, func(o *cards.VerifyOptions) { o.JWKS = filepath.Dir(o.JWKS) }},
		{"no JSON", "keys", keep},
		{"empty file", "", keep},
		{"an array", "[]", keep},
		{"no keys", "{}", keep},
		{"keys null", `{"keys":null}`, keep},
		{"two documents", `{"keys":[]}{"keys":[]}`, keep},
		{"the same kid twice", `{"keys":[` + key + "," + key + `]}`, keep},
		{"a member twice", `{"keys":[` + strings.Replace(key, `"nbf":0`, `"nbf":0,"kid":"B8"`, 1) + `]}`, keep},
		{"a short key", `{"keys":[` + strings.Replace(key, "6qyT", "", 1) + `]}`, keep},
		{"a kid of three", `{"keys":[` + strings.Replace(key, `"A7"`, `"A77"`, 1) + `]}`, keep},
		{"no not_after", `{"keys":[` + strings.Replace(key, `"not_after":1802000000,`, "", 1) + `]}`, keep},
		{"not_after a text", `{"keys":[` + strings.Replace(key, `1802000000`, `"1802000000"`, 1) + `]}`, keep},
		{"use_for a text", `{"keys":[` + strings.Replace(key, `["card"]`, `"card"`, 1) + `]}`, keep},
		{"revoked a text", `{"keys":[` + strings.Replace(key, `"nbf":0`, `"revoked":"no"`, 1) + `]}`, keep},
		{"origin in upper case", vectorJWKS, func(o *cards.VerifyOptions) { o.Origin = "HTTPS://KARTU.EXAMPLE" }},
		{"origin with a slash", vectorJWKS, func(o *cards.VerifyOptions) { o.Origin += "/" }},
		{"no origin", vectorJWKS, func(o *cards.VerifyOptions) { o.Origin = "" }},
		{"printed of another word", vectorJWKS, func(o *cards.VerifyOptions) { o.Printed = "yes" }},
		{"no status folder", vectorJWKS, func(o *cards.VerifyOptions) { o.StatusDir = o.JWKS + "/none" }},
		{"a file as status folder", vectorJWKS, func(o *cards.VerifyOptions) { o.StatusDir = o.JWKS }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			opts := options(t, c.jwks)
			c.change(&opts)
			var out bytes.Buffer
			err := cards.VerifyLines(strings.NewReader(load(t).Printed), &out, opts)
			if !errors.Is(err, cards.ErrOption) && !errors.Is(err, cards.ErrJWKS) {
				t.Errorf("got %v, want ErrOption or ErrJWKS", err)
			}
			if out.Len() != 0 {
				t.Errorf("wrote %q", out.String())
			}
		})
	}
}

func TestVerifyLinesPassesReadErrorsOn(t *testing.T) {
	err := cards.VerifyLines(io.MultiReader(strings.NewReader("x\n"), iotest.ErrReader(io.ErrUnexpectedEOF)), io.Discard, options(t, vectorJWKS))
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, cards.ErrOption) {
		t.Errorf("got %v", err)
	}
}
