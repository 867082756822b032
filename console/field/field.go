// Package field is the room of the console for wadah, agents and their
// registrations, and for figures as they were reported.
package field

import (
	"embed"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Perisai      *perisai.Service
	Participants *participants.Service
	PublicURL    string
}

type room struct{ Deps }

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{Deps: d}
	f.Templates(files, "templates")
	f.Faults(faults())
	read, write := access.Needs(actor.ReadPerisai), access.Needs(actor.WritePerisai)
	f.Nav(frame.NavField,
		frame.Item{Path: frame.Root + "/wadah", Label: frame.Say("Wadah & agen", "Wadah & agents"), Rule: read},
		frame.Item{Path: frame.Root + "/angka-terlapor", Label: frame.Say("Angka terlapor", "Reported figures"), Rule: read})
	f.Get("/wadah", read, r.list)
	f.Get("/wadah/baru", write, r.newWadah)
	f.Post("/wadah/baru", write, r.createWadah)
	f.Get("/wadah/:id", read, r.wadah)
	f.Post("/wadah/:id/agen", write, r.createAgent)
	f.Get("/agen/:id", read, r.agent)
	f.Post("/agen/:id/serah/:registration", access.Needs(actor.HandOver), r.handOver)
	f.Get("/angka-terlapor", read, r.figures)
	f.Post("/angka-terlapor", write, r.report)
}

func faults() map[string]frame.Text {
	return map[string]frame.Text{
		"wadah_not_found":        frame.Say("Wadah itu tidak ada, atau bukan wewenang Anda.", "There is no such wadah, or it is not yours."),
		"agent_not_found":        frame.Say("Agen itu tidak ada, atau bukan wewenang Anda.", "There is no such agent, or it is not yours."),
		"registration_not_found": frame.Say("Pendaftaran itu tidak ada, atau bukan wewenang Anda.", "There is no such registration, or it is not yours."),
		"hand_over_late":         frame.Say("Pendaftaran lebih lama dari 30 hari. Sekarang cabang yang memberi tautan.", "The registration is older than 30 days. The branch gives the link now."),
		"hand_over_done":         frame.Say("Kartu sudah ada di ponsel orang ini. Untuk ponsel lain, cabang yang memberi tautan.", "This person has the card on a phone already. For another phone the branch gives the link."),
		"processing_restricted":  frame.Say("Pemrosesan data orang ini sedang dibatasi. Cabang yang memberi tautan.", "Processing of this person's data is restricted. The branch gives the link."),
		"branch_not_found":       frame.Say("Pilih cabang yang menjadi wewenang Anda.", "Choose a branch that is yours."),
		"code_taken":             frame.Say("Kode ini sudah dipakai.", "The code is in use already."),
		"perisai_invalid":        frame.Say("Ada isian yang belum benar.", "Some fields are not right."),
		"before_start":           frame.Say("Lebih awal dari mulainya.", "Before the start."),
		"date_form":              frame.Say("Isi dengan tanggal yang benar.", "Enter a date that exists."),
		"negative":               frame.Say("Tidak boleh kurang dari nol.", "Must not be below zero."),
		"region_unknown":         frame.Say("Pilih wilayah dari daftar.", "Choose a region of the list."),
		"phone_invalid":          frame.Say("Nomor ponsel belum benar.", "The phone number is not right."),
	}
}
