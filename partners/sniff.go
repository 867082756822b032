package partners

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/jpeg"
	"image/png"
	"regexp"
)

// Types of documents.
const (
	mediaPDF  = "application/pdf"
	mediaJPEG = "image/jpeg"
	mediaPNG  = "image/png"
)

var (
	pdfHead   = regexp.MustCompile(`^%PDF-(1\.[0-7]|2\.0)[\r\n]`)
	pdfTail   = regexp.MustCompile(`startxref\s+[0-9]+\s+%%EOF\s*$`)
	pdfActive = regexp.MustCompile(`/(JavaScript|Launch|EmbeddedFile|RichMedia)\b`)
	markup    = regexp.MustCompile(`(?i)<(script|html|!doctype|iframe|\?php)`)
	zipEnd    = []byte("PK\x05\x06")
)

// pdfTailMax is how far from its end a PDF says where its table is.
const pdfTailMax = 1024

// mediaOf returns what a document is. A name or a type that somebody sends says
// nothing: a file is what its first bytes and its last ones say, and there is
// nothing after its end, so that it is not two things at once.
func mediaOf(b []byte) (string, error) {
	switch {
	case len(b) == 0:
		return "", ErrDocumentEmpty
	case len(b) > DocumentMax:
		return "", ErrDocumentSize
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return mediaPDF, checkPDF(b)
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return mediaJPEG, kindIf(isJPEG(b))
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return mediaPNG, kindIf(isPNG(b))
	}
	return "", ErrDocumentKind
}

func kindIf(ok bool) error {
	if !ok {
		return ErrDocumentKind
	}
	return nil
}

func checkPDF(b []byte) error {
	tail := b[max(0, len(b)-pdfTailMax):]
	if !pdfHead.Match(b) || !pdfTail.Match(tail) || bytes.Contains(b[max(0, len(b)-1<<16):], zipEnd) || markup.Match(b[:min(len(b), pdfTailMax)]) {
		return ErrDocumentKind
	}
	if pdfActive.Match(b) {
		return ErrDocumentActive
	}
	return nil
}

// isJPEG wants a picture that ends where the file does and holds no markup.
func isJPEG(b []byte) bool {
	if _, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil {
		return false
	}
	return bytes.HasSuffix(b, []byte("\xff\xd9")) && !bytes.Contains(b, zipEnd) && !markup.Match(b)
}

// isPNG wants whole chunks up to IEND, which is the end of the file.
func isPNG(b []byte) bool {
	if _, err := png.DecodeConfig(bytes.NewReader(b)); err != nil || markup.Match(b) {
		return false
	}
	for rest := b[8:]; len(rest) >= 12; {
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			return false
		}
		body, sum := rest[4:8+n], binary.BigEndian.Uint32(rest[8+n:])
		if crc32.ChecksumIEEE(body) != sum {
			return false
		}
		rest = rest[12+n:]
		if bytes.HasPrefix(body, []byte("IEND")) {
			return len(rest) == 0
		}
	}
	return false
}
