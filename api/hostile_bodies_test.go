package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// spur stands in everything hostile that is sent; it must never come back.
const spur = "jejak7f3a91"

// bad is a body, or the headers around one, that no route takes.
type bad struct {
	name, body string
	headers    []string
	// perhaps says that the body may be a good one to this route; it must not
	// break anything, that is all.
	perhaps bool
}

func nested(n int, open, end string) string {
	return strings.Repeat(open, n) + "1" + strings.Repeat(end, n)
}

// documents are bodies that are no JSON object as we read it, made of a good one.
func documents(good string) []bad {
	in := strings.TrimSuffix(good, "}")
	also := func(members string) string {
		if in == "{" {
			return in + members + "}"
		}
		return in + "," + members + "}"
	}
	out := []bad{
		{name: "one space", body: " "}, {name: "words", body: spur}, {name: "half of it", body: good[:len(good)/2+1]}, {name: "all but the end", body: in},
		{name: "an array", body: "[" + good + "]"}, {name: "an empty array", body: "[]"}, {name: "a string", body: `"` + spur + `"`}, {name: "a number", body: "7"},
		{name: "true", body: "true"}, {name: "a second document", body: good + good}, {name: "a second document on a new line", body: good + "\n{}"},
		{name: "something behind it", body: good + spur}, {name: "a trailing comma", body: in + ",}"}, {name: "a comment", body: "/* " + spur + " */" + good},
		{name: "a line comment", body: good + "// " + spur}, {name: "single quotes", body: strings.ReplaceAll(also(`"a":1`), `"`, "'")}, {name: "bare names", body: also(spur + ":1")},
		{name: "an unknown member", body: also(`"` + spur + `":1`)}, {name: "__proto__", body: also(`"__proto__":{"admin":true}`)}, {name: "constructor", body: also(`"constructor":{"prototype":{}}`)},
		{name: "$ref", body: also(`"$ref":"#/` + spur + `"`)}, {name: "$schema", body: also(`"$schema":"https://` + spur + `.example"`)}, {name: "an empty name", body: also(`"":1`)},
		{name: "a name of 6,000 characters", body: also(`"` + strings.Repeat(spur, 600) + `":1`)}, {name: "columns of the table", body: also(`"id":"` + absent + `","state":"active","branch_id":7,"role":"` + spur + `"`)},
		{name: "17 deep in an array", body: also(`"a":` + nested(17, "[", "]"))}, {name: "10,000 deep in an array", body: also(`"a":` + nested(10_000, "[", "]"))},
		{name: "17 deep in an object", body: also(`"a":` + nested(17, `{"a":`, "}"))}, {name: "only brackets", body: strings.Repeat("[", 20_000)}, {name: "only braces", body: strings.Repeat(`{"a":`, 2_000)},
		{name: "300 KiB", body: also(`"a":"` + strings.Repeat("a", 300<<10) + `"`)}, {name: "2 MiB of spaces", body: good + strings.Repeat(" ", 2<<20)},
		{name: "1e400", body: also(`"a":1e400`)}, {name: "NaN", body: also(`"a":NaN`)}, {name: "Infinity", body: also(`"a":-Infinity`)}, {name: "01", body: also(`"a":01`)}, {name: "+1", body: also(`"a":+1`)},
		{name: ".5", body: also(`"a":.5`)}, {name: "5.", body: also(`"a":5.`)}, {name: "0x10", body: also(`"a":0x10`)}, {name: "1_000", body: also(`"a":1_000`)},
		{name: "a lone surrogate", body: also(`"a":"\ud800` + spur + `"`)}, {name: "halves the wrong way", body: also(`"a":"\udc00\ud800"`)}, {name: "a wrong escape", body: also(`"a":"\x41"`)},
		{name: "a control character", body: also("\"a\":\"\x01" + spur + "\"")}, {name: "a line end in a string", body: also("\"a\":\"x\ny\"")}, {name: "NUL", body: also("\"a\":\"\x00\"")}, {name: "an escaped NUL in a name", body: also(`"` + spur + `\u0000":1`)},
		{name: "no UTF-8", body: also("\"a\":\"" + spur + "\xff\xfe\"")}, {name: "overlong UTF-8", body: also("\"a\":\"\xc0\xaf\"")}, {name: "a UTF-8 surrogate", body: also("\"a\":\"\xed\xa0\x80\"")},
		{name: "a byte order mark", body: "\ufeff" + good}, {name: "UTF-16", body: strings.Join(strings.Split(good, ""), "\x00")}, {name: "a form", body: "a=" + spur}, {name: "XML", body: "<a>" + spur + "</a>"},
		{name: "gzip", body: good, headers: []string{"Content-Encoding", "gzip"}}, {name: "br", body: good, headers: []string{"Content-Encoding", "br"}},
		{name: "text/plain", body: good, headers: []string{"Content-Type", "text/plain"}}, {name: "no content type", body: good, headers: []string{"Content-Type", ""}},
		{name: "application/xml", body: good, headers: []string{"Content-Type", "application/xml; a=" + spur}}, {name: "utf-16", body: good, headers: []string{"Content-Type", "application/json; charset=utf-16"}},
		{name: "a broken content type", body: good, headers: []string{"Content-Type", "application/json; " + spur}}, {name: "a form's content type", body: good, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}},
	}
	return append(out, twice(good)...)
}

// twice repeats each member, as it is and in other letter cases.
func twice(good string) []bad {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(good), &all) != nil {
		return nil
	}
	var out []bad
	for _, name := range slices.Sorted(maps.Keys(all)) {
		in, value := strings.TrimSuffix(good, "}"), string(all[name])
		out = append(
			out, bad{name: name + " twice", body: fmt.Sprintf(`%s,%q:%s}`, in, name, value)},
			bad{name: name + " again in capitals", body: fmt.Sprintf(`%s,%q:%s}`, in, strings.ToUpper(name), value)},
			bad{name: name + " in capitals only", body: strings.Replace(good, `"`+name+`":`, `"`+strings.ToUpper(name)+`":`, 1)},
			bad{name: name + " again, escaped", body: fmt.Sprintf(`%s,"\u%04x%s":%s}`, in, name[0], name[1:], value)},
		)
	}
	return out
}

// Values that are put in the place of a good one, whatever that is.
var oddValues = []string{
	"true", "false", "[]", "{}", `{"` + spur + `":1}`, `["` + spur + `"]`, "[null]", "[[]]", `""`, `"` + spur + `"`, "0", "-0", "-1", "1", "1.5", "1e3", "1.0", "-1e-3", "1e19", "1e300",
	"9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1000000001", "99999999999999999999999999999999",
	`"` + absent + `"`, `"00000000-0000-0000-0000-000000000000"`, `"{` + absent + `}"`, `"0193591c5a007c3e9d2f1b7f2c6a4e10"`, `"0193591c-5a00-7c3e-9d2f-1b7f2c6a4e1g"`,
	`"2026-02-30"`, `"2026-13-01"`, `"0000-00-00"`, `"24-11-2026"`, `"10000-01-01"`, `"2026-11-24T00:00:00Z"`, `"9999-12-31"`, `"0001-01-01"`, `"99:99"`,
	`"' OR 1=1; DROP TABLE accounts; -- ` + spur + `"`, `"=cmd|' /C calc'!A0 ` + spur + `"`, `"<script>` + spur + `</script>"`, `"../../etc/passwd` + spur + `"`, `"%00` + spur + `"`, `"${jndi:ldap://` + spur + `}"`,
	`"\u0000` + spur + `"`, `"a\u0000b"`, `"\u202e` + spur + `"`, `"\u0007` + spur + `"`, `"` + "\u200b\ufeff" + spur + `"`, `"\ud83d\ude00` + spur + `"`, `" "`, `"\n\r\t` + spur + `"`,
	`"` + strings.Repeat(spur, 30) + `"`, `"` + strings.Repeat("é", 700) + `"`, `"` + strings.Repeat(spur, 3000) + `"`, `"2026"`, `"1"`, `"true"`, `"null"`,
}

// mutations are good bodies in which one place is odd, missing or has company.
// Which of them are bad is for the route's schema to say.
func mutations(t testing.TB, good string, schema *openapi3.Schema) []bad {
	t.Helper()
	var tree any
	d := json.NewDecoder(strings.NewReader(good))
	d.UseNumber()
	none(t, d.Decode(&tree))
	var out []bad
	fits := func(text string) bool {
		var v any
		return json.Unmarshal([]byte(text), &v) == nil && schema.VisitJSON(v) == nil
	}
	put := func(name, text string) { out = append(out, bad{name: name, body: text, perhaps: fits(text)}) }
	const here = "\"@@here@@\""
	places(tree, "", func(place string, write func(v any) (undo func()), remove func() (undo func())) {
		undo := write("@@here@@")
		text := encode(tree)
		undo()
		for _, v := range oddValues {
			put(fmt.Sprintf("%s is %.40s", place, v), strings.Replace(text, here, v, 1))
		}
		if remove == nil {
			return
		}
		undo = remove()
		put("no "+place, encode(tree))
		undo()
		// null is as good as leaving a member out that may be left out.
		out = append(out, bad{name: place + " is null", body: strings.Replace(text, here, "null", 1), perhaps: out[len(out)-1].perhaps})
	})
	objects(tree, "", func(place string, o map[string]any) {
		o[spur] = 1
		put("company in "+place+"/", encode(tree))
		delete(o, spur)
	})
	return out
}

func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// places visits every value below v.
func places(v any, at string, f func(place string, write func(v any) func(), remove func() func())) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			old := v[name]
			undo := func() { v[name] = old }
			f(at+"/"+name, func(x any) func() { v[name] = x; return undo }, func() func() { delete(v, name); return undo })
			places(old, at+"/"+name, f)
		}
	case []any:
		for i, old := range v {
			f(fmt.Sprintf("%s/%d", at, i), func(x any) func() { v[i] = x; return func() { v[i] = old } }, nil)
			places(old, fmt.Sprintf("%s/%d", at, i), f)
		}
	}
}

func objects(v any, at string, f func(place string, o map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			objects(v[name], at+"/"+name, f)
		}
		f(at, v)
	case []any:
		for i := range v {
			objects(v[i], fmt.Sprintf("%s/%d", at, i), f)
		}
	}
}

// fuller are good bodies with every member, for routes whose row in the matrix
// has the shortest one.
var fuller = map[string]string{
	"POST /v1/participants": `{"branch_id":"{branch}","region_code":"72.71","id_type":"nik","id_number":"9901010101900999","name":"Siti","birth_on":"1990-01-01","phone":"081234567890",` +
		`"membership":{"branch_id":"{branch}","agent_id":"{agent}","programmes":["jkk","jkm"],"payer":"self","source":"officer",` + membershipText[1:] + `,"consent":{"version":"1","text_hash":"` + hashText + `","channel":"branch"}}`,
	"PATCH /v1/participants/{id}":            `{"name":"Budi","birth_on":"1990-01-01","phone":"081234567890","region_code":"72.71"}`,
	"POST /v1/participants/{id}/memberships": `{"branch_id":"{branch}","agent_id":"{agent}","programmes":["jkk","jkm"],"payer":"self","source":"officer",` + membershipText[1:],
	"POST /v1/participants/search":           `{"id_type":"nik","id_number":"9901010101900001","kpj":"23000000001"}`,
	"POST /v1/participants/{id}/cards":       `{"form":"phone","device_key":{jwk}}`,
	"POST /v1/partners":                      `{"sector_id":"{sector}","branch_id":"{branch}","name":"CV Baru","nib":"1234567890123","npwp":"1234567890123456","contact":{"name":"Rina","phone":"081234567890","email":"rina@uji.example"}}`,
	"PUT /v1/partners/{id}":                  `{"name":"CV Lain","nib":"1234567890123","npwp":"1234567890123456","contact":{"name":"Rina","phone":"081234567890","email":"rina@uji.example"}}`,
	"POST /v1/partners/{id}/agreements":      `{"number":"PKS-9","starts_on":"2026-01-01","ends_on":"2027-12-31","remind_days":30}`,
	"POST /v1/partners/{id}/outlets":         `{"name":"Toko","address":"Jl. Uji","region_code":"72.71","zone":"Asia/Makassar","latitude":-0.9,"longitude":119.8,"hours":[{"day":1,"from":"08:00","to":"17:00"}]}`,
	"PUT /v1/outlets/{id}":                   `{"name":"Toko","address":"Jl. Uji","region_code":"72.71","zone":"Asia/Makassar","latitude":-0.9,"longitude":119.8,"hours":[{"day":1,"from":"08:00","to":"17:00"}]}`,
	"POST /v1/partners/{id}/api-keys":        `{"name":"Kasir","outlet_id":"{outlet}","scopes":["validate","redeem"],"days":30}`,
	"POST /v1/partners/{id}/benefits":        fullTerms,
	"POST /v1/redemptions":                   `{"card":"{short code}","benefit_id":"{promo live}","gross":100000,"receipt_number":"A-1","occurred_at":"2026-11-24T01:59:00Z","cashier_id":"` + absent + `","id_checked":true}`,
	"POST /v1/validations":                   `{"card":"{short code}","benefit_id":"{promo live}","gross":100000}`,
	"POST /v1/agents":                        `{"wadah_id":"{wadah}","region_code":"72.71","code":"A-9","name":"Baru","phone":"081234567890","active_from":"2026-01-01","active_to":"2027-01-01"}`,
	"POST /v1/registrations":                 `{"participant_id":"{fresh}","agent_id":"{agent}","branch_id":"{branch}","unallocated":false,"registered_on":"2026-11-20"}`,
	"POST /v1/reported-figures":              `{"period_start":"2026-01-01","period_end":"2026-10-31","branch_id":"{branch}","metric":"registrations","value":9437,"as_of":"2026-11-01","source":"artikel","note":"x"}`,
	"POST /v1/sessions":                      `{"email":"` + spur + `@uji.example","password":"` + townPassword + `","totp":"123456"}`,
}

const fullTerms = `{"title":"Servis","kind":"percent","basis":"labour","value":10,"max_discount":50000,"min_gross":10000,"outlet_ids":["{outlet}"],"valid_from":"2026-11-01",` +
	`"valid_to":"2027-11-01","days":["mon","tue"],"hours":[{"from":"08:00","to":"17:00"}],"segments":["bpu"],"max_status_age_days":45,"needs_id_check":false,"stacking":"exclusive",` +
	`"exclusions":"x","limits":{"participant":{"count":1,"per":"month","min_interval_days":7},"outlet_per_day":10,"total_count":100,"total_amount":1000000},"offline":{"allowed":true,"allowance":5}}`
