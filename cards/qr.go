package cards

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"

	"github.com/skip2/go-qrcode"

	"github.com/berlaku/berlaku/internal/fault"
)

const (
	maxQRVersion = 11 // 61 modules: what a cheap camera still resolves
	minQRScale   = 4  // pixels a module
	maxQRScale   = 32
)

// ErrTooDense occurs when a text does not fit into a symbol that cheap cameras read.
var ErrTooDense = fault.New(fault.Internal, "qr_too_dense", "The card text needs a symbol larger than version 11.")

// matrix returns the modules of the QR symbol of a card text, quiet zone of
// four modules included, true being black: level M for a phone's screen, Q for
// print (KARTU-1 §5.3).
func matrix(text string, form Form) ([][]bool, error) {
	level := qrcode.Medium
	if form == Printed {
		level = qrcode.High // the library's name for Q
	}
	code, err := qrcode.New(text, level)
	if err != nil {
		return nil, fmt.Errorf("draw card: %w", err)
	}
	if code.VersionNumber > maxQRVersion {
		return nil, ErrTooDense
	}
	return code.Bitmap(), nil
}

// DrawPNG draws the QR symbol of a card text as a 1-bit PNG, scale pixels a
// module (held between 4 and 32), with its quiet zone.
func DrawPNG(text string, form Form, scale int) ([]byte, error) {
	m, err := matrix(text, form)
	if err != nil {
		return nil, err
	}
	scale = min(max(scale, minQRScale), maxQRScale)
	side := len(m) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y, row := range m {
		line := img.Pix[y*scale*img.Stride:][:side]
		for x, black := range row {
			if black {
				for i := range scale {
					line[x*scale+i] = 1
				}
			}
		}
		for i := 1; i < scale; i++ {
			copy(img.Pix[(y*scale+i)*img.Stride:][:side], line)
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img); err != nil {
		return nil, fmt.Errorf("draw card: %w", err)
	}
	return out.Bytes(), nil
}

// DrawSVG draws the QR symbol of a card text as one path of horizontal runs,
// one unit a module, with its quiet zone.
func DrawSVG(text string, form Form) ([]byte, error) {
	m, err := matrix(text, form)
	if err != nil {
		return nil, err
	}
	side := strconv.Itoa(len(m))
	b := make([]byte, 0, 16<<10)
	b = append(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `+side+` `+side+`" shape-rendering="crispEdges">`...)
	b = append(b, `<path fill="#fff" d="M0 0h`+side+`v`+side+`H0z"/><path fill="#000" d="`...)
	runs(m, func(x, y, n int) {
		b = append(b, 'M')
		b = strconv.AppendInt(b, int64(x), 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(y), 10)
		b = append(b, 'h')
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(b, "v1h-"...)
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(b, 'z')
	})
	return append(b, `"/></svg>`...), nil
}

// runs calls f for every horizontal run of black modules.
func runs(m [][]bool, f func(x, y, n int)) {
	for y, row := range m {
		for x := 0; x < len(row); {
			if !row[x] {
				x++
				continue
			}
			start := x
			for x < len(row) && row[x] {
				x++
			}
			f(start, y, x-start)
		}
	}
}

// PNG draws a printed card's QR symbol, or returns ErrNoPicture for a phone card.
func (s *Service) PNG(c Card, scale int) ([]byte, error) {
	if c.Form != Printed {
		return nil, ErrNoPicture
	}
	return DrawPNG(s.Text(c), c.Form, scale)
}

// SVG draws a printed card's QR symbol, or returns ErrNoPicture for a phone card.
func (s *Service) SVG(c Card) ([]byte, error) {
	if c.Form != Printed {
		return nil, ErrNoPicture
	}
	return DrawSVG(s.Text(c), c.Form)
}
