package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/berlaku/berlaku/api"
)

func TestEveryAnswerHasTheSafeHeaders(t *testing.T) {
	p := newProbe(t)
	for _, path := range []string{"/", "/docs", "/healthz", "/v1/nowhere", "/v1/fail/panic"} {
		h := p.do(request("GET", path, "")).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy":   "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
			"X-Content-Type-Options":    "nosniff",
			"Referrer-Policy":           "no-referrer",
			"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if h.Get("X-Request-Id") == "" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if h := p.do(request("GET", "/v1/fail/conflict", "")).Header(); h.Get("Cache-Control") != "no-store" {
		t.Errorf("data may be stored: %v", h)
	}
	for _, url := range []string{"http://127.0.0.1:8080", "https://192.168.1.7:8443", "https://localhost:8443"} {
		plain := newProbe(t, func(o *api.Options) { o.PublicURL = url })
		if h := plain.do(request("GET", "/healthz", "", "Host", "localhost:8080")).Header(); h.Get("Strict-Transport-Security") != "" {
			t.Errorf("HSTS at %s", url)
		}
	}
}

func TestTheRequestIDIsOurs(t *testing.T) {
	p := newProbe(t)
	w := p.do(request("GET", "/healthz", "", "X-Request-Id", "theirs"))
	if id := w.Header().Get("X-Request-Id"); id == "theirs" || len(id) != 36 {
		t.Errorf("request id %q", id)
	}
}

func TestOwnNamesAndProbesPassTheHostCheck(t *testing.T) {
	p := newProbe(t, func(o *api.Options) { o.Hosts = []string{"www.kartu.example", "192.168.1.7"} })
	for host, want := range map[string]int{
		"www.kartu.example": 200, "192.168.1.7:8443": 200, "192.168.1.8": 421,
		"kartu.example": 200, "KARTU.example:8443": 200, "localhost:1": 200, "127.0.0.1": 200, "[::1]:80": 200,
		"kartu.example.evil.example": 421, "10.1.2.3": 421, "": 421,
	} {
		if w := p.do(request("GET", "/docs", "", "Host", host)); w.Code != want {
			t.Errorf("host %q: got %d, want %d", host, w.Code, want)
		}
	}
	if w := p.do(request("GET", "/healthz", "", "Host", "10.1.2.3")); w.Code != 200 {
		t.Errorf("a probe by address: %d", w.Code)
	}
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	p := newProbe(t)
	w := p.do(request("HEAD", "/healthz", ""))
	if w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	w = p.do(request("OPTIONS", "/v1/probe", ""))
	if w.Code != 204 || !strings.Contains(w.Header().Get("Allow"), "POST") {
		t.Errorf("OPTIONS: %d %v", w.Code, w.Header())
	}
}

func TestTheLogHoldsThePatternAndNothingThatWasSent(t *testing.T) {
	p := newProbe(t)
	p.do(request("POST", "/v1/probe?limit=1&limit="+canary, `{"name":"`+canary+`"}`, "Authorization", "Bearer "+canary,
		"Cookie", "a="+canary, "User-Agent", canary, "Referer", "https://x/"+canary, "X-Forwarded-For", canary))
	p.do(request("GET", "/v1/probe/"+canary+"?note="+canary, ""))
	p.do(request("GET", "/v1/fail/plain", ""))
	p.do(request("GET", "/"+canary+"/x", ""))
	log := p.log.String()
	if strings.Contains(log, canary) || strings.Contains(log, "canary-value") || strings.Contains(log, "7201010101900001") {
		t.Errorf("the log holds what was sent: %s", log)
	}
	var line struct {
		Route, Method, RequestID, Cause string
		Status                          int
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != 4 {
		t.Fatalf("want one line a request, got %d", len(lines))
	}
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil || line.Route != "/v1/probe/:id" || line.Method != "GET" || line.Status != 404 {
		t.Errorf("%v: %s", err, lines[1])
	}
	if err := json.Unmarshal([]byte(lines[2]), &line); err != nil || !strings.Contains(line.Cause, "insert: value") {
		t.Errorf("the cause of a 5xx is missing: %s", lines[2])
	}
}

func TestReadyzFollowsDatabaseAndWorld(t *testing.T) {
	loading := errors.New("still loading")
	ready := loading
	p := newProbe(t, func(o *api.Options) { o.Ready = func(context.Context) error { return ready } })
	p.refused(t, p.do(request("GET", "/readyz", "")), 503, "unavailable")
	ready = nil
	p.clock.Advance(2 * time.Second)
	if w := p.do(request("GET", "/readyz", "")); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"status":"ok"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := p.Database().Close(); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(2 * time.Second)
	p.refused(t, p.do(request("GET", "/readyz", "")), 503, "unavailable")
	if w := p.do(request("GET", "/healthz", "")); w.Code != 200 {
		t.Errorf("healthz: %d", w.Code)
	}
}

func TestReadyzRefusesAnotherSchema(t *testing.T) {
	p := newProbe(t)
	if err := p.Database().MigrateTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	p.refused(t, p.do(request("GET", "/readyz", "")), 503, "unavailable")
}

func TestPrivateListenerTellsMetrics(t *testing.T) {
	p := newProbe(t)
	p.do(request("GET", "/v1/probe/"+canary, ""))
	p.do(request("GET", "/nowhere/"+canary, ""))
	get := func(path string) string {
		w := httptest.NewRecorder()
		p.Private().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
		return w.Body.String()
	}
	text := get("/metrics")
	for _, want := range []string{
		`berlaku_http_requests_total{method="GET",route="/v1/probe/:id",status="404"} 1`,
		`berlaku_http_requests_total{method="GET",route="none",status="404"} 1`,
		`berlaku_build_info{version="9.9.9"} 1`, "berlaku_http_request_duration_seconds_bucket", "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(text, canary) {
		t.Error("metrics hold a path")
	}
	get("/debug/pprof/")
	if w := p.do(request("GET", "/metrics", "")); w.Code != 404 {
		t.Errorf("metrics on the public listener: %d", w.Code)
	}
	for _, path := range []string{"/", "/healthz", "/openapi.json", "/docs"} {
		if strings.Contains(p.do(request("GET", path, "")).Body.String(), "9.9.9") {
			t.Errorf("%s tells the version", path)
		}
	}
}

func TestTheDescriptionIsValidAndCanBeKept(t *testing.T) {
	p := newProbe(t)
	w := p.do(request("GET", "/openapi.json", ""))
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" || strings.Contains(w.Body.String(), "$schema") {
		t.Errorf("version %s, or $schema members", doc.OpenAPI)
	}
	etag := w.Header().Get("ETag")
	for _, header := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		if w := p.do(request("GET", "/openapi.json", "", "If-None-Match", header)); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("If-None-Match %s: %d", header, w.Code)
		}
	}
	if w := p.do(request("GET", "/openapi.json", "", "If-None-Match", `"x"`)); w.Code != 200 {
		t.Errorf("another ETag: %d", w.Code)
	}
}

func TestPublicRoutesAndOnlyThoseCarryAnEmptySecurity(t *testing.T) {
	p := newProbe(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Security *[]map[string][]string `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(p.do(request("GET", "/openapi.json", "")).Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.Security == nil || (len(*op.Security) == 0) != (path != "/v1/guarded") {
				t.Errorf("%s %s: %v", method, path, op.Security)
			}
		}
	}
}

func TestThePagesLoadNothingFromOutside(t *testing.T) {
	p := newProbe(t)
	for _, path := range []string{"/", "/docs", "/assets/tokens.css", "/assets/page.css", "/assets/docs.css", "/assets/mark.svg"} {
		w := p.do(request("GET", path, ""))
		if w.Code != 200 || w.Body.Len() == 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
		body := strings.ReplaceAll(w.Body.String(), "http://www.w3.org/2000/svg", "")
		for _, bad := range []string{"src=\"http", "href=\"http", "url(", "@import", "<script", "style=", "onclick", "<style"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", path, bad)
			}
		}
	}
}

func TestTheStartPageSpeaksTheReadersLanguage(t *testing.T) {
	p := newProbe(t, func(o *api.Options) {
		o.Sample = func(context.Context) (api.Sample, error) {
			return api.Sample{PNG: []byte("png"), Name: "BU** SA*****", ShortCode: "7K3M-9QXA"}, nil
		}
	})
	for _, c := range []struct{ path, accept, want string }{
		{"/", "", `<html lang="id">`},
		{"/", "en-GB,en;q=0.9", `<html lang="en">`},
		{"/", "fr, id;q=0.5, en;q=0.1", `<html lang="id">`},
		{"/?lang=en", "id", `<html lang="en">`},
		{"/?lang=xx", "", `<html lang="id">`},
	} {
		body := p.do(request("GET", c.path, "", "Accept-Language", c.accept)).Body.String()
		if !strings.Contains(body, c.want) || !strings.Contains(body, "BU** SA*****") || !strings.Contains(body, "Kartu ini berlaku?") || !strings.Contains(body, "Is this card valid?") {
			t.Errorf("%s with %q: %.200s", c.path, c.accept, body)
		}
	}
	if body := p.do(request("GET", "/", "")).Body.String(); !strings.Contains(body, `href="/kasir/"`) || !strings.Contains(body, `href="/kasir/#/pemilik"`) || !strings.Contains(body, "demo.json") {
		t.Errorf("no way to the till: %s", body)
	}
	if body := newProbe(t).do(request("GET", "/", "")).Body.String(); !strings.Contains(body, `href="/kasir/"`) || strings.Contains(body, "demo.json") {
		t.Errorf("where there is no demo world: %s", body)
	}
	if w := p.do(request("GET", "/sample.png", "")); w.Body.String() != "png" {
		t.Errorf("sample: %d %s", w.Code, w.Body)
	}
	if w := newProbe(t).do(request("GET", "/sample.png", "")); w.Code != 404 {
		t.Errorf("sample without a demo world: %d", w.Code)
	}
}
