// Package partners is the room of the console for partners from application to agreement and end.
package partners

import (
	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// Deps is what the room needs.
type Deps struct {
	Partners     *partners.Service
	Participants *participants.Service
	Accounts     *accounts.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
