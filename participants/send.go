package participants

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/internal/words"
	"github.com/berlaku/berlaku/messages"
)

// Messages is the queue of what goes to people's phones.
type Messages interface {
	// Enabled reports whether anything is sent at all.
	Enabled() bool
	// Queue writes a message inside the caller's transaction.
	Queue(ctx context.Context, m messages.Message) error
}

// BeginActivationFor is BeginActivation for other domains, which have judged
// whether it may be: by is who makes it. It joins the caller's transaction.
// Errors: ErrNotFound.
func (s *Service) BeginActivationFor(ctx context.Context, participantID, by uuid.UUID) (Activation, error) {
	now, code := s.clock.Now(), newCode()
	hash := hashCode(code)
	out := Activation{ID: uid.At(now), Code: code, ExpiresAt: now.Add(activationLife)}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		locked, err := s.lockParticipants(ctx, []uuid.UUID{participantID})
		if err != nil {
			return err
		}
		if locked[participantID] == nil {
			return ErrNotFound
		}
		if err := s.endActivations(ctx, participantID, now); err != nil {
			return err
		}
		if err := s.insertActivation(ctx, &activationRow{
			ID: out.ID, ParticipantID: participantID, CodeHash: hash, CreatedBy: by, CreatedAt: now, ExpiresAt: out.ExpiresAt,
		}); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "activation.begun", Subject: audit.Subject{Kind: "activation", ID: out.ID},
			Details: map[string]any{"participant_id": participantID},
		})
	})
	if err != nil {
		return Activation{}, err
	}
	return out, nil
}

// SendActivation queues the link of an activation to the phone on record, and
// reports whether there is one, a gateway, and no restriction. It joins the
// caller's transaction. For other domains: the caller has judged whether it may
// be. Errors: ErrNotFound.
func (s *Service) SendActivation(ctx context.Context, participantID uuid.UUID, link string) (sent bool, err error) {
	if s.messages == nil || !s.messages.Enabled() {
		return false, nil
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		sent = false
		phone, err := s.phoneOf(ctx, participantID)
		if errors.Is(err, errNoPhone) {
			return nil
		}
		if err != nil {
			return err
		}
		sent = true
		return s.messages.Queue(ctx, messages.Message{
			ParticipantID: participantID, Kind: messages.CardLink, To: phone,
			Text: pii.Text(words.Message("card_link", "link", link)), ExpiresAt: s.clock.Now().Add(activationLife),
		})
	})
	if err != nil {
		return false, fmt.Errorf("send activation: %w", err)
	}
	return sent, nil
}

// ShareText is what somebody sends on by hand so that a person opens the link:
// Indonesian, with what to know about it.
func ShareText(link string) string { return words.Message("share_link", "link", link) }

var errNoPhone = errors.New("no phone to send to")

// phoneOf returns the phone on record, or errNoPhone where there is none or
// processing is restricted.
func (s *Service) phoneOf(ctx context.Context, id uuid.UUID) (pii.Text, error) {
	locked, err := s.lockParticipants(ctx, []uuid.UUID{id})
	if err != nil {
		return "", err
	}
	row, ok := locked[id]
	if !ok {
		return "", ErrNotFound
	}
	if row.Restricted || len(row.PhoneSealed) == 0 {
		return "", errNoPhone
	}
	phone, err := s.keys.Unseal(place("participants", "phone_sealed", id), row.PhoneSealed)
	if err != nil {
		return "", fmt.Errorf("open phone: %w", err)
	}
	return pii.Text(phone), nil
}

// Activated reports whether a phone ever took a card of the person with a code.
// For other domains: it does not look at who asks.
func (s *Service) Activated(ctx context.Context, participantID uuid.UUID) (bool, error) {
	n, err := s.countActivated(ctx, participantID)
	if err != nil {
		return false, fmt.Errorf("look for activations: %w", err)
	}
	return n > 0, nil
}
