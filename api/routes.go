package api

import (
	"github.com/berlaku/berlaku/redemptions"
)

// routes registers the API at a glance; each group stands in its own file,
// with who may call beside the path.
func (s *Server) routes() {
	s.healthRoutes()
	s.publicRoutes()
	s.scanRoutes()
	s.sessionRoutes()
	s.accountRoutes()
	s.participantRoutes()
	s.importRoutes()
	s.cardRoutes()
	s.sectorRoutes()
	s.assessmentRoutes()
	s.partnerRoutes()
	s.outletRoutes()
	s.keyRoutes()
	s.benefitRoutes()
	s.tillRoutes()
	s.perisaiRoutes()
	s.reportRoutes()
	s.auditRoutes()
	s.claimRoutes()
	s.dataRoutes()
	s.phoneRoutes()
	s.runRoutes()
	s.myRoutes()
	s.directoryRoutes()
}

// reasons are those of the counter, for the documentation.
func reasons() []docsReason {
	var out []docsReason
	for _, r := range redemptions.Reasons() {
		out = append(out, docsReason{string(r), r.Message().ID, r.Message().EN})
	}
	return out
}
