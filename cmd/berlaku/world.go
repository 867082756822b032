package main

import (
	"context"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/cmd/world"
	"github.com/berlaku/berlaku/internal/clock"
)

// buildWorld fills an empty program with the demo world and returns what goes
// into demo.json. The clock is the program's; the world moves it through the
// past and leaves it at the present.
func buildWorld(ctx context.Context, app *wire.App, clk *clock.Manual) (any, error) {
	return world.Build(ctx, app, clk)
}
