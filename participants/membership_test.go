package participants_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
)

func TestSnapshotsReplaceOlderOnesNeverNewer(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	set := func(st participants.Status, asOf, until clock.Day) error {
		_, err := w.SetMembership(w.ctx, p.ID, participants.NewMembership{
			KPJ: kpj(1), Segment: participants.BPU, Status: st, StatusAsOf: asOf, ProtectedUntil: until,
		})
		return err
	}
	w.clock.Advance(24 * time.Hour)
	if err := set(participants.Inactive, "2026-11-25", ""); err != nil {
		t.Fatal(err)
	}
	if s := w.standing(t, p.ID); s.Valid || s.Status != participants.Inactive || w.told[p.ID] != s {
		t.Errorf("after the report: %+v, follower saw %+v", s, w.told[p.ID])
	}
	if err := set(participants.Active, "2026-11-24", "2027-12-31"); !errors.Is(err, participants.ErrStale) {
		t.Errorf("an older snapshot: got %v", err)
	}
	calls, history := w.calls, w.count(t, "SELECT count(*) FROM membership_history")
	if err := set(participants.Inactive, "2026-11-25", ""); err != nil || w.calls != calls {
		t.Errorf("saying the same again: %v, %d calls", err, w.calls-calls)
	}
	if n := w.count(t, "SELECT count(*) FROM membership_history"); n != history || n != 2 {
		t.Errorf("history has %d rows, want 2", n)
	}
	// A branch repairs the past on the same day: protection was never interrupted.
	if err := set(participants.Active, "2026-11-25", "2026-12-15"); err != nil {
		t.Fatal(err)
	}
	if s := w.standing(t, p.ID); !s.Valid || w.told[p.ID] != s {
		t.Errorf("after the repair: %+v, follower saw %+v", s, w.told[p.ID])
	}
	if n := w.count(t, "SELECT count(*) FROM membership_history"); n != 3 {
		t.Errorf("history has %d rows, want 3", n)
	}
	if n := w.count(t, "SELECT count(*) FROM outbox WHERE kind = 'membership.changed'"); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
	w.verifyAudit(t)
}

func TestAMembershipBelongsToOnePersonAndBranch(t *testing.T) {
	w := newWorld(t)
	a, b := w.create(t, 1), w.create(t, 2)
	w.clock.Advance(time.Second)
	second := participants.NewMembership{KPJ: kpj(3), Segment: participants.PU, Status: participants.Active, BranchID: donggala}
	if _, err := w.SetMembership(w.ctx, a.ID, second); err != nil {
		t.Fatal(err)
	}
	if s := w.told[a.ID]; s.MembershipID == a.Memberships[0].ID || !s.Valid || s.BranchID != donggala {
		t.Errorf("the newer of two valid ones: follower saw %+v", s)
	}
	if _, err := w.SetMembership(w.ctx, b.ID, second); !errors.Is(err, participants.ErrDuplicateKPJ) {
		t.Errorf("another's KPJ: %v", err)
	}
	second.BranchID = palu
	if _, err := w.SetMembership(w.ctx, a.ID, second); !errors.Is(err, participants.ErrDuplicateKPJ) {
		t.Errorf("another branch's KPJ: %v", err)
	}
	if got, err := w.Get(as(w.ctx, actor.BranchOfficer, donggala), a.ID); err != nil || len(got.Memberships) != 2 {
		t.Errorf("the branch of a membership sees the person: %v", err)
	}
	second.KPJ, second.AgentID = kpj(4), uuid.New()
	if _, err := w.SetMembership(w.ctx, a.ID, second); !errors.Is(err, participants.ErrInvalid) {
		t.Errorf("an agent that does not exist: %v", err)
	}
}

func TestAFollowerThatFailsUndoesTheChange(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	w.fail = errors.New("stop")
	_, err := w.SetMembership(w.ctx, p.ID, participants.NewMembership{KPJ: kpj(1), Segment: participants.BPU, Status: participants.Inactive})
	if !errors.Is(err, w.fail) {
		t.Fatalf("got %v", err)
	}
	if s := w.standing(t, p.ID); !s.Valid {
		t.Errorf("the change stayed: %+v", s)
	}
}

func TestLapseTellsWhatStandingSays(t *testing.T) {
	w := newWorld(t)
	zone, err := time.LoadLocation("Asia/Makassar")
	if err != nil {
		t.Fatal(err)
	}
	make := func(n int, seg participants.Segment, st participants.Status, until, ended clock.Day) uuid.UUID {
		p := person(n)
		p.Membership.Segment, p.Membership.Status, p.Membership.ProtectedUntil, p.Membership.EndedOn = seg, st, until, ended
		got, err := w.Create(w.ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}
	bpu := make(1, participants.BPU, participants.Active, "2026-11-30", "")
	pu := make(2, participants.PU, participants.Active, "2026-11-30", "")
	open := make(3, participants.PU, participants.Active, "", "")
	ends := make(4, participants.PU, participants.Active, "", "2026-12-01")
	arrears := make(5, participants.PU, participants.InArrears, "", "")
	for _, c := range []struct {
		day  clock.Day
		want int
		is   map[uuid.UUID]participants.Status
	}{
		{"2026-11-30", 0, map[uuid.UUID]participants.Status{bpu: participants.Active, pu: participants.Active, ends: participants.Active}},
		{"2026-12-01", 3, map[uuid.UUID]participants.Status{bpu: participants.InArrears, pu: participants.Inactive, ends: participants.Inactive}},
		{"2027-02-24", 0, map[uuid.UUID]participants.Status{arrears: participants.InArrears}},
		{"2027-02-25", 1, map[uuid.UUID]participants.Status{arrears: participants.Inactive, bpu: participants.InArrears}},
		{"2027-02-28", 0, map[uuid.UUID]participants.Status{bpu: participants.InArrears}},
		{"2027-03-01", 1, map[uuid.UUID]participants.Status{bpu: participants.Inactive, open: participants.Active}},
		{"2028-01-01", 0, map[uuid.UUID]participants.Status{open: participants.Active}},
	} {
		w.clock.Set(c.day.Start(zone)) // midnight in Palu, still yesterday in UTC
		if n, err := w.Lapse(w.ctx); err != nil || n != c.want {
			t.Errorf("%s: %d changed, %v; want %d", c.day, n, err, c.want)
		}
		for id, want := range c.is {
			s := w.standing(t, id)
			if s.Status != want {
				t.Errorf("%s: got %s, want %s", c.day, s.Status, want)
			}
			if told, ok := w.told[id]; ok && told != s {
				t.Errorf("%s: follower last saw %+v, now %+v", c.day, told, s)
			}
		}
	}
	if n := w.count(t, "SELECT count(*) FROM membership_history WHERE source = 'lapse'"); n != 5 {
		t.Errorf("%d lapses in the history, want 5", n)
	}
	// as_of is the day of the report, not of the lapse
	if s := w.standing(t, bpu); s.StatusAsOf != "2026-11-24" {
		t.Errorf("as of %s", s.StatusAsOf)
	}
	w.verifyAudit(t)
}

func TestLapseOfManyGoesInSlices(t *testing.T) {
	w := newWorld(t)
	all := make([]participants.NewParticipant, 2300)
	for n := range all {
		all[n] = person(n)
	}
	if _, err := w.CreateMany(w.ctx, all); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	if n, err := w.Lapse(w.ctx); err != nil || n != len(all) || len(w.told) != len(all) {
		t.Errorf("%d lapsed, %d told, %v", n, len(w.told), err)
	}
}

func TestArrearsPolicyReachesTheFollowersInTheSameTransaction(t *testing.T) {
	w := newWorld(t)
	in := person(1)
	in.Membership.ProtectedUntil = "2026-11-01"
	p, err := w.Create(w.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := person(2)
	elsewhere.BranchID, elsewhere.Membership.ProtectedUntil = donggala, "2026-11-01"
	other, err := w.Create(w.ctx, elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	if s := w.standing(t, p.ID); s.Status != participants.InArrears || s.Valid || !s.Known {
		t.Errorf("by default: %+v", s)
	}
	for _, valid := range []bool{true, false, true} {
		if err := w.SetArrearsPolicy(w.ctx, palu, valid); err != nil {
			t.Fatal(err)
		}
		if s := w.standing(t, p.ID); s.Valid != valid || w.told[p.ID] != s {
			t.Errorf("policy %v: standing %+v, follower saw %+v", valid, s, w.told[p.ID])
		}
		calls := w.calls
		if err := w.SetArrearsPolicy(w.ctx, palu, valid); err != nil || w.calls != calls {
			t.Errorf("the same policy again: %v, %d calls", err, w.calls-calls)
		}
	}
	if _, told := w.told[other.ID]; told {
		t.Error("another branch's participant was told")
	}
	w.clock.Set(time.Date(2027, 2, 2, 0, 0, 0, 0, time.UTC)) // past three months
	if _, err := w.Lapse(w.ctx); err != nil || w.told[p.ID].Valid || w.told[p.ID].Status != participants.Inactive {
		t.Errorf("after the grace: %v, follower saw %+v", err, w.told[p.ID])
	}
	if err := w.SetArrearsPolicy(w.ctx, uuid.New(), true); !errors.Is(err, participants.ErrBranchNotFound) {
		t.Errorf("a branch that does not exist: %v", err)
	}
}

func TestWithdrawnConsentStopsTheCards(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	if err := w.WithdrawConsent(w.ctx, p.ID); !errors.Is(err, participants.ErrNoConsent) {
		t.Errorf("nothing to withdraw: %v", err)
	}
	if err := w.GiveConsent(w.ctx, p.ID, consent()); err != nil {
		t.Fatal(err)
	}
	self := actor.With(w.ctx, actor.Actor{Kind: actor.Participant, ID: p.ID})
	if err := w.WithdrawConsent(self, p.ID); err != nil {
		t.Fatal(err)
	}
	if s := w.standing(t, p.ID); !s.Restricted || s.Valid || w.told[p.ID] != s {
		t.Errorf("withdrawn: %+v, follower saw %+v", s, w.told[p.ID])
	}
	if err := w.GiveConsent(self, p.ID, consent()); err != nil {
		t.Fatal(err)
	}
	if s := w.standing(t, p.ID); s.Restricted || !s.Valid || w.told[p.ID] != s {
		t.Errorf("given again: %+v, follower saw %+v", s, w.told[p.ID])
	}
	if n := w.count(t, "SELECT count(*) FROM consents WHERE withdrawn_at IS NULL"); n != 1 {
		t.Errorf("%d consents in force", n)
	}
}

func TestActivationCodesWorkOnce(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	first, err := w.BeginActivation(w.ctx, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.BeginActivation(w.ctx, p.ID)
	if err != nil || len(a.Code) != 26 || a.Code == first.Code || !a.ExpiresAt.Equal(w.clock.Now().Add(7*24*time.Hour)) {
		t.Fatalf("%+v, %v", a, err)
	}
	stop := errors.New("stop")
	err = w.db.InTx(w.ctx, func(ctx context.Context) error {
		if _, _, err := w.UseActivation(ctx, a.Code); err != nil {
			t.Error(err)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	typed := strings.ToLower(a.Code[:5]) + "-" + a.Code[5:]
	typed = strings.ReplaceAll(strings.ReplaceAll(typed, "1", "l"), "0", "o")
	who, id, err := w.UseActivation(w.ctx, typed)
	if err != nil || who != p.ID || id != a.ID {
		t.Fatalf("after a rolled-back use: %v %v %v", who, id, err)
	}
	if err := w.BindActivation(w.ctx, id, uuid.New()); err != nil {
		t.Error(err)
	}
	late, err := w.BeginActivation(w.ctx, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(7 * 24 * time.Hour)
	for name, code := range map[string]string{"used": a.Code, "superseded": first.Code, "expired": late.Code, "unknown": "0123456789ABCDEFGHJKMNPQRS", "empty": ""} {
		if _, _, err := w.UseActivation(w.ctx, code); !errors.Is(err, participants.ErrActivation) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOfParallelUsesOfOneCodeOneWins(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	a, err := w.BeginActivation(w.ctx, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		wg.Go(func() { _, _, errs[i] = w.UseActivation(w.ctx, a.Code) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, participants.ErrActivation) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d uses of one code", won)
	}
}

func TestStandingOfNobody(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Standing(w.ctx, uuid.New()); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	n := person(1)
	n.Membership = nil
	p, err := w.Create(w.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	if s := w.standing(t, p.ID); s.Known || s.Valid || s.BranchID != palu {
		t.Errorf("no membership: %+v", s)
	}
}
