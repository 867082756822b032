// Package people is the room of the console for participants, their cards and what they ask about their data.
package people

import (
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
)

// Deps is what the room needs.
type Deps struct {
	Participants *participants.Service
	Cards        *cards.Service
	Redemptions  *redemptions.Service
	Partners     *partners.Service
	Perisai      *perisai.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
