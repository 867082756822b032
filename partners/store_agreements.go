package partners

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

func (s *Service) agreement(ctx context.Context, id uuid.UUID) (Agreement, error) {
	var row agreementRow
	err := s.db.From(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Agreement{}, ErrAgreementNotFound
	}
	if err != nil {
		return Agreement{}, fmt.Errorf("read agreement: %w", err)
	}
	row.CreatedAt, row.RemindedAt, row.ExpiredAt = row.CreatedAt.UTC(), utc(row.RemindedAt), utc(row.ExpiredAt)
	return Agreement(row), nil
}

// dueAgreements returns those that end today or earlier and were not dealt with,
// and those of which nobody was told yet that their end is near.
func (s *Service) dueAgreements(ctx context.Context, today clock.Day) ([]dueAgreement, error) {
	var rows []dueAgreement
	err := s.db.From(ctx).Raw(`SELECT a.id, a.partner_id, a.ends_on, a.remind_days, a.reminded_at, b.zone FROM agreements a
		JOIN partners p ON p.id = a.partner_id JOIN branches b ON b.id = p.branch_id
		WHERE p.state <> 'ended' AND (a.expired_at IS NULL AND a.ends_on <= ? OR a.reminded_at IS NULL AND a.ends_on >= ? AND a.ends_on <= ?)
		ORDER BY a.ends_on, a.id`, today, today.AddDays(-1), today.AddDays(remindMax+1)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list agreements that end: %w", err)
	}
	return rows, nil
}

// markReminded and markExpired report whether they were the first to say so.
func (s *Service) markReminded(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	return s.mark(ctx, "UPDATE agreements SET reminded_at = ? WHERE id = ? AND reminded_at IS NULL", now, id)
}

func (s *Service) markExpired(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	return s.mark(ctx, "UPDATE agreements SET expired_at = ? WHERE id = ? AND expired_at IS NULL", now, id)
}

func (s *Service) mark(ctx context.Context, sql string, now time.Time, id uuid.UUID) (bool, error) {
	res := s.db.From(ctx).Exec(sql, now, id)
	if res.Error != nil {
		return false, fmt.Errorf("mark agreement: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// endingRow is an ending with the zone of the branch.
type endingRow struct {
	Ending
	zone string
}

func (s *Service) endings(ctx context.Context, reach actor.Reach, by clock.Day) ([]endingRow, error) {
	var rows []struct {
		Row     partnerRow `gorm:"embedded"`
		EndsOn  clock.Day
		Outlets int
		Zone    string
	}
	tx := Filter{}.narrow(s.db.From(ctx).Table("partners").Select(lineColumns+", b.zone AS zone").Joins("JOIN branches b ON b.id = partners.branch_id"), reach)
	err := tx.Where("partners.state <> 'ended'").Where(lastEnd+" <= ?", by).Order("ends_on, partners.id").Limit(waitingMax).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list agreements that end: %w", err)
	}
	out := make([]endingRow, len(rows))
	for i := range rows {
		p, err := s.partnerFrom(&rows[i].Row)
		if err != nil {
			return nil, err
		}
		all, err := s.agreements(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		out[i] = endingRow{Ending: Ending{Partner: Line{Partner: p, EndsOn: rows[i].EndsOn, Outlets: rows[i].Outlets}}, zone: rows[i].Zone}
		for _, a := range all {
			if a.EndsOn == rows[i].EndsOn {
				out[i].Agreement = a
			}
		}
	}
	return out, nil
}
