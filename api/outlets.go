package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

func (s *Server) outletRoutes() {
	read, write := access.Needs(actor.ReadPartners), access.Needs(actor.WritePartners)
	route(s, get("/v1/partners/{id}/outlets", tagPartners, "Outlets of a partner"), read, s.listOutlets)
	route(s, post("/v1/partners/{id}/outlets", tagPartners, "Enter an outlet"), write, s.createOutlet)
	route(s, get("/v1/outlets/{id}", tagPartners, "One outlet"), read, step(s.services.Partners.GetOutlet, outletOf))
	route(s, put("/v1/outlets/{id}", tagPartners, "Change an outlet"), write, s.updateOutlet)
	route(s, act("/v1/outlets/{id}/close", tagPartners, "Close an outlet for good"), write, step(s.services.Partners.CloseOutlet, outletOf))
}

type openingHours struct {
	Day  int    `json:"day" minimum:"1" maximum:"7" doc:"1 is Monday."`
	From string `json:"from" pattern:"^[0-9]{2}:[0-9]{2}$" example:"08:00"`
	To   string `json:"to" pattern:"^[0-9]{2}:[0-9]{2}$" example:"17:00"`
}

type outletProfile struct {
	Name       string         `json:"name" maxLength:"200"`
	Address    string         `json:"address" maxLength:"500"`
	RegionCode string         `json:"region_code" maxLength:"13" doc:"Kemendagri." example:"72.71"`
	Zone       string         `json:"zone" maxLength:"40" doc:"IANA; days and hours are cut in it." example:"Asia/Makassar"`
	Latitude   *float64       `json:"latitude,omitempty" minimum:"-90" maximum:"90"`
	Longitude  *float64       `json:"longitude,omitempty" minimum:"-180" maximum:"180"`
	Hours      []openingHours `json:"hours,omitempty" nullable:"false" maxItems:"28"`
}

func (p outletProfile) profile() partners.OutletProfile {
	out := partners.OutletProfile{
		Name: p.Name, Address: p.Address, RegionCode: p.RegionCode, Zone: p.Zone, Latitude: p.Latitude, Longitude: p.Longitude,
	}
	for _, h := range p.Hours {
		out.Hours = append(out.Hours, partners.Hours(h))
	}
	return out
}

type outletBody struct {
	ID          uuid.UUID      `json:"id"`
	PartnerID   uuid.UUID      `json:"partner_id"`
	PartnerName string         `json:"partner_name"`
	SectorID    uuid.UUID      `json:"sector_id"`
	BranchID    uuid.UUID      `json:"branch_id"`
	Name        string         `json:"name"`
	Address     string         `json:"address"`
	RegionCode  string         `json:"region_code"`
	Zone        string         `json:"zone"`
	Latitude    *float64       `json:"latitude,omitempty"`
	Longitude   *float64       `json:"longitude,omitempty"`
	Hours       []openingHours `json:"hours" nullable:"false"`
	State       string         `json:"state" enum:"active,closed"`
	Open        bool           `json:"open" doc:"Outlet and partner active, sector open."`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
}

func outletOf(o partners.Outlet) outletBody {
	b := outletBody{
		ID: o.ID, PartnerID: o.PartnerID, PartnerName: o.PartnerName, SectorID: o.SectorID, BranchID: o.BranchID, Name: o.Name,
		Address: o.Address, RegionCode: o.RegionCode, Zone: o.Zone, Latitude: o.Latitude, Longitude: o.Longitude,
		Hours: []openingHours{}, State: string(o.State), Open: o.Open(), CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	for _, h := range o.Hours {
		b.Hours = append(b.Hours, openingHours(h))
	}
	return b
}

func (s *Server) listOutlets(ctx context.Context, in *pagedByID) (*out[page.Of[outletBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Partners.Outlets(ctx, in.ID, req)
	return replyPage(p, err, outletOf)
}

func (s *Server) createOutlet(ctx context.Context, in *idAnd[outletProfile]) (*created[outletBody], error) {
	v, err := s.services.Partners.CreateOutlet(ctx, in.ID, in.Body.profile())
	return replyNew(v, err, outletOf, func(o partners.Outlet) string { return "/v1/outlets/" + o.ID.String() })
}

func (s *Server) updateOutlet(ctx context.Context, in *idAnd[outletProfile]) (*out[outletBody], error) {
	v, err := s.services.Partners.UpdateOutlet(ctx, in.ID, in.Body.profile())
	return reply(v, err, outletOf)
}
