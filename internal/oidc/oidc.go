// Package oidc sends people to an identity provider and reads what comes back:
// OpenID Connect, authorization code with PKCE (S256), state and nonce.
//
// It trusts a token of the configured issuer only, made for our client id, not
// expired, signed by a key of the issuer, and carrying the nonce of the very
// visit. Who that is among our accounts, and what that one may do, is not its
// business.
package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// Refusals.
var (
	// ErrDown: the identity provider cannot be reached or does not answer as one.
	ErrDown = fault.New(fault.Unavailable, "provider_down", "The identity provider cannot be reached. Try again later.")
	// ErrRefused: the provider, or what it answered, does not let the visitor in.
	ErrRefused = fault.New(fault.Forbidden, "provider_refused", "The identity provider did not sign you in. Begin again.")
)

const (
	answerTime = 10 * time.Second // for each request to the provider
	askAgain   = 10 * time.Second // after a failure nobody is asked for so long
	maxAge     = 5 * time.Minute  // of a sign-in that proves somebody anew
)

// Settings are what the operator agreed on with the provider.
type Settings struct {
	Issuer, ClientID, ClientSecret string
	// Name is what the button says.
	Name string
	// Callback is the address that the provider sends people back to.
	Callback string
	// LinkByEmail links an account by the verified address.
	LinkByEmail bool
	Clock       clock.Clock
}

// Provider is the identity provider. It is asked for its configuration when it
// is first needed, so that a server starts without it.
type Provider struct {
	settings Settings
	client   *http.Client

	mu      sync.Mutex
	found   *oidc.Provider
	failed  time.Time
	pending bool
}

// New returns the provider; nil when the settings name none.
func New(s Settings) *Provider {
	if s.Issuer == "" {
		return nil
	}
	return &Provider{settings: s, client: &http.Client{Timeout: answerTime}}
}

// Name is what the button says.
func (p *Provider) Name() string { return p.settings.Name }

// LinkByEmail reports whether a verified address links an account.
func (p *Provider) LinkByEmail() bool { return p.settings.LinkByEmail }

// Secrets are what only this visit knows.
type Secrets struct{ Nonce, Verifier string }

// NewSecrets returns fresh ones.
func NewSecrets() Secrets {
	return Secrets{Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier()}
}

// Address is where the visitor goes to sign in. With again the provider must
// ask anew, even those who are signed in there.
func (p *Provider) Address(ctx context.Context, state string, s Secrets, again bool) (string, error) {
	c, _, err := p.config(ctx)
	if err != nil {
		return "", err
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)}
	if again {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return c.AuthCodeURL(state, opts...), nil
}

// Identity is who signed in at the provider.
type Identity struct {
	Issuer, Subject string
	Email           string // empty unless the provider has verified it
	Name            string
}

// Redeem exchanges the code for a token and checks it against the secrets of
// the visit. With again the sign-in must be fresh. ErrDown when the provider
// does not answer, ErrRefused when its answer does not fit.
func (p *Provider) Redeem(ctx context.Context, code string, s Secrets, again bool) (Identity, error) {
	c, found, err := p.config(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		if _, answered := errors.AsType[*oauth2.RetrieveError](err); answered {
			return Identity{}, ErrRefused
		}
		return Identity{}, ErrDown
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, ErrRefused
	}
	verified, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.settings.ClientID, Now: p.settings.Clock.Now}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, ErrRefused
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(s.Nonce)) != 1 {
		return Identity{}, ErrRefused
	}
	return p.read(verified, again)
}

func (p *Provider) read(token *oidc.IDToken, again bool) (Identity, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Name     string `json:"name"`
		AuthTime int64  `json:"auth_time"`
	}
	if token.Claims(&claims) != nil || token.Subject == "" {
		return Identity{}, ErrRefused
	}
	if again && p.settings.Clock.Now().Sub(time.Unix(claims.AuthTime, 0)) > maxAge {
		return Identity{}, ErrRefused
	}
	id := Identity{Issuer: token.Issuer, Subject: token.Subject, Name: claims.Name}
	if claims.Verified {
		id.Email = claims.Email
	}
	return id, nil
}

// config asks the provider for its configuration, once it answers.
func (p *Provider) config(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: p.settings.Callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, found, nil
}

func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	now := p.settings.Clock.Now()
	if p.found != nil || p.pending || now.Sub(p.failed) < askAgain && !p.failed.IsZero() {
		defer p.mu.Unlock()
		if p.found == nil {
			return nil, ErrDown
		}
		return p.found, nil
	}
	p.pending = true
	p.mu.Unlock()
	// The keys are fetched later, beyond this request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.settings.Issuer)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = false
	if err != nil {
		p.failed = now
		return nil, ErrDown
	}
	p.found = found
	return found, nil
}
