package reports_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/reports"
)

// row is a redemption as the recount knows it.
type row struct {
	person, id, benefit, partner, outlet, sector, branch uuid.UUID
	gross, discount                                      int64
	granted                                              bool
	reason                                               string
	on                                                   clock.Day
	hour                                                 int
	undone, disputed, upheld                             bool
}

func (r row) stands() bool { return r.granted && !r.undone }

// random is a small world of rows, written as they are.
type random struct {
	*shop.Shop
	rows             []row
	people           []uuid.UUID
	partners         []uuid.UUID
	outlets          map[uuid.UUID][]uuid.UUID
	first, last, now clock.Day
}

func randomWorld(t *testing.T, seed uint64, n int) *random {
	t.Helper()
	w := &random{Shop: shop.New(t), outlets: map[uuid.UUID][]uuid.UUID{}}
	w.now = clock.DayOf(w.Clock.Now(), time.UTC)
	w.first, w.last = w.now.AddDays(-90), w.now.AddDays(-1)
	other, outlet := w.NewPartner(t, "Bengkel Lain")
	w.partners = []uuid.UUID{w.Partner, other}
	w.outlets[w.Partner], w.outlets[other] = []uuid.UUID{w.Outlet, w.Outlet2}, []uuid.UUID{outlet}
	promo := w.Promo(t, nil)
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test from a seed
	for range 12 {
		w.people = append(w.people, w.Person(t))
	}
	tx(t, w.Shop, func(ctx context.Context) {
		for range n {
			x := row{
				person: w.people[r.IntN(len(w.people))], benefit: promo, partner: w.partners[r.IntN(2)], sector: w.Sector,
				branch: []uuid.UUID{shop.Palu, shop.Donggala}[r.IntN(2)], gross: 1_000 + r.Int64N(90_000), granted: r.IntN(5) > 0,
				on: w.first.AddDays(r.IntN(90)), hour: 7 + r.IntN(12),
			}
			x.outlet = w.outlets[x.partner][r.IntN(len(w.outlets[x.partner]))]
			if x.granted {
				x.discount = r.Int64N(x.gross)
				x.undone, x.disputed = r.IntN(9) == 0, r.IntN(7) == 0
				x.upheld = x.disputed && !x.undone && r.IntN(2) == 0
			} else {
				x.reason = []string{"card_expired", "limit_participant", "membership_inactive", "membership_unknown"}[r.IntN(4)]
			}
			x.id = uid.At(x.on.Start(time.UTC).Add(time.Duration(x.hour) * time.Hour))
			w.write(ctx, t, x)
			w.rows = append(w.rows, x)
		}
	})
	return w
}

// tx does something within one transaction.
func tx(t *testing.T, s *shop.Shop, do func(context.Context)) {
	t.Helper()
	err := s.DB.InTx(testkit.System(t), func(ctx context.Context) error {
		do(ctx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *random) write(ctx context.Context, t *testing.T, x row) {
	t.Helper()
	outcome := "refused"
	if x.granted {
		outcome = "granted"
	}
	at := x.on.Start(time.UTC).Add(time.Duration(x.hour-8) * time.Hour)
	err := w.DB.From(ctx).Exec(`INSERT INTO redemptions (participant_id, id, caller_kind, caller_id, idem_key, benefit_id, benefit_version, partner_id, outlet_id, sector_id, branch_id,
		gross, discount, net, receipt_code, id_checked, online, outcome, reason, flags, occurred_at, recorded_at, local_on, local_hour)
		VALUES (?, ?, 'till', ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?, ?)`,
		x.person, x.id, uuid.New(), uuid.New(), x.benefit, x.partner, x.outlet, x.sector, x.branch, x.gross, x.discount, x.gross-x.discount,
		x.id.String(), true, true, outcome, x.reason, at, at, x.on, x.hour).Error
	if err != nil {
		t.Fatal(err)
	}
	for action, done := range map[string]bool{"void": x.undone && !x.disputed, "reverse": x.undone && x.disputed, "dispute": x.disputed, "uphold": x.upheld} {
		if !done {
			continue
		}
		err := w.DB.From(ctx).Exec(`INSERT INTO redemption_actions (participant_id, redemption_id, action, id, by_kind, by_id, reason, acted_at) VALUES (?, ?, ?, ?, 'job', ?, '', ?)`,
			x.person, x.id, action, uuid.New(), uuid.Nil, at).Error
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (x row) add(s *reports.Sums) {
	s.Uses++
	s.Gross += x.gross
	s.Discount += x.discount
	s.Net += x.gross - x.discount
}

func TestUsesAreThoseOfARecountOverTheRows(t *testing.T) {
	w := randomWorld(t, 1, 250)
	keys := map[reports.Dimension]func(row) string{
		reports.ByOutlet: func(x row) string { return x.outlet.String() }, reports.ByPartner: func(x row) string { return x.partner.String() },
		reports.BySector: func(x row) string { return x.sector.String() }, reports.ByBranch: func(x row) string { return x.branch.String() },
		reports.ByBenefit: func(x row) string { return x.benefit.String() }, reports.ByHour: func(x row) string { return fmt.Sprint(x.hour) },
		reports.ByDay: func(x row) string { return string(x.on) },
	}
	for name, q := range map[string]reports.Query{
		"everything":       {Period: reports.Period{From: w.first, To: w.last}},
		"a month":          {Period: reports.Period{From: w.first.AddDays(20), To: w.first.AddDays(50)}},
		"one branch":       {Period: reports.Period{From: w.first, To: w.last}, BranchID: shop.Donggala},
		"one partner":      {Period: reports.Period{From: w.first, To: w.last}, PartnerID: w.partners[1]},
		"branch & partner": {Period: reports.Period{From: w.first, To: w.last}, BranchID: shop.Palu, PartnerID: w.partners[0], SectorID: w.Sector},
		"an empty sector":  {Period: reports.Period{From: w.first, To: w.last}, SectorID: uuid.New()},
	} {
		of := func(x row) bool {
			return x.stands() && x.on >= q.From && x.on <= q.To && (q.BranchID == uuid.Nil || x.branch == q.BranchID) &&
				(q.PartnerID == uuid.Nil || x.partner == q.PartnerID) && (q.SectorID == uuid.Nil || x.sector == q.SectorID)
		}
		for by, key := range keys {
			want, total := map[string]reports.Sums{}, reports.Sums{}
			for _, x := range w.rows {
				if of(x) {
					s := want[key(x)]
					x.add(&s)
					want[key(x)] = s
					x.add(&total)
				}
			}
			u, err := w.Reports.UsesOf(testkit.System(t), q, by)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]reports.Sums{}
			for _, l := range u.Rows {
				if by == reports.ByDay {
					l.Key = l.Key[:10]
				}
				got[l.Key] = l.Sums
			}
			if diff := cmp.Diff(want, got); diff != "" || u.Total != total {
				t.Errorf("%s by %s: total %+v, want %+v; %s", name, by, u.Total, total, diff)
			}
		}
		days, err := w.Reports.Days(testkit.System(t), q)
		if err != nil || len(days.Rows) != q.To.DaysSince(q.From)+1 {
			t.Errorf("%s: %d days, %v", name, len(days.Rows), err)
		}
		months, err := w.Reports.Months(testkit.System(t), q)
		var sum int64
		for _, m := range months.Rows {
			sum += m.Uses
		}
		if err != nil || sum != days.Total.Uses {
			t.Errorf("%s: months add up to %d, days to %d, %v", name, sum, days.Total.Uses, err)
		}
		heat, err := w.Reports.Heat(testkit.System(t), q)
		if err != nil {
			t.Fatal(err)
		}
		var cells [7][24]int64
		for _, x := range w.rows {
			if of(x) {
				cells[(int(x.on.Weekday())+6)%7][x.hour]++
			}
		}
		for d := range cells {
			for h := range cells[d] {
				if heat.Cells[d][h].Uses != cells[d][h] || heat.Cells[d][h].Hidden {
					t.Errorf("%s, weekday %d at %d: %+v, want %d", name, d, h, heat.Cells[d][h], cells[d][h])
				}
			}
		}
	}
}

func TestPartnersSeeNoSmallCountsByHour(t *testing.T) {
	w := randomWorld(t, 2, 120)
	h, err := w.Reports.Heat(w.Owner(t), reports.Query{Period: reports.Period{From: w.first, To: w.last}})
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for _, day := range h.Cells {
		for _, c := range day {
			if c.Uses > 0 && c.Uses < reports.FewBelow {
				t.Errorf("a partner sees %+v", c)
			}
			if c.Hidden {
				hidden++
			}
		}
	}
	if hidden == 0 {
		t.Error("nothing was hidden: the test shows nothing")
	}
	q := reports.Query{Period: reports.Period{From: w.first, To: w.last}}
	if _, err := w.Reports.Coverage(w.Owner(t), q); err == nil {
		t.Error("a partner reads the coverage")
	}
	if _, err := w.Reports.Retention(w.Owner(t), reports.RetentionQuery{Query: q}); err == nil {
		t.Error("a partner reads the retention")
	}
	m, err := w.Reports.Map(w.Owner(t), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Places {
		if p.Participants+p.Active > 0 {
			t.Errorf("a partner sees the participants of %s", p.Name)
		}
	}
}

func TestStatementIsThatOfARecount(t *testing.T) {
	w := randomWorld(t, 3, 250)
	month, err := reports.ParseMonth(string(w.last[:7]))
	if err != nil {
		t.Fatal(err)
	}
	var total, voided reports.Sums
	var refused, disputed, upheld, reversed int64
	lines := map[[2]uuid.UUID]reports.Sums{}
	for _, x := range w.rows {
		if x.partner != w.Partner || x.on < month.From || x.on > month.To {
			continue
		}
		switch {
		case x.stands():
			x.add(&total)
			s := lines[[2]uuid.UUID{x.outlet, x.benefit}]
			x.add(&s)
			lines[[2]uuid.UUID{x.outlet, x.benefit}] = s
		case x.granted:
			x.add(&voided)
		default:
			refused++
		}
		if x.disputed {
			disputed++
			if x.upheld {
				upheld++
			} else if x.undone {
				reversed++
			}
		}
	}
	st, err := w.Reports.Statement(w.Owner(t), w.Partner, month)
	if err != nil {
		t.Fatal(err)
	}
	got := map[[2]uuid.UUID]reports.Sums{}
	for _, l := range st.Lines {
		got[[2]uuid.UUID{l.OutletID, l.BenefitID}] = l.Sums
	}
	if diff := cmp.Diff(lines, got); diff != "" || st.Total != total || st.Voided != voided {
		t.Errorf("total %+v want %+v, voided %+v want %+v; %s", st.Total, total, st.Voided, voided, diff)
	}
	if st.Refused != refused || st.Disputed != disputed || st.Upheld != upheld || st.Reversed != reversed || len(st.Agreements) != 1 {
		t.Errorf("got %+v; want refused %d disputed %d upheld %d reversed %d", st, refused, disputed, upheld, reversed)
	}
	if _, err := w.Reports.Statement(w.Owner(t), w.partners[1], month); err == nil {
		t.Error("an owner reads another's statement")
	}
	if _, err := w.Reports.Statement(shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Donggala), w.Partner, month); err == nil {
		t.Error("another branch reads the statement")
	}
	if _, err := w.Reports.Statement(w.Supervisor(t), w.Partner, reports.Period{From: w.now.AddMonths(2), To: w.now.AddMonths(3)}); err == nil {
		t.Error("a month that has not begun has a statement")
	}
}

// A membership's state over the months, as drawn: what was known from which day.
type known struct {
	on, until clock.Day
	status    string
}

func TestRetentionIsThatOfARecount(t *testing.T) {
	w := randomWorld(t, 4, 0)
	r := rand.New(rand.NewPCG(4, 9)) //nolint:gosec // a test from a seed
	ctx := testkit.System(t)
	first := clock.Day("2026-01-01")
	var ends []clock.Day
	for m := first; m < "2026-11-01"; m = m.AddMonths(1) {
		ends = append(ends, m.AddMonths(1).AddDays(-1))
	}
	type someone struct {
		used clock.Day
		rows []known
	}
	var all []someone
	for range 60 {
		id := w.Person(t)
		tx(t, w.Shop, func(ctx context.Context) {
			var p someone
			var membership uuid.UUID
			if err := w.DB.From(ctx).Raw(`SELECT id FROM memberships WHERE participant_id = ?`, id).Row().Scan(&membership); err != nil {
				t.Fatal(err)
			}
			if err := w.DB.From(ctx).Exec(`DELETE FROM membership_history WHERE participant_id = ?`, id).Error; err != nil {
				t.Fatal(err)
			}
			for d := first.AddDays(r.IntN(40)); d < "2026-11-10"; d = d.AddDays(10 + r.IntN(60)) {
				k := known{on: d, until: d.AddDays(20 + r.IntN(90)), status: []string{"active", "active", "active", "in_arrears", "inactive"}[r.IntN(5)]}
				var until any = k.until
				if r.IntN(6) == 0 {
					k.until, until = "", nil
				}
				p.rows = append(p.rows, k)
				at := d.Start(time.UTC)
				if err := w.DB.From(ctx).Exec(`INSERT INTO membership_history (participant_id, id, membership_id, status, protected_until, status_as_of, source, recorded_at) VALUES (?, ?, ?, ?, ?, ?, 'officer', ?)`,
					id, uid.At(at), membership, k.status, until, d, at).Error; err != nil {
					t.Fatal(err)
				}
			}
			for range r.IntN(3) {
				x := row{person: id, benefit: uuid.New(), partner: w.Partner, outlet: w.Outlet, sector: w.Sector, branch: shop.Palu, gross: 5_000, granted: true, on: first.AddDays(r.IntN(300)), hour: 9, undone: r.IntN(6) == 0}
				x.id = uid.At(x.on.Start(time.UTC))
				w.write(ctx, t, x)
				if x.stands() && (p.used == "" || x.on < p.used) {
					p.used = x.on
				}
			}
			all = append(all, p)
		})
	}
	active := func(p someone, end clock.Day) bool {
		ok := false
		for _, k := range p.rows {
			if k.on <= end {
				ok = k.status == "active" && (k.until == "" || k.until >= end)
			}
		}
		return ok
	}
	got, err := w.Reports.Retention(ctx, reports.RetentionQuery{Query: reports.Query{Period: reports.Period{From: first, To: "2026-11-24"}}, Segment: string(participants.BPU)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cohorts) != len(ends) {
		t.Fatalf("%d cohorts, want %d", len(got.Cohorts), len(ends))
	}
	people := 0
	for i, end := range ends {
		c := got.Cohorts[i]
		var users, without reports.Group
		users.Active, without.Active = make([]int64, len(ends)-i), make([]int64, len(ends)-i)
		for _, p := range all {
			if !active(p, end) || p.used != "" && p.used < end[:8]+"01" {
				continue
			}
			g := &without
			if p.used != "" && p.used <= end {
				g = &users
			}
			g.Size++
			for n := range g.Active {
				if active(p, ends[i+n]) {
					g.Active[n]++
				}
			}
		}
		if users.Size == 0 {
			without = reports.Group{Active: make([]int64, len(ends)-i)}
		}
		people += int(users.Size)
		if diff := cmp.Diff(users, c.Users); diff != "" {
			t.Errorf("%s, users: %s", c.Month, diff)
		}
		if diff := cmp.Diff(without, c.Without); diff != "" {
			t.Errorf("%s, without: %s", c.Month, diff)
		}
	}
	if people < 10 {
		t.Errorf("only %d users: the test shows little", people)
	}
	elsewhere, err := w.Reports.Retention(shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Donggala), reports.RetentionQuery{Query: reports.Query{Period: reports.Period{From: first, To: "2026-11-24"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range elsewhere.Cohorts {
		if c.Users.Size+c.Without.Size > 0 {
			t.Errorf("another branch sees the cohort %+v", c)
		}
	}
}
