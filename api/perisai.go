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
	"github.com/berlaku/berlaku/perisai"
)

func (s *Server) perisaiRoutes() {
	read, write := access.Needs(actor.ReadPerisai), access.Needs(actor.WritePerisai)
	route(s, get("/v1/wadah", tagPerisai, "Umbrella organisations within reach, newest first"), read, s.listWadahs)
	route(s, post("/v1/wadah", tagPerisai, "Enter an umbrella organisation"), write, s.createWadah)
	route(s, get("/v1/wadah/{id}", tagPerisai, "One umbrella organisation"), read, step(s.services.Perisai.GetWadah, wadahOf))
	route(s, get("/v1/agents", tagPerisai, "Agents within reach, newest first"), read, s.listAgents)
	route(s, post("/v1/agents", tagPerisai, "Enter an agent"), write, s.createAgent)
	route(s, get("/v1/agents/{id}", tagPerisai, "One agent"), read, step(s.services.Perisai.GetAgent, agentOf))
	route(s, get("/v1/registrations", tagPerisai, "Registrations within reach, newest first"), read, s.listRegistrations)
	route(s, say(post("/v1/registrations", tagPerisai, "Record who registered a participant"), "Once for each participant; never overwritten."), write, s.register)
	route(s, say(post("/v1/registrations/{id}/activation", tagPerisai, "Make a code for the card of a person one registered"),
		"For the wadah through which the person was registered, until 30 days after; otherwise like the branch's."), access.Needs(actor.HandOver), s.handOver)
	route(s, get("/v1/reported-figures", tagPerisai, "Figures as they were reported"), read, s.listFigures)
	route(s, post("/v1/reported-figures", tagPerisai, "Keep a figure as it was reported"), write, s.reportFigure)
}

type newWadah struct {
	BranchID uuid.UUID `json:"branch_id"`
	Code     string    `json:"code" maxLength:"40"`
	Name     string    `json:"name" maxLength:"200"`
}

type wadahBody struct {
	ID        uuid.UUID `json:"id"`
	BranchID  uuid.UUID `json:"branch_id"`
	Code      string    `json:"code"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

func wadahOf(w perisai.Wadah) wadahBody {
	return wadahBody{w.ID, w.BranchID, w.Code, w.Name, w.CreatedAt}
}

type newAgent struct {
	WadahID    uuid.UUID `json:"wadah_id"`
	RegionCode string    `json:"region_code" maxLength:"13"`
	Code       string    `json:"code" maxLength:"40"`
	Name       string    `json:"name" maxLength:"200"`
	Phone      string    `json:"phone,omitempty" maxLength:"30"`
	ActiveFrom clock.Day `json:"active_from"`
	ActiveTo   clock.Day `json:"active_to,omitempty" doc:"Included."`
}

type agentBody struct {
	ID         uuid.UUID `json:"id"`
	WadahID    uuid.UUID `json:"wadah_id"`
	BranchID   uuid.UUID `json:"branch_id"`
	RegionCode string    `json:"region_code"`
	Code       string    `json:"code"`
	Name       string    `json:"name"`
	ActiveFrom clock.Day `json:"active_from"`
	ActiveTo   clock.Day `json:"active_to,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
}

func agentOf(a perisai.Agent) agentBody {
	return agentBody{a.ID, a.WadahID, a.BranchID, a.RegionCode, a.Code, a.Name.Reveal(), a.ActiveFrom, a.ActiveTo, a.CreatedAt}
}

type newRegistration struct {
	ParticipantID uuid.UUID  `json:"participant_id"`
	AgentID       *uuid.UUID `json:"agent_id,omitempty" doc:"None: not by an agent, or unknown."`
	BranchID      *uuid.UUID `json:"branch_id,omitempty" doc:"None: the agent's."`
	Unallocated   bool       `json:"unallocated,omitempty" doc:"The source does not say which branch."`
	RegisteredOn  clock.Day  `json:"registered_on"`
}

type registrationBody struct {
	ID            uuid.UUID  `json:"id"`
	ParticipantID uuid.UUID  `json:"participant_id"`
	AgentID       *uuid.UUID `json:"agent_id,omitempty"`
	WadahID       *uuid.UUID `json:"wadah_id,omitempty"`
	BranchID      *uuid.UUID `json:"branch_id,omitempty"`
	Unallocated   bool       `json:"unallocated"`
	RegisteredOn  clock.Day  `json:"registered_on"`
	CreatedAt     time.Time  `json:"created_at"`
}

func registrationOf(r perisai.Registration) registrationBody {
	return registrationBody{r.ID, r.ParticipantID, orNone(r.AgentID), orNone(r.WadahID), orNone(r.BranchID), r.Unallocated, r.RegisteredOn, r.CreatedAt}
}

type newFigure struct {
	PeriodStart clock.Day  `json:"period_start"`
	PeriodEnd   clock.Day  `json:"period_end" doc:"Included."`
	BranchID    *uuid.UUID `json:"branch_id,omitempty" doc:"None: all branches together."`
	Metric      string     `json:"metric" pattern:"^[a-z][a-z0-9_]{0,59}$" example:"registrations"`
	Value       int64      `json:"value" minimum:"0" maximum:"1000000000000"`
	AsOf        clock.Day  `json:"as_of"`
	Source      string     `json:"source" maxLength:"500"`
	Note        string     `json:"note,omitempty" maxLength:"2000"`
}

type figureBody struct {
	ID          uuid.UUID  `json:"id"`
	PeriodStart clock.Day  `json:"period_start"`
	PeriodEnd   clock.Day  `json:"period_end"`
	BranchID    *uuid.UUID `json:"branch_id,omitempty"`
	Metric      string     `json:"metric"`
	Value       int64      `json:"value"`
	AsOf        clock.Day  `json:"as_of"`
	Source      string     `json:"source"`
	Note        string     `json:"note,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
}

func figureOf(f perisai.Figure) figureBody {
	return figureBody{f.ID, f.PeriodStart, f.PeriodEnd, orNone(f.BranchID), f.Metric, f.Value, f.AsOf, f.Source, f.Note, f.CreatedAt}
}

type agentQuery struct {
	Paged
	WadahID uuid.UUID `query:"wadah_id"`
}

type registrationQuery struct {
	Paged
	AgentID uuid.UUID `query:"agent_id"`
}

type figureQuery struct {
	Metric string `query:"metric" pattern:"^[a-z][a-z0-9_]{0,59}$" doc:"registrations when left out."`
	From   string `query:"from" format:"date" required:"true"`
	To     string `query:"to" format:"date" required:"true" doc:"Included."`
}

func (s *Server) listWadahs(ctx context.Context, in *Paged) (*out[page.Of[wadahBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Perisai.ListWadahs(ctx, req)
	return replyPage(p, err, wadahOf)
}

func (s *Server) createWadah(ctx context.Context, in *with[newWadah]) (*created[wadahBody], error) {
	w, err := s.services.Perisai.CreateWadah(ctx, perisai.NewWadah(in.Body))
	return replyNew(w, err, wadahOf, func(w perisai.Wadah) string { return "/v1/wadah/" + w.ID.String() })
}

func (s *Server) listAgents(ctx context.Context, in *agentQuery) (*out[page.Of[agentBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Perisai.ListAgents(ctx, in.WadahID, req)
	return replyPage(p, err, agentOf)
}

func (s *Server) createAgent(ctx context.Context, in *with[newAgent]) (*created[agentBody], error) {
	b := in.Body
	a, err := s.services.Perisai.CreateAgent(ctx, perisai.NewAgent{
		WadahID: b.WadahID, RegionCode: b.RegionCode, Code: b.Code, Name: pii.Text(b.Name), Phone: pii.Text(b.Phone),
		ActiveFrom: b.ActiveFrom, ActiveTo: b.ActiveTo,
	})
	return replyNew(a, err, agentOf, func(a perisai.Agent) string { return "/v1/agents/" + a.ID.String() })
}

func (s *Server) listRegistrations(ctx context.Context, in *registrationQuery) (*out[page.Of[registrationBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Perisai.ListRegistrations(ctx, in.AgentID, req)
	return replyPage(p, err, registrationOf)
}

func (s *Server) register(ctx context.Context, in *with[newRegistration]) (*out[registrationBody], error) {
	b := in.Body
	r, err := s.services.Perisai.Register(ctx, perisai.Registration{
		ParticipantID: b.ParticipantID, AgentID: orZero(b.AgentID), BranchID: orZero(b.BranchID), Unallocated: b.Unallocated, RegisteredOn: b.RegisteredOn,
	})
	return reply(r, err, registrationOf)
}

func (s *Server) listFigures(ctx context.Context, in *figureQuery) (*out[listOf[figureBody]], error) {
	if in.Metric == "" {
		in.Metric = "registrations"
	}
	all, err := s.services.Perisai.Figures(ctx, in.Metric, clock.Day(in.From), clock.Day(in.To))
	return replyList(all, err, figureOf)
}

func (s *Server) reportFigure(ctx context.Context, in *with[newFigure]) (*out[figureBody], error) {
	b := in.Body
	f, err := s.services.Perisai.ReportFigure(ctx, perisai.Figure{
		PeriodStart: b.PeriodStart, PeriodEnd: b.PeriodEnd, BranchID: orZero(b.BranchID), Metric: b.Metric, Value: b.Value,
		AsOf: b.AsOf, Source: b.Source, Note: b.Note,
	})
	return reply(f, err, figureOf)
}
