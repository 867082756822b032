package api

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net/http"
	"time"
)

// LAN is what a phone is told that shall trust a demo in its own network.
type LAN struct {
	URL         string            // of the server, by https
	Root        *x509.Certificate // of the small authority
	Fingerprint string            // of the root, SHA-256
}

// lanCert is where the root is found, in the form that phones install.
const lanCert = "/berlaku-ca.crt"

type lanPage struct {
	Till, Root, Name, Until, Fingerprint string
}

// NewLAN returns the plain pages that help a phone to trust l.Root: what to do,
// step by step, and the root itself. They hold nothing secret, and nothing of
// the program is reached through them.
func NewLAN(l LAN) (http.Handler, error) {
	var page bytes.Buffer
	err := templates.ExecuteTemplate(&page, "lan.html", lanPage{
		Till: l.URL + "/kasir/", Root: lanCert, Name: l.Root.Subject.CommonName,
		Until: l.Root.NotAfter.Format(time.DateOnly), Fingerprint: l.Fingerprint,
	})
	if err != nil {
		return nil, fmt.Errorf("write page of the network: %w", err)
	}
	served := map[string]*blob{
		"/":     newBlob("text/html; charset=utf-8", page.Bytes()),
		lanCert: newBlob("application/x-x509-ca-cert", l.Root.Raw),
	}
	for name, media := range map[string]string{"tokens.css": appMedia[".css"], "page.css": appMedia[".css"], "mark.svg": appMedia[".svg"]} {
		b, err := files.ReadFile("assets/" + name)
		if err != nil {
			return nil, err
		}
		served["/assets/"+name] = newBlob(media, b)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		b := served[r.URL.Path]
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
		case b == nil:
			w.WriteHeader(http.StatusNotFound)
		default:
			h.Set("Content-Type", b.media)
			_, _ = w.Write(b.bytes) //nolint:errcheck // whoever asked has gone
		}
	}), nil
}
