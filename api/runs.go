package api

// runRoutes registers cards for many people.
func (s *Server) runRoutes() {}
