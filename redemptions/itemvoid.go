package redemptions

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/tills"
)

// takeVoid takes in the void of a use of the same till: at once when the use is
// here, else it waits for it. It may come at any time: a till's clock proves
// nothing, and a void only gives back. One that was made after the till had
// ended is kept for the branch and gives nothing back.
func (s *Service) takeVoid(ctx context.Context, it *item) (ItemResult, error) {
	sealed := s.Keys.Seal(ItemPlace(it.kid, it.jti), it.text)
	return s.onArrival(ctx, it, func(ctx context.Context, t tills.Till) (ItemResult, error) {
		row := it.row(s.Clock.Now())
		row.Subject, row.Note, row.Outcome = &it.subject, it.note, string(Granted)
		if it.afterRevocation(t) {
			row.Outcome, row.Reason, row.TextSealed = string(Refused), string(TillRevoked), sealed
			if err := s.insertItem(ctx, row); err != nil {
				return ItemResult{}, err
			}
			return row.result(nil), s.Audit.Append(ctx, itemTaken(it, nil))
		}
		r, err := s.madeBy(ctx, it.kid, it.subject)
		if err != nil {
			return ItemResult{}, err
		}
		if r != nil {
			row.ParticipantID, row.RedemptionID = r.ParticipantID, &r.ID
		}
		if err := s.insertItem(ctx, row); err != nil {
			return ItemResult{}, err
		}
		entries := []audit.Event{itemTaken(it, r)}
		if r != nil {
			if entries, err = s.voidByItem(ctx, row, r, entries); err != nil {
				return ItemResult{}, err
			}
		}
		return row.result(r), s.auditAll(ctx, entries)
	})
}

// madeBy returns what a till's key made: an item, or a request online; nil when
// it is not here (yet).
func (s *Service) madeBy(ctx context.Context, till, key uuid.UUID) (*Redemption, error) {
	var person, id uuid.UUID
	switch row, err := s.knownItem(ctx, till, key); {
	case err == nil && row.Kind == kindUse:
		person, id = row.ParticipantID, *row.RedemptionID
	case err == nil: // the void of a void is nothing
		return nil, nil //nolint:nilnil // absent is an answer here
	case !errors.Is(err, errNoItem):
		return nil, err
	default:
		known, err := s.idempotency(ctx, till, key)
		if errors.Is(err, errNoKey) {
			return nil, nil //nolint:nilnil // absent is an answer here
		}
		if err != nil {
			return nil, err
		}
		person, id = known.ParticipantID, known.RedemptionID
	}
	r, err := s.byID(ctx, person, id)
	if err != nil {
		return nil, fmt.Errorf("read redemption to void: %w", err)
	}
	return &r, nil
}

// meetVoids applies the voids that came before their use, and returns what is to
// be audited. The first gives back; the others have nothing left to do, however
// many they are. The till is locked, so that none comes in at the same time.
func (s *Service) meetVoids(ctx context.Context, till, key uuid.UUID, r *Redemption) ([]audit.Event, error) {
	first, err := s.waitingVoid(ctx, till, key)
	if err != nil || first == nil {
		return nil, err
	}
	if err := s.tieVoids(ctx, till, key, r); err != nil {
		return nil, err
	}
	return s.voidByItem(ctx, first, r, nil)
}

// voidByItem takes back what a void item is about and adds what is to be audited
// to entries. A refused use, or one that is void already, has nothing to give.
func (s *Service) voidByItem(ctx context.Context, row *itemRow, r *Redemption, entries []audit.Event) ([]audit.Event, error) {
	if r.Outcome != Granted {
		return entries, nil
	}
	now := s.Clock.Now()
	act := action{
		ParticipantID: r.ParticipantID, RedemptionID: r.ID, Action: "void", ID: uid.At(now),
		ByKind: kindTill, ByID: row.TillID, Reason: row.Note, ActedAt: now,
	}
	fresh, err := s.takeBack(ctx, r, &act)
	if err != nil || !fresh {
		return entries, err
	}
	return append(entries, act.entry()), nil
}
