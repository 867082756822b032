//go:build unix

package main

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/benefits"
)

// use is a redemption as it lies in the database.
type use struct {
	id, participant, caller, key, benefit, outlet, day, receipt, form, outcome, reason string
	gross, discount, net                                                               int64
	taken                                                                              bool // granted and not voided
}

// counter names a row of a table of counters; which of the fields it uses
// depends on the table.
type counter struct{ table, a, b, c, d string }

// books is what the database says after a siege, read with plain SQL: nothing
// of the program takes part in the check.
type books struct {
	t     *testing.T
	s     *siege
	uses  []use
	byKey map[string][]use // caller and key
}

// checkBooks compares what the tills were told with what is stored, and every
// counter with the rows it stands for.
func (s *siege) checkBooks(t *testing.T) {
	t.Helper()
	b := &books{t: t, s: s, byKey: map[string][]use{}}
	b.read()
	b.checkAnswers()
	b.checkKeys()
	b.checkCounters()
	b.checkLimits()
	b.checkProofs()
	b.checkOutbox()
	b.checkAudit()
}

func (b *books) rows(query string, n int) [][]string {
	b.t.Helper()
	rows, err := b.s.db.QueryContext(b.t.Context(), query)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		row, dest := make([]string, n), make([]any, n)
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *books) number(query string) (n int64) {
	b.t.Helper()
	if err := b.s.db.QueryRowContext(b.t.Context(), query).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *books) read() {
	b.t.Helper()
	gone := map[string]bool{}
	for _, r := range b.rows(`SELECT CAST(redemption_id AS text) FROM redemption_actions WHERE action = 'void'`, 1) {
		gone[r[0]] = true
	}
	rows, err := b.s.db.QueryContext(b.t.Context(), `SELECT CAST(id AS text), CAST(participant_id AS text), CAST(caller_id AS text),
		CAST(idem_key AS text), CAST(benefit_id AS text), CAST(outlet_id AS text), CAST(local_on AS text),
		COALESCE(receipt_number, ''), COALESCE(card_form, ''), outcome, reason, gross, discount, net FROM redemptions`)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var u use
		if err := rows.Scan(&u.id, &u.participant, &u.caller, &u.key, &u.benefit, &u.outlet, &u.day, &u.receipt, &u.form,
			&u.outcome, &u.reason, &u.gross, &u.discount, &u.net); err != nil {
			b.t.Fatal(err)
		}
		u.taken = u.outcome == "granted" && !gone[u.id]
		b.uses = append(b.uses, u)
		b.byKey[u.caller+u.key] = append(b.byKey[u.caller+u.key], u)
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
}

// checkAnswers: what was acknowledged is there once, as it was told.
func (b *books) checkAnswers() {
	b.t.Helper()
	entries := 0
	for _, till := range b.s.tills {
		for _, e := range till.entries {
			entries++
			have := b.byKey[b.s.APIKeyIDs[till.at].String()+e.key.String()]
			if len(have) != 1 {
				b.t.Errorf("key %s: %d records, want 1", e.key, len(have))
				continue
			}
			u, a := have[0], e.answer
			want := use{
				id: a.ID.String(), outcome: a.Outcome, reason: a.Reason, gross: a.Gross, discount: a.Discount, net: a.Net,
				taken: a.Outcome == "granted" && e.void != voided,
			}
			got := use{id: u.id, outcome: u.outcome, reason: u.reason, gross: u.gross, discount: u.discount, net: u.net, taken: u.taken}
			if got != want {
				b.t.Errorf("key %s: stored %+v, acknowledged %+v", e.key, got, want)
			}
		}
	}
	if len(b.uses) != entries {
		b.t.Errorf("%d records for %d keys that were ever sent", len(b.uses), entries)
	}
}

// checkKeys: each idempotency key points at its record and there are no others.
func (b *books) checkKeys() {
	b.t.Helper()
	keys := map[string]string{}
	for _, r := range b.rows(`SELECT CAST(caller_id AS text), CAST(idem_key AS text), CAST(redemption_id AS text) FROM idempotency_keys`, 3) {
		keys[r[0]+r[1]] = r[2]
	}
	want := map[string]string{}
	for _, u := range b.uses {
		want[u.caller+u.key] = u.id
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		b.t.Errorf("idempotency keys (-records +stored):\n%.2000s", diff)
	}
}

// checkCounters: every counter equals the rows that stand, and no row is
// without its counter.
func (b *books) checkCounters() {
	b.t.Helper()
	want, plan := map[counter]int64{}, b.plan()
	for _, u := range b.uses {
		l := plan[u.benefit].Limits
		if !u.taken {
			continue
		}
		want[counter{table: "quota count", a: u.benefit}]++
		want[counter{table: "quota amount", a: u.benefit}] += u.discount
		if l.OutletPerDay != nil {
			want[counter{table: "outlet", a: u.benefit, b: u.outlet, c: u.day}]++
		}
		if p := l.Participant; p != nil {
			want[counter{table: "usage", a: u.participant, b: u.benefit, c: string(p.Per), d: window(p.Per, u.day)}]++
		}
		if u.receipt != "" {
			want[counter{table: "bill", a: u.participant, b: u.outlet, c: u.day, d: u.receipt}]++
		}
	}
	have := map[counter]int64{}
	for table, query := range map[string]string{
		// What tills hold in advance and did not use is no use.
		"quota count": `SELECT CAST(benefit_id AS text), '', '', '', CAST(sum(used_count) - COALESCE((SELECT sum(a.uses - a.used_uses)
			FROM allowances a WHERE a.benefit_id = q.benefit_id AND a.closed_at IS NULL), 0) AS bigint) FROM benefit_quotas q GROUP BY benefit_id`,
		"quota amount": `SELECT CAST(benefit_id AS text), '', '', '', CAST(sum(used_amount) - COALESCE((SELECT sum(a.amount - a.used_amount)
			FROM allowances a WHERE a.benefit_id = q.benefit_id AND a.closed_at IS NULL), 0) AS bigint) FROM benefit_quotas q GROUP BY benefit_id`,
		"outlet": `SELECT CAST(benefit_id AS text), CAST(outlet_id AS text), CAST(used_on AS text), '', used FROM outlet_usages`,
		"usage":  `SELECT CAST(participant_id AS text), CAST(benefit_id AS text), per, CAST(window_on AS text), used FROM usages`,
		"bill":   `SELECT CAST(participant_id AS text), CAST(outlet_id AS text), CAST(used_on AS text), receipt_number, uses FROM bills`,
	} {
		for _, r := range b.rows(query, 5) {
			var n int64
			if _, err := fmt.Sscan(r[4], &n); err != nil {
				b.t.Fatal(err)
			}
			have[counter{table, r[0], r[1], r[2], r[3]}] = n
		}
	}
	maps.DeleteFunc(have, func(_ counter, n int64) bool { return n == 0 })
	maps.DeleteFunc(want, func(_ counter, n int64) bool { return n == 0 })
	bad := 0
	for c := range keysOf(have, want) {
		if have[c] != want[c] {
			if bad++; bad <= 10 {
				b.t.Errorf("counter %+v is %d, its rows say %d", c, have[c], want[c])
			}
		}
	}
	if bad > 10 {
		b.t.Errorf("and %d more counters", bad-10)
	}
	if len(want) == 0 {
		b.t.Error("no counter moved: the load did nothing")
	}
}

func keysOf(a, b map[counter]int64) map[counter]struct{} {
	out := map[counter]struct{}{}
	for k := range a {
		out[k] = struct{}{}
	}
	for k := range b {
		out[k] = struct{}{}
	}
	return out
}

// plan returns the terms by the id of the promo.
func (b *books) plan() map[string]benefits.Terms {
	out := map[string]benefits.Terms{}
	for i, terms := range killPromos() {
		out[b.s.Benefits[i].String()] = terms
	}
	return out
}

func window(per benefits.Per, day string) string {
	switch per {
	case benefits.PerDay:
		return day
	case benefits.PerMonth:
		return day[:8] + "01"
	default:
		return "0001-01-01"
	}
}

// checkLimits: by the rows alone, no limit was passed.
func (b *books) checkLimits() {
	b.t.Helper()
	uses, sums := map[counter]int64{}, map[counter]int64{}
	for _, u := range b.uses {
		if !u.taken {
			continue
		}
		uses[counter{table: "total", a: u.benefit}]++
		sums[counter{table: "total", a: u.benefit}] += u.discount
		uses[counter{table: "day", a: u.benefit, b: u.participant, c: u.day}]++
		uses[counter{table: "outlet", a: u.benefit, b: u.outlet, c: u.day}]++
	}
	promos := b.s.Benefits
	for c, n := range uses {
		most := int64(1 << 62)
		switch {
		case c.table == "day" && c.a == promos[perDay].String():
			most = 8
		case c.table == "day" && c.a == promos[interval].String():
			most = 1
		case c.table == "total" && c.a == promos[total].String():
			most = 400
		case c.table == "outlet" && c.a == promos[perOutlet].String():
			most = 150
		}
		if n > most {
			b.t.Errorf("%+v: %d uses stand, the limit is %d", c, n, most)
		}
	}
	if spent := sums[counter{table: "total", a: promos[budget].String()}]; spent > 4_000_000 {
		b.t.Errorf("%d rupiah granted out of a budget of 4000000", spent)
	}
}

// checkProofs: a phone's code is used up by the use it was granted for, once.
func (b *books) checkProofs() {
	b.t.Helper()
	want, have := map[string]bool{}, map[string]bool{}
	for _, u := range b.uses {
		if u.form == "phone" && u.outcome == "granted" {
			want[u.id] = true
		}
	}
	for _, r := range b.rows(`SELECT CAST(redemption_id AS text) FROM proof_uses`, 1) {
		have[r[0]] = true
	}
	if diff := cmp.Diff(want, have); diff != "" {
		b.t.Errorf("used codes (-granted to phones +stored):\n%.2000s", diff)
	}
}

// checkOutbox: each record and each void told the world once.
func (b *books) checkOutbox() {
	b.t.Helper()
	want, have := map[string]int{}, map[string]int{}
	for _, u := range b.uses {
		want["redemption."+u.outcome+" "+u.id]++
		if u.outcome == "granted" && !u.taken {
			want["redemption.voided "+u.id]++
		}
	}
	for _, r := range b.rows(`SELECT kind, CAST(subject_id AS text) FROM outbox WHERE kind LIKE 'redemption.%'`, 2) {
		have[r[0]+" "+r[1]]++
	}
	if diff := cmp.Diff(want, have); diff != "" {
		b.t.Errorf("outbox (-records +stored):\n%.2000s", diff)
	}
}

// checkAudit: as many entries as records and voids; that they agree, audit
// verify said.
func (b *books) checkAudit() {
	b.t.Helper()
	voids := b.number(`SELECT count(*) FROM redemption_actions`)
	entries := b.number(`SELECT count(*) FROM audit_entries WHERE subject_kind IN ('redemption', 'redemption_action')`)
	if want := int64(len(b.uses)) + voids; entries != want {
		b.t.Errorf("%d audit entries for %d records and %d voids", entries, len(b.uses), voids)
	}
}
