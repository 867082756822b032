package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/internal/certfile"
	"github.com/berlaku/berlaku/internal/config"
)

// secure settles how the public listener proves who it is: by certificate
// files, by certificates that it fetches, or not at all (plain HTTP).
func (s *server) secure() error {
	switch c := s.env.settings; {
	case len(c.TLSAutoHosts) > 0:
		return s.automatic()
	case c.TLSCert != "":
		pair, err := certfile.Open(c.TLSCert, c.TLSKey, s.log)
		if err != nil {
			return unusable(fmt.Errorf("the certificate and its key cannot be used: %w", err))
		}
		s.tls = pair.Config()
	}
	return nil
}

// errForeignName is all that is said about a name that is not ours; the name
// itself came from outside.
var errForeignName = errors.New("a certificate was asked for another name")

// automatic fetches certificates by ACME and keeps them in the data folder.
func (s *server) automatic() error {
	c := s.env.settings
	if err := ownFolder(c.ACMEDir()); err != nil {
		return err
	}
	m := &autocert.Manager{
		Prompt: autocert.AcceptTOS, // Complete insists on --tls-auto-accept-terms
		Cache:  autocert.DirCache(c.ACMEDir()),
		Email:  c.TLSAutoEmail,
		HostPolicy: func(_ context.Context, host string) error {
			if !slices.Contains(c.TLSAutoHosts, host) {
				return errForeignName
			}
			return nil
		},
	}
	if c.TLSAutoDirectory != "" {
		m.Client = &acme.Client{DirectoryURL: c.TLSAutoDirectory}
	}
	s.tls = m.TLSConfig()
	s.tls.MinVersion = tls.VersionTLS12
	s.prepare = func() { s.fetch(m) }
	if c.TLSAutoHTTPAddr == config.Off {
		return nil
	}
	return s.beside(c.TLSAutoHTTPAddr, m.HTTPHandler(toHTTPS(c.PublicURL, c.TLSAutoHosts)))
}

// fetch asks for each certificate once at the start, so that a mistake shows
// in the log and not at the counter.
func (s *server) fetch(m *autocert.Manager) {
	for _, host := range s.env.settings.TLSAutoHosts {
		cert, err := m.GetCertificate(&tls.ClientHelloInfo{
			ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		})
		if err != nil {
			s.log.Error("no certificate; the next connection tries again", "host", host, "cause", err.Error())
			continue
		}
		s.log.Info("certificate in force", "host", host, "until", cert.Leaf.NotAfter.Format(time.DateOnly))
	}
}

// toHTTPS sends who reads over plain HTTP to the same page over TLS. It sends
// nobody to a name that is not ours, and nothing that was written: what was
// sent in the open must not look as if it had been safe.
func toHTTPS(publicURL string, hosts []string) http.Handler {
	port := ""
	if u, err := url.Parse(publicURL); err == nil && u.Port() != "" {
		port = ":" + u.Port()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
		switch {
		case !slices.Contains(hosts, host):
			http.Error(w, "no such name here", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "use https", http.StatusForbidden)
		default:
			w.Header().Set("Location", "https://"+host+port+r.URL.RequestURI())
			w.WriteHeader(http.StatusPermanentRedirect)
		}
	})
}

// beside serves something small over plain HTTP beside the public listener.
func (s *server) beside(addr string, h http.Handler) error {
	listener, err := new(net.ListenConfig).Listen(s.env.ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("the address %s cannot be served on; is it in use?", addr)
	}
	plain := api.NewHTTPServer(h, s.log)
	s.others = append(s.others, plain)
	go func() {
		if err := plain.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("listener beside the public one ended", slog.String("error", err.Error()))
		}
	}()
	return nil
}
