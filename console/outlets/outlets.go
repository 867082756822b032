// Package outlets is the room of the console for outlets of partners with their tills, cashiers and people.
package outlets

import (
	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// Deps is what the room needs.
type Deps struct {
	Partners     *partners.Service
	Tills        *tills.Service
	Accounts     *accounts.Service
	Cards        *cards.Service
	Participants *participants.Service
	PublicURL    string
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
