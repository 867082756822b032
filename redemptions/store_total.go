package redemptions

import (
	"context"
	"fmt"
)

// Total is what a person used altogether; standing uses only, amounts in rupiah.
type Total struct{ Uses, Gross, Discount int64 }

// OwnTotal returns what the participant who asks used since the beginning. It
// returns ErrNotFound for anybody else.
func (s *Service) OwnTotal(ctx context.Context) (Total, error) {
	person, err := me(ctx)
	if err != nil {
		return Total{}, err
	}
	var out Total
	err = s.DB.From(ctx).Raw(`SELECT count(*) AS uses, COALESCE(CAST(sum(r.gross) AS bigint), 0) AS gross, COALESCE(CAST(sum(r.discount) AS bigint), 0) AS discount
		FROM redemptions r WHERE r.participant_id = ? AND `+standing, person).Scan(&out).Error
	if err != nil {
		return Total{}, fmt.Errorf("sum all own uses: %w", err)
	}
	return out, nil
}
