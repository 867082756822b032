package redemptions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/uid"
)

// promoReasons are the refusals that come from a promo's own terms: another
// version may have granted.
var promoReasons = []string{
	string(OutsideHours), string(SegmentNotEligible), string(BelowMinimum), string(StatusTooOld), string(OutletNotCovered),
	string(LimitParticipant), string(LimitInterval), string(LimitOutlet), string(LimitTotal), string(BudgetSpent), string(NotStackable),
}

// past returns the uses that a simulation decides again, oldest first, and
// whether there were too many. Other promos on a receipt are looked for only
// where alone says that they matter.
func (s *Service) past(ctx context.Context, q Simulation, partner uuid.UUID, alone bool) ([]pastUse, bool, error) {
	where := []string{"r.local_on BETWEEN ? AND ?", "r.participant_id <> ?"}
	args := []any{q.From, q.To, uuid.Nil}
	// Found by the person, of whom there are few rows; coalesce keeps planners
	// from the outlet's day, of which there are many.
	other := "CASE WHEN r.reason = '" + string(NotStackable) + `' THEN 1 WHEN r.receipt_number IS NULL OR r.receipt_number = '' THEN 0
		WHEN EXISTS (SELECT 1 FROM redemptions o WHERE o.participant_id = r.participant_id AND coalesce(o.outlet_id, o.outlet_id) = r.outlet_id
			AND coalesce(o.local_on, o.local_on) = r.local_on AND o.receipt_number = r.receipt_number AND o.benefit_id <> r.benefit_id AND o.outcome = 'granted') THEN 1 ELSE 0 END`
	if q.Partner {
		where, args = append(where, "r.partner_id = ?"), append(args, partner)
		other = "0" // it would have come in place of the others
	} else {
		if !alone {
			other = "0"
		}
		where, args = append(where, "r.benefit_id = ?"), append(args, q.BenefitID)
	}
	if len(q.Outlets) > 0 {
		where, args = append(where, "r.outlet_id IN ?"), append(args, q.Outlets)
	}
	// An id begins with the time: a day of slack on both sides for zones, a week
	// more for what tills hand in late.
	where = append(where, "r.id >= ?", "r.id < ?", "("+standing+" OR r.outcome = 'refused' AND r.reason IN ?)")
	args = append(args, uid.Floor(q.From.Start(time.UTC).AddDate(0, 0, -1)), uid.Floor(q.To.Start(time.UTC).AddDate(0, 0, 10)), promoReasons)
	out := []pastUse{}
	rows, err := s.DB.From(ctx).Raw(`SELECT r.participant_id, r.outlet_id, r.local_on, r.status_as_of_seen, r.local_hour, r.occurred_at,
		coalesce(r.segment_seen, ''), r.gross, r.discount, r.outcome, `+other+` FROM redemptions r WHERE `+strings.Join(where, " AND ")+`
		ORDER BY r.id DESC LIMIT ?`, append(args, SimulationMax+1)...).Rows()
	if err != nil {
		return nil, false, fmt.Errorf("read past uses: %w", err)
	}
	defer rows.Close() //nolint:errcheck // reading; Err tells
	for rows.Next() {
		var u pastUse
		var at time.Time
		var outcome string
		var shared int
		if err := rows.Scan(&u.ParticipantID, &u.OutletID, &u.LocalOn, &u.StatusAsOf, &u.LocalHour, &at, &u.Segment, &u.Gross, &u.Discount, &outcome, &shared); err != nil {
			return nil, false, fmt.Errorf("read past use: %w", err)
		}
		u.Minute, u.Granted, u.OtherOnBill = at.Minute(), outcome == string(Granted), shared == 1
		out = append(out, u)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("read past uses: %w", err)
	}
	slices.Reverse(out)
	cut := len(out) > SimulationMax
	// What tills hand in late belongs to the day on which it happened.
	slices.SortStableFunc(out, func(a, b pastUse) int { return cmp.Compare(a.LocalOn, b.LocalOn) })
	if cut {
		return fromWholeDay(out), true, nil
	}
	return out, false, nil
}

// fromWholeDay leaves out the first day, of which not all was read, unless there
// is no other.
func fromWholeDay(all []pastUse) []pastUse {
	first := all[0].LocalOn
	at := slices.IndexFunc(all, func(u pastUse) bool { return u.LocalOn > first })
	if at < 0 {
		return all
	}
	return all[at:]
}

// usedSince counts the standing uses of a promo since an instant.
func (s *Service) usedSince(ctx context.Context, benefit uuid.UUID, since time.Time) (uses, amount int64, err error) {
	err = s.DB.From(ctx).Raw(`SELECT count(*), COALESCE(CAST(sum(r.discount) AS bigint), 0) FROM redemptions r
		WHERE r.benefit_id = ? AND r.id >= ? AND `+standing, benefit, uid.Floor(since)).Row().Scan(&uses, &amount)
	if err != nil {
		return 0, 0, fmt.Errorf("count uses: %w", err)
	}
	return uses, amount, nil
}
