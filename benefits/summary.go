package benefits

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tongue is how one language puts terms into words. The texts of kind and per
// take the basis and a sum or a number.
type tongue struct {
	point        string // between the thousands
	clock        string // between hours and minutes
	and          string
	basis        map[Basis]string
	kind         map[Kind]string
	most, least  string
	once, times  map[Per]string
	apart        [2]string // one day, more
	days         string
	weekdays     map[Weekday]string
	to           string
	hours        string
	outlet       string
	count, total string
}

var indonesian = tongue{
	point: ".", clock: ".", and: " dan ",
	basis: map[Basis]string{Labour: "jasa", Parts: "suku cadang", Oil: "oli", Package: "paket", Total: "total tagihan"},
	kind: map[Kind]string{
		Percent: "%[2]s %% dari %[1]s", Amount: "Potongan Rp%[2]s dari %[1]s", FreeItem: "Gratis %[1]s senilai Rp%[2]s", PackagePrice: "Harga %[1]s Rp%[2]s",
	},
	most: "paling banyak Rp%s", least: "minimal belanja Rp%s",
	once:  map[Per]string{PerDay: "sekali sehari", PerWeek: "sekali seminggu", PerMonth: "sekali sebulan", PerYear: "sekali setahun", PerEver: "sekali saja"},
	times: map[Per]string{PerDay: "%s kali sehari", PerWeek: "%s kali seminggu", PerMonth: "%s kali sebulan", PerYear: "%s kali setahun", PerEver: "%s kali saja"},
	apart: [2]string{"berjarak minimal %s hari", "berjarak minimal %s hari"},
	days:  "hari ", to: "–", hours: "pukul ",
	weekdays: map[Weekday]string{
		Monday: "Senin", Tuesday: "Selasa", Wednesday: "Rabu", Thursday: "Kamis", Friday: "Jumat", Saturday: "Sabtu", Sunday: "Minggu",
	},
	outlet: "paling banyak %s kali per outlet per hari", count: "kuota %s kali", total: "anggaran Rp%s",
}

var english = tongue{
	point: ",", clock: ":", and: " and ",
	basis: map[Basis]string{Labour: "labour", Parts: "parts", Oil: "oil", Package: "the package", Total: "the whole bill"},
	kind: map[Kind]string{
		Percent: "%[2]s %% off %[1]s", Amount: "Rp%[2]s off %[1]s", FreeItem: "Rp%[2]s of %[1]s free", PackagePrice: "Rp%[2]s for %[1]s",
	},
	most: "at most Rp%s", least: "minimum bill Rp%s",
	once:  map[Per]string{PerDay: "once a day", PerWeek: "once a week", PerMonth: "once a month", PerYear: "once a year", PerEver: "only once"},
	times: map[Per]string{PerDay: "%s times a day", PerWeek: "%s times a week", PerMonth: "%s times a month", PerYear: "%s times a year", PerEver: "only %s times"},
	apart: [2]string{"at least %s day apart", "at least %s days apart"},
	days:  "on ", to: " to ", hours: "",
	weekdays: map[Weekday]string{
		Monday: "Monday", Tuesday: "Tuesday", Wednesday: "Wednesday", Thursday: "Thursday", Friday: "Friday", Saturday: "Saturday", Sunday: "Sunday",
	},
	outlet: "at most %s times per outlet a day", count: "%s uses in all", total: "Rp%s in all",
}

// Summary puts the terms into one line for people, in English for "en", else in
// Indonesian: what goes off, its bounds, when, and how often. Dates, segments,
// outlets and exclusions are shown beside it and left out.
func (t Terms) Summary(lang string) string {
	l := &indonesian
	if lang == "en" {
		l = &english
	}
	parts := []string{fmt.Sprintf(l.kind[t.Kind], l.basis[t.Basis], l.number(t.Value))}
	add := func(form string, n *int64) {
		if n != nil && *n > 0 {
			parts = append(parts, fmt.Sprintf(form, l.number(*n)))
		}
	}
	add(l.most, t.MaxDiscount)
	add(l.least, &t.MinGross)
	parts = append(parts, l.when(t)...)
	if p := t.Limits.Participant; p != nil {
		parts = append(parts, l.often(p)...)
	}
	add(l.outlet, t.Limits.OutletPerDay)
	add(l.count, t.Limits.TotalCount)
	add(l.total, t.Limits.TotalAmount)
	return strings.Join(parts, ", ")
}

// number groups by thousands.
func (l *tongue) number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + l.point + digits[at:]
	}
	return digits
}

func (l *tongue) often(p *ParticipantLimit) []string {
	out := []string{l.once[p.Per]}
	if p.Count != 1 {
		out[0] = fmt.Sprintf(l.times[p.Per], l.number(p.Count))
	}
	if n := p.MinIntervalDays; n != nil {
		out = append(out, fmt.Sprintf(l.apart[min(*n, 2)-1], l.number(int64(*n))))
	}
	return out
}

// when tells days and hours; nothing where all of them are open.
func (l *tongue) when(t Terms) []string {
	var out []string
	if n := len(t.Days); n > 0 && n < len(weekdays) {
		out = append(out, l.days+l.list(l.runs(t.Days)))
	}
	if len(t.Hours) == 0 || slices.ContainsFunc(t.Hours, func(h Hours) bool { return h.From == h.To }) {
		return out
	}
	spans := make([]string, len(t.Hours))
	for i, h := range t.Hours {
		spans[i] = strings.ReplaceAll(h.From+"–"+h.To, ":", l.clock)
	}
	return append(out, l.hours+l.list(spans))
}

// runs names the days, three and more in a row by the first and the last.
func (l *tongue) runs(days []Weekday) []string {
	var out []string
	for first := 0; first < len(weekdays); first++ {
		last := first
		for last < len(weekdays) && slices.Contains(days, weekdays[last]) {
			last++
		}
		switch n := last - first; {
		case n >= 3:
			out = append(out, l.weekdays[weekdays[first]]+l.to+l.weekdays[weekdays[last-1]])
			first = last
		case n > 0:
			out = append(out, l.weekdays[weekdays[first]])
		}
	}
	return out
}

// list joins names the way people do.
func (l *tongue) list(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + l.and + names[last]
}
