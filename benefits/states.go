package benefits

import "slices"

// Step is what somebody does to a promo at the tills.
type Step string

// The steps of a published promo.
const (
	StepPause  Step = "pause"
	StepResume Step = "resume"
	StepEnd    Step = "end"
)

// steps is the state machine of a promo at the tills. How a version gets there
// is in versionSteps.
var steps = map[Step]map[State]State{
	StepPause:  {Live: Paused},
	StepResume: {Paused: Live},
	StepEnd:    {Live: Ended, Paused: Ended},
}

// VersionStep is what somebody does to a version.
type VersionStep string

// The steps of a version.
const (
	StepSubmit  VersionStep = "submit"
	StepApprove VersionStep = "approve"
	StepReject  VersionStep = "reject"
	StepPublish VersionStep = "publish"
)

// versionSteps is the state machine of a version. Being revised or followed by
// another retires it.
var versionSteps = map[VersionStep]map[VersionState]VersionState{
	StepSubmit:  {VersionDraft: VersionSubmitted},
	StepApprove: {VersionSubmitted: VersionApproved},
	StepReject:  {VersionSubmitted: VersionRejected},
	StepPublish: {VersionApproved: VersionPublished},
}

// Next returns where the step leads from here, and whether it is allowed.
func (s State) Next(step Step) (State, bool) {
	to, ok := steps[step][s]
	return to, ok
}

// Next returns where the step leads from here, and whether it is allowed.
func (s VersionState) Next(step VersionStep) (VersionState, bool) {
	to, ok := versionSteps[step][s]
	return to, ok
}

// revisable reports whether a version can be followed by a new draft.
func (s VersionState) revisable() bool {
	return slices.Contains([]VersionState{VersionRejected, VersionApproved, VersionPublished, VersionRetired}, s)
}

// mirror lets a promo that was never published follow its version.
func (b *benefitRow) mirror(to State) {
	if b.LiveVersion == 0 {
		b.State = string(to)
	}
}
