// Package notices tells staff and partner owners what happened that they should
// know: an agreement that ends, a data request whose time is over, a use that
// somebody disputes.
//
// Notices are made of events, in the transaction in which the event happens: a
// notice exists exactly when its event does. A notice is for a branch or for a
// partner, and for whoever holds its permission there; who that is follows from
// the grants at the time of reading. It holds ids, numbers and codes, nothing
// personal. Who wants gets a mail with counts and a link, at once or once a day.
package notices

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
)

// Kind is what a notice is about: the kind of the event that it was made of.
type Kind string

// The kinds.
const (
	AgreementEnding   Kind = "agreement.ending"
	AgreementExpired  Kind = "agreement.expired"
	PartnerSubmitted  Kind = "partner.submitted"
	QuotaLow          Kind = "quota.low"
	BenefitSubmitted  Kind = "benefit.submitted"
	UseDisputed       Kind = "redemption.disputed"
	ImportFinished    Kind = "import.finished"
	TillSilent        Kind = "till.silent"
	DataRequestOpened Kind = "data_request.opened"
	DataRequestLate   Kind = "data_request.overdue"
)

// audience says who is told of a kind: whoever holds a permission at the branch,
// and whoever holds one at the partner; empty: nobody there.
type audience struct {
	subject           string // what SubjectID is
	branch, ofPartner actor.Permission
}

var audiences = map[Kind]audience{
	AgreementEnding:   {"agreement", actor.WritePartners, actor.WritePartners},
	AgreementExpired:  {"agreement", actor.WritePartners, actor.WritePartners},
	PartnerSubmitted:  {"partner", actor.ApprovePartners, ""},
	QuotaLow:          {"benefit", actor.WriteBenefits, actor.WriteBenefits},
	BenefitSubmitted:  {"benefit", actor.ApproveBenefits, ""},
	UseDisputed:       {"redemption", actor.DecideDisputes, actor.DisputeUses},
	ImportFinished:    {"import", actor.ImportParticipants, ""},
	TillSilent:        {"till", actor.WritePartners, actor.EnrolTills},
	DataRequestOpened: {"data_request", actor.HandleRequests, ""},
	DataRequestLate:   {"data_request", actor.HandleRequests, ""},
}

// Kinds returns every kind, in a fixed order.
func Kinds() []Kind {
	return []Kind{
		DataRequestLate, DataRequestOpened, UseDisputed, BenefitSubmitted, PartnerSubmitted, AgreementEnding, AgreementExpired, QuotaLow, TillSilent, ImportFinished,
	}
}

// For returns the kinds of which an actor may hear at all.
func For(who actor.Actor) []Kind {
	return slices.DeleteFunc(Kinds(), func(k Kind) bool {
		a := audiences[k]
		return !hears(who.Scope(a.branch), false) && (a.ofPartner == "" || !hears(who.Scope(a.ofPartner), true))
	})
}

func hears(r actor.Reach, partner bool) bool {
	if partner {
		return len(r.Partners) > 0
	}
	return r.National || len(r.Branches) > 0
}

// Notice is one piece of news.
type Notice struct {
	ID          uuid.UUID
	Kind        Kind
	SubjectKind string
	SubjectID   uuid.UUID
	BranchID    uuid.UUID // zero: for a partner
	PartnerID   uuid.UUID // zero: for a branch
	Params      map[string]any
	CreatedAt   time.Time
	Read        bool
}

// Param returns a parameter as text, "" when there is none.
func (n Notice) Param(name string) string {
	switch v := n.Params[name].(type) {
	case string:
		return v
	case float64:
		return fmt.Sprintf("%.0f", v)
	case nil:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// Filter narrows a list; zero fields do not.
type Filter struct {
	Kind   Kind
	Unread bool
}

// Mailing is when a kind goes out by mail.
type Mailing string

// The ways of mailing.
const (
	MailNever Mailing = "" // only in the console
	MailDaily Mailing = "daily"
	MailNow   Mailing = "now"
)

// MostUnread is up to where unread notices are counted.
const MostUnread = 99

// keep is how long a notice stays.
const keep = 180 * 24 * time.Hour

// Faults of this room.
var (
	// ErrNotFound occurs when there is no such notice for the account that acts.
	ErrNotFound = fault.New(fault.NotFound, "notice_not_found", "There is no such notice.")
	// ErrSetting occurs when a kind or a way of mailing is none.
	ErrSetting = fault.New(fault.Invalid, "notice_setting", "Choose for each kind: never, daily or at once.")
)

// Homes tells the branch of a person, for events that name a person only.
type Homes interface {
	Home(ctx context.Context, id uuid.UUID) (branchID uuid.UUID, regionCode string, err error)
}

// Reader is an account that wants mail: what it may see, and where mail reaches it.
type Reader struct {
	Actor actor.Actor
	Email pii.Text
}

// Post carries mail to accounts.
type Post interface {
	// Mails reports whether mail can be sent at all.
	Mails() bool
	// Mail queues a text in the caller's transaction.
	Mail(ctx context.Context, accountID uuid.UUID, to, text pii.Text) error
}

// Readers gives accounts by their ids; those that are disabled or gone give
// ErrNotFound.
type Readers func(ctx context.Context, id uuid.UUID) (Reader, error)

// Deps is what the service works with. Without Post or Readers no mail leaves.
type Deps struct {
	DB      *database.DB
	Clock   clock.Clock
	Homes   Homes
	Post    Post
	Readers Readers
	// PublicURL is where the links of mails lead.
	PublicURL string
	// Zone is the one in which the hour of daily mails is told; nil: UTC.
	Zone *time.Location
}

// Service keeps notices.
type Service struct {
	Deps
	db    *database.DB
	clock clock.Clock
}

// New returns the notices in d.DB.
func New(d Deps) *Service {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Service{Deps: d, db: d.DB, clock: d.Clock}
}

// List returns the notices for the account that acts, newest first.
func (s *Service) List(ctx context.Context, f Filter, r page.Request) (page.Of[Notice], error) {
	who := actor.From(ctx)
	rows, err := s.list(ctx, query{who: who, filter: f}, r)
	if err != nil {
		return page.Of[Notice]{}, err
	}
	cut := page.Cut(rows, r, func(r noticeRow) uuid.UUID { return r.ID })
	return shown(cut)
}

// Get returns one notice for the account that acts, or ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Notice, error) {
	rows, err := s.list(ctx, query{who: actor.From(ctx), id: id}, page.Request{Limit: 1})
	if err != nil {
		return Notice{}, err
	}
	if len(rows) == 0 {
		return Notice{}, ErrNotFound
	}
	return rows[0].notice()
}

// Unread counts the notices that the account that acts has not read, up to MostUnread.
func (s *Service) Unread(ctx context.Context) (int, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Account {
		return 0, nil
	}
	return s.countUnread(ctx, query{who: who, filter: Filter{Unread: true}}, MostUnread)
}

// MarkRead notes that the account that acts has read a notice; twice is once.
// Errors: ErrNotFound.
func (s *Service) MarkRead(ctx context.Context, id uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Get(ctx, id); err != nil {
			return err
		}
		return s.insertRead(ctx, actor.From(ctx).ID, id, s.clock.Now())
	})
}

// MarkAllRead notes that the account that acts has read everything there is.
func (s *Service) MarkAllRead(ctx context.Context) error {
	who := actor.From(ctx)
	if who.Kind != actor.Account {
		return ErrNotFound
	}
	return s.db.InTx(ctx, func(ctx context.Context) error { return s.setMark(ctx, who.ID, s.clock.Now()) })
}

// Purge removes notices older than 180 days and returns how many.
func (s *Service) Purge(ctx context.Context) (n int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.deleteBefore(ctx, s.clock.Now().Add(-keep))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge notices: %w", err)
	}
	return n, nil
}
