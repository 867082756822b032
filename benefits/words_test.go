package benefits_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
)

// plain are terms in which every word is the usual one.
func plain() benefits.Terms {
	return benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, OutletIDs: []uuid.UUID{{1}, {2}, {3}}, ValidFrom: "2026-01-05", ValidTo: "2026-12-31",
		MaxStatusAgeDays: 45, Stacking: benefits.Exclusive,
	}
}

func place(id uuid.UUID) string { return "Gerai " + string('A'+rune(id[0])-1) }

func word(t benefits.Terms, lang, key string) string {
	for _, l := range t.Words(lang, place) {
		if l.Key == key {
			return l.Text
		}
	}
	return "(no " + key + ")"
}

func TestEveryTermInWords(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	person := func(count int64, per benefits.Per) *benefits.ParticipantLimit {
		return &benefits.ParticipantLimit{Count: count, Per: per}
	}
	apart := person(2, benefits.PerYear)
	apart.MinIntervalDays = new(150)
	for _, c := range []struct {
		key    string
		change func(*benefits.Terms)
		id, en string
	}{
		{"value", func(*benefits.Terms) {}, "20 % dari jasa", "20 % off labour"},
		{"value", func(b *benefits.Terms) { b.Kind, b.Value, b.Basis = benefits.Amount, 5_000, benefits.Oil }, "Potongan Rp5.000 dari oli", "Rp5,000 off oil"},
		{"value", func(b *benefits.Terms) { b.Kind, b.Value = benefits.FreeItem, 25_000 }, "Gratis jasa senilai Rp25.000", "Rp25,000 of labour free"},
		{"value", func(b *benefits.Terms) { b.Kind, b.Value, b.Basis = benefits.PackagePrice, 95_000, benefits.Package }, "Harga paket Rp95.000", "Rp95,000 for the package"},
		{"cap", func(*benefits.Terms) {}, "tidak ada", "none"},
		{"cap", func(b *benefits.Terms) { b.MaxDiscount = n(50_000) }, "Rp50.000", "Rp50,000"},
		{"min", func(*benefits.Terms) {}, "tidak ada", "none"},
		{"min", func(b *benefits.Terms) { b.MinGross = 1_000_000 }, "Rp1.000.000", "Rp1,000,000"},
		{"exclusions", func(*benefits.Terms) {}, "tidak ada", "none"},
		{"exclusions", func(b *benefits.Terms) { b.Exclusions = "Busi." }, "Busi.", "Busi."},
		{"outlets", func(*benefits.Terms) {}, "3 gerai: Gerai A, Gerai B, Gerai C", "3 outlets: Gerai A, Gerai B, Gerai C"},
		{"outlets", func(b *benefits.Terms) { b.OutletIDs = b.OutletIDs[:1] }, "1 gerai: Gerai A", "1 outlet: Gerai A"},
		{"outlets", func(b *benefits.Terms) { b.OutletIDs = make([]uuid.UUID, 7) }, "7 gerai", "7 outlets"},
		{"days", func(*benefits.Terms) {}, "setiap hari", "every day"},
		{"days", func(b *benefits.Terms) { b.Days = []benefits.Weekday{"mon", "tue", "wed", "thu", "fri", "sat"} }, "Senin–Sabtu", "Monday to Saturday"},
		{"days", func(b *benefits.Terms) { b.Days = []benefits.Weekday{"mon", "sun"} }, "Senin dan Minggu", "Monday and Sunday"},
		{"hours", func(*benefits.Terms) {}, "00.00–24.00", "00:00–24:00"},
		{"hours", func(b *benefits.Terms) {
			b.Hours = []benefits.Hours{{From: "08:00", To: "12:00"}, {From: "13:00", To: "17:00"}}
		}, "08.00–12.00 dan 13.00–17.00", "08:00–12:00 and 13:00–17:00"},
		{"valid", func(*benefits.Terms) {}, "5 Jan 2026 s.d. 31 Des 2026", "5 Jan 2026 to 31 Dec 2026"},
		{"segments", func(*benefits.Terms) {}, "semua segmen", "all segments"},
		{"segments", func(b *benefits.Terms) { b.Segments = []benefits.Segment{benefits.PU, benefits.BPU} }, "penerima upah (PU) dan bukan penerima upah (BPU)", "wage earners (PU) and self-employed (BPU)"},
		{"status", func(*benefits.Terms) {}, "paling lama 45 hari", "at most 45 days"},
		{"status", func(b *benefits.Terms) { b.MaxStatusAgeDays = 1 }, "paling lama 1 hari", "at most 1 day"},
		{"id", func(*benefits.Terms) {}, "tidak, kecuali kartu cetak", "no, except printed cards"},
		{"id", func(b *benefits.Terms) { b.NeedsIDCheck = true }, "ya", "yes"},
		{"stacking", func(*benefits.Terms) {}, "tidak dapat digabung", "cannot be combined"},
		{"stacking", func(b *benefits.Terms) { b.Stacking = benefits.Stackable }, "boleh digabung", "may be combined"},
		{"participant", func(*benefits.Terms) {}, "tidak ada", "none"},
		{"participant", func(b *benefits.Terms) { b.Limits.Participant = person(1, benefits.PerMonth) }, "sekali sebulan", "once a month"},
		{"participant", func(b *benefits.Terms) { b.Limits.Participant = person(3, benefits.PerEver) }, "3 kali saja", "only 3 times"},
		{"interval", func(b *benefits.Terms) { b.Limits.Participant = person(1, benefits.PerDay) }, "tidak ada", "none"},
		{"interval", func(b *benefits.Terms) { b.Limits.Participant = apart }, "150 hari", "150 days"},
		{"outlet_day", func(b *benefits.Terms) { b.Limits.OutletPerDay = n(200) }, "200", "200"},
		{"count", func(*benefits.Terms) {}, "tidak ada", "none"},
		{"count", func(b *benefits.Terms) { b.Limits.TotalCount = n(20_000) }, "20.000", "20,000"},
		{"amount", func(b *benefits.Terms) { b.Limits.TotalAmount = n(250_000_000) }, "Rp250.000.000", "Rp250,000,000"},
		{"offline", func(*benefits.Terms) {}, "tidak boleh", "not allowed"},
		{"offline", func(b *benefits.Terms) { b.Offline = benefits.Offline{Allowed: true, Allowance: 15} }, "boleh, jatah 15 kali tiap kasir", "allowed, 15 uses per till in advance"},
	} {
		terms := plain()
		c.change(&terms)
		if got := word(terms, "id", c.key); got != c.id {
			t.Errorf("%s: %q, want %q", c.key, got, c.id)
		}
		if got := word(terms, "en", c.key); got != c.en {
			t.Errorf("%s: %q, want %q", c.key, got, c.en)
		}
	}
	if got := plain().Sentence("id"); got != "20 % dari jasa, di 3 gerai" {
		t.Error(got)
	}
	if got := plain().Sentence("en"); got != "20 % off labour, at 3 outlets" {
		t.Error(got)
	}
}

func TestWhatChangedBetweenTwoVersions(t *testing.T) {
	a := benefits.Version{Title: "Diskon", Terms: plain()}
	b := benefits.Version{Title: "Diskon besar", Terms: plain()}
	if got := benefits.Changes(a, a, "id", place); len(got) != 0 {
		t.Errorf("the same differs: %v", got)
	}
	b.Terms.Value, b.Terms.MaxDiscount = 25, new(int64(50_000))
	b.Terms.OutletIDs = []uuid.UUID{{2}, {3}, {4}}
	var got []string
	for _, c := range benefits.Changes(a, b, "id", place) {
		got = append(got, c.Label+": "+c.Old+" → "+c.New)
	}
	want := []string{
		"Nama promo: Diskon → Diskon besar", "Potongan: 20 % dari jasa → 25 % dari jasa", "Potongan tertinggi: tidak ada → Rp50.000",
		"Gerai: 3 gerai → 3 gerai: tambah Gerai D; tanpa Gerai A",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesAreWorkedOutByTheTerms(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*benefits.Terms)
		want   []benefits.Example
	}{
		"a percentage": {func(*benefits.Terms) {}, []benefits.Example{{Gross: 60_000, Discount: 12_000, Net: 48_000}}},
		"a percentage with a lowest bill and a cap": {
			func(b *benefits.Terms) { b.MinGross, b.MaxDiscount = 50_000, new(int64(20_000)) },
			[]benefits.Example{
				{Gross: 45_000, Net: 45_000, BelowMinimum: true}, {Gross: 60_000, Discount: 12_000, Net: 48_000},
				{Gross: 150_000, Discount: 20_000, Net: 130_000, AtCap: true},
			},
		},
		"an amount": {func(b *benefits.Terms) { b.Kind, b.Value = benefits.Amount, 50_000 }, []benefits.Example{{Gross: 100_000, Discount: 50_000, Net: 50_000}}},
		"a package": {
			func(b *benefits.Terms) { b.Kind, b.Value = benefits.PackagePrice, 95_000 },
			[]benefits.Example{{Gross: 75_000, Net: 75_000}, {Gross: 120_000, Discount: 25_000, Net: 95_000}},
		},
	} {
		terms := plain()
		c.change(&terms)
		if diff := cmp.Diff(c.want, terms.Examples()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, e := range terms.Examples() {
			if !e.BelowMinimum && e.Discount != terms.Discount(e.Gross) {
				t.Errorf("%s: %d is not what the terms say", name, e.Discount)
			}
		}
	}
}

func TestAPreviewOfTermsThatAreNotRight(t *testing.T) {
	terms := plain()
	terms.OutletIDs = nil
	if p := benefits.Try(terms); p.ID != "20 % dari jasa" || len(p.Wrong) != 1 || len(p.Examples) == 0 {
		t.Errorf("without outlets: %+v", p)
	}
	for name, change := range map[string]func(*benefits.Terms){
		"a percentage above 100": func(b *benefits.Terms) { b.Value = 101 },
		"no kind":                func(b *benefits.Terms) { b.Kind = "" },
		"a wrong hour":           func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "8", To: "9"}} },
		"an unknown day":         func(b *benefits.Terms) { b.Days = []benefits.Weekday{"x"} },
		"an unknown span":        func(b *benefits.Terms) { b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: "x"} },
	} {
		terms := plain()
		change(&terms)
		if p := benefits.Try(terms); p.ID != "" || len(p.Wrong) == 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if strings.Contains(benefits.Try(plain()).ID, "%!") {
		t.Error("a word is missing")
	}
}
