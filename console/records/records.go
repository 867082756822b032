// Package records is the room of the console for the log that nobody can change, to read, verify and prove.
package records

import (
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/redemptions"
)

// Deps is what the room needs.
type Deps struct {
	Audit       *audit.Service
	Redemptions *redemptions.Service
	Cards       *cards.Service
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
