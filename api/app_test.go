package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
)

// app is the whole program over a database of its own.
type app struct {
	*wire.App
	clock *clock.Manual
	t     *testing.T
	said  *description
}

func newApp(t *testing.T) *app {
	t.Helper()
	return openApp(t, testkit.URL(t), t.TempDir())
}

// openApp starts the program over a database and the keys in a folder.
func openApp(t *testing.T, url, dir string) *app {
	t.Helper()
	a := &app{clock: testkit.Clock(), t: t}
	var err error
	if a.App, err = wire.Open(t.Context(), settings(url, dir), wire.Options{Clock: a.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if saidByApp == nil {
		saidByApp = describe(t, a.API.Handler())
	}
	a.said = saidByApp
	return a
}

// call sends a request with a bearer and checks the status, and the answer
// against the description.
func (a *app) call(method, path, token, body string, status int, headers ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	r := request(method, path, body, headers...)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	a.API.Handler().ServeHTTP(w, r)
	a.said.check(a.t, r, w)
	if w.Code != status {
		a.t.Fatalf("%s %s: got %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}

const password = "kuda-laut-merah-7"

// account makes an account and signs it in through the API.
func (a *app) account(email string, grants ...actor.Grant) string {
	a.t.Helper()
	_, err := a.Accounts.CreateDirect(testkit.System(a.t), accounts.NewAccount{Email: email, Name: "Orang Uji", Password: password}, grants...)
	if err != nil {
		a.t.Fatal(err)
	}
	w := a.call("POST", "/v1/sessions", "", `{"email":"`+email+`","password":"`+password+`"}`, http.StatusCreated)
	return decode[struct{ Token string }](a.t, w).Token
}

func TestTheWholeDescriptionIsValid(t *testing.T) {
	a := newApp(t)
	w := a.call("GET", "/openapi.json", "", "", 200)
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("%d paths, %d bytes", doc.Paths.Len(), w.Body.Len())
	a.call("GET", "/docs", "", "", 200)
}
