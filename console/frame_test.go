package console_test

import (
	"net/http"
	"testing"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
)

const host = "kartu.example"

func open(t *testing.T) *wire.App {
	t.Helper()
	dir := t.TempDir()
	app, err := wire.Open(t.Context(), config.Config{
		DatabaseURL: testkit.URL(t), PublicURL: "https://" + host, CardOrigin: "https://" + host, DataDir: dir, KeyDir: dir + "/keys", AllowUnsafe: true,
	}, wire.Options{Clock: testkit.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

func TestAPageThatIsNotThereSaysSo(t *testing.T) {
	b := browse.New(t, open(t).API.Handler(), host)
	p := b.Get("/konsol/entah/apa").Want(http.StatusNotFound, "Tidak ditemukan")
	if got := p.Header.Get("Content-Type"); got != "text/html; charset=UTF-8" {
		t.Errorf("as %s", got)
	}
	b.Get("/konsol/entah/apa?lang=en").Want(http.StatusNotFound, "Not found")
	b.Get("/konsol/entah/apa").Want(http.StatusNotFound, "Not found")
	b.Get("/konsol/static/konsol.css").Want(http.StatusOK)
}
