package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/lanca"
)

// trusting is a client that trusts these roots only; addr, when not empty, is
// where every name leads.
func trusting(addr string, roots ...*x509.Certificate) *http.Client {
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	if addr != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	}
	return &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func fetch(t *testing.T, c *http.Client, method, url string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestServeWithCertificateFiles(t *testing.T) {
	certs := func() *lanca.Set {
		s, err := lanca.Ensure(filepath.Join(t.TempDir(), "pki"), nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, second := certs(), certs()
	dir := folder(t)
	base, stop := serving(t, dir, "serve", "--tls-cert="+first.File, "--tls-key="+first.File)
	base = strings.Replace(base, "http://", "https://", 1)
	resp, _ := fetch(t, trusting("", first.Root), "GET", base+"/readyz")
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		t.Errorf("%d over %s", resp.StatusCode, resp.Proto)
	}
	if _, err := trusting("", second.Root).Get(base + "/readyz"); err == nil {
		t.Error("trusted under a root of somebody else")
	}
	if r := berlaku(t, dir, "", "healthcheck", "--addr="+strings.TrimPrefix(base, "https://"), "--tls-cert="+first.File, "--tls-key="+first.File); r.code != 0 {
		t.Errorf("healthcheck: %+v", r)
	}
	b, err := os.ReadFile(second.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(first.File, bytes.TrimSpace(b), 0o600); err != nil {
		t.Fatal(err)
	}
	if resp, _ := fetch(t, trusting("", second.Root), "GET", base+"/readyz"); resp.StatusCode != http.StatusOK {
		t.Errorf("after the files were replaced: %d", resp.StatusCode)
	}
	if r := stop(); r.code != 0 || !strings.Contains(r.out, "https://") {
		t.Errorf("got %+v", r)
	}
}

func TestServeRefusesCertificatesThatCannotBeUsed(t *testing.T) {
	dir := folder(t)
	berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--tls-cert=main.go", "--tls-key=main.go").sentence(t, exitUsage, "certificate and its key cannot be used")
	berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--tls-cert=/nowhere/c", "--tls-key=/nowhere/k").sentence(t, exitUsage, "certificate and its key cannot be used")
	berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--tls-auto-hosts=kartu.example").sentence(t, exitUsage, "--tls-auto-accept-terms")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms",
		"--tls-auto-http-addr="+taken.Addr().String()).sentence(t, exitFailed, "in use")
}

func TestServeFetchesItsCertificates(t *testing.T) {
	httpAddr, dir := freeAddr(t), folder(t)
	ca := newAuthority(t, httpAddr)
	auto := []string{
		"serve", "--tls-auto-hosts=kartu.example,www.kartu.example", "--tls-auto-accept-terms", "--tls-auto-email=it@kartu.example",
		"--tls-auto-http-addr=" + httpAddr, "--tls-auto-directory=" + ca.URL + "/directory",
	}
	base, stop := serving(t, dir, auto...)
	addr := strings.TrimPrefix(base, "http://")
	there := trusting(addr, ca.root)
	for _, host := range []string{"kartu.example", "www.kartu.example"} {
		resp, _ := fetch(t, there, "GET", "https://"+host+"/readyz")
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %d %v", host, resp.StatusCode, resp.Header)
		}
	}
	if _, err := there.Get("https://other.example/"); err == nil {
		t.Error("a certificate for a name that nobody named")
	}
	ca.mu.Lock()
	if !ca.agreed || len(ca.contact) != 1 || ca.contact[0] != "mailto:it@kartu.example" {
		t.Errorf("registered as %v, terms accepted: %v", ca.contact, ca.agreed)
	}
	ca.mu.Unlock()
	if r := berlaku(t, dir, "", "healthcheck", "--addr="+addr, "--allow-public", auto[1], auto[2]); r.code != 0 {
		t.Errorf("healthcheck: %+v", r)
	}
	redirects(t, trusting(httpAddr))
	if info, err := os.Stat(filepath.Join(dir, "acme")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder of the certificates: %v %v", info, err)
	}
	if r := stop(); r.code != 0 || strings.Contains(r.err, "other.example") {
		t.Errorf("got %+v", r)
	}

	ca.Close() // what was fetched is kept
	base, stop = serving(t, dir, auto...)
	if resp, _ := fetch(t, trusting(strings.TrimPrefix(base, "http://"), ca.root), "GET", "https://kartu.example/readyz"); resp.StatusCode != http.StatusOK {
		t.Errorf("after a restart: %d", resp.StatusCode)
	}
	stop()
}

// redirects looks at what the listener for plain HTTP answers besides tokens.
func redirects(t *testing.T, plain *http.Client) {
	t.Helper()
	for _, c := range []struct {
		method, url string
		status      int
		location    string
	}{
		{"GET", "http://kartu.example/kasir/?a=1", 308, "https://kartu.example/kasir/?a=1"},
		{"HEAD", "http://www.kartu.example:80/", 308, "https://www.kartu.example/"},
		{"GET", "http://kartu.example//evil.example/", 308, "https://kartu.example//evil.example/"},
		{"GET", "http://evil.example/", 421, ""},
		{"GET", "http://127.0.0.1/", 421, ""},
		{"POST", "http://kartu.example/v1/sessions", 403, ""},
	} {
		resp, _ := fetch(t, plain, c.method, c.url)
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.location {
			t.Errorf("%s %s: %d to %q", c.method, c.url, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}
