package api

import (
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
)

// routes registers the API at a glance; each group stands in its own file,
// with who may call beside the path.
func (s *Server) routes() {
	s.healthRoutes()
}

// faults are those that routes answer with, for the documentation.
func faults() []*fault.Error {
	return []*fault.Error{errNoRoute, errNoBody, errBody, errQuery, errValidation, page.ErrCursor,
		access.ErrUnauthenticated, access.ErrForbidden, access.ErrCrossOrigin, access.ErrTooMany}
}

func reasons() []docsReason { return nil }
