package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
)

// errHasAccounts says that the first account was made long ago.
var errHasAccounts = errors.New("there is an account already; it can invite others")

const maxPassword = 4 << 10 // bytes read from stdin

type bootstrapCmd struct {
	Email string `required:"" help:"E-mail address to sign in with."`
	Name  string `required:"" help:"Name of the person."`
}

// Run makes the first account with the password on stdin: the same as the link
// that serve prints, for where no browser of this machine reaches it.
func (c *bootstrapCmd) Run(e *environment) error {
	b, err := io.ReadAll(io.LimitReader(e.in, maxPassword))
	if err != nil {
		return fmt.Errorf("read password: %w", err)
	}
	password := strings.TrimRight(string(b), "\r\n")
	if password == "" {
		return unusable(errors.New("give the password on stdin"))
	}
	return e.withApp(func(ctx context.Context, app *wire.App) error {
		token, created, err := app.Accounts.Bootstrap(ctx)
		if err != nil {
			return err
		}
		if !created {
			return errHasAccounts
		}
		_, err = app.Accounts.Claim(ctx, token, accounts.NewAccount{Email: c.Email, Name: c.Name, Password: password})
		if err != nil {
			return err
		}
		e.say("The first account is made. Sign in and put a second factor in force.")
		return nil
	})
}

// offerBootstrap prints how to make the first account while there is none.
func (e *environment) offerBootstrap(app *wire.App) error {
	token, created, err := app.Accounts.Bootstrap(actor.With(e.ctx, actor.System()))
	if err != nil || !created {
		return err
	}
	url := e.settings.PublicURL + "/v1/bootstrap"
	e.say("There is no account yet. Within 30 minutes, once, and from this machine only, make the first with this link:")
	e.say("  %s/konsol/mulai?kode=%s", e.settings.PublicURL, token)
	e.say("or without a browser:")
	e.say(`  curl -H 'Content-Type: application/json' %s -d '{"token":"%s","email":"…","name":"…","password":"…"}'`, url, token)
	e.say("or: berlaku bootstrap --email … --name … < file-with-password")
	return nil
}
