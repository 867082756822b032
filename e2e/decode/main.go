// Command decode reads the QR code of each PNG file and prints it as one line
// of JSON. It is the end-to-end tests' second decoder, which shares no code with
// zbarimg, and their ruler: a picture with nothing but an upright symbol on
// white is measured, too.
//
//	decode FILE...      exit 1 when a file holds no code
package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(paths []string, stdout, stderr io.Writer) int {
	out := json.NewEncoder(stdout)
	for _, path := range paths {
		found, err := decode(path)
		if err == nil {
			err = out.Encode(found)
		}
		if err != nil {
			_, _ = fmt.Fprintf(stderr, "decode %s: %v\n", path, err)
			return 1
		}
	}
	return 0
}

// symbol is what a picture shows: the text and, in pixels of the picture, how
// large a module and how wide the narrowest white margin is.
type symbol struct {
	Text    string  `json:"text"`
	Modules int     `json:"modules"` // of a side; 0: not measured, as other things are in the picture
	Module  float64 `json:"module"`
	Quiet   int     `json:"quiet"`
}

func decode(path string) (symbol, error) {
	f, err := os.Open(path) //nolint:gosec // a file that the caller names
	if err != nil {
		return symbol{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	img, err := png.Decode(f)
	if err != nil {
		return symbol{}, err
	}
	s := measure(img)
	s.Text, err = read(img)
	return s, err
}

// read tries the reader of undistorted symbols first, as the detector for
// photographs misjudges some that stand upright.
func read(img image.Image) (string, error) {
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	for _, hint := range []gozxing.DecodeHintType{gozxing.DecodeHintType_PURE_BARCODE, gozxing.DecodeHintType_TRY_HARDER} {
		var got *gozxing.Result
		if got, err = qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{hint: true}); err == nil {
			return got.GetText(), nil
		}
	}
	return "", err
}

// finder is the width in modules of the square in a symbol's corner, whose
// upper edge is the first dark run of the symbol.
const finder = 7

func measure(img image.Image) symbol {
	dark := func(x, y int) bool {
		r, g, b, _ := img.At(x, y).RGBA()
		return r+g+b < 3*0x8000
	}
	all, box := img.Bounds(), image.Rectangle{}
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			if dark(x, y) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	run := 0
	for x := box.Min.X; x < box.Max.X && dark(x, box.Min.Y); x++ {
		run++
	}
	if run < finder || box.Dx() != box.Dy() || box.Dx() == run {
		return symbol{}
	}
	// A symbol has 17 + 4 x version modules: the nearest such number.
	version := (float64(box.Dx())*finder/float64(run) - 17) / 4
	modules := 17 + 4*int(version+0.5)
	return symbol{
		Modules: modules, Module: float64(box.Dx()) / float64(modules),
		Quiet: min(box.Min.X-all.Min.X, box.Min.Y-all.Min.Y, all.Max.X-box.Max.X, all.Max.Y-box.Max.Y),
	}
}
