package cards_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berlaku/berlaku/cards"
)

// account makes the key file of a service account.
func account(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(mustJSON(t, map[string]string{
		"type": "service_account", "client_email": "kartu@uji.iam.gserviceaccount.com", "private_key_id": "abc",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}))
}

func TestThePassOfAWalletSaysWhatACardSaysAndNoMore(t *testing.T) {
	key, file := account(t)
	wallet, err := cards.NewGoogleWallet("3388000000012345678", file, publicURL)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	p := w.phone(w.person(palu))
	with := cards.New(cards.Deps{DB: w.db, Clock: w.clock, Participants: w.people, Origin: "https://kartu.example", PublicURL: publicURL, Wallets: cards.Wallets{Google: wallet}})
	got, err := with.Passes(as(t, p.card.ParticipantID))
	if err != nil || got.Apple != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	text, ok := strings.CutPrefix(got.Google, "https://pay.google.com/gp/v/save/")
	if !ok || len(text) > 1800 {
		t.Fatalf("%d characters: %s", len(text), got.Google)
	}
	var claims jwt.MapClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience("google"), jwt.WithIssuer("kartu@uji.iam.gserviceaccount.com"), jwt.WithTimeFunc(w.clock.Now))
	if _, err := parser.ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }); err != nil {
		t.Fatal(err)
	}
	body := string(mustJSON(t, claims))
	var c struct {
		Typ     string
		Origins []string
		Payload struct {
			GenericClasses []struct{ ID string }
			GenericObjects []struct {
				ID, ClassID, State           string
				CardTitle, Header, Subheader struct {
					DefaultValue struct{ Language, Value string }
				}
				TextModulesData   []struct{ ID, Header, Body string }
				LinksModuleData   struct{ URIs []struct{ URI string } }
				ValidTimeInterval struct{ End struct{ Date string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		t.Fatal(err)
	}
	if c.Typ != "savetowallet" || len(c.Origins) != 1 || c.Origins[0] != publicURL || len(c.Payload.GenericObjects) != 1 || len(c.Payload.GenericClasses) != 1 {
		t.Fatalf("claims: %s", body)
	}
	o := c.Payload.GenericObjects[0]
	if o.ID != "3388000000012345678."+p.card.ID.String() || o.ClassID != c.Payload.GenericClasses[0].ID || o.State != "ACTIVE" ||
		o.CardTitle.DefaultValue.Value != "Kartu Promo Peserta" || o.Header.DefaultValue.Value != "BU** SA*****" || o.Header.DefaultValue.Language != "id" ||
		o.Subheader.DefaultValue.Value != "bukan kartu kepesertaan resmi" || o.LinksModuleData.URIs[0].URI != publicURL+"/kartu/" ||
		o.ValidTimeInterval.End.Date != "2026-12-24T00:00:00Z" || o.TextModulesData[0].Body != "23 Desember 2026" || o.TextModulesData[1].Body != cards.Spaced(p.card.ShortCode) {
		t.Errorf("object: %s", body)
	}
	for _, never := range []string{"729901010190", "Budi", "Santoso", "10000000001", "arcode", "HTTPS://KARTU.EXAMPLE", w.cards.Text(p.card), p.card.ParticipantID.String()} {
		if strings.Contains(body, never) {
			t.Errorf("the pass holds %s", never)
		}
	}
}

func TestWithoutSettingsThereIsNoPass(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	if got, err := w.cards.Passes(as(t, p.card.ParticipantID)); err != nil || got != (cards.Passes{}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.cards.Passes(as(t, w.person(palu))); !errors.Is(err, cards.ErrNotFound) {
		t.Errorf("somebody without a card: %v", err)
	}
	_, file := account(t)
	for name, c := range map[string]struct {
		issuer, file string
		want         error
	}{
		"an issuer that is no number": {"kartu", file, cards.ErrWalletIssuer}, "no issuer": {"", file, cards.ErrWalletIssuer},
		"no file": {"1", "", cards.ErrWalletKey}, "a file without a key": {"1", `{"client_email":"a@b"}`, cards.ErrWalletKey},
		"a file that is a path": {"1", "/etc/kunci.json", cards.ErrWalletKey},
	} {
		if _, err := cards.NewGoogleWallet(c.issuer, c.file, publicURL); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
