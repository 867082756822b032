package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A session that lies about must not become more than it is: who finds one can
// neither add a second factor of their own nor do what cannot be undone.
func TestAnOldSessionProvesItselfBeforeWhatDoesMostHarm(t *testing.T) {
	w := newTown(t)
	id := uuid.NewString()
	w.clock.Advance(6 * time.Minute) // every proof is older than five minutes
	for _, c := range []struct{ as, method, path, body string }{
		{"branch_officer Alfa", "POST", "/v1/totp", ""},
		{"branch_officer Alfa", "POST", "/v1/totp/confirm", `{"code":"123456"}`},
		{"branch_officer Alfa", "POST", "/v1/totp/disable", `{"code":"123456"}`},
		{"programme_admin", "POST", "/v1/accounts/" + id + "/disable", ""},
		{"branch_officer Alfa", "POST", "/v1/card-runs/" + id + "/revoke", ""},
		{"programme_admin", "POST", "/v1/invitations", `{"email":"a@contoh.example","role":"auditor","scope":{"national":true}}`},
	} {
		rec := w.send(c.method, c.path, w.named(c.as).token, c.body)
		if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), "step_up_required") {
			t.Errorf("%s: %d %s", c.path, rec.Code, rec.Body)
		}
	}
}
