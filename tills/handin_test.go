package tills_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/tills"
)

// handIn is an assertion for handing in.
func (w *world) handIn(t *testing.T, d device, till uuid.UUID) string {
	t.Helper()
	return d.sign(t, header(till), claims(t, till, w.clock.Now(), map[string]any{"aud": publicURL + "/v1/redemptions/batch"}))
}

// only is a till that may do nothing but hand in.
func (w *world) only(till uuid.UUID, ended bool) actor.Actor {
	return actor.Actor{
		Kind: actor.Till, ID: till, PartnerID: w.outlet.PartnerID, OutletID: w.outlet.ID,
		Permissions: []actor.Permission{actor.HandIn}, Ended: ended,
	}
}

func TestARevokedTillHandsInAndNothingElse(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	token := w.token(t, d, till)
	must[tills.Till](t)(w.Revoke(w.owner, till.ID))
	if diff := cmp.Diff(w.only(till.ID, true), must[actor.Actor](t)(w.Actor(t.Context(), token))); diff != "" {
		t.Error(diff)
	}
	_, _, err := w.Token(t.Context(), d.sign(t, header(till.ID), claims(t, till.ID, w.clock.Now(), nil)))
	if !errors.Is(err, tills.ErrRevoked) {
		t.Errorf("it asks for a bearer: %v", err)
	}
	w.clock.Advance(tills.TokenLife)
	if _, err := w.Actor(t.Context(), token); !errors.Is(err, tills.ErrToken) {
		t.Errorf("its bearer has run out and acts: %v", err)
	}
	if diff := cmp.Diff(w.only(till.ID, true), must[actor.Actor](t)(w.Actor(t.Context(), w.handIn(t, d, till.ID)))); diff != "" {
		t.Error(diff)
	}
}

func TestAnAssertionForHandingInIsGoodForNothingElse(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	text := w.handIn(t, d, till.ID)
	if _, _, err := w.Token(t.Context(), text); !errors.Is(err, tills.ErrAssertion) {
		t.Errorf("it buys a bearer: %v", err)
	}
	if _, err := w.Authenticate(t.Context(), text); !errors.Is(err, tills.ErrAssertion) {
		t.Errorf("it authenticates: %v", err)
	}
	if diff := cmp.Diff(w.only(till.ID, false), must[actor.Actor](t)(w.HandIn(t.Context(), text))); diff != "" {
		t.Error(diff)
	}
	bad := map[string]string{
		"used already":              text,
		"for a bearer":              d.sign(t, header(till.ID), claims(t, till.ID, w.clock.Now(), nil)),
		"by another":                w.handIn(t, newDevice(t), till.ID),
		"of nobody":                 w.handIn(t, d, uuid.New()),
		"nothing but dots":          "..",
		"a bearer with a dot in it": w.token(t, d, till) + ".",
	}
	pendingDevice, voidDevice := newDevice(t), newDevice(t)
	bad["not confirmed"] = w.handIn(t, pendingDevice, w.join(t, pendingDevice).ID)
	void := w.join(t, voidDevice)
	must[tills.Till](t)(w.Revoke(w.owner, void.ID))
	bad["revoked before it was confirmed"] = w.handIn(t, voidDevice, void.ID)
	for name, text := range bad {
		for how, f := range map[string]func(context.Context, string) (actor.Actor, error){"as it is": w.HandIn, "as a bearer": w.Actor} {
			if _, err := f(t.Context(), text); !errors.Is(err, tills.ErrAssertion) {
				t.Errorf("%s, %s: got %v, want ErrAssertion", name, how, err)
			}
		}
	}
	w.clock.Advance(2 * time.Minute)
	if _, err := w.HandIn(t.Context(), text); !errors.Is(err, tills.ErrAssertion) {
		t.Errorf("of two minutes ago: %v", err)
	}
}

func TestAnAssertionHandsInOnceAmongTwenty(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	text := w.handIn(t, d, w.enrol(t, d).ID)
	var in atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.HandIn(t.Context(), text); err == nil {
				in.Add(1)
			} else if !errors.Is(err, tills.ErrAssertion) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d times for one assertion", in.Load())
	}
}

func TestATillLearnsWhereItStandsByItsSignatureOnly(t *testing.T) {
	w, d, stranger := newWorld(t), newDevice(t), newDevice(t)
	till := w.join(t, d)
	ask := func(by device) error {
		_, _, err := w.Token(t.Context(), by.sign(t, header(till.ID), claims(t, till.ID, w.clock.Now(), nil)))
		return err
	}
	steps := []struct {
		name string
		do   func()
		want error
	}{
		{"not confirmed", func() {}, tills.ErrPending},
		{"confirmed", func() { must[tills.Till](t)(w.Confirm(w.owner, till.ID)) }, nil},
		{"revoked", func() { must[tills.Till](t)(w.Revoke(w.owner, till.ID)) }, tills.ErrRevoked},
	}
	for _, step := range steps {
		step.do()
		if err := ask(d); !errors.Is(err, step.want) {
			t.Errorf("%s: got %v, want %v", step.name, err, step.want)
		}
		if err := ask(stranger); !errors.Is(err, tills.ErrAssertion) {
			t.Errorf("%s, a stranger asks: %v", step.name, err)
		}
	}
	late := newDevice(t)
	till = w.join(t, late)
	w.clock.Advance(tills.ConfirmLife)
	if err := ask(late); !errors.Is(err, tills.ErrRevoked) {
		t.Errorf("not confirmed in time: %v", err)
	}
}

func TestATillLeavesByItself(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	self := actor.With(t.Context(), must[actor.Actor](t)(w.Actor(t.Context(), w.token(t, d, till))))
	var told []uuid.UUID
	w.OnRevoke(func(_ context.Context, id uuid.UUID, at time.Time) error {
		if !at.Equal(w.clock.Now()) {
			t.Errorf("told of %s", at)
		}
		told = append(told, id)
		return nil
	})
	if err := w.Leave(w.owner); !errors.Is(err, tills.ErrTillOnly) {
		t.Errorf("an owner left: %v", err)
	}
	if err := w.Leave(self); err != nil {
		t.Fatal(err)
	}
	if err := w.Leave(self); !errors.Is(err, tills.ErrState) {
		t.Errorf("left twice: %v", err)
	}
	if got := must[tills.Till](t)(w.Known(t.Context(), till.ID)); got.State != tills.Revoked || !got.RevokedAt.Equal(w.clock.Now()) {
		t.Errorf("got %+v", got)
	}
	second := w.enrol(t, newDevice(t))
	must[tills.Till](t)(w.Revoke(w.owner, second.ID))
	if diff := cmp.Diff([]uuid.UUID{till.ID, second.ID}, told); diff != "" {
		t.Error(diff)
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestATillStaysWhenTheOthersCannotFollow(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	till := w.enrol(t, d)
	broken := errors.New("broken")
	w.OnRevoke(func(context.Context, uuid.UUID, time.Time) error { return broken })
	if _, err := w.Revoke(w.owner, till.ID); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got := must[tills.Till](t)(w.Known(t.Context(), till.ID)); got.State != tills.Active {
		t.Errorf("it is %s", got.State)
	}
	if _, err := w.Known(t.Context(), uuid.New()); !errors.Is(err, tills.ErrNotFound) {
		t.Errorf("one that never was: %v", err)
	}
}
