// Package messages carries short texts to people: by SMS, WhatsApp or mail,
// through one gateway that the operator chooses, or into a file.
//
// A message is queued in the transaction that makes it necessary and sent
// afterwards. Number and text are sealed, and forgotten as soon as the message
// has left, expired or failed for good. No log, event or audit entry carries
// either.
package messages

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
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
	ParticipantID uuid.UUID // zero: to nobody; written like the others and never sent
	Kind          Kind
	To            pii.Text // phone in E.164 (+62…) or an address of mail
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

// Gateway hands a text to whoever delivers it.
type Gateway interface {
	Send(ctx context.Context, to, text string) error
}

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

// Queue writes a message inside the transaction of ctx.
func (s *Service) Queue(_ context.Context, _ Message) error { return errors.ErrUnsupported }

// Deliver sends what is due and returns how many messages ended.
func (s *Service) Deliver(_ context.Context) (int64, error) { return 0, nil }

// Erase forgets what is queued for a person. It joins the caller's transaction.
func (s *Service) Erase(_ context.Context, _ uuid.UUID) error { return nil }
