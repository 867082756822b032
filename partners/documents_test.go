package partners_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
)

func testText(s string) pii.Text { return pii.Text(s) }

func pdf(body string) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + body + "\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n")
}

func pictures(t *testing.T) (asPNG, asJPEG []byte) {
	t.Helper()
	var p, j bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	if err := errors.Join(png.Encode(&p, img), jpeg.Encode(&j, img, nil)); err != nil {
		t.Fatal(err)
	}
	return p.Bytes(), j.Bytes()
}

func (w *world) agreement(t *testing.T) partners.Agreement {
	t.Helper()
	p := w.newPartner(t)
	return must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "PKS/1", StartsOn: "2026-01-01", EndsOn: "2026-12-31"}))
}

func TestOnlyWholeDocumentsAreKept(t *testing.T) {
	w := newWorld(t)
	a := w.agreement(t)
	asPNG, asJPEG := pictures(t)
	zip := "PK\x03\x04whatever PK\x05\x06" + strings.Repeat("\x00", 18)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"a PDF":                                  {pdf(""), nil},
		"a PNG":                                  {asPNG, nil},
		"a JPEG":                                 {asJPEG, nil},
		"a PDF of 10 MiB":                        {pdf(strings.Repeat("x", partners.DocumentMax-len(pdf("")))), nil},
		"a PDF of a byte more":                   {pdf(strings.Repeat("x", partners.DocumentMax-len(pdf(""))+1)), partners.ErrDocumentSize},
		"11 MiB":                                 {pdf(strings.Repeat("x", 11<<20)), partners.ErrDocumentSize},
		"nothing":                                {nil, partners.ErrDocumentEmpty},
		"a page that is named .pdf":              {[]byte("<!doctype html><script>alert(1)</script>"), partners.ErrDocumentKind},
		"a page with the head of a PDF inside":   {[]byte("<html>%PDF-1.4\nstartxref\n9\n%%EOF"), partners.ErrDocumentKind},
		"a page in the head of a PDF":            {pdf("<script>alert(1)</script>"), partners.ErrDocumentKind},
		"a PDF that is an archive too":           {append(pdf(""), zip...), partners.ErrDocumentKind},
		"an archive whose comment ends as a PDF": {append(append(pdf(""), zip...), "startxref\n9\n%%EOF\n"...), partners.ErrDocumentKind},
		"a PDF that was cut off":                 {pdf("")[:40], partners.ErrDocumentKind},
		"a PDF with a program":                   {pdf("<</S/JavaScript/JS(app.alert(1))>>"), partners.ErrDocumentActive},
		"a PDF that starts something":            {pdf("<</S/Launch/F(cmd.exe)>>"), partners.ErrDocumentActive},
		"a PNG with something after it":          {append(bytes.Clone(asPNG), "<script>"...), partners.ErrDocumentKind},
		"a PNG with an archive after it":         {append(bytes.Clone(asPNG), zip...), partners.ErrDocumentKind},
		"a PNG with an altered byte":             {altered(asPNG), partners.ErrDocumentKind},
		"a JPEG with something after it":         {append(bytes.Clone(asJPEG), "x"...), partners.ErrDocumentKind},
		"a JPEG with a page in its comment":      {commented(asJPEG, "<script>alert(1)</script>"), partners.ErrDocumentKind},
		"only the head of a JPEG":                {[]byte("\xff\xd8\xff\xd9"), partners.ErrDocumentKind},
		"a GIF":                                  {[]byte("GIF89a"), partners.ErrDocumentKind},
		"an SVG":                                 {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), partners.ErrDocumentKind},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.AddDocument(w.officer, a.ID, bytes.NewReader(c.file))
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func altered(b []byte) []byte {
	out := bytes.Clone(b)
	out[len(out)-20] ^= 1
	return out
}

// commented puts a comment behind the start of a JPEG.
func commented(b []byte, text string) []byte {
	n := len(text) + 2
	out := append(bytes.Clone(b[:2]), 0xff, 0xfe, byte(n>>8), byte(n))
	return append(append(out, text...), b[2:]...)
}

func TestDocumentsAreVersionsSealedAndWithinReach(t *testing.T) {
	w := newWorld(t)
	a := w.agreement(t)
	first := must[partners.Document](t)(w.AddDocument(w.officer, a.ID, bytes.NewReader(pdf("Bapak Rangkong"))))
	if _, err := w.AddDocument(w.officer, a.ID, bytes.NewReader(pdf("Bapak Rangkong"))); !errors.Is(err, partners.ErrDocumentSame) {
		t.Errorf("the same again: %v", err)
	}
	second := must[partners.Document](t)(w.AddDocument(w.supervisor, a.ID, bytes.NewReader(pdf("dua"))))
	_, all, err := w.GetAgreement(w.officer, a.ID)
	if err != nil || len(all) != 2 || all[0].ID != second.ID || all[0].Version != 2 || all[1].Version != 1 {
		t.Fatalf("got %+v, %v", all, err)
	}
	d, content, err := w.OpenDocument(w.officer, first.ID)
	if sum := sha256.Sum256(content); err != nil || !bytes.Equal(content, pdf("Bapak Rangkong")) || !bytes.Equal(sum[:], d.SHA256) {
		t.Errorf("what came back is not what was kept: %v", err)
	}
	for name, ctx := range map[string]context.Context{
		"another branch":  as(t, actor.BranchSupervisor, actor.BranchScope, donggala),
		"another partner": as(t, actor.PartnerOwner, actor.PartnerScope, uuid.New()),
		"a stranger":      t.Context(),
	} {
		if _, _, err := w.OpenDocument(ctx, first.ID); !errors.Is(err, partners.ErrDocumentNotFound) {
			t.Errorf("%s read it: %v", name, err)
		}
		if _, _, err := w.GetAgreement(ctx, a.ID); !errors.Is(err, partners.ErrAgreementNotFound) {
			t.Errorf("%s saw the agreement: %v", name, err)
		}
		if _, err := w.AddDocument(ctx, a.ID, bytes.NewReader(pdf("x"))); !errors.Is(err, partners.ErrAgreementNotFound) {
			t.Errorf("%s added one: %v", name, err)
		}
	}
	owner := as(t, actor.PartnerOwner, actor.PartnerScope, a.PartnerID)
	if _, _, err := w.OpenDocument(owner, first.ID); err != nil {
		t.Errorf("its owner: %v", err)
	}
	if _, err := w.AddDocument(owner, a.ID, bytes.NewReader(pdf("x"))); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("an owner added one: %v", err)
	}
	var row struct{ ContentSealed []byte }
	if err := w.db.From(t.Context()).Raw("SELECT content_sealed FROM agreement_documents WHERE version = 1").Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(row.ContentSealed, []byte("Rangkong")) {
		t.Error("the document is not sealed")
	}
	var reads int64
	if err := w.db.From(t.Context()).Raw("SELECT count(*) FROM audit_entries WHERE action = 'partner.document_read'").Scan(&reads).Error; err != nil || reads != 2 {
		t.Errorf("the audit log knows of %d readings, %v, want 2", reads, err)
	}
}
