package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/tills"
)

func (s *Server) tillRoutes() {
	enrol := access.Needs(actor.EnrolTills)
	route(s, say(post("/v1/outlets/{id}/enrolments", tagTills, "Make a code with which a till joins"), "Good once and for ten minutes; shown only here. The link opens the till's app with the code filled in."), enrol, s.enrol)
	route(s, get("/v1/outlets/{id}/tills", tagTills, "Tills of an outlet, newest first"), enrol, s.listTills)
	route(s, say(post("/v1/tills", tagTills, "Join an outlet"),
		"The device sends the code and its public key. The owner compares the fingerprint and confirms within ten minutes; until then the till asks for a bearer and hears till_pending."),
		access.Public().Limited(actor.Anonymous, 10, time.Minute), s.join)
	route(s, act("/v1/tills/{id}/confirm", tagTills, "Let a till begin"), enrol, step(s.services.Tills.Confirm, tillOf))
	route(s, say(act("/v1/tills/{id}/revoke", tagTills, "End a till at once"),
		"It may still hand in what it recorded before (POST /v1/redemptions/batch), and nothing else."), access.Needs(actor.EnrolTills, actor.ApprovePartners), step(s.services.Tills.Revoke, tillOf))
	route(s, say(act("/v1/tills/token", tagTills, "Get a bearer for a till"),
		"ES256, header {alg, kid: till id, typ: till-assertion+jwt}, payload {iss: till id, aud: this address, iat, exp at most iat+60, jti}; each assertion once. A till with a good signature that gets no bearer hears why: 401 till_pending or till_revoked; everything else is assertion_invalid."),
		access.Public(), s.tillToken)
	route(s, say(get("/v1/tills/{id}/chain", tagTills, "How the items of a till hang together"),
		"For the owner and the branch: which numbers of the till's items have not come, do not continue the one before, or came twice."),
		access.Needs(actor.ReadPartners), step(s.services.Redemptions.TillChain, chainOf))
	s.cashierRoutes()
	s.heldRoutes()
}

type enrolmentBody struct {
	ID        uuid.UUID `json:"id"`
	OutletID  uuid.UUID `json:"outlet_id"`
	Code      string    `json:"code"`
	Link      string    `json:"link" doc:"Opens the till's app with the code; to show as a QR."`
	ExpiresAt time.Time `json:"expires_at"`
}

type newTill struct {
	Code      string `json:"code" minLength:"1" maxLength:"100"`
	PublicKey jwk    `json:"public_key"`
	Name      string `json:"name" maxLength:"100" example:"Kasir 1"`
}

type joinedTill struct {
	TillID      uuid.UUID `json:"till_id"`
	Fingerprint string    `json:"fingerprint" doc:"Six digits to compare with what the owner sees."`
	State       string    `json:"state" enum:"pending,active,revoked"`
	Audience    string    `json:"audience" doc:"What an assertion names as aud to buy a bearer."`
	HandIn      string    `json:"hand_in_audience" doc:"What an assertion names as aud that hands in by itself, without a bearer."`
}

type tillBody struct {
	ID          uuid.UUID  `json:"id"`
	PartnerID   uuid.UUID  `json:"partner_id"`
	OutletID    uuid.UUID  `json:"outlet_id"`
	Name        string     `json:"name"`
	Fingerprint string     `json:"fingerprint"`
	State       string     `json:"state" enum:"pending,active,revoked"`
	CreatedAt   time.Time  `json:"created_at"`
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty"`
	RevokedAt   *time.Time `json:"revoked_at,omitempty"`
	SeenAt      *time.Time `json:"seen_at,omitempty" doc:"When the till was last heard of, up to a minute late."`
}

func tillOf(t tills.Till) tillBody {
	return tillBody{t.ID, t.PartnerID, t.OutletID, t.Name, t.Fingerprint, string(t.State), t.CreatedAt, instant(t.ConfirmedAt), instant(t.RevokedAt), instant(t.SeenAt)}
}

type assertionBody struct {
	Assertion string `json:"assertion" minLength:"1" maxLength:"2048"`
}

type tillTokenBody struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in" doc:"Seconds."`
}

func (s *Server) enrol(ctx context.Context, in *byID) (*out[enrolmentBody], error) {
	e, err := s.services.Tills.Enrol(ctx, in.ID)
	return reply(e, err, func(e tills.Enrolment) enrolmentBody {
		return enrolmentBody{e.ID, e.OutletID, e.Code, s.opts.PublicURL + "/kasir/#/gabung/" + e.Code, e.ExpiresAt}
	})
}

func (s *Server) listTills(ctx context.Context, in *pagedByID) (*out[page.Of[tillBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Tills.List(ctx, in.ID, req)
	return replyPage(p, err, tillOf)
}

func (s *Server) join(ctx context.Context, in *with[newTill]) (*out[joinedTill], error) {
	point, err := in.Body.PublicKey.point("/public_key")
	if err != nil {
		return nil, err
	}
	t, err := s.services.Tills.Join(ctx, in.Body.Code, point, in.Body.Name)
	return reply(t, err, func(t tills.Till) joinedTill {
		return joinedTill{t.ID, t.Fingerprint, string(t.State), s.services.Tills.Audience(), s.services.Tills.HandInAudience()}
	})
}

func (s *Server) tillToken(ctx context.Context, in *with[assertionBody]) (*out[tillTokenBody], error) {
	token, seconds, err := s.services.Tills.Token(ctx, in.Body.Assertion)
	if err != nil {
		return nil, err
	}
	return &out[tillTokenBody]{Body: tillTokenBody{token, seconds}}, nil
}
