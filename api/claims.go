package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// Requests a minute and network for claims; participants count them besides.
const (
	claimRate   = 10
	confirmRate = 30
)

// claimRoutes registers getting a card by one's own data.
func (s *Server) claimRoutes() {
	route(s, say(get("/v1/privacy-notice", tagPublic, "The privacy notice in force"),
		"What people are told before they consent; a consent names its version and hash. Also as the page /privasi."), access.Public(), s.privacyNotice)
	claim := say(post("/v1/claims", tagCards, "Ask for a card by one's own data"),
		"When number and birth date are those of a participant with a phone on record, a code of six digits goes to that phone. "+
			"The answer is the same for everybody, and so are the limits: 3 in 15 minutes, 5 an hour and 10 a day for a number, 10 an hour for a network.")
	claim.DefaultStatus = http.StatusAccepted
	route(s, claim, access.Public().Limited(actor.Anonymous, claimRate, time.Minute), s.claim)
	route(s, say(act("/v1/claims/{id}/confirm", tagCards, "Turn the six digits into an activation code"),
		"A code is good for five minutes and five tries. Every refusal is the same."),
		access.Public().Limited(actor.Anonymous, confirmRate, time.Minute), s.confirmClaim)
}

type noticeSection struct {
	Heading string `json:"heading"`
	Body    string `json:"body" doc:"Lines are paragraphs, or points of a list where they begin with a bullet."`
}

type noticeBody struct {
	Version     string    `json:"version"`
	PublishedOn clock.Day `json:"published_on"`
	Hash        string    `json:"hash" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the Indonesian text: for each section heading, line feed, body, two line feeds."`
	Text        struct {
		ID []noticeSection `json:"id" nullable:"false" doc:"In force."`
		EN []noticeSection `json:"en" nullable:"false" doc:"A translation."`
	} `json:"text"`
}

func noticeOf(n participants.Notice) noticeBody {
	b := noticeBody{Version: n.Version, PublishedOn: n.PublishedOn, Hash: hex.EncodeToString(n.Hash[:])}
	for _, s := range n.ID {
		b.Text.ID = append(b.Text.ID, noticeSection(s))
	}
	for _, s := range n.EN {
		b.Text.EN = append(b.Text.EN, noticeSection(s))
	}
	return b
}

func (s *Server) privacyNotice(context.Context, *none) (*out[noticeBody], error) {
	return &out[noticeBody]{Body: noticeOf(participants.PrivacyNotice())}, nil
}

type newClaim struct {
	Kind    string    `json:"kind" enum:"nik,kpj"`
	Number  string    `json:"number" minLength:"1" maxLength:"30"`
	BirthOn clock.Day `json:"birth_on"`
}

type claimBody struct {
	ID          uuid.UUID `json:"id"`
	ExpiresAt   time.Time `json:"expires_at"`
	ResendAfter int       `json:"resend_after" doc:"Seconds after which asking again makes sense."`
}

func (s *Server) claim(ctx context.Context, in *with[newClaim]) (*out[claimBody], error) {
	r := participants.ClaimRequest{ByKPJ: in.Body.Kind == "kpj", Number: pii.Text(in.Body.Number), BirthOn: in.Body.BirthOn}
	if s.opts.RateLimits {
		r.Network = access.NetworkOf(infoFrom(ctx).ip)
	}
	c, err := s.services.Participants.Claim(ctx, r)
	return reply(c, err, func(c participants.Claim) claimBody {
		return claimBody{ID: c.ID, ExpiresAt: c.ExpiresAt, ResendAfter: int(c.ResendAfter.Seconds())}
	})
}

type claimCode struct {
	Code string `json:"code" pattern:"^[0-9]{6}$" doc:"The six digits of the message."`
}

type claimedBody struct {
	Code      string    `json:"code" doc:"For POST /v1/activations; shown once."`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Server) confirmClaim(ctx context.Context, in *idAnd[claimCode]) (*out[claimedBody], error) {
	a, err := s.services.Participants.ConfirmClaim(ctx, in.ID, in.Body.Code)
	return reply(a, err, func(a participants.Activation) claimedBody { return claimedBody{Code: a.Code, ExpiresAt: a.ExpiresAt} })
}
