package benefits_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
)

type body struct {
	name, title string
	change      func(*benefits.Terms)
	want        map[string]string // nil: accepted
}

func at(pointer, code string) map[string]string { return map[string]string{pointer: code} }

func bodies(foreign, shut uuid.UUID) []body {
	ok := "Diskon jasa"
	limit := func(f func(*benefits.Limits)) func(*benefits.Terms) {
		return func(b *benefits.Terms) { f(&b.Limits) }
	}
	return []body{
		{ok, ok, func(*benefits.Terms) {}, nil},
		{"no title", " ", func(*benefits.Terms) {}, at("/title", "required")},
		{"a title of 121 letters", strings.Repeat("é", 121), func(*benefits.Terms) {}, at("/title", "too_long")},
		{"a title of 120 letters", strings.Repeat("é", 120), func(*benefits.Terms) {}, nil},
		{"a title of two lines", "a\nb", func(*benefits.Terms) {}, at("/title", "not_text")},
		{"a title with a NUL", "a\x00b", func(*benefits.Terms) {}, at("/title", "not_text")},
		{"an unknown kind", ok, func(b *benefits.Terms) { b.Kind = "gratis" }, at("/kind", "unknown_value")},
		{"a kind in capitals", ok, func(b *benefits.Terms) { b.Kind = "Percent" }, at("/kind", "unknown_value")},
		{"no kind", ok, func(b *benefits.Terms) { b.Kind = "" }, at("/kind", "unknown_value")},
		{"an unknown basis", ok, func(b *benefits.Terms) { b.Basis = "jasa" }, at("/basis", "unknown_value")},
		{"0 percent", ok, func(b *benefits.Terms) { b.Value = 0 }, at("/value", "out_of_range")},
		{"-1 percent", ok, func(b *benefits.Terms) { b.Value = -1 }, at("/value", "out_of_range")},
		{"101 percent", ok, func(b *benefits.Terms) { b.Value = 101 }, at("/value", "out_of_range")},
		{"100 percent", ok, func(b *benefits.Terms) { b.Value = 100 }, nil},
		{"1 percent", ok, func(b *benefits.Terms) { b.Value = 1 }, nil},
		{"an amount of 0", ok, func(b *benefits.Terms) { b.Kind, b.Value = "amount", 0 }, at("/value", "out_of_range")},
		{"an amount above a bill", ok, func(b *benefits.Terms) { b.Kind, b.Value = "amount", 1_000_000_001 }, at("/value", "out_of_range")},
		{"the highest amount", ok, func(b *benefits.Terms) { b.Kind, b.Value = "amount", 1_000_000_000 }, nil},
		{"a free item of 0", ok, func(b *benefits.Terms) { b.Kind, b.Value = "free_item", 0 }, at("/value", "out_of_range")},
		{"a free item", ok, func(b *benefits.Terms) { b.Kind, b.Value = "free_item", 15_000 }, nil},
		{"a package below 0", ok, func(b *benefits.Terms) { b.Kind, b.Value = "package_price", -5 }, at("/value", "out_of_range")},
		{"a package", ok, func(b *benefits.Terms) { b.Kind, b.Basis, b.Value = "package_price", "package", 95_000 }, nil},
		{"a cap of 0", ok, func(b *benefits.Terms) { b.MaxDiscount = new(int64(0)) }, at("/max_discount", "out_of_range")},
		{"a cap above a bill", ok, func(b *benefits.Terms) { b.MaxDiscount = new(int64(1_000_000_001)) }, at("/max_discount", "out_of_range")},
		{"no cap", ok, func(b *benefits.Terms) { b.MaxDiscount = nil }, nil},
		{"a lowest bill below 0", ok, func(b *benefits.Terms) { b.MinGross = -1 }, at("/min_gross", "out_of_range")},
		{"a lowest bill too high", ok, func(b *benefits.Terms) { b.MinGross = 1_000_000_001 }, at("/min_gross", "out_of_range")},
		{"a lowest bill", ok, func(b *benefits.Terms) { b.MinGross = 50_000 }, nil},
		{"no outlets", ok, func(b *benefits.Terms) { b.OutletIDs = nil }, at("/outlet_ids", "required")},
		{"an absent outlet", ok, func(b *benefits.Terms) { b.OutletIDs[1] = uuid.New() }, at("/outlet_ids/1", "unknown")},
		{"an outlet of another partner", ok, func(b *benefits.Terms) { b.OutletIDs[0] = foreign }, at("/outlet_ids/0", "unknown")},
		{"a closed outlet", ok, func(b *benefits.Terms) { b.OutletIDs[0] = shut }, at("/outlet_ids/0", "closed")},
		{"an outlet twice", ok, func(b *benefits.Terms) { b.OutletIDs[1] = b.OutletIDs[0] }, at("/outlet_ids/1", "duplicate")},
		{"501 outlets", ok, func(b *benefits.Terms) { b.OutletIDs = make([]uuid.UUID, 501) }, at("/outlet_ids", "too_many")},
		{"no first day", ok, func(b *benefits.Terms) { b.ValidFrom = "" }, at("/valid_from", "required")},
		{"a day that is not", ok, func(b *benefits.Terms) { b.ValidFrom = "2026-02-30" }, at("/valid_from", "not_a_day")},
		{"a day in the local way", ok, func(b *benefits.Terms) { b.ValidTo = "31-12-2026" }, at("/valid_to", "not_a_day")},
		{"a day with a time", ok, func(b *benefits.Terms) { b.ValidTo = "2026-12-31T00:00:00Z" }, at("/valid_to", "not_a_day")},
		{"the year 0", ok, func(b *benefits.Terms) { b.ValidFrom = "0000-01-01" }, at("/valid_from", "out_of_range")},
		{"the year 9999", ok, func(b *benefits.Terms) { b.ValidTo = "9999-12-31" }, at("/valid_to", "out_of_range")},
		{"an end before the start", ok, func(b *benefits.Terms) { b.ValidTo = "2025-12-31" }, at("/valid_to", "before_start")},
		{"one day only", ok, func(b *benefits.Terms) { b.ValidTo = b.ValidFrom }, nil},
		{"an unknown weekday", ok, func(b *benefits.Terms) { b.Days = []benefits.Weekday{"mon", "senin"} }, at("/days/1", "unknown_value")},
		{"a weekday twice", ok, func(b *benefits.Terms) { b.Days = []benefits.Weekday{"mon", "mon"} }, at("/days/1", "duplicate")},
		{"15 weekdays", ok, func(b *benefits.Terms) { b.Days = make([]benefits.Weekday, 15) }, at("/days", "too_many")},
		{"an hour that is not", ok, func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "24:00", To: "17:00"}} }, at("/hours/0/from", "format")},
		{"a minute that is not", ok, func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "08:00", To: "17:60"}} }, at("/hours/0/to", "format")},
		{"no hour", ok, func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "08:00"}} }, at("/hours/0/to", "format")},
		{"an hour with a line end", ok, func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "08:00\n", To: "09:00"}} }, at("/hours/0/from", "format")},
		{"hours twice", ok, func(b *benefits.Terms) {
			b.Hours = []benefits.Hours{{From: "08:00", To: "09:00"}, {From: "08:00", To: "09:00"}}
		}, at("/hours/1", "duplicate")},
		{"15 hours", ok, func(b *benefits.Terms) { b.Hours = make([]benefits.Hours, 15) }, at("/hours", "too_many")},
		{"hours over midnight", ok, func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "22:00", To: "02:00"}} }, nil},
		{"an unknown segment", ok, func(b *benefits.Terms) { b.Segments = []benefits.Segment{"asn"} }, at("/segments/0", "unknown_value")},
		{"a segment twice", ok, func(b *benefits.Terms) { b.Segments = []benefits.Segment{"pu", "pu"} }, at("/segments/1", "duplicate")},
		{"no segments", ok, func(b *benefits.Terms) { b.Segments = nil }, nil},
		{"no age of status", ok, func(b *benefits.Terms) { b.MaxStatusAgeDays = 0 }, at("/max_status_age_days", "out_of_range")},
		{"an age below 0", ok, func(b *benefits.Terms) { b.MaxStatusAgeDays = -1 }, at("/max_status_age_days", "out_of_range")},
		{"an age of eleven years", ok, func(b *benefits.Terms) { b.MaxStatusAgeDays = 3661 }, at("/max_status_age_days", "out_of_range")},
		{"an unknown stacking", ok, func(b *benefits.Terms) { b.Stacking = "both" }, at("/stacking", "unknown_value")},
		{"no stacking", ok, func(b *benefits.Terms) { b.Stacking = "" }, at("/stacking", "unknown_value")},
		{"exclusions of 501 letters", ok, func(b *benefits.Terms) { b.Exclusions = strings.Repeat("a", 501) }, at("/exclusions", "too_long")},
		{"exclusions of two lines", ok, func(b *benefits.Terms) { b.Exclusions = "a\nb" }, nil},
		{"exclusions with a NUL", ok, func(b *benefits.Terms) { b.Exclusions = "a\x00b" }, at("/exclusions", "not_text")},
		{"exclusions that are not UTF-8", ok, func(b *benefits.Terms) { b.Exclusions = "a\xff" }, at("/exclusions", "not_text")},
		{"no limit for a participant", ok, limit(func(l *benefits.Limits) { l.Participant = nil }), nil},
		{"0 uses for a participant", ok, limit(func(l *benefits.Limits) { l.Participant.Count = 0 }), at("/limits/participant/count", "out_of_range")},
		{"-1 uses for a participant", ok, limit(func(l *benefits.Limits) { l.Participant.Count = -1 }), at("/limits/participant/count", "out_of_range")},
		{"an unknown span", ok, limit(func(l *benefits.Limits) { l.Participant.Per = "hour" }), at("/limits/participant/per", "unknown_value")},
		{"no span", ok, limit(func(l *benefits.Limits) { l.Participant.Per = "" }), at("/limits/participant/per", "unknown_value")},
		{"an interval of 0", ok, limit(func(l *benefits.Limits) { l.Participant.MinIntervalDays = new(0) }), at("/limits/participant/min_interval_days", "out_of_range")},
		{"an interval", ok, limit(func(l *benefits.Limits) { l.Participant.MinIntervalDays = new(7) }), nil},
		{"0 a day", ok, limit(func(l *benefits.Limits) { l.OutletPerDay = new(int64(0)) }), at("/limits/outlet_per_day", "out_of_range")},
		{"0 in total", ok, limit(func(l *benefits.Limits) { l.TotalCount = new(int64(0)) }), at("/limits/total_count", "out_of_range")},
		{"too many in total", ok, limit(func(l *benefits.Limits) { l.TotalCount = new(int64(1_000_000_001)) }), at("/limits/total_count", "out_of_range")},
		{"a budget of 0", ok, limit(func(l *benefits.Limits) { l.TotalAmount = new(int64(0)) }), at("/limits/total_amount", "out_of_range")},
		{"a budget without end", ok, limit(func(l *benefits.Limits) { l.TotalAmount = new(int64(1_000_000_000_001)) }), at("/limits/total_amount", "out_of_range")},
		{"all limits", ok, limit(func(l *benefits.Limits) {
			l.OutletPerDay, l.TotalCount, l.TotalAmount = new(int64(1)), new(int64(1)), new(int64(1))
		}), nil},
		{"offline without allowance", ok, func(b *benefits.Terms) { b.Offline.Allowance = 0 }, at("/offline/allowance", "out_of_range")},
		{"an allowance below 0", ok, func(b *benefits.Terms) { b.Offline = benefits.Offline{Allowance: -1} }, at("/offline/allowance", "out_of_range")},
		{"not offline", ok, func(b *benefits.Terms) { b.Offline = benefits.Offline{} }, nil},
		{"everything at once", "", func(b *benefits.Terms) {
			*b = benefits.Terms{Limits: benefits.Limits{Participant: &benefits.ParticipantLimit{}}}
		}, map[string]string{
			"/title": "required", "/kind": "unknown_value", "/basis": "unknown_value", "/value": "out_of_range", "/outlet_ids": "required",
			"/valid_from": "required", "/valid_to": "required", "/max_status_age_days": "out_of_range", "/stacking": "unknown_value",
			"/limits/participant/count": "out_of_range", "/limits/participant/per": "unknown_value",
		}},
	}
}

func TestBodiesOfPromos(t *testing.T) {
	w := newWorld(t)
	_, foreign := w.newPartner(t, 1)
	gone := must[partners.Outlet](t)(w.partners.CreateOutlet(testkit.System(t), w.partner.ID, partners.OutletProfile{Name: "Tutup", Address: "Jl. 2", RegionCode: "72.71", Zone: "Asia/Makassar"}))
	must[partners.Outlet](t)(w.partners.CloseOutlet(testkit.System(t), gone.ID))
	table := bodies(foreign[0], gone.ID)
	if len(table) < 60 {
		t.Fatalf("only %d bodies", len(table))
	}
	stored := 0
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			terms := good(w.outlets[0], w.outlets[1])
			c.change(&terms)
			b, err := w.Create(w.owner, w.partner.ID, c.title, terms)
			if c.want == nil {
				stored++
				if err != nil || b.State != benefits.Draft || b.Version != 1 || b.LiveVersion != 0 {
					t.Fatalf("got %+v and %v", b, err)
				}
				return
			}
			if !errors.Is(err, benefits.ErrInvalid) {
				t.Fatalf("got %v, want ErrInvalid", err)
			}
			if diff := cmp.Diff(c.want, fields(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	list := must[page.Of[benefits.Benefit]](t)(w.List(w.owner, w.partner.ID, benefits.Filter{}, page.Request{Limit: 200}))
	if len(list.Items) != stored {
		t.Errorf("%d promos are stored, %d were accepted", len(list.Items), stored)
	}
}

func TestNoSegmentsAreStoredAsAll(t *testing.T) {
	w := newWorld(t)
	terms := good(w.outlets...)
	terms.Segments = nil
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Untuk semua", terms))
	if diff := cmp.Diff([]benefits.Segment{"pu", "bpu", "jakon", "pmi"}, b.Terms.Segments); diff != "" {
		t.Error(diff)
	}
}
