package strictjson_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/internal/strictjson"
)

func TestStrictJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	const malformed, duplicate, tooDeep = "json_malformed", "json_duplicate_member", "json_too_deep"
	for _, c := range []struct{ name, body, want string }{
		{"nothing", "", malformed},
		{"only space", " \n", malformed},
		{"an object", `{"a":1}`, ""},
		{"an empty object", `{ }`, ""},
		{"an empty array", `[ ]`, ""},
		{"space everywhere", " {\t\"a\" :\r\n[ 1 , 2 ] } ", ""},
		{"two documents", `{}{}`, malformed},
		{"two documents on two lines", "{}\n{}", malformed},
		{"a word behind the document", `{} x`, malformed},
		{"a NUL behind the document", "{}\x00", malformed},
		{"a byte order mark", "\ufeff{}", malformed},
		{"not UTF-8", "{\"a\":\"\xff\"}", malformed},
		{"UTF-16", "{\x00}\x00", malformed},
		{"an overlong encoding", "{\"a\":\"\xc0\xaf\"}", malformed},
		{"a surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", malformed},
		{"half a pair", `"\ud800"`, malformed},
		{"the other half", `"\udc00"`, malformed},
		{"half a pair and a letter", `"\ud800a"`, malformed},
		{"two first halves", `"\ud83d\ud83d"`, malformed},
		{"a pair", `"\ud83d\ude00"`, ""},
		{"a comment", `{/* */}`, malformed},
		{"a comma at the end of an object", `{"a":1,}`, malformed},
		{"a comma at the end of an array", `[1,]`, malformed},
		{"a comma at the start", `[,1]`, malformed},
		{"no comma", `[1 2]`, malformed},
		{"no colon", `{"a" 1}`, malformed},
		{"no value", `{"a":}`, malformed},
		{"a name without quotes", `{a:1}`, malformed},
		{"single quotes", `{'a':1}`, malformed},
		{"an open object", `{"a":1`, malformed},
		{"an open array", `[1`, malformed},
		{"an open string", `"a`, malformed},
		{"a string that ends in its escape", `"a\`, malformed},
		{"an unknown escape", `"\x41"`, malformed},
		{"a short escape", `"\u12"`, malformed},
		{"a line end in a string", "\"a\nb\"", malformed},
		{"a member twice", `{"a":1,"a":1}`, duplicate},
		{"a member twice in other letter case", `{"role":1,"ROLE":2}`, duplicate},
		{"a member twice, once escaped", `{"a":1,"\u0061":2}`, duplicate},
		{"a member twice by the Kelvin sign", "{\"k\":1,\"\u212a\":2}", duplicate},
		{"a member twice by the long s", "{\"s\":1,\"\u017f\":2}", duplicate},
		{"a member twice deep inside", `{"a":[{"b":{"c":1,"c":2}}]}`, duplicate},
		{"the same member in two objects", `[{"a":1},{"a":2}]`, ""},
		{"depth 16", deep(16), ""},
		{"depth 17", deep(17), tooDeep},
		{"depth 100,000", strings.Repeat("[", 100_000), tooDeep},
		{"siblings are not depth", "[" + strings.Repeat("[],", 50) + "[]]", ""},
		{"a leading zero", `01`, malformed},
		{"a plus", `+1`, malformed},
		{"a lone minus", `-`, malformed},
		{"a point without digits", `1.`, malformed},
		{"a point without a number", `.5`, malformed},
		{"an exponent without digits", `1e`, malformed},
		{"minus zero", `-0`, ""},
		{"a fraction", `-0.5e+3`, ""},
		{"a number that no float holds", `1e400`, malformed},
		{"hexadecimal", `0x10`, malformed},
		{"NaN", `NaN`, malformed},
		{"Infinity", `Infinity`, malformed},
		{"True", `True`, malformed},
		{"half a word", `nul`, malformed},
		{"a word and a half", `nullx`, malformed},
		{"true", `true`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := strictjson.Parse([]byte(c.body))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err == nil && !json.Valid([]byte(c.body)) {
				t.Error("taken although it is no JSON")
			}
		})
	}
}

func TestIntegersKeepEveryDigit(t *testing.T) {
	got, err := strictjson.Parse([]byte(`[9007199254740993,-9223372036854775808,9223372036854775808,1.5,"\u00e9",null,false]`))
	want := []any{int64(9007199254740993), int64(-9223372036854775808), float64(9223372036854775808), 1.5, "é", nil, false}
	if err != nil || !cmp.Equal(got, any(want)) {
		t.Errorf("%v %s", err, cmp.Diff(any(want), got))
	}
}

func FuzzStrictJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"\ud83d\ude00",null,true]}`, `{"a":1,"A":2}`, `"\ud800"`, `[[[[]]]]`, `-0.1E-5`, "{\"\u212a\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := strictjson.Parse(data)
		if err != nil {
			switch err.Error() {
			case "json_malformed", "json_duplicate_member", "json_too_deep":
				return
			}
			t.Fatalf("error that is no code: %v", err)
		}
		if !json.Valid(data) {
			t.Fatal("taken although encoding/json refuses it")
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("encoding/json cannot decode what was taken: %v", err)
		}
		if bytes.Contains(data, []byte(`\u0000`)) {
			return // such strings stand for themselves in our tree
		}
		if !reflect.DeepEqual(plain(got), want) {
			t.Fatalf("got %#v, want %#v", plain(got), want)
		}
	})
}

// plain turns the tree into what encoding/json makes.
func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}
