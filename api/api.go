// Package api is the JSON face of Berlaku: routes with who may call them,
// decoding, encoding, problem+json. Echo routes and huma describes; neither is
// seen by the domains.
//
// What callers may rely on:
//
//   - Every refusal is a problem (RFC 9457) with a stable code and the id of
//     the request. Nothing that was sent comes back, neither in a body nor in
//     a header nor in the log. A 5xx holds an id and a title, nothing else.
//   - Who may call is decided before the body is read. A route without a rule
//     of access stops the program when it starts.
//   - Bodies are JSON read strictly: one document, UTF-8, no member twice, no
//     unknown member, integers as integers; a size limit for each route.
//   - /openapi.json is made from the types that decode and encode, and /docs
//     is that document to read.
package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
	"github.com/berlaku/berlaku/tills"
)

// Services are the domains behind the routes.
type Services struct {
	DB           *database.DB
	Accounts     *accounts.Service
	Audit        *audit.Service
	Benefits     *benefits.Service
	Cards        *cards.Service
	Participants *participants.Service
	Partners     *partners.Service
	Perisai      *perisai.Service
	Redemptions  *redemptions.Service
	Reports      *reports.Service
	Tills        *tills.Service
}

// Options say how the server presents itself.
type Options struct {
	// PublicURL is the address under which people reach the server, without a
	// slash at the end; Origin the address that is printed in cards.
	PublicURL, Origin string
	// Hosts are further names and addresses under which it is reached.
	Hosts []string
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// RateLimits switches the limits on requests on; lock-outs are always on.
	RateLimits bool
	// Limits counts requests, also those of other faces; nil: by itself.
	Limits *access.Limits
	// SecureCookies sends session cookies over TLS only, named __Host-….
	SecureCookies bool
	Logger        *slog.Logger
	Clock         clock.Clock
	// Version is told to the private listener only.
	Version string
	// Ready, when not nil, must also succeed before /readyz says so.
	Ready func(context.Context) error
	// Apps is the web build: a folder per installable app and their shared
	// assets. Where it holds no app, a page says so in its place.
	Apps fs.FS
	// Pages, when not nil, adds the routes of the face that makes pages. They pass
	// the same layers as the others.
	Pages func(*echo.Echo) error
	// Sample, when not nil, gives a card to scan for the start page.
	Sample func(context.Context) (Sample, error)
}

// Sample is a printed card of the demo world.
type Sample struct {
	PNG       []byte // its QR
	Name      string // masked
	ShortCode string
}

// Server answers requests. Make it with New.
type Server struct {
	services  Services
	opts      Options
	echo      *echo.Echo
	api       huma.API
	metrics   *metrics
	extractIP echo.IPExtractor
	origins   *http.CrossOriginProtection
	limits    *access.Limits
	health    health
	document  document
	handler   http.Handler
	faults    []error // of registration
}

// ErrOptions says that the options or a route are not complete.
var ErrOptions = errors.New("api: incomplete")

// New registers every route. It fails when a route declares nobody who may
// call it.
func New(services Services, opts Options) (*Server, error) {
	return build(services, opts, (*Server).routes)
}

func build(services Services, opts Options, routes func(*Server)) (*Server, error) {
	if opts.Clock == nil || services.DB == nil || opts.PublicURL == "" {
		return nil, fmt.Errorf("%w: clock, database and public URL are needed", ErrOptions)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.PublicURL = strings.TrimSuffix(opts.PublicURL, "/")
	speakProblems()
	s := &Server{
		services: services, opts: opts, echo: echo.New(), metrics: newMetrics(opts.Version),
		extractIP: access.IPExtractor(opts.TrustedProxies), origins: Origins(opts.PublicURL),
		limits: opts.Limits,
	}
	if s.limits == nil {
		s.limits = access.NewLimits(opts.Clock, opts.RateLimits)
	}
	s.echo.HTTPErrorHandler = s.refuse
	s.echo.Use(noteRoute)
	s.api = humaecho.New(s.echo, config())
	access.CheckAll(s.api.OpenAPI())
	s.api.UseMiddleware(s.guard(), identify, s.checkBody)
	routes(s)
	if err := errors.Join(s.faults...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if err := s.pages(); err != nil {
		return nil, err
	}
	if opts.Pages != nil {
		if err := opts.Pages(s.echo); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOptions, err)
		}
	}
	s.handler = s.chain(s.echo)
	return s, nil
}

// guard decides who may call, before anything of the body is read.
func (s *Server) guard() func(huma.Context, func(huma.Context)) {
	kinds := access.Kinds{} // a nil *Service in it would be no nil Resolver
	if s.services.Accounts != nil {
		kinds.Accounts = s.services.Accounts
	}
	if s.services.Tills != nil {
		kinds.Tills = s.services.Tills
	}
	return access.Guard(access.Options{
		Authenticator: kinds,
		Problem:       s.refuseAccess,
		Cookies:       access.Cookies{Secure: s.opts.SecureCookies},
		Limits:        s.limits,
		Clock:         s.opts.Clock,
		IP:            func(ctx huma.Context) string { return infoFrom(ctx.Context()).ip },
		Origins:       s.origins,
	})
}

// Handler answers the public listener.
func (s *Server) Handler() http.Handler { return s.handler }

// OpenAPI returns the description of every route.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// speakProblems makes huma refuse in our words. Its hooks are variables of the
// package, so this happens once for all servers of the process.
var speakProblems = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	humaecho.MultipartMaxMemory = uploadLimit // no upload is written to a temporary file
	huma.NewErrorWithContext = humaProblem
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(nil, status, msg, errs...)
	}
})

// noteRoute keeps the pattern of the route for log and metrics.
func noteRoute(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		infoFrom(c.Request().Context()).route = c.Path()
		return next(c)
	}
}

// refuse answers what no route took.
func (s *Server) refuse(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	ctx := c.Request().Context()
	p := problemOf(ctx, err)
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		infoFrom(ctx).cause = nil
		if p = statusProblem(ctx, e.Code); e.Code == http.StatusNotFound {
			p = problemOf(ctx, errNoRoute)
		}
	}
	p.write(c.Response())
}
