package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/internal/testkit"
)

const canary = "kanari7201010101900001"

func TestEachFaultOfABodyHasAPlaceAndACodeAndEchoesNothing(t *testing.T) {
	p := newProbe(t)
	good := `"name":"a","gross":1`
	for _, c := range []struct{ name, body, pointer, code string }{
		{"a required member is missing", `{"name":"a"}`, "/gross", "required"},
		{"a required member is null", `{"name":null,"gross":1}`, "/name", "type"},
		{"a member is not known", `{` + good + `,"` + canary + `":"` + canary + `"}`, "", "unexpected_member"},
		{"an unknown member has dots in its name", `{` + good + `,"limits.` + canary + `.x":1}`, "", "unexpected_member"},
		{"an unknown member ends like another", `{` + good + `,"x":1,"` + canary + `.x":1}`, "", "unexpected_member"},
		{"an unknown member is deep inside", `{` + good + `,"items":[{"count":1},{"count":1,"` + canary + `":1}]}`, "/items/1", "unexpected_member"},
		{"a known member in other letter case", `{"Name":"a","gross":1}`, "", "unexpected_member"},
		{"a text where a number belongs", `{"name":"a","gross":"` + canary + `"}`, "/gross", "type"},
		{"a fraction where an integer belongs", `{"name":"a","gross":1.5}`, "/gross", "type"},
		{"an exponent where an integer belongs", `{"name":"a","gross":1e3}`, "/gross", "type"},
		{"a decimal point where an integer belongs", `{"name":"a","gross":1.0}`, "/gross", "type"},
		{"an integer beyond 64 bits", `{"name":"a","gross":1,"count":123456789012345678901}`, "/count", "type"},
		{"a nested integer with an exponent", `{` + good + `,"limits":{"count":1e2}}`, "/limits/count", "type"},
		{"a huge integer under a highest value", `{"name":"a","gross":99999999999999999999}`, "/gross", "range"},
		{"an integer below the lowest value", `{"name":"a","gross":0}`, "/gross", "range"},
		{"a negative integer", `{"name":"a","gross":-5}`, "/gross", "range"},
		{"a number where a text belongs", `{"name":7201010101900001,"gross":1}`, "/name", "type"},
		{"an empty text", `{"name":"","gross":1}`, "/name", "length"},
		{"a long text", `{"name":"` + canary + `","gross":1}`, "/name", "length"},
		{"a word that is not in the list", `{` + good + `,"kind":"` + canary + `"}`, "/kind", "enum"},
		{"an e-mail that is none", `{` + good + `,"email":"` + canary + `"}`, "/email", "format"},
		{"a day that is none", `{` + good + `,"day":"2026-02-30"}`, "/day", "format"},
		{"an id that is none", `{` + good + `,"other":"` + canary + `"}`, "/other", "format"},
		{"an id in braces", `{` + good + `,"other":"{0193591c-5a00-7c3e-9d2f-1b7f2c6a4e10}"}`, "/other", "format"},
		{"a text that breaks its pattern", `{` + good + `,"word":"KANARI"}`, "/word", "format"},
		{"a text with U+0000", `{"name":"a\u0000","gross":1}`, "/name", "type"},
		{"a boolean that is a text", `{` + good + `,"on":"true"}`, "/on", "type"},
		{"an object where an array belongs", `{` + good + `,"items":{"` + canary + `":1}}`, "/items", "type"},
		{"an array where an object belongs", `{` + good + `,"limits":["` + canary + `"]}`, "/limits", "type"},
		{"too many items", `{` + good + `,"items":[{"count":1},{"count":1},{"count":1},{"count":1}]}`, "/items", "length"},
		{"an item twice", `{` + good + `,"tags":["a","a"]}`, "/tags", "duplicate"},
		{"a nested member is missing", `{` + good + `,"limits":{}}`, "/limits/count", "required"},
		{"an array as the document", `["` + canary + `"]`, "", "type"},
		{"a text as the document", `"` + canary + `"`, "", "type"},
		{"null as the document", `null`, "", "type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := p.do(request("POST", "/v1/probe", c.body))
			got := p.refused(t, w, 422, "validation_failed")
			if strings.Contains(strings.ToLower(w.Body.String()), "kanari") || strings.Contains(w.Body.String(), "720101") {
				t.Errorf("echoed: %s", w.Body)
			}
			for _, e := range got.Errors {
				if e.Pointer == c.pointer && e.Code == c.code {
					return
				}
			}
			t.Errorf("want %q %q in %s", c.pointer, c.code, w.Body)
		})
	}
	if strings.Contains(strings.ToLower(p.log.String()), "kanari") {
		t.Error("the log holds what was sent")
	}
}

func TestGoodBodiesPass(t *testing.T) {
	p := newProbe(t)
	for _, body := range []string{
		`{"name":"a","gross":1000000000}`,
		`{"name":"a","gross":1,"card":"\u0000 anything"}`,
		`{"name":"a","gross":1,"kind":null}`,
		`{"name":"a","gross":1,"limits":{"count":-0,"share":1e-2}}`,
		` {"name":"😀","gross":1,"other":"0193591C-5a00-7c3e-9d2f-1b7f2c6a4e10","day":"2026-11-24"} `,
	} {
		if w := p.do(request("POST", "/v1/probe?limit=5", body)); w.Code != 200 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestRefusalsOfTheHTTPLayer(t *testing.T) {
	p := newProbe(t)
	good := `{"name":"a","gross":1}`
	id := "0193591c-5a00-7c3e-9d2f-1b7f2c6a4e10"
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
	}{
		{"a path that is not there", request("GET", "/v1/"+canary, ""), 404, "not_found"},
		{"an id that cannot be one", request("GET", "/v1/probe/"+canary, ""), 404, "not_found"},
		{"an id with an escaped slash", request("GET", "/v1/probe/"+id+"%2Fx", ""), 404, "not_found"},
		{"a method that is not there", request("DELETE", "/v1/probe", ""), 405, "method_not_allowed"},
		{"TRACE", request("TRACE", "/v1/probe", ""), 405, "method_not_allowed"},
		{"CONNECT", request("CONNECT", "/v1/probe", ""), 405, "method_not_allowed"},
		{"a method that nobody knows", request("FROBNICATE", "/v1/probe", ""), 405, "method_not_allowed"},
		{"no body", request("POST", "/v1/probe", ""), 400, "body_required"},
		{"no content type", request("POST", "/v1/probe", good, "Content-Type", ""), 415, "unsupported_media_type"},
		{"another content type", request("POST", "/v1/probe", good, "Content-Type", "text/plain"), 415, "unsupported_media_type"},
		{"a content type that only ends in json", request("POST", "/v1/probe", good, "Content-Type", "application/x+json"), 415, "unsupported_media_type"},
		{"another charset", request("POST", "/v1/probe", good, "Content-Type", "application/json; charset=latin1"), 415, "unsupported_media_type"},
		{"a compressed body", request("POST", "/v1/probe", good, "Content-Encoding", "gzip"), 415, "unsupported_media_type"},
		{"a body that is too long", request("POST", "/v1/probe", `{"name":"`+strings.Repeat("a", 9000)+`"}`), 413, "body_too_large"},
		{"a host that is not ours", request("GET", "/v1/probe/"+id, "", "Host", canary+".example"), 421, "host_unknown"},
		{"a query that is not well-formed", request("GET", "/v1/probe/"+id+"?note=%zz", ""), 400, "query_malformed"},
		{"a query with U+0000", request("GET", "/v1/probe/"+id+"?note=%00", ""), 400, "query_malformed"},
		{"a query that is not UTF-8", request("GET", "/v1/probe/"+id+"?note=%ff", ""), 400, "query_malformed"},
		{"a parameter that is not known", request("GET", "/v1/probe/"+id+"?"+canary+"=1", ""), 422, "validation_failed"},
		{"a parameter of the wrong type", request("POST", "/v1/probe?limit="+canary, good), 422, "validation_failed"},
		{"a write from another site", request("POST", "/v1/probe", good, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin"},
		{"a panic", request("GET", "/v1/fail/panic", ""), 500, "internal"},
		{"an error that is no fault", request("GET", "/v1/fail/plain", ""), 500, "internal"},
		{"a database that is away", request("GET", "/v1/fail/unavailable", ""), 503, "unavailable"},
		{"a conflict", request("GET", "/v1/fail/conflict", ""), 409, "taken"},
		{"too many", request("GET", "/v1/fail/many", ""), 429, "slow_down"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := p.do(c.r)
			p.refused(t, w, c.status, c.code)
			for _, s := range []string{canary, "canary"} {
				if strings.Contains(w.Body.String(), s) || strings.Contains(headerText(w.Header()), s) {
					t.Errorf("echoed: %s %v", w.Body, w.Header())
				}
			}
			if c.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if (c.status == 429 || c.status == 503) && w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
	if strings.Contains(p.log.String(), canary) || strings.Contains(p.log.String(), "canary-value") {
		t.Errorf("the log holds what was sent: %s", p.log)
	}
}

func headerText(h http.Header) string {
	var b strings.Builder
	for name, values := range h {
		b.WriteString(name + ": " + strings.Join(values, ",") + "\n")
	}
	return b.String()
}

func TestABodyInPiecesIsLimitedToo(t *testing.T) {
	p := newProbe(t)
	r := request("POST", "/v1/probe", `{"name":"`+strings.Repeat("a", 9000)+`"}`)
	r.ContentLength = -1
	p.refused(t, p.do(r), 413, "body_too_large")
	fits := `{"name":"a","gross":1}`
	r = request("POST", "/v1/probe", fits+strings.Repeat(" ", 8192-len(fits)))
	if w := p.do(r); w.Code != 200 {
		t.Errorf("a body of exactly the limit: %d %s", w.Code, w.Body)
	}
}

func TestARouteWithoutARuleStopsTheProgram(t *testing.T) {
	opts := api.Options{PublicURL: "https://kartu.example", Clock: testkit.Clock()}
	_, err := api.NewUnruled(api.Services{DB: testkit.DB(t)}, opts)
	if err == nil || !strings.Contains(err.Error(), "GET /v1/open") {
		t.Errorf("got %v, want an error that names the route", err)
	}
}
