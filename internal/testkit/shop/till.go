package shop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

// OfflineTill is an enrolled till that works without a network: it signs items
// and numbers them. Its clock is the shop's.
type OfflineTill struct {
	ID, Outlet, Partner uuid.UUID
	Key                 *ecdsa.PrivateKey
	Seq                 int64  // of the newest item
	Prev                string // hash of the newest item
	shop                *Shop
}

// OfflineTill enrols and confirms a till at an outlet of the shop's partner.
func (s *Shop) OfflineTill(t testing.TB, outlet uuid.UUID) *OfflineTill {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	point := elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y) //nolint:staticcheck // the compressed form has no other encoder
	o := must(s.Partners.Outlet(t.Context(), outlet))(t)
	owner := As(t, actor.PartnerOwner, actor.PartnerScope, o.PartnerID)
	code := must(s.Tills.Enrol(owner, outlet))(t)
	joined := must(s.Tills.Join(t.Context(), code.Code, point, "Kasir uji"))(t)
	must(s.Tills.Confirm(owner, joined.ID))(t)
	return &OfflineTill{ID: joined.ID, Outlet: outlet, Partner: o.PartnerID, Key: key, shop: s}
}

// Context is one in which the till acts.
func (o *OfflineTill) Context(t testing.TB) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.Till, ID: o.ID, PartnerID: o.Partner, OutletID: o.Outlet,
		Permissions: []actor.Permission{actor.Validate, actor.Redeem, actor.ReadRedemptions, actor.VoidOwn, actor.HandIn},
	})
}

// Ended is the context of the till after it was revoked.
func (o *OfflineTill) Ended(t testing.TB) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.Till, ID: o.ID, PartnerID: o.Partner, OutletID: o.Outlet, Permissions: []actor.Permission{actor.HandIn}, Ended: true,
	})
}

// Members are those of an item's payload.
type Members map[string]any

// Use signs the use of a promo, 20 percent off, with some members replaced; a
// nil value leaves one out. It returns the key and the text.
func (o *OfflineTill) Use(t testing.TB, card string, promo uuid.UUID, gross int64, with Members) (uuid.UUID, string) {
	t.Helper()
	now := o.shop.Clock.Now().Unix()
	return o.item(t, Members{
		"scanned_at": now, "occurred_at": now, "card": card, "benefit": promo, "version": 1, "gross": gross,
		"discount": gross / 5, "net": gross - gross/5, "id_checked": true, "list_age": 60,
	}, with)
}

// Void signs the void of a use.
func (o *OfflineTill) Void(t testing.TB, use uuid.UUID, with Members) (uuid.UUID, string) {
	t.Helper()
	return o.item(t, Members{"occurred_at": o.shop.Clock.Now().Unix(), "void": use, "reason": "salah ketik"}, with)
}

func (o *OfflineTill) item(t testing.TB, members, with Members) (uuid.UUID, string) {
	t.Helper()
	o.Seq++
	key := uuid.New()
	members["jti"], members["seq"], members["prev"] = key, o.Seq, o.Prev
	maps.Copy(members, with)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	if id, ok := members["jti"].(uuid.UUID); ok {
		key = id
	}
	text := o.Sign(t, o.Header(), string(must(json.Marshal(members))(t)))
	sum := sha256.Sum256([]byte(text))
	o.Prev = base64.RawURLEncoding.EncodeToString(sum[:])
	return key, text
}

// Header is that of the till's items.
func (o *OfflineTill) Header() string {
	return fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"berlaku-use+jwt"}`, o.ID)
}

// Sign signs any header and payload.
func (o *OfflineTill) Sign(t testing.TB, header, payload string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	r, v, err := ecdsa.Sign(rand.Reader, o.Key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return text + "." + encode(signature[:])
}

// Unix is an instant as items write it, off by so much from the shop's clock.
func (s *Shop) Unix(off time.Duration) int64 { return s.Clock.Now().Add(off).Unix() }
