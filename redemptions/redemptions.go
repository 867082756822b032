// Package redemptions is the counter: it says whether a card is valid and which
// promo applies (Validate), records a discount exactly once (Redeem), takes one
// back (Void), hears what is said against one (Dispute, Decide), and takes in
// what a till recorded without a network (Sync).
//
// What holds, whatever is killed, retried or run at once:
//
//   - A request with the same Idempotency-Key from the same caller makes one
//     record; every repetition gets that record.
//   - A refusal is a stored record with a reason, not an error.
//   - No limit is passed online: each is one guarded statement in the transaction
//     that writes the record, with a CHECK in the schema behind it. No total is
//     passed at all.
//   - Record, counters, audit entry and outbox row appear together or not at all.
//   - Records are never changed; what happens later (a void, a dispute, its
//     decision) is a row of its own. A use is taken back once, by a void or by the
//     reversal of a dispute, and a dispute gets one decision.
//   - A code that a phone shows is used up by one granted redemption.
//   - What came in beyond the rules gets one decision of the branch (ADR 14): a use
//     that is not accepted is taken back, a quarantined one that is becomes a
//     record of its own.
//   - An item of a till gets one verdict when it arrives, repeated for ever. Any
//     order, cut or repetition gives the same outcomes, and as many uses that
//     stand beyond a person's count.
//
// The counters, with "standing" for granted and not taken back:
//
//   - usages.used + usages.over = standing uses of the person, promo and window.
//     over are those that tills brought in beyond the count; each is flagged
//     over_limit. A void that frees a place within the count gives it to the
//     earliest of them (limit_clearances), which is then no longer told as flagged.
//   - outlet_usages.used = standing uses of the outlet's day, less those flagged for
//     it and not cleared.
//   - till_days.over = standing uses of a till's day that are told over_limit.
//   - benefit_quotas.used_count = granted uses that took from the totals (online, or
//     flagged no_allowance) + uses of open allowances + used_uses of closed ones
//     − voided and reversed uses of either kind: they go back to the total, never
//     to an allowance. used_amount is the same in rupiah, where an allowance without
//     rupiah of its own counts those of its uses directly.
//
// The rule book is decide: pure, no clock, no database.
package redemptions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// Limits of time and money at the counter.
const (
	ScanLife     = 15 * time.Minute // how long a scan_id stands for the scanned code
	VoidWindow   = 15 * time.Minute // how long the caller that made a redemption may void it
	MaxGross     = 1_000_000_000    // rupiah
	MaxReceipt   = 40               // characters of a receipt number
	MaxReason    = 200              // characters of a reason for a void
	clockSuspect = 5 * time.Minute  // till clock this far off is flagged
)

// Faults of the counter. Everything about a card, a promo or a limit is a
// refusal with a Reason instead.
var (
	ErrNotFound       = fault.New(fault.NotFound, "redemption_not_found", "There is no such redemption.")
	ErrScanNotFound   = fault.New(fault.NotFound, "scan_not_found", "There is no such scan of this caller.")
	ErrBenefit        = fault.New(fault.NotFound, "benefit_not_found", "There is no such promo.")
	ErrCaller         = fault.New(fault.Forbidden, "not_a_till", "Only a till or a till system's API key may do this.")
	ErrKeyReused      = fault.New(fault.Invalid, "idempotency_key_reused", "This Idempotency-Key was used with another request.")
	ErrInFlight       = fault.New(fault.Conflict, "request_in_progress", "The same request is being processed. Try again in a moment.")
	ErrScanOrCard     = fault.New(fault.Invalid, "scan_id_or_card", "Give either scan_id or card, not both and not neither.")
	ErrGross          = fault.New(fault.Invalid, "gross_out_of_range", "The bill must be 1 to 1,000,000,000 whole rupiah.")
	ErrReceiptNumber  = fault.New(fault.Invalid, "receipt_number_invalid", "A receipt number has at most 40 characters, none of them control characters.")
	ErrOccurredAt     = fault.New(fault.Invalid, "occurred_at_out_of_range", "occurred_at must lie within the last seven days and at most five minutes ahead.")
	ErrVoidReason     = fault.New(fault.Invalid, "reason_required", "A void needs a reason of at most 200 characters.")
	ErrNotVoidable    = fault.New(fault.Conflict, "not_voidable", "A refused redemption has nothing to void.")
	ErrVoidWindowOver = fault.New(fault.Conflict, "void_window_over", "The till may void within 15 minutes. Later the partner's owner or the branch can.")
)

// Outcome is what became of a request to redeem.
type Outcome string

// The outcomes.
const (
	Granted Outcome = "granted"
	Refused Outcome = "refused"
)

// State is what became of a record later.
type State string

// The states.
const (
	Recorded State = "recorded"
	Voided   State = "voided"
	Disputed State = "disputed"
	Upheld   State = "upheld"
	Reversed State = "reversed"
)

// Redemption is one record: a discount that was given, or refused with a
// reason. Amounts are whole rupiah.
type Redemption struct {
	ID             uuid.UUID
	ParticipantID  uuid.UUID // zero when the card named nobody
	CallerKind     string
	CallerID       uuid.UUID
	IdemKey        uuid.UUID
	CashierID      *uuid.UUID
	CardID         *uuid.UUID
	CardForm       string // phone, printed, or empty
	ScanID         *uuid.UUID
	BenefitID      uuid.UUID
	BenefitVersion int
	PartnerID      uuid.UUID
	OutletID       uuid.UUID
	SectorID       uuid.UUID
	BranchID       uuid.UUID // the participant's; zero when unknown
	MembershipID   *uuid.UUID
	SegmentSeen    string
	StatusSeen     string // membership status as it was known then
	StatusAsOfSeen clock.Day
	Gross          int64
	Discount       int64
	Net            int64
	ReceiptNumber  string
	ReceiptCode    string
	IDChecked      bool
	Online         bool
	Outcome        Outcome
	Reason         Reason // empty when granted
	Flags          []string
	OccurredAt     time.Time // at the till
	RecordedAt     time.Time // at the server
	LocalOn        clock.Day // day at the outlet
	LocalHour      int
	State          State
	// Remaining uses of this participant after this one, as the till was told;
	// nil when unlimited or refused.
	Remaining *int64

	// Cleared are the limits that it was beyond and for which voids made room later.
	Cleared []string

	// Dispute is what was said against it; nil: nothing. Get, List, Mine, Dispute
	// and Decide fill it in.
	Dispute *Dispute

	// Exception is what the branch decided about it as one that came in beyond the
	// rules; nil: nothing. Filled in where Dispute is.
	Exception *Exception
}

// Cards is what the counter needs of package cards.
type Cards interface {
	Check(ctx context.Context, text string, at time.Time) (cards.Presented, error)
	Recheck(ctx context.Context, cardID uuid.UUID, at time.Time) (cards.Presented, error)
	// What a till's bundle is made of.
	JWKS(ctx context.Context) (cards.JWKS, error)
	ShardsOf(ctx context.Context, branchIDs []uuid.UUID) ([]cards.ShardVersion, error)
	SignStatement(ctx context.Context, typ string, payload any) (string, error)
	TestCards
}

// Tills is what the counter needs of package tills.
type Tills interface {
	// Known returns any till, or tills.ErrNotFound.
	Known(ctx context.Context, id uuid.UUID) (tills.Till, error)
	// CashierAt returns the outlet of a cashier and whether that one still works
	// there; a fault of kind NotFound when nobody is it.
	CashierAt(ctx context.Context, id uuid.UUID) (outlet uuid.UUID, active bool, err error)
	// CashiersForTill returns the cashiers that a till of the outlet holds.
	CashiersForTill(ctx context.Context, outlet uuid.UUID) ([]tills.CashierKey, error)
}

// Deps is what a Service stands on.
type Deps struct {
	DB           *database.DB
	Clock        clock.Clock
	Cards        Cards
	Benefits     *benefits.Service
	Partners     *partners.Service
	Participants *participants.Service
	Tills        Tills
	Keys         *pii.Keyring // seals the items of tills that are kept for the branch
	Audit        *audit.Service
	Events       *events.Service
	PublicURL    string // the server's address, without a slash at the end
	Origin       string // the address that is printed in cards
}

// Service is the counter.
type Service struct {
	Deps
	running running
	ledger  ledger
}

// ledger decides a prepared attempt and writes everything that follows from it.
// The plain one takes a transaction for each; one that gathers attempts that
// wait for the same commit fits the same place.
type ledger interface {
	decide(ctx context.Context, a *attempt) (Redemption, bool, error)
}

// New returns the counter.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	s.ledger = plain{s}
	return s
}
