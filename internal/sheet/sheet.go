// Package sheet reads tables that strangers send: CSV in the encodings that
// office programs write, and Office Open XML workbooks. It reads as a stream
// and holds whatever the file says to limits, so that a file costs no more
// memory than a few of its rows and, for a workbook, its table of texts.
//
// Nothing is evaluated and nothing is fetched: formulas come out as their text
// behind "=", relations to elsewhere are refused, entities are not expanded.
package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// Kind is the form of a file.
type Kind string

// The kinds that are read.
const (
	CSV  Kind = "csv"
	XLSX Kind = "xlsx"
)

// Limits of every file.
const (
	LineMost     = 64 << 10  // bytes of one row
	ColumnsMost  = 64        //
	cellMost     = 32_767    // characters of one cell, as spreadsheets have it
	unpackedMost = 512 << 20 // bytes of the parts of a workbook
	entriesMost  = 200       // parts of a workbook
	ratioMost    = 100       // unpacked to packed, beyond ratioFree
	ratioFree    = 1 << 20   //
	textsMost    = 32 << 20  // bytes of the table of texts of a workbook
	textCount    = 4_000_000 // texts in it
	depthMost    = 32        // elements inside each other
	partMost     = 1 << 20   // bytes of the small parts of a workbook
)

// Refusal says why a file as a whole is not read, by a stable code.
type Refusal struct{ Code string } //nolint:errname // what it is called for people

// Error implements error.
func (r *Refusal) Error() string { return "file refused: " + r.Code }

// Codes of refusals.
const (
	Empty        = "empty"
	NotCSV       = "not_csv"
	NotUTF8      = "not_utf8"
	NulByte      = "nul_byte"
	LineTooLong  = "line_too_long"
	TooLarge     = "too_large"
	ManyColumns  = "too_many_columns"
	NotXLSX      = "not_xlsx"
	Encrypted    = "encrypted"
	OldExcel     = "old_excel"
	OpenDocument = "open_document"
	AppleNumbers = "apple_numbers"
	PDF          = "pdf"
	WebPage      = "web_page"
	Program      = "program"
	External     = "external_reference"
	Declares     = "xml_doctype"
)

func refuse(code string) error { return &Refusal{Code: code} }

// Rows is a table being read.
type Rows interface {
	// Next returns the line and the cells of the next row that is not blank,
	// io.EOF after the last one, or a Refusal. The cells are good until the next call.
	Next() (line int64, cells []string, err error)
	// About tells how the file was understood, once Next was called.
	About() About
}

// About is how a file was understood.
type About struct {
	Kind        Kind
	Encoding    string // utf-8, utf-16le, utf-16be, windows-1252; of CSV
	Separator   rune   // of CSV
	Sheet       string // that was read; of XLSX
	OtherSheets int    // visible ones that were not read
	Date1904    bool   // days are counted from 1904-01-01
}

// Sniff tells by its first bytes what a file is, whatever its name says, or
// refuses what is known to be something else.
func Sniff(f io.ReaderAt, size int64) (Kind, error) {
	head := make([]byte, min(size, 4096))
	if n, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	} else if head = head[:n]; len(head) == 0 {
		return "", refuse(Empty)
	}
	low := strings.ToLower(strings.TrimSpace(string(bytes.TrimPrefix(head, mark8))))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return XLSX, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "", compound(f, size)
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "", refuse(PDF)
	case bytes.HasPrefix(head, []byte("MZ")) && bytes.IndexByte(head, 0) >= 0, bytes.HasPrefix(head, []byte("\x7fELF")), bytes.HasPrefix(head, []byte("#!")):
		return "", refuse(Program)
	case strings.HasPrefix(low, "<!doctype"), strings.HasPrefix(low, "<html"), strings.HasPrefix(low, "<?xml"), strings.HasPrefix(low, "<script"), strings.HasPrefix(low, "<table"):
		return "", refuse(WebPage)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("Rar!")), bytes.HasPrefix(head, []byte("7z\xbc\xaf")), strings.HasPrefix(low, "{\\rtf"),
		bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("GIF8")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return "", refuse(NotCSV)
	}
	return CSV, nil
}

// compound tells an encrypted workbook from one of Excel before 2007: both are
// compound files.
func compound(f io.ReaderAt, size int64) error {
	name := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	b := make([]byte, 64<<10)
	for off := int64(0); off < min(size, 64<<20); off += int64(len(b) - len(name)) {
		n, err := f.ReadAt(b, off)
		if bytes.Contains(b[:n], name) {
			return refuse(Encrypted)
		}
		if err != nil {
			break
		}
	}
	return refuse(OldExcel)
}

// Open reads a file of a kind.
func Open(f io.ReaderAt, size int64, kind Kind) (Rows, error) {
	if size <= 0 {
		return nil, refuse(Empty)
	}
	actual, err := Sniff(f, size)
	switch {
	case kind == XLSX && actual != XLSX:
		if r, ok := errors.AsType[*Refusal](err); ok && r.Code != NotCSV {
			return nil, err
		}
		return nil, refuse(NotXLSX)
	case err != nil:
		return nil, err
	case kind == XLSX:
		return openWorkbook(f, size)
	case actual == XLSX:
		return nil, refuse(NotCSV)
	}
	return openText(f, size)
}

// blank reports whether a row says nothing.
func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}
