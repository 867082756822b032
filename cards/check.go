package cards

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// Presented is what a till showed us.
type Presented struct {
	Code Code
	// Card is the card it is; nil when it is not, or not for certain, one of ours.
	Card       *Card
	Idx        int64
	ProofAt    int64 // Unix seconds; 0: no proof
	Typed      bool  // by short code
	Form       Form
	MaskedName string // as on the wire, "-" for space
	ExpiresOn  clock.Day
}

// Check takes a card through steps 1 to 17 as of the instant at, against the
// live tables: keys and statuses are read, nothing is remembered between calls.
// Printed cards are let through (the caller asks for the KTP); step 18, replay,
// is the caller's. text may be a short code; there a bad check character is
// E_FORMAT, an unknown code E_ORIGIN, and no proof is asked of a phone card.
//
// A card with a good signature that our tables do not hold, or hold with another
// form or phone, is E_REVOKED: somebody signed it beside us. Any key
// problem of a withdrawn key ends in E_KEY_REVOKED whatever the card.
//
// No scope is checked; err is for failures of the store only.
func (s *Service) Check(ctx context.Context, text string, at time.Time) (Presented, error) {
	if code, typed, good := readShortCode(text); typed {
		if !good {
			return Presented{Code: EFormat, Typed: true}, nil
		}
		return s.checkTyped(ctx, code, at)
	}
	e, code := Expand(s.origin, text)
	if code != OK {
		return Presented{Code: code}, nil
	}
	h, err := s.lookUp(ctx, e.KID, e.Idx)
	if err != nil {
		return Presented{}, fmt.Errorf("check card: %w", err)
	}
	p := Presented{Idx: e.Idx, ProofAt: e.T, Form: e.Form(), MaskedName: e.Name, ExpiresOn: lastDay(e.Day)}
	p.Code = s.judge(&e, h, at)
	if h.card != nil && genuine(p.Code) && same(&e, h.card) {
		p.Card = h.card
	}
	return p, nil
}

func (s *Service) judge(e *Expanded, h held, at time.Time) Code {
	if h.key == nil {
		return EKID
	}
	if code := e.signed(h.key.Key(), at.Unix()); code != OK {
		return code
	}
	policy := Verifier{AllowPrinted: true}
	if code := policy.presented(e, at.Unix()); code != OK {
		return code
	}
	if h.card == nil || !same(e, h.card) {
		return ERevoked
	}
	return h.liveStatus()
}

func (h held) liveStatus() Code {
	if h.card.State != Active {
		return ERevoked
	}
	return statusCode(h.status)
}

// same reports whether a genuine text is of this card instance.
func same(e *Expanded, c *Card) bool {
	return e.Form() == c.Form && bytes.Equal(e.Point, c.DeviceKey)
}

// genuine reports whether the issuer's signature was found good before the
// verification ended with code.
func genuine(code Code) bool {
	switch code {
	case ESize, EOrigin, EVersion, EFormat, EDevKey, EKID, EKeyRevoked, ESig:
		return false
	default:
		return true
	}
}

func (s *Service) checkTyped(ctx context.Context, code string, at time.Time) (Presented, error) {
	p := Presented{Code: EOrigin, Typed: true}
	kid, idx, found, err := s.codeOwner(ctx, code)
	if err != nil {
		return Presented{}, fmt.Errorf("check short code: %w", err)
	}
	if !found {
		return p, nil
	}
	h, err := s.lookUp(ctx, kid, idx)
	if err != nil {
		return Presented{}, fmt.Errorf("check short code: %w", err)
	}
	if h.card == nil || h.card.ShortCode != code {
		return p, nil
	}
	p = h.presented(at)
	p.Typed = true
	return p, nil
}

// Recheck judges a card that was checked before, as of the instant at: is its
// key still good, is it within its date, was it ended or its holder's
// membership lost since. For other domains, also inside the transaction that
// decides: unscoped. It returns ErrNotFound when there is no such card.
func (s *Service) Recheck(ctx context.Context, cardID uuid.UUID, at time.Time) (Presented, error) {
	c, err := s.loadCard(ctx, cardID)
	if err != nil {
		return Presented{}, fmt.Errorf("check card again: %w", err)
	}
	h, err := s.lookUp(ctx, c.KID, c.Idx)
	if err != nil {
		return Presented{}, fmt.Errorf("check card again: %w", err)
	}
	if h.card == nil {
		return Presented{}, ErrNotFound
	}
	return h.presented(at), nil
}

// presented judges a card by what is stored, without its text.
func (h held) presented(at time.Time) Presented {
	c := h.card
	p := Presented{Card: c, Idx: c.Idx, Form: c.Form, MaskedName: c.MaskedName, ExpiresOn: c.ExpiresOn()}
	switch {
	case !h.key.RevokedAt.IsZero():
		p.Code = EKeyRevoked
	case !at.Before(c.ExpiresAt()):
		p.Code = EExpired
	default:
		p.Code = h.liveStatus()
	}
	return p
}
