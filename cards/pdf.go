package cards

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// Measures in millimetres. A card is ISO/IEC 7810 ID-1 (CR80).
const (
	cardW, cardH   = 85.60, 53.98
	pageW, pageH   = 210.0, 297.0
	sheetCols      = 2
	sheetRows      = 5
	sheetGap       = 4.0 // between cards, for the cut marks
	markLen        = 1.6
	maxSheet       = 200 // cards in one document
	qrSide         = 40.0
	qrMaxModule    = 0.7
	printScale     = 12 // dots a module
	textWidth      = 38.0
	cardTitle      = "Kartu Promo Peserta"
	cardDisclaimer = "bukan kartu kepesertaan resmi"
	cardNote       = "Tunjukkan bersama KTP"
)

var months = [...]string{
	"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember",
}

// IndonesianDay writes a day as people in Indonesia do: 31 Desember 2026.
func IndonesianDay(d clock.Day) string {
	t := d.Start(time.UTC)
	return strconv.Itoa(t.Day()) + " " + months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// PDF draws one printed card on a page of its own size (85.60 x 53.98 mm), or
// returns ErrNoPicture for a phone card.
func (s *Service) PDF(c Card) ([]byte, error) {
	doc := s.newPDF(fpdf.SizeType{Wd: cardW, Ht: cardH})
	doc.AddPage()
	if err := s.drawCard(doc, c, 0, 0); err != nil {
		return nil, err
	}
	return finish(doc)
}

// Sheet draws the printed cards with these ids, each within the actor's reach,
// on A4 pages of ten with cut marks. It returns ErrNotFound, ErrNoPicture,
// ErrNotActive (a card that was ended is not printed again) or ErrTooMany.
func (s *Service) Sheet(ctx context.Context, ids []uuid.UUID) ([]byte, error) {
	if len(ids) > maxSheet {
		return nil, ErrTooMany
	}
	all := make([]Card, 0, len(ids))
	for _, id := range ids {
		c, err := s.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.State != Active {
			return nil, ErrNotActive
		}
		all = append(all, c)
	}
	return s.SheetPDF(all)
}

// SheetPDF draws printed cards on A4 pages of ten (2 x 5) with cut marks. No
// scope is checked.
func (s *Service) SheetPDF(all []Card) ([]byte, error) {
	doc := s.newPDF(fpdf.SizeType{Wd: pageW, Ht: pageH})
	left := (pageW - sheetCols*cardW - (sheetCols-1)*sheetGap) / 2
	top := (pageH - sheetRows*cardH - (sheetRows-1)*sheetGap) / 2
	if len(all) == 0 {
		doc.AddPage()
	}
	for i, c := range all {
		place := i % (sheetCols * sheetRows)
		if place == 0 {
			doc.AddPage()
		}
		x := left + float64(place%sheetCols)*(cardW+sheetGap)
		y := top + float64(place/sheetCols)*(cardH+sheetGap)
		cutMarks(doc, x, y)
		if err := s.drawCard(doc, c, x, y); err != nil {
			return nil, err
		}
	}
	return finish(doc)
}

func (s *Service) newPDF(size fpdf.SizeType) *fpdf.Fpdf {
	orientation := "P"
	if size.Wd > size.Ht {
		orientation, size.Wd, size.Ht = "L", size.Ht, size.Wd // the library turns it
	}
	doc := fpdf.NewCustom(&fpdf.InitType{OrientationStr: orientation, UnitStr: "mm", Size: size})
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.SetCatalogSort(true)
	doc.SetCreationDate(s.clock.Now())
	doc.SetModificationDate(s.clock.Now())
	doc.SetTitle(cardTitle, false)
	doc.SetLang("id")
	return doc
}

func finish(doc *fpdf.Fpdf) ([]byte, error) {
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		return nil, fmt.Errorf("draw card sheet: %w", err)
	}
	return out.Bytes(), nil
}

// drawCard draws a card with its upper left corner at x, y.
func (s *Service) drawCard(doc *fpdf.Fpdf, c Card, x, y float64) error {
	if c.Form != Printed {
		return ErrNoPicture
	}
	doc.SetTextColor(0, 0, 0)
	line(doc, x+3, y+7.2, "B", 12, cardTitle)
	line(doc, x+3, y+10.6, "", 7, cardDisclaimer)
	fit(doc, x+3, y+20, 10, DisplayName(c.MaskedName))
	line(doc, x+3, y+26, "", 7, "Berlaku sampai")
	line(doc, x+3, y+30, "B", 9, IndonesianDay(c.ExpiresOn()))
	line(doc, x+3, y+36, "", 7, "Kode singkat")
	doc.SetFont("Courier", "B", 12)
	doc.Text(x+3, y+40.5, Spaced(c.ShortCode))
	line(doc, x+3, y+49, "B", 8, cardNote)
	return drawQR(doc, s.Text(c), x+cardW-qrSide-2, y+(cardH-qrSide)/2+5.5)
}

func line(doc *fpdf.Fpdf, x, y float64, style string, size float64, s string) {
	doc.SetFont("Helvetica", style, size)
	doc.Text(x, y, s)
}

// fit writes s in bold, smaller where it would not fit beside the symbol.
func fit(doc *fpdf.Fpdf, x, y, size float64, s string) {
	doc.SetFont("Helvetica", "B", size)
	if w := doc.GetStringWidth(s); w > textWidth {
		doc.SetFont("Helvetica", "B", size*textWidth/w)
	}
	doc.Text(x, y, s)
}

// drawQR draws a symbol with its quiet zone within a square of qrSide. A
// version 11 symbol gets 0.58 mm a module, which is above the 0.5 that print
// needs. It is a picture of many dots a module rather than a rectangle for each
// run of modules: programs that draw or print a page round the edges of every
// rectangle outwards, and symbols with fattened modules were not always read.
func drawQR(doc *fpdf.Fpdf, text string, x, y float64) error {
	picture, err := DrawPNG(text, Printed, printScale)
	if err != nil {
		return err
	}
	side, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("draw card: %w", err)
	}
	wide := min(qrMaxModule*float64(side.Width)/printScale, qrSide)
	offset := (qrSide - wide) / 2
	options := fpdf.ImageOptions{ImageType: "PNG"}
	doc.RegisterImageOptionsReader(text, options, bytes.NewReader(picture))
	doc.ImageOptions(text, x+offset, y+offset, wide, wide, false, options, 0, "")
	return doc.Error()
}

// cutMarks draws the corners of a card just outside of it.
func cutMarks(doc *fpdf.Fpdf, x, y float64) {
	doc.SetLineWidth(0.1)
	doc.SetDrawColor(0, 0, 0)
	for _, cx := range []float64{x, x + cardW} {
		for _, cy := range []float64{y, y + cardH} {
			dx, dy := -markLen, -markLen
			if cx > x {
				dx = markLen
			}
			if cy > y {
				dy = markLen
			}
			doc.Line(cx, cy, cx+dx, cy)
			doc.Line(cx, cy, cx, cy+dy)
		}
	}
}
