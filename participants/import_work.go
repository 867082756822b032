package participants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// errStopped says that a list was stopped, or taken over by another server,
// while a slice of it was worked on.
var errStopped = errors.New("the import is no longer this server's")

// WorkImports works off every list that waits: checks, runs and undoings. It
// returns how many rows. Slices are transactions of their own, which hold the
// list's row: whatever stops this, the next call goes on with the first row that
// was not committed, and of two servers one works. It may run on any number of
// servers.
func (s *Service) WorkImports(ctx context.Context) (int64, error) {
	var n int64
	var failed []error
	for {
		lease := uid.At(s.clock.Now())
		j, ok, err := s.leaseJob(ctx, lease)
		if err != nil || !ok {
			return n, errors.Join(append(failed, err)...)
		}
		worked, err := s.workJob(ctx, &j, lease)
		n += worked
		if err == nil || errors.Is(err, errStopped) {
			continue
		}
		failed = append(failed, fmt.Errorf("work import: %w", err))
		if ctx.Err() != nil { // told to stop: whoever comes next need not wait
			return n, errors.Join(append(failed, s.releaseJob(context.WithoutCancel(ctx), j.ImportID, lease))...)
		}
		if _, refused := asFault(err); refused || j.Tries >= importTries {
			failed = append(failed, s.fail(ctx, &j, lease, err))
		}
	}
}

func (s *Service) workJob(ctx context.Context, j *jobRow, lease uuid.UUID) (int64, error) {
	by := j.PreparedBy
	switch ImportState(j.State) { //nolint:exhaustive // the others are not worked on
	case ImportUndoing:
		return s.workUndo(actor.With(ctx, actor.Actor{Kind: actor.Job, ID: orZero(j.UndoneBy)}), j, lease)
	case ImportRunning:
		by = orZero(j.PublishedBy)
	}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Job, ID: by})
	run, err := s.importByID(ctx, j.ImportID, actor.Reach{National: true})
	if err != nil {
		return 0, err
	}
	before := run.RowsRead
	work, err := s.resume(ctx, j, run, lease)
	if err != nil {
		return 0, err
	}
	if err := s.workFile(ctx, j, work); err != nil {
		return work.run.RowsRead - before, err
	}
	return work.run.RowsRead - before, s.endPhase(ctx, j, work)
}

// resume is the run as it stood at the last commit.
func (s *Service) resume(ctx context.Context, j *jobRow, run ImportRun, lease uuid.UUID) (*job, error) {
	b, err := s.branch(ctx, j.BranchID)
	if err != nil {
		return nil, err
	}
	branch := Branch{ID: b.ID, Code: b.Code, Name: b.Name, Zone: b.Zone, ArrearsValid: b.ArrearsValid}
	run.DryRun = ImportState(j.State) == ImportMapped
	work := &job{
		run: run, branch: branch, today: dayAt(s.clock.Now(), b.Zone), touched: map[person]struct{}{}, lease: lease, stored: int(j.Faulty),
		request: ImportRequest{BranchID: b.ID, Format: run.Format, File: s.openChunks(ctx, run.ID, j.Size), Size: j.Size, AsOf: clock.Day(j.AsOf)},
	}
	return work, json.Unmarshal([]byte(j.Mapping), &work.layout)
}

// workFile reads on where the run stands and writes slice by slice.
func (s *Service) workFile(ctx context.Context, j *jobRow, work *job) error {
	t, err := work.request.open()
	if err != nil {
		return err
	}
	_, cells, err := t.next()
	if err != nil {
		return err
	}
	reader, err := s.rowsOf(ctx, work, t, len(cells))
	if err != nil {
		return err
	}
	if err := s.readAgain(ctx, j, work, t, reader); err != nil {
		return err
	}
	for more := true; more; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		batch := slice{raw: map[int64][]string{}}
		if more, err = batch.fill(t, reader); err != nil {
			return err
		}
		if err := s.importSlice(ctx, work, &batch); err != nil {
			return err
		}
	}
	return nil
}

// readAgain passes over the rows that were committed, so that what was
// remembered of them is known again: which KPJ there were, and whose own data
// were set.
func (s *Service) readAgain(ctx context.Context, j *jobRow, work *job, t table, reader *rowReader) error {
	for n := int64(0); n < work.run.RowsRead; {
		var batch slice
		batch.read = sliceRows - min(sliceRows, work.run.RowsRead-n)
		already := batch.read
		if _, err := batch.fill(t, reader); err != nil {
			return err
		}
		if batch.read == already {
			return errFileGone
		}
		n += batch.read - already
		bad, err := s.badLines(ctx, j.ImportID, batch.rows)
		if err != nil {
			return err
		}
		for i := range batch.rows {
			if !bad[batch.rows[i].line] {
				work.touched[personOf(batch.rows[i].idDigest)] = struct{}{}
			}
		}
	}
	return nil
}

// badLines are those of the rows that were refused by what is stored.
func (s *Service) badLines(ctx context.Context, id uuid.UUID, rows []importRow) (map[int64]bool, error) {
	out := map[int64]bool{}
	if len(rows) == 0 {
		return out, nil
	}
	from, to := rows[0].line, rows[0].line
	for i := range rows {
		from, to = min(from, rows[i].line), max(to, rows[i].line)
	}
	all, err := s.errorsBetween(ctx, id, from-1, to)
	for _, e := range all {
		out[e.Line] = true
	}
	return out, err
}

// holdLease makes sure that a slice of a list is still this server's to write.
func (s *Service) holdLease(ctx context.Context, j *job) error {
	if j.lease == uuid.Nil {
		return nil
	}
	state := ImportRunning
	if j.run.DryRun {
		state = ImportMapped
	}
	ok, err := s.holdJob(ctx, j.run.ID, j.lease, state)
	if err == nil && !ok {
		return errStopped
	}
	return err
}

// moveOn keeps the rows of a slice that have faults.
func (s *Service) moveOn(ctx context.Context, j *job, b *slice, bad []RowError) error {
	if j.lease == uuid.Nil || len(bad) == 0 {
		return nil
	}
	var rows []faultyRow
	seen := map[int64]bool{}
	for _, e := range bad {
		cells, ok := b.raw[e.Line]
		if !ok || seen[e.Line] {
			continue
		}
		seen[e.Line] = true
		rows = append(rows, faultyRow{j.run.ID, e.Line, s.keys.Seal(rowPlace(j.run.ID, e.Line), jsonText(cells))})
	}
	if err := s.insertFaulty(ctx, rows); err != nil {
		return err
	}
	return s.setFaulty(ctx, j.run.ID, j.stored+len(bad))
}

func rowPlace(id uuid.UUID, line int64) pii.Place {
	return place("import_rows", fmt.Sprint("sealed-", line), id)
}

// endPhase stores that the last row was read.
func (s *Service) endPhase(ctx context.Context, j *jobRow, work *job) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.holdLease(ctx, work); err != nil {
			return err
		}
		now := s.clock.Now()
		fresh, err := s.jobByID(ctx, j.ImportID, actor.Reach{National: true}, true)
		if err != nil {
			return err
		}
		run := work.run
		action := "import.checked"
		if run.DryRun {
			stored, err := s.importByID(ctx, run.ID, actor.Reach{National: true})
			if err != nil {
				return err
			}
			run.DryRun = stored.DryRun
			fresh.Checked, fresh.CheckedAt, fresh.State = jsonText(countsOf(run)), &now, string(ImportChecked)
			if stored.DryRun {
				fresh.State = string(ImportDone)
			}
		} else {
			action, fresh.State = "import.finished", string(ImportDone)
		}
		if fresh.State == string(ImportDone) {
			return s.endRun(ctx, &fresh, &run, now, "", action)
		}
		if err := s.saveJob(ctx, &fresh); err != nil {
			return err
		}
		if err := s.announceImport(ctx, &run, ImportChecked); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: action, Subject: audit.Subject{Kind: "import", ID: run.ID}, Details: map[string]any{"rows_read": run.RowsRead, "rejected": run.Rejected},
		})
	})
}

func countsOf(r ImportRun) Counts {
	return Counts{r.RowsRead, r.Created, r.Updated, r.Unchanged, r.Ended, r.Rejected}
}

// endRun stores the end of a list: the file goes, whoever wants to know is told.
func (s *Service) endRun(ctx context.Context, j *jobRow, run *ImportRun, now time.Time, failure, action string) error {
	j.EndedAt = &now
	if err := s.forgetFile(ctx, j, now); err != nil {
		return err
	}
	if err := s.saveJob(ctx, j); err != nil {
		return err
	}
	run.State, run.Failure, run.FinishedAt = physical(ImportState(j.State)), failure, &now
	if err := s.updateImport(ctx, run); err != nil {
		return err
	}
	if err := s.announceImport(ctx, run, ImportState(j.State)); err != nil {
		return err
	}
	return s.audit.Append(ctx, audit.Event{
		Action: action, Subject: audit.Subject{Kind: "import", ID: run.ID},
		Details: map[string]any{"state": j.State, "failure": failure, "rows_read": run.RowsRead, "rejected": run.Rejected},
	})
}

// announceImport publishes import.finished at the end of a run, and
// import.checked when a list waits for somebody to publish it.
func (s *Service) announceImport(ctx context.Context, run *ImportRun, state ImportState) error {
	kind := "import.finished"
	if state == ImportChecked {
		kind = "import.checked"
	} else if run.DryRun {
		return nil
	}
	return s.events.Publish(ctx, events.Event{
		Kind: kind, SubjectID: run.ID,
		Payload: map[string]any{
			"import_id": run.ID, "branch_id": run.BranchID, "state": state, "created_by": run.CreatedBy,
			"created": run.Created, "updated": run.Updated, "ended": run.Ended, "rejected": run.Rejected,
		},
	})
}

// fail ends a list that cannot be worked off. What was committed stays and can
// be undone.
func (s *Service) fail(ctx context.Context, j *jobRow, lease uuid.UUID, cause error) error {
	failure := "interrupted"
	if f, ok := asFault(cause); ok && len(f.Fields) > 0 {
		failure = f.Fields[0].Code
	} else if ok {
		failure = f.Code
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.holdJob(ctx, j.ImportID, lease, ImportState(j.State))
		if err != nil || !ok {
			return err
		}
		return s.stopRun(ctx, j.ImportID, ImportFailed, failure, "import.failed")
	})
}

// stopRun ends a list before its end, in the transaction of ctx.
func (s *Service) stopRun(ctx context.Context, id uuid.UUID, state ImportState, failure, action string) error {
	all := actor.Reach{National: true}
	j, err := s.jobByID(ctx, id, all, true)
	if err != nil {
		return err
	}
	run, err := s.importByID(ctx, id, all)
	if err != nil {
		return err
	}
	if ImportState(j.State) != ImportRunning && ImportState(j.State) != ImportUndoing {
		run.Created, run.Updated, run.Ended = 0, 0, 0 // of the check: nothing was written
	}
	j.State = string(state)
	return s.endRun(ctx, &j, &run, s.clock.Now(), failure, action)
}

// SweepImports takes away files that are older than a day and faulty rows and
// former states that are older than a week. It returns how many rows.
func (s *Service) SweepImports(ctx context.Context) (n int64, err error) {
	now := s.clock.Now()
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		n = 0
		old, err := s.oldJobs(ctx, now.Add(-fileKept))
		if err != nil {
			return err
		}
		for _, id := range old {
			if err := s.expire(ctx, id); err != nil {
				return err
			}
			n++
		}
		gone, err := s.forgetOld(ctx, now.Add(-undoWithin))
		n += gone
		return err
	})
	return n, err
}

func (s *Service) expire(ctx context.Context, id uuid.UUID) error {
	jobs, err := s.jobsOf(ctx, []uuid.UUID{id})
	if err != nil {
		return err
	}
	if j := jobs[id]; j.Size == 0 { // it never arrived whole
		return s.dropUpload(ctx, id)
	}
	return s.stopRun(ctx, id, ImportCancelled, "expired", "import.expired")
}
