package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
)

func (s *Server) keyRoutes() {
	rule := access.Needs(actor.ManageKeys)
	route(s, get("/v1/partners/{id}/api-keys", tagPartners, "API keys of a partner, newest first"), rule, s.listKeys)
	route(s, say(post("/v1/partners/{id}/api-keys", tagPartners, "Make an API key for one outlet"), "The key is shown only here."), rule.Fresh(), s.createKey)
	route(s, del("/v1/partners/{id}/api-keys/{key_id}", tagPartners, "Stop an API key at once"), rule.Fresh(), s.revokeKey)
}

type newKey struct {
	Name     string    `json:"name" maxLength:"100" example:"Kasir depan"`
	OutletID uuid.UUID `json:"outlet_id"`
	Scopes   []string  `json:"scopes" nullable:"false" minItems:"1" maxItems:"3" enum:"validate,redeem,read"`
	Days     int       `json:"days,omitempty" minimum:"1" maximum:"365" doc:"How long it lives; 365 when left out."`
}

type keyBody struct {
	ID         uuid.UUID  `json:"id"`
	PublicID   string     `json:"public_id" doc:"The middle of the key."`
	Name       string     `json:"name"`
	PartnerID  uuid.UUID  `json:"partner_id"`
	OutletID   uuid.UUID  `json:"outlet_id"`
	Scopes     []string   `json:"scopes" nullable:"false"`
	Key        string     `json:"key,omitempty" doc:"brk_…; shown once, when it is made."`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

func keyOf(k accounts.APIKey) keyBody {
	b := keyBody{
		ID: k.ID, PublicID: k.PublicID, Name: k.Name, PartnerID: k.PartnerID, OutletID: k.OutletID, Scopes: []string{},
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, LastUsedAt: instant(k.LastUsedAt), RevokedAt: instant(k.RevokedAt),
	}
	for _, v := range k.Scopes {
		b.Scopes = append(b.Scopes, string(v))
	}
	return b
}

func (s *Server) listKeys(ctx context.Context, in *byID) (*out[listOf[keyBody]], error) {
	all, err := s.services.Accounts.ListKeys(ctx, in.ID)
	return replyList(all, err, keyOf)
}

func (s *Server) createKey(ctx context.Context, in *idAnd[newKey]) (*out[keyBody], error) {
	n := accounts.NewKey{Name: in.Body.Name, PartnerID: in.ID, OutletID: in.Body.OutletID, Life: time.Duration(in.Body.Days) * 24 * time.Hour}
	for _, v := range in.Body.Scopes {
		n.Scopes = append(n.Scopes, accounts.KeyScope(v))
	}
	k, text, err := s.services.Accounts.CreateKey(ctx, n)
	if err != nil {
		return nil, err
	}
	b := keyOf(k)
	b.Key = text
	return &out[keyBody]{Body: b}, nil
}

func (s *Server) revokeKey(ctx context.Context, in *struct {
	ID    uuid.UUID `path:"id"`
	KeyID uuid.UUID `path:"key_id"`
}) (*none, error) {
	return done(s.services.Accounts.RevokeKey(ctx, in.ID, in.KeyID))
}
