package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

// requestIDHeader carries the id of the request back. A value that the client
// sends is not looked at.
const requestIDHeader = "X-Request-Id"

// info is what the HTTP layer knows of one request. It is filled while the
// request goes inwards and read when the answer has left.
type info struct {
	id     string
	docs   string // address of the documentation
	ip     string
	device string // kind of program that asks, from what it says of itself
	local  bool   // made on this machine, through no proxy
	route  string // pattern, never the path
	who    actor.Actor
	cause  error       // of a 5xx
	page   access.Note // what the face that makes pages says
}

type infoKey struct{}

// infoFrom returns the info of the request; outside of one an empty one.
func infoFrom(ctx context.Context) *info {
	if i, ok := ctx.Value(infoKey{}).(*info); ok {
		return i
	}
	return &info{docs: "/docs"}
}

// begin gives the request its id and info.
func (s *Server) begin(r *http.Request) (*http.Request, *info) {
	i := &info{
		id: uid.At(s.opts.Clock.Now()).String(), docs: s.opts.PublicURL + "/docs",
		ip: s.extractIP(r), local: fromHere(r), device: access.DeviceOf(r.UserAgent()), who: actor.Actor{Kind: actor.Anonymous},
	}
	ctx := access.WithNote(context.WithValue(r.Context(), infoKey{}, i), &i.page)
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Anonymous, RequestID: i.id})
	return r.WithContext(ctx), i
}

// identify runs after the guard: it notes who acts, and joins the request id to
// the actor so that the audit log holds it.
func identify(ctx huma.Context, next func(huma.Context)) {
	i := infoFrom(ctx.Context())
	who := actor.From(ctx.Context())
	who.RequestID = i.id
	i.who = who
	next(huma.WithContext(ctx, actor.With(ctx.Context(), who)))
}
