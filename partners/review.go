package partners

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// keepRefused is how long a refused application stays.
const keepRefused = 365 * 24 * time.Hour

// Applications returns the applications in a state that the actor's branch looks
// after, the oldest first, at most 200; those without a branch to who writes
// partners nationally.
func (s *Service) Applications(ctx context.Context, state ApplicationState) ([]Application, error) {
	return s.applications(ctx, actor.From(ctx).Scope(actor.ReadPartners), state)
}

// GetApplication returns an application within reach of staff, or
// ErrApplicationNotFound. Who may not write partners sees a masked contact.
func (s *Service) GetApplication(ctx context.Context, id uuid.UUID) (Application, error) {
	a, err := s.application(ctx, id, false)
	if err != nil {
		return Application{}, err
	}
	who := actor.From(ctx)
	if !a.within(who.Scope(actor.ReadPartners)) {
		return Application{}, ErrApplicationNotFound
	}
	if !a.within(who.Scope(actor.WritePartners)) {
		a.Contact, a.Address, a.Why = a.Contact.Masked(), "", ""
	}
	return a, nil
}

// Doubles returns what else has the NIB or the phone of an application: other
// applications and partners, within reach.
func (s *Service) Doubles(ctx context.Context, id uuid.UUID) ([]Application, []Partner, error) {
	a, err := s.GetApplication(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return s.doubles(ctx, a, actor.From(ctx).Scope(actor.ReadPartners))
}

func (a *Application) within(r actor.Reach) bool {
	return r.National || a.BranchID != uuid.Nil && slices.Contains(r.Branches, a.BranchID)
}

// Accept makes a submitted partner of an application; whoever does has prepared
// it and does not approve it. branch is the one that will look after it.
func (s *Service) Accept(ctx context.Context, id, branch uuid.UUID) (Partner, error) {
	var p Partner
	err := s.decide(ctx, id, func(ctx context.Context, a *Application) error {
		if branch == uuid.Nil {
			branch = a.BranchID
		}
		var wrong check.List
		n := NewPartner{SectorID: a.SectorID, BranchID: branch, Profile: a.Profile}
		if err := s.checkHome(ctx, n, &wrong); err != nil {
			return err
		}
		if wrong.Err(ErrInvalid) != nil {
			return ErrNoBranch.At("/branch_id")
		}
		now, who := s.clock.Now(), actor.From(ctx).ID
		p = Partner{
			ID: uid.At(now), SectorID: a.SectorID, BranchID: branch, Profile: a.Profile, State: Submitted,
			CreatedBy: who, SubmittedBy: who, AssigneeID: a.AssigneeID, CreatedAt: now, UpdatedAt: now,
		}
		contact, err := s.sealContact(p.ID, p.Contact)
		if err != nil {
			return err
		}
		if err := s.insertPartner(ctx, p, contact); err != nil {
			return err
		}
		a.State, a.PartnerID = ApplicationAccepted, p.ID
		if err := s.tell(ctx, p, "partner.submitted"); err != nil {
			return err
		}
		return s.note(ctx, p.ID, "accepted", "", map[string]any{"application_id": a.ID})
	})
	if err != nil {
		return Partner{}, err
	}
	return p, nil
}

// RefuseApplication turns an application away; the applicant reads the reason.
func (s *Service) RefuseApplication(ctx context.Context, id uuid.UUID, reason string) error {
	reason, err := move{reason: &reason}.reasonText()
	if err != nil {
		return err
	}
	return s.decide(ctx, id, func(_ context.Context, a *Application) error {
		a.State, a.Reason = ApplicationRefused, reason
		return nil
	})
}

// decide lets staff who write partners where the application belongs decide a
// new one.
func (s *Service) decide(ctx context.Context, id uuid.UUID, f func(context.Context, *Application) error) error {
	return s.changeApplication(ctx, id, ApplicationNew, func(ctx context.Context, a *Application) error {
		if err := f(ctx, a); err != nil {
			return err
		}
		a.DecidedBy, a.DecidedAt = actor.From(ctx).ID, new(s.clock.Now())
		return nil
	})
}

// ReopenApplication takes back that an application was refused.
func (s *Service) ReopenApplication(ctx context.Context, id uuid.UUID) error {
	return s.changeApplication(ctx, id, ApplicationRefused, func(_ context.Context, a *Application) error {
		a.State, a.Reason, a.DecidedBy, a.DecidedAt = ApplicationNew, "", uuid.Nil, nil
		return nil
	})
}

func (s *Service) changeApplication(ctx context.Context, id uuid.UUID, from ApplicationState, f func(context.Context, *Application) error) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		a, err := s.application(ctx, id, true)
		if err != nil {
			return err
		}
		if !a.within(actor.From(ctx).Scope(actor.WritePartners)) {
			return ErrApplicationNotFound
		}
		if a.State != from {
			return ErrState
		}
		if err := f(ctx, &a); err != nil {
			return err
		}
		if err := s.updateApplication(ctx, &a, from); err != nil {
			return err
		}
		return s.audit.Append(ctx, applicationEvent("changed", id, map[string]any{"from": from, "to": a.State}))
	})
}

// AssignApplication gives a new application to a colleague of its branch; the
// zero id takes it from everybody. Who is no colleague is ErrInvalid.
func (s *Service) AssignApplication(ctx context.Context, id, account uuid.UUID) error {
	return s.changeApplication(ctx, id, ApplicationNew, func(ctx context.Context, a *Application) error {
		a.AssigneeID = account
		return s.colleague(ctx, a.BranchID, account)
	})
}

// Assign gives a partner to a colleague of its branch to look after; the zero
// id takes it from everybody. Who is no colleague is ErrInvalid; only staff may
// (ErrStaffOnly).
func (s *Service) Assign(ctx context.Context, id, account uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.reached(ctx, id, actor.WritePartners)
		if err != nil {
			return err
		}
		if !p.Affiliation().ByStaff(actor.From(ctx).Scope(actor.WritePartners)) {
			return ErrStaffOnly
		}
		if err := s.colleague(ctx, p.BranchID, account); err != nil {
			return err
		}
		if err := s.setAssignee(ctx, id, account); err != nil {
			return err
		}
		return s.note(ctx, id, "assigned", "", map[string]any{"account_id": account})
	})
}

func (s *Service) colleague(ctx context.Context, branch, account uuid.UUID) error {
	if account == uuid.Nil || account == actor.From(ctx).ID {
		return nil
	}
	all, err := s.holders(ctx, branch, actor.WritePartners)
	if err != nil {
		return err
	}
	if !slices.Contains(all, account) {
		return ErrInvalid.With(unknownValue("/assignee_id"))
	}
	return nil
}

// Colleagues returns the accounts that look after partners of a branch (zero:
// nationally) to staff who do.
func (s *Service) Colleagues(ctx context.Context, branch uuid.UUID) ([]uuid.UUID, error) {
	r := actor.From(ctx).Scope(actor.WritePartners)
	if !r.National && !slices.Contains(r.Branches, branch) {
		return []uuid.UUID{}, nil
	}
	return s.holders(ctx, branch, actor.WritePartners)
}

// SweepApplications forgets applications that were refused a year ago, and
// returns how many.
func (s *Service) SweepApplications(ctx context.Context) (n int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		n, err = s.deleteRefused(ctx, s.clock.Now().Add(-keepRefused))
		return err
	})
	return n, err
}

// Masked returns the contact as those see it who need not call: who it is can be
// recognised, not learnt.
func (c Contact) Masked() Contact {
	m := Contact{}
	for i, word := range strings.Fields(c.Name.Reveal()) {
		if i > 0 {
			m.Name += " "
		}
		r := []rune(word)
		m.Name += pii.Text(r[:1]) + "***"
	}
	if n := len(c.Phone); n > 4 {
		m.Phone = "••• " + c.Phone[n-3:]
	}
	if _, domain, ok := strings.Cut(c.Email.Reveal(), "@"); ok {
		m.Email = pii.Text("***@" + domain)
	}
	return m
}
