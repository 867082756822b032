// Package promos is the room of the console for promos from draft to end, with preview and simulation.
package promos

import (
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// Deps is what the room needs.
type Deps struct {
	Benefits     *benefits.Service
	Partners     *partners.Service
	Participants *participants.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
