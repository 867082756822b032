package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api"
)

// An uploaded file is full of identity numbers. Nothing of it may stay on the
// disk, nor lie there in plain text while the request runs.
func TestAnUploadLeavesNothingInTheTemporaryFolder(t *testing.T) {
	s := newStall(t)
	t.Setenv("TMPDIR", t.TempDir())
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "peserta.csv")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, "kpj;nik;nama;segmen;status;tanggal_status\n")
	for n := range 2000 {
		fmt.Fprintf(part, "240000%05d;99010101019%05d;Orang Uji;bpu;active;2026-11-20\n", n, n)
	}
	for name, value := range map[string]string{"branch_id": palu, "dry_run": "true"} {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	if body.Len() < 64<<10 {
		t.Fatalf("%d bytes are too few to be spilled", body.Len())
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/imports", &body)
	r.Host = "kartu.example"
	r.Header.Set("Authorization", "Bearer "+s.officer)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	s.API.Handler().ServeHTTP(w, r)
	if w.Code == http.StatusUnauthorized || w.Code >= 500 {
		t.Fatalf("got %d: %s", w.Code, w.Body)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("the upload is still in %s", f.Name())
	}
}

// To a partner everything about a membership reads membership_inactive: also
// that nobody verified it.
func TestATillIsNotToldThatAMembershipIsUnverified(t *testing.T) {
	s := newStall(t)
	s.promo()
	person := s.make(s.officer, "/v1/participants", fmt.Sprintf(`{"branch_id":%q,"id_number":"9901010101900077","name":"Budi Santoso",
		"membership":{"kpj":"23000000077","segment":"bpu","status":"unverified","status_as_of":"2026-11-20"},
		"consent":{"version":"1","text_hash":%q,"channel":"branch"}}`, palu, strings.Repeat("ab", 32))).ID
	_, short := s.printed(person)
	for path, call := range map[string]struct {
		status int
		body   string
	}{
		"/v1/validations": {200, fmt.Sprintf(`{"card":%q,"gross":10000}`, short)},
		"/v1/redemptions": {201, fmt.Sprintf(`{"card":%q,"benefit_id":%q,"gross":10000,"id_checked":true}`, short, s.benefit)},
	} {
		w := s.call("POST", path, s.key, call.body, call.status, "Idempotency-Key", uuid.NewString())
		if text := w.Body.String(); strings.Contains(text, "membership_unknown") || strings.Contains(text, "diverifikasi") || !strings.Contains(text, "membership_inactive") {
			t.Errorf("%s: %s", path, text)
		}
	}
}

// A card that was lost, or moved to another phone, takes the old phone's token
// with it: else that phone would be told the new card's short code.
func TestALostPhoneDoesNotSeeTheNextCard(t *testing.T) {
	for name, end := range map[string]func(s *stall, card string){
		"moved": func(s *stall, card string) {
			s.call("POST", "/v1/cards/"+card+"/replace", s.officer, `{"reason":"lost","device_key":`+newJWK(t)+`}`, 201)
		},
		"revoked": func(s *stall, card string) {
			s.call("POST", "/v1/cards/"+card+"/revoke", s.officer, `{"reason":"lost"}`, 200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStall(t)
			person := s.person(5)
			a := s.make(s.officer, "/v1/participants/"+person+"/activation", "")
			got := decode[struct {
				Card  struct{ ID string }
				Token string `json:"participant_token"`
			}](t, s.call("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s}`, a.Code, newJWK(t)), 201))
			s.call("GET", "/v1/my/card", got.Token, "", 200)
			end(s, got.Card.ID)
			s.call("GET", "/v1/my/card", got.Token, "", 401)
		})
	}
}

// A card that is renewed on its own phone leaves that phone signed in: it has
// to fetch the new card.
func TestAPhoneFetchesItsRenewedCard(t *testing.T) {
	s := newStall(t)
	person := s.person(5)
	a := s.make(s.officer, "/v1/participants/"+person+"/activation", "")
	got := decode[struct {
		Card  struct{ ID string }
		Token string `json:"participant_token"`
	}](t, s.call("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s}`, a.Code, newJWK(t)), 201))
	next := s.make(s.officer, "/v1/cards/"+got.Card.ID+"/replace", `{"reason":"renewed"}`).ID
	mine := decode[struct{ Card struct{ ID string } }](t, s.call("GET", "/v1/my/card", got.Token, "", 200))
	if mine.Card.ID != next {
		t.Errorf("got %s, want the new card %s", mine.Card.ID, next)
	}
}

// A till system that types one code after the other is looking for somebody's.
// It is stopped for a while; cards that there are, and scanned texts, pass.
func TestWhoeverGuessesShortCodesIsStopped(t *testing.T) {
	s := newStall(t)
	_, short := s.printed(s.person(6))
	server, err := api.New(api.Services{
		DB: s.DB, Accounts: s.Accounts, Audit: s.Audit, Benefits: s.Benefits, Cards: s.Cards, Participants: s.Participants,
		Partners: s.Partners, Perisai: s.Perisai, Redemptions: s.Redemptions, Reports: s.Reports, Tills: s.Tills,
	}, api.Options{PublicURL: "https://kartu.example", Origin: "https://kartu.example", RateLimits: true, SecureCookies: true, Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	look := func(card string) *httptest.ResponseRecorder {
		t.Helper()
		s.clock.Advance(20 * time.Millisecond)
		r := request("POST", "/v1/validations", fmt.Sprintf(`{"card":%q}`, card), "Authorization", "Bearer "+s.key)
		w := httptest.NewRecorder()
		server.Handler().ServeHTTP(w, r)
		return w
	}
	for range 40 {
		for _, card := range []string{short, "", "HTTPS://LAIN.EXAMPLE/X", "00000001"} { // the last one is a typing error
			if w := look(card); w.Code != http.StatusOK {
				t.Fatalf("%q: got %d: %s", card, w.Code, w.Body)
			}
		}
	}
	guesses := 0
	for ; guesses < 100; guesses++ {
		if w := look("00000000"); w.Code != http.StatusOK {
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
			break
		}
	}
	if guesses != 30 {
		t.Errorf("stopped after %d guesses, want 30", guesses)
	}
	if w := look("HTTPS://LAIN.EXAMPLE/X"); w.Code != http.StatusOK {
		t.Errorf("a scanned text: got %d", w.Code)
	}
	s.clock.Advance(time.Minute)
	if w := look(short); w.Code != http.StatusOK {
		t.Errorf("a minute later: got %d", w.Code)
	}
}
