package cards_test

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/berlaku/berlaku/cards"
)

// boxes returns the sizes of a document's pages in millimetres.
func boxes(t *testing.T, document []byte) [][2]float64 {
	t.Helper()
	var out [][2]float64
	for _, m := range regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`).FindAllSubmatch(document, -1) {
		var size [2]float64
		for i := range size {
			points, err := strconv.ParseFloat(string(m[i+1]), 64)
			if err != nil {
				t.Fatal(err)
			}
			size[i] = points * 25.4 / 72
		}
		out = append(out, size)
	}
	return out
}

func TestPagesAreExactlyOfTheirSize(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 21)
	all := make([]cards.Card, len(ids))
	for i, id := range ids {
		all[i] = w.printed(id)
	}
	one, err := w.cards.PDF(all[0])
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := w.cards.SheetPDF(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		document []byte
		w, h     float64
		pages    int
	}{{"CR80", one, 85.60, 53.98, 1}, {"A4", sheet, 210, 297, 3}} {
		pages := bytes.Count(c.document, []byte("/Type /Page\n")) + bytes.Count(c.document, []byte("/Type /Page "))
		sizes := boxes(t, c.document)
		if pages != c.pages || len(sizes) == 0 {
			t.Errorf("%s: %d pages, want %d; %d boxes", c.name, pages, c.pages, len(sizes))
		}
		for _, size := range sizes {
			if math.Abs(size[0]-c.w) > 0.005 || math.Abs(size[1]-c.h) > 0.005 {
				t.Errorf("%s: a page of %.3f × %.3f mm, want %.2f × %.2f", c.name, size[0], size[1], c.w, c.h)
			}
		}
		if said := info(t, c.document); said != "" && said != fmt.Sprintf("%.3f × %.3f, %d", sizes[0][0], sizes[0][1], c.pages) {
			t.Errorf("%s: pdfinfo says %s", c.name, said)
		}
	}
}

// info is what pdfinfo says of a document; "" where it is not installed.
func info(t *testing.T, document []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdfinfo"); err != nil {
		t.Log("pdfinfo (poppler-utils) is not installed: the sizes are read from the file only")
		return ""
	}
	c := exec.CommandContext(t.Context(), "pdfinfo", "-")
	c.Stdin = bytes.NewReader(document)
	b, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	size := regexp.MustCompile(`(?m)^Page size: +([0-9.]+) x ([0-9.]+) pts`).FindSubmatch(b)
	pages := regexp.MustCompile(`(?m)^Pages: +(\d+)`).FindSubmatch(b)
	if size == nil || pages == nil {
		t.Fatalf("pdfinfo: %s", b)
	}
	wide, err := strconv.ParseFloat(string(size[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	high, err := strconv.ParseFloat(string(size[2]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.3f × %.3f, %s", wide*25.4/72, high*25.4/72, pages[1])
}

// render makes a picture of the first page at 300 dots an inch, as an
// office printer prints it.
func render(t *testing.T, document []byte) (picture image.Image, path string) {
	t.Helper()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("pdftoppm (poppler-utils) is not installed: the sheet cannot be drawn")
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "sheet.pdf")
	if err := os.WriteFile(in, document, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "page")
	if b, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "300", "-png", "-f", "1", "-singlefile", in, out).CombinedOutput(); err != nil { //nolint:gosec // our own files
		t.Fatalf("%v: %s", err, b)
	}
	path = out + ".png"
	if keep := os.Getenv("BERLAKU_TEST_PICTURES"); keep != "" {
		b, err := os.ReadFile(path) //nolint:gosec // our own file
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(keep, "sheet.png"), b, 0o600); err != nil { //nolint:gosec // whoever runs the test names the folder
			t.Fatal(err)
		}
	}
	f, err := os.Open(path) //nolint:gosec // our own file
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	if picture, err = png.Decode(f); err != nil {
		t.Fatal(err)
	}
	return picture, path
}

// symbolAt is where the symbol of the nth card of a sheet stands, with its quiet
// zone: the measures of the printed sheet in millimetres.
func symbolAt(n int, page image.Rectangle) image.Rectangle {
	const left, top, wide, high, gap, side = 17.4, 5.55, 85.6, 53.98, 4, 40.0
	dots := float64(page.Dx()) / 210
	x, y := left+float64(n%2)*(wide+gap)+wide-side-2, top+float64(n/2)*(high+gap)+(high-side)/2+5.5
	return image.Rect(int(x*dots), int(y*dots), int((x+side)*dots), int((y+side)*dots))
}

// readSquare reads the one symbol in a part of a picture. The decoder's detector
// for photographs now and then misjudges a symbol that stands upright and
// undistorted, so the symbol is read as the drawing that it is, too.
func readSquare(t *testing.T, picture image.Image, part image.Rectangle) string {
	t.Helper()
	square := image.NewGray(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(square, square.Bounds(), picture, part.Min, draw.Src)
	light := gozxing.NewLuminanceSourceFromImage(square)
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewGlobalHistgramBinarizer(light), gozxing.NewHybridBinarizer(light)} {
		bits, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			t.Fatal(err)
		}
		for _, hints := range []map[gozxing.DecodeHintType]any{{gozxing.DecodeHintType_PURE_BARCODE: true}, nil} {
			if got, err := qrcode.NewQRCodeReader().Decode(bits, hints); err == nil {
				return got.GetText()
			}
		}
	}
	t.Errorf("the symbol at %v is not read", part)
	return ""
}

func TestTenCardsOnAPrintedPageAreReadAndAccepted(t *testing.T) {
	w := newWorld(t)
	var want []string
	r := w.start(w.ctx, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: w.persons(palu, 10)})
	w.work(10)
	sheet, err := w.cards.RunSheet(w.ctx, r.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range w.sheetCards(r) {
		want = append(want, w.cards.Text(f))
	}
	picture, path := render(t, sheet)
	var got []string
	for n := range 10 {
		got = append(got, readSquare(t, picture, symbolAt(n, picture.Bounds())))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, text := range got {
		w.want(text, cards.OK)
	}
	if _, err := exec.LookPath("zbarimg"); err != nil {
		t.Log("zbarimg (zbar-tools) is not installed: the page is read by one decoder only")
		return
	}
	b, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := strings.Fields(string(b))
	slices.Sort(seen)
	slices.Sort(want)
	if !slices.Equal(seen, want) {
		t.Errorf("zbarimg reads %d cards of the page:\n%s", len(seen), strings.Join(seen, "\n"))
	}
}

// sheetCards returns the cards of a run in order.
func (w *world) sheetCards(r cards.Run) []cards.Card {
	w.t.Helper()
	db, err := w.db.SQL()
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := db.QueryContext(w.t.Context(), "SELECT card_id FROM card_run_items WHERE run_id = '"+r.ID.String()+"' ORDER BY seq")
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read to its end
	var out []cards.Card
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range ids {
		c, err := w.cards.Get(w.ctx, uuid.MustParse(id))
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
