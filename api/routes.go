package api

import (
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/redemptions"
)

// routes registers the API at a glance; each group stands in its own file,
// with who may call beside the path.
func (s *Server) routes() {
	s.healthRoutes()
	s.publicRoutes()
	s.scanRoutes()
	s.sessionRoutes()
	s.participantRoutes()
	s.importRoutes()
	s.cardRoutes()
	s.sectorRoutes()
	s.partnerRoutes()
	s.outletRoutes()
	s.keyRoutes()
	s.benefitRoutes()
	s.tillRoutes()
	s.perisaiRoutes()
	s.reportRoutes()
	s.auditRoutes()
}

// faults are those that routes answer with, for the documentation.
func faults() []*fault.Error {
	return []*fault.Error{errNoRoute, errNoBody, errBody, errQuery, errKey, errValidation, page.ErrCursor,
		access.ErrUnauthenticated, access.ErrForbidden, access.ErrCrossOrigin, access.ErrTooMany}
}

func reasons() []docsReason {
	var out []docsReason
	for _, r := range redemptions.Reasons() {
		out = append(out, docsReason{string(r), r.Message().ID, r.Message().EN})
	}
	return out
}
