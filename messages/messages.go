// Package messages carries short texts to people: by SMS, WhatsApp or mail,
// through one gateway that the operator chooses, or into a file.
//
// A message is queued in the transaction that makes it necessary and sent
// afterwards. Number and text are sealed, and forgotten as soon as the message
// has left, expired or failed for good. No log, event or audit entry carries
// either.
//
// A message leaves at least once: a server that dies between the gateway's
// answer and its own note sends it again after the lease. Two servers never
// send the same one within a lease.
package messages

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// Kind is what a message is for.
type Kind string

// The kinds.
const (
	ClaimCode Kind = "claim_code" // six digits for who asks for a card by their own data
	CardLink  Kind = "card_link"  // the link that puts a card on a phone
	Notice    Kind = "notice"
)

// Message is a text to one person.
type Message struct {
	ParticipantID uuid.UUID // zero: to nobody; written like the others and never sent, unless to an account
	AccountID     uuid.UUID // of staff or an owner, by mail only; else zero
	Kind          Kind
	To            pii.Text // phone in E.164 (+62…) or an address of mail; empty: to nobody
	Text          pii.Text
	ExpiresAt     time.Time // not sent any more from then on
}

// Deps is what the service works with. A nil Gateway sends nothing: messages
// are dropped when they are queued.
type Deps struct {
	DB      *database.DB
	Clock   clock.Clock
	Keys    *pii.Keyring
	Gateway Gateway
}

// Gateway hands a text to whoever delivers it. Its errors are *SendError, or
// of ctx; they carry neither number nor text.
type Gateway interface {
	Send(ctx context.Context, m Outgoing) error
}

var errNotInTransaction = errors.New("a message is queued in the transaction that makes it necessary")

// Service is the queue.
type Service struct {
	db      *database.DB
	clock   clock.Clock
	keys    *pii.Keyring
	gateway Gateway
}

// New returns the queue in d.DB.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, keys: d.Keys, gateway: d.Gateway}
}

// Enabled reports whether messages are sent at all.
func (s *Service) Enabled() bool { return s.gateway != nil }

// Mails reports whether an address of mail can be reached: not every gateway
// carries mail.
func (s *Service) Mails() bool {
	carrier, ok := s.gateway.(interface{ Mails() bool })
	return ok && carrier.Mails()
}

// Queue writes a message inside the transaction of ctx: one statement, whoever
// it goes to. Without a gateway nothing of number and text is kept.
func (s *Service) Queue(ctx context.Context, m Message) error {
	if !s.db.InTransaction(ctx) {
		return errNotInTransaction
	}
	now := s.clock.Now()
	row := messageRow{
		ID: uid.At(now), ParticipantID: m.ParticipantID, Kind: string(m.Kind), State: queued,
		CreatedAt: now, DueAt: now, ExpiresAt: m.ExpiresAt,
	}
	if m.AccountID != uuid.Nil {
		row.AccountID = &m.AccountID
	}
	to, text := s.keys.Seal(place("to_sealed", row.ID), m.To.Reveal()), s.keys.Seal(place("text_sealed", row.ID), m.Text.Reveal())
	if s.gateway == nil {
		row.State, row.Failure, row.EndedAt = dropped, codeOff, &now
	} else {
		row.ToSealed, row.TextSealed = to, text
	}
	return s.insert(ctx, &row)
}

// Erase removes every message to a person. It joins the caller's transaction.
func (s *Service) Erase(ctx context.Context, participantID uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return s.deleteOf(ctx, participantID) })
}

const keepMessages = 30 * 24 * time.Hour

// Purge removes messages that ended 30 days ago and returns how many.
func (s *Service) Purge(ctx context.Context) (n int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.deleteBefore(ctx, s.clock.Now().Add(-keepMessages))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge messages: %w", err)
	}
	return n, nil
}
