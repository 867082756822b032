package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/actor"
)

// filtered narrows a query on participants by what a filter says.
func filtered(tx *gorm.DB, f Filter) *gorm.DB {
	if f.BranchID != uuid.Nil {
		tx = tx.Where("participants.branch_id = ?", f.BranchID)
	}
	if f.Status != "" {
		tx = tx.Where("EXISTS (SELECT 1 FROM memberships s WHERE s.participant_id = participants.id AND COALESCE(s.status, '') = ?)", string(f.Status))
	}
	if f.Segment != "" {
		tx = tx.Where("EXISTS (SELECT 1 FROM memberships s WHERE s.participant_id = participants.id AND s.segment = ?)", string(f.Segment))
	}
	if f.RegionCode != "" {
		tx = tx.Where("(participants.region_code = ? OR participants.region_code LIKE ?)", f.RegionCode, f.RegionCode+".%")
	}
	if f.AgentID != uuid.Nil {
		tx = tx.Where(`(EXISTS (SELECT 1 FROM memberships s WHERE s.participant_id = participants.id AND s.agent_id = ?)
			OR EXISTS (SELECT 1 FROM registrations g WHERE g.participant_id = participants.id AND g.agent_id = ?))`, f.AgentID, f.AgentID)
	}
	if f.WadahID != uuid.Nil {
		tx = tx.Where("EXISTS (SELECT 1 FROM registrations g WHERE g.participant_id = participants.id AND g.wadah_id = ?)", f.WadahID)
	}
	if !f.UpdatedSince.IsZero() {
		tx = tx.Where(`(participants.updated_at >= ? OR EXISTS (SELECT 1 FROM memberships s WHERE s.participant_id = participants.id AND s.updated_at >= ?))`,
			f.UpdatedSince, f.UpdatedSince)
	}
	return holding(tx, f)
}

// holding narrows by the cards that people hold and by the phone on record. The
// cards are read here, and only here, because a list that is cut into pages
// cannot be narrowed afterwards.
func holding(tx *gorm.DB, f Filter) *gorm.DB {
	const good = "EXISTS (SELECT 1 FROM cards c WHERE c.participant_id = participants.id AND c.state = 'active' AND c.expires_day > ?"
	day := int(f.today.Unix() / int64(24*time.Hour/time.Second))
	switch f.Holds {
	case HoldsCard:
		tx = tx.Where(good+")", day)
	case HoldsPhone:
		tx = tx.Where(good+" AND c.form = 'phone')", day)
	case HoldsPrinted:
		tx = tx.Where(good+" AND c.form = 'printed')", day)
	case HoldsNone:
		tx = tx.Where("NOT "+good+")", day)
	case HoldsAny:
	}
	if f.HasPhone != nil {
		cond := "(participants.phone_sealed IS NOT NULL AND length(participants.phone_sealed) > 0)"
		if !*f.HasPhone {
			cond = "NOT " + cond
		}
		tx = tx.Where(cond)
	}
	return tx
}

func (s *Service) countPeople(ctx context.Context, q listQuery) (n int64, err error) {
	q.filter.today = s.clock.Now()
	if err := filtered(inReach(s.db.From(ctx).Table("participants"), q.reach), q.filter).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count participants: %w", err)
	}
	return n, nil
}

func (s *Service) historyOf(ctx context.Context, person uuid.UUID) ([]Snapshot, error) {
	var rows []historyRow
	if err := s.db.From(ctx).Where("participant_id = ?", person).Order("id DESC").Limit(historyMost).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	out := make([]Snapshot, len(rows))
	for i, r := range rows {
		out[i] = Snapshot{r.MembershipID, Status(r.Status), r.ProtectedUntil, r.StatusAsOf, Source(r.Source), r.RecordedAt.UTC()}
	}
	return out, nil
}

const historyMost = 100

func (s *Service) regionNames(ctx context.Context) ([]Region, error) {
	var out []Region
	if err := s.db.From(ctx).Raw("SELECT code, name, kind FROM regions ORDER BY code").Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read regions: %w", err)
	}
	return out, nil
}

func (s *Service) countWaiting(ctx context.Context, reach actor.Reach, now time.Time) (open, overdue int64, err error) {
	var row struct{ Open, Overdue int64 }
	err = importsIn(s.db.From(ctx).Table("data_requests"), reach).
		Select("count(*) AS open, count(CASE WHEN due_at < ? THEN 1 END) AS overdue", now).
		Where("state IN ('open', 'prepared')").Scan(&row).Error
	if err != nil {
		return 0, 0, fmt.Errorf("count waiting data requests: %w", err)
	}
	return row.Open, row.Overdue, nil
}
