package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/config"
)

var (
	errRoot    = errors.New("refusing to serve as root; use another account, or --allow-root to mean it")
	errDataDir = errors.New("the data folder can be read by others; make it yours alone (chmod 700)")
)

type serveCmd struct{}

// Run serves until it is told to stop.
func (serveCmd) Run(e *environment) error {
	if os.Geteuid() == 0 && !e.settings.AllowRoot {
		return errRoot
	}
	return newServer(e).run(func(ctx context.Context) (*wire.App, error) {
		if err := ownFolder(e.settings.DataDir); err != nil {
			return nil, err
		}
		if _, sqlite := e.settings.SQLitePath(); sqlite {
			if err := localDisk(e.settings.DataDir); err != nil {
				return nil, fmt.Errorf("data folder: %w", err)
			}
		}
		app, err := wire.Open(ctx, e.settings, e.options())
		if err != nil {
			return nil, err
		}
		if err := e.check(ctx, app); err != nil {
			return nil, errors.Join(err, app.Close())
		}
		return app, nil
	})
}

// ownFolder makes the data folder, or refuses one that others can read.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at data folder: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return errDataDir
	}
	return nil
}

// maxQuickCheck is the size of an embedded database, in bytes, up to which it
// looks at itself at every start; beyond, doctor does.
const maxQuickCheck = 512 << 20

func (e *environment) check(ctx context.Context, app *wire.App) error {
	if path, ok := e.settings.SQLitePath(); ok {
		if info, err := os.Stat(path); err == nil && info.Size() <= maxQuickCheck {
			if err := app.DB.QuickCheck(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// options are those of a program that runs for real.
func (e *environment) options() wire.Options {
	return wire.Options{Clock: e.clock, Logger: e.logger(), Version: version}
}

// server is the listeners and what answers on them.
type server struct {
	env     *environment
	log     *slog.Logger
	handler atomic.Pointer[http.Handler]
	failed  chan error
	tls     *tls.Config    // of the public listener; nil: plain HTTP
	others  []*http.Server // what stands beside it
	prepare func()         // what is done once it serves; nil: nothing
}

func newServer(e *environment) *server {
	return &server{env: e, log: e.logger(), failed: make(chan error, 1)}
}

// run listens first, so that a taken address is known at once and callers see
// "not ready" instead of nothing, then opens the program and serves it until
// the environment's context ends.
func (s *server) run(open func(context.Context) (*wire.App, error)) (err error) {
	listener, err := s.listen()
	if err != nil {
		return err
	}
	defer finish(&err, s.closeOthers)
	if err := s.secure(); err != nil {
		return errors.Join(err, listener.Close())
	}
	public := api.NewHTTPServer(s, s.log)
	public.TLSConfig = s.tls
	go s.serve(public, listener)
	app, err := open(s.env.ctx)
	if err != nil {
		return errors.Join(err, public.Close())
	}
	defer finish(&err, app.Close)
	if err := app.Start(s.env.ctx); err != nil {
		return errors.Join(err, public.Close())
	}
	if err := s.env.offerBootstrap(app); err != nil {
		return errors.Join(err, public.Close())
	}
	private := s.servePrivate(app)
	jobsDone := startJobs(s.env.ctx, app)
	s.answer(app.API.Handler())
	s.log.Info("serving", "addr", listener.Addr().String(), "url", s.env.settings.PublicURL, "database", config.Mask(s.env.settings.DatabaseURL))
	if s.env.settings.RateLimits == config.Off {
		s.log.Warn("rate limits are off; lock-outs stay on")
	}
	if s.prepare != nil {
		go s.prepare()
	}
	select {
	case err = <-s.failed:
	case <-s.env.ctx.Done():
		err = s.drain(public)
	}
	<-jobsDone
	if private != nil {
		err = errors.Join(err, private.Close())
	}
	return err
}

// listen binds the public address and settles the settings that follow from it.
func (s *server) listen() (net.Listener, error) {
	wanted := s.env.settings
	if err := wanted.Complete(); err != nil {
		return nil, unusable(err)
	}
	listener, err := new(net.ListenConfig).Listen(s.env.ctx, "tcp", s.env.settings.Addr)
	if err != nil {
		return nil, fmt.Errorf("the address %s cannot be served on; is it in use?", s.env.settings.Addr)
	}
	if strings.HasSuffix(s.env.settings.Addr, ":0") {
		s.env.settings.Addr = listener.Addr().String()
	}
	return listener, s.env.settings.Complete()
}

func (s *server) serve(public *http.Server, listener net.Listener) {
	var err error
	if s.tls != nil {
		err = public.ServeTLS(listener, "", "")
	} else {
		err = public.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		s.failed <- fmt.Errorf("serve: %w", err)
	}
}

func (s *server) closeOthers() (err error) {
	for _, other := range s.others {
		err = errors.Join(err, other.Close())
	}
	return err
}

func (s *server) answer(h http.Handler) { s.handler.Store(&h) }

// ServeHTTP answers for the program: alive but not ready while it opens, and
// not ready again while it drains.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := s.handler.Load()
	stopping := s.env.ctx.Err() != nil
	if h != nil && !(stopping && r.URL.Path == "/readyz") {
		(*h).ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/healthz" && !stopping {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`{"type":"about:blank","title":"Service Unavailable","status":503,"code":"not_ready"}` + "\n"))
}

// drain lets what is under way end.
func (s *server) drain(public *http.Server) error {
	s.log.Info("stopping", "drain", api.DrainTimeout.String())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.env.ctx), api.DrainTimeout)
	defer cancel()
	if err := public.Shutdown(ctx); err != nil {
		s.log.Warn("some requests did not end in time")
		return public.Close()
	}
	s.log.Info("stopped")
	return nil
}
