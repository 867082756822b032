package messages

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	httpTimeout     = 10 * time.Second
	httpAnswer      = 64 << 10 // bytes of an answer that are read, and thrown away
	defaultTemplate = `{"to":"{to}","text":"{text}"}`
)

// httpGateway posts each message as JSON.
type httpGateway struct {
	url      string
	template string
	token    string
	client   *http.Client
}

func openHTTP(u *url.URL, s Settings) (Gateway, error) {
	g := &httpGateway{url: u.String(), template: s.Template, token: s.Token}
	if g.template == "" {
		g.template = defaultTemplate
	}
	if !strings.Contains(g.template, "{text}") || !json.Valid([]byte(g.fill("+620", "\"\n"))) {
		return nil, ErrSettings
	}
	g.client = &http.Client{
		Timeout:       httpTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return g, nil
}

// fill puts number and text into the strings of the template.
func (g *httpGateway) fill(to, text string) string {
	return strings.NewReplacer("{to}", inString(to), "{digits}", inString(digits(to)), "{text}", inString(text)).Replace(g.template)
}

// inString returns s as it stands between the quotes of a JSON string.
func inString(s string) string {
	b, _ := json.Marshal(s) //nolint:errcheck,errchkjson // a text
	return string(b[1 : len(b)-1])
}

// Send implements Gateway: 2xx has left, 4xx will never leave (but 408 and 429,
// which say later), anything else is tried again.
func (g *httpGateway) Send(ctx context.Context, m Outgoing) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(g.fill(m.To.Reveal(), m.Text.Reveal())))
	if err != nil {
		return &SendError{Code: codeSettings}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", m.ID.String()) // a gateway that knows it sends once
	if g.token != "" {
		r.Header.Set("Authorization", "Bearer "+g.token)
	}
	answer, err := g.client.Do(r)
	if err != nil { // its text holds the address
		return &SendError{Code: codeUnreachable}
	}
	defer answer.Body.Close()                                           //nolint:errcheck // read only
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, httpAnswer)) //nolint:errcheck // lets the connection be used again
	return verdictOf(answer.StatusCode)
}

func verdictOf(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return &SendError{Code: codeBusy}
	case status >= 400 && status < 500:
		return &SendError{Code: codeRejected, Final: true}
	case status >= 500:
		return &SendError{Code: codeUnreachable}
	}
	return &SendError{Code: codeSettings} // redirects are not followed: the number stays here
}
