package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// requestRoutes registers what staff do with people's requests.
func (s *Server) requestRoutes() {
	handle, people := access.Needs(actor.HandleRequests), s.services.Participants
	route(s, say(get("/v1/data-requests", tagParticipants, "Data requests within reach, newest first"), "Without what they say."), handle, s.listRequests)
	route(s, say(get("/v1/data-requests/{id}", tagParticipants, "One data request with what it says"), "The person sees that somebody looked."), handle, s.getRequest)
	route(s, say(act("/v1/data-requests/{id}/complete", tagParticipants, "Answer a correction that was made"),
		"The data themselves are corrected by PATCH /v1/participants/{id} before."), handle, stepAnswer(people.CompleteRequest))
	route(s, say(act("/v1/data-requests/{id}/refuse", tagParticipants, "Refuse a correction or an erasure"), "The answer tells the person why."), handle, stepAnswer(people.RefuseRequest))
	route(s, say(act("/v1/data-requests/{id}/prepare", tagParticipants, "Say that an erasure may be done"), "Another person approves it."), handle, step(people.PrepareErasure, requestOf))
	route(s, say(act("/v1/data-requests/{id}/approve", tagParticipants, "Erase the person"),
		"By somebody else than who prepared it. It cannot be undone: cards end, names and numbers are gone, records of uses stay under the id."),
		access.Needs(actor.ApproveErasure).Fresh(), step(people.ApproveErasure, requestOf))
}

// requestBody is a request as staff see it.
type requestBody struct {
	ID            uuid.UUID  `json:"id"`
	ParticipantID uuid.UUID  `json:"participant_id"`
	BranchID      uuid.UUID  `json:"branch_id"`
	Kind          string     `json:"kind" enum:"see,export,correct,withdraw,erase"`
	State         string     `json:"state" enum:"open,prepared,done,refused,cancelled"`
	Overdue       bool       `json:"overdue" doc:"It waits beyond its time."`
	Note          string     `json:"note,omitempty" doc:"What the person wrote; only where one is read."`
	Answer        string     `json:"answer,omitempty" doc:"Only where one is read."`
	DueAt         time.Time  `json:"due_at"`
	CreatedAt     time.Time  `json:"created_at"`
	PreparedBy    *uuid.UUID `json:"prepared_by,omitempty"`
	PreparedAt    *time.Time `json:"prepared_at,omitempty"`
	DecidedBy     *uuid.UUID `json:"decided_by,omitempty"`
	DecidedAt     *time.Time `json:"decided_at,omitempty"`
}

func requestOf(r participants.DataRequest) requestBody {
	return requestBody{
		ID: r.ID, ParticipantID: r.ParticipantID, BranchID: r.BranchID, Kind: string(r.Kind), State: string(r.State), Overdue: r.Overdue,
		Note: r.Note.Reveal(), Answer: r.Answer.Reveal(), DueAt: r.DueAt, CreatedAt: r.CreatedAt, PreparedBy: orNone(r.PreparedBy),
		PreparedAt: r.PreparedAt, DecidedBy: orNone(r.DecidedBy), DecidedAt: r.DecidedAt,
	}
}

type requestQuery struct {
	Paged
	State string `query:"state" enum:"open,prepared,done,refused,cancelled"`
	Kind  string `query:"kind" enum:"see,export,correct,withdraw,erase"`
}

func (s *Server) listRequests(ctx context.Context, in *requestQuery) (*out[page.Of[requestBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	f := participants.RequestFilter{State: participants.RequestState(in.State), Kind: participants.RequestKind(in.Kind)}
	p, err := s.services.Participants.Requests(ctx, f, req)
	return replyPage(p, err, requestOf)
}

type reasonedByID struct {
	ByID
	Reasoned
}

func (s *Server) getRequest(ctx context.Context, in *reasonedByID) (*out[requestBody], error) {
	r, err := s.services.Participants.Request(in.noted(ctx), in.ID)
	return reply(r, err, requestOf)
}

type answerBody struct {
	Answer string `json:"answer" minLength:"1" maxLength:"1000" doc:"For the person to read."`
}

// stepAnswer is the handler of a step that answers the person.
func stepAnswer(do func(context.Context, uuid.UUID, pii.Text) (participants.DataRequest, error)) func(context.Context, *idAnd[answerBody]) (*out[requestBody], error) {
	return func(ctx context.Context, in *idAnd[answerBody]) (*out[requestBody], error) {
		r, err := do(ctx, in.ID, pii.Text(in.Body.Answer))
		return reply(r, err, requestOf)
	}
}
