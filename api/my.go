package api

// myRoutes registers what a participant used, may use and wishes.
func (s *Server) myRoutes() {}
