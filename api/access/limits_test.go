package access

import (
	"strconv"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/testkit"
)

func TestLimitsForgetInsteadOfGrowing(t *testing.T) {
	c := testkit.Clock()
	l := NewLimits(c, true)
	r := Rate{N: 60, Per: time.Minute, Burst: 60}
	for i := range remembered + 1000 {
		if err := l.count(strconv.Itoa(i), r); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.callers) != remembered || l.recent.Len() != remembered {
		t.Errorf("%d callers, %d in order, want %d", len(l.callers), l.recent.Len(), remembered)
	}
	c.Advance(time.Minute)
	if err := l.count("one more", r); err != nil {
		t.Fatal(err)
	}
	if len(l.callers) != 1 {
		t.Errorf("%d callers after everybody's bucket is full again, want 1", len(l.callers))
	}
}

func TestForgettingGivesNobodyMore(t *testing.T) {
	c := testkit.Clock()
	l := NewLimits(c, true)
	r := Rate{N: 60, Per: time.Minute, Burst: 60}
	for range 60 {
		if err := l.count("a", r); err != nil {
			t.Fatal(err)
		}
	}
	c.Advance(59 * time.Second)
	if err := l.count("b", r); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for range 100 {
		if l.count("a", r) == nil {
			passed++
		}
	}
	if passed != 59 {
		t.Errorf("%d passed after 59 seconds, want 59", passed)
	}
}
