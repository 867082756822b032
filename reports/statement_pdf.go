package reports

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/berlaku/berlaku/internal/clock"
)

// Measures of the statement in millimetres, A4 upright.
const (
	sheetMargin = 18.0
	sheetWidth  = 210 - 2*sheetMargin
	sheetFoot   = 20.0
	rowHeight   = 6.2
)

var monthNames = [...]string{
	"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember",
}

// MonthName writes the month of a day in Indonesian: Januari 2026.
func MonthName(d clock.Day) string {
	t := d.Start(time.UTC)
	return monthNames[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// thousands writes a whole number as people in Indonesia do: 21.521.
func thousands(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return sign + s
}

// sheet is the statement while it is drawn.
type sheet struct {
	*fpdf.Fpdf
	to func(string) string // from UTF-8 to the code page of the font
}

// PDF draws the statement in Indonesian on A4 sheets, each with its number and
// that of all.
func (s Statement) PDF() ([]byte, error) {
	doc := fpdf.New("P", "mm", "A4", "")
	d := &sheet{doc, doc.UnicodeTranslatorFromDescriptor("")}
	title := "Rekap penggunaan promo " + MonthName(s.Period.From)
	doc.SetCatalogSort(true)
	doc.SetCreationDate(s.GeneratedAt)
	doc.SetModificationDate(s.GeneratedAt)
	doc.SetTitle(title, true)
	doc.SetLang("id")
	doc.SetMargins(sheetMargin, sheetMargin, sheetMargin)
	doc.SetAutoPageBreak(false, sheetFoot)
	doc.AliasNbPages("{all}")
	made := s.GeneratedAt.In(zone)
	doc.SetFooterFunc(func() {
		doc.SetY(-14)
		doc.SetFont("Helvetica", "", 8)
		doc.CellFormat(sheetWidth/2, 5, d.to("Dibuat "+made.Format("02-01-2006 15.04")+" WITA oleh Berlaku"), "", 0, "L", false, 0, "")
		doc.CellFormat(sheetWidth/2, 5, "Halaman "+strconv.Itoa(doc.PageNo())+" dari {all}", "", 0, "R", false, 0, "")
	})
	doc.AddPage()
	d.head(s, title)
	d.lines(s)
	d.rest(s)
	d.signatures(s)
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		return nil, fmt.Errorf("draw statement: %w", err)
	}
	return out.Bytes(), nil
}

func (d *sheet) head(s Statement, title string) {
	d.SetFont("Helvetica", "B", 15)
	d.MultiCell(sheetWidth, 7, d.to(title), "", "L", false)
	d.Ln(2)
	numbers := strings.Join(s.Agreements, ", ")
	if numbers == "" {
		numbers = "tidak ada perjanjian yang berlaku pada bulan ini"
	}
	for _, l := range [][2]string{
		{"Mitra", s.Partner}, {"Sektor", s.Sector}, {"Nomor perjanjian", numbers}, {"Kantor cabang", s.Branch},
		{"Periode", date(s.Period.From) + " s.d. " + date(s.Period.To)},
	} {
		d.SetFont("Helvetica", "", 10)
		y := d.GetY()
		d.CellFormat(36, 5.5, d.to(l[0]), "", 0, "L", false, 0, "")
		d.SetFont("Helvetica", "B", 10)
		d.SetXY(sheetMargin+36, y)
		d.MultiCell(sheetWidth-36, 5.5, d.to(l[1]), "", "L", false)
	}
	d.Ln(4)
}

func date(d clock.Day) string {
	t := d.Start(time.UTC)
	return strconv.Itoa(t.Day()) + " " + MonthName(d)
}

// columns of the table of uses.
var columns = []struct {
	title string
	width float64
}{{"Gerai", 46}, {"Promo", 52}, {"Kali", 14}, {"Sebelum potongan", 22}, {"Potongan", 20}, {"Dibayar", 20}}

// room begins a new sheet when there is less than height left.
func (d *sheet) room(height float64) bool {
	if _, full := d.GetPageSize(); d.GetY()+height <= full-sheetFoot {
		return false
	}
	d.AddPage()
	return true
}

func (d *sheet) titles() {
	d.SetFont("Helvetica", "B", 8)
	d.SetFillColor(235, 235, 235)
	for i, c := range columns {
		d.CellFormat(c.width, rowHeight, d.to(fitted(d.Fpdf, c.title, c.width)), "B", 0, align(i), true, 0, "")
	}
	d.Ln(rowHeight)
}

func align(column int) string {
	if column < 2 {
		return "L"
	}
	return "R"
}

// fitted cuts a text to a width.
func fitted(doc *fpdf.Fpdf, s string, width float64) string {
	to := doc.UnicodeTranslatorFromDescriptor("")
	if doc.GetStringWidth(to(s)) <= width-2 {
		return s
	}
	for r := []rune(s); len(r) > 1; r = r[:len(r)-1] {
		if t := string(r[:len(r)-1]) + "..."; doc.GetStringWidth(to(t)) <= width-2 {
			return t
		}
	}
	return ""
}

func (d *sheet) row(style, outlet, promo string, n Sums) {
	if d.room(rowHeight) {
		d.titles()
	}
	d.SetFont("Helvetica", style, 8)
	border := ""
	if style != "" {
		border = "T"
	}
	for i, t := range []string{outlet, promo, thousands(n.Uses), thousands(n.Gross), thousands(n.Discount), thousands(n.Net)} {
		d.CellFormat(columns[i].width, rowHeight, d.to(fitted(d.Fpdf, t, columns[i].width)), border, 0, align(i), false, 0, "")
	}
	d.Ln(rowHeight)
}

func (d *sheet) lines(s Statement) {
	if len(s.Lines) == 0 {
		d.SetFont("Helvetica", "", 10)
		d.MultiCell(sheetWidth, 6, d.to("Tidak ada penggunaan promo pada bulan ini."), "", "L", false)
		return
	}
	d.titles()
	at, shown := 0, ""
	for i, l := range s.Lines {
		name := l.Outlet
		if name == shown {
			name = ""
		}
		d.row("", name, l.Promo, l.Sums)
		shown = l.Outlet
		if i+1 == len(s.Lines) || s.Lines[i+1].OutletID != l.OutletID {
			d.row("B", "Jumlah "+s.Outlets[at].Label, "", s.Outlets[at].Sums)
			at, shown = at+1, ""
		}
	}
	d.row("B", "Jumlah seluruhnya", "", s.Total)
}

func (d *sheet) rest(s Statement) {
	d.Ln(4)
	d.room(40)
	d.SetFont("Helvetica", "", 9)
	for _, t := range []string{
		"Jumlah dalam rupiah. Potongan ditanggung mitra; rekap ini bukan tagihan.",
		fmt.Sprintf("Dibatalkan setelah dicatat: %s kali, potongan Rp%s (tidak termasuk di atas).", thousands(s.Voided.Uses), thousands(s.Voided.Discount)),
		fmt.Sprintf("Ditolak di kasir: %s kali.", thousands(s.Refused)),
		fmt.Sprintf("Disanggah: %s kali; tetap berlaku %s, dibatalkan %s, belum diputus %s.",
			thousands(s.Disputed), thousands(s.Upheld), thousands(s.Reversed), thousands(s.Open())),
	} {
		d.MultiCell(sheetWidth, 5, d.to(t), "", "L", false)
	}
}

func (d *sheet) signatures(s Statement) {
	d.Ln(8)
	d.room(42)
	d.SetFont("Helvetica", "", 10)
	half, y := sheetWidth/2, d.GetY()
	for i, who := range []string{s.Partner, s.Branch} {
		x := sheetMargin + float64(i)*half
		d.SetXY(x, y)
		d.CellFormat(half-8, 6, d.to([]string{"Untuk mitra,", "Untuk kantor cabang,"}[i]), "", 0, "L", false, 0, "")
		d.Line(x, y+28, x+half-12, y+28)
		d.SetXY(x, y+29)
		d.CellFormat(half-8, 5, d.to(fitted(d.Fpdf, who, half-8)), "", 0, "L", false, 0, "")
		d.SetXY(x, y+34)
		d.CellFormat(half-8, 5, "Nama dan tanggal", "", 0, "L", false, 0, "")
	}
}
