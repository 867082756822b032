package api_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/participants"
)

// TestPeoplesDataByName plays a phone and the branch.
func TestPeoplesDataByName(t *testing.T) {
	inOneTown(t, []chapter{
		{"staff say why they look and the person sees it", tellsWhoLooked},
		{"everything about oneself, to read and to save", tellsOwnData},
		{"a request that waits is the same one", asksOnce},
		{"withdrawn at once, and given again", withdrawsAndConsents},
		{"erased by two people", erasesByTwo},
	})
}

func tellsWhoLooked(t *testing.T, w *town) {
	e, officer := w.a, w.named("branch_officer Alfa").token
	path := "/v1/participants/" + e.person.String()
	for _, reason := range []string{"service", "data_request", "card", "dispute", "import", "audit", "other", ""} {
		if rec := w.send("GET", path, officer, "", "X-Access-Reason", reason); rec.Code != 200 {
			t.Errorf("because of %q: %d %s", reason, rec.Code, rec.Body)
		}
	}
	for _, reason := range []string{"curiosity", "unspecified", "SERVICE", "service,card", strings.Repeat("a", 5000)} {
		for _, r := range []*httptest.ResponseRecorder{
			w.send("GET", path, officer, "", "X-Access-Reason", reason),
			w.send("GET", "/v1/participants", officer, "", "X-Access-Reason", reason),
			w.send("POST", "/v1/participants/search", officer, `{"kpj":"23000000001"}`, "X-Access-Reason", reason),
			w.send("GET", "/v1/data-requests/"+e.request.String(), officer, "", "X-Access-Reason", reason),
			w.send("PATCH", path, officer, "{}", "X-Access-Reason", reason),
		} {
			if r.Code != 422 || faultOf(r) != "" || strings.Contains(r.Body.String(), reason) {
				t.Errorf("because of %.20q: %d %.300s", reason, r.Code, r.Body)
			}
		}
	}
	rec := w.send("GET", "/v1/my/accesses", e.participantToken, "")
	golden(t, rec, 200, "items items.at items.role items.branch items.action items.reason next_cursor")
	list := read[struct {
		Items []struct{ Role, Branch, Action, Reason string }
	}](t, rec, 200)
	reasons := map[string]int{}
	for _, a := range list.Items {
		if a.Role == "branch_officer" && a.Branch != "" && a.Action == "view" {
			reasons[a.Reason]++
		}
	}
	if len(reasons) != 8 || reasons["unspecified"] != 1 || reasons["dispute"] != 1 {
		t.Errorf("noted: %v", reasons)
	}
	if strings.Contains(rec.Body.String(), "account") {
		t.Errorf("the person learns who, not only which office: %s", rec.Body)
	}
}

func tellsOwnData(t *testing.T, w *town) {
	rec := w.send("GET", "/v1/my/data", w.a.participantToken, "")
	got := read[struct {
		Note    string
		Profile struct {
			Name     string
			IDNumber string `json:"id_number_masked"`
		}
		Memberships []struct {
			KPJ string `json:"kpj_masked"`
		}
		Consents, Cards, Requests, Accesses []any
		Uses                                struct{ Count, Discount int64 }
	}](t, rec, 200)
	if got.Profile.Name != "Burung Alfa" || !strings.HasPrefix(got.Profile.IDNumber, "************") || !strings.HasPrefix(got.Memberships[0].KPJ, "*******") ||
		got.Note == "" || len(got.Consents) == 0 || len(got.Cards) < 2 || len(got.Requests) < 2 || len(got.Accesses) == 0 || got.Uses.Count != 1 || got.Uses.Discount != 20_000 {
		t.Errorf("%s", rec.Body)
	}
	if rec.Header().Get("Content-Disposition") != "" {
		t.Errorf("to read: %v", rec.Header())
	}
	rec = w.send("GET", "/v1/my/data?download=1", w.a.participantToken, "")
	if got := rec.Header().Get("Content-Disposition"); rec.Code != 200 || got != `attachment; filename="data-saya-2026-11-24.json"` {
		t.Errorf("to save: %d %q", rec.Code, got)
	}
	if rec := w.send("GET", "/v1/my/data?download=2", w.a.participantToken, ""); rec.Code != 422 {
		t.Errorf("another value: %d", rec.Code)
	}
}

func asksOnce(t *testing.T, w *town) {
	token := w.b.participantToken
	again := w.send("POST", "/v1/my/data-requests", token, `{"kind":"correct","note":"nama saya"}`)
	golden(t, again, 200, "id kind state due_at created_at")
	if !strings.Contains(again.Body.String(), w.b.request.String()) {
		t.Errorf("another one: %s", again.Body)
	}
	made := w.send("POST", "/v1/my/data-requests", token, `{"kind":"see"}`)
	golden(t, made, 201, "id kind state due_at created_at decided_at")
	for _, body := range []string{`{"kind":"sell"}`, `{}`, `{"kind":"correct","note":"` + strings.Repeat("x", 1001) + `"}`, `{"kind":"see","note":"\u0000"}`} {
		if rec := w.send("POST", "/v1/my/data-requests", token, body); rec.Code != 422 || faultOf(rec) != "" {
			t.Errorf("%.40s: %d %s", body, rec.Code, rec.Body)
		}
	}
	if rec := w.send("DELETE", "/v1/my/data-requests/"+read[struct{ ID string }](t, made, 201).ID, token, ""); rec.Code != 409 {
		t.Errorf("taking back what is done: %d", rec.Code)
	}
	if rec := w.send("DELETE", "/v1/my/data-requests/"+w.b.request.String(), token, ""); rec.Code != 204 {
		t.Errorf("taking back what waits: %d", rec.Code)
	}
}

func withdrawsAndConsents(t *testing.T, w *town) {
	token := w.b.participantToken
	restricted := func() bool {
		return read[struct{ Profile struct{ Restricted bool } }](t, w.send("GET", "/v1/my/data", token, ""), 200).Profile.Restricted
	}
	if rec := w.send("POST", "/v1/my/data-requests", token, `{"kind":"withdraw"}`); rec.Code != 201 || !strings.Contains(rec.Body.String(), `"done"`) || !restricted() {
		t.Errorf("withdrawn: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", "/v1/my/consent", token, `{"version":"1","text_hash":"`+hashText+`"}`); rec.Code != 422 || !strings.Contains(rec.Body.String(), "consent_version") || !restricted() {
		t.Errorf("to another text: %d %s", rec.Code, rec.Body)
	}
	n := participants.PrivacyNotice()
	if rec := w.send("POST", "/v1/my/consent", token, fmt.Sprintf(`{"version":%q,"text_hash":"%x"}`, n.Version, n.Hash)); rec.Code != 204 || restricted() {
		t.Errorf("given again: %d %s", rec.Code, rec.Body)
	}
}

func erasesByTwo(t *testing.T, w *town) {
	e, officer, supervisor := w.a, w.named("branch_officer Alfa").token, w.named("branch_supervisor Alfa").token
	list := w.send("GET", "/v1/data-requests?state=prepared&kind=erase", officer, "")
	golden(t, list, 200, "items items.id items.participant_id items.branch_id items.kind items.state items.overdue items.due_at items.created_at items.prepared_by items.prepared_at next_cursor")
	if rec := w.send("GET", "/v1/data-requests/"+e.erasure.String(), officer, ""); rec.Code != 200 || !strings.Contains(rec.Body.String(), "Catatan Alfa") {
		t.Errorf("one: %d %s", rec.Code, rec.Body)
	}
	step := "/v1/data-requests/" + e.erasure.String()
	if rec := w.send("POST", step+"/prepare", supervisor, ""); rec.Code != 200 {
		t.Fatalf("prepare: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", step+"/approve", supervisor, ""); rec.Code != 403 || !strings.Contains(rec.Body.String(), "own_preparation") {
		t.Errorf("by the same: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", step+"/approve", w.named("data_protection_officer").token, ""); rec.Code != 200 {
		t.Errorf("by another: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("GET", "/v1/participants/"+e.fresh.String(), officer, ""); rec.Code != 404 {
		t.Errorf("the person: %d", rec.Code)
	}
	if rec := w.send("POST", step+"/approve", w.named("data_protection_officer").token, ""); rec.Code != 409 {
		t.Errorf("twice: %d", rec.Code)
	}
	rec := w.send("POST", "/v1/participants", officer, fmt.Sprintf(`{"branch_id":%q,"id_number":%q,"name":"Siti"}`, e.branch, "9901010101900002"))
	if rec.Code != 409 {
		t.Errorf("entered anew without a consent: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", "/v1/data-requests/"+e.prepared.String()+"/approve", supervisor, ""); rec.Code != 200 {
		t.Fatalf("the one with cards: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("GET", "/v1/my/data", e.participantToken, ""); rec.Code != 401 {
		t.Errorf("the erased person's phone: %d", rec.Code)
	}
	if got := w.look(e.cardText); got.Verdict != "not_valid" || got.Reason != "card_revoked" {
		t.Errorf("the erased person's card: %+v", got)
	}
}
