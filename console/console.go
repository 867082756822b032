// Package console is the face for people at a desk: BPJS staff, partner owners,
// coordinators of a wadah, auditors. It is made of pages that the server
// renders; what one sees of them depends on the role and its scope, which the
// domains hold everybody to.
//
// Each noun has a room of its own below this folder; frame is what they share.
// This package puts them together.
package console

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/field"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/console/imports"
	"github.com/berlaku/berlaku/console/inbox"
	"github.com/berlaku/berlaku/console/outlets"
	"github.com/berlaku/berlaku/console/partners"
	"github.com/berlaku/berlaku/console/people"
	"github.com/berlaku/berlaku/console/promos"
	"github.com/berlaku/berlaku/console/records"
	"github.com/berlaku/berlaku/console/reports"
	"github.com/berlaku/berlaku/console/sectors"
	"github.com/berlaku/berlaku/console/staff"
	"github.com/berlaku/berlaku/console/uses"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/oidc"
	"github.com/berlaku/berlaku/notices"
	"github.com/berlaku/berlaku/participants"
	domain "github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
	figures "github.com/berlaku/berlaku/reports"
	"github.com/berlaku/berlaku/tills"
)

// Services are the domains behind the pages.
type Services struct {
	Accounts     *accounts.Service
	Audit        *audit.Service
	Benefits     *benefits.Service
	Cards        *cards.Service
	Notices      *notices.Service
	Participants *participants.Service
	Partners     *domain.Service
	Perisai      *perisai.Service
	Redemptions  *redemptions.Service
	Reports      *figures.Service
	Tills        *tills.Service
}

// Options say how the console presents itself.
type Options struct {
	Gate      *access.Gate
	Cookies   access.Cookies
	Clock     clock.Clock
	PublicURL string
	// Zone is the one in which instants are shown.
	Zone *time.Location
	// IP returns the caller's address.
	IP func(*http.Request) string
	// Provider is where staff may sign in too; nil: nowhere.
	Provider *oidc.Provider
}

// Console is the face before it has routes.
type Console struct {
	Services Services
	Options  Options
	frame    *frame.Frame
}

// Routes returns every page that Register added.
func (c *Console) Routes() []frame.Route { return c.frame.Routes() }

// Register adds the pages to e. It fails when a page declares nobody who may
// open it, or a template is broken.
func (c *Console) Register(e *echo.Echo) error {
	s, o := c.Services, c.Options
	names := &names{accounts: s.Accounts, people: s.Participants, partners: s.Partners, field: s.Perisai}
	f := frame.New(e, frame.Options{Gate: o.Gate, Cookies: o.Cookies, Clock: o.Clock, Zone: o.Zone, Person: names.person, Unread: s.Notices.Unread})
	// In the order of the navigation.
	reports.Register(f, reports.Deps{Reports: s.Reports, Participants: s.Participants, Partners: s.Partners, Clock: o.Clock})
	inbox.Register(f, inbox.Deps{Notices: s.Notices})
	uses.Register(f, uses.Deps{Redemptions: s.Redemptions, Partners: s.Partners, Participants: s.Participants, Benefits: s.Benefits, Tills: s.Tills, Accounts: s.Accounts})
	people.Register(f, people.Deps{Participants: s.Participants, Cards: s.Cards, Redemptions: s.Redemptions, Partners: s.Partners, Perisai: s.Perisai})
	imports.Register(f, imports.Deps{Participants: s.Participants, Accounts: s.Accounts})
	sectors.Register(f, sectors.Deps{Partners: s.Partners, Name: names.name})
	partners.Register(f, partners.Deps{Partners: s.Partners, Participants: s.Participants, Name: names.name, IP: o.IP})
	outlets.Register(f, outlets.Deps{
		Partners: s.Partners, Tills: s.Tills, Accounts: s.Accounts, Benefits: s.Benefits, Cards: s.Cards, Participants: s.Participants,
		Redemptions: s.Redemptions, PublicURL: o.PublicURL,
	})
	promos.Register(f, promos.Deps{Benefits: s.Benefits, Partners: s.Partners, Participants: s.Participants, Redemptions: s.Redemptions, Accounts: s.Accounts})
	field.Register(f, field.Deps{Perisai: s.Perisai, Participants: s.Participants, PublicURL: o.PublicURL})
	records.Register(f, records.Deps{Audit: s.Audit, Accounts: s.Accounts})
	staff.Register(f, staff.Deps{
		Accounts: s.Accounts, Partners: s.Partners, Participants: s.Participants, Perisai: s.Perisai,
		Cookies: o.Cookies, Clock: o.Clock, PublicURL: o.PublicURL, IP: o.IP, Provider: o.Provider,
	})
	c.frame = f
	return f.Err()
}

// names tells the header who is signed in.
type names struct {
	accounts *accounts.Service
	people   *participants.Service
	partners *domain.Service
	field    *perisai.Service
}

// person returns name, first role and its scope.
func (n *names) person(ctx context.Context, lang string) (frame.Person, error) {
	who := actor.From(ctx)
	asked := actor.With(ctx, actor.System())
	a, err := n.accounts.Get(asked, who.ID)
	if err != nil {
		return frame.Person{}, err
	}
	p := frame.Person{Name: a.Name.Reveal()}
	if len(who.Grants) == 0 {
		return p, nil
	}
	g := who.Grants[0]
	p.Role = frame.RoleText(g.Role).In(lang)
	switch g.Scope {
	case actor.BranchScope:
		b, err := n.people.Branch(asked, g.ScopeID)
		p.Scope = b.Name
		return p, err
	case actor.PartnerScope:
		partner, err := n.partners.Get(asked, g.ScopeID)
		p.Scope = partner.Name
		return p, err
	case actor.WadahScope:
		w, err := n.field.GetWadah(asked, g.ScopeID)
		p.Scope = w.Name
		return p, err
	case actor.National, actor.OutletScope:
	}
	return p, nil
}

// name returns the name of a colleague, a dash for nobody.
func (n *names) name(ctx context.Context, account uuid.UUID) string {
	a, err := n.accounts.Get(actor.With(ctx, actor.System()), account)
	if err != nil {
		return "–"
	}
	return a.Name.Reveal()
}
