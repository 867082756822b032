package redemptions

import "slices"

// Flags that are told.
const (
	flagClockSuspect   = "clock_suspect"   // online: the till's clock is off
	flagOverLimit      = "over_limit"      // beyond the person's count or interval, or the outlet's day
	flagNotStackable   = "not_stackable"   // another promo was used on the same receipt
	flagNoAllowance    = "no_allowance"    // taken from the total, not from an allowance
	flagStatusChanged  = "status_changed"  // card or membership ended after the till's list was made
	flagAmountDiffers  = "amount_differs"  // the record holds the server's sum, not the till's
	flagCashierUnknown = "cashier_unknown" // no cashier of this outlet
	flagTillRevoked    = "till_revoked"    // from before the till was ended, handed in after
	flagQuarantined    = "quarantined"     // the item is kept for the branch
	flagLateVoid       = "late_void"       // taken back more than VoidWindow after the use
)

// Marks stored beside flagOverLimit: which limit it was. They are not told.
// The first two can be cleared by a void that makes room (clearances).
const (
	markOverCount    = "over_count"    // the participant's count: in usages.over, not in usages.used
	markOverOutlet   = "over_outlet"   // the outlet's day: not in outlet_usages
	markOverInterval = "over_interval" // the participant's shortest interval
)

// over returns the marks of the limits beyond which the use still is.
func (r *Redemption) over() []string {
	var out []string
	for _, mark := range []string{markOverCount, markOverOutlet, markOverInterval} {
		if slices.Contains(r.Flags, mark) && !slices.Contains(r.Cleared, mark) {
			out = append(out, mark)
		}
	}
	return out
}

// marked reports whether the record still holds the marks: one that somebody was
// shown does not.
func (r *Redemption) marked() bool {
	return slices.ContainsFunc(r.Flags, func(f string) bool { return f == markOverCount || f == markOverOutlet || f == markOverInterval })
}

// flagsNow returns the flags as they are told now: over_limit is gone when voids
// made room for all that was over. Of flags that were told it returns the same.
func (r *Redemption) flagsNow() []string {
	over := len(r.over()) > 0 || !r.marked()
	out := []string{}
	for _, f := range r.Flags {
		switch f {
		case markOverCount, markOverOutlet, markOverInterval:
		case flagOverLimit:
			if over {
				out = append(out, f)
			}
		default:
			out = append(out, f)
		}
	}
	return out
}
