package api

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const exampleDepth = 6

// example writes a body that fits the schema: the examples of its members,
// else something of their kind.
func (w docsWriter) example(s *huma.Schema, given any) string {
	v := given
	if v == nil {
		v = w.exampleOf(s, 0)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

func (w docsWriter) exampleOf(s *huma.Schema, depth int) any {
	if s != nil && len(s.Examples) > 0 {
		return s.Examples[0]
	}
	switch s = w.resolve(s); {
	case s == nil || depth > exampleDepth:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for name, p := range s.Properties {
			if slices.Contains(s.Required, name) || depth == 0 {
				out[name] = w.exampleOf(p, depth+1)
			}
		}
		return out
	case huma.TypeArray:
		return []any{w.exampleOf(s.Items, depth+1)}
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case huma.TypeBoolean:
		return true
	}
	return exampleText(s.Format)
}

func exampleText(format string) string {
	switch format {
	case "uuid":
		return "0193591c-5a00-7c3e-9d2f-1b7f2c6a4e10"
	case "date":
		return "2026-11-24"
	case "date-time":
		return "2026-11-24T02:00:00Z"
	case "uri", "uri-reference":
		return "https://kartu.example/r/7K3M9QXA"
	case "email":
		return "nama@contoh.example"
	}
	return "text"
}
