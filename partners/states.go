package partners

import "slices"

// Step is what somebody does to a partner's state.
type Step string

// The steps of a partner.
const (
	StepSubmit   Step = "submit"
	StepWithdraw Step = "withdraw"
	StepApprove  Step = "approve"
	StepReject   Step = "reject"
	StepActivate Step = "activate"
	StepSuspend  Step = "suspend"
	StepResume   Step = "resume"
	StepEnd      Step = "end"
)

// steps is the state machine of a partner: from where a step leads to where.
// What is not in it is ErrState.
var steps = map[Step]map[State]State{
	StepSubmit:   {Draft: Submitted},
	StepWithdraw: {Submitted: Draft},
	StepApprove:  {Submitted: Approved},
	StepReject:   {Submitted: Draft},
	StepActivate: {Approved: Active},
	StepSuspend:  {Active: Suspended},
	StepResume:   {Suspended: Active},
	StepEnd:      {Approved: Ended, Active: Ended, Suspended: Ended},
}

// sectorSteps is the state machine of a sector.
var sectorSteps = map[SectorState][]SectorState{
	SectorCandidate: {SectorAssessed},
	SectorAssessed:  {SectorOpen},
	SectorOpen:      {SectorPaused, SectorClosed},
	SectorPaused:    {SectorOpen, SectorClosed},
	SectorClosed:    nil,
}

// Next returns where the step leads from here, and whether it is allowed.
func (s State) Next(step Step) (State, bool) {
	to, ok := steps[step][s]
	return to, ok
}

// CanBecome reports whether a sector may go from s to the state to.
func (s SectorState) CanBecome(to SectorState) bool { return slices.Contains(sectorSteps[s], to) }

// editable are the states in which a partner's profile may be changed.
var editable = []State{Draft, Active}
