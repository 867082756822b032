package audit

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/page"
)

// list returns one row more than the page holds, newest first; by narrows to
// one actor unless it is zero.
func (s *Service) list(ctx context.Context, f Filter, by uuid.UUID, p page.Request) ([]Entry, error) {
	q := s.db.From(ctx).Model(&entryRow{}).Order("id DESC").Limit(p.Limit + 1)
	if p.After != uuid.Nil {
		q = q.Where("id < ?", p.After)
	}
	if by != uuid.Nil {
		q = q.Where("actor_id = ?", by)
	}
	if f.SubjectKind != "" {
		q = q.Where("subject_kind = ?", f.SubjectKind)
	}
	if f.SubjectID != uuid.Nil {
		q = q.Where("subject_id = ?", f.SubjectID)
	}
	var rows []entryRow
	err := q.Find(&rows).Error
	out := make([]Entry, len(rows))
	for i := range rows {
		out[i] = rows[i].entry()
	}
	return out, err
}
