package world

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/redemptions"
)

const (
	wishers       = 320 // people who wish for something
	quarrelOdds   = 120 // one use in so many is disputed
	lately        = 14  // days before the end in which one in lateOdds is disputed: some are not decided yet
	lateOdds      = 12
	disputeWithin = 5 // days after the use
	decideWithin  = 9 // days after the dispute
)

// missed are businesses that people name, by sector, and how many in a hundred
// wish for it. All are invented.
var missed = []struct {
	code  string
	odds  int
	names []string
}{
	{"APT", 60, []string{
		"Apotek Contoh Sehat", "Apotek Mutiara Tadulako", "apotek contoh sehat", "Klinik Pratama Sintuvu", "Optik Cahaya Teluk",
		"Apotek Rakyat Besusu", "Klinik Gigi Senyum Palu", "Apotek Kasih Bunda", "Optik Terang Jaya",
	}},
	{"MKN", 55, []string{
		"Kaledo Contoh", "RM Teluk Palu", "Warung Uta Dada Ibu Rosi", "kaledo contoh", "Kedai Kopi Kamonji", "Bakso Contoh Besusu",
		"Warung Nasi Kuning Tondo", "Ikan Bakar Talise Contoh", "Kedai Saraba Malam",
	}},
	{"MOT", 6, []string{"Bengkel Contoh Mamboro", "Tambal Ban Pak Umar"}},
}

// quarrel is a use that somebody is going to dispute.
type quarrel struct {
	use              uuid.UUID
	by               context.Context //nolint:containedctx // who disputes, for the length of the build
	why              redemptions.DisputeReason
	disputed         bool
	disputeOn, endOn clock.Day // endOn empty: nothing is to be decided
	decision         redemptions.Decision
	note             string
}

// phone acts as the person's phone.
func phone(ctx context.Context, p *person) context.Context {
	return actor.With(ctx, actor.Actor{Kind: actor.Participant, ID: p.id, Permissions: []actor.Permission{actor.OwnRecords}})
}

// wishes lets people wish for sectors that are not open yet, and a few for more
// of the first one.
func (b *builder) wishes(ctx context.Context) error {
	r := rand.New(rand.NewPCG(Seed, 3)) //nolint:gosec // a world from a seed, not a secret
	sectors, err := b.app.Partners.Sectors(ctx)
	if err != nil {
		return err
	}
	ids := map[string]uuid.UUID{}
	for _, s := range sectors {
		ids[s.Code] = s.ID
	}
	b.clock.Set(b.now.Add(-3 * time.Hour))
	left := wishers
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		for _, i := range r.Perm(len(b.folk)) {
			p := &b.folk[i]
			if left == 0 {
				return nil
			}
			if p.status != participants.Active {
				continue
			}
			left--
			b.clock.Advance(time.Duration(1+r.IntN(15)) * time.Second)
			if err := b.wishOf(phone(ctx, p), r, ids); err != nil {
				return err
			}
		}
		return errTooFew
	})
}

// wishOf lets one person wish.
func (b *builder) wishOf(ctx context.Context, r *rand.Rand, sectors map[string]uuid.UUID) error {
	for _, sector := range missed {
		if r.IntN(100) >= sector.odds {
			continue
		}
		text := ""
		if r.IntN(3) > 0 { // two in three name one, the first ones most
			text = sector.names[min(r.IntN(len(sector.names)), r.IntN(len(sector.names)))]
		}
		if _, err := b.app.Partners.Wish(ctx, sectors[sector.code], pii.Text(text)); err != nil {
			return err
		}
	}
	return nil
}

// dispute notes, now and then, that somebody is going to dispute a use: mostly
// the person, now and then the owner.
func (b *builder) dispute(ctx context.Context, s *shop, p *person, use uuid.UUID, day clock.Day) {
	odds := quarrelOdds
	if dayOf(b.now).DaysSince(day) < lately {
		odds = lateOdds
	}
	if p.home.id != palu.id || b.temper.IntN(odds) > 0 {
		return
	}
	q := quarrel{use: use, by: phone(ctx, p), why: redemptions.NotReceived, decision: redemptions.Uphold, note: "Struk dan catatan kasir cocok."}
	switch b.temper.IntN(4) {
	case 0:
		q.why, q.decision, q.note = redemptions.NotMe, redemptions.Reverse, "Kartu sudah dilaporkan hilang sebelum hari itu."
	case 1:
		q.why, q.decision, q.note = redemptions.WrongAmount, redemptions.Reverse, "Jumlah di struk lain; toko diminta mencatat ulang."
	case 2:
		q.by, q.why, q.note = s.owner, redemptions.OtherReason, "Catatan kasir sesuai; potongan tetap."
	}
	q.disputeOn = day.AddDays(1 + b.temper.IntN(disputeWithin))
	q.endOn = q.disputeOn.AddDays(1 + b.temper.IntN(decideWithin))
	b.quarrels = append(b.quarrels, q)
}

// settle disputes and decides what is due on a day. What was taken back
// meanwhile is no use any more.
func (b *builder) settle(ctx context.Context, day clock.Day) error {
	for i := range b.quarrels {
		q := &b.quarrels[i]
		if !q.disputed && q.disputeOn <= day {
			q.disputed = true
			_, err := b.app.Redemptions.Dispute(joined(ctx, q.by), q.use, q.why)
			if errors.Is(err, redemptions.ErrNotDisputable) {
				q.endOn = ""
				continue
			}
			if err != nil {
				return err
			}
		}
		if q.disputed && q.endOn != "" && q.endOn <= day {
			q.endOn = ""
			if _, err := b.app.Redemptions.Decide(joined(ctx, b.supervisor), q.use, q.decision, q.note); err != nil {
				return err
			}
		}
	}
	return nil
}

// joined is ctx, in which somebody else acts.
func joined(ctx, by context.Context) context.Context { return actor.With(ctx, actor.From(by)) }
