package api

import (
	"bytes"
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/strictjson"
)

// The page at /docs: the OpenAPI document for people, without JavaScript.

type docsPage struct {
	Base     string
	Groups   []docsGroup
	Schemas  []docsSchema
	Problems []docsProblem
	Reasons  []docsReason
}

type docsGroup struct {
	ID, Name, Description string
	Operations            []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description, Access string
	Params                                         []docsField
	Media                                          string
	Body                                           []docsField
	Required                                       bool
	Request                                        string // an example
	Answers                                        []docsAnswer
	Refusals                                       []string // statuses that come with a problem
	Response                                       string   // an example
}

type docsAnswer struct {
	Status, Description, Media string
	Type                       docsType
}

// docsType is a type in words: Before, a link to a schema, After.
type docsType struct{ Before, Ref, After string }

type docsField struct {
	Name, In, Doc, Rules string
	Required             bool
	Type                 docsType
}

type docsSchema struct {
	Name, Description string
	Fields            []docsField
}

type docsProblem struct {
	Code    string
	Status  int
	Meaning string
}

type docsReason struct{ Code, ID, EN string }

// renderDocs makes the page from the description of the routes.
func (s *Server) renderDocs() ([]byte, error) {
	doc := s.api.OpenAPI()
	w := docsWriter{doc.Components.Schemas}
	page := docsPage{Base: s.opts.PublicURL, Schemas: w.schemas(), Problems: problems(), Reasons: reasons()}
	for _, tag := range doc.Tags {
		g := docsGroup{ID: slug(tag.Name), Name: tag.Name, Description: tag.Description}
		for _, op := range operations(doc) {
			if slices.Contains(op.Tags, tag.Name) {
				g.Operations = append(g.Operations, w.operation(op))
			}
		}
		if len(g.Operations) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	var b bytes.Buffer
	err := templates.ExecuteTemplate(&b, "docs.html", page)
	return b.Bytes(), err
}

func slug(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "-")) }

// operations returns every operation by path and then by method.
func operations(doc *huma.OpenAPI) []*huma.Operation {
	var out []*huma.Operation
	for _, p := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[p]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				out = append(out, op)
			}
		}
	}
	return out
}

type docsWriter struct{ registry huma.Registry }

func (w docsWriter) operation(op *huma.Operation) docsOperation {
	out := docsOperation{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary,
		Description: op.Description, Access: access.Describe(op),
	}
	for _, p := range op.Parameters {
		f := w.field(p.Name, p.Schema)
		f.In, f.Required = p.In, p.Required
		f.Doc = cmp.Or(p.Description, f.Doc)
		out.Params = append(out.Params, f)
	}
	if op.RequestBody != nil {
		out.Required = op.RequestBody.Required
		for media, content := range op.RequestBody.Content {
			out.Media = media
			out.Body = w.fields(content.Schema)
			if media == "application/json" {
				out.Request = w.example(content.Schema, content.Example)
			}
		}
	}
	w.answers(op, &out)
	return out
}

func (w docsWriter) answers(op *huma.Operation, out *docsOperation) {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if r.Content[problemType] != nil {
			out.Refusals = append(out.Refusals, status)
			continue
		}
		a := docsAnswer{Status: status, Description: r.Description}
		for media, content := range r.Content {
			a.Media = media
			if content.Schema != nil {
				a.Type = w.typeOf(content.Schema)
			}
			if status == strconv.Itoa(op.DefaultStatus) && media == "application/json" {
				out.Response = w.example(content.Schema, content.Example)
			}
		}
		out.Answers = append(out.Answers, a)
	}
}

// resolve follows a reference.
func (w docsWriter) resolve(s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		s = w.registry.SchemaFromRef(s.Ref)
	}
	return s
}

func (w docsWriter) schemas() []docsSchema {
	var out []docsSchema
	for _, name := range slices.Sorted(maps.Keys(w.registry.Map())) {
		s := w.registry.Map()[name]
		out = append(out, docsSchema{Name: name, Description: s.Description, Fields: w.fields(s)})
	}
	return out
}

func (w docsWriter) fields(s *huma.Schema) []docsField {
	s = w.resolve(s)
	if s == nil {
		return nil
	}
	var out []docsField
	for name, p := range s.Properties {
		f := w.field(name, p)
		f.Required = slices.Contains(s.Required, name)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b docsField) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

func (w docsWriter) field(name string, s *huma.Schema) docsField {
	f := docsField{Name: name}
	if s == nil {
		return f
	}
	f.Type, f.Doc, f.Rules = w.typeOf(s), s.Description, rulesOf(s)
	return f
}

func (w docsWriter) typeOf(s *huma.Schema) docsType {
	if s.Ref != "" {
		return docsType{Ref: s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]}
	}
	if s.Type == huma.TypeArray && s.Items != nil {
		t := w.typeOf(s.Items)
		return docsType{Before: strings.TrimSpace("array of " + t.Before), Ref: t.Ref, After: t.After}
	}
	text := cmp.Or(s.Type, "any")
	if s.Format != "" && s.Format != "int64" && s.Format != "int32" {
		text = s.Format
	}
	if s.Nullable {
		text += " or null"
	}
	return docsType{Before: text}
}

// rulesOf puts the limits of a value into words.
func rulesOf(s *huma.Schema) string {
	var out []string
	if len(s.Enum) > 0 {
		out = append(out, enumText(s.Enum))
	}
	if s.Items != nil && len(s.Items.Enum) > 0 {
		out = append(out, "each "+enumText(s.Items.Enum))
	}
	if s.Minimum != nil {
		out = append(out, "at least "+number(*s.Minimum))
	}
	if s.Maximum != nil {
		out = append(out, "at most "+number(*s.Maximum))
	}
	for _, l := range []struct {
		n    *int
		text string
	}{
		{s.MinLength, "at least %d characters"},
		{s.MaxLength, "at most %d characters"},
		{s.MinItems, "at least %d items"},
		{s.MaxItems, "at most %d items"},
	} {
		if l.n != nil {
			out = append(out, strings.Replace(l.text, "%d", strconv.Itoa(*l.n), 1))
		}
	}
	if s.Pattern != "" && s.Format != "uuid" {
		out = append(out, "pattern "+s.Pattern)
	}
	return strings.Join(out, "; ")
}

func enumText(values []any) string {
	var words []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			words = append(words, s)
		}
	}
	return "one of " + strings.Join(words, ", ")
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// problems lists the codes of the HTTP layer and those of the domains.
func problems() []docsProblem {
	meanings := map[string]string{
		"bad_request":            "The request cannot be read.",
		"body_too_large":         "The body is larger than this route takes.",
		"host_unknown":           "The Host header names no host of this server.",
		"internal":               "Our fault. Repeat with the same Idempotency-Key; name the request id when you ask for help.",
		"json_duplicate_member":  "A member stands twice in one object, letter case aside.",
		"json_malformed":         "The body is not one JSON document in UTF-8.",
		"json_too_deep":          "Arrays and objects are nested deeper than 16.",
		"method_not_allowed":     "The path exists, the method does not; see the header Allow.",
		"not_acceptable":         "No form of the answer fits the header Accept.",
		"request_timeout":        "The body came too slowly.",
		"unavailable":            "Something the server needs does not answer. Repeat after Retry-After with the same Idempotency-Key.",
		"unsupported_media_type": "Content-Type or Content-Encoding is not one this route reads.",
	}
	found := map[string]docsProblem{
		"internal": {Status: http.StatusInternalServerError},
	}
	for status, code := range statusCodes {
		found[code] = docsProblem{Status: status}
	}
	for _, code := range []strictjson.Error{strictjson.ErrMalformed, strictjson.ErrDuplicate, strictjson.ErrTooDeep} {
		found[string(code)] = docsProblem{Status: http.StatusBadRequest}
	}
	for _, f := range faults() {
		if status := statusOf(f.Kind); status < http.StatusInternalServerError {
			found[f.Code] = docsProblem{Status: status, Meaning: f.Message}
		}
	}
	var out []docsProblem
	for _, code := range slices.Sorted(maps.Keys(found)) {
		p := found[code]
		p.Code, p.Meaning = code, cmp.Or(p.Meaning, meanings[code])
		out = append(out, p)
	}
	return out
}
