package redemptions

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
)

// readCounters fills in what the limits are judged by. It locks nothing: the
// guarded statements below have the last word.
func (s *Service) readCounters(ctx context.Context, a *attempt, f *facts) error {
	if a.shown.presented.Card == nil {
		return nil
	}
	if err := s.readCodeUse(ctx, a, f); err != nil {
		return err
	}
	person, benefit, today, l := a.participantID(), a.offer.BenefitID, a.today(), a.offer.Terms.Limits
	db := s.DB.From(ctx)
	if p := l.Participant; p != nil {
		err := scalar(db, &f.usedInWindow, `SELECT used FROM usages WHERE participant_id = ? AND benefit_id = ? AND per = ? AND window_on = ?`,
			person, benefit, string(p.Per), a.offer.Terms.Window(p.Per, today))
		if err != nil {
			return err
		}
		if interval(p) > 0 {
			if err := scalar(db, &f.lastOn, `SELECT last_on FROM usage_days WHERE participant_id = ? AND benefit_id = ?`, person, benefit); err != nil {
				return err
			}
		}
	}
	if l.OutletPerDay != nil {
		err := scalar(db, &f.usedAtOutlet, `SELECT used FROM outlet_usages WHERE benefit_id = ? AND outlet_id = ? AND used_on = ?`, benefit, a.outlet.ID, today)
		if err != nil {
			return err
		}
	}
	if a.request.ReceiptNumber != "" && a.offer.Terms.Stacking == benefits.Exclusive {
		other, err := s.otherOnBill(ctx, a)
		if err != nil {
			return err
		}
		f.otherOnBill = other
	}
	return s.readQuota(ctx, a, f)
}

// readCodeUse says whether the code that the phone showed is used up.
func (s *Service) readCodeUse(ctx context.Context, a *attempt, f *facts) error {
	p := a.shown.presented
	if p.Card == nil || p.ProofAt == 0 {
		return nil
	}
	var n int64
	err := scalar(s.DB.From(ctx), &n, `SELECT count(*) FROM proof_uses WHERE participant_id = ? AND idx = ? AND proof_at = ?`, p.Card.ParticipantID, p.Idx, p.ProofAt)
	f.codeUsed = n > 0
	return err
}

func (s *Service) readQuota(ctx context.Context, a *attempt, f *facts) error {
	if l := a.offer.Terms.Limits; l.TotalCount == nil && l.TotalAmount == nil {
		return nil
	}
	count, amount, err := s.Benefits.Remaining(ctx, a.offer.BenefitID)
	f.countLeft, f.budgetLeft = count, amount
	return err
}

// takeUsage counts one use in the participant's window, which it returns, and,
// where there is a shortest interval, moves the day of the newest use.
func (s *Service) takeUsage(ctx context.Context, a *attempt, p *benefits.ParticipantLimit) (used int64, err error) {
	today := a.today()
	used, err = s.takeCount(ctx, a, p)
	if err != nil || interval(p) == 0 {
		return used, err
	}
	return used, guarded(s.DB.From(ctx).Exec(`INSERT INTO usage_days AS u (participant_id, benefit_id, last_on) VALUES (?, ?, ?)
		ON CONFLICT (participant_id, benefit_id) DO UPDATE SET last_on = excluded.last_on
		WHERE u.last_on IS NULL OR u.last_on <= ?`,
		a.participantID(), a.offer.BenefitID, today, today.AddDays(-interval(p))), LimitInterval)
}

// takeCount counts one use in the participant's window and returns what is
// counted then.
func (s *Service) takeCount(ctx context.Context, a *attempt, p *benefits.ParticipantLimit) (used int64, err error) {
	return counted(LimitParticipant, s.DB.From(ctx).Raw(`INSERT INTO usages AS u (participant_id, benefit_id, per, window_on, used, cap) VALUES (?, ?, ?, ?, 1, ?)
		ON CONFLICT (participant_id, benefit_id, per, window_on) DO UPDATE SET used = u.used + 1, cap = excluded.cap
		WHERE u.used + 1 <= excluded.cap RETURNING used`,
		a.participantID(), a.offer.BenefitID, string(p.Per), a.offer.Terms.Window(p.Per, a.today()), p.Count))
}

func (s *Service) takeOutletDay(ctx context.Context, a *attempt, limit int64) (used int64, err error) {
	return counted(LimitOutlet, s.DB.From(ctx).Raw(`INSERT INTO outlet_usages AS u (benefit_id, outlet_id, used_on, used, cap) VALUES (?, ?, ?, 1, ?)
		ON CONFLICT (benefit_id, outlet_id, used_on) DO UPDATE SET used = u.used + 1, cap = excluded.cap
		WHERE u.used + 1 <= excluded.cap RETURNING used`, a.offer.BenefitID, a.outlet.ID, a.today(), limit))
}

// lockBill counts the use on its receipt and holds the row's lock.
func (s *Service) lockBill(ctx context.Context, a *attempt) error {
	return s.DB.From(ctx).Exec(`INSERT INTO bills AS b (participant_id, outlet_id, used_on, receipt_number, uses) VALUES (?, ?, ?, ?, 1)
		ON CONFLICT (participant_id, outlet_id, used_on, receipt_number) DO UPDATE SET uses = b.uses + 1`,
		a.participantID(), a.outlet.ID, a.today(), a.request.ReceiptNumber).Error
}

// otherOnBill reports whether the person used another promo on the same receipt
// and did not take it back.
func (s *Service) otherOnBill(ctx context.Context, a *attempt) (bool, error) {
	var n int64
	err := scalar(s.DB.From(ctx), &n, `SELECT count(*) FROM redemptions r
		WHERE r.participant_id = ? AND r.outlet_id = ? AND r.local_on = ? AND r.receipt_number = ? AND r.benefit_id <> ? AND `+standing,
		a.participantID(), a.outlet.ID, a.today(), a.request.ReceiptNumber, a.offer.BenefitID)
	return n > 0, err
}

// useProof uses up the code that the phone showed.
func (s *Service) useProof(ctx context.Context, a *attempt) error {
	p := a.shown.presented
	return guarded(s.DB.From(ctx).Exec(`INSERT INTO proof_uses (participant_id, idx, proof_at, redemption_id, used_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (participant_id, idx, proof_at) DO NOTHING`, a.participantID(), p.Idx, p.ProofAt, a.id, a.now), CodeReplayed)
}

// giveBack undoes what was counted for r under the limits it was judged by. A
// place that gets free goes to a use beyond the same limit, if one stands.
func (s *Service) giveBack(ctx context.Context, r *Redemption, act *action, terms benefits.Terms) error {
	l := terms.Limits
	if l.OutletPerDay != nil {
		if err := s.freeOutletDay(ctx, r, act); err != nil {
			return err
		}
	}
	if p := l.Participant; p != nil {
		if err := s.freeCount(ctx, r, act, terms); err != nil {
			return err
		}
		if interval(p) > 0 {
			if err := s.resetLastDay(ctx, r); err != nil {
				return err
			}
		}
	}
	if r.ReceiptNumber != "" {
		err := s.DB.From(ctx).Exec(`UPDATE bills SET uses = uses - 1 WHERE participant_id = ? AND outlet_id = ? AND used_on = ? AND receipt_number = ? AND uses > 0`,
			r.ParticipantID, r.OutletID, r.LocalOn, r.ReceiptNumber).Error
		if err != nil {
			return err
		}
	}
	if err := s.clearances(ctx, r); err != nil || len(r.over()) == 0 {
		return err
	}
	return s.freeTillDay(ctx, r)
}

// freeOutletDay gives the place of r in the outlet's day back, if it had one.
func (s *Service) freeOutletDay(ctx context.Context, r *Redemption, act *action) error {
	db := s.DB.From(ctx)
	const where = " WHERE benefit_id = ? AND outlet_id = ? AND used_on = ?"
	if err := db.Exec("UPDATE outlet_usages SET used = used"+where, r.BenefitID, r.OutletID, r.LocalOn).Error; err != nil {
		return err
	}
	if err := s.clearances(ctx, r); err != nil || slices.Contains(r.over(), markOverOutlet) {
		return err
	}
	beyond, err := s.overOutlet(ctx, r)
	if err != nil {
		return err
	}
	if given, err := s.makeRoom(ctx, act, markOverOutlet, beyond); err != nil || given {
		return err
	}
	return db.Exec("UPDATE outlet_usages SET used = used - 1"+where+" AND used > 0", r.BenefitID, r.OutletID, r.LocalOn).Error
}

// freeCount gives the place of r in the person's window back, whether it was
// within the count or beyond it.
func (s *Service) freeCount(ctx context.Context, r *Redemption, act *action, terms benefits.Terms) error {
	db, per := s.DB.From(ctx), terms.Limits.Participant.Per
	window := terms.Window(per, r.LocalOn)
	const where = " WHERE participant_id = ? AND benefit_id = ? AND per = ? AND window_on = ?"
	key := []any{r.ParticipantID, r.BenefitID, string(per), window}
	var over int64
	err := scalar(db, &over, "UPDATE usages SET used = used"+where+" RETURNING over", key...)
	if err != nil {
		return err
	}
	if over == 0 {
		return db.Exec("UPDATE usages SET used = used - 1"+where+" AND used > 0", key...).Error
	}
	if err := db.Exec("UPDATE usages SET over = over - 1"+where, key...).Error; err != nil {
		return err
	}
	if err := s.clearances(ctx, r); err != nil || slices.Contains(r.over(), markOverCount) {
		return err
	}
	beyond, err := s.overCount(ctx, r, per, window)
	if err != nil {
		return err
	}
	_, err = s.makeRoom(ctx, act, markOverCount, beyond)
	return err
}

// resetLastDay puts the day of the newest use back to that of the newest one
// that still stands. The row is locked first, so that a use under way waits.
func (s *Service) resetLastDay(ctx context.Context, r *Redemption) error {
	db := s.DB.From(ctx)
	if err := db.Exec(`UPDATE usage_days SET last_on = last_on WHERE participant_id = ? AND benefit_id = ?`, r.ParticipantID, r.BenefitID).Error; err != nil {
		return err
	}
	return db.Exec(`UPDATE usage_days SET last_on = (SELECT max(r.local_on) FROM redemptions r
		WHERE r.participant_id = usage_days.participant_id AND r.benefit_id = usage_days.benefit_id AND `+standing+`)
		WHERE participant_id = ? AND benefit_id = ?`, r.ParticipantID, r.BenefitID).Error
}

func (a *attempt) participantID() uuid.UUID {
	if c := a.shown.presented.Card; c != nil {
		return c.ParticipantID
	}
	return uuid.Nil
}

// guarded turns "no row changed" into a refusal.
func guarded(res *gorm.DB, reason Reason) error {
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		return refusal{reason}
	}
	return nil
}

// counted reads what a guarded statement returns; nothing is a refusal.
func counted(reason Reason, res *gorm.DB) (used int64, err error) {
	if err = res.Row().Scan(&used); errors.Is(err, sql.ErrNoRows) {
		err = refusal{reason}
	}
	return used, err
}

// scalar reads one value; none leaves dest as it is.
func scalar[T int64 | clock.Day](db *gorm.DB, dest *T, query string, args ...any) error {
	err := db.Raw(query, args...).Row().Scan(dest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
