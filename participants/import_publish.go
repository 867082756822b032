package participants

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
)

// Publish lets a checked list run. It takes a second person: neither who
// uploaded it nor who prepared it last, and one who may publish. Errors:
// ErrImportNotFound, ErrOwnImport, ErrImportState, ErrImportExpired.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) (List, error) {
	who := actor.From(ctx)
	if !who.Can(actor.PublishImports) && !who.Scope(actor.ImportParticipants).National && len(who.Scope(actor.ImportParticipants).Branches) > 0 {
		if _, err := s.GetImport(ctx, id); err != nil {
			return List{}, err
		}
		return List{}, ErrOwnImport
	}
	err := s.changeJob(ctx, id, actor.PublishImports, func(ctx context.Context, j *jobRow, run *ImportRun) (audit.Event, error) {
		switch {
		case ImportState(j.State) != ImportChecked:
			return audit.Event{}, ErrImportState
		case who.ID == run.CreatedBy || who.ID == j.PreparedBy:
			return audit.Event{}, ErrOwnImport
		case j.FileGoneAt != nil:
			return audit.Event{}, ErrImportExpired
		}
		now := s.clock.Now()
		j.State, j.PublishedBy, j.PublishedAt, j.Faulty = string(ImportRunning), &who.ID, &now, 0
		*run = run.restarted()
		return audit.Event{Action: "import.published", Digest: run.FileHash}, s.forgetFindings(ctx, id)
	})
	if err != nil {
		return List{}, err
	}
	return s.GetList(ctx, id)
}

// CancelImport stops a list. What a run has written stays, and can be undone.
// Errors: ErrImportNotFound, ErrImportState.
func (s *Service) CancelImport(ctx context.Context, id uuid.UUID) (List, error) {
	reach := actor.From(ctx).Scope(actor.ImportParticipants)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		j, err := s.jobByID(ctx, id, reach, true)
		if err != nil {
			return err
		}
		if !slices.Contains([]ImportState{ImportUploaded, ImportMapped, ImportChecked, ImportRunning}, ImportState(j.State)) {
			return ErrImportState
		}
		return s.stopRun(ctx, id, ImportCancelled, "cancelled", "import.cancelled")
	})
	if err != nil {
		return List{}, err
	}
	return s.GetList(ctx, id)
}
