package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	mark8  = []byte("\xef\xbb\xbf")
	markLE = []byte("\xff\xfe")
	markBE = []byte("\xfe\xff")
)

// encodings by name.
const (
	utf8Name  = "utf-8"
	utf16LE   = "utf-16le"
	utf16BE   = "utf-16be"
	win1252   = "windows-1252"
	stopRune  = -1
	headBytes = 16 << 10
)

// text reads CSV: rows of cells, quoted or not, with any line end.
type text struct {
	r      *bufio.Reader
	about  About
	line   int64 // of the character that comes next
	back   rune  // read but not taken; stopRune: none
	size   int   // bytes of the row so far
	cells  []string
	cell   strings.Builder
	ended  bool
	double bool // the cell that is read was quoted
}

func openText(f io.ReaderAt, size int64) (Rows, error) {
	t := &text{line: 1, back: stopRune}
	var err error
	if t.about.Encoding, err = encodingOf(f, size); err != nil {
		return nil, err
	}
	t.about.Kind = CSV
	t.rewind(f, size)
	if t.about.Separator, err = t.separator(); err != nil {
		return nil, err
	}
	t.rewind(f, size)
	return t, t.skipHint()
}

// rewind goes to the first character after the mark of its encoding.
func (t *text) rewind(f io.ReaderAt, size int64) {
	t.r = bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 64<<10)
	skip := map[string]int{utf16LE: 2, utf16BE: 2}[t.about.Encoding]
	if head, _ := t.r.Peek(3); t.about.Encoding == utf8Name && bytes.Equal(head, mark8) { //nolint:errcheck // a shorter file has no mark
		skip = 3
	}
	_, _ = t.r.Discard(skip) //nolint:errcheck // just seen
	t.line, t.back, t.ended = 1, stopRune, false
}

// encodingOf walks the whole file once. What is not UTF-8 is taken for
// Windows-1252 only when nothing in it looks like UTF-8.
func encodingOf(f io.ReaderAt, size int64) (string, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 64<<10)
	head, _ := r.Peek(3) //nolint:errcheck // whatever there is
	switch {
	case bytes.HasPrefix(head, markLE):
		return utf16LE, nil
	case bytes.HasPrefix(head, markBE):
		return utf16BE, nil
	}
	var many, wrong, undefined bool
	for n := 0; ; n++ {
		c, size, err := r.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return judge(many, wrong, undefined)
		case err != nil:
			return "", fmt.Errorf("read file: %w", err)
		case c == 0:
			return "", refuse(NulByte)
		case c == utf8.RuneError && size == 1:
			wrong = true
			if err := r.UnreadRune(); err != nil {
				return "", fmt.Errorf("read file: %w", err)
			}
			if b, err := r.ReadByte(); err == nil && b >= 0x80 && b < 0xa0 && high[b-0x80] == 0 {
				undefined = true
			}
		case size > 1 && (n > 0 || c != 0xfeff):
			many = true
		case c < ' ' && c != '\t' && c != '\r' && c != '\n':
			undefined = true // no text of an office has control characters; in UTF-8 the row tells
		}
	}
}

func judge(many, wrong, undefined bool) (string, error) {
	switch {
	case !wrong:
		return utf8Name, nil
	case many || undefined:
		return "", refuse(NotUTF8)
	}
	return win1252, nil
}

// high are the characters of Windows-1252 from 0x80 to 0x9f; 0: none.
var high = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// next returns one character, stopRune at the end.
func (t *text) next() (c rune, err error) {
	if t.back != stopRune {
		c, t.back = t.back, stopRune
		return c, nil
	}
	switch t.about.Encoding {
	case utf16LE, utf16BE:
		c, err = t.wide()
	case win1252:
		var b byte
		b, err = t.r.ReadByte()
		if c = rune(b); b >= 0x80 && b < 0xa0 {
			c = high[b-0x80]
		}
	default:
		c, _, err = t.r.ReadRune()
	}
	switch {
	case errors.Is(err, io.EOF):
		return stopRune, nil
	case err != nil:
		return 0, err
	case c == 0:
		return 0, refuse(NulByte)
	}
	t.size += utf8.RuneLen(c)
	return c, nil
}

// wide reads a character of UTF-16; half of one is refused.
func (t *text) wide() (rune, error) {
	u, err := t.unit()
	if err != nil || !utf16.IsSurrogate(u) {
		return u, err
	}
	v, err := t.unit()
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	c := utf16.DecodeRune(u, v)
	if c == utf8.RuneError {
		return 0, refuse(NotUTF8)
	}
	return c, nil
}

func (t *text) unit() (rune, error) {
	var b [2]byte
	if _, err := io.ReadFull(t.r, b[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, refuse(NotUTF8)
		}
		return 0, err
	}
	if t.about.Encoding == utf16BE {
		b[0], b[1] = b[1], b[0]
	}
	return rune(b[0]) | rune(b[1])<<8, nil
}

// separator is the one that stands most often outside quotes in the first line
// that says something.
func (t *text) separator() (rune, error) {
	count := map[rune]int{}
	quoted, said := false, false
	for t.size < headBytes {
		c, err := t.next()
		if err != nil {
			return 0, err
		}
		if c == stopRune || (c == '\n' || c == '\r') && !quoted && said {
			break
		}
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted:
			count[c]++
		}
		said = said || c > ' ' && c != 0xfeff
	}
	best := ','
	for _, c := range []rune{';', '\t'} {
		if count[c] > count[best] {
			best = c
		}
	}
	t.size = 0
	return best, nil
}

// skipHint passes over "sep=;", by which Excel is told the separator.
func (t *text) skipHint() error {
	head, _ := t.r.Peek(7) //nolint:errcheck // whatever there is
	if len(head) < 6 || !strings.EqualFold(string(head[:4]), "sep=") || head[5] != '\r' && head[5] != '\n' {
		return nil
	}
	t.about.Separator = rune(head[4])
	n := 6
	if len(head) > 6 && head[5] == '\r' && head[6] == '\n' {
		n = 7
	}
	t.line++
	_, err := t.r.Discard(n)
	return err
}

// About implements Rows.
func (t *text) About() About { return t.about }

// Next implements Rows.
func (t *text) Next() (int64, []string, error) {
	for !t.ended {
		line := t.line
		if err := t.row(); err != nil {
			return 0, nil, err
		}
		if !blank(t.cells) {
			return line, t.cells, nil
		}
	}
	return 0, nil, io.EOF
}

func (t *text) row() error {
	t.cells, t.size = t.cells[:0], 0
	for {
		more, err := t.readCell()
		if err != nil {
			return err
		}
		t.cells = append(t.cells, t.cell.String())
		switch {
		case len(t.cells) > 4*ColumnsMost && t.size > LineMost/4, len(t.cells) > LineMost/2:
			return refuse(ManyColumns)
		case !more:
			return nil
		}
	}
}

// readCell reads one cell and reports whether another one follows in the row.
func (t *text) readCell() (more bool, err error) {
	t.cell.Reset()
	t.double = false
	for first := true; ; first = false {
		c, err := t.next()
		switch {
		case err != nil:
			return false, err
		case t.size > LineMost:
			return false, refuse(LineTooLong)
		case c == stopRune:
			t.ended = true
			return false, nil
		case c == t.about.Separator:
			return true, nil
		case c == '\n' || c == '\r':
			return false, t.endLine(c)
		case c == '"' && first:
			if err := t.quoted(); err != nil {
				return false, err
			}
			t.double = true
		case c == '"', t.double && c != ' ':
			return false, refuse(NotCSV)
		case !t.double:
			t.cell.WriteRune(c)
		}
	}
}

// endLine takes the second half of a line end.
func (t *text) endLine(c rune) error {
	t.line++
	if c != '\r' {
		return nil
	}
	next, err := t.next()
	if err != nil {
		return err
	}
	if next != '\n' {
		t.back = next
		if next == stopRune {
			t.ended = true
		}
	}
	return nil
}

// quoted reads up to the quote that ends a cell. One that never ends is no CSV.
func (t *text) quoted() error {
	for {
		c, err := t.next()
		switch {
		case err != nil:
			return err
		case c == stopRune, t.size > LineMost:
			return refuse(NotCSV)
		case c == '\n':
			t.line++
		}
		if c != '"' {
			t.cell.WriteRune(c)
			continue
		}
		next, err := t.next()
		if err != nil {
			return err
		}
		if next != '"' {
			if t.back = next; next == stopRune {
				t.r.Reset(strings.NewReader(""))
			}
			return nil
		}
		t.cell.WriteByte('"')
	}
}
