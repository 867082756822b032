package cards_test

import (
	"crypto/ed25519"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/cards"
)

// withVectorTables gives the verifier the keys and statuses of the vectors.
func withVectorTables(t *testing.T, v vectors) *cards.Verifier {
	t.Helper()
	k := verifier(t, v)
	k.Keys["X9"] = cards.Key{Public: k.Keys["A7"].Public, NotAfter: 1840000000, UseFor: cards.UsePrint, Revoked: true}
	k.Status = func(idx int64) (int, bool) {
		switch idx {
		case 27182820:
			return 1, true
		case 27182821:
			return 2, true
		case 27182822:
			return 3, true
		case 27182823:
			return 0, false
		default:
			return 0, true
		}
	}
	return k
}

func TestVerifyGivesTheCodeOfEveryVector(t *testing.T) {
	v := load(t)
	if len(v.Cases) != 37 {
		t.Fatalf("have %d vectors, want 37", len(v.Cases))
	}
	k := withVectorTables(t, v)
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if _, code := k.Verify(c.Text, time.Unix(v.Now, 0)); string(code) != c.Want {
				t.Errorf("got %s, want %s", code, c.Want)
			}
		})
	}
}

func TestExpandIsByteExact(t *testing.T) {
	v := load(t)
	for text, want := range map[string]string{v.Bound: v.BoundSDJWT, v.Printed: v.PrintedSDJWT} {
		e, code := cards.Expand(origin(t), text)
		if code != cards.OK {
			t.Fatalf("got %s", code)
		}
		if diff := cmp.Diff(want, e.SDJWT); diff != "" {
			t.Errorf("expansion (-want +got):\n%s", diff)
		}
		jwt, proof, _ := strings.Cut(want, "~")
		if e.IssuerJWT != jwt || e.ProofJWT != proof {
			t.Errorf("parts differ from the whole")
		}
	}
}

func TestExpandTakesEveryFieldOfItsForm(t *testing.T) {
	v := load(t)
	e, code := cards.Expand(origin(t), v.Bound)
	if code != cards.OK {
		t.Fatal(code)
	}
	got := []any{e.KID, e.Idx, e.Day, e.Name, e.Holder(), e.T, e.Form(), e.Expires()}
	want := []any{"A7", int64(27182818), 20819, "BU**-SA*****", "BU** SA*****", int64(1797000000), cards.Phone, int64(1798761600)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// TestEverySingleEditIsRefused changes every byte into every character that a
// QR symbol can hold, and some that it cannot; takes every byte out; and puts
// one in at every place.
func TestEverySingleEditIsRefused(t *testing.T) {
	v := load(t)
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:" + "az\n\r\x00\xff"
	for _, text := range []string{v.Bound, v.Printed} {
		k := verifier(t, v)
		k.Seen = nil
		tried := 0
		check := func(edited string) {
			if edited == text {
				return
			}
			tried++
			if _, code := k.Verify(edited, time.Unix(v.Now, 0)); code == cards.OK {
				t.Errorf("accepted an edited card: %q", edited)
			}
		}
		if _, code := k.Verify(text, time.Unix(v.Now, 0)); code != cards.OK {
			t.Fatalf("the card itself: %s", code)
		}
		for i := range len(text) {
			check(text[:i] + text[i+1:])
			for _, c := range []byte(alphabet) {
				check(text[:i] + string([]byte{c}) + text[i+1:])
				if !testing.Short() && i%4 == 0 {
					check(text[:i] + string([]byte{c}) + text[i:])
				}
			}
		}
		t.Logf("%d edits refused", tried)
	}
}

func fields(text string) []string {
	return strings.Split(strings.TrimPrefix(text, "HTTPS://KARTU.EXAMPLE/1/"), ".")
}

func join(f []string) string { return "HTTPS://KARTU.EXAMPLE/1/" + strings.Join(f, ".") }

func with(text string, n int, field string) string {
	f := slices.Clone(fields(text))
	f[n] = field
	return join(f)
}

func TestEarlierStepsWin(t *testing.T) {
	v := load(t)
	offCurve := ""
	for _, c := range v.Cases {
		if c.Want == "E_DEVKEY" {
			offCurve = fields(c.Text)[4]
		}
	}
	cases := []struct {
		name, text string
		want       cards.Code
	}{
		{"367 bytes of another issuer", strings.Repeat("X", 367), cards.ESize},
		{"366 bytes of another issuer", strings.Repeat("X", 366), cards.EOrigin},
		{"length is counted in bytes", strings.Repeat("é", 184), cards.ESize},
		{"another version with broken fields", "HTTPS://KARTU.EXAMPLE/2/x", cards.EVersion},
		{"a bad time and a point off the curve", with(with(v.Bound, 4, offCurve), 6, "0797000000"), cards.EFormat},
		{"a bad proof signature and a point off the curve", with(with(v.Bound, 4, offCurve), 7, "A"), cards.EFormat},
		{"a point off the curve under an unknown key", with(with(v.Bound, 4, offCurve), 0, "ZZ"), cards.EDevKey},
		{"an unknown key and a bad signature", with(with(v.Bound, 0, "ZZ"), 1, "1"), cards.EKID},
		{"a bad signature on an expired card", with(v.Bound, 2, "10000"), cards.ESig},
		{"a stored form with a bad issuer signature", join(fields(with(v.Bound, 1, "1"))[:6]), cards.ESig},
		{"seven fields", join(fields(v.Bound)[:7]), cards.EFormat},
		{"four fields", join(fields(v.Printed)[:4]), cards.EFormat},
		{"nothing behind the version", "HTTPS://KARTU.EXAMPLE/1/", cards.EFormat},
		{"nothing behind the origin", "HTTPS://KARTU.EXAMPLE/", cards.EVersion},
		{"lower-case origin", strings.ToLower(v.Printed), cards.EOrigin},
		{"a line end behind the card", v.Printed + "\n", cards.EFormat},
		{"a line end inside the signature", v.Printed[:150] + "\n" + v.Printed[151:], cards.EFormat},
		{"idx 0 is of its form", with(v.Printed, 1, "0"), cards.ESig},
		{"the highest idx is of its form", with(v.Printed, 1, "536870911"), cards.ESig},
		{"idx too long", with(v.Printed, 1, "0000000000"), cards.EFormat},
		{"empty idx", with(v.Printed, 1, ""), cards.EFormat},
		{"a day of four digits", with(v.Printed, 2, "9999"), cards.EFormat},
		{"a day that begins with 0", with(v.Printed, 2, "01234"), cards.EFormat},
		{"a name of 24", with(v.Printed, 3, strings.Repeat("A", 24)), cards.ESig},
		{"a name of 25", with(v.Printed, 3, strings.Repeat("A", 25)), cards.EFormat},
		{"a name that begins with a star", with(v.Printed, 3, "*A"), cards.EFormat},
		{"a word that begins with a star", with(v.Printed, 3, "A-*A"), cards.EFormat},
		{"a name that ends in a dash", with(v.Printed, 3, "A-"), cards.EFormat},
		{"two dashes", with(v.Printed, 3, "A--B"), cards.EFormat},
		{"an empty name", with(v.Printed, 3, ""), cards.EFormat},
		{"a signature with padding", with(v.Printed, 4, fields(v.Printed)[4][:102]+"="), cards.EFormat},
		{"a time of eleven digits", with(v.Bound, 6, "17970000000"), cards.EFormat},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, code := verifier(t, v).Verify(c.text, time.Unix(v.Now, 0)); code != c.want {
				t.Errorf("got %s, want %s", code, c.want)
			}
		})
	}
}

func TestBoundaries(t *testing.T) {
	v := load(t)
	const proof, exp = 1797000000, 1798761600
	cases := []struct {
		name   string
		text   string
		now    int64
		change func(*cards.Verifier)
		want   cards.Code
	}{
		{"proof 120 s old", v.Bound, proof + 120, nil, cards.OK},
		{"proof 121 s old", v.Bound, proof + 121, nil, cards.EStale},
		{"proof 120 s ahead", v.Bound, proof - 120, nil, cards.OK},
		{"proof 121 s ahead", v.Bound, proof - 121, nil, cards.EClock},
		{"a window of 60 s", v.Bound, proof + 61, func(k *cards.Verifier) { k.Window = time.Minute }, cards.EStale},
		{"a window of 300 s", v.Bound, proof + 300, func(k *cards.Verifier) { k.Window = 5 * time.Minute }, cards.OK},
		{"the last second", v.Printed, 1830297599, nil, cards.OK},
		{"now = exp", v.Printed, 1830297600, nil, cards.EExpired},
		{"expired comes before a stale proof", v.Bound, exp, nil, cards.EExpired},
		{"exp = not_after", v.Bound, v.Now, func(k *cards.Verifier) { setNotAfter(k, "A7", exp) }, cards.OK},
		{"exp above not_after", v.Bound, v.Now, func(k *cards.Verifier) { setNotAfter(k, "A7", exp-1) }, cards.EKeyPeriod},
		{"not_before is no step", v.Bound, v.Now, func(k *cards.Verifier) {
			key := k.Keys["A7"]
			key.NotBefore = v.Now + 1
			k.Keys["A7"] = key
		}, cards.OK},
		{"printed refused", v.Printed, v.Now, func(k *cards.Verifier) { k.AllowPrinted = false }, cards.EPrinted},
		{"expired comes before printed refused", v.Printed, 1830297600, func(k *cards.Verifier) { k.AllowPrinted = false }, cards.EExpired},
		{"phone card though printed refused", v.Bound, v.Now, func(k *cards.Verifier) { k.AllowPrinted = false }, cards.OK},
		{"phone card under a print key", v.Bound, v.Now, func(k *cards.Verifier) { setUse(k, "A7", cards.UsePrint|cards.UseStatus) }, cards.ESig},
		{"printed card under a card key", v.Printed, v.Now, func(k *cards.Verifier) { setUse(k, "P3", cards.UseCard|cards.UseStatus) }, cards.ESig},
		{"a key of both purposes", v.Printed, v.Now, func(k *cards.Verifier) { setUse(k, "P3", cards.UseCard|cards.UsePrint) }, cards.OK},
		{"no fresh list", v.Printed, v.Now, func(k *cards.Verifier) { k.Status = func(int64) (int, bool) { return 0, false } }, cards.EStatusStale},
		{"no issuer", v.Printed, v.Now, func(k *cards.Verifier) { k.Origin = cards.Origin{} }, cards.EOrigin},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			k := verifier(t, v)
			if c.change != nil {
				c.change(k)
			}
			if _, code := k.Verify(c.text, time.Unix(c.now, 0)); code != c.want {
				t.Errorf("got %s, want %s", code, c.want)
			}
		})
	}
}

func setNotAfter(k *cards.Verifier, kid string, at int64) {
	key := k.Keys[kid]
	key.NotAfter = at
	k.Keys[kid] = key
}

func setUse(k *cards.Verifier, kid string, use cards.Use) {
	key := k.Keys[kid]
	key.UseFor = use
	k.Keys[kid] = key
}

func TestOnlyAcceptedCardsAreRememberedForReplay(t *testing.T) {
	v := load(t)
	k := verifier(t, v)
	status := 2
	k.Status = func(int64) (int, bool) { return status, true }
	for _, want := range []cards.Code{cards.EInactive, cards.EInactive} {
		if _, code := k.Verify(v.Bound, time.Unix(v.Now, 0)); code != want {
			t.Fatalf("got %s, want %s", code, want)
		}
	}
	status = 0
	for _, want := range []cards.Code{cards.OK, cards.EReplay} {
		if _, code := k.Verify(v.Bound, time.Unix(v.Now, 0)); code != want {
			t.Fatalf("got %s, want %s", code, want)
		}
	}
}

func TestSignAndPresentRemakeTheVectors(t *testing.T) {
	v := load(t)
	dev := device(t, v)
	phone := cards.Contents{KID: "A7", Idx: 27182818, Day: 20819, Name: "BU**-SA*****", Point: point(t, dev)}
	printed := cards.Contents{KID: "P3", Idx: 27182819, Day: 21184, Name: "BU**-SA*****"}
	sig, err := origin(t).Sign(printed, seed(t, v.SeedP3))
	if err != nil {
		t.Fatal(err)
	}
	if got := origin(t).Wire(printed, sig); got != v.Printed {
		t.Errorf("printed card: got %s", got)
	}
	if sig, err = origin(t).Sign(phone, seed(t, v.SeedA7)); err != nil {
		t.Fatal(err)
	}
	got, err := cards.Present(origin(t).Wire(phone, sig), dev, time.Unix(1797000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got != v.Bound {
		t.Errorf("phone card: got %s", got)
	}
}

func TestSignRefusesWhatCannotBeWritten(t *testing.T) {
	good := cards.Contents{KID: "A7", Idx: 1, Day: 20819, Name: "A"}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*cards.Contents){
		"index too high":   func(c *cards.Contents) { c.Idx = cards.MaxIdx },
		"negative index":   func(c *cards.Contents) { c.Idx = -1 },
		"day too long":     func(c *cards.Contents) { c.Day = 100000 },
		"name with quote":  func(c *cards.Contents) { c.Name = `A"` },
		"kid too long":     func(c *cards.Contents) { c.KID = "A77" },
		"point off P-256":  func(c *cards.Contents) { c.Point = make([]byte, 33) },
		"point too short":  func(c *cards.Contents) { c.Point = []byte{2} },
		"empty point list": func(c *cards.Contents) { c.Point = []byte{} },
	} {
		c := good
		change(&c)
		if _, err := origin(t).Sign(c, key); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}

func TestParseOrigin(t *testing.T) {
	for s, good := range map[string]bool{
		"https://kartu.example": true, "https://kartu.example:8443": true, "http://127.0.0.1:8080": true, "http://localhost": true,
		"https://kartu.example/": false, "https://Kartu.example": false, "kartu.example": false, "https://": false, "": false,
		"https://kartu.example:": false, "https://kartu.example:x": false, "https://a@b.example": false, "https://a..b": false,
		"https://kartu.example/x": false, "https://-a.example": false, "https://kartu.example:123456": false, "ftp://kartu.example": false,
		"https://" + strings.Repeat("a", 39): true, "https://" + strings.Repeat("a", 40): false, "https://kartu.example\n": false,
	} {
		if _, err := cards.ParseOrigin(s); (err == nil) != good {
			t.Errorf("%q: got %v, want good=%v", s, err, good)
		}
	}
}

func TestTheLongestCardFits(t *testing.T) {
	v := load(t)
	o, err := cards.ParseOrigin("https://" + strings.Repeat("a", 39))
	if err != nil {
		t.Fatal(err)
	}
	dev := device(t, v)
	c := cards.Contents{KID: "A7", Idx: cards.MaxIdx - 1, Day: 99999, Name: strings.Repeat("A", 24), Point: point(t, dev)}
	sig, err := o.Sign(c, seed(t, v.SeedA7))
	if err != nil {
		t.Fatal(err)
	}
	text, err := cards.Present(o.Wire(c, sig), dev, time.Unix(v.Now, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != cards.MaxLen {
		t.Errorf("longest text is %d bytes, want %d", len(text), cards.MaxLen)
	}
	if _, err := cards.DrawPNG(text, cards.Phone, 4); err != nil {
		t.Errorf("it does not fit a version 11 symbol: %v", err)
	}
}

func FuzzExpand(f *testing.F) {
	for _, c := range load(f).Cases {
		f.Add(c.Text)
	}
	o := origin(f)
	f.Fuzz(func(t *testing.T, text string) {
		e, code := cards.Expand(o, text)
		if code != cards.OK {
			return
		}
		// One text, one token: what was expanded is written back as it was.
		back := []string{e.KID, strconv.FormatInt(e.Idx, 10), strconv.Itoa(e.Day), e.Name}
		if !strings.HasPrefix(text, join(back)+".") {
			t.Errorf("fields of %q come back as %q", text, join(back))
		}
		if e.Idx >= cards.MaxIdx || len(text) > cards.MaxLen {
			t.Errorf("out of bounds: %q", text)
		}
	})
}

func BenchmarkVerifyPrinted(b *testing.B) { benchmarkVerify(b, load(b).Printed) }

func BenchmarkVerifyPhone(b *testing.B) { benchmarkVerify(b, load(b).Bound) }

func benchmarkVerify(b *testing.B, text string) {
	b.Helper()
	v := load(b)
	k := verifier(b, v)
	k.Seen = nil
	b.ReportAllocs()
	for b.Loop() {
		if _, code := k.Verify(text, time.Unix(v.Now, 0)); code != cards.OK {
			b.Fatal(code)
		}
	}
}

func BenchmarkRawEd25519(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 340)
	sig := ed25519.Sign(private, message)
	for b.Loop() {
		if !ed25519.Verify(public, message, sig) {
			b.Fatal("bad")
		}
	}
}
