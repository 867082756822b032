package reports

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// zone is where days of the whole programme are cut.
var zone = mustZone("Asia/Makassar")

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone data is linked into the program
	}
	return loc
}

// Table is a report as lines, for files. Cells are text or numbers.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]any
}

// WriteCSV writes the table as RFC 4180 text: a heading, then a line per row.
// Text that a spreadsheet would run as a formula gets a quote before it.
func (t Table) WriteCSV(w io.Writer) error {
	buf := bufio.NewWriter(w)
	c := csv.NewWriter(buf)
	if err := c.Write(t.Columns); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	line := make([]string, len(t.Columns))
	for _, row := range t.Rows {
		for i, cell := range row {
			line[i] = fmt.Sprint(safe(cell))
		}
		if err := c.Write(line); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return buf.Flush()
}

// WriteXLSX writes the table as an Office Open XML workbook of one sheet.
func (t Table) WriteXLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	if err := f.SetSheetName("Sheet1", t.Name); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	sw, err := f.NewStreamWriter(t.Name)
	if err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	head := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = c
	}
	for i, row := range append([][]any{head}, t.Rows...) {
		cells := make([]any, len(row))
		for j, c := range row {
			cells[j] = safe(c)
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			return fmt.Errorf("write xlsx: %w", err)
		}
	}
	if err := sw.Flush(); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return f.Write(w)
}

// safe keeps spreadsheets from running text as a formula (OWASP: CSV injection).
func safe(cell any) any {
	s, ok := cell.(string)
	if ok && s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return cell
}
