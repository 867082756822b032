package access

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
)

// TillPrefix begins the token of an enrolled till.
const TillPrefix = "blt_"

// Authenticator turns a credential into who acts, or a fault of kind
// unauthenticated.
type Authenticator interface {
	Authenticate(ctx context.Context, credential string) (actor.Actor, error)
}

// Resolver is a domain that gives out credentials and knows them again.
type Resolver interface {
	Actor(ctx context.Context, credential string) (actor.Actor, error)
}

// Kinds is the Authenticator that looks at the prefix of a credential to know
// which domain to ask. A nil domain knows nobody.
type Kinds struct {
	Accounts Resolver // sessions, participants' phones, API keys
	Tills    Resolver // bearers, and assertions that are bearers themselves
}

// Authenticate implements Authenticator.
func (k Kinds) Authenticate(ctx context.Context, credential string) (actor.Actor, error) {
	var ask Resolver
	switch {
	case strings.HasPrefix(credential, TillPrefix), strings.Contains(credential, "."):
		ask = k.Tills // nothing but an assertion that a till signed has dots
	case strings.HasPrefix(credential, accounts.SessionPrefix),
		strings.HasPrefix(credential, accounts.ParticipantPrefix),
		strings.HasPrefix(credential, accounts.KeyPrefix):
		ask = k.Accounts
	}
	if ask == nil {
		return actor.Actor{}, ErrUnauthenticated
	}
	return ask.Actor(ctx, credential)
}

// Credential is what a caller showed.
type Credential struct {
	Token  pii.Text
	Cookie bool // came as a cookie, so a browser may have been made to send it
}

// Bytes of a credential at most: those that we give out are far shorter, the
// assertion of a till is not.
const (
	maxCredential = 512
	maxAssertion  = 2048
)

// Find returns the credential of a request: the bearer token, else the cookie.
// A request that carries an Authorization header of another kind has a
// credential that opens nothing.
func (c Cookies) Find(header func(name string) string) (Credential, bool) {
	if h := header("Authorization"); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		most := maxCredential
		if strings.Contains(token, ".") {
			most = maxAssertion
		}
		if !strings.EqualFold(scheme, "bearer") || len(token) > most {
			token = ""
		}
		return Credential{Token: pii.Text(strings.TrimSpace(token))}, true
	}
	if h := header("Cookie"); h != "" {
		// A line that is malformed as a whole holds no cookie of ours.
		found, _ := http.ParseCookie(h) //nolint:errcheck // see above
		for _, k := range found {
			if k.Name == c.name() && k.Value != "" && len(k.Value) <= maxCredential && !strings.Contains(k.Value, ".") {
				return Credential{Token: pii.Text(k.Value), Cookie: true}, true
			}
		}
	}
	return Credential{}, false
}

type credentialKey struct{}

// CredentialFrom returns the credential with which the caller was recognised.
func CredentialFrom(ctx context.Context) (Credential, bool) {
	c, ok := ctx.Value(credentialKey{}).(Credential)
	return c, ok
}

// Options is what the Guard needs.
type Options struct {
	Authenticator Authenticator
	// Problem answers with the error; the only place that knows statuses and bodies.
	Problem func(ctx huma.Context, err error)
	Cookies Cookies
	// Limits may be nil: no limits.
	Limits *Limits
	// IP returns the client's address; nil: that of the connection.
	IP func(ctx huma.Context) string
	// Clock says whether somebody proved who it is a short while ago; nil: the system's.
	Clock clock.Clock
	// Origins judges writes that come with a cookie; nil: same origin only.
	Origins *http.CrossOriginProtection
}

// Guard returns the middleware that every operation passes before its body is
// read. It keeps the request id of the actor that is in the context already.
func Guard(o Options) func(ctx huma.Context, next func(huma.Context)) {
	if o.IP == nil {
		o.IP = huma.Context.RemoteAddr
	}
	if o.Origins == nil {
		o.Origins = http.NewCrossOriginProtection()
	}
	return func(ctx huma.Context, next func(huma.Context)) {
		leave, err := o.Limits.enter()
		if err != nil {
			o.Problem(ctx, err)
			return
		}
		defer leave()
		rule, err := Of(ctx.Operation())
		if err != nil {
			o.Problem(challenge(ctx, ErrForbidden))
			return
		}
		op, address := ctx.Operation(), ctx.URL()
		inner, err := o.admit(ctx.Context(), &request{
			rule: rule, operation: op.Method + " " + op.Path, ip: o.IP(ctx),
			method: ctx.Method(), host: ctx.Host(), path: address.Path, header: ctx.Header,
		})
		if err != nil {
			o.Problem(challenge(ctx, err))
			return
		}
		next(huma.WithContext(ctx, inner))
	}
}

// challenge adds what RFC 6750 wants with a 401.
func challenge(ctx huma.Context, err error) (huma.Context, error) {
	if fault.KindOf(err) == fault.Unauthenticated {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="berlaku"`)
	}
	return ctx, err
}

// request is what access looks at, whoever routes.
type request struct {
	rule          Rule
	operation, ip string
	method        string
	host, path    string
	header        func(name string) string
}

// admit returns the context in which the caller acts, when that one may.
func (o *Options) admit(ctx context.Context, r *request) (context.Context, error) {
	who, credential, err := o.judge(ctx, r)
	if err != nil {
		return nil, err
	}
	who.RequestID = actor.From(ctx).RequestID
	ctx = actor.With(ctx, who)
	if who.Kind != actor.Anonymous {
		ctx = context.WithValue(ctx, credentialKey{}, credential)
	}
	return ctx, nil
}

// judge returns who calls, when that one may.
func (o *Options) judge(ctx context.Context, r *request) (actor.Actor, Credential, error) {
	caller := caller{rule: r.rule, operation: r.operation, ip: r.ip, who: actor.Actor{Kind: actor.Anonymous}}
	credential, found := o.Cookies.Find(r.header)
	if found && credential.Cookie && !o.sameOrigin(r) {
		return actor.Actor{}, Credential{}, ErrCrossOrigin
	}
	err := error(ErrUnauthenticated)
	if found && credential.Token != "" {
		var who actor.Actor
		if who, err = o.Authenticator.Authenticate(ctx, credential.Token.Reveal()); err == nil {
			caller.who = who
		}
	}
	if err != nil && !r.rule.public && fault.KindOf(err) != fault.Unauthenticated {
		return actor.Actor{}, Credential{}, err
	}
	if limited := o.Limits.take(caller); limited != nil {
		return actor.Actor{}, Credential{}, limited
	}
	switch {
	case r.rule.Allows(caller.who):
		return caller.who, credential, r.rule.holds(caller.who, o.now())
	case err != nil:
		return actor.Actor{}, Credential{}, err
	case caller.who.Ended:
		return actor.Actor{}, Credential{}, ErrUnauthenticated
	}
	return actor.Actor{}, Credential{}, ErrForbidden
}

func (o *Options) now() time.Time {
	if o.Clock == nil {
		return clock.System().Now()
	}
	return o.Clock.Now()
}

// sameOrigin reports whether the request is safe, or no page of another site
// has sent it.
func (o *Options) sameOrigin(asked *request) bool {
	r := http.Request{Method: asked.method, Host: asked.host, URL: &url.URL{Path: asked.path}, Header: http.Header{}}
	for _, name := range []string{"Sec-Fetch-Site", "Origin"} {
		if v := asked.header(name); v != "" {
			r.Header.Set(name, v)
		}
	}
	return o.Origins.Check(&r) == nil
}
