package partners

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// Faults of applications.
var (
	ErrApplicationNotFound = fault.New(fault.NotFound, "application_not_found", "There is no such application, or the phone number is another.")
	ErrApplications        = fault.New(fault.TooMany, "too_many_applications", "Too many attempts. Wait and try again.")
	ErrNoBranch            = fault.New(fault.Invalid, "branch_missing", "Choose the branch that looks after the partner.")
)

// ApplicationState is where an application stands.
type ApplicationState string

// The states of an application.
const (
	ApplicationNew      ApplicationState = "new"
	ApplicationAccepted ApplicationState = "accepted"
	ApplicationRefused  ApplicationState = "refused"
)

// Throttle counts attempts over all servers (accounts.Service.Allow).
type Throttle interface {
	Allow(ctx context.Context, bucket string, limit int, window time.Duration) (ok bool, retryAfter time.Duration, err error)
}

// LimitApplications registers who counts applications. Call it while wiring;
// without it they are not limited.
func (s *Service) LimitApplications(t Throttle) { s.throttle = t }

// ApplicationsError is ErrApplications with the time after which trying makes sense.
type ApplicationsError struct{ After time.Duration }

// Error implements error.
func (*ApplicationsError) Error() string { return ErrApplications.Error() }

// Unwrap returns ErrApplications.
func (*ApplicationsError) Unwrap() error { return ErrApplications }

// RetryAfter returns how long to wait, at least a second.
func (e *ApplicationsError) RetryAfter() time.Duration { return max(e.After, time.Second) }

// NewApplication is what a business says that wants to become a partner.
type NewApplication struct {
	SectorID   uuid.UUID
	RegionCode string // regency or city; its branch looks after the application
	Profile           // name and phone of the contact are needed
	Address    pii.Text
	Why        pii.Text
	Consent    bool   // to be contacted about this
	Network    string // where it comes from, for the limits; empty: unknown
}

// Application is a business that asked to become a partner.
type Application struct {
	ID         uuid.UUID
	Reference  string
	BranchID   uuid.UUID // zero: no branch looks after the region
	RegionCode string
	SectorID   uuid.UUID
	Profile
	Address, Why pii.Text
	State        ApplicationState
	AssigneeID   uuid.UUID
	PartnerID    uuid.UUID // of an accepted one
	DecidedBy    uuid.UUID
	DecidedAt    *time.Time
	Reason       string // why it was refused; the applicant reads it
	ConsentAt    time.Time
	CreatedAt    time.Time
	Doubles      int // others with the same NIB or phone, partners included
}

// ApplicationStatus is what an applicant may see.
type ApplicationStatus struct {
	Reference, Name string
	State           ApplicationState
	Partner         State // of an accepted one
	Reason          string
	CreatedAt       time.Time
	DecidedAt       *time.Time
}

const (
	whyMax        = 1000
	referenceSigs = "23456789ABCDEFGHJKMNPQRSTVWXYZ" // what is not mistaken for another
)

var referenceForm = regexp.MustCompile(`^M-[` + referenceSigs + `]{4}-[` + referenceSigs + `]{4}$`)

// Apply takes in an application of anybody and returns its reference. That the
// business asked before or is a partner is told to staff only. Errors:
// ErrInvalid, *ApplicationsError.
func (s *Service) Apply(ctx context.Context, n NewApplication) (reference string, err error) {
	n.Profile = n.tidy()
	n.Contact.Phone = tidyPhone(n.Contact.Phone)
	n.Address, n.Why = pii.Text(lines(n.Address)), pii.Text(lines(n.Why))
	wrong := n.check()
	if err := wrong.Err(ErrInvalid); err != nil {
		return "", err
	}
	index := s.phoneIndex(n.Contact.Phone)
	if err := s.count(ctx, n.Network, "apply", 10, string(index), 3); err != nil {
		return "", err
	}
	now := s.clock.Now()
	a := Application{
		ID: uid.At(now), Reference: newReference(), RegionCode: n.RegionCode, SectorID: n.SectorID, Profile: n.Profile,
		Address: n.Address, Why: n.Why, State: ApplicationNew, ConsentAt: now, CreatedAt: now,
	}
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if a.BranchID, err = s.homeOf(ctx, n); err != nil {
			return err
		}
		if err := s.insertApplication(ctx, &a, index); err != nil {
			return err
		}
		err = s.events.Publish(ctx, events.Event{Kind: "partner.submitted", SubjectID: a.ID, Payload: map[string]any{
			"application_id": a.ID, "branch_id": a.BranchID,
		}})
		if err != nil {
			return err
		}
		return s.audit.Append(ctx, applicationEvent("received", a.ID, nil))
	})
	if err != nil {
		return "", err
	}
	return a.Reference, nil
}

// homeOf returns the branch that looks after the region of an application.
func (s *Service) homeOf(ctx context.Context, n NewApplication) (uuid.UUID, error) {
	var wrong check.List
	sec, err := s.sector(ctx, n.SectorID, false)
	if fault.KindOf(err) == fault.Internal && err != nil {
		return uuid.Nil, err
	}
	wrong.If(err != nil || !sec.Takes(), "/sector_id", check.Unknown)
	places, err := s.places(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	for _, p := range places {
		if p.Code == n.RegionCode {
			return p.BranchID, wrong.Err(ErrInvalid)
		}
	}
	wrong.If(true, "/region_code", check.Unknown)
	return uuid.Nil, wrong.Err(ErrInvalid)
}

// Takes reports whether businesses of the sector may ask to become partners:
// those that are open or may be opened.
func (s Sector) Takes() bool {
	return s.State == SectorCandidate || s.State == SectorAssessed || s.State == SectorOpen
}

// ApplicationStatus returns where an application stands to whoever knows its
// reference and the phone number in it; anything else is ErrApplicationNotFound,
// whichever of the two was wrong.
func (s *Service) ApplicationStatus(ctx context.Context, reference string, phone pii.Text, network string) (ApplicationStatus, error) {
	reference = strings.ToUpper(strings.TrimSpace(reference))
	if !referenceForm.MatchString(reference) {
		reference = ""
	}
	if err := s.count(ctx, network, "status", 30, reference, 10); err != nil {
		return ApplicationStatus{}, err
	}
	index := s.phoneIndex(tidyPhone(phone))
	if index == nil || reference == "" {
		return ApplicationStatus{}, ErrApplicationNotFound
	}
	return s.applicationStatus(ctx, reference, index)
}

// count counts an attempt of a network, in an hour, and about something, in a day.
func (s *Service) count(ctx context.Context, network, what string, most int, about string, mostAbout int) error {
	if s.throttle == nil {
		return nil
	}
	for _, l := range []struct {
		bucket string
		on     bool
		limit  int
		window time.Duration
	}{
		{"partner-" + what + "-network " + network, network != "", most, time.Hour},
		{"partner-" + what + "-about " + about, about != "", mostAbout, 24 * time.Hour},
	} {
		if !l.on {
			continue
		}
		ok, after, err := s.throttle.Allow(ctx, l.bucket, l.limit, l.window)
		if err != nil {
			return err
		}
		if !ok {
			return &ApplicationsError{After: after}
		}
	}
	return nil
}

func (n *NewApplication) check() check.List {
	wrong := n.Profile.check()
	wrong.If(n.Contact.Name == "", "/contact/name", check.Required)
	wrong.If(n.Contact.Phone == "", "/contact/phone", check.Required)
	wrong.Lines("/address", n.Address.Reveal(), 1, addressMax)
	wrong.Lines("/why", n.Why.Reveal(), 1, whyMax)
	wrong.If(!n.Consent, "/consent", check.Required)
	return wrong
}

func lines(t pii.Text) string {
	return strings.TrimSpace(strings.ReplaceAll(t.Reveal(), "\r\n", "\n"))
}

// tidyPhone writes a number as it is dialled from abroad: 0812-345 as +62812345.
func tidyPhone(t pii.Text) pii.Text {
	s := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(strings.TrimSpace(t.Reveal()))
	switch {
	case strings.HasPrefix(s, "0"):
		s = "+62" + s[1:]
	case strings.HasPrefix(s, "62"):
		s = "+" + s
	}
	return pii.Text(s)
}

// phoneIndex returns the blind index of a number, nil of none.
func (s *Service) phoneIndex(t pii.Text) []byte {
	phone := tidyPhone(t)
	if phone == "" {
		return nil
	}
	return s.keys.Index("partner_phone", phone.Reveal())
}

// newReference returns 39 random bits that can be read aloud.
func newReference() string {
	out := make([]byte, 0, len("M-XXXX-XXXX"))
	out = append(out, "M-"...)
	for i := range 8 {
		if i == 4 {
			out = append(out, '-')
		}
		out = append(out, sign())
	}
	return string(out)
}

// sign returns a random one of referenceSigs, each as likely as the others.
func sign() byte {
	var b [1]byte
	for {
		rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
		if int(b[0]) < 256/len(referenceSigs)*len(referenceSigs) {
			return referenceSigs[int(b[0])%len(referenceSigs)]
		}
	}
}

func applicationEvent(done string, id uuid.UUID, details map[string]any) audit.Event {
	return audit.Event{Action: "application." + done, Subject: audit.Subject{Kind: "application", ID: id}, Details: details}
}
