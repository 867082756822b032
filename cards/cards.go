package cards

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/participants"
)

// State is where a card is in its life. A card past its date stays active and
// is refused by its date.
type State string

// The states. Revoked and replaced are for ever.
const (
	Active   State = "active"
	Revoked  State = "revoked"
	Replaced State = "replaced"
)

// Life of a card in days.
const (
	phoneDays   = 30
	printedDays = 365
)

// Card is one card instance: one status index, one short code.
type Card struct {
	ID            uuid.UUID
	ParticipantID uuid.UUID
	BranchID      uuid.UUID
	Form          Form
	Idx           int64
	KID           string
	ExpiresDay    int    // days since 1970-01-01 UTC; the card is good before that day begins
	MaskedName    string // as on the wire, "-" for space
	DeviceKey     []byte // compressed P-256 point; nil when printed
	Signature     []byte
	ShortCode     string
	State         State
	RevokeReason  string
	ReplacedBy    uuid.UUID // zero when it was not
	IssuedAt      time.Time
	RenewedAt     time.Time // zero: never; then it carries the signature of then
	EndedAt       time.Time // zero while active
}

// ExpiresAt returns the instant from which the card is no longer good.
func (c Card) ExpiresAt() time.Time { return time.Unix(int64(c.ExpiresDay)*daySeconds, 0).UTC() }

// ExpiresOn returns the last day (UTC) on which the card is good.
func (c Card) ExpiresOn() clock.Day { return lastDay(c.ExpiresDay) }

// Contents returns what the issuer signed.
func (c Card) Contents() Contents {
	return Contents{KID: c.KID, Idx: c.Idx, Day: c.ExpiresDay, Name: c.MaskedName, Point: c.DeviceKey}
}

func lastDay(day int) clock.Day {
	return clock.DayOf(time.Unix(int64(day-1)*daySeconds, 0), time.UTC)
}

// Faults of this room.
var (
	// ErrNotFound occurs when there is no such card within the actor's reach.
	ErrNotFound = fault.New(fault.NotFound, "card_not_found", "There is no such card.")
	// ErrParticipant occurs when there is no such participant within the actor's reach.
	ErrParticipant = fault.New(fault.NotFound, "participant_not_found", "There is no such participant.")
	// ErrShard occurs when there is no such status list.
	ErrShard = fault.New(fault.NotFound, "status_list_not_found", "There is no such status list.")
	// ErrForm occurs when form and device key do not go together.
	ErrForm = fault.New(fault.Invalid, "card_form_invalid", "A phone card needs a device key, a printed card has none.")
	// ErrReason occurs when a reason is no code.
	ErrReason = fault.New(fault.Invalid, "reason_invalid", "The reason must be a code: lower-case letters and underscores, at most 40.")
	// ErrNotActive occurs when a card was revoked or replaced already.
	ErrNotActive = fault.New(fault.Conflict, "card_not_active", "The card was revoked or replaced already.")
	// ErrRestricted occurs when the person's data may not be processed.
	ErrRestricted = fault.New(fault.Conflict, "processing_restricted", "Processing of this person's data is restricted; no card can be issued.")
	// ErrNoPicture occurs when a picture is asked of a phone card: without the phone's proof no till takes it.
	ErrNoPicture = fault.New(fault.Conflict, "card_no_picture", "Only printed cards have a picture; a phone draws its own.")
	// ErrTooMany occurs when a sheet is asked for more cards than it may hold.
	ErrTooMany = fault.New(fault.Invalid, "too_many_cards", "A sheet holds at most 200 cards.")
	// ErrNoKey occurs when no signing key is in force.
	ErrNoKey = fault.New(fault.Unavailable, "signing_key_none", "No signing key is in force. Run: berlaku keys rotate")
	// ErrKeyNotFound occurs when there is no such signing key.
	ErrKeyNotFound = fault.New(fault.NotFound, "signing_key_not_found", "There is no such signing key.")
	// ErrKeyRevoked occurs when a signing key was withdrawn already.
	ErrKeyRevoked = fault.New(fault.Conflict, "signing_key_revoked", "The signing key was withdrawn already.")
	// ErrFull occurs when all 4,096 status lists are in use.
	ErrFull = fault.New(fault.Unavailable, "status_lists_full", "All status lists are in use.")
)

// Participants is what cards ask about people.
type Participants interface {
	Standing(ctx context.Context, id uuid.UUID) (participants.Standing, error)
	Standings(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]participants.Standing, error)
	MaskedName(ctx context.Context, id uuid.UUID) (string, error)
	UseActivation(ctx context.Context, code string) (participantID, activationID uuid.UUID, err error)
	UsedActivation(ctx context.Context, code string) (cardID uuid.UUID, err error)
	BindActivation(ctx context.Context, activationID, cardID uuid.UUID) error
	// Lock holds people's rows to the end of the transaction, so that a card is
	// never issued after an old standing while that standing changes.
	Lock(ctx context.Context, ids ...uuid.UUID) error

	Branch(ctx context.Context, id uuid.UUID) (participants.Branch, error)
	ConsentVersion(ctx context.Context, id uuid.UUID) (string, error)

	// Select gives ids of people within reach, in order.
	Select(ctx context.Context, sel participants.Selection, limit int) ([]uuid.UUID, error)
	WithPhone(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error)
	CanSend() bool
	BeginActivationFor(ctx context.Context, participantID, by uuid.UUID) (participants.Activation, error)
	SendActivation(ctx context.Context, participantID uuid.UUID, link string) (sent bool, err error)
	// EndActivations ends codes that were not used.
	EndActivations(ctx context.Context, ids []uuid.UUID) error
}

// Deps is what the service works with. Origin is the issuer's address, lower
// case, without a slash at the end (ParseOrigin); PublicURL is the address under
// which the server is known, without one either.
type Deps struct {
	DB           *database.DB
	Clock        clock.Clock
	Participants Participants
	Audit        *audit.Service
	Events       *events.Service
	Signer       *Keystore
	Origin       string
	PublicURL    string
	Wallets      Wallets
}

// Service issues, checks and ends cards and owns keys and status lists.
type Service struct {
	db     *database.DB
	clock  clock.Clock
	people Participants
	audit  *audit.Service
	events *events.Service
	signer *Keystore
	origin Origin
	url    string

	wallets Wallets
	takers  []func(ctx context.Context, participantID uuid.UUID) error // see OnRevoke

	mu    sync.Mutex
	lists map[int64]StatusToken // newest token of each shard; public, rebuilt at any time
}

// New returns the cards in d.DB. With an Origin that ParseOrigin refuses no
// card can be issued and none is recognised.
func New(d Deps) *Service {
	origin, err := ParseOrigin(d.Origin)
	if err != nil {
		origin = Origin{}
	}
	return &Service{
		db: d.DB, clock: d.Clock, people: d.Participants, audit: d.Audit, events: d.Events,
		signer: d.Signer, origin: origin, url: d.PublicURL, wallets: d.Wallets, lists: map[int64]StatusToken{},
	}
}

// Origin returns the issuer's address.
func (s *Service) Origin() Origin { return s.origin }

// Text returns the text of a card: the stored form of six fields for a phone,
// which adds its proof; the printed form of five fields.
func (s *Service) Text(c Card) string { return s.origin.Wire(c.Contents(), c.Signature) }
