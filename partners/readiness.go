package partners

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// Readiness is what a partner has and lacks on its way to active. Without
// agreement, sector and outlet it cannot open; an owner and a passed test are
// advised.
type Readiness struct {
	SectorOpen bool
	Agreement  Agreement // in force today; the zero one: none
	Outlets    int       // active
	Owners     int       // accounts that own it
	Test       Test
}

// May reports whether nothing that is needed lacks.
func (r Readiness) May() bool {
	return r.SectorOpen && r.Agreement.ID != uuid.Nil && r.Outlets > 0
}

// Whole reports whether what is advised is there too.
func (r Readiness) Whole() bool { return r.May() && r.Owners > 0 && r.Test.Passed() }

// Choice is a step that may come next, and what stands in its way.
type Choice struct {
	Step    Step
	Problem *fault.Error // nil: the actor may do it now
}

// Dossier is all there is about a partner for those who read it.
type Dossier struct {
	Partner
	Masked      bool // the contact is
	ByStaff     bool // the actor looks after it, not as its owner
	Editable    bool // by the actor, now
	Today       clock.Day
	Agreements  []Agreement
	Documents   map[uuid.UUID]int // how many each agreement has
	History     []Action
	Ready       Readiness
	Choices     []Choice
	Deciders    []uuid.UUID  // who may approve it, while it is submitted; for staff
	Application *Application // of which it was made, for staff
}

// Dossier returns a partner within reach with everything about it, or
// ErrNotFound. Who may not write it sees a masked contact.
func (s *Service) Dossier(ctx context.Context, id uuid.UUID) (Dossier, error) {
	p, err := s.Get(ctx, id)
	if err != nil {
		return Dossier{}, err
	}
	who, a := actor.From(ctx), p.Affiliation()
	d := Dossier{
		Partner: p, Masked: !a.Within(who.Scope(actor.WritePartners)), ByStaff: a.ByStaff(who.Scope(actor.ReadPartners)),
	}
	if d.Masked {
		d.Contact = d.Contact.Masked()
	}
	_, open := editableIn(p.State)
	d.Editable = open && !d.Masked
	if d.Today, err = s.branchDay(ctx, p.BranchID); err != nil {
		return Dossier{}, err
	}
	if d.Agreements, err = s.agreements(ctx, id); err != nil {
		return Dossier{}, err
	}
	if d.Documents, err = s.documentCounts(ctx, id); err != nil {
		return Dossier{}, err
	}
	if d.History, err = s.actions(ctx, id); err != nil {
		return Dossier{}, err
	}
	if d.Ready, err = s.readiness(ctx, p, d.Agreements, d.Today); err != nil {
		return Dossier{}, err
	}
	if d.Choices, err = s.choices(ctx, p); err != nil || !d.ByStaff {
		return d, err
	}
	return d, s.forStaff(ctx, &d)
}

// forStaff adds what an owner does not see.
func (s *Service) forStaff(ctx context.Context, d *Dossier) (err error) {
	if d.State == Submitted {
		if d.Deciders, err = s.deciders(ctx, d.Partner); err != nil {
			return err
		}
	}
	if d.Masked {
		return nil
	}
	a, ok, err := s.applicationOf(ctx, d.ID)
	if ok {
		d.Application = &a
	}
	return err
}

func editableIn(state State) (State, bool) {
	for _, s := range editable {
		if s == state {
			return s, true
		}
	}
	return "", false
}

func (s *Service) readiness(ctx context.Context, p Partner, all []Agreement, today clock.Day) (Readiness, error) {
	r := Readiness{Test: p.Test}
	sec, err := s.sector(ctx, p.SectorID, false)
	if err != nil {
		return r, err
	}
	r.SectorOpen = sec.State == SectorOpen
	for _, a := range all {
		if a.In(today) {
			r.Agreement = a
			break
		}
	}
	n, err := s.activeOutlets(ctx, p.ID)
	if err != nil {
		return r, err
	}
	r.Outlets = int(n)
	r.Owners, err = s.owners(ctx, p.ID)
	return r, err
}

// In reports whether the agreement is in force on a day.
func (a Agreement) In(day clock.Day) bool { return a.StartsOn <= day && day <= a.EndsOn }

// choices returns the steps that lead on from where a partner stands and that
// the actor's roles hold, each with what stands in its way.
func (s *Service) choices(ctx context.Context, p Partner) ([]Choice, error) {
	var out []Choice
	who, a := actor.From(ctx), p.Affiliation()
	for _, step := range Steps() {
		if _, ok := p.State.Next(step); !ok || !a.Within(who.Scope(step.permission())) {
			continue
		}
		c := Choice{Step: step}
		var err error
		switch step {
		case StepWithdraw:
			err = submittedBy(ctx, p)
		case StepApprove:
			err = secondPair(ctx, p)
		case StepActivate, StepResume:
			err = s.ready(ctx, p)
		case StepSubmit, StepReject, StepSuspend, StepEnd:
		}
		if err != nil {
			problem, ok := errors.AsType[*fault.Error](err)
			if !ok {
				return nil, err
			}
			c.Problem = problem
		}
		if step == StepWithdraw && c.Problem != nil {
			continue // not a step of anybody else
		}
		out = append(out, c)
	}
	return out, nil
}

// Steps returns every step, in the order in which they come.
func Steps() []Step {
	return []Step{StepSubmit, StepWithdraw, StepApprove, StepReject, StepActivate, StepSuspend, StepResume, StepEnd}
}

func (s Step) permission() actor.Permission {
	if s == StepSubmit || s == StepWithdraw {
		return actor.WritePartners
	}
	return actor.ApprovePartners
}

// deciders returns the accounts that may approve a partner.
func (s *Service) deciders(ctx context.Context, p Partner) ([]uuid.UUID, error) {
	all, err := s.holders(ctx, p.BranchID, actor.ApprovePartners)
	out := make([]uuid.UUID, 0, len(all))
	for _, id := range all {
		if secondPair(actor.With(ctx, actor.Actor{Kind: actor.Account, ID: id}), p) == nil {
			out = append(out, id)
		}
	}
	return out, err
}

// MayDecide reports whether the actor may approve a submitted partner, or what
// stands in the way.
func (s *Service) MayDecide(ctx context.Context, p Partner) error {
	if !p.Affiliation().Within(actor.From(ctx).Scope(actor.ApprovePartners)) {
		return ErrStaffOnly
	}
	return secondPair(ctx, p)
}

// Testing reports whether a partner is approved and not open yet: its tills take
// only test cards, and what they record never counts. A partner that is not
// there or cannot be read is not. For other domains: no check of reach.
func (s *Service) Testing(ctx context.Context, partner uuid.UUID) bool {
	a, err := s.affiliation(ctx, partner)
	return err == nil && a.State == Approved
}

// PassTest notes that the tills of an approved partner were tried and work; a
// later test stands instead of an earlier one. Staff only (ErrStaffOnly).
func (s *Service) PassTest(ctx context.Context, partner uuid.UUID, note string) error {
	note = strings.TrimSpace(strings.ReplaceAll(note, "\r\n", "\n"))
	var wrong check.List
	wrong.Lines("/note", note, 0, reasonMax)
	if err := wrong.Err(ErrInvalid); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.reached(ctx, partner, actor.WritePartners)
		if err != nil {
			return err
		}
		if !p.Affiliation().ByStaff(actor.From(ctx).Scope(actor.WritePartners)) {
			return ErrStaffOnly
		}
		if p.State != Approved {
			return ErrState
		}
		if err := s.setTest(ctx, partner, Test{By: actor.From(ctx).ID, At: s.clock.Now(), Note: note}); err != nil {
			return err
		}
		return s.note(ctx, partner, "test_passed", note, nil)
	})
}
