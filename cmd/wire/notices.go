package wire

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/messages"
	"github.com/berlaku/berlaku/notices"
)

// noticing makes the notices, and has them hear of every event.
func (a *App) noticing() error {
	zone, err := time.LoadLocation(consoleZone)
	if err != nil {
		return err
	}
	a.Notices = notices.New(notices.Deps{
		DB: a.DB, Clock: a.Clock, Homes: a.Participants, Post: post{a.Messages, a.Clock}, Readers: a.reader, PublicURL: a.Config.PublicURL, Zone: zone,
	})
	a.Events.OnPublish(a.Notices.Take)
	return nil
}

// reader returns an account that wants notices by mail, as it may read them now.
func (a *App) reader(ctx context.Context, id uuid.UUID) (notices.Reader, error) {
	account, err := a.Accounts.Get(actor.With(ctx, actor.System()), id)
	switch {
	case fault.KindOf(err) == fault.NotFound, err == nil && account.State != accounts.Active:
		return notices.Reader{}, notices.ErrNotFound
	case err != nil:
		return notices.Reader{}, err
	}
	return notices.Reader{Actor: actor.Actor{Kind: actor.Account, ID: id, Grants: account.Grants}, Email: account.Email}, nil
}

// mailLife is how long a mail of notices is worth sending.
const mailLife = 24 * time.Hour

// post carries notices by the queue of messages.
type post struct {
	messages *messages.Service
	clock    clock.Clock
}

// Mails implements notices.Post.
func (p post) Mails() bool { return p.messages.Mails() }

// Mail implements notices.Post.
func (p post) Mail(ctx context.Context, accountID uuid.UUID, to, text pii.Text) error {
	return p.messages.Queue(ctx, messages.Message{
		AccountID: accountID, Kind: messages.Notice, To: to, Text: text, ExpiresAt: p.clock.Now().Add(mailLife),
	})
}
