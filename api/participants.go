package api

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

func (s *Server) participantRoutes() {
	read, write := access.Needs(actor.ReadParticipants), access.Needs(actor.WriteParticipants)
	route(s, get("/v1/participants", tagParticipants, "Participants within reach, newest first"), read, s.listParticipants)
	route(s, say(act("/v1/participants/search", tagParticipants, "Find a participant by number"),
		"By identity number or KPJ, exactly. A search is a POST so that no number stands in an address."),
		access.Needs(actor.SearchParticipants).Limited(actor.Account, 120, time.Hour), s.searchParticipants)
	route(s, post("/v1/participants", tagParticipants, "Enter a participant"), write, s.createParticipant)
	route(s, get("/v1/participants/{id}", tagParticipants, "One participant"), read, s.getParticipant)
	route(s, huma.Operation{
		Method: "PATCH", Path: "/v1/participants/{id}", Tags: []string{tagParticipants}, Summary: "Correct a participant's data",
		Description: "Members that are left out stay as they are.",
	}, write, s.updateParticipant)
	route(s, say(act("/v1/participants/{id}/memberships", tagParticipants, "Store a snapshot of a membership"),
		"Found by its KPJ; a newer snapshot replaces an older one, never the other way round."), write, s.setMembership)
	route(s, quiet(post("/v1/participants/{id}/consents", tagParticipants, "Record a consent")), write, s.giveConsent)
	route(s, say(del("/v1/participants/{id}/consents", tagParticipants, "Withdraw every consent"),
		"Processing is restricted and the person's cards stop counting as valid at once."), write, s.withdrawConsent)
	route(s, say(post("/v1/participants/{id}/activation", tagParticipants, "Make a code for the card on a phone"),
		"Good once and for seven days; earlier codes end. The code is shown only here. With send the link goes to the phone on record."),
		access.Needs(actor.IssueCards), s.beginActivation)
}

type membershipBody struct {
	ID             uuid.UUID  `json:"id"`
	BranchID       uuid.UUID  `json:"branch_id"`
	AgentID        *uuid.UUID `json:"agent_id,omitempty"`
	KPJMasked      string     `json:"kpj_masked"`
	Segment        string     `json:"segment" enum:"pu,bpu,jakon,pmi"`
	Programmes     []string   `json:"programmes" nullable:"false"`
	Payer          string     `json:"payer,omitempty"`
	AcquiredOn     clock.Day  `json:"acquired_on,omitempty"`
	ProtectedUntil clock.Day  `json:"protected_until,omitempty"`
	Status         string     `json:"status" enum:"active,in_arrears,inactive,unverified" doc:"As of today."`
	StatusAsOf     clock.Day  `json:"status_as_of,omitempty"`
	Source         string     `json:"source"`
	EndedOn        clock.Day  `json:"ended_on,omitempty"`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
}

func membershipOf(m participants.Membership) membershipBody {
	b := membershipBody{
		ID: m.ID, BranchID: m.BranchID, AgentID: orNone(m.AgentID), KPJMasked: m.KPJMasked, Segment: string(m.Segment), Programmes: []string{},
		Payer: string(m.Payer), AcquiredOn: m.AcquiredOn, ProtectedUntil: m.ProtectedUntil, Status: string(m.Status), StatusAsOf: m.StatusAsOf,
		Source: string(m.Source), EndedOn: m.EndedOn, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
	for _, p := range m.Programmes {
		b.Programmes = append(b.Programmes, string(p))
	}
	return b
}

// participantBody is a person as staff see it.
type participantBody struct {
	ID             uuid.UUID        `json:"id"`
	BranchID       uuid.UUID        `json:"branch_id"`
	RegionCode     string           `json:"region_code,omitempty"`
	IDType         string           `json:"id_type" enum:"nik,passport"`
	IDNumberMasked string           `json:"id_number_masked"`
	Name           string           `json:"name"`
	PhoneMasked    string           `json:"phone_masked,omitempty"`
	Restricted     bool             `json:"restricted" doc:"Processing is restricted on request."`
	Memberships    []membershipBody `json:"memberships" nullable:"false"`
	Warnings       []string         `json:"warnings,omitempty" nullable:"false" doc:"What is unusual about the identity number as typed; never a reason to refuse."`
	CreatedAt      time.Time        `json:"created_at"`
	UpdatedAt      time.Time        `json:"updated_at"`
}

func participantOf(p participants.Participant) participantBody {
	b := participantBody{
		ID: p.ID, BranchID: p.BranchID, RegionCode: p.RegionCode, IDType: string(p.IDType), IDNumberMasked: p.IDNumberMasked,
		Name: p.Name.Reveal(), PhoneMasked: p.PhoneMasked, Restricted: p.Restricted, Memberships: []membershipBody{},
		Warnings: p.Warnings, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	for _, m := range p.Memberships {
		b.Memberships = append(b.Memberships, membershipOf(m))
	}
	return b
}

type newMembership struct {
	BranchID       *uuid.UUID `json:"branch_id,omitempty" doc:"None: the person's branch."`
	AgentID        *uuid.UUID `json:"agent_id,omitempty"`
	KPJ            string     `json:"kpj" maxLength:"20" doc:"Card number of the body, 11 digits."`
	Segment        string     `json:"segment" enum:"pu,bpu,jakon,pmi"`
	Programmes     []string   `json:"programmes,omitempty" nullable:"false" maxItems:"5" enum:"jkk,jkm,jht,jp,jkp" doc:"None: jkk and jkm."`
	Payer          string     `json:"payer,omitempty" enum:"self,employer,public_budget,village_fund,donor,corporation"`
	AcquiredOn     clock.Day  `json:"acquired_on,omitempty"`
	ProtectedUntil clock.Day  `json:"protected_until,omitempty"`
	Status         string     `json:"status" enum:"active,in_arrears,inactive,unverified"`
	StatusAsOf     clock.Day  `json:"status_as_of,omitempty" doc:"None: today."`
	Source         string     `json:"source,omitempty" enum:"officer,payment_proof"`
	EndedOn        clock.Day  `json:"ended_on,omitempty"`
}

func (b newMembership) membership() participants.NewMembership {
	m := participants.NewMembership{
		BranchID: orZero(b.BranchID), AgentID: orZero(b.AgentID), KPJ: pii.Text(b.KPJ), Segment: participants.Segment(b.Segment),
		Payer: participants.Payer(b.Payer), AcquiredOn: b.AcquiredOn, ProtectedUntil: b.ProtectedUntil,
		Status: participants.Status(b.Status), StatusAsOf: b.StatusAsOf, Source: participants.Source(b.Source), EndedOn: b.EndedOn,
	}
	for _, p := range b.Programmes {
		m.Programmes = append(m.Programmes, participants.Programme(p))
	}
	return m
}

type newConsent struct {
	Version  string `json:"version" minLength:"1" maxLength:"40" doc:"Of the text that was shown."`
	TextHash string `json:"text_hash" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of that text in hexadecimal."`
	Channel  string `json:"channel" enum:"branch,agent,self,import"`
}

var errTextHash = fault.New(fault.Invalid, "text_hash_invalid", "A hash of a text is 64 hexadecimal digits.")

func (b newConsent) consent() (participants.NewConsent, error) {
	hash, err := hex.DecodeString(b.TextHash)
	if err != nil {
		return participants.NewConsent{}, errTextHash.At("/text_hash")
	}
	return participants.NewConsent{Version: b.Version, TextHash: hash, Channel: participants.Channel(b.Channel)}, nil
}

type newParticipant struct {
	BranchID   uuid.UUID      `json:"branch_id"`
	RegionCode string         `json:"region_code,omitempty" maxLength:"13"`
	IDType     string         `json:"id_type,omitempty" enum:"nik,passport"`
	IDNumber   string         `json:"id_number" maxLength:"30"`
	Name       string         `json:"name" minLength:"1" maxLength:"200"`
	BirthOn    clock.Day      `json:"birth_on,omitempty"`
	Phone      string         `json:"phone,omitempty" maxLength:"30"`
	Membership *newMembership `json:"membership,omitempty"`
	Consent    *newConsent    `json:"consent,omitempty"`
}

func (b newParticipant) participant() (participants.NewParticipant, error) {
	n := participants.NewParticipant{
		BranchID: b.BranchID, RegionCode: b.RegionCode, IDType: participants.IDType(b.IDType), IDNumber: pii.Text(b.IDNumber),
		Name: pii.Text(b.Name), BirthOn: b.BirthOn, Phone: pii.Text(b.Phone),
	}
	if b.Membership != nil {
		m := b.Membership.membership()
		n.Membership = &m
	}
	if b.Consent != nil {
		c, err := b.Consent.consent()
		if err != nil {
			return n, err
		}
		n.Consent = &c
	}
	return n, nil
}

type participantChange struct {
	Name       *string    `json:"name,omitempty" minLength:"1" maxLength:"200"`
	BirthOn    *clock.Day `json:"birth_on,omitempty"`
	Phone      *string    `json:"phone,omitempty" maxLength:"30"`
	RegionCode *string    `json:"region_code,omitempty" maxLength:"13"`
}

type participantQuery struct {
	Paged
	Reasoned
	BranchID uuid.UUID `query:"branch_id"`
	Status   string    `query:"status" enum:"active,in_arrears,inactive,unverified"`
	Segment  string    `query:"segment" enum:"pu,bpu,jakon,pmi"`
}

type participantSearch struct {
	IDType   string `json:"id_type,omitempty" enum:"nik,passport"`
	IDNumber string `json:"id_number,omitempty" maxLength:"30"`
	KPJ      string `json:"kpj,omitempty" maxLength:"20"`
}

func (s *Server) listParticipants(ctx context.Context, in *participantQuery) (*out[page.Of[participantBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	f := participants.Filter{BranchID: in.BranchID, Status: participants.Status(in.Status), Segment: participants.Segment(in.Segment)}
	p, err := s.services.Participants.List(in.noted(ctx), f, req)
	return replyPage(p, err, participantOf)
}

func (s *Server) getParticipant(ctx context.Context, in *reasonedByID) (*out[participantBody], error) {
	p, err := s.services.Participants.Get(in.noted(ctx), in.ID)
	return reply(p, err, participantOf)
}

var errNothingSought = fault.New(fault.Invalid, "search_empty", "Give an identity number or a KPJ.")

func (s *Server) searchParticipants(ctx context.Context, in *struct {
	Reasoned
	Body participantSearch
}) (*out[page.Of[participantBody]], error) {
	b := in.Body
	if b.IDNumber == "" && b.KPJ == "" {
		return nil, errNothingSought
	}
	f := participants.Filter{IDType: participants.IDType(b.IDType), IDNumber: pii.Text(b.IDNumber), KPJ: pii.Text(b.KPJ)}
	p, err := s.services.Participants.List(in.noted(ctx), f, page.Request{Limit: page.Default})
	return replyPage(p, err, participantOf)
}

func (s *Server) createParticipant(ctx context.Context, in *with[newParticipant]) (*created[participantBody], error) {
	n, err := in.Body.participant()
	if err != nil {
		return nil, err
	}
	v, err := s.services.Participants.Create(ctx, n)
	return replyNew(v, err, participantOf, func(p participants.Participant) string { return "/v1/participants/" + p.ID.String() })
}

func (s *Server) updateParticipant(ctx context.Context, in *struct {
	ByID
	Reasoned
	Body participantChange
}) (*out[participantBody], error) {
	b := in.Body
	c := participants.Change{Name: (*pii.Text)(b.Name), BirthOn: b.BirthOn, Phone: (*pii.Text)(b.Phone), RegionCode: b.RegionCode}
	v, err := s.services.Participants.Update(in.noted(ctx), in.ID, c)
	return reply(v, err, participantOf)
}

func (s *Server) setMembership(ctx context.Context, in *idAnd[newMembership]) (*out[membershipBody], error) {
	v, err := s.services.Participants.SetMembership(ctx, in.ID, in.Body.membership())
	return reply(v, err, membershipOf)
}

func (s *Server) giveConsent(ctx context.Context, in *idAnd[newConsent]) (*none, error) {
	c, err := in.Body.consent()
	if err != nil {
		return nil, err
	}
	return done(s.services.Participants.GiveConsent(ctx, in.ID, c))
}

func (s *Server) withdrawConsent(ctx context.Context, in *byID) (*none, error) {
	return done(s.services.Participants.WithdrawConsent(ctx, in.ID))
}
