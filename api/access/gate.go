package access

import (
	"context"
	"net/http"

	"github.com/berlaku/berlaku/internal/actor"
)

// Gate is the Guard for pages: the same rules, limits and sign-in, for requests
// that no huma operation describes.
type Gate struct {
	options Options
	ip      func(*http.Request) string
}

// NewGate returns a gate. Options.Problem and Options.IP are not used: the
// caller of Enter answers, and ip returns the client's address.
func NewGate(o Options, ip func(*http.Request) string) *Gate {
	if o.Origins == nil {
		o.Origins = http.NewCrossOriginProtection()
	}
	return &Gate{options: o, ip: ip}
}

// Enter returns the context in which the caller of the route ("GET /konsol")
// acts. The caller of Enter calls leave when the answer has left, also after an
// error.
func (g *Gate) Enter(r *http.Request, route string, rule Rule) (ctx context.Context, leave func(), err error) {
	leave, err = g.options.Limits.enter()
	if err != nil {
		return nil, func() {}, err
	}
	if err := rule.check(); err != nil {
		return nil, leave, ErrForbidden
	}
	asked := &request{
		rule: rule, operation: route, ip: g.ip(r), method: r.Method, host: r.Host, path: r.URL.Path, header: r.Header.Get,
	}
	// A form of another site comes without our cookie: it must not sign its
	// reader in as somebody else either.
	if r.Header.Get("Sec-Fetch-Site") != "" && !g.options.sameOrigin(asked) {
		return nil, leave, ErrCrossOrigin
	}
	ctx, err = g.options.admit(r.Context(), asked)
	return ctx, leave, err
}

// Check returns ErrNoRule for a rule that says nobody who may call.
func (r Rule) Check() error { return r.check() }

// Note is what a face tells the log about a request.
type Note struct {
	Who   actor.Actor
	Cause error // of an internal error
}

type noteKey struct{}

// WithNote returns a context in which Noted finds n.
func WithNote(ctx context.Context, n *Note) context.Context {
	return context.WithValue(ctx, noteKey{}, n)
}

// Noted returns the note of the request; outside of one, an empty one.
func Noted(ctx context.Context) *Note {
	if n, ok := ctx.Value(noteKey{}).(*Note); ok {
		return n
	}
	return &Note{}
}
