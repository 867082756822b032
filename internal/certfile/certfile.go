// Package certfile serves TLS from a certificate and a key in files, and
// notices when they are replaced: whoever renews them needs to tell nobody.
//
// A change is seen at the next handshake. Files that do not fit together, as
// between the writing of the one and of the other, are tried again at the next
// handshake; until they fit, the pair in force stays.
package certfile

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Pair is a certificate and its key in files.
type Pair struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	inForce *tls.Certificate
	seen    [2]mark // the files that inForce was read from
	refused [2]mark // the last ones that did not fit, told once
}

// mark is what changes with the content of a file.
type mark struct {
	size    int64
	changed time.Time
	info    os.FileInfo
}

// Open reads the pair.
func Open(cert, key string, log *slog.Logger) (*Pair, error) {
	p := &Pair{cert: cert, key: key, log: log}
	seen, err := p.look()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("read certificate and key: %w", err)
	}
	p.inForce, p.seen = &pair, seen
	return p, nil
}

// Config returns the settings of a TLS server that answers with the pair.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.get}
}

func (p *Pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := p.look()
	if err != nil || same(now, p.seen) {
		return p.inForce, nil //nolint:nilerr // files that are being replaced may be away for a moment
	}
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		if !same(now, p.refused) {
			p.refused = now
			p.log.Warn("the certificate was replaced by one that cannot be used; the former stays", slog.String("cause", err.Error()))
		}
		return p.inForce, nil
	}
	p.inForce, p.seen = &pair, now
	p.log.Info("the certificate was replaced")
	return p.inForce, nil
}

func (p *Pair) look() (marks [2]mark, err error) {
	for i, name := range []string{p.cert, p.key} {
		info, err := os.Stat(name)
		if err != nil {
			return marks, fmt.Errorf("look at certificate and key: %w", err)
		}
		marks[i] = mark{size: info.Size(), changed: info.ModTime(), info: info}
	}
	return marks, nil
}

func same(a, b [2]mark) bool {
	for i := range a {
		if a[i].size != b[i].size || !a[i].changed.Equal(b[i].changed) || !os.SameFile(a[i].info, b[i].info) {
			return false
		}
	}
	return true
}
