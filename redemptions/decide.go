package redemptions

import (
	"time"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
)

// facts are all that a decision rests on. The rule book sees nothing else.
type facts struct {
	card      Reason // what the card's verification said; empty when good
	codeUsed  bool   // the phone's code was used up already
	printed   bool   // printed card or typed code: proves no possession
	idChecked bool

	known      bool // the membership is verified
	member     bool // it counts as valid today
	segment    string
	statusAsOf clock.Day

	outletOpen bool // outlet active, partner active, sector open
	outletIn   bool // the promo's version covers the outlet
	state      benefits.State
	terms      benefits.Terms
	local      time.Time // now, in the outlet's zone
	gross      int64     // 0: not typed yet

	usedInWindow int64
	lastOn       clock.Day // day of the newest use, empty: none
	usedAtOutlet int64     // today
	otherOnBill  bool      // another promo was used on the same receipt
	countLeft    *int64    // of the promo's total count; nil: no limit
	budgetLeft   *int64    // of its rupiah budget; nil: no limit
}

// decision is the answer: granted with a discount, or a reason.
type decision struct {
	reason   Reason
	discount int64
}

// decide applies the rules in a fixed order and stops at the first that says
// no: card, membership, place, promo, bill, identity, limits.
func decide(f *facts) decision {
	for _, rule := range []func(*facts) Reason{cardRule, memberRule, promoRule, billRule, identityRule, limitRule} {
		if r := rule(f); r != "" {
			return decision{reason: r}
		}
	}
	d := f.terms.Discount(f.gross)
	if f.budgetLeft != nil && d > *f.budgetLeft {
		return decision{reason: BudgetSpent}
	}
	return decision{discount: d}
}

func cardRule(f *facts) Reason {
	if f.card != "" && f.card != MembershipInactive {
		return f.card
	}
	if f.card == "" && f.codeUsed {
		return CodeReplayed
	}
	return ""
}

func memberRule(f *facts) Reason {
	switch {
	case !f.known:
		return MembershipUnknown
	case !f.member, f.card == MembershipInactive:
		return MembershipInactive
	}
	return ""
}

func promoRule(f *facts) Reason {
	today := clock.DayOf(f.local, f.local.Location())
	switch {
	case f.state == benefits.Ended:
		return BenefitEnded
	case f.state != benefits.Live:
		return BenefitNotLive
	case !f.outletOpen, !f.outletIn:
		return OutletNotCovered
	case today < f.terms.ValidFrom:
		return BenefitNotStarted
	case today > f.terms.ValidTo:
		return BenefitEnded
	case !f.terms.OpenAt(f.local):
		return OutsideHours
	case !f.terms.Covers(benefits.Segment(f.segment)):
		return SegmentNotEligible
	case today.DaysSince(f.statusAsOf) > f.terms.MaxStatusAgeDays:
		return StatusTooOld
	}
	return ""
}

func billRule(f *facts) Reason {
	if f.gross > 0 && f.gross < f.terms.MinGross {
		return BelowMinimum
	}
	return ""
}

func identityRule(f *facts) Reason {
	if (f.printed || f.terms.NeedsIDCheck) && !f.idChecked {
		return NeedsIDCheck
	}
	return ""
}

func limitRule(f *facts) Reason {
	today := clock.DayOf(f.local, f.local.Location())
	l := f.terms.Limits
	if p := l.Participant; p != nil {
		if f.usedInWindow >= p.Count {
			return LimitParticipant
		}
		if f.lastOn != "" && today.DaysSince(f.lastOn) < interval(p) {
			return LimitInterval
		}
	}
	switch {
	case l.OutletPerDay != nil && f.usedAtOutlet >= *l.OutletPerDay:
		return LimitOutlet
	case f.terms.Stacking == benefits.Exclusive && f.otherOnBill:
		return NotStackable
	case f.countLeft != nil && *f.countLeft <= 0:
		return LimitTotal
	case f.budgetLeft != nil && *f.budgetLeft <= 0:
		return BudgetSpent
	}
	return ""
}

// interval is the shortest number of days between two uses, 0 when there is none.
func interval(p *benefits.ParticipantLimit) int {
	if p.MinIntervalDays == nil {
		return 0
	}
	return *p.MinIntervalDays
}
