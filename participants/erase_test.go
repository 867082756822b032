package participants_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

// erase takes a person through request, preparation and approval.
func (w *world) erase(t testing.TB, id uuid.UUID) {
	t.Helper()
	r := w.ask(t, id, participants.AskErase, "")
	if _, err := w.PrepareErasure(as(w.ctx, actor.BranchOfficer, palu), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ApproveErasure(as(w.ctx, actor.BranchSupervisor, palu), r.ID); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyReachesTheErased(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	w.erase(t, p.ID)
	consent := participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}
	for name, err := range map[string]error{
		"reading":        second(w.Get(w.ctx, p.ID)),
		"changing":       second(w.Update(w.ctx, p.ID, participants.Change{})),
		"a membership":   second(w.SetMembership(w.ctx, p.ID, *person(5).Membership)),
		"a consent":      w.GiveConsent(w.ctx, p.ID, consent),
		"a withdrawal":   w.WithdrawConsent(w.ctx, p.ID),
		"an activation":  second(w.BeginActivation(w.ctx, p.ID)),
		"one handed out": second(w.BeginActivationFor(w.ctx, p.ID, uuid.New())),
		"own data":       second(w.Own(me(t, p.ID))),
		"a masked name":  second(w.MaskedName(w.ctx, p.ID)),
	} {
		if !errors.Is(err, participants.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := w.Ask(me(t, p.ID), participants.AskSee, ""); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("asking: %v", err)
	}
	for name, f := range map[string]participants.Filter{"a list": {}, "a search": {IDNumber: nik(1)}, "a KPJ": {KPJ: kpj(1)}} {
		if l, err := w.List(w.ctx, f, page.Request{Limit: 10}); err != nil || len(l.Items) != 0 {
			t.Errorf("%s: %v %v", name, l.Items, err)
		}
	}
	if got := w.standing(t, p.ID); !got.Restricted || got.Valid {
		t.Errorf("the standing that other rooms see: %+v", got)
	}
	if told := w.told[p.ID]; !told.Restricted {
		t.Errorf("the followers were told %+v", told)
	}
	w.verifyAudit(t)
}

func second[T any](_ T, err error) error { return err }

func TestAFailedEraserErasesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	broken := errors.New("broken")
	fail := true
	var erased []uuid.UUID
	w.OnErase(func(ctx context.Context, id uuid.UUID) error {
		if !w.db.InTransaction(ctx) {
			t.Error("outside the transaction")
		}
		erased = append(erased, id)
		if fail {
			return broken
		}
		return nil
	})
	r := w.ask(t, p.ID, participants.AskErase, "catatan")
	if _, err := w.PrepareErasure(as(w.ctx, actor.BranchOfficer, palu), r.ID); err != nil {
		t.Fatal(err)
	}
	supervisor := as(w.ctx, actor.BranchSupervisor, palu)
	if _, err := w.ApproveErasure(supervisor, r.ID); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got, err := w.Get(w.ctx, p.ID); err != nil || got.Name != p.Name || w.count(t, "SELECT count(*) FROM erasures") != 0 {
		t.Errorf("%+v %v", got, err)
	}
	fail = false
	if _, err := w.ApproveErasure(supervisor, r.ID); err != nil || len(erased) != 2 {
		t.Errorf("%v %v", erased, err)
	}
}

func TestWhoWasErasedComesBackWithAConsentOnly(t *testing.T) {
	w := newWorld(t)
	n := person(1)
	p := w.create(t, 1)
	w.erase(t, p.ID)
	row := func(nik, kpj string) string {
		return "nik;nama;kpj;segmen;status\n" + nik + ";Kenari;" + kpj + ";bpu;aktif\n"
	}
	for file, want := range map[string]string{
		row(nik(1).Reveal(), kpj(1).Reveal()): "nik", row(nik(1).Reveal(), kpj(9).Reveal()): "nik", row(nik(9).Reveal(), kpj(1).Reveal()): "kpj",
	} {
		run := w.importFile(t, csvRequest(file), counts{Read: 1, Rejected: 1})
		if d := cmp.Diff([]participants.RowError{{Line: 2, Field: want, Code: "erased_on_request"}}, w.errorsOf(t, run.ID)); d != "" {
			t.Error(d)
		}
	}
	if _, err := w.Create(w.ctx, n); !errors.Is(err, participants.ErrErased) {
		t.Errorf("without a consent: %v", err)
	}
	other := w.create(t, 2)
	if _, err := w.SetMembership(w.ctx, other.ID, *n.Membership); !errors.Is(err, participants.ErrErased) {
		t.Errorf("the KPJ of the erased: %v", err)
	}
	if n := w.count(t, "SELECT count(*) FROM identity_keys"); n != 2 {
		t.Errorf("%d identity keys, want those of the other one", n)
	}
	n.Consent = &participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}
	stranger := person(3)
	stranger.Membership.KPJ, stranger.Consent = kpj(1), n.Consent
	if _, err := w.Create(w.ctx, stranger); !errors.Is(err, participants.ErrErased) {
		t.Errorf("the KPJ of the erased, with the consent of another: %v", err)
	}
	back, err := w.Create(w.ctx, n)
	if err != nil || back.ID == p.ID {
		t.Fatalf("with a consent: %v", err)
	}
	w.importFile(t, csvRequest(row(nik(1).Reveal(), kpj(1).Reveal())), counts{Read: 1, Updated: 1})
	if n := w.count(t, "SELECT count(*) FROM erased_identities"); n != 0 {
		t.Errorf("%d digests are kept", n)
	}
	w.verifyAudit(t)
}

func TestTheLedgerAndTheDatabaseSayTheSame(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	path := filepath.Join(dir, participants.LedgerFile)
	p, q := w.create(t, 1), w.create(t, 2)
	w.erase(t, p.ID) // no ledger yet: as on another server
	w.KeepErasures(participants.NewLedger(dir))
	lines := func(want ...uuid.UUID) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d: %s", len(got), len(want), b)
		}
		for i, id := range want {
			if !strings.Contains(got[i], id.String()) {
				t.Errorf("line %d: %s", i+1, got[i])
			}
		}
	}
	if n, err := w.CatchUp(w.ctx); err != nil || n != 0 {
		t.Errorf("%d erased again, %v", n, err)
	}
	lines(p.ID)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	w.erase(t, q.ID)
	lines(p.ID, q.ID)
	tear(t, path, `{"participant_id":"0193591c`)
	r := w.create(t, 3)
	w.erase(t, r.ID)
	lines(p.ID, q.ID, r.ID)
	if n, err := w.CatchUp(w.ctx); err != nil || n != 0 {
		t.Errorf("after half a line: %d erased again, %v", n, err)
	}
	tear(t, path, "half a line\n")
	if _, err := w.CatchUp(w.ctx); !errors.Is(err, participants.ErrLedger) {
		t.Errorf("a damaged line: %v", err)
	}
}

// tear writes something behind the ledger.
func tear(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhoCameBackIsErasedAgain(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	p, q := w.create(t, 1), w.create(t, 2)
	line := `{"participant_id":"%s","request_id":"%s","erased_at":"2026-11-01T00:00:00Z"}` + "\n"
	text := fmt.Sprintf(line, p.ID, uuid.New()) + fmt.Sprintf(line, uuid.New(), uuid.New()) + fmt.Sprintf(line, p.ID, uuid.New())
	if err := os.WriteFile(filepath.Join(dir, participants.LedgerFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.KeepErasures(participants.NewLedger(dir))
	for want := range int64(2) {
		if n, err := w.CatchUp(w.ctx); err != nil || n != 1-want {
			t.Errorf("%d erased again, %v", n, err)
		}
	}
	if _, err := w.Get(w.ctx, p.ID); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Get(w.ctx, q.ID); err != nil {
		t.Errorf("the other one: %v", err)
	}
	w.verifyAudit(t)
}

// TestAnErasureAndItsEndAtOnce: however approval, cancelling and an import of the
// same person meet, each is whole.
func TestAnErasureAndItsEndAtOnce(t *testing.T) {
	w := newWorld(t)
	for i := range 8 {
		p := w.create(t, 10+i)
		r := w.ask(t, p.ID, participants.AskErase, "")
		if _, err := w.PrepareErasure(as(w.ctx, actor.BranchOfficer, palu), r.ID); err != nil {
			t.Fatal(err)
		}
		var approved, cancelled, imported error
		supervisor, self := as(w.ctx, actor.BranchSupervisor, palu), me(t, p.ID)
		file := csvRequest("nik;nama;kpj;segmen;status\n" + nik(10+i).Reveal() + ";Kenari;" + kpj(500+i).Reveal() + ";bpu;aktif\n")
		var all sync.WaitGroup
		all.Go(func() { _, approved = w.ApproveErasure(supervisor, r.ID) })
		all.Go(func() { cancelled = w.CancelRequest(self, r.ID) })
		all.Go(func() { _, imported = w.Import(w.ctx, file) })
		all.Wait()
		if (approved == nil) == (cancelled == nil) || imported != nil {
			t.Fatalf("approved %v, cancelled %v, imported %v", approved, cancelled, imported)
		}
		left := w.count(t, "SELECT count(*) FROM identity_keys WHERE participant_id = ?", p.ID)
		sealed := w.count(t, "SELECT count(*) FROM memberships WHERE participant_id = ? AND length(kpj_sealed) > 0", p.ID)
		if gone := approved == nil; gone && left+sealed != 0 || !gone && left < 2 {
			t.Errorf("erased %v, and %d keys and %d numbers are left", gone, left, sealed)
		}
	}
	w.verifyAudit(t)
}
