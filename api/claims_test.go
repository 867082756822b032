package api_test

import (
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
)

// claimAnswer is what somebody gets who asks for a card by their own data.
type claimAnswer struct {
	ID          string
	ExpiresAt   time.Time `json:"expires_at"`
	ResendAfter int       `json:"resend_after"`
}

type linkAnswer struct {
	Code, URL string
	ShareText string `json:"share_text"`
	Sent      bool
}

func consentText() string {
	n := participants.PrivacyNotice()
	return fmt.Sprintf(`"consent":{"version":%q,"text_hash":%q}`, n.Version, hex.EncodeToString(n.Hash[:]))
}

// TestFromOnesOwnDataToACard plays somebody who has nothing but their number,
// their birth date and their phone.
func TestFromOnesOwnDataToACard(t *testing.T) {
	w := newTown(t)
	const claimed = `{"kind":"kpj","number":"%s","birth_on":"%s"}`
	kpj := fmt.Sprintf("230000%05d", w.codes) // of the last person that was entered
	claim := func(number, birth string) *httptest.ResponseRecorder {
		return w.send("POST", "/v1/claims", "", fmt.Sprintf(claimed, number, birth))
	}
	known, unknown, wrong := claim(kpj, "1990-01-01"), claim("23999999999", "1990-01-01"), claim(kpj, "1990-01-02")
	want := read[claimAnswer](t, known, 202)
	if want.ResendAfter != 60 || want.ExpiresAt.Sub(w.clock.Now()) != 5*time.Minute {
		t.Errorf("got %+v", want)
	}
	same := func(rec *httptest.ResponseRecorder) string {
		text := rec.Body.String()
		if rec.Code < 300 {
			text = strings.ReplaceAll(text, read[claimAnswer](t, rec, 202).ID, "…")
		}
		id := rec.Header().Get("X-Request-Id")
		return strings.ReplaceAll(fmt.Sprint(rec.Code, rec.Header(), text), id, "…")
	}
	for name, rec := range map[string]*httptest.ResponseRecorder{"unknown": unknown, "another birth date": wrong} {
		if same(rec) != same(known) {
			t.Errorf("%s is told apart:\n%s\n%s", name, same(rec), same(known))
		}
	}
	code := w.received()[:6]
	confirm := func(id, code string) *httptest.ResponseRecorder {
		return w.send("POST", "/v1/claims/"+id+"/confirm", "", fmt.Sprintf(`{"code":%q}`, code))
	}
	bad := "000000"
	if bad == code {
		bad = "000001"
	}
	refusal := same(confirm(want.ID, bad))
	if !strings.HasPrefix(refusal, "422") || !strings.Contains(refusal, `"claim_code_invalid"`) {
		t.Errorf("got %s", refusal)
	}
	for name, id := range map[string]string{"of nobody": read[claimAnswer](t, unknown, 202).ID, "of another birth date": read[claimAnswer](t, wrong, 202).ID, "that nobody made": absent} {
		if got := same(confirm(id, code)); got != refusal {
			t.Errorf("a claim %s is told apart:\n%s\n%s", name, got, refusal)
		}
	}
	got := read[struct{ Code string }](t, confirm(want.ID, code), 200)
	if again := same(confirm(want.ID, code)); again != refusal {
		t.Errorf("a used code is told apart: %s", again)
	}
	rec := w.send("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s,%s}`, got.Code, newDevice(t).jwk(), consentText()))
	phone := read[struct {
		Card struct {
			MaskedName string `json:"masked_name"`
			ShortCode  string `json:"short_code"`
		}
		Token string `json:"participant_token"`
	}](t, rec, 201)
	if !strings.HasPrefix(phone.Card.MaskedName, "BU*") || len(phone.Card.ShortCode) < 8 || phone.Token == "" {
		t.Errorf("got %+v", phone.Card)
	}
}

// TestClaimsAreLimitedAlike: the fourth within a quarter of an hour.
func TestClaimsAreLimitedAlike(t *testing.T) {
	w := newTown(t)
	for _, number := range []string{fmt.Sprintf("230000%05d", w.codes-1), "23999999999"} {
		for range 3 {
			if rec := w.send("POST", "/v1/claims", "", fmt.Sprintf(`{"kind":"kpj","number":%q,"birth_on":"1990-01-01"}`, number)); rec.Code != 202 {
				t.Fatal(rec.Code, rec.Body)
			}
		}
		rec := w.send("POST", "/v1/claims", "", fmt.Sprintf(`{"kind":"kpj","number":%q,"birth_on":"1990-01-01"}`, number))
		if rec.Code != 429 || !strings.Contains(rec.Body.String(), "claims_too_many") || rec.Header().Get("Retry-After") == "" {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
}

func TestALinkIsHandedOverAndSent(t *testing.T) {
	w := newTown(t)
	path := "/v1/participants/" + w.a.person.String() + "/activation"
	officer := w.named("branch_officer Alfa").token
	for body, sent := range map[string]bool{"": false, "{}": false, `{"send":false}`: false, `{"send":true}`: true} {
		got := read[linkAnswer](t, w.send("POST", path, officer, body), 201)
		if got.Sent != sent || got.URL != "https://kartu.example/kartu/#"+got.Code || !strings.Contains(got.ShareText, " "+got.URL+"\n") {
			t.Errorf("%q: got %+v", body, got)
		}
		if sent && !strings.Contains(w.received(), got.URL) {
			t.Error("another link was sent")
		}
	}
	path = "/v1/registrations/" + w.a.registration.String() + "/activation"
	agent := w.named(string(actor.Agent)).token
	got := read[linkAnswer](t, w.send("POST", path, agent, `{"send":true}`), 201)
	if !got.Sent || !strings.Contains(w.received(), got.URL) {
		t.Errorf("got %+v", got)
	}
	none(t, w.Participants.GiveConsent(w.system(), w.a.person, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}))
	none(t, w.Participants.WithdrawConsent(w.system(), w.a.person))
	if rec := w.send("POST", path, agent, ""); rec.Code != 409 || !strings.Contains(rec.Body.String(), "processing_restricted") {
		t.Errorf("a link for who withdrew the consent: %d %s", rec.Code, rec.Body)
	}
	none(t, w.Participants.GiveConsent(w.system(), w.a.person, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}))
	w.clock.Advance(20 * 24 * time.Hour) // 30 days after the registration
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: actor.Agent, Scope: actor.WadahScope, ScopeID: w.a.wadah}}})
	_, last, err := w.Perisai.HandOver(ctx, w.a.registration)
	if err != nil {
		t.Errorf("on the thirtieth day: %v", err)
	}
	if rec := w.send("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s}`, last.Code, newDevice(t).jwk())); rec.Code != 201 {
		t.Errorf("the link that was handed over: %d %s", rec.Code, rec.Body)
	}
	if _, got, err := w.Perisai.HandOver(ctx, w.a.registration); err == nil || !strings.Contains(err.Error(), "hand_over_done") && !strings.Contains(err.Error(), "on a phone already") || got.Code != "" {
		t.Errorf("once the card is on a phone: %v", err)
	}
	w.clock.Advance(24 * time.Hour)
	if _, _, err := w.Perisai.HandOver(ctx, w.a.registration); err == nil || !strings.Contains(err.Error(), "hand_over_late") {
		t.Errorf("a day later: %v", err)
	}
}

// TestConsentComesWithTheCard: one transaction for both.
func TestConsentComesWithTheCard(t *testing.T) {
	w := newTown(t)
	none(t, w.Participants.GiveConsent(w.system(), w.a.fresh, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}))
	none(t, w.Participants.WithdrawConsent(w.system(), w.a.fresh))
	code := ok(w.Participants.BeginActivation(w.system(), w.a.fresh))(t).Code // codes from before ended
	activate := func(consent string) *httptest.ResponseRecorder {
		return w.send("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s%s}`, code, newDevice(t).jwk(), consent))
	}
	restricted := func() bool { return ok(w.Participants.Get(w.system(), w.a.fresh))(t).Restricted }
	if rec := activate(""); rec.Code == 201 || !restricted() {
		t.Errorf("without a consent: %d", rec.Code)
	}
	if rec := activate(`,"consent":{"version":"2020-01","text_hash":"` + hashText + `"}`); rec.Code != 422 || !strings.Contains(rec.Body.String(), `"consent_version"`) || !restricted() {
		t.Errorf("to another notice: %d %s", rec.Code, rec.Body)
	}
	if rec := activate("," + consentText()); rec.Code != 201 || restricted() {
		t.Errorf("to the notice in force: %d %s", rec.Code, rec.Body)
	}
}
