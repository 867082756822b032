package api

// Echo returns every route that is registered, in the description or not, as
// "GET /v1/cards/:id".
func (s *Server) Echo() []string {
	var out []string
	for _, r := range s.echo.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}
