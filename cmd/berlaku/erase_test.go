package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
)

// program opens the program over a folder, as a command does.
func program(t *testing.T, dir string) *wire.App {
	t.Helper()
	c := config.Config{DataDir: dir, Addr: "127.0.0.1:8080", PrivateAddr: config.Off, RateLimits: "on"}
	if err := c.Complete(); err != nil {
		t.Fatal(err)
	}
	app, err := wire.Open(t.Context(), c, wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func closed(t *testing.T, app *wire.App) {
	t.Helper()
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}

// erasedAfter enters somebody, copies the database to path, and then erases them.
func erasedAfter(t *testing.T, dir, path string) uuid.UUID {
	t.Helper()
	app := program(t, dir)
	defer closed(t, app)
	p, err := app.Participants.Create(actor.With(t.Context(), actor.System()), participants.NewParticipant{BranchID: shop.Palu, IDNumber: "7271990101900001", Name: "Budi"})
	if err != nil {
		t.Fatal(err)
	}
	me := actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: p.ID})
	r, _, err := app.Participants.Ask(me, participants.AskErase, "")
	if err != nil {
		t.Fatal(err)
	}
	by := func(role actor.Role) context.Context { return shop.As(t, role, actor.BranchScope, shop.Palu) }
	if _, err := app.Participants.PrepareErasure(by(actor.BranchOfficer), r.ID); err != nil {
		t.Fatal(err)
	}
	if err := app.DB.CopyTo(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Participants.ApproveErasure(by(actor.BranchSupervisor), r.ID); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// there reports whether a person is in the database of a folder.
func there(t *testing.T, dir string, id uuid.UUID) bool {
	t.Helper()
	app := program(t, dir)
	defer closed(t, app)
	_, err := app.Participants.Get(actor.With(t.Context(), actor.System()), id)
	return err == nil
}

func TestRestoreErasesAgain(t *testing.T) {
	dir, copied := folder(t), filepath.Join(t.TempDir(), "copy.db")
	id := erasedAfter(t, dir, copied)
	if r := berlaku(t, dir, "", "audit", "verify"); r.code != 0 {
		t.Errorf("verify after the erasure: %+v", r)
	}
	r := berlaku(t, dir, "", "restore", "--force", copied)
	if r.code != 0 || !strings.Contains(r.out, "Erased again 1") || there(t, dir, id) {
		t.Errorf("restore: %+v", r)
	}
	if r := berlaku(t, dir, "", "audit", "verify"); r.code != 0 {
		t.Errorf("verify after the restore: %+v", r)
	}
	if r := berlaku(t, dir, "", "restore", "--force", filepath.Join(dir, "berlaku.db")); r.code == 0 && strings.Contains(r.out, "Erased again") {
		t.Errorf("nobody is left to erase: %+v", r)
	}
}

// TestServeErasesAgainBeforeItAnswers: also when somebody put the copy there by
// hand, and with a ledger that cannot be read it does not serve at all.
func TestServeErasesAgainBeforeItAnswers(t *testing.T) {
	dir, copied := folder(t), filepath.Join(t.TempDir(), "copy.db")
	id := erasedAfter(t, dir, copied)
	if err := os.Rename(copied, filepath.Join(dir, "berlaku.db")); err != nil {
		t.Fatal(err)
	}
	if !there(t, dir, id) {
		t.Fatal("the copy does not hold the person")
	}
	_, stop := serving(t, dir, "serve")
	if r := stop(); r.code != 0 || there(t, dir, id) {
		t.Errorf("serve: %+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, participants.LedgerFile), []byte("half\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	berlaku(t, dir, "", "serve", "--allow-root", "--addr=127.0.0.1:0", "--private-addr=off").sentence(t, exitFailed, participants.LedgerFile)
}
