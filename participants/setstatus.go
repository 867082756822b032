package participants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
)

// NewStatus is what staff say at a desk about a membership that is known.
type NewStatus struct {
	Status         Status
	ProtectedUntil clock.Day // may be empty
	EndedOn        clock.Day // may be empty
	Source         Source    // empty: FromOfficer
}

// SetStatus stores a newer snapshot, as of today, of one membership of a person:
// SetMembership for who does not have the KPJ at hand. Errors: those of
// SetMembership.
func (s *Service) SetStatus(ctx context.Context, participantID, membershipID uuid.UUID, n NewStatus) (Membership, error) {
	if _, err := s.visible(ctx, participantID, actor.WriteParticipants); err != nil {
		return Membership{}, err
	}
	row, err := s.membership(ctx, participantID, membershipID)
	if err != nil {
		return Membership{}, err
	}
	kpj, err := s.keys.Unseal(place("memberships", "kpj_sealed", row.ID), row.KPJSealed)
	if err != nil {
		return Membership{}, fmt.Errorf("open kpj_sealed: %w", err)
	}
	return s.SetMembership(ctx, participantID, NewMembership{
		BranchID: row.BranchID, KPJ: pii.Text(kpj), Segment: Segment(row.Segment), Status: n.Status, ProtectedUntil: n.ProtectedUntil,
		EndedOn: n.EndedOn, Source: n.Source,
	})
}
