package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/berlaku/berlaku/cards"
)

type cardCmd struct {
	Verify cardVerifyCmd `cmd:"" help:"Judge card texts from stdin, one a line, without any server or database."`
}

type cardVerifyCmd struct {
	JWKS    string `name:"jwks" required:"" help:"File with the issuer's keys (/.well-known/jwks.json)." placeholder:"FILE"`
	Origin  string `required:"" help:"The issuer's origin: https://host, lower case, no slash at the end." placeholder:"URL"`
	At      *int64 `required:"" help:"The time to judge at, in Unix seconds." placeholder:"UNIX"`
	Status  string `help:"Folder with status lists, N.jwt for /s/N; left out: statuses are not judged." placeholder:"DIR"`
	Printed string `enum:"allow,refuse" default:"allow" help:"What to do with printed cards: allow or refuse."`
}

// Run writes a JSON object for each line; unusable options leave stdout empty.
func (c *cardVerifyCmd) Run(e *environment) error {
	err := cards.VerifyLines(e.in, e.out, cards.VerifyOptions{
		JWKS: c.JWKS, Origin: c.Origin, At: time.Unix(*c.At, 0), StatusDir: c.Status, Printed: c.Printed,
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cards.ErrOption), errors.Is(err, cards.ErrJWKS):
		return unusable(err)
	}
	return fmt.Errorf("judge cards: %w", err)
}
