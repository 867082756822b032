package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

const palu = "01890000-0000-7000-8000-000000000001"

// stall is a partner with an outlet and a promo, made through the API alone.
type stall struct {
	*app
	admin, other, owner, officer     string // bearers
	sector, partner, outlet, benefit string
	key                              string
}

type made struct {
	ID, State, Key, Code, URL, Link string
}

func (s *stall) build() {
	s.t.Helper()
	branch := actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: uuid.MustParse(palu)}
	s.admin = s.account("admin@uji.example", actor.Grant{Role: actor.ProgrammeAdmin, Scope: actor.National})
	s.other = s.account("supervisor@uji.example", branch)
	branch.Role = actor.BranchOfficer
	s.officer = s.account("officer@uji.example", branch)
	s.sector = s.make(s.admin, "/v1/sectors", `{"code":"MOT","name_id":"Bengkel motor","name_en":"Motorcycle workshops"}`).ID
	for _, state := range []string{"assessed", "open"} {
		s.call("POST", "/v1/sectors/"+s.sector+"/state", s.admin, `{"state":"`+state+`"}`, 200)
	}
	s.partner = s.make(s.officer, "/v1/partners", fmt.Sprintf(`{"sector_id":%q,"branch_id":%q,"name":"CV Uji","contact":{"name":"Rina"}}`, s.sector, palu)).ID
	s.owner = s.account("owner@uji.example", actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: uuid.MustParse(s.partner)})
	s.outlet = s.make(s.owner, "/v1/partners/"+s.partner+"/outlets",
		`{"name":"Monginsidi","address":"Jl. Monginsidi 1","region_code":"72.71","zone":"Asia/Makassar","latitude":-0.9,"longitude":119.87}`).ID
	s.make(s.officer, "/v1/partners/"+s.partner+"/agreements", `{"number":"PKS-1","starts_on":"2026-01-01","ends_on":"2027-12-31"}`)
	s.call("POST", "/v1/partners/"+s.partner+"/submit", s.owner, "", 200)
	s.call("POST", "/v1/partners/"+s.partner+"/approve", s.other, "", 200)
	s.call("POST", "/v1/partners/"+s.partner+"/activate", s.other, "", 200)
	s.key = s.make(s.owner, "/v1/partners/"+s.partner+"/api-keys", fmt.Sprintf(`{"name":"kasir","outlet_id":%q,"scopes":["validate","redeem","read"]}`, s.outlet)).Key
}

func (s *stall) make(token, path, body string) made {
	s.t.Helper()
	return decode[made](s.t, s.call("POST", path, token, body, http.StatusCreated))
}

func (s *stall) promo() {
	s.t.Helper()
	s.benefit = s.make(s.owner, "/v1/partners/"+s.partner+"/benefits", fmt.Sprintf(`{"title":"Servis hemat","kind":"percent","basis":"total","value":20,
		"max_discount":50000,"min_gross":0,"outlet_ids":[%q],"valid_from":"2026-01-01","valid_to":"2027-12-31","segments":["bpu","pu"],"max_status_age_days":40,
		"needs_id_check":false,"stacking":"exclusive","exclusions":"","limits":{"participant":{"count":2,"per":"month","min_interval_days":null},"total_count":100},
		"offline":{"allowed":true,"allowance":5}}`, s.outlet)).ID
	s.call("POST", "/v1/benefits/"+s.benefit+"/submit", s.owner, "", 200)
	got := decode[struct {
		TermsHash string `json:"terms_hash"`
	}](s.t, s.call("GET", "/v1/benefits/"+s.benefit, s.other, "", 200))
	s.call("POST", "/v1/benefits/"+s.benefit+"/approve", s.other, `{"version":1,"terms_hash":"`+strings.Repeat("0", 64)+`"}`, 409)
	s.call("POST", "/v1/benefits/"+s.benefit+"/approve", s.other, `{"version":1,"terms_hash":"`+got.TermsHash+`"}`, 200)
	s.call("POST", "/v1/benefits/"+s.benefit+"/publish", s.other, "", 200)
}

func (s *stall) person(n int) string {
	s.t.Helper()
	return s.make(s.officer, "/v1/participants", fmt.Sprintf(`{"branch_id":%q,"id_number":"99010101019%05d","name":"Budi Santoso","phone":"081234567890",
		"membership":{"kpj":"230000%05d","segment":"bpu","status":"active","acquired_on":"2026-01-10","protected_until":"2027-01-31","status_as_of":"2026-11-20"},
		"consent":{"version":"1","text_hash":%q,"channel":"branch"}}`, palu, n, n, strings.Repeat("ab", 32))).ID
}

func (s *stall) printed(person string) (id, short string) {
	s.t.Helper()
	c := decode[struct {
		ID        string
		ShortCode string `json:"short_code"`
	}](s.t, s.call("POST", "/v1/participants/"+person+"/cards", s.officer, `{"form":"printed"}`, 201))
	return c.ID, c.ShortCode
}

type record struct {
	ID, Outcome, Reason, State string
	Gross, Discount, Net       int64
	Remaining                  *int64
	Receipt                    struct{ Code, URL string }
}

func TestTheMainJobThroughTheAPI(t *testing.T) {
	s := newStall(t)
	s.promo()
	card, short := s.printed(s.person(1))
	look := decode[struct {
		Verdict, Reason string
		ScanID          string `json:"scan_id"`
		Card            struct {
			Form         string
			MaskedName   string `json:"masked_name"`
			NeedsIDCheck bool   `json:"needs_id_check"`
		}
		Benefits []struct {
			ID       string
			Eligible bool
			Preview  struct{ Gross, Discount, Net int64 }
		}
	}](t, s.call("POST", "/v1/validations", s.key, `{"card":"`+short+`","gross":200001}`, 200))
	if look.Verdict != "valid" || look.Card.MaskedName != "BU** SA*****" || !look.Card.NeedsIDCheck || len(look.Benefits) != 1 || look.Benefits[0].Preview.Discount != 40000 {
		t.Fatalf("%+v", look)
	}
	key, body := uuid.NewString(), fmt.Sprintf(`{"scan_id":%q,"benefit_id":%q,"gross":200001,"id_checked":true,"receipt_number":"A-1"}`, look.ScanID, s.benefit)
	w := s.call("POST", "/v1/redemptions", s.key, body, 201, "Idempotency-Key", key)
	first := decode[record](t, w)
	if first.Outcome != "granted" || first.Discount != 40000 || first.Net != 160001 || first.Remaining == nil || *first.Remaining != 1 || first.Receipt.Code == "" {
		t.Fatalf("%s", w.Body)
	}
	w = s.call("POST", "/v1/redemptions", s.key, body, 200, "Idempotency-Key", key)
	if again := decode[record](t, w); again.ID != first.ID || w.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("replay: %s %v", w.Body, w.Header())
	}
	s.call("POST", "/v1/redemptions", s.key, strings.Replace(body, "200001", "200002", 1), 422, "Idempotency-Key", key)
	w = s.call("GET", "/r/"+first.Receipt.Code, "", "", 200, "Accept", "application/json")
	if strings.Contains(w.Body.String(), "BU*") {
		t.Errorf("a receipt names the person: %s", w.Body)
	}
	if page := s.call("GET", "/r/"+first.Receipt.Code, "", "", 200, "Accept", "text/html").Body.String(); !strings.Contains(page, "Rp160.001") {
		t.Errorf("receipt page: %s", page)
	}
	if got := decode[record](t, s.call("POST", "/v1/redemptions/"+first.ID+"/void", s.key, `{"reason":"salah ketik"}`, 200)); got.State != "voided" {
		t.Errorf("void: %+v", got)
	}
	list := decode[struct{ Items []record }](t, s.call("GET", "/v1/redemptions?benefit_id="+s.benefit+"&from=2026-11-24&to=2026-11-24&limit=10", s.key, "", 200))
	if len(list.Items) != 1 || list.Items[0].State != "voided" {
		t.Errorf("list: %+v", list)
	}
	pic := s.call("GET", "/v1/cards/"+card+"/qr.png", s.officer, "", 200)
	if _, err := png.Decode(bytes.NewReader(pic.Body.Bytes())); err != nil {
		t.Error(err)
	}
	if w := s.call("GET", "/v1/cards/"+card+"/qr.png", s.officer, "", 304, "If-None-Match", pic.Header().Get("ETag")); w.Body.Len() != 0 {
		t.Error("304 with a body")
	}
	s.call("GET", "/v1/cards/"+card+"/qr.svg", s.officer, "", 200)
	s.call("GET", "/v1/cards/"+card+"/card.pdf", s.officer, "", 200)
	if w := s.call("POST", "/v1/cards/sheet", s.officer, `{"ids":["`+card+`"]}`, 200); !strings.HasPrefix(w.Body.String(), "%PDF") {
		t.Error("no PDF")
	}
}

func TestARedemptionWithoutAGoodKeyIs400(t *testing.T) {
	s := newStall(t)
	for _, key := range []string{"", "abc", "{" + uuid.NewString() + "}", strings.ReplaceAll(uuid.NewString(), "-", "")} {
		w := s.call("POST", "/v1/redemptions", s.key, `{"card":"x","benefit_id":"`+uuid.NewString()+`","gross":1}`, 400, "Idempotency-Key", key)
		if got := decode[refusal](t, w); got.Code != "idempotency_key_invalid" {
			t.Errorf("key %q: %s", key, w.Body)
		}
	}
}

func TestAPhoneGetsItsCard(t *testing.T) {
	s := newStall(t)
	person := s.person(2)
	a := s.make(s.officer, "/v1/participants/"+person+"/activation", "")
	if a.Code == "" || !strings.HasPrefix(a.URL, "https://kartu.example/kartu/#") {
		t.Fatalf("%+v", a)
	}
	body := fmt.Sprintf(`{"code":%q,"device_key":%s}`, a.Code, newJWK(t))
	got := decode[struct {
		Card  struct{ ID, Text string }
		Token string `json:"participant_token"`
	}](t, s.call("POST", "/v1/activations", "", body, 201))
	if strings.Count(got.Card.Text, ".") != 6 { // the host has one more
		t.Errorf("card text has not six fields: %s", got.Card.Text)
	}
	again := s.call("POST", "/v1/activations", "", body, 201) // the answer may have been lost
	if text := again.Body.String(); !strings.Contains(text, got.Card.ID) || strings.Contains(text, "token") || strings.Contains(text, "short_code") {
		t.Errorf("code and public key open more than the card's text: %s", text)
	}
	s.call("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s}`, a.Code, newJWK(t)), 422)
	mine := decode[struct{ Card struct{ ID string } }](t, s.call("GET", "/v1/my/card", got.Token, "", 200))
	if mine.Card.ID != got.Card.ID {
		t.Errorf("my card: %+v", mine)
	}
	s.call("GET", "/v1/participants/"+person, got.Token, "", 403)
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newJWK(t *testing.T) string {
	t.Helper()
	return jwkOf(t, newKey(t))
}

func jwkOf(t *testing.T, k *ecdsa.PrivateKey) string {
	t.Helper()
	b, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q,"ext":true,"key_ops":["verify"]}`, enc(b[1:33]), enc(b[33:]))
}

func TestATillJoinsProvesItselfAndScans(t *testing.T) {
	s := newStall(t)
	s.promo()
	e := s.make(s.owner, "/v1/outlets/"+s.outlet+"/enrolments", "")
	key := newKey(t)
	got := decode[struct {
		TillID             string `json:"till_id"`
		Fingerprint, State string
		Audience           string
		HandIn             string `json:"hand_in_audience"`
	}](t, s.call("POST", "/v1/tills", "", fmt.Sprintf(`{"code":%q,"public_key":%s,"name":"Kasir 1"}`, e.Code, jwkOf(t, key)), 201))
	if got.State != "pending" || len(got.Fingerprint) != 6 || got.Audience != "https://kartu.example/v1/tills/token" || got.HandIn != "https://kartu.example/v1/redemptions/batch" {
		t.Fatalf("%+v", got)
	}
	if e.Link != "https://kartu.example/kasir/#/gabung/"+e.Code || e.Code == "" {
		t.Errorf("link %q", e.Link)
	}
	s.refusedWith("till_pending", s.call("POST", "/v1/tills/token", "", s.assertion(got.TillID, key), 401))
	s.refusedWith("assertion_invalid", s.call("POST", "/v1/tills/token", "", s.assertion(got.TillID, newKey(t)), 401))
	s.call("POST", "/v1/tills/"+got.TillID+"/confirm", s.owner, "", 200)
	s.call("GET", "/v1/outlets/"+s.outlet+"/tills", s.owner, "", 200)
	token := decode[struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}](t, s.call("POST", "/v1/tills/token", "", s.assertion(got.TillID, key), 200))
	if token.ExpiresIn != 900 {
		t.Errorf("%+v", token)
	}
	_, short := s.printed(s.person(6))
	s.call("POST", "/v1/validations", token.AccessToken, `{"card":"`+short+`"}`, 200)
	body := fmt.Sprintf(`{"card":%q,"benefit_id":%q,"gross":10000}`, short, s.benefit)
	w := s.call("POST", "/v1/redemptions", token.AccessToken, body, 201, "Idempotency-Key", uuid.NewString())
	if r := decode[record](t, w); r.Outcome != "refused" || r.Reason != "needs_id_check" {
		t.Errorf("%s", w.Body)
	}
	s.call("POST", "/v1/tills/token", "", `{"assertion":"a.b.c"}`, 401)
	s.call("POST", "/v1/tills/"+got.TillID+"/revoke", s.owner, "", 200)
	s.call("POST", "/v1/validations", token.AccessToken, `{"card":"`+short+`"}`, 401)
	s.refusedWith("till_revoked", s.call("POST", "/v1/tills/token", "", s.assertion(got.TillID, key), 401))
	s.refusedWith("assertion_invalid", s.call("POST", "/v1/tills/token", "", s.assertion(got.TillID, newKey(t)), 401))
}

func (s *stall) refusedWith(code string, w *httptest.ResponseRecorder) {
	s.t.Helper()
	if got := decode[refusal](s.t, w); got.Code != code {
		s.t.Errorf("refused with %s, want %s", got.Code, code)
	}
}

// till joins a till and returns its bearer.
func (s *stall) till() string {
	s.t.Helper()
	key := newKey(s.t)
	code := s.make(s.owner, "/v1/outlets/"+s.outlet+"/enrolments", "").Code
	id := decode[struct {
		TillID string `json:"till_id"`
	}](s.t, s.call("POST", "/v1/tills", "", fmt.Sprintf(`{"code":%q,"public_key":%s,"name":"Kasir"}`, code, jwkOf(s.t, key)), 201)).TillID
	s.call("POST", "/v1/tills/"+id+"/confirm", s.owner, "", 200)
	return decode[struct {
		AccessToken string `json:"access_token"`
	}](s.t, s.call("POST", "/v1/tills/token", "", s.assertion(id, key), 200)).AccessToken
}

// assertion is the body with which a till asks for a bearer.
func (s *stall) assertion(till string, key *ecdsa.PrivateKey) string {
	s.t.Helper()
	now := s.clock.Now().Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": till, "aud": "https://kartu.example/v1/tills/token", "iat": now, "exp": now + 60, "jti": uuid.NewString(),
	})
	token.Header["kid"], token.Header["typ"] = till, "till-assertion+jwt"
	text, err := token.SignedString(key)
	if err != nil {
		s.t.Fatal(err)
	}
	return `{"assertion":"` + text + `"}`
}

func TestPublicKeysAndStatusListsCanBeKept(t *testing.T) {
	s := newStall(t)
	s.printed(s.person(3))
	for path, media := range map[string]string{"/.well-known/jwks.json": "application/json", "/s/0": "application/statuslist+jwt"} {
		w := s.call("GET", path, "", "", 200)
		h := w.Header()
		if h.Get("Content-Type") != media || h.Get("Access-Control-Allow-Origin") != "*" || !strings.HasPrefix(h.Get("Cache-Control"), "public, max-age=") ||
			!strings.HasSuffix(h.Get("Cache-Control"), "must-revalidate") || h.Get("ETag") == "" {
			t.Errorf("%s: %v", path, h)
		}
		s.call("GET", path, "", "", 304, "If-None-Match", h.Get("ETag"))
	}
	for _, path := range []string{"/s/1", "/s/00", "/s/-1", "/s/x", "/s/99999999999999999999"} {
		s.call("GET", path, "", "", 404)
	}
}

func TestAnImportIsTakenAndTellsItsErrors(t *testing.T) {
	s := newStall(t)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range map[string]string{"branch_id": palu, "dry_run": "true", "as_of": "2026-11-20"} {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", "anggota.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("kpj,nik,nama,segmen,status\n23000000001,990101,Budi,bpu,aktif\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := s.call("POST", "/v1/imports", s.officer, b.String(), 202, "Content-Type", w.FormDataContentType())
	run := decode[struct {
		ID       string
		DryRun   bool `json:"dry_run"`
		RowsRead int  `json:"rows_read"`
	}](t, got)
	if !run.DryRun || got.Header().Get("Location") != "/v1/imports/"+run.ID {
		t.Errorf("%s %v", got.Body, got.Header())
	}
	s.call("GET", "/v1/imports/"+run.ID, s.officer, "", 200)
	if csv := s.call("GET", "/v1/imports/"+run.ID+"/errors", s.officer, "", 200); !strings.HasPrefix(csv.Body.String(), "line,field,code\n") {
		t.Errorf("errors: %s", csv.Body)
	}
	s.call("POST", "/v1/imports", s.officer, "{}", 415)
	s.call("POST", "/v1/imports", s.officer, "--x--", 400, "Content-Type", "multipart/form-data; boundary=y")
	s.call("POST", "/v1/imports", s.officer, strings.Repeat("a", 10<<20+2), 413, "Content-Type", "multipart/form-data; boundary=y")
}

func TestReportsInEveryForm(t *testing.T) {
	s := newStall(t)
	period := "?from=2026-01-01&to=2026-12-31"
	for _, path := range []string{"summary" + period, "refusals" + period, "registrations" + period, "uses" + period + "&by=outlet"} {
		s.call("GET", "/v1/reports/"+path, s.admin, "", 200)
		if w := s.call("GET", "/v1/reports/"+path+"&format=csv", s.admin, "", 200); w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%s: %v", path, w.Header())
		}
		if w := s.call("GET", "/v1/reports/"+path+"&format=xlsx", s.admin, "", 200); !strings.HasPrefix(w.Body.String(), "PK") {
			t.Errorf("%s: no workbook", path)
		}
	}
	s.call("GET", "/v1/reports/uses"+period+"&by=weather", s.admin, "", 422)
	s.call("GET", "/v1/reports/summary?from=2026-02-30&to=2026-03-01", s.admin, "", 422)
	s.call("GET", "/v1/reports/summary?from=2026-03-02&to=2026-03-01", s.admin, "", 422)
}

func TestPeopleSignInAndOut(t *testing.T) {
	s := newStall(t)
	w := s.call("POST", "/v1/sessions", "", `{"email":"owner@uji.example","password":"`+password+`"}`, 201)
	token := decode[struct{ Token string }](t, w).Token
	cookie := w.Header().Get("Set-Cookie")
	for _, want := range []string{"__Host-berlaku=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie lacks %s: %s", want, cookie)
		}
	}
	who := s.call("GET", "/v1/me", "", "", 200, "Cookie", strings.SplitN(cookie, ";", 2)[0]).Body.String()
	if !strings.Contains(who, "owner@uji.example") || !strings.Contains(who, s.partner) {
		t.Errorf("me: %s", who)
	}
	s.call("GET", "/v1/me", s.key, "", 200)
	s.call("GET", "/v1/sessions", token, "", 200)
	s.call("DELETE", "/v1/sessions/current", token, "", 204)
	s.call("GET", "/v1/me", token, "", 401)
	s.call("POST", "/v1/sessions", "", `{"email":"owner@uji.example","password":"falsch"}`, 401)
	inv := s.make(s.admin, "/v1/invitations", `{"email":"baru@uji.example","role":"branch_viewer","scope":{"branch_id":"`+palu+`"}}`)
	s.call("POST", "/v1/invitations/accept", "", `{"code":"`+inv.Code+`","name":"Baru","password":"`+password+`"}`, 201)
	s.call("POST", "/v1/invitations/accept", "", `{"code":"`+inv.Code+`","name":"Baru","password":"`+password+`"}`, 404)
	s.call("POST", "/v1/invitations", s.admin, `{"email":"x@uji.example","role":"branch_viewer","scope":{"branch_id":"`+palu+`","partner_id":"`+palu+`"}}`, 422)
}

func TestTheFirstAccountIsMadeFromThisMachineOnly(t *testing.T) {
	a := newApp(t)
	token, _, err := a.Accounts.Bootstrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	body := `{"token":"` + token + `","email":"satu@uji.example","name":"Satu","password":"` + password + `"}`
	a.call("POST", "/v1/bootstrap", "", body, 403) // httptest comes from 192.0.2.1
	local := func(headers ...string) int {
		r := request("POST", "/v1/bootstrap", body, headers...)
		r.RemoteAddr = "127.0.0.1:4711"
		w := &probe{Server: a.API}
		return w.do(r).Code
	}
	if code := local("X-Forwarded-For", "203.0.113.9"); code != 403 {
		t.Errorf("through a proxy: %d", code)
	}
	if code := local(); code != 201 {
		t.Errorf("from here: %d", code)
	}
}

func TestTheFieldOrganisation(t *testing.T) {
	s := newStall(t)
	w := s.make(s.officer, "/v1/wadah", `{"branch_id":"`+palu+`","code":"W1","name":"Wadah Satu"}`)
	a := s.make(s.officer, "/v1/agents", `{"wadah_id":"`+w.ID+`","region_code":"72.71","code":"A1","name":"Rina","active_from":"2026-01-01"}`)
	s.make(s.officer, "/v1/registrations", `{"participant_id":"`+s.person(4)+`","agent_id":"`+a.ID+`","registered_on":"2026-11-20"}`)
	s.make(s.admin, "/v1/reported-figures", `{"period_start":"2026-01-01","period_end":"2026-10-31","metric":"registrations","value":21521,"as_of":"2026-11-01","source":"artikel"}`)
	for _, path := range []string{"/v1/wadah", "/v1/wadah/" + w.ID, "/v1/agents?wadah_id=" + w.ID, "/v1/agents/" + a.ID, "/v1/registrations", "/v1/reported-figures?from=2026-01-01&to=2026-12-31"} {
		s.call("GET", path, s.admin, "", 200)
	}
}

func TestOtherReadsAndChanges(t *testing.T) {
	s := newStall(t)
	s.promo()
	person := s.person(5)
	card, _ := s.printed(person)
	for _, path := range []string{
		"/v1/branches", "/v1/branches/" + palu, "/v1/sectors", "/v1/sectors/" + s.sector, "/v1/partners?state=active", "/v1/partners/" + s.partner,
		"/v1/partners/" + s.partner + "/agreements", "/v1/partners/" + s.partner + "/outlets?limit=1", "/v1/outlets/" + s.outlet,
		"/v1/partners/" + s.partner + "/benefits", "/v1/benefits/" + s.benefit + "/versions", "/v1/participants?segment=bpu&limit=1",
		"/v1/participants/" + person, "/v1/participants/" + person + "/cards", "/v1/cards/" + card, "/v1/imports", "/v1/audit/entries?limit=3", "/v1/redemptions",
	} {
		s.call("GET", path, s.admin, "", 200)
	}
	s.call("GET", "/v1/partners/"+s.partner+"/api-keys", s.owner, "", 200)
	found := s.call("POST", "/v1/participants/search", s.officer, `{"kpj":"23000000005"}`, 200)
	if !strings.Contains(found.Body.String(), person) || strings.Contains(found.Body.String(), "23000000005") {
		t.Errorf("search: %s", found.Body)
	}
	s.call("PATCH", "/v1/participants/"+person, s.officer, `{"name":"Budi Santosa"}`, 200)
	s.call("POST", "/v1/participants/"+person+"/memberships", s.officer, `{"kpj":"23000000005","segment":"bpu","status":"active","protected_until":"2027-03-31","acquired_on":"2026-01-10"}`, 200)
	s.call("DELETE", "/v1/participants/"+person+"/consents", s.officer, "", 204)
	s.call("POST", "/v1/participants/"+person+"/consents", s.officer, `{"version":"2","text_hash":"`+strings.Repeat("cd", 32)+`","channel":"branch"}`, 204)
	s.call("POST", "/v1/cards/"+card+"/replace", s.officer, "", 201)
	s.call("POST", "/v1/cards/"+card+"/revoke", s.officer, `{"reason":"lost"}`, 409)
	s.call("PUT", "/v1/outlets/"+s.outlet, s.owner, `{"name":"Monginsidi 2","address":"Jl. Monginsidi 2","region_code":"72.71","zone":"Asia/Makassar"}`, 200)
	s.call("PUT", "/v1/partners/"+s.partner, s.owner, `{"name":"CV Uji Dua"}`, 200)
	for _, step := range []string{"pause", "resume", "end"} {
		s.call("POST", "/v1/benefits/"+s.benefit+"/"+step, s.owner, "", 200)
	}
	s.call("POST", "/v1/partners/"+s.partner+"/suspend", s.other, `{"reason":"pemeriksaan"}`, 200)
	s.clock.Advance(time.Minute)
	s.call("POST", "/v1/partners/"+s.partner+"/resume", s.other, "", 200)
	s.call("GET", "/v1/benefits/"+uuid.NewString(), s.other, "", 404)
}
