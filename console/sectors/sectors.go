// Package sectors is the room of the console for sectors, their assessment and what follows from it.
package sectors

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// Deps is what the room needs.
type Deps struct {
	Partners     *partners.Service
	Participants *participants.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
