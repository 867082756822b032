package redemptions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
)

// addOver counts a use beyond the participant's count. The row is there: it was
// full.
func (s *Service) addOver(ctx context.Context, a *attempt, p *benefits.ParticipantLimit) error {
	return s.DB.From(ctx).Exec(`UPDATE usages SET over = over + 1 WHERE participant_id = ? AND benefit_id = ? AND per = ? AND window_on = ?`,
		a.participantID(), a.offer.BenefitID, string(p.Per), a.offer.Terms.Window(p.Per, a.today())).Error
}

// markDay moves the day of the newest use, which locks its row, and reports
// whether another use lies nearer than days.
func (s *Service) markDay(ctx context.Context, a *attempt, days int) (near bool, err error) {
	db, today := s.DB.From(ctx), a.today()
	err = db.Exec(`INSERT INTO usage_days AS u (participant_id, benefit_id, last_on) VALUES (?, ?, ?)
		ON CONFLICT (participant_id, benefit_id) DO UPDATE SET last_on =
			CASE WHEN u.last_on IS NULL OR u.last_on < excluded.last_on THEN excluded.last_on ELSE u.last_on END`,
		a.participantID(), a.offer.BenefitID, today).Error
	if err != nil {
		return false, err
	}
	var n int64
	err = scalar(db, &n, `SELECT count(*) FROM redemptions r WHERE r.participant_id = ? AND r.benefit_id = ? AND r.local_on BETWEEN ? AND ? AND `+standing,
		a.participantID(), a.offer.BenefitID, today.AddDays(1-days), today.AddDays(days-1))
	return n > 0, err
}

// standing is the condition under which a redemption r was granted and not taken
// back.
const standing = `r.outcome = 'granted' AND NOT EXISTS (SELECT 1 FROM redemption_actions v
	WHERE v.participant_id = r.participant_id AND v.redemption_id = r.id AND v.action IN ('void', 'reverse'))`

// takeTillDay counts a use over a limit on its till's day. When that is full the
// use is refused after all.
func (s *Service) takeTillDay(ctx context.Context, till uuid.UUID, day clock.Day) error {
	return guarded(s.DB.From(ctx).Exec(`INSERT INTO till_days AS d (till_id, used_on, over) VALUES (?, ?, 1)
		ON CONFLICT (till_id, used_on) DO UPDATE SET over = d.over + 1 WHERE d.over + 1 <= ?`, till, day, OfflinePerDay), LimitParticipant)
}

// freeTillDay gives the place of r on its till's day back.
func (s *Service) freeTillDay(ctx context.Context, r *Redemption) error {
	return s.DB.From(ctx).Exec("UPDATE till_days SET over = over - 1 WHERE till_id = ? AND used_on = ? AND over > 0", r.CallerID, r.LocalOn).Error
}

// clearances are the marks of r for which voids made room.
func (s *Service) clearances(ctx context.Context, r *Redemption) error {
	var kinds []string
	err := s.DB.From(ctx).Raw("SELECT kind FROM limit_clearances WHERE participant_id = ? AND redemption_id = ?", r.ParticipantID, r.ID).Scan(&kinds).Error
	if err != nil {
		return fmt.Errorf("read clearances: %w", err)
	}
	r.Cleared = nil
	for _, k := range kinds {
		r.Cleared = append(r.Cleared, "over_"+k)
	}
	return nil
}

// makeRoom gives the place that the void act frees to the earliest use that
// stands beyond the same limit, and reports whether there was one. The counter's
// row is locked.
func (s *Service) makeRoom(ctx context.Context, act *action, mark string, waiting []Redemption) (bool, error) {
	for i := range waiting {
		r := &waiting[i]
		if err := s.clearances(ctx, r); err != nil {
			return false, err
		}
		if !slices.Contains(r.over(), mark) {
			continue
		}
		err := s.DB.From(ctx).Exec("INSERT INTO limit_clearances (participant_id, redemption_id, kind, void_id, cleared_at) VALUES (?, ?, ?, ?, ?)",
			r.ParticipantID, r.ID, mark[len("over_"):], act.ID, act.ActedAt).Error
		if err != nil {
			return false, err
		}
		r.Cleared = append(r.Cleared, mark)
		if len(r.over()) == 0 {
			return true, s.freeTillDay(ctx, r)
		}
		return true, nil
	}
	return false, nil
}

// overCount returns the person's uses beyond the count of the window that r lies
// in, earliest first.
func (s *Service) overCount(ctx context.Context, r *Redemption, per benefits.Per, window clock.Day) ([]Redemption, error) {
	rows, err := s.marked(ctx, "r.participant_id = ? AND r.benefit_id = ? AND r.local_on >= ?", markOverCount, r.ParticipantID, r.BenefitID, window)
	if err != nil {
		return nil, err
	}
	out := rows[:0]
	for i := range rows {
		offer, err := s.Benefits.AtVersion(ctx, r.BenefitID, rows[i].BenefitVersion)
		if err != nil {
			return nil, err
		}
		if p := offer.Terms.Limits.Participant; p != nil && p.Per == per && offer.Terms.Window(per, rows[i].LocalOn) == window {
			out = append(out, rows[i])
		}
	}
	return out, nil
}

// overOutlet returns the uses beyond the outlet's day of r, earliest first.
func (s *Service) overOutlet(ctx context.Context, r *Redemption) ([]Redemption, error) {
	return s.marked(ctx, "r.outlet_id = ? AND r.local_on = ? AND r.benefit_id = ?", markOverOutlet, r.OutletID, r.LocalOn, r.BenefitID)
}

func (s *Service) marked(ctx context.Context, where, mark string, args ...any) ([]Redemption, error) {
	var rows []row
	query := selectRow + "WHERE " + where + " AND r.flags LIKE ? AND " + standing + " ORDER BY r.occurred_at, r.id"
	if err := s.DB.From(ctx).Raw(query, append(args, `%"`+mark+`"%`)...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read uses over a limit: %w", err)
	}
	out := make([]Redemption, len(rows))
	for i := range rows {
		r, err := rows[i].redemption()
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// bareUses counts the uses of a local day that a till which has ended brought in
// without an allowance. The till is locked.
func (s *Service) bareUses(ctx context.Context, till, outlet uuid.UUID, day clock.Day) (n int64, err error) {
	err = scalar(s.DB.From(ctx), &n, `SELECT count(*) FROM redemptions r WHERE r.outlet_id = ? AND r.local_on = ? AND r.caller_id = ?
		AND r.outcome = 'granted' AND r.flags LIKE ? AND r.flags LIKE ?`, outlet, day, till, `%"`+flagNoAllowance+`"%`, `%"`+flagTillRevoked+`"%`)
	return n, err
}

// forgetDays forgets how many uses over a limit tills brought in on days long
// past.
func (s *Service) forgetDays(ctx context.Context, before time.Time) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM till_days WHERE used_on < ?", clock.DayOf(before, time.UTC))
	return res.RowsAffected, res.Error
}
