package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"1" help:"Show every signing key there ever was."`
	Rotate keysRotateCmd `cmd:"" help:"Make the next signing keys: good from now, or from a later day."`
	Revoke keysRevokeCmd `cmd:"" help:"Withdraw a signing key; every card it signed is refused from now on."`
}

// withApp runs f as the program itself on the database that is there.
func (e *environment) withApp(f func(context.Context, *wire.App) error) (err error) {
	app, err := e.open()
	if err != nil {
		return err
	}
	defer finish(&err, app.Close)
	return f(actor.With(e.ctx, actor.System()), app)
}

type keysListCmd struct{}

// Run prints a line per key.
func (keysListCmd) Run(e *environment) error {
	return e.withApp(func(ctx context.Context, app *wire.App) error {
		keys, err := app.Cards.ListKeys(ctx)
		if err != nil {
			return err
		}
		return e.printKeys(keys)
	})
}

func (e *environment) printKeys(keys []cards.SigningKey) error {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KID\tFOR\tSIGNS FROM\tVOUCHES UNTIL\tSTATE") //nolint:errcheck // Flush tells
	now := e.clock.Now()
	for _, k := range keys {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.KID, strings.Join(k.UseFor, ","), //nolint:errcheck // Flush tells
			k.NotBefore.Format(time.DateOnly), k.NotAfter.Format(time.DateOnly), keyState(k, now))
	}
	return w.Flush()
}

func keyState(k cards.SigningKey, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "withdrawn"
	case now.Before(k.NotBefore):
		return "coming"
	case now.After(k.NotAfter):
		return "over"
	}
	return "in force"
}

type keysRotateCmd struct {
	From string `help:"Day from which the new keys sign; default: today plus 30 days, so that every till knows them by then." placeholder:"YYYY-MM-DD"`
	Now  bool   `help:"Sign with the new keys at once."`
}

// Run makes one new key for each purpose.
func (c *keysRotateCmd) Run(e *environment) error {
	var from time.Time // zero: the default of the cards
	switch {
	case c.Now && c.From != "":
		return unusable(fmt.Errorf("give --now or --from, not both"))
	case c.Now:
		from = e.clock.Now()
	case c.From != "":
		t, err := time.Parse(time.DateOnly, c.From)
		if err != nil {
			return unusable(fmt.Errorf("--from must be a day, YYYY-MM-DD"))
		}
		from = t
	}
	return e.withApp(func(ctx context.Context, app *wire.App) error {
		made, err := app.Cards.RotateKeys(ctx, from)
		if err != nil {
			return err
		}
		return e.printKeys(made)
	})
}

type keysRevokeCmd struct {
	KID string `arg:"" help:"Two characters, as keys list shows them."`
	Yes bool   `help:"Mean it: every card signed with this key must be issued again."`
}

// Run withdraws the key, when told twice.
func (c *keysRevokeCmd) Run(e *environment) error {
	if !c.Yes {
		return unusable(fmt.Errorf("every card signed with this key would be refused from now on; add --yes to mean it"))
	}
	return e.withApp(func(ctx context.Context, app *wire.App) error {
		if err := app.Cards.RevokeKey(ctx, c.KID); err != nil {
			return err
		}
		e.say("Withdrawn. A running server stops signing with it and publishes the withdrawal at once.")
		return nil
	})
}
