// Package inbox is the room of the console for what waits for whoever is signed in.
package inbox

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
)

// Deps is what the room needs.
type Deps struct {
	Clock clock.Clock
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
