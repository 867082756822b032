package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority is an ACME server (RFC 8555) as small as one order needs: it looks
// for the token where HTTP-01 puts it and signs what was ordered. It checks no
// signature of the client.
type authority struct {
	*httptest.Server
	t    *testing.T
	at   string // where every host name leads to
	key  *ecdsa.PrivateKey
	root *x509.Certificate

	mu      sync.Mutex
	contact []string
	agreed  bool
	host    string
	valid   bool
	chain   []byte
	looked  []string // what was found at the token
}

func newAuthority(t *testing.T, httpAddr string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, at: httpAddr, key: key}
	if a.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(http.HandlerFunc(a.answer))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) answer(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var payload struct {
		Contact     []string
		Agreed      bool `json:"termsOfServiceAgreed"`
		Identifiers []struct{ Value string }
		CSR         string
	}
	var jws struct{ Payload string }
	if body, err := io.ReadAll(r.Body); err == nil && json.Unmarshal(body, &jws) == nil {
		if b, err := base64.RawURLEncoding.DecodeString(jws.Payload); err == nil {
			_ = json.Unmarshal(b, &payload)
		}
	}
	w.Header().Set("Replay-Nonce", rand.Text())
	w.Header().Set("Content-Type", "application/json")
	say := func(status int, format string, args ...any) {
		w.Header().Set("Location", a.URL+r.URL.Path)
		w.WriteHeader(status)
		fmt.Fprintf(w, strings.ReplaceAll(format, "URL", a.URL), args...)
	}
	switch r.URL.Path {
	case "/directory":
		say(200, `{"newNonce":"URL/nonce","newAccount":"URL/account","newOrder":"URL/order","meta":{"termsOfService":"URL/terms"}}`)
	case "/nonce":
		say(200, "")
	case "/account":
		a.contact, a.agreed = payload.Contact, payload.Agreed
		say(201, `{"status":"valid"}`)
	case "/order":
		code, status := 200, "pending"
		if len(payload.Identifiers) > 0 {
			code, a.host, a.valid = 201, payload.Identifiers[0].Value, false
		}
		if a.valid {
			status = "ready"
		}
		say(code, `{"status":%q,"identifiers":[{"type":"dns","value":%q}],"authorizations":["URL/authz"],"finalize":"URL/finalize"}`, status, a.host)
	case "/authz", "/challenge":
		if r.URL.Path == "/challenge" {
			a.valid = a.look()
		}
		status := map[bool]string{true: "valid", false: "pending"}[a.valid]
		challenge := fmt.Sprintf(`{"type":"http-01","url":"URL/challenge","token":"a-token","status":%q}`, status)
		if r.URL.Path == "/challenge" {
			say(200, challenge)
			return
		}
		say(200, strings.ReplaceAll(`{"status":%q,"identifier":{"type":"dns","value":%q},"challenges":[CHALLENGE]}`, "CHALLENGE", challenge), status, a.host)
	case "/finalize":
		a.sign(payload.CSR)
		say(200, `{"status":"valid","identifiers":[{"type":"dns","value":%q}],"authorizations":["URL/authz"],"finalize":"URL/finalize","certificate":"URL/certificate"}`, a.host)
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(a.chain)
	default:
		say(404, `{"type":"urn:ietf:params:acme:error:malformed"}`)
	}
}

// look asks for the token as the authority's own servers would.
func (a *authority) look() bool {
	client := http.Client{Transport: a.dial(nil)}
	resp, err := client.Get("http://" + a.host + "/.well-known/acme-challenge/a-token")
	if err != nil {
		a.looked = append(a.looked, err.Error())
		return false
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	a.looked = append(a.looked, string(b))
	return resp.StatusCode == 200 && strings.HasPrefix(string(b), "a-token.")
}

// dial leads every plain name to the listener of the server under test.
func (a *authority) dial(base *http.Transport) *http.Transport {
	if base == nil {
		base = &http.Transport{}
	}
	base.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, a.at)
	}
	return base
}

func (a *authority) sign(text string) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		a.t.Error(err)
		return
	}
	csr, err := x509.ParseCertificateRequest(b)
	if err != nil {
		a.t.Error(err)
		return
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: csr.DNSNames, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.root, csr.PublicKey, a.key)
	if err != nil {
		a.t.Error(err)
		return
	}
	a.chain = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
