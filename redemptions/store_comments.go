package redemptions

import (
	"context"
	"time"

	"github.com/google/uuid"
)

type commentRow struct {
	ParticipantID uuid.UUID
	ID            uuid.UUID
	RedemptionID  uuid.UUID
	ByKind        string
	ByID          uuid.UUID
	ByPartner     bool
	Body          string
	WrittenAt     time.Time
}

func (commentRow) TableName() string { return "use_comments" }

// insertComment adds a comment unless the use, which is held, has enough of them.
func (s *Service) insertComment(ctx context.Context, c *commentRow) error {
	var n int64
	if err := s.DB.From(ctx).Model(&commentRow{}).Where("redemption_id = ?", c.RedemptionID).Count(&n).Error; err != nil {
		return err
	}
	if n >= mostRemarks {
		return ErrComments
	}
	return s.DB.From(ctx).Create(c).Error
}

// comments returns what was said about a use, oldest first.
func (s *Service) comments(ctx context.Context, id uuid.UUID) ([]commentRow, error) {
	var rows []commentRow
	err := s.DB.From(ctx).Where("redemption_id = ? AND body <> ''", id).Order("id").Find(&rows).Error
	return rows, err
}

// emptyComments takes the words out of what was said about a person's uses.
func (s *Service) emptyComments(ctx context.Context, participant uuid.UUID) error {
	return s.DB.From(ctx).Exec("UPDATE use_comments SET body = '' WHERE participant_id = ?", participant).Error
}
