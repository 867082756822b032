package api

import (
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// uploadTimeout is how long an upload may take, work on it included.
const uploadTimeout = 5 * time.Minute

// fileOutput is an answer that is no JSON.
type fileOutput struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	AllowOrigin  string `header:"Access-Control-Allow-Origin"`
	Body         []byte
}

// file describes an answer of other media types.
func file(media ...string) map[string]*huma.Response {
	content := map[string]*huma.MediaType{}
	for _, m := range media {
		content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
}

// jsonAnswer describes an answer with the body B.
func jsonAnswer[B any](s *Server) *huma.Response {
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), true, "")
	return &huma.Response{
		Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{"application/json": {Schema: schema}},
	}
}

// example is a body that the docs show instead of one made from the schema.
func example(body map[string]any) *huma.RequestBody {
	return &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: body}}}
}

// unlessHeld answers 304 without a body when the client holds the same.
func (f *fileOutput) unlessHeld(ifNoneMatch string) *fileOutput {
	f.Status = http.StatusOK
	if notModified(ifNoneMatch, f.ETag) {
		f.Status, f.Body = http.StatusNotModified, nil
	}
	return f
}
