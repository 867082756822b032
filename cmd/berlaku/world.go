package main

import (
	"context"
	"errors"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/clock"
)

// buildWorld fills an empty program with the demo world and returns what goes
// into demo.json. The clock is the program's; the world moves it through the
// past and leaves it at the present.
func buildWorld(context.Context, *wire.App, *clock.Manual) (any, error) {
	return nil, errors.New("the demo world is not part of this build")
}
