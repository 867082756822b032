package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/berlaku/berlaku/internal/config"
)

func parse(t *testing.T, args ...string) (config.Config, error) {
	t.Helper()
	var f struct {
		File     config.File   `name:"config" env:"BERLAKU_CONFIG"`
		Settings config.Config `embed:""`
	}
	k, err := kong.New(&f, config.Sources(), kong.Exit(func(int) { t.Fatal("exited") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	return f.Settings, err
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	file := write(t, "berlaku.json", `{"addr": "127.0.0.1:3", "log_level": "warn", "allow_root": true, "trusted_proxies": ["10.0.0.0/8", "192.168.0.0/16"], "database_conns": 7}`)
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"the default is the last resort":             {want: "127.0.0.1:8080"},
		"the file beats the default":                 {args: []string{"--config", file}, want: "127.0.0.1:3"},
		"the file may be named in the environment":   {env: map[string]string{"BERLAKU_CONFIG": file}, want: "127.0.0.1:3"},
		"the environment beats the file":             {env: map[string]string{"BERLAKU_ADDR": "127.0.0.1:2"}, args: []string{"--config", file}, want: "127.0.0.1:2"},
		"the flag beats the environment":             {env: map[string]string{"BERLAKU_ADDR": "127.0.0.1:2"}, args: []string{"--config", file, "--addr", "127.0.0.1:1"}, want: "127.0.0.1:1"},
		"the flag beats the file":                    {args: []string{"--config", file, "--addr=127.0.0.1:1"}, want: "127.0.0.1:1"},
		"the environment works without any file too": {env: map[string]string{"BERLAKU_ADDR": "127.0.0.1:2"}, want: "127.0.0.1:2"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			got, err := parse(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if got.Addr != c.want {
				t.Errorf("addr %s, want %s", got.Addr, c.want)
			}
		})
	}
}

func TestFileHoldsEveryKindOfValue(t *testing.T) {
	file := write(t, "berlaku.json", `{"log_level": "warn", "allow_root": true, "trusted_proxies": ["10.0.0.0/8", "192.168.0.0/16"], "database_conns": 7}`)
	c, err := parse(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if c.LogLevel != "warn" || !c.AllowRoot || len(c.TrustedProxies) != 2 || c.DatabaseConn != 7 {
		t.Errorf("got %+v", c)
	}
}

func TestFileIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"with a setting that does not exist": `{"address": "127.0.0.1:1"}`,
		"when it is not JSON":                `addr: 127.0.0.1:1`,
		"with a value outside the choices":   `{"log_level": "loud"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(t, "--config", write(t, "berlaku.json", text)); err == nil {
				t.Error("accepted")
			}
		})
	}
	t.Run("when it is missing", func(t *testing.T) {
		if _, err := parse(t, "--config", filepath.Join(t.TempDir(), "none.json")); err == nil {
			t.Error("accepted")
		}
	})
}

func TestSecretComesFromAFile(t *testing.T) {
	secret := write(t, "url", "postgres://app:from-secret@db/berlaku\n")
	settings := write(t, "berlaku.json", `{"database_url": "sqlite:from-settings"}`)
	t.Run("named in the environment, without its line end", func(t *testing.T) {
		t.Setenv("BERLAKU_DATABASE_URL_FILE", secret)
		c, err := parse(t)
		if err != nil || c.DatabaseURL != "postgres://app:from-secret@db/berlaku" {
			t.Errorf("got %q, %v", c.DatabaseURL, err)
		}
	})
	t.Run("which beats the configuration file", func(t *testing.T) {
		t.Setenv("BERLAKU_DATABASE_URL_FILE", secret)
		c, err := parse(t, "--config", settings)
		if err != nil || c.DatabaseURL != "postgres://app:from-secret@db/berlaku" {
			t.Errorf("got %q, %v", c.DatabaseURL, err)
		}
	})
	t.Run("and a flag beats it", func(t *testing.T) {
		t.Setenv("BERLAKU_DATABASE_URL_FILE", secret)
		c, err := parse(t, "--database-url=sqlite:x")
		if err != nil || c.DatabaseURL != "sqlite:x" {
			t.Errorf("got %q, %v", c.DatabaseURL, err)
		}
	})
	t.Run("not together with the plain variable", func(t *testing.T) {
		t.Setenv("BERLAKU_DATABASE_URL_FILE", secret)
		t.Setenv("BERLAKU_DATABASE_URL", "sqlite:x")
		if _, err := parse(t); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("and only for what is secret", func(t *testing.T) {
		t.Setenv("BERLAKU_ADDR_FILE", write(t, "addr", "127.0.0.1:1"))
		c, err := parse(t)
		if err != nil || c.Addr != "127.0.0.1:8080" {
			t.Errorf("got %q, %v", c.Addr, err)
		}
	})
	t.Run("a missing one is an error that names the variable", func(t *testing.T) {
		t.Setenv("BERLAKU_DATABASE_URL_FILE", filepath.Join(t.TempDir(), "none"))
		if _, err := parse(t); err == nil || !strings.Contains(err.Error(), "BERLAKU_DATABASE_URL_FILE") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPrintMasksSecrets(t *testing.T) {
	for name, c := range map[string]struct{ url, want string }{
		"a password":                   {"postgres://app:hunter2@db:5432/berlaku", "postgres://app:[masked]@db:5432/berlaku"},
		"a password in the query":      {"postgres://db/berlaku?password=hunter2&sslmode=require", "postgres://db/berlaku?[masked]"},
		"what is no address, whole":    {"host=db password=hunter2", "[masked]"},
		"a broken address, whole":      {"postgres://app:hunter2%zz@db/x", "[masked]"},
		"nothing in a path of SQLite":  {"sqlite:/var/lib/berlaku.db", "sqlite:/var/lib/berlaku.db"},
		"nothing without any password": {"postgres://app@db/berlaku", "postgres://app@db/berlaku"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config.Config{DatabaseURL: c.url, Addr: "127.0.0.1:8080", TrustedProxies: []string{"10.0.0.0/8"}}
			var out strings.Builder
			if err := cfg.Print(&out); err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
				t.Fatal(err)
			}
			if got["database_url"] != c.want || strings.Contains(out.String(), "hunter2") {
				t.Errorf("printed %q, want %q", got["database_url"], c.want)
			}
		})
	}
}

func TestPrintIsAConfigurationFile(t *testing.T) {
	want, err := parse(t, "--addr=127.0.0.1:1", "--trusted-proxies=10.0.0.0/8,::1/128", "--allow-root")
	if err != nil {
		t.Fatal(err)
	}
	if err := want.Complete(); err != nil {
		t.Fatal(err)
	}
	var a, b strings.Builder
	if err := want.Print(&a); err != nil {
		t.Fatal(err)
	}
	got, err := parse(t, "--config", write(t, "berlaku.json", a.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Print(&b); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Errorf("read back as\n%s\nwant\n%s", b.String(), a.String())
	}
}

func TestComplete(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string // part of the sentence; empty: accepted
	}{
		"the defaults are good":                             {},
		"a public address needs a flag":                     {[]string{"--addr=0.0.0.0:80", "--trusted-proxies=10.0.0.0/8"}, "--allow-public"},
		"an empty host is public":                           {[]string{"--addr=:8080"}, "--allow-public"},
		"a public address needs TLS or a proxy":             {[]string{"--addr=0.0.0.0:80", "--allow-public"}, "--tls-cert"},
		"a public address with a named proxy":               {[]string{"--addr=0.0.0.0:80", "--allow-public", "--trusted-proxies=10.0.0.0/8", "--public-url=https://kartu.example"}, ""},
		"a public address with a certificate":               {[]string{"--addr=[::]:443", "--allow-public", "--tls-cert=c", "--tls-key=k", "--public-url=https://kartu.example"}, ""},
		"a certificate without key":                         {[]string{"--tls-cert=c"}, "both"},
		"automatic certificates":                            {[]string{"--addr=:443", "--allow-public", "--tls-auto-hosts=kartu.example,www.kartu.example", "--tls-auto-accept-terms", "--tls-auto-email=it@kartu.example"}, ""},
		"the same behind a door of one's own":               {[]string{"--addr=127.0.0.1:8443", "--tls-auto-http-addr=127.0.0.1:8080", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms"}, ""},
		"the same without a second listener":                {[]string{"--addr=127.0.0.1:8443", "--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms"}, ""},
		"automatic certificates beside those of files":      {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms", "--tls-cert=c", "--tls-key=k"}, "not both"},
		"automatic certificates without accepted terms":     {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example"}, "--tls-auto-accept-terms"},
		"accepted terms of certificates for nobody":         {[]string{"--tls-auto-accept-terms"}, "--tls-auto-hosts"},
		"automatic certificates for an address":             {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=192.168.1.2", "--tls-auto-accept-terms"}, "host names"},
		"automatic certificates for a wildcard":             {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=*.example", "--tls-auto-accept-terms"}, "host names"},
		"automatic certificates for a name with port":       {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example:443", "--tls-auto-accept-terms"}, "host names"},
		"automatic certificates for this machine's name":    {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=localhost", "--tls-auto-accept-terms"}, "host names"},
		"a public URL of another name":                      {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms", "--public-url=https://other.example"}, "one of the names"},
		"a public URL without TLS beside certificates":      {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms", "--public-url=http://kartu.example"}, "https://"},
		"a second listener that nobody allowed":             {[]string{"--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms"}, "--allow-public"},
		"both listeners on one port":                        {[]string{"--tls-auto-http-addr=127.0.0.1:8080", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms"}, "different ports"},
		"a second listener that is none":                    {[]string{"--tls-auto-http-addr=80", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms"}, "HOST:PORT or off"},
		"an address to write to that is none":               {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms", "--tls-auto-email=IT <it@kartu.example>"}, "e-mail"},
		"an authority without TLS":                          {[]string{"--tls-auto-http-addr=off", "--tls-auto-hosts=kartu.example", "--tls-auto-accept-terms", "--tls-auto-directory=http://ca.example/dir"}, "ACME directory"},
		"an address without port":                           {[]string{"--addr=127.0.0.1"}, "HOST:PORT"},
		"a private address off":                             {[]string{"--private-addr=off"}, ""},
		"a private address that is none":                    {[]string{"--private-addr=nowhere"}, "private address"},
		"a public URL with a path":                          {[]string{"--public-url=https://kartu.example/app"}, "public URL"},
		"a public URL with a slash at the end is tolerated": {[]string{"--public-url=https://kartu.example/"}, ""},
		"a public URL of another kind":                      {[]string{"--public-url=ftp://kartu.example"}, "public URL"},
		"a card origin in capitals":                         {[]string{"--card-origin=https://KARTU.example"}, "card origin"},
		"a card origin with a slash at the end":             {[]string{"--card-origin=https://kartu.example/"}, "card origin"},
		"a card origin too long for the QR code":            {[]string{"--card-origin=https://a-very-long-host-name-for-a-small-qr-code.example"}, "card origin"},
		"a proxy that is no network":                        {[]string{"--trusted-proxies=proxy"}, "networks"},
		"a database of another kind":                        {[]string{"--database-url=mysql://db"}, "sqlite:PATH"},
		"an embedded database without path":                 {[]string{"--database-url=sqlite:"}, "sqlite:PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := parse(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			err = cfg.Complete()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want a sentence with %q", err, c.want)
			}
		})
	}
}

func TestAutomaticCertificatesNameThePublicURL(t *testing.T) {
	cfg, err := parse(t, "--addr=:443", "--allow-public", "--tls-auto-hosts=kartu.example,www.kartu.example", "--tls-auto-accept-terms", "--data-dir=/srv/berlaku")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Complete(); err != nil {
		t.Fatal(err)
	}
	if cfg.PublicURL != "https://kartu.example" || cfg.CardOrigin != "https://kartu.example" || !cfg.TLS() || cfg.ACMEDir() != "/srv/berlaku/acme" {
		t.Errorf("derived %+v", cfg)
	}
}

func TestCompleteDerives(t *testing.T) {
	cfg, err := parse(t, "--data-dir=/srv/berlaku", "--addr=127.0.0.1:9999", "--public-url=https://Kartu.Example")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Complete(); err != nil {
		t.Fatal(err)
	}
	if cfg.DatabaseURL != "sqlite:/srv/berlaku/berlaku.db" || cfg.KeyDir != "/srv/berlaku/keys" || cfg.CardOrigin != "https://kartu.example" || !cfg.Secure() {
		t.Errorf("derived %+v", cfg)
	}
}

func TestMessages(t *testing.T) {
	mail := func(c *config.Config) { c.MessageFrom, c.MessageTo = "kartu@kantor.example", "{phone}@sms.example" }
	for name, c := range map[string]struct {
		url  string
		with func(c *config.Config)
		bad  bool
	}{
		"none":                                {},
		"a file":                              {url: "file:messages.jsonl"},
		"a file without a name":               {url: "file:", bad: true},
		"https":                               {url: "https://gateway.example/send"},
		"http to this machine":                {url: "http://127.0.0.1:9/send"},
		"http to another one":                 {url: "http://gateway.example/send", bad: true},
		"a template without text":             {url: "https://gateway.example/send", with: func(c *config.Config) { c.MessageTemplate = `{"to":"{to}"}` }, bad: true},
		"mail":                                {url: "smtp://kartu:secret-word@mail.example:587", with: mail},
		"mail from nobody":                    {url: "smtps://mail.example", bad: true},
		"mail to nobody":                      {url: "smtps://mail.example", with: func(c *config.Config) { mail(c); c.MessageTo = "all@sms.example" }, bad: true},
		"a scheme that nobody knows":          {url: "carrier://pigeon.example", bad: true},
		"a URL that is none":                  {url: "gateway secret-word", bad: true},
		"a URL that is none, with a password": {url: "smtp://kartu:secret-word@", with: mail, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(t)
			if err != nil {
				t.Fatal(err)
			}
			got.MessageURL, got.DataDir = c.url, t.TempDir()
			if c.with != nil {
				c.with(&got)
			}
			if err = got.Complete(); (err != nil) != c.bad {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "secret-word") {
				t.Errorf("tells the password: %v", err)
			}
		})
	}
}

func TestPrintMasksTheGatewayWhole(t *testing.T) {
	t.Setenv("BERLAKU_MESSAGE_URL_FILE", write(t, "url", "https://gateway.example/hook/secret-word\n"))
	t.Setenv("BERLAKU_MESSAGE_TOKEN", "https://secret-word.example")
	t.Setenv("BERLAKU_MESSAGE_TEMPLATE", `{"key":"secret-word","to":"{to}","text":"{text}"}`)
	c, err := parse(t)
	if err != nil || c.MessageURL != "https://gateway.example/hook/secret-word" {
		t.Fatalf("got %q, %v", c.MessageURL, err)
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "secret-word") || strings.Count(b.String(), "[masked]") != 3 {
		t.Errorf("got %s", b.String())
	}
}

func TestAWalletNeedsIssuerAndKey(t *testing.T) {
	for name, c := range map[string]struct {
		issuer, key string
		bad         bool
	}{
		"none": {}, "both": {issuer: "3388", key: "{}"}, "no key": {issuer: "3388", bad: true}, "no issuer": {key: "{}", bad: true},
	} {
		got, err := parse(t)
		if err != nil {
			t.Fatal(err)
		}
		got.GoogleWalletIssuer, got.GoogleWalletKey, got.DataDir = c.issuer, c.key, t.TempDir()
		if err := got.Complete(); (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("BERLAKU_GOOGLE_WALLET_KEY_FILE", write(t, "key.json", `{"private_key":"secret-word"}`))
	c, err := parse(t)
	if err != nil || c.GoogleWalletKey != `{"private_key":"secret-word"}` {
		t.Fatalf("got %q, %v", c.GoogleWalletKey, err)
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil || strings.Contains(b.String(), "secret-word") {
		t.Errorf("got %s, %v", b.String(), err)
	}
}
