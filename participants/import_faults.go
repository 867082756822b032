package participants

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
)

// FaultKind is how often something is wrong with a column.
type FaultKind struct {
	Field, Code string
	Rows        int64
}

// FaultyRow is a place of a file that is wrong, with the shape of what stands
// there: 9 for digits, A for letters.
type FaultyRow struct {
	RowError
	Shape string
}

// Findings are what is wrong with a list.
type Findings struct {
	Kinds []FaultKind
	First []FaultyRow
}

const shapeMost = 24

// Findings returns the faults of a list by kind, and the first ones with
// masked contents, or ErrImportNotFound.
func (s *Service) Findings(ctx context.Context, id uuid.UUID, first int) (Findings, error) {
	l, err := s.GetList(ctx, id)
	if err != nil {
		return Findings{}, err
	}
	var out Findings
	if out.Kinds, err = s.errorKinds(ctx, id); err != nil || !l.uploaded {
		return out, err
	}
	rows, err := s.faultyAfter(ctx, id, 0, first)
	if err != nil || len(rows) == 0 {
		return out, err
	}
	bad, err := s.errorsBetween(ctx, id, 0, rows[len(rows)-1].Line)
	if err != nil {
		return out, err
	}
	cells := map[int64][]string{}
	for _, r := range rows {
		if cells[r.Line], err = s.openRow(id, r); err != nil {
			return out, err
		}
	}
	for _, e := range bad[:min(first, len(bad))] {
		f := FaultyRow{RowError: e}
		if i, ok := l.Mapping[e.Field]; ok && i < len(cells[e.Line]) {
			f.Shape = shapeOf(cells[e.Line][i])
		}
		out.First = append(out.First, f)
	}
	return out, nil
}

// shapeOf shows what kind of characters a text has, not which.
func shapeOf(s string) string {
	var b strings.Builder
	for n, r := range []rune(s) {
		if n == shapeMost {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsLetter(r):
			r = 'A'
		case !unicode.IsPrint(r):
			r = '␣'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (s *Service) openRow(id uuid.UUID, r faultyRow) (cells []string, err error) {
	text, err := s.keys.Unseal(rowPlace(id, r.Line), r.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open faulty row: %w", err)
	}
	return cells, json.Unmarshal([]byte(text), &cells)
}

// faultColumn is the column that the file of faults adds.
const faultColumn = "kesalahan"

// WriteFaults writes the faulty rows of a list as they were, with what is wrong
// in a last column, so that they can be corrected and uploaded again. Text that
// a spreadsheet would run gets an apostrophe, which an upload takes away again.
// It holds personal data; that it was taken is noted. Error: ErrImportNotFound.
func (s *Service) WriteFaults(ctx context.Context, id uuid.UUID, format Format, lang string, w io.Writer) error {
	if !actor.From(ctx).Can(actor.ImportParticipants) {
		return ErrImportNotFound
	}
	l, err := s.GetList(ctx, id)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		return s.audit.Append(ctx, audit.Event{
			Action: "import.faults_exported", Subject: audit.Subject{Kind: "import", ID: id}, Details: map[string]any{"rows": l.Rejected, "format": format},
		})
	})
	if err != nil {
		return err
	}
	out, err := newLines(w, format)
	if err != nil {
		return err
	}
	defer out.close()
	width := len(l.Headings)
	if again := slices.IndexFunc(l.Headings, func(h string) bool { return word(tidy(h)) == faultColumn }); again >= 0 && again == width-1 {
		width-- // of a list that was corrected before
	}
	if err := out.line(append(padded(l.Headings, width), faultColumn)); err != nil {
		return err
	}
	for after := int64(0); ; {
		rows, err := s.faultyAfter(ctx, id, after, 500)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return out.end()
		}
		bad, err := s.errorsBetween(ctx, id, after, rows[len(rows)-1].Line)
		if err != nil {
			return err
		}
		said := saidOfLines(bad, lang)
		if err := s.writeFaulty(out, id, rows, said, width); err != nil {
			return err
		}
		after = rows[len(rows)-1].Line
	}
}

// writeFaulty writes rows as they were, of so many cells, and what was said of them.
func (s *Service) writeFaulty(out *lines, id uuid.UUID, rows []faultyRow, said map[int64][]string, width int) error {
	for _, r := range rows {
		cells, err := s.openRow(id, r)
		if err != nil {
			return err
		}
		if err := out.line(append(padded(cells, width), strings.Join(said[r.Line], " "))); err != nil {
			return err
		}
	}
	return nil
}

// saidOfLines says what is wrong, by the line.
func saidOfLines(bad []RowError, lang string) map[int64][]string {
	out := map[int64][]string{}
	for _, e := range bad {
		out[e.Line] = append(out[e.Line], ColumnLabel(e.Field).In(lang)+": "+FaultWords(e.Code).In(lang))
	}
	return out
}

func padded(cells []string, width int) []string {
	out := make([]string, width, width+1)
	copy(out, cells)
	return out
}

// WriteTemplate writes an empty list with every heading and one example.
func WriteTemplate(format Format, w io.Writer) error {
	out, err := newLines(w, format)
	if err != nil {
		return err
	}
	defer out.close()
	var heading, example []string
	for _, c := range DescribeColumns() {
		heading, example = append(heading, c.Heading), append(example, c.Example)
	}
	if err := out.line(heading); err != nil {
		return err
	}
	if err := out.line(example); err != nil {
		return err
	}
	return out.end()
}

// lines is a file of text cells being written.
type lines struct {
	buf   *bufio.Writer
	csv   *csv.Writer
	book  *excelize.File
	sheet *excelize.StreamWriter
	text  int // style of cells that stay text
	n     int
}

const sheetName = "Peserta"

func newLines(w io.Writer, format Format) (*lines, error) {
	l := &lines{buf: bufio.NewWriter(w)}
	if format != XLSX {
		if _, err := l.buf.WriteString("\ufeff"); err != nil { // so that Excel reads it as UTF-8
			return nil, err
		}
		l.csv = csv.NewWriter(l.buf)
		l.csv.Comma = ';' // as Excel in Indonesian expects
		return l, nil
	}
	l.book = excelize.NewFile()
	err := l.book.SetSheetName("Sheet1", sheetName)
	if err != nil {
		return nil, fmt.Errorf("write xlsx: %w", err)
	}
	if l.text, err = l.book.NewStyle(&excelize.Style{NumFmt: 49}); err != nil {
		return nil, fmt.Errorf("write xlsx: %w", err)
	}
	if l.sheet, err = l.book.NewStreamWriter(sheetName); err != nil {
		return nil, fmt.Errorf("write xlsx: %w", err)
	}
	if err := l.sheet.SetColStyle(1, columnsMost, l.text); err != nil {
		return nil, fmt.Errorf("write xlsx: %w", err)
	}
	return l, l.sheet.SetColWidth(1, len(Columns), 20)
}

// harmless keeps a spreadsheet from running a text.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (l *lines) line(cells []string) error {
	l.n++
	if l.csv != nil {
		out := make([]string, len(cells))
		for i, c := range cells {
			out[i] = harmless(c)
		}
		return l.csv.Write(out)
	}
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = excelize.Cell{StyleID: l.text, Value: harmless(c)}
	}
	return l.sheet.SetRow("A"+strconv.Itoa(l.n), row)
}

func (l *lines) end() error {
	if l.csv != nil {
		l.csv.Flush()
		if err := l.csv.Error(); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
		return l.buf.Flush()
	}
	if err := l.sheet.Flush(); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	if err := l.book.Write(l.buf); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return l.buf.Flush()
}

// close removes what a long sheet keeps on disk until it is sent, however the
// writing ended.
func (l *lines) close() {
	if l.book != nil {
		_ = l.book.Close() // nothing is open that anybody waits for
	}
}
