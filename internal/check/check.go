// Package check gathers everything that is wrong with a request, so that a
// caller hears it all at once: each place as a JSON pointer with a stable code,
// never with the value.
package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// The codes of places that are wrong.
const (
	Required     = "required"
	TooLong      = "too_long"
	TooMany      = "too_many"
	NotText      = "not_text" // no UTF-8, or control characters
	OutOfRange   = "out_of_range"
	Format       = "format"
	UnknownValue = "unknown_value" // not one of the values there are
	Unknown      = "unknown"       // names something that is not there
	Duplicate    = "duplicate"
	NotADay      = "not_a_day"
	BeforeStart  = "before_start"
)

// Days that may be typed in lie between these years, both included.
const (
	firstYear = "2000"
	lastYear  = "2199"
)

// List is what is wrong so far. The zero List is empty.
type List struct{ fields []fault.Field }

// If notes the pointer and code when wrong is true, and returns wrong.
func (l *List) If(wrong bool, pointer, code string) bool {
	if wrong {
		l.fields = append(l.fields, fault.Field{Pointer: pointer, Code: code})
	}
	return wrong
}

// Text wants one line of at least least and at most most characters.
func (l *List) Text(pointer, value string, least, most int) {
	l.text(pointer, value, least, most, unicode.IsControl)
}

// Lines wants text of at least least and at most most characters; it may hold
// line breaks.
func (l *List) Lines(pointer, value string, least, most int) {
	l.text(pointer, value, least, most, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}

func (l *List) text(pointer, value string, least, most int, bad func(rune) bool) {
	switch {
	case !utf8.ValidString(value), strings.ContainsFunc(value, bad):
		l.If(true, pointer, NotText)
	case utf8.RuneCountInString(value) < least:
		l.If(true, pointer, Required)
	case utf8.RuneCountInString(value) > most:
		l.If(true, pointer, TooLong)
	}
}

// Range wants n between least and most, both included.
func (l *List) Range(pointer string, n, least, most int64) {
	l.If(n < least || n > most, pointer, OutOfRange)
}

// Day wants a calendar day of the years 2000 to 2199 and reports whether it is one.
func (l *List) Day(pointer string, d clock.Day) bool {
	if l.If(d == "", pointer, Required) {
		return false
	}
	_, err := clock.ParseDay(string(d))
	if l.If(err != nil, pointer, NotADay) {
		return false
	}
	return !l.If(string(d)[:4] < firstYear || string(d)[:4] > lastYear, pointer, OutOfRange)
}

// Fields returns what is wrong, in the order in which it was found.
func (l *List) Fields() []fault.Field { return l.fields }

// Err returns base with all the places that are wrong, or nil when nothing is.
func (l *List) Err(base *fault.Error) error {
	if len(l.fields) == 0 {
		return nil
	}
	return base.With(l.fields...)
}
