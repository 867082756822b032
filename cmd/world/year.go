package world

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"slices"
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
			if err := b.day(ctx, day, busy(day, 4+n*11/days)); err != nil {
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
	all := slices.Clone(b.pool)
	for i := range b.folk {
		if b.folk[i].watched {
			all = append(all, &b.folk[i])
		}
	}
	fresh := map[*person]bool{}
	for _, p := range joined {
		fresh[p] = true
	}
	err := b.snapshot(ctx, all, day, func(p *person) (participants.Status, clock.Day) { return b.pays(p, day, fresh[p]) })
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

// pays draws whether somebody still pays this month: some stop, and some of
// those come back. Who uses promos stops a little less often, in this world; the
// report must not be able to tell why.
func (b *builder) pays(p *person, day clock.Day, fresh bool) (participants.Status, clock.Day) {
	stops := stopsUsing
	if p.watched {
		stops = stopsWatched
	}
	switch draw := b.habits.IntN(1000); {
	case fresh:
		p.lapsed = false
	case p.lapsed:
		p.lapsed = draw >= comesBack
	default:
		p.lapsed = draw < stops
	}
	if p.lapsed {
		return participants.InArrears, day.AddDays(-3)
	}
	return participants.Active, day.AddMonths(2)
}

const (
	oneWatchedIn = 45
	stopsUsing   = 32 // in a thousand, a month
	stopsWatched = 50
	comesBack    = 300
)

// seasons is how busy the months are, in percent: the feast after the fasting
// month and the end of the year are busy, the wet months are not.
var seasons = [12]int{85, 80, 125, 105, 95, 100, 105, 100, 95, 100, 105, 130}

// weekdays is how busy the days are, in percent, from Sunday.
var weekdays = [7]int{60, 95, 85, 90, 95, 105, 150}

// busy is how many uses a day has, about.
func busy(day clock.Day, mean int) int {
	month := day.Start(time.UTC).Month()
	return max(1, mean*seasons[month-1]*weekdays[day.Weekday()]/10_000)
}

// rush is how many come in each hour from 8 to 17, in shares.
var rush = [10]int{5, 9, 12, 10, 7, 6, 9, 13, 17, 12}

// moments draws when people come on a day, in order.
func (b *builder) moments(opening time.Time, n int) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		draw, hour := b.habits.IntN(100), 0
		for draw >= rush[hour] {
			draw -= rush[hour]
			hour++
		}
		out[i] = opening.Add(time.Duration(hour)*time.Hour + time.Duration(b.habits.IntN(3300))*time.Second)
	}
	slices.SortFunc(out, func(a, b time.Time) int { return a.Compare(b) })
	return out
}

// day is what happens at the tills on one day: uses, a few refusals, a void now
// and then. One commit for the day makes it quick; the records are the same.
func (b *builder) day(ctx context.Context, day clock.Day, mean int) error {
	opening := day.Start(zone).Add(8 * time.Hour)
	uses := b.rand.IntN(mean+1) + mean/2
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		b.clock.Set(opening)
		if err := b.settle(ctx, day); err != nil {
			return err
		}
		for _, at := range b.moments(opening, uses) {
			if at.After(b.clock.Now()) {
				b.clock.Set(at)
			}
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
	p := b.pool[b.rand.IntN(len(b.pool))]
	s := &b.shops[b.whereTo(p)]
	till := b.till(ctx, s, b.rand.IntN(len(s.outlets)))
	if b.rand.IntN(20) == 0 {
		_, err := b.app.Redemptions.Validate(till, redemptions.Scan{Card: foreign[b.rand.IntN(len(foreign))]})
		return err
	}
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

// whereTo draws the shop that somebody goes to: most to the first; people of
// Donggala to the one of their own, which joined after four months.
func (b *builder) whereTo(p *person) int {
	switch {
	case p.home == donggala && b.now.Sub(b.clock.Now()) < past-120*24*time.Hour && b.habits.IntN(3) > 0:
		return 2
	case b.rand.IntN(5) == 0:
		return 1
	}
	return 0
}

// foreign are texts of codes that are none of ours.
var foreign = []string{"https://example.com/menu", "WIFI:T:WPA;S:Bengkel;P:;;", "HTTPS://KARTU.EXAMPLE.CO/1/X", "0002010102115802ID"}

// shows returns what the person shows: mostly the printed card, sometimes a
// phone that was activated just before.
func (b *builder) shows(ctx context.Context, p *person) (string, error) {
	if b.rand.IntN(8) > 0 || p.lapsed {
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
