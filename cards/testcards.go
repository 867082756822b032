package cards

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

// TestKind is what a test card is made to show at a till.
type TestKind string

// The kinds of test cards.
const (
	TestValid   TestKind = "valid"
	TestExpired TestKind = "expired"
	TestRevoked TestKind = "revoked"
)

// TestKinds returns every kind, in the order in which a partner tries them.
func TestKinds() []TestKind { return []TestKind{TestValid, TestExpired, TestRevoked} }

// TestName is the name on a test card as on the wire; no person's masked name
// is like it.
const TestName = "KARTU-UJI-TEST-CARD"

// testDays is the life of a test card.
const testDays = 30

// TestCard is a printed card that verifies like any other and belongs to nobody:
// it has an index in the status list of a branch, never a good one, and no row
// among the cards, so that wherever it is not expected it is refused, by a till
// without the server too.
type TestCard struct {
	ID, PartnerID, BranchID uuid.UUID
	Kind                    TestKind
	Idx                     int64
	KID                     string
	ExpiresDay              int // as of Card
	Signature               []byte
	CreatedAt               time.Time
	EndedAt                 time.Time // zero while it may be used
}

// Contents returns what the issuer signed.
func (c TestCard) Contents() Contents {
	return Contents{KID: c.KID, Idx: c.Idx, Day: c.ExpiresDay, Name: TestName}
}

// ExpiresAt returns the instant from which the card is past its date.
func (c TestCard) ExpiresAt() time.Time { return time.Unix(int64(c.ExpiresDay)*daySeconds, 0).UTC() }

// TestText returns the text of a test card.
func (s *Service) TestText(c TestCard) string { return s.origin.Wire(c.Contents(), c.Signature) }

// RenewTestCards makes a partner's test cards anew, one of each kind, under a
// branch; earlier ones end. For other domains: no check of reach. ErrNoKey.
func (s *Service) RenewTestCards(ctx context.Context, partner, branch uuid.UUID) ([]TestCard, error) {
	out := make([]TestCard, 0, len(TestKinds()))
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		out = out[:0]
		if err := s.endTestCards(ctx, partner); err != nil {
			return err
		}
		for _, kind := range TestKinds() {
			c, err := s.makeTestCard(ctx, partner, branch, kind)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "test_cards.made", Subject: audit.Subject{Kind: "partner", ID: partner}, Details: map[string]any{"count": len(out)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("make test cards: %w", err)
	}
	return out, nil
}

func (s *Service) makeTestCard(ctx context.Context, partner, branch uuid.UUID, kind TestKind) (TestCard, error) {
	now := s.clock.Now()
	c := TestCard{ID: uid.At(now), PartnerID: partner, BranchID: branch, Kind: kind, CreatedAt: now}
	c.ExpiresDay = int(now.Unix()/daySeconds) + testDays
	// A till that asks nobody refuses it: only the server knows where it may be
	// used. One that is online asks, as about every inactive membership.
	status := statusInactive
	switch kind {
	case TestExpired:
		c.ExpiresDay -= testDays // it was good until today began
	case TestRevoked:
		status = statusEnded
	case TestValid:
	}
	kid, key, err := s.signingKey(ctx, UsePrint, c.ExpiresAt())
	if err != nil {
		return TestCard{}, err
	}
	c.KID = kid
	if c.Idx, err = s.drawIdx(ctx, branch, entryRow{Status: status, CardID: c.ID}); err != nil {
		return TestCard{}, err
	}
	if c.Signature, err = s.origin.Sign(c.Contents(), key); err != nil {
		return TestCard{}, err
	}
	return c, s.insertTestCard(ctx, c, actor.From(ctx).ID)
}

// EndTestCards ends a partner's test cards: from now on they are revoked at
// every till. For other domains: no check of reach.
func (s *Service) EndTestCards(ctx context.Context, partner uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return s.endTestCards(ctx, partner) })
}

func (s *Service) endTestCards(ctx context.Context, partner uuid.UUID) error {
	old, err := s.testCardsOf(ctx, partner)
	if err != nil {
		return err
	}
	for i := range old {
		if old[i].Kind != TestRevoked {
			if err := s.endEntry(ctx, old[i].Idx); err != nil {
				return err
			}
		}
	}
	return s.markTestCardsEnded(ctx, partner)
}

// TestCards returns a partner's test cards that have not ended, in the order of
// TestKinds. For other domains: no check of reach.
func (s *Service) TestCards(ctx context.Context, partner uuid.UUID) ([]TestCard, error) {
	all, err := s.testCardsOf(ctx, partner)
	if err != nil {
		return nil, fmt.Errorf("list test cards: %w", err)
	}
	return all, nil
}

// CheckTest says whether text is a test card of the partner that has not ended,
// and what a till must find as of the instant at: OK, EExpired or ERevoked, or
// what a withdrawn key makes of it. It remembers nothing and checks no reach.
func (s *Service) CheckTest(ctx context.Context, partner uuid.UUID, text string, at time.Time) (c TestCard, code Code, ours bool, err error) {
	e, code := Expand(s.origin, text)
	if code != OK || e.Point != nil || e.Name != TestName {
		return TestCard{}, "", false, nil
	}
	c, found, err := s.testCard(ctx, partner, e.Idx)
	if err != nil || !found || c.KID != e.KID {
		return TestCard{}, "", false, err
	}
	h, err := s.lookUp(ctx, e.KID, e.Idx)
	if err != nil || h.key == nil {
		return TestCard{}, "", false, err
	}
	code = e.signed(h.key.Key(), at.Unix())
	switch {
	case code == ESig:
		return TestCard{}, "", false, nil
	case code == OK && c.Kind == TestRevoked:
		code = ERevoked
	}
	return c, code, true, nil
}

// TestSVG draws the QR symbol of a test card.
func (s *Service) TestSVG(c TestCard) ([]byte, error) { return DrawSVG(s.TestText(c), Printed) }
