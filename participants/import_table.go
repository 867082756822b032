package participants

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/internal/fault"
)

// Limits of a file beside its size (reliability: an upload must not cost more
// than it weighs).
const (
	lineMost      = 64 << 10  // bytes of one line of CSV
	columnsMost   = 64        //
	unpackedMost  = 100 << 20 // bytes of an unpacked XLSX
	entriesMost   = 200       // files in an XLSX
	ratioMost     = 100       // unpacked to packed, beyond ratioFree
	ratioFree     = 1 << 20   //
	blankRowsMost = 10_000    // in a row, then the sheet is taken to end
)

// refuse says why a file as a whole is not taken.
func refuse(code string) error {
	return ErrImportFile.With(fault.Field{Pointer: "/file", Code: code})
}

// table is a file of rows. next returns a line number and its cells, io.EOF
// after the last one, or a refusal.
type table interface {
	next() (line int64, cells []string, err error)
	close()
}

func (r *ImportRequest) open() (table, error) {
	switch r.Format {
	case CSV:
		return openCSV(r.section())
	case XLSX:
		return openXLSX(r.section())
	}
	return nil, refuse("format_unknown")
}

func (r *ImportRequest) section() *io.SectionReader { return io.NewSectionReader(r.File, 0, r.Size) }

type csvTable struct{ r *csv.Reader }

var bom = []byte("\ufeff")

// openCSV finds the separator in the first line: ';' or ',', whichever is there
// more often.
func openCSV(f *io.SectionReader) (table, error) {
	b := bufio.NewReaderSize(f, lineMost+4)
	if mark, _ := b.Peek(len(bom)); bytes.Equal(mark, bom) { //nolint:errcheck // a shorter file has no mark
		_, _ = b.Discard(len(bom)) //nolint:errcheck // just seen
	}
	head, _ := b.Peek(lineMost) //nolint:errcheck // whatever there is
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	r := csv.NewReader(b)
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	if bytes.Count(head, []byte{';'}) > bytes.Count(head, []byte{','}) {
		r.Comma = ';'
	}
	return &csvTable{r}, nil
}

func (t *csvTable) close() {}

func (t *csvTable) next() (int64, []string, error) {
	for {
		cells, err := t.r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return 0, nil, io.EOF
		case errors.As(err, new(*csv.ParseError)):
			return 0, nil, refuse("not_csv")
		case err != nil:
			return 0, nil, fmt.Errorf("read import file: %w", err)
		}
		if !blank(cells) {
			line, _ := t.r.FieldPos(0)
			return int64(line), cells, nil
		}
	}
}

// checkText refuses what is no UTF-8 text with lines of bearable length.
func checkText(f io.Reader) error {
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, lineMost), lineMost)
	for n := 0; lines.Scan(); n++ {
		line := lines.Bytes()
		switch {
		case n == 0 && bytes.HasPrefix(line, []byte("PK\x03\x04")):
			return refuse("not_csv")
		case !utf8.Valid(line):
			return refuse("not_utf8")
		case bytes.IndexByte(line, 0) >= 0:
			return refuse("nul_byte")
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return refuse("line_too_long")
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read import file: %w", err)
	}
	return nil
}

type xlsxTable struct {
	file  *excelize.File
	rows  *excelize.Rows
	line  int64
	empty int
}

// openXLSX opens the first sheet. The archive is unpacked once before that, to
// nowhere, to see that it really stays within its limits.
func openXLSX(f *io.SectionReader) (t table, err error) {
	defer func() {
		if recover() != nil { // the reader met a file that it was not made for
			t, err = nil, refuse("not_xlsx")
		}
	}()
	if err := checkArchive(f); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(f, excelize.Options{
		RawCellValue: true, UnzipSizeLimit: unpackedMost, UnzipXMLSizeLimit: unpackedMost,
	})
	if err != nil {
		return nil, refuse("not_xlsx")
	}
	rows, err := file.Rows(file.GetSheetName(0))
	if err != nil {
		_ = file.Close() //nolint:errcheck // nothing was written
		return nil, refuse("not_xlsx")
	}
	return &xlsxTable{file: file, rows: rows}, nil
}

func checkArchive(f *io.SectionReader) error {
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		return refuse("not_xlsx")
	}
	if len(z.File) > entriesMost {
		return refuse("too_large")
	}
	most := min(int64(unpackedMost), max(int64(ratioFree), ratioMost*f.Size()))
	var total int64
	for _, e := range z.File {
		r, err := e.Open()
		if err != nil {
			return refuse("not_xlsx")
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, most-total+1))
		_ = r.Close() //nolint:errcheck // read only
		if total += n; total > most {
			return refuse("too_large")
		}
		if err != nil {
			return refuse("not_xlsx")
		}
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

func (t *xlsxTable) close() {
	_ = t.rows.Close() //nolint:errcheck // read only
	_ = t.file.Close() //nolint:errcheck // read only
}

func (t *xlsxTable) next() (line int64, cells []string, err error) {
	defer func() {
		if recover() != nil {
			err = refuse("not_xlsx")
		}
	}()
	for t.rows.Next() {
		t.line++
		if cells, err = t.rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
			return 0, nil, refuse("not_xlsx")
		}
		if len(cells) > columnsMost {
			return 0, nil, refuse("too_many_columns")
		}
		if !blank(cells) {
			t.empty = 0
			return t.line, cells, nil
		}
		if t.empty++; t.empty > blankRowsMost {
			return 0, nil, io.EOF
		}
	}
	if t.rows.Error() != nil {
		return 0, nil, refuse("not_xlsx")
	}
	return 0, nil, io.EOF
}

func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}
