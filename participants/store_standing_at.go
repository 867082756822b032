package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// pastRecord is the newest entry of a membership's history by an instant.
type pastRecord struct {
	historyRow
	Superseded bool // there is a later one
}

// lastRecords returns, by membership, the newest entries that a person's history
// held at an instant.
func (s *Service) lastRecords(ctx context.Context, person uuid.UUID, at time.Time) (map[uuid.UUID]pastRecord, error) {
	var rows []historyRow
	err := s.db.From(ctx).Where("participant_id = ?", person).Order("recorded_at, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read membership history: %w", err)
	}
	out := map[uuid.UUID]pastRecord{}
	for i := range rows {
		switch last, ok := out[rows[i].MembershipID]; {
		case !rows[i].RecordedAt.After(at):
			out[rows[i].MembershipID] = pastRecord{historyRow: rows[i]}
		case ok && !last.Superseded:
			last.Superseded = true
			out[rows[i].MembershipID] = last
		}
	}
	return out, nil
}
