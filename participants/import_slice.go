package participants

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/uid"
)

// sliceTries is how often a slice is tried when another import takes the same
// numbers at the same time.
const sliceTries = 3

// known is what the database holds about the rows of a slice.
type known struct {
	kpj, ids map[string]keyRow
	people   map[uuid.UUID]*participantRow
	members  map[uuid.UUID]*membershipRow
	agents   map[string]uuid.UUID
	// erased are digests of people who asked to be erased, by the kind of number.
	erased map[string]map[string]uuid.UUID
}

// outcome is what a slice does; it is thrown away when its transaction fails.
type outcome struct {
	created, updated, unchanged, ended int64
	bad                                []RowError
	people                             []entry // new, with or without a membership
	members                            []membershipRow
	keys                               []keyRow
	changedPeople                      []*participantRow
	changedMembers                     []*membershipRow
	told                               []uuid.UUID
	fresh                              map[string]uuid.UUID // new people by identity digest
	touched                            map[person]struct{}
	changes                            []changeRow
}

func (s *Service) importSlice(ctx context.Context, j *job, b *slice) error {
	if b.read == 0 {
		return nil
	}
	agents, err := s.agentsOf(ctx, b.rows)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		var out *outcome
		var run ImportRun
		err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
			out, run, err = s.writeSlice(ctx, j, b, agents)
			return err
		})
		if errors.Is(err, errTakenWhileWriting) && try < sliceTries {
			continue
		}
		if err != nil {
			return err
		}
		j.run = run
		j.stored = min(MaxImportErrors, j.stored+len(out.bad))
		for id := range out.touched {
			j.touched[id] = struct{}{}
		}
		return nil
	}
}

func (s *Service) agentsOf(ctx context.Context, rows []importRow) (map[string]uuid.UUID, error) {
	seen := map[string]struct{}{}
	var codes []string
	for i := range rows {
		if c := rows[i].agentCode; c != "" {
			if _, twice := seen[c]; !twice {
				seen[c], codes = struct{}{}, append(codes, c)
			}
		}
	}
	if len(codes) == 0 {
		return map[string]uuid.UUID{}, nil
	}
	if s.agents == nil {
		return nil, errAgentsNotConnected
	}
	return s.agents(ctx, codes)
}

func (s *Service) writeSlice(ctx context.Context, j *job, b *slice, agents map[string]uuid.UUID) (*outcome, ImportRun, error) {
	if _, err := s.branch(ctx, j.branch.ID); err != nil {
		return nil, ImportRun{}, err
	}
	if err := s.holdLease(ctx, j); err != nil {
		return nil, ImportRun{}, err
	}
	k, err := s.lookUp(ctx, b.rows)
	if err != nil {
		return nil, ImportRun{}, err
	}
	k.agents = agents
	out := &outcome{fresh: map[string]uuid.UUID{}, touched: map[person]struct{}{}, bad: slices.Clone(b.bad)}
	for i := range b.rows {
		if err := s.decideRow(j, k, out, &b.rows[i]); err != nil {
			return nil, ImportRun{}, err
		}
	}
	if !j.run.DryRun {
		if err := s.store(ctx, j, out); err != nil {
			return nil, ImportRun{}, err
		}
	}
	run := j.run
	run.RowsRead += b.read
	run.Created, run.Updated, run.Unchanged, run.Ended = run.Created+out.created, run.Updated+out.updated, run.Unchanged+out.unchanged, run.Ended+out.ended
	run.Rejected += b.read - out.created - out.updated - out.unchanged
	kept := out.bad[:min(len(out.bad), MaxImportErrors-j.stored)]
	if err := s.insertImportErrors(ctx, run.ID, kept); err != nil {
		return nil, ImportRun{}, err
	}
	if err := s.moveOn(ctx, j, b, kept); err != nil {
		return nil, ImportRun{}, err
	}
	if err := s.updateImport(ctx, &run); err != nil {
		return nil, ImportRun{}, err
	}
	return out, run, s.audit.Append(ctx, audit.Event{
		Action: "import.slice_stored", Subject: audit.Subject{Kind: "import", ID: run.ID},
		Details: map[string]any{"rows": b.read, "created": out.created, "updated": out.updated, "ended": out.ended, "dry_run": run.DryRun},
	})
}

// lookUp finds what is stored about the rows and locks the people.
func (s *Service) lookUp(ctx context.Context, rows []importRow) (*known, error) {
	kpjs, ids := make([][]byte, len(rows)), map[IDType][][]byte{}
	for i := range rows {
		kpjs[i] = rows[i].kpjDigest
		ids[rows[i].idType] = append(ids[rows[i].idType], rows[i].idDigest)
	}
	k := &known{ids: map[string]keyRow{}, members: map[uuid.UUID]*membershipRow{}}
	var err error
	if k.kpj, err = s.keysOf(ctx, kpjKey, kpjs); err != nil {
		return nil, err
	}
	var people []uuid.UUID
	for _, key := range k.kpj {
		people = append(people, key.ParticipantID)
	}
	for kind, digests := range ids {
		found, err := s.keysOf(ctx, string(kind), digests)
		if err != nil {
			return nil, err
		}
		for d, key := range found {
			k.ids[d], people = key, append(people, key.ParticipantID)
		}
	}
	if k.people, err = s.lockParticipants(ctx, people); err != nil {
		return nil, err
	}
	if len(k.people) < len(sortedIDs(people)) { // somebody was erased between the two statements
		return nil, errTakenWhileWriting
	}
	if k.erased, err = s.erasedRows(ctx, kpjs, ids); err != nil {
		return nil, err
	}
	members, err := s.membershipsOf(ctx, sortedIDs(people))
	if err != nil {
		return nil, err
	}
	for i := range members {
		k.members[members[i].ID] = &members[i]
	}
	return k, nil
}

// suppressed names the column by which a row is of somebody who asked to be
// erased; empty when it is not.
func (k *known) suppressed(r *importRow) string {
	if _, gone := k.erased[string(r.idType)][string(r.idDigest)]; gone {
		return colIDNumber
	}
	if _, gone := k.erased[kpjKey][string(r.kpjDigest)]; gone {
		return colKPJ
	}
	return ""
}

// decideRow says what one row does.
func (s *Service) decideRow(j *job, k *known, out *outcome, r *importRow) error {
	reject := func(column, code string) error {
		out.bad = append(out.bad, RowError{r.line, column, code})
		return nil
	}
	agent, ok := k.agents[r.agentCode]
	if !ok && r.agentCode != "" {
		return reject(colAgent, errAgentUnknown.Code)
	}
	if column := k.suppressed(r); column != "" {
		return reject(column, ErrErased.Code)
	}
	person, personKnown := k.ids[string(r.idDigest)]
	key, kpjKnown := k.kpj[string(r.kpjDigest)]
	switch {
	case kpjKnown && (!personKnown || key.ParticipantID != person.ParticipantID):
		return reject(colIDNumber, "identity_mismatch")
	case kpjKnown:
		stored, ok := k.members[orZero(key.MembershipID)]
		switch {
		case !ok || stored.BranchID != j.branch.ID:
			return reject(colKPJ, "kpj_of_other_branch")
		case r.member.StatusAsOf < stored.StatusAsOf:
			return reject(colAsOf, ErrStale.Code)
		}
		return s.renew(j, k, out, r, stored, agent)
	case personKnown:
		_, err := s.renewPerson(j, k, out, r, person.ParticipantID)
		if err != nil {
			return err
		}
		s.addMembership(j, out, r, person.ParticipantID, agent)
		out.told = append(out.told, person.ParticipantID)
		return nil
	}
	id, ok := out.fresh[string(r.idDigest)]
	kind := madeMember
	if !ok {
		id, kind = s.addPerson(j, out, r), madePerson
	}
	s.addMembership(j, out, r, id, agent)
	out.changes[len(out.changes)-1].Kind = kind
	return nil
}

// renew puts a newer snapshot over a stored membership.
func (s *Service) renew(j *job, k *known, out *outcome, r *importRow, stored *membershipRow, agent uuid.UUID) error {
	next := *stored
	n := r.merge(j.layout, stored, agent)
	next.take(&n, j.today)
	renewed, err := s.renewPerson(j, k, out, r, stored.ParticipantID)
	if err != nil {
		return err
	}
	differs := !next.sameAs(stored)
	if differs {
		next.UpdatedAt = s.clock.Now()
		out.changedMembers = append(out.changedMembers, &next)
		out.changes = append(out.changes, memberChanged(stored, next.UpdatedAt))
		out.told = append(out.told, next.ParticipantID)
		if next.Status == string(Inactive) && stored.Status != string(Inactive) {
			out.ended++
		}
	}
	if differs || renewed {
		out.updated++
	} else {
		out.unchanged++
	}
	return nil
}

// renewPerson brings the person's own data up to the row: only for people of
// the importing branch, and once in a run, so that two rows that spell a name
// differently do not take turns.
func (s *Service) renewPerson(j *job, k *known, out *outcome, r *importRow, id uuid.UUID) (bool, error) {
	row := k.people[id]
	who := personOf(r.idDigest)
	if _, done := j.touched[who]; done || row == nil || row.BranchID != j.branch.ID {
		return false, nil
	}
	if _, done := out.touched[who]; done {
		return false, nil
	}
	out.touched[who] = struct{}{}
	before, changed := *row, false
	for _, c := range []struct {
		column string
		sealed *[]byte
		text   string
	}{{"name_sealed", &row.NameSealed, r.name}, {"birth_sealed", &row.BirthSealed, string(r.birth)}, {"phone_sealed", &row.PhoneSealed, r.phone}} {
		p := place("participants", c.column, id)
		old, err := s.keys.Unseal(p, *c.sealed)
		if err != nil {
			return false, err
		}
		if c.text != "" && c.text != old {
			*c.sealed, changed = s.keys.Seal(p, c.text), true
		}
	}
	if r.region != "" && r.region != orZero(row.RegionCode) {
		row.RegionCode, changed = &r.region, true
	}
	if changed {
		row.UpdatedAt = s.clock.Now()
		out.changedPeople = append(out.changedPeople, row)
		out.changes = append(out.changes, personChanged(&before, row.UpdatedAt))
	}
	return changed, nil
}

func (s *Service) addPerson(j *job, out *outcome, r *importRow) uuid.UUID {
	now := s.clock.Now()
	id := uid.At(now)
	e := entry{person: participantRow{
		ID: id, BranchID: j.branch.ID, RegionCode: orNull(r.region), IDType: string(r.idType), CreatedAt: now, UpdatedAt: now,
		IDSealed: s.keys.Seal(place("participants", "id_sealed", id), r.idNumber),
	}}
	s.sealPerson(&e.person, r.name, r.birth, r.phone)
	e.keys = []keyRow{{Kind: string(r.idType), Digest: r.idDigest, ParticipantID: id}}
	out.people, out.fresh[string(r.idDigest)], out.touched[personOf(r.idDigest)] = append(out.people, e), id, struct{}{}
	return id
}

func (s *Service) addMembership(j *job, out *outcome, r *importRow, person, agent uuid.UUID) {
	now := s.clock.Now()
	id := uid.At(now)
	m := membershipRow{
		ID: id, ParticipantID: person, BranchID: j.branch.ID, CreatedAt: now, UpdatedAt: now,
		KPJSealed: s.keys.Seal(place("memberships", "kpj_sealed", id), r.kpj),
	}
	n := r.merge(j.layout, nil, agent)
	m.take(&n, j.today)
	if m.Status == string(Inactive) {
		out.ended++
	}
	out.created++
	out.members = append(out.members, m)
	out.changes = append(out.changes, changeRow{ParticipantID: person, MembershipID: id, Kind: madeMember, ChangedAt: now})
	out.keys = append(out.keys, keyRow{kpjKey, r.kpjDigest, person, &id})
}

// store writes what a slice decided and tells the followers.
func (s *Service) store(ctx context.Context, j *job, out *outcome) error {
	keys := out.keys
	for i := range out.people {
		keys = append(keys, out.people[i].keys...)
	}
	if free, err := s.claimKeys(ctx, sortedKeys(keys)); err != nil {
		return err
	} else if !free {
		return errTakenWhileWriting
	}
	people, history := make([]participantRow, len(out.people)), make([]historyRow, 0, len(out.members)+len(out.changedMembers))
	for i := range out.people {
		people[i] = out.people[i].person
	}
	for i := range out.members {
		history = append(history, out.members[i].history(out.members[i].CreatedAt, FromImport, &j.run.ID))
	}
	if err := s.renewPeople(ctx, out.changedPeople); err != nil {
		return err
	}
	if err := s.renewMembers(ctx, out.changedMembers); err != nil {
		return err
	}
	for _, m := range out.changedMembers {
		history = append(history, m.history(m.UpdatedAt, FromImport, &j.run.ID))
	}
	if err := insertMany(ctx, s.db, people, "write participants"); err != nil {
		return err
	}
	if err := insertMany(ctx, s.db, out.members, "write memberships"); err != nil {
		return err
	}
	if err := insertMany(ctx, s.db, history, "write history"); err != nil {
		return err
	}
	if err := s.insertChanges(ctx, j.run.ID, out.changes); err != nil {
		return err
	}
	return s.tell(ctx, sortedIDs(out.told))
}

func (s *Service) startImport(ctx context.Context, j *job) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insertImport(ctx, &j.run); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "import.started", Subject: audit.Subject{Kind: "import", ID: j.run.ID}, Digest: j.run.FileHash,
			Details: map[string]any{"branch_id": j.run.BranchID, "format": j.run.Format, "dry_run": j.run.DryRun},
		})
	})
}

func (s *Service) finishImport(ctx context.Context, j *job, state ImportState, failure string) error {
	now := s.clock.Now()
	j.run.State, j.run.Failure, j.run.FinishedAt = state, failure, &now
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.updateImport(ctx, &j.run); err != nil {
			return err
		}
		if !j.run.DryRun {
			if err := s.events.Publish(ctx, events.Event{
				Kind: "import.finished", SubjectID: j.run.ID,
				Payload: map[string]any{
					"import_id": j.run.ID, "branch_id": j.run.BranchID, "state": state,
					"created": j.run.Created, "updated": j.run.Updated, "ended": j.run.Ended, "rejected": j.run.Rejected,
				},
			}); err != nil {
				return err
			}
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "import.finished", Subject: audit.Subject{Kind: "import", ID: j.run.ID},
			Details: map[string]any{"state": state, "rows_read": j.run.RowsRead, "rejected": j.run.Rejected},
		})
	})
}
