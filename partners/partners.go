// Package partners holds the sectors that the programme opens, the partners in
// them, their agreements and their outlets, and what participants wish for.
// Businesses that ask to become partners are applications until staff decide.
//
// A sector goes candidate → assessed → open ⇄ paused → closed, a partner
// draft → submitted → approved → active ⇄ suspended → ended; what step is
// allowed where is one table (states.go). Nobody approves a partner that he
// entered, prepared or submitted. A partner becomes active only with an
// agreement in force today, an open sector and an active outlet, and is
// suspended when its last agreement has ended (FollowAgreements).
//
// An owner sees his own partner, branch staff the partners their branch looks
// after, headquarters all; anything else is ErrNotFound. Who the contact is,
// is personal: sealed in the table and redacted wherever it might be printed; so
// is the business that somebody misses. A person has one wish for a sector.
package partners

import (
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
)

// Faults of this package.
var (
	ErrNotFound        = fault.New(fault.NotFound, "partner_not_found", "There is no such partner.")
	ErrSectorNotFound  = fault.New(fault.NotFound, "sector_not_found", "There is no such sector.")
	ErrOutletNotFound  = fault.New(fault.NotFound, "outlet_not_found", "There is no such outlet.")
	ErrInvalid         = fault.New(fault.Invalid, "invalid", "Some fields are not right.")
	ErrState           = fault.New(fault.Conflict, "wrong_state", "That step is not possible in the present state.")
	ErrOwnProposal     = fault.New(fault.Forbidden, "own_proposal", "Nobody approves what they proposed themselves.")
	ErrNotSubmitter    = fault.New(fault.Forbidden, "not_submitter", "Only who submitted it can take it back.")
	ErrStaffOnly       = fault.New(fault.Forbidden, "staff_only", "Only staff who look after this may do that.")
	ErrNoAgreement     = fault.New(fault.Conflict, "agreement_missing", "There is no agreement in force today.")
	ErrSectorNotOpen   = fault.New(fault.Conflict, "sector_not_open", "The sector is not open.")
	ErrNoOutlet        = fault.New(fault.Conflict, "outlet_missing", "There is no active outlet.")
	ErrSectorExists    = fault.New(fault.Conflict, "sector_exists", "There is a sector with this code already.")
	ErrAgreementExists = fault.New(fault.Conflict, "agreement_exists", "This partner has an agreement with this number already.")
)

// State is where a partner stands.
type State string

// The states of a partner.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Approved  State = "approved"
	Active    State = "active"
	Suspended State = "suspended"
	Ended     State = "ended"
)

// SectorState is where a sector stands.
type SectorState string

// The states of a sector.
const (
	SectorCandidate SectorState = "candidate"
	SectorAssessed  SectorState = "assessed"
	SectorOpen      SectorState = "open"
	SectorPaused    SectorState = "paused"
	SectorClosed    SectorState = "closed"
)

// OutletState is where an outlet stands.
type OutletState string

// The states of an outlet.
const (
	OutletActive OutletState = "active"
	OutletClosed OutletState = "closed"
)

// Sector is a line of business, such as motorcycle workshops.
type Sector struct {
	ID                   uuid.UUID
	Code                 string // MOT
	NameID, NameEN       string // Indonesian and English
	State                SectorState
	CreatedAt, UpdatedAt time.Time
}

// Contact is the person at a partner; it prints as redacted.
type Contact struct{ Name, Phone, Email pii.Text }

// Profile is what a partner says about itself.
type Profile struct {
	Name    string
	NIB     string // business identification number, 13 digits; empty: not given
	NPWP    string // tax number, 15 or (since 2024) 16 digits; empty: not given
	Contact Contact
}

// Partner is a business that grants promos.
type Partner struct {
	ID, SectorID, BranchID uuid.UUID // the branch looks after it
	Profile
	State                   State
	StateReason             string // why it was rejected, suspended or ended
	CreatedBy               uuid.UUID
	PreparedBy              uuid.UUID // who last wrote the draft; zero: nobody since it was entered
	SubmittedBy, ApprovedBy uuid.UUID // zero: not yet
	AssigneeID              uuid.UUID // who looks after it; zero: nobody
	Test                    Test
	CreatedAt, UpdatedAt    time.Time
}

// Test says that the partner's tills were tried before it opened; the zero Test:
// not yet.
type Test struct {
	By   uuid.UUID
	At   time.Time
	Note string
}

// Passed reports whether the test was passed.
func (t Test) Passed() bool { return !t.At.IsZero() }

// Agreement is the contract (PKS) between a branch and a partner.
type Agreement struct {
	ID, PartnerID    uuid.UUID
	Number           string
	StartsOn, EndsOn clock.Day // both included
	RemindDays       int       // reminder so many days before the end
	CreatedBy        uuid.UUID
	CreatedAt        time.Time
	RemindedAt       *time.Time // nil: its end was not told yet
	ExpiredAt        *time.Time // nil: its end was not dealt with yet
}

// Hours is one span of opening hours: day 1 is Monday, times are HH:MM.
type Hours struct {
	Day  int    `json:"day"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Outlet is a place where a partner serves, with the state of all that must be
// open for a promo there to count.
type Outlet struct {
	ID, PartnerID, SectorID, BranchID uuid.UUID
	Name, Address                     string
	RegionCode                        string // Kemendagri, 72.71
	Zone                              string // IANA; days and hours are cut here
	Latitude, Longitude               *float64
	Hours                             []Hours
	State                             OutletState
	PartnerState                      State
	SectorState                       SectorState
	PartnerName                       string
	CreatedAt, UpdatedAt              time.Time
}

// Open reports whether promos may be used here: outlet and partner active,
// sector open.
func (o Outlet) Open() bool {
	return o.State == OutletActive && o.PartnerState == Active && o.SectorState == SectorOpen
}

// Testing reports whether only test cards are taken here: an active outlet of a
// partner that is approved and not open yet.
func (o Outlet) Testing() bool { return o.State == OutletActive && o.PartnerState == Approved }

// Location returns the zone of the outlet. A zone that does not load, which
// the checks at writing rule out, gives UTC.
func (o Outlet) Location() *time.Location {
	if loc, ok := zones.Load(o.Zone); ok {
		return loc.(*time.Location) //nolint:errcheck,forcetypeassert // only locations are stored
	}
	loc, err := time.LoadLocation(o.Zone)
	if err != nil {
		return time.UTC
	}
	zones.Store(o.Zone, loc)
	return loc
}

// zones keeps the zones that were loaded: public, constant data, a handful.
var zones sync.Map

// Affiliation is what other domains need to know of a partner to judge who
// reaches it.
type Affiliation struct {
	PartnerID, BranchID uuid.UUID
	State               State
}

// Within reports whether the partner lies in r: as its owner, through its
// branch, or nationally.
func (a Affiliation) Within(r actor.Reach) bool {
	return r.HasPartner(a.PartnerID) || a.ByStaff(r)
}

// ByStaff reports whether the partner lies in r through its branch or
// nationally, which no owner can.
func (a Affiliation) ByStaff(r actor.Reach) bool {
	return r.National || slices.Contains(r.Branches, a.BranchID)
}

// Deps is what the service rests on.
type Deps struct {
	DB     *database.DB
	Clock  clock.Clock
	Keys   *pii.Keyring
	Audit  *audit.Service
	Events *events.Service
	People People // of wishes; nil: nobody can wish
	// Figures counts for the computed reach of sectors; nil: nothing is in reach.
	Figures Figures
}

// Service keeps sectors, partners, agreements, outlets and wishes.
type Service struct {
	db      *database.DB
	clock   clock.Clock
	keys    *pii.Keyring
	audit   *audit.Service
	events  *events.Service
	people  People
	figures Figures

	throttle Throttle // nil: applications are not limited
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, keys: d.Keys, audit: d.Audit, events: d.Events, people: d.People, figures: d.Figures}
}
