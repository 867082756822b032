package cards_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
)

// Everything that changes a card's status at once, for the same people: nobody
// meets a failure, one card is active afterwards, and its status is right.
func TestStatusesHoldWhenEverythingChangesAtOnce(t *testing.T) {
	s := shop.New(t)
	ctx := testkit.System(t)
	const people, rounds = 4, 6
	var wg sync.WaitGroup
	var ends []func()
	for p := range people {
		person := s.Person(t)
		n := int64(p + 1)
		first, _ := s.Printed(t, person)
		var mu sync.Mutex
		newest := first.ID
		run := func(f func() error) {
			wg.Go(func() {
				for range rounds {
					if err := f(); err != nil && fault.KindOf(err) != fault.Conflict {
						t.Error(err)
					}
				}
			})
		}
		current := func() uuid.UUID { mu.Lock(); defer mu.Unlock(); return newest }
		run(func() error {
			c, err := s.Cards.Replace(ctx, current(), cards.ReplaceRequest{})
			if err == nil {
				mu.Lock()
				newest = c.ID
				mu.Unlock()
			}
			return err
		})
		run(func() error {
			c, err := s.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: person, Form: cards.Printed})
			if err != nil {
				return err
			}
			_, err = s.Cards.Revoke(ctx, c.ID, "lost")
			return err
		})
		run(func() error {
			m := s.Membership(n)
			m.Status = participants.Inactive
			if _, err := s.Participants.SetMembership(ctx, person, *m); err != nil {
				return err
			}
			_, err := s.Participants.SetMembership(ctx, person, *s.Membership(n))
			return err
		})
		ends = append(ends, func() {
			if got, err := s.Cards.Recheck(ctx, newest, s.Clock.Now()); err != nil || got.Code != cards.OK {
				t.Errorf("the newest card is %s %v, want it good", got.Code, err)
			}
			all, err := s.Cards.List(ctx, person)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				if got, err := s.Cards.Recheck(ctx, c.ID, s.Clock.Now()); err != nil || c.ID != newest && got.Code != cards.ERevoked {
					t.Errorf("an ended card is %s %v", got.Code, err)
				}
			}
		})
	}
	wg.Wait()
	for _, end := range ends {
		end()
	}
}
