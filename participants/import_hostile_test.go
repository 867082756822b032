package participants_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/participants"
)

// hostile is a file that somebody sends: with a code it is refused as a whole,
// without one it does no harm and is taken, with so many faulty rows.
type hostile struct {
	name   string
	code   string
	faulty int64
	file   func() io.Reader
}

func textFile(s string) func() io.Reader  { return func() io.Reader { return strings.NewReader(s) } }
func bytesFile(b []byte) func() io.Reader { return func() io.Reader { return bytes.NewReader(b) } }

const (
	csvHead  = "nik,nama,kpj,segmen\n"
	csvRow   = "7271995508900001,Ani,19000000001,pu\n"
	bookPart = "xl/workbook.xml"
	relsPart = "xl/_rels/workbook.xml.rels"
	onePart  = "xl/worksheets/sheet1.xml"
)

// cells is a row of inline texts; one that begins with < is a whole cell.
func cells(n int, all ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, n)
	for i, c := range all {
		if strings.HasPrefix(c, "<") {
			b.WriteString(strings.Replace(c, "<c", fmt.Sprintf(`<c r="%c%d"`, 'A'+i, n), 1))
			continue
		}
		fmt.Fprintf(&b, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, n, c)
	}
	return b.String() + "</row>"
}

func sheetXML(rows ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + strings.Join(rows, "") + `</sheetData></worksheet>`
}

var (
	headRow = cells(1, "nik", "nama", "kpj", "segmen")
	goodRow = cells(2, "7271995508900001", "Ani", "19000000001", "pu")
)

// parts are those of a workbook, with some in place of the usual ones; an empty
// one is left out.
func parts(other map[string]string) map[string]string {
	out := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		bookPart:              `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		relsPart:              `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
		onePart:               sheetXML(headRow, goodRow),
	}
	for k, v := range other {
		if out[k] = v; v == "" {
			delete(out, k)
		}
	}
	return out
}

func book(other map[string]string) func() io.Reader {
	return func() io.Reader {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range parts(other) {
			w, err := z.Create(name)
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				panic(err)
			}
		}
		if err := z.Close(); err != nil {
			panic(err)
		}
		return &b
	}
}

func sheetBook(rows ...string) func() io.Reader {
	return book(map[string]string{onePart: sheetXML(rows...)})
}

func bookText(other map[string]string) string {
	b, err := io.ReadAll(book(other)())
	if err != nil {
		panic(err)
	}
	return string(b)
}

// rawBook is a workbook whose sheet is a part of any bytes under any header.
func rawBook(h zip.FileHeader, body []byte) func() io.Reader {
	return func() io.Reader {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range parts(map[string]string{onePart: ""}) {
			w, err := z.Create(name)
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				panic(err)
			}
		}
		h.Name = onePart
		w, err := z.CreateRaw(&h)
		if err == nil {
			_, err = w.Write(body)
		}
		if err = errors.Join(err, z.Close()); err != nil {
			panic(err)
		}
		return &b
	}
}

// deflated repeats a piece so often without unpacking it.
func deflated(head, piece string, times int) []byte {
	var one bytes.Buffer
	pack := func(text string) []byte {
		one.Reset()
		w, err := flate.NewWriter(&one, 9)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err = errors.Join(err, w.Flush()); err != nil {
			panic(err)
		}
		return bytes.Clone(one.Bytes())
	}
	out := pack(head)
	again := pack(piece)
	for range times {
		out = append(out, again...)
	}
	return append(out, 1, 0, 0, 0xff, 0xff) // an empty last block
}

func utf16File(mark string, order binary.AppendByteOrder, s string) []byte {
	out := []byte(mark)
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// endless gives a text over and over, so many bytes, without holding them.
type endless struct {
	text string
	left int
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.left > 0 {
		c := copy(p[n:min(len(p), n+e.left)], e.text[e.at:])
		n, e.left, e.at = n+c, e.left-c, (e.at+c)%len(e.text)
	}
	return n, nil
}

func after(head string, r io.Reader) func() io.Reader {
	return func() io.Reader { return io.MultiReader(strings.NewReader(head), r) }
}

func hostileTexts() []hostile {
	le, be := utf16File("\xff\xfe", binary.LittleEndian, csvHead+csvRow), utf16File("\xfe\xff", binary.BigEndian, csvHead+csvRow)
	out := []hostile{
		{"nothing at all", "empty", 0, textFile("")},
		{"only a mark", "empty", 0, textFile("\ufeff")},
		{"only line ends", "empty", 0, textFile("\r\n\n\r\r\n")},
		{"only a heading", "", 0, textFile(csvHead)},
		{"only spaces", "header_missing", 0, textFile("   \n  \n")},
		{"no heading", "header_missing", 0, textFile(csvRow)},
		{"a heading twice", "header_duplicate", 0, textFile("nik,nik,nama,kpj,segmen\n")},
		{"two headings of one meaning", "header_duplicate", 0, textFile("nik,nomor_ktp,nama,kpj,segmen\n")},
		{"an unknown heading twice", "", 0, textFile("x,x,nik,nama,kpj,segmen\n1,2," + csvRow)},
		{"a mark", "", 0, textFile("\ufeff" + csvHead + csvRow)},
		{"a mark twice", "", 0, textFile("\ufeff\ufeff" + csvHead + csvRow)},
		{"a mark before a quote twice", "not_csv", 0, textFile("\ufeff\ufeff\"nik\",nama,kpj,segmen\n")},
		{"UTF-16, little end first", "", 0, bytesFile(le)},
		{"UTF-16, big end first", "", 0, bytesFile(be)},
		{"UTF-16 without a mark", "nul_byte", 0, bytesFile(le[2:])},
		{"UTF-16 of an odd length", "not_utf8", 0, bytesFile(append(bytes.Clone(le), 'x'))},
		{"UTF-16 with half a pair at the end", "not_utf8", 0, bytesFile(append(bytes.Clone(le), 0x3d, 0xd8))},
		{"UTF-16 with the second half first", "not_utf8", 0, bytesFile(append(bytes.Clone(le), 0x00, 0xde, 0x41, 0x00))},
		{"UTF-16 with NUL", "nul_byte", 0, bytesFile(append(bytes.Clone(le), 0, 0))},
		{"UTF-32", "nul_byte", 0, textFile("\xff\xfe\x00\x00n\x00\x00\x00")},
		{"Windows-1252", "", 0, textFile(csvHead + "7271995508900001,Jos\xe9 D\x92Souza,19000000001,pu\n")},
		{"Windows-1252 with a byte that means nothing", "not_utf8", 0, textFile(csvHead + "7271995508900001,Jos\x81,19000000001,pu\n")},
		{"two encodings", "not_utf8", 0, textFile(csvHead + "7271995508900001,Jos\xe9 é,19000000001,pu\n")},
		{"UTF-8 cut in a character", "", 1, textFile(csvHead + csvRow + "7271995508900002,Jos\xc3")},
		{"overlong UTF-8", "not_utf8", 0, textFile(csvHead + "7271995508900001,\xc0\xaf\x81,19000000001,pu\n")},
		{"a surrogate in UTF-8", "", 0, textFile(csvHead + "7271995508900001,A\xed\xa0\x80,19000000001,pu\n")},
		{"NUL in a cell", "nul_byte", 0, textFile(csvHead + "7271995508900001,A\x00B,19000000001,pu\n")},
		{"NUL at the end", "nul_byte", 0, textFile(csvHead + csvRow + "\x00")},
		{"a bell in a cell", "", 1, textFile(csvHead + "7271995508900001,A\aB,19000000001,pu\n")},
		{"an escape in a cell", "", 1, textFile(csvHead + "7271995508900001,A\x1b[31mB,19000000001,pu\n")},
		{"text turned around", "", 1, textFile(csvHead + "7271995508900001,A\u202eB,19000000001,pu\n")},
		{"text isolated", "", 1, textFile(csvHead + "7271995508900001,A\u2066B,19000000001,pu\n")},
		{"marks of direction around a number", "", 0, textFile(csvHead + "\u202a7271995508900001\u202c,Ani,\u200e19000000001,pu\n")},
		{"spaces that do not break", "", 0, textFile(csvHead + "\u00a07271995508900001\u00a0,Ani,19000000001\u00a0,pu\n")},
		{"an apostrophe before a number", "", 0, textFile(csvHead + "'7271995508900001,Ani,'19000000001,pu\n")},
		{"lines of all three ends", "", 0, textFile("nik,nama,kpj,segmen\r7271995508900001,Ani,19000000001,pu\r\n7271995508900002,Budi,19000000002,pu\n")},
		{"a line end within quotes", "", 1, textFile(csvHead + "7271995508900001,\"Ani\nSari\",19000000001,pu\n")},
		{"a line end within quotes of a column nobody reads", "", 0, textFile("catatan," + csvHead + "\"a\nb\r\nc\"," + csvRow)},
		{"a quote that never ends", "not_csv", 0, textFile(csvHead + "\"7271995508900001,Ani\n" + strings.Repeat("x,y,z\n", 100))},
		{"a quote that never ends, of many megabytes", "not_csv", 0, after(csvHead+"\"", &endless{text: "x,y\n", left: 20 << 20})},
		{"a quote in the middle", "not_csv", 0, textFile(csvHead + "72\"71,Ani,1,pu\n")},
		{"text behind a quote", "not_csv", 0, textFile(csvHead + "\"7271\"x,Ani,1,pu\n")},
		{"a line of 20 MB", "line_too_long", 0, after(csvHead, &endless{text: "a", left: 20 << 20})},
		{"a line of 200 MB", "too_large", 0, after(csvHead, &endless{text: "a", left: 200 << 20})},
		{"a first line of 20 MB", "line_too_long", 0, after("", &endless{text: "a", left: 20 << 20})},
		{"a million columns", "too_many_columns", 0, after("nik,nama,kpj,segmen", &endless{text: ",", left: 1_000_000})},
		{"a hundred columns", "too_many_columns", 0, textFile(strings.Repeat("a,", 100) + csvHead)},
		{"more cells than columns", "", 1, textFile(csvHead + "7271995508900001,Ani,19000000001,pu,more\n")},
		{"fewer cells than columns", "", 1, textFile(csvHead + "7271995508900001\n")},
		{"a cell of 32,768 characters", "", 1, textFile(csvHead + "7271995508900001," + strings.Repeat("a", 32_768) + ",19000000001,pu\n")},
		{"a negative number", "", 1, textFile(csvHead + "-7271995508900001,Ani,19000000001,pu\n")},
		{"a number of a thousand digits", "", 1, textFile(csvHead + strings.Repeat("7", 1000) + ",Ani,19000000001,pu\n")},
		{"a number that Excel broke", "", 1, textFile(csvHead + "7.27199550890000E+15,Ani,19000000001,pu\n")},
		{"digits of another script", "", 1, textFile(csvHead + "٧٢٧١٩٩٥٥٠٨٩٠٠٠٠١,Ani,19000000001,pu\n")},
		{"a web page", "web_page", 0, textFile("<!DOCTYPE html><html><body><table></table></body></html>")},
		{"a table of a web page", "web_page", 0, textFile("  <table><tr><td>nik</td></tr></table>")},
		{"XML", "web_page", 0, textFile("<?xml version=\"1.0\"?><a/>")},
		{"a script", "web_page", 0, textFile("<script>alert(1)</script>")},
		{"a PDF", "pdf", 0, textFile("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")},
		{"a program for Windows", "program", 0, textFile("MZ\x90\x00\x03\x00\x00\x00")},
		{"a program for Linux", "program", 0, textFile("\x7fELF\x02\x01\x01\x00")},
		{"a shell script", "program", 0, textFile("#!/bin/sh\nrm -rf /\n")},
		{"a picture", "not_csv", 0, textFile("\x89PNG\r\n\x1a\n")},
		{"gzip", "not_csv", 0, textFile("\x1f\x8b\x08\x00")},
		{"RAR", "not_csv", 0, textFile("Rar!\x1a\x07\x00")},
		{"7-Zip", "not_csv", 0, textFile("7z\xbc\xaf\x27\x1c")},
		{"RTF", "not_csv", 0, textFile("{\\rtf1\\ansi nik}")},
		{"old Excel", "old_excel", 0, textFile("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 4096) + "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00")},
		{"an encrypted workbook", "encrypted", 0, textFile("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 70_000) + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")},
		{"JSON", "not_csv", 0, textFile(`[{"nik": 1}]`)},
		{"a separator told to Excel", "", 0, textFile("sep=;\n" + strings.ReplaceAll(csvHead+csvRow, ",", ";"))},
		{"a separator of another kind", "header_missing", 0, textFile(strings.ReplaceAll(csvHead+csvRow, ",", "|"))},
		{"tabs", "", 0, textFile(strings.ReplaceAll(csvHead+csvRow, ",", "\t"))},
		{"quoted-printable", "", 1, textFile(csvHead + "7271995508900001,=41=6E=69,19000000001,pu\n")},
		{"a command of SQL", "", 0, textFile(csvHead + "7271995508900001,Robert'); DROP TABLE participants;--,19000000001,pu\n")},
		{"a tag in a name", "", 0, textFile(csvHead + "7271995508900001,<script>alert(1)</script>,19000000001,pu\n")},
	}
	for _, f := range []string{"=cmd|' /C calc'!A0", "=1+1", "=HYPERLINK(\"\"http://x\"\")", "+1", "-1", "@SUM(A1)"} {
		out = append(out, hostile{"a formula in CSV: " + f, "", 1, textFile(csvHead + "7271995508900001,\"" + f + "\",19000000001,pu\n")})
	}
	for name, f := range map[string]string{"tab": "\t=1+1", "line feed": "\n=1+1", "carriage return": "\r=1+1", "space": " =1+1", "apostrophe": "'=1+1"} {
		out = append(out, hostile{"a formula in CSV behind a " + name, "", 1, textFile(csvHead + "7271995508900001,\"" + f + "\",19000000001,pu\n")})
	}
	return out
}

func hostileBooks() []hostile {
	good := bookText(nil)
	in := func(part, text string) func() io.Reader { return book(map[string]string{part: text}) }
	lol := `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>`
	spaces := deflated("<worksheet><sheetData>", strings.Repeat(" ", 1<<20), 10<<10) // ten GiB
	zeros := deflated("", strings.Repeat("\x00", 1<<20), 10<<10)
	wrongCRC := sheetXML(headRow, goodRow)
	many := map[string]string{}
	for i := range 300 {
		many[fmt.Sprint("xl/media/", i)] = "x"
	}
	nested := bookText(map[string]string{"xl/embeddings/inner.xlsx": good})
	for range 5 {
		nested = bookText(map[string]string{"xl/embeddings/inner.xlsx": nested})
	}
	dated := func(v string) func() io.Reader {
		return sheetBook(cells(1, "nik", "nama", "kpj", "segmen", "tanggal_lahir"), cells(2, "7271995508900001", "Ani", "19000000001", "pu", "<c><v>"+v+"</v></c>"))
	}
	withFormula := func(f, v string) func() io.Reader {
		return sheetBook(headRow, cells(2, "7271995508900001", "<c t=\"str\"><f>"+f+"</f><v>"+v+"</v></c>", "19000000001", "pu"))
	}
	rel := func(attrs string) func() io.Reader {
		return in(relsPart, `<Relationships><Relationship Id="rId1" `+attrs+`/></Relationships>`)
	}
	sheets := func(s string) string { return `<workbook xmlns:r="r"><sheets>` + s + `</sheets></workbook>` }
	two := `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="worksheets/sheet2.xml"/></Relationships>`
	return []hostile{
		{"a good workbook", "", 0, textFile(good)},
		{"half a workbook", "not_xlsx", 0, textFile(good[:len(good)/2])},
		{"a workbook without its last byte", "not_xlsx", 0, textFile(good[:len(good)-1])},
		{"only the first bytes of an archive", "not_xlsx", 0, textFile("PK\x03\x04")},
		{"an empty archive", "not_xlsx", 0, textFile("PK\x05\x06" + strings.Repeat("\x00", 18))},
		{"a workbook behind other bytes", "not_csv", 0, textFile("GIF89a" + good)},
		{"bytes behind a workbook", "", 0, textFile(good + strings.Repeat("x", 100))},
		{"an archive of something else", "not_xlsx", 0, in(bookPart, "")},
		{"no relations", "not_xlsx", 0, in(relsPart, "")},
		{"no sheet", "not_xlsx", 0, in(onePart, "")},
		{"an OpenDocument file", "open_document", 0, in("mimetype", "application/vnd.oasis.opendocument.spreadsheet")},
		{"a Numbers file", "apple_numbers", 0, in("Index/Document.iwa", "x")},
		{"a Word file", "not_xlsx", 0, book(map[string]string{bookPart: "", relsPart: "", onePart: "", "word/document.xml": "<w/>"})},
		{"300 parts", "too_large", 0, book(many)},
		{"a path upwards", "not_xlsx", 0, in("../../etc/cron.d/x", "x")},
		{"a path from the root", "not_xlsx", 0, in("/etc/passwd", "x")},
		{"a path of Windows", "not_xlsx", 0, in("xl\\workbook.xml", "x")},
		{"a name of two cases", "not_xlsx", 0, in("XL/Workbook.xml", "<workbook/>")},
		{"a name in quoted-printable", "", 0, in("=?utf-8?Q?xl/x=2Exml?=", "x")},
		{"a workbook in a workbook in a workbook", "", 0, textFile(nested)},
		{"ten GiB of zeros, said so", "too_large", 0, rawBook(zip.FileHeader{Method: zip.Deflate, CompressedSize64: uint64(len(zeros)), UncompressedSize64: 10 << 30}, zeros)},
		{"ten GiB of zeros, said to be few", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Deflate, CompressedSize64: uint64(len(zeros)), UncompressedSize64: 100}, zeros)},
		{"ten GiB of spaces, said to be few", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Deflate, CompressedSize64: uint64(len(spaces)), UncompressedSize64: 100}, spaces)},
		{"ten GiB of empty rows, said to be few", "not_xlsx", 0, func() io.Reader {
			b := deflated("<worksheet><sheetData>", strings.Repeat("<row></row>", 100_000), 600)
			return rawBook(zip.FileHeader{Method: zip.Deflate, CompressedSize64: uint64(len(b)), UncompressedSize64: 100}, b)()
		}},
		{"60 MiB of spaces in a small file", "too_large", 0, in(onePart, strings.Repeat(" ", 60<<20))},
		{"a wrong checksum", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Store, CRC32: 1, CompressedSize64: uint64(len(wrongCRC)), UncompressedSize64: uint64(len(wrongCRC))}, []byte(wrongCRC))},
		{"a directory that says more than there is", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(wrongCRC)), CompressedSize64: 1 << 20, UncompressedSize64: 1 << 20}, []byte(wrongCRC))},
		{"a directory that says less than there is", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(wrongCRC)), CompressedSize64: 50, UncompressedSize64: 50}, []byte(wrongCRC))},
		{"a method nobody knows", "not_xlsx", 0, rawBook(zip.FileHeader{Method: 99, CompressedSize64: 3, UncompressedSize64: 3}, []byte("abc"))},
		{"a part with a password", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Store, Flags: 1, CompressedSize64: 3, UncompressedSize64: 3}, []byte("abc"))},
		{"bytes that do not unpack", "not_xlsx", 0, rawBook(zip.FileHeader{Method: zip.Deflate, CompressedSize64: 3, UncompressedSize64: 300}, []byte("\xff\xff\xff"))},
		{"a declaration in the sheet", "xml_doctype", 0, in(onePart, `<!DOCTYPE x>`+sheetXML(headRow, goodRow)[38:])},
		{"an entity of a file in the sheet", "xml_doctype", 0, in(onePart, `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c><v>&x;</v></c></row></sheetData></worksheet>`)},
		{"an entity of elsewhere in the workbook", "xml_doctype", 0, in(bookPart, `<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]><workbook/>`)},
		{"a billion laughs in the sheet", "xml_doctype", 0, in(onePart, lol+`<worksheet>&lol2;</worksheet>`)},
		{"a billion laughs in the texts", "xml_doctype", 0, in("xl/sharedStrings.xml", lol+`<sst><si><t>&lol2;</t></si></sst>`)},
		{"an entity that nobody declared", "not_xlsx", 0, sheetBook(headRow, cells(2, "&x;", "Ani", "19000000001", "pu"))},
		{"entities of XML", "", 0, sheetBook(headRow, cells(2, "7271995508900001", "A &amp; B&#39;", "19000000001", "pu"))},
		{"a character that XML forbids", "not_xlsx", 0, sheetBook(headRow, cells(2, "7271995508900001", "A&#0;B", "19000000001", "pu"))},
		{"text turned around in a sheet", "", 1, sheetBook(headRow, cells(2, "7271995508900001", "A&#x202E;B", "19000000001", "pu"))},
		{"a line end in a cell", "", 1, sheetBook(headRow, cells(2, "7271995508900001", "A&#10;B", "19000000001", "pu"))},
		{"elements a thousand deep", "not_xlsx", 0, in(onePart, strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000))},
		{"elements that are not closed", "not_xlsx", 0, in(onePart, "<worksheet><sheetData>"+headRow)},
		{"elements that cross", "not_xlsx", 0, in(onePart, "<worksheet><sheetData><row><c></row></c></sheetData></worksheet>")},
		{"UTF-16 in XML", "not_xlsx", 0, in(onePart, `<?xml version="1.0" encoding="UTF-16"?><worksheet/>`)},
		{"broken UTF-8 in XML", "not_xlsx", 0, in(onePart, "<worksheet><sheetData><row><c><v>\xff</v></c></row></sheetData></worksheet>")},
		{"a comment of 600 KB", "line_too_long", 0, in(onePart, "<worksheet><!--"+strings.Repeat("x", 600_000)+"--></worksheet>")},
		{"an attribute of 600 KB", "line_too_long", 0, in(onePart, `<worksheet a="`+strings.Repeat("x", 600_000)+`"/>`)},
		{"a cell of 600 KB", "line_too_long", 0, sheetBook(headRow, cells(2, strings.Repeat("a", 600_000)))},
		{"a cell of 32,768 characters in a sheet", "line_too_long", 0, sheetBook(headRow, cells(2, "7271995508900001", strings.Repeat("a", 32_768), "19000000001", "pu"))},
		{"a cell of 32,767 characters", "", 1, sheetBook(headRow, cells(2, "7271995508900001", strings.Repeat("a", 32_767), "19000000001", "pu"))},
		{"a relation to the web", "external_reference", 0, rel(`Target="http://127.0.0.1/sheet.xml"`)},
		{"a relation to a file", "external_reference", 0, rel(`Target="file:///etc/passwd"`)},
		{"a relation to a share", "external_reference", 0, rel(`Target="\\server\share\x.xml"`)},
		{"a relation said to be outside", "external_reference", 0, rel(`Target="worksheets/sheet1.xml" TargetMode="External"`)},
		{"a relation upwards", "not_xlsx", 0, rel(`Target="../../../../etc/passwd"`)},
		{"a relation to the workbook itself", "empty", 0, rel(`Target="workbook.xml"`)},
		{"a relation of another id", "not_xlsx", 0, in(relsPart, `<Relationships><Relationship Id="rId9" Target="worksheets/sheet1.xml"/></Relationships>`)},
		{"a link to the web in the sheet", "", 0, in("xl/worksheets/_rels/sheet1.xml.rels", `<Relationships><Relationship Id="rId1" Target="http://127.0.0.1/" TargetMode="External"/></Relationships>`)},
		{"a connection to a database", "", 0, in("xl/connections.xml", `<connections><connection id="1"><dbPr connection="Provider=x"/></connection></connections>`)},
		{"macros", "", 0, in("xl/vbaProject.bin", "\xd0\xcf\x11\xe0")},
		{"two sheets", "", 0, book(map[string]string{bookPart: sheets(`<sheet name="A" r:id="rId1"/><sheet name="B" r:id="rId2"/>`), relsPart: two, "xl/worksheets/sheet2.xml": sheetXML("x")})},
		{"a hidden first sheet", "", 0, book(map[string]string{bookPart: sheets(`<sheet name="B" state="veryHidden" r:id="rId2"/><sheet name="A" r:id="rId1"/>`), relsPart: two, "xl/worksheets/sheet2.xml": "<broken"})},
		{"only hidden sheets", "not_xlsx", 0, in(bookPart, sheets(`<sheet name="A" state="hidden" r:id="rId1"/>`))},
		{"a workbook without sheets", "not_xlsx", 0, in(bookPart, sheets(""))},
		{"merged cells", "", 0, in(onePart, `<worksheet><sheetData>`+headRow+goodRow+`</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells></worksheet>`)},
		{"an empty sheet", "empty", 0, in(onePart, sheetXML())},
		{"a heading only", "", 0, sheetBook(headRow)},
		{"a heading twice in a sheet", "header_duplicate", 0, sheetBook(cells(1, "nik", "nik", "nama", "kpj", "segmen"))},
		{"a cell at the far right", "too_many_columns", 0, sheetBook(headRow, `<row r="2"><c r="XFD2"><v>1</v></c></row>`)},
		{"a cell beyond every sheet", "too_many_columns", 0, sheetBook(headRow, `<row r="2"><c r="ZZZZZZZZZZZZ2"><v>1</v></c></row>`)},
		{"a row at the far end", "", 1, sheetBook(headRow, `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`)},
		{"a row beyond every number", "not_xlsx", 0, sheetBook(headRow, `<row r="99999999999999999999"><c><v>1</v></c></row>`)},
		{"a negative row", "not_xlsx", 0, sheetBook(headRow, `<row r="-1"><c><v>1</v></c></row>`)},
		{"rows out of order", "not_xlsx", 0, sheetBook(headRow, `<row r="1"><c><v>1</v></c></row>`)},
		{"columns out of order", "not_xlsx", 0, sheetBook(headRow, `<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>`)},
		{"a text that is not in the table", "not_xlsx", 0, sheetBook(headRow, cells(2, `<c t="s"><v>7</v></c>`))},
		{"a text before the table", "not_xlsx", 0, sheetBook(headRow, cells(2, `<c t="s"><v>-1</v></c>`))},
		{"a text numbered by a word", "not_xlsx", 0, sheetBook(headRow, cells(2, `<c t="s"><v>x</v></c>`))},
		{"an error in a cell", "", 1, sheetBook(headRow, cells(2, "7271995508900001", "Ani", `<c t="e"><v>#REF!</v></c>`, "pu"))},
		{"a kind of cell that nobody knows", "", 0, sheetBook(headRow, cells(2, "7271995508900001", `<c t="zz"><v>Ani</v></c>`, "19000000001", "pu"))},
		{"a formula with a result", "", 1, withFormula("1+1", "Ani")},
		{"a formula that calls a program", "", 1, withFormula("cmd|'/C calc'!A0", "Ani")},
		{"a formula that asks the web", "", 1, withFormula("WEBSERVICE(&quot;http://127.0.0.1&quot;)", "Ani")},
		{"a text like a formula", "", 1, sheetBook(headRow, cells(2, "7271995508900001", "=1+1", "19000000001", "pu"))},
		{"a text with @", "", 1, sheetBook(headRow, cells(2, "7271995508900001", "@SUM(A1)", "19000000001", "pu"))},
		{"a NIK as a number", "", 1, sheetBook(headRow, cells(2, `<c><v>7271995508900001</v></c>`, "Ani", "19000000001", "pu"))},
		{"a NIK as 7.27E+15", "", 1, sheetBook(headRow, cells(2, `<c><v>7.2719955089E+15</v></c>`, "Ani", "19000000001", "pu"))},
		{"a KPJ as a number", "", 0, sheetBook(headRow, cells(2, "7271995508900001", "Ani", `<c><v>1.9000000001E10</v></c>`, "pu"))},
		{"a number beyond all", "", 1, sheetBook(headRow, cells(2, `<c><v>1E+308</v></c>`, "Ani", "19000000001", "pu"))},
		{"a number that is none", "", 1, sheetBook(headRow, cells(2, `<c><v>NaN</v></c>`, "Ani", "19000000001", "pu"))},
		{"a day counted from 1900", "", 0, dated("33100")},
		{"a day and an hour", "", 0, dated("33100.75")},
		{"a negative day", "", 1, dated("-5")},
		{"a day without end", "", 1, dated("99999999")},
		{"a day counted from 1904", "", 0, book(map[string]string{
			bookPart: `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="A" r:id="rId1"/></sheets></workbook>`,
			onePart:  sheetXML(cells(1, "nik", "nama", "kpj", "segmen", "tanggal_lahir"), cells(2, "7271995508900001", "Ani", "19000000001", "pu", "<c><v>31638</v></c>")),
		})},
	}
}

const heapMost = 64 << 20

func TestHostileFilesDoNoHarm(t *testing.T) {
	all := append(hostileTexts(), hostileBooks()...)
	if len(all) < 120 {
		t.Fatalf("%d files", len(all))
	}
	d := newDesk(t)
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.name] {
			t.Errorf("two files are called %s", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			var before, now runtime.MemStats
			file := c.file()
			runtime.ReadMemStats(&before)
			l, err := d.Upload(d.officer, participants.Upload{BranchID: palu, File: file})
			if runtime.ReadMemStats(&now); now.HeapInuse > before.HeapInuse+heapMost {
				t.Errorf("the heap grew by %d MiB", (now.HeapInuse-before.HeapInuse)>>20)
			}
			if c.code != "" {
				f, ok := errors.AsType[*fault.Error](err)
				if !ok || !errors.Is(err, participants.ErrImportFile) || len(f.Fields) != 1 || f.Fields[0].Code != c.code {
					t.Errorf("got %v %+v, want %s", err, f, c.code)
				}
				d.nothingWritten(t, "imports", "import_jobs", "import_chunks")
				return
			}
			if err != nil {
				f, _ := errors.AsType[*fault.Error](err)
				t.Fatalf("refused: %v %+v", err, f)
			}
			if _, err := d.Map(d.officer, l.ID, l.Mapping); err != nil {
				t.Fatal(err)
			}
			d.work(t)
			if l = d.list(t, l.ID); l.State != participants.ImportChecked || l.Rejected != c.faulty {
				t.Errorf("%s (%s), %d faulty rows: %v; want %d", l.State, l.Failure, l.Rejected, d.errorsOf(t, l.ID), c.faulty)
			}
			d.nothingWritten(t)
			for _, table := range []string{"import_chunks", "import_rows", "import_errors", "import_jobs"} {
				d.exec(t, "DELETE FROM "+table)
			}
			d.exec(t, "DELETE FROM imports")
		})
	}
}

func (d *desk) exec(t *testing.T, sql string) {
	t.Helper()
	err := d.db.InTx(d.ctx, func(ctx context.Context) error { return d.db.From(ctx).Exec(sql).Error })
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) nothingWritten(t *testing.T, tables ...string) {
	t.Helper()
	for _, table := range append(tables, "participants", "memberships", "identity_keys", "membership_history") {
		if n := d.count(t, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
}
