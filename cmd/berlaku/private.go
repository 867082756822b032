package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/config"
)

// servePrivate serves metrics and pprof apart from everything else. Where its
// address is taken the program goes on without them and says so.
func (s *server) servePrivate(app *wire.App) *http.Server {
	addr := s.env.settings.PrivateAddr
	if addr == config.Off {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(s.env.ctx, "tcp", addr)
	if err != nil {
		s.log.Warn("metrics and pprof are off: their address is in use", "addr", addr)
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(app.Metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	private := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeader}
	go func() {
		if err := private.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("private listener ended", "error", err)
		}
	}()
	s.log.Info("metrics and pprof", "addr", listener.Addr().String())
	return private
}
