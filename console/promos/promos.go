// Package promos is the room of the console for promos: from the draft, with
// preview and simulation, over approval by another person to what is left of
// them at the tills.
package promos

import (
	"embed"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Benefits     *benefits.Service
	Partners     *partners.Service
	Participants *participants.Service
	Redemptions  *redemptions.Service
	Accounts     *accounts.Service
}

type room struct{ Deps }

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d}
	read, write, approve := access.Needs(actor.ReadBenefits), access.Needs(actor.WriteBenefits), access.Needs(actor.ApproveBenefits)
	f.Templates(files, "templates")
	f.States("promo", states)
	f.States("promo_version", versionStates)
	f.Faults(faults)
	f.Nav(frame.NavProgramme, frame.Item{Path: "/konsol/promo", Label: frame.Say("Promo", "Promos"), Rule: read})
	f.Get("/promo", read, r.list)
	f.Get("/promo/antrean", approve, r.queue)
	f.Get("/promo/batas", approve, r.caps)
	f.Post("/promo/batas/:id", approve.Fresh(), r.setCap)
	f.Get("/promo/baru", write, r.choosePartner)
	f.Get("/mitra/:id/promo/baru", write, r.newPromo)
	f.Post("/mitra/:id/promo/baru", write, r.create)
	f.Post("/mitra/:id/promo/pratinjau", write, r.preview)
	f.Get("/promo/:id", read, r.detail)
	f.Get("/promo/:id/ubah", write, r.edit)
	f.Post("/promo/:id/ubah", write, r.update)
	f.Post("/promo/:id/ajukan", write, r.submit)
	f.Post("/promo/:id/setujui", approve, r.approve)
	f.Post("/promo/:id/tolak", approve, r.reject)
	f.Post("/promo/:id/terbitkan", approve, r.publish)
	f.Post("/promo/:id/jeda", write, r.pause)
	f.Post("/promo/:id/lanjutkan", write, r.resume)
	f.Post("/promo/:id/akhiri", write, r.end)
	f.Get("/promo/:id/simulasi", read, r.simulation)
	f.Get("/promo/:id/kartu-promo", read, r.poster)
}
