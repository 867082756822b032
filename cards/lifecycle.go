package cards

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

const (
	maxReason   = 40
	reasonAfter = "replaced"
)

// IssueRequest asks for a card. DeviceKey is the phone's compressed P-256
// point (DevicePoint), nil for a printed card.
type IssueRequest struct {
	ParticipantID uuid.UUID
	Form          Form
	DeviceKey     []byte
}

func (r IssueRequest) check() error {
	switch {
	case r.Form != Phone && r.Form != Printed, (r.Form == Phone) != (r.DeviceKey != nil):
		return ErrForm
	case r.Form == Phone && (len(r.DeviceKey) != pointLen || devicePublic(r.DeviceKey) == nil):
		return ErrDeviceKey
	}
	return nil
}

// Issue makes a card for a person within the actor's reach. A person may hold
// several. While the membership does not count as valid the card is issued
// with status 2, and becomes good by itself when the membership does. It
// returns ErrForm, ErrDeviceKey, ErrParticipant, ErrRestricted or ErrNoKey.
func (s *Service) Issue(ctx context.Context, r IssueRequest) (Card, error) {
	if err := r.check(); err != nil {
		return Card{}, err
	}
	var c Card
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		reach := actor.From(ctx).Scope(actor.IssueCards)
		if c, err = s.make(ctx, r, &reach); err != nil {
			return err
		}
		return s.record(ctx, "card.issued", c, nil)
	})
	if err != nil {
		return Card{}, fmt.Errorf("issue card: %w", err)
	}
	return c, nil
}

// make writes a new card; reach nil means that the caller was let in by other
// means. Signing is pure code; it needs the index that
// was drawn, so it happens inside.
func (s *Service) make(ctx context.Context, r IssueRequest, reach *actor.Reach) (Card, error) {
	if err := s.people.Lock(ctx, r.ParticipantID); err != nil {
		return Card{}, err
	}
	standing, err := s.people.Standing(ctx, r.ParticipantID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return Card{}, ErrParticipant
	case err != nil:
		return Card{}, err
	case reach != nil && !reach.HasBranch(standing.BranchID):
		return Card{}, ErrParticipant
	case standing.Restricted:
		return Card{}, ErrRestricted
	}
	name, err := s.people.MaskedName(ctx, r.ParticipantID)
	if err != nil {
		return Card{}, err
	}
	now := s.clock.Now()
	c := Card{
		ID: uid.At(now), ParticipantID: r.ParticipantID, BranchID: standing.BranchID, Form: r.Form,
		MaskedName: name, DeviceKey: r.DeviceKey, State: Active, IssuedAt: now,
	}
	if err := s.sign(ctx, &c, wanted(standing.Valid)); err != nil {
		return Card{}, err
	}
	return c, s.insertCard(ctx, &c)
}

// sign draws the card's index and puts the newest key's signature on it.
func (s *Service) sign(ctx context.Context, c *Card, status int) error {
	use, days := UseCard, phoneDays
	if c.Form == Printed {
		use, days = UsePrint, printedDays
	}
	c.ExpiresDay = int(c.IssuedAt.Unix()/daySeconds) + days
	kid, key, err := s.signingKey(ctx, use, c.ExpiresAt())
	if err != nil {
		return err
	}
	c.KID = kid
	if c.Idx, err = s.drawIdx(ctx, c.BranchID, entryRow{Status: status, CardID: c.ID, ParticipantID: c.ParticipantID}); err != nil {
		return err
	}
	c.Signature, err = s.origin.Sign(c.Contents(), key)
	return err
}

// Get returns a card within the actor's reach: its branch for staff, one's own
// for a participant. Else ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Card, error) {
	c, err := s.reach(ctx, id, actor.ReadCards)
	if err != nil {
		return Card{}, fmt.Errorf("get card: %w", err)
	}
	return c, nil
}

func (s *Service) reach(ctx context.Context, id uuid.UUID, p actor.Permission) (Card, error) {
	c, err := s.loadCard(ctx, id)
	if err != nil {
		return Card{}, err
	}
	who := actor.From(ctx)
	own := who.Kind == actor.Participant && who.ID == c.ParticipantID && p == actor.ReadCards
	if !own && !who.Scope(p).HasBranch(c.BranchID) {
		return Card{}, ErrNotFound
	}
	return c, nil
}

// List returns a person's cards within the actor's reach, the newest first.
// A person of whom nothing lies within reach is ErrParticipant.
func (s *Service) List(ctx context.Context, participantID uuid.UUID) ([]Card, error) {
	all, err := s.loadCards(ctx, participantID)
	if err != nil {
		return nil, fmt.Errorf("list cards: %w", err)
	}
	who := actor.From(ctx)
	if who.Kind == actor.Participant && who.ID == participantID {
		return all, nil
	}
	reach, out := who.Scope(actor.ReadCards), make([]Card, 0, len(all))
	for _, c := range all {
		if reach.HasBranch(c.BranchID) {
			out = append(out, c)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	standing, err := s.people.Standing(ctx, participantID)
	switch {
	case fault.KindOf(err) == fault.NotFound, err == nil && !reach.HasBranch(standing.BranchID):
		return nil, ErrParticipant
	case err != nil:
		return nil, fmt.Errorf("list cards: %w", err)
	}
	return out, nil
}

// Mine returns the newest active phone card of the participant who acts, or ErrNotFound.
func (s *Service) Mine(ctx context.Context) (Card, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant {
		return Card{}, ErrNotFound
	}
	phones, err := s.activePhones(ctx, who.ID)
	if err != nil {
		return Card{}, fmt.Errorf("get own card: %w", err)
	}
	if len(phones) == 0 {
		return Card{}, ErrNotFound
	}
	return phones[len(phones)-1], nil
}

// Revoke ends a card within the actor's reach for ever. reason is a code such
// as lost, stolen or holder_request. It returns ErrNotFound, ErrReason or
// ErrNotActive.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID, reason string) (Card, error) {
	if !isReason(reason) {
		return Card{}, ErrReason
	}
	var c Card
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		if c, err = s.reach(ctx, id, actor.RevokeCards); err != nil {
			return err
		}
		if err := s.people.Lock(ctx, c.ParticipantID); err != nil { // a token under way is there before or never
			return err
		}
		if err := s.end(ctx, &c, Revoked, reason, uuid.Nil); err != nil {
			return err
		}
		if err := s.taken(ctx, c); err != nil {
			return err
		}
		return s.record(ctx, "card.revoked", c, map[string]any{"reason": reason})
	})
	if err != nil {
		return Card{}, fmt.Errorf("revoke card: %w", err)
	}
	return c, nil
}

// ReplaceRequest says why a card is replaced and, for a card that moves to
// another phone, its key; without one the new card is bound to the old phone,
// which ErrDeviceKey refuses where that was lost or stolen.
type ReplaceRequest struct {
	Reason    string // code; empty: replaced
	DeviceKey []byte
}

// Replace ends a card and issues another of the same form, with an index and a
// short code of its own, in one transaction. It returns what Revoke and Issue
// return.
func (s *Service) Replace(ctx context.Context, id uuid.UUID, r ReplaceRequest) (Card, error) {
	if r.Reason == "" {
		r.Reason = reasonAfter
	}
	if !isReason(r.Reason) {
		return Card{}, ErrReason
	}
	var made Card
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		old, err := s.reach(ctx, id, actor.IssueCards)
		if err != nil {
			return err
		}
		req, err := r.instead(&old)
		if err != nil {
			return err
		}
		if made, err = s.make(ctx, req, nil); err != nil {
			return err
		}
		if err := s.end(ctx, &old, Replaced, r.Reason, made.ID); err != nil {
			return err
		}
		if r.DeviceKey != nil {
			if err := s.taken(ctx, old); err != nil {
				return err
			}
		}
		return s.record(ctx, "card.replaced", made, map[string]any{"replaces": old.ID, "reason": r.Reason})
	})
	if err != nil {
		return Card{}, fmt.Errorf("replace card: %w", err)
	}
	return made, nil
}

// instead returns the order of the card that takes the place of an old one.
func (r *ReplaceRequest) instead(old *Card) (IssueRequest, error) {
	req := IssueRequest{ParticipantID: old.ParticipantID, Form: old.Form, DeviceKey: old.DeviceKey}
	if r.DeviceKey != nil {
		req.DeviceKey = r.DeviceKey
	} else if old.Form == Phone && (r.Reason == "lost" || r.Reason == "stolen") {
		return req, ErrDeviceKey.At("/device_key") // the new card would be on the phone that is gone
	}
	return req, req.check()
}

// end moves a card to its final state, its status entry with it, and tells others.
func (s *Service) end(ctx context.Context, c *Card, to State, reason string, by uuid.UUID) error {
	var successor *uuid.UUID
	if by != uuid.Nil {
		successor = &by
	}
	if err := s.endCard(ctx, *c, to, reason, successor); err != nil {
		return err
	}
	if err := s.endEntry(ctx, c.Idx); err != nil {
		return err
	}
	c.State, c.RevokeReason, c.ReplacedBy, c.EndedAt = to, reason, by, s.clock.Now()
	return s.events.Publish(ctx, events.Event{
		Kind: "card." + string(to), SubjectID: c.ID, ParticipantID: c.ParticipantID,
		Payload: map[string]any{"card_id": c.ID, "idx": c.Idx, "reason": reason},
	})
}

// record publishes a new card and appends to the audit log, last of all.
func (s *Service) record(ctx context.Context, action string, c Card, details map[string]any) error {
	if details == nil {
		details = map[string]any{}
	}
	details["form"], details["idx"] = c.Form, c.Idx
	if c.State == Active {
		if err := s.announce(ctx, c); err != nil {
			return err
		}
	}
	return s.audit.Append(ctx, audit.Event{Action: action, Subject: audit.Subject{Kind: "card", ID: c.ID}, Details: details})
}

// announce publishes a new card.
func (s *Service) announce(ctx context.Context, c Card) error {
	return s.events.Publish(ctx, events.Event{
		Kind: "card.issued", SubjectID: c.ID, ParticipantID: c.ParticipantID,
		Payload: map[string]any{"card_id": c.ID, "idx": c.Idx, "form": c.Form, "expires_at": c.ExpiresAt().Unix()},
	})
}

func isReason(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= maxReason
}
