package api

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

func (s *Server) cardRoutes() {
	read, issue := access.Needs(actor.ReadCards), access.Needs(actor.IssueCards)
	route(s, get("/v1/participants/{id}/cards", tagCards, "Cards of a participant, newest first"), read, s.listCards)
	route(s, post("/v1/participants/{id}/cards", tagCards, "Issue a card"), issue, s.issueCard)
	route(s, get("/v1/cards/{id}", tagCards, "One card"), read, step(s.services.Cards.Get, cardOf))
	route(s, act("/v1/cards/{id}/revoke", tagCards, "End a card for ever"), access.Needs(actor.RevokeCards), s.revokeCard)
	route(s, say(post("/v1/cards/{id}/replace", tagCards, "End a card and issue another"), "A phone card moves to the phone of device_key, or stays on its own, which is refused when that was lost or stolen."), issue, s.replaceCard)
	s.pictureRoutes(read)
	route(s, say(post("/v1/activations", tagCards, "Put a card on a phone"),
		"The phone sends the code it was given and its public key. The person's earlier phone cards are replaced. "+
			"The same code with the same key again, within the seven days of the code, gives the same card without a token. "+
			"A consent that comes with it is recorded as the person's own."),
		access.Public().Limited(actor.Anonymous, 30, time.Minute), s.activate)
	own := get("/v1/my/card", tagCards, "The participant's own card")
	own.Errors = []int{http.StatusNotFound} // when there is none any more
	route(s, own, access.Needs(actor.ReadOwnCard), s.myCard)
}

// jwk is the public half of a P-256 key. What browsers add to it is allowed.
type jwk struct {
	Kty    string   `json:"kty" enum:"EC"`
	Crv    string   `json:"crv" enum:"P-256"`
	X      string   `json:"x" pattern:"^[A-Za-z0-9_-]{43}$"`
	Y      string   `json:"y" pattern:"^[A-Za-z0-9_-]{43}$"`
	Alg    string   `json:"alg,omitempty" enum:"ES256"`
	Use    string   `json:"use,omitempty" enum:"sig"`
	Kid    string   `json:"kid,omitempty" maxLength:"100"`
	Ext    bool     `json:"ext,omitempty"`
	KeyOps []string `json:"key_ops,omitempty" nullable:"false" maxItems:"8" maxLength:"20"`
}

// point returns the compressed point of the key, or cards.ErrDeviceKey at the
// member of that name.
func (k *jwk) point(member string) ([]byte, error) {
	x, errX := base64.RawURLEncoding.Strict().DecodeString(k.X)
	y, errY := base64.RawURLEncoding.Strict().DecodeString(k.Y)
	if errX != nil || errY != nil {
		return nil, cards.ErrDeviceKey.At(member)
	}
	return cards.DevicePoint(x, y)
}

type cardBody struct {
	ID            uuid.UUID  `json:"id"`
	ParticipantID uuid.UUID  `json:"participant_id"`
	BranchID      uuid.UUID  `json:"branch_id"`
	Form          string     `json:"form" enum:"phone,printed"`
	State         string     `json:"state" enum:"active,revoked,replaced"`
	ShortCode     string     `json:"short_code" doc:"For typing when the code cannot be scanned."`
	MaskedName    string     `json:"masked_name"`
	StatusIndex   int64      `json:"status_index"`
	KID           string     `json:"kid"`
	ExpiresOn     clock.Day  `json:"expires_on" doc:"The last day on which it is good."`
	Reason        string     `json:"reason,omitempty" doc:"Why it ended."`
	ReplacedBy    *uuid.UUID `json:"replaced_by,omitempty"`
	IssuedAt      time.Time  `json:"issued_at"`
	EndedAt       *time.Time `json:"ended_at,omitempty"`
}

func cardOf(c cards.Card) cardBody {
	return cardBody{
		ID: c.ID, ParticipantID: c.ParticipantID, BranchID: c.BranchID, Form: string(c.Form), State: string(c.State), ShortCode: c.ShortCode,
		MaskedName: cards.DisplayName(c.MaskedName), StatusIndex: c.Idx, KID: c.KID, ExpiresOn: c.ExpiresOn(), Reason: c.RevokeReason,
		ReplacedBy: orNone(c.ReplacedBy), IssuedAt: c.IssuedAt, EndedAt: instant(c.EndedAt),
	}
}

func cardAt(c cards.Card) string { return "/v1/cards/" + c.ID.String() }

type newCard struct {
	Form      string `json:"form" enum:"phone,printed"`
	DeviceKey *jwk   `json:"device_key,omitempty" doc:"Of the phone; a printed card has none."`
}

type cardReason struct {
	Reason string `json:"reason" pattern:"^[a-z][a-z_]{0,39}$" doc:"A code such as lost, stolen, holder_request."`
}

type cardReplacement struct {
	Reason    string `json:"reason,omitempty" pattern:"^[a-z][a-z_]{0,39}$"`
	DeviceKey *jwk   `json:"device_key,omitempty"`
}

type newActivation struct {
	Code      string `json:"code" minLength:"1" maxLength:"100"`
	DeviceKey jwk    `json:"device_key"`
	Consent   *struct {
		Version  string `json:"version" minLength:"1" maxLength:"40"`
		TextHash string `json:"text_hash" pattern:"^[0-9a-f]{64}$"`
	} `json:"consent,omitempty" doc:"To the notice of GET /v1/privacy-notice; recorded with the card."`
}

type phoneCard struct {
	ID        uuid.UUID `json:"id"`
	Text      string    `json:"text" doc:"The stored form of six fields; the phone adds its proof."`
	ExpiresOn clock.Day `json:"expires_on"`
}

// activatedCard is what a phone shows besides the symbol.
type activatedCard struct {
	ID         uuid.UUID `json:"id"`
	Text       string    `json:"text" doc:"The stored form of six fields; the phone adds its proof."`
	ExpiresOn  clock.Day `json:"expires_on"`
	MaskedName string    `json:"masked_name"`
	ShortCode  string    `json:"short_code,omitempty" doc:"For typing when the code cannot be scanned. Left out where the token is."`
}

type activated struct {
	Card             activatedCard `json:"card"`
	ParticipantToken string        `json:"participant_token,omitempty" doc:"The phone's bearer for /v1/my; shown once. Left out when a phone that never got the answer asks the same again: it proves itself at /v1/my/token."`
}

type ownCard struct {
	Card       phoneCard `json:"card"`
	MaskedName string    `json:"masked_name"`
	ShortCode  string    `json:"short_code"`
	State      string    `json:"state"`
}

func (s *Server) listCards(ctx context.Context, in *byID) (*out[listOf[cardBody]], error) {
	all, err := s.services.Cards.List(ctx, in.ID)
	return replyList(all, err, cardOf)
}

// pointOf returns the point of a key that may be left out.
func pointOf(k *jwk) ([]byte, error) {
	if k == nil {
		return nil, nil //nolint:nilnil // no key is a key of its own here
	}
	return k.point("/device_key")
}

func (s *Server) issueCard(ctx context.Context, in *idAnd[newCard]) (*created[cardBody], error) {
	point, err := pointOf(in.Body.DeviceKey)
	if err != nil {
		return nil, err
	}
	c, err := s.services.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: in.ID, Form: cards.Form(in.Body.Form), DeviceKey: point})
	return replyNew(c, err, cardOf, cardAt)
}

func (s *Server) revokeCard(ctx context.Context, in *idAnd[cardReason]) (*out[cardBody], error) {
	c, err := s.withoutPhone(ctx, func(ctx context.Context) (cards.Card, error) {
		return s.services.Cards.Revoke(ctx, in.ID, in.Body.Reason)
	})
	return reply(c, err, cardOf)
}

// withoutPhone does what takes a card from the phone that carries it, and signs
// that phone out in the same transaction: it must not be told of the next card.
func (s *Server) withoutPhone(ctx context.Context, do func(context.Context) (cards.Card, error)) (cards.Card, error) {
	var c cards.Card
	err := s.services.DB.InTx(ctx, func(ctx context.Context) (err error) {
		if c, err = do(ctx); err != nil || c.Form != cards.Phone {
			return err
		}
		return s.services.Accounts.EndParticipant(ctx, c.ParticipantID)
	})
	return c, err
}

func (s *Server) replaceCard(ctx context.Context, in *struct {
	ID   uuid.UUID `path:"id"`
	Body *cardReplacement
}) (*created[cardBody], error) {
	var r cards.ReplaceRequest
	if in.Body != nil {
		point, err := pointOf(in.Body.DeviceKey)
		if err != nil {
			return nil, err
		}
		r = cards.ReplaceRequest{Reason: in.Body.Reason, DeviceKey: point}
	}
	replace := func(ctx context.Context) (cards.Card, error) { return s.services.Cards.Replace(ctx, in.ID, r) }
	if r.DeviceKey == nil { // the card stays on its phone
		c, err := replace(ctx)
		return replyNew(c, err, cardOf, cardAt)
	}
	c, err := s.withoutPhone(ctx, replace)
	return replyNew(c, err, cardOf, cardAt)
}

// activate makes card and token in one transaction: a code that was used up
// has led to both.
func (s *Server) activate(ctx context.Context, in *with[newActivation]) (*created[activated], error) {
	point, err := in.Body.DeviceKey.point("/device_key")
	if err != nil {
		return nil, err
	}
	o := &created[activated]{Location: "/v1/my/card"}
	err = s.services.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.consentWith(ctx, &in.Body); err != nil {
			return err
		}
		c, again, err := s.services.Cards.Activate(ctx, in.Body.Code, point)
		if err != nil {
			return err
		}
		o.Body.Card = activatedCard{ID: c.ID, Text: s.services.Cards.Text(c), ExpiresOn: c.ExpiresOn(), MaskedName: cards.DisplayName(c.MaskedName)}
		if again { // what was asked does not prove that it is the phone
			return nil
		}
		o.Body.Card.ShortCode = c.ShortCode
		o.Body.ParticipantToken, err = s.services.Accounts.IssueParticipantToken(ctx, c.ParticipantID, c.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// consentWith records the consent that came with an activation code.
func (s *Server) consentWith(ctx context.Context, in *newActivation) error {
	if in.Consent == nil {
		return nil
	}
	hash, err := hex.DecodeString(in.Consent.TextHash)
	if err != nil {
		return errTextHash.At("/consent/text_hash")
	}
	return s.services.Participants.ConsentByCode(ctx, in.Code, in.Consent.Version, hash)
}

func (s *Server) phoneCardOf(c cards.Card) phoneCard {
	return phoneCard{ID: c.ID, Text: s.services.Cards.Text(c), ExpiresOn: c.ExpiresOn()}
}

func (s *Server) myCard(ctx context.Context, _ *none) (*out[ownCard], error) {
	c, err := s.services.Cards.Mine(ctx)
	return reply(c, err, s.ownCardOf)
}

func (s *Server) ownCardOf(c cards.Card) ownCard {
	return ownCard{Card: s.phoneCardOf(c), MaskedName: cards.DisplayName(c.MaskedName), ShortCode: c.ShortCode, State: string(c.State)}
}
