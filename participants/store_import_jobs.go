package participants

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
)

type jobRow struct {
	ImportID       uuid.UUID `gorm:"primaryKey"`
	BranchID       uuid.UUID
	State          string
	NameSealed     []byte
	Size           int64
	AsOf           string
	About          string
	HeadingsSealed []byte
	Mapping        string
	RowsTotal      int64
	Faulty         int64
	Checked        string
	Undo           string
	ByItself       bool
	PreparedBy     uuid.UUID
	PublishedBy    *uuid.UUID
	UndoneBy       *uuid.UUID
	PreparedAt     time.Time
	CheckedAt      *time.Time
	PublishedAt    *time.Time
	EndedAt        *time.Time
	UndoneAt       *time.Time
	FileGoneAt     *time.Time
	Tries          int
	Lease          *uuid.UUID
	LeasedUntil    *time.Time
}

func (jobRow) TableName() string { return "import_jobs" }

type chunkRow struct {
	ImportID uuid.UUID
	Seq      int
	Sealed   []byte
}

func (chunkRow) TableName() string { return "import_chunks" }

type faultyRow struct {
	ImportID uuid.UUID
	Line     int64
	Sealed   []byte
}

func (faultyRow) TableName() string { return "import_rows" }

type mappingRow struct {
	BranchID uuid.UUID
	Heading  string
	Meaning  string
	SavedAt  time.Time
}

func (mappingRow) TableName() string { return "import_mappings" }

// forUpdate locks rows until the end of the transaction.
var forUpdate = clause.Locking{Strength: "UPDATE"}

// manyRows is how many rows one statement writes: the driver of the embedded
// database takes a time that grows with the square of the parameters.
func manyRows(db *database.DB) int {
	if db.Dialect() == database.Postgres {
		return 1000
	}
	return insertMost
}

func insertMany[T any](ctx context.Context, db *database.DB, rows []T, doing string) error {
	if len(rows) == 0 {
		return nil
	}
	return wrongAgent(db.From(ctx).CreateInBatches(&rows, manyRows(db)).Error, doing)
}

// renewPeople stores changed data of people, many at a time.
func (s *Service) renewPeople(ctx context.Context, all []*participantRow) error {
	rows := make([]participantRow, len(all))
	for i := range all {
		rows[i] = *all[i]
	}
	return upsert(ctx, s.db, rows, []string{"id"}, []string{"region_code", "name_sealed", "birth_sealed", "phone_sealed", "updated_at"}, "update participants")
}

// renewMembers stores changed memberships, many at a time.
func (s *Service) renewMembers(ctx context.Context, all []*membershipRow) error {
	rows := make([]membershipRow, len(all))
	for i := range all {
		rows[i] = *all[i]
	}
	return upsert(ctx, s.db, rows, []string{"participant_id", "id"}, []string{
		"agent_id", "segment", "programmes", "payer_type", "acquired_on", "protected_until", "status", "status_as_of", "source", "ended_on", "updated_at",
	}, "update memberships")
}

func upsert[T any](ctx context.Context, db *database.DB, rows []T, key, set []string, doing string) error {
	if len(rows) == 0 {
		return nil
	}
	columns := make([]clause.Column, len(key))
	for i, k := range key {
		columns[i] = clause.Column{Name: k}
	}
	tx := db.From(ctx).Clauses(clause.OnConflict{Columns: columns, DoUpdates: clause.AssignmentColumns(set)})
	return wrongAgent(tx.CreateInBatches(&rows, manyRows(db)).Error, doing)
}

// insertChunk adds a piece of the file.
func (s *Service) insertChunk(ctx context.Context, id uuid.UUID, seq int, sealed []byte) error {
	if err := s.db.From(ctx).Create(&chunkRow{id, seq, sealed}).Error; err != nil {
		return fmt.Errorf("write piece of import file: %w", err)
	}
	return nil
}

// dropUpload takes an upload away that was refused.
func (s *Service) dropUpload(ctx context.Context, id uuid.UUID) error {
	for _, table := range []string{"import_chunks", "import_rows", "import_errors", "import_jobs"} {
		if err := s.db.From(ctx).Exec("DELETE FROM "+table+" WHERE import_id = ?", id).Error; err != nil {
			return fmt.Errorf("drop upload: %w", err)
		}
	}
	return s.db.From(ctx).Exec("DELETE FROM imports WHERE id = ?", id).Error
}

// forgetFindings empties what a phase noted, before the next one.
func (s *Service) forgetFindings(ctx context.Context, id uuid.UUID) error {
	for _, table := range []string{"import_rows", "import_errors"} {
		if err := s.db.From(ctx).Exec("DELETE FROM "+table+" WHERE import_id = ?", id).Error; err != nil {
			return fmt.Errorf("forget findings: %w", err)
		}
	}
	return nil
}

// forgetFile takes the sealed file away.
func (s *Service) forgetFile(ctx context.Context, j *jobRow, now time.Time) error {
	if err := s.db.From(ctx).Exec("DELETE FROM import_chunks WHERE import_id = ?", j.ImportID).Error; err != nil {
		return fmt.Errorf("forget import file: %w", err)
	}
	if j.FileGoneAt == nil {
		j.FileGoneAt = &now
	}
	return nil
}

// jobByID returns a list within reach, locked on request, or ErrImportNotFound.
func (s *Service) jobByID(ctx context.Context, id uuid.UUID, reach actor.Reach, lock bool) (jobRow, error) {
	tx := importsIn(s.db.From(ctx), reach)
	if lock {
		tx = tx.Clauses(forUpdate)
	}
	var row jobRow
	if err := tx.Where("import_id = ? AND size > 0", id).Take(&row).Error; err != nil {
		return row, missing(err, ErrImportNotFound, "read import job")
	}
	return row, nil
}

// jobsOf returns the jobs of imports by their ids.
func (s *Service) jobsOf(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]jobRow, error) {
	out := map[uuid.UUID]jobRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []jobRow
	if err := s.db.From(ctx).Where("import_id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read import jobs: %w", err)
	}
	for _, r := range rows {
		out[r.ImportID] = r
	}
	return out, nil
}

// saveJob stores everything of a job; nobody is at it any more.
func (s *Service) saveJob(ctx context.Context, j *jobRow) error {
	j.Lease, j.LeasedUntil = nil, nil
	res := s.db.From(ctx).Model(&jobRow{}).Where("import_id = ?", j.ImportID).Select("*").Omit("import_id", "branch_id").Updates(j)
	return oneRow(res, "update import job")
}

// setUndo stores how far an undoing is.
func (s *Service) setUndo(ctx context.Context, id uuid.UUID, counts string) error {
	return s.db.From(ctx).Exec("UPDATE import_jobs SET undo = ? WHERE import_id = ?", counts, id).Error
}

// leaseJob takes up the list that has waited longest and that nobody is at.
func (s *Service) leaseJob(ctx context.Context, lease uuid.UUID) (row jobRow, ok bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		now := s.clock.Now()
		var rows []jobRow
		ok = false
		err := s.db.From(ctx).Clauses(forUpdate).Where("state IN ('mapped', 'running', 'undoing') AND (leased_until IS NULL OR leased_until <= ?)", now).
			Order("prepared_at, import_id").Limit(1).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		row = rows[0]
		res := s.db.From(ctx).Exec("UPDATE import_jobs SET lease = ?, leased_until = ?, tries = tries + 1 WHERE import_id = ?", lease, now.Add(importLease), row.ImportID)
		ok = res.RowsAffected == 1
		row.Tries++
		return res.Error
	})
	return row, ok, err
}

// holdJob locks a list that is worked on and moves its lease on; false: it is
// somebody else's by now, or it was stopped.
func (s *Service) holdJob(ctx context.Context, id, lease uuid.UUID, states ...ImportState) (bool, error) {
	var rows []jobRow
	err := s.db.From(ctx).Clauses(forUpdate).Where("import_id = ? AND lease = ? AND state IN ?", id, lease, states).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return false, err
	}
	return true, s.db.From(ctx).Exec("UPDATE import_jobs SET leased_until = ?, tries = 0 WHERE import_id = ?", s.clock.Now().Add(importLease), id).Error
}

// releaseJob lets another server go on at once.
func (s *Service) releaseJob(ctx context.Context, id, lease uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		return s.db.From(ctx).Exec("UPDATE import_jobs SET leased_until = NULL, lease = NULL WHERE import_id = ? AND lease = ?", id, lease).Error
	})
}

func (s *Service) setFaulty(ctx context.Context, id uuid.UUID, n int) error {
	return s.db.From(ctx).Exec("UPDATE import_jobs SET faulty = ? WHERE import_id = ?", n, id).Error
}

func (s *Service) insertFaulty(ctx context.Context, rows []faultyRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, manyRows(s.db)).Error; err != nil {
		return fmt.Errorf("keep faulty rows: %w", err)
	}
	return nil
}

// faultyAfter returns kept rows behind a line.
func (s *Service) faultyAfter(ctx context.Context, id uuid.UUID, line int64, limit int) ([]faultyRow, error) {
	var rows []faultyRow
	if err := s.db.From(ctx).Where("import_id = ? AND line > ?", id, line).Order("line").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read faulty rows: %w", err)
	}
	return rows, nil
}

// errorsBetween returns the noted places of lines after from up to to.
func (s *Service) errorsBetween(ctx context.Context, id uuid.UUID, from, to int64) ([]RowError, error) {
	var rows []importErrorRow
	if err := s.db.From(ctx).Where("import_id = ? AND line > ? AND line <= ?", id, from, to).Order("line, field").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read import errors: %w", err)
	}
	out := make([]RowError, len(rows))
	for i, r := range rows {
		out[i] = RowError{r.Line, r.Field, r.Code}
	}
	return out, nil
}

// errorKinds counts the noted places by column and code, the most first.
func (s *Service) errorKinds(ctx context.Context, id uuid.UUID) ([]FaultKind, error) {
	var out []FaultKind
	err := s.db.From(ctx).Raw("SELECT field, code, count(*) AS rows FROM import_errors WHERE import_id = ? GROUP BY field, code ORDER BY rows DESC, field, code", id).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("count import errors: %w", err)
	}
	return out, nil
}

// saveMeanings remembers what headings of a branch's lists mean.
func (s *Service) saveMeanings(ctx context.Context, rows []mappingRow) error {
	return upsert(ctx, s.db, rows, []string{"branch_id", "heading"}, []string{"meaning", "saved_at"}, "remember headings")
}

func (s *Service) meanings(ctx context.Context, branch uuid.UUID) (map[string]string, error) {
	var rows []mappingRow
	if err := s.db.From(ctx).Where("branch_id = ?", branch).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read remembered headings: %w", err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Heading] = r.Meaning
	}
	return out, nil
}

// oldJobs returns lists whose file is still kept and should not be any more.
func (s *Service) oldJobs(ctx context.Context, before time.Time) ([]uuid.UUID, error) {
	var rows []struct{ ImportID uuid.UUID }
	err := s.db.From(ctx).Raw(`SELECT j.import_id FROM import_jobs j JOIN imports i ON i.id = j.import_id
		WHERE j.file_gone_at IS NULL AND i.created_at <= ? ORDER BY j.import_id LIMIT 100`, before).Scan(&rows).Error
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = r.ImportID
	}
	return out, err
}

// forgetOld takes away what is kept for a week only.
func (s *Service) forgetOld(ctx context.Context, before time.Time) (n int64, err error) {
	for _, table := range []string{"import_rows", "import_changes"} {
		res := s.db.From(ctx).Exec("DELETE FROM "+table+` WHERE import_id IN (SELECT i.id FROM imports i LEFT JOIN import_jobs j ON j.import_id = i.id
			WHERE i.finished_at <= ? AND (j.state IS NULL OR j.state <> 'undoing'))`, before)
		if res.Error != nil {
			return n, fmt.Errorf("forget old imports: %w", res.Error)
		}
		n += res.RowsAffected
	}
	return n, nil
}

// forgetPerson takes away how somebody was before an import.
func (s *Service) forgetPerson(ctx context.Context, id uuid.UUID) error {
	return s.db.From(ctx).Exec("DELETE FROM import_changes WHERE participant_id = ?", id).Error
}

// chunks reads a sealed file piece by piece.
type chunks struct {
	s    *Service
	ctx  context.Context //nolint:containedctx // io.ReaderAt has none
	id   uuid.UUID
	size int64
	kept [3]struct { // the last ones read: archives are read at two places
		seq  int
		text string
	}
	next int
}

func (s *Service) openChunks(ctx context.Context, id uuid.UUID, size int64) *chunks {
	c := &chunks{s: s, ctx: ctx, id: id, size: size}
	for i := range c.kept {
		c.kept[i].seq = -1
	}
	return c
}

// ReadAt implements io.ReaderAt.
func (c *chunks) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at >= c.size {
			return n, io.EOF
		}
		text, err := c.piece(int(at / chunkBytes))
		if err != nil {
			return n, err
		}
		from := int(at % chunkBytes)
		if from >= len(text) {
			return n, io.ErrUnexpectedEOF
		}
		n += copy(p[n:], text[from:])
	}
	return n, nil
}

func (c *chunks) piece(seq int) (string, error) {
	for i := range c.kept {
		if c.kept[i].seq == seq {
			return c.kept[i].text, nil
		}
	}
	var row chunkRow
	if err := c.s.db.From(c.ctx).Where("import_id = ? AND seq = ?", c.id, seq).Take(&row).Error; err != nil {
		return "", missing(err, errFileGone, "read piece of import file")
	}
	text, err := c.s.keys.Unseal(chunkPlace(c.id, seq), row.Sealed)
	if err != nil {
		return "", fmt.Errorf("open piece of import file: %w", err)
	}
	c.kept[c.next].seq, c.kept[c.next].text = seq, text
	c.next = (c.next + 1) % len(c.kept)
	return text, nil
}

// changeRow is what a run changed about one membership or person.
type changeRow struct {
	ImportID      uuid.UUID
	ParticipantID uuid.UUID
	MembershipID  uuid.UUID
	Kind          string
	Before        string
	NameBefore    database.Bytes
	BirthBefore   database.Bytes
	PhoneBefore   database.Bytes
	ChangedAt     time.Time
	Outcome       string
}

func (changeRow) TableName() string { return "import_changes" }

// Kinds of changes.
const (
	madeMember  = "created"
	madePerson  = "created_person"
	newSnapshot = "changed"
	newPersonal = "person"
)

// formerMember is how a membership was before a run changed it.
type formerMember struct {
	AgentID        *uuid.UUID `json:"agent_id,omitempty"`
	Segment        string     `json:"segment"`
	Programmes     string     `json:"programmes"`
	PayerType      *string    `json:"payer_type,omitempty"`
	AcquiredOn     clock.Day  `json:"acquired_on,omitempty"`
	ProtectedUntil clock.Day  `json:"protected_until,omitempty"`
	Status         string     `json:"status"`
	StatusAsOf     clock.Day  `json:"status_as_of"`
	Source         string     `json:"source"`
	EndedOn        clock.Day  `json:"ended_on,omitempty"`
	RegionCode     *string    `json:"region_code,omitempty"` // of a person
}

func memberChanged(m *membershipRow, at time.Time) changeRow {
	b, _ := json.Marshal(formerMember{ //nolint:errchkjson // texts
		AgentID: m.AgentID, Segment: m.Segment, Programmes: m.Programmes, PayerType: m.PayerType, AcquiredOn: m.AcquiredOn,
		ProtectedUntil: m.ProtectedUntil, Status: m.Status, StatusAsOf: m.StatusAsOf, Source: m.Source, EndedOn: m.EndedOn,
	})
	return changeRow{ParticipantID: m.ParticipantID, MembershipID: m.ID, Kind: newSnapshot, Before: string(b), ChangedAt: at}
}

func personChanged(p *participantRow, at time.Time) changeRow {
	b, _ := json.Marshal(formerMember{RegionCode: p.RegionCode}) //nolint:errchkjson // texts
	return changeRow{
		ParticipantID: p.ID, Kind: newPersonal, Before: string(b), ChangedAt: at,
		NameBefore: database.Bytes(p.NameSealed), BirthBefore: database.Bytes(p.BirthSealed), PhoneBefore: database.Bytes(p.PhoneSealed),
	}
}

func (s *Service) insertChanges(ctx context.Context, id uuid.UUID, rows []changeRow) error {
	for i := range rows {
		rows[i].ImportID = id
	}
	if len(rows) == 0 {
		return nil
	}
	if err := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, manyRows(s.db)).Error; err != nil {
		return fmt.Errorf("note changes: %w", err)
	}
	return nil
}

// changesAfter returns changes of an import that are not decided yet, of whole
// people, behind somebody.
func (s *Service) changesAfter(ctx context.Context, id, person uuid.UUID, limit int) ([]changeRow, error) {
	var rows []changeRow
	err := s.db.From(ctx).Raw(`SELECT c.* FROM import_changes c WHERE c.import_id = ? AND c.outcome = '' AND c.participant_id IN (
		SELECT DISTINCT d.participant_id FROM import_changes d WHERE d.import_id = ? AND d.outcome = '' AND d.participant_id > ? ORDER BY d.participant_id LIMIT ?)
		ORDER BY c.participant_id, c.membership_id`, id, id, person, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return rows, nil
}

func (s *Service) setOutcome(ctx context.Context, id uuid.UUID, people []uuid.UUID, outcome string) error {
	for len(people) > 0 {
		n := min(lookupMost, len(people))
		err := s.db.From(ctx).Exec("UPDATE import_changes SET outcome = ? WHERE import_id = ? AND participant_id IN ?", outcome, id, people[:n]).Error
		if err != nil {
			return fmt.Errorf("note outcome: %w", err)
		}
		people = people[n:]
	}
	return nil
}

// leftPeople returns who was left as they are, at most limit.
func (s *Service) leftPeople(ctx context.Context, id uuid.UUID, limit int) ([]uuid.UUID, error) {
	var rows []struct{ ParticipantID uuid.UUID }
	err := s.db.From(ctx).Raw("SELECT DISTINCT participant_id FROM import_changes WHERE import_id = ? AND outcome = 'left' ORDER BY participant_id LIMIT ?", id, limit).Scan(&rows).Error
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = r.ParticipantID
	}
	return out, err
}

func (s *Service) countChanges(ctx context.Context, id uuid.UUID) (n int64, err error) {
	err = s.db.From(ctx).Table("import_changes").Where("import_id = ?", id).Count(&n).Error
	return n, err
}

// changedSince returns the memberships about which something was recorded after
// a run, by somebody else than the calendar.
func (s *Service) changedSince(ctx context.Context, run uuid.UUID, people []uuid.UUID) (map[uuid.UUID]time.Time, error) {
	out := map[uuid.UUID]time.Time{}
	for len(people) > 0 {
		n := min(lookupMost, len(people))
		var rows []historyRow
		err := s.db.From(ctx).Where("participant_id IN ? AND source <> ? AND (import_id IS NULL OR import_id <> ?)", people[:n], string(Lapsed), run).
			Order("recorded_at").Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		for _, r := range rows {
			out[r.MembershipID] = r.RecordedAt
		}
		people = people[n:]
	}
	return out, nil
}

// boundPeople returns who of the people did something themselves, or had
// something done, since they were entered: consents, codes, uses, requests,
// registrations, cards on phones.
func (s *Service) boundPeople(ctx context.Context, people []uuid.UUID) (bound, carded map[uuid.UUID]bool, err error) {
	bound, carded = map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, q := range []struct {
		sql string
		to  map[uuid.UUID]bool
	}{
		{"SELECT DISTINCT participant_id FROM consents WHERE participant_id IN ?", bound},
		{"SELECT DISTINCT participant_id FROM registrations WHERE participant_id IN ?", bound},
		{"SELECT DISTINCT participant_id FROM data_requests WHERE participant_id IN ?", bound},
		{"SELECT DISTINCT participant_id FROM usages WHERE participant_id IN ?", bound},
		{"SELECT DISTINCT participant_id FROM cards WHERE form = 'phone' AND participant_id IN ?", bound},
		{"SELECT DISTINCT participant_id FROM activations WHERE used_at IS NOT NULL AND participant_id IN ?", bound},
		{"SELECT DISTINCT participant_id FROM cards WHERE participant_id IN ?", carded},
		{"SELECT DISTINCT participant_id FROM activations WHERE participant_id IN ?", carded},
	} {
		for all := people; len(all) > 0; {
			n := min(lookupMost, len(all))
			var rows []struct{ ParticipantID uuid.UUID }
			if err := s.db.From(ctx).Raw(q.sql, all[:n]).Scan(&rows).Error; err != nil {
				return nil, nil, fmt.Errorf("look for what people did: %w", err)
			}
			for _, r := range rows {
				q.to[r.ParticipantID] = true
			}
			all = all[n:]
		}
	}
	return bound, carded, nil
}

// removeMembers takes memberships away as if they had never been entered.
func (s *Service) removeMembers(ctx context.Context, members []uuid.UUID) error {
	for len(members) > 0 {
		n := min(lookupMost, len(members))
		for _, sql := range []string{
			"DELETE FROM identity_keys WHERE kind = 'kpj' AND membership_id IN ?", "DELETE FROM membership_history WHERE membership_id IN ?", "DELETE FROM memberships WHERE id IN ?",
		} {
			if err := s.db.From(ctx).Exec(sql, members[:n]).Error; err != nil {
				return fmt.Errorf("remove memberships: %w", err)
			}
		}
		members = members[n:]
	}
	return nil
}

// removePeople takes people away whose memberships are gone. Of those who had
// a card a row without content stays, which nobody reaches.
func (s *Service) removePeople(ctx context.Context, people []uuid.UUID, carded map[uuid.UUID]bool, now time.Time) error {
	tx := s.db.From(ctx)
	for _, id := range people {
		steps := []string{"DELETE FROM identity_keys WHERE participant_id = ?"}
		if carded[id] {
			err := tx.Exec(`UPDATE participants SET id_sealed = ?, name_sealed = ?, birth_sealed = NULL, phone_sealed = NULL, region_code = NULL,
				restricted = ?, erased_at = ?, updated_at = ? WHERE id = ?`, []byte{}, []byte{}, true, now, now, id).Error
			if err != nil {
				return fmt.Errorf("empty participant: %w", err)
			}
			steps = append(steps, "DELETE FROM activations WHERE participant_id = ?")
		} else {
			steps = append(steps, "DELETE FROM claims WHERE participant_id = ?", "DELETE FROM participants WHERE id = ?")
		}
		for _, sql := range steps {
			if err := tx.Exec(sql, id).Error; err != nil {
				return fmt.Errorf("remove participant: %w", err)
			}
		}
	}
	return nil
}
