package uses

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/redemptions"
)

var errFormat = fault.New(fault.NotFound, "format_unknown", "There is no such format of file.")

// sheet takes lines one by one.
type sheet interface {
	line(cells []any) error
	end() error
	close() // removes what is kept on disk, however the writing ended
}

// columns are the heads of a file; no names, no numbers of people.
var columns = []string{
	"id", "recorded_at", "occurred_at", "day", "partner", "outlet", "promo", "version", "till", "cashier", "outcome", "reason", "state",
	"gross", "discount", "net", "receipt_number", "receipt_code", "card_form", "id_checked", "online", "flags", "participant_id", "decision",
}

// export writes the list as a file while it is read. Nothing is sent before the
// domain agreed.
func (r *room) export(v *frame.Visit) error {
	q, err := read(v)
	if err != nil {
		return err
	}
	var out sheet
	open := func() (err error) {
		if out == nil {
			out, err = newSheet(v, v.Param("format"))
		}
		return err
	}
	defer func() {
		if out != nil {
			out.close()
		}
	}()
	if f := v.Param("format"); f != "csv" && f != "xlsx" {
		return errFormat
	}
	v.Longer()
	var wait []redemptions.Redemption
	flush := func() error {
		all, err := r.lines(v, wait)
		if err != nil {
			return err
		}
		if err := open(); err != nil {
			return err
		}
		for i := range all {
			if err := out.line(cells(v, &all[i])); err != nil {
				return err
			}
		}
		wait = wait[:0]
		return nil
	}
	err = r.Redemptions.Export(v.Context(), q.Filter, func(row redemptions.Redemption) error {
		if wait = append(wait, row); len(wait) < most {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return out.end()
}

func cells(v *frame.Visit, l *line) []any {
	when := func(at interface{ Format(string) string }) string { return at.Format("2006-01-02 15:04:05") }
	var cashier, person, decision string
	if l.CashierID != nil {
		cashier = l.CashierID.String()
	}
	if l.StatusSeen != "" { // left to whom the domain shows it
		person = l.ParticipantID.String()
	}
	if l.Exception != nil {
		decision = string(l.Exception.Decision)
	}
	out := []any{
		l.ID.String(), when(l.RecordedAt.In(v.Zone())), when(l.OccurredAt.In(v.Zone())), string(l.LocalOn), l.Place.PartnerName, l.Place.Name, l.Title,
		l.BenefitVersion, l.CallerID.String(), cashier, string(l.Outcome), string(l.Reason), string(l.State), l.Gross, l.Discount, l.Net,
		l.ReceiptNumber, l.ReceiptCode, l.CardForm, yes(l.IDChecked), yes(l.Online), strings.Join(l.Flags, " "), person, decision,
	}
	for i := range out {
		if s, ok := out[i].(string); ok {
			out[i] = harmless(s)
		}
	}
	return out
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// harmless puts a quote before a text that a spreadsheet would run as a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) {
		return "'" + s
	}
	return s
}

func newSheet(v *frame.Visit, format string) (sheet, error) {
	name := "penggunaan-" + string(today(v)) + "." + format
	head := make([]any, len(columns))
	for i, c := range columns {
		head[i] = c
	}
	var out sheet
	if format == "csv" {
		v.Attach(name, "text/csv; charset=utf-8")
		out = &csvSheet{w: csv.NewWriter(v.W)}
	} else {
		x, err := newXLSX(v, name)
		if err != nil {
			return nil, err
		}
		out = x
	}
	return out, out.line(head)
}

type csvSheet struct{ w *csv.Writer }

func (s *csvSheet) line(cells []any) error {
	text := make([]string, len(cells))
	for i, c := range cells {
		text[i] = fmt.Sprint(c)
	}
	return s.w.Write(text)
}

func (s *csvSheet) end() error {
	s.w.Flush()
	return s.w.Error()
}

func (*csvSheet) close() {}

// xlsxSheet keeps its rows in a file of the system until it is sent.
type xlsxSheet struct {
	f    *excelize.File
	w    *excelize.StreamWriter
	n    int
	send func() io.Writer
}

func newXLSX(v *frame.Visit, name string) (*xlsxSheet, error) {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, fmt.Errorf("write xlsx: %w", err)
	}
	return &xlsxSheet{f: f, w: w, send: func() io.Writer {
		v.Attach(name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		return v.W
	}}, nil
}

func (s *xlsxSheet) line(cells []any) error {
	s.n++
	return s.w.SetRow(fmt.Sprintf("A%d", s.n), cells)
}

func (s *xlsxSheet) end() error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	if err := s.f.Write(s.send()); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return nil
}

func (s *xlsxSheet) close() { _ = s.f.Close() } // nothing is open that anybody waits for
