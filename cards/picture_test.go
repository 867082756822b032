package cards_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/xml"
	"image/color"
	"image/png"
	mrand "math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/berlaku/berlaku/cards"
)

// randomCard returns the text that a till scans from a random card.
func randomCard(t testing.TB, form cards.Form) string {
	t.Helper()
	_, issuer, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	name := "A" + strings.Repeat("*", mrand.IntN(10)) + "-" + strings.Repeat("Z", 1+mrand.IntN(12))
	c := cards.Contents{KID: "A7", Idx: mrand.Int64N(cards.MaxIdx), Day: 20000 + mrand.IntN(5000), Name: name}
	var dev *ecdsa.PrivateKey
	if form == cards.Phone {
		if dev, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
		c.Point = point(t, dev)
	}
	sig, err := origin(t).Sign(c, issuer)
	if err != nil {
		t.Fatal(err)
	}
	text := origin(t).Wire(c, sig)
	if form == cards.Phone {
		if text, err = cards.Present(text, dev, time.Unix(1797000000+mrand.Int64N(1e6), 0)); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

func scan(t testing.TB, picture []byte) string {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	// The detector for photographs misjudges some symbols that stand upright
	// and undistorted; PURE_BARCODE reads those.
	pure := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	got, err := qrcode.NewQRCodeReader().Decode(bits, pure)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	return got.GetText()
}

func TestEveryPictureDecodesToItsText(t *testing.T) {
	for i := range 200 {
		form := []cards.Form{cards.Phone, cards.Printed}[i%2]
		text := randomCard(t, form)
		picture, err := cards.DrawPNG(text, form, 4+i%3)
		if err != nil {
			t.Fatal(err)
		}
		if got := scan(t, picture); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	}
}

func TestPicturesHaveWholeModulesOneBitAndAQuietZone(t *testing.T) {
	v := load(t)
	for _, c := range []struct {
		text    string
		form    cards.Form
		modules int
	}{{v.Bound, cards.Phone, 61 + 8}, {v.Printed, cards.Printed, 53 + 8}} {
		picture, err := cards.DrawPNG(c.text, c.form, 1) // held at 4
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Bounds().Dx(); got != c.modules*4 {
			t.Errorf("%s: %d pixels wide, want %d", c.form, got, c.modules*4)
		}
		if p, ok := img.ColorModel().(color.Palette); !ok || len(p) != 2 || picture[24] != 1 {
			t.Errorf("%s: not a 1-bit palette (depth %d)", c.form, picture[24])
		}
		for i := range img.Bounds().Dx() {
			for q := range 16 {
				if r, _, _, _ := img.At(i, q).RGBA(); r != 0xffff {
					t.Fatalf("%s: black in the quiet zone at %d, %d", c.form, i, q)
				}
			}
		}
		if r, _, _, _ := img.At(16, 16).RGBA(); r != 0 {
			t.Errorf("%s: no finder pattern behind the quiet zone", c.form)
		}
	}
}

func TestSVGDrawsTheSameModulesAsThePNG(t *testing.T) {
	v := load(t)
	svg, err := cards.DrawSVG(v.Printed, cards.Printed)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(svg, new(struct{})); err != nil {
		t.Fatal(err)
	}
	const side = 61
	black := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllSubmatch(svg, -1) {
		n := [4]int{}
		for i := range n {
			n[i], _ = strconv.Atoi(string(m[i+1])) //nolint:errcheck // digits by the pattern
		}
		if n[2] != n[3] {
			t.Fatalf("run goes %d forth and %d back", n[2], n[3])
		}
		for x := range n[2] {
			black[[2]int{n[0] + x, n[1]}] = true
		}
	}
	picture, err := cards.DrawPNG(v.Printed, cards.Printed, 4)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	for y := range side {
		for x := range side {
			r, _, _, _ := img.At(4*x+2, 4*y+2).RGBA()
			if (r == 0) != black[[2]int{x, y}] {
				t.Fatalf("module %d, %d differs", x, y)
			}
		}
	}
}

func TestATextBeyondVersion11IsNotDrawn(t *testing.T) {
	if _, err := cards.DrawPNG(strings.Repeat("A", 367), cards.Phone, 4); err == nil {
		t.Error("drew a symbol that cheap cameras do not read")
	}
}
