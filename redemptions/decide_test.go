package redemptions

import (
	"fmt"
	"testing"
	"time"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
)

var (
	palu  = time.FixedZone("WITA", 8*3600)
	noon  = time.Date(2026, 11, 24, 12, 0, 0, 0, palu) // a Tuesday
	today = clock.Day("2026-11-24")
)

func ptr[T any](v T) *T { return &v }

// good returns facts of which every rule approves: 20 % of labour, at most
// Rp20.000, for a bill of Rp75.000.
func good() *facts {
	return &facts{
		known: true, member: true, segment: "bpu", statusAsOf: today.AddDays(-10),
		outletOpen: true, outletIn: true, state: benefits.Live, local: noon, gross: 75_000,
		terms: benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, MaxDiscount: ptr(int64(20_000)),
			ValidFrom: "2026-01-01", ValidTo: "2026-12-31", Segments: []benefits.Segment{benefits.BPU, benefits.PU},
			MaxStatusAgeDays: 45, Stacking: benefits.Stackable,
		},
	}
}

type decideCase struct {
	name     string
	change   func(*facts)
	reason   Reason
	discount int64
}

func participantLimit(count int64, per benefits.Per, interval int) benefits.Limits {
	p := &benefits.ParticipantLimit{Count: count, Per: per}
	if interval > 0 {
		p.MinIntervalDays = &interval
	}
	return benefits.Limits{Participant: p}
}

var decideCases = []decideCase{
	{"everything in order", func(*facts) {}, "", 15_000},

	// What the card says comes first and is passed on.
	{"the text is no card", func(f *facts) { f.card = NotOurCard }, NotOurCard, 0},
	{"the text is damaged", func(f *facts) { f.card = CardMalformed }, CardMalformed, 0},
	{"the card has an unknown version", func(f *facts) { f.card = CardVersionUnsupported }, CardVersionUnsupported, 0},
	{"the issuer's key is unknown", func(f *facts) { f.card = CardKeyUnknown }, CardKeyUnknown, 0},
	{"the issuer's key was withdrawn", func(f *facts) { f.card = CardKeyRevoked }, CardKeyRevoked, 0},
	{"the signature is wrong", func(f *facts) { f.card = CardForged }, CardForged, 0},
	{"the card has expired", func(f *facts) { f.card = CardExpired }, CardExpired, 0},
	{"the card was revoked", func(f *facts) { f.card = CardRevoked }, CardRevoked, 0},
	{"the phone's proof is missing", func(f *facts) { f.card = ProofMissing }, ProofMissing, 0},
	{"the phone's proof is wrong", func(f *facts) { f.card = ProofInvalid }, ProofInvalid, 0},
	{"the code is old", func(f *facts) { f.card = CodeStale }, CodeStale, 0},
	{"the phone's clock is ahead", func(f *facts) { f.card = ClockMismatch }, ClockMismatch, 0},
	{"printed cards are not taken", func(f *facts) { f.card = PrintedNotAllowed }, PrintedNotAllowed, 0},
	{"the status list is stale", func(f *facts) { f.card = StatusListStale }, StatusListStale, 0},
	{"the code was used", func(f *facts) { f.codeUsed = true }, CodeReplayed, 0},
	{"a damaged card whose code was used is damaged", func(f *facts) { f.card, f.codeUsed = CardMalformed, true }, CardMalformed, 0},
	{"a revoked card of a former member is revoked", func(f *facts) { f.card, f.member = CardRevoked, false }, CardRevoked, 0},
	{"a stale code before a promo that is paused", func(f *facts) { f.card, f.state = CodeStale, benefits.Paused }, CodeStale, 0},

	// Membership.
	{"the membership is not verified", func(f *facts) { f.known, f.member = false, false }, MembershipUnknown, 0},
	{"the membership is inactive", func(f *facts) { f.member = false }, MembershipInactive, 0},
	{"the card's bit says inactive", func(f *facts) { f.card = MembershipInactive }, MembershipInactive, 0},
	{"the card's bit says inactive and nothing is known", func(f *facts) { f.card, f.known, f.member = MembershipInactive, false, false }, MembershipUnknown, 0},
	{"inactive comes before a used-up code is told", func(f *facts) { f.card, f.codeUsed = MembershipInactive, true }, MembershipInactive, 0},
	{"inactive before the promo is looked at", func(f *facts) { f.member, f.state = false, benefits.Ended }, MembershipInactive, 0},

	// The promo: state, place, time, segment, age of the data.
	{"the promo is a draft", func(f *facts) { f.state = benefits.Draft }, BenefitNotLive, 0},
	{"the promo waits for approval", func(f *facts) { f.state = benefits.Submitted }, BenefitNotLive, 0},
	{"the promo is approved, not published", func(f *facts) { f.state = benefits.Approved }, BenefitNotLive, 0},
	{"the promo was rejected", func(f *facts) { f.state = benefits.Rejected }, BenefitNotLive, 0},
	{"the promo is paused", func(f *facts) { f.state = benefits.Paused }, BenefitNotLive, 0},
	{"the promo was ended", func(f *facts) { f.state = benefits.Ended }, BenefitEnded, 0},
	{"the outlet is not in the promo", func(f *facts) { f.outletIn = false }, OutletNotCovered, 0},
	{"the outlet is closed", func(f *facts) { f.outletOpen = false }, OutletNotCovered, 0},
	{"paused before outlet", func(f *facts) { f.state, f.outletIn = benefits.Paused, false }, BenefitNotLive, 0},
	{"the promo starts tomorrow", func(f *facts) { f.terms.ValidFrom = today.AddDays(1) }, BenefitNotStarted, 0},
	{"the promo starts today", func(f *facts) { f.terms.ValidFrom = today }, "", 15_000},
	{"the promo ends today", func(f *facts) { f.terms.ValidTo = today }, "", 15_000},
	{"the promo ended yesterday", func(f *facts) { f.terms.ValidTo = today.AddDays(-1) }, BenefitEnded, 0},
	{"the last minute of the last day", func(f *facts) {
		f.terms.ValidTo, f.local = today, time.Date(2026, 11, 24, 23, 59, 59, 0, palu)
	}, "", 15_000},
	{"the first minute after the last day", func(f *facts) {
		f.terms.ValidTo, f.local = today, time.Date(2026, 11, 25, 0, 0, 0, 0, palu)
	}, BenefitEnded, 0},
	{"already the first day in Palu though not in Jakarta", func(f *facts) {
		f.terms.ValidFrom, f.local = "2026-11-25", time.Date(2026, 11, 25, 0, 30, 0, 0, palu)
	}, "", 15_000},
	{"not a day of the promo", func(f *facts) { f.terms.Days = []benefits.Weekday{benefits.Monday} }, OutsideHours, 0},
	{"a day of the promo", func(f *facts) { f.terms.Days = []benefits.Weekday{benefits.Monday, benefits.Tuesday} }, "", 15_000},
	{"before the hours", func(f *facts) { f.terms.Hours = []benefits.Hours{{From: "13:00", To: "17:00"}} }, OutsideHours, 0},
	{"at the first minute of the hours", func(f *facts) { f.terms.Hours = []benefits.Hours{{From: "12:00", To: "17:00"}} }, "", 15_000},
	{"at the end of the hours", func(f *facts) { f.terms.Hours = []benefits.Hours{{From: "08:00", To: "12:00"}} }, OutsideHours, 0},
	{"in the second span of hours", func(f *facts) {
		f.terms.Hours = []benefits.Hours{{From: "06:00", To: "08:00"}, {From: "11:00", To: "13:00"}}
	}, "", 15_000},
	{"over midnight, late", func(f *facts) {
		f.terms.Hours, f.local = []benefits.Hours{{From: "22:00", To: "02:00"}}, time.Date(2026, 11, 24, 23, 0, 0, 0, palu)
	}, "", 15_000},
	{"over midnight, early", func(f *facts) {
		f.terms.Hours, f.local = []benefits.Hours{{From: "22:00", To: "02:00"}}, time.Date(2026, 11, 24, 1, 59, 0, 0, palu)
	}, "", 15_000},
	{"over midnight, outside", func(f *facts) { f.terms.Hours = []benefits.Hours{{From: "22:00", To: "02:00"}} }, OutsideHours, 0},
	{"a segment of the promo", func(f *facts) { f.segment = "pu" }, "", 15_000},
	{"another segment", func(f *facts) { f.segment = "jakon" }, SegmentNotEligible, 0},
	{"migrant workers are another segment", func(f *facts) { f.segment = "pmi" }, SegmentNotEligible, 0},
	{"data exactly as old as allowed", func(f *facts) { f.statusAsOf = today.AddDays(-45) }, "", 15_000},
	{"data a day too old", func(f *facts) { f.statusAsOf = today.AddDays(-46) }, StatusTooOld, 0},
	{"data of today", func(f *facts) { f.statusAsOf = today }, "", 15_000},
	{"segment before age of data", func(f *facts) { f.segment, f.statusAsOf = "pmi", "2020-01-01" }, SegmentNotEligible, 0},
	{"hours before segment", func(f *facts) {
		f.segment, f.terms.Days = "pmi", []benefits.Weekday{benefits.Monday}
	}, OutsideHours, 0},

	// The bill.
	{"a bill below the minimum", func(f *facts) { f.terms.MinGross = 75_001 }, BelowMinimum, 0},
	{"a bill at the minimum", func(f *facts) { f.terms.MinGross = 75_000 }, "", 15_000},
	{"no bill yet does not fail the minimum", func(f *facts) { f.terms.MinGross, f.gross = 50_000, 0 }, "", 0},
	{"minimum before identity", func(f *facts) { f.terms.MinGross, f.printed = 80_000, true }, BelowMinimum, 0},

	// Identity.
	{"a printed card without a look at the KTP", func(f *facts) { f.printed = true }, NeedsIDCheck, 0},
	{"a printed card with a look at the KTP", func(f *facts) { f.printed, f.idChecked = true, true }, "", 15_000},
	{"a promo that wants the KTP", func(f *facts) { f.terms.NeedsIDCheck = true }, NeedsIDCheck, 0},
	{"a promo that wants the KTP, and got it", func(f *facts) { f.terms.NeedsIDCheck, f.idChecked = true, true }, "", 15_000},
	{"a phone card needs no KTP", func(f *facts) { f.idChecked = false }, "", 15_000},
	{"identity before limits", func(f *facts) {
		f.printed, f.terms.Limits, f.usedInWindow = true, participantLimit(1, benefits.PerMonth, 0), 1
	}, NeedsIDCheck, 0},

	// A participant's own limits.
	{"first use of one", func(f *facts) { f.terms.Limits = participantLimit(1, benefits.PerMonth, 0) }, "", 15_000},
	{"second use of one", func(f *facts) {
		f.terms.Limits, f.usedInWindow = participantLimit(1, benefits.PerMonth, 0), 1
	}, LimitParticipant, 0},
	{"third use of three", func(f *facts) {
		f.terms.Limits, f.usedInWindow = participantLimit(3, benefits.PerYear, 0), 2
	}, "", 15_000},
	{"fourth use of three", func(f *facts) {
		f.terms.Limits, f.usedInWindow = participantLimit(3, benefits.PerYear, 0), 3
	}, LimitParticipant, 0},
	{"a limit that was lowered below use", func(f *facts) {
		f.terms.Limits, f.usedInWindow = participantLimit(1, benefits.PerDay, 0), 5
	}, LimitParticipant, 0},
	{"the day before the interval is over", func(f *facts) {
		f.terms.Limits, f.lastOn = participantLimit(9, benefits.PerYear, 30), today.AddDays(-29)
	}, LimitInterval, 0},
	{"the day the interval is over", func(f *facts) {
		f.terms.Limits, f.lastOn = participantLimit(9, benefits.PerYear, 30), today.AddDays(-30)
	}, "", 15_000},
	{"an interval with no earlier use", func(f *facts) { f.terms.Limits = participantLimit(9, benefits.PerYear, 30) }, "", 15_000},
	{"an interval of one day on the same day", func(f *facts) {
		f.terms.Limits, f.lastOn = participantLimit(9, benefits.PerYear, 1), today
	}, LimitInterval, 0},
	{"an interval of one day on the next day", func(f *facts) {
		f.terms.Limits, f.lastOn = participantLimit(9, benefits.PerYear, 1), today.AddDays(-1)
	}, "", 15_000},
	{"count before interval", func(f *facts) {
		f.terms.Limits, f.usedInWindow, f.lastOn = participantLimit(1, benefits.PerMonth, 7), 1, today
	}, LimitParticipant, 0},

	// The outlet's, the bill's and the programme's limits.
	{"the outlet's last of the day", func(f *facts) {
		f.terms.Limits, f.usedAtOutlet = benefits.Limits{OutletPerDay: ptr(int64(10))}, 9
	}, "", 15_000},
	{"the outlet's day is full", func(f *facts) {
		f.terms.Limits, f.usedAtOutlet = benefits.Limits{OutletPerDay: ptr(int64(10))}, 10
	}, LimitOutlet, 0},
	{"exclusive, alone on the bill", func(f *facts) { f.terms.Stacking = benefits.Exclusive }, "", 15_000},
	{"exclusive, another on the bill", func(f *facts) { f.terms.Stacking, f.otherOnBill = benefits.Exclusive, true }, NotStackable, 0},
	{"stackable, another on the bill", func(f *facts) { f.otherOnBill = true }, "", 15_000},
	{"the last of the total", func(f *facts) { f.countLeft = ptr(int64(1)) }, "", 15_000},
	{"the total is used up", func(f *facts) { f.countLeft = ptr(int64(0)) }, LimitTotal, 0},
	{"the budget covers it to the rupiah", func(f *facts) { f.budgetLeft = ptr(int64(15000)) }, "", 15_000},
	{"the budget lacks one rupiah", func(f *facts) { f.budgetLeft = ptr(int64(14999)) }, BudgetSpent, 0},
	{"the budget is spent", func(f *facts) { f.budgetLeft = ptr(int64(0)) }, BudgetSpent, 0},
	{"the budget is spent and no bill is typed", func(f *facts) {
		f.budgetLeft, f.gross = ptr(int64(0)), 0
	}, BudgetSpent, 0},
	{"a smaller bill still fits the budget", func(f *facts) {
		f.budgetLeft, f.gross = ptr(int64(1000)), 5_000
	}, "", 1_000},
	{"participant before total", func(f *facts) {
		f.terms.Limits, f.usedInWindow = participantLimit(1, benefits.PerDay, 0), 1
		f.countLeft = ptr(int64(0))
	}, LimitParticipant, 0},
	{"outlet before bill", func(f *facts) {
		f.terms.Limits, f.usedAtOutlet = benefits.Limits{OutletPerDay: ptr(int64(1))}, 1
		f.terms.Stacking, f.otherOnBill = benefits.Exclusive, true
	}, LimitOutlet, 0},
	{"bill before total", func(f *facts) {
		f.terms.Stacking, f.otherOnBill = benefits.Exclusive, true
		f.countLeft = ptr(int64(0))
	}, NotStackable, 0},
	{"total before budget", func(f *facts) {
		f.countLeft = ptr(int64(0))
		f.budgetLeft = ptr(int64(0))
	}, LimitTotal, 0},
}

// discountCases are sums, one for each corner of the rule: kind, value, cap, bill.
var discountCases = []struct {
	kind     benefits.Kind
	value    int64
	limit    int64 // highest discount, 0: none
	gross    int64
	discount int64
}{
	{benefits.Percent, 20, 0, 75_000, 15_000},
	{benefits.Percent, 20, 0, 1, 0},
	{benefits.Percent, 20, 0, 4, 0},
	{benefits.Percent, 20, 0, 5, 1},
	{benefits.Percent, 20, 0, 9, 1},
	{benefits.Percent, 33, 0, 100, 33},
	{benefits.Percent, 33, 0, 101, 33},
	{benefits.Percent, 33, 0, 199, 65},
	{benefits.Percent, 1, 0, 99, 0},
	{benefits.Percent, 1, 0, 100, 1},
	{benefits.Percent, 99, 0, 1, 0},
	{benefits.Percent, 99, 0, 101, 99},
	{benefits.Percent, 100, 0, 12_345, 12_345},
	{benefits.Percent, 100, 10_000, 12_345, 10_000},
	{benefits.Percent, 50, 0, 1_000_000_000, 500_000_000},
	{benefits.Percent, 100, 0, 1_000_000_000, 1_000_000_000},
	{benefits.Percent, 7, 0, 999_999_999, 69_999_999},
	{benefits.Percent, 20, 20_000, 100_000, 20_000},
	{benefits.Percent, 20, 20_000, 100_004, 20_000},
	{benefits.Percent, 20, 20_000, 99_999, 19_999},
	{benefits.Amount, 5_000, 0, 48_000, 5_000},
	{benefits.Amount, 5_000, 0, 5_000, 5_000},
	{benefits.Amount, 5_000, 0, 4_999, 4_999},
	{benefits.Amount, 5_000, 3_000, 48_000, 3_000},
	{benefits.Amount, 1, 0, 1, 1},
	{benefits.FreeItem, 20_000, 0, 60_000, 20_000},
	{benefits.FreeItem, 20_000, 0, 20_000, 20_000},
	{benefits.FreeItem, 20_000, 0, 15_000, 15_000},
	{benefits.FreeItem, 20_000, 10_000, 60_000, 10_000},
	{benefits.PackagePrice, 95_000, 0, 150_000, 55_000},
	{benefits.PackagePrice, 95_000, 0, 95_001, 1},
	{benefits.PackagePrice, 95_000, 0, 95_000, 0},
	{benefits.PackagePrice, 95_000, 0, 80_000, 0},
	{benefits.PackagePrice, 95_000, 30_000, 150_000, 30_000},
	{benefits.PackagePrice, 1, 0, 1_000_000_000, 999_999_999},
}

func TestDecide(t *testing.T) {
	cases := decideCases
	for _, c := range discountCases {
		cases = append(cases, decideCase{
			name: fmt.Sprintf("%s of %d, at most %d, on %d", c.kind, c.value, c.limit, c.gross),
			change: func(f *facts) {
				f.terms.Kind, f.terms.Value, f.terms.MaxDiscount, f.gross = c.kind, c.value, nil, c.gross
				if c.limit > 0 {
					f.terms.MaxDiscount = &c.limit
				}
			},
			discount: c.discount,
		})
	}
	if len(cases) < 120 {
		t.Errorf("the table has %d cases, it should have at least 120", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := good()
			c.change(f)
			if d := decide(f); d.reason != c.reason || d.discount != c.discount {
				t.Errorf("got %q and Rp%d, want %q and Rp%d", d.reason, d.discount, c.reason, c.discount)
			}
		})
	}
}

func TestEveryReasonHasASentenceInBothLanguages(t *testing.T) {
	if len(Reasons()) != 37 {
		t.Errorf("got %d reasons, the contract has 37", len(Reasons()))
	}
	for _, r := range Reasons() {
		if m := r.Message(); m.ID == "" || m.EN == "" || m.ID == m.EN {
			t.Errorf("%s has no sentence in both languages", r)
		}
		if r.Verdict() == Valid {
			t.Errorf("%s reads as valid", r)
		}
	}
	if m := Reason("").Message(); m.ID == "" || m.EN == "" {
		t.Error("there is no sentence for a valid card")
	}
}

func TestPartnersLearnNothingAboutAMembership(t *testing.T) {
	for _, r := range Reasons() {
		if got := r.ToPartner(); got == MembershipUnknown {
			t.Errorf("a partner is told %s", got)
		}
	}
	if MembershipUnknown.ToPartner() != MembershipInactive {
		t.Error("an unverified membership does not read as inactive")
	}
}

func TestRemainingIsTheTightestLimit(t *testing.T) {
	f := good()
	if got := f.remaining(); got != nil {
		t.Errorf("without limits: got %d, want none", *got)
	}
	f.terms.Limits = participantLimit(5, benefits.PerMonth, 0)
	f.terms.Limits.OutletPerDay = ptr(int64(4))
	f.usedInWindow, f.usedAtOutlet = 1, 1
	f.countLeft = ptr(int64(2))
	if got := f.remaining(); got == nil || *got != 2 {
		t.Errorf("before the use: got %v, want 2", got)
	}
	f.countLeft = ptr(int64(-1))
	if got := f.remaining(); got == nil || *got != 0 {
		t.Errorf("past the limit: got %v, want 0", got)
	}
}
