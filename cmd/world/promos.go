package world

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/redemptions"
)

// firstWeeks is the title of a promo that ended long ago.
const firstWeeks = "Diskon pembukaan 15% jasa servis"

// opening publishes a promo of the first weeks.
func (b *builder) opening(context.Context) error {
	s, today := &b.shops[1], dayOf(b.clock.Now())
	made, err := b.draft(s, firstWeeks, benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 15, MaxDiscount: rupiah(25_000), Stacking: benefits.Exclusive,
		ValidFrom: today, ValidTo: today.AddDays(40), Limits: limits(1, benefits.PerMonth, 0),
	})
	if err != nil {
		return err
	}
	return b.publish(s, made)
}

// showcase adds promos in every state to those at the tills: one that ended, one
// nearly used up that ends soon, one rejected, two that wait for approval, a
// second version of the first, and a draft.
func (b *builder) showcase(ctx context.Context) error {
	first, second := &b.shops[0], &b.shops[1]
	steps := []struct {
		daysAgo int
		do      func() error
	}{
		{12, func() error { return b.endsSoon(ctx, first) }},
		{3, func() error { return b.rejected(second) }},
		{2, func() error { return b.endOpening(second) }},
		{2, func() error { return b.waiting(first) }},
		{1, func() error { return b.revised(first) }},
		{1, func() error { _, err := b.draft(second, "Gratis cek rem dan lampu", freeCheck()); return err }},
	}
	for _, step := range steps {
		b.clock.Set(b.now.Add(-time.Duration(step.daysAgo) * 24 * time.Hour))
		if err := step.do(); err != nil {
			return err
		}
	}
	return nil
}

// endOpening ends the promo of the first weeks.
func (b *builder) endOpening(s *shop) error {
	found, err := b.app.Benefits.Board(s.owner, benefits.BoardFilter{State: benefits.Live, Text: firstWeeks}, page.Request{Limit: 1})
	if err != nil {
		return err
	}
	for _, e := range found.Items {
		if _, err := b.app.Benefits.End(s.owner, e.ID); err != nil {
			return err
		}
	}
	return nil
}

func freeCheck() benefits.Terms {
	return benefits.Terms{
		Kind: benefits.FreeItem, Basis: benefits.Labour, Value: 15_000, Stacking: benefits.Stackable, Limits: limits(1, benefits.PerMonth, 0),
	}
}

// draft proposes a promo.
func (b *builder) draft(s *shop, title string, t benefits.Terms) (benefits.Benefit, error) {
	if t.ValidFrom == "" {
		t.ValidFrom, t.ValidTo = dayOf(b.clock.Now()), dayOf(b.clock.Now()).AddMonths(12)
	}
	t.OutletIDs, t.MaxStatusAgeDays = slices.Clone(s.outlets), 45
	t.Segments = []benefits.Segment{benefits.BPU, benefits.PU}
	return b.app.Benefits.Create(s.owner, s.partner, title, t)
}

// publish takes the newest version of a promo to the tills.
func (b *builder) publish(s *shop, made benefits.Benefit) error {
	if _, err := b.app.Benefits.Submit(s.owner, made.ID); err != nil {
		return err
	}
	b.clock.Advance(20 * time.Minute)
	if _, err := b.app.Benefits.Approve(b.supervisor, made.ID, benefits.Seen{Version: made.Version, TermsHash: made.TermsHash}); err != nil {
		return err
	}
	b.clock.Advance(5 * time.Minute)
	_, err := b.app.Benefits.Publish(b.supervisor, made.ID)
	return err
}

func (b *builder) rejected(s *shop) error {
	made, err := b.draft(s, "Diskon 50% semua suku cadang", benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Parts, Value: 50, Stacking: benefits.Stackable, Limits: limits(4, benefits.PerMonth, 0),
	})
	if err != nil {
		return err
	}
	if _, err := b.app.Benefits.Submit(s.owner, made.ID); err != nil {
		return err
	}
	b.clock.Advance(26 * time.Hour)
	_, err = b.app.Benefits.Reject(b.supervisor, made.ID, "Tanpa potongan tertinggi dan anggaran, biayanya tidak dapat diperkirakan. Mohon ajukan lagi dengan batas.")
	return err
}

// endsSoon is a promo of a season whose quota is nearly used up.
func (b *builder) endsSoon(ctx context.Context, s *shop) error {
	const quota, used = 40, 34
	small := limits(1, benefits.PerMonth, 0)
	small.TotalCount, small.TotalAmount = rupiah(quota), rupiah(quota*15_000)
	today := dayOf(b.clock.Now())
	made, err := b.draft(s, "Ganti oli hemat akhir musim", benefits.Terms{
		Kind: benefits.Amount, Basis: benefits.Oil, Value: 15_000, MinGross: 40_000, Stacking: benefits.Exclusive,
		ValidFrom: today, ValidTo: dayOf(b.now).AddDays(11), Limits: small,
	})
	if err != nil {
		return err
	}
	if err := b.publish(s, made); err != nil {
		return err
	}
	granted := 0
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		for i, p := range b.pool {
			if granted == used {
				break
			}
			b.clock.Advance(2 * time.Hour)
			r, _, err := b.app.Redemptions.Redeem(b.till(ctx, s, i%len(s.outlets)), redemptions.Request{
				Key: uuid.New(), Card: p.cardText, CardGiven: true, BenefitID: made.ID, Gross: 45_000 + 1_000*int64(i%20),
				ReceiptNumber: fmt.Sprintf("OLI-%04d", i), IDChecked: true,
			})
			if err != nil {
				return err
			}
			if r.Outcome == redemptions.Granted {
				granted++
			}
		}
		return nil
	})
}

func (b *builder) waiting(s *shop) error {
	big := limits(1, benefits.PerMonth, 0)
	big.TotalAmount = rupiah(750_000_000)
	for _, p := range []struct {
		title string
		terms benefits.Terms
	}{
		{"Gratis tambal ban sekali setahun", benefits.Terms{
			Kind: benefits.FreeItem, Basis: benefits.Labour, Value: 12_000, Stacking: benefits.Stackable, Limits: limits(1, benefits.PerYear, 0),
		}},
		{"Diskon 25% servis lengkap", benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Total, Value: 25, MaxDiscount: rupiah(100_000), MinGross: 100_000, Stacking: benefits.Exclusive, Limits: big,
			Hours: []benefits.Hours{{From: "08:00", To: "12:00"}},
		}},
	} {
		made, err := b.draft(s, p.title, p.terms)
		if err != nil {
			return err
		}
		if _, err := b.app.Benefits.Submit(s.owner, made.ID); err != nil {
			return err
		}
	}
	return nil
}

// revised hands in a second version of the shop's first promo; the first stays
// at the tills.
func (b *builder) revised(s *shop) error {
	old, err := b.app.Benefits.Get(s.owner, s.promos[0].ID)
	if err != nil {
		return err
	}
	t := old.Terms
	t.MaxDiscount, t.Limits.TotalAmount = rupiah(30_000), rupiah(100_000_000)
	t.OutletIDs = t.OutletIDs[:2]
	t.Days = []benefits.Weekday{benefits.Monday, benefits.Tuesday, benefits.Wednesday, benefits.Thursday, benefits.Friday}
	if _, err := b.app.Benefits.Revise(s.owner, old.ID, old.Title, t); err != nil {
		return err
	}
	_, err = b.app.Benefits.Submit(s.owner, old.ID)
	return err
}
