package api_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/internal/database"
)

// planted is what must never be found again where it does not belong: each
// canary by what it is.
type planted map[string]string

// forms are the ways in which bytes can lie about: as they are, in other
// letter case, in hexadecimal, in either base64 at each of the three
// alignments, and as in a URL.
func forms(text string) []string {
	out := []string{text, strings.ToLower(text), strings.ToUpper(text), hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text))), url.QueryEscape(text), url.PathEscape(text)}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift, skip := range []int{0, 2, 3} {
			whole := enc.EncodeToString(append(make([]byte, shift), text...))
			out = append(out, whole[skip:len(whole)-1]) // the ends mix with what is beside
		}
	}
	return out
}

// found names the canaries that lie in a heap.
func (p planted) found(heap string) []string {
	var out []string
	for name, text := range p {
		for _, form := range forms(text) {
			if strings.Contains(heap, form) {
				out = append(out, fmt.Sprintf("%s as %.30s", name, form))
				break
			}
		}
	}
	return out
}

// TestCanariesAreNeverLoggedStoredPlainlyOrToldToOthers plants one of
// everything personal or secret through the API, misuses it, and then looks
// through the log, the database and the refusals.
func TestCanariesAreNeverLoggedStoredPlainlyOrToldToOthers(t *testing.T) {
	w := newTown(t)
	p := planted{
		"NIK": "9902020202903371", "another NIK": "9903030303914482", "KPJ": "23987650321", "another KPJ": "23123498765", "name": "Kanariwati Burungemas",
		"corrected name": "Kanarisari Burungperak", "phone": "81398765432", "agent's name": "Kanaridi Penagen", "agent's phone": "81387654321", "contact's name": "Kanarina Kontak",
		"contact's phone": "81376543210", "contact's e-mail": "kanarina@burung.example", "account's e-mail": "kanari.akun@burung.example", "account's name": "Kanarius Petugas",
		"password": "kenari-emas-terbang-77", "wrong password": "kenari-perak-jatuh-88", "name in a file": "Kanaritini Daftarberkas", "NIK in a file": "9904040404925593", "KPJ in a file": "23555666777",
		"session": w.admin, "API key": w.a.keyText, "till's token": w.a.tillToken, "phone's token": w.a.participantToken, "activation code": w.a.activation,
		"enrolment code": w.a.enrolment, "invitation code": w.invitation, "printed card": w.a.cardText, "assertion": w.a.assertion,
		"cashier's name": "Kanaristi Penjagakas", "assertion for handing in": w.a.handIn, "revoked till's token": w.a.revokedToken,
	}
	told := w.plant(p)
	log := w.log.take()
	if !strings.Contains(log, `"route":"/v1/participants/search"`) || strings.Count(log, "\n") < 60 {
		t.Errorf("the log does not tell enough to be a proof: %d lines", strings.Count(log, "\n"))
	}
	for _, name := range p.found(log) {
		t.Errorf("in the log: %s", name)
	}
	for what, heap := range map[string]string{"log": log, "refusals": told} {
		if at := plantedPIN.FindString(heap); at != "" {
			t.Errorf("in the %s: a PIN, as %q", what, at)
		}
	}
	digits := regexp.MustCompile(`(?:^|[^0-9A-Za-z])` + w.code + `(?:$|[^0-9A-Za-z])`)
	for what, heap := range map[string]string{"log": log, "refusals": told} {
		if at := digits.FindString(heap); at != "" {
			t.Errorf("in the %s: the code of a message, as %q", what, at)
		}
	}
	store := w.bytes()
	for _, known := range []string{"CV Kanaria Terbuka", "MOT"} { // what is no secret must be found: else we do not look at the right bytes
		if !strings.Contains(store, known) {
			t.Fatalf("%s is not in the bytes of the store (%d of them)", known, len(store))
		}
	}
	for _, name := range p.found(store) {
		t.Errorf("in the store: %s", name)
	}
	for _, name := range p.found(told) {
		t.Errorf("in the refusals: %s", name)
	}
	t.Logf("%d canaries in %d forms each: log %d bytes, store %d bytes, refusals %d bytes", len(p), len(forms("x")), len(log), len(store), len(told))
}

// plant sends the canaries where they belong and where they do not, and
// returns all refusals.
func (w *town) plant(p planted) string {
	w.t.Helper()
	var refused strings.Builder
	as := func(who, method, path, body string, headers ...string) *httptest.ResponseRecorder {
		token := who
		if known := strings.Contains(who, " ") || who == "programme_admin"; known {
			token = w.named(who).token
		}
		rec := w.send(method, path, token, body, headers...)
		if rec.Code >= 400 {
			refused.WriteString(rec.Body.String() + fmt.Sprint(rec.Header()))
		}
		return rec
	}
	must := func(rec *httptest.ResponseRecorder, status int) string {
		return read[struct{ ID string }](w.t, rec, status).ID
	}
	const officer = "branch_officer Alfa"
	person := must(as(officer, "POST", "/v1/participants", fmt.Sprintf(`{"branch_id":%q,"id_number":%q,"name":%q,"birth_on":"1990-01-01","phone":"0%s",
		"membership":{"kpj":%q,"segment":"bpu","status":"active","acquired_on":"2026-01-10","protected_until":"2027-01-31","status_as_of":"2026-11-20"}}`,
		w.a.branch, p["NIK"], p["name"], p["phone"], p["KPJ"])), 201)
	as(officer, "POST", "/v1/participants", fmt.Sprintf(`{"branch_id":%q,"id_number":%q,"name":%q}`, w.a.branch, p["NIK"], p["name"]))
	as(officer, "POST", "/v1/participants", fmt.Sprintf(`{"branch_id":%q,"id_number":"%sX","name":%q,"phone":"%s"}`, w.a.branch, p["another NIK"], p["name"], p["password"]))
	as(officer, "POST", "/v1/participants", fmt.Sprintf(`{"branch_id":%q,%q:1,"id_number":%q,"name":7}`, w.a.branch, p["name"], p["another NIK"]))
	as(officer, "POST", "/v1/participants", fmt.Sprintf(`{"id_number":%q,"name":"%s`, p["another NIK"], p["name"]))
	as(officer, "POST", "/v1/participants/search", fmt.Sprintf(`{"id_number":%q}`, p["NIK"]))
	as(officer, "POST", "/v1/participants/search", fmt.Sprintf(`{"kpj":%q}`, p["another KPJ"]))
	as("branch_officer Beta", "POST", "/v1/participants/search", fmt.Sprintf(`{"id_number":%q}`, p["NIK"]))
	as("owner Alfa", "POST", "/v1/participants/search", fmt.Sprintf(`{"id_number":%q}`, p["NIK"]))
	as(officer, "PATCH", "/v1/participants/"+person, fmt.Sprintf(`{"name":%q}`, p["corrected name"]))
	as(officer, "POST", "/v1/participants/"+w.a.fresh.String()+"/memberships", fmt.Sprintf(`{"kpj":%q,"segment":"bpu","status":"active"}`, p["KPJ"]))
	as(officer, "GET", "/v1/participants/"+p["NIK"], "")
	as(officer, "GET", "/v1/participants?"+url.QueryEscape(p["name"])+"="+p["NIK"], "")
	as(officer, "GET", "/v1/participants?cursor="+p["NIK"], "")
	as(officer, "GET", "/"+url.PathEscape(p["name"])+"/"+p["KPJ"], "")
	card := must(as(officer, "POST", "/v1/participants/"+person+"/cards", `{"form":"printed"}`), 201)
	as(officer, "GET", "/v1/cards/"+card+"/card.pdf", "")
	agent := fmt.Sprintf(`{"wadah_id":%q,"region_code":"72.71","code":"A-77","name":%q,"phone":"0%s","active_from":"2026-01-01"}`, w.a.wadah, p["agent's name"], p["agent's phone"])
	must(as(officer, "POST", "/v1/agents", agent), 201)
	as(officer, "POST", "/v1/agents", agent)
	shop := fmt.Sprintf(`"branch_id":%q,"name":"CV Kanaria Terbuka","contact":{"name":%q,"phone":"0%s","email":%q}}`, w.a.branch, p["contact's name"], p["contact's phone"], p["contact's e-mail"])
	must(as(officer, "POST", "/v1/partners", fmt.Sprintf(`{"sector_id":%q,`, w.sector)+shop), 201)
	as(officer, "POST", "/v1/partners", fmt.Sprintf(`{"sector_id":%q,`, absent)+shop)
	w.plantFile(p, as)
	w.plantAccount(p, as)
	w.plantScans(p, as)
	w.plantCashiers(p, as)
	w.plantClaims(p, as)
	return refused.String()
}

// plantedPIN finds the PINs of plantCashiers, which are too short to be looked
// for in every form.
var plantedPIN = regexp.MustCompile(`(?:^|[^0-9A-Za-z])(?:913527|357902)(?:$|[^0-9A-Za-z])`)

func (w *town) plantCashiers(p planted, as asker) {
	w.t.Helper()
	const owner = "owner Alfa"
	path := "/v1/outlets/" + w.a.outlet.String() + "/cashiers"
	good := fmt.Sprintf(`{"name":%q,"pin":"913527"}`, p["cashier's name"])
	id := read[struct{ ID string }](w.t, as(owner, "POST", path, good), 201).ID
	read[struct{ ID string }](w.t, as(owner, "POST", "/v1/cashiers/"+id+"/pin", `{"pin":"357902"}`), 200)
	as("owner Beta", "POST", path, good)
	as("branch_officer Alfa", "POST", path, good)
	as("owner Beta", "POST", "/v1/cashiers/"+id+"/pin", `{"pin":"913527"}`)
	for _, body := range []string{`{"pin":913527}`, `{"pin":"913527 "}`, `{"pin":"913527","pin":"357902"}`, `{"913527":1}`, `{"pin":"913527"`, `{"pin":["357902"]}`} {
		as(owner, "POST", "/v1/cashiers/"+id+"/pin", body)
	}
	as(owner, "POST", path, fmt.Sprintf(`{"name":%q,"pin":"111111"}`, p["cashier's name"]))
	as(owner, "POST", path, fmt.Sprintf(`{"name":"%s\u0000","pin":"913527"}`, p["cashier's name"]))
	as(owner, "POST", path, fmt.Sprintf(`{"name":%q,"pin":"913527"}`, strings.Repeat(p["cashier's name"], 3)))
	as(owner, "GET", "/v1/cashiers/357902?pin=913527", "")
	as(p["till's token"], "POST", "/v1/till/cashiers/"+id+"/lock", "")
	as(p["revoked till's token"], "POST", "/v1/till/cashiers/"+id+"/lock", "")
	as(p["assertion for handing in"], "POST", "/v1/till/leave", "")
}

// plantClaims asks for a card with a canary's data, and with what is none.
func (w *town) plantClaims(p planted, as asker) {
	w.t.Helper()
	claim := func(body string) *httptest.ResponseRecorder { return as("", "POST", "/v1/claims", body) }
	ask := fmt.Sprintf(`{"kind":"nik","number":%q,"birth_on":"1990-01-01"}`, p["NIK"])
	id := read[struct{ ID string }](w.t, claim(ask), 202).ID
	text := w.received()
	if !strings.Contains(text, "adalah kode Kartu Promo Peserta") {
		w.t.Fatal("no code was sent: nothing is proved")
	}
	p["text of a message"], w.code = text, text[:6]
	for range 4 {
		claim(ask)
	}
	for _, body := range []string{
		fmt.Sprintf(`{"kind":"kpj","number":%q,"birth_on":"1990-01-01"}`, p["another KPJ"]), fmt.Sprintf(`{"kind":%q,"number":%q,"birth_on":%q}`, p["KPJ"], p["NIK"], p["name"]),
		fmt.Sprintf(`{"kind":"nik","number":%q,%q:1,"birth_on":"1990-01-01"}`, p["another NIK"], p["phone"]), fmt.Sprintf(`{"kind":"nik","number":"%sX","birth_on":"1990-01-01"}`, p["NIK"]),
		fmt.Sprintf(`{"kind":"nik","number":%s,"birth_on":"1990-01-01"`, p["NIK"]), fmt.Sprintf(`[%q]`, p["phone"]),
	} {
		claim(body)
	}
	as("", "POST", "/v1/claims/"+p["NIK"]+"/confirm", fmt.Sprintf(`{"code":%q}`, w.code))
	for _, body := range []string{fmt.Sprintf(`{"code":%s}`, w.code), fmt.Sprintf(`{"code":"%s "}`, w.code), fmt.Sprintf(`{%q:1}`, w.code), fmt.Sprintf(`{"code":%q`, w.code), fmt.Sprintf(`{"code":%q}`, p["phone"])} {
		as("", "POST", "/v1/claims/"+id+"/confirm", body)
	}
	got := read[struct{ Code string }](w.t, as("", "POST", "/v1/claims/"+id+"/confirm", fmt.Sprintf(`{"code":%q}`, w.code)), 200)
	p["activation code of a claim"] = got.Code
	as("", "POST", "/v1/claims/"+id+"/confirm", fmt.Sprintf(`{"code":%q}`, w.code))
	sent := read[linkAnswer](w.t, as("branch_officer Alfa", "POST", "/v1/participants/"+w.a.person.String()+"/activation", `{"send":true}`), 201)
	w.received()
	p["link that was sent"], p["activation code that was sent"] = sent.URL, sent.Code
	as("branch_officer Beta", "POST", "/v1/participants/"+w.a.person.String()+"/activation", `{"send":true}`)
}

type asker func(who, method, path, body string, headers ...string) *httptest.ResponseRecorder

func (w *town) plantFile(p planted, as asker) {
	w.t.Helper()
	const officer, media = "branch_supervisor Alfa", "multipart/form-data; boundary=x"
	stored := int64(0)
	send := func(lines string) {
		body := "--x\r\nContent-Disposition: form-data; name=\"branch_id\"\r\n\r\n" + w.a.branch.String() +
			"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + p["name in a file"] + ".csv\"\r\n\r\n" + lines + "\r\n--x--\r\n"
		rec := as(officer, "POST", "/v1/imports", body, "Content-Type", media)
		if rec.Code == 202 {
			run := read[struct {
				ID      string
				Created int64
			}](w.t, rec, 202)
			stored += run.Created
			if told := as(officer, "GET", "/v1/imports/"+run.ID+"/errors", "").Body.String(); len(p.found(told)) > 0 {
				w.t.Errorf("the errors of an import hold %v", p.found(told))
			}
		}
	}
	heading := "kpj;nik;nama;segmen;status\n"
	send(heading + p["KPJ in a file"] + ";" + p["NIK in a file"] + ";" + p["name in a file"] + ";bpu;aktif\n")
	send(heading + p["KPJ in a file"] + ";" + p["NIK"] + ";" + p["name in a file"] + ";" + p["name"] + ";" + p["phone"] + "\n")
	send(p["name in a file"] + ";" + p["NIK in a file"] + "\n")
	if stored != 1 {
		w.t.Errorf("%d rows were imported, one is good", stored)
	}
}

func (w *town) plantAccount(p planted, as asker) {
	w.t.Helper()
	invite := fmt.Sprintf(`{"email":%q,"role":"branch_viewer","scope":{"branch_id":%q}}`, p["account's e-mail"], w.a.branch)
	p["code of an invitation"] = read[struct{ Code string }](w.t, as("programme_admin", "POST", "/v1/invitations", invite), 201).Code
	accept := fmt.Sprintf(`{"code":%q,"name":%q,"password":%q}`, p["code of an invitation"], p["account's name"], p["password"])
	read[struct{ ID string }](w.t, as("", "POST", "/v1/invitations/accept", accept), 201)
	as("", "POST", "/v1/invitations/accept", accept)
	signIn := func(password, totp string) *httptest.ResponseRecorder {
		return as("", "POST", "/v1/sessions", fmt.Sprintf(`{"email":%q,"password":%q%s}`, p["account's e-mail"], password, totp))
	}
	p["another session"] = read[struct{ Token string }](w.t, signIn(p["password"], ""), 201).Token
	setup := read[struct{ Secret string }](w.t, as(p["another session"], "POST", "/v1/totp", ""), 201)
	p["second factor"] = setup.Secret
	as(p["another session"], "POST", "/v1/totp/confirm", `{"code":"000000"}`)
	for range 7 { // the last ones are locked out
		signIn(p["wrong password"], "")
	}
	as("", "POST", "/v1/bootstrap", fmt.Sprintf(`{"token":%q,"email":%q,"name":%q,"password":%q}`, p["session"], p["account's e-mail"], p["account's name"], p["password"]))
	as("", "GET", "/v1/me", "", "Authorization", "Basic "+p["password"])
	as(p["another session"]+"x", "GET", "/v1/me", "")
	as("", "GET", "/v1/me", "", "Cookie", "__Host-berlaku="+p["session"]+"x")
}

func (w *town) plantScans(p planted, as asker) {
	w.t.Helper()
	for _, who := range []string{p["API key"], p["till's token"]} {
		as(who, "POST", "/v1/validations", fmt.Sprintf(`{"card":%q}`, p["printed card"]))
		as(who, "POST", "/v1/validations", fmt.Sprintf(`{"card":%q}`, p["NIK"]))
		as(who, "POST", "/v1/validations", fmt.Sprintf(`{"card":%q,%q:1}`, p["printed card"], p["name"]))
		as(who, "POST", "/v1/redemptions", redemption(w.a, p["printed card"], 25_000), "Idempotency-Key", p["NIK"])
		as(who, "POST", "/v1/redemptions", redemption(w.a, p["printed card"], 25_000), "Idempotency-Key", "0193591c-5a00-7c3e-9d2f-"+who[len(who)-4:]+"00000000")
		as(who, "POST", "/v1/redemptions", redemption(w.a, p["printed card"], 25_000), "Idempotency-Key", absent)
		as(who, "POST", "/v1/redemptions", redemption(w.a, p["NIK"], 25_000), "Idempotency-Key", absent)
	}
	q := w.a.queue()
	p["item of a till"] = q.use(w, w.a, map[string]any{"scanned_at": 1, "occurred_at": 2})
	good, late := q.use(w, w.a, nil), q.item(map[string]any{"occurred_at": w.clock.Now().Unix(), "void": absent, "reason": "salah ketik"})
	items := batch(p["item of a till"], good, late, p["NIK"], good[:len(good)-1], w.b.queue().use(w, w.b, nil))
	if rec := as(p["till's token"], "POST", "/v1/redemptions/batch", items); strings.Count(rec.Body.String(), `"rejected"`) != 3 || !strings.Contains(rec.Body.String(), "quarantined") {
		w.t.Errorf("handed in: %d %.2000s", rec.Code, rec.Body)
	}
	as(p["API key"], "POST", "/v1/redemptions/batch", items)
	as(p["till's token"], "POST", "/v1/redemptions/batch", items[:len(items)-1])
	as(p["phone's token"], "GET", "/v1/my/card", "")
	d := newDevice(w.t)
	activate := fmt.Sprintf(`{"code":%q,"device_key":%s}`, p["activation code"], d.jwk())
	got := read[activatedPhone](w.t, as("", "POST", "/v1/activations", activate), 201)
	p["card on a phone"], p["token of a phone"] = got.Card.Text, got.Token
	as("", "POST", "/v1/activations", activate)
	as("", "POST", "/v1/tills/token", fmt.Sprintf(`{"assertion":%q}`, p["assertion"]))
	as("", "POST", "/v1/tills", fmt.Sprintf(`{"code":%q,"public_key":%s,"name":"Kasir"}`, p["enrolment code"], d.jwk()))
	as("", "POST", "/v1/tills", fmt.Sprintf(`{"code":%q,"public_key":%s,"name":"Kasir"}`, p["enrolment code"], d.jwk()))
	key := as("owner Alfa", "POST", "/v1/partners/"+w.a.partner.String()+"/api-keys", fmt.Sprintf(`{"name":"Kasir","outlet_id":%q,"scopes":["read"]}`, w.a.outlet))
	p["another API key"] = read[struct{ Key string }](w.t, key, 201).Key
	as(p["another API key"]+"x", "GET", "/v1/me", "")
}

// bytes returns all bytes of the store: of SQLite the files as they lie there,
// of PostgreSQL every row of every table as text.
func (w *town) bytes() string {
	w.t.Helper()
	var out strings.Builder
	if w.DB.Dialect() != database.SQLite {
		db := ok(w.DB.SQL())(w.t)
		for name := range w.tables() {
			if strings.Contains(name, " ") {
				continue
			}
			var rows *string
			none(w.t, db.QueryRowContext(w.t.Context(), "SELECT string_agg(t::text, ' ') FROM "+name+" t").Scan(&rows))
			if rows != nil {
				out.WriteString(*rows)
			}
		}
		return out.String()
	}
	roots := []string{filepath.Dir(strings.TrimPrefix(w.Config.DatabaseURL, "sqlite:")), w.dir}
	for _, root := range roots {
		none(w.t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path) //nolint:gosec // our own temporary files
			out.Write(b)
			return err
		}))
	}
	return out.String()
}
