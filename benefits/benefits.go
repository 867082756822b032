// Package benefits holds the promos that partners grant.
//
// A promo has versions. A version goes draft → submitted → approved →
// published → retired, or rejected; from the moment it is submitted its title
// and terms never change, and their hash is what the approver approves. Nobody
// approves or publishes what he wrote or handed in, and an owner never
// approves. An edit of what was submitted is a new version with a new approval;
// the published one stays at the tills until the new one is published.
//
// A promo's own state follows its only version until the first is published
// (draft, submitted, approved, rejected) and tells after that how it stands at
// the tills: live ⇄ paused → ended.
//
// Descriptions and counters are apart: what is used of a total count or a
// rupiah budget is counted by TakeQuota and ReturnQuota, one guarded statement
// each, inside the redemption's transaction.
package benefits

import (
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
)

// Faults of this package.
var (
	ErrNotFound      = fault.New(fault.NotFound, "benefit_not_found", "There is no such promo.")
	ErrInvalid       = fault.New(fault.Invalid, "invalid", "Some fields are not right.")
	ErrState         = fault.New(fault.Conflict, "wrong_state", "That step is not possible in the present state.")
	ErrOwnProposal   = fault.New(fault.Forbidden, "own_proposal", "Nobody approves what they proposed themselves.")
	ErrTermsChanged  = fault.New(fault.Conflict, "terms_changed", "These are not the terms that wait for a decision. Read them again.")
	ErrLimitBelowUse = fault.New(fault.Conflict, "limit_below_use", "A total limit is below what is used already.")
	ErrPartnerEnded  = fault.New(fault.Conflict, "partner_ended", "The partner has ended.")
	ErrTotalSpent    = fault.New(fault.Conflict, "limit_total", "The total number of uses is spent.")
	ErrBudgetSpent   = fault.New(fault.Conflict, "budget_spent", "What is left of the budget does not cover this use.")
)

// State is where a promo stands.
type State string

// The states of a promo.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Approved  State = "approved"
	Rejected  State = "rejected"
	Live      State = "live"
	Paused    State = "paused"
	Ended     State = "ended"
)

// VersionState is where one version of a promo stands.
type VersionState string

// The states of a version.
const (
	VersionDraft     VersionState = "draft"
	VersionSubmitted VersionState = "submitted"
	VersionApproved  VersionState = "approved"
	VersionRejected  VersionState = "rejected"
	VersionPublished VersionState = "published"
	VersionRetired   VersionState = "retired"
)

// Benefit is a promo as its partner and the branch see it. Title and Terms are
// those of the newest version; LiveVersion is the one at the tills, 0 when none
// was ever published.
type Benefit struct {
	ID, PartnerID        uuid.UUID
	State                State
	Version, LiveVersion int
	VersionState         VersionState // of the newest version
	Title                string
	Terms                Terms
	TermsHash            []byte
	Remaining            Remaining
	CreatedBy            uuid.UUID
	CreatedAt, UpdatedAt time.Time
	Versions             []Version // newest first; Get only
}

// Version is one version of a promo.
type Version struct {
	BenefitID    uuid.UUID
	Version      int
	Title        string
	Terms        Terms
	TermsHash    []byte // SHA-256 of the canonical JSON of Terms
	State        VersionState
	AuthorID     uuid.UUID // who wrote or last edited it
	CreatedAt    time.Time
	SubmittedBy  uuid.UUID // zero: not yet, as with those below
	SubmittedAt  time.Time
	DecidedBy    uuid.UUID
	DecidedAt    time.Time
	DecideReason string
	PublishedBy  uuid.UUID
	PublishedAt  time.Time
}

// Remaining is what is left of the totals; nil: no limit.
type Remaining struct{ Count, Amount *int64 }

// Offer is a promo as a till sees it: the published version and the state of
// the promo.
type Offer struct {
	BenefitID uuid.UUID
	Version   int
	PartnerID uuid.UUID
	State     State // live, paused or ended
	Title     string
	Terms     Terms
}

// Deps is what the service rests on.
type Deps struct {
	DB       *database.DB
	Clock    clock.Clock
	Partners *partners.Service
	Audit    *audit.Service
	Events   *events.Service
}

// Service keeps promos, their versions and counters.
type Service struct {
	db       *database.DB
	clock    clock.Clock
	partners *partners.Service
	audit    *audit.Service
	events   *events.Service
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, partners: d.Partners, audit: d.Audit, events: d.Events}
}
