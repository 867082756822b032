package uid_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/uid"
)

// A list "from 1900 on" is the whole list.
func TestEveryIDIsAboveTheFloorOfAnEarlierInstant(t *testing.T) {
	now := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	id := uid.At(now)
	for _, earlier := range []time.Time{{}, time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(-1, 0), time.Unix(0, 0), now} {
		if floor := uid.Floor(earlier); bytes.Compare(floor[:], id[:]) > 0 {
			t.Errorf("%v: floor %s is above %s", earlier, floor, id)
		}
	}
	if floor := uid.Floor(now.Add(time.Millisecond)); bytes.Compare(floor[:], id[:]) <= 0 {
		t.Errorf("the floor of a later instant, %s, is not above %s", floor, id)
	}
}
