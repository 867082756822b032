package promos

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// Bounds that the form knows; the domain has the last word.
const (
	rupiahMax = 1_000_000_000
	budgetMax = 1_000_000_000_000
	countMax  = 1_000_000_000
	daysMax   = 3660
	titleMax  = 120
)

// usualAge is how old the data of a membership may be, in days, unless the
// promo says otherwise.
const usualAge = 45

// terms reads the editor. What is not right is noted in the form.
func terms(f *frame.Form) (title string, t benefits.Terms) {
	t = benefits.Terms{
		Kind: benefits.Kind(f.Get("kind")), Basis: benefits.Basis(f.Get("basis")), Exclusions: f.Get("exclusions"),
		ValidFrom: f.OptionalDay("valid_from"), ValidTo: f.OptionalDay("valid_to"), NeedsIDCheck: f.Has("needs_id_check", "1"),
		Stacking: benefits.Stacking(f.Get("stacking")),
	}
	t.Value, _ = f.OptionalWhole("value", 1, rupiahMax)
	t.MaxDiscount = optional(f, "max_discount", rupiahMax)
	t.MinGross, _ = f.OptionalWhole("min_gross", 0, rupiahMax)
	t.MaxStatusAgeDays = usualAge
	if n, ok := f.OptionalWhole("max_status_age_days", 1, daysMax); ok {
		t.MaxStatusAgeDays = int(n)
	}
	for _, s := range f.All("outlet_ids") {
		if id, err := uuid.Parse(s); err == nil {
			t.OutletIDs = append(t.OutletIDs, id)
		}
	}
	for _, s := range f.All("days") {
		t.Days = append(t.Days, benefits.Weekday(s))
	}
	for _, s := range f.All("segments") {
		t.Segments = append(t.Segments, benefits.Segment(s))
	}
	t.Hours = hours(f)
	t.Limits = limits(f)
	t.Offline.Allowed = f.Has("allowed", "1")
	if n, ok := f.OptionalWhole("allowance", 0, 10_000); ok && t.Offline.Allowed {
		t.Offline.Allowance = n
	}
	return f.Get("title"), t.Normal()
}

func optional(f *frame.Form, name string, most int64) *int64 {
	n, ok := f.OptionalWhole(name, 1, most)
	if !ok {
		return nil
	}
	return &n
}

func limits(f *frame.Form) benefits.Limits {
	l := benefits.Limits{
		OutletPerDay: optional(f, "outlet_per_day", countMax), TotalCount: optional(f, "total_count", countMax), TotalAmount: optional(f, "total_amount", budgetMax),
	}
	per := f.Get("per")
	if per == "" {
		return l
	}
	l.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.Per(per)}
	if n, ok := f.OptionalWhole("count", 1, countMax); ok {
		l.Participant.Count = n
	}
	if n, ok := f.OptionalWhole("min_interval_days", 1, daysMax); ok {
		l.Participant.MinIntervalDays = new(int(n))
	}
	return l
}

var span = regexp.MustCompile(`^([0-9]{1,2})[.:]([0-9]{2})\s*(?:-|–|—|s/d|s\.d\.|sampai|to)\s*([0-9]{1,2})[.:]([0-9]{2})$`)

// hours reads spans of time as people write them: 08.00–12.00, 13.00–17.00.
func hours(f *frame.Form) (out []benefits.Hours) {
	for _, text := range strings.FieldsFunc(f.Get("hours"), func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		m := span.FindStringSubmatch(text)
		if m == nil {
			f.Fail("hours", fieldFaults["format"])
			continue
		}
		out = append(out, benefits.Hours{From: two(m[1]) + ":" + m[2], To: two(m[3]) + ":" + m[4]})
	}
	return out
}

func two(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// values are the fields of the editor for terms that there are.
func values(title string, t benefits.Terms) url.Values {
	v := url.Values{}
	set := func(name, value string) { v.Set(name, value) }
	number := func(name string, n *int64) {
		if n != nil && *n != 0 {
			set(name, strconv.FormatInt(*n, 10))
		}
	}
	set("title", title)
	set("kind", string(t.Kind))
	set("basis", string(t.Basis))
	number("value", &t.Value)
	number("max_discount", t.MaxDiscount)
	number("min_gross", &t.MinGross)
	set("exclusions", t.Exclusions)
	set("valid_from", string(t.ValidFrom))
	set("valid_to", string(t.ValidTo))
	set("stacking", string(t.Stacking))
	set("max_status_age_days", strconv.Itoa(t.MaxStatusAgeDays))
	for _, id := range t.OutletIDs {
		v.Add("outlet_ids", id.String())
	}
	for _, d := range t.Days {
		v.Add("days", string(d))
	}
	for _, g := range t.Segments {
		v.Add("segments", string(g))
	}
	spans := []string{}
	for _, h := range t.Hours {
		spans = append(spans, strings.ReplaceAll(h.From+"–"+h.To, ":", "."))
	}
	set("hours", strings.Join(spans, ", "))
	tick(v, "needs_id_check", t.NeedsIDCheck)
	tick(v, "allowed", t.Offline.Allowed)
	number("allowance", &t.Offline.Allowance)
	if p := t.Limits.Participant; p != nil {
		set("per", string(p.Per))
		number("count", &p.Count)
		if p.MinIntervalDays != nil {
			set("min_interval_days", strconv.Itoa(*p.MinIntervalDays))
		}
	}
	number("outlet_per_day", t.Limits.OutletPerDay)
	number("total_count", t.Limits.TotalCount)
	number("total_amount", t.Limits.TotalAmount)
	return v
}

func tick(v url.Values, name string, on bool) {
	if on {
		v.Set(name, "1")
	}
}

// wrong takes what the domain found wrong into the form, each at its field.
func wrong(f *frame.Form, all []fault.Field) {
	for _, place := range all {
		name := fieldOf(place.Pointer)
		if !f.Errors[name].IsZero() {
			continue
		}
		t, ok := fieldFaults[place.Code]
		if !ok {
			t = frame.Say("Belum benar.", "Not right yet.")
		}
		f.Fail(name, t)
	}
}

// fieldOf is the field of the editor that a pointer is about.
func fieldOf(pointer string) string {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if slices.Contains([]string{"limits", "offline"}, parts[0]) {
		return parts[len(parts)-1]
	}
	return parts[0]
}

// preset is a promo to start from.
type preset struct {
	Key   string
	Title frame.Text
	terms benefits.Terms
}

func money(n int64) *int64 { return &n }

func once(per benefits.Per, count int64) benefits.Limits {
	return benefits.Limits{Participant: &benefits.ParticipantLimit{Count: count, Per: per}}
}

// presets are the usual promos of the programme.
func presets() []preset {
	interval := once(benefits.PerYear, 2)
	interval.Participant.MinIntervalDays = new(150)
	return []preset{
		{"jasa", frame.Say("Diskon 20% jasa servis", "20% off service labour"), benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, MaxDiscount: money(50_000), Limits: once(benefits.PerMonth, 1),
			Exclusions: "Tidak berlaku untuk servis gratis dari pabrik.",
		}},
		{"oli", frame.Say("Potongan oli mesin Rp5.000", "Rp5,000 off engine oil"), benefits.Terms{
			Kind: benefits.Amount, Basis: benefits.Oil, Value: 5_000, Limits: once(benefits.PerMonth, 1), Stacking: benefits.Stackable,
		}},
		{"paket", frame.Say("Paket servis dengan harga khusus", "Service package at a special price"), benefits.Terms{
			Kind: benefits.PackagePrice, Basis: benefits.Package, Value: 95_000, Limits: interval, Exclusions: "Belum termasuk suku cadang.",
		}},
		{"suku-cadang", frame.Say("Diskon 5% suku cadang", "5% off parts"), benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Parts, Value: 5, MaxDiscount: money(25_000), MinGross: 50_000, Limits: once(benefits.PerMonth, 2),
		}},
		{"gratis", frame.Say("Gratis cek kondisi", "Free check-up"), benefits.Terms{
			Kind: benefits.FreeItem, Basis: benefits.Labour, Value: 25_000, Limits: once(benefits.PerYear, 4), Stacking: benefits.Stackable,
		}},
	}
}

// fresh fills what a promo usually says beside its value.
func fresh(t benefits.Terms, outlets []uuid.UUID, today clock.Day) benefits.Terms {
	if t.Kind == "" {
		t.Kind, t.Basis, t.Limits = benefits.Percent, benefits.Labour, once(benefits.PerMonth, 1)
	}
	if t.Stacking == "" {
		t.Stacking = benefits.Exclusive
	}
	t.OutletIDs, t.ValidFrom, t.ValidTo, t.MaxStatusAgeDays = outlets, today, today.AddMonths(12).AddDays(-1), usualAge
	t.Offline = benefits.Offline{Allowed: true, Allowance: 10}
	return t.Normal()
}
