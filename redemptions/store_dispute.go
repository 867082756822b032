package redemptions

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"
)

// hold keeps others from acting on the record until the transaction ends. Take
// it after the till's lock and before the promo's.
func (s *Service) hold(ctx context.Context, r *Redemption) error {
	var n int64
	err := s.DB.From(ctx).Model(&row{}).Clauses(clause.Locking{Strength: "UPDATE"}).Select("local_hour").
		Where("participant_id = ? AND id = ?", r.ParticipantID, r.ID).Scan(&n).Error
	if err != nil {
		return fmt.Errorf("lock redemption: %w", err)
	}
	return nil
}

// takenBack reports whether the record was voided or reversed. It is held.
func (s *Service) takenBack(ctx context.Context, r *Redemption) (bool, error) {
	var n int64
	err := scalar(s.DB.From(ctx), &n, `SELECT count(*) FROM redemption_actions
		WHERE participant_id = ? AND redemption_id = ? AND action IN ('void', 'reverse')`, r.ParticipantID, r.ID)
	return n > 0, err
}

// readDisputes fills in the disputes of records to which something happened.
func (s *Service) readDisputes(ctx context.Context, all []Redemption) error {
	at := map[uuid.UUID]*Redemption{}
	var ids []uuid.UUID
	for i := range all {
		if r := &all[i]; r.State != Recorded {
			at[r.ID], ids = r, append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var acts []action
	err := s.DB.From(ctx).Where("redemption_id IN ? AND action <> 'void'", ids).Order("action").Find(&acts).Error
	if err != nil {
		return fmt.Errorf("read disputes: %w", err)
	}
	for i := range acts { // dispute comes before reverse and uphold
		a := &acts[i]
		r := at[a.RedemptionID]
		switch {
		case a.Action == "dispute":
			r.Dispute = &Dispute{At: a.ActedAt.UTC(), Reason: DisputeReason(a.Reason), By: a.ByKind, byID: a.ByID}
		case r.Dispute != nil:
			r.Dispute.Decision, r.Dispute.DecidedAt, r.Dispute.Note = Decision(a.Action), a.ActedAt.UTC(), a.Reason
		}
	}
	return nil
}
