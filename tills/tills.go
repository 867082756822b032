// Package tills enrols the devices at which promos are used and knows them by
// their keys.
//
// An owner asks for a code for one outlet: at least 64 bits, good once and for
// ten minutes, stored as a hash. The device makes a P-256 key that never leaves
// it and joins with code and public key; partner and outlet come from the
// code's row, never from the request. The owner sees name and fingerprint and
// confirms within ten minutes, else the till is void. From then on the till
// proves itself with a signed assertion, each good once, and gets a bearer for
// fifteen minutes. A key is never replaced: a till that lost it is revoked and
// another enrolled.
//
// A till that is revoked, or leaves, may from then on do nothing but hand in
// what it recorded before: with its last bearer until that runs out, and with
// an assertion made for handing in, which is a bearer itself and good once.
//
// Cashiers belong to an outlet. Name and PIN verifier are sealed; the verifier
// goes to the tills of that outlet and nowhere else, so that a till can check a
// PIN without the server.
package tills

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/assertion"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
)

// Faults of this package.
var (
	ErrNotFound     = fault.New(fault.NotFound, "till_not_found", "There is no such till.")
	ErrInvalid      = fault.New(fault.Invalid, "invalid", "Some fields are not right.")
	ErrState        = fault.New(fault.Conflict, "wrong_state", "That step is not possible in the present state.")
	ErrOutletClosed = fault.New(fault.Conflict, "outlet_closed", "The outlet is closed.")
	ErrCode         = fault.New(fault.Invalid, "enrolment_code_invalid", "The code is wrong, used or too old. Ask the owner for a new one.")
	ErrTooLate      = fault.New(fault.Conflict, "till_not_confirmed_in_time", "The till was not confirmed in time. Enrol it again.")
	// ErrCashierNotFound: also for one of another outlet or partner.
	ErrCashierNotFound = fault.New(fault.NotFound, "cashier_not_found", "There is no such cashier.")
	ErrCashiersFull    = fault.New(fault.Conflict, "too_many_cashiers", "The outlet has as many cashiers as it can. End one that no longer works there.")
	ErrTillOnly        = fault.New(fault.Forbidden, "till_only", "Only an enrolled till may do this.")
	// ErrPending and ErrRevoked are told only to the till itself: when its
	// signature is good.
	ErrPending   = fault.New(fault.Unauthenticated, "till_pending", "The till is not confirmed yet.")
	ErrRevoked   = fault.New(fault.Unauthenticated, "till_revoked", "The till was ended.")
	ErrAssertion = fault.New(fault.Unauthenticated, "assertion_invalid", "The till could not be recognised.")
	ErrToken     = fault.New(fault.Unauthenticated, "token_invalid", "The till has to prove itself again.")
)

// Lifetimes.
const (
	CodeLife     = 10 * time.Minute // of an enrolment code
	ConfirmLife  = 10 * time.Minute // between joining and being confirmed
	TokenLife    = 15 * time.Minute // of a bearer
	assertionTyp = "till-assertion+jwt"
	audiencePath = "/v1/tills/token"
	handInPath   = "/v1/redemptions/batch"
)

// TokenPrefix begins every bearer of a till.
const TokenPrefix = "blt_"

// State is where a till stands.
type State string

// The states of a till: pending ⇒ active ⇒ revoked. One that was not confirmed
// in time reads as revoked.
const (
	Pending State = "pending"
	Active  State = "active"
	Revoked State = "revoked"
)

// Enrolment is a code with which one till may join an outlet. Code is known
// only when it is made.
type Enrolment struct {
	ID, OutletID uuid.UUID
	Code         string
	ExpiresAt    time.Time
}

// Till is a device at an outlet.
type Till struct {
	ID, PartnerID, OutletID uuid.UUID
	Name                    string
	Point                   []byte // P-256, compressed, 33 bytes
	Fingerprint             string // six digits, see Fingerprint
	State                   State
	CreatedAt               time.Time
	ConfirmedAt             time.Time // zero: not yet
	ConfirmedBy             uuid.UUID
	RevokedAt               time.Time // zero: not
	SeenAt                  time.Time // last heard of, up to a minute late; zero: never
	SilentAt                time.Time // told to be silent; zero: not, or it came back
}

// Key returns the public key of the device.
func (t Till) Key() (*ecdsa.PublicKey, error) { return assertion.PublicKey(t.Point) }

// Fingerprint returns six digits by which owner and till compare a key: the
// first eight bytes of SHA-256 of the compressed point, big-endian, modulo a
// million.
func Fingerprint(point []byte) string {
	sum := sha256.Sum256(point)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum[:8])%1_000_000)
}

// Deps is what the service rests on. PublicURL is the address under which the
// server is known, without a slash at the end.
type Deps struct {
	DB        *database.DB
	Clock     clock.Clock
	Keys      *pii.Keyring
	Partners  *partners.Service
	Audit     *audit.Service
	Events    *events.Service
	PublicURL string
}

// Service enrols tills and recognises them.
type Service struct {
	db       *database.DB
	clock    clock.Clock
	keys     *pii.Keyring
	partners *partners.Service
	audit    *audit.Service
	events   *events.Service
	url      string
	revoked  func(ctx context.Context, till uuid.UUID, at time.Time) error
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, clock: d.Clock, keys: d.Keys, partners: d.Partners, audit: d.Audit, events: d.Events, url: d.PublicURL,
		revoked: func(context.Context, uuid.UUID, time.Time) error { return nil },
	}
}

// Audience is what an assertion names that buys a bearer (Token).
func (s *Service) Audience() string { return s.url + audiencePath }

// HandInAudience is what an assertion names that hands in (HandIn).
func (s *Service) HandInAudience() string { return s.url + handInPath }

// OnRevoke has f told of every till that ends, inside the transaction that ends
// it. Call it before the service is used.
func (s *Service) OnRevoke(f func(ctx context.Context, till uuid.UUID, at time.Time) error) {
	s.revoked = f
}
