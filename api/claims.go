package api

// claimRoutes registers getting a card by one's own data.
func (s *Server) claimRoutes() {}
