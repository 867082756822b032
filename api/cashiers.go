package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/tills"
)

func (s *Server) cashierRoutes() {
	rule := access.Needs(actor.EnrolTills)
	set := rule.Limited(actor.Account, 60, time.Minute) // a PIN is stretched, which takes a server some work
	route(s, get("/v1/outlets/{id}/cashiers", tagTills, "Cashiers of an outlet, newest first"), rule, s.listCashiers)
	route(s, say(post("/v1/outlets/{id}/cashiers", tagTills, "Add a cashier"),
		"The tills of the outlet ask for the PIN as soon as they hold one cashier; an outlet without cashiers works without. Six digits, not the first ones that somebody would try."), set, s.addCashier)
	route(s, say(act("/v1/cashiers/{id}/pin", tagTills, "Give a cashier a new PIN"), "Also unlocks a cashier who was locked after five wrong tries."), set, s.setPIN)
	route(s, say(act("/v1/cashiers/{id}/end", tagTills, "End a cashier"), "For good: the tills forget the cashier with their next bundle; the PIN is deleted."),
		rule, step(s.services.Tills.EndCashier, cashierOf))
	route(s, say(quiet(act("/v1/till/cashiers/{id}/lock", tagTills, "Lock a cashier after five wrong PINs")),
		"By a till, for a cashier of its own outlet. Only the owner unlocks, with a new PIN. Locking twice is locking once."),
		access.Needs(actor.Validate).Only(actor.Till), s.lockCashier)
}

type newCashier struct {
	Name string `json:"name" minLength:"1" maxLength:"40" doc:"As called at the counter." example:"Sari"`
	PIN  string `json:"pin" pattern:"^[0-9]{6}$" doc:"Six digits; it is not shown again." example:"204816"`
}

type pinBody struct {
	PIN string `json:"pin" pattern:"^[0-9]{6}$" doc:"Six digits; it is not shown again." example:"204816"`
}

type cashierBody struct {
	ID         uuid.UUID `json:"id"`
	PartnerID  uuid.UUID `json:"partner_id"`
	OutletID   uuid.UUID `json:"outlet_id"`
	Name       string    `json:"name"`
	State      string    `json:"state" enum:"active,locked,ended"`
	PINVersion int       `json:"pin_version" doc:"Counts the PINs of this cashier."`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func cashierOf(c tills.Cashier) cashierBody {
	return cashierBody{c.ID, c.PartnerID, c.OutletID, c.Name, string(c.State), c.PINVersion, c.CreatedAt, c.UpdatedAt}
}

func (s *Server) listCashiers(ctx context.Context, in *pagedByID) (*out[page.Of[cashierBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Tills.Cashiers(ctx, in.ID, req)
	return replyPage(p, err, cashierOf)
}

func (s *Server) addCashier(ctx context.Context, in *idAnd[newCashier]) (*out[cashierBody], error) {
	c, err := s.services.Tills.AddCashier(ctx, in.ID, in.Body.Name, pii.Text(in.Body.PIN))
	return reply(c, err, cashierOf)
}

func (s *Server) setPIN(ctx context.Context, in *idAnd[pinBody]) (*out[cashierBody], error) {
	c, err := s.services.Tills.SetPIN(ctx, in.ID, pii.Text(in.Body.PIN))
	return reply(c, err, cashierOf)
}

func (s *Server) lockCashier(ctx context.Context, in *byID) (*none, error) {
	return done(s.services.Tills.LockCashier(ctx, in.ID))
}
