package benefits_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
)

// till enters an active till of an outlet.
func (w *world) till(t *testing.T, outlet uuid.UUID) uuid.UUID {
	t.Helper()
	id := uuid.New()
	err := w.db.InTx(t.Context(), func(ctx context.Context) error {
		return w.db.From(ctx).Exec(`INSERT INTO tills (id, partner_id, outlet_id, name, public_key, fingerprint, state, created_at)
			VALUES (?, ?, ?, 'Kasir', ?, '000000', 'active', ?)`, id, w.partner.ID, outlet, []byte{2}, w.clock.Now()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// offline publishes a promo that tills may grant by themselves.
func (w *world) offline(t *testing.T, uses int64, change func(*benefits.Terms)) uuid.UUID {
	t.Helper()
	terms := good(w.outlets[0])
	terms.Offline = benefits.Offline{Allowed: true, Allowance: uses}
	if change != nil {
		change(&terms)
	}
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Tanpa jaringan", terms))
	w.publish(t, b.ID)
	return b.ID
}

func totals(count, amount *int64) func(*benefits.Terms) {
	return func(terms *benefits.Terms) { terms.Limits.TotalCount, terms.Limits.TotalAmount = count, amount }
}

func (w *world) renew(t *testing.T, till uuid.UUID) []benefits.Allowance {
	t.Helper()
	return must[[]benefits.Allowance](t)(w.RenewAllowances(t.Context(), till, w.outlets[0]))
}

// renewOne renews where there is one promo.
func (w *world) renewOne(t *testing.T, till uuid.UUID) benefits.Allowance {
	t.Helper()
	all := w.renew(t, till)
	if len(all) != 1 {
		t.Fatalf("%d allowances, want 1", len(all))
	}
	return all[0]
}

func (w *world) use(ctx context.Context, a benefits.Allowance, amount int64) error {
	return w.db.InTx(ctx, func(ctx context.Context) error {
		return w.UseAllowance(ctx, benefits.AllowanceUse{
			ID: a.ID, TillID: a.TillID, BenefitID: a.BenefitID, Version: a.Version, Amount: amount, At: w.clock.Now(),
		})
	})
}

// entries counts the audit entries of an action.
func (w *world) entries(t *testing.T, action string) (n int64) {
	t.Helper()
	if err := w.db.From(t.Context()).Raw(`SELECT count(*) FROM audit_entries WHERE action = ?`, action).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnAllowanceIsTakenOutOfTheTotalsInAdvance(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 10, totals(new(int64(25)), new(int64(1_000_000))))
	one, two, three, four := w.till(t, w.outlets[0]), w.till(t, w.outlets[0]), w.till(t, w.outlets[0]), w.till(t, w.outlets[0])
	a := w.renewOne(t, one)
	now := w.clock.Now().Truncate(time.Second)
	want := benefits.Allowance{
		ID: a.ID, TillID: one, BenefitID: id, Version: 1, Uses: 10, Amount: new(int64(200_000)), // ten times the highest discount
		IssuedAt: now, ExpiresAt: now.Add(48 * time.Hour),
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	if b := w.renewOne(t, two); b.Uses != 10 || b.ID == a.ID {
		t.Errorf("the second till got %+v", b)
	}
	if c := w.renewOne(t, three); c.Uses != 5 {
		t.Errorf("the third till got %d of the five that were left", c.Uses)
	}
	if all := w.renew(t, four); len(all) != 0 {
		t.Errorf("the fourth till got %+v of nothing", all)
	}
	if got := remaining(t, w, id); got != [2]int64{0, 500_000} {
		t.Errorf("left are %v", got)
	}
	if err := w.take(t, id, 1); !errors.Is(err, benefits.ErrTotalSpent) {
		t.Errorf("what was handed out was taken once more: %v", err)
	}
	if n := w.entries(t, "allowance.renewed"); n != 3 {
		t.Errorf("%d entries for three allowances", n)
	}
	if all := must[[]benefits.Allowance](t)(w.RenewAllowances(t.Context(), one, w.outlets[1])); len(all) != 0 {
		t.Errorf("an outlet without the promo got %+v", all)
	}
}

func TestRupiahOfAnAllowance(t *testing.T) {
	cases := map[string]struct {
		change func(*benefits.Terms)
		budget *int64
		want   *int64
	}{
		"no budget":                        {nil, nil, nil},
		"the cap of a percentage":          {nil, new(int64(1_000_000)), new(int64(200_000))},
		"less than that is left":           {nil, new(int64(150_000)), new(int64(150_000))},
		"less than one discount is left":   {nil, new(int64(15_000)), new(int64(15_000))},
		"a percentage without cap":         {func(t *benefits.Terms) { t.MaxDiscount = nil }, new(int64(1_000_005)), new(int64(100_000))},
		"an amount":                        {fixed(benefits.Amount, 5_000, 0), new(int64(1_000_000)), new(int64(50_000))},
		"an amount with a cap below":       {fixed(benefits.Amount, 5_000, 3_000), new(int64(1_000_000)), new(int64(30_000))},
		"an amount with a cap above":       {fixed(benefits.Amount, 5_000, 9_000), new(int64(1_000_000)), new(int64(50_000))},
		"a free item":                      {fixed(benefits.FreeItem, 25_000, 0), new(int64(1_000_000)), new(int64(250_000))},
		"a package without cap":            {fixed(benefits.PackagePrice, 95_000, 0), new(int64(1_000_000)), new(int64(100_000))},
		"a package with a cap":             {fixed(benefits.PackagePrice, 95_000, 10_000), new(int64(1_000_000)), new(int64(100_000))},
		"the largest sums do not overflow": {fixed(benefits.Amount, 1_000_000_000, 0), new(int64(1_000_000_000_000)), new(int64(10_000_000_000))},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.SetCap(w.national, benefits.Cap{BranchID: palu, Amount: 1_000_000_000_000, OpenEnded: true}); err != nil {
				t.Fatal(err)
			}
			id := w.offline(t, 10, func(terms *benefits.Terms) {
				terms.Limits.TotalAmount = c.budget
				if c.change != nil {
					c.change(terms)
				}
			})
			a := w.renewOne(t, w.till(t, w.outlets[0]))
			if diff := cmp.Diff(c.want, a.Amount); diff != "" || a.Uses != 10 {
				t.Errorf("%d uses, rupiah (-want +got):\n%s", a.Uses, diff)
			}
			if c.want != nil && remaining(t, w, id) != [2]int64{-1, *c.budget - *c.want} {
				t.Errorf("left are %v", remaining(t, w, id))
			}
		})
	}
}

func fixed(kind benefits.Kind, value, most int64) func(*benefits.Terms) {
	return func(t *benefits.Terms) {
		t.Kind, t.Value, t.MaxDiscount = kind, value, nil
		if most > 0 {
			t.MaxDiscount = &most
		}
	}
}

func TestAnAllowanceIsLeftAloneWhileItSuffices(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 10, totals(new(int64(25)), new(int64(10_000_000))))
	till := w.till(t, w.outlets[0])
	first := w.renewOne(t, till)
	use := func(n int) {
		t.Helper()
		for range n {
			if err := w.use(t.Context(), first, 20_000); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.clock.Advance(23 * time.Hour)
	use(5)
	want := first
	want.UsedUses, want.UsedAmount = 5, 100_000
	if diff := cmp.Diff(want, w.renewOne(t, till)); diff != "" {
		t.Errorf("with half its uses and half its life left: %s", diff)
	}
	use(1)
	now := w.clock.Now().Truncate(time.Second)
	want.UsedUses, want.UsedAmount, want.Uses, want.Amount = 6, 120_000, 16, new(int64(320_000))
	want.IssuedAt, want.ExpiresAt = now, now.Add(48*time.Hour)
	if diff := cmp.Diff(want, w.renewOne(t, till)); diff != "" {
		t.Errorf("with fewer uses: %s", diff)
	}
	w.clock.Advance(24*time.Hour + time.Second)
	now = w.clock.Now().Truncate(time.Second)
	want.IssuedAt, want.ExpiresAt = now, now.Add(48*time.Hour)
	if diff := cmp.Diff(want, w.renewOne(t, till)); diff != "" {
		t.Errorf("with less life: %s", diff)
	}
	if got := remaining(t, w, id); got != [2]int64{9, 9_680_000} {
		t.Errorf("left are %v", got)
	}
	if n := w.entries(t, "allowance.renewed"); n != 3 {
		t.Errorf("%d entries for three changes", n)
	}
}

func TestAnAllowanceWithoutRupiahIsRenewedThoughUsesAreLeft(t *testing.T) {
	w := newWorld(t)
	w.offline(t, 10, func(terms *benefits.Terms) {
		terms.MaxDiscount, terms.Limits.TotalAmount = nil, new(int64(1_000_000))
	})
	till := w.till(t, w.outlets[0])
	a := w.renewOne(t, till)
	if err := w.use(t.Context(), a, 100_001); !errors.Is(err, benefits.ErrAllowance) {
		t.Errorf("a rupiah too many: %v", err)
	}
	if err := w.use(t.Context(), a, 70_000); err != nil {
		t.Fatal(err)
	}
	b := w.renewOne(t, till)
	if b.ID != a.ID || b.Uses-b.UsedUses != 10 || *b.Amount-b.UsedAmount != 90_000 { // a tenth of the 900,000 that are left
		t.Errorf("got %+v with Rp%d", b, *b.Amount)
	}
	if c := w.renewOne(t, till); cmp.Diff(b, c) != "" {
		t.Errorf("renewed again: %+v", c)
	}
}

func TestUseOfAnAllowance(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 2, totals(new(int64(25)), new(int64(1_000_000))))
	till, other := w.till(t, w.outlets[0]), w.till(t, w.outlets[0])
	a := w.renewOne(t, till)
	good := benefits.AllowanceUse{ID: a.ID, TillID: till, BenefitID: id, Version: 1, Amount: 20_000, At: a.ExpiresAt}
	for name, change := range map[string]func(*benefits.AllowanceUse){
		"of another till":           func(u *benefits.AllowanceUse) { u.TillID = other },
		"of another promo":          func(u *benefits.AllowanceUse) { u.BenefitID = w.offline(t, 2, nil) },
		"of another version":        func(u *benefits.AllowanceUse) { u.Version = 2 },
		"that is not there":         func(u *benefits.AllowanceUse) { u.ID = uuid.New() },
		"after its end":             func(u *benefits.AllowanceUse) { u.At = a.ExpiresAt.Add(time.Second) },
		"beyond all of its rupiah":  func(u *benefits.AllowanceUse) { u.Amount = 40_001 },
		"with less than no rupiahs": func(u *benefits.AllowanceUse) { u.Amount = -1 },
	} {
		u := good
		change(&u)
		err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.UseAllowance(ctx, u) })
		if u.Amount >= 0 && !errors.Is(err, benefits.ErrAllowance) || err == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := w.UseAllowance(t.Context(), good); err == nil {
		t.Error("counted outside a transaction")
	}
	for i, want := range []error{nil, nil, benefits.ErrAllowance} {
		if err := w.use(t.Context(), a, 20_000); !errors.Is(err, want) {
			t.Errorf("use %d: got %v, want %v", i+1, err, want)
		}
	}
	if got := remaining(t, w, id); got != [2]int64{23, 960_000} {
		t.Errorf("left are %v: a use takes nothing more out of the totals", got)
	}
	// A use that is taken back goes to the totals, not to the allowance.
	err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.ReturnQuota(ctx, id, 20_000) })
	if got := remaining(t, w, id); err != nil || got != [2]int64{24, 980_000} {
		t.Errorf("left are %v, %v", got, err)
	}
	if err := w.use(t.Context(), a, 1); !errors.Is(err, benefits.ErrAllowance) {
		t.Errorf("a spent allowance came back to life: %v", err)
	}
}

// TestAnAllowanceWithoutRupiahMeetsABudget: a later version sets a budget; uses
// under the older one's allowance stay within it.
func TestAnAllowanceWithoutRupiahMeetsABudget(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 10, nil)
	a := w.renewOne(t, w.till(t, w.outlets[0]))
	if err := w.use(t.Context(), a, 20_000); err != nil {
		t.Fatal(err)
	}
	terms := good(w.outlets[0])
	terms.Limits.TotalAmount = new(int64(50_000))
	must[benefits.Benefit](t)(w.Revise(w.owner, id, "Dengan anggaran", terms))
	w.publish(t, id)
	for i, want := range []error{nil, benefits.ErrAllowance} {
		if err := w.use(t.Context(), a, 20_000); !errors.Is(err, want) {
			t.Errorf("use %d: got %v, want %v", i+1, err, want)
		}
	}
	if got := remaining(t, w, id); got != [2]int64{-1, 10_000} {
		t.Errorf("left are %v", got)
	}
	if err := w.use(t.Context(), a, 10_000); err != nil {
		t.Errorf("the refused use was counted all the same: %v", err)
	}
}

func TestAReturnedAllowanceFlowsBack(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 10, totals(new(int64(25)), new(int64(1_000_000))))
	till := w.till(t, w.outlets[0])
	a := w.renewOne(t, till)
	if err := w.use(t.Context(), a, 15_000); err != nil {
		t.Fatal(err)
	}
	if err := w.ReturnAllowance(t.Context(), w.till(t, w.outlets[0]), a.ID); !errors.Is(err, benefits.ErrAllowanceNotFound) {
		t.Errorf("another till returned it: %v", err)
	}
	if err := w.ReturnAllowance(t.Context(), till, uuid.New()); !errors.Is(err, benefits.ErrAllowanceNotFound) {
		t.Errorf("an absent one: %v", err)
	}
	for range 2 { // twice is once
		if err := w.ReturnAllowance(t.Context(), till, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := remaining(t, w, id); got != [2]int64{24, 985_000} {
		t.Errorf("left are %v", got)
	}
	if err := w.use(t.Context(), a, 1); !errors.Is(err, benefits.ErrAllowance) {
		t.Errorf("a returned allowance was used: %v", err)
	}
	if n := w.entries(t, "allowance.returned"); n != 1 {
		t.Errorf("%d entries for one return", n)
	}
	if b := w.renewOne(t, till); b.ID == a.ID || b.Uses != 10 || b.UsedUses != 0 {
		t.Errorf("the next one is %+v", b)
	}
}

func TestSweepTakesWhatCanNoLongerBeUsed(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 10, totals(new(int64(40)), nil))
	kept, ended, renewed := w.till(t, w.outlets[0]), w.till(t, w.outlets[0]), w.till(t, w.outlets[0])
	for _, till := range []uuid.UUID{kept, ended, renewed} {
		if err := w.use(t.Context(), w.renewOne(t, till), 1_000); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.FollowRevokedTill(t.Context(), ended, w.clock.Now()); err == nil {
		t.Error("followed outside a transaction")
	}
	err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.FollowRevokedTill(ctx, ended, w.clock.Now()) })
	if err != nil {
		t.Fatal(err)
	}
	sweep := func(after time.Duration, want, free int64) {
		t.Helper()
		w.clock.Advance(after)
		if n := must[int64](t)(w.SweepAllowances(t.Context())); n != want {
			t.Errorf("%d closed, want %d", n, want)
		}
		if got := remaining(t, w, id); got[0] != free {
			t.Errorf("%d left, want %d", got[0], free)
		}
	}
	sweep(0, 0, 10)
	sweep(48*time.Hour-time.Second, 0, 10) // all still in force
	w.renew(t, renewed)
	before := w.renew(t, ended)
	sweep(2*time.Second, 1, 18) // the one of the till that was revoked
	if len(before) != 1 || before[0].ExpiresAt.After(w.clock.Now()) || before[0].Uses != 10 {
		t.Errorf("the allowance of an ended till was renewed: %+v", before)
	}
	sweep(7*24*time.Hour, 0, 18)
	sweep(5*time.Minute, 1, 27) // nothing of it can be handed in any more
	sweep(48*time.Hour, 1, 37)  // and of the one that was renewed once; three uses stand
	sweep(time.Hour, 0, 37)
	if n := w.entries(t, "allowance.swept"); n != 3 {
		t.Errorf("%d entries for three sweeps that changed something", n)
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestOnlyWhatIsLiveIsRenewed(t *testing.T) {
	w := newWorld(t)
	id := w.offline(t, 10, totals(new(int64(40)), nil))
	till := w.till(t, w.outlets[0])
	old := w.renewOne(t, till)
	must[benefits.Benefit](t)(w.Pause(w.owner, id))
	w.clock.Advance(30 * time.Hour)
	if all := w.renew(t, till); len(all) != 0 {
		t.Errorf("of a paused promo: %+v", all)
	}
	must[benefits.Benefit](t)(w.Resume(w.owner, id))
	terms := good(w.outlets[0])
	terms.Limits.TotalCount, terms.Offline.Allowance = new(int64(40)), 4
	must[benefits.Benefit](t)(w.Revise(w.owner, id, "Versi baru", terms))
	w.publish(t, id)
	fresh := w.renewOne(t, till)
	if fresh.Version != 2 || fresh.Uses != 4 || fresh.ID == old.ID {
		t.Errorf("of the new version: %+v", fresh)
	}
	if err := w.use(t.Context(), old, 1_000); err != nil {
		t.Errorf("the old version's allowance still holds: %v", err)
	}
	w.clock.Advance(19 * time.Hour)
	if err := w.use(t.Context(), old, 1_000); !errors.Is(err, benefits.ErrAllowance) {
		t.Errorf("the old version's allowance was renewed: %v", err)
	}
	must[benefits.Benefit](t)(w.End(w.owner, id))
	if all := w.renew(t, till); len(all) != 0 {
		t.Errorf("of an ended promo: %+v", all)
	}
	w.clock.Advance(10 * 24 * time.Hour)
	if n := must[int64](t)(w.SweepAllowances(t.Context())); n != 2 {
		t.Errorf("%d closed, want both", n)
	}
	if got := remaining(t, w, id); got[0] != 39 {
		t.Errorf("%d left, want all but one", got[0])
	}
	terms.Offline = benefits.Offline{}
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Hanya daring", terms))
	w.publish(t, b.ID)
	if all := w.renew(t, till); len(all) != 0 {
		t.Errorf("of a promo that is not for offline: %+v", all)
	}
}
