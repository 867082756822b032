package participants

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/uid"
)

// Standing returns the best membership of a person today, or ErrNotFound. For
// other domains: it does not look at who asks.
func (s *Service) Standing(ctx context.Context, id uuid.UUID) (Standing, error) {
	all, err := s.Standings(ctx, []uuid.UUID{id})
	if err != nil {
		return Standing{}, err
	}
	out, ok := all[id]
	if !ok {
		return Standing{}, ErrNotFound
	}
	return out, nil
}

// Standings returns the standings of many people at once; unknown ids are
// absent. For other domains: it does not look at who asks.
func (s *Service) Standings(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Standing, error) {
	rows, err := s.standingRows(ctx, ids)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	out := make(map[uuid.UUID]Standing, len(ids))
	held := make(map[uuid.UUID][]candidate, len(ids))
	for i := range rows {
		r := &rows[i]
		if r.MembershipID != nil {
			c, err := r.candidate(now)
			if err != nil {
				return nil, err
			}
			held[r.ID] = append(held[r.ID], c)
		}
		out[r.ID] = best(r.ID, r.HomeID, r.Restricted, held[r.ID])
	}
	return out, nil
}

// MaskedName returns the name of a person as cards show it, or ErrNotFound.
// For other domains: it does not look at who asks.
func (s *Service) MaskedName(ctx context.Context, id uuid.UUID) (string, error) {
	row, err := s.visible(actor.With(ctx, actor.System()), id, actor.ReadParticipants)
	if err != nil {
		return "", err
	}
	name, err := s.keys.Unseal(place("participants", "name_sealed", id), row.NameSealed)
	if err != nil {
		return "", fmt.Errorf("open name: %w", err)
	}
	return MaskName(name), nil
}

// Lock locks people to the end of the transaction of ctx, so that their
// standings stay as they are read: followers are told before or after, not in
// between. Unknown ids are passed over. For other domains.
func (s *Service) Lock(ctx context.Context, ids ...uuid.UUID) error {
	if !s.db.InTransaction(ctx) {
		return errNotInTransaction
	}
	_, err := s.lockParticipants(ctx, ids)
	return err
}

// Branches returns every branch, by code. For everybody: offices are public.
func (s *Service) Branches(ctx context.Context) ([]Branch, error) { return s.branches(ctx, nil) }

// Branch returns one branch, or ErrBranchNotFound.
func (s *Service) Branch(ctx context.Context, id uuid.UUID) (Branch, error) {
	all, err := s.branches(ctx, []uuid.UUID{id})
	if err != nil {
		return Branch{}, err
	}
	if len(all) == 0 {
		return Branch{}, ErrBranchNotFound
	}
	return all[0], nil
}

// SetArrearsPolicy says whether arrears within three calendar months still
// count as valid at a branch. The status bits of everybody concerned follow in
// the same transaction. Setting what is set already changes nothing.
func (s *Service) SetArrearsPolicy(ctx context.Context, branchID uuid.UUID, valid bool) error {
	if !actor.From(ctx).Scope(actor.WriteParticipants).HasBranch(branchID) {
		return ErrBranchNotFound
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		changed, err := s.setArrears(ctx, branchID, valid)
		if err != nil {
			return err
		}
		if !changed {
			_, err := s.Branch(ctx, branchID)
			return err
		}
		ids, err := s.inArrears(ctx, branchID)
		if err != nil {
			return err
		}
		if _, err := s.lockParticipants(ctx, ids); err != nil {
			return err
		}
		if err := s.tell(ctx, ids); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "branch.arrears_policy_set", Subject: audit.Subject{Kind: "branch", ID: branchID},
			Details: map[string]any{"arrears_valid": valid, "participants": len(ids)},
		})
	})
}

const lapseSlice = 1000

// Lapse brings the stored statuses up to today: memberships whose protection,
// grace or contract is over. It returns how many changed. Run it at least once
// a day, best right after every full hour, when it is midnight somewhere; each
// thousand is a transaction of its own.
func (s *Service) Lapse(ctx context.Context) (int, error) {
	zones, err := s.zones(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, zone := range zones {
		loc, err := zoneOf(zone)
		if err != nil {
			return total, err
		}
		for {
			n, err := s.lapseSlice(ctx, zone, clock.DayOf(s.clock.Now(), loc))
			if err != nil {
				return total, err
			}
			total += n
			if n == 0 {
				break
			}
		}
	}
	return total, nil
}

func (s *Service) lapseSlice(ctx context.Context, zone string, today clock.Day) (n int, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		n = 0
		due, err := s.lapsing(ctx, zone, today, lapseSlice)
		if err != nil || len(due) == 0 {
			return err
		}
		ids := make([]uuid.UUID, len(due))
		for i := range due {
			ids[i] = due[i].ParticipantID
		}
		if n, err = s.lapseAll(ctx, sortedIDs(ids), today, zone); err != nil || n == 0 {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "memberships.lapsed", Subject: audit.Subject{Kind: "membership"},
			Details: map[string]any{"count": n, "day": today, "zone": zone},
		})
	})
	return n, err
}

// lapseAll locks the people first and judges what is stored then: a payment
// may have come in meanwhile.
func (s *Service) lapseAll(ctx context.Context, ids []uuid.UUID, today clock.Day, zone string) (int, error) {
	if _, err := s.lockParticipants(ctx, ids); err != nil {
		return 0, err
	}
	rows, err := s.membershipsInZone(ctx, ids, zone)
	if err != nil {
		return 0, err
	}
	now, history := s.clock.Now(), []historyRow(nil)
	var changed []uuid.UUID
	for i := range rows {
		r := &rows[i]
		status := r.snapshot().on(today)
		if string(status) == r.Status {
			continue
		}
		r.Status, r.UpdatedAt = string(status), now
		if err := s.updateMembership(ctx, r); err != nil {
			return 0, err
		}
		history, changed = append(history, r.history(now, Lapsed, nil)), append(changed, r.ParticipantID)
		if err := s.events.Publish(ctx, membershipChanged(r)); err != nil {
			return 0, err
		}
	}
	if err := insertRows(ctx, s.db, history, "write history"); err != nil {
		return 0, err
	}
	return len(history), s.tell(ctx, sortedIDs(changed))
}

func (r *membershipRow) history(now time.Time, source Source, importID *uuid.UUID) historyRow {
	return historyRow{
		ParticipantID: r.ParticipantID, ID: uid.At(now), MembershipID: r.ID, Status: r.Status, ProtectedUntil: r.ProtectedUntil,
		StatusAsOf: r.StatusAsOf, Source: string(source), ImportID: importID, RecordedAt: now,
	}
}

func membershipChanged(r *membershipRow) events.Event {
	return events.Event{
		Kind: "membership.changed", SubjectID: r.ID, ParticipantID: r.ParticipantID,
		Payload: map[string]any{"participant_id": r.ParticipantID, "membership_id": r.ID, "branch_id": r.BranchID},
	}
}

// sortedIDs returns ids in order, each once.
func sortedIDs(ids []uuid.UUID) []uuid.UUID {
	out := slices.Clone(ids)
	slices.SortFunc(out, func(a, b uuid.UUID) int { return cmp.Compare(string(a[:]), string(b[:])) })
	return slices.Compact(out)
}
