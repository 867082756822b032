package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
)

func (s *Server) partnerRoutes() {
	p := s.services.Partners
	read, write, approve := access.Needs(actor.ReadPartners), access.Needs(actor.WritePartners), access.Needs(actor.ApprovePartners)
	route(s, get("/v1/partners", tagPartners, "Partners within reach, newest first"), read, s.listPartners)
	route(s, post("/v1/partners", tagPartners, "Enter a partner as a draft"), write, s.createPartner)
	route(s, get("/v1/partners/{id}", tagPartners, "One partner"), read, step(p.Get, partnerOf))
	route(s, put("/v1/partners/{id}", tagPartners, "Change a partner's profile"), write, s.updatePartner)
	route(s, act("/v1/partners/{id}/submit", tagPartners, "Hand a draft in for approval"), write, step(p.Submit, partnerOf))
	route(s, say(act("/v1/partners/{id}/approve", tagPartners, "Approve a partner"), "Not by whoever entered or submitted it."), approve, step(p.Approve, partnerOf))
	route(s, act("/v1/partners/{id}/reject", tagPartners, "Send a partner back to draft"), approve, stepWhy(p.Reject, partnerOf))
	route(s, say(act("/v1/partners/{id}/activate", tagPartners, "Open an approved partner"), "It needs an agreement in force today, an open sector and an active outlet."), approve, step(p.Activate, partnerOf))
	route(s, act("/v1/partners/{id}/suspend", tagPartners, "Close a partner for the time being"), approve, stepWhy(p.Suspend, partnerOf))
	route(s, act("/v1/partners/{id}/resume", tagPartners, "Open a suspended partner again"), approve, step(p.Resume, partnerOf))
	route(s, act("/v1/partners/{id}/end", tagPartners, "Close a partner for good"), approve, stepWhy(p.End, partnerOf))
	route(s, get("/v1/partners/{id}/agreements", tagPartners, "Agreements of a partner"), read, s.listAgreements)
	route(s, say(post("/v1/partners/{id}/agreements", tagPartners, "Enter an agreement"), "The branch does, never the partner."), write, s.createAgreement)
}

type contactBody struct {
	Name  string `json:"name,omitempty" maxLength:"100"`
	Phone string `json:"phone,omitempty" maxLength:"20"`
	Email string `json:"email,omitempty" maxLength:"254"`
}

type partnerProfile struct {
	Name    string       `json:"name" maxLength:"200" example:"CV Anugerah Perdana Monginsidi"`
	NIB     string       `json:"nib,omitempty" maxLength:"13" doc:"Business identification number, 13 digits."`
	NPWP    string       `json:"npwp,omitempty" maxLength:"30" doc:"Tax number, 15 or 16 digits."`
	Contact *contactBody `json:"contact,omitempty"`
}

func (p partnerProfile) profile() partners.Profile {
	out := partners.Profile{Name: p.Name, NIB: p.NIB, NPWP: p.NPWP}
	if c := p.Contact; c != nil {
		out.Contact = partners.Contact{Name: pii.Text(c.Name), Phone: pii.Text(c.Phone), Email: pii.Text(c.Email)}
	}
	return out
}

type newPartner struct {
	SectorID uuid.UUID    `json:"sector_id"`
	BranchID uuid.UUID    `json:"branch_id" doc:"The branch that looks after it."`
	Name     string       `json:"name" maxLength:"200"`
	NIB      string       `json:"nib,omitempty" maxLength:"13"`
	NPWP     string       `json:"npwp,omitempty" maxLength:"30"`
	Contact  *contactBody `json:"contact,omitempty"`
}

type partnerBody struct {
	ID          uuid.UUID    `json:"id"`
	SectorID    uuid.UUID    `json:"sector_id"`
	BranchID    uuid.UUID    `json:"branch_id"`
	Name        string       `json:"name"`
	NIB         string       `json:"nib,omitempty"`
	NPWP        string       `json:"npwp,omitempty"`
	Contact     *contactBody `json:"contact,omitempty"`
	State       string       `json:"state" enum:"draft,submitted,approved,active,suspended,ended"`
	StateReason string       `json:"state_reason,omitempty" doc:"Why it was rejected, suspended or ended."`
	CreatedBy   uuid.UUID    `json:"created_by"`
	SubmittedBy *uuid.UUID   `json:"submitted_by,omitempty"`
	ApprovedBy  *uuid.UUID   `json:"approved_by,omitempty"`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
}

func partnerOf(p partners.Partner) partnerBody {
	b := partnerBody{
		ID: p.ID, SectorID: p.SectorID, BranchID: p.BranchID, Name: p.Name, NIB: p.NIB, NPWP: p.NPWP, State: string(p.State),
		StateReason: p.StateReason, CreatedBy: p.CreatedBy, SubmittedBy: orNone(p.SubmittedBy), ApprovedBy: orNone(p.ApprovedBy),
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if p.Contact != (partners.Contact{}) {
		b.Contact = &contactBody{Name: p.Contact.Name.Reveal(), Phone: p.Contact.Phone.Reveal(), Email: p.Contact.Email.Reveal()}
	}
	return b
}

type newAgreement struct {
	Number     string    `json:"number" maxLength:"100"`
	StartsOn   clock.Day `json:"starts_on"`
	EndsOn     clock.Day `json:"ends_on" doc:"Included."`
	RemindDays int       `json:"remind_days,omitempty" minimum:"0" maximum:"365" doc:"Reminder so many days before the end; 30 when left out."`
}

type agreementBody struct {
	ID         uuid.UUID `json:"id"`
	PartnerID  uuid.UUID `json:"partner_id"`
	Number     string    `json:"number"`
	StartsOn   clock.Day `json:"starts_on"`
	EndsOn     clock.Day `json:"ends_on"`
	RemindDays int       `json:"remind_days"`
	CreatedBy  uuid.UUID `json:"created_by"`
	CreatedAt  time.Time `json:"created_at"`
}

func agreementOf(a partners.Agreement) agreementBody {
	return agreementBody{a.ID, a.PartnerID, a.Number, a.StartsOn, a.EndsOn, a.RemindDays, a.CreatedBy, a.CreatedAt}
}

type partnerQuery struct {
	Paged
	State    string    `query:"state" enum:"draft,submitted,approved,active,suspended,ended"`
	SectorID uuid.UUID `query:"sector_id"`
	BranchID uuid.UUID `query:"branch_id"`
}

func (s *Server) listPartners(ctx context.Context, in *partnerQuery) (*out[page.Of[partnerBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	f := partners.Filter{State: partners.State(in.State), SectorID: in.SectorID, BranchID: in.BranchID}
	p, err := s.services.Partners.List(ctx, f, req)
	return replyPage(p, err, partnerOf)
}

func (s *Server) createPartner(ctx context.Context, in *with[newPartner]) (*created[partnerBody], error) {
	b := in.Body
	profile := partnerProfile{Name: b.Name, NIB: b.NIB, NPWP: b.NPWP, Contact: b.Contact}.profile()
	v, err := s.services.Partners.Create(ctx, partners.NewPartner{SectorID: b.SectorID, BranchID: b.BranchID, Profile: profile})
	return replyNew(v, err, partnerOf, func(p partners.Partner) string { return "/v1/partners/" + p.ID.String() })
}

func (s *Server) updatePartner(ctx context.Context, in *idAnd[partnerProfile]) (*out[partnerBody], error) {
	v, err := s.services.Partners.Update(ctx, in.ID, in.Body.profile())
	return reply(v, err, partnerOf)
}

func (s *Server) listAgreements(ctx context.Context, in *byID) (*out[listOf[agreementBody]], error) {
	all, err := s.services.Partners.Agreements(ctx, in.ID)
	return replyList(all, err, agreementOf)
}

func (s *Server) createAgreement(ctx context.Context, in *idAnd[newAgreement]) (*out[agreementBody], error) {
	b := in.Body
	v, err := s.services.Partners.CreateAgreement(ctx, in.ID, partners.NewAgreement{
		Number: b.Number, StartsOn: b.StartsOn, EndsOn: b.EndsOn, RemindDays: b.RemindDays,
	})
	return reply(v, err, agreementOf)
}
