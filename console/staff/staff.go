// Package staff is the room of the console for signing in, the own account, people and their roles.
package staff

import (
	"net/http"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
)

// Deps is what the room needs.
type Deps struct {
	Accounts     *accounts.Service
	Partners     *partners.Service
	Participants *participants.Service
	Perisai      *perisai.Service
	Cookies      access.Cookies
	Clock        clock.Clock
	PublicURL    string
	// IP returns the caller's address; failures are counted by its network.
	IP func(*http.Request) string
}

// Register adds the room's pages to the frame.
func Register(_ *frame.Frame, _ Deps) {}
