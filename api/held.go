package api

import (
	"context"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
)

// heldRoutes are what a till asks for itself: what it holds to work without a
// network, and its end.
func (s *Server) heldRoutes() {
	own := access.Needs(actor.Validate).Only(actor.Till) // an API key is no till
	route(s, say(quiet(act("/v1/till/allowances/{id}/return", tagTills, "Give an allowance back")),
		"When nothing unsent rests on it: what is left flows back to the promo's totals. Returning twice is returning once."), own, s.returnAllowance)
	route(s, say(quiet(act("/v1/till/leave", tagTills, "End the till that calls")),
		"As if the owner had ended it: for a phone that is handed on. Hand in first; what is left can still be handed in, as after revocation."), own, s.leave)
}

func (s *Server) returnAllowance(ctx context.Context, in *byID) (*none, error) {
	return done(s.services.Benefits.ReturnAllowance(ctx, actor.From(ctx).ID, in.ID))
}

func (s *Server) leave(ctx context.Context, _ *none) (*none, error) {
	return done(s.services.Tills.Leave(ctx))
}
