package cards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

// Values in one IN list, rows in one INSERT: the SQLite driver binds a
// statement in a time that grows with the square of its parameters.
const (
	lookupMost = 250
	insertMost = 50
)

type runRow struct {
	ID          uuid.UUID
	BranchID    *uuid.UUID
	Kind        string
	Filter      string
	State       string
	Total       int
	Done        int
	Failed      int
	CreatedBy   uuid.UUID
	CreatedAt   time.Time
	LeasedUntil *time.Time
	FinishedAt  *time.Time
}

func (runRow) TableName() string { return "card_runs" }

type itemRow struct {
	RunID         uuid.UUID
	Seq           int
	ParticipantID uuid.UUID
	State         string
	CardID        *uuid.UUID
	ActivationID  *uuid.UUID
	Made          bool
	Failure       string
}

func (itemRow) TableName() string { return "card_run_items" }

func (r *runRow) run() Run {
	out := Run{
		ID: r.ID, Kind: RunKind(r.Kind), State: RunState(r.State), Total: r.Total, Done: r.Done, Failed: r.Failed,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
	}
	if r.BranchID != nil {
		out.BranchID = *r.BranchID
	}
	if r.FinishedAt != nil {
		out.FinishedAt = r.FinishedAt.UTC()
	}
	return out
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func atOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// filterText is what a run was ordered by, for who reads the table later.
func filterText(f *RunFilter) (string, error) {
	said := map[string]any{}
	if f == nil {
		return "{}", nil
	}
	for name, text := range map[string]string{"region_code": f.RegionCode, "segment": string(f.Segment), "status": string(f.Status)} {
		if text != "" {
			said[name] = text
		}
	}
	for name, id := range map[string]uuid.UUID{"branch_id": f.BranchID, "import_id": f.ImportID} {
		if id != uuid.Nil {
			said[name] = id
		}
	}
	if f.WithoutCard {
		said["without_card"] = true
	}
	b, err := json.Marshal(said)
	return string(b), err
}

// insertRun writes a run and its people, in order.
func (s *Service) insertRun(ctx context.Context, r Run, f *RunFilter, ids []uuid.UUID) error {
	filter, err := filterText(f)
	if err != nil {
		return err
	}
	row := runRow{
		ID: r.ID, BranchID: orNull(r.BranchID), Kind: string(r.Kind), Filter: filter, State: string(r.State), Total: r.Total,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("write run: %w", err)
	}
	items := make([]itemRow, len(ids))
	for i, id := range ids {
		items[i] = itemRow{RunID: r.ID, Seq: i + 1, ParticipantID: id, State: itemWaiting}
	}
	for batch := range slices.Chunk(items, insertMost) {
		if err := s.db.From(ctx).Create(&batch).Error; err != nil {
			return fmt.Errorf("write people of run: %w", err)
		}
	}
	return nil
}

// loadRun returns a run, with lock held to the end of the transaction, or ErrRunNotFound.
func (s *Service) loadRun(ctx context.Context, id uuid.UUID, lock bool) (Run, error) {
	tx := s.db.From(ctx)
	if lock {
		tx = tx.Clauses(forUpdate)
	}
	var row runRow
	err := tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Run{}, ErrRunNotFound
	}
	return row.run(), err
}

func (s *Service) loadRuns(ctx context.Context, reach actor.Reach, who uuid.UUID, req page.Request) ([]Run, error) {
	tx := s.db.From(ctx)
	switch {
	case reach.National:
	case len(reach.Branches) == 0:
		return []Run{}, nil
	default:
		tx = tx.Where("(branch_id IN ? OR branch_id IS NULL AND created_by = ?)", reach.Branches, who)
	}
	if req.After != uuid.Nil {
		tx = tx.Where("id < ?", req.After)
	}
	var rows []runRow
	if err := tx.Order("id DESC").Limit(req.Limit + 1).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Run, len(rows))
	for i := range rows {
		out[i] = rows[i].run()
	}
	return out, nil
}

// updateRun stores a new state and lets whoever is free take the run up.
func (s *Service) updateRun(ctx context.Context, r Run) error {
	return s.db.From(ctx).Exec("UPDATE card_runs SET state = ?, finished_at = ?, leased_until = NULL WHERE id = ?",
		string(r.State), atOrNull(r.FinishedAt), r.ID).Error
}

// progressRun stores how far a run is; a finished one is leased to nobody.
func (s *Service) progressRun(ctx context.Context, r Run, leased time.Time) error {
	if !r.FinishedAt.IsZero() {
		leased = time.Time{}
	}
	return s.db.From(ctx).Exec("UPDATE card_runs SET state = ?, done = ?, failed = ?, finished_at = ?, leased_until = ? WHERE id = ?",
		string(r.State), r.Done, r.Failed, atOrNull(r.FinishedAt), atOrNull(leased), r.ID).Error
}

// leaseRun takes up the oldest run that has work left and that nobody is at;
// false: there is none.
func (s *Service) leaseRun(ctx context.Context) (r Run, ok bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		now := s.clock.Now()
		var rows []runRow
		ok = false
		if err := s.db.From(ctx).Clauses(forUpdate).
			Where("(state = 'running' OR state = 'revoked' AND finished_at IS NULL) AND (leased_until IS NULL OR leased_until <= ?)", now).
			Order("created_at, id").Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		r = rows[0].run()
		done := s.db.From(ctx).Exec("UPDATE card_runs SET leased_until = ? WHERE id = ? AND (leased_until IS NULL OR leased_until <= ?)", now.Add(runLease), r.ID, now)
		ok = done.RowsAffected == 1
		return done.Error
	})
	return r, ok, err
}

func (s *Service) releaseRun(ctx context.Context, id uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		return s.db.From(ctx).Exec("UPDATE card_runs SET leased_until = NULL WHERE id = ?", id).Error
	})
}

// waitingItems returns the next people of a run for whom nothing was made yet:
// they are worked off in order, so they come after as many as were.
func (s *Service) waitingItems(ctx context.Context, r Run, limit int) ([]runItem, error) {
	return s.items(s.db.From(ctx).Where("run_id = ? AND seq > ? AND state = ?", r.ID, r.Done+r.Failed, itemWaiting), limit)
}

// madeItems returns the people after a place for whom the run itself made something.
func (s *Service) madeItems(ctx context.Context, id uuid.UUID, after, limit int) ([]runItem, error) {
	return s.items(s.db.From(ctx).Where("run_id = ? AND seq > ? AND (made = ? OR activation_id IS NOT NULL)", id, after, true), limit)
}

func (s *Service) items(tx *gorm.DB, limit int) ([]runItem, error) {
	var rows []itemRow
	if err := tx.Order("seq").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read people of run: %w", err)
	}
	out := make([]runItem, len(rows))
	for i, r := range rows {
		out[i] = runItem{Seq: r.Seq, ParticipantID: r.ParticipantID, State: r.State, Made: r.Made, Failure: r.Failure}
		if r.CardID != nil {
			out[i].CardID = *r.CardID
		}
		if r.ActivationID != nil {
			out[i].ActivationID = *r.ActivationID
		}
	}
	return out, nil
}

func (s *Service) updateItem(ctx context.Context, run uuid.UUID, i runItem) error {
	done := s.db.From(ctx).Exec(`UPDATE card_run_items SET state = ?, card_id = ?, activation_id = ?, made = ?, failure = ?
		WHERE run_id = ? AND seq = ? AND state = 'waiting'`, i.State, orNull(i.CardID), orNull(i.ActivationID), i.Made, i.Failure, run, i.Seq)
	if done.Error == nil && done.RowsAffected != 1 {
		return fmt.Errorf("update person of run: %d rows", done.RowsAffected)
	}
	return done.Error
}

// activeCards returns people's active cards of a form, the oldest first.
func (s *Service) activeCards(ctx context.Context, ids []uuid.UUID, form Form) ([]Card, error) {
	var out []Card
	for batch := range slices.Chunk(ids, lookupMost) {
		var rows []cardRow
		err := s.db.From(ctx).Where("participant_id IN ? AND form = ? AND state = 'active'", batch, string(form)).Order("id").Find(&rows).Error
		if err != nil {
			return nil, err
		}
		out = append(out, cardsOf(rows)...)
	}
	return out, nil
}

// runCards returns the printed cards of a part of a run that are still active.
func (s *Service) runCards(ctx context.Context, id uuid.UUID, from, to int) ([]Card, error) {
	var rows []cardRow
	err := s.db.From(ctx).Raw(`SELECT c.* FROM card_run_items i
		JOIN cards c ON c.participant_id = i.participant_id AND c.id = i.card_id
		WHERE i.run_id = ? AND i.seq >= ? AND i.seq <= ? AND c.state = 'active' AND c.form = 'printed' ORDER BY i.seq`, id, from, to).Scan(&rows).Error
	return cardsOf(rows), err
}

func (s *Service) loadFailures(ctx context.Context, id uuid.UUID) ([]Failure, error) {
	var out []Failure
	err := s.db.From(ctx).Raw("SELECT seq, participant_id, failure AS code FROM card_run_items WHERE run_id = ? AND state = 'failed' ORDER BY seq", id).Scan(&out).Error
	return out, err
}
