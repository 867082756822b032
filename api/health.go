package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/fault"
)

var errNotReady = fault.New(fault.Unavailable, "unavailable", "")

const (
	readyEvery = time.Second     // no more often is the database asked
	readyWait  = 3 * time.Second // longer than that is not ready
)

// health remembers for a moment whether the server was ready, so that nobody
// can keep the database busy by asking.
type health struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

type healthOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

func (s *Server) healthRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/healthz", Tags: []string{tagPublic}, Summary: "Whether the process runs",
	}, access.Public().Unlimited(), s.healthz)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/readyz", Tags: []string{tagPublic}, Summary: "Whether requests can be served",
		Description: "200 when the database answers, its schema is the one this program wants, and all data is loaded; else 503.",
	}, access.Public().Unlimited(), s.readyz)
}

func (s *Server) healthz(context.Context, *struct{}) (*healthOutput, error) {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out, nil
}

func (s *Server) readyz(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	if err := s.ready(ctx); err != nil {
		return nil, errNotReady.Because(err)
	}
	return s.healthz(ctx, nil)
}

func (s *Server) ready(ctx context.Context) error {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	now := s.opts.Clock.Now()
	if age := now.Sub(s.health.at); age >= 0 && age < readyEvery {
		return s.health.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait)
	defer cancel()
	s.health.at, s.health.err = now, s.probe(ctx)
	return s.health.err
}

func (s *Server) probe(ctx context.Context) error {
	if err := s.services.DB.Ping(ctx); err != nil {
		return err
	}
	if err := s.services.DB.CheckSchema(ctx); err != nil {
		return err
	}
	if s.opts.Ready != nil {
		return s.opts.Ready(ctx)
	}
	return nil
}
