package redemptions

import (
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

// conditions gathers what a list is narrowed by.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(cond string, args ...any) {
	c.where, c.args = append(c.where, cond), append(c.args, args...)
}

func (c *conditions) id(column string, id uuid.UUID) {
	if id != uuid.Nil {
		c.add(column+" = ?", id)
	}
}

// overNow is the condition under which a record r is told over_limit now: the
// SQL of Redemption.over.
const overNow = `(r.flags LIKE '%"over_interval"%'
	OR (r.flags LIKE '%"over_count"%' AND NOT EXISTS (SELECT 1 FROM limit_clearances c WHERE c.participant_id = r.participant_id AND c.redemption_id = r.id AND c.kind = 'count'))
	OR (r.flags LIKE '%"over_outlet"%' AND NOT EXISTS (SELECT 1 FROM limit_clearances c WHERE c.participant_id = r.participant_id AND c.redemption_id = r.id AND c.kind = 'outlet')))`

// undecided is the condition under which nobody decided about a record r as an
// exception.
const undecided = `NOT EXISTS (SELECT 1 FROM exception_decisions e WHERE e.participant_id = r.participant_id AND e.redemption_id = r.id)`

// unsettled is the condition under which no dispute was upheld for r.
const unsettled = `NOT EXISTS (SELECT 1 FROM redemption_actions a WHERE a.participant_id = r.participant_id AND a.redemption_id = r.id AND a.action = 'uphold')`

// where returns the conditions of a list of records r within a reach.
func (f Filter) where(reach actor.Reach) (where []string, args []any) {
	c := conditions{}
	c.where, c.args = reachWhere(reach)
	c.id("r.benefit_id", f.BenefitID)
	c.id("r.outlet_id", f.OutletID)
	c.id("r.partner_id", f.PartnerID)
	c.id("r.branch_id", f.BranchID)
	c.id("r.sector_id", f.SectorID)
	c.id("r.caller_id", f.CallerID)
	c.id("r.cashier_id", f.CashierID)
	if f.Outcome != "" {
		c.add("r.outcome = ?", string(f.Outcome))
	}
	if f.Online != nil {
		c.add("r.online = ?", *f.Online)
	}
	if f.Receipt != "" {
		c.add("(r.receipt_number = ? OR r.receipt_code = ?)", strings.ToUpper(f.Receipt), strings.ToUpper(f.Receipt))
	}
	if !f.From.IsZero() {
		c.add("r.id >= ?", uid.Floor(f.From))
	}
	if !f.To.IsZero() {
		c.add("r.id < ?", uid.Floor(f.To))
	}
	f.byPerson(&c, reach)
	f.byState(&c)
	f.byFlag(&c)
	return c.where, c.args
}

// byPerson narrows to what tells something about a person: a partner cannot ask
// for what it may not see.
func (f Filter) byPerson(c *conditions, reach actor.Reach) {
	if f.ParticipantID != uuid.Nil {
		c.add("r.participant_id = ?", f.ParticipantID)
		if !reach.National {
			c.add("r.branch_id IN ?", append([]uuid.UUID{uuid.Max}, reach.Branches...))
		}
	}
	if f.Reason == "" {
		return
	}
	reasons := []string{string(f.Reason)}
	if f.Reason.ToPartner() == MembershipInactive && !reach.National && len(reach.Branches) == 0 {
		reasons = []string{string(MembershipInactive), string(MembershipUnknown)}
	}
	c.add("r.reason IN ?", reasons)
}

func (f Filter) byState(c *conditions) {
	if f.State == "" {
		return
	}
	c.add(stateOf+" = ?", string(f.State))
	if f.State != Recorded { // few records: begin with what happened
		c.add("r.id IN (SELECT redemption_id FROM redemption_actions)")
	}
}

func (f Filter) byFlag(c *conditions) {
	switch f.Waiting {
	case WaitsDispute:
		c.add(stateOf + " = 'disputed' AND r.id IN (SELECT redemption_id FROM redemption_actions WHERE action = 'dispute')")
	case WaitsOverLimit:
		c.add("r.flags <> '[]' AND " + overNow + " AND " + standing + " AND " + undecided + " AND " + unsettled)
	case WaitsClock:
		c.add(`r.flags <> '[]' AND r.flags LIKE '%"clock_suspect"%' AND NOT ` + overNow + ` AND ` + standing + " AND " + undecided + " AND " + unsettled)
	case WaitsQuarantined:
		c.add(`r.flags <> '[]' AND r.flags LIKE '%"quarantined"%' AND r.outcome = 'refused' AND ` + undecided)
	}
	switch f.Flag {
	case "":
	case flagOverLimit:
		c.add("r.flags <> '[]' AND " + overNow)
	case idNotChecked:
		c.add("r.id_checked = ?", false)
	case markOverCount, markOverOutlet, markOverInterval: // not told
		c.add("1 = 0")
	default:
		c.add("r.flags <> '[]' AND r.flags LIKE ?", `%"`+likeLiteral(f.Flag)+`"%`)
	}
}

// likeLiteral keeps what means something in a LIKE out of a flag's name.
func likeLiteral(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c == '_' { // an underscore stands for itself, too
			return c
		}
		return -1
	}, s)
}

// idNotChecked finds records without a look at the KTP; it is a column, no flag.
const idNotChecked = "id_not_checked"

// Flags returns the flags that are told, for lists to choose from.
func Flags() []string {
	return []string{
		flagOverLimit, flagClockSuspect, flagQuarantined, idNotChecked, flagNoAllowance, flagStatusChanged, flagAmountDiffers,
		flagNotStackable, flagCashierUnknown, flagTillRevoked, flagAccepted,
	}
}
