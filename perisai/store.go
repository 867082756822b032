package perisai

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

// batch is how many rows or values go into one statement: the SQLite driver
// binds one in a time that grows with the square of its parameters.
const batch = 100

type wadahRow struct {
	ID        uuid.UUID
	BranchID  uuid.UUID
	Code      string
	Name      string
	CreatedAt time.Time
}

func (wadahRow) TableName() string { return "wadahs" }

type agentRow struct {
	ID          uuid.UUID
	WadahID     uuid.UUID
	BranchID    uuid.UUID
	RegionCode  string
	Code        string
	NameSealed  []byte
	PhoneSealed []byte
	ActiveFrom  clock.Day
	ActiveTo    clock.Day
	CreatedAt   time.Time
}

func (agentRow) TableName() string { return "agents" }

type registrationRow struct {
	ID            uuid.UUID
	ParticipantID uuid.UUID
	AgentID       *uuid.UUID
	WadahID       *uuid.UUID
	BranchID      *uuid.UUID
	RegisteredOn  clock.Day
	CreatedAt     time.Time
}

func (registrationRow) TableName() string { return "registrations" }

type figureRow struct {
	ID          uuid.UUID
	PeriodStart clock.Day
	PeriodEnd   clock.Day
	BranchID    *uuid.UUID
	Metric      string
	Value       int64
	AsOf        clock.Day
	Source      string
	Note        string
	CreatedAt   time.Time
}

func (figureRow) TableName() string { return "reported_figures" }

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orZero(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

func missing(err, absent error, doing string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return absent
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// How a table says in which wadah a row is.
const (
	byWadah = "wadah_id IN ?"
	isWadah = "id IN ?"
)

// within narrows a query to rows whose branch or wadah is in reach.
func within(tx *gorm.DB, r actor.Reach, wadah string) *gorm.DB {
	if r.National {
		return tx
	}
	const none = "00000000-0000-0000-0000-000000000000" // IN needs a value
	branches, wadahs := append([]string{none}, texts(r.Branches)...), append([]string{none}, texts(r.Wadahs)...)
	if wadah == isWadah {
		return tx.Where("(branch_id IN ? OR id IN ?)", branches, wadahs)
	}
	return tx.Where("(branch_id IN ? OR wadah_id IN ?)", branches, wadahs)
}

func texts(ids []uuid.UUID) []string {
	out := make([]string, len(ids))
	for i := range ids {
		out[i] = ids[i].String()
	}
	return out
}

func paged(tx *gorm.DB, r page.Request) *gorm.DB {
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	return tx.Order("id DESC").Limit(r.Limit + 1)
}

func (s *Service) insertWadah(ctx context.Context, w Wadah) error {
	row := wadahRow(w)
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	return created(res, 1, ErrCodeTaken, "write wadah")
}

func created(res *gorm.DB, want int, taken error, doing string) error {
	switch {
	case errors.Is(res.Error, gorm.ErrForeignKeyViolated):
		return ErrInvalid.With(field("/region_code", "region_unknown"))
	case res.Error != nil:
		return fmt.Errorf("%s: %w", doing, res.Error)
	case res.RowsAffected != int64(want):
		return taken
	}
	return nil
}

func (s *Service) listWadahs(ctx context.Context, reach actor.Reach, r page.Request) ([]Wadah, error) {
	var rows []wadahRow
	if err := paged(within(s.db.From(ctx), reach, isWadah), r).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list wadah: %w", err)
	}
	out := make([]Wadah, len(rows))
	for i := range rows {
		out[i] = Wadah(rows[i])
	}
	return out, nil
}

func (s *Service) wadah(ctx context.Context, id uuid.UUID, reach actor.Reach) (Wadah, error) {
	var row wadahRow
	if err := within(s.db.From(ctx), reach, isWadah).Where("id = ?", id).Take(&row).Error; err != nil {
		return Wadah{}, missing(err, ErrWadahNotFound, "read wadah")
	}
	return Wadah(row), nil
}

// agentRows makes the rows of new agents, sealed, each under its wadah.
func (s *Service) agentRows(ctx context.Context, all []NewAgent, now time.Time) ([]agentRow, error) {
	reach, wadahs := actor.From(ctx).Scope(actor.WritePerisai), map[uuid.UUID]Wadah{}
	out := make([]agentRow, len(all))
	for i, n := range all {
		w, ok := wadahs[n.WadahID]
		if !ok {
			var err error
			if w, err = s.wadah(ctx, n.WadahID, actor.Reach{National: reach.National, Branches: reach.Branches}); err != nil {
				return nil, err
			}
			wadahs[n.WadahID] = w
		}
		id := uid.At(now)
		out[i] = agentRow{
			ID: id, WadahID: w.ID, BranchID: w.BranchID, RegionCode: n.RegionCode, Code: n.Code, ActiveFrom: n.ActiveFrom, ActiveTo: n.ActiveTo, CreatedAt: now,
			NameSealed:  s.keys.Seal(pii.Place{Table: "agents", Column: "name_sealed", Row: id}, n.Name.Reveal()),
			PhoneSealed: s.keys.Seal(pii.Place{Table: "agents", Column: "phone_sealed", Row: id}, n.Phone.Reveal()),
		}
	}
	return out, nil
}

func (s *Service) insertAgents(ctx context.Context, rows []agentRow) error {
	if len(rows) == 0 {
		return nil
	}
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, batch)
	return created(res, len(rows), ErrCodeTaken, "write agents")
}

func (s *Service) listAgents(ctx context.Context, reach actor.Reach, wadahID uuid.UUID, r page.Request) ([]agentRow, error) {
	tx := paged(within(s.db.From(ctx), reach, byWadah), r)
	if wadahID != uuid.Nil {
		tx = tx.Where("wadah_id = ?", wadahID)
	}
	var rows []agentRow
	if err := tx.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	return rows, nil
}

func (s *Service) agent(ctx context.Context, id uuid.UUID, reach actor.Reach) (*agentRow, error) {
	var row agentRow
	if err := within(s.db.From(ctx), reach, byWadah).Where("id = ?", id).Take(&row).Error; err != nil {
		return nil, missing(err, ErrAgentNotFound, "read agent")
	}
	return &row, nil
}

func (s *Service) agentsByID(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]agentRow, error) {
	seen := make(map[uuid.UUID]agentRow, len(ids))
	for len(ids) > 0 {
		n := min(batch, len(ids))
		var rows []agentRow
		if err := s.db.From(ctx).Where("id IN ?", ids[:n]).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read agents: %w", err)
		}
		for i := range rows {
			seen[rows[i].ID] = rows[i]
		}
		ids = ids[n:]
	}
	return seen, nil
}

// agentsReached reports whether all these agents exist where the actor may
// write participants.
func (s *Service) agentsReached(ctx context.Context, ids []uuid.UUID) (bool, error) {
	found, err := s.agentsByID(ctx, ids)
	if err != nil {
		return false, err
	}
	reach := actor.From(ctx).Scope(actor.WriteParticipants)
	for _, id := range ids {
		if a, ok := found[id]; !ok || !reach.HasBranch(a.BranchID) {
			return false, nil
		}
	}
	return true, nil
}

// idsByCode resolves agent codes for imports: those where the actor may import.
func (s *Service) idsByCode(ctx context.Context, codes []string) (map[string]uuid.UUID, error) {
	out, reach := make(map[string]uuid.UUID, len(codes)), actor.From(ctx).Scope(actor.ImportParticipants)
	for len(codes) > 0 {
		n := min(batch, len(codes))
		var rows []agentRow
		if err := within(s.db.From(ctx), reach, byWadah).Select("id", "code").Where("code IN ?", codes[:n]).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("resolve agent codes: %w", err)
		}
		for i := range rows {
			out[rows[i].Code] = rows[i].ID
		}
		codes = codes[n:]
	}
	return out, nil
}

func (s *Service) insertRegistrations(ctx context.Context, all []Registration) error {
	rows := make([]registrationRow, len(all))
	for i, r := range all {
		rows[i] = registrationRow{
			ID: r.ID, ParticipantID: r.ParticipantID, AgentID: orNull(r.AgentID), WadahID: orNull(r.WadahID),
			BranchID: orNull(r.BranchID), RegisteredOn: r.RegisteredOn, CreatedAt: r.CreatedAt,
		}
	}
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, batch)
	return created(res, len(rows), ErrRegistered, "write registrations")
}

func (s *Service) listRegistrations(ctx context.Context, reach actor.Reach, agentID uuid.UUID, r page.Request) ([]Registration, error) {
	tx := paged(within(s.db.From(ctx), reach, byWadah), r)
	if agentID != uuid.Nil {
		tx = tx.Where("agent_id = ?", agentID)
	}
	var rows []registrationRow
	if err := tx.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	out := make([]Registration, len(rows))
	for i, x := range rows {
		out[i] = Registration{
			ID: x.ID, ParticipantID: x.ParticipantID, AgentID: orZero(x.AgentID), WadahID: orZero(x.WadahID), BranchID: orZero(x.BranchID),
			Unallocated: x.BranchID == nil, RegisteredOn: x.RegisteredOn, CreatedAt: x.CreatedAt,
		}
	}
	return out, nil
}

func (s *Service) registration(ctx context.Context, id uuid.UUID, reach actor.Reach) (*registrationRow, error) {
	var row registrationRow
	if err := within(s.db.From(ctx), reach, byWadah).Where("id = ?", id).Take(&row).Error; err != nil {
		return nil, missing(err, ErrRegistrationNotFound, "read registration")
	}
	return &row, nil
}

func (s *Service) insertFigure(ctx context.Context, f Figure) error {
	row := figureRow{
		ID: f.ID, PeriodStart: f.PeriodStart, PeriodEnd: f.PeriodEnd, BranchID: orNull(f.BranchID), Metric: f.Metric, Value: f.Value,
		AsOf: f.AsOf, Source: f.Source, Note: f.Note, CreatedAt: f.CreatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("write reported figure: %w", err)
	}
	return nil
}

func (s *Service) figures(ctx context.Context, reach actor.Reach, f Figure) ([]Figure, error) {
	tx := s.db.From(ctx).Where("metric = ? AND period_start >= ? AND period_end <= ?", f.Metric, f.PeriodStart, f.PeriodEnd)
	switch {
	case reach.National:
	case len(reach.Branches) > 0:
		tx = tx.Where("(branch_id IS NULL OR branch_id IN ?)", reach.Branches)
	case len(reach.Wadahs) > 0:
		tx = tx.Where("branch_id IS NULL")
	default:
		tx = tx.Where("1 = 0")
	}
	var rows []figureRow
	if err := tx.Order("period_start, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read reported figures: %w", err)
	}
	out := make([]Figure, len(rows))
	for i, r := range rows {
		out[i] = Figure{
			ID: r.ID, PeriodStart: r.PeriodStart, PeriodEnd: r.PeriodEnd, BranchID: orZero(r.BranchID), Metric: r.Metric, Value: r.Value,
			AsOf: r.AsOf, Source: r.Source, Note: r.Note, CreatedAt: r.CreatedAt,
		}
	}
	return out, nil
}
