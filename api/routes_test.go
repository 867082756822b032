package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
)

var inPath = regexp.MustCompile(`\{[^}]*\}`)

// address puts an id that nothing has into a path.
func address(path string) string {
	return inPath.ReplaceAllString(path, "0193591c-5a00-7c3e-9d2f-1b7f2c6a4e10")
}

// badBodies are no body of any write route.
func badBodies() []string {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	bodies := []string{
		"", " ", "null", "true", "1", `"` + canary + `"`, "[]", "[{}]", "{", "}", "{}{}", "{}\n{}", "{} " + canary, "\ufeff{}", "\x00", "{\"a\":\"\xff\"}",
		`{"` + canary + `":1}`, `{"` + canary + `":1,"` + canary + `":2}`, `{"a":1,"A":2}`, `{"a":1e400}`, `{"a":01}`, `{"a":NaN}`, `{"a":"\ud800"}`, `{'a':1}`,
		`{"a":1,}`, `{a:1}`, deep, strings.Repeat("[", 5000), `{"__proto__":{"admin":true}}`, `{"id":"` + canary + `","state":"active"}`,
		`{"` + strings.Repeat("k", 6000) + `":1}`, "<xml/>", "a=b&c=d", `{"a":"\u0000"}`, `{"a":/**/1}`, `{"":""}`, strings.Repeat("9", 4000),
	}
	return bodies
}

func TestBadBodiesAreRefusedEverywhereAndStoreNothing(t *testing.T) {
	s := newStall(t)
	tokens := []string{s.admin, s.owner, s.officer, s.other, s.key, s.till(), s.agent(), s.phone()}
	before := s.rows()
	n := 0
	for path, item := range s.said.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if method == http.MethodGet || op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
				continue
			}
			n++
			for _, body := range badBodies() {
				if body == "" && !op.RequestBody.Value.Required {
					continue
				}
				s.refuse(method, address(path), body, tokens)
			}
		}
	}
	if n < 25 {
		t.Errorf("only %d routes with a body were found", n)
	}
	if after := s.rows(); before != after {
		t.Errorf("rows changed: %s to %s", before, after)
	}
}

// refuse sends a bad body as everybody and wants a problem that echoes nothing.
func (s *stall) refuse(method, path, body string, tokens []string) {
	s.t.Helper()
	read := false
	for _, token := range append([]string{""}, tokens...) {
		r := request(method, path, body, "Authorization", "Bearer "+token, "Idempotency-Key", uuid.NewString(), "Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.API.Handler().ServeHTTP(w, r)
		s.said.check(s.t, r, w)
		if w.Code < 400 || w.Code > 499 || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), canary) {
			s.t.Errorf("%s %s with %.60q: %d %s", method, path, body, w.Code, w.Body)
		}
		read = read || w.Code == 400 || w.Code == 422 || w.Code == 413
	}
	if !read {
		s.t.Errorf("%s %s with %.60q: nobody got as far as the body", method, path, body)
	}
}

// agent signs a Perisai agent in.
func (s *stall) agent() string {
	s.t.Helper()
	wadah := uuid.MustParse(s.make(s.officer, "/v1/wadah", `{"branch_id":"`+palu+`","code":"W7","name":"Wadah"}`).ID)
	return s.account("agen@uji.example", actor.Grant{Role: actor.Agent, Scope: actor.WadahScope, ScopeID: wadah})
}

// phone puts a card on a participant's phone and returns its bearer.
func (s *stall) phone() string {
	s.t.Helper()
	code := s.make(s.officer, "/v1/participants/"+s.person(1)+"/activation", "").Code
	body := fmt.Sprintf(`{"code":%q,"device_key":%s}`, code, newDevice(s.t).jwk())
	return decode[activatedPhone](s.t, s.call("POST", "/v1/activations", "", body, http.StatusCreated)).Token
}

// rows counts what a refused write must not change.
func (s *stall) rows() string {
	s.t.Helper()
	var out []string
	for _, table := range []string{
		"accounts", "invitations", "sectors", "partners", "outlets", "agreements", "benefits", "benefit_versions", "participants", "memberships", "consents",
		"cards", "api_keys", "tills", "redemptions", "scans", "wadahs", "agents", "registrations", "reported_figures", "outbox", "idempotency_keys", "audit_entries",
	} {
		var n int
		if err := s.DB.From(s.t.Context()).Raw("SELECT count(*) FROM " + table).Row().Scan(&n); err != nil {
			s.t.Fatalf("%s: %v", table, err)
		}
		out = append(out, fmt.Sprintf("%s=%d", table, n))
	}
	return strings.Join(out, " ")
}

// principals is everybody who may knock: each role, an API key of each scope, a
// till, and nobody.
func (s *stall) principals() map[string]visitor {
	s.t.Helper()
	out := map[string]visitor{"nobody": {who: actor.Actor{Kind: actor.Anonymous}}}
	wadah := uuid.MustParse(s.make(s.officer, "/v1/wadah", `{"branch_id":"`+palu+`","code":"W9","name":"Wadah"}`).ID)
	for _, role := range actor.Roles() {
		g := actor.Grant{Role: role, Scope: role.ScopeOf()[0]}
		switch g.Scope {
		case actor.BranchScope:
			g.ScopeID = uuid.MustParse(palu)
		case actor.PartnerScope:
			g.ScopeID = uuid.MustParse(s.partner)
		case actor.WadahScope:
			g.ScopeID = wadah
		case actor.National, actor.OutletScope:
		}
		token := s.account(string(role)+"@peran.example", g)
		out[string(role)] = visitor{token: token, who: actor.Actor{Kind: actor.Account, Grants: []actor.Grant{g}}}
	}
	for _, scope := range []string{"validate", "redeem", "read"} {
		key := s.make(s.owner, "/v1/partners/"+s.partner+"/api-keys", fmt.Sprintf(`{"name":%q,"outlet_id":%q,"scopes":[%q]}`, scope, s.outlet, scope)).Key
		who, err := s.Accounts.Actor(testkit.System(s.t), key)
		if err != nil {
			s.t.Fatal(err)
		}
		out["key_"+scope] = visitor{token: key, who: who}
	}
	token := s.till()
	who, err := s.Tills.Actor(testkit.System(s.t), token)
	if err != nil {
		s.t.Fatal(err)
	}
	out["till"] = visitor{token: token, who: who}
	return out
}

type visitor struct {
	token string
	who   actor.Actor
}

func TestEachRouteLetsInWhomItDeclaresAndNobodyElse(t *testing.T) {
	s := newStall(t)
	all := s.principals()
	names := slices.Sorted(maps.Keys(all))
	routes := 0
	for path, item := range s.API.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil || path == "/v1/sessions/current" || path == "/v1/till/leave" { // what ends who walks
				continue
			}
			rule, err := access.Of(op)
			if err != nil {
				t.Fatal(err)
			}
			routes++
			for _, name := range names {
				k := all[name]
				w := s.visit(method, address(path), k.token)
				refused := w.Code == 401 || w.Code == 403
				if refused == rule.Allows(k.who) && !(rule.IsPublic() && path != "/healthz") {
					t.Errorf("%s %s as %s: %d, allowed: %v", method, path, name, w.Code, rule.Allows(k.who))
				}
				if !rule.IsPublic() && refused && (w.Code == 401) != (name == "nobody") {
					t.Errorf("%s %s as %s: %d", method, path, name, w.Code)
				}
			}
		}
	}
	if routes < 90 {
		t.Errorf("only %d routes were walked", routes)
	}
}

// visit sends a request whose body is a trap: it must not be read before the
// caller is let in.
func (s *stall) visit(method, path, token string) *httptest.ResponseRecorder {
	r := request(method, path, "")
	trap := &trap{}
	if method != "GET" && method != "DELETE" {
		r = httptest.NewRequest(method, path, trap)
		r.Host, r.ContentLength = "kartu.example", 2
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Idempotency-Key", uuid.NewString())
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.API.Handler().ServeHTTP(w, r)
	if trap.read && (w.Code == 401 || w.Code == 403) && token == "" && !strings.Contains(w.Body.String(), "credentials") {
		s.t.Errorf("%s %s: refused with %d after the body was read", method, path, w.Code)
	}
	return w
}

// trap is a body {} that notes that it was read.
type trap struct {
	read bool
	rest *bytes.Reader
}

func (b *trap) Read(p []byte) (int, error) {
	if !b.read {
		b.read, b.rest = true, bytes.NewReader([]byte("{}"))
	}
	return b.rest.Read(p)
}
