package partners

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/actor"
)

type setRow struct {
	Version      int
	MinAssessors int
	Note         string
	CreatedBy    *uuid.UUID
	CreatedAt    time.Time
}

func (setRow) TableName() string { return "criteria_sets" }

type criterionRow struct {
	SetVersion int
	Code       string
	Position   int
	NameID     string
	NameEN     string `gorm:"column:name_en"`
	HelpID     string
	HelpEN     string `gorm:"column:help_en"`
	Weight     int
	Computed   bool
	Gate       bool
}

func (criterionRow) TableName() string { return "criteria" }

type scoreRow struct {
	ID         uuid.UUID
	SectorID   uuid.UUID
	SetVersion int
	Criterion  string
	AssessorID uuid.UUID
	Score      int
	Evidence   string
	CreatedAt  time.Time
}

func (scoreRow) TableName() string { return "sector_scores" }

type decisionRow struct {
	ID         uuid.UUID
	SectorID   uuid.UUID
	SetVersion int
	FromState  string
	ToState    string
	Reason     string
	Assessment string
	DecidedBy  uuid.UUID
	DecidedAt  time.Time
}

func (decisionRow) TableName() string { return "sector_decisions" }

// criteriaSet returns the set in force.
func (s *Service) criteriaSet(ctx context.Context) (CriteriaSet, error) {
	all, err := s.criteriaSets(ctx)
	if err != nil {
		return CriteriaSet{}, err
	}
	if len(all) == 0 {
		return CriteriaSet{}, errors.New("no criteria")
	}
	return all[0], nil
}

func (s *Service) criteriaSets(ctx context.Context) ([]CriteriaSet, error) {
	var sets []setRow
	if err := s.db.From(ctx).Order("version DESC").Find(&sets).Error; err != nil {
		return nil, fmt.Errorf("read criteria: %w", err)
	}
	var rows []criterionRow
	if err := s.db.From(ctx).Order("set_version, position").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read criteria: %w", err)
	}
	out := make([]CriteriaSet, len(sets))
	for i, r := range sets {
		out[i] = CriteriaSet{Version: r.Version, MinAssessors: r.MinAssessors, Note: r.Note, CreatedAt: r.CreatedAt.UTC()}
		if r.CreatedBy != nil {
			out[i].CreatedBy = *r.CreatedBy
		}
		for _, c := range rows {
			if c.SetVersion == r.Version {
				out[i].Criteria = append(out[i].Criteria, Criterion{
					Code: c.Code, NameID: c.NameID, NameEN: c.NameEN, HelpID: c.HelpID, HelpEN: c.HelpEN,
					Weight: c.Weight, Computed: c.Computed, Gate: c.Gate,
				})
			}
		}
	}
	return out, nil
}

func (s *Service) insertCriteria(ctx context.Context, set *CriteriaSet) error {
	row := setRow{Version: set.Version, MinAssessors: set.MinAssessors, Note: set.Note, CreatedBy: &set.CreatedBy, CreatedAt: set.CreatedAt}
	err := s.db.From(ctx).Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrSetChanged
	}
	if err != nil {
		return fmt.Errorf("insert criteria: %w", err)
	}
	rows := make([]criterionRow, len(set.Criteria))
	for i, c := range set.Criteria {
		rows[i] = criterionRow{
			SetVersion: set.Version, Code: c.Code, Position: i + 1, NameID: c.NameID, NameEN: c.NameEN,
			HelpID: c.HelpID, HelpEN: c.HelpEN, Weight: c.Weight, Computed: c.Computed, Gate: c.Gate,
		}
	}
	if err := s.db.From(ctx).Create(&rows).Error; err != nil {
		return fmt.Errorf("insert criteria: %w", err)
	}
	return nil
}

func (s *Service) insertScore(ctx context.Context, row *scoreRow) error {
	if err := s.db.From(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("insert score: %w", err)
	}
	return nil
}

// scores returns all scores by sector, in order of time.
func (s *Service) scores(ctx context.Context) (map[uuid.UUID][]Score, error) {
	var rows []scoreRow
	if err := s.db.From(ctx).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read scores: %w", err)
	}
	out := map[uuid.UUID][]Score{}
	for _, r := range rows {
		out[r.SectorID] = append(out[r.SectorID], Score{Criterion: r.Criterion, Assessor: r.AssessorID, Value: r.Score, Evidence: r.Evidence, At: r.CreatedAt.UTC()})
	}
	return out, nil
}

func (s *Service) insertDecision(ctx context.Context, row *decisionRow) error {
	if err := s.db.From(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("insert decision: %w", err)
	}
	return nil
}

func (s *Service) sectorDecisions(ctx context.Context, sector uuid.UUID) ([]SectorDecision, error) {
	var rows []decisionRow
	if err := s.db.From(ctx).Where("sector_id = ?", sector).Order("decided_at DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	out := make([]SectorDecision, len(rows))
	for i, r := range rows {
		var basis struct{ Total float64 }
		if err := json.Unmarshal([]byte(r.Assessment), &basis); err != nil {
			return nil, fmt.Errorf("read decision: %w", err)
		}
		out[i] = SectorDecision{
			From: SectorState(r.FromState), To: SectorState(r.ToState), Reason: r.Reason, Total: basis.Total,
			Set: r.SetVersion, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt.UTC(),
		}
	}
	return out, nil
}

// outletRegions counts active outlets of partners that have not ended, by sector
// and region.
func (s *Service) outletRegions(ctx context.Context, reach actor.Reach) (map[uuid.UUID]map[string]int64, error) {
	var rows []struct {
		SectorID   uuid.UUID
		RegionCode string
		Count      int64
	}
	err := s.db.From(ctx).Raw(`SELECT p.sector_id, o.region_code, count(*) AS count FROM outlets o JOIN partners p ON p.id = o.partner_id
		WHERE o.state = 'active' AND p.state <> 'ended' AND (? OR p.branch_id IN ?) GROUP BY p.sector_id, o.region_code`,
		reach.National, orNone(reach.Branches)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count outlets: %w", err)
	}
	out := map[uuid.UUID]map[string]int64{}
	for _, r := range rows {
		if out[r.SectorID] == nil {
			out[r.SectorID] = map[string]int64{}
		}
		out[r.SectorID][r.RegionCode] = r.Count
	}
	return out, nil
}
