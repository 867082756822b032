package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
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
	if f.Action != "" {
		q = q.Where("action = ? OR substr(action, 1, ?) = ?", f.Action, len(f.Action)+1, f.Action+".")
	}
	if f.ActorKind != "" {
		q = q.Where("actor_kind = ?", string(f.ActorKind))
	}
	if f.ActorID != uuid.Nil {
		q = q.Where("actor_id = ?", f.ActorID)
	}
	if f.RequestID != "" {
		q = q.Where("request_id = ?", f.RequestID)
	}
	if !f.From.IsZero() {
		q = q.Where("id >= ?", uid.Floor(f.From))
	}
	if !f.To.IsZero() {
		q = q.Where("id < ?", uid.Floor(f.To))
	}
	var rows []entryRow
	err := q.Find(&rows).Error
	out := make([]Entry, len(rows))
	for i := range rows {
		out[i] = rows[i].entry()
	}
	return out, err
}

// get returns an entry by its id, or ErrNotFound.
func (s *Service) get(ctx context.Context, id uuid.UUID) (Entry, error) {
	var row entryRow
	err := s.db.From(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, fmt.Errorf("read audit entry: %w", err)
	}
	return row.entry(), nil
}
