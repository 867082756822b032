// Package clock is the only place that reads the machine's time.
//
// Every service gets a Clock; tests and the demo world give it a Manual one.
// Instants are UTC, cut to the microsecond, because that is what PostgreSQL
// keeps. Calendar days are a type of their own: a day belongs to a place, an
// instant does not.
package clock

import (
	"sync"
	"time"
	_ "time/tzdata" // the zones of Indonesia on machines that carry none
)

// Clock tells the present instant in UTC.
type Clock interface {
	Now() time.Time
}

type system struct{}

// System returns the machine's clock.
func System() Clock { return system{} }

func (system) Now() time.Time { return trim(time.Now()) }

// Manual is a clock that moves only when told. The zero value stands at the
// zero time; use NewManual.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock standing at t.
func NewManual(t time.Time) *Manual { return &Manual{now: trim(t)} }

// Now returns the instant the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t, forwards or backwards.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = trim(t)
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func trim(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
