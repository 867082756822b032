package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/config"
)

type openapiCmd struct{}

// Run prints what a server answers at /openapi.json. It needs no server and no
// database: routes are described by the program that holds them, over an empty
// store that is gone afterwards. The settings in force play no part.
func (openapiCmd) Run(e *environment) (err error) {
	dir, err := os.MkdirTemp("", "berlaku-openapi-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer finish(&err, func() error { return os.RemoveAll(dir) })
	settings := config.Config{DataDir: dir, Addr: "127.0.0.1:8080", PrivateAddr: config.Off, RateLimits: config.Off}
	if err := settings.Complete(); err != nil {
		return err
	}
	app, err := wire.Open(e.ctx, settings, wire.Options{Clock: e.clock})
	if err != nil {
		return err
	}
	defer finish(&err, app.Close)
	b, err := json.Marshal(app.API.OpenAPI())
	if err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	_, err = e.out.Write(append(b, '\n'))
	return err
}
