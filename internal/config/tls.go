package config

import (
	"errors"
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// hostForm is a name that a public authority can vouch for: lower case, with a
// dot, no wildcard, no port.
var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// TLS reports whether the public listener speaks TLS itself.
func (c *Config) TLS() bool { return c.TLSCert != "" || len(c.TLSAutoHosts) > 0 }

// ACMEDir is where fetched certificates and the key of the account are kept.
func (c *Config) ACMEDir() string { return filepath.Join(c.DataDir, "acme") }

func (c *Config) checkTLS() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return problem("TLS needs both a certificate and its key.")
	}
	return nil
}

// checkAutoTLS refuses settings of automatic certificates that do not fit
// together, rather than to start and fetch none.
func (c *Config) checkAutoTLS() error {
	if len(c.TLSAutoHosts) == 0 {
		if c.TLSAutoAcceptTerms || c.TLSAutoEmail != "" || c.TLSAutoDirectory != "" {
			return problem("Automatic certificates need the names they are for: --tls-auto-hosts.")
		}
		return nil
	}
	var errs []error
	refuse := func(when bool, sentence string) {
		if when {
			errs = append(errs, problem("%s", sentence))
		}
	}
	refuse(c.TLSCert != "" || c.TLSKey != "", "Certificates come from files (--tls-cert) or by themselves (--tls-auto-hosts), not both.")
	refuse(slices.ContainsFunc(c.TLSAutoHosts, func(h string) bool { return !hostForm.MatchString(h) || len(h) > 253 }),
		"Automatic certificates are for whole host names in lower case, like kartu.example; not for addresses, ports or wildcards.")
	refuse(!c.TLSAutoAcceptTerms, "Automatic certificates need --tls-auto-accept-terms: read the terms of the authority (Let's Encrypt unless --tls-auto-directory names another).")
	if c.TLSAutoEmail != "" {
		address, err := mail.ParseAddress(c.TLSAutoEmail)
		refuse(err != nil || address.Address != c.TLSAutoEmail, "The address for automatic certificates must be one plain e-mail address.")
	}
	u, err := url.Parse(c.PublicURL)
	refuse(err == nil && (u.Scheme != "https" || !slices.Contains(c.TLSAutoHosts, u.Hostname())),
		"The public URL must be https:// and one of the names in --tls-auto-hosts.")
	return errors.Join(append(errs, c.checkAutoHTTP(), c.checkDirectory())...)
}

func (c *Config) checkAutoHTTP() error {
	if c.TLSAutoHTTPAddr == Off {
		return nil
	}
	host, port, err := net.SplitHostPort(c.TLSAutoHTTPAddr)
	if err != nil {
		return problem("The address for --tls-auto-http-addr must be HOST:PORT or off.")
	}
	if !loopback(host) && !c.AllowPublic {
		return problem("Automatic certificates are fetched on an address that other machines reach: set --allow-public to mean it.")
	}
	if _, public, err := net.SplitHostPort(c.Addr); err == nil && port == public && port != "0" {
		return problem("The address to serve on and --tls-auto-http-addr must have different ports.")
	}
	return nil
}

func (c *Config) checkDirectory() error {
	if c.TLSAutoDirectory == "" {
		return nil
	}
	u, err := url.Parse(c.TLSAutoDirectory)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(strings.ToLower(u.Hostname()))) {
		return problem("The ACME directory must be an https:// address.")
	}
	return nil
}
