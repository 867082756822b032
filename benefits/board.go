package benefits

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
)

// queueMax is how many promos wait on one page for a decision.
const queueMax = 200

// BoardFilter narrows the board; zero fields do not.
type BoardFilter struct {
	State                   State
	Partner, Sector, Branch uuid.UUID
	Ending                  bool   // live, and about to run out of days
	Text                    string // stands in a title or a partner's name
}

// Entry is a promo with what people need to know of it in a list. Title and
// Terms are those of the newest version.
type Entry struct {
	Benefit
	PartnerName            string
	BranchID, SectorID     uuid.UUID
	SectorNameID, SectorEN string // Indonesian and English
	LiveTitle              string // of the version at the tills; empty: none
	Live                   *Terms // nil: none
	Stock                  Stock
	SubmittedBy            uuid.UUID // of the newest version; zero: not yet
	SubmittedAt            time.Time
}

// Shown returns the terms that count now: those at the tills, else the newest.
func (e *Entry) Shown() (string, Terms) {
	if e.Live != nil {
		return e.LiveTitle, *e.Live
	}
	return e.Title, e.Terms
}

// Waits reports whether a version waits for a decision or to be published.
func (e *Entry) Waits() bool {
	return e.State != Ended && (e.VersionState == VersionSubmitted || e.VersionState == VersionApproved)
}

// Warnings returns what a promo at the tills runs out of.
func (e *Entry) Warnings(today clock.Day) []Warning {
	if e.Live == nil || e.State != Live && e.State != Paused {
		return nil
	}
	return e.Stock.Warnings(e.Live.ValidTo, today)
}

// Board returns the promos within reach of whoever acts, newest first.
func (s *Service) Board(ctx context.Context, f BoardFilter, r page.Request) (page.Of[Entry], error) {
	rows, err := s.boardPage(ctx, actor.From(ctx).Scope(actor.ReadBenefits), f, r)
	if err != nil {
		return page.Of[Entry]{}, err
	}
	return page.Cut(rows, r, func(e Entry) uuid.UUID { return e.ID }), nil
}

// Queue returns what waits for a decision, or to be published, of whoever acts:
// what was handed in first comes first, at most 200.
func (s *Service) Queue(ctx context.Context) ([]Entry, error) {
	return s.queue(ctx, actor.From(ctx).Scope(actor.ApproveBenefits))
}

// Entry returns one promo as in the board, with its versions, or ErrNotFound.
func (s *Service) Entry(ctx context.Context, id uuid.UUID) (Entry, error) {
	e, err := s.entry(ctx, actor.From(ctx).Scope(actor.ReadBenefits), id)
	if err != nil {
		return Entry{}, err
	}
	e.Versions, err = s.versions(ctx, id)
	return e, err
}
