package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

type runRow struct {
	ID         uuid.UUID
	BranchID   uuid.UUID
	Format     string
	FileHash   []byte
	DryRun     bool
	State      string
	Failure    string
	RowsRead   int64
	Created    int64
	Updated    int64
	Unchanged  int64
	Ended      int64
	Rejected   int64
	CreatedBy  uuid.UUID
	CreatedAt  time.Time
	FinishedAt *time.Time
}

func (runRow) TableName() string { return "imports" }

type importErrorRow struct {
	ImportID uuid.UUID
	Line     int64
	Field    string
	Code     string
}

func (importErrorRow) TableName() string { return "import_errors" }

func (r *runRow) run() ImportRun {
	return ImportRun{
		ID: r.ID, BranchID: r.BranchID, Format: Format(r.Format), FileHash: r.FileHash, DryRun: r.DryRun, State: ImportState(r.State),
		Failure: r.Failure, RowsRead: r.RowsRead, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Ended: r.Ended,
		Rejected: r.Rejected, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt,
	}
}

func (s *Service) insertImport(ctx context.Context, r *ImportRun) error {
	row := runRow{
		ID: r.ID, BranchID: r.BranchID, Format: string(r.Format), FileHash: r.FileHash, DryRun: r.DryRun, State: string(r.State),
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("write import: %w", err)
	}
	return nil
}

func (s *Service) updateImport(ctx context.Context, r *ImportRun) error {
	res := s.db.From(ctx).Exec(`UPDATE imports SET state = ?, failure = ?, rows_read = ?, created = ?, updated = ?, unchanged = ?,
		ended = ?, rejected = ?, finished_at = ? WHERE id = ?`,
		string(r.State), r.Failure, r.RowsRead, r.Created, r.Updated, r.Unchanged, r.Ended, r.Rejected, r.FinishedAt, r.ID)
	return oneRow(res, "update import")
}

// insertImportErrors keeps the first code of each place.
func (s *Service) insertImportErrors(ctx context.Context, id uuid.UUID, all []RowError) error {
	if len(all) == 0 {
		return nil
	}
	rows := make([]importErrorRow, len(all))
	for i, e := range all {
		rows[i] = importErrorRow{id, e.Line, e.Field, e.Code}
	}
	if err := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, insertMost).Error; err != nil {
		return fmt.Errorf("write import errors: %w", err)
	}
	return nil
}

func importsIn(tx *gorm.DB, r actor.Reach) *gorm.DB {
	switch {
	case r.National:
		return tx
	case len(r.Branches) == 0:
		return tx.Where("1 = 0")
	}
	return tx.Where("branch_id IN ?", r.Branches)
}

func (s *Service) importByID(ctx context.Context, id uuid.UUID, r actor.Reach) (ImportRun, error) {
	var row runRow
	if err := importsIn(s.db.From(ctx), r).Where("id = ?", id).Take(&row).Error; err != nil {
		return ImportRun{}, missing(err, ErrImportNotFound, "read import")
	}
	return row.run(), nil
}

func (s *Service) listImports(ctx context.Context, reach actor.Reach, r page.Request) ([]ImportRun, error) {
	tx := importsIn(s.db.From(ctx), reach)
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	var rows []runRow
	if err := tx.Order("id DESC").Limit(r.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	out := make([]ImportRun, len(rows))
	for i := range rows {
		out[i] = rows[i].run()
	}
	return out, nil
}

func (s *Service) importErrors(ctx context.Context, id uuid.UUID) ([]RowError, error) {
	var rows []importErrorRow
	if err := s.db.From(ctx).Where("import_id = ?", id).Order("line, field").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read import errors: %w", err)
	}
	out := make([]RowError, len(rows))
	for i, r := range rows {
		out[i] = RowError{r.Line, r.Field, r.Code}
	}
	return out, nil
}

// setFile stores what an upload was found to be.
func (s *Service) setFile(ctx context.Context, r *ImportRun) error {
	res := s.db.From(ctx).Exec("UPDATE imports SET format = ?, file_hash = ? WHERE id = ?", string(r.Format), r.FileHash, r.ID)
	return oneRow(res, "update import")
}

// putStates gives runs that are lists their own states.
func (s *Service) putStates(ctx context.Context, runs []ImportRun) error {
	ids := make([]uuid.UUID, len(runs))
	for i := range runs {
		ids[i] = runs[i].ID
	}
	jobs, err := s.jobsOf(ctx, ids)
	if err != nil {
		return err
	}
	for i := range runs {
		if j, ok := jobs[runs[i].ID]; ok {
			runs[i].State = ImportState(j.State)
		}
	}
	return nil
}
