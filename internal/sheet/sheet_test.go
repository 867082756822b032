package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/internal/sheet"
)

const (
	book = `<workbook><sheets><sheet name="A" id="r1"/></sheets></workbook>`
	rels = `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`
)

// workbook packs parts without compression, so that none is refused for that.
func workbook(t *testing.T, texts, rows string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range [][2]string{
		{"xl/workbook.xml", book}, {"xl/_rels/workbook.xml.rels", rels}, {"xl/sharedStrings.xml", texts}, {"xl/worksheets/sheet1.xml", rows},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p[0], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A text that never ends is refused while it is read: were it only judged at its
// end, the end of the part would be found first.
func TestATextOfManyPiecesIsRefusedBeforeItIsKept(t *testing.T) {
	piece := "<t>" + strings.Repeat("x", 100_000) + "</t>"
	for _, c := range []struct {
		name, texts, rows, want string
	}{
		{"in the table of texts", "<sst><si>" + strings.Repeat(piece, 340), "<worksheet/>", sheet.TooLarge},
		{"in a cell", "<sst/>", "<worksheet><row><c t=\"inlineStr\">" + strings.Repeat(piece, 2), sheet.LineTooLong},
	} {
		b := workbook(t, c.texts, c.rows)
		rows, err := sheet.Open(bytes.NewReader(b), int64(len(b)), sheet.XLSX)
		if err == nil {
			_, _, err = rows.Next()
		}
		if r, ok := errors.AsType[*sheet.Refusal](err); !ok || r.Code != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}
