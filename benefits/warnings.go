package benefits

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/clock"
)

// When a promo is about to run out.
const (
	LowShare   = 20 // percent of a total that is left
	EndingDays = 14 // days to the last one
)

// Lack is what a promo runs out of.
type Lack string

// What a promo runs out of.
const (
	LackCount  Lack = "count"  // uses in all
	LackAmount Lack = "amount" // rupiah in all
	LackTime   Lack = "ending" // days
)

// Warning says what a promo runs out of, and how much is left of it: uses,
// rupiah or days. Days below zero are over.
type Warning struct {
	What        Lack
	Left, Limit int64 // Limit 0 for days
}

// Stock is what a promo had at the tills and what is left; nil: no limit.
type Stock struct {
	LimitCount, LimitAmount *int64
	Left                    Remaining
}

// LeftPercent returns how much of a total is left, 0 to 100.
func LeftPercent(left, limit int64) int64 {
	if limit <= 0 {
		return 0
	}
	return max(0, left) * 100 / limit
}

// Warnings returns what runs out, on the day of the outlets.
func (st Stock) Warnings(validTo, today clock.Day) []Warning {
	var out []Warning
	add := func(what Lack, left, limit *int64) {
		if left != nil && limit != nil && *left*100 <= *limit*LowShare {
			out = append(out, Warning{What: what, Left: max(0, *left), Limit: *limit})
		}
	}
	add(LackCount, st.Left.Count, st.LimitCount)
	add(LackAmount, st.Left.Amount, st.LimitAmount)
	if days := validTo.DaysSince(today); days <= EndingDays {
		out = append(out, Warning{What: LackTime, Left: int64(days)})
	}
	return out
}

// Pace is how a promo was used lately.
type Pace struct {
	Uses, Amount int64 // standing uses, rupiah of discount
	Days         int   // within so many days
}

// SpentOn returns the day on which, at this pace, the first of the totals is
// spent. It is false when none is, or not within ten years.
func (p Pace) SpentOn(left Remaining, today clock.Day) (on clock.Day, what Lack, ok bool) {
	days := int64(-1)
	consider := func(kind Lack, left *int64, used int64) {
		if left == nil || p.Days <= 0 || used <= 0 && *left > 0 {
			return
		}
		n := int64(0)
		if *left > 0 {
			n = (*left*int64(p.Days) + used - 1) / used
		}
		if days < 0 || n < days {
			days, what = n, kind
		}
	}
	consider(LackCount, left.Count, p.Uses)
	consider(LackAmount, left.Amount, p.Amount)
	if days < 0 || days > daysMax {
		return "", "", false
	}
	return today.AddDays(int(days)), what, true
}

// WarnLow tells once of each live promo that runs out of uses, rupiah or days
// (event quota.low), and returns how many warnings there were. A new version at
// the tills may be told of anew.
func (s *Service) WarnLow(ctx context.Context) (int64, error) {
	now := s.clock.Now()
	found, err := s.lowOnes(ctx, now)
	if err != nil {
		return 0, err
	}
	var told int64
	for _, low := range found {
		n, err := s.warn(ctx, low, now)
		if err != nil {
			return told, err
		}
		told += n
	}
	return told, nil
}

// lowOne is a live promo that runs out of something.
type lowOne struct {
	benefit, partner, branch uuid.UUID
	version                  int
	validTo                  clock.Day
	warnings                 []Warning
}

func (s *Service) warn(ctx context.Context, low lowOne, now time.Time) (told int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		told = 0
		for _, w := range low.warnings {
			first, err := s.noteWarning(ctx, low, w.What, now)
			if err != nil {
				return err
			}
			if !first {
				continue
			}
			told++
			err = s.events.Publish(ctx, events.Event{
				Kind: "quota.low", SubjectID: low.benefit, PartnerID: low.partner,
				Payload: map[string]any{
					"benefit_id": low.benefit, "partner_id": low.partner, "branch_id": low.branch, "version": low.version,
					"what": w.What, "left": w.Left, "limit": w.Limit, "valid_to": low.validTo,
				},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return told, err
}
