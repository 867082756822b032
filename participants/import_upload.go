package participants

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/sheet"
	"github.com/berlaku/berlaku/internal/uid"
)

// Lists that are worked off in the background go this way: Upload stores the
// file, sealed, and guesses what its columns mean; Map fixes that; WorkImports
// checks every row without writing; Publish, by a second person, lets it run;
// WorkImports takes it in, slice by slice; within a week Undo takes it back.
// The file is kept until the run has ended, a day at most.

// Upload is a file that arrives.
type Upload struct {
	BranchID uuid.UUID
	Name     pii.Text // of the file
	File     io.Reader
	Format   Format // empty: what its bytes say
	MaxBytes int64  // 0: DefaultUploadBytes
	AsOf     clock.Day
	// ByItself lets it be checked without Map, when every needed column is known.
	ByItself bool
	DryRun   bool // is never to be published
}

// Limits of uploads.
const (
	DefaultUploadBytes = 32 << 20
	chunkBytes         = 256 << 10
	fileKept           = 24 * time.Hour
	undoWithin         = 7 * 24 * time.Hour
	importLease        = time.Minute
	importTries        = 5
)

// Faults of lists in the background.
var (
	ErrImportState   = fault.New(fault.Conflict, "import_state", "The import is not at a point where this can be done.")
	ErrOwnImport     = fault.New(fault.Forbidden, "import_own", "Whoever uploaded or prepared a list does not publish it; a second person does.")
	ErrImportExpired = fault.New(fault.Conflict, "import_file_gone", "The file is no longer kept. Upload it again.")
	ErrUndoTooLate   = fault.New(fault.Conflict, "import_undo_late", "An import can be undone within seven days.")
	ErrMapping       = fault.New(fault.Invalid, "import_mapping", "Number, name, KPJ and segment each need a column, and no column may stand for two.")
	errFileGone      = fault.New(fault.Internal, "import_file_missing", "A piece of the file is missing.")
)

// Counts are what a list does to the stored data.
type Counts struct {
	Read      int64 `json:"read"`
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Ended     int64 `json:"ended"`
	Rejected  int64 `json:"rejected"`
}

// UndoCounts are what undoing does.
type UndoCounts struct {
	People   int64 `json:"people"`   // as if never entered
	Members  int64 `json:"members"`  // memberships taken away
	Restored int64 `json:"restored"` // memberships and people as they were before
	Cards    int64 `json:"cards"`    // people whose printed cards end
	Left     int64 `json:"left"`     // people who were changed afterwards: stay as they are
}

// List is an import with what only those have that were uploaded.
type List struct {
	ImportRun
	Name                                                  pii.Text
	Size                                                  int64
	AsOf                                                  clock.Day
	RowsTotal                                             int64
	Headings                                              []string
	Mapping                                               map[string]int // our column -> place; see Columns
	About                                                 sheet.About
	Checked                                               *Counts
	Undone                                                *UndoCounts
	PreparedBy, PublishedBy, UndoneBy                     uuid.UUID
	CheckedAt, PublishedAt, EndedAt, UndoneAt, FileGoneAt *time.Time
	uploaded                                              bool
}

// Uploaded reports whether the list came through Upload.
func (l List) Uploaded() bool { return l.uploaded }

// Working reports whether something goes on by itself.
func (l List) Working() bool {
	return l.State == ImportMapped || l.State == ImportRunning || l.State == ImportUndoing
}

// Share is how much of the rows is worked off, 0 to 100.
func (l List) Share() int64 {
	if l.RowsTotal <= 0 {
		return 0
	}
	return min(100, l.RowsRead*100/l.RowsTotal)
}

func chunkPlace(id uuid.UUID, seq int) pii.Place {
	return place("import_chunks", fmt.Sprint("sealed-", seq), id)
}

// Upload stores a file that arrives and reads it through once. Errors:
// ErrBranchNotFound, ErrImportFile (nothing stays), ErrInvalid.
func (s *Service) Upload(ctx context.Context, u Upload) (List, error) {
	if !actor.From(ctx).Scope(actor.ImportParticipants).HasBranch(u.BranchID) {
		return List{}, ErrBranchNotFound
	}
	b, err := s.Branch(ctx, u.BranchID)
	if err != nil {
		return List{}, err
	}
	now := s.clock.Now()
	if u.AsOf == "" {
		u.AsOf = b.DayAt(now)
	} else if _, err := clock.ParseDay(string(u.AsOf)); err != nil {
		return List{}, ErrInvalid.With(fault.Field{Pointer: "/as_of", Code: errDay.Code})
	}
	who := actor.From(ctx).ID
	run := ImportRun{ID: uid.At(now), BranchID: b.ID, Format: CSV, FileHash: []byte{}, DryRun: u.DryRun, State: ImportRunning, CreatedBy: who, CreatedAt: now}
	row := jobRow{
		ImportID: run.ID, BranchID: b.ID, State: string(ImportUploaded), AsOf: string(u.AsOf), ByItself: u.ByItself, PreparedBy: who, PreparedAt: now,
		NameSealed: s.keys.Seal(place("import_jobs", "name_sealed", run.ID), clipName(u.Name.Reveal())),
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insertImport(ctx, &run); err != nil {
			return err
		}
		return s.db.From(ctx).Create(&row).Error
	})
	if err != nil {
		return List{}, fmt.Errorf("write upload: %w", err)
	}
	if err := s.receive(ctx, u, &run, &row); err != nil {
		gone := s.db.InTx(context.WithoutCancel(ctx), func(ctx context.Context) error { return s.dropUpload(ctx, run.ID) })
		return List{}, errors.Join(err, gone)
	}
	return s.GetList(ctx, run.ID)
}

// clipName keeps the end of a long name, where its kind stands.
func clipName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if r := []rune(name); len(r) > 120 {
		name = string(r[len(r)-120:])
	}
	return name
}

// receive takes the bytes in, looks at them and says what they are.
func (s *Service) receive(ctx context.Context, u Upload, run *ImportRun, row *jobRow) error {
	most := u.MaxBytes
	if most == 0 {
		most = DefaultUploadBytes
	}
	var err error
	if run.FileHash, row.Size, err = s.storeFile(ctx, run.ID, u.File, most); err != nil {
		return err
	}
	f := s.openChunks(ctx, run.ID, row.Size)
	kind, err := sheet.Sniff(f, row.Size)
	if err != nil {
		return refusal(err)
	}
	if run.Format = Format(kind); u.Format != "" {
		run.Format = u.Format
	}
	t, err := openTable(f, row.Size, run.Format)
	if err != nil {
		return err
	}
	var heading []string
	if row.RowsTotal, err = walk(ctx, t, func(cells []string) error {
		heading = slices.Clone(cells)
		return nil
	}); err != nil {
		return err
	}
	return s.understand(ctx, run, row, heading, t.rows.About())
}

// storeFile seals what it reads, piece by piece; each is a transaction of its
// own, as a slow line must not hold up others.
func (s *Service) storeFile(ctx context.Context, id uuid.UUID, r io.Reader, most int64) (hash []byte, size int64, err error) {
	h := sha256.New()
	b := make([]byte, chunkBytes)
	for seq := 0; ; seq++ {
		n, err := io.ReadFull(r, b)
		if n > 0 {
			if size += int64(n); size > most {
				return nil, 0, refuse("too_large")
			}
			h.Write(b[:n])
			sealed := s.keys.Seal(chunkPlace(id, seq), string(b[:n]))
			if err := s.db.InTx(ctx, func(ctx context.Context) error { return s.insertChunk(ctx, id, seq, sealed) }); err != nil {
				return nil, 0, err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			if size == 0 {
				return nil, 0, refuse("empty")
			}
			return h.Sum(nil), size, nil
		case err != nil:
			return nil, 0, fmt.Errorf("read upload: %w", err)
		}
	}
}

// understand stores what a file was found to be and what its columns may mean.
func (s *Service) understand(ctx context.Context, run *ImportRun, row *jobRow, heading []string, about sheet.About) error {
	known, err := s.meanings(ctx, run.BranchID)
	if err != nil {
		return err
	}
	found, err := guess(heading, func(w string) string { return known[s.headingKey(run.BranchID, w)] })
	if err != nil {
		return err
	}
	complete := found.complete()
	if !complete && len(found) < 2 {
		return refuse("header_missing")
	}
	row.Mapping, row.About, row.HeadingsSealed = jsonText(found), jsonText(about), s.keys.Seal(place("import_jobs", "headings_sealed", run.ID), jsonText(heading))
	if row.ByItself {
		if !complete {
			return refuse("header_missing")
		}
		row.State = string(ImportMapped)
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.setFile(ctx, run); err != nil {
			return err
		}
		if err := s.saveJob(ctx, row); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "import.uploaded", Subject: audit.Subject{Kind: "import", ID: run.ID}, Digest: run.FileHash,
			Details: map[string]any{"branch_id": run.BranchID, "format": run.Format, "rows": row.RowsTotal, "bytes": row.Size},
		})
	})
}

// headingKey is under which a branch's heading is remembered.
func (s *Service) headingKey(branch uuid.UUID, w string) string {
	return fmt.Sprintf("%x", s.keys.Index("import heading", branch.String()+" "+w)[:16])
}

func jsonText(v any) string {
	b, _ := json.Marshal(v) //nolint:errchkjson // texts and numbers
	return string(b)
}

// guess says what each column is by its heading, or by what it was last time. A
// column that two headings could be is the first one of them that says so best.
func guess(heading []string, remembered func(word string) string) (layout, error) {
	out := layout{}
	for i, c := range heading {
		w := word(tidy(c))
		if w == "" {
			continue
		}
		column, known := headings[w]
		if again := remembered(w); again != "" {
			column, known = again, again != ignored
		}
		if !known || !slices.Contains(Columns, column) {
			continue
		}
		if out.has(column) {
			return nil, refuse("header_duplicate")
		}
		out[column] = i
	}
	return out, nil
}

// ignored is what a column means that is to be passed over.
const ignored = "-"

func (l layout) complete() bool {
	return !slices.ContainsFunc(requiredColumns, func(c string) bool { return !l.has(c) })
}

// Columns are those that a list may have, in the order of the template file;
// the names are those of RowError.
var Columns = []string{
	colIDType, colIDNumber, colName, colBirth, colPhone, colKPJ, colSegment, colProgramme, colPayer, colAgent, colAcquired, colProtected,
	colStatus, colAsOf, colRegion, colEnded,
}

// NeedsColumn reports whether a list cannot do without a column.
func NeedsColumn(column string) bool { return slices.Contains(requiredColumns, column) }

// Map says which place of the row each column stands at and lets the list be
// checked; it may be mapped again until it is published. What each heading
// means is remembered for the branch. Errors: ErrImportNotFound, ErrMapping,
// ErrImportState, ErrImportExpired.
func (s *Service) Map(ctx context.Context, id uuid.UUID, mapping map[string]int) (List, error) {
	err := s.changeJob(ctx, id, actor.ImportParticipants, func(ctx context.Context, j *jobRow, run *ImportRun) (audit.Event, error) {
		switch {
		case run.DryRun && j.ByItself, !slices.Contains([]ImportState{ImportUploaded, ImportChecked}, ImportState(j.State)):
			return audit.Event{}, ErrImportState
		case j.FileGoneAt != nil:
			return audit.Event{}, ErrImportExpired
		}
		heading, err := s.headingsOf(j)
		if err != nil {
			return audit.Event{}, err
		}
		if !fits(mapping, len(heading)) {
			return audit.Event{}, ErrMapping
		}
		now := s.clock.Now()
		if err := s.remember(ctx, j.BranchID, heading, mapping, now); err != nil {
			return audit.Event{}, err
		}
		j.Mapping, j.State, j.PreparedBy, j.PreparedAt = jsonText(mapping), string(ImportMapped), actor.From(ctx).ID, now
		j.Checked, j.CheckedAt, j.Faulty = "", nil, 0
		*run = run.restarted()
		return audit.Event{Action: "import.mapped", Details: map[string]any{"columns": len(mapping)}}, s.forgetFindings(ctx, id)
	})
	if err != nil {
		return List{}, err
	}
	return s.GetList(ctx, id)
}

// restarted is the run without anything read.
func (r ImportRun) restarted() ImportRun {
	r.RowsRead, r.Created, r.Updated, r.Unchanged, r.Ended, r.Rejected = 0, 0, 0, 0, 0, 0
	return r
}

func fits(mapping map[string]int, width int) bool {
	taken := map[int]bool{}
	for column, i := range mapping {
		if !slices.Contains(Columns, column) || i < 0 || i >= width || taken[i] {
			return false
		}
		taken[i] = true
	}
	return layout(mapping).complete()
}

func (s *Service) remember(ctx context.Context, branch uuid.UUID, heading []string, mapping map[string]int, now time.Time) error {
	means := map[int]string{}
	for column, i := range mapping {
		means[i] = column
	}
	rows := map[string]mappingRow{}
	for i, h := range heading {
		w := word(tidy(h))
		if w == "" {
			continue
		}
		meaning := means[i]
		if meaning == "" {
			meaning = ignored
		}
		key := s.headingKey(branch, w)
		if _, twice := rows[key]; !twice || meaning != ignored {
			rows[key] = mappingRow{branch, key, meaning, now}
		}
	}
	all := make([]mappingRow, 0, len(rows))
	for _, r := range rows {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b mappingRow) int { return strings.Compare(a.Heading, b.Heading) })
	return s.saveMeanings(ctx, all)
}

func (s *Service) headingsOf(j *jobRow) (out []string, err error) {
	text, err := s.keys.Unseal(place("import_jobs", "headings_sealed", j.ImportID), j.HeadingsSealed)
	if err != nil {
		return nil, fmt.Errorf("open headings: %w", err)
	}
	if text == "" {
		return nil, nil
	}
	return out, json.Unmarshal([]byte(text), &out)
}

// changeJob lets f change a list within reach, and its run, in one transaction
// with what f says for the audit log.
func (s *Service) changeJob(ctx context.Context, id uuid.UUID, p actor.Permission, f func(context.Context, *jobRow, *ImportRun) (audit.Event, error)) error {
	reach := actor.From(ctx).Scope(p)
	return s.db.InTx(ctx, func(ctx context.Context) error {
		j, err := s.jobByID(ctx, id, reach, true)
		if err != nil {
			return err
		}
		run, err := s.importByID(ctx, id, reach)
		if err != nil {
			return err
		}
		run.State = ImportState(j.State)
		e, err := f(ctx, &j, &run)
		if err != nil {
			return err
		}
		if err := s.saveJob(ctx, &j); err != nil {
			return err
		}
		if run.State = physical(ImportState(j.State)); run.State == ImportRunning {
			run.FinishedAt = nil
		}
		if err := s.updateImport(ctx, &run); err != nil {
			return err
		}
		e.Subject = audit.Subject{Kind: "import", ID: id}
		return s.audit.Append(ctx, e)
	})
}

// physical is the state that imports holds for a list.
func physical(state ImportState) ImportState {
	switch state {
	case ImportDone, ImportUndoing, ImportUndone:
		return ImportDone
	case ImportFailed, ImportCancelled:
		return ImportFailed
	case ImportUploaded, ImportMapped, ImportChecked, ImportRunning:
	}
	return ImportRunning
}

// GetList returns an import with all that is known of it, or ErrImportNotFound.
func (s *Service) GetList(ctx context.Context, id uuid.UUID) (List, error) {
	run, err := s.GetImport(ctx, id)
	if err != nil {
		return List{}, err
	}
	jobs, err := s.jobsOf(ctx, []uuid.UUID{id})
	if err != nil {
		return List{}, err
	}
	j, ok := jobs[id]
	if !ok {
		return List{ImportRun: run}, nil
	}
	l, err := s.listOf(run, &j)
	if err != nil {
		return List{}, err
	}
	l.Headings, err = s.headingsOf(&j)
	return l, err
}

// Lists returns the imports within reach, newest first, without their headings.
func (s *Service) Lists(ctx context.Context, r page.Request) (page.Of[List], error) {
	runs, err := s.ListImports(ctx, r)
	if err != nil {
		return page.Of[List]{}, err
	}
	ids := make([]uuid.UUID, len(runs.Items))
	for i := range runs.Items {
		ids[i] = runs.Items[i].ID
	}
	jobs, err := s.jobsOf(ctx, ids)
	if err != nil {
		return page.Of[List]{}, err
	}
	out := page.Of[List]{NextCursor: runs.NextCursor, Items: make([]List, len(runs.Items))}
	for i, run := range runs.Items {
		out.Items[i] = List{ImportRun: run}
		if j, ok := jobs[run.ID]; ok {
			if out.Items[i], err = s.listOf(run, &j); err != nil {
				return page.Of[List]{}, err
			}
		}
	}
	return out, nil
}

func (s *Service) listOf(run ImportRun, j *jobRow) (List, error) {
	name, err := s.keys.Unseal(place("import_jobs", "name_sealed", j.ImportID), j.NameSealed)
	if err != nil {
		return List{}, fmt.Errorf("open name of file: %w", err)
	}
	l := List{
		ImportRun: run, Name: pii.Text(name), Size: j.Size, AsOf: clock.Day(j.AsOf), RowsTotal: j.RowsTotal, PreparedBy: j.PreparedBy,
		PublishedBy: orZero(j.PublishedBy), UndoneBy: orZero(j.UndoneBy), CheckedAt: j.CheckedAt, PublishedAt: j.PublishedAt,
		EndedAt: j.EndedAt, UndoneAt: j.UndoneAt, FileGoneAt: j.FileGoneAt, uploaded: true,
	}
	l.State = ImportState(j.State)
	for text, into := range map[*string]any{&j.Mapping: &l.Mapping, &j.About: &l.About, &j.Checked: &l.Checked, &j.Undo: &l.Undone} {
		if *text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(*text), into); err != nil {
			return List{}, fmt.Errorf("read import job: %w", err)
		}
	}
	return l, nil
}
