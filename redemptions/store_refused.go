package redemptions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/uid"
)

// scanOffset is that of the programme's own zone, Asia/Makassar, in which the
// day of a scan is cut.
const scanOffset = 8 * time.Hour

// refusedRows counts refused records and scans by reason, outlet and day.
func (s *Service) refusedRows(ctx context.Context, f RefusedFilter) ([]refusedRow, error) {
	var out []refusedRow
	where, args := atOutlet("r.outcome = 'refused' AND r.local_on BETWEEN ? AND ?", []any{f.From, f.To}, "r.outlet_id", f.OutletID)
	err := s.DB.From(ctx).Raw(`SELECT r.reason, r.outlet_id, r.local_on AS day, count(*) AS n FROM redemptions r WHERE `+where+`
		GROUP BY r.reason, r.outlet_id, r.local_on`, args...).Scan(&out).Error
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	kept := clock.DayOf(now.Add(-keepScans), time.UTC)
	last := min(f.To, clock.DayOf(now.Add(scanOffset), time.UTC))
	// A day at a time: its scans are a range of ids, and both stores cut days alike.
	for day := max(f.From, kept); day <= last; day = day.AddDays(1) {
		rows, err := s.refusedScans(ctx, f, day)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func (s *Service) refusedScans(ctx context.Context, f RefusedFilter, day clock.Day) ([]refusedRow, error) {
	from := day.Start(time.UTC).Add(-scanOffset)
	where, args := atOutlet("c.verdict <> 'valid' AND c.id >= ? AND c.id < ?", []any{uid.Floor(from), uid.Floor(from.Add(24 * time.Hour))}, "c.outlet_id", f.OutletID)
	var out []refusedRow
	err := s.DB.From(ctx).Raw(`SELECT c.reason, c.outlet_id, count(*) AS n FROM scans c WHERE `+where+` GROUP BY c.reason, c.outlet_id`, args...).Scan(&out).Error
	for i := range out {
		out[i].Day, out[i].Scan = day, true
	}
	return out, err
}

func atOutlet(where string, args []any, column string, id uuid.UUID) (string, []any) {
	if id == uuid.Nil {
		return where, args
	}
	return where + " AND " + column + " = ?", append(args, id)
}
