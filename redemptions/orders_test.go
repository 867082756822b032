package redemptions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// permutations returns every order of the numbers below n.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}

// queue is what one till brings in: three uses of a person who may have one,
// the void of the first, the use of another person, and an item of other
// content under the key and number of that.
type queue struct {
	till  *shop.OfflineTill
	promo uuid.UUID
	base  int64 // number of the newest item before
	items []string
	jtis  []uuid.UUID
}

func (q *queue) add(jti uuid.UUID, item string) {
	q.jtis, q.items = append(q.jtis, jti), append(q.items, item)
}

// counter is a till with two cards and its allowances.
type counter struct {
	till       *shop.OfflineTill
	card       [2]string
	allowances map[uuid.UUID]uuid.UUID // by promo
}

func newCounter(t *testing.T, s *shop.Shop) *counter {
	t.Helper()
	c := &counter{till: s.OfflineTill(t, s.Outlet), allowances: map[uuid.UUID]uuid.UUID{}}
	for i := range c.card {
		_, c.card[i] = s.Printed(t, s.Person(t))
	}
	all, err := s.Benefits.RenewAllowances(c.till.Context(t), c.till.ID, c.till.Outlet)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		c.allowances[a.BenefitID] = a.ID
	}
	return c
}

func (c *counter) queue(t *testing.T, promo uuid.UUID) *queue {
	t.Helper()
	q := &queue{till: c.till, promo: promo, base: c.till.Seq}
	with := shop.Members{"allowance": c.allowances[promo]}
	for i := range int64(3) {
		q.add(q.till.Use(t, c.card[0], promo, 10_000*(i+1), with))
	}
	q.add(q.till.Void(t, q.jtis[0], nil))
	before := q.till.Prev
	q.add(q.till.Use(t, c.card[1], promo, 50_000, with))
	with["jti"], with["seq"], with["prev"] = q.jtis[4], q.till.Seq, before
	_, twin := q.till.Use(t, c.card[1], promo, 60_000, with)
	q.add(q.jtis[4], twin)
	q.till.Seq-- // two items, one number
	return q
}

// send hands the items in in an order, one of them again at the end, cut into
// batches where the bits of cuts say, and holds every verdict to the one before.
func (q *queue) send(t *testing.T, s *shop.Shop, order []int, again, cuts int) {
	t.Helper()
	order = append(slices.Clone(order), order[again])
	told := map[int]redemptions.ItemResult{}
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && cuts>>to&1 == 0 {
			to++
		}
		texts := make([]string, 0, len(order))
		for _, i := range order[from:to] {
			texts = append(texts, q.items[i])
		}
		for n, r := range handIn(t, s, q.till.Context(t), texts...).Results {
			i := order[from+n]
			if old, ok := told[i]; ok && (old.Outcome != r.Outcome || old.Reason != r.Reason || old.ReceiptCode != r.ReceiptCode) {
				t.Fatalf("order %v: item %d was %+v and is %+v", order, i, old, r)
			}
			told[i] = r
		}
		from = to
	}
}

// final is what a queue comes to: keys with their outcomes, how many stand
// flagged over_limit, the chain, and the counters of the database.
func (q *queue) final(t *testing.T, s *shop.Shop) string {
	t.Helper()
	b := handIn(t, s, q.till.Context(t), q.items...)
	var out []string
	over := 0
	for i, r := range b.Results {
		out = append(out, fmt.Sprint(slices.Index(q.jtis, q.jtis[i]), " ", r.Outcome, " ", r.Reason))
		if slices.Contains(r.Flags, "over_limit") && i > 0 { // the first is void
			over++
		}
	}
	slices.Sort(out)
	// The first item names the twin that was signed last, which may not be the one that is here.
	b.Chain.Broken = slices.DeleteFunc(b.Chain.Broken, func(n int64) bool { return n <= q.base+1 })
	b.Chain.Highest, b.Chain.Next = b.Chain.Highest-q.base, b.Chain.Next-q.base
	const mine = "FROM redemptions r WHERE r.benefit_id = q.benefit_id AND r.caller_id = a.till_id"
	counters := make([]int64, 5)
	err := s.DB.From(t.Context()).Raw(`SELECT a.used_uses, (SELECT count(*) `+mine+`),
		(SELECT sum(used) FROM usages u WHERE u.benefit_id = q.benefit_id AND u.participant_id IN (SELECT r.participant_id `+mine+`)),
		(SELECT sum(over) FROM usages u WHERE u.benefit_id = q.benefit_id AND u.participant_id IN (SELECT r.participant_id `+mine+`)),
		(SELECT count(*) FROM redemption_actions v WHERE v.redemption_id IN (SELECT r.id `+mine+`))
		FROM allowances a JOIN benefit_quotas q ON q.benefit_id = a.benefit_id WHERE a.benefit_id = ? AND a.till_id = ?`, q.promo, q.till.ID).
		Row().Scan(&counters[0], &counters[1], &counters[2], &counters[3], &counters[4])
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintln(strings.Join(out, ", "), "over:", over, b.Chain, "allowance, rows, used, beyond, voids:", counters)
}

func TestEveryOrderOfSixItemsEndsTheSame(t *testing.T) {
	orders := permutations(6)
	if testing.Short() {
		kept := orders[:0]
		for i := 0; i < len(orders); i += 10 {
			kept = append(kept, orders[i])
		}
		orders = kept
	}
	const parts = 2 // each has a database of its own
	for part := range parts {
		t.Run(fmt.Sprint("part ", part+1), func(t *testing.T) {
			t.Parallel()
			inOrders(t, orders[part*len(orders)/parts:(part+1)*len(orders)/parts])
		})
	}
}

func inOrders(t *testing.T, orders [][]int) {
	t.Helper()
	s := shop.New(t)
	const promos = 20 // for each till
	var offered []uuid.UUID
	for range promos {
		offered = append(offered, s.Promo(t, func(b *benefits.Terms) {
			offline(b)
			b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}
		}))
	}
	const want = "0 granted , 1 granted , 2 granted , 3 granted , 4 granted , 4 rejected key_reused over: 1 {5 6 [] [] []} " +
		"allowance, rows, used, beyond, voids: [4 4 2 1 1]\n"
	var c *counter
	for i, order := range orders {
		if i%promos == 0 {
			c = newCounter(t, s)
		}
		q := c.queue(t, offered[i%promos])
		q.send(t, s, order, i%6, i*37%128)
		if got := q.final(t, s); got != want {
			t.Fatalf("order %v:\n%swant\n%s", order, got, want)
		}
		if n := scalar(t, s, "SELECT over FROM till_days WHERE till_id = ?", c.till.ID); n != int64(i%promos+1) {
			t.Fatalf("the till's day counts %d uses over a limit, want one of each queue", n)
		}
	}
	t.Logf("%d orders, each with one item twice and cut: %s", len(orders), want)
	verify(t, s)
}
