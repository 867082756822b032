package api_test

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
)

// The first town and the first stall are built; all others are copies of them,
// each with a database, keys, clock and log of its own: twenty accounts hash
// their passwords while a town is built. No test here runs beside another.
var (
	modelTown  *town
	imageTown  *testkit.Image
	modelStall *stall
	imageStall *testkit.Image
	saidByApp  *description
)

// newTown returns a town of the test's own.
func newTown(t testing.TB) *town {
	t.Helper()
	if modelTown == nil {
		dir := t.TempDir()
		w := &town{told: map[string]int{}, operations: map[string]*operation{}}
		w.open(t, testkit.URL(t), dir)
		w.describe()
		w.build()
		none(t, w.Close())
		imageTown, modelTown = testkit.Take(t, w.Config.DatabaseURL, dir), w
	}
	w, dir := modelTown.copy(), t.TempDir()
	w.open(t, imageTown.Copy(t, dir), dir)
	t.Cleanup(func() { none(t, w.Close()) })
	return w
}

// newStall returns a stall of the test's own.
func newStall(t *testing.T) *stall {
	t.Helper()
	if modelStall == nil {
		dir := t.TempDir()
		s := &stall{app: openApp(t, testkit.URL(t), dir)}
		s.build()
		none(t, s.Close())
		imageStall, modelStall = testkit.Take(t, s.Config.DatabaseURL, dir), s
	}
	s, dir := *modelStall, t.TempDir()
	s.app = openApp(t, imageStall.Copy(t, dir), dir)
	return &s
}

// open starts the program over a database and the keys in a folder.
func (w *town) open(t testing.TB, url, dir string) {
	t.Helper()
	w.t, w.dir, w.clock, w.log = t, dir, testkit.Clock(), &lockedBuffer{}
	logger := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg := settings(url, dir)
	cfg.MessageURL = "file:" + filepath.Join(t.TempDir(), "messages.jsonl") // beside the data folder: a gateway is somebody else
	w.App = ok(wire.Open(t.Context(), cfg, wire.Options{Clock: w.clock, Logger: logger}))(t)
	none(t, w.Start(t.Context()))
	w.log.take()
}

func settings(url, dir string) config.Config {
	return config.Config{
		DataDir: dir, DatabaseURL: url, KeyDir: filepath.Join(dir, "keys"), Addr: "127.0.0.1:0", PrivateAddr: config.Off,
		PublicURL: "https://kartu.example", CardOrigin: "https://kartu.example", RateLimits: config.Off, AllowUnsafe: true,
	}
}

// copy returns what the town knows of itself. What a test may change of that is
// the copy's own.
func (w *town) copy() *town {
	c, own := *w, map[*estate]*estate{}
	c.operations, c.told = maps.Clone(w.operations), maps.Clone(w.told)
	for _, e := range []*estate{w.a, w.a2, w.b} {
		d := *e
		d.partners, d.promos, d.hashes, d.tills = maps.Clone(e.partners), maps.Clone(e.promos), maps.Clone(e.hashes), maps.Clone(e.tills)
		d.secrets = slices.Clone(e.secrets)
		own[e] = &d
	}
	c.a, c.a2, c.b, c.principals = own[w.a], own[w.a2], own[w.b], nil
	for _, p := range w.principals {
		d := *p
		d.home = own[p.home]
		c.principals = append(c.principals, &d)
	}
	return &c
}

// TestMain lets garbage lie for longer: the descriptions that answers are
// compared with are large, and walking them again and again took a quarter of
// the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
