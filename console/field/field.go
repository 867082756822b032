// Package field is the room of the console for wadah, agents and their registrations.
package field

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

// Deps is what the room needs.
type Deps struct {
	Perisai      *perisai.Service
	Participants *participants.Service
	PublicURL    string
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
