package participants

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
)

// undoPeople is how many people one transaction of an undoing takes back.
const undoPeople = 200

// UndoFrom is the source in the history of a membership that an undoing put back.
const UndoFrom Source = "import_undone"

// PreviewUndo says what UndoImport would do now. Errors as UndoImport.
func (s *Service) PreviewUndo(ctx context.Context, id uuid.UUID) (UndoCounts, error) {
	reach := actor.From(ctx).Scope(actor.PublishImports)
	j, err := s.jobByID(ctx, id, reach, false)
	if err != nil {
		return UndoCounts{}, err
	}
	if err := s.undoable(ctx, &j); err != nil {
		return UndoCounts{}, err
	}
	var out UndoCounts
	for after := uuid.Nil; ; {
		rows, err := s.changesAfter(ctx, id, after, undoPeople)
		if err != nil || len(rows) == 0 {
			return out, err
		}
		plan, err := s.planUndo(ctx, id, rows)
		if err != nil {
			return out, err
		}
		out.add(plan.counts())
		after = rows[len(rows)-1].ParticipantID
	}
}

func (c *UndoCounts) add(o UndoCounts) {
	c.People, c.Members, c.Restored, c.Cards, c.Left = c.People+o.People, c.Members+o.Members, c.Restored+o.Restored, c.Cards+o.Cards, c.Left+o.Left
}

// undoable returns why a list cannot be undone.
func (s *Service) undoable(ctx context.Context, j *jobRow) error {
	switch {
	case !slices.Contains([]ImportState{ImportDone, ImportCancelled, ImportFailed}, ImportState(j.State)), j.PublishedAt == nil, j.EndedAt == nil:
		return ErrImportState
	case s.clock.Now().Sub(*j.EndedAt) > undoWithin:
		return ErrUndoTooLate
	}
	n, err := s.countChanges(ctx, j.ImportID)
	if err == nil && n == 0 {
		return ErrImportState
	}
	return err
}

// UndoImport takes back what a run did, in the background: people whom it
// entered are as if they never were and their printed cards end; memberships
// and people that it changed are as before. Whoever was changed afterwards by
// somebody else stays, and is listed by LeftByUndo. Errors: ErrImportNotFound,
// ErrImportState, ErrUndoTooLate.
func (s *Service) UndoImport(ctx context.Context, id uuid.UUID) (List, error) {
	err := s.changeJob(ctx, id, actor.PublishImports, func(ctx context.Context, j *jobRow, _ *ImportRun) (audit.Event, error) {
		if err := s.undoable(ctx, j); err != nil {
			return audit.Event{}, err
		}
		who, now := actor.From(ctx).ID, s.clock.Now()
		j.State, j.UndoneBy, j.UndoneAt, j.Undo = string(ImportUndoing), &who, &now, jsonText(UndoCounts{})
		return audit.Event{Action: "import.undo_started"}, nil
	})
	if err != nil {
		return List{}, err
	}
	return s.GetList(ctx, id)
}

// LeftByUndo returns people whom an undoing left as they are, at most a hundred.
func (s *Service) LeftByUndo(ctx context.Context, id uuid.UUID) ([]uuid.UUID, error) {
	if _, err := s.GetImport(ctx, id); err != nil {
		return nil, err
	}
	return s.leftPeople(ctx, id, 100)
}

func (s *Service) workUndo(ctx context.Context, j *jobRow, lease uuid.UUID) (n int64, err error) {
	for more := true; more; {
		var worked int
		err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
			worked, more, err = s.undoSlice(ctx, j.ImportID, lease)
			return err
		})
		if n += int64(worked); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) undoSlice(ctx context.Context, id, lease uuid.UUID) (worked int, more bool, err error) {
	ok, err := s.holdJob(ctx, id, lease, ImportUndoing)
	if err != nil {
		return 0, false, err
	}
	if !ok {
		return 0, false, errStopped
	}
	j, err := s.jobByID(ctx, id, actor.Reach{National: true}, true)
	if err != nil {
		return 0, false, err
	}
	var counts UndoCounts
	if err := json.Unmarshal([]byte(j.Undo), &counts); err != nil {
		return 0, false, fmt.Errorf("read undoing: %w", err)
	}
	rows, err := s.changesAfter(ctx, id, uuid.Nil, undoPeople)
	if err != nil {
		return 0, false, err
	}
	if len(rows) > 0 {
		plan, err := s.planUndo(ctx, id, rows)
		if err != nil {
			return 0, false, err
		}
		if err := s.applyUndo(ctx, id, plan); err != nil {
			return 0, false, err
		}
		counts.add(plan.counts())
	}
	j.Undo = jsonText(counts)
	event := audit.Event{Action: "import.slice_undone", Details: map[string]any{"rows": len(rows)}}
	if err := s.setUndo(ctx, id, j.Undo); err != nil {
		return 0, false, err
	}
	if len(rows) == 0 {
		j.State = string(ImportUndone)
		event = audit.Event{Action: "import.undone", Details: map[string]any{
			"people": counts.People, "members": counts.Members, "restored": counts.Restored, "cards": counts.Cards, "left": counts.Left,
		}}
		if err := s.saveJob(ctx, &j); err != nil {
			return 0, false, err
		}
	}
	event.Subject = audit.Subject{Kind: "import", ID: id}
	return len(rows), len(rows) > 0, s.audit.Append(ctx, event)
}

// undoPlan is what undoing does about some people.
type undoPlan struct {
	people   []uuid.UUID // to take away
	members  []uuid.UUID // to take away
	restored []*membershipRow
	personal []*participantRow
	left     []uuid.UUID
	done     []uuid.UUID
	told     []uuid.UUID
	carded   map[uuid.UUID]bool
}

func (p *undoPlan) counts() UndoCounts {
	c := UndoCounts{People: int64(len(p.people)), Members: int64(len(p.members)), Restored: int64(len(p.restored) + len(p.personal)), Left: int64(len(p.left))}
	for _, id := range p.people {
		if p.carded[id] {
			c.Cards++
		}
	}
	return c
}

// before is what is stored about the people of a plan.
type before struct {
	people  map[uuid.UUID]*participantRow
	members map[uuid.UUID]*membershipRow
	of      map[uuid.UUID][]uuid.UUID // memberships by person
	since   map[uuid.UUID]time.Time
	bound   map[uuid.UUID]bool
}

// planUndo decides person by person; rows are those of whole people, in order.
func (s *Service) planUndo(ctx context.Context, id uuid.UUID, rows []changeRow) (*undoPlan, error) {
	var ids []uuid.UUID
	for i := range rows {
		ids = append(ids, rows[i].ParticipantID)
	}
	ids = sortedIDs(ids)
	b := before{members: map[uuid.UUID]*membershipRow{}, of: map[uuid.UUID][]uuid.UUID{}}
	var err error
	if b.people, err = s.lockParticipants(ctx, ids); err != nil {
		return nil, err
	}
	members, err := s.membershipsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range members {
		m := &members[i]
		b.members[m.ID], b.of[m.ParticipantID] = m, append(b.of[m.ParticipantID], m.ID)
	}
	if b.since, err = s.changedSince(ctx, id, ids); err != nil {
		return nil, err
	}
	plan := &undoPlan{}
	if b.bound, plan.carded, err = s.boundPeople(ctx, ids); err != nil {
		return nil, err
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].ParticipantID == rows[0].ParticipantID {
			n++
		}
		if err := s.planPerson(plan, &b, rows[:n]); err != nil {
			return nil, err
		}
		rows = rows[n:]
	}
	return plan, nil
}

// planPerson decides about one person: all of it is taken back, or nothing.
func (s *Service) planPerson(plan *undoPlan, b *before, rows []changeRow) error {
	id := rows[0].ParticipantID
	row := b.people[id]
	if row == nil || b.touched(row, rows) {
		plan.left = append(plan.left, id)
		return nil
	}
	plan.done = append(plan.done, id)
	for _, c := range rows {
		switch c.Kind {
		case madePerson, madeMember:
			plan.members = append(plan.members, c.MembershipID)
			if c.Kind == madePerson {
				plan.people = append(plan.people, id)
				continue
			}
			plan.told = append(plan.told, id)
		case newSnapshot:
			m := *b.members[c.MembershipID]
			var was formerMember
			if err := json.Unmarshal([]byte(c.Before), &was); err != nil {
				return fmt.Errorf("read former membership: %w", err)
			}
			m.AgentID, m.Segment, m.Programmes, m.PayerType, m.AcquiredOn = was.AgentID, was.Segment, was.Programmes, was.PayerType, was.AcquiredOn
			m.ProtectedUntil, m.Status, m.StatusAsOf, m.Source, m.EndedOn = was.ProtectedUntil, was.Status, was.StatusAsOf, was.Source, was.EndedOn
			plan.restored, plan.told = append(plan.restored, &m), append(plan.told, id)
		case newPersonal:
			p := *row
			var was formerMember
			if err := json.Unmarshal([]byte(c.Before), &was); err != nil {
				return fmt.Errorf("read former person: %w", err)
			}
			p.NameSealed, p.BirthSealed, p.PhoneSealed, p.RegionCode = c.NameBefore, c.BirthBefore, c.PhoneBefore, was.RegionCode
			plan.personal = append(plan.personal, &p)
		}
	}
	return nil
}

// touched reports whether somebody else changed the person or one of the
// memberships after the run, or the person did something that must not vanish.
func (b *before) touched(row *participantRow, rows []changeRow) bool {
	made, personal := false, time.Time{}
	for _, c := range rows {
		if c.Kind == newPersonal {
			personal = c.ChangedAt
			continue
		}
		m, ok := b.members[c.MembershipID]
		if !ok || !m.UpdatedAt.Equal(c.ChangedAt) && m.Source != string(FromImport) {
			return true
		}
		if at, changed := b.since[c.MembershipID]; changed && !at.Before(c.ChangedAt) && !m.UpdatedAt.Equal(c.ChangedAt) {
			return true
		}
		made = made || c.Kind == madePerson
	}
	switch {
	case !personal.IsZero() && !row.UpdatedAt.Equal(personal):
		return true
	case made:
		return b.bound[row.ID] || !row.UpdatedAt.Equal(row.CreatedAt) || row.Restricted || len(b.of[row.ID]) > memberChanges(rows)
	}
	return false
}

func memberChanges(rows []changeRow) (n int) {
	for _, c := range rows {
		if c.Kind == madePerson || c.Kind == madeMember {
			n++
		}
	}
	return n
}

func (s *Service) applyUndo(ctx context.Context, id uuid.UUID, plan *undoPlan) error {
	now := s.clock.Now()
	gone := map[uuid.UUID]bool{}
	for _, p := range plan.people {
		if gone[p] = true; !plan.carded[p] {
			continue
		}
		for _, f := range s.erasers { // cards end, phones are signed out
			if err := f(ctx, p); err != nil {
				return err
			}
		}
	}
	if err := s.setOutcome(ctx, id, plan.left, "left"); err != nil {
		return err
	}
	if err := s.setOutcome(ctx, id, plan.done, "undone"); err != nil {
		return err
	}
	history := make([]historyRow, len(plan.restored))
	for i, m := range plan.restored {
		m.UpdatedAt = now
		history[i] = m.history(now, UndoFrom, nil)
	}
	for _, p := range plan.personal {
		p.UpdatedAt = now
	}
	if err := s.renewMembers(ctx, plan.restored); err != nil {
		return err
	}
	if err := s.renewPeople(ctx, plan.personal); err != nil {
		return err
	}
	if err := insertMany(ctx, s.db, history, "write history"); err != nil {
		return err
	}
	if err := s.removeMembers(ctx, plan.members); err != nil {
		return err
	}
	if err := s.removePeople(ctx, plan.people, plan.carded, now); err != nil {
		return err
	}
	told := slices.DeleteFunc(sortedIDs(plan.told), func(p uuid.UUID) bool { return gone[p] })
	return s.tell(ctx, told)
}

// EraseImports forgets how somebody was before an import. Register it with OnErase.
func (s *Service) EraseImports(ctx context.Context, participantID uuid.UUID) error {
	return s.forgetPerson(ctx, participantID)
}
