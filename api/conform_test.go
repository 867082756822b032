package api_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// description is the OpenAPI document of a server, to compare answers with.
type description struct {
	doc   *openapi3.T
	paths map[string]*regexp.Regexp
}

func describe(t *testing.T, h http.Handler) *description {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("GET", "/openapi.json", ""))
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	d := &description{doc: doc, paths: map[string]*regexp.Regexp{}}
	param := regexp.MustCompile(`\\\{[^}]*\\\}`)
	for path := range doc.Paths.Map() {
		d.paths[path] = regexp.MustCompile("^" + param.ReplaceAllString(regexp.QuoteMeta(path), "[^/]*") + "$")
	}
	return d
}

// operation returns what the document says of a request: of the paths that
// fit, the one with the fewest parameters.
func (d *description) operation(method, path string) *openapi3.Operation {
	best := ""
	for p, re := range d.paths {
		if re.MatchString(path) && (best == "" || strings.Count(p, "{") < strings.Count(best, "{")) {
			best = p
		}
	}
	if best == "" {
		return nil
	}
	return d.doc.Paths.Value(best).GetOperation(method)
}

// check fails the test when the answer is not as the document says.
func (d *description) check(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	op := d.operation(r.Method, r.URL.Path)
	if op == nil {
		return
	}
	answer := op.Responses.Status(w.Code)
	if answer == nil {
		t.Errorf("%s %s answers %d, which is not described: %s", r.Method, r.URL.Path, w.Code, w.Body)
		return
	}
	if w.Body.Len() == 0 {
		return
	}
	media, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	content := answer.Value.Content[media]
	if err != nil || content == nil {
		t.Errorf("%s %s answers %d with %s, which is not described", r.Method, r.URL.Path, w.Code, media)
		return
	}
	if !strings.HasSuffix(media, "json") || content.Schema == nil {
		return
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		return
	}
	if err := content.Schema.Value.VisitJSON(v, openapi3.VisitAsResponse(), openapi3.MultiErrors()); err != nil {
		t.Errorf("%s %s answers %d unlike its description: %v", r.Method, r.URL.Path, w.Code, err)
	}
}
