package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
)

// probe is a server with routes of every behaviour, its log and its clock.
type probe struct {
	*api.Server
	log   *bytes.Buffer
	clock *clock.Manual
}

func newProbe(t *testing.T, change ...func(*api.Options)) *probe {
	t.Helper()
	p := &probe{log: &bytes.Buffer{}, clock: testkit.Clock()}
	opts := api.Options{
		PublicURL: "https://kartu.example", Origin: "https://kartu.example", Clock: p.clock, Version: "9.9.9",
		Logger: slog.New(slog.NewJSONHandler(p.log, nil)),
	}
	for _, f := range change {
		f(&opts)
	}
	s, err := api.NewProbe(api.Services{DB: testkit.DB(t)}, opts)
	if err != nil {
		t.Fatal(err)
	}
	p.Server = s
	return p
}

func request(method, path, body string, headers ...string) *http.Request {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, path, r)
	req.Host = "kartu.example"
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (p *probe) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

// refusal is a problem as callers see it.
type refusal struct {
	Type, Title, Code, Detail string
	Status                    int
	Errors                    []struct{ Pointer, Code string }
	RequestID                 string `json:"request_id"`
}

func (p *probe) refused(t *testing.T, w *httptest.ResponseRecorder, status int, code string) refusal {
	t.Helper()
	var got refusal
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("status %d, no problem: %v: %s", w.Code, err, w.Body)
	}
	if w.Code != status || got.Status != status || got.Code != code {
		t.Errorf("got %d %d %q, want %d %q: %s", w.Code, got.Status, got.Code, status, code, w.Body)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	if got.Title == "" || got.RequestID == "" || got.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("title, request_id or X-Request-Id wrong: %s, %v", w.Body, w.Header())
	}
	if want := "https://kartu.example/docs#problem-" + code; got.Type != want {
		t.Errorf("type %q, want %q", got.Type, want)
	}
	return got
}
