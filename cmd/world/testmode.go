package world

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/tills"
)

// trial makes a partner that is approved and trying out its tills, with tills at
// the outlets of the first one: one at work, one that fell silent.
func (b *builder) trial(ctx context.Context) error {
	partner, outlet, err := b.approved(ctx)
	if err != nil {
		return err
	}
	till, err := b.enrolled(ctx, outlet, "Kasir uji")
	if err != nil {
		return err
	}
	all, err := b.app.Redemptions.MakeTestCards(b.officer, partner)
	if err != nil {
		return err
	}
	acting := actor.With(ctx, actor.Actor{
		Kind: actor.Till, ID: till, PartnerID: partner, OutletID: outlet, Permissions: []actor.Permission{actor.Validate, actor.Redeem},
	})
	for _, c := range all[:2] {
		if _, err := b.app.Redemptions.Validate(acting, redemptions.Scan{Card: b.app.Cards.TestText(c)}); err != nil {
			return err
		}
	}
	_, _, err = b.app.Redemptions.Redeem(acting, redemptions.Request{
		Key: uuid.New(), Card: b.app.Cards.TestText(pick(all)), CardGiven: true, BenefitID: redemptions.TestBenefit, Gross: 45_000, IDChecked: true,
	})
	if err != nil {
		return err
	}
	return b.counters(ctx)
}

// pick returns the card that is valid.
func pick(all []cards.TestCard) cards.TestCard {
	for _, c := range all {
		if c.Kind == cards.TestValid {
			return c
		}
	}
	return cards.TestCard{}
}

// approved makes a partner in the first sector, approved and not active.
func (b *builder) approved(ctx context.Context) (partner, at uuid.UUID, err error) {
	s := b.app.Partners
	first, err := s.Get(ctx, b.shops[0].partner)
	if err != nil {
		return partner, at, err
	}
	p, err := s.Create(b.officer, partners.NewPartner{SectorID: first.SectorID, BranchID: palu.id, Profile: partners.Profile{Name: "Bengkel Contoh Tatanga"}})
	if err != nil {
		return partner, at, err
	}
	o, err := s.CreateOutlet(b.officer, p.ID, outlet("Tatanga Motor", "Jl. Contoh 20, Palu", "72.71", -0.9231, 119.8554))
	if err != nil {
		return partner, at, err
	}
	if _, err := s.Submit(b.officer, p.ID); err != nil {
		return partner, at, err
	}
	_, err = s.Approve(b.supervisor, p.ID)
	return p.ID, o.ID, err
}

// enrolled enrols a till at an outlet.
func (b *builder) enrolled(ctx context.Context, outlet uuid.UUID, name string) (uuid.UUID, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return uuid.Nil, err
	}
	full, err := key.PublicKey.Bytes()
	if err != nil {
		return uuid.Nil, err
	}
	code, err := b.app.Tills.Enrol(ctx, outlet)
	if err != nil {
		return uuid.Nil, err
	}
	t, err := b.app.Tills.Join(ctx, code.Code, append([]byte{2 + full[64]&1}, full[1:33]...), name)
	if err != nil {
		return uuid.Nil, err
	}
	_, err = b.app.Tills.Confirm(ctx, t.ID)
	return t.ID, err
}

// counters puts tills at outlets of the first two partners, and cashiers at the
// third of the first one, whose till was confirmed a while ago and never heard of.
// Nobody knows their PINs: the owner gives new ones.
func (b *builder) counters(ctx context.Context) error {
	now := b.clock.Now()
	defer b.clock.Set(now)
	b.clock.Set(now.Add(-20 * 24 * time.Hour))
	if _, err := b.enrolled(ctx, b.shops[0].outlets[2], "Tablet depan"); err != nil {
		return err
	}
	for _, name := range []string{"Sari", "Udin", "Melati"} {
		if _, err := b.app.Tills.AddCashier(ctx, b.shops[0].outlets[2], name, tills.NewPIN()); err != nil {
			return err
		}
	}
	b.clock.Set(now)
	if _, err := b.app.Tills.TellSilent(ctx); err != nil {
		return err
	}
	_, err := b.enrolled(ctx, b.shops[1].outlets[0], "Kasir depan")
	return err
}
