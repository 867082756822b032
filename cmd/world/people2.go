package world

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

const (
	runPeople  = 60 // on the sheets of one run
	runSmall   = 12
	atTheEnd   = 20 // people at the end of the list, of whom no other part of the world is made
	overdueFor = 6 * time.Hour
)

// late lets somebody ask for a correction that nobody has answered in time.
func (b *builder) late(ctx context.Context) error {
	at := b.now.Add(-participants.RequestTime - overdueFor)
	if b.clock.Now().Before(at) {
		b.clock.Set(at)
	}
	for _, p := range b.pool {
		if p.home.id != palu.id {
			continue
		}
		_, _, err := b.app.Participants.Ask(phone(ctx, p), participants.AskCorrect, "Nama saya di kartu salah eja.")
		return err
	}
	return errTooFew
}

// last returns the n-th person from the end of the list.
func (b *builder) last(n int) *person { return &b.folk[len(b.folk)-1-n] }

// desk makes what staff work on: data requests in every state and orders of
// cards for many people.
func (b *builder) desk(ctx context.Context) error {
	for i, ask := range []struct {
		kind participants.RequestKind
		note pii.Text
		then func(context.Context, uuid.UUID) error
	}{
		{participants.AskErase, "Saya tidak ikut program lagi.", b.erased},
		{participants.AskErase, "Tolong hapus data saya.", b.prepared},
		{participants.AskErase, "", nil},
		{participants.AskCorrect, "Tanggal lahir saya keliru.", nil},
		{participants.AskCorrect, "Nomor HP saya sudah ganti.", b.corrected},
		{participants.AskCorrect, "Ganti nama jadi nama usaha.", b.refused},
		{participants.AskExport, "", nil},
		{participants.AskSee, "", nil},
		{participants.AskWithdraw, "", nil},
	} {
		p := b.last(i)
		b.clock.Advance(3 * time.Minute)
		q, _, err := b.app.Participants.Ask(phone(ctx, p), ask.kind, ask.note)
		if err == nil && ask.then != nil {
			err = ask.then(ctx, q.ID)
		}
		if err != nil {
			return err
		}
	}
	if err := b.cancelled(ctx, b.last(9)); err != nil {
		return err
	}
	_, _, err := b.app.Participants.AskFor(joined(ctx, b.officer), b.last(10).id, participants.AskExport, "Peserta datang ke loket.")
	if err != nil {
		return err
	}
	return b.runs(ctx)
}

func (b *builder) prepared(ctx context.Context, id uuid.UUID) error {
	_, err := b.app.Participants.PrepareErasure(joined(ctx, b.officer), id)
	return err
}

func (b *builder) erased(ctx context.Context, id uuid.UUID) error {
	if err := b.prepared(ctx, id); err != nil {
		return err
	}
	_, err := b.app.Participants.ApproveErasure(joined(ctx, b.supervisor), id)
	return err
}

func (b *builder) corrected(ctx context.Context, id uuid.UUID) error {
	_, err := b.app.Participants.CompleteRequest(joined(ctx, b.officer), id, "Nomor HP sudah kami perbarui.")
	return err
}

func (b *builder) refused(ctx context.Context, id uuid.UUID) error {
	_, err := b.app.Participants.RefuseRequest(joined(ctx, b.officer), id, "Nama pada kartu harus sama dengan KTP.")
	return err
}

func (b *builder) cancelled(ctx context.Context, p *person) error {
	q, _, err := b.app.Participants.Ask(phone(ctx, p), participants.AskErase, "")
	if err != nil {
		return err
	}
	return b.app.Participants.CancelRequest(phone(ctx, p), q.ID)
}

// runs orders cards for many: one that is done, one that was cancelled before it
// began, one that was taken back, and links to phones.
func (b *builder) runs(ctx context.Context) error {
	ctx = joined(ctx, b.officer)
	from := atTheEnd
	order := func(kind cards.RunKind, n int) (cards.Run, error) {
		ids := make([]uuid.UUID, n)
		for i := range ids {
			ids[i] = b.last(from + i).id
		}
		from += n
		b.clock.Advance(5 * time.Minute)
		return b.app.Cards.StartRun(ctx, cards.NewRun{Kind: kind, ParticipantIDs: ids})
	}
	if _, err := order(cards.RunSheet, runPeople); err != nil {
		return err
	}
	back, err := order(cards.RunSheet, runSmall)
	if err != nil {
		return err
	}
	if _, err := b.app.Cards.WorkRuns(ctx); err != nil {
		return err
	}
	if _, err := b.app.Cards.RevokeRun(ctx, back.ID); err != nil {
		return err
	}
	stopped, err := order(cards.RunSheet, runSmall)
	if err != nil {
		return err
	}
	if _, err := b.app.Cards.CancelRun(ctx, stopped.ID); err != nil {
		return err
	}
	if b.app.Participants.CanSend() {
		if _, err := order(cards.RunLinks, runSmall); err != nil {
			return err
		}
	}
	_, err = b.app.Cards.WorkRuns(ctx)
	return err
}

// news tells what is overdue, as the regular work does.
func (b *builder) news(ctx context.Context) error {
	_, err := b.app.Participants.TellOverdue(ctx)
	return err
}
