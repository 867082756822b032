package participants

import (
	"fmt"
	"sync"
	"time"

	"github.com/berlaku/berlaku/internal/clock"
)

// zoneCache holds zones once read: reading one parses a file, and standings
// are asked for by the thousand.
var zoneCache sync.Map // string -> *time.Location

func zoneOf(name string) (*time.Location, error) {
	if loc, ok := zoneCache.Load(name); ok {
		return loc.(*time.Location), nil //nolint:forcetypeassert // nothing else is stored
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone of branch: %w", err)
	}
	zoneCache.Store(name, loc)
	return loc, nil
}

// dayAt is the day that it is at now in a branch's zone.
func dayAt(now time.Time, zone string) clock.Day {
	loc, err := zoneOf(zone)
	if err != nil {
		loc = time.UTC
	}
	return clock.DayOf(now, loc)
}

// DayAt returns the day that it is at the branch at an instant.
func (b Branch) DayAt(now time.Time) clock.Day { return dayAt(now, b.Zone) }
