package outlets

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/berlaku/berlaku/partners"
)

var dayNames = map[string][7]string{
	"id": {"Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"},
	"en": {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
}

// dayField is the field of a weekday.
type dayField struct{ Name, Label string }

func dayFields(lang string) (out []dayField) {
	for i, label := range dayNames[lang] {
		out = append(out, dayField{dayName(i + 1), label})
	}
	return out
}

func dayName(day int) string { return "hours_" + strconv.Itoa(day) }

var (
	spanForm = regexp.MustCompile(`^([0-9]{1,2})(?:[.:]([0-9]{2}))?\s*(?:-|–|—|s/d|sampai|to)\s*([0-9]{1,2})(?:[.:]([0-9]{2}))?$`)
	errSpan  = errors.New("no opening hours")
)

// parseHours reads the hours of a day as people write them: 8-17, 08.00–12.00,
// 13:00-17:00 or "tutup" for none.
func parseHours(day int, text string) (out []partners.Hours, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "", "-", "tutup", "libur", "closed":
		return nil, nil
	case "24 jam", "24 hours":
		text = "00:00-23:59"
	}
	for _, span := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		m := spanForm.FindStringSubmatch(strings.TrimSpace(span))
		if m == nil {
			return nil, errSpan
		}
		from, ok1 := clockTime(m[1], m[2])
		to, ok2 := clockTime(m[3], m[4])
		if !ok1 || !ok2 {
			return nil, errSpan
		}
		out = append(out, partners.Hours{Day: day, From: from, To: to})
	}
	return out, nil
}

func clockTime(hour, minute string) (string, bool) {
	h, err := strconv.Atoi(hour)
	if minute == "" {
		minute = "00"
	}
	m, err2 := strconv.Atoi(minute)
	if h == 24 && m == 0 {
		h, m = 23, 59
	}
	if err != nil || err2 != nil || h > 23 || m > 59 {
		return "", false
	}
	return fmt.Sprintf("%02d:%02d", h, m), true
}

// hoursText writes the hours of a day as parseHours reads them.
func hoursText(all []partners.Hours, day int) string {
	var spans []string
	for _, h := range all {
		if h.Day == day {
			spans = append(spans, strings.ReplaceAll(h.From, ":", ".")+"–"+strings.ReplaceAll(h.To, ":", "."))
		}
	}
	return strings.Join(spans, ", ")
}

// dayLine is a weekday with its hours; none: closed.
type dayLine struct{ Label, Hours string }

func week(o partners.Outlet, lang string) []dayLine {
	out := make([]dayLine, 0, 7)
	for i, label := range dayNames[lang] {
		out = append(out, dayLine{label, hoursText(o.Hours, i+1)})
	}
	return out
}

// openAt reports whether an outlet is open by its hours.
func openAt(o partners.Outlet, now time.Time) bool {
	if o.State != partners.OutletActive {
		return false
	}
	local := now.In(o.Location())
	today, at := isoDay(local), local.Format("15:04")
	yesterday := isoDay(local.AddDate(0, 0, -1))
	for _, h := range o.Hours {
		overnight := h.To < h.From
		switch {
		case h.Day == today && h.From <= at && (overnight || at < h.To):
			return true
		case h.Day == yesterday && overnight && at < h.To:
			return true
		}
	}
	return false
}

func isoDay(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }
