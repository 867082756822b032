// Package reports is the room of the console for what the programme does: figures, pictures, exports.
package reports

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/reports"
)

// Deps is what the room needs.
type Deps struct {
	Reports      *reports.Service
	Participants *participants.Service
	Partners     *partners.Service
	Clock        clock.Clock
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
