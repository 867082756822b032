package participants

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

func (c *NewConsent) check() []fault.Field {
	var bad []fault.Field
	if c.Version == "" || len(c.Version) > 50 {
		bad = append(bad, fault.Field{Pointer: "/version", Code: errRequired.Code})
	}
	if len(c.TextHash) != sha256.Size {
		bad = append(bad, fault.Field{Pointer: "/text_hash", Code: "hash_form"})
	}
	switch c.Channel {
	case ByBranch, ByAgent, BySelf, ByImport:
	default:
		bad = append(bad, fault.Field{Pointer: "/channel", Code: errUnknown.Code})
	}
	return bad
}

func (c *NewConsent) row(person uuid.UUID, now time.Time) *consentRow {
	return &consentRow{ParticipantID: person, ID: uid.At(now), Version: c.Version, TextHash: c.TextHash, Channel: string(c.Channel), GivenAt: now}
}

// GiveConsent records a consent (law 27/2022, article 22) and lifts a
// restriction that a withdrawal set. Errors: ErrNotFound, ErrInvalid.
func (s *Service) GiveConsent(ctx context.Context, participantID uuid.UUID, c NewConsent) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.lockedForConsent(ctx, participantID)
		if err != nil {
			return err
		}
		return s.giveConsent(ctx, row, c)
	})
}

// ConsentByCode records, as the person's own, the consent of whoever holds an
// activation code that is still good, and lifts a restriction; the code stays
// good. A code that is not records nothing and is for UseActivation to refuse.
// Errors: ErrConsentVersion.
func (s *Service) ConsentByCode(ctx context.Context, code, version string, textHash []byte) error {
	if err := CheckNotice(version, textHash); err != nil {
		return err
	}
	hash := hashCode(code)
	return s.db.InTx(ctx, func(ctx context.Context) error {
		person, err := s.holderOf(ctx, hash, s.clock.Now())
		if errors.Is(err, ErrActivation) {
			return nil
		}
		if err != nil {
			return err
		}
		locked, err := s.lockParticipants(ctx, []uuid.UUID{person})
		if err != nil || locked[person] == nil {
			return err
		}
		return s.giveConsent(ctx, locked[person], NewConsent{Version: version, TextHash: textHash, Channel: BySelf})
	})
}

func (s *Service) giveConsent(ctx context.Context, row *participantRow, c NewConsent) error {
	if bad := c.check(); len(bad) > 0 {
		return ErrInvalid.With(bad...)
	}
	if err := insertRows(ctx, s.db, []consentRow{*c.row(row.ID, s.clock.Now())}, "write consent"); err != nil {
		return err
	}
	return s.restrict(ctx, row, false, "consent.given", map[string]any{"version": c.Version, "channel": c.Channel})
}

// WithdrawConsent withdraws every consent in force: processing is restricted
// and the person's cards stop counting as valid in the same transaction
// (article 40: within 3 × 24 hours; here at once). Errors: ErrNotFound,
// ErrNoConsent.
func (s *Service) WithdrawConsent(ctx context.Context, participantID uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.lockedForConsent(ctx, participantID)
		if err != nil {
			return err
		}
		n, err := s.withdrawAll(ctx, participantID, s.clock.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNoConsent
		}
		return s.restrict(ctx, row, true, "consent.withdrawn", map[string]any{"consents": n})
	})
}

// lockedForConsent lets staff in reach and the person pass.
func (s *Service) lockedForConsent(ctx context.Context, id uuid.UUID) (*participantRow, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant || who.ID != id {
		if _, err := s.visible(ctx, id, actor.WriteParticipants); err != nil {
			return nil, err
		}
	}
	locked, err := s.lockParticipants(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	row, ok := locked[id]
	if !ok {
		return nil, ErrNotFound
	}
	return row, nil
}

// restrict says whether a person's processing is restricted. Whoever holds a
// code from before a restriction cannot lift it with that.
func (s *Service) restrict(ctx context.Context, row *participantRow, restricted bool, action string, details map[string]any) error {
	if restricted {
		if err := s.endActivations(ctx, row.ID, s.clock.Now()); err != nil {
			return err
		}
	}
	if row.Restricted != restricted {
		row.Restricted, row.UpdatedAt = restricted, s.clock.Now()
		if err := s.updateParticipant(ctx, row); err != nil {
			return err
		}
		if err := s.tell(ctx, []uuid.UUID{row.ID}); err != nil {
			return err
		}
	}
	return s.audit.Append(ctx, audit.Event{
		Action: action, Subject: audit.Subject{Kind: "participant", ID: row.ID}, Details: details,
	})
}
