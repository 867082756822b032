package api

// directoryRoutes registers where promos are.
func (s *Server) directoryRoutes() {}
