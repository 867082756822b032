package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
)

type probeBody struct {
	Name   string     `json:"name" minLength:"1" maxLength:"20"`
	Gross  int64      `json:"gross" minimum:"1" maximum:"1000000000"`
	Kind   string     `json:"kind,omitempty" enum:"percent,amount"`
	Email  string     `json:"email,omitempty" format:"email"`
	Day    clock.Day  `json:"day,omitempty"`
	Other  *uuid.UUID `json:"other,omitempty"`
	Card   string     `json:"card,omitempty"`
	On     bool       `json:"on,omitempty"`
	Count  int64      `json:"count,omitempty"`
	Limits *probeSub  `json:"limits,omitempty"`
	Items  []probeSub `json:"items,omitempty" maxItems:"3"`
	Tags   []string   `json:"tags,omitempty" uniqueItems:"true"`
	Word   string     `json:"word,omitempty" pattern:"^[a-z]+$"`
}

type probeSub struct {
	Count int64   `json:"count"`
	Share float64 `json:"share,omitempty"`
}

type probeInput struct {
	Limit int        `query:"limit" minimum:"1" maximum:"200"`
	Body  probeBody  `json:"body"`
	Key   probeValue `header:"Idempotency-Key"`
}

type probeValue string

type probeOutput struct {
	Body struct {
		OK bool `json:"ok"`
	}
}

// NewProbe returns a server with routes of every behaviour.
func NewProbe(services Services, opts Options) (*Server, error) {
	return build(services, opts, func(s *Server) {
		s.healthRoutes()
		ok := func(context.Context, *probeInput) (*probeOutput, error) { return &probeOutput{}, nil }
		route(s, huma.Operation{Method: http.MethodPost, Path: "/v1/probe", Tags: []string{tagPublic}, Summary: "Probe", MaxBodyBytes: scanLimit}, access.Public(), ok)
		route(s, huma.Operation{Method: http.MethodPost, Path: "/v1/guarded", Tags: []string{tagPublic}, Summary: "Guarded"}, access.Needs("audit.read"), ok)
		route(s, huma.Operation{Method: http.MethodGet, Path: "/v1/probe/{id}", Tags: []string{tagPublic}, Summary: "One"}, access.Public(), probeGet)
		route(s, huma.Operation{Method: http.MethodGet, Path: "/v1/fail/{how}", Tags: []string{tagPublic}, Summary: "Fail"}, access.Public(), probeFail)
	})
}

// NewUnruled returns what becomes of a server with a route that nobody may call.
func NewUnruled(services Services, opts Options) (*Server, error) {
	return build(services, opts, func(s *Server) {
		route(s, huma.Operation{Method: http.MethodGet, Path: "/v1/open", Summary: "Open"}, access.Rule{}, probeGet)
	})
}

func probeGet(_ context.Context, in *struct {
	ID   uuid.UUID `path:"id"`
	Note string    `query:"note"`
}) (*probeOutput, error) {
	return &probeOutput{}, nil
}

func probeFail(_ context.Context, in *struct {
	How string `path:"how"`
}) (*probeOutput, error) {
	switch in.How {
	case "panic":
		panic("canary-panic " + in.How)
	case "plain":
		return nil, errors.New(`insert: value "canary-value" of 7201010101900001 broke`)
	case "conflict":
		return nil, fault.New(fault.Conflict, "taken", "It is taken.").At("/name").Because(errors.New("canary-cause"))
	case "unavailable":
		return nil, fault.New(fault.Unavailable, "database_unavailable", "The database does not answer.").Because(errors.New("canary-cause"))
	case "encode":
		return nil, &json.UnsupportedValueError{Str: "canary-encode"}
	}
	return nil, fault.New(fault.TooMany, "slow_down", "Slow down.")
}

// Database returns the database behind the server.
func (s *Server) Database() *database.DB { return s.services.DB }
