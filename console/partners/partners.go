// Package partners is the room of the console for partners: from the application
// that a business hands in by itself, over review, agreement and test, to active,
// suspended and ended.
package partners

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Partners     *partners.Service
	Participants *participants.Service
	// Name returns the name of an account.
	Name func(ctx context.Context, account uuid.UUID) string
	// IP returns the caller's address, for the limits of the public pages.
	IP func(*http.Request) string
}

type room struct{ Deps }

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{Deps: d}
	f.Templates(files, "templates")
	f.States("partner", states())
	f.States("application", applicationStates())
	f.Faults(faults())
	read, write := access.Needs(actor.ReadPartners), access.Needs(actor.WritePartners)
	staff := access.Needs(actor.ReadParticipants, actor.ApprovePartners) // who sits in an office
	f.Nav(frame.NavProgramme, frame.Item{Path: frame.Root + "/mitra", Label: frame.Say("Mitra usaha", "Partners"), Rule: read})
	f.Get("/mitra", read, r.list)
	f.Get("/mitra/antrean", staff, r.queue)
	f.Get("/mitra/pks", read, r.endings)
	f.Get("/mitra/baru", write, r.newForm)
	f.Post("/mitra/baru", write, r.create)
	f.Get("/mitra/permohonan/:application", staff, r.application)
	f.Post("/mitra/permohonan/:application/petugas", write, r.assignApplication)
	f.Post("/mitra/permohonan/:application/terima", write, r.accept)
	f.Post("/mitra/permohonan/:application/tolak", write, r.refuse)
	f.Post("/mitra/permohonan/:application/buka", write, r.reopen)
	f.Get("/mitra/:id", read, r.detail)
	f.Get("/mitra/:id/ubah", write, r.editForm)
	f.Post("/mitra/:id/ubah", write, r.update)
	f.Post("/mitra/:id/petugas", write, r.assign)
	f.Get("/mitra/:id/langkah/:step", access.Needs(actor.WritePartners, actor.ApprovePartners), r.stepForm)
	f.Post("/mitra/:id/langkah/:step", access.Needs(actor.WritePartners, actor.ApprovePartners), r.step)
	f.Get("/mitra/:id/pks/baru", write, r.agreementForm)
	f.Post("/mitra/:id/pks/baru", write, r.createAgreement)
	f.Get("/mitra/:id/pks/:agreement", read, r.agreement)
	f.Post("/mitra/:id/pks/:agreement/berkas", write, r.upload)
	f.Get("/mitra/:id/pks/:agreement/berkas/:document", read.Limited(actor.Account, 120, time.Hour), r.download)
	r.public(f)
}

// public adds the pages for businesses, outside of the console.
func (r *room) public(f *frame.Frame) {
	look := access.Public()
	f.Public(http.MethodGet, "/mitra/daftar", look, r.applyForm)
	f.Public(http.MethodPost, "/mitra/daftar", access.Public().Limited(actor.Anonymous, 20, time.Hour), r.apply)
	f.Public(http.MethodGet, "/mitra/terdaftar", look, r.applied)
	f.Public(http.MethodGet, "/mitra/status", look, r.statusForm)
	f.Public(http.MethodPost, "/mitra/status", access.Public().Limited(actor.Anonymous, 60, time.Hour), r.status)
}

// names returns the names of accounts, those without one left out.
func (r *room) names(ctx context.Context, ids ...uuid.UUID) map[uuid.UUID]string {
	out := map[uuid.UUID]string{}
	for _, id := range ids {
		if _, known := out[id]; !known && id != uuid.Nil {
			out[id] = r.Name(ctx, id)
		}
	}
	return out
}
