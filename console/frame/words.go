package frame

import (
	"net/http"
	"strings"

	"github.com/berlaku/berlaku/internal/fault"
)

// accepted returns the language that a browser prefers among ours.
func accepted(header string) string {
	for tag := range strings.SplitSeq(strings.ToLower(header), ",") {
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

var internalText = Say("Ada yang salah di server. Coba lagi; bila terjadi lagi, sebutkan nomor di bawah.",
	"Something went wrong on the server. Try again; if it happens again, name the number below.")

// titleOf returns the title of a page that refuses.
func titleOf(status int) Text {
	switch status {
	case http.StatusNotFound:
		return Say("Tidak ditemukan", "Not found")
	case http.StatusForbidden:
		return Say("Tidak diizinkan", "Not allowed")
	case http.StatusConflict:
		return Say("Tidak dapat dilakukan sekarang", "Cannot be done now")
	case http.StatusTooManyRequests:
		return Say("Terlalu banyak permintaan", "Too many requests")
	case http.StatusServiceUnavailable:
		return Say("Server sedang sibuk", "The server is busy")
	case http.StatusInternalServerError:
		return Say("Kesalahan server", "Server error")
	}
	return Say("Tidak dapat diproses", "Cannot be processed")
}

// commonFaults are those that any page may meet.
func commonFaults() map[string]Text {
	return map[string]Text{
		"not_found":         Say("Tidak ada yang seperti itu, atau bukan wewenang Anda untuk melihatnya.", "There is no such thing, or it is not yours to see."),
		"forbidden":         Say("Anda tidak berwenang melakukan ini.", "You may not do this."),
		"cross_origin":      Say("Halaman situs lain tidak boleh menulis di sini.", "A page of another site may not write here."),
		"too_many_requests": Say("Terlalu banyak permintaan. Tunggu sebentar, lalu coba lagi.", "Too many requests. Wait and try again."),
		"overloaded":        Say("Server sedang sibuk. Coba lagi beberapa detik lagi.", "The server is busy. Try again in a few seconds."),
		"form_invalid":      Say("Ada isian yang belum benar.", "Something in the form is not right yet."),
		"form_too_large":    Say("Kiriman terlalu besar.", "What was sent is too large."),
		"cursor_invalid":    Say("Halaman daftar ini tidak ada. Mulai dari awal.", "There is no such page of the list. Start again."),
	}
}

// faultText returns the sentence of a fault.
func (f *Frame) faultText(e *fault.Error) Text {
	if t, ok := f.faults[e.Code]; ok {
		return t
	}
	return Text{ID: e.Message, EN: e.Message}
}
