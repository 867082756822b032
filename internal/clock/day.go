package clock

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// ErrNotADay says that a text is no calendar day of the form 2006-01-02.
var ErrNotADay = errors.New("not a calendar day (YYYY-MM-DD)")

// Day is a calendar day of some place, as ISO 8601 text (2026-11-22). Days
// compare as text. The empty Day means none and is stored as NULL.
type Day string

// DayOf returns the day that it is at t in the zone loc.
func DayOf(t time.Time, loc *time.Location) Day {
	return Day(t.In(loc).Format(time.DateOnly))
}

// ParseDay reads a day of the form 2006-01-02, or returns ErrNotADay.
func ParseDay(s string) (Day, error) {
	if t, err := time.Parse(time.DateOnly, s); err != nil || t.Format(time.DateOnly) != s {
		return "", ErrNotADay
	}
	return Day(s), nil
}

// Start returns the first instant of the day in the zone loc, in UTC.
// A Day that was not parsed gives the zero time.
func (d Day) Start(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// AddDays returns the day n days later (earlier when n is negative).
func (d Day) AddDays(n int) Day {
	return DayOf(d.Start(time.UTC).AddDate(0, 0, n), time.UTC)
}

// AddMonths returns the same day n months later; where that month is too
// short, its last day.
func (d Day) AddMonths(n int) Day {
	t := d.Start(time.UTC)
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return DayOf(first.AddDate(0, 0, min(t.Day(), last)-1), time.UTC)
}

// DaysSince returns how many days d lies after e.
func (d Day) DaysSince(e Day) int {
	return int(d.Start(time.UTC).Sub(e.Start(time.UTC)) / (24 * time.Hour))
}

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.Start(time.UTC).Weekday() }

// Value implements driver.Valuer.
func (d Day) Value() (driver.Value, error) {
	if d == "" {
		return nil, nil
	}
	return string(d), nil
}

// Scan implements sql.Scanner: PostgreSQL gives a time, SQLite a text or a time.
func (d *Day) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*d = ""
	case time.Time:
		*d = Day(v.Format(time.DateOnly))
	case string:
		return d.scanText(v)
	case []byte:
		return d.scanText(string(v))
	default:
		return fmt.Errorf("scan day from %T: %w", v, ErrNotADay)
	}
	return nil
}

func (d *Day) scanText(s string) error {
	day, err := ParseDay(s[:min(len(s), len(time.DateOnly))])
	*d = day
	return err
}
