// Package uses is the room of the console for every use of a promo with its whole story, and what is to be decided.
package uses

import (
	"context"
	"embed"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/tills"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Redemptions  *redemptions.Service
	Partners     *partners.Service
	Participants *participants.Service
	Benefits     *benefits.Service
	Tills        *tills.Service
	Accounts     *accounts.Service
}

const (
	listPath   = frame.Root + "/penggunaan"
	decidePath = frame.Root + "/keputusan"
	refusePath = frame.Root + "/tolakan"
)

type room struct{ Deps }

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d}
	f.Templates(files, "templates")
	speak(f)
	read, rows := access.Needs(actor.ReadUseFigures), access.Needs(actor.ReadRedemptions)
	decide, dispute := access.Needs(actor.DecideDisputes), access.Needs(actor.DisputeUses)
	f.Nav(frame.NavProgramme,
		frame.Item{Path: listPath, Label: frame.Say("Penggunaan promo", "Uses of promos"), Rule: read},
		frame.Item{Path: decidePath, Label: frame.Say("Perlu keputusan", "To be decided"), Rule: rows},
		frame.Item{Path: refusePath, Label: frame.Say("Penolakan", "Refusals"), Rule: read})
	f.Get("/penggunaan", read, r.list)
	f.Get("/penggunaan/unduh/:format", access.Needs(actor.ExportUses).Fresh(), r.export)
	f.Get("/penggunaan/:id", rows, r.one)
	f.Post("/penggunaan/:id/batal", access.Needs(actor.VoidLater), r.void)
	f.Post("/penggunaan/:id/sanggah", dispute, r.dispute)
	f.Post("/penggunaan/:id/komentar", access.Needs(actor.DisputeUses, actor.DecideDisputes), r.comment)
	f.Post("/penggunaan/:id/putuskan", decide, r.decide)
	f.Get("/keputusan", rows, r.waiting)
	f.Post("/keputusan/periksa", decide, r.askMany)
	f.Post("/keputusan/terima", decide, r.acceptMany)
	f.Get("/tolakan", read, r.refused)
}

// names returns the names of accounts by their ids, for those whom the domain
// let know the ids.
func (r *room) names(ctx context.Context, ids ...uuid.UUID) map[uuid.UUID]string {
	out := map[uuid.UUID]string{}
	for _, id := range ids {
		if id == uuid.Nil || out[id] != "" {
			continue
		}
		if a, err := r.Accounts.Get(actor.With(ctx, actor.System()), id); err == nil {
			out[id] = a.Name.Reveal()
		}
	}
	return out
}
