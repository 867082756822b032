// Package imports is the room of the console for lists of participants that
// are taken in: uploaded, mapped, checked, published by a second person, and
// undone within a week.
//
// What stands in a list is never shown but as its shape; the file of faulty
// rows is the only way to the rows themselves, and taking it is noted.
package imports

import (
	"context"
	"embed"
	"strconv"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Participants *participants.Service
	Accounts     *accounts.Service
}

type room struct{ Deps }

// at is where the room stands, below frame.Root.
const at = "/impor"

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d}
	f.Templates(files, "templates")
	f.States("import", states)
	f.Faults(faults())
	rule, publish := access.Needs(actor.ImportParticipants), access.Needs(actor.PublishImports)
	f.Nav(frame.NavPeople, frame.Item{Path: frame.Root + at, Label: frame.Say("Impor peserta", "Import participants"), Rule: rule})
	f.Get(at, rule, r.list)
	f.Get(at+"/baru", rule, r.blank)
	f.Post(at+"/baru", rule, r.upload)
	f.Get(at+"/templat/:format", rule, r.template)
	f.Get(at+"/:id", rule, r.show)
	f.Post(at+"/:id/petakan", rule, r.mapColumns)
	f.Post(at+"/:id/terbitkan", publish, r.publish)
	f.Post(at+"/:id/batalkan", rule, r.cancel)
	f.Get(at+"/:id/kesalahan/:format", rule.Fresh(), r.faults)
	f.Get(at+"/:id/urungkan", publish, r.previewUndo)
	f.Post(at+"/:id/urungkan", publish.Fresh(), r.undo)
}

var states = map[string]frame.State{
	"uploaded":  {Text: frame.Say("Menunggu pemetaan", "Waits for its columns"), Tone: "warn"},
	"mapped":    {Text: frame.Say("Sedang diperiksa", "Being checked"), Tone: "calm"},
	"checked":   {Text: frame.Say("Menunggu diterbitkan", "Waits to be published"), Tone: "warn"},
	"running":   {Text: frame.Say("Sedang berjalan", "Running"), Tone: "calm"},
	"done":      {Text: frame.Say("Selesai", "Done"), Tone: "good"},
	"failed":    {Text: frame.Say("Gagal", "Failed"), Tone: "bad"},
	"cancelled": {Text: frame.Say("Dibatalkan", "Cancelled"), Tone: "calm"},
	"undoing":   {Text: frame.Say("Sedang diurungkan", "Being undone"), Tone: "calm"},
	"undone":    {Text: frame.Say("Diurungkan", "Undone"), Tone: "calm"},
}

func faults() map[string]frame.Text {
	out := map[string]frame.Text{
		"import_file_refused": frame.Say("Berkas ini tidak dapat diimpor; tidak ada yang disimpan.", "This file cannot be imported; nothing was stored."),
		"import_state":        frame.Say("Impor ini tidak lagi pada tahap itu. Muat ulang halamannya.", "The import is no longer at that point. Load its page again."),
		"import_own":          frame.Say("Yang mengunggah atau menyiapkan daftar tidak menerbitkannya; mintalah orang kedua.", "Whoever uploaded or prepared a list does not publish it; ask a second person."),
		"import_file_gone":    frame.Say("Berkasnya sudah dihapus. Unggah lagi.", "Its file is deleted. Upload it again."),
		"import_undo_late":    frame.Say("Impor hanya dapat diurungkan dalam tujuh hari.", "An import can be undone within seven days only."),
		"import_mapping":      frame.Say("Pilih kolom untuk NIK, nama, KPJ, dan segmen; satu kolom hanya untuk satu arti.", "Choose a column for number, name, KPJ and segment; one column has one meaning only."),
		"import_not_found":    frame.Say("Impor ini tidak ada, atau bukan milik cabang Anda.", "There is no such import, or it is not of your branch."),
	}
	for code, w := range participants.FileWords() {
		out[code] = frame.Say(w.ID, w.EN)
	}
	return out
}

// who names an account to colleagues; one that is gone has no name.
func (r *room) who(ctx context.Context, id uuid.UUID) string {
	if id == uuid.Nil {
		return "–"
	}
	a, err := r.Accounts.Get(actor.With(ctx, actor.System()), id)
	if err != nil {
		return "–"
	}
	return a.Name.Reveal()
}

// branches are those into which the visitor may import.
func (r *room) branches(v *frame.Visit) (out []participants.Branch, err error) {
	all, err := r.Participants.Branches(v.Context())
	reach := v.Who.Scope(actor.ImportParticipants)
	for _, b := range all {
		if reach.HasBranch(b.ID) {
			out = append(out, b)
		}
	}
	return out, err
}

func place(id uuid.UUID) string { return frame.Root + at + "/" + id.String() }

func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}
