// Package uses is the room of the console for every use of a promo with its whole story, and what is to be decided.
package uses

import (
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/tills"
)

// Deps is what the room needs.
type Deps struct {
	Redemptions  *redemptions.Service
	Partners     *partners.Service
	Participants *participants.Service
	Benefits     *benefits.Service
	Tills        *tills.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
