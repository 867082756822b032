package participants

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
)

// Profile is a person as staff see them at a desk: name and numbers masked for
// everybody. Reveal shows more.
type Profile struct {
	Participant
	Branch   Branch
	Valid    bool              // the best membership counts today
	History  []Snapshot        // newest first
	Consents []Consent         // newest first
	Requests []DataRequest     // newest first, without what they say; nil for who does not handle them
	Accesses page.Of[LookNote] // the newest looks of staff
}

// Snapshot is what was known of a membership from an instant on.
type Snapshot struct {
	MembershipID               uuid.UUID
	Status                     Status
	ProtectedUntil, StatusAsOf clock.Day
	Source                     Source
	RecordedAt                 time.Time
}

// LookNote is a look of staff as other staff may read it.
type LookNote struct {
	Access
	Whole bool     // everything was shown, not only the masked lines
	Note  pii.Text // why, in their words; only for who reads the audit log
}

// Whole is everything that is known of a person.
type Whole struct {
	Participant
	IDNumber, Phone pii.Text
	BirthOn         clock.Day
	KPJ             map[uuid.UUID]pii.Text // by membership
}

// Bounds of the reason for which somebody looks at everything, in characters.
const (
	NoteLeast = 5
	NoteMost  = 300
)

// SearchesAnHour is how many searches one account may make in an hour.
const SearchesAnHour = 120

// Faults of the desk.
var (
	// ErrLookReason occurs when somebody wants to see everything and does not say why.
	ErrLookReason = fault.New(fault.Invalid, "access_reason", "Say why you need to see these data: choose a reason and write 5 to 300 characters.")
	// ErrSearches occurs when an account has searched too often.
	ErrSearches = fault.New(fault.TooMany, "searches_too_many", "You have searched 120 times within an hour. Wait and try again.")
)

// SearchLimitError is ErrSearches with the time after which trying makes sense.
type SearchLimitError struct{ After time.Duration }

// Error implements error.
func (*SearchLimitError) Error() string { return ErrSearches.Error() }

// Unwrap returns ErrSearches.
func (*SearchLimitError) Unwrap() error { return ErrSearches }

// RetryAfter returns how long to wait.
func (e *SearchLimitError) RetryAfter() time.Duration { return max(e.After, time.Second) }

type maskKey struct{}

// Masked returns a context in which names are masked, also for who may read them.
func Masked(ctx context.Context) context.Context { return context.WithValue(ctx, maskKey{}, true) }

func named(ctx context.Context) bool {
	masked, _ := ctx.Value(maskKey{}).(bool) //nolint:errcheck // absent: not masked
	return !masked && actor.From(ctx).Can(actor.ReadNames)
}

// CountSearch counts a search of the account that acts, or returns a
// *SearchLimitError. List counts those by number itself; this is for other ways
// of looking for one person, as by the code of a card.
func (s *Service) CountSearch(ctx context.Context) error {
	who := actor.From(ctx)
	if who.Kind != actor.Account || s.throttle == nil {
		return nil
	}
	ok, after, err := s.throttle.Allow(ctx, "search "+who.ID.String(), SearchesAnHour, time.Hour)
	switch {
	case err != nil:
		return fmt.Errorf("count search: %w", err)
	case !ok:
		return &SearchLimitError{After: after}
	}
	return nil
}

// Profile returns a person in reach of actor.ReadParticipants, or ErrNotFound.
// The person sees that somebody looked.
func (s *Service) Profile(ctx context.Context, id uuid.UUID) (Profile, error) {
	p, err := s.Get(Masked(ctx), id)
	if err != nil {
		return Profile{}, err
	}
	out := Profile{Participant: p}
	if out.Branch, err = s.Branch(ctx, p.BranchID); err != nil {
		return Profile{}, err
	}
	standing, err := s.Standing(ctx, id)
	if err != nil {
		return Profile{}, err
	}
	out.Valid = standing.Valid
	if out.History, err = s.historyOf(ctx, id); err != nil {
		return Profile{}, err
	}
	consents, err := s.consentsOf(ctx, id)
	if err != nil {
		return Profile{}, err
	}
	out.Consents = shownConsents(consents)
	if actor.From(ctx).Scope(actor.HandleRequests).HasBranch(p.BranchID) {
		if out.Requests, err = s.requestsOfPerson(ctx, id); err != nil {
			return Profile{}, err
		}
	}
	out.Accesses, err = s.looksOf(ctx, id, page.Request{Limit: 20})
	return out, err
}

func shownConsents(rows []consentRow) []Consent {
	out := make([]Consent, len(rows))
	for i, c := range rows {
		out[i] = Consent{
			Version: c.Version, TextHash: c.TextHash, Channel: Channel(c.Channel), GivenAt: c.GivenAt.UTC(), WithdrawnAt: c.WithdrawnAt,
		}
	}
	return out
}

// requestsOfPerson returns a person's requests without what they say.
func (s *Service) requestsOfPerson(ctx context.Context, id uuid.UUID) ([]DataRequest, error) {
	rows, err := s.requestsOf(ctx, id, page.Request{Limit: page.Default})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].NoteSealed, rows[i].AnswerSealed = nil, nil
	}
	all, err := s.shownRequests(page.Of[requestRow]{Items: rows})
	return all.Items, err
}

// looksOf returns the looks of staff at a person, newest first.
func (s *Service) looksOf(ctx context.Context, id uuid.UUID, r page.Request) (page.Of[LookNote], error) {
	rows, err := s.accessesOf(ctx, id, r)
	if err != nil {
		return page.Of[LookNote]{}, err
	}
	branches, err := s.branchMap(ctx)
	if err != nil {
		return page.Of[LookNote]{}, err
	}
	cut := page.Cut(rows, r, func(r accessRow) uuid.UUID { return r.ID })
	out := page.Of[LookNote]{Items: make([]LookNote, len(cut.Items)), NextCursor: cut.NextCursor}
	for i, r := range cut.Items {
		out.Items[i] = LookNote{Whole: r.Whole, Access: Access{
			ID: r.ID, At: r.At.UTC(), Role: actor.Role(r.Role), Branch: branches[orZero(r.BranchID)].Name, Action: r.Action, Reason: AccessReason(r.Reason),
		}}
		if !actor.From(ctx).Can(actor.ReadAudit) {
			continue
		}
		note, err := s.keys.Unseal(place("data_accesses", "note_sealed", r.ID), r.NoteSealed)
		if err != nil {
			return page.Of[LookNote]{}, fmt.Errorf("open note: %w", err)
		}
		out.Items[i].Note = pii.Text(note)
	}
	return out, nil
}

// Reveal returns everything that is known of a person within the reach of
// actor.ReadNames. Each call leaves a look of its own with its reason: the kind
// of it and the words of who looks. Errors: ErrNotFound, ErrLookReason.
func (s *Service) Reveal(ctx context.Context, id uuid.UUID, reason AccessReason, note pii.Text) (Whole, error) {
	text := strings.Join(strings.Fields(note.Reveal()), " ")
	if n := utf8.RuneCountInString(text); n < NoteLeast || n > NoteMost || !utf8.ValidString(text) || strings.ContainsFunc(text, isControl) {
		return Whole{}, ErrLookReason.At("/note")
	}
	if !reason.Valid() {
		return Whole{}, ErrLookReason.At("/reason")
	}
	var out Whole
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.visible(ctx, id, actor.ReadNames)
		if err != nil {
			return err
		}
		if out, err = s.whole(ctx, row); err != nil {
			return err
		}
		return s.noteWhole(ctx, row, reason, text)
	})
	if err != nil {
		return Whole{}, fmt.Errorf("reveal participant: %w", err)
	}
	return out, nil
}

// noteWhole notes a look at everything; without it nothing is shown.
func (s *Service) noteWhole(ctx context.Context, row *participantRow, reason AccessReason, note string) error {
	if actor.From(ctx).Kind == actor.Account {
		a := s.access(ctx, lookAtAll, seen{row.ID, row.BranchID}, reason)
		a.HourAt, a.Whole = a.At, true // each one counts
		a.NoteSealed = s.keys.Seal(place("data_accesses", "note_sealed", a.ID), note)
		if _, err := s.insertAccesses(ctx, []accessRow{a}); err != nil {
			return err
		}
	}
	return s.audit.Append(ctx, audit.Event{
		Action: lookAtAll.entry, Subject: audit.Subject{Kind: "participant", ID: row.ID}, Details: map[string]any{"reason": reason},
	})
}

// whole opens every sealed column of a person.
func (s *Service) whole(ctx context.Context, row *participantRow) (Whole, error) {
	p, err := s.load(ctx, row.ID)
	if err != nil {
		return Whole{}, err
	}
	var texts [3]string
	for i, c := range []struct {
		column string
		sealed []byte
	}{{"id_sealed", row.IDSealed}, {"phone_sealed", row.PhoneSealed}, {"birth_sealed", row.BirthSealed}} {
		if texts[i], err = s.keys.Unseal(place("participants", c.column, row.ID), c.sealed); err != nil {
			return Whole{}, fmt.Errorf("open %s: %w", c.column, err)
		}
	}
	out := Whole{Participant: p, IDNumber: pii.Text(texts[0]), Phone: pii.Text(texts[1]), BirthOn: clock.Day(texts[2]), KPJ: map[uuid.UUID]pii.Text{}}
	members, err := s.membershipsOf(ctx, []uuid.UUID{row.ID})
	if err != nil {
		return Whole{}, err
	}
	for _, m := range members {
		kpj, err := s.keys.Unseal(place("memberships", "kpj_sealed", m.ID), m.KPJSealed)
		if err != nil {
			return Whole{}, fmt.Errorf("open kpj_sealed: %w", err)
		}
		out.KPJ[m.ID] = pii.Text(kpj)
	}
	return out, nil
}

// Count returns how many people in reach a list would hold. Numbers are not for
// counting: with one it returns ErrSearch.
func (s *Service) Count(ctx context.Context, f Filter) (int64, error) {
	if f.IDNumber != "" || f.KPJ != "" {
		return 0, ErrSearch
	}
	return s.countPeople(ctx, listQuery{filter: f, reach: actor.From(ctx).Scope(actor.ReadParticipants)})
}

// Region is a place of the official list.
type Region struct{ Code, Name, Kind string }

// Regions returns provinces, regencies and cities, by code. For everybody.
func (s *Service) Regions(ctx context.Context) ([]Region, error) {
	all, err := s.regionNames(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(r Region) bool { return r.Kind == "district" }), nil
}
