package api

// phoneRoutes registers the phone's own card: token, renewal, state, wallet.
func (s *Server) phoneRoutes() {}
