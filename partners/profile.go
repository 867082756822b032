package partners

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// NewPartner is a partner to be.
type NewPartner struct {
	SectorID, BranchID uuid.UUID
	Profile
}

// Filter narrows a list of partners; zero fields do not.
type Filter struct {
	State              State
	SectorID, BranchID uuid.UUID
	AssigneeID         uuid.UUID
	RegionCode         string    // with an outlet there, or in a part of it
	Name               string    // a part of the name
	EndsFrom, EndsTo   clock.Day // its last agreement ends within these days
}

var (
	nibForm   = regexp.MustCompile(`^[0-9]{13}$`)
	npwpForm  = regexp.MustCompile(`^[0-9]{15,16}$`)
	phoneForm = regexp.MustCompile(`^\+?[0-9]{6,15}$`)
	emailForm = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

const emailMax = 254

func unknownValue(pointer string) fault.Field {
	return fault.Field{Pointer: pointer, Code: check.UnknownValue}
}

// Create enters a partner as draft, looked after by a branch that the actor
// writes partners for; a branch elsewhere is as unknown as one that is not.
func (s *Service) Create(ctx context.Context, n NewPartner) (Partner, error) {
	n.Profile = n.tidy()
	wrong := n.check()
	now, who := s.clock.Now(), actor.From(ctx)
	p := Partner{
		ID: uid.At(now), SectorID: n.SectorID, BranchID: n.BranchID, Profile: n.Profile, State: Draft,
		CreatedBy: who.ID, CreatedAt: now, UpdatedAt: now,
	}
	contact, err := s.sealContact(p.ID, p.Contact)
	if err != nil {
		return Partner{}, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		wrong := wrong // again from the start when the transaction is
		if err := s.checkHome(ctx, n, &wrong); err != nil {
			return err
		}
		if err := wrong.Err(ErrInvalid); err != nil {
			return err
		}
		if err := s.insertPartner(ctx, p, contact); err != nil {
			return err
		}
		return s.note(ctx, p.ID, "created", "", nil)
	})
	if err != nil {
		return Partner{}, err
	}
	return p, nil
}

// checkHome notes a sector or branch that is not there for the actor.
func (s *Service) checkHome(ctx context.Context, n NewPartner, wrong *check.List) error {
	switch _, err := s.sector(ctx, n.SectorID, false); {
	case errors.Is(err, ErrSectorNotFound):
		wrong.If(true, "/sector_id", check.Unknown)
	case err != nil:
		return err
	}
	zone, err := s.branchZone(ctx, n.BranchID)
	if err != nil {
		return err
	}
	wrong.If(zone == "" || !actor.From(ctx).Scope(actor.WritePartners).HasBranch(n.BranchID), "/branch_id", check.Unknown)
	return nil
}

// Get returns a partner within reach, or ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Partner, error) {
	p, err := s.partner(ctx, id, false)
	if err != nil {
		return Partner{}, err
	}
	if !p.Affiliation().Within(actor.From(ctx).Scope(actor.ReadPartners)) {
		return Partner{}, ErrNotFound
	}
	return p, nil
}

// List returns the partners within reach, newest first.
func (s *Service) List(ctx context.Context, f Filter, r page.Request) (page.Of[Partner], error) {
	rows, err := s.partnerPage(ctx, actor.From(ctx).Scope(actor.ReadPartners), f, r)
	if err != nil {
		return page.Of[Partner]{}, err
	}
	return page.Cut(rows, r, func(p Partner) uuid.UUID { return p.ID }), nil
}

// Update changes the profile of a partner that is draft or active.
func (s *Service) Update(ctx context.Context, id uuid.UUID, to Profile) (Partner, error) {
	to = to.tidy()
	wrong := to.check()
	if err := wrong.Err(ErrInvalid); err != nil {
		return Partner{}, err
	}
	contact, err := s.sealContact(id, to.Contact)
	if err != nil {
		return Partner{}, err
	}
	var p Partner
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if p, err = s.reached(ctx, id, actor.WritePartners); err != nil {
			return err
		}
		if !slices.Contains(editable, p.State) {
			return ErrState
		}
		p.Profile, p.UpdatedAt = to, s.clock.Now()
		if p.State == Draft {
			p.PreparedBy = actor.From(ctx).ID
		}
		if err := s.updateProfile(ctx, p, contact); err != nil {
			return err
		}
		return s.note(ctx, id, "updated", "", nil)
	})
	if err != nil {
		return Partner{}, err
	}
	return p, nil
}

// Affiliation returns what decides who reaches a partner. For other domains:
// no check of reach.
func (s *Service) Affiliation(ctx context.Context, id uuid.UUID) (Affiliation, error) {
	return s.affiliation(ctx, id)
}

// Affiliation returns what decides who reaches the partner.
func (p Partner) Affiliation() Affiliation {
	return Affiliation{PartnerID: p.ID, BranchID: p.BranchID, State: p.State}
}

// reached locks a partner that the actor's permission reaches.
func (s *Service) reached(ctx context.Context, id uuid.UUID, perm actor.Permission) (Partner, error) {
	p, err := s.partner(ctx, id, true)
	if err != nil {
		return Partner{}, err
	}
	if !p.Affiliation().Within(actor.From(ctx).Scope(perm)) {
		return Partner{}, ErrNotFound
	}
	return p, nil
}

func (p Profile) tidy() Profile {
	p.Name = strings.TrimSpace(p.Name)
	p.Contact.Name = pii.Text(strings.TrimSpace(p.Contact.Name.Reveal()))
	p.Contact.Phone = pii.Text(strings.TrimSpace(p.Contact.Phone.Reveal()))
	p.Contact.Email = pii.Text(strings.TrimSpace(p.Contact.Email.Reveal()))
	return p
}

func (p Profile) check() check.List {
	var wrong check.List
	wrong.Text("/name", p.Name, 1, nameMax)
	wrong.If(p.NIB != "" && !nibForm.MatchString(p.NIB), "/nib", check.Format)
	wrong.If(p.NPWP != "" && !npwpForm.MatchString(p.NPWP), "/npwp", check.Format)
	c := p.Contact
	wrong.Text("/contact/name", c.Name.Reveal(), 0, nameMax)
	wrong.If(c.Phone != "" && !phoneForm.MatchString(c.Phone.Reveal()), "/contact/phone", check.Format)
	wrong.If(c.Email != "" && (len(c.Email) > emailMax || !emailForm.MatchString(c.Email.Reveal())), "/contact/email", check.Format)
	return wrong
}

func event(done string, id uuid.UUID, details map[string]any) audit.Event {
	return audit.Event{Action: "partner." + done, Subject: audit.Subject{Kind: "partner", ID: id}, Details: details}
}
