package participants

import (
	"errors"
	"fmt"
	"io"

	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/sheet"
)

// columnsMost is how many columns a list may have.
const columnsMost = sheet.ColumnsMost

// refuse says why a file as a whole is not taken.
func refuse(code string) error {
	return ErrImportFile.With(fault.Field{Pointer: "/file", Code: code})
}

// table is a file of rows.
type table struct{ rows sheet.Rows }

func (r *ImportRequest) open() (table, error) {
	if r.Format != CSV && r.Format != XLSX {
		return table{}, refuse("format_unknown")
	}
	return openTable(r.File, r.Size, r.Format)
}

func openTable(f io.ReaderAt, size int64, format Format) (table, error) {
	rows, err := sheet.Open(f, size, sheet.Kind(format))
	return table{rows}, refusal(err)
}

// next returns a line number and its cells, io.EOF after the last one, or a
// refusal. The cells are good until the next call.
func (t table) next() (line int64, cells []string, err error) {
	line, cells, err = t.rows.Next()
	return line, cells, refusal(err)
}

// late is by how many days counted days begin later than 1899-12-30.
func (t table) late() int {
	if t.rows.About().Date1904 {
		return daysTo1904
	}
	return 0
}

// daysTo1904 is from 1899-12-30 to 1904-01-01 (ECMA-376, 18.17.4.1).
const daysTo1904 = 1462

func (r *ImportRequest) section() *io.SectionReader { return io.NewSectionReader(r.File, 0, r.Size) }

func refusal(err error) error {
	if r, ok := errors.AsType[*sheet.Refusal](err); ok {
		return refuse(r.Code)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read import file: %w", err)
	}
	return err
}

func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}
