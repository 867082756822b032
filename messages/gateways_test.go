package messages_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/messages"
)

const awkward = "Kode \"4829\\13\"\nBerlaku 5 menit — {to} {digits}"

func open(t *testing.T, s messages.Settings) messages.Gateway {
	t.Helper()
	g, err := messages.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func outgoing() messages.Outgoing {
	return messages.Outgoing{ID: uuid.New(), Kind: messages.ClaimCode, To: phone, Text: awkward, At: testkit.Start}
}

// refusal is what a gateway answered, without any word of number or text.
func refusal(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "sent"
	}
	refused, ok := errors.AsType[*messages.SendError](err)
	if !ok {
		t.Fatalf("another kind of error: %T", err)
	}
	if text := fmt.Sprintf("%v %+v", err, refused); strings.Contains(text, "8123") || strings.Contains(text, "4829") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("tells what is secret: %s", text)
	}
	if refused.Final {
		return refused.Code + ", final"
	}
	return refused.Code
}

func TestFileGateway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages.jsonl")
	g := open(t, messages.Settings{URL: "file:" + path})
	for range 2 {
		if got := refusal(t, g.Send(t.Context(), outgoing())); got != "sent" {
			t.Fatal(got)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	var got struct{ At, To, Kind, Text string }
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	if got.At != "2026-11-24T02:00:00Z" || got.To != phone || got.Kind != "claim_code" || got.Text != awkward {
		t.Errorf("got %+v", got)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // that is what is tested
		t.Fatal(err)
	}
	if got := refusal(t, g.Send(t.Context(), outgoing())); got != "unreachable" {
		t.Errorf("a file that others read: %s", got)
	}
	if _, err := messages.Open(messages.Settings{URL: "file:" + path}); err == nil {
		t.Error("a file that others read is opened")
	}
}

func TestHTTPGateway(t *testing.T) {
	var asked []*http.Request
	var bodies []string
	answer := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked, bodies = append(asked, r), append(bodies, string(b))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(answer)
		fmt.Fprintf(w, "said to %s", phone) //nolint:errcheck // a test
	}))
	defer server.Close()
	m := outgoing()
	g := open(t, messages.Settings{URL: server.URL + "/send?key=1", Token: "token-word", Template: `{"target":"{digits}","to":"{to}","message":"{text}","kind":"sms"}`})
	if got := refusal(t, g.Send(t.Context(), m)); got != "sent" {
		t.Fatal(got)
	}
	r := asked[0]
	if r.Method != http.MethodPost || r.URL.String() != "/send?key=1" || r.Header.Get("Authorization") != "Bearer token-word" ||
		r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Idempotency-Key") != m.ID.String() {
		t.Errorf("asked %s %s %v", r.Method, r.URL, r.Header)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	if body["target"] != "6281234567890" || body["to"] != phone || body["message"] != awkward || body["kind"] != "sms" {
		t.Errorf("got %v", body)
	}
	plain := open(t, messages.Settings{URL: server.URL})
	for status, want := range map[int]string{
		200: "sent", 202: "sent", 204: "sent", 400: "rejected, final", 401: "rejected, final", 404: "rejected, final", 422: "rejected, final",
		408: "busy", 429: "busy", 500: "unreachable", 503: "unreachable", 302: "settings", 307: "settings", 308: "settings",
	} {
		answer, asked = status, nil
		if got := refusal(t, plain.Send(t.Context(), m)); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
		if len(asked) != 1 {
			t.Errorf("%d: asked %d times", status, len(asked))
		}
	}
	if err := json.Unmarshal([]byte(bodies[len(bodies)-1]), &body); err != nil || body["to"] != phone || body["text"] != awkward {
		t.Errorf("without a template: %v, %v", body, err)
	}
	if asked[0].Header.Get("Authorization") != "" {
		t.Error("a token that nobody set")
	}
	server.Close()
	if got := refusal(t, plain.Send(t.Context(), m)); got != "unreachable" {
		t.Errorf("nobody there: %s", got)
	}
}

func TestHTTPGatewayDoesNotWaitForEver(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := refusal(t, open(t, messages.Settings{URL: server.URL}).Send(ctx, outgoing())); got != "unreachable" {
		t.Error(got)
	}
}

// mailServer is a server that takes one mail a connection and answers a command
// as told.
type mailServer struct {
	addr    string
	mu      sync.Mutex
	refuse  map[string]string // command: answer
	from    string
	to      string
	message string
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) //nolint:errcheck // a test
	s := &mailServer{addr: listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

func (s *mailServer) set(refuse map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse, s.from, s.to, s.message = refuse, "", "", ""
}

func (s *mailServer) talk(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // a test
	r := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) } //nolint:errcheck // a test
	say("220 ready")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.mu.Lock()
		answer, refused := s.refuse[command]
		switch command {
		case "MAIL":
			s.from = rest
		case "RCPT":
			s.to = rest
		}
		s.mu.Unlock()
		switch {
		case refused:
			say(answer)
		case command == "EHLO":
			say("250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN")
		case command == "DATA":
			say("354 go on")
			s.read(r)
			say("250 taken")
		case command == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) read(r *bufio.Reader) {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		b.WriteString(line)
	}
	s.mu.Lock()
	s.message = b.String()
	s.mu.Unlock()
}

func TestSMTPGateway(t *testing.T) {
	server := newMailServer(t)
	settings := messages.Settings{URL: "smtp://" + server.addr, From: "Kartu Promo <kartu@kantor.example>", To: "{phone}@sms.example"}
	g, m := open(t, settings), outgoing()
	m.Text = "482913 adalah kode Anda."
	if got := refusal(t, g.Send(t.Context(), m)); got != "sent" {
		t.Fatal(got)
	}
	for _, want := range []string{"482913 adalah kode Anda.", "Subject: Kartu Promo Peserta\r\n", "<6281234567890@sms.example>", "<kartu@kantor.example>", m.ID.String() + "@kantor.example"} {
		if !strings.Contains(server.message, want) {
			t.Errorf("no %q in %s", want, server.message)
		}
	}
	if !strings.HasPrefix(server.from, "FROM:<kartu@kantor.example>") || !strings.HasPrefix(server.to, "TO:<6281234567890@sms.example>") {
		t.Errorf("from %q to %q", server.from, server.to)
	}
	m.To = "budi@rumah.example"
	if got := refusal(t, g.Send(t.Context(), m)); got != "sent" || !strings.HasPrefix(server.to, "TO:<budi@rumah.example>") {
		t.Errorf("%s to %q", got, server.to)
	}
	m.To = phone
	for name, c := range map[string]struct {
		refuse map[string]string
		want   string
	}{
		"the number is unknown":   {map[string]string{"RCPT": "550 5.1.1 <6281234567890@sms.example> unknown"}, "rejected, final"},
		"the box is full":         {map[string]string{"RCPT": "452 <6281234567890@sms.example> later"}, "busy"},
		"the sender is not taken": {map[string]string{"MAIL": "553 not yours"}, "settings"},
		"the text is not taken":   {map[string]string{"DATA": "554 no"}, "rejected, final"},
		"nobody is taken now":     {map[string]string{"MAIL": "421 closing"}, "busy"},
		"goodbye is forgotten":    {map[string]string{"QUIT": "500 what"}, "sent"},
	} {
		t.Run(name, func(t *testing.T) {
			server.set(c.refuse)
			if got := refusal(t, g.Send(t.Context(), m)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	server.set(map[string]string{"AUTH": "535 5.7.8 not you"})
	settings.URL = "smtp://kartu:4829-word@" + server.addr
	if got := refusal(t, open(t, settings).Send(t.Context(), m)); got != "settings" && got != "unreachable" {
		t.Errorf("a wrong password: %s", got)
	}
	settings.URL = "smtp://127.0.0.1:1"
	if got := refusal(t, open(t, settings).Send(t.Context(), m)); got != "unreachable" {
		t.Errorf("nobody there: %s", got)
	}
}

// TestSMTPGatewayWantsTLS: a server elsewhere gets nothing in the clear.
func TestSMTPGatewayWantsTLS(t *testing.T) {
	server := newMailServer(t)
	_, port, err := net.SplitHostPort(server.addr)
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		t.Skip("this machine has no name")
	}
	g := open(t, messages.Settings{URL: "smtp://" + net.JoinHostPort(name, port), From: "kartu@kantor.example", To: "{phone}@sms.example"})
	if got := refusal(t, g.Send(t.Context(), outgoing())); got == "sent" || server.message != "" {
		t.Errorf("%s in the clear", got)
	}
}

// TestNoWordOfIt: neither the row nor the error of a whole way tells anything.
func TestNoWordOfIt(t *testing.T) {
	server := newMailServer(t)
	server.set(map[string]string{"RCPT": "550 <6281234567890@sms.example> " + secret})
	w := newWorld(t)
	g := open(t, messages.Settings{URL: "smtp://" + server.addr, From: "kartu@kantor.example", To: "{phone}@sms.example"})
	w.put(w.queue, messages.Message{ParticipantID: uuid.New(), To: phone, Text: pii.Text(secret)})
	_, err := w.server(g).Deliver(t.Context())
	if err == nil || strings.Contains(err.Error(), "8123") || strings.Contains(err.Error(), "482913") {
		t.Errorf("got %v", err)
	}
	w.want(stored{"failed", "rejected", 1, false})
}
