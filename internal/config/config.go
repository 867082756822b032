// Package config holds the settings of the program.
//
// A setting comes from a flag, else from the environment (BERLAKU_NAME, or
// BERLAKU_NAME_FILE for a secret that lies in a file), else from the JSON file
// named by --config, else from its default. Complete derives what follows from
// other settings and refuses what cannot be served safely; Print shows what is
// in force with secrets masked.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// Off switches a listener off.
const Off = "off"

// OriginFile is the file in the key folder that remembers the origin of the
// cards issued so far; it is the default of CardOrigin.
const OriginFile = "origin"

// Config is every setting. The tags are read by kong: name of the flag,
// environment variable, default, help. The tag secret makes Print mask the
// value, of an address its secret parts or, with "whole", all of it, and lets it
// come from a file named by the variable with _FILE.
type Config struct {
	DataDir     string `name:"data-dir" env:"BERLAKU_DATA_DIR" default:"data" help:"Folder of the embedded database and the keys."`
	DatabaseURL string `name:"database-url" env:"BERLAKU_DATABASE_URL" secret:"" help:"sqlite:PATH or postgres://…; default: berlaku.db in the data folder."`
	KeyDir      string `name:"key-dir" env:"BERLAKU_KEY_DIR" help:"Folder of the keys; default: keys in the data folder."`
	Addr        string `name:"addr" env:"BERLAKU_ADDR" default:"127.0.0.1:8080" help:"Address to serve on."`
	PrivateAddr string `name:"private-addr" env:"BERLAKU_PRIVATE_ADDR" default:"127.0.0.1:9090" help:"Address of metrics and pprof, or off."`
	PublicURL   string `name:"public-url" env:"BERLAKU_PUBLIC_URL" help:"Address under which others reach the server; default: the one served on."`
	CardOrigin  string `name:"card-origin" env:"BERLAKU_CARD_ORIGIN" help:"Origin printed into cards, for good; default: the one used so far, else that of the public URL."`

	TLSCert string `name:"tls-cert" env:"BERLAKU_TLS_CERT" help:"Certificate file (PEM); needs a key file too."`
	TLSKey  string `name:"tls-key" env:"BERLAKU_TLS_KEY" help:"Key file of the certificate (PEM)."`

	TLSAutoHosts       []string `name:"tls-auto-hosts" env:"BERLAKU_TLS_AUTO_HOSTS" help:"Host names to fetch certificates for by itself (ACME), separated by commas."`
	TLSAutoAcceptTerms bool     `name:"tls-auto-accept-terms" env:"BERLAKU_TLS_AUTO_ACCEPT_TERMS" help:"The terms of the authority that gives these certificates are accepted."`
	TLSAutoEmail       string   `name:"tls-auto-email" env:"BERLAKU_TLS_AUTO_EMAIL" help:"Address that this authority may write to."`
	TLSAutoHTTPAddr    string   `name:"tls-auto-http-addr" env:"BERLAKU_TLS_AUTO_HTTP_ADDR" default:":80" help:"Address where the authority looks and everybody else is sent to https, or off."`
	TLSAutoDirectory   string   `name:"tls-auto-directory" env:"BERLAKU_TLS_AUTO_DIRECTORY" help:"ACME directory of the authority; default: Let's Encrypt."`

	AllowPublic  bool   `name:"allow-public" env:"BERLAKU_ALLOW_PUBLIC" help:"Serve on an address that other machines reach; needs TLS or trusted proxies."`
	RateLimits   string `name:"rate-limits" env:"BERLAKU_RATE_LIMITS" enum:"on,off" default:"on" help:"Limit requests a minute (lock-outs stay on)."`
	LogLevel     string `name:"log-level" env:"BERLAKU_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Least important line to log."`
	LogFormat    string `name:"log-format" env:"BERLAKU_LOG_FORMAT" enum:"json,text" default:"json" help:"Form of a log line."`
	AllowRoot    bool   `name:"allow-root" env:"BERLAKU_ALLOW_ROOT" help:"Serve although the process runs as root."`
	AllowUnsafe  bool   `name:"allow-unsafe-database" env:"BERLAKU_ALLOW_UNSAFE_DATABASE" hidden:"" help:"Accept a PostgreSQL server that may forget what it acknowledged; for tests."`
	DatabaseConn int    `name:"database-conns" env:"BERLAKU_DATABASE_CONNS" default:"0" help:"Most connections to PostgreSQL; 0: four a core."`

	MessageURL      string `name:"message-url" env:"BERLAKU_MESSAGE_URL" secret:"whole" help:"How messages reach people: file:PATH, https://…, smtp://… or smtps://user:password@host:port; none: nothing is sent."`
	MessageTemplate string `name:"message-template" env:"BERLAKU_MESSAGE_TEMPLATE" secret:"whole" help:"JSON body for an https gateway with {to}, {digits} and {text} in its strings; it may hold the key of the gateway."`
	MessageToken    string `name:"message-token" env:"BERLAKU_MESSAGE_TOKEN" secret:"whole" help:"Bearer token for an https gateway."`
	MessageFrom     string `name:"message-from" env:"BERLAKU_MESSAGE_FROM" help:"Address of mail that smtp sends from."`
	MessageTo       string `name:"message-to" env:"BERLAKU_MESSAGE_TO" help:"How a phone becomes an address of mail, like {phone}@sms.example."`

	GoogleWalletIssuer string `name:"google-wallet-issuer" env:"BERLAKU_GOOGLE_WALLET_ISSUER" help:"Issuer number of Google Wallet passes; none: no passes are offered."`
	GoogleWalletKey    string `name:"google-wallet-key" env:"BERLAKU_GOOGLE_WALLET_KEY" secret:"whole" help:"JSON key of the service account that signs the passes; better as a file named by BERLAKU_GOOGLE_WALLET_KEY_FILE."`

	OIDCIssuer       string `name:"oidc-issuer" env:"BERLAKU_OIDC_ISSUER" help:"Identity provider (OpenID Connect) where staff sign in, its https address; none: no such button."`
	OIDCClientID     string `name:"oidc-client-id" env:"BERLAKU_OIDC_CLIENT_ID" help:"What the provider calls this server."`
	OIDCClientSecret string `name:"oidc-client-secret" env:"BERLAKU_OIDC_CLIENT_SECRET" secret:"whole" help:"Secret agreed on with the provider; better as a file named by BERLAKU_OIDC_CLIENT_SECRET_FILE."`
	OIDCName         string `name:"oidc-name" env:"BERLAKU_OIDC_NAME" default:"SSO" help:"What the button says after \"Sign in with\"."`
	OIDCLinkByEmail  bool   `name:"oidc-link-by-email" env:"BERLAKU_OIDC_LINK_BY_EMAIL" help:"The first sign-in finds the account by the address that the provider has verified; else only by an invitation."`

	TrustedProxies []string `name:"trusted-proxies" env:"BERLAKU_TRUSTED_PROXIES" help:"Networks (CIDR) whose X-Forwarded-For is believed, separated by commas."`
}

// maxOrigin is the length at which a card's text still fits its QR code
// (a prefix of 24 characters may grow by 26; "/1/" is part of it).
const maxOrigin = 24 + 26 - len("/1/")

var originForm = regexp.MustCompile(`^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)

// Complete fills in what follows from other settings and checks the lot. The
// error names every problem, a sentence each.
func (c *Config) Complete() error {
	c.derive()
	return errors.Join(c.checkAddr(), c.checkPrivate(), c.checkURLs(), c.checkTLS(), c.checkAutoTLS(), c.checkProxies(), c.checkDatabase(), c.checkMessages(), c.checkWallet(), c.checkOIDC())
}

func (c *Config) derive() {
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.DataDir, "berlaku.db")
	}
	if c.KeyDir == "" {
		c.KeyDir = filepath.Join(c.DataDir, "keys")
	}
	switch {
	case c.PublicURL != "":
	case len(c.TLSAutoHosts) > 0:
		c.PublicURL = "https://" + c.TLSAutoHosts[0]
	case c.TLS():
		c.PublicURL = "https://" + c.Addr
	default:
		c.PublicURL = "http://" + c.Addr
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if b, err := read(filepath.Join(c.KeyDir, OriginFile)); err == nil && c.CardOrigin == "" {
		c.CardOrigin = strings.TrimSpace(string(b))
	}
	if c.CardOrigin == "" {
		if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
			c.CardOrigin = strings.ToLower(u.Scheme + "://" + u.Host)
		}
	}
}

// problem is an error for people: one sentence, no cause.
func problem(format string, args ...any) error { return fmt.Errorf(format, args...) }

func (c *Config) checkAddr() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return problem("The address to serve on must be HOST:PORT, like 127.0.0.1:8080.")
	}
	if loopback(host) {
		return nil
	}
	if !c.AllowPublic {
		return problem("The address to serve on is reachable from other machines: set --allow-public to mean it.")
	}
	if !c.TLS() && len(c.TrustedProxies) == 0 {
		return problem("A public address needs a certificate (--tls-cert and --tls-key, or --tls-auto-hosts) or a named proxy before it (--trusted-proxies).")
	}
	return nil
}

func (c *Config) checkPrivate() error {
	if c.PrivateAddr == Off {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.PrivateAddr); err != nil {
		return problem("The private address must be HOST:PORT or off.")
	}
	return nil
}

func (c *Config) checkURLs() error {
	var errs []error
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		errs = append(errs, problem("The public URL must be http:// or https:// and a host, nothing after it."))
	}
	if !originForm.MatchString(c.CardOrigin) || len(c.CardOrigin) > maxOrigin {
		errs = append(errs, problem("The card origin must be http:// or https:// and a host in lower case, at most %d characters, no slash at the end.", maxOrigin))
	}
	return errors.Join(errs...)
}

func (c *Config) checkProxies() error {
	if _, err := c.Proxies(); err != nil {
		return err
	}
	return nil
}

func (c *Config) checkDatabase() error {
	if c.DatabaseConn < 0 {
		return problem("The number of database connections must not be negative.")
	}
	switch {
	case strings.HasPrefix(c.DatabaseURL, "sqlite:") && c.DatabaseURL != "sqlite:":
	case strings.HasPrefix(c.DatabaseURL, "postgres://"), strings.HasPrefix(c.DatabaseURL, "postgresql://"):
	default:
		return problem("The database URL must be sqlite:PATH or postgres://….")
	}
	return nil
}

func (c *Config) checkWallet() error {
	if (c.GoogleWalletIssuer == "") != (c.GoogleWalletKey == "") {
		return problem("Google Wallet passes need both an issuer (--google-wallet-issuer) and the key of a service account (BERLAKU_GOOGLE_WALLET_KEY_FILE).")
	}
	return nil
}

// checkOIDC names what is missing for signing in at an identity provider.
func (c *Config) checkOIDC() error {
	if c.OIDCIssuer == "" {
		if c.OIDCClientID != "" || c.OIDCClientSecret != "" || c.OIDCLinkByEmail {
			return problem("Signing in at an identity provider needs its address: --oidc-issuer.")
		}
		return nil
	}
	u, err := url.Parse(c.OIDCIssuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "",
		u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return problem("The identity provider must be an https:// address (http:// on this machine only).")
	case c.OIDCClientID == "":
		return problem("The identity provider needs to know this server: --oidc-client-id.")
	}
	return nil
}

// Proxies returns the trusted networks.
func (c *Config) Proxies() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(c.TrustedProxies))
	for _, s := range c.TrustedProxies {
		p, err := netip.ParsePrefix(strings.TrimSpace(s))
		if err != nil {
			return nil, problem("Trusted proxies must be networks like 10.0.0.0/8, separated by commas.")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Level returns the least important level to log.
func (c *Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// Secure reports whether people reach the server by https.
func (c *Config) Secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// SQLitePath returns the path of the embedded database, and whether it is one.
func (c *Config) SQLitePath() (string, bool) { return strings.CutPrefix(c.DatabaseURL, "sqlite:") }

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
