package benefits

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/partners"
)

// Filter narrows a list of promos; zero fields do not.
type Filter struct{ State State }

// Create proposes a promo of a partner: version 1, draft. A partner out of
// reach is partners.ErrNotFound; what is wrong with title or terms is
// ErrInvalid with all places.
func (s *Service) Create(ctx context.Context, partner uuid.UUID, title string, terms Terms) (Benefit, error) {
	now, who := s.clock.Now(), actor.From(ctx)
	id := uid.At(now)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		home, err := s.partners.Affiliation(ctx, partner)
		if err != nil {
			return err
		}
		if !home.Within(who.Scope(actor.WriteBenefits)) {
			return partners.ErrNotFound
		}
		if home.State == partners.Ended {
			return ErrPartnerEnded
		}
		d, err := s.draftOf(ctx, partner, title, terms)
		if err != nil {
			return err
		}
		d.benefit, d.version, d.author, d.at = id, 1, who.ID, now
		row := benefitRow{
			ID: id, PartnerID: partner, State: string(Draft), Version: 1, CreatedBy: who.ID, CreatedAt: now, UpdatedAt: now,
		}
		if err := s.insertBenefit(ctx, row); err != nil {
			return err
		}
		if err := s.insertVersion(ctx, d); err != nil {
			return err
		}
		return s.audit.Append(ctx, event("created", id, 1, d.hash))
	})
	if err != nil {
		return Benefit{}, err
	}
	return s.benefit(ctx, id)
}

// Update rewrites the newest version while it is a draft (ErrState after that);
// who does becomes its author.
func (s *Service) Update(ctx context.Context, id uuid.UUID, title string, terms Terms) (Benefit, error) {
	return s.change(ctx, id, actor.WriteBenefits, func(ctx context.Context, b *benefitRow) (audit.Event, error) {
		d, err := s.draftOf(ctx, b.PartnerID, title, terms)
		if err != nil {
			return audit.Event{}, err
		}
		if State(b.State) == Ended {
			return audit.Event{}, ErrState
		}
		d.benefit, d.version, d.author = id, b.Version, actor.From(ctx).ID
		return event("updated", id, b.Version, d.hash), s.updateDraft(ctx, d)
	})
}

// Revise opens a new version, a draft, after the newest one was rejected,
// approved or published. What is at the tills stays there; an approved version
// that was not published never will be.
func (s *Service) Revise(ctx context.Context, id uuid.UUID, title string, terms Terms) (Benefit, error) {
	return s.change(ctx, id, actor.WriteBenefits, func(ctx context.Context, b *benefitRow) (audit.Event, error) {
		d, err := s.draftOf(ctx, b.PartnerID, title, terms)
		if err != nil {
			return audit.Event{}, err
		}
		newest, err := s.version(ctx, id, b.Version)
		if err != nil {
			return audit.Event{}, err
		}
		if State(b.State) == Ended || !newest.State.revisable() {
			return audit.Event{}, ErrState
		}
		if newest.State == VersionApproved {
			if err := s.markRetired(ctx, id, newest.Version, VersionApproved); err != nil {
				return audit.Event{}, err
			}
		}
		b.Version++
		b.mirror(Draft)
		d.benefit, d.version, d.author, d.at = id, b.Version, actor.From(ctx).ID, s.clock.Now()
		return event("revised", id, b.Version, d.hash), s.insertVersion(ctx, d)
	})
}

// Get returns a promo with its versions, or ErrNotFound when it is out of reach.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Benefit, error) {
	b, err := s.benefit(ctx, id)
	if err != nil {
		return Benefit{}, err
	}
	if err := s.within(ctx, b.PartnerID, actor.ReadBenefits); err != nil {
		return Benefit{}, err
	}
	b.Versions, err = s.versions(ctx, id)
	return b, err
}

// List returns the promos of a partner within reach, newest first, with what is
// left of their totals.
func (s *Service) List(ctx context.Context, partner uuid.UUID, f Filter, r page.Request) (page.Of[Benefit], error) {
	if err := s.within(ctx, partner, actor.ReadBenefits); errors.Is(err, ErrNotFound) {
		return page.Of[Benefit]{}, partners.ErrNotFound
	} else if err != nil {
		return page.Of[Benefit]{}, err
	}
	rows, err := s.benefitPage(ctx, partner, f, r)
	if err != nil {
		return page.Of[Benefit]{}, err
	}
	return page.Cut(rows, r, func(b Benefit) uuid.UUID { return b.ID }), nil
}

// within returns ErrNotFound unless the permission reaches the partner.
func (s *Service) within(ctx context.Context, partner uuid.UUID, perm actor.Permission) error {
	home, err := s.partners.Affiliation(ctx, partner)
	if errors.Is(err, partners.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	reach := actor.From(ctx).Scope(perm)
	if perm == actor.ApproveBenefits { // the branch or headquarters, never the partner
		if !home.ByStaff(reach) {
			return ErrNotFound
		}
		return nil
	}
	if !home.Within(reach) {
		return ErrNotFound
	}
	return nil
}

func event(done string, id uuid.UUID, version int, hash []byte) audit.Event {
	return audit.Event{
		Action: "benefit." + done, Subject: audit.Subject{Kind: "benefit", ID: id}, Digest: hash,
		Details: map[string]any{"version": version},
	}
}
