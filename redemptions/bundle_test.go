package redemptions_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

func bundle(t *testing.T, s *shop.Shop, till context.Context) redemptions.Bundle {
	t.Helper()
	b, err := s.Redemptions.Bundle(till)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// members returns the JSON of v as an object.
func members(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestABundleHoldsAllThatATillNeeds(t *testing.T) {
	s := shop.New(t)
	live := s.Promo(t, func(b *benefits.Terms) {
		offline(b)
		b.MaxDiscount, b.MinGross = new(int64(50_000)), 100_000
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}
	})
	s.Clock.Advance(time.Second) // ids go by time
	paused, elsewhere := s.Promo(t, offline), s.Promo(t, func(b *benefits.Terms) { b.OutletIDs = []uuid.UUID{s.Outlet2} })
	if _, err := s.Benefits.Pause(s.Owner(t), paused); err != nil {
		t.Fatal(err)
	}
	s.Printed(t, s.Person(t))
	o := s.OfflineTill(t, s.Outlet)
	cashier, err := s.Tills.AddCashier(s.Owner(t), s.Outlet, "Sri", "271828")
	if err != nil {
		t.Fatal(err)
	}
	b := bundle(t, s, o.Context(t))
	if b.ServerTime != s.Clock.Now().Unix() {
		t.Errorf("the server's time is %d", b.ServerTime)
	}
	keys, err := s.Cards.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	till, err := s.Tills.Known(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := members(t, b)
	want := map[string]any{
		"server_time": float64(s.Clock.Now().Unix()), "public_url": "https://berlaku.example", "origin": "https://kartu.example",
		"till":    map[string]any{"id": o.ID.String(), "name": "Kasir uji", "fingerprint": till.Fingerprint},
		"partner": map[string]any{"id": s.Partner.String(), "name": "Bengkel Uji"},
		"outlet": map[string]any{
			"id": s.Outlet.String(), "name": "Bengkel Uji Palu", "address": "Jl. Monginsidi 1", "zone": "Asia/Makassar", "open": true, "hours": []any{},
		},
		"policy": map[string]any{
			"proof_window": 120.0, "status_max_age": 259200.0, "scan_life": 900.0, "void_window": 900.0, "printed": "allow", "pin_attempts": 5.0,
			"offline_over_per_day": 50.0,
		},
		"jwks":   members(t, keys),
		"status": []any{map[string]any{"shard": 0.0, "version": 0.0, "url": "/s/0"}},
	}
	for name, w := range want {
		if diff := cmp.Diff(w, got[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(got) != len(want)+3 {
		t.Errorf("%d members, want %d", len(got), len(want)+3)
	}
	if len(b.Benefits) != 2 || b.Benefits[0].ID != live || b.Benefits[1].ID != paused {
		t.Fatalf("got the promos %+v, want %s and %s but not %s", b.Benefits, live, paused, elsewhere)
	}
	checkHeld(t, b.Benefits[0], s.Outlet)
	if b.Benefits[1].State != benefits.Paused {
		t.Errorf("the paused promo is %s", b.Benefits[1].State)
	}
	keysAt, err := s.Tills.CashiersForTill(t.Context(), s.Outlet)
	if err != nil || len(keysAt) != 1 {
		t.Fatalf("%d cashiers, %v", len(keysAt), err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	if diff := cmp.Diff([]any{map[string]any{
		"id": cashier.ID.String(), "name": "Sri", "state": "active", "pin_version": 1.0,
		"pin": map[string]any{"salt": encode(keysAt[0].Salt), "hash": encode(keysAt[0].Hash), "rounds": 210_000.0},
	}}, got["cashiers"]); diff != "" {
		t.Errorf("cashiers: %s", diff)
	}
	if len(b.Allowances) != 1 { // a paused promo has none
		t.Errorf("%d allowances", len(b.Allowances))
	}
}

func checkHeld(t *testing.T, b redemptions.BundleBenefit, outlet uuid.UUID) {
	t.Helper()
	got := members(t, b)
	if diff := cmp.Diff(map[string]any{
		"id": "20 % dari jasa, paling banyak Rp50.000, minimal belanja Rp100.000, sekali sebulan",
		"en": "20 % off labour, at most Rp50,000, minimum bill Rp100,000, once a month",
	}, got["summary"]); diff != "" {
		t.Errorf("summary: %s", diff)
	}
	terms, ok := got["terms"].(map[string]any)
	if !ok || got["version"] != 1.0 || got["state"] != "live" || got["title"] != "Diskon jasa servis" {
		t.Fatalf("the promo is %v", got)
	}
	if diff := cmp.Diff([]any{outlet.String()}, terms["outlet_ids"]); diff != "" {
		t.Errorf("outlets: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"allowed": true, "allowance": 15.0}, terms["offline"]); diff != "" {
		t.Errorf("offline: %s", diff)
	}
}

// grantsOf verifies the allowances of a bundle as a till does.
func grantsOf(t *testing.T, b redemptions.Bundle) []map[string]any {
	t.Helper()
	text, err := json.Marshal(b.JWKS)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := cards.ParseJWKS(text)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]map[string]any, len(b.Allowances))
	for i, a := range b.Allowances {
		claims := jwt.MapClaims{}
		token, err := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithoutClaimsValidation()).ParseWithClaims(a, claims, func(token *jwt.Token) (any, error) {
			kid, _ := token.Header["kid"].(string)
			key, ok := keys[kid]
			if !ok || key.UseFor&cards.UseStatus == 0 {
				return nil, errors.New("no key of the status lists")
			}
			return key.Public, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if token.Header["typ"] != "berlaku-allowance+jwt" || len(token.Header) != 3 {
			t.Errorf("the header is %v", token.Header)
		}
		out[i] = claims
	}
	return out
}

func TestTheAllowancesOfABundleAreSigned(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, func(b *benefits.Terms) {
		offline(b)
		b.MaxDiscount, b.Limits.TotalAmount = new(int64(10_000)), new(int64(1_000_000))
	})
	free := s.Promo(t, offline)
	o := s.OfflineTill(t, s.Outlet)
	b := bundle(t, s, o.Context(t))
	at := float64(s.Clock.Now().Unix())
	want := map[string]map[string]any{}
	for id, amount := range map[uuid.UUID]any{promo: 150_000.0, free: nil} {
		want[id.String()] = map[string]any{
			"iss": "https://kartu.example", "sub": o.ID.String(), "benefit": id.String(), "version": 1.0, "uses": 15.0, "used": 0.0,
			"amount": amount, "used_amount": 0.0, "iat": at, "exp": at + 48*3600,
		}
	}
	got := map[string]map[string]any{}
	for _, g := range grantsOf(t, b) {
		if id, _ := g["jti"].(string); uuid.Validate(id) != nil {
			t.Errorf("the id is %v", g["jti"])
		}
		delete(g, "jti")
		benefit, _ := g["benefit"].(string)
		got[benefit] = g
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheETagOfABundleChangesOnlyWithWhatIsInIt(t *testing.T) {
	s := shop.New(t)
	promo, person := s.Promo(t, offline), s.Person(t)
	o, other := s.OfflineTill(t, s.Outlet), s.OfflineTill(t, s.Outlet)
	card, _ := s.Printed(t, person)
	phone := s.Phone(t, person)
	owner, system := s.Owner(t), testkit.System(t)
	last := bundle(t, s, o.Context(t)).ETag
	same := func(what string) {
		t.Helper()
		if b := bundle(t, s, o.Context(t)); b.ETag != last {
			t.Errorf("%s: the tag changed", what)
		}
	}
	changed := func(what string, err error) {
		t.Helper()
		b := bundle(t, s, o.Context(t))
		if err != nil || b.ETag == last {
			t.Errorf("%s: the tag did not change; %v", what, err)
		}
		last = b.ETag
		same(what + ", and again")
	}
	if b := bundle(t, s, other.Context(t)); b.ETag == last || strings.ContainsAny(last, `"`) || len(last) < 20 {
		t.Errorf("two tills hold the same: %q", last)
	}
	same("at once")
	s.Clock.Advance(23 * time.Hour)
	same("after hours")
	s.Phone(t, s.Person(t))
	same("another card, which is good")

	_, err := s.Cards.Revoke(system, card.ID, "lost")
	changed("a card is revoked", err)
	if b := bundle(t, s, o.Context(t)); len(b.Status) != 1 || b.Status[0].Version != 1 {
		t.Errorf("the lists are %+v, want version 1", b.Status)
	}
	cashier, err := s.Tills.AddCashier(owner, s.Outlet, "Sri", "271828")
	changed("a cashier is added", err)
	_, err = s.Tills.SetPIN(owner, cashier.ID, "314159")
	changed("a PIN is set", err)
	changed("a cashier is locked", s.Tills.LockCashier(o.Context(t), cashier.ID))
	_, err = s.Tills.EndCashier(owner, cashier.ID)
	changed("a cashier is ended", err)
	_, item := o.Use(t, phone.Show(t, s.Clock.Now()), promo, 75_000, shop.Members{"allowance": allowance(t, s, o, promo).ID})
	if r := one(t, s, o.Context(t), item); r.Outcome != "granted" || len(r.Flags) != 0 {
		t.Fatalf("the use is %+v", r)
	}
	changed("an allowance was used", nil)
	_, err = s.Benefits.Pause(owner, promo)
	changed("a promo is paused", err)
	_, err = s.Benefits.Resume(owner, promo)
	changed("a promo is resumed", err)
	s.Promo(t, nil)
	changed("a promo is new", nil)
	_, err = s.Partners.UpdateOutlet(owner, s.Outlet, partners.OutletProfile{
		Name: "Bengkel Lain", Address: "Jl. Monginsidi 2", RegionCode: "72.71", Zone: "Asia/Makassar", Hours: []partners.Hours{{Day: 1, From: "08:00", To: "17:00"}},
	})
	changed("the outlet is another", err)
	_, err = s.Cards.RotateKeys(system, s.Clock.Now())
	changed("keys are rotated", err)
	s.Clock.Advance(2 * time.Hour)
	changed("half of the allowance's life is over", nil)
	_, err = s.Partners.Suspend(s.Supervisor(t), s.Partner, "uji")
	changed("the partner is suspended", err)
	if b := bundle(t, s, o.Context(t)); b.Outlet.Open || len(b.Allowances) != 0 {
		t.Errorf("at a closed outlet: open %v and %d allowances", b.Outlet.Open, len(b.Allowances))
	}
}

func TestABundleTellsNothingAboutPeople(t *testing.T) {
	s := shop.New(t)
	promo, person := s.Promo(t, offline), s.Person(t)
	phone, o := s.Phone(t, person), s.OfflineTill(t, s.Outlet)
	_, item := o.Use(t, phone.Show(t, s.Clock.Now()), promo, 75_000, nil)
	one(t, s, o.Context(t), item)
	text, err := json.Marshal(bundle(t, s, o.Context(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Budi", "Santoso", "B***", "727199", person.String(), phone.Card.ID.String(), phone.Card.ShortCode, s.Cards.Text(phone.Card)} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the bundle holds %q", secret)
		}
	}
}

func TestOnlyATillInForceGetsABundle(t *testing.T) {
	s := shop.New(t)
	s.Promo(t, offline)
	o := s.OfflineTill(t, s.Outlet)
	for name, who := range map[string]context.Context{
		"an API key": s.Till(t, s.Outlet), "an owner": s.Owner(t), "nobody": t.Context(), "an ended till": o.Ended(t),
		"the program": testkit.System(t),
	} {
		if _, err := s.Redemptions.Bundle(who); !errors.Is(err, redemptions.ErrTillOnly) {
			t.Errorf("%s: got %v, want %v", name, err, redemptions.ErrTillOnly)
		}
	}
	stray := actor.With(t.Context(), actor.Actor{Kind: actor.Till, ID: uuid.New(), PartnerID: s.Partner, OutletID: s.Outlet})
	if _, err := s.Redemptions.Bundle(stray); err == nil {
		t.Error("a till that is not there got a bundle")
	}
}

// TestABundleHoldsTheListsOfItsProvince: all of them, of every branch there.
func TestABundleHoldsTheListsOfItsProvince(t *testing.T) {
	s := shop.New(t)
	s.Printed(t, s.Person(t)) // opens the first list, of Palu
	far := uuid.New()
	for i, branch := range []uuid.UUID{shop.Donggala, far} {
		err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
			db := s.DB.From(ctx)
			if branch == far {
				for _, query := range []string{
					`INSERT INTO regions (code, name, kind, zone) VALUES ('71', 'Sulawesi Utara', 'province', 'Asia/Makassar'), ('71.71', 'Manado', 'city', 'Asia/Makassar')`,
					`INSERT INTO branches (id, code, name, office_kind, zone, created_at) VALUES ('` + far.String() + `', 'MND', 'Manado', 'Kantor Cabang', 'Asia/Makassar', '2023-01-01 00:00:00')`,
					`INSERT INTO branch_regions (branch_id, region_code) VALUES ('` + far.String() + `', '71.71')`,
				} {
					if err := db.Exec(query).Error; err != nil {
						return err
					}
				}
			}
			return db.Exec(`INSERT INTO status_shards (shard, branch_id, used, open, version, created_at) VALUES (?, ?, 0, ?, ?, ?)`,
				i+1, branch, true, 7, s.Clock.Now()).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []redemptions.BundleStatus{{Shard: 0, Version: 0, URL: "/s/0"}, {Shard: 1, Version: 7, URL: "/s/1"}}
	for _, outlet := range []uuid.UUID{s.Outlet, s.Outlet2} {
		if diff := cmp.Diff(want, bundle(t, s, s.OfflineTill(t, outlet).Context(t)).Status); diff != "" {
			t.Error(diff)
		}
	}
}
