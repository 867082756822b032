// Package sectors is the room of the console for lines of business: which the
// programme could open next, by what they are judged, who found what, and what
// was decided on the strength of it.
package sectors

import (
	"context"
	"embed"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/partners"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Partners *partners.Service
	// Name returns the name of a colleague.
	Name func(ctx context.Context, account uuid.UUID) string
}

type room struct {
	Deps
	frame *frame.Frame
}

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{Deps: d, frame: f}
	f.Templates(files, "templates")
	f.States("sector", states())
	f.Faults(faults())
	read, score, decide := access.Needs(actor.ReadAssessments), access.Needs(actor.AssessSectors), access.Needs(actor.WriteSectors)
	f.Nav(frame.NavProgramme, frame.Item{Path: frame.Root + "/sektor", Label: frame.Say("Sektor", "Sectors"), Rule: read})
	f.Get("/sektor", read, r.ranking)
	f.Get("/sektor/bobot", read, r.sensitivity)
	f.Get("/sektor/kriteria", read, r.criteria)
	f.Get("/sektor/kriteria/ubah", decide, r.criteriaForm)
	f.Post("/sektor/kriteria/ubah", decide, r.revise)
	f.Get("/sektor/baru", decide, r.newForm)
	f.Post("/sektor/baru", decide, r.create)
	f.Get("/sektor/:id", read, r.detail)
	f.Get("/sektor/:id/nilai", score, r.scoreForm)
	f.Post("/sektor/:id/nilai", score, r.score)
	f.Post("/sektor/:id/putusan", decide, r.decide)
}

func states() map[string]frame.State {
	return map[string]frame.State{
		"candidate": {Text: frame.Say("Calon", "Candidate"), Tone: "calm"},
		"assessed":  {Text: frame.Say("Dinilai", "Assessed"), Tone: "warn"},
		"open":      {Text: frame.Say("Dibuka", "Open"), Tone: "good"},
		"paused":    {Text: frame.Say("Dijeda", "Paused"), Tone: "warn"},
		"closed":    {Text: frame.Say("Ditutup", "Closed"), Tone: "bad"},
	}
}

func faults() map[string]frame.Text {
	return map[string]frame.Text{
		"criterion_unknown":     frame.Say("Kriteria itu tidak ada atau tidak dinilai oleh orang.", "There is no such criterion to score."),
		"assessment_incomplete": frame.Say("Penilaian belum lengkap: beberapa kriteria belum dinilai cukup orang.", "The assessment is not complete: some criteria have too few scores."),
		"assessment_gate":       frame.Say("Kriteria wajib masih di bawah 3.", "A criterion that must hold lies below 3."),
		"assessment_changed":    frame.Say("Penilaian berubah sejak halaman ini dibuka. Baca lagi, lalu putuskan.", "The assessment has changed since this page was opened. Read it again and decide then."),
		"criteria_changed":      frame.Say("Kriteria sudah diubah orang lain. Muat ulang halaman ini.", "Somebody else changed the criteria meanwhile. Load the page again."),
		"weights_invalid":       frame.Say("Jumlah bobot harus tepat 100 %.", "The weights must add up to exactly 100 %."),
		"sector_exists":         frame.Say("Sudah ada sektor dengan kode ini.", "There is a sector with this code already."),
		"wrong_state":           frame.Say("Langkah itu tidak mungkin dalam keadaan sekarang.", "That step is not possible in the present state."),
		"staff_only":            frame.Say("Hanya petugas yang berwenang yang boleh melakukan ini.", "Only staff who look after this may do that."),
		"length":                frame.Say("Terlalu pendek atau terlalu panjang.", "Too short or too long."),
		"range":                 frame.Say("Di luar batas.", "Out of range."),
		"format":                frame.Say("Bentuknya belum benar.", "Not in the right form."),
		"computed_twice":        frame.Say("Hanya satu kriteria yang dihitung dari angka.", "Only one criterion can be computed from figures."),
		"code_twice":            frame.Say("Kode ini dipakai dua kali.", "This code is used twice."),
		"invalid":               frame.Say("Ada isian yang belum benar.", "Some fields are not right."),
	}
}
