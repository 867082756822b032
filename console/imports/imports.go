// Package imports is the room of the console for lists of participants that are taken in.
package imports

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
)

// Deps is what the room needs.
type Deps struct {
	Participants *participants.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
