package api

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// line is one sentence in one language.
type line struct{ Lang, Text string }

// pair is a sentence in both languages, the reader's own first.
type pair [2]line

type door struct {
	Href       string
	Name, Text pair
}

type startPage struct {
	First  string
	Sample *Sample
	Title, Say, Scan, Try,
	Alt, Foot, Skip pair
	Doors []door
}

// language returns the reader's: ?lang=, else what the browser prefers, else
// Indonesian.
func language(r *http.Request) string {
	return languageOf(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}

func languageOf(asked, accepted string) string {
	switch asked {
	case "id":
		return "id"
	case "en":
		return "en"
	}
	for tag := range strings.SplitSeq(strings.ToLower(accepted), ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		switch tag, _, _ = strings.Cut(tag, "-"); tag {
		case "id", "ms":
			return "id"
		case "en":
			return "en"
		}
	}
	return "id"
}

// start is the page at /: what runs here, a card to try, where to read on.
func (s *Server) start(c echo.Context) error {
	page := newStartPage(language(c.Request()))
	if s.opts.Sample != nil {
		sample, err := s.opts.Sample(c.Request().Context())
		if err == nil {
			page.Sample = &sample
		} else {
			s.opts.Logger.WarnContext(c.Request().Context(), "no sample card", slog.String("cause", redact(err.Error())))
		}
	}
	c.Response().Header().Set("Vary", "Accept-Language")
	return s.html(c, http.StatusOK, "start.html", page)
}

func newStartPage(first string) *startPage {
	say := func(id, en string) pair {
		p := pair{{"id", id}, {"en", en}}
		if first == "en" {
			p[0], p[1] = p[1], p[0]
		}
		return p
	}
	return &startPage{
		First: first,
		Title: say("Kartu ini berlaku?", "Is this card valid?"),
		Say: say("Kartu Promo Peserta dipindai di kasir. Kasir melihat jawabannya dalam sekejap, dan setiap potongan harga dicatat tepat satu kali.",
			"A participant's card is scanned at the till. The cashier sees the answer at a glance, and every discount is recorded exactly once."),
		Scan: say("Kartu contoh. Pindai, atau ketik kode pendeknya di kasir.", "A sample card. Scan it, or type its short code at a till."),
		Try: say("Ini dunia demo. Masuk di bawah ini dengan akun pemilik gerai (partner_owner di demo.json), buat kode, dan buka tautannya di HP: HP itu menjadi kasir.",
			"This is a demo world. Sign in below with the account of an owner (partner_owner in demo.json), make a code and open its link on a phone: that phone becomes a till."),
		Alt:  say("Kode QR kartu contoh", "QR code of a sample card"),
		Skip: say("Langsung ke isi", "Skip to content"),
		Foot: say("Di sini berjalan server Berlaku. Kartu hanya memuat kode bertanda tangan, tanpa NIK, tanpa KPJ, tanpa tanggal lahir.",
			"A Berlaku server runs here. A card holds a signed code only: no NIK, no KPJ, no birth date."),
		Doors: []door{
			{"/kartu/", say("Kartu saya", "My card"), say("Kartu di HP Anda: tampilkan di kasir, lihat penggunaan promo dan data Anda.", "The card on your phone: show it at the till, see your uses and your data.")},
			{"/promo", say("Cari promo", "Find promos"), say("Toko mana saja yang memberi promo hari ini.", "Which shops grant promos today.")},
			{"/kasir/", say("Kasir", "Till"), say("Aplikasi kasir di HP: pindai kartu, catat potongan, juga tanpa internet.", "The cashier's app: scan a card, record the discount, also without internet.")},
			{"/kasir/#/pemilik", say("Pemilik gerai", "Outlet owner"), say("Sambungkan HP kasir dan atur PIN petugas.", "Connect tills and set the PINs of cashiers.")},
			{"/docs", say("Dokumentasi API", "API documentation"), say("Cara menghubungkan sistem kasir: periksa, catat, ulangi, batalkan.", "How to connect a till system: validate, redeem, retry, void.")},
			{"/openapi.json", say("OpenAPI 3.1", "OpenAPI 3.1"), say("Semua rute untuk dibaca mesin.", "Every route, for machines.")},
			{"/.well-known/jwks.json", say("Kunci publik", "Public keys"), say("Untuk memeriksa kartu tanpa server ini.", "To check a card without this server.")},
			{"/readyz", say("Keadaan server", "State of the server"), say("Siap melayani atau belum.", "Whether it is ready to serve.")},
		},
	}
}

func (s *Server) sampleImage(c echo.Context) error {
	if s.opts.Sample == nil {
		return errNoRoute
	}
	sample, err := s.opts.Sample(c.Request().Context())
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "image/png", sample.PNG)
}

// html answers with a page, rendered whole before anything is sent.
func (s *Server) html(c echo.Context, status int, name string, data any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	return c.HTMLBlob(status, b.Bytes())
}
