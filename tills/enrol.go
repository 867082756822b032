package tills

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/assertion"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/partners"
)

const (
	codeBytes = 15 // 120 bits, 24 characters
	nameMax   = 60
)

// Enrol makes a code with which one till may join the outlet within ten
// minutes. An outlet out of reach is partners.ErrOutletNotFound.
func (s *Service) Enrol(ctx context.Context, outlet uuid.UUID) (Enrolment, error) {
	return s.EnrolFor(ctx, outlet, CodeLife)
}

// EnrolFor is Enrol with a life of the code's own, for worlds made in advance.
func (s *Service) EnrolFor(ctx context.Context, outlet uuid.UUID, life time.Duration) (Enrolment, error) {
	now, who := s.clock.Now(), actor.From(ctx)
	code := newCode()
	e := Enrolment{ID: uid.At(now), OutletID: outlet, Code: code, ExpiresAt: now.Add(life)}
	hash := hashCode(code)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		o, err := s.partners.Outlet(ctx, outlet)
		if err != nil {
			return err
		}
		if !o.Affiliation().Within(who.Scope(actor.EnrolTills)) {
			return partners.ErrOutletNotFound
		}
		if o.State != partners.OutletActive || o.PartnerState == partners.Ended {
			return ErrOutletClosed
		}
		row := enrolmentRow{
			ID: e.ID, CodeHash: hash, PartnerID: o.PartnerID, OutletID: outlet, CreatedBy: who.ID, CreatedAt: now, ExpiresAt: e.ExpiresAt,
		}
		if err := s.insertEnrolment(ctx, row); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "till_enrolment.created", Subject: audit.Subject{Kind: "till_enrolment", ID: e.ID},
			Details: map[string]any{"outlet_id": outlet, "partner_id": o.PartnerID},
		})
	})
	if err != nil {
		return Enrolment{}, err
	}
	return e, nil
}

// Join uses up a code: a pending till at the code's outlet with the device's
// public key (P-256, compressed, 33 bytes). Anybody who has the code may; a
// code that is wrong, used or too old is ErrCode.
func (s *Service) Join(ctx context.Context, code string, point []byte, name string) (Till, error) {
	name = strings.TrimSpace(name)
	var wrong check.List
	_, err := assertion.PublicKey(point)
	wrong.If(err != nil, "/public_key", check.Format)
	wrong.Text("/name", name, 1, nameMax)
	if err := wrong.Err(ErrInvalid); err != nil {
		return Till{}, err
	}
	now, hash := s.clock.Now(), hashCode(code)
	t := Till{ID: uid.At(now), Name: name, Point: point, Fingerprint: Fingerprint(point), State: Pending, CreatedAt: now}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		e, err := s.useEnrolment(ctx, hash, t.ID, now)
		if err != nil {
			return err
		}
		t.PartnerID, t.OutletID = e.PartnerID, e.OutletID
		if err := s.insertTill(ctx, t); err != nil {
			return err
		}
		return s.audit.Append(ctx, event("joined", t, map[string]any{"enrolment_id": e.ID}))
	})
	if err != nil {
		return Till{}, err
	}
	return t, nil
}

// Confirm makes a pending till active. After ten minutes it is ErrTooLate.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID) (Till, error) {
	return s.change(ctx, id, "confirmed", func(ctx context.Context, t *Till) error {
		now := s.clock.Now()
		if t.State != Pending {
			if t.State == Revoked && t.RevokedAt.IsZero() {
				return ErrTooLate
			}
			return ErrState
		}
		t.State, t.ConfirmedAt, t.ConfirmedBy = Active, now, actor.From(ctx).ID
		return s.markConfirmed(ctx, *t, now.Add(-ConfirmLife))
	}, actor.EnrolTills)
}

// Revoke ends a till, pending or active; what it does from now on no longer
// counts. The owner may, and who approves partners: the branch.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) (Till, error) {
	return s.change(ctx, id, "revoked", func(ctx context.Context, t *Till) error {
		if !t.RevokedAt.IsZero() {
			return ErrState
		}
		return s.end(ctx, t)
	}, actor.EnrolTills, actor.ApprovePartners)
}

// Leave ends the till that calls, as when its phone is handed on. Anybody else
// is ErrTillOnly.
func (s *Service) Leave(ctx context.Context) error {
	who := actor.From(ctx)
	if who.Kind != actor.Till {
		return ErrTillOnly
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		t, err := s.till(ctx, who.ID, true)
		if err != nil {
			return err
		}
		if t.State != Active {
			return ErrState
		}
		if err := s.end(ctx, &t); err != nil {
			return err
		}
		return s.audit.Append(ctx, event("left", t, nil))
	})
}

// end revokes a till and lets the others know, within a transaction.
func (s *Service) end(ctx context.Context, t *Till) error {
	t.State, t.RevokedAt = Revoked, s.clock.Now()
	if err := s.markRevoked(ctx, *t); err != nil {
		return err
	}
	return s.revoked(ctx, t.ID, t.RevokedAt)
}

// Known returns a till. For other domains: no check of reach.
func (s *Service) Known(ctx context.Context, id uuid.UUID) (Till, error) {
	return s.till(ctx, id, false)
}

// Get returns a till within reach, or ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Till, error) {
	t, err := s.till(ctx, id, false)
	if err != nil {
		return Till{}, err
	}
	if err := s.within(ctx, t, actor.ReadPartners); err != nil {
		return Till{}, err
	}
	return t, nil
}

// List returns the tills of an outlet within reach, newest first.
func (s *Service) List(ctx context.Context, outlet uuid.UUID, r page.Request) (page.Of[Till], error) {
	if _, err := s.partners.GetOutlet(ctx, outlet); err != nil {
		return page.Of[Till]{}, err
	}
	rows, err := s.tillsAt(ctx, outlet, r)
	return page.Cut(rows, r, func(t Till) uuid.UUID { return t.ID }), err
}

func (s *Service) change(ctx context.Context, id uuid.UUID, done string, f func(context.Context, *Till) error, perms ...actor.Permission) (Till, error) {
	var t Till
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if t, err = s.till(ctx, id, true); err != nil {
			return err
		}
		if err := s.within(ctx, t, perms...); err != nil {
			return err
		}
		if err := f(ctx, &t); err != nil {
			return err
		}
		return s.audit.Append(ctx, event(done, t, nil))
	})
	if err != nil {
		return Till{}, err
	}
	return t, nil
}

// within returns ErrNotFound unless one of the permissions reaches the till's partner.
func (s *Service) within(ctx context.Context, t Till, perms ...actor.Permission) error {
	home, err := s.partners.Affiliation(ctx, t.PartnerID)
	if errors.Is(err, partners.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	for _, p := range perms {
		if home.Within(actor.From(ctx).Scope(p)) {
			return nil
		}
	}
	return ErrNotFound
}

// newCode returns a code that can be read out and typed: base32, no padding.
func newCode() string {
	var b [codeBytes]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	return base32.StdEncoding.EncodeToString(b[:])
}

// hashCode forgives lower case, spaces and dashes.
func hashCode(code string) []byte {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))))
	return sum[:]
}

func event(done string, t Till, more map[string]any) audit.Event {
	details := map[string]any{"outlet_id": t.OutletID, "partner_id": t.PartnerID}
	maps.Copy(details, more)
	return audit.Event{Action: "till." + done, Subject: audit.Subject{Kind: "till", ID: t.ID}, Details: details}
}
