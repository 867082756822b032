package api

// dataRoutes registers people's data: requests, accesses, consent.
func (s *Server) dataRoutes() {}
