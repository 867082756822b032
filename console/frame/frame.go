// Package frame is what all pages of the console share: who may open them, the
// picture around them, forms, refusals, and the words of common things.
//
// A room of the console (console/partners, console/uses, …) registers its pages
// with Get and Post; each names the access.Rule of who may call it, and its
// templates with Templates. What holds for every page:
//
//   - Without a rule a page cannot be registered. Who is not signed in is sent
//     to the sign-in and back again; what is another's is not found.
//   - It works without JavaScript: links, forms, and an answer 303 after each
//     write. htmx only replaces parts of what would have been loaded whole.
//   - Both languages stand beside each other in the templates: say "…" "…".
//   - Nothing of what was sent appears in a log, an address or a notice.
package frame

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// Root is where the console stands.
const Root = "/konsol"

// Text is a sentence in both languages.
type Text struct{ ID, EN string }

// Say returns a Text.
func Say(id, en string) Text { return Text{ID: id, EN: en} }

// In returns the text in a language, "id" or "en".
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	return t.ID
}

// IsZero reports whether nothing is said.
func (t Text) IsZero() bool { return t == Text{} }

// Person is who is signed in, as the header shows it.
type Person struct {
	Name, Role, Scope string
}

// Options is what the frame needs.
type Options struct {
	Gate    *access.Gate
	Cookies access.Cookies
	Clock   clock.Clock
	// Zone is the one in which instants are shown where no place is known.
	Zone *time.Location
	// Person returns who is signed in, in a language.
	Person func(ctx context.Context, lang string) (Person, error)
	// Unread returns how many notices wait for whoever acts; nil: none ever.
	Unread func(ctx context.Context) (int, error)
}

// Handler answers one visit.
type Handler func(v *Visit) error

// Route is one page, for tests and documentation.
type Route struct {
	Method, Path string // Path as Echo writes it: /konsol/mitra/:id
	Rule         access.Rule
}

// State is how a value of a state column is shown.
type State struct {
	Text Text
	Tone string // good, warn, bad, calm
}

// Item is a line of the navigation.
type Item struct {
	Path  string
	Label Text
	Rule  access.Rule
}

// Group is a part of the navigation.
type Group struct {
	Label Text
	Items []Item
}

// Frame collects the pages of the rooms.
type Frame struct {
	opts   Options
	echo   *echo.Echo
	routes []Route
	groups []Group
	states map[string]map[string]State
	faults map[string]Text
	pages  map[string]map[string]*template.Template // by language, by name
	errs   []error
}

// New returns a frame that adds its pages to e.
func New(e *echo.Echo, o Options) *Frame {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	f := &Frame{
		opts: o, echo: e, states: map[string]map[string]State{}, faults: commonFaults(),
		pages: map[string]map[string]*template.Template{"id": {}, "en": {}},
	}
	f.Templates(files, "templates")
	f.static()
	f.echo.RouteNotFound(Root+"/*", f.wrap("GET "+Root+"/*", access.Public(), func(*Visit) error { return ErrNotFound }))
	return f
}

// ErrNotFound says that there is no such page, or that it is not the visitor's.
var ErrNotFound = fault.New(fault.NotFound, "not_found", "There is no such thing, or it is not yours to see.")

// Err returns what was wrong with registrations.
func (f *Frame) Err() error { return errors.Join(f.errs...) }

// Routes returns every page.
func (f *Frame) Routes() []Route { return f.routes }

// Get registers a page that is read; path is below Root as Echo writes it.
func (f *Frame) Get(path string, rule access.Rule, h Handler) { f.add(http.MethodGet, path, rule, h) }

// Post registers what a form does.
func (f *Frame) Post(path string, rule access.Rule, h Handler) {
	f.add(http.MethodPost, path, rule, h)
}

func (f *Frame) add(method, path string, rule access.Rule, h Handler) {
	full := Root + path
	if err := rule.Check(); err != nil {
		f.errs = append(f.errs, fmt.Errorf("%s %s: %w", method, full, err))
		return
	}
	rule = rule.Only(actor.Account) // a key of a partner may hold a permission; it is no reader of pages
	f.routes = append(f.routes, Route{Method: method, Path: full, Rule: rule})
	f.echo.Add(method, full, f.wrap(method+" "+full, rule, h))
}

// Public registers a page outside of Root, for anybody: path from the root of
// the site, as Echo writes it.
func (f *Frame) Public(method, path string, rule access.Rule, h Handler) {
	f.routes = append(f.routes, Route{Method: method, Path: path, Rule: rule})
	f.echo.Add(method, path, f.wrap(method+" "+path, rule, h))
}

// Nav adds lines to a group of the navigation, in order of registration.
func (f *Frame) Nav(group Text, items ...Item) {
	for i := range f.groups {
		if f.groups[i].Label == group {
			f.groups[i].Items = append(f.groups[i].Items, items...)
			return
		}
	}
	f.groups = append(f.groups, Group{Label: group, Items: items})
}

// States tells how the values of a state are shown: badge "partner" .State.
func (f *Frame) States(kind string, states map[string]State) { f.states[kind] = states }

// Faults tells the Indonesian and English sentence of fault codes.
func (f *Frame) Faults(texts map[string]Text) {
	maps.Copy(f.faults, texts)
}

// StateText returns the words of a state, the value itself when nobody told.
func (f *Frame) StateText(kind, value string) Text {
	if s, ok := f.states[kind][value]; ok {
		return s.Text
	}
	return Text{ID: value, EN: value}
}

// wrap lets in who may, and turns what a handler returns into a page.
func (f *Frame) wrap(route string, rule access.Rule, h Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		v := &Visit{W: c.Response(), R: c.Request(), frame: f, echo: c, lang: f.language(c)}
		ctx, leave, err := f.opts.Gate.Enter(c.Request(), route, rule)
		defer leave()
		if err == nil {
			v.R = c.Request().WithContext(ctx)
			c.SetRequest(v.R)
			v.Who = actor.From(ctx)
			access.Noted(ctx).Who = v.Who
			err = h(v)
		}
		if err != nil {
			return v.refuse(err)
		}
		return nil
	}
}

// In which language the visitor reads: ?lang= (kept in a cookie), the cookie,
// what the browser prefers, Indonesian.
func (f *Frame) language(c echo.Context) string {
	asked := c.QueryParam("lang")
	if asked == "id" || asked == "en" {
		c.SetCookie(&http.Cookie{ //nolint:gosec // Secure wherever people come over TLS
			Name: langCookie, Value: asked, Path: "/", MaxAge: 365 * 24 * 3600,
			Secure: f.opts.Cookies.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		return asked
	}
	if k, err := c.Cookie(langCookie); err == nil && (k.Value == "id" || k.Value == "en") {
		return k.Value
	}
	return accepted(c.Request().Header.Get("Accept-Language"))
}

// ID reads an id that a path or a form holds; what is none is not found.
func ID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return uuid.Nil, ErrNotFound
	}
	return id, nil
}
