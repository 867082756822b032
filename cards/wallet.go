package cards

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Pass is what the wallet of a phone's maker is given of a card: nothing that
// is not printed on every card, and nothing that a till takes for one.
type Pass struct {
	CardID    uuid.UUID
	Holder    string // masked name, as people read it
	ShortCode string // as people read it
	ExpiresAt time.Time
	ExpiresOn string // in words
	Link      string // where the card itself is
	IssuedAt  time.Time
}

// Wallet makes the address at which a phone saves a pass.
type Wallet interface {
	SaveURL(p Pass) (string, error)
}

// Passes are the addresses at which a card can be saved; "" where a wallet is
// not offered.
type Passes struct{ Google, Apple string }

// Passes returns where the phone card of the participant who acts can be saved
// as a pass, or ErrNotFound when there is no active one.
func (s *Service) Passes(ctx context.Context) (Passes, error) {
	c, err := s.Mine(ctx)
	if err != nil {
		return Passes{}, err
	}
	p := Pass{
		CardID: c.ID, Holder: DisplayName(c.MaskedName), ShortCode: Spaced(c.ShortCode), ExpiresAt: c.ExpiresAt(),
		ExpiresOn: IndonesianDay(c.ExpiresOn()), Link: s.url + "/kartu/", IssuedAt: s.clock.Now(),
	}
	var out Passes
	for _, w := range []struct {
		wallet Wallet
		url    *string
	}{{s.wallets.Google, &out.Google}, {s.wallets.Apple, &out.Apple}} {
		if w.wallet == nil {
			continue
		}
		if *w.url, err = w.wallet.SaveURL(p); err != nil {
			return Passes{}, fmt.Errorf("make wallet pass: %w", err)
		}
	}
	return out, nil
}

// Wallets are those that are offered; nil: not.
type Wallets struct{ Google, Apple Wallet }

// Errors of the settings of Google Wallet, for people.
var (
	ErrWalletIssuer = errors.New("the issuer of Google Wallet passes must be the number that the Wallet console shows")
	ErrWalletKey    = errors.New("the key of Google Wallet must be the JSON key file of a service account (client_email, private_key)")
)

const (
	walletSave  = "https://pay.google.com/gp/v/save/"
	walletClass = "kartu"
	walletColor = "#ffffff"
)

var issuerForm = regexp.MustCompile(`\A[0-9]{1,20}\z`)

// GoogleWallet signs the passes of one issuer. Nothing is sent to Google from
// here: whoever opens the address brings the pass.
type GoogleWallet struct {
	issuer, email, keyID string
	key                  *rsa.PrivateKey
	origin               string
}

// NewGoogleWallet reads the key file of a service account. origin is the
// address from which a pass is offered, without a slash at the end. It returns
// ErrWalletIssuer or ErrWalletKey.
func NewGoogleWallet(issuer, keyFile, origin string) (*GoogleWallet, error) {
	if !issuerForm.MatchString(issuer) {
		return nil, ErrWalletIssuer
	}
	var account struct {
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
		KeyID string `json:"private_key_id"`
	}
	if json.Unmarshal([]byte(keyFile), &account) != nil || account.Email == "" {
		return nil, ErrWalletKey
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(account.Key))
	if err != nil {
		return nil, ErrWalletKey
	}
	return &GoogleWallet{issuer: issuer, email: account.Email, keyID: account.KeyID, key: key, origin: origin}, nil
}

type (
	walletText struct {
		DefaultValue struct {
			Language string `json:"language"`
			Value    string `json:"value"`
		} `json:"defaultValue"`
	}
	walletModule struct {
		ID     string `json:"id"`
		Header string `json:"header"`
		Body   string `json:"body"`
	}
	walletLink struct {
		ID          string `json:"id"`
		URI         string `json:"uri"`
		Description string `json:"description"`
	}
	walletInstant struct {
		Date string `json:"date"`
	}
	walletObject struct {
		ID         string         `json:"id"`
		ClassID    string         `json:"classId"`
		State      string         `json:"state"`
		CardTitle  walletText     `json:"cardTitle"`
		Header     walletText     `json:"header"`
		Subheader  walletText     `json:"subheader"`
		Background string         `json:"hexBackgroundColor"`
		Texts      []walletModule `json:"textModulesData"`
		Links      struct {
			URIs []walletLink `json:"uris"`
		} `json:"linksModuleData"`
		Valid struct {
			End walletInstant `json:"end"`
		} `json:"validTimeInterval"`
	}
	walletID struct {
		ID string `json:"id"`
	}
	walletPayload struct {
		Classes []walletID     `json:"genericClasses"`
		Objects []walletObject `json:"genericObjects"`
	}
)

func inIndonesian(s string) (t walletText) {
	t.DefaultValue.Language, t.DefaultValue.Value = "id", s
	return t
}

// SaveURL implements Wallet: an "Add to Google Wallet" link of a generic pass
// (developers.google.com/wallet/generic/web, …/reference/rest/v1/genericobject),
// class and object inside. It has no barcode: a till would not take it, and
// people would show it. Google asks for at most 1,800 characters of token.
func (g *GoogleWallet) SaveURL(p Pass) (string, error) {
	class := g.issuer + "." + walletClass
	o := walletObject{
		ID: g.issuer + "." + p.CardID.String(), ClassID: class, State: "ACTIVE", Background: walletColor,
		CardTitle: inIndonesian(cardTitle), Header: inIndonesian(p.Holder), Subheader: inIndonesian(cardDisclaimer),
		Texts: []walletModule{
			{"day", "Berlaku sampai", p.ExpiresOn}, {"code", "Kode singkat", p.ShortCode},
			{"note", "Di kasir", "Buka kartu lewat tautan di bawah dan tunjukkan kodenya."},
		},
	}
	o.Links.URIs = []walletLink{{"card", p.Link, "Buka kartu"}}
	o.Valid.End.Date = p.ExpiresAt.UTC().Format(time.RFC3339)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": g.email, "aud": "google", "typ": "savetowallet", "iat": p.IssuedAt.Unix(), "origins": []string{g.origin},
		"payload": walletPayload{Classes: []walletID{{class}}, Objects: []walletObject{o}},
	})
	if g.keyID != "" {
		token.Header["kid"] = g.keyID
	}
	text, err := token.SignedString(g.key)
	if err != nil {
		return "", fmt.Errorf("sign wallet pass: %w", err)
	}
	return walletSave + text, nil
}
