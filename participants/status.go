package participants

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// graceMonths is how long arrears can be paid after, counted in calendar
// months from the end of protection (Perdir 22/PERDIR.02/072022).
const graceMonths = 3

// Standing is the best membership of a person today, as promos judge it.
type Standing struct {
	ParticipantID, MembershipID, BranchID uuid.UUID
	Segment                               Segment
	Status                                Status // today
	StatusAsOf                            clock.Day
	ProtectedUntil                        clock.Day // of that membership; empty: unknown
	Valid                                 bool      // counts as valid today, the branch's arrears setting applied
	Known                                 bool      // false: no membership, or an unverified one
	Restricted                            bool      // processing is restricted: never valid
}

// snapshot is what the status of a membership on a day follows from.
type snapshot struct {
	Segment        Segment
	Status         Status
	StatusAsOf     clock.Day
	ProtectedUntil clock.Day
	EndedOn        clock.Day
}

// on returns the status on a day. Time only ever worsens a status: a
// membership that was reported out stays out whatever its end of protection
// says, and one without any date stays as reported.
//
//   - from the day on which it ended: inactive;
//   - active, protection over: in arrears for BPU, inactive for the others,
//     whose validity is the project's or contract's;
//   - in arrears: for three calendar months after the end of protection (or,
//     when that is unknown, after the report), then inactive.
func (m snapshot) on(today clock.Day) Status {
	if m.EndedOn != "" && m.EndedOn <= today {
		return Inactive
	}
	status := m.Status
	if status == Active && m.ProtectedUntil != "" && m.ProtectedUntil < today {
		if m.Segment != BPU {
			return Inactive
		}
		status = InArrears
	}
	if status == InArrears && m.graceEnd() < today {
		return Inactive
	}
	return status
}

// graceEnd is the last day on which arrears are arrears.
func (m snapshot) graceEnd() clock.Day {
	if m.ProtectedUntil != "" {
		return m.ProtectedUntil.AddMonths(graceMonths)
	}
	return m.StatusAsOf.AddMonths(graceMonths)
}

// graceCutoff is the latest day whose grace is over on today.
func graceCutoff(today clock.Day) clock.Day {
	d := today.AddMonths(-graceMonths).AddDays(4)
	for d.AddMonths(graceMonths) >= today {
		d = d.AddDays(-1)
	}
	return d
}

// candidate is one membership of a person with what its branch says.
type candidate struct {
	MembershipID, BranchID uuid.UUID
	snapshot
	Today        clock.Day // at the branch
	ArrearsValid bool
}

func (c candidate) valid() bool {
	switch c.on(c.Today) {
	case Active:
		return true
	case InArrears:
		return c.ArrearsValid
	case Inactive, Unverified:
	}
	return false
}

// best judges a person: a valid membership before one that is not, then the
// newest snapshot, then the newest membership.
func best(person, home uuid.UUID, restricted bool, all []candidate) Standing {
	out := Standing{ParticipantID: person, BranchID: home, Status: Unverified, Restricted: restricted}
	if len(all) == 0 {
		return out
	}
	top := slices.MaxFunc(all, func(a, b candidate) int {
		if a.valid() != b.valid() {
			if a.valid() {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.StatusAsOf, b.StatusAsOf), cmp.Compare(a.MembershipID.String(), b.MembershipID.String()))
	})
	out.MembershipID, out.BranchID, out.Segment, out.StatusAsOf = top.MembershipID, top.BranchID, top.Segment, top.StatusAsOf
	out.Status, out.ProtectedUntil = top.on(top.Today), top.ProtectedUntil
	out.Known = out.Status != Unverified
	out.Valid = top.valid() && !restricted
	return out
}
