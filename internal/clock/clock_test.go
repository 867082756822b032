package clock_test

import (
	"errors"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/clock"
)

func TestDaysOfTheCalendar(t *testing.T) {
	for _, c := range []struct{ got, want clock.Day }{
		{clock.Day("2026-01-31").AddMonths(1), "2026-02-28"},
		{clock.Day("2028-01-31").AddMonths(1), "2028-02-29"},
		{clock.Day("2026-03-31").AddMonths(-1), "2026-02-28"},
		{clock.Day("2026-11-30").AddMonths(3), "2027-02-28"},
		{clock.Day("2026-12-15").AddMonths(1), "2027-01-15"},
		{clock.Day("2026-12-31").AddDays(1), "2027-01-01"},
		{clock.Day("2026-03-01").AddDays(-1), "2026-02-28"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if n := clock.Day("2027-01-01").DaysSince("2026-01-01"); n != 365 {
		t.Errorf("got %d days, want 365", n)
	}
}

func TestADayBelongsToAPlace(t *testing.T) {
	at := time.Date(2026, 11, 24, 16, 30, 0, 0, time.UTC)
	for zone, want := range map[string]clock.Day{"Asia/Jakarta": "2026-11-24", "Asia/Makassar": "2026-11-25", "Asia/Jayapura": "2026-11-25"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := clock.DayOf(at, loc); got != want {
			t.Errorf("%s: got %s, want %s", zone, got, want)
		}
		if start := want.Start(loc); start.After(at) || at.Sub(start) >= 24*time.Hour {
			t.Errorf("%s: %s begins at %v, which is not the day of %v", zone, want, start, at)
		}
	}
}

func TestOnlyRealDaysAreRead(t *testing.T) {
	for _, s := range []string{"", "2026-02-29", "2026-2-1", "2026-13-01", "26-01-01", "2026-01-01T00:00:00Z", "hari ini"} {
		if _, err := clock.ParseDay(s); !errors.Is(err, clock.ErrNotADay) {
			t.Errorf("%q: got %v, want %v", s, err, clock.ErrNotADay)
		}
	}
	var d clock.Day
	for _, v := range []any{"2026-11-24", []byte("2026-11-24T00:00:00Z"), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)} {
		if err := d.Scan(v); err != nil || d != "2026-11-24" {
			t.Errorf("scan %T: got %q %v", v, d, err)
		}
	}
	if err := d.Scan(nil); err != nil || d != "" {
		t.Errorf("scan NULL: got %q %v, want none", d, err)
	}
	if err := d.Scan(5); err == nil {
		t.Error("a number was read as a day")
	}
}
