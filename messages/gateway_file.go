package messages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// fileGateway writes each message as a line of JSON: for demos and tests.
type fileGateway struct {
	path string
	mu   sync.Mutex
}

// errFileOpen says that others could read what people are sent.
var errFileOpen = errors.New("the file of messages can be read by others; make it yours alone (chmod 600)")

func openFile(path string) (Gateway, error) {
	if path == "" {
		return nil, ErrSettings
	}
	g := &fileGateway{path: path}
	f, err := g.open()
	if err != nil {
		return nil, err
	}
	return g, f.Close()
}

func (g *fileGateway) open() (*os.File, error) {
	f, err := os.OpenFile(g.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open file of messages: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		err = errFileOpen
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Mails reports that addresses of mail are written like phones.
func (*fileGateway) Mails() bool { return true }

// Send implements Gateway.
func (g *fileGateway) Send(_ context.Context, m Outgoing) error {
	line, err := json.Marshal(struct {
		At   time.Time `json:"at"`
		To   string    `json:"to"`
		Kind Kind      `json:"kind"`
		Text string    `json:"text"`
	}{m.At, m.To.Reveal(), m.Kind, m.Text.Reveal()})
	if err != nil {
		return &SendError{Code: codeRejected, Final: true}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f, err := g.open()
	if err != nil {
		return &SendError{Code: codeUnreachable}
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return &SendError{Code: codeUnreachable}
	}
	return nil
}
