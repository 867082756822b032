// Package participants keeps the people of the programme and what is known
// about their membership.
//
// A participant is one person, found by one identity number (NIK or passport);
// the person holds any number of memberships, each with a card number (KPJ) of
// its own. What a membership says is a dated snapshot with a source: a newer
// snapshot replaces an older one, never the other way round, and every
// snapshot stays in the history. Status on a day follows from the snapshot and
// the day (status.go); the best membership of a person is the Standing.
//
// Whoever depends on standings (the cards' status bits) follows them: every
// change that may alter one calls the followers inside its own transaction, so
// that what is decided online and what a card says offline agree.
//
// Names, numbers, birth dates and phones are sealed columns; numbers are found
// through a keyed blind index. No error, event or audit entry carries one.
package participants

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
)

// IDType is the kind of identity number of a person.
type IDType string

// The kinds of identity number.
const (
	NIKType      IDType = "nik"
	PassportType IDType = "passport"
)

// Segment is the statutory class of a membership.
type Segment string

// The segments.
const (
	PU    Segment = "pu"    // penerima upah, wage earner
	BPU   Segment = "bpu"   // bukan penerima upah, informal worker
	Jakon Segment = "jakon" // jasa konstruksi
	PMI   Segment = "pmi"   // pekerja migran
)

// Status is what is known of a membership.
type Status string

// The statuses.
const (
	Active     Status = "active"
	InArrears  Status = "in_arrears"
	Inactive   Status = "inactive"
	Unverified Status = "unverified"
)

// Programme is a statutory programme.
type Programme string

// The programmes.
const (
	JKK Programme = "jkk"
	JKM Programme = "jkm"
	JHT Programme = "jht"
	JP  Programme = "jp"
	JKP Programme = "jkp"
)

// Payer is who pays the contribution; the empty Payer is unknown.
type Payer string

// The payers.
const (
	PayerSelf         Payer = "self"
	PayerEmployer     Payer = "employer"
	PayerPublicBudget Payer = "public_budget"
	PayerVillageFund  Payer = "village_fund"
	PayerDonor        Payer = "donor"
	PayerCorporation  Payer = "corporation"
)

// Source is where a snapshot comes from.
type Source string

// The sources. Lapsed appears in the history only: the day passed, nobody reported.
const (
	FromImport     Source = "branch_import"
	FromOfficer    Source = "officer"
	FromPayment    Source = "payment_proof"
	FromSimulation Source = "simulation"
	Lapsed         Source = "lapse"
)

// Channel is how a consent was given.
type Channel string

// The channels.
const (
	ByBranch Channel = "branch"
	ByAgent  Channel = "agent"
	BySelf   Channel = "self"
	ByImport Channel = "import"
)

// Participant is a person as staff see it: numbers are masked to their last
// four characters.
type Participant struct {
	ID             uuid.UUID
	BranchID       uuid.UUID
	RegionCode     string // '' when unknown
	IDType         IDType
	IDNumberMasked string
	Name           pii.Text
	PhoneMasked    string // '' when none
	Restricted     bool   // processing is restricted on request
	Memberships    []Membership
	// Warnings are codes about the identity number as typed; Create fills them.
	Warnings             []string
	CreatedAt, UpdatedAt time.Time
}

// Membership is one membership of a person. Status is that of today.
type Membership struct {
	ID, ParticipantID, BranchID uuid.UUID
	AgentID                     uuid.UUID // zero when none
	KPJMasked                   string
	Segment                     Segment
	Programmes                  []Programme
	Payer                       Payer
	AcquiredOn, ProtectedUntil  clock.Day
	Status                      Status
	StatusAsOf                  clock.Day
	Source                      Source
	EndedOn                     clock.Day
	CreatedAt, UpdatedAt        time.Time
}

// NewParticipant is a person to be entered.
type NewParticipant struct {
	BranchID   uuid.UUID
	RegionCode string // may be empty
	IDType     IDType // empty: NIKType
	IDNumber   pii.Text
	Name       pii.Text
	BirthOn    clock.Day // may be empty
	Phone      pii.Text  // may be empty
	Membership *NewMembership
	Consent    *NewConsent
}

// NewMembership is a membership, or a newer snapshot of one, found by its KPJ.
type NewMembership struct {
	BranchID       uuid.UUID // zero: the person's branch
	AgentID        uuid.UUID // zero: none, or as stored
	KPJ            pii.Text
	Segment        Segment
	Programmes     []Programme // empty: jkk and jkm
	Payer          Payer       // may be empty
	AcquiredOn     clock.Day
	ProtectedUntil clock.Day
	Status         Status
	StatusAsOf     clock.Day // empty: today
	Source         Source    // empty: FromOfficer
	EndedOn        clock.Day
}

// NewConsent is a consent as it was given.
type NewConsent struct {
	Version  string
	TextHash []byte // SHA-256 of the text that was shown
	Channel  Channel
}

// Change holds what to change of a person; a nil field stays as it is.
type Change struct {
	Name       *pii.Text
	BirthOn    *clock.Day
	Phone      *pii.Text
	RegionCode *string
}

// Filter narrows a list; zero fields do not. IDNumber and KPJ match exactly
// and need actor.SearchParticipants.
type Filter struct {
	BranchID uuid.UUID
	Status   Status
	Segment  Segment
	IDType   IDType // of IDNumber; empty: NIKType
	IDNumber pii.Text
	KPJ      pii.Text

	RegionCode   string // with everything in it
	WadahID      uuid.UUID
	AgentID      uuid.UUID
	Holds        Holds
	HasPhone     *bool // a phone is on record, or none
	UpdatedSince time.Time

	today time.Time
}

// Holds is which good card people hold.
type Holds string

// What people hold.
const (
	HoldsAny     Holds = "" // whatever
	HoldsCard    Holds = "card"
	HoldsPhone   Holds = "phone"
	HoldsPrinted Holds = "printed"
	HoldsNone    Holds = "none"
)

// Branch is an office of the body.
type Branch struct {
	ID           uuid.UUID
	Code, Name   string
	OfficeKind   string
	Zone         string // IANA
	ArrearsValid bool   // arrears within three months still count as valid
	RegionCodes  []string
}

// Activation is a one-time code by which a phone fetches the person's card.
type Activation struct {
	ID        uuid.UUID
	Code      string // shown once, stored hashed
	ExpiresAt time.Time
}

// Faults of this room. None carries what was sent in.
var (
	ErrNotFound           = fault.New(fault.NotFound, "participant_not_found", "There is no such participant.")
	ErrBranchNotFound     = fault.New(fault.NotFound, "branch_not_found", "There is no such branch.")
	ErrImportNotFound     = fault.New(fault.NotFound, "import_not_found", "There is no such import.")
	ErrDuplicateIdentity  = fault.New(fault.Conflict, "identity_taken", "A participant with this identity number exists already.")
	ErrDuplicateKPJ       = fault.New(fault.Conflict, "kpj_taken", "The KPJ belongs to another participant or branch.")
	ErrStale              = fault.New(fault.Conflict, "snapshot_older", "A newer snapshot of this membership is stored already.")
	ErrNoConsent          = fault.New(fault.Conflict, "consent_none", "There is no consent that could be withdrawn.")
	ErrErased             = fault.New(fault.Conflict, "erased_on_request", "This person asked to be erased. Enter them again only with a new consent of theirs.")
	ErrSearch             = fault.New(fault.Forbidden, "search_forbidden", "Searching by identity number or KPJ is not among your permissions.")
	ErrInvalid            = fault.New(fault.Invalid, "participant_invalid", "The participant's data cannot be stored as sent; see errors.")
	ErrActivation         = fault.New(fault.Invalid, "activation_invalid", "This code is unknown, used or expired. Ask the branch for a new one.")
	ErrIdentityForm       = fault.New(fault.Invalid, "identity_form", "A NIK has 16 digits and does not begin with 0; a passport number has 5 to 15 letters and digits.")
	ErrNIKDate            = fault.New(fault.Invalid, "nik_date", "The NIK holds an impossible birth date.")
	ErrNIKSerial          = fault.New(fault.Invalid, "nik_serial", "The serial number of the NIK is 0000.")
	ErrKPJForm            = fault.New(fault.Invalid, "kpj_form", "A KPJ has 11 digits.")
	ErrPhoneForm          = fault.New(fault.Invalid, "phone_form", "A phone number is an Indonesian mobile number of 10 to 13 digits.")
	errNotInTransaction   = fault.New(fault.Internal, "no_transaction", "Must run inside a transaction.")
	errTakenWhileWriting  = fault.New(fault.Internal, "taken_while_writing", "A number was taken while the slice was written.")
	errAgentsNotConnected = fault.New(fault.Internal, "agents_not_connected", "Nobody resolves agent codes.")
)

// Deps is what the service works with.
type Deps struct {
	DB     *database.DB
	Clock  clock.Clock
	Keys   *pii.Keyring
	Audit  *audit.Service
	Events *events.Service
	// Messages sends codes and links to phones; nil: nothing is sent.
	Messages Messages
}

// Service keeps participants.
type Service struct {
	db       *database.DB
	clock    clock.Clock
	keys     *pii.Keyring
	audit    *audit.Service
	events   *events.Service
	messages Messages

	followers []Follower
	erasers   []Eraser
	ledger    *Ledger
	agents    AgentResolver
	checker   AgentChecker
	throttle  Throttle
	nobody    func() *participantRow // see makeNobody
}

// Follower is told, inside the transaction that changes them, whose standings
// may have changed. It reads the new ones with Standings and the same context.
type Follower func(ctx context.Context, participantIDs []uuid.UUID) error

// AgentResolver gives the ids of agents by their codes; unknown codes are absent.
type AgentResolver func(ctx context.Context, codes []string) (map[string]uuid.UUID, error)

// New returns the participants in d.DB.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, clock: d.Clock, keys: d.Keys, audit: d.Audit, events: d.Events, messages: d.Messages,
		nobody: sync.OnceValue(func() *participantRow { return makeNobody(d.Keys) }),
	}
}

// Follow registers f. Call it while wiring, before the service is used.
func (s *Service) Follow(f func(ctx context.Context, participantIDs []uuid.UUID) error) {
	s.followers = append(s.followers, f)
}

// ResolveAgents registers who knows agent codes for imports. Call it while wiring.
func (s *Service) ResolveAgents(f AgentResolver) { s.agents = f }

// AgentChecker reports whether all these agents exist within the reach of the
// actor's permission to write participants.
type AgentChecker func(ctx context.Context, ids []uuid.UUID) (bool, error)

// CheckAgents registers who knows which agents lie within reach. Call it while
// wiring; without it an agent must exist, and no more.
func (s *Service) CheckAgents(f AgentChecker) { s.checker = f }

// agentsInReach returns ErrInvalid unless every membership's agent is one that
// the actor reaches: one of another branch is as unknown as none.
func (s *Service) agentsInReach(ctx context.Context, all ...*NewMembership) error {
	var ids []uuid.UUID
	for _, m := range all {
		if m != nil && m.AgentID != uuid.Nil {
			ids = append(ids, m.AgentID)
		}
	}
	if len(ids) == 0 || s.checker == nil {
		return nil
	}
	known, err := s.checker(ctx, ids)
	if err != nil {
		return fmt.Errorf("look up agents: %w", err)
	}
	if !known {
		return ErrInvalid.With(fault.Field{Pointer: "/agent_id", Code: errAgentUnknown.Code})
	}
	return nil
}

const tellBatch = 500

// tell calls the followers for ids, each id once, within the transaction.
func (s *Service) tell(ctx context.Context, ids []uuid.UUID) error {
	for len(ids) > 0 {
		n := min(tellBatch, len(ids))
		for _, f := range s.followers {
			if err := f(ctx, ids[:n:n]); err != nil {
				return err
			}
		}
		ids = ids[n:]
	}
	return nil
}
