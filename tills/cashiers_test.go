package tills_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// at acts as an active till of an outlet.
func at(t *testing.T, outlet uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.Till, ID: uuid.New(), OutletID: outlet, Permissions: []actor.Permission{actor.Validate, actor.HandIn},
	})
}

// key is what a till of the outlet holds of its only cashier.
func (w *world) key(t *testing.T) tills.CashierKey {
	t.Helper()
	all := must[[]tills.CashierKey](t)(w.CashiersForTill(t.Context(), w.outlet.ID))
	if len(all) != 1 {
		t.Fatalf("%d cashiers", len(all))
	}
	return all[0]
}

func opens(t *testing.T, k tills.CashierKey, pin string) bool {
	t.Helper()
	if len(k.Salt) != 16 || len(k.Hash) != 32 || k.Rounds != 210_000 {
		t.Fatalf("salt %d, hash %d, rounds %d", len(k.Salt), len(k.Hash), k.Rounds)
	}
	return string(must[[]byte](t)(pbkdf2.Key(sha256.New, pin, k.Salt, k.Rounds, len(k.Hash)))) == string(k.Hash)
}

func TestACashierIsAddedLockedUnlockedAndEnded(t *testing.T) {
	w := newWorld(t)
	c := must[tills.Cashier](t)(w.AddCashier(w.owner, w.outlet.ID, "  Sari ", "204816"))
	want := tills.Cashier{
		ID: c.ID, PartnerID: w.outlet.PartnerID, OutletID: w.outlet.ID, Name: "Sari", State: tills.CashierActive, PINVersion: 1,
		CreatedAt: testkit.Start, UpdatedAt: testkit.Start,
	}
	list := func() tills.Cashier {
		return must[page.Of[tills.Cashier]](t)(w.Cashiers(w.owner, w.outlet.ID, first)).Items[0]
	}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Error(diff)
	}
	first := w.key(t)
	if first.ID != c.ID || first.Name != "Sari" || first.State != "active" || first.PINVersion != 1 || !opens(t, first, "204816") || opens(t, first, "204817") {
		t.Errorf("a till holds %+v", first)
	}
	for range 2 {
		if err := w.LockCashier(at(t, w.outlet.ID), c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if k := w.key(t); k.State != "locked" || k.PINVersion != 1 {
		t.Errorf("after the lock a till holds %+v", k)
	}
	if outlet, active, err := w.CashierAt(t.Context(), c.ID); outlet != w.outlet.ID || !active || err != nil {
		t.Errorf("locked: %s %t %v", outlet, active, err)
	}
	must[tills.Cashier](t)(w.SetPIN(w.owner, c.ID, "913572"))
	if k := w.key(t); k.State != "active" || k.PINVersion != 2 || !opens(t, k, "913572") || string(k.Salt) == string(first.Salt) {
		t.Errorf("after the new PIN a till holds %+v", k)
	}
	must[tills.Cashier](t)(w.EndCashier(w.owner, c.ID))
	if left := must[[]tills.CashierKey](t)(w.CashiersForTill(t.Context(), w.outlet.ID)); len(left) != 0 || list().State != tills.CashierEnded {
		t.Errorf("a till holds %d, the list says %s", len(left), list().State)
	}
	if _, active, err := w.CashierAt(t.Context(), c.ID); active || err != nil {
		t.Errorf("ended: %t %v", active, err)
	}
	if err := w.LockCashier(at(t, w.outlet.ID), c.ID); err != nil || list().State != tills.CashierEnded {
		t.Errorf("locking one that has ended: %v, %s", err, list().State)
	}
	_, end := w.EndCashier(w.owner, c.ID)
	_, pin := w.SetPIN(w.owner, c.ID, "913572")
	for what, err := range map[string]error{"ended twice": end, "a PIN for one that has ended": pin} {
		if !errors.Is(err, tills.ErrState) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestCashiersAreStoredSealed(t *testing.T) {
	w := newWorld(t)
	c := must[tills.Cashier](t)(w.AddCashier(w.owner, w.outlet.ID, "Rahasia", "204816"))
	k := w.key(t)
	var name, pin []byte
	if err := w.db.From(t.Context()).Raw("SELECT name_sealed, pin_sealed FROM cashiers WHERE id = ?", c.ID).Row().Scan(&name, &pin); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{"name": name, "verifier": pin} {
		for _, secret := range []string{"Rahasia", "204816", string(k.Hash), b64(k.Hash), "rounds"} {
			if len(b) == 0 || strings.Contains(string(b), secret) {
				t.Errorf("%s is stored open", what)
			}
		}
	}
	must[tills.Cashier](t)(w.EndCashier(w.owner, c.ID))
	if err := w.db.From(t.Context()).Raw("SELECT pin_sealed FROM cashiers WHERE id = ?", c.ID).Row().Scan(&pin); err != nil || len(pin) != 0 {
		t.Errorf("the PIN of one that has ended is kept: %d bytes, %v", len(pin), err)
	}
}

func TestCashiersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, pin := range []pii.Text{"", "12345", "1234567", "12345a", "１２３４５７", "204816\n", "111111", "000000", "123456", "654321"} {
		if _, err := w.AddCashier(w.owner, w.outlet.ID, "Sari", pin); !errors.Is(err, tills.ErrInvalid) || strings.Contains(err.Error(), "\n") {
			t.Errorf("PIN %q: %v", pin.Reveal(), err)
		}
	}
	for _, name := range []string{"", "  ", "a\x00b", "a\nb", "\xff", strings.Repeat("x", 41)} {
		if _, err := w.AddCashier(w.owner, w.outlet.ID, name, "204816"); !errors.Is(err, tills.ErrInvalid) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	if left := must[page.Of[tills.Cashier]](t)(w.Cashiers(w.owner, w.outlet.ID, first)).Items; len(left) != 0 {
		t.Errorf("%d are there all the same", len(left))
	}
	must[partners.Outlet](t)(w.partners.CloseOutlet(testkit.System(t), w.outlet.ID))
	if _, err := w.AddCashier(w.owner, w.outlet.ID, "Sari", "204816"); !errors.Is(err, tills.ErrOutletClosed) {
		t.Errorf("at a closed outlet: %v", err)
	}
}

func TestAnOutletHasAtMostFiftyCashiers(t *testing.T) {
	w := newWorld(t)
	first := must[tills.Cashier](t)(w.AddCashier(w.owner, w.outlet.ID, "Sari", "204816"))
	write := func(sql string, args ...any) {
		err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.db.From(ctx).Exec(sql, args...).Error })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 49 { // rows that need no PIN of their own
		write(`INSERT INTO cashiers (id, partner_id, outlet_id, name_sealed, pin_sealed, state, created_by, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, 'locked', ?, ?, ?)`,
			uuid.New(), w.outlet.PartnerID, w.outlet.ID, []byte("x"), []byte("x"), first.ID, testkit.Start, testkit.Start)
	}
	if _, err := w.AddCashier(w.owner, w.outlet.ID, "Tono", "204816"); !errors.Is(err, tills.ErrCashiersFull) {
		t.Errorf("the fifty-first: %v", err)
	}
	write("UPDATE cashiers SET state = 'ended' WHERE id <> ?", first.ID)
	must[tills.Cashier](t)(w.AddCashier(w.owner, w.outlet.ID, "Tono", "204816"))
}

func TestCashiersOutOfReachAreNotThere(t *testing.T) {
	w := newWorld(t)
	c := must[tills.Cashier](t)(w.AddCashier(w.owner, w.outlet.ID, "Sari", "204816"))
	strangers := map[string]context.Context{
		"nobody":              t.Context(),
		"another owner":       as(t, actor.PartnerOwner, actor.PartnerScope, uuid.New()),
		"the branch":          as(t, actor.BranchSupervisor, actor.BranchScope, palu),
		"a till of the place": at(t, w.outlet.ID),
	}
	for name, ctx := range strangers {
		_, add := w.AddCashier(ctx, w.outlet.ID, "Sari", "204816")
		_, list := w.Cashiers(ctx, w.outlet.ID, first)
		_, pin := w.SetPIN(ctx, c.ID, "204816")
		_, end := w.EndCashier(ctx, c.ID)
		if !errors.Is(add, partners.ErrOutletNotFound) || !errors.Is(list, partners.ErrOutletNotFound) {
			t.Errorf("%s: %v, %v", name, add, list)
		}
		if !errors.Is(pin, tills.ErrCashierNotFound) || !errors.Is(end, tills.ErrCashierNotFound) {
			t.Errorf("%s: %v, %v", name, pin, end)
		}
	}
	ended := actor.With(t.Context(), w.only(uuid.New(), true))
	system := actor.With(t.Context(), actor.Actor{Kind: actor.APIKey, ID: uuid.New(), OutletID: w.outlet.ID, Permissions: []actor.Permission{actor.Validate}})
	for name, ctx := range map[string]context.Context{"a till elsewhere": at(t, uuid.New()), "an ended till": ended, "a till system": system, "the owner": w.owner} {
		if err := w.LockCashier(ctx, c.ID); !errors.Is(err, tills.ErrCashierNotFound) {
			t.Errorf("%s locks: %v", name, err)
		}
	}
	if err := w.LockCashier(at(t, w.outlet.ID), uuid.New()); !errors.Is(err, tills.ErrCashierNotFound) {
		t.Errorf("locks nobody: %v", err)
	}
	if _, _, err := w.CashierAt(t.Context(), uuid.New()); !errors.Is(err, tills.ErrCashierNotFound) {
		t.Errorf("one who never was: %v", err)
	}
	if others := must[[]tills.CashierKey](t)(w.CashiersForTill(t.Context(), uuid.New())); len(others) != 0 {
		t.Errorf("a till of another outlet holds %d cashiers", len(others))
	}
	if k := w.key(t); k.State != "active" || k.PINVersion != 1 {
		t.Errorf("something was changed: %+v", k)
	}
}
