package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
)

// TestTheContract checks what does not mind the neighbours in one town.
func TestTheContract(t *testing.T) {
	inOneTown(t, []chapter{
		{"the description is OpenAPI 3.1 and names what is public", describesItself},
		{"the scan contract by name", scansByName},
		{"a scan is an answer, not an error", answersScans},
		{"a bill is a whole amount of rupiah", takesWholeRupiah},
		{"a printed card needs a look at the KTP", wantsTheKTP},
		{"a session by name", opensSessions},
		{"lists are read page by page", turnsPages},
		{"the refusals of the router are problems too", routesNothing},
		{"the comparison bites", comparisonBites},
	})
}

func describesItself(t *testing.T, w *town) {
	if !strings.HasPrefix(w.doc.OpenAPI, "3.1.") {
		t.Errorf("openapi %s", w.doc.OpenAPI)
	}
	if err := w.doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	public := []string{}
	for name, op := range w.operations {
		if op.Security == nil {
			t.Errorf("%s says nothing of security", name)
		} else if len(*op.Security) == 0 {
			public = append(public, name)
		}
		if op.Responses.Status(500) == nil && op.Responses.Default() == nil || op.Summary == "" || op.OperationID == "" {
			t.Errorf("%s: no summary, id or description of failures", name)
		}
	}
	slices.Sort(public)
	want := []string{
		"GET /.well-known/jwks.json", "GET /healthz", "GET /promo", "GET /r/{code}", "GET /readyz", "GET /s/{n}", "GET /v1/directory", "GET /v1/privacy-notice",
		"POST /v1/activations", "POST /v1/bootstrap", "POST /v1/claims", "POST /v1/claims/{id}/confirm", "POST /v1/invitations/accept", "POST /v1/my/token", "POST /v1/sessions", "POST /v1/tills", "POST /v1/tills/token",
	}
	if diff := cmp.Diff(want, public); diff != "" {
		t.Errorf("public routes (-want +got):\n%s", diff)
	}
}

// members lists the names of all members of a body, those of the first element
// for an array.
func members(t testing.TB, rec *httptest.ResponseRecorder) []string {
	t.Helper()
	var v any
	none(t, json.Unmarshal(rec.Body.Bytes(), &v))
	var out []string
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				out = append(out, at+name)
				walk(inner, at+name+".")
			}
		case []any:
			if len(v) > 0 {
				walk(v[0], at)
			}
		}
	}
	walk(v, "")
	slices.Sort(out)
	return out
}

// golden compares the names of the members with those written down, which
// callers rely on.
func golden(t testing.TB, rec *httptest.ResponseRecorder, status int, names string) {
	t.Helper()
	if rec.Code != status {
		t.Fatalf("got %d, want %d: %s", rec.Code, status, rec.Body)
	}
	want := strings.Fields(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, members(t, rec)); diff != "" {
		t.Errorf("members (-want +got):\n%s\n%s", diff, rec.Body)
	}
}

const useMembers = `id outcome reason message message.id message.en state benefit_id version outlet_id partner_id gross discount net remaining
	receipt_number card_form id_checked online flags occurred_at recorded_at`

func scansByName(t *testing.T, w *town) {
	e := w.a
	rec := w.send("POST", "/v1/validations", e.keyText, fmt.Sprintf(`{"card":%q,"gross":100001}`, e.cardText))
	golden(t, rec, 200, `verdict reason message message.id message.en card card.form card.masked_name card.expires_on card.needs_id_check
		benefits benefits.id benefits.version benefits.title benefits.eligible benefits.reason benefits.message benefits.message.id benefits.message.en
		benefits.remaining benefits.preview benefits.preview.gross benefits.preview.discount benefits.preview.net scan_id checked_at`)
	look := read[struct {
		Verdict, Reason string
		ScanID          string `json:"scan_id"`
		Card            struct {
			NeedsIDCheck bool `json:"needs_id_check"`
		}
	}](t, rec, 200)
	if look.Verdict != "valid" || look.Reason != "" || !look.Card.NeedsIDCheck {
		t.Errorf("a printed card: %s", rec.Body)
	}
	key, body := uuid.NewString(), fmt.Sprintf(`{"scan_id":%q,"benefit_id":%q,"gross":100001,"id_checked":true,"receipt_number":"A-1"}`, look.ScanID, e.promos["live"])
	rec = w.send("POST", "/v1/redemptions", e.keyText, body, "Idempotency-Key", key)
	golden(t, rec, 201, useMembers+" receipt receipt.code receipt.url")
	first := read[useRecord](t, rec, 201)
	if first.Outcome != "granted" || first.Discount != 20_000 || first.Net != 80_001 || rec.Header().Get("Idempotent-Replayed") != "" || rec.Header().Get("Location") != "/v1/redemptions/"+first.ID {
		t.Errorf("20 percent of 100,001 rounded down: %s %v", rec.Body, rec.Header())
	}
	again := w.send("POST", "/v1/redemptions", e.keyText, body, "Idempotency-Key", key)
	if again.Code != 200 || again.Body.String() != rec.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("a replay: %d %v\n%s\n%s", again.Code, again.Header(), again.Body, rec.Body)
	}
	golden(t, w.send("POST", "/v1/redemptions", e.keyText, strings.Replace(body, "100001", "100002", 1), "Idempotency-Key", key), 422,
		"type title status code detail request_id")
	if rec := w.send("POST", "/v1/redemptions", e.keyText, body); rec.Code != 400 {
		t.Errorf("without a key: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", "/v1/redemptions", w.b.keyText, redemption(w.b, w.b.shortCode, 5_000), "Idempotency-Key", key); rec.Code != 201 || strings.Contains(rec.Body.String(), first.ID) {
		t.Errorf("the same key of another caller: %d %s", rec.Code, rec.Body)
	}
	golden(t, w.send("GET", "/v1/redemptions/"+first.ID, e.keyText, ""), 200, useMembers+" receipt receipt.code receipt.url")
	list := w.send("GET", "/v1/redemptions?benefit_id="+e.promos["live"].String()+"&from=2026-11-24&to=2026-11-24&limit=1", e.keyText, "")
	for _, name := range []string{"items.id", "items.outcome", "items.reason", "items.benefit_id", "items.receipt_number", "items.state", "items.gross", "items.discount", "items.net", "items.occurred_at", "items.recorded_at", "next_cursor"} {
		if !slices.Contains(members(t, list), name) {
			t.Errorf("a list of uses lacks %s: %s", name, list.Body)
		}
	}
}

func answersScans(t *testing.T, w *town) {
	for text, reason := range map[string]string{
		"": "not_our_card", "kartu": "not_our_card", "https://example.com/": "not_our_card", w.a.cardText + "\n": "card_malformed", w.a.cardText + "\r": "card_malformed",
		"HTTPS://KARTU.EXAMPLE/1/": "card_malformed", strings.Repeat("A", 3000): "card_malformed", "\x00": "not_our_card",
	} {
		body, err := json.Marshal(map[string]string{"card": text})
		none(t, err)
		rec := w.send("POST", "/v1/validations", w.a.keyText, string(body))
		got := read[struct {
			Verdict, Reason string
			Benefits        []struct{ Eligible bool }
			Message         struct{ ID, EN string }
		}](t, rec, 200)
		if got.Verdict != "not_valid" || got.Reason != reason || got.Message.ID == "" || got.Message.EN == "" || slices.Contains(got.Benefits, struct{ Eligible bool }{true}) {
			t.Errorf("%.40q: %s", text, rec.Body)
		}
	}
}

func takesWholeRupiah(t *testing.T, w *town) {
	for _, gross := range []string{"0", "-1", "1000000001", "1.5", "1e-3", `"100000"`, "null", "true", "[1]", "9223372036854775808", "1e400", "01", "NaN"} {
		for path, body := range map[string]string{
			"/v1/validations": fmt.Sprintf(`{"card":%q,"gross":%s}`, w.a.shortCode, gross),
			"/v1/redemptions": fmt.Sprintf(`{"card":%q,"benefit_id":%q,"gross":%s,"id_checked":true}`, w.a.shortCode, w.a.promos["live"], gross),
		} {
			if gross == "null" && path == "/v1/validations" {
				continue // there the bill may be left out
			}
			rec := w.send("POST", path, w.a.keyText, body, "Idempotency-Key", uuid.NewString())
			if faultOf(rec) != "" || rec.Code != 400 && rec.Code != 422 {
				t.Errorf("%s with gross %s: %d %s", path, gross, rec.Code, rec.Body)
			}
		}
	}
	for _, gross := range []int64{1, 1_000_000_000} {
		if rec := w.send("POST", "/v1/redemptions", w.a.keyText, redemption(w.a, w.a.shortCode, gross), "Idempotency-Key", uuid.NewString()); rec.Code != 201 || !strings.Contains(rec.Body.String(), `"granted"`) {
			t.Errorf("gross %d: %d %s", gross, rec.Code, rec.Body)
		}
	}
}

func wantsTheKTP(t *testing.T, w *town) {
	for _, body := range []string{
		fmt.Sprintf(`{"card":%q,"benefit_id":%q,"gross":50000}`, w.a.cardText, w.a.promos["live"]),
		fmt.Sprintf(`{"scan_id":%q,"benefit_id":%q,"gross":50000,"id_checked":false}`, w.a.scanID, w.a.promos["live"]),
	} {
		rec := w.send("POST", "/v1/redemptions", w.a.keyText, body, "Idempotency-Key", uuid.NewString())
		if got := read[useRecord](t, rec, 201); got.Outcome != "refused" || got.Reason != "needs_id_check" || got.Receipt != nil || got.Discount != 0 {
			t.Errorf("%s: %s", body, rec.Body)
		}
		golden(t, rec, 201, useMembers)
	}
}

func TestAScanStandsForAQuarterOfAnHourAndItsCaller(t *testing.T) {
	w := newTown(t)
	body := fmt.Sprintf(`{"scan_id":%q,"benefit_id":%q,"gross":50000,"id_checked":true}`, w.a.scanID, w.a.promos["live"])
	for _, p := range []string{"key redeem", "till Alfa", "key Beta"} {
		rec := w.send("POST", "/v1/redemptions", w.named(p).token, body, "Idempotency-Key", uuid.NewString())
		if rec.Code != 404 || faultOf(rec) != "" {
			t.Errorf("as %s: %d %s", p, rec.Code, rec.Body)
		}
	}
	w.clock.Advance(14 * time.Minute)
	if rec := w.try(ask("POST", "/v1/redemptions", w.a.keyText, strings.NewReader(body), "Idempotency-Key", uuid.NewString())); rec.Code != 201 || !strings.Contains(rec.Body.String(), `"granted"`) {
		t.Errorf("after 14 minutes: %d %s", rec.Code, rec.Body)
	}
	w.clock.Advance(2 * time.Minute)
	if rec := w.send("POST", "/v1/redemptions", w.a.keyText, body, "Idempotency-Key", uuid.NewString()); strings.Contains(rec.Body.String(), `"granted"`) {
		t.Errorf("after 16 minutes: %d %s", rec.Code, rec.Body)
	}
}

func TestWhoVoidsAndWhen(t *testing.T) {
	w := newTown(t)
	void := "/v1/redemptions/" + w.a.use.String() + "/void"
	state := func() string {
		return read[useRecord](t, w.send("GET", "/v1/redemptions/"+w.a.use.String(), w.a.keyText, ""), 200).State
	}
	if state() != "recorded" {
		t.Errorf("before: %s", state())
	}
	w.clock.Advance(15 * time.Minute)
	if rec := w.try(ask("POST", void, w.a.keyText, strings.NewReader(reasonText))); rec.Code != 200 {
		t.Errorf("by the key that recorded it, after 15 minutes: %d %s", rec.Code, rec.Body)
	}
	w.clock.Advance(time.Second)
	if rec := w.send("POST", void, w.a.keyText, reasonText); rec.Code != 409 {
		t.Errorf("by the key that recorded it, a second later: %d %s", rec.Code, rec.Body)
	}
	owner := w.a.ownerToken(w)
	rec := w.send("POST", void, owner, reasonText)
	if got := read[useRecord](t, rec, 200); got.State != "voided" || state() != "voided" {
		t.Errorf("by the owner, later: %s", rec.Body)
	}
	if rec := w.send("POST", void, owner, reasonText); rec.Code != 200 {
		t.Errorf("twice is once: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", void, w.named("owner Beta").token, reasonText); rec.Code != 404 {
		t.Errorf("by another owner: %d", rec.Code)
	}
}

// ownerToken signs the owner in afresh, for clocks that went far.
func (e *estate) ownerToken(w *town) string {
	w.t.Helper()
	body := fmt.Sprintf(`{"email":"PO%s@uji.example","password":%q}`, e.name, townPassword)
	return read[struct{ Token string }](w.t, w.send("POST", "/v1/sessions", "", body), 201).Token
}

func opensSessions(t *testing.T, w *town) {
	rec := w.send("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":"BSAlfa@uji.example","password":%q}`, townPassword))
	golden(t, rec, 201, `token expires_at account account.id account.email account.name account.state account.totp account.created_at
		account.grants account.grants.role account.grants.scope account.grants.scope.branch_id`)
	token := read[struct{ Token string }](t, rec, 201).Token
	cookie := rec.Header().Get("Set-Cookie")
	for _, part := range []string{"__Host-berlaku=" + token, "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie lacks %s: %s", part, cookie)
		}
	}
	for _, headers := range [][]string{{"Authorization", "Bearer " + token}, {"Cookie", strings.Split(cookie, ";")[0]}} {
		golden(t, w.send("GET", "/v1/me", "", "", headers...), 200, `kind id account account.id account.email account.name account.state account.totp
			account.created_at account.grants account.grants.role account.grants.scope account.grants.scope.branch_id`)
	}
	cross := w.send("POST", "/v1/partners", "", `{}`, "Cookie", strings.Split(cookie, ";")[0], "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if cross.Code != 403 || faultOf(cross) != "" {
		t.Errorf("a write from another site with the cookie: %d %s", cross.Code, cross.Body)
	}
	if rec := w.send("DELETE", "/v1/sessions/current", token, ""); rec.Code != 204 {
		t.Errorf("sign out: %d", rec.Code)
	}
	if rec := w.send("GET", "/v1/me", token, ""); rec.Code != 401 {
		t.Errorf("after signing out: %d", rec.Code)
	}
	golden(t, w.send("POST", "/v1/sessions", "", `{"email":"BSAlfa@uji.example","password":"salah-sekali-99"}`), 401, "type title status code detail request_id")
}

// activatedPhone is what a phone holds after its activation.
type activatedPhone struct {
	Card struct {
		ID, Text  string
		ExpiresOn string `json:"expires_on"`
	}
	Token string `json:"participant_token"`
}

// TestAPhoneFromItsCodeToADiscount plays the phone: a key pair, the code, the
// card, and the proof that changes every half minute.
func TestAPhoneFromItsCodeToADiscount(t *testing.T) {
	w := newTown(t)
	officer := w.named("branch_officer Alfa").token
	begin := func() string {
		rec := w.send("POST", "/v1/participants/"+w.a.fresh.String()+"/activation", officer, "")
		golden(t, rec, 201, "id code url share_text sent expires_at")
		got := read[struct{ Code, URL string }](t, rec, 201)
		if !strings.HasPrefix(got.URL, "https://kartu.example/kartu/#") || !strings.Contains(got.URL, got.Code) {
			t.Errorf("the code must stand behind the #: %s", rec.Body)
		}
		return got.Code
	}
	activate := func(code string, d device) *httptest.ResponseRecorder {
		return w.send("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s}`, code, d.jwk()))
	}
	code, d := begin(), newDevice(t)
	rec := activate(code, d)
	golden(t, rec, 201, "card card.id card.text card.expires_on card.masked_name card.short_code participant_token")
	phone := read[activatedPhone](t, rec, 201)
	if fields := strings.Split(phone.Card.Text[strings.LastIndex(phone.Card.Text, "/")+1:], "."); len(fields) != 6 {
		t.Errorf("the stored form has six fields: %s", phone.Card.Text)
	}
	if again := activate(code, newDevice(t)); again.Code != 422 || faultOf(again) != "" {
		t.Errorf("the same code again: %d %s", again.Code, again.Body)
	}
	golden(t, w.send("GET", "/v1/my/card", phone.Token, ""), 200, "card card.id card.text card.expires_on masked_name short_code state")

	if got := w.look(phone.Card.Text); got.Verdict != "not_valid" || got.Reason != "proof_missing" && got.Reason != "card_malformed" {
		t.Errorf("the stored form, without a proof: %+v", got)
	}
	shown := ok(cards.Present(phone.Card.Text, d.PrivateKey, w.clock.Now()))(t)
	seen := w.look(shown)
	if seen.Verdict != "valid" || seen.Card == nil || seen.Card.Form != "phone" || seen.Card.NeedsIDCheck || len(seen.Benefits) != 1 || !seen.Benefits[0].Eligible {
		t.Fatalf("the phone's code: %+v", seen)
	}
	redeem := func(body string) useRecord {
		return read[useRecord](t, w.send("POST", "/v1/redemptions", w.a.keyText, body, "Idempotency-Key", uuid.NewString()), 201)
	}
	if got := redeem(fmt.Sprintf(`{"scan_id":%q,"benefit_id":%q,"gross":70000}`, seen.ScanID, w.a.promos["live"])); got.Outcome != "granted" || got.Discount != 14_000 {
		t.Errorf("a phone needs no KTP: %+v", got)
	}
	if got := redeem(fmt.Sprintf(`{"card":%q,"benefit_id":%q,"gross":70000}`, shown, w.a.promos["live"])); got.Outcome != "refused" || got.Reason != "code_replayed" {
		t.Errorf("the same code, another use: %+v", got)
	}
	other := ok(cards.Present(phone.Card.Text, newDevice(t).PrivateKey, w.clock.Now()))(t)
	if got := w.look(other); got.Verdict != "not_valid" || got.Reason != "proof_invalid" {
		t.Errorf("a proof of another phone: %+v", got)
	}
	w.clock.Advance(3 * time.Minute)
	if got := w.look(shown); got.Verdict != "not_valid" || got.Reason != "code_stale" {
		t.Errorf("three minutes later: %+v", got)
	}
	w.secondPhone(phone, d, begin(), activate)
}

// secondPhone activates another phone; the first must be dead at once.
func (w *town) secondPhone(first activatedPhone, d device, code string, activate func(string, device) *httptest.ResponseRecorder) {
	w.t.Helper()
	d2 := newDevice(w.t)
	second := read[activatedPhone](w.t, activate(code, d2), 201)
	if got := w.look(ok(cards.Present(second.Card.Text, d2.PrivateKey, w.clock.Now()))(w.t)); got.Verdict != "valid" {
		w.t.Errorf("the second phone: %+v", got)
	}
	if got := w.look(ok(cards.Present(first.Card.Text, d.PrivateKey, w.clock.Now()))(w.t)); got.Verdict != "not_valid" || got.Reason != "card_revoked" {
		w.t.Errorf("the first phone's card: %+v", got)
	}
	if rec := w.send("GET", "/v1/my/card", first.Token, ""); rec.Code != 401 {
		w.t.Errorf("the first phone's token: %d", rec.Code)
	}
	if rec := w.send("GET", "/v1/my/card", second.Token, ""); rec.Code != 200 || !strings.Contains(rec.Body.String(), second.Card.ID) {
		w.t.Errorf("the second phone's own card: %d %s", rec.Code, rec.Body)
	}
}

func paramNamed(name string) func(*openapi3.ParameterRef) bool {
	return func(p *openapi3.ParameterRef) bool { return p.Value.Name == name }
}

type seen struct {
	Verdict, Reason string
	ScanID          string `json:"scan_id"`
	Card            *struct {
		Form         string
		NeedsIDCheck bool `json:"needs_id_check"`
	}
	Benefits []struct{ Eligible bool }
}

func (w *town) look(text string) seen {
	w.t.Helper()
	return read[seen](w.t, w.send("POST", "/v1/validations", w.a.keyText, fmt.Sprintf(`{"card":%q}`, text)), 200)
}

func TestReportsByNameAndAtOnce(t *testing.T) {
	w := newTown(t)
	type sums struct{ Uses, Gross, Discount, Net int64 }
	total := func() sums {
		rec := w.send("GET", "/v1/reports/uses"+period+"&by=partner", w.admin, "")
		golden(t, rec, 200, "rows rows.key rows.label rows.uses rows.gross rows.discount rows.net total total.uses total.gross total.discount total.net")
		return read[struct{ Total sums }](t, rec, 200).Total
	}
	if got := total(); got != (sums{3, 300_000, 60_000, 240_000}) {
		t.Errorf("at first: %+v", got)
	}
	made := read[useRecord](t, w.send("POST", "/v1/redemptions", w.a.keyText, redemption(w.a, w.a.shortCode, 50_000), "Idempotency-Key", uuid.NewString()), 201)
	if got := total(); got != (sums{4, 350_000, 70_000, 280_000}) {
		t.Errorf("a new use is in at once: %+v", got)
	}
	w.send("POST", "/v1/redemptions/"+made.ID+"/void", w.a.keyText, reasonText)
	if got := total(); got != (sums{3, 300_000, 60_000, 240_000}) {
		t.Errorf("a voided use is out at once: %+v", got)
	}
	for _, by := range []string{"outlet", "partner", "sector", "branch", "benefit", "day", "hour"} {
		w.file("/v1/reports/uses"+period+"&by="+by, "key label gross discount net uses", -1)
	}
	w.file("/v1/reports/registrations"+period, "branch_id name count", 2)
	w.file("/v1/reports/summary"+period, "figure count", -1)
	w.file("/v1/reports/refusals"+period, "reason redemptions scans count", -1)
	figure := `{"period_start":"2026-01-01","period_end":"2026-12-31","metric":"registrations","value":21521,"as_of":"2026-11-01","source":"artikel"}`
	if rec := w.send("POST", "/v1/reported-figures", w.admin, figure); rec.Code != 201 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	rec := w.send("GET", "/v1/reports/registrations"+period, w.admin, "")
	golden(t, rec, 200, "total unallocated branches branches.branch_id branches.name branches.count reported reported.total reported.unallocated reported.source")
	if got := read[struct {
		Total    int64
		Reported struct{ Total int64 }
	}](t, rec, 200); got.Total != 3 || got.Reported.Total != 21_521 {
		t.Errorf("%s", rec.Body)
	}
}

// file reads a report as CSV: a heading, then a line per row, the count last.
// rows is the number of lines that are wanted, -1: any.
func (w *town) file(path, heading string, rows int) {
	w.t.Helper()
	rec := w.send("GET", path+"&format=csv", w.admin, "")
	lines, err := csv.NewReader(rec.Body).ReadAll()
	if err != nil || rec.Code != 200 || len(lines) == 0 || strings.Join(lines[0], " ") != heading || rows >= 0 && len(lines) != rows+1 {
		w.t.Errorf("%s: %d %v %v", path, rec.Code, err, lines)
	}
	for _, line := range lines[min(1, len(lines)):] {
		var n int64
		if _, err := fmt.Sscanf(line[len(line)-1], "%d", &n); err != nil {
			w.t.Errorf("%s: the last cell is no count: %v", path, line)
		}
	}
	if rec := w.send("GET", path+"&format=xlsx", w.admin, ""); rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "PK") {
		w.t.Errorf("%s: no workbook: %d", path, rec.Code)
	}
}

// turnsPages walks every list one row at a time and compares
// with the list in one piece.
func turnsPages(t *testing.T, w *town) {
	type list struct {
		Items []struct{ ID string }
		Next  string `json:"next_cursor"`
	}
	walked := 0
	for name, op := range w.operations {
		if !slices.ContainsFunc(op.Parameters, paramNamed("cursor")) || !strings.HasPrefix(op.path, "/v1/") {
			continue // not a list, or a page for people
		}
		walked++
		r := &matrix[slices.IndexFunc(matrix, func(r row) bool { return r.op == name })]
		p := w.knower(r)
		path := r.path
		if path == "" {
			path = op.path
		}
		path, _, _ = strings.Cut(w.fill(path, p.home, p), "?")
		whole := read[list](t, w.send("GET", path+"?limit=200", p.token, ""), 200)
		var pieces []struct{ ID string }
		for cursor := ""; ; {
			rec := w.send("GET", path+"?limit=1&cursor="+cursor, p.token, "")
			if cursor == "" {
				rec = w.send("GET", path+"?limit=1", p.token, "")
			}
			page := read[list](t, rec, 200)
			if len(page.Items) > 1 || len(page.Items) == 0 && page.Next != "" {
				t.Errorf("%s: %s", name, rec.Body)
			}
			pieces, cursor = append(pieces, page.Items...), page.Next
			if cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(whole.Items[:min(len(whole.Items), len(pieces))], pieces); diff != "" && whole.Next == "" || len(pieces) < len(whole.Items) {
			t.Errorf("%s: in pieces (-whole +pieces):\n%s", name, diff)
		}
	}
	if walked < 9 {
		t.Errorf("only %d lists", walked)
	}
	for _, path := range []string{"/v1/branches", "/v1/sectors", "/v1/sessions", "/v1/partners/" + w.a.partner.String() + "/agreements", "/v1/participants/" + w.a.person.String() + "/cards"} {
		if got := members(t, w.send("GET", path, w.admin, "")); !slices.Contains(got, "items") {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// routesNothing asks for what no route has.
func routesNothing(t *testing.T, w *town) {
	for target, want := range map[string]int{
		"GET /v1/nowhere": 404, "GET /v1": 404, "GET /v1/": 404, "GET //": 404, "GET /v1/redemptions/": 404, "POST /v1/branches": 405, "DELETE /v1/redemptions/" + absent: 405,
		"PUT /healthz": 405, "PATCH /v1/cards/" + absent: 405, "TRACE /": 405, "CONNECT /": 405, "BREW /": 405, "GET /v1/participants/../me": 404, "GET /assets/../api.go": 404, "GET /.git/config": 404,
	} {
		method, path, _ := strings.Cut(target, " ")
		r := ask("GET", "/", w.admin, nil)
		r.Method, r.URL.Path = method, path
		rec := w.serve(r)
		if faultOf(rec) != "" || rec.Code != want && rec.Code != http.StatusNotFound {
			t.Errorf("%s: %s: got %d, want %d: %s", target, faultOf(rec), rec.Code, want, rec.Body)
		}
	}
}

// comparisonBites shows that an answer unlike its description is seen.
func comparisonBites(t *testing.T, w *town) {
	for name, change := range map[string]func(*httptest.ResponseRecorder){
		"a status that is not described":   func(r *httptest.ResponseRecorder) { r.Code = 418 },
		"another media type":               func(r *httptest.ResponseRecorder) { r.Header().Set("Content-Type", "text/html") },
		"a member of another type":         func(r *httptest.ResponseRecorder) { r.Body.Reset(); r.Body.WriteString(`{"items":7}`) },
		"a member that is missing":         func(r *httptest.ResponseRecorder) { r.Body.Reset(); r.Body.WriteString(`{}`) },
		"a member that is not described":   func(r *httptest.ResponseRecorder) { r.Body.Reset(); r.Body.WriteString(`{"items":[],"x":1}`) },
		"null where there must be a value": func(r *httptest.ResponseRecorder) { r.Body.Reset(); r.Body.WriteString(`{"items":null}`) },
	} {
		req := ask("GET", "/v1/branches", w.admin, nil)
		rec := w.serve(req)
		change(rec)
		silent := &witness{TB: t}
		probe := *w
		probe.t, probe.told = silent, map[string]int{}
		probe.compare(req, rec)
		if silent.errors == 0 {
			t.Errorf("%s passed", name)
		}
	}
	t.Logf("%d kinds of answer were compared while the town was built", len(slices.Collect(maps.Keys(w.told))))
}

// witness is a test that only counts its errors.
type witness struct {
	testing.TB
	errors int
}

func (s *witness) Errorf(string, ...any) { s.errors++ }
