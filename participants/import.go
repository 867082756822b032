package participants

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

// Format is the form of an import file.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// ImportRequest is a file of snapshots from a branch.
type ImportRequest struct {
	BranchID uuid.UUID
	Format   Format
	File     io.ReaderAt
	Size     int64
	MaxBytes int64     // 0: DefaultImportBytes
	AsOf     clock.Day // of rows without their own; empty: today
	DryRun   bool      // checks everything, stores only the run and its errors
}

// ImportRun is how an import went. RowsRead is the sum of Created, Updated,
// Unchanged and Rejected; Ended counts those of Created and Updated whose
// membership is inactive now and was not before.
type ImportRun struct {
	ID, BranchID                                           uuid.UUID
	Format                                                 Format
	FileHash                                               []byte // SHA-256
	DryRun                                                 bool
	State                                                  ImportState
	Failure                                                string // code, when State is ImportFailed
	RowsRead, Created, Updated, Unchanged, Ended, Rejected int64
	CreatedBy                                              uuid.UUID
	CreatedAt                                              time.Time
	FinishedAt                                             *time.Time
}

// ImportState is how far a run is.
type ImportState string

// The states of a run. A list that was uploaded is first mapped, then checked
// without writing, and runs when a second person publishes it; one that Import
// takes in at once is running, then done or failed. A run of Import that its
// process did not survive stays running; the same file may simply be imported again.
const (
	ImportUploaded  ImportState = "uploaded"
	ImportMapped    ImportState = "mapped" // waits for the check, or is in it
	ImportChecked   ImportState = "checked"
	ImportRunning   ImportState = "running"
	ImportDone      ImportState = "done"
	ImportFailed    ImportState = "failed"
	ImportCancelled ImportState = "cancelled"
	ImportUndoing   ImportState = "undoing"
	ImportUndone    ImportState = "undone"
)

// RowError names a place of the file and what is wrong there, never the value.
type RowError struct {
	Line  int64
	Field string // as in the first name of each column; "row" for the whole line
	Code  string
}

// Limits of an import.
const (
	DefaultImportBytes = 10 << 20
	MaxImportRows      = 1_000_000
	MaxImportErrors    = 20_000 // places kept; Rejected counts all rows
)

// ErrImportFile says that a file is refused as a whole; nothing was stored. Its
// field names the reason.
var ErrImportFile = fault.New(fault.Invalid, "import_file_refused", "The file cannot be imported; see errors.")

// ErrImportPublish says that whoever sends a list may only have it checked: it is
// let run by somebody who may publish lists.
var ErrImportPublish = fault.New(fault.Forbidden, "import_publish", "You may have a list checked (dry_run), or upload it in the console for somebody else to publish.")

// Import reads a file of snapshots and stores its good rows, two thousand a
// transaction, so that others work on and progress can be seen; bad rows are
// counted and the first MaxImportErrors places kept. The same file again changes
// nothing. A row is found by its KPJ; a person by the identity number. What a
// row ends loses its status bits in the same transaction. Errors:
// ErrBranchNotFound, ErrImportPublish, ErrImportFile (nothing was stored).
func (s *Service) Import(ctx context.Context, r ImportRequest) (ImportRun, error) {
	if !actor.From(ctx).Scope(actor.ImportParticipants).HasBranch(r.BranchID) {
		return ImportRun{}, ErrBranchNotFound
	}
	if !r.DryRun && !actor.From(ctx).Scope(actor.PublishImports).HasBranch(r.BranchID) {
		return ImportRun{}, ErrImportPublish
	}
	b, err := s.Branch(ctx, r.BranchID)
	if err != nil {
		return ImportRun{}, err
	}
	hash, err := r.inspect(ctx)
	if err != nil {
		return ImportRun{}, err
	}
	j := s.newJob(ctx, r, b, hash)
	if err := s.startImport(ctx, j); err != nil {
		return ImportRun{}, err
	}
	if err := s.importAll(ctx, j); err != nil {
		// The slices that were committed stay; the file can simply be sent again.
		return ImportRun{}, errors.Join(err, s.finishImport(context.WithoutCancel(ctx), j, ImportFailed, "interrupted"))
	}
	return j.run, s.finishImport(ctx, j, ImportDone, "")
}

// inspect walks the whole file once and returns its hash, or a refusal.
func (r *ImportRequest) inspect(ctx context.Context) ([]byte, error) {
	most := r.MaxBytes
	if most == 0 {
		most = DefaultImportBytes
	}
	switch {
	case r.Size <= 0:
		return nil, refuse("empty")
	case r.Size > most:
		return nil, refuse("too_large")
	}
	if r.AsOf != "" {
		if _, err := clock.ParseDay(string(r.AsOf)); err != nil {
			return nil, ErrInvalid.With(fault.Field{Pointer: "/as_of", Code: errDay.Code})
		}
	}
	t, err := r.open()
	if err != nil {
		return nil, err
	}
	if _, err := walk(ctx, t, func(cells []string) error {
		_, err := readHeading(cells)
		return err
	}); err != nil {
		return nil, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, r.section()); err != nil {
		return nil, fmt.Errorf("read import file: %w", err)
	}
	return h.Sum(nil), nil
}

// walk reads a whole table and returns how many rows follow its heading.
func walk(ctx context.Context, t table, heading func(cells []string) error) (rows int64, err error) {
	for n := int64(0); ; n++ {
		_, cells, err := t.next()
		if errors.Is(err, io.EOF) && n > 0 {
			return n - 1, nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return 0, refuse("empty")
		case err != nil:
			return 0, err
		case n > MaxImportRows:
			return 0, refuse("too_many_rows")
		case len(cells) > columnsMost:
			return 0, refuse("too_many_columns")
		case n == 0:
			if err := heading(cells); err != nil {
				return 0, err
			}
		case n%10_000 == 0 && ctx.Err() != nil:
			return 0, ctx.Err()
		}
	}
}

// job is a run under way.
type job struct {
	run     ImportRun
	request ImportRequest
	branch  Branch
	today   clock.Day
	layout  layout
	stored  int                 // errors stored so far
	touched map[person]struct{} // people whose own data this run has set
	lease   uuid.UUID           // of a list worked off in the background; zero: none
}

// person is the beginning of the digest of an identity number: enough to know
// somebody again within one file.
type person [16]byte

func personOf(digest []byte) (p person) {
	copy(p[:], digest)
	return p
}

func (s *Service) newJob(ctx context.Context, r ImportRequest, b Branch, hash []byte) *job {
	now := s.clock.Now()
	today := b.DayAt(now)
	if r.AsOf == "" {
		r.AsOf = today
	}
	return &job{
		request: r, branch: b, today: today, touched: map[person]struct{}{},
		run: ImportRun{
			ID: uid.At(now), BranchID: b.ID, Format: r.Format, FileHash: hash, DryRun: r.DryRun, State: ImportRunning,
			CreatedBy: actor.From(ctx).ID, CreatedAt: now,
		},
	}
}

// importAll reads the file a second time and writes it slice by slice.
func (s *Service) importAll(ctx context.Context, j *job) error {
	t, err := j.request.open()
	if err != nil {
		return err
	}
	_, cells, err := t.next()
	if err != nil {
		return err
	}
	if j.layout, err = readHeading(cells); err != nil {
		return err
	}
	reader, err := s.rowsOf(ctx, j, t, len(cells))
	if err != nil {
		return err
	}
	for more := true; more; {
		var batch slice
		if more, err = batch.fill(t, reader); err != nil {
			return err
		}
		if err := s.importSlice(ctx, j, &batch); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf returns what turns the cells of t into rows.
func (s *Service) rowsOf(ctx context.Context, j *job, t table, width int) (*rowReader, error) {
	known, err := s.regions(ctx)
	if err != nil {
		return nil, err
	}
	return &rowReader{
		s: s, layout: j.layout, width: width, format: j.request.Format, asOf: j.request.AsOf, today: j.today, regions: known,
		seen: map[uint64]struct{}{}, late: t.late(),
	}, nil
}

const sliceRows = 2000

// slice is what one transaction takes in.
type slice struct {
	rows []importRow
	bad  []RowError
	read int64
	raw  map[int64][]string // cells by line, where faulty rows are kept
}

func (b *slice) fill(t table, r *rowReader) (more bool, err error) {
	for b.read < sliceRows {
		line, cells, err := t.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		b.read++
		if b.raw != nil {
			b.raw[line] = slices.Clone(cells)
		}
		row, bad := r.read(line, cells)
		if len(bad) > 0 {
			b.bad = append(b.bad, bad...)
			continue
		}
		b.rows = append(b.rows, row)
	}
	slices.SortFunc(b.rows, func(x, y importRow) int { return bytes.Compare(x.kpjDigest, y.kpjDigest) })
	return true, nil
}

// GetImport returns one run of a branch in reach, or ErrImportNotFound.
func (s *Service) GetImport(ctx context.Context, id uuid.UUID) (ImportRun, error) {
	run, err := s.importByID(ctx, id, actor.From(ctx).Scope(actor.ImportParticipants))
	if err != nil {
		return run, err
	}
	one := []ImportRun{run}
	err = s.putStates(ctx, one)
	return one[0], err
}

// ListImports returns the runs of the branches in reach, newest first.
func (s *Service) ListImports(ctx context.Context, r page.Request) (page.Of[ImportRun], error) {
	rows, err := s.listImports(ctx, actor.From(ctx).Scope(actor.ImportParticipants), r)
	if err == nil {
		err = s.putStates(ctx, rows)
	}
	return page.Cut(rows, r, func(i ImportRun) uuid.UUID { return i.ID }), err
}

// ImportErrors returns the stored row errors of a run in order of lines, or
// ErrImportNotFound.
func (s *Service) ImportErrors(ctx context.Context, id uuid.UUID) ([]RowError, error) {
	if _, err := s.GetImport(ctx, id); err != nil {
		return nil, err
	}
	return s.importErrors(ctx, id)
}
