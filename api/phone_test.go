package api_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
)

// TestThePhoneAndItsCardByName plays phones that prove themselves, and a branch
// that makes cards for many.
func TestThePhoneAndItsCardByName(t *testing.T) {
	inOneTown(t, []chapter{
		{"a phone gets a token, once an assertion", getsAToken},
		{"how it stands, which cards, which wallet", tellsHowItStands},
		{"a second phone ends the first", movesToASecondPhone},
		{"the branch replaces a card on its phone", staysOnItsPhone},
		{"the branch ends a card", hearsOfTheEnd},
		{"a person ends own cards", endsOwnCards},
		{"cards for many, from order to paper and back", makesCardsForMany},
		{"orders that are none", refusesRuns},
		{"a renewed card is taken by the till, and so is the old text", renewsItsCard},
	})
}

// carried is a phone with a card of a new person of the estate.
type carried struct {
	device
	activatedPhone
	person uuid.UUID
}

// strangers counts people beyond those of the town, over all chapters.
var strangers atomic.Int64

func (w *town) stranger(e *estate) uuid.UUID {
	w.t.Helper()
	w.codes = 5000 + int(strangers.Add(1))
	return w.newPerson(e)
}

func (w *town) carry(e *estate) carried {
	w.t.Helper()
	p := carried{device: newDevice(w.t), person: w.stranger(e)}
	p.activatedPhone = w.onPhone(p.person, p.device)
	return p
}

func (w *town) onPhone(person uuid.UUID, d device) activatedPhone {
	w.t.Helper()
	code := ok(w.Participants.BeginActivation(w.system(), person))(w.t).Code
	return read[activatedPhone](w.t, w.send("POST", "/v1/activations", "", fmt.Sprintf(`{"code":%q,"device_key":%s}`, code, d.jwk())), 201)
}

// prove asks for a token with a fresh assertion.
func (w *town) prove(p carried) *httptest.ResponseRecorder {
	return w.ask(p.cardAssertion(uuid.MustParse(p.Card.ID), w.clock.Now()))
}

func (w *town) ask(assertion string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.send("POST", "/v1/my/token", "", fmt.Sprintf(`{"assertion":%q}`, assertion))
}

func (w *town) shown(text string, d device) seen {
	w.t.Helper()
	return w.look(ok(cards.Present(text, d.PrivateKey, w.clock.Now()))(w.t))
}

func refused(t *testing.T, what string, rec *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if rec.Code != status || !strings.Contains(rec.Body.String(), `"code":"`+code+`"`) {
		t.Errorf("%s: got %d %s; want %d %s", what, rec.Code, rec.Body, status, code)
	}
}

func getsAToken(t *testing.T, w *town) {
	p := w.carry(w.a)
	text := p.cardAssertion(uuid.MustParse(p.Card.ID), w.clock.Now())
	rec := w.ask(text)
	golden(t, rec, 200, "participant_token expires_at")
	got := read[struct {
		Token   string    `json:"participant_token"`
		Expires time.Time `json:"expires_at"`
	}](t, rec, 200)
	if !got.Expires.Equal(w.clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("good until %s", got.Expires)
	}
	if rec := w.send("GET", "/v1/my/card", got.Token, ""); rec.Code != 200 || !strings.Contains(rec.Body.String(), p.Card.ID) {
		t.Errorf("the new token: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("GET", "/v1/my/card", p.Token, ""); rec.Code != 401 {
		t.Errorf("the token before it: %d", rec.Code)
	}
	refused(t, "the assertion again", w.ask(text), 401, "assertion_invalid")
	refused(t, "what a till is shown", w.ask(ok(cards.Present(p.Card.Text, p.PrivateKey, w.clock.Now()))(t)), 401, "assertion_invalid")
	refused(t, "a till's assertion", w.ask(w.a.device.assertion(w.a.tills["active"], w.clock.Now())), 401, "assertion_invalid")
	refused(t, "at a till's address", w.send("POST", "/v1/tills/token", "", fmt.Sprintf(`{"assertion":%q}`, p.cardAssertion(uuid.MustParse(p.Card.ID), w.clock.Now()))), 401, "assertion_invalid")
	if log := w.log.take(); strings.Contains(log, text) || strings.Contains(log, got.Token) || strings.Contains(log, p.Card.Text) {
		t.Errorf("the log tells: %s", log)
	}
}

func renewsItsCard(t *testing.T, w *town) {
	p := w.carry(w.a)
	w.clock.Advance(7 * 24 * time.Hour)
	rec := w.send("POST", "/v1/my/card/renew", p.Token, "")
	golden(t, rec, 200, "card card.id card.text card.expires_on masked_name short_code state")
	next := read[activatedPhone](t, rec, 200)
	if next.Card.ID != p.Card.ID || next.Card.Text == p.Card.Text || next.Card.ExpiresOn <= p.Card.ExpiresOn {
		t.Errorf("renewed: %s", rec.Body)
	}
	if again := read[activatedPhone](t, w.send("POST", "/v1/my/card/renew", p.Token, ""), 200); again.Card != next.Card {
		t.Error("renewed twice within a day")
	}
	for name, text := range map[string]string{"old": p.Card.Text, "new": next.Card.Text} {
		if got := w.shown(text, p.device); got.Verdict != "valid" {
			t.Errorf("the %s text at a till: %+v", name, got)
		}
	}
}

func tellsHowItStands(t *testing.T, w *town) {
	p := w.carry(w.a)
	rec := w.send("GET", "/v1/my/status", p.Token, "")
	golden(t, rec, 200, "at card card.id card.state card.reason card.expires_on membership membership.state membership.valid membership.protected_until "+
		"membership.status_as_of membership.segment branch branch.name branch.region_codes notice_version consent_version")
	for _, want := range []string{`"state":"active"`, `"valid":true`, `"segment":"bpu"`, p.Card.ID} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %s in %s", want, rec.Body)
		}
	}
	golden(t, w.send("GET", "/v1/my/cards", p.Token, ""), 200, "items items.id items.form items.state items.short_code items.masked_name items.expires_on items.issued_at next_cursor")
	if rec := w.send("GET", "/v1/my/wallet", p.Token, ""); rec.Code != 200 || strings.TrimSpace(rec.Body.String()) != `{"google":null,"apple":null}` {
		t.Errorf("no wallet is set up: %d %s", rec.Code, rec.Body)
	}
}

func movesToASecondPhone(t *testing.T, w *town) {
	first := w.carry(w.a)
	second := carried{device: newDevice(t), person: first.person}
	second.activatedPhone = w.onPhone(first.person, second.device)
	if rec := w.send("GET", "/v1/my/status", first.Token, ""); rec.Code != 401 {
		t.Errorf("the first phone's token: %d", rec.Code)
	}
	refused(t, "the first phone", w.prove(first), 403, "card_replaced")
	refused(t, "the first phone's card with the second one's key", w.ask(second.cardAssertion(uuid.MustParse(first.Card.ID), w.clock.Now())), 401, "assertion_invalid")
	if rec := w.prove(second); rec.Code != 200 {
		t.Errorf("the second phone: %d %s", rec.Code, rec.Body)
	}
}

func staysOnItsPhone(t *testing.T, w *town) {
	p := w.carry(w.a)
	rec := w.send("POST", "/v1/cards/"+p.Card.ID+"/replace", w.named("branch_officer Alfa").token, `{"reason":"damaged"}`)
	made := read[struct {
		ID string `json:"id"`
	}](t, rec, 201)
	got := read[struct {
		Token string `json:"participant_token"`
	}](t, w.prove(p), 200)
	own := read[activatedPhone](t, w.send("GET", "/v1/my/card", got.Token, ""), 200)
	if own.Card.ID != made.ID || own.Card.ID == p.Card.ID {
		t.Errorf("the phone is told of card %s, the new one is %s", own.Card.ID, made.ID)
	}
	if got := w.shown(own.Card.Text, p.device); got.Verdict != "valid" {
		t.Errorf("the new text at a till: %+v", got)
	}
	if got := w.shown(p.Card.Text, p.device); got.Verdict == "valid" {
		t.Errorf("the old text at a till: %+v", got)
	}
}

func hearsOfTheEnd(t *testing.T, w *town) {
	p := w.carry(w.a)
	rec := w.send("POST", "/v1/cards/"+p.Card.ID+"/revoke", w.named("branch_officer Alfa").token, `{"reason":"lost"}`)
	if rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.send("GET", "/v1/my/status", p.Token, ""); rec.Code != 401 {
		t.Errorf("its token: %d", rec.Code)
	}
	refused(t, "the phone", w.prove(p), 403, "card_revoked")
}

func endsOwnCards(t *testing.T, w *town) {
	p := w.carry(w.a)
	paper := ok(w.Cards.Issue(w.system(), cards.IssueRequest{ParticipantID: p.person, Form: cards.Printed}))(t)
	path := "/v1/my/cards/" + paper.ID.String() + "/revoke"
	if rec := w.send("POST", path, p.Token, `{"reason":"fraud"}`); rec.Code != 422 || faultOf(rec) != "" {
		t.Errorf("another reason: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("POST", "/v1/my/cards/"+w.a.phone.String()+"/revoke", p.Token, `{"reason":"lost"}`); rec.Code != 404 {
		t.Errorf("another person's card: %d", rec.Code)
	}
	if rec := w.send("POST", path, p.Token, `{"reason":"lost"}`); rec.Code != 200 || !strings.Contains(rec.Body.String(), `"revoked"`) {
		t.Errorf("the printed card: %d %s", rec.Code, rec.Body)
	}
	refused(t, "again", w.send("POST", path, p.Token, `{"reason":"lost"}`), 409, "card_not_active")
	if got := w.look(w.Cards.Text(paper)); got.Reason != "card_revoked" {
		t.Errorf("at a till: %+v", got)
	}
	if rec := w.send("POST", "/v1/my/cards/"+p.Card.ID+"/revoke", p.Token, `{"reason":"stolen"}`); rec.Code != 200 {
		t.Errorf("the phone's card: %d %s", rec.Code, rec.Body)
	}
	if rec := w.send("GET", "/v1/my/cards", p.Token, ""); rec.Code != 401 {
		t.Errorf("the phone is still signed in: %d", rec.Code)
	}
}

func makesCardsForMany(t *testing.T, w *town) {
	officer := w.named("branch_officer Alfa").token
	var ids []uuid.UUID
	for range 12 {
		ids = append(ids, w.stranger(w.a))
	}
	body := string(ok(json.Marshal(map[string]any{"kind": "sheet", "participant_ids": ids}))(t))
	rec := w.send("POST", "/v1/card-runs", officer, body)
	golden(t, rec, 202, "id kind state total done failed sheets branch_id created_by created_at")
	run := read[struct{ ID string }](t, rec, 202)
	path := "/v1/card-runs/" + run.ID
	if rec.Header().Get("Location") != path {
		t.Errorf("at %s", rec.Header().Get("Location"))
	}
	refused(t, "a sheet before the work", w.send("GET", path+"/sheets/1", officer, ""), 404, "card_sheet_not_found")
	ok(w.Cards.WorkRuns(w.system()))(t)
	got := read[struct {
		State                       string
		Total, Done, Failed, Sheets int
	}](t, w.send("GET", path, officer, ""), 200)
	if got.State != "done" || got.Total != 12 || got.Done != 12 || got.Failed != 0 || got.Sheets != 1 {
		t.Errorf("done as %+v", got)
	}
	paper := w.send("GET", path+"/sheets/1", officer, "")
	if paper.Code != 200 || !bytes.HasPrefix(paper.Body.Bytes(), []byte("%PDF-")) || paper.Header().Get("Content-Type") != "application/pdf" {
		t.Errorf("the paper: %d %v", paper.Code, paper.Header())
	}
	lines, err := csv.NewReader(w.send("GET", path+"/failures", officer, "").Body).ReadAll()
	if err != nil || len(lines) != 1 || strings.Join(lines[0], ",") != "seq,participant_id,code" {
		t.Errorf("failures: %v, %v", lines, err)
	}
	refused(t, "stopping what is over", w.send("POST", path+"/cancel", officer, ""), 409, "card_run_state")
	if rec := w.send("POST", path+"/revoke", officer, ""); rec.Code != 200 || strings.Contains(rec.Body.String(), "finished_at") {
		t.Errorf("taken back: %d %s", rec.Code, rec.Body)
	}
	ok(w.Cards.WorkRuns(w.system()))(t)
	if rec := w.send("GET", path, officer, ""); !strings.Contains(rec.Body.String(), "finished_at") {
		t.Errorf("after the work: %s", rec.Body)
	}
	for _, id := range ids {
		all := ok(w.Cards.List(w.system(), id))(t)
		if len(all) != 1 || all[0].State != cards.Revoked || all[0].RevokeReason != "run_revoked" {
			t.Errorf("a card of the run: %+v", all)
		}
	}
}

func refusesRuns(t *testing.T, w *town) {
	officer := w.named("branch_officer Alfa").token
	tooMany := make([]uuid.UUID, 10_001)
	for i := range tooMany {
		tooMany[i] = uuid.New()
	}
	ten := string(ok(json.Marshal(map[string]any{"kind": "sheet", "participant_ids": tooMany[:10_000]}))(t))
	many := string(ok(json.Marshal(map[string]any{"kind": "sheet", "participant_ids": tooMany}))(t))
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"nobody":                      {`{"kind":"sheet"}`, 422, "card_run_who"},
		"nobody by an empty list":     {`{"kind":"sheet","participant_ids":[]}`, 422, "card_run_who"},
		"both":                        {`{"kind":"sheet","participant_ids":["` + w.a.person.String() + `"],"filter":{}}`, 422, "card_run_who"},
		"who is of another branch":    {`{"kind":"sheet","participant_ids":["` + w.b.person.String() + `"]}`, 404, "participant_not_found"},
		"another branch by filter":    {`{"kind":"sheet","filter":{"branch_id":"` + w.b.branch.String() + `"}}`, 422, "card_run_empty"},
		"ten thousand strangers":      {ten, 404, "participant_not_found"},
		"ten thousand and one":        {many, 422, "validation_failed"},
		"a region that is none":       {`{"kind":"sheet","filter":{"region_code":"72%"}}`, 422, "validation_failed"},
		"another kind":                {`{"kind":"stickers","filter":{}}`, 422, "validation_failed"},
		"people of an unknown import": {`{"kind":"sheet","filter":{"import_id":"` + absent + `"}}`, 422, "card_run_empty"},
	} {
		refused(t, name, w.send("POST", "/v1/card-runs", officer, c.body), c.status, c.code)
	}
	for _, n := range []string{"0", "51", "x", "1.5", "-1", "99999999999999999999"} {
		if rec := w.send("GET", "/v1/card-runs/"+w.a.cardRun.String()+"/sheets/"+n, officer, ""); rec.Code != 422 && rec.Code != 404 || faultOf(rec) != "" {
			t.Errorf("sheet %s: %d %s", n, rec.Code, rec.Body)
		}
	}
}
