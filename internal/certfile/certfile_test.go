package certfile_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/certfile"
	"github.com/berlaku/berlaku/internal/lanca"
)

// pair is a certificate of an authority of its own, in files.
type pair struct {
	root      *x509.Certificate
	cert, key string
}

func newPair(t *testing.T) pair {
	t.Helper()
	c, err := lanca.Ensure(filepath.Join(t.TempDir(), "lan"), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(b), "-----BEGIN PRIVATE KEY")
	return pair{c.Root, string(b[:at]), string(b[at:])}
}

// place puts text where name is, as a new file.
func place(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// shakes makes a handshake and reports whether a client that trusts root accepts.
func shakes(t *testing.T, p *certfile.Pair, root *x509.Certificate) bool {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(root)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", p.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if c, err := listener.Accept(); err == nil {
			defer c.Close()
			_, _ = c.Read(make([]byte, 1)) // makes the handshake
		}
	}()
	c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool, ServerName: "localhost"}}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		return false
	}
	return c.Close() == nil
}

func TestAReplacedPairIsServedAtTheNextHandshake(t *testing.T) {
	dir, old, young := t.TempDir(), newPair(t), newPair(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	place(t, cert, old.cert)
	place(t, key, old.key)
	var log bytes.Buffer
	p, err := certfile.Open(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !shakes(t, p, old.root) || shakes(t, p, young.root) {
		t.Fatal("the first pair is not served")
	}
	place(t, cert, young.cert)
	for range 3 {
		if !shakes(t, p, old.root) {
			t.Error("the pair in force is gone while the files do not fit")
		}
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 1 {
		t.Errorf("told %d times: %s", n, log.String())
	}
	place(t, key, young.key)
	if !shakes(t, p, young.root) || shakes(t, p, old.root) {
		t.Error("the new pair is not served")
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if !shakes(t, p, young.root) {
		t.Error("a file that is away for a moment ends the service")
	}
}

func TestFilesThatAreNoPairAreRefused(t *testing.T) {
	dir, a, b := t.TempDir(), newPair(t), newPair(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, c := range map[string][2]string{
		"a key of another":  {a.cert, b.key},
		"no certificate":    {"-", a.key},
		"the key for both":  {a.key, a.key},
		"a cut certificate": {a.cert[:len(a.cert)/2], a.key},
	} {
		t.Run(name, func(t *testing.T) {
			place(t, cert, c[0])
			place(t, key, c[1])
			if _, err := certfile.Open(cert, key, slog.New(slog.DiscardHandler)); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := certfile.Open(filepath.Join(dir, "none"), key, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a missing file is accepted")
	}
}
