package reports_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
)

// week makes five uses (one of them voided), a refusal and two refused scans.
func week(t *testing.T) (*shop.Shop, reports.Period) {
	t.Helper()
	s := shop.New(t)
	promo := s.Promo(t, nil)
	_, text := s.Printed(t, s.Person(t))
	day := clock.DayOf(s.Clock.Now(), time.UTC)
	for i := range 5 {
		till := s.Till(t, []uuid.UUID{s.Outlet, s.Outlet2}[i%2])
		r, _, err := s.Redemptions.Redeem(till, redemptions.Request{
			Key: uuid.New(), Card: text, CardGiven: true, BenefitID: promo, Gross: int64(10_000 * (i + 1)), IDChecked: true,
		})
		if err != nil || r.Outcome != redemptions.Granted {
			t.Fatal(r.Reason, err)
		}
		if i == 4 {
			if _, err := s.Redemptions.Void(till, r.ID, "uji"); err != nil {
				t.Fatal(err)
			}
		}
		s.Clock.Advance(time.Hour)
	}
	till := s.Till(t, s.Outlet)
	if _, _, err := s.Redemptions.Redeem(till, redemptions.Request{Key: uuid.New(), Card: "x", CardGiven: true, BenefitID: promo, Gross: 5_000}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Redemptions.Validate(till, redemptions.Scan{Card: "https://example.com"}); err != nil {
			t.Fatal(err)
		}
	}
	return s, reports.Period{From: day, To: day}
}

func TestUsesByEveryDimensionAddUpToTheSame(t *testing.T) {
	s, p := week(t)
	want := reports.Sums{Uses: 4, Gross: 100_000, Discount: 20_000, Net: 80_000}
	for by, rows := range map[reports.Dimension]int{
		reports.ByOutlet: 2, reports.ByPartner: 1, reports.BySector: 1, reports.ByBranch: 1, reports.ByBenefit: 1, reports.ByDay: 1, reports.ByHour: 4,
	} {
		u, err := s.Reports.Uses(testkit.System(t), p, by)
		if err != nil {
			t.Fatal(by, err)
		}
		if diff := cmp.Diff(want, u.Total); diff != "" || len(u.Rows) != rows {
			t.Errorf("by %s: %d rows, want %d; total %s", by, len(u.Rows), rows, diff)
		}
	}
	if _, err := s.Reports.Uses(testkit.System(t), p, "name"); !errors.Is(err, reports.ErrDimension) {
		t.Errorf("an unknown dimension: got %v", err)
	}
	u, err := s.Reports.Uses(testkit.System(t), reports.Period{From: p.From.AddDays(1), To: p.To.AddDays(1)}, reports.ByDay)
	if err != nil || len(u.Rows) != 0 || u.Total.Uses != 0 {
		t.Errorf("a day without uses: got %+v %v", u, err)
	}
}

func TestReadersSeeOnlyTheirReach(t *testing.T) {
	s, p := week(t)
	stranger, _ := s.NewPartner(t, "Bengkel Lain")
	for name, c := range map[string]struct {
		role  actor.Role
		scope actor.ScopeKind
		id    uuid.UUID
		uses  int64
	}{
		"the owner":                {actor.PartnerOwner, actor.PartnerScope, s.Partner, 4},
		"another owner":            {actor.PartnerOwner, actor.PartnerScope, stranger, 0},
		"the branch":               {actor.BranchViewer, actor.BranchScope, shop.Palu, 4},
		"another branch":           {actor.BranchViewer, actor.BranchScope, shop.Donggala, 0},
		"headquarters":             {actor.HQAnalyst, actor.National, uuid.Nil, 4},
		"an agent, who reads none": {actor.Agent, actor.WadahScope, uuid.New(), 0},
	} {
		ctx := shop.As(t, c.role, c.scope, c.id)
		u, err := s.Reports.Uses(ctx, p, reports.ByDay)
		if err != nil || u.Total.Uses != c.uses {
			t.Errorf("%s: got %d uses and %v, want %d", name, u.Total.Uses, err, c.uses)
		}
		m, err := s.Reports.Summary(ctx, p)
		if err != nil || m.Uses != c.uses {
			t.Errorf("%s, summary: got %d uses and %v, want %d", name, m.Uses, err, c.uses)
		}
	}
}

func TestRefusalsByReason(t *testing.T) {
	s, p := week(t)
	r, err := s.Reports.Refusals(testkit.System(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := []reports.Refusal{{Reason: "not_our_card", Redemptions: 1, Scans: 2}}
	if diff := cmp.Diff(want, r.Rows); diff != "" || r.Total != 3 {
		t.Errorf("total %d, want 3; rows %s", r.Total, diff)
	}
}

func TestSummary(t *testing.T) {
	s, p := week(t)
	m, err := s.Reports.Summary(testkit.System(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := reports.Summary{
		Participants: 1, ActiveMembers: 1, CardsPrinted: 1, Partners: 1, Outlets: 2, Benefits: 1, Refusals: 1, Voided: 1,
		Sums: reports.Sums{Uses: 4, Gross: 100_000, Discount: 20_000, Net: 80_000},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestRegistrationsSayWhatNobodyAllocated(t *testing.T) {
	s := shop.New(t)
	p := perisai.New(perisai.Deps{DB: s.DB, Clock: s.Clock, Keys: testkit.Keys(t), Participants: s.Participants, Audit: s.Audit})
	for i := range 5 {
		r := perisai.Registration{ParticipantID: s.Person(t), BranchID: shop.Palu, RegisteredOn: "2023-05-01"}
		if i >= 3 {
			r.BranchID, r.Unallocated = uuid.Nil, true
		}
		if _, err := p.Register(testkit.System(t), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []perisai.Figure{
		{PeriodStart: "2023-01-01", PeriodEnd: "2023-10-13", Metric: "registrations", Value: 9, AsOf: "2023-10-13", Source: "berita"},
		{PeriodStart: "2023-01-01", PeriodEnd: "2023-10-13", BranchID: shop.Palu, Metric: "registrations", Value: 7, AsOf: "2023-10-13", Source: "berita"},
	} {
		if _, err := p.ReportFigure(testkit.System(t), f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Reports.Registrations(testkit.System(t), reports.Period{From: "2023-01-01", To: "2023-12-31"})
	if err != nil {
		t.Fatal(err)
	}
	want := reports.Registrations{
		Total: 5, Unallocated: 2, Branches: []reports.BranchCount{{BranchID: shop.Palu, Name: "Kantor Cabang Palu", Count: 3}},
		Reported: &reports.Reported{Total: 9, Unallocated: 2, Source: "berita"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	empty, err := s.Reports.Registrations(testkit.System(t), reports.Period{From: "2022-01-01", To: "2022-12-31"})
	if err != nil || empty.Total != 0 || empty.Reported != nil || empty.Branches == nil {
		t.Errorf("a year before: got %+v %v", empty, err)
	}
	branch, err := s.Reports.Registrations(shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Palu), reports.Period{From: "2023-01-01", To: "2023-12-31"})
	if err != nil || branch.Total != 3 || branch.Unallocated != 0 {
		t.Errorf("a branch: got %+v %v, want its own 3", branch, err)
	}
}

func TestPeriodsMustBeInOrder(t *testing.T) {
	s := reports.New(testkit.DB(t), testkit.Clock())
	for _, p := range []reports.Period{{}, {From: "2026-01-02", To: "2026-01-01"}, {From: "1990-01-01", To: "2026-01-01"}, {To: "2026-01-01"}} {
		if _, err := s.Uses(testkit.System(t), p, reports.ByDay); !errors.Is(err, reports.ErrPeriod) {
			t.Errorf("%+v: got %v, want %v", p, err, reports.ErrPeriod)
		}
	}
}

func TestFilesHoldTheLinesAndNoFormulas(t *testing.T) {
	table := reports.Table{Name: "uses", Columns: []string{"label", "uses"}, Rows: [][]any{
		{"=1+1", int64(3)}, {"@SUM(A1)", int64(4)}, {"-5", int64(5)}, {"Bengkel \"A\", Palu", int64(6)},
	}}
	want := [][]string{{"label", "uses"}, {"'=1+1", "3"}, {"'@SUM(A1)", "4"}, {"'-5", "5"}, {"Bengkel \"A\", Palu", "6"}}
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("csv", diff)
	}
	b.Reset()
	if err := table.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("uses")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error("xlsx", diff)
	}
}
