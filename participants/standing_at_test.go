package participants_test

import (
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
)

func TestAStandingAsItWasKnownThen(t *testing.T) {
	s := shop.New(t)
	start := s.Clock.Now()
	s.Clock.Advance(time.Hour)
	person := s.Person(t) // active
	set := func(status participants.Status) {
		s.Clock.Advance(24 * time.Hour)
		m := s.Membership(1)
		m.Status = status
		if _, err := s.Participants.SetMembership(testkit.System(t), person, *m); err != nil {
			t.Fatal(err)
		}
	}
	set(participants.Inactive)
	set(participants.Active)
	for name, c := range map[string]struct {
		at    time.Duration // since an hour before the person was entered
		known bool
		valid bool
	}{
		"before anybody knew":     {0, false, false},
		"as it was entered":       {time.Hour, true, true},
		"a second before the end": {25*time.Hour - time.Second, true, true},
		"as it ended":             {25 * time.Hour, true, false},
		"as it came back":         {49 * time.Hour, true, true},
		"long after":              {100 * 24 * time.Hour, true, true},
	} {
		got, err := s.Participants.StandingAt(t.Context(), person, start.Add(c.at))
		if err != nil || got.Known != c.known || got.Valid != c.valid {
			t.Errorf("%s: got %+v %v, want known %v and valid %v", name, got, err, c.known, c.valid)
		}
	}
	if _, err := s.Participants.StandingAt(t.Context(), shop.Palu, start); err == nil {
		t.Error("somebody who is not there has a standing")
	}
}

// A list moves when a lapse is recorded, not when the day is over.
func TestALapseCountsFromWhenItWasNoticed(t *testing.T) {
	s := shop.New(t)
	person := s.Person(t)
	m := s.Membership(1)
	m.Segment, m.ProtectedUntil = participants.PU, m.StatusAsOf.AddDays(1)
	if _, err := s.Participants.SetMembership(testkit.System(t), person, *m); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(30 * time.Hour) // the day after the last
	between := s.Clock.Now()
	s.Clock.Advance(time.Hour)
	if n, err := s.Participants.Lapse(testkit.System(t)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for at, valid := range map[time.Time]bool{between: true, s.Clock.Now(): false} {
		if got, err := s.Participants.StandingAt(t.Context(), person, at); err != nil || got.Valid != valid {
			t.Errorf("at %v: got %+v %v, want valid %v", at, got, err, valid)
		}
	}
}
