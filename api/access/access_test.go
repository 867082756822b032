package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/testkit"
)

var errLocked = fault.New(fault.TooMany, "locked_out", "")

// people knows a handful of tokens.
type people map[string]actor.Actor

func (p people) Actor(_ context.Context, token string) (actor.Actor, error) {
	switch who, ok := p[token]; {
	case strings.HasSuffix(token, "broken"):
		return actor.Actor{}, errors.New("the database is away")
	case strings.HasSuffix(token, "locked"):
		return actor.Actor{}, errLocked
	case !ok:
		return actor.Actor{}, access.ErrUnauthenticated
	default:
		return who, nil
	}
}

var (
	owner = actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: uuid.New()}}}
	phone = actor.Actor{Kind: actor.Participant, ID: uuid.New(), Permissions: []actor.Permission{actor.ReadOwnCard, actor.OwnSession}}
	key   = actor.Actor{Kind: actor.APIKey, ID: uuid.New(), Permissions: []actor.Permission{actor.Redeem}}
	till  = actor.Actor{Kind: actor.Till, ID: uuid.New(), Permissions: []actor.Permission{actor.Redeem, actor.Validate}}
	gone  = actor.Actor{Kind: actor.Till, ID: uuid.New(), Permissions: []actor.Permission{actor.HandIn}, Ended: true}
)

var longAssertion = "a.b." + strings.Repeat("x", 1000)

// gate is a server with a few routes behind the guard. What a handler is given
// is kept in seen.
type gate struct {
	*echo.Echo
	clock *clock.Manual
	seen  actor.Actor
	cred  access.Credential
	hold  chan struct{} // when not nil, GET /public waits for it
	in    chan struct{}
}

func newGate(t *testing.T, change func(*access.Options)) *gate {
	t.Helper()
	g := &gate{Echo: echo.New(), clock: testkit.Clock()}
	o := access.Options{
		Authenticator: access.Kinds{
			Accounts: people{"bls_owner": owner, "blp_phone": phone, "brk_key": key},
			Tills:    people{"blt_till": till, "blt_gone": gone, "a.b.gone": gone, longAssertion: gone},
		},
		Problem: func(ctx huma.Context, err error) {
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				f = fault.New(fault.Internal, "internal", "")
			}
			status := map[fault.Kind]int{fault.Unauthenticated: 401, fault.Forbidden: 403, fault.TooMany: 429, fault.Unavailable: 503, fault.Internal: 500}[f.Kind]
			ctx.SetStatus(status)
			fmt.Fprint(ctx.BodyWriter(), f.Code)
		},
	}
	if change != nil {
		change(&o)
	}
	api := humaecho.New(g.Echo, huma.DefaultConfig("test", "1"))
	access.CheckAll(api.OpenAPI())
	api.UseMiddleware(access.Guard(o))
	g.route(t, api, http.MethodGet, "/public", access.Public())
	g.route(t, api, http.MethodPost, "/public", access.Public())
	g.route(t, api, http.MethodPost, "/redeem", access.Needs(actor.Redeem).Limited(actor.Till, 30, time.Minute))
	g.route(t, api, http.MethodPost, "/hand-in", access.Needs(actor.HandIn))
	g.route(t, api, http.MethodPost, "/till", access.Needs(actor.Redeem).Only(actor.Till))
	g.route(t, api, http.MethodPost, "/mine", access.SignedIn())
	g.route(t, api, http.MethodGet, "/mine", access.SignedIn())
	g.route(t, api, http.MethodPost, "/either", access.Needs(actor.VoidOwn, actor.VoidLater))
	g.route(t, api, http.MethodGet, "/probe", access.Public().Unlimited())
	return g
}

type input struct{ RawBody []byte }

func (g *gate) route(t *testing.T, api huma.API, method, path string, rule access.Rule) {
	t.Helper()
	op := huma.Operation{OperationID: method + strings.ReplaceAll(path, "/", "-"), Method: method, Path: path}
	if err := access.Declare(&op, rule); err != nil {
		t.Fatal(err)
	}
	if method == http.MethodGet {
		huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			if g.hold != nil {
				g.in <- struct{}{}
				<-g.hold
				return nil, nil //nolint:nilnil // 204
			}
			g.seen = actor.From(ctx)
			return nil, nil //nolint:nilnil // 204
		})
		return
	}
	huma.Register(api, op, func(ctx context.Context, _ *input) (*struct{}, error) {
		g.seen = actor.From(ctx)
		g.cred, _ = access.CredentialFrom(ctx)
		return nil, nil //nolint:nilnil // 204
	})
}

// unread is a body that must not be looked at.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read before access was decided")
	return 0, io.EOF
}

type call struct {
	method, path, auth, cookie string
	headers                    map[string]string
	from                       string
	body                       io.Reader
}

func (g *gate) do(t *testing.T, c call) *httptest.ResponseRecorder {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, c.body)
	r.RemoteAddr = "192.0.2.7:4711"
	if c.from != "" {
		r.RemoteAddr = c.from
	}
	if c.auth != "" {
		r.Header.Set("Authorization", c.auth)
	}
	if c.cookie != "" {
		r.Header.Set("Cookie", c.cookie)
	}
	for k, v := range c.headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func TestWhoMayCallIsDecidedBeforeTheBodyIsRead(t *testing.T) {
	refused := []struct {
		name   string
		call   call
		status int
		code   string
	}{
		{"no credential", call{path: "/redeem"}, 401, "unauthenticated"},
		{"an unknown token", call{path: "/redeem", auth: "Bearer bls_nobody"}, 401, "unauthenticated"},
		{"an unknown key", call{path: "/redeem", auth: "Bearer brk_nobody"}, 401, "unauthenticated"},
		{"a token without prefix", call{path: "/redeem", auth: "Bearer hello"}, 401, "unauthenticated"},
		{"an empty token", call{path: "/redeem", auth: "Bearer "}, 401, "unauthenticated"},
		{"another scheme", call{path: "/redeem", auth: "Basic brk_key"}, 401, "unauthenticated"},
		{"a token of absurd length", call{path: "/redeem", auth: "Bearer bls_" + strings.Repeat("x", 600)}, 401, "unauthenticated"},
		{"another scheme beside a good cookie", call{path: "/mine", auth: "Basic x", cookie: "berlaku=bls_owner"}, 401, "unauthenticated"},
		{"an unknown cookie", call{path: "/mine", cookie: "berlaku=bls_nobody"}, 401, "unauthenticated"},
		{"a cookie by another name", call{path: "/mine", cookie: "__Host-berlaku=bls_owner"}, 401, "unauthenticated"},
		{"a person without the permission", call{path: "/redeem", auth: "Bearer bls_owner"}, 403, "forbidden"},
		{"a participant without the permission", call{path: "/redeem", auth: "Bearer blp_phone"}, 403, "forbidden"},
		{"a key that is no session", call{path: "/mine", auth: "Bearer brk_key"}, 403, "forbidden"},
		{"a till that may not void", call{path: "/either", auth: "Bearer blt_till"}, 403, "forbidden"},
		{"a till that has ended", call{path: "/redeem", auth: "Bearer blt_gone"}, 401, "unauthenticated"},
		{"an assertion of a till that has ended", call{path: "/redeem", auth: "Bearer a.b.gone"}, 401, "unauthenticated"},
		{"an assertion of absurd length", call{path: "/redeem", auth: "Bearer a.b." + strings.Repeat("x", 2046)}, 401, "unauthenticated"},
		{"an assertion in a cookie", call{path: "/hand-in", cookie: "berlaku=a.b.gone"}, 401, "unauthenticated"},
		{"a key where only tills may", call{path: "/till", auth: "Bearer brk_key"}, 403, "forbidden"},
		{"a till that may not hand in", call{path: "/hand-in", auth: "Bearer blt_till"}, 403, "forbidden"},
		{"a locked key", call{path: "/redeem", auth: "Bearer brk_locked"}, 429, "locked_out"},
		{"no database", call{path: "/redeem", auth: "Bearer bls_broken"}, 500, "internal"},
		{"a write from another site", call{path: "/mine", cookie: "berlaku=bls_owner", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}}, 403, "cross_origin"},
		{"a write from another site of an old browser", call{path: "/mine", cookie: "berlaku=bls_owner", headers: map[string]string{"Origin": "https://evil.test"}}, 403, "cross_origin"},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t, nil)
			c.call.body = unread{t}
			w := g.do(t, c.call)
			if w.Code != c.status || w.Body.String() != c.code {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, c.status, c.code)
			}
			if got := w.Header().Get("WWW-Authenticate"); (c.status == 401) != strings.HasPrefix(got, "Bearer") {
				t.Errorf("WWW-Authenticate: %q", got)
			}
			if g.seen.Kind != "" {
				t.Error("the handler ran")
			}
		})
	}
	admitted := []struct {
		name string
		call call
		want actor.Actor
	}{
		{"anybody on a public route", call{path: "/public"}, actor.Actor{Kind: actor.Anonymous}},
		{"a bad token on a public route", call{path: "/public", auth: "Bearer bls_nobody"}, actor.Actor{Kind: actor.Anonymous}},
		{"a locked key on a public route", call{path: "/public", auth: "Bearer brk_locked"}, actor.Actor{Kind: actor.Anonymous}},
		{"a public route without database", call{path: "/public", auth: "Bearer bls_broken"}, actor.Actor{Kind: actor.Anonymous}},
		{"somebody on a public route", call{path: "/public", auth: "Bearer bls_owner"}, owner},
		{"a key with the permission", call{path: "/redeem", auth: "Bearer brk_key"}, key},
		{"a till with the permission", call{path: "/redeem", auth: "bearer  blt_till"}, till},
		{"a till where only tills may", call{path: "/till", auth: "Bearer blt_till"}, till},
		{"a till that has ended hands in", call{path: "/hand-in", auth: "Bearer blt_gone"}, gone},
		{"a till hands in with an assertion", call{path: "/hand-in", auth: "Bearer a.b.gone"}, gone},
		{"a long assertion", call{path: "/hand-in", auth: "Bearer " + longAssertion}, gone},
		{"one of two permissions", call{path: "/either", auth: "Bearer bls_owner"}, owner},
		{"a person who is signed in", call{path: "/mine", auth: "Bearer bls_owner"}, owner},
		{"a phone that is signed in", call{path: "/mine", auth: "Bearer blp_phone"}, phone},
		{"a browser", call{path: "/mine", cookie: "other=1; berlaku=bls_owner"}, owner},
		{"a browser on this site", call{path: "/mine", cookie: "berlaku=bls_owner", headers: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://example.com"}}, owner},
		{"a bearer from another site", call{path: "/mine", auth: "Bearer bls_owner", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}}, owner},
		{"a reading browser on another site", call{method: http.MethodGet, path: "/mine", cookie: "berlaku=bls_owner", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}}, owner},
	}
	for _, c := range admitted {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t, nil)
			if c.call.method == "" {
				c.call.body = strings.NewReader("{}")
			}
			if w := g.do(t, c.call); w.Code != http.StatusNoContent {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if g.seen.Kind != c.want.Kind || g.seen.ID != c.want.ID {
				t.Errorf("the handler saw %+v, want %+v", g.seen, c.want)
			}
			if c.call.cookie != "" && c.call.method == "" && (!g.cred.Cookie || g.cred.Token.Reveal() != "bls_owner") {
				t.Error("the credential is not in the context")
			}
		})
	}
}

func TestTheSecureCookieHasAnotherName(t *testing.T) {
	g := newGate(t, func(o *access.Options) { o.Cookies.Secure = true })
	if w := g.do(t, call{path: "/mine", cookie: "__Host-berlaku=bls_owner", body: strings.NewReader("{}")}); w.Code != http.StatusNoContent {
		t.Errorf("the secure cookie: %d", w.Code)
	}
	if w := g.do(t, call{path: "/mine", cookie: "berlaku=bls_owner"}); w.Code != http.StatusUnauthorized {
		t.Errorf("the plain cookie over TLS: %d", w.Code)
	}
	write := access.Cookies{Secure: true}.Write("bls_x", testkit.Start)
	clear := access.Cookies{}.Clear()
	for want, got := range map[string]string{
		"__Host-berlaku=bls_x; Path=/; Expires=Tue, 24 Nov 2026 02:00:00 GMT; HttpOnly; Secure; SameSite=Lax": write.String(),
		"berlaku=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax":          clear.String(),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestAnOperationWithoutARuleCannotBeRegistered(t *testing.T) {
	for name, rule := range map[string]access.Rule{"the zero rule": {}, "needs nothing": access.Needs()} {
		if err := access.Declare(&huma.Operation{}, rule); !errors.Is(err, access.ErrNoRule) {
			t.Errorf("%s: %v", name, err)
		}
	}
	g := newGate(t, nil)
	api := humaecho.New(g.Echo, huma.DefaultConfig("test", "1"))
	access.CheckAll(api.OpenAPI())
	defer func() {
		if recover() == nil {
			t.Error("it was registered")
		}
	}()
	huma.Register(api, huma.Operation{OperationID: "x", Method: http.MethodGet, Path: "/x"}, func(context.Context, *struct{}) (*struct{}, error) { return &struct{}{}, nil })
}

func TestAnOperationWithoutARuleIsForbidden(t *testing.T) {
	e := echo.New()
	api := humaecho.New(e, huma.DefaultConfig("test", "1"))
	api.UseMiddleware(access.Guard(access.Options{
		Authenticator: access.Kinds{Accounts: people{"bls_owner": owner}},
		Problem: func(ctx huma.Context, err error) {
			ctx.SetStatus(map[bool]int{true: 403, false: 500}[errors.Is(err, access.ErrForbidden)])
		},
	}))
	huma.Register(api, huma.Operation{OperationID: "x", Method: http.MethodGet, Path: "/x"}, func(context.Context, *struct{}) (*struct{}, error) { return &struct{}{}, nil })
	if w := (&gate{Echo: e}).do(t, call{method: http.MethodGet, path: "/x", auth: "Bearer bls_owner"}); w.Code != http.StatusForbidden {
		t.Errorf("got %d, want 403", w.Code)
	}
}

func TestOnlyPublicRoutesHaveEmptySecurity(t *testing.T) {
	for rule, want := range map[string]string{"public": `"security":[]`, "needs": `"security":[{"bearer":[]},{"cookie":[]}]`} {
		op := huma.Operation{}
		r := access.Public()
		if rule == "needs" {
			r = access.Needs(actor.ReadAudit)
		}
		if err := access.Declare(&op, r); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(&op)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), want) {
			t.Errorf("%s: %s", rule, b)
		}
	}
}

func (g *gate) until429(t *testing.T, c call, most int) int {
	t.Helper()
	for n := range most {
		if c.method == "" {
			c.body = strings.NewReader("{}")
		}
		if w := g.do(t, c); w.Code == http.StatusTooManyRequests {
			return n
		}
	}
	return most
}

func limited(on bool) func(*access.Options) {
	return func(o *access.Options) { o.Limits = access.NewLimits(testkit.Clock(), on) }
}

func TestRatesPerPrincipal(t *testing.T) {
	for name, c := range map[string]struct {
		call call
		want int
	}{
		"an API key bursts to a hundred":            {call{path: "/redeem", auth: "Bearer brk_key"}, 100},
		"a till redeems thirty times a minute":      {call{path: "/redeem", auth: "Bearer blt_till"}, 30},
		"nobody calls sixty times a minute":         {call{path: "/public"}, 60},
		"bad tokens count like none":                {call{path: "/redeem", auth: "Bearer bls_nobody"}, 60},
		"bad tokens on public routes too":           {call{path: "/public", auth: "Bearer bls_nobody"}, 60},
		"who may not call is counted as who it is":  {call{path: "/redeem", auth: "Bearer blp_phone"}, 60},
		"probes are not counted":                    {call{method: http.MethodGet, path: "/probe"}, 200},
		"a participant is counted apart from a net": {call{path: "/mine", auth: "Bearer blp_phone"}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newGate(t, limited(true)).until429(t, c.call, 200); got != c.want {
				t.Errorf("%d calls passed, want %d", got, c.want)
			}
			if got := newGate(t, limited(false)).until429(t, c.call, 200); got != 200 {
				t.Errorf("switched off: %d calls passed", got)
			}
		})
	}
}

func TestARateRefillsWithTheClock(t *testing.T) {
	c := testkit.Clock()
	g := newGate(t, func(o *access.Options) { o.Limits = access.NewLimits(c, true) })
	nobody := call{path: "/public"}
	if n := g.until429(t, nobody, 100); n != 60 {
		t.Fatalf("%d passed", n)
	}
	c.Advance(3 * time.Second)
	if n := g.until429(t, nobody, 100); n != 3 {
		t.Errorf("after three seconds: %d passed, want 3", n)
	}
	c.Advance(time.Hour)
	if n := g.until429(t, nobody, 100); n != 60 {
		t.Errorf("after an hour: %d passed, want 60", n)
	}
}

func TestRateLimitBypass(t *testing.T) {
	trusted := func(proxies ...netip.Prefix) func(*access.Options) {
		extract := access.IPExtractor(proxies)
		return func(o *access.Options) {
			limited(true)(o)
			o.IP = func(ctx huma.Context) string { return extract(humaecho.Unwrap(ctx).Request()) }
		}
	}
	proxy := netip.MustParsePrefix("10.1.0.0/16")
	for name, c := range map[string]struct {
		change func(*access.Options)
		call   func(i int) call
		want   int
	}{
		"a forged X-Forwarded-For without proxy": {trusted(), func(i int) call {
			return call{path: "/public", headers: map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.%d.1", i), "X-Real-Ip": fmt.Sprintf("198.51.%d.1", i)}}
		}, 60},
		"a forged X-Forwarded-For past a proxy": {trusted(proxy), func(i int) call {
			return call{path: "/public", from: "10.1.2.3:1", headers: map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.%d.1, 203.0.113.9", i)}}
		}, 60},
		"a private address that is no proxy": {trusted(proxy), func(i int) call {
			return call{path: "/public", from: "10.2.2.3:1", headers: map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.%d.1", i)}}
		}, 60},
		"clients behind a proxy are apart": {trusted(proxy), func(i int) call {
			return call{path: "/public", from: "10.1.2.3:1", headers: map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.%d.1", i)}}
		}, 200},
		"addresses of one /24": {limited(true), func(i int) call { return call{path: "/public", from: fmt.Sprintf("198.51.100.%d:1", i)} }, 60},
		"addresses of one /64": {limited(true), func(i int) call { return call{path: "/public", from: fmt.Sprintf("[2001:db8:1:2::%x]:1", i)} }, 60},
		"IPv4 in IPv6 clothes": {limited(true), func(i int) call { return call{path: "/public", from: fmt.Sprintf("[::ffff:198.51.100.%d]:1", i)} }, 60},
		"another token each":   {limited(true), func(i int) call { return call{path: "/redeem", auth: fmt.Sprintf("Bearer bls_%d", i)} }, 60},
		"a cookie each":        {limited(true), func(i int) call { return call{path: "/redeem", cookie: fmt.Sprintf("berlaku=bls_%d", i)} }, 60},
	} {
		t.Run(name, func(t *testing.T) {
			g, passed := newGate(t, c.change), 0
			for i := range 200 {
				in := c.call(i)
				in.body = strings.NewReader("{}")
				if g.do(t, in).Code != http.StatusTooManyRequests {
					passed++
				}
			}
			if passed != c.want {
				t.Errorf("%d calls passed, want %d", passed, c.want)
			}
		})
	}
}

func TestHoppingThroughASiteIsBounded(t *testing.T) {
	g, passed := newGate(t, limited(true)), 0
	for i := range 1000 {
		if g.do(t, call{path: "/public", from: fmt.Sprintf("[2001:db8:1:%x::1]:1", i), body: strings.NewReader("{}")}).Code == http.StatusNoContent {
			passed++
		}
	}
	if passed != 480 {
		t.Errorf("%d calls from as many /64 of one /48 passed, want 480", passed)
	}
}

func TestARefusalSaysWhenToComeBack(t *testing.T) {
	var last error
	g := newGate(t, func(o *access.Options) {
		limited(true)(o)
		o.Problem = func(ctx huma.Context, err error) { last = err; ctx.SetStatus(http.StatusTooManyRequests) }
	})
	g.until429(t, call{path: "/redeem", auth: "Bearer blt_till"}, 100)
	l, ok := errors.AsType[*access.LimitedError](last)
	if !ok || l.RetryAfter() != 2*time.Second || !errors.Is(last, access.ErrTooMany) {
		t.Errorf("got %v", last)
	}
}

func TestNoMoreRequestsAtOnceThanTheServerTakes(t *testing.T) {
	g := newGate(t, limited(false))
	g.hold, g.in = make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	for range access.Concurrency {
		all.Go(func() { g.do(t, call{method: http.MethodGet, path: "/public"}) })
	}
	for range access.Concurrency {
		<-g.in
	}
	if w := g.do(t, call{method: http.MethodPost, path: "/public", body: unread{t}}); w.Code != http.StatusServiceUnavailable || w.Body.String() != "overloaded" {
		t.Errorf("one more: %d %s", w.Code, w.Body)
	}
	close(g.hold)
	all.Wait()
	if w := g.do(t, call{path: "/public", body: strings.NewReader("{}")}); w.Code != http.StatusNoContent {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestNetworkOf(t *testing.T) {
	for address, want := range map[string]string{
		"198.51.100.77":            "198.51.100.0/24",
		"198.51.100.77:4711":       "198.51.100.0/24",
		"::ffff:198.51.100.77":     "198.51.100.0/24",
		"2001:db8:1:2:3:4:5:6":     "2001:db8:1:2::/64",
		"[2001:db8:1:2:3::6]:4711": "2001:db8:1:2::/64",
		"fe80::1%eth0":             "fe80::/64",
		"":                         "unknown",
		"@":                        "unknown",
	} {
		if got := access.NetworkOf(address); got != want {
			t.Errorf("%q: got %s, want %s", address, got, want)
		}
	}
}
