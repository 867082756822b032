package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const healthTimeout = 3 * time.Second

// errUnwell says that the server does not answer, or says no.
var errUnwell = errors.New("the server does not answer /healthz")

type healthcheckCmd struct{}

// Run asks /healthz of the server that these settings describe.
func (healthcheckCmd) Run(e *environment) error {
	host, port, err := net.SplitHostPort(e.settings.Addr)
	if err != nil {
		return unusable(errors.New("the address to serve on must be HOST:PORT"))
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	client, scheme := &http.Client{Timeout: healthTimeout}, "http"
	if e.settings.TLS() {
		scheme = "https"
		trust := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // our own process on this machine; the name in its certificate is another
		if names := e.settings.TLSAutoHosts; len(names) > 0 {
			trust.ServerName = names[0] // no certificate without a name
		}
		client.Transport = &http.Transport{TLSClientConfig: trust}
	}
	return ask(e.ctx, client, scheme+"://"+net.JoinHostPort(host, port)+"/healthz")
}

func ask(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return errUnwell
	}
	resp, err := client.Do(req)
	if err != nil {
		return errUnwell
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		return errUnwell
	}
	return nil
}
