package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berlaku/berlaku/benefits"
)

func TestATillHoldsWhatItNeedsAndFetchesItOnce(t *testing.T) {
	w := newTown(t)
	e := w.a
	first := w.send("GET", "/v1/till/bundle", e.tillToken, "")
	golden(t, first, 200, `server_time public_url origin till till.id till.name till.fingerprint partner partner.id partner.name
		outlet outlet.id outlet.name outlet.address outlet.zone outlet.open outlet.hours
		policy policy.proof_window policy.status_max_age policy.scan_life policy.void_window policy.printed policy.pin_attempts policy.offline_over_per_day
		jwks jwks.keys jwks.keys.kty jwks.keys.crv jwks.keys.kid jwks.keys.x jwks.keys.alg jwks.keys.use jwks.keys.nbf jwks.keys.not_after jwks.keys.use_for
		status status.shard status.version status.url benefits benefits.id benefits.version benefits.title benefits.state benefits.terms
		benefits.terms.title benefits.terms.kind benefits.terms.basis benefits.terms.value benefits.terms.min_gross benefits.terms.outlet_ids
		benefits.terms.valid_from benefits.terms.valid_to benefits.terms.segments benefits.terms.max_status_age_days benefits.terms.needs_id_check
		benefits.terms.stacking benefits.terms.exclusions benefits.terms.limits benefits.terms.offline benefits.terms.offline.allowed benefits.terms.offline.allowance
		benefits.summary benefits.summary.id benefits.summary.en allowances
		cashiers cashiers.id cashiers.name cashiers.state cashiers.pin_version cashiers.pin cashiers.pin.salt cashiers.pin.hash cashiers.pin.rounds`)
	etag := first.Header().Get("ETag")
	if len(etag) < 10 || etag[0] != '"' || first.Header().Get("Cache-Control") != "private, no-cache" || first.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("headers %v", first.Header())
	}
	ask := func() int {
		rec := w.send("GET", "/v1/till/bundle", e.tillToken, "", "If-None-Match", etag)
		if rec.Code == 304 && (rec.Body.Len() > 0 || rec.Header().Get("ETag") != etag) {
			t.Errorf("304 with %d bytes and %v", rec.Body.Len(), rec.Header())
		}
		return rec.Code
	}
	w.clock.Advance(time.Minute)
	if code := ask(); code != 304 {
		t.Errorf("a minute later: %d", code)
	}
	for what, change := range map[string]func(){
		"a promo was paused":  func() { ok[benefits.Benefit](w.Benefits.Pause(e.owner, e.promos["live"]))(t) },
		"a cashier got a PIN": func() { ok(w.Tills.SetPIN(e.owner, e.cashier, "357902"))(t) },
	} {
		change()
		if code := ask(); code != 200 {
			t.Errorf("%s: %d", what, code)
		}
		etag = w.send("GET", "/v1/till/bundle", e.tillToken, "").Header().Get("ETag")
	}
}

// A till holds the cashiers of its own outlet and nobody else's, and nobody but
// a till is told what checks a PIN.
func TestPINVerifiersGoToTheTillsOfTheOutletOnly(t *testing.T) {
	w := newTown(t)
	next := ok(w.Partners.CreateOutlet(w.a.owner, w.a.partner, outletIn("Toko Sebelah")))(t).ID
	theirs := ok(w.Tills.AddCashier(w.a.owner, next, "Kasir Sebelah", "357902"))(t).ID.String()
	body := w.send("GET", "/v1/till/bundle", w.a.tillToken, "").Body.String()
	for _, other := range []string{theirs, "Kasir Sebelah", w.b.cashier.String(), "Kasir Beta"} {
		if strings.Contains(body, other) {
			t.Errorf("the till of Alfa holds %s", other)
		}
	}
	if n := strings.Count(body, `"hash":`); n != 1 || !strings.Contains(body, w.a.cashier.String()) {
		t.Errorf("it holds %d verifiers", n)
	}
	owner := w.a.ownerToken(w)
	path := "/v1/outlets/" + w.a.outlet.String() + "/cashiers"
	made := w.send("POST", path, owner, `{"name":"Sari","pin":"204816"}`)
	id := read[struct{ ID string }](t, made, 201).ID
	for what, text := range map[string]string{
		"the list": w.send("GET", path, owner, "").Body.String(), "what was made": made.Body.String(),
		"what was changed": w.send("POST", fmt.Sprintf("/v1/cashiers/%s/pin", id), owner, `{"pin":"204817"}`).Body.String(),
	} {
		for _, secret := range []string{"hash", "salt", "204816", "204817"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s: %s", what, secret, text)
			}
		}
	}
	w.refused(w.send("POST", "/v1/till/cashiers/"+theirs+"/lock", w.a.tillToken, ""), 404, "cashier_not_found")
	w.refused(w.send("POST", "/v1/till/cashiers/"+w.b.cashier.String()+"/lock", w.a.tillToken, ""), 404, "cashier_not_found")
	for range 2 {
		if rec := w.send("POST", "/v1/till/cashiers/"+w.a.cashier.String()+"/lock", w.a.tillToken, ""); rec.Code != 204 {
			t.Errorf("its own: %d %s", rec.Code, rec.Body)
		}
	}
	if body := w.send("GET", "/v1/till/bundle", w.a.tillToken, "").Body.String(); !strings.Contains(body, `"state":"locked"`) {
		t.Errorf("the till does not hear of the lock")
	}
}
