package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// phoneRoutes registers the phone's own card: token, renewal, state, wallet.
func (s *Server) phoneRoutes() {
	own := access.Needs(actor.OwnRecords)
	route(s, say(act("/v1/my/token", tagCards, "Get a token for the phone that carries a card"),
		"ES256 by the phone's key, header {alg, kid: card id, typ: card-assertion+jwt}, payload {iss: card id, aud: this address, iat, exp at most iat+60, jti}; each assertion once. "+
			"Earlier tokens of the person end. A phone with a good signature whose card has ended hears why: 403 card_revoked or card_replaced; everything else is assertion_invalid. Where the card was replaced on the same phone the token is for the new one (GET /v1/my/card). A card past its day still gets a token, to be renewed."),
		access.Public(), s.phoneToken)
	renew := say(act("/v1/my/card/renew", tagCards, "Renew the card on the phone"),
		"The same card, index and short code with a new day and signature; the text held so far stays good until its own day. Within a day of the last time the stored one is answered again.")
	route(s, renew, own, s.renewCard)
	status := say(get("/v1/my/status", tagCards, "How the card on the phone stands"), "With the membership behind it, and which notice and consent are in force.")
	status.Errors = []int{http.StatusNotFound} // when there never was one
	route(s, status, own, s.myStatus)
	route(s, say(get("/v1/my/cards", tagCards, "The participant's cards, newest first"), "In any state: on phones and printed."), own, s.myCards)
	route(s, say(act("/v1/my/cards/{id}/revoke", tagCards, "End one of the participant's own cards for ever"),
		"A printed one that was lost, or the one on the phone, which is signed out by that."), own, s.revokeMine)
	wallet := say(get("/v1/my/wallet", tagCards, "Where the card can be saved as a pass"),
		"null: not offered here. The pass has no code that a till takes; it leads to the card.")
	wallet.Errors = []int{http.StatusNotFound}
	route(s, wallet, own, s.myWallet)
}

type participantToken struct {
	ParticipantToken string    `json:"participant_token" doc:"The phone's bearer for /v1/my; shown once."`
	ExpiresAt        time.Time `json:"expires_at"`
}

type statusCard struct {
	ID        uuid.UUID `json:"id"`
	State     string    `json:"state" enum:"active,revoked,replaced"`
	Reason    string    `json:"reason" doc:"Why it ended; empty while active."`
	ExpiresOn clock.Day `json:"expires_on" doc:"The last day on which it is good."`
}

type statusMembership struct {
	State          string    `json:"state" enum:"active,ends_soon,in_arrears,inactive,unverified,restricted,none"`
	Valid          bool      `json:"valid" doc:"Counts as valid today: promos are granted."`
	ProtectedUntil clock.Day `json:"protected_until,omitempty" doc:"Left out: unknown."`
	StatusAsOf     clock.Day `json:"status_as_of,omitempty" doc:"The day of which the branch last told it."`
	Segment        string    `json:"segment,omitempty" enum:"pu,bpu,jakon,pmi"`
}

type statusBranch struct {
	Name        string   `json:"name"`
	RegionCodes []string `json:"region_codes" nullable:"false" doc:"Kemendagri codes of where the branch is responsible."`
}

type ownStatus struct {
	At             time.Time        `json:"at"`
	Card           statusCard       `json:"card"`
	Membership     statusMembership `json:"membership"`
	Branch         statusBranch     `json:"branch"`
	NoticeVersion  string           `json:"notice_version" doc:"Of the privacy notice in force."`
	ConsentVersion string           `json:"consent_version" doc:"Of the notice last consented to; empty: none, or withdrawn."`
}

func ownStatusOf(o cards.OwnStatus) ownStatus {
	return ownStatus{
		At:   o.At,
		Card: statusCard{o.Card.ID, string(o.Card.State), o.Card.RevokeReason, o.Card.ExpiresOn()},
		Membership: statusMembership{
			string(o.Membership), o.Standing.Valid, o.Standing.ProtectedUntil, o.Standing.StatusAsOf, string(o.Standing.Segment),
		},
		Branch: statusBranch{o.Branch, append([]string{}, o.RegionCodes...)}, NoticeVersion: o.NoticeVersion, ConsentVersion: o.ConsentVersion,
	}
}

// heldCard is one of a person's own cards.
type heldCard struct {
	ID         uuid.UUID  `json:"id"`
	Form       string     `json:"form" enum:"phone,printed"`
	State      string     `json:"state" enum:"active,revoked,replaced"`
	ShortCode  string     `json:"short_code"`
	MaskedName string     `json:"masked_name"`
	ExpiresOn  clock.Day  `json:"expires_on" doc:"The last day on which it is good."`
	Reason     string     `json:"reason,omitempty" doc:"Why it ended."`
	IssuedAt   time.Time  `json:"issued_at"`
	RenewedAt  *time.Time `json:"renewed_at,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

func heldCardOf(c cards.Card) heldCard {
	return heldCard{
		ID: c.ID, Form: string(c.Form), State: string(c.State), ShortCode: c.ShortCode, MaskedName: cards.DisplayName(c.MaskedName),
		ExpiresOn: c.ExpiresOn(), Reason: c.RevokeReason, IssuedAt: c.IssuedAt, RenewedAt: instant(c.RenewedAt), EndedAt: instant(c.EndedAt),
	}
}

type ownReason struct {
	Reason string `json:"reason" enum:"lost,stolen,holder_request"`
}

// savedPass is where a pass is saved; null where none is offered.
type savedPass struct {
	_   struct{} `nullable:"true"`
	URL string   `json:"url" format:"uri"`
}

type ownWallet struct {
	Google *savedPass `json:"google"`
	Apple  *savedPass `json:"apple"`
}

func (s *Server) phoneToken(ctx context.Context, in *with[assertionBody]) (*out[participantToken], error) {
	var token string
	err := s.services.Cards.Authenticate(ctx, in.Body.Assertion, func(ctx context.Context, c cards.Card) (err error) {
		token, err = s.services.Accounts.IssueParticipantToken(ctx, c.ParticipantID, c.ID)
		return err
	})
	return reply(token, err, func(token string) participantToken {
		return participantToken{token, s.opts.Clock.Now().Add(accounts.ParticipantLife)}
	})
}

func (s *Server) renewCard(ctx context.Context, _ *none) (*out[ownCard], error) {
	c, err := s.services.Cards.Renew(ctx)
	return reply(c, err, s.ownCardOf)
}

func (s *Server) myStatus(ctx context.Context, _ *none) (*out[ownStatus], error) {
	o, err := s.services.Cards.Status(ctx)
	return reply(o, err, ownStatusOf)
}

func (s *Server) myCards(ctx context.Context, _ *none) (*out[listOf[heldCard]], error) {
	all, err := s.services.Cards.Own(ctx)
	return replyList(all, err, heldCardOf)
}

func (s *Server) revokeMine(ctx context.Context, in *idAnd[ownReason]) (*out[heldCard], error) {
	c, err := s.withoutPhone(ctx, func(ctx context.Context) (cards.Card, error) {
		return s.services.Cards.RevokeOwn(ctx, in.ID, in.Body.Reason)
	})
	return reply(c, err, heldCardOf)
}

func (s *Server) myWallet(ctx context.Context, _ *none) (*out[ownWallet], error) {
	p, err := s.services.Cards.Passes(ctx)
	return reply(p, err, func(p cards.Passes) ownWallet { return ownWallet{passAt(p.Google), passAt(p.Apple)} })
}

func passAt(url string) *savedPass {
	if url == "" {
		return nil
	}
	return &savedPass{URL: url}
}
