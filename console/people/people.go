// Package people is the room of the console for participants, their cards and
// what they ask about their data.
//
// Names and numbers are masked on every page but one: the answer to a form in
// which somebody says why they need to see everything. Nothing that was typed to
// find a person stands in an address, a log or the page that answers.
package people

import (
	"embed"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Participants *participants.Service
	Cards        *cards.Service
	Redemptions  *redemptions.Service
	Partners     *partners.Service
	Perisai      *perisai.Service
}

type room struct{ Deps }

// Where the pages of the room stand, below frame.Root.
const (
	peoplePath   = "/peserta"
	runsPath     = "/kartu"
	requestsPath = "/permintaan-data"
)

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d}
	f.Templates(files, "templates")
	states(f)
	f.Faults(faults)
	read, write, issue := access.Needs(actor.ReadParticipants), access.Needs(actor.WriteParticipants), access.Needs(actor.IssueCards)
	handle := access.Needs(actor.HandleRequests)
	f.Nav(frame.NavPeople,
		frame.Item{Path: frame.Root + peoplePath, Label: frame.Say("Peserta", "Participants"), Rule: read},
		frame.Item{Path: frame.Root + runsPath, Label: frame.Say("Cetak & kirim kartu", "Print & send cards"), Rule: issue},
		frame.Item{Path: frame.Root + requestsPath, Label: frame.Say("Permintaan data", "Data requests"), Rule: handle},
	)
	f.Get(peoplePath, read, r.list)
	f.Post(peoplePath+"/cari", read, r.search)
	f.Get(peoplePath+"/baru", write, r.newPerson)
	f.Post(peoplePath, write, r.createPerson)
	f.Get(peoplePath+"/:id", read, r.profile)
	f.Post(peoplePath+"/:id/lihat", access.Needs(actor.ReadNames), r.reveal)
	f.Get(peoplePath+"/:id/ubah", write, r.edit)
	f.Post(peoplePath+"/:id/ubah", write, r.saveEdit)
	f.Get(peoplePath+"/:id/kepesertaan/:membership", write, r.editStatus)
	f.Post(peoplePath+"/:id/kepesertaan/:membership", write, r.saveStatus)
	f.Post(peoplePath+"/:id/kartu", issue, r.issue)
	f.Post(peoplePath+"/:id/tautan", issue, r.invite)
	f.Get(peoplePath+"/:id/kartu/:card/unduh/:form", issue, r.download)
	f.Get(peoplePath+"/:id/kartu/:card/cabut", access.Needs(actor.RevokeCards), r.revokeForm)
	f.Post(peoplePath+"/:id/kartu/:card/cabut", access.Needs(actor.RevokeCards), r.revoke)
	f.Post(peoplePath+"/:id/permintaan", handle, r.askFor)
	r.runRoutes(f, issue)
	r.requestRoutes(f, handle)
}

// runRoutes are the pages of cards for many people.
func (r *room) runRoutes(f *frame.Frame, issue access.Rule) {
	f.Get(runsPath, issue, r.runs)
	f.Post(runsPath+"/tinjau", issue, r.previewRun)
	f.Post(runsPath, issue, r.startRun)
	f.Get(runsPath+"/:id", issue, r.run)
	f.Get(runsPath+"/:id/lembar/:n", issue.Fresh(), r.sheet)
	f.Post(runsPath+"/:id/batal", issue, r.cancelRun)
	f.Get(runsPath+"/:id/cabut", issue, r.revokeRunForm)
	f.Post(runsPath+"/:id/cabut", access.Needs(actor.RevokeCards).Fresh(), r.revokeRun)
}

// requestRoutes are the pages of what people ask about their data.
func (r *room) requestRoutes(f *frame.Frame, handle access.Rule) {
	f.Get(requestsPath, handle, r.requests)
	f.Get(requestsPath+"/:id", handle, r.request)
	f.Post(requestsPath+"/:id/selesai", handle, r.complete)
	f.Post(requestsPath+"/:id/tolak", handle, r.refuse)
	f.Post(requestsPath+"/:id/siapkan", handle, r.prepareErasure)
	f.Post(requestsPath+"/:id/hapus", access.Needs(actor.ApproveErasure).Fresh(), r.approveErasure)
	f.Post(requestsPath+"/:id/serahkan", handle.Fresh(), r.handOver)
}
