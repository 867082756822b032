// Package console opens the whole program over a database of its own and signs
// people in at its console. For tests.
package console

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
)

// Host is that of the program's public address.
const Host = "kartu.example"

const password = "kuda laut menari tujuh kali"

// Console is the program with a clock that the test moves.
type Console struct {
	*wire.App
	T     testing.TB
	Clock *clock.Manual
}

// Open opens the program, without limits of rates, until the test ends.
func Open(t testing.TB, change ...func(*config.Config)) *Console {
	t.Helper()
	dir := t.TempDir()
	cfg := config.Config{
		DatabaseURL: testkit.URL(t), PublicURL: "https://" + Host, CardOrigin: "https://" + Host, DataDir: dir, KeyDir: filepath.Join(dir, "keys"),
		RateLimits: config.Off, AllowUnsafe: true,
	}
	for _, c := range change {
		c(&cfg)
	}
	k := &Console{T: t, Clock: testkit.Clock()}
	var err error
	if k.App, err = wire.Open(t.Context(), cfg, wire.Options{Clock: k.Clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// Anybody returns a browser in which nobody is signed in.
func (k *Console) Anybody() *browse.Browser { return browse.New(k.T, k.API.Handler(), Host) }

// As returns the browser of somebody new who is signed in with one role.
func (k *Console) As(role actor.Role, kind actor.ScopeKind, scope uuid.UUID) *browse.Browser {
	k.T.Helper()
	b, _ := k.Acting(role, kind, scope)
	return b
}

// Acting returns what As does, and a context in which that account acts.
func (k *Console) Acting(role actor.Role, kind actor.ScopeKind, scope uuid.UUID) (*browse.Browser, context.Context) {
	k.T.Helper()
	who := accounts.NewAccount{
		Email: strings.ReplaceAll(string(role), "_", ".") + uuid.NewString()[:8] + "@contoh.example", Name: "Petugas " + string(role), Password: password,
	}
	g := actor.Grant{Role: role, Scope: kind, ScopeID: scope}
	a, err := k.Accounts.CreateDirect(testkit.System(k.T), who, g)
	if err != nil {
		k.T.Fatal(err)
	}
	session, _, err := k.Accounts.Login(k.T.Context(), accounts.Login{Email: who.Email, Password: password, Network: "192.0.2.0/24"})
	if err != nil {
		k.T.Fatal(err)
	}
	b := k.Anybody()
	b.SetCookie(access.Cookies{Secure: true}.Write(session.Token, session.ExpiresAt))
	return b, actor.With(k.T.Context(), actor.Actor{Kind: actor.Account, ID: a.ID, Grants: []actor.Grant{g}})
}
