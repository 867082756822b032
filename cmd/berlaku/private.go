package main

import (
	"errors"
	"net"
	"net/http"

	"github.com/berlaku/berlaku/api"
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
	private := api.NewHTTPServer(app.API.Private(), s.log)
	private.WriteTimeout = 0 // a profile takes as long as it was asked to
	go func() {
		if err := private.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("private listener ended", "error", err)
		}
	}()
	s.log.Info("metrics and pprof", "addr", listener.Addr().String())
	return private
}
