package world

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/redemptions"
)

// year lets a year pass: each month the branch imports who still pays and some
// people get a card, each working day some of them use a promo.
func (b *builder) year(ctx context.Context) error {
	waiting := []*person{}
	for i := range b.folk {
		if b.folk[i].promoUser {
			waiting = append(waiting, &b.folk[i])
		}
	}
	first := dayOf(b.clock.Now()).AddDays(1)
	days := dayOf(b.now).DaysSince(first)
	perMonth := len(waiting) / (days/30 + 1)
	if err := b.expired(ctx); err != nil {
		return err
	}
	for n := range days {
		day := first.AddDays(n)
		if n%30 == 0 {
			joined := min(perMonth, len(waiting))
			if err := b.month(ctx, day, waiting[:joined]); err != nil {
				return err
			}
			waiting = waiting[joined:]
		}
		if day.Weekday() != time.Sunday {
			if err := b.day(ctx, day, 4+n*10/days); err != nil {
				return fmt.Errorf("uses of %s: %w", day, err)
			}
		}
	}
	return nil
}

// month issues cards to those who joined and imports the month's memberships.
func (b *builder) month(ctx context.Context, day clock.Day, joined []*person) error {
	b.clock.Set(day.Start(zone).Add(7 * time.Hour))
	if err := b.keys(ctx); err != nil {
		return err
	}
	b.pool = append(b.pool, joined...)
	err := b.snapshot(ctx, b.pool, day, func(*person) (participants.Status, clock.Day) { return participants.Active, day.AddMonths(2) })
	if err != nil {
		return err
	}
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		for _, p := range joined {
			card, err := b.app.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: p.id, Form: cards.Printed})
			if err != nil {
				return err
			}
			p.cardText = b.app.Cards.Text(card)
		}
		return nil
	})
}

// day is what happens at the tills on one day: uses, a few refusals, a void now
// and then. One commit for the day makes it quick; the records are the same.
func (b *builder) day(ctx context.Context, day clock.Day, mean int) error {
	opening := day.Start(zone).Add(8 * time.Hour)
	uses := b.rand.IntN(mean+1) + mean/2
	at := opening
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		b.clock.Set(opening)
		if err := b.settle(ctx, day); err != nil {
			return err
		}
		for range uses {
			at = at.Add(time.Duration(1+b.rand.IntN(16*3600/(uses+1))) * time.Second / 2)
			b.clock.Set(at)
			if err := b.visit(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// till acts as a till system at one outlet of a shop.
func (b *builder) till(ctx context.Context, s *shop, outlet int) context.Context {
	return actor.With(ctx, actor.Actor{
		Kind: actor.APIKey, ID: uuid.NewSHA1(s.outlets[outlet], []byte("till")), PartnerID: s.partner, OutletID: s.outlets[outlet],
		Permissions: []actor.Permission{actor.Validate, actor.Redeem, actor.VoidOwn},
	})
}

// visit is one person at one counter.
func (b *builder) visit(ctx context.Context) error {
	at := 0
	if b.rand.IntN(5) == 0 {
		at = 1
	}
	s := &b.shops[at]
	till := b.till(ctx, s, b.rand.IntN(len(s.outlets)))
	if b.rand.IntN(20) == 0 {
		_, err := b.app.Redemptions.Validate(till, redemptions.Scan{Card: foreign[b.rand.IntN(len(foreign))]})
		return err
	}
	p := b.pool[b.rand.IntN(len(b.pool))]
	text, err := b.shows(ctx, p)
	if err != nil {
		return err
	}
	promo := s.promos[b.rand.IntN(len(s.promos))]
	r, _, err := b.app.Redemptions.Redeem(till, redemptions.Request{
		Key: uuid.New(), Card: text, CardGiven: true, BenefitID: promo.ID, Gross: 25_000 + 500*b.rand.Int64N(300),
		ReceiptNumber: fmt.Sprintf("NJB-%05d", b.rand.IntN(100_000)), IDChecked: true,
	})
	if err != nil || r.Outcome != redemptions.Granted {
		return err
	}
	b.dispute(ctx, s, p, r.ID, dayOf(b.clock.Now()))
	if b.rand.IntN(60) > 0 {
		return nil
	}
	b.clock.Advance(2 * time.Minute)
	_, err = b.app.Redemptions.Void(till, r.ID, "Salah pilih promo")
	return err
}

// foreign are texts of codes that are none of ours.
var foreign = []string{"https://example.com/menu", "WIFI:T:WPA;S:Bengkel;P:;;", "HTTPS://KARTU.EXAMPLE.CO/1/X", "0002010102115802ID"}

// shows returns what the person shows: mostly the printed card, sometimes a
// phone that was activated just before.
func (b *builder) shows(ctx context.Context, p *person) (string, error) {
	if b.rand.IntN(8) > 0 {
		return p.cardText, nil
	}
	a, err := b.app.Participants.BeginActivation(ctx, p.id)
	if err != nil {
		return "", err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	pub, err := key.PublicKey.Bytes()
	if err != nil {
		return "", err
	}
	card, _, err := b.app.Cards.Activate(ctx, a.Code, compressed(pub))
	if err != nil {
		return "", err
	}
	return cards.Present(b.app.Cards.Text(card), key, b.clock.Now())
}

// compressed turns an uncompressed P-256 point (SEC 1: 04 X Y) into 33 bytes.
func compressed(point []byte) []byte {
	const half = 32
	return append([]byte{2 + point[2*half]&1}, point[1:1+half]...)
}
