package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/berlaku/berlaku/api/access"
)

// A form of another site carries no cookie of ours, so that nobody is harmed as
// who they are; but it could sign them in as somebody else.
func TestAFormOfAnotherSiteDoesNotSignAnybodyIn(t *testing.T) {
	g := access.NewGate(access.Options{Authenticator: access.Kinds{}}, func(*http.Request) string { return "192.0.2.7" })
	for _, c := range []struct {
		name, method, site string
		want               error
	}{
		{"sent by our page", http.MethodPost, "same-origin", nil},
		{"sent by a program", http.MethodPost, "", nil},
		{"sent by another site", http.MethodPost, "cross-site", access.ErrCrossOrigin},
		{"sent by a neighbour", http.MethodPost, "same-site", access.ErrCrossOrigin},
		{"a link of another site", http.MethodGet, "cross-site", nil},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/konsol/masuk", nil)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		_, leave, err := g.Enter(r, "POST /konsol/masuk", access.Public())
		leave()
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
