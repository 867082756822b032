package redemptions

import (
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/words"
)

// Reason is a stable code for why the answer is no. The empty Reason means yes.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	NotOurCard             Reason = "not_our_card"
	CardMalformed          Reason = "card_malformed"
	CardVersionUnsupported Reason = "card_version_unsupported"
	CardKeyUnknown         Reason = "card_key_unknown"
	CardKeyRevoked         Reason = "card_key_revoked"
	CardForged             Reason = "card_forged"
	CardExpired            Reason = "card_expired"
	CardRevoked            Reason = "card_revoked"
	ProofMissing           Reason = "proof_missing"
	ProofInvalid           Reason = "proof_invalid"
	CodeStale              Reason = "code_stale"
	CodeReplayed           Reason = "code_replayed"
	ClockMismatch          Reason = "clock_mismatch"
	PrintedNotAllowed      Reason = "printed_not_allowed"
	NeedsIDCheck           Reason = "needs_id_check"
	MembershipInactive     Reason = "membership_inactive"
	MembershipUnknown      Reason = "membership_unknown"
	StatusTooOld           Reason = "status_too_old"
	StatusListStale        Reason = "status_list_stale"
	OutletNotCovered       Reason = "outlet_not_covered"
	TillRevoked            Reason = "till_revoked"
	BenefitNotLive         Reason = "benefit_not_live"
	BenefitNotStarted      Reason = "benefit_not_started"
	BenefitEnded           Reason = "benefit_ended"
	OutsideHours           Reason = "outside_hours"
	SegmentNotEligible     Reason = "segment_not_eligible"
	BelowMinimum           Reason = "below_minimum"
	LimitParticipant       Reason = "limit_participant"
	LimitInterval          Reason = "limit_interval"
	LimitOutlet            Reason = "limit_outlet"
	LimitTotal             Reason = "limit_total"
	BudgetSpent            Reason = "budget_spent"
	NotStackable           Reason = "not_stackable"
	OfflineNotAllowed      Reason = "offline_not_allowed"
	OfflineAllowanceSpent  Reason = "offline_allowance_spent"
	ClockUntrusted         Reason = "clock_untrusted"
	ProvisionalLimit       Reason = "provisional_limit"
)

// Verdict is what the cashier sees first.
type Verdict string

// The verdicts.
const (
	Valid      Verdict = "valid"
	NotValid   Verdict = "not_valid"
	CannotTell Verdict = "cannot_tell"
)

// Verdict returns what a reason about the card means for the card.
func (r Reason) Verdict() Verdict {
	switch r {
	case "":
		return Valid
	case StatusListStale, ClockUntrusted:
		return CannotTell
	default:
		return NotValid
	}
}

// ToPartner returns the reason as a partner may know it: everything about the
// membership reads membership_inactive.
func (r Reason) ToPartner() Reason {
	if r == MembershipUnknown || r == MembershipInArrears {
		return MembershipInactive
	}
	return r
}

// ofCard maps the codes of the card's verification to reasons.
var ofCard = map[cards.Code]Reason{
	cards.OK:             "",
	cards.ESize:          CardMalformed,
	cards.EFormat:        CardMalformed,
	cards.EDevKey:        CardMalformed,
	cards.EOrigin:        NotOurCard,
	cards.EVersion:       CardVersionUnsupported,
	cards.EKID:           CardKeyUnknown,
	cards.EKeyRevoked:    CardKeyRevoked,
	cards.ESig:           CardForged,
	cards.EKeyPeriod:     CardForged,
	cards.EExpired:       CardExpired,
	cards.EPrinted:       PrintedNotAllowed,
	cards.EProofMissing:  ProofMissing,
	cards.EProof:         ProofInvalid,
	cards.EStale:         CodeStale,
	cards.EClock:         ClockMismatch,
	cards.EStatusStale:   StatusListStale,
	cards.ERevoked:       CardRevoked,
	cards.EInactive:      MembershipInactive,
	cards.EStatusUnknown: MembershipInactive,
	cards.EReplay:        CodeReplayed,
}

// Message is a sentence for the cashier in both languages, with the next step.
type Message struct {
	ID string `json:"id"`
	EN string `json:"en"`
}

// Message returns the sentence of a reason; of the empty one, that all is well.
func (r Reason) Message() Message { return sentence(string(r)) }

func sentence(code string) Message {
	id, en := words.Reason(code)
	return Message{ID: id, EN: en}
}

// Reasons returns every reason in order.
func Reasons() []Reason {
	return []Reason{
		NotOurCard, CardMalformed, CardVersionUnsupported, CardKeyUnknown, CardKeyRevoked, CardForged, CardExpired,
		CardRevoked, ProofMissing, ProofInvalid, CodeStale, CodeReplayed, ClockMismatch, PrintedNotAllowed, NeedsIDCheck,
		MembershipInactive, MembershipUnknown, StatusTooOld, StatusListStale, OutletNotCovered, TillRevoked, BenefitNotLive,
		BenefitNotStarted, BenefitEnded, OutsideHours, SegmentNotEligible, BelowMinimum, LimitParticipant, LimitInterval,
		LimitOutlet, LimitTotal, BudgetSpent, NotStackable, OfflineNotAllowed, OfflineAllowanceSpent, ClockUntrusted, ProvisionalLimit,
	}
}

// Message returns the sentence for the cashier that goes with a record.
func (r Redemption) Message() Message {
	switch {
	case r.State == Voided, r.State == Reversed:
		return sentence("voided")
	case r.Outcome == Granted:
		return sentence("granted")
	}
	return r.Reason.Message()
}
