package api

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

func (s *Server) accountRoutes() {
	rule := access.Needs(actor.InvitePeople)
	route(s, get("/v1/accounts", tagSignIn, "Accounts that you look after, newest first"), rule, s.listAccounts)
	route(s, get("/v1/accounts/{id}", tagSignIn, "One account"), rule, step(s.services.Accounts.Get, accountOf))
	route(s, say(quiet(act("/v1/accounts/{id}/disable", tagSignIn, "Stop an account for good")),
		"At once, with its sessions, the API keys it made and the invitations it sent. Nobody stops themselves."), rule.Fresh(), over(s.services.Accounts.Disable))
	route(s, quiet(act("/v1/accounts/{id}/sign-out", tagSignIn, "End all sessions of an account")), rule, over(s.services.Accounts.EndAll))
}

func (s *Server) listAccounts(ctx context.Context, in *Paged) (*out[page.Of[accountBody]], error) {
	q, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Accounts.List(ctx, q)
	return replyPage(p, err, accountOf)
}

// over is the handler of a route that ends something and answers nothing.
func over(do func(context.Context, uuid.UUID) error) func(context.Context, *byID) (*none, error) {
	return func(ctx context.Context, in *byID) (*none, error) { return done(do(ctx, in.ID)) }
}
