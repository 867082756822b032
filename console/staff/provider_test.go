package staff_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
)

// provider is an identity provider in process: discovery, authorize, token, keys.
type provider struct {
	*httptest.Server
	t      *testing.T
	key    *ecdsa.PrivateKey
	codes  map[string]url.Values // code → what the visitor came with
	claims jwt.MapClaims         // beside or instead of the right ones
	down   bool
	forged *ecdsa.PrivateKey // signs instead of key
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, key: newKey(t), codes: map[string]url.Values{}, claims: jwt.MapClaims{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		point, err := p.key.PublicKey.Bytes()
		if err != nil {
			t.Error(err)
		}
		p.answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
			"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
		}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (p *provider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// token gives out the id token for a code, once, to whoever holds the verifier.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" || id != "berlaku" || secret != "rahasia" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	now := testkit.Start
	claims := jwt.MapClaims{
		"iss": p.URL, "sub": "42", "aud": "berlaku", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": asked.Get("nonce"),
		"email": email, "email_verified": true, "name": "Siti Aminah", "auth_time": now.Unix(),
	}
	maps.Copy(claims, p.claims)
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = "1"
	key := p.key
	if p.forged != nil {
		key = p.forged
	}
	signed, err := token.SignedString(key)
	if err != nil {
		p.t.Error(err)
	}
	p.answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": signed})
}

// house is a server that trusts the provider.
func (p *provider) house(linkByEmail bool) *house {
	return open(p.t, func(c *config.Config) {
		c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret, c.OIDCName, c.OIDCLinkByEmail = p.URL, "berlaku", "rahasia", "SSO BPJS", linkByEmail
	})
}

// visit goes from the button to the provider and returns the address to come
// back to.
func (p *provider) visit(b *browse.Browser, path string) string {
	p.t.Helper()
	there := b.Once(http.MethodGet, path, "", nil)
	to, err := url.Parse(there.Header.Get("Location"))
	if err != nil || there.Status != http.StatusSeeOther || !strings.HasPrefix(to.String(), p.URL+"/authorize?") {
		p.t.Fatalf("%d to %q", there.Status, there.Header.Get("Location"))
	}
	q := to.Query()
	if q.Get("response_type") != "code" || q.Get("redirect_uri") != "https://"+console.Host+"/konsol/masuk/oidc/kembali" || q.Get("state") == "" || q.Get("nonce") == "" {
		p.t.Fatalf("asked with %v", q)
	}
	code := "code-" + q.Get("nonce")[:8]
	p.codes[code] = q
	return "/konsol/masuk/oidc/kembali?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
}

func TestSigningInAtTheIdentityProvider(t *testing.T) {
	p := newProvider(t)
	h := p.house(true)
	h.person(email, actor.Grant{Role: actor.Auditor, Scope: actor.National})
	b := h.Anybody()
	b.Get("/konsol/masuk").Want(http.StatusOK, "Masuk dengan SSO BPJS")
	back := p.visit(b, "/konsol/masuk/oidc?next=/konsol/akun")
	b.Get(back).Want(http.StatusOK, email, "Auditor", "penyedia identitas")
	b.Get(back).Want(http.StatusUnprocessableEntity, "Mulai lagi") // the same answer again
	h.Anybody().Get(p.visit(b, "/konsol/masuk/oidc")).Want(http.StatusUnprocessableEntity, "Mulai lagi")
	if to := b.Once(http.MethodGet, p.visit(b, "/konsol/masuk/oidc?next=//evil.test"), "", nil).Header.Get("Location"); to != "/konsol" {
		t.Errorf("afterwards to %q", to)
	}
}

func TestWhatTheProviderSaysMustFit(t *testing.T) {
	p := newProvider(t)
	h := p.house(true)
	h.person(email, national)
	for name, spoil := range map[string]func(*provider){
		"another nonce":        func(p *provider) { p.claims["nonce"] = "another" },
		"no nonce":             func(p *provider) { p.claims["nonce"] = "" },
		"for another client":   func(p *provider) { p.claims["aud"] = "other" },
		"of another issuer":    func(p *provider) { p.claims["iss"] = "https://evil.test" },
		"expired":              func(p *provider) { p.claims["exp"] = testkit.Start.Add(-time.Minute).Unix() },
		"signed by nobody":     func(p *provider) { p.forged = newKey(p.t) },
		"a code that was used": func(p *provider) { clear(p.codes) },
		"another challenge": func(p *provider) {
			for _, q := range p.codes {
				q.Set("code_challenge", "another")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p.claims, p.forged = jwt.MapClaims{}, nil
			b := h.Anybody()
			back := p.visit(b, "/konsol/masuk/oidc")
			spoil(p)
			b.Get(back).Want(http.StatusUnprocessableEntity, "tidak meloloskan Anda")
			b.Get("/konsol/akun").Want(http.StatusOK, "Masuk ke konsol")
		})
	}
}

func TestTheStateBelongsToTheBrowser(t *testing.T) {
	p := newProvider(t)
	h := p.house(true)
	h.person(email, national)
	b := h.Anybody()
	back := p.visit(b, "/konsol/masuk/oidc")
	b.Get(strings.Replace(back, "state=", "state=x", 1)).Want(http.StatusUnprocessableEntity, "Mulai lagi")
	b.Get(back).Want(http.StatusUnprocessableEntity, "Mulai lagi") // one try for each visit
	late := p.visit(b, "/konsol/masuk/oidc")
	h.Clock.Advance(6 * time.Minute)
	b.Get(late).Want(http.StatusUnprocessableEntity, "Mulai lagi")
}

func TestAnIdentityOfNobodyGetsNowhere(t *testing.T) {
	p := newProvider(t)
	h := p.house(false)
	admin := h.person(email, national)
	b := h.Anybody()
	b.Get(p.visit(b, "/konsol/masuk/oidc")).Want(http.StatusUnprocessableEntity, "belum terhubung") // an address alone links nothing
	made, err := h.Accounts.Invite(actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: admin.ID, Grants: admin.Grants}), "baru@example.test", actor.Grant{Role: actor.Auditor, Scope: actor.National})
	if err != nil {
		t.Fatal(err)
	}
	b.Get("/konsol/undangan?kode="+made.Code).Want(http.StatusOK, "Terima dengan SSO BPJS")
	b.Get(p.visit(b, "/konsol/masuk/oidc?kode="+made.Code+"&next=/konsol/akun")).Want(http.StatusOK, "baru@example.test", "Auditor", "tidak punya kata sandi")
	h.Clock.Advance(7 * time.Minute)
	p.claims["auth_time"] = h.Clock.Now().Unix()
	b.Post("/konsol/akun/kode", nil).Want(http.StatusOK, "Konfirmasi lewat SSO BPJS")
	b.Get(p.visit(b, "/konsol/masuk/oidc?ulang=1&next=/konsol/akun")).Want(http.StatusOK, "baru@example.test")
	h.Clock.Advance(6 * time.Minute)
	p.claims["auth_time"] = testkit.Start.Unix() // the provider did not ask anew
	b.Get("/konsol/akun").Want(http.StatusOK)
	b.Get(p.visit(b, "/konsol/masuk/oidc?ulang=1&next=/konsol/akun")).Want(http.StatusUnprocessableEntity, "tidak meloloskan Anda")
	p.claims["auth_time"], p.claims["sub"] = h.Clock.Now().Unix(), "somebody else"
	b.Get(p.visit(b, "/konsol/masuk/oidc?ulang=1&next=/konsol/akun")).Want(http.StatusUnprocessableEntity, "belum terhubung")
	if _, _, err := h.Accounts.Login(t.Context(), accounts.Login{Email: "baru@example.test"}); err == nil {
		t.Error("an account without a password lets in by none")
	}
}

func TestAProviderThatIsDownIsNamed(t *testing.T) {
	p := newProvider(t)
	h := p.house(true)
	h.person(email, national)
	p.down = true
	b := h.Anybody()
	b.Get("/konsol/masuk/oidc").Want(http.StatusUnprocessableEntity, "Penyedia identitas tidak dapat dihubungi.")
	p.down = false
	b.Get("/konsol/masuk/oidc").Want(http.StatusUnprocessableEntity, "Penyedia identitas tidak dapat dihubungi.") // not asked again at once
	h.Clock.Advance(11 * time.Second)
	b.Get(p.visit(b, "/konsol/masuk/oidc?next=/konsol/akun")).Want(http.StatusOK, email)
	p.down = true
	b2 := h.Anybody()
	b2.Get(p.visit(b2, "/konsol/masuk/oidc")).Want(http.StatusUnprocessableEntity)
	b2.Get("/konsol/akun").Want(http.StatusOK, "Masuk ke konsol")
	open(t).Anybody().Get("/konsol/masuk/oidc").Want(http.StatusNotFound)
}
