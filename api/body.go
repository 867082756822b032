package api

import (
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// checkBody runs after the guard and before the body is read: it refuses media
// types and encodings that the route does not read, and caps the size.
func (s *Server) checkBody(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	r := humaecho.Unwrap(ctx).Request()
	if op.RequestBody == nil || r.ContentLength == 0 {
		next(ctx)
		return
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		s.answerProblem(ctx, statusProblem(ctx.Context(), http.StatusUnsupportedMediaType))
		return
	}
	if !accepts(op, r.Header.Get("Content-Type")) {
		s.answerProblem(ctx, statusProblem(ctx.Context(), http.StatusUnsupportedMediaType))
		return
	}
	if r.ContentLength >= op.MaxBodyBytes {
		s.answerProblem(ctx, statusProblem(ctx.Context(), http.StatusRequestEntityTooLarge))
		return
	}
	w := humaecho.Unwrap(ctx).Response()
	if op.MaxBodyBytes > bodyLimit+1 {
		// An upload may take longer than answers otherwise do. What cannot set
		// a deadline has none.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) //nolint:errcheck // see above
	}
	r.Body = http.MaxBytesReader(w, r.Body, op.MaxBodyBytes-1)
	next(ctx)
}

func accepts(op *huma.Operation, contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return false
	}
	_, ok := op.RequestBody.Content[media]
	return ok
}

// answerProblem ends a request inside huma with p.
func (s *Server) answerProblem(ctx huma.Context, p *problem) {
	p.write(humaecho.Unwrap(ctx).Response())
}

// refuseAccess is how the guard refuses.
func (s *Server) refuseAccess(ctx huma.Context, err error) {
	s.answerProblem(ctx, problemOf(ctx.Context(), err))
}
