package redemptions_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
)

const total = 40 // uses that the promo has, for all tills together

// TestFiveTillsNeverPassATotal runs random histories of five tills that share a
// promo of 40 uses, of which most are gone when a run begins: uses without a
// network, honest and not, uploads in any order and repeated, uses online,
// voids, renewals, returns, revocation. Never more than 40 stand, and the
// promo's counters are what the package says they are. RUNS sets how many.
func TestFiveTillsNeverPassATotal(t *testing.T) {
	runs := 1000
	if n, err := strconv.Atoi(os.Getenv("RUNS")); err == nil {
		runs = n
	} else if testing.Short() {
		runs = 100
	}
	const seed, parts = 20261123, 2 // each part has a database of its own
	for part := range uint64(parts) {
		t.Run(fmt.Sprint("part ", part+1), func(t *testing.T) {
			t.Parallel()
			w := newFive(t, rand.New(rand.NewPCG(seed, part)))
			for range runs / parts {
				w.run()
			}
			granted, refused := scalar(t, w.Shop, "SELECT count(*) FROM redemptions WHERE outcome = 'granted'"), scalar(t, w.Shop, "SELECT count(*) FROM redemptions WHERE outcome = 'refused'")
			voided := scalar(t, w.Shop, "SELECT count(*) FROM redemption_actions")
			t.Logf("%d runs, seed %d %d: %d granted, %d refused, %d voided, %d runs ended at the limit", runs/parts, seed, part, granted, refused, voided, w.full)
			if w.full == 0 || refused == 0 || voided == 0 {
				t.Error("nothing came to the limit")
			}
			verify(t, w.Shop)
		})
	}
}

type five struct {
	*shop.Shop
	t     *testing.T
	r     *rand.Rand
	cards []string
	tills []*fieldTill
	promo uuid.UUID
	runs  int
	base  int64 // uses that were gone before the run
	full  int   // runs that ended with all 40 standing
}

// fieldTill is a till with what it holds of the promo of the run.
type fieldTill struct {
	*shop.OfflineTill
	revoked   bool
	allowance benefits.Allowance
	spent     int64
	queue     []string    // unsent and sent: it may repeat itself
	keys      []uuid.UUID // of its uses
	unsent    int
}

func newFive(t *testing.T, r *rand.Rand) *five {
	t.Helper()
	w := &five{Shop: shop.New(t), t: t, r: r}
	for range 4 {
		_, card := w.Printed(t, w.Person(t))
		w.cards = append(w.cards, card)
	}
	for range 5 {
		w.tills = append(w.tills, &fieldTill{OfflineTill: w.OfflineTill(t, w.Outlet)})
	}
	return w
}

func (w *five) ctx(o *fieldTill) context.Context {
	if o.revoked {
		return o.Ended(w.t)
	}
	return o.Context(w.t)
}

func (w *five) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *five) run() {
	w.begin()
	for range 12 {
		o := w.tills[w.r.IntN(len(w.tills))]
		switch n := w.r.IntN(20); {
		case n < 9:
			w.use(o)
		case n < 13:
			w.upload(o)
		case n < 15:
			w.online(o)
		case n < 17:
			w.takeBack(o)
		case n == 17:
			w.renew(o)
		case n == 18:
			w.giveBack(o)
		default:
			w.revoke(o)
		}
	}
	w.end()
}

const runsEach = 5 // runs with one promo

// begin opens the promo of the run: most of its 40 uses are gone.
func (w *five) begin() {
	if w.runs++; w.runs%runsEach == 1 {
		w.promo = w.Promo(w.t, func(b *benefits.Terms) {
			b.Offline = benefits.Offline{Allowed: true, Allowance: w.r.Int64N(3) + 1}
			b.Limits.TotalCount, b.MaxStatusAgeDays = ptr(int64(total)), 365
			if w.r.IntN(2) == 0 {
				b.Kind, b.Value, b.Limits.TotalAmount = benefits.Amount, 2_000, ptr(int64(total*2_000))
			}
		})
		w.base = 0
	}
	gone := total - w.r.Int64N(4) - 1 - scalar(w.t, w.Shop, "SELECT used_count FROM benefit_quotas WHERE benefit_id = ?", w.promo)
	w.base += gone
	w.must(w.DB.InTx(testkit.System(w.t), func(ctx context.Context) error {
		return w.DB.From(ctx).Exec("UPDATE benefit_quotas SET used_count = used_count + ?, used_amount = used_amount + ? WHERE benefit_id = ?", gone, gone*2_000, w.promo).Error
	}))
	for _, o := range w.tills {
		o.allowance, o.spent, o.queue, o.keys, o.unsent = benefits.Allowance{}, 0, nil, nil, 0
		w.renew(o)
	}
}

func (w *five) renew(o *fieldTill) {
	if o.revoked {
		return
	}
	all, err := w.Benefits.RenewAllowances(w.ctx(o), o.ID, o.Outlet)
	w.must(err)
	if i := slices.IndexFunc(all, func(a benefits.Allowance) bool { return a.BenefitID == w.promo }); i >= 0 {
		o.allowance, o.spent = all[i], all[i].UsedUses+int64(o.unsent)
	}
}

// use signs a use; one in five grants what the till is not entitled to.
func (w *five) use(o *fieldTill) {
	with := shop.Members{"discount": 2_000, "net": 8_000}
	switch honest := o.allowance.ID != uuid.Nil && o.spent < o.allowance.Uses; {
	case w.r.IntN(5) == 0:
		if other := w.tills[w.r.IntN(len(w.tills))]; other.allowance.ID != uuid.Nil {
			with["allowance"] = other.allowance.ID
		}
	case !honest:
		return
	default:
		with["allowance"] = o.allowance.ID
		o.spent++
	}
	key, item := o.Use(w.t, w.cards[w.r.IntN(len(w.cards))], w.promo, 10_000, with)
	o.keys, o.queue = append(o.keys, key), append(o.queue, item)
	o.unsent++
}

// upload hands in some of the queue in some order, and maybe again.
func (w *five) upload(o *fieldTill) {
	if len(o.queue) == 0 {
		return
	}
	items := slices.Clone(o.queue)
	w.r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	items = items[:w.r.IntN(len(items))+1]
	if w.r.IntN(3) == 0 {
		items = append(items, items[0])
	}
	handIn(w.t, w.Shop, w.ctx(o), items...)
}

func (w *five) online(o *fieldTill) {
	if o.revoked {
		return
	}
	r := request(w.cards[w.r.IntN(len(w.cards))], w.promo, 10_000)
	_, _, err := w.Redemptions.Redeem(w.ctx(o), r)
	w.must(err)
	o.keys = append(o.keys, r.Key)
}

func (w *five) takeBack(o *fieldTill) {
	if len(o.keys) == 0 {
		return
	}
	_, item := o.Void(w.t, o.keys[w.r.IntN(len(o.keys))], nil)
	o.queue = append(o.queue, item)
}

// giveBack returns the allowance of a till that says it has nothing unsent.
func (w *five) giveBack(o *fieldTill) {
	if o.allowance.ID == uuid.Nil {
		return
	}
	w.must(w.Benefits.ReturnAllowance(w.ctx(o), o.ID, o.allowance.ID))
	if w.r.IntN(2) == 0 { // and one that forgets so goes on
		o.allowance = benefits.Allowance{}
	}
}

func (w *five) revoke(o *fieldTill) {
	if o.revoked || w.r.IntN(6) > 0 {
		return
	}
	w.Clock.Advance(10 * time.Minute)
	_, err := w.Tills.Revoke(w.Owner(w.t), o.ID)
	w.must(err)
	o.revoked = true
}

// end hands in all that is left, lets allowances lapse now and then, and counts.
func (w *five) end() {
	for _, o := range w.tills {
		if len(o.queue) > 0 {
			handIn(w.t, w.Shop, w.ctx(o), o.queue...)
		}
	}
	w.check()
	if w.r.IntN(50) == 0 {
		w.Clock.Advance(benefits.AllowanceLife + time.Hour)
		_, err := w.Benefits.SweepAllowances(testkit.System(w.t))
		w.must(err)
		w.check()
	}
	if w.runs%runsEach == 0 {
		_, err := w.Benefits.End(w.Owner(w.t), w.promo)
		w.must(err)
	}
	for i, o := range w.tills {
		if o.revoked {
			w.tills[i] = &fieldTill{OfflineTill: w.OfflineTill(w.t, w.Outlet)}
		}
	}
}

// check counts anew what the promo's counters must say: what stands and took
// from the totals, what open allowances hold, what closed ones used, less what
// came back.
func (w *five) check() {
	w.t.Helper()
	var granted, voided, beside, held, used int64
	err := w.DB.From(w.t.Context()).Raw(`SELECT
		(SELECT count(*) FROM redemptions WHERE benefit_id = q.benefit_id AND outcome = 'granted'),
		(SELECT count(*) FROM redemption_actions v JOIN redemptions r ON r.id = v.redemption_id WHERE r.benefit_id = q.benefit_id),
		(SELECT count(*) FROM redemptions WHERE benefit_id = q.benefit_id AND outcome = 'granted' AND (online OR flags LIKE '%"no_allowance"%')),
		(SELECT COALESCE(sum(CASE WHEN closed_at IS NULL THEN uses ELSE used_uses END), 0) FROM allowances WHERE benefit_id = q.benefit_id),
		q.used_count FROM benefit_quotas q WHERE q.benefit_id = ?`, w.promo).Row().Scan(&granted, &voided, &beside, &held, &used)
	w.must(err)
	if standing := w.base + granted - voided; standing > total {
		w.t.Fatalf("%d uses stand, of a total of %d", standing, total)
	} else if standing == total {
		w.full++
	}
	if want := w.base + beside + held - voided; used != want || used > total {
		w.t.Fatalf("the counter says %d, want %d: %d before, %d beside allowances, %d under them, %d back", used, want, w.base, beside, held, voided)
	}
}
