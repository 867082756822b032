package api_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api"
)

// queue is what a till recorded by itself: each item names the one before.
type queue struct {
	device
	till uuid.UUID
	seq  int
	last string
}

func (e *estate) queue() *queue { return &queue{device: e.device, till: e.tills["active"]} }

// item signs the next item. Claims override the till's own ones.
func (q *queue) item(claims map[string]any) string {
	q.seq++
	prev := ""
	if q.last != "" {
		sum := sha256.Sum256([]byte(q.last))
		prev = b64(sum[:])
	}
	all := map[string]any{"jti": uuid.NewString(), "seq": q.seq, "prev": prev}
	maps.Copy(all, claims)
	b, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	q.last = q.jws(fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"berlaku-use+jwt"}`, q.till), string(b))
	return q.last
}

// use is a use of the estate's live promo with its printed card, a minute ago.
func (q *queue) use(w *town, e *estate, more map[string]any) string {
	at := w.clock.Now().Add(-time.Minute).Unix()
	claims := map[string]any{
		"scanned_at": at - 20, "occurred_at": at, "card": e.cardText, "benefit": e.promos["live"].String(), "version": 1,
		"gross": 100_000, "discount": 20_000, "net": 80_000, "id_checked": true, "list_age": 3600,
	}
	maps.Copy(claims, more)
	return q.item(claims)
}

type handedIn struct {
	Results []struct {
		Key, Outcome, Reason string
		Message              struct{ ID, EN string }
		ID                   *string
		Flags                []string
		Receipt              *struct{ Code, URL string }
	}
	Chain struct {
		Highest, Next           int64
		Missing, Broken, Forked []int64
	}
}

func batch(items ...string) string {
	b, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// handIn hands items in and returns the outcomes and reasons in one line each.
func (w *town) handIn(token string, items ...string) (handedIn, []string) {
	w.t.Helper()
	got := read[handedIn](w.t, w.send("POST", "/v1/redemptions/batch", token, batch(items...)), 200)
	var out []string
	for _, r := range got.Results {
		out = append(out, strings.TrimSpace(r.Outcome+" "+r.Reason))
	}
	return got, out
}

func TestATillHandsInWhatItRecorded(t *testing.T) {
	w := newTown(t)
	q := w.a.queue()
	key := uuid.NewString()
	use := q.use(w, w.a, map[string]any{"jti": key})
	void := q.item(map[string]any{"occurred_at": w.clock.Now().Unix(), "void": key, "reason": "salah harga"})
	rec := w.send("POST", "/v1/redemptions/batch", w.a.tillToken, batch(use))
	golden(t, rec, 200, `results results.key results.outcome results.reason results.message results.message.id results.message.en results.id results.flags
		results.receipt results.receipt.code results.receipt.url chain chain.highest chain.next chain.missing chain.broken chain.forked`)
	first := read[handedIn](t, rec, 200)
	r := first.Results[0]
	if r.Key != key || r.Outcome != "granted" || r.ID == nil || r.Receipt == nil || r.Receipt.URL != "https://kartu.example/r/"+r.Receipt.Code || !strings.Contains(r.Message.ID, "tercatat") {
		t.Errorf("%s", rec.Body)
	}
	got, outcomes := w.handIn(w.a.tillToken, void, use, "x")
	if diff := cmp.Diff([]string{"granted", "granted", "rejected item_malformed"}, outcomes); diff != "" {
		t.Error(diff)
	}
	if got.Results[1].Receipt == nil || got.Results[1].Receipt.Code != r.Receipt.Code || *got.Results[1].ID != *r.ID || got.Results[0].Key == "" || got.Results[2].Key != "" {
		t.Errorf("%+v", got.Results)
	}
	if got.Results[0].Message.EN != "The use was taken back. The promo can be used again." || got.Results[2].Message.ID == "" {
		t.Errorf("%+v", got.Results)
	}
	if c := got.Chain; c.Highest != 2 || c.Next != 3 || len(c.Missing)+len(c.Broken)+len(c.Forked) != 0 {
		t.Errorf("%+v", c)
	}
	record := read[useRecord](t, w.send("GET", "/v1/redemptions/"+*r.ID, w.a.tillToken, ""), 200)
	if record.State != "voided" || record.Discount != 20_000 {
		t.Errorf("%+v", record)
	}
}

// What a till signed for handing in opens nothing else, and what it signed for
// a bearer does not hand in; each is good once. (The table of the matrix walks
// all other routes.)
func TestWhatATillSignsIsGoodForOneThing(t *testing.T) {
	w := newTown(t)
	e := w.a
	token := func(assertion string) *httptest.ResponseRecorder {
		return w.send("POST", "/v1/tills/token", "", fmt.Sprintf(`{"assertion":%q}`, assertion))
	}
	now := w.clock.Now()
	forHandIn, forBearer := e.device.assertionFor("/v1/redemptions/batch", e.tills["active"], now), e.device.assertion(e.tills["active"], now)
	w.refused(token(forHandIn), 401, "assertion_invalid")
	w.refused(w.send("POST", "/v1/redemptions/batch", forBearer, batch("x")), 401, "assertion_invalid")
	read[struct{}](t, token(forBearer), 200) // nothing of the above used it up
	item := e.queue().use(w, e, nil)
	if _, got := w.handIn(forHandIn, item); got[0] != "granted" {
		t.Errorf("got %s", got)
	}
	w.refused(w.send("POST", "/v1/redemptions/batch", forHandIn, batch(item)), 401, "assertion_invalid")
	w.refused(w.send("POST", "/v1/validations", item, `{"card":"x"}`), 401, "assertion_invalid")
	w.refused(w.send("POST", "/v1/redemptions/batch", item, batch(item)), 401, "assertion_invalid")
	w.refused(token(item), 401, "assertion_invalid")
	stranger := newDevice(t).assertionFor("/v1/redemptions/batch", e.tills["active"], now)
	w.refused(w.send("POST", "/v1/redemptions/batch", stranger, batch(item)), 401, "assertion_invalid")
	unconfirmed := e.device.assertionFor("/v1/redemptions/batch", e.tills["pending"], now)
	w.refused(w.send("POST", "/v1/redemptions/batch", unconfirmed, batch(item)), 401, "assertion_invalid")
}

func TestATillThatEndedHandsInAndNothingElse(t *testing.T) {
	w := newTown(t)
	e := w.a
	before := e.queue()
	item := before.use(w, e, nil)
	w.clock.Advance(6 * time.Minute) // its clock may be five minutes off
	read[struct{ State string }](t, w.send("POST", "/v1/tills/"+e.tills["active"].String()+"/revoke", e.ownerToken(w), ""), 200)
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/validations", `{"card":"x"}`}, {"POST", "/v1/redemptions", redemption(e, e.cardText, 1000)}, {"GET", "/v1/till/bundle", ""},
		{"GET", "/v1/redemptions", ""}, {"POST", "/v1/till/leave", ""}, {"GET", "/v1/me", ""},
	} {
		w.refused(w.send(c.method, c.path, e.tillToken, c.body, "Idempotency-Key", uuid.NewString()), 401, "unauthenticated")
	}
	got, outcomes := w.handIn(e.tillToken, item)
	if outcomes[0] != "granted" || !strings.Contains(fmt.Sprint(got.Results[0].Flags), "till_revoked") {
		t.Errorf("from before: %+v", got.Results)
	}
	w.clock.Advance(4 * time.Minute)
	_, outcomes = w.handIn(e.tillToken, before.use(w, e, nil))
	if outcomes[0] != "refused till_revoked" {
		t.Errorf("from after: %s", outcomes)
	}
	w.clock.Advance(5 * time.Minute)
	w.refused(w.send("POST", "/v1/redemptions/batch", e.tillToken, batch(item)), 401, "token_invalid")
	by := e.device.assertionFor("/v1/redemptions/batch", e.tills["active"], w.clock.Now())
	if _, again := w.handIn(by, item); again[0] != "granted" {
		t.Errorf("with an assertion: %s", again)
	}
}

func TestItemsOfOthersAndBatchesThatAreTooMuch(t *testing.T) {
	w := newTown(t)
	e := w.a
	theirs := w.b.queue().use(w, w.b, nil)
	nobodys := (&queue{device: newDevice(t), till: uuid.New()}).use(w, e, nil)
	forged := (&queue{device: newDevice(t), till: e.tills["active"]}).use(w, e, nil)
	got, outcomes := w.handIn(e.tillToken, theirs, nobodys, forged, strings.Repeat("a", 5000), "")
	want := []string{"rejected item_unknown_till", "rejected item_unknown_till", "rejected item_forged", "rejected item_malformed", "rejected item_malformed"}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Error(diff)
	}
	for i, r := range got.Results {
		if r.Key != "" || r.ID != nil || r.Receipt != nil || r.Message.ID == "" {
			t.Errorf("%d: %+v", i, r)
		}
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = strings.Repeat("a", 4096)
	}
	if _, outcomes := w.handIn(e.tillToken, many...); len(outcomes) != 200 {
		t.Errorf("%d results for 200 items of full length", len(outcomes))
	}
	w.refused(w.send("POST", "/v1/redemptions/batch", e.tillToken, batch(append(many, "a")...)), 422, "validation_failed")
	w.refused(w.send("POST", "/v1/redemptions/batch", e.tillToken, batch()), 422, "validation_failed")
	w.refused(w.send("POST", "/v1/redemptions/batch", e.tillToken, batch(strings.Repeat("a", 1<<20))), 413, "body_too_large")
}

func (w *town) refused(rec *httptest.ResponseRecorder, status int, code string) {
	w.t.Helper()
	if got := read[refusal](w.t, rec, status); got.Code != code {
		w.t.Errorf("refused with %s, want %s", got.Code, code)
	}
}

func TestATillHandsInThirtyTimesAMinute(t *testing.T) {
	w := newTown(t)
	server := ok(api.New(api.Services{
		DB: w.DB, Accounts: w.Accounts, Audit: w.Audit, Benefits: w.Benefits, Cards: w.Cards, Participants: w.Participants,
		Partners: w.Partners, Perisai: w.Perisai, Redemptions: w.Redemptions, Reports: w.Reports, Tills: w.Tills,
	}, api.Options{PublicURL: "https://kartu.example", Origin: "https://kartu.example", RateLimits: true, SecureCookies: true, Clock: w.clock}))(t)
	send := func(token string) int {
		rec := httptest.NewRecorder()
		server.Handler().ServeHTTP(rec, ask("POST", "/v1/redemptions/batch", token, strings.NewReader(batch("x"))))
		return rec.Code
	}
	for i := range 30 {
		if code := send(w.a.tillToken); code != http.StatusOK {
			t.Fatalf("batch %d: %d", i, code)
		}
	}
	if code := send(w.a.tillToken); code != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", code)
	}
	if code := send(w.b.tillToken); code != http.StatusOK {
		t.Errorf("another till: %d", code)
	}
	w.clock.Advance(2 * time.Second)
	if code := send(w.a.tillToken); code != http.StatusOK {
		t.Errorf("two seconds later: %d", code)
	}
}
