// Package reports is the room of the console for what the programme does: the
// first page of everybody, figures with pictures, monev, exports.
//
// A report's address holds all of it: period and what it is narrowed to are in
// the query, so a link shows the same to whoever may see it. ?format=csv and
// ?format=xlsx give the lines of the page as a file.
package reports

import (
	"embed"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/reports"
)

//go:embed all:templates coast.txt
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Reports      *reports.Service
	Participants *participants.Service
	Partners     *partners.Service
	Clock        clock.Clock
}

// room holds the handlers.
type room struct{ Deps }

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	f.Templates(files, "templates")
	f.Faults(map[string]frame.Text{
		"period_invalid":    frame.Say("Periode harus berakhir pada atau sesudah hari pertamanya, paling lama sepuluh tahun, dan tidak di masa depan.", "The period must end on or after its first day, span at most ten years and not lie in the future."),
		"dimension_unknown": frame.Say("Laporan tidak dapat dikelompokkan seperti itu.", "The report cannot be grouped by that."),
		"report_not_found":  frame.Say("Laporan ini tidak ada, atau bukan untuk Anda.", "There is no such report, or it is not yours to see."),
	})
	f.States("sektor", map[string]frame.State{
		"candidate": {Text: frame.Say("Calon", "Candidate"), Tone: "calm"},
		"assessed":  {Text: frame.Say("Dinilai", "Assessed"), Tone: "calm"},
		"open":      {Text: frame.Say("Terbuka", "Open"), Tone: "good"},
		"paused":    {Text: frame.Say("Dijeda", "Paused"), Tone: "warn"},
		"closed":    {Text: frame.Say("Ditutup", "Closed"), Tone: "bad"},
	})
	r := &room{d}
	everybody := access.SignedIn().Only(actor.Account)
	read, field := access.Needs(actor.ReadReports), access.Needs(actor.ReadPerisai)
	f.Get("", everybody, r.home)
	f.Get("/laporan", everybody, r.index)
	f.Get("/laporan/ringkasan", read, r.summary)
	f.Get("/laporan/penggunaan", read, r.uses)
	f.Get("/laporan/tolakan-alasan", read, r.refusals)
	f.Get("/laporan/sektor", read, r.sectors)
	f.Get("/laporan/cakupan", read, r.coverage)
	f.Get("/laporan/retensi", read, r.retention)
	f.Get("/laporan/peta", read, r.province)
	f.Get("/laporan/mitra", read, r.statements)
	f.Get("/laporan/mitra/:id/:bulan", read, r.statement)
	f.Get("/monev", field, r.monev)
	f.Nav(frame.NavToday,
		frame.Item{Path: frame.Root, Label: frame.Say("Beranda", "Home"), Rule: everybody},
		frame.Item{Path: frame.Root + "/laporan", Label: frame.Say("Laporan", "Reports"), Rule: read},
		frame.Item{Path: frame.Root + "/monev", Label: frame.Say("Monev", "Monitoring"), Rule: field},
	)
}

// index leads to the first report that the visitor may read.
func (r *room) index(v *frame.Visit) error {
	switch {
	case v.Who.Can(actor.ReadReports):
		return v.Go(frame.Root+"/laporan/ringkasan", frame.Text{})
	case v.Who.Can(actor.ReadPerisai):
		return v.Go(frame.Root+"/monev", frame.Text{})
	}
	return v.Go(frame.Root, frame.Text{})
}
