package tills

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/partners"
)

// What a PIN is stretched with: PBKDF2-HMAC-SHA-256, work as OWASP's Password
// Storage Cheat Sheet (2023) asks of a function that every phone has. Six digits are
// found from a verifier all the same by whoever opens a till's storage; five
// wrong tries lock, and a PIN opens nothing but the name on the receipt.
const (
	pinRounds    = 210_000
	pinSaltBytes = 16
	pinHashBytes = 32

	cashierNameMax = 40
	cashiersMax    = 50 // of an outlet, the ended ones not counted: every till holds them
)

// CashierState is where a cashier stands.
type CashierState string

// The states of a cashier: active ⇄ locked ⇒ ended. A new PIN unlocks.
const (
	CashierActive CashierState = "active"
	CashierLocked CashierState = "locked"
	CashierEnded  CashierState = "ended"
)

// Cashier is a person at the counter, as called there.
type Cashier struct {
	ID, PartnerID, OutletID uuid.UUID
	Name                    string
	State                   CashierState
	PINVersion              int
	CreatedAt, UpdatedAt    time.Time
}

// CashierKey is a cashier as a till of the outlet holds it.
type CashierKey struct {
	ID          uuid.UUID
	Name, State string
	PINVersion  int
	Salt, Hash  []byte
	Rounds      int
}

// verifier is what is sealed of a PIN.
type verifier struct {
	Salt   []byte `json:"salt"`
	Hash   []byte `json:"hash"`
	Rounds int    `json:"rounds"`
}

// AddCashier notes a cashier of the outlet, active, with a PIN of six digits.
// An outlet out of reach is partners.ErrOutletNotFound.
func (s *Service) AddCashier(ctx context.Context, outlet uuid.UUID, name string, pin pii.Text) (Cashier, error) {
	name = strings.TrimSpace(name)
	var wrong check.List
	wrong.Text("/name", name, 1, cashierNameMax)
	checkPIN(&wrong, pin)
	if err := wrong.Err(ErrInvalid); err != nil {
		return Cashier{}, err
	}
	if _, err := s.outletOf(ctx, outlet); err != nil {
		return Cashier{}, err // before the work of stretching
	}
	now := s.clock.Now()
	c := Cashier{
		ID: uid.At(now), OutletID: outlet, Name: name, State: CashierActive, PINVersion: 1, CreatedAt: now, UpdatedAt: now,
	}
	sealed, err := s.sealPIN(c.ID, pin)
	if err != nil {
		return Cashier{}, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		o, err := s.outletOf(ctx, outlet)
		if err != nil {
			return err
		}
		if o.State != partners.OutletActive || o.PartnerState == partners.Ended {
			return ErrOutletClosed
		}
		c.PartnerID = o.PartnerID
		if err := s.insertCashier(ctx, c, sealed, actor.From(ctx).ID); err != nil {
			return err
		}
		return s.audit.Append(ctx, cashierEvent("added", c))
	})
	if err != nil {
		return Cashier{}, err
	}
	return c, nil
}

// Cashiers returns the cashiers of an outlet within reach, the ended ones too,
// newest first.
func (s *Service) Cashiers(ctx context.Context, outlet uuid.UUID, r page.Request) (page.Of[Cashier], error) {
	if _, err := s.outletOf(ctx, outlet); err != nil {
		return page.Of[Cashier]{}, err
	}
	rows, err := s.cashiersAt(ctx, outlet, r)
	return page.Cut(rows, r, func(c Cashier) uuid.UUID { return c.ID }), err
}

// Cashier returns a cashier of an outlet whose tills the caller may enrol, or
// ErrCashierNotFound.
func (s *Service) Cashier(ctx context.Context, id uuid.UUID) (Cashier, error) {
	return s.cashierWithin(ctx, id, false)
}

// SetPIN gives a cashier a new PIN, which also unlocks. Tills know by the PIN's
// version that it is another one.
func (s *Service) SetPIN(ctx context.Context, id uuid.UUID, pin pii.Text) (Cashier, error) {
	var wrong check.List
	checkPIN(&wrong, pin)
	if err := wrong.Err(ErrInvalid); err != nil {
		return Cashier{}, err
	}
	if _, err := s.cashierWithin(ctx, id, false); err != nil {
		return Cashier{}, err // before the work of stretching
	}
	sealed, err := s.sealPIN(id, pin)
	if err != nil {
		return Cashier{}, err
	}
	return s.changeCashier(ctx, id, "pin_set", func(ctx context.Context, c *Cashier) error {
		c.State, c.UpdatedAt = CashierActive, s.clock.Now()
		c.PINVersion++
		return s.updatePIN(ctx, *c, sealed)
	})
}

// EndCashier takes a cashier off the tills for good and forgets the PIN.
func (s *Service) EndCashier(ctx context.Context, id uuid.UUID) (Cashier, error) {
	return s.changeCashier(ctx, id, "ended", func(ctx context.Context, c *Cashier) error {
		c.State, c.UpdatedAt = CashierEnded, s.clock.Now()
		return s.updatePIN(ctx, *c, []byte{})
	})
}

// LockCashier locks a cashier after five wrong PINs; only a till may, and only
// one of its own outlet: for everybody else it is ErrCashierNotFound. Locking again, or one that has ended, changes nothing.
func (s *Service) LockCashier(ctx context.Context, id uuid.UUID) error {
	who := actor.From(ctx)
	return s.db.InTx(ctx, func(ctx context.Context) error {
		c, err := s.cashier(ctx, id, true)
		if err != nil {
			return err
		}
		if who.Kind != actor.Till || c.OutletID != who.OutletID || !who.Can(actor.Validate) {
			return ErrCashierNotFound
		}
		if c.State != CashierActive {
			return nil
		}
		c.State, c.UpdatedAt = CashierLocked, s.clock.Now()
		if err := s.updateCashierState(ctx, c); err != nil {
			return err
		}
		return s.audit.Append(ctx, cashierEvent("locked", c))
	})
}

// CashierAt returns the outlet of a cashier and whether that one still works
// there; being locked does not matter. One who never was is ErrCashierNotFound.
// For other domains: no check of reach.
func (s *Service) CashierAt(ctx context.Context, id uuid.UUID) (outlet uuid.UUID, active bool, err error) {
	c, err := s.cashier(ctx, id, false)
	if err != nil {
		return uuid.Nil, false, err
	}
	return c.OutletID, c.State != CashierEnded, nil
}

// CashiersForTill returns the cashiers that a till of the outlet holds, oldest
// first: those that have not ended. For other domains: no check of reach.
func (s *Service) CashiersForTill(ctx context.Context, outlet uuid.UUID) ([]CashierKey, error) {
	return s.cashierKeys(ctx, outlet)
}

func (s *Service) changeCashier(ctx context.Context, id uuid.UUID, done string, f func(context.Context, *Cashier) error) (Cashier, error) {
	var c Cashier
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if c, err = s.cashierWithin(ctx, id, true); err != nil {
			return err
		}
		if c.State == CashierEnded {
			return ErrState
		}
		if err := f(ctx, &c); err != nil {
			return err
		}
		return s.audit.Append(ctx, cashierEvent(done, c))
	})
	if err != nil {
		return Cashier{}, err
	}
	return c, nil
}

// outletOf returns an outlet whose tills the caller may enrol.
func (s *Service) outletOf(ctx context.Context, id uuid.UUID) (partners.Outlet, error) {
	o, err := s.partners.Outlet(ctx, id)
	if err != nil {
		return partners.Outlet{}, err
	}
	if !o.Affiliation().Within(actor.From(ctx).Scope(actor.EnrolTills)) {
		return partners.Outlet{}, partners.ErrOutletNotFound
	}
	return o, nil
}

func (s *Service) cashierWithin(ctx context.Context, id uuid.UUID, lock bool) (Cashier, error) {
	c, err := s.cashier(ctx, id, lock)
	if err != nil {
		return Cashier{}, err
	}
	if _, err := s.outletOf(ctx, c.OutletID); errors.Is(err, partners.ErrOutletNotFound) {
		return Cashier{}, ErrCashierNotFound
	} else if err != nil {
		return Cashier{}, err
	}
	return c, nil
}

// weak is the code of a PIN that is guessed first.
const weak = "too_weak"

var sixDigits = regexp.MustCompile(`\A[0-9]{6}\z`)

func checkPIN(wrong *check.List, pin pii.Text) {
	p := pin.Reveal()
	if wrong.If(!sixDigits.MatchString(p), "/pin", check.Format) {
		return
	}
	wrong.If(strings.Count(p, p[:1]) == len(p) || p == "123456" || p == "654321", "/pin", weak)
}

// sealPIN stretches and seals a PIN. It takes tens of milliseconds: never in a
// transaction.
func (s *Service) sealPIN(cashier uuid.UUID, pin pii.Text) ([]byte, error) {
	v := verifier{Salt: make([]byte, pinSaltBytes), Rounds: pinRounds}
	rand.Read(v.Salt) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	var err error
	if v.Hash, err = pbkdf2.Key(sha256.New, pin.Reveal(), v.Salt, v.Rounds, pinHashBytes); err != nil {
		return nil, fmt.Errorf("stretch PIN: %w", err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode PIN: %w", err)
	}
	return s.keys.Seal(cashierPlace("pin_sealed", cashier), string(b)), nil
}

func cashierPlace(column string, id uuid.UUID) pii.Place {
	return pii.Place{Table: "cashiers", Column: column, Row: id}
}

func cashierEvent(done string, c Cashier) audit.Event {
	return audit.Event{
		Action: "cashier." + done, Subject: audit.Subject{Kind: "cashier", ID: c.ID},
		Details: map[string]any{"outlet_id": c.OutletID, "partner_id": c.PartnerID, "pin_version": c.PINVersion},
	}
}
