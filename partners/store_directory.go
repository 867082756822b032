package partners

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
)

// narrow leaves the partners within reach that the filter lets through.
func (f Filter) narrow(tx *gorm.DB, reach actor.Reach) *gorm.DB {
	if !reach.National {
		tx = tx.Where("(partners.id IN ? OR partners.branch_id IN ?)", orNone(reach.Partners), orNone(reach.Branches))
	}
	if f.State != "" {
		tx = tx.Where("partners.state = ?", f.State)
	}
	for column, id := range map[string]uuid.UUID{"sector_id": f.SectorID, "branch_id": f.BranchID, "assignee_id": f.AssigneeID} {
		if id != uuid.Nil {
			tx = tx.Where("partners."+column+" = ?", id)
		}
	}
	if f.RegionCode != "" {
		tx = tx.Where(`EXISTS (SELECT 1 FROM outlets o WHERE o.partner_id = partners.id AND o.state = 'active'
			AND (o.region_code = ? OR o.region_code LIKE ?))`, f.RegionCode, f.RegionCode+".%")
	}
	if f.Name != "" {
		tx = tx.Where(`lower(partners.name) LIKE ? ESCAPE '\'`, "%"+likeText.Replace(strings.ToLower(f.Name))+"%")
	}
	if f.EndsTo != "" {
		tx = tx.Where(lastEnd+" BETWEEN ? AND ?", f.EndsFrom, f.EndsTo)
	}
	return tx
}

// likeText takes their meaning from the signs of LIKE.
var likeText = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

const lastEnd = "(SELECT max(g.ends_on) FROM agreements g WHERE g.partner_id = partners.id)"

// lineColumns are those of a partner in a list: nothing sealed is read.
const lineColumns = `partners.id, partners.sector_id, partners.branch_id, partners.name, partners.nib, partners.npwp, partners.state, partners.state_reason,
	partners.created_by, partners.submitted_by, partners.approved_by, partners.prepared_by, partners.assignee_id, partners.tested_by, partners.tested_at,
	partners.test_note, partners.created_at, partners.updated_at, ` + lastEnd + ` AS ends_on,
	(SELECT count(*) FROM outlets o WHERE o.partner_id = partners.id AND o.state = 'active') AS outlets`

type lineRow struct {
	Row     partnerRow `gorm:"embedded"`
	EndsOn  clock.Day
	Outlets int
}

func (s *Service) lines(ctx context.Context, reach actor.Reach, f Filter, r page.Request) ([]Line, error) {
	tx := f.narrow(s.db.From(ctx).Table("partners").Select(lineColumns), reach)
	if r.After != uuid.Nil {
		tx = tx.Where("partners.id < ?", r.After)
	}
	return s.linesOf(tx.Order("partners.id DESC").Limit(r.Limit + 1))
}

func (s *Service) waiting(ctx context.Context, reach actor.Reach) ([]Line, error) {
	tx := Filter{State: Submitted}.narrow(s.db.From(ctx).Table("partners").Select(lineColumns), reach)
	return s.linesOf(tx.Order("partners.updated_at, partners.id").Limit(waitingMax))
}

func (s *Service) linesOf(tx *gorm.DB) ([]Line, error) {
	var rows []lineRow
	if err := tx.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list partners: %w", err)
	}
	out := make([]Line, len(rows))
	for i := range rows {
		p, err := s.partnerFrom(&rows[i].Row)
		if err != nil {
			return nil, err
		}
		out[i] = Line{Partner: p, EndsOn: rows[i].EndsOn, Outlets: rows[i].Outlets}
	}
	return out, nil
}

func (s *Service) counts(ctx context.Context, reach actor.Reach, f Filter) (map[State]int64, error) {
	var rows []struct {
		State State
		N     int64
	}
	err := f.narrow(s.db.From(ctx).Table("partners").Select("partners.state AS state, count(*) AS n"), reach).Group("partners.state").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count partners: %w", err)
	}
	out := make(map[State]int64, len(rows))
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, nil
}

func (s *Service) places(ctx context.Context) ([]Place, error) {
	var rows []struct {
		Code, Name, Kind string
		BranchID         *uuid.UUID
		BranchName       *string
	}
	err := s.db.From(ctx).Raw(`SELECT r.code, r.name, r.kind, b.id AS branch_id, b.name AS branch_name FROM regions r
		LEFT JOIN branch_regions h ON h.region_code = r.code LEFT JOIN branches b ON b.id = h.branch_id
		WHERE r.kind IN ('regency', 'city') ORDER BY r.name, r.code, b.code`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	out := make([]Place, 0, len(rows))
	for _, r := range rows {
		if len(out) > 0 && out[len(out)-1].Code == r.Code {
			continue // several branches: the first by code
		}
		out = append(out, Place{Code: r.Code, Name: r.Name, Kind: r.Kind, BranchID: orEmpty(r.BranchID), BranchName: orEmpty(r.BranchName)})
	}
	return out, nil
}
