package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

func (s *Server) sectorRoutes() {
	route(s, get("/v1/branches", tagParticipants, "All branches"), access.SignedIn(), s.listBranches)
	route(s, get("/v1/branches/{id}", tagParticipants, "One branch"), access.SignedIn(), step(s.services.Participants.Branch, branchOf))
	route(s, get("/v1/sectors", tagPartners, "All sectors"), access.Needs(actor.ReadSectors), s.listSectors)
	route(s, get("/v1/sectors/{id}", tagPartners, "One sector"), access.Needs(actor.ReadSectors), step(s.services.Partners.Sector, sectorOf))
	route(s, post("/v1/sectors", tagPartners, "Enter a sector"), access.Needs(actor.WriteSectors), s.createSector)
	route(s, say(act("/v1/sectors/{id}/state", tagPartners, "Move a sector on"),
		"candidate → assessed → open ⇄ paused → closed."), access.Needs(actor.WriteSectors), s.setSectorState)
}

type branchBody struct {
	ID           uuid.UUID `json:"id"`
	Code         string    `json:"code"`
	Name         string    `json:"name"`
	OfficeKind   string    `json:"office_kind"`
	Zone         string    `json:"zone" doc:"IANA."`
	ArrearsValid bool      `json:"arrears_valid" doc:"Whether arrears within three months still count as valid."`
	RegionCodes  []string  `json:"region_codes" nullable:"false" doc:"Kemendagri codes."`
}

func branchOf(b participants.Branch) branchBody {
	return branchBody{b.ID, b.Code, b.Name, b.OfficeKind, b.Zone, b.ArrearsValid, append([]string{}, b.RegionCodes...)}
}

type sectorBody struct {
	ID        uuid.UUID `json:"id"`
	Code      string    `json:"code"`
	NameID    string    `json:"name_id" doc:"Indonesian."`
	NameEN    string    `json:"name_en" doc:"English."`
	State     string    `json:"state" enum:"candidate,assessed,open,paused,closed"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func sectorOf(p partners.Sector) sectorBody {
	return sectorBody{p.ID, p.Code, p.NameID, p.NameEN, string(p.State), p.CreatedAt, p.UpdatedAt}
}

type newSector struct {
	Code   string `json:"code" maxLength:"20" example:"MOT"`
	NameID string `json:"name_id" maxLength:"100" example:"Bengkel motor"`
	NameEN string `json:"name_en" maxLength:"100" example:"Motorcycle workshops"`
}

type sectorState struct {
	State string `json:"state" enum:"candidate,assessed,open,paused,closed"`
}

func (s *Server) listBranches(ctx context.Context, _ *none) (*out[listOf[branchBody]], error) {
	all, err := s.services.Participants.Branches(ctx)
	return replyList(all, err, branchOf)
}

func (s *Server) listSectors(ctx context.Context, _ *none) (*out[listOf[sectorBody]], error) {
	all, err := s.services.Partners.Sectors(ctx)
	return replyList(all, err, sectorOf)
}

func (s *Server) createSector(ctx context.Context, in *with[newSector]) (*created[sectorBody], error) {
	v, err := s.services.Partners.CreateSector(ctx, partners.NewSector{Code: in.Body.Code, NameID: in.Body.NameID, NameEN: in.Body.NameEN})
	return replyNew(v, err, sectorOf, func(p partners.Sector) string { return "/v1/sectors/" + p.ID.String() })
}

func (s *Server) setSectorState(ctx context.Context, in *idAnd[sectorState]) (*out[sectorBody], error) {
	v, err := s.services.Partners.SetSectorState(ctx, in.ID, partners.SectorState(in.Body.State))
	return reply(v, err, sectorOf)
}
