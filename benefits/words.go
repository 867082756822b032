package benefits

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// Line is one term in words.
type Line struct {
	Key   string // stable: "value", "cap", …
	Label string
	Text  string
}

// Change is one term that differs between two versions.
type Change struct {
	Key, Label, Old, New string
}

// wording is what one language calls the terms one by one.
type wording struct {
	labels                              map[string]string
	none, all, always, yes, no          string
	outlets, day                        [2]string // one, more
	segments                            map[Segment]string
	stacking                            map[Stacking]string
	months                              []string
	until, status, offline, offlineSome string
	added, gone                         string
	at                                  string
}

var indonesianWords = wording{
	labels: map[string]string{
		"title": "Nama promo", "value": "Potongan", "cap": "Potongan tertinggi", "min": "Belanja paling sedikit", "exclusions": "Tidak berlaku untuk",
		"outlets": "Gerai", "days": "Hari", "hours": "Jam", "valid": "Masa berlaku", "segments": "Untuk peserta", "status": "Usia data kepesertaan",
		"id": "Periksa KTP", "stacking": "Promo lain di nota yang sama", "participant": "Batas tiap peserta", "interval": "Jarak antarpemakaian",
		"outlet_day": "Batas tiap gerai per hari", "count": "Kuota seluruhnya", "amount": "Anggaran seluruhnya", "offline": "Tanpa internet",
	},
	none: "tidak ada", all: "semua segmen", always: "setiap hari", yes: "ya", no: "tidak, kecuali kartu cetak",
	outlets: [2]string{"%s gerai", "%s gerai"}, day: [2]string{"%s hari", "%s hari"},
	segments: map[Segment]string{PU: "penerima upah (PU)", BPU: "bukan penerima upah (BPU)", Jakon: "jasa konstruksi", PMI: "pekerja migran (PMI)"},
	stacking: map[Stacking]string{Exclusive: "tidak dapat digabung", Stackable: "boleh digabung"},
	months:   []string{"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	until:    "%s s.d. %s", status: "paling lama %s", offline: "tidak boleh", offlineSome: "boleh, jatah %s kali tiap kasir",
	added: "tambah", gone: "tanpa", at: "di ",
}

var englishWords = wording{
	labels: map[string]string{
		"title": "Title", "value": "Discount", "cap": "Highest discount", "min": "Lowest bill", "exclusions": "Not for",
		"outlets": "Outlets", "days": "Days", "hours": "Hours", "valid": "Valid", "segments": "For participants", "status": "Age of membership data",
		"id": "Check the ID card", "stacking": "Other promos on the same receipt", "participant": "Limit per participant", "interval": "Time between two uses",
		"outlet_day": "Limit per outlet and day", "count": "Uses in all", "amount": "Budget in all", "offline": "Without internet",
	},
	none: "none", all: "all segments", always: "every day", yes: "yes", no: "no, except printed cards",
	outlets: [2]string{"%s outlet", "%s outlets"}, day: [2]string{"%s day", "%s days"},
	segments: map[Segment]string{PU: "wage earners (PU)", BPU: "self-employed (BPU)", Jakon: "construction services", PMI: "migrant workers (PMI)"},
	stacking: map[Stacking]string{Exclusive: "cannot be combined", Stackable: "may be combined"},
	months:   []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	until:    "%s to %s", status: "at most %s", offline: "not allowed", offlineSome: "allowed, %s uses per till in advance",
	added: "with", gone: "without", at: "at ",
}

func words(lang string) (*tongue, *wording) {
	if lang == "en" {
		return &english, &englishWords
	}
	return &indonesian, &indonesianWords
}

func (w *wording) many(l *tongue, form [2]string, n int64) string {
	if n == 1 {
		return fmt.Sprintf(form[0], "1")
	}
	return fmt.Sprintf(form[1], l.number(n))
}

func (w *wording) date(d clock.Day) string {
	text := string(d)
	if len(text) != len("2006-01-02") {
		return text
	}
	month, err := strconv.Atoi(text[5:7])
	if err != nil || month < 1 || month > len(w.months) {
		return text
	}
	return strings.TrimPrefix(text[8:], "0") + " " + w.months[month-1] + " " + text[:4]
}

// Sentence is Summary with the number of outlets: "20 % dari jasa, sekali
// sebulan, di 3 gerai".
func (t Terms) Sentence(lang string) string {
	l, w := words(lang)
	s := t.Summary(lang)
	if n := len(t.OutletIDs); n > 0 {
		s += ", " + w.at + w.many(l, w.outlets, int64(n))
	}
	return s
}

// Words puts every term into words, one by one, in a fixed order. outlet names
// an outlet.
func (t Terms) Words(lang string, outlet func(uuid.UUID) string) []Line {
	l, w := words(lang)
	out := []Line{}
	add := func(key, text string) { out = append(out, Line{Key: key, Label: w.labels[key], Text: text}) }
	rupiah := func(n *int64) string {
		if n == nil || *n == 0 {
			return w.none
		}
		return "Rp" + l.number(*n)
	}
	add("value", fmt.Sprintf(l.kind[t.Kind], l.basis[t.Basis], l.number(t.Value)))
	add("cap", rupiah(t.MaxDiscount))
	add("min", rupiah(&t.MinGross))
	add("exclusions", orText(t.Exclusions, w.none))
	add("outlets", w.places(l, t.OutletIDs, outlet))
	days, hours := l.open(t)
	add("days", orText(days, w.always))
	add("hours", orText(hours, "00"+l.clock+"00–24"+l.clock+"00"))
	add("valid", fmt.Sprintf(w.until, w.date(t.ValidFrom), w.date(t.ValidTo)))
	add("segments", w.people(l, t.Segments))
	add("status", fmt.Sprintf(w.status, w.many(l, w.day, int64(t.MaxStatusAgeDays))))
	add("id", map[bool]string{true: w.yes, false: w.no}[t.NeedsIDCheck])
	add("stacking", w.stacking[t.Stacking])
	often, apart := w.none, w.none
	if p := t.Limits.Participant; p != nil {
		often = l.often(p)[0]
		if p.MinIntervalDays != nil {
			apart = w.many(l, w.day, int64(*p.MinIntervalDays))
		}
	}
	add("participant", often)
	add("interval", apart)
	add("outlet_day", l.count1(t.Limits.OutletPerDay, w.none))
	add("count", l.count1(t.Limits.TotalCount, w.none))
	add("amount", rupiah(t.Limits.TotalAmount))
	offline := w.offline
	if t.Offline.Allowed {
		offline = fmt.Sprintf(w.offlineSome, l.number(t.Offline.Allowance))
	}
	add("offline", offline)
	return out
}

// open tells days and hours apart; empty where all are open.
func (l *tongue) open(t Terms) (days, hours string) {
	if n := len(t.Days); n > 0 && n < len(weekdays) {
		days = l.list(l.runs(t.Days))
	}
	if len(t.Hours) == 0 || slices.ContainsFunc(t.Hours, func(h Hours) bool { return h.From == h.To }) {
		return days, ""
	}
	spans := make([]string, len(t.Hours))
	for i, h := range t.Hours {
		spans[i] = strings.ReplaceAll(h.From+"–"+h.To, ":", l.clock)
	}
	return days, l.list(spans)
}

func (l *tongue) count1(n *int64, none string) string {
	if n == nil {
		return none
	}
	return l.number(*n)
}

func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// placesMax is how many outlets are named; more are counted.
const placesMax = 6

func (w *wording) places(l *tongue, ids []uuid.UUID, outlet func(uuid.UUID) string) string {
	if len(ids) == 0 {
		return w.none
	}
	count := w.many(l, w.outlets, int64(len(ids)))
	if len(ids) > placesMax {
		return count
	}
	return count + ": " + strings.Join(names(ids, outlet), ", ")
}

func names(ids []uuid.UUID, outlet func(uuid.UUID) string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = outlet(id)
	}
	slices.Sort(out)
	return out
}

func (w *wording) people(l *tongue, have []Segment) string {
	if len(have) == 0 || len(have) == len(segments) {
		return w.all
	}
	out := make([]string, len(have))
	for i, g := range have {
		out[i] = w.segments[g]
	}
	return l.list(out)
}

// Changes returns what is different in b from a, term by term.
func Changes(a, b Version, lang string, outlet func(uuid.UUID) string) []Change {
	l, w := words(lang)
	var out []Change
	if a.Title != b.Title {
		out = append(out, Change{"title", w.labels["title"], a.Title, b.Title})
	}
	was, is := a.Terms.Words(lang, outlet), b.Terms.Words(lang, outlet)
	for i := range is {
		switch {
		case is[i].Key == "outlets":
			if text := w.moved(a.Terms.OutletIDs, b.Terms.OutletIDs, outlet); text != "" {
				out = append(out, Change{
					"outlets", is[i].Label, w.many(l, w.outlets, int64(len(a.Terms.OutletIDs))),
					w.many(l, w.outlets, int64(len(b.Terms.OutletIDs))) + ": " + text,
				})
			}
		case was[i].Text != is[i].Text:
			out = append(out, Change{is[i].Key, is[i].Label, was[i].Text, is[i].Text})
		}
	}
	return out
}

// moved tells which outlets came and went; empty: none.
func (w *wording) moved(from, to []uuid.UUID, outlet func(uuid.UUID) string) string {
	missing := func(in, from []uuid.UUID) (out []uuid.UUID) {
		for _, id := range from {
			if !slices.Contains(in, id) {
				out = append(out, id)
			}
		}
		return out
	}
	var parts []string
	if came := missing(from, to); len(came) > 0 {
		parts = append(parts, w.added+" "+strings.Join(names(came, outlet), ", "))
	}
	if went := missing(to, from); len(went) > 0 {
		parts = append(parts, w.gone+" "+strings.Join(names(went, outlet), ", "))
	}
	return strings.Join(parts, "; ")
}
