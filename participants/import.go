package participants

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
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

// The states of a run. A run that its process did not survive stays running;
// the same file may simply be imported again.
const (
	ImportRunning ImportState = "running"
	ImportDone    ImportState = "done"
	ImportFailed  ImportState = "failed"
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
	MaxImportErrors    = 1_000 // kept; Rejected counts all
)

// ErrImportFile says that a file is refused as a whole; nothing was stored. Its
// field names the reason.
var ErrImportFile = fault.New(fault.Invalid, "import_file_refused", "The file cannot be imported; see errors.")

// Import reads a file and stores its good rows.
func (s *Service) Import(ctx context.Context, r ImportRequest) (ImportRun, error) {
	return ImportRun{}, ErrImportFile
}

// GetImport returns one run, or ErrImportNotFound.
func (s *Service) GetImport(ctx context.Context, id uuid.UUID) (ImportRun, error) {
	return ImportRun{}, ErrImportNotFound
}

// ListImports returns the runs of the branches in reach, newest first.
func (s *Service) ListImports(ctx context.Context, r page.Request) (page.Of[ImportRun], error) {
	return page.Of[ImportRun]{}, ErrImportNotFound
}

// ImportErrors returns the stored row errors of a run in order of lines, or ErrImportNotFound.
func (s *Service) ImportErrors(ctx context.Context, id uuid.UUID) ([]RowError, error) {
	return nil, ErrImportNotFound
}
