package participants

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

const nameMost = 200 // characters

// entry is a person ready to be written: checked, with ids, sealed.
type entry struct {
	person  participantRow
	id      string // identity number
	member  *membershipRow
	keys    []keyRow
	consent *consentRow
	birth   clock.Day
}

// Create enters a person, with a first membership and consent when given.
// Whoever asked to be erased comes back with a new consent only, which also lets
// imports take them in again. Errors: ErrInvalid with fields,
// ErrDuplicateIdentity, ErrDuplicateKPJ, ErrBranchNotFound, ErrErased.
func (s *Service) Create(ctx context.Context, n NewParticipant) (Participant, error) {
	ids, err := s.createAll(ctx, []NewParticipant{n}, func(ctx context.Context, all []entry) error {
		e := &all[0]
		if err := s.events.Publish(ctx, events.Event{
			Kind: "participant.created", SubjectID: e.person.ID, ParticipantID: e.person.ID,
			Payload: map[string]any{"participant_id": e.person.ID, "branch_id": e.person.BranchID},
		}); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "participant.created", Subject: audit.Subject{Kind: "participant", ID: e.person.ID},
			Details: map[string]any{"branch_id": e.person.BranchID, "id_type": e.person.IDType, "with_membership": e.member != nil},
		})
	})
	if err != nil {
		return Participant{}, err
	}
	out, err := s.load(ctx, ids[0])
	if err != nil {
		return Participant{}, err
	}
	out.Warnings, err = s.warnings(ctx, n)
	return out, err
}

// CreateMany enters many people in one transaction with one audit entry, and
// returns their ids in the order given. One bad or doubled person refuses all.
func (s *Service) CreateMany(ctx context.Context, all []NewParticipant) ([]uuid.UUID, error) {
	if len(all) == 0 {
		return []uuid.UUID{}, nil
	}
	return s.createAll(ctx, all, func(ctx context.Context, all []entry) error {
		return s.audit.Append(ctx, audit.Event{
			Action: "participants.created", Subject: audit.Subject{Kind: "participant"},
			Details: map[string]any{"count": len(all)},
		})
	})
}

func (s *Service) createAll(ctx context.Context, all []NewParticipant, finish func(context.Context, []entry) error) ([]uuid.UUID, error) {
	entries, err := s.prepareAll(ctx, all)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(entries))
	for i := range entries {
		ids[i] = entries[i].person.ID
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		for _, id := range branchesOf(entries) {
			if _, err := s.branch(ctx, id); err != nil {
				return err
			}
		}
		if err := s.insertEntries(ctx, entries, nil); err != nil {
			return err
		}
		return finish(ctx, entries)
	})
	return ids, err
}

func branchesOf(entries []entry) []uuid.UUID {
	var ids []uuid.UUID
	for i := range entries {
		ids = append(ids, entries[i].person.BranchID)
		if m := entries[i].member; m != nil {
			ids = append(ids, m.BranchID)
		}
	}
	return sortedIDs(ids)
}

func (s *Service) prepareAll(ctx context.Context, all []NewParticipant) ([]entry, error) {
	known, err := s.regions(ctx)
	if err != nil {
		return nil, err
	}
	branches, err := s.branchMap(ctx)
	if err != nil {
		return nil, err
	}
	members := make([]*NewMembership, len(all))
	for i := range all {
		members[i] = all[i].Membership
	}
	if err := s.agentsInReach(ctx, members...); err != nil {
		return nil, err
	}
	reach, now := actor.From(ctx).Scope(actor.WriteParticipants), s.clock.Now()
	out := make([]entry, len(all))
	for i := range all {
		n := &all[i]
		b, ok := branches[n.BranchID]
		if !ok || !reach.HasBranch(n.BranchID) {
			return nil, ErrBranchNotFound
		}
		if m := n.Membership; m != nil && m.BranchID != uuid.Nil && m.BranchID != n.BranchID {
			if b, ok = branches[m.BranchID]; !ok || !reach.HasBranch(m.BranchID) {
				return nil, ErrBranchNotFound
			}
		}
		if out[i], err = s.prepare(n, b, known, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) branchMap(ctx context.Context) (map[uuid.UUID]Branch, error) {
	all, err := s.branches(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]Branch, len(all))
	for _, b := range all {
		out[b.ID] = b
	}
	return out, nil
}

// prepare checks a person and makes the rows. b is the branch of the
// membership: days are its days.
func (s *Service) prepare(n *NewParticipant, b Branch, known map[string]bool, now time.Time) (entry, error) {
	var bad []fault.Field
	note := func(pointer string, err error) {
		if f, ok := asFault(err); ok {
			bad = append(bad, fault.Field{Pointer: pointer, Code: f.Code})
		}
	}
	if n.IDType == "" {
		n.IDType = NIKType
	}
	if n.IDType != NIKType && n.IDType != PassportType {
		bad = append(bad, fault.Field{Pointer: "/id_type", Code: "unknown"})
	}
	number, err := ParseIdentity(n.IDType, n.IDNumber.Reveal())
	note("/id_number", err)
	name, err := cleanName(n.Name.Reveal())
	note("/name", err)
	phone, err := optionalPhone(n.Phone.Reveal())
	note("/phone", err)
	today := dayAt(now, b.Zone)
	note("/birth_on", checkBirth(n.BirthOn, today))
	if n.RegionCode != "" && !known[n.RegionCode] {
		note("/region_code", errRegionUnknown)
	}
	id := uid.At(now)
	e := entry{id: number, birth: n.BirthOn}
	if n.Membership != nil {
		m, kpj, fields := s.newMembership(n.Membership, id, b, now)
		bad = append(bad, prefixed("/membership", fields)...)
		e.member, e.keys = m, append(e.keys, keyRow{kpjKey, s.keys.Index(kpjKey, kpj), id, &m.ID})
	}
	if c := n.Consent; c != nil {
		bad = append(bad, prefixed("/consent", c.check())...)
		e.consent = c.row(id, now)
	}
	if len(bad) > 0 {
		return entry{}, ErrInvalid.With(bad...)
	}
	e.keys = append(e.keys, keyRow{Kind: string(n.IDType), Digest: s.keys.Index(string(n.IDType), number), ParticipantID: id})
	e.person = participantRow{
		ID: id, BranchID: n.BranchID, RegionCode: orNull(n.RegionCode), IDType: string(n.IDType), CreatedAt: now, UpdatedAt: now,
		IDSealed: s.keys.Seal(place("participants", "id_sealed", id), number),
	}
	s.sealPerson(&e.person, name, n.BirthOn, phone)
	return e, nil
}

func (s *Service) sealPerson(r *participantRow, name string, birth clock.Day, phone string) {
	r.NameSealed = s.keys.Seal(place("participants", "name_sealed", r.ID), name)
	r.BirthSealed = s.keys.Seal(place("participants", "birth_sealed", r.ID), string(birth))
	r.PhoneSealed = s.keys.Seal(place("participants", "phone_sealed", r.ID), phone)
}

// insertEntries writes new people. Identity keys come first: they decide a
// race, and the loser has written nothing else.
func (s *Service) insertEntries(ctx context.Context, all []entry, importID *uuid.UUID) error {
	var ids, kpjs []keyRow
	var people []participantRow
	var members []membershipRow
	var history []historyRow
	var consents []consentRow
	for i := range all {
		e := &all[i]
		people = append(people, e.person)
		for _, k := range e.keys {
			if k.Kind == kpjKey {
				kpjs = append(kpjs, k)
			} else {
				ids = append(ids, k)
			}
		}
		if e.member != nil {
			members = append(members, *e.member)
			history = append(history, e.member.history(e.member.CreatedAt, Source(e.member.Source), importID))
		}
		if e.consent != nil {
			consents = append(consents, *e.consent)
		}
	}
	if err := s.claim(ctx, ids, ErrDuplicateIdentity); err != nil {
		return err
	}
	if err := s.claim(ctx, kpjs, ErrDuplicateKPJ); err != nil {
		return err
	}
	if err := s.settleErased(ctx, all); err != nil {
		return err
	}
	if err := insertRows(ctx, s.db, people, "write participants"); err != nil {
		return err
	}
	if err := insertRows(ctx, s.db, members, "write memberships"); err != nil {
		return err
	}
	if err := insertRows(ctx, s.db, history, "write history"); err != nil {
		return err
	}
	return insertRows(ctx, s.db, consents, "write consents")
}

func (s *Service) claim(ctx context.Context, keys []keyRow, taken error) error {
	free, err := s.claimKeys(ctx, sortedKeys(keys))
	if err != nil {
		return err
	}
	if !free {
		return taken
	}
	return nil
}

// Get returns a person in reach, or ErrNotFound. The person sees that somebody
// looked.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Participant, error) {
	row, err := s.visible(ctx, id, actor.ReadParticipants)
	if err != nil {
		return Participant{}, err
	}
	if err := s.noteAccess(ctx, lookAtOne, []seen{{row.ID, row.BranchID}}); err != nil {
		return Participant{}, err
	}
	return s.load(ctx, id)
}

func (s *Service) load(ctx context.Context, id uuid.UUID) (Participant, error) {
	row, err := s.visible(actor.With(ctx, actor.System()), id, actor.ReadParticipants)
	if err != nil {
		return Participant{}, err
	}
	all, err := s.shown(ctx, []participantRow{*row})
	if err != nil {
		return Participant{}, err
	}
	return all[0], nil
}

// List returns the people in reach, newest first. A filter by number needs
// actor.SearchParticipants, else ErrSearch; a number that cannot be one gives
// ErrInvalid. Everybody on the page sees that somebody looked.
func (s *Service) List(ctx context.Context, f Filter, r page.Request) (page.Of[Participant], error) {
	who, way := actor.From(ctx), lookAtList
	var q listQuery
	if f.IDNumber != "" || f.KPJ != "" {
		if way = lookBySearch; !who.Can(way.perm) {
			return page.Of[Participant]{}, ErrSearch
		}
		if err := s.CountSearch(ctx); err != nil {
			return page.Of[Participant]{}, err
		}
		if err := s.searchKeys(f, &q); err != nil {
			return page.Of[Participant]{}, err
		}
	}
	q.filter, q.reach, q.page = f, who.Scope(way.perm), r
	rows, err := s.list(ctx, q)
	if err != nil {
		return page.Of[Participant]{}, err
	}
	cut := page.Cut(rows, r, func(p participantRow) uuid.UUID { return p.ID })
	if err := s.noteAccess(ctx, way, seenOf(cut.Items)); err != nil {
		return page.Of[Participant]{}, err
	}
	items, err := s.shown(ctx, cut.Items)
	return page.Of[Participant]{Items: items, NextCursor: cut.NextCursor}, err
}

func (s *Service) searchKeys(f Filter, q *listQuery) error {
	if f.IDNumber != "" {
		kind := f.IDType
		if kind == "" {
			kind = NIKType
		}
		n, err := ParseIdentity(kind, f.IDNumber.Reveal())
		if err != nil {
			return err
		}
		q.keys = append(q.keys, keyRow{Kind: string(kind), Digest: s.keys.Index(string(kind), n)})
	}
	if f.KPJ != "" {
		n, err := ParseKPJ(f.KPJ.Reveal())
		if err != nil {
			return err
		}
		q.keys = append(q.keys, keyRow{Kind: kpjKey, Digest: s.keys.Index(kpjKey, n)})
	}
	return nil
}

// Update changes a person's own data. The answer shows all of it, so that the
// person sees a look. Errors: ErrNotFound, ErrInvalid.
func (s *Service) Update(ctx context.Context, id uuid.UUID, c Change) (Participant, error) {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.visible(ctx, id, actor.WriteParticipants); err != nil {
			return err
		}
		locked, err := s.lockParticipants(ctx, []uuid.UUID{id})
		if err != nil {
			return err
		}
		row, ok := locked[id]
		if !ok { // erased since
			return ErrNotFound
		}
		fields, err := s.apply(ctx, row, c)
		if err != nil {
			return err
		}
		row.UpdatedAt = s.clock.Now()
		if err := s.updateParticipant(ctx, row); err != nil {
			return err
		}
		if err := s.noteAccess(ctx, lookAtOne, []seen{{row.ID, row.BranchID}}); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "participant.updated", Subject: audit.Subject{Kind: "participant", ID: id},
			Details: map[string]any{"fields": fields},
		})
	})
	if err != nil {
		return Participant{}, err
	}
	return s.load(ctx, id)
}

// apply seals the changed columns of row and returns their names.
func (s *Service) apply(ctx context.Context, row *participantRow, c Change) ([]string, error) {
	var fields []string
	var bad []fault.Field
	set := func(column string, to *[]byte, text string, err error) {
		if f, ok := asFault(err); ok {
			bad = append(bad, fault.Field{Pointer: "/" + column, Code: f.Code})
			return
		}
		*to, fields = s.keys.Seal(place("participants", column+"_sealed", row.ID), text), append(fields, column)
	}
	if c.Name != nil {
		name, err := cleanName(c.Name.Reveal())
		set("name", &row.NameSealed, name, err)
	}
	if c.Phone != nil {
		phone, err := optionalPhone(c.Phone.Reveal())
		set("phone", &row.PhoneSealed, phone, err)
	}
	if c.BirthOn != nil {
		set("birth", &row.BirthSealed, string(*c.BirthOn), checkBirth(*c.BirthOn, clock.DayOf(s.clock.Now(), time.UTC)))
	}
	if c.RegionCode != nil {
		known, err := s.regions(ctx)
		if err != nil {
			return nil, err
		}
		if *c.RegionCode != "" && !known[*c.RegionCode] {
			bad = append(bad, fault.Field{Pointer: "/region_code", Code: errRegionUnknown.Code})
		}
		row.RegionCode, fields = orNull(*c.RegionCode), append(fields, "region_code")
	}
	if len(bad) > 0 {
		return nil, ErrInvalid.With(bad...)
	}
	return fields, nil
}

func (s *Service) warnings(ctx context.Context, n NewParticipant) ([]string, error) {
	if n.IDType == PassportType {
		return nil, nil
	}
	number, err := ParseNIK(n.IDNumber.Reveal())
	if err != nil {
		return nil, err
	}
	known, err := s.regions(ctx)
	if err != nil {
		return nil, err
	}
	return number.Warnings(func(c string) bool { return known[c] }, n.BirthOn, clock.DayOf(s.clock.Now(), time.UTC)), nil
}

// shown opens the sealed columns of rows and masks the numbers, and the names
// for those who may not read them.
func (s *Service) shown(ctx context.Context, rows []participantRow) ([]Participant, error) {
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	members, err := s.membershipsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	branches, err := s.branchMap(ctx)
	if err != nil {
		return nil, err
	}
	held := make(map[uuid.UUID][]Membership, len(rows))
	for i := range members {
		m, err := s.shownMembership(&members[i], branches[members[i].BranchID].Zone)
		if err != nil {
			return nil, err
		}
		held[m.ParticipantID] = append(held[m.ParticipantID], m)
	}
	out := make([]Participant, len(rows))
	for i := range rows {
		if out[i], err = s.shownPerson(&rows[i], named(ctx)); err != nil {
			return nil, err
		}
		out[i].Memberships = held[rows[i].ID]
	}
	return out, nil
}

func (s *Service) shownPerson(r *participantRow, named bool) (Participant, error) {
	var texts [3]string
	for i, c := range []struct {
		column string
		sealed []byte
	}{{"name_sealed", r.NameSealed}, {"id_sealed", r.IDSealed}, {"phone_sealed", r.PhoneSealed}} {
		text, err := s.keys.Unseal(place("participants", c.column, r.ID), c.sealed)
		if err != nil {
			return Participant{}, fmt.Errorf("open %s: %w", c.column, err)
		}
		texts[i] = text
	}
	if !named {
		texts[0] = strings.ReplaceAll(MaskName(texts[0]), "-", " ")
	}
	return Participant{
		ID: r.ID, BranchID: r.BranchID, RegionCode: orZero(r.RegionCode), IDType: IDType(r.IDType), Name: pii.Text(texts[0]),
		IDNumberMasked: maskNumber(texts[1]), PhoneMasked: maskNumber(texts[2]), Restricted: r.Restricted,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}, nil
}

// cleanName trims a name, folds runs of blanks, and refuses what cannot be one
// or would be a formula in a spreadsheet.
func cleanName(s string) (string, error) {
	name := strings.Join(strings.Fields(s), " ")
	switch {
	case name == "":
		return "", errRequired
	case !utf8.ValidString(name) || utf8.RuneCountInString(name) > nameMost || strings.ContainsFunc(name, isControl):
		return "", errNameForm
	case strings.ContainsRune("=+-@", rune(name[0])):
		return "", errFormula
	}
	return name, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

func optionalPhone(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	return ParsePhone(s)
}

// checkBirth accepts no date, or a real one between 130 years ago and today.
func checkBirth(d, today clock.Day) error {
	if d == "" {
		return nil
	}
	if _, err := clock.ParseDay(string(d)); err != nil || d > today || d < today.AddMonths(-12*130) {
		return errBirth
	}
	return nil
}
