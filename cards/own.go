package cards

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
)

// endsSoonDays is how many days before its end a protection is said to end soon.
const endsSoonDays = 14

// Membership is what a person's own card tells of the membership behind it.
type Membership string

// The states of a membership as its holder is told them.
const (
	MembershipActive     Membership = "active"
	MembershipEndsSoon   Membership = "ends_soon" // valid, protected for at most 14 days more
	MembershipInArrears  Membership = "in_arrears"
	MembershipInactive   Membership = "inactive"
	MembershipUnverified Membership = "unverified"
	MembershipRestricted Membership = "restricted" // the consent was withdrawn
	MembershipNone       Membership = "none"       // no membership is known
)

// OwnStatus is what a phone shows of its card.
type OwnStatus struct {
	At             time.Time
	Card           Card
	Membership     Membership
	Standing       participants.Standing
	Branch         string   // name of the branch of the membership
	RegionCodes    []string // of that branch (Kemendagri)
	NoticeVersion  string   // in force
	ConsentVersion string   // of the consent in force; "": none
}

// Status returns how the phone card of the participant who acts and the
// membership behind it stand now: the active one, else the one that ended last.
// It returns ErrNotFound when there never was one.
func (s *Service) Status(ctx context.Context) (OwnStatus, error) {
	out := OwnStatus{At: s.clock.Now(), NoticeVersion: participants.PrivacyNotice().Version}
	var err error
	if out.Card, err = s.ownPhone(ctx); err != nil {
		return OwnStatus{}, err
	}
	person := out.Card.ParticipantID
	if out.Standing, err = s.people.Standing(ctx, person); err != nil {
		return OwnStatus{}, fmt.Errorf("own status: %w", err)
	}
	branch, err := s.people.Branch(ctx, out.Standing.BranchID)
	if err != nil {
		return OwnStatus{}, fmt.Errorf("own status: %w", err)
	}
	zone, err := time.LoadLocation(branch.Zone)
	if err != nil {
		return OwnStatus{}, fmt.Errorf("own status: %w", err)
	}
	if out.ConsentVersion, err = s.people.ConsentVersion(ctx, person); err != nil {
		return OwnStatus{}, fmt.Errorf("own status: %w", err)
	}
	out.Branch, out.RegionCodes = branch.Name, branch.RegionCodes
	out.Membership = membershipOf(out.Standing, clock.DayOf(out.At, zone))
	return out, nil
}

func membershipOf(p participants.Standing, today clock.Day) Membership {
	switch {
	case p.Restricted:
		return MembershipRestricted
	case p.MembershipID == uuid.Nil:
		return MembershipNone
	case p.Valid && p.ProtectedUntil != "" && p.ProtectedUntil <= today.AddDays(endsSoonDays):
		if p.Status == participants.InArrears { // paid for no more, let through by the branch
			return MembershipInArrears
		}
		return MembershipEndsSoon
	}
	return Membership(p.Status)
}

func (s *Service) ownPhone(ctx context.Context) (Card, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant {
		return Card{}, ErrNotFound
	}
	all, err := s.loadCards(ctx, who.ID)
	if err != nil {
		return Card{}, fmt.Errorf("get own card: %w", err)
	}
	last := Card{}
	for _, c := range all { // the newest first
		if c.Form == Phone && (c.State == Active || last.ID == uuid.Nil) {
			if last = c; c.State == Active {
				break
			}
		}
	}
	if last.ID == uuid.Nil {
		return Card{}, ErrNotFound
	}
	return last, nil
}

// Own returns the cards of the participant who acts, the newest first.
func (s *Service) Own(ctx context.Context) ([]Card, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant {
		return nil, ErrNotFound
	}
	return s.List(ctx, who.ID)
}

// Reasons for which a person may end their own card.
var ownReasons = map[string]bool{"lost": true, "stolen": true, "holder_request": true}

// RevokeOwn ends a card of the participant who acts for ever: one that was
// printed, or the one on the phone. reason is lost, stolen or holder_request.
// It returns ErrNotFound, ErrReason or ErrNotActive.
func (s *Service) RevokeOwn(ctx context.Context, id uuid.UUID, reason string) (Card, error) {
	if !ownReasons[reason] {
		return Card{}, ErrReason
	}
	var c Card
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		if c, err = s.loadCard(ctx, id); err != nil {
			return err
		}
		if who := actor.From(ctx); who.Kind != actor.Participant || who.ID != c.ParticipantID {
			return ErrNotFound
		}
		if err := s.people.Lock(ctx, c.ParticipantID); err != nil { // as Revoke does
			return err
		}
		if err := s.end(ctx, &c, Revoked, reason, uuid.Nil); err != nil {
			return err
		}
		return s.record(ctx, "card.revoked", c, map[string]any{"reason": reason})
	})
	if err != nil {
		return Card{}, fmt.Errorf("revoke own card: %w", err)
	}
	return c, nil
}
