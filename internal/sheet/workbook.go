package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// workbook reads one sheet of an Office Open XML workbook (ECMA-376 part 1, 18).
type workbook struct {
	about  About
	texts  texts
	tokens *tokens
	line   int64
	cells  []string
}

func openWorkbook(f io.ReaderAt, size int64) (Rows, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, refuse(NotXLSX)
	}
	parts, err := partsOf(z, size)
	if err != nil {
		return nil, err
	}
	w := &workbook{about: About{Kind: XLSX}}
	target, err := w.readBook(parts, size)
	if err != nil {
		return nil, err
	}
	if p := parts["xl/sharedstrings.xml"]; p != nil {
		if err := w.texts.read(p, size); err != nil {
			return nil, err
		}
	}
	p := parts[strings.ToLower(target)]
	if p == nil {
		return nil, refuse(NotXLSX)
	}
	if w.tokens, err = openPart(p, size, unpackedMost); err != nil {
		return nil, err
	}
	return w, nil
}

// partsOf returns the parts by their names in small letters, or a refusal of an
// archive that was not made by a spreadsheet.
func partsOf(z *zip.Reader, size int64) (map[string]*zip.File, error) {
	if len(z.File) > entriesMost {
		return nil, refuse(TooLarge)
	}
	var total uint64
	out := map[string]*zip.File{}
	type span struct{ from, to int64 }
	spans := make([]span, 0, len(z.File))
	for _, e := range z.File {
		name := strings.ToLower(e.Name)
		switch {
		case name == "mimetype" || name == "content.xml":
			return nil, refuse(OpenDocument)
		case strings.HasPrefix(name, "index/") && strings.HasSuffix(name, ".iwa"), name == "index.zip":
			return nil, refuse(AppleNumbers)
		case strings.Contains(name, ".."), strings.HasPrefix(name, "/"), strings.ContainsAny(name, "\\\x00"), e.Flags&1 != 0, out[name] != nil:
			return nil, refuse(NotXLSX)
		}
		from, err := e.DataOffset()
		if err != nil || e.CompressedSize64 > uint64(size) { //nolint:gosec // sizes of files are not negative
			return nil, refuse(NotXLSX)
		}
		if total += e.UncompressedSize64; total > uint64(mostOf(size)) || e.UncompressedSize64 > unpackedMost { //nolint:gosec // as above
			return nil, refuse(TooLarge)
		}
		out[name], spans = e, append(spans, span{from, from + int64(e.CompressedSize64)}) //nolint:gosec // at most size
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return nil, refuse(NotXLSX)
		}
	}
	return out, nil
}

func mostOf(size int64) int64 { return min(unpackedMost, max(ratioFree, ratioMost*size)) }

// readBook finds the first sheet that is shown.
func (w *workbook) readBook(parts map[string]*zip.File, size int64) (target string, err error) {
	book, rels := parts["xl/workbook.xml"], parts["xl/_rels/workbook.xml.rels"]
	if book == nil {
		return "", refuse(NotXLSX)
	}
	t, err := openPart(book, size, partMost)
	if err != nil {
		return "", err
	}
	id, first := "", true
	for {
		el, ok, err := t.start()
		if err != nil {
			return "", err
		}
		if !ok {
			break
		}
		switch el.Name.Local {
		case "workbookPr":
			v := attr(el, "date1904")
			w.about.Date1904 = v == "1" || v == "true"
		case "sheet":
			switch {
			case attr(el, "state") == "hidden" || attr(el, "state") == "veryHidden":
			case first:
				id, w.about.Sheet, first = attr(el, "id"), attr(el, "name"), false
			default:
				w.about.OtherSheets++
			}
		}
	}
	if id == "" || rels == nil {
		return "", refuse(NotXLSX)
	}
	return relation(rels, id, size)
}

// relation returns the part that an id of the workbook stands for.
func relation(rels *zip.File, id string, size int64) (string, error) {
	t, err := openPart(rels, size, partMost)
	if err != nil {
		return "", err
	}
	found := ""
	for {
		el, ok, err := t.start()
		switch {
		case err != nil:
			return "", err
		case !ok && found == "":
			return "", refuse(NotXLSX)
		case !ok:
			return found, nil
		case el.Name.Local != "Relationship" || attr(el, "Id") != id:
			continue
		}
		to := attr(el, "Target")
		if strings.EqualFold(attr(el, "TargetMode"), "External") || strings.Contains(to, ":") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\") {
			return "", refuse(External)
		}
		if strings.HasPrefix(to, "/") {
			found = strings.TrimPrefix(path.Clean(to), "/")
		} else {
			found = path.Join("xl", to)
		}
	}
}

func attr(el xml.StartElement, name string) string {
	for _, a := range el.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// About implements Rows.
func (w *workbook) About() About { return w.about }

// Next implements Rows.
func (w *workbook) Next() (int64, []string, error) {
	for {
		el, ok, err := w.tokens.start()
		switch {
		case err != nil:
			return 0, nil, err
		case !ok:
			return 0, nil, io.EOF
		case el.Name.Local != "row":
			continue
		}
		if err := w.number(attr(el, "r")); err != nil {
			return 0, nil, err
		}
		if err := w.readRow(); err != nil {
			return 0, nil, err
		}
		if !blank(w.cells) {
			return w.line, w.cells, nil
		}
	}
}

// number takes the number of a row; rows come in order.
func (w *workbook) number(text string) error {
	if text == "" {
		w.line++
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n <= w.line {
		return refuse(NotXLSX)
	}
	w.line = n
	return nil
}

func (w *workbook) readRow() error { //nolint:gocognit // one loop over the tokens of a row
	w.cells = w.cells[:0]
	depth, size := w.tokens.depth, 0
	for {
		t, err := w.tokens.next()
		if err != nil {
			return err
		}
		switch el := t.(type) {
		case nil:
			return refuse(NotXLSX)
		case xml.EndElement:
			if w.tokens.depth < depth {
				return nil
			}
		case xml.StartElement:
			if el.Name.Local != "c" {
				continue
			}
			column, err := columnOf(attr(el, "r"), len(w.cells))
			if err != nil {
				return err
			}
			value, err := w.cell(attr(el, "t"))
			if err != nil {
				return err
			}
			for len(w.cells) <= column {
				w.cells = append(w.cells, "")
			}
			w.cells[column] = value
			if size += len(value); size > LineMost {
				return refuse(LineTooLong)
			}
		}
	}
}

// columnOf reads the letters of "C7"; none: the column after the last one.
func columnOf(ref string, next int) (int, error) {
	n := 0
	for _, c := range ref {
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > ColumnsMost {
			return 0, refuse(ManyColumns)
		}
	}
	if n == 0 {
		n = next + 1
	}
	if n > ColumnsMost {
		return 0, refuse(ManyColumns)
	}
	if n <= next {
		return 0, refuse(NotXLSX)
	}
	return n - 1, nil
}

// cell reads the rest of a <c>.
func (w *workbook) cell(kind string) (string, error) { //nolint:gocognit // one loop over the tokens of a cell
	depth := w.tokens.depth
	var value, formula, inline strings.Builder
	hasFormula := false
	var into *strings.Builder
	for {
		t, err := w.tokens.next()
		if err != nil {
			return "", err
		}
		switch el := t.(type) {
		case nil:
			return "", refuse(NotXLSX)
		case xml.StartElement:
			switch el.Name.Local {
			case "v":
				into = &value
			case "f":
				into, hasFormula = &formula, true
			case "t":
				into = &inline
			case "rPh":
				if err := w.tokens.skip(); err != nil {
					return "", err
				}
			default:
				into = nil
			}
		case xml.CharData:
			if into == nil {
				continue
			}
			if into.Len()+len(el) > 4*cellMost { // before it is kept: a cell may have any number of pieces
				return "", refuse(LineTooLong)
			}
			into.Write(el)
		case xml.EndElement:
			into = nil
			if w.tokens.depth < depth {
				if hasFormula {
					return clip("=" + formula.String())
				}
				return w.value(kind, value.String(), inline.String())
			}
		}
	}
}

func (w *workbook) value(kind, value, inline string) (string, error) {
	switch kind {
	case "s":
		if value == "" {
			return "", nil
		}
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return "", refuse(NotXLSX)
		}
		return w.texts.at(n)
	case "inlineStr":
		return clip(inline)
	case "", "n":
		return number(strings.TrimSpace(value)), nil
	case "b":
		if value == "1" {
			return "ya", nil
		}
		return "tidak", nil
	}
	return clip(value)
}

func clip(s string) (string, error) {
	if len(s) > cellMost {
		return "", refuse(LineTooLong)
	}
	return s, nil
}

// digitsKept are the decimal digits that a spreadsheet's number holds.
const digitsKept = 15

// number writes a number as its digits. One with more digits than a
// spreadsheet keeps stays in the form 7.271E+15: what was lost is not made up.
func number(s string) string {
	x, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return s
	case x != x || x > 1e300 || x < -1e300:
		return s
	}
	plain := strconv.FormatFloat(x, 'f', -1, 64)
	if whole, _, _ := strings.Cut(strings.TrimPrefix(plain, "-"), "."); len(whole) > digitsKept {
		return strconv.FormatFloat(x, 'E', digitsKept-1, 64)
	}
	return plain
}

// texts is the table of shared strings, all in one piece of memory.
type texts struct {
	all []byte
	end []uint32
}

func (x *texts) at(n int) (string, error) {
	if n < 0 || n >= len(x.end) {
		return "", refuse(NotXLSX)
	}
	from := uint32(0)
	if n > 0 {
		from = x.end[n-1]
	}
	return string(x.all[from:x.end[n]]), nil
}

func (x *texts) read(p *zip.File, size int64) error { //nolint:gocognit // one loop over the tokens of a part
	x.all = make([]byte, 0, min(p.UncompressedSize64/2, textsMost))
	t, err := openPart(p, size, unpackedMost)
	if err != nil {
		return err
	}
	inItem, inText := false, false
	for {
		token, err := t.next()
		if err != nil {
			return err
		}
		switch el := token.(type) {
		case nil:
			return nil
		case xml.StartElement:
			switch el.Name.Local {
			case "si":
				inItem = true
			case "t":
				inText = inItem
			case "rPh": // how to read it aloud
				if err := t.skip(); err != nil {
					return err
				}
			}
		case xml.CharData:
			if !inText {
				continue
			}
			if len(x.all)+len(el) > textsMost { // before it is kept: a text may have any number of pieces
				return refuse(TooLarge)
			}
			x.all = append(x.all, el...)
		case xml.EndElement:
			inText = false
			if el.Name.Local == "si" {
				if inItem = false; !x.close() {
					return refuse(TooLarge)
				}
			}
		}
	}
}

func (x *texts) close() bool {
	before := uint32(0)
	if n := len(x.end); n > 0 {
		before = x.end[n-1]
	}
	if len(x.all) > textsMost || len(x.end) >= textCount || len(x.all)-int(before) > cellMost*4 {
		return false
	}
	x.end = append(x.end, uint32(len(x.all))) //nolint:gosec // at most textsMost
	return true
}

// tokens reads XML without believing it: no declarations of documents, no
// entity that is not of XML itself, bounded depth and size.
type tokens struct {
	guard *guard
	dec   *xml.Decoder
	depth int
	stack []string
}

// openPart reads a part of at most most bytes.
func openPart(p *zip.File, size, most int64) (*tokens, error) {
	r, err := p.Open()
	if err != nil {
		return nil, refuse(NotXLSX)
	}
	g := &guard{r: bufio.NewReaderSize(r, 32<<10), left: min(most, mostOf(size))}
	dec := xml.NewDecoder(g)
	dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, refuse(NotXLSX) }
	return &tokens{guard: g, dec: dec}, nil
}

// next returns a token, nil at the end of the part.
func (t *tokens) next() (xml.Token, error) {
	t.guard.run = 0
	token, err := t.dec.RawToken()
	if errors.Is(err, io.EOF) {
		if t.depth > 0 {
			return nil, refuse(NotXLSX)
		}
		return nil, nil
	}
	if err != nil {
		if r, ok := errors.AsType[*Refusal](t.guard.err); ok {
			return nil, r
		}
		return nil, refuse(NotXLSX)
	}
	switch el := token.(type) {
	case xml.Directive:
		return nil, refuse(Declares)
	case xml.StartElement:
		if t.depth++; t.depth > depthMost {
			return nil, refuse(NotXLSX)
		}
		t.stack = append(t.stack, el.Name.Local)
	case xml.EndElement:
		if t.depth--; t.depth < 0 || t.stack[t.depth] != el.Name.Local {
			return nil, refuse(NotXLSX)
		}
		t.stack = t.stack[:t.depth]
	}
	return token, nil
}

// start returns the next element that begins; false at the end.
func (t *tokens) start() (xml.StartElement, bool, error) {
	for {
		token, err := t.next()
		if err != nil || token == nil {
			return xml.StartElement{}, false, err
		}
		if el, ok := token.(xml.StartElement); ok {
			return el, true, nil
		}
	}
}

// skip passes over the rest of the element that began last.
func (t *tokens) skip() error {
	for depth := t.depth; t.depth >= depth; {
		if token, err := t.next(); err != nil || token == nil {
			return cmpOr(err, refuse(NotXLSX))
		}
	}
	return nil
}

func cmpOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// guard gives out bytes until a part or one token of it is too large.
type guard struct {
	r    *bufio.Reader
	left int64
	run  int // bytes since the last token
	err  error
}

// ReadByte implements io.ByteReader, which the decoder prefers.
func (g *guard) ReadByte() (byte, error) {
	b, err := g.r.ReadByte()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			g.err = refuse(NotXLSX)
		}
		return 0, err
	}
	g.run++
	g.left--
	switch {
	case g.left < 0:
		g.err = refuse(TooLarge)
		return 0, g.err
	case g.run > 4*LineMost:
		g.err = refuse(LineTooLong)
		return 0, g.err
	}
	return b, nil
}

// Read implements io.Reader.
func (g *guard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := g.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}
