package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/redemptions"
)

// heldRoutes are what a till asks for itself: what it holds to work without a
// network, and its end.
func (s *Server) heldRoutes() {
	own := access.Needs(actor.Validate).Only(actor.Till) // an API key is no till
	op := say(get("/v1/till/bundle", tagTills, "What a till holds"),
		"All that a decision without a network rests on: outlet, rules of the promos, published keys, allowances, cashiers, and which status lists to fetch from /s/{n}. Asking renews the allowances. Nothing in it is about participants. Send the ETag back as If-None-Match: 304 when nothing but the time has changed; the time is in the Date header too.")
	op.Responses = map[string]*huma.Response{
		"200": jsonAnswer[heldBody](s), "304": {Description: http.StatusText(http.StatusNotModified)},
	}
	route(s, op, own, s.bundle)
	route(s, say(quiet(act("/v1/till/allowances/{id}/return", tagTills, "Give an allowance back")),
		"When nothing unsent rests on it: what is left flows back to the promo's totals. Returning twice is returning once."), own, s.returnAllowance)
	route(s, say(quiet(act("/v1/till/leave", tagTills, "End the till that calls")),
		"As if the owner had ended it: for a phone that is handed on. Hand in first; what is left can still be handed in, as after revocation."), own, s.leave)
}

// heldBody is a redemptions.Bundle with rules and hours in the words of the
// other routes.
type heldBody struct {
	ServerTime int64                      `json:"server_time" doc:"Unix seconds."`
	PublicURL  string                     `json:"public_url"`
	Origin     string                     `json:"origin" doc:"What the text of every card begins with."`
	Till       redemptions.BundleTill     `json:"till"`
	Partner    redemptions.BundlePartner  `json:"partner"`
	Outlet     heldOutlet                 `json:"outlet"`
	Policy     redemptions.BundlePolicy   `json:"policy" doc:"Times in seconds."`
	JWKS       cards.JWKS                 `json:"jwks" doc:"As /.well-known/jwks.json."`
	Status     []redemptions.BundleStatus `json:"status" nullable:"false" doc:"The status lists of the outlet's province; fetch one again when its version moves."`
	Benefits   []heldBenefit              `json:"benefits" nullable:"false"`
	Allowances []string                   `json:"allowances" nullable:"false" doc:"Each a JWS, EdDSA, typ berlaku-allowance+jwt, by a key of the set whose use_for has status; payload {iss, sub: till id, jti, benefit, version, uses, used, amount or null, used_amount, iat, exp}."`
	Cashiers   []heldCashier              `json:"cashiers" nullable:"false" doc:"None: the till works without PIN."`
}

type heldOutlet struct {
	ID      uuid.UUID      `json:"id"`
	Name    string         `json:"name"`
	Address string         `json:"address"`
	Zone    string         `json:"zone" doc:"IANA; days and hours are cut in it."`
	Open    bool           `json:"open" doc:"Promos may be used here."`
	Hours   []openingHours `json:"hours" nullable:"false"`
}

type heldBenefit struct {
	ID      uuid.UUID `json:"id"`
	Version int       `json:"version"`
	Title   string    `json:"title"`
	State   string    `json:"state" enum:"live,paused"`
	Terms   termsBody `json:"terms" doc:"Of its outlets only this one is named."`
	Summary message   `json:"summary" doc:"One line for the counter."`
}

type heldCashier struct {
	ID         uuid.UUID `json:"id"`
	Name       string    `json:"name"`
	State      string    `json:"state" enum:"active,locked"`
	PINVersion int       `json:"pin_version" doc:"Counts the PINs of this cashier."`
	PIN        heldPIN   `json:"pin" doc:"PBKDF2-HMAC-SHA-256 over the six ASCII digits; base64url."`
}

type heldPIN struct {
	Salt   string `json:"salt"`
	Hash   string `json:"hash"`
	Rounds int    `json:"rounds"`
}

func heldOf(h redemptions.Bundle) heldBody {
	b := heldBody{
		ServerTime: h.ServerTime, PublicURL: h.PublicURL, Origin: h.Origin, Till: h.Till, Partner: h.Partner, Policy: h.Policy, JWKS: h.JWKS,
		Status: h.Status, Benefits: make([]heldBenefit, len(h.Benefits)), Allowances: h.Allowances, Cashiers: make([]heldCashier, len(h.Cashiers)),
		Outlet: heldOutlet{ID: h.Outlet.ID, Name: h.Outlet.Name, Address: h.Outlet.Address, Zone: h.Outlet.Zone, Open: h.Outlet.Open, Hours: []openingHours{}},
	}
	for _, o := range h.Outlet.Hours {
		b.Outlet.Hours = append(b.Outlet.Hours, openingHours(o))
	}
	for i, p := range h.Benefits {
		b.Benefits[i] = heldBenefit{ID: p.ID, Version: p.Version, Title: p.Title, State: string(p.State), Terms: termsOf(p.Title, p.Terms), Summary: message(p.Summary)}
	}
	for i, c := range h.Cashiers {
		b.Cashiers[i] = heldCashier{ID: c.ID, Name: c.Name, State: c.State, PINVersion: c.PINVersion, PIN: heldPIN(c.PIN)}
	}
	return b
}

func (s *Server) bundle(ctx context.Context, in *heldInput) (*fileOutput, error) {
	held, err := s.services.Redemptions.Bundle(ctx)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(heldOf(held))
	if err != nil {
		return nil, err
	}
	o := &fileOutput{ContentType: "application/json", ETag: `"` + held.ETag + `"`, CacheControl: "private, no-cache", Body: b}
	return o.unlessHeld(in.IfNoneMatch), nil
}

func (s *Server) returnAllowance(ctx context.Context, in *byID) (*none, error) {
	return done(s.services.Benefits.ReturnAllowance(ctx, actor.From(ctx).ID, in.ID))
}

func (s *Server) leave(ctx context.Context, _ *none) (*none, error) {
	return done(s.services.Tills.Leave(ctx))
}
