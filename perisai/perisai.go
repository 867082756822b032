// Package perisai keeps the field organisation that registers informal
// workers: agents under an umbrella organisation (wadah) of a branch, who
// registered whom and when, and the figures that somebody reported.
//
// A registration is the first acquisition of a person: there is at most one,
// and it is never overwritten or deleted. A reported figure is kept as it was
// said, with its period, date and source; figures of branches are never made
// to add up to a total.
package perisai

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// Wadah is an umbrella organisation; the agreement of the branch is with it.
type Wadah struct {
	ID, BranchID uuid.UUID
	Code, Name   string
	CreatedAt    time.Time
}

// Agent is a person who registers workers under a wadah.
type Agent struct {
	ID, WadahID, BranchID uuid.UUID
	RegionCode            string // where the agent works
	Code                  string
	Name                  pii.Text
	ActiveFrom, ActiveTo  clock.Day // both included; ActiveTo may be empty
	CreatedAt             time.Time
}

// ActiveOn reports whether the agent worked on a day.
func (a Agent) ActiveOn(d clock.Day) bool {
	return a.ActiveFrom <= d && (a.ActiveTo == "" || d <= a.ActiveTo)
}

// NewWadah is a wadah to be entered.
type NewWadah struct {
	BranchID   uuid.UUID
	Code, Name string
}

// NewAgent is an agent to be entered; the branch is that of the wadah.
type NewAgent struct {
	WadahID              uuid.UUID
	RegionCode, Code     string
	Name                 pii.Text
	Phone                pii.Text // may be empty
	ActiveFrom, ActiveTo clock.Day
}

// Registration says who registered a person. To enter one, leave ID, WadahID
// and CreatedAt empty; a zero BranchID becomes the agent's, unless Unallocated.
type Registration struct {
	ID            uuid.UUID
	ParticipantID uuid.UUID
	AgentID       uuid.UUID // zero: not by an agent, or unknown
	WadahID       uuid.UUID // of the agent at that time
	BranchID      uuid.UUID // zero when Unallocated
	Unallocated   bool      // the source did not say which branch ("belum terinci")
	RegisteredOn  clock.Day
	CreatedAt     time.Time
}

// Figure is a number that somebody reported.
type Figure struct {
	ID                     uuid.UUID
	PeriodStart, PeriodEnd clock.Day
	BranchID               uuid.UUID // zero: all branches together
	Metric                 string    // lower-case snake text, such as registrations
	Value                  int64
	AsOf                   clock.Day
	Source, Note           string
	CreatedAt              time.Time
}

// Faults of this room.
var (
	ErrWadahNotFound  = fault.New(fault.NotFound, "wadah_not_found", "There is no such wadah.")
	ErrAgentNotFound  = fault.New(fault.NotFound, "agent_not_found", "There is no such agent.")
	ErrBranchNotFound = fault.New(fault.NotFound, "branch_not_found", "There is no such branch.")
	ErrNoParticipant  = fault.New(fault.NotFound, "participant_not_found", "There is no such participant.")
	ErrCodeTaken      = fault.New(fault.Conflict, "code_taken", "The code is in use already.")
	ErrRegistered     = fault.New(fault.Conflict, "already_registered", "The participant's registration is recorded already; it is never overwritten.")
	ErrAgentInactive  = fault.New(fault.Conflict, "agent_not_active", "The agent was not active on that day.")
	ErrInvalid        = fault.New(fault.Invalid, "perisai_invalid", "The data cannot be stored as sent; see errors.")
)

// Deps is what the service works with.
type Deps struct {
	DB           *database.DB
	Clock        clock.Clock
	Keys         *pii.Keyring
	Participants *participants.Service
	Audit        *audit.Service
}

// Service keeps wadah, agents, registrations and reported figures.
type Service struct {
	db           *database.DB
	clock        clock.Clock
	keys         *pii.Keyring
	participants *participants.Service
	audit        *audit.Service
}

// New returns the field organisation in d.DB. Imports of participants resolve
// agent codes through it from then on.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, keys: d.Keys, participants: d.Participants, audit: d.Audit}
	d.Participants.ResolveAgents(s.idsByCode)
	d.Participants.CheckAgents(s.agentsReached)
	return s
}

func field(pointer, code string) fault.Field { return fault.Field{Pointer: pointer, Code: code} }

func writesBranch(ctx context.Context, id uuid.UUID) bool {
	return actor.From(ctx).Scope(actor.WritePerisai).HasBranch(id)
}

// checkTexts returns a field for each text that is empty or too long.
func checkTexts(texts map[string]string) []fault.Field {
	var bad []fault.Field
	for pointer, text := range texts {
		switch {
		case strings.TrimSpace(text) == "":
			bad = append(bad, field(pointer, "required"))
		case len(text) > textMost:
			bad = append(bad, field(pointer, "too_long"))
		}
	}
	return bad
}

func checkDay(pointer string, d clock.Day, needed bool) []fault.Field {
	if d == "" && !needed {
		return nil
	}
	if _, err := clock.ParseDay(string(d)); err != nil {
		return []fault.Field{field(pointer, "date_form")}
	}
	return nil
}

const textMost = 300 // bytes
