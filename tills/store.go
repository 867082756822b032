package tills

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/page"
)

type enrolmentRow struct {
	ID        uuid.UUID
	CodeHash  []byte
	PartnerID uuid.UUID
	OutletID  uuid.UUID
	CreatedBy uuid.UUID
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
	TillID    *uuid.UUID
}

func (enrolmentRow) TableName() string { return "till_enrolments" }

type tillRow struct {
	ID          uuid.UUID
	PartnerID   uuid.UUID
	OutletID    uuid.UUID
	Name        string
	PublicKey   []byte
	Fingerprint string
	State       string
	CreatedAt   time.Time
	ConfirmedAt *time.Time
	ConfirmedBy *uuid.UUID
	RevokedAt   *time.Time
	SeenAt      *time.Time
	SilentAt    *time.Time
}

func (tillRow) TableName() string { return "tills" }

type tokenRow struct {
	ID        uuid.UUID
	TokenHash []byte
	TillID    uuid.UUID
	CreatedAt time.Time
	ExpiresAt time.Time
}

func (tokenRow) TableName() string { return "till_tokens" }

// usedRow is a used assertion: a bucket that is full from the start.
type usedRow struct {
	Bucket      string
	Hits        int
	WindowStart time.Time
	LockedUntil time.Time
}

func (usedRow) TableName() string { return "throttles" }

// Used assertions are the buckets from usedPrefix up to, not including, usedEnd.
const (
	usedPrefix = "till-jti:"
	usedEnd    = "till-jti;"
)

func (s *Service) insertEnrolment(ctx context.Context, row enrolmentRow) error {
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert enrolment: %w", err)
	}
	return nil
}

// useEnrolment uses a code up for a till, in one guarded statement, and returns
// its row.
func (s *Service) useEnrolment(ctx context.Context, hash []byte, till uuid.UUID, now time.Time) (enrolmentRow, error) {
	res := s.db.From(ctx).Exec("UPDATE till_enrolments SET used_at = ?, till_id = ? WHERE code_hash = ? AND used_at IS NULL AND expires_at > ?",
		now, till, hash, now)
	if res.Error != nil {
		return enrolmentRow{}, fmt.Errorf("use enrolment: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return enrolmentRow{}, ErrCode
	}
	var row enrolmentRow
	if err := s.db.From(ctx).Where("code_hash = ?", hash).Take(&row).Error; err != nil {
		return enrolmentRow{}, fmt.Errorf("read enrolment: %w", err)
	}
	return row, nil
}

func (s *Service) insertTill(ctx context.Context, t Till) error {
	row := tillRow{
		ID: t.ID, PartnerID: t.PartnerID, OutletID: t.OutletID, Name: t.Name, PublicKey: t.Point, Fingerprint: t.Fingerprint,
		State: string(t.State), CreatedAt: t.CreatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert till: %w", err)
	}
	return nil
}

func (s *Service) till(ctx context.Context, id uuid.UUID, lock bool) (Till, error) {
	tx := s.db.From(ctx)
	if lock {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row tillRow
	if err := tx.Where("id = ?", id).Take(&row).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return Till{}, ErrNotFound
	} else if err != nil {
		return Till{}, fmt.Errorf("read till: %w", err)
	}
	return s.tillFrom(&row), nil
}

// tillsAt returns one row more than the page holds, newest first.
func (s *Service) tillsAt(ctx context.Context, outlet uuid.UUID, r page.Request) ([]Till, error) {
	var rows []tillRow
	err := paged(s.db.From(ctx).Where("outlet_id = ?", outlet), r).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list tills: %w", err)
	}
	out := make([]Till, len(rows))
	for i := range rows {
		out[i] = s.tillFrom(&rows[i])
	}
	return out, nil
}

func paged(tx *gorm.DB, r page.Request) *gorm.DB {
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	return tx.Order("id DESC").Limit(r.Limit + 1)
}

// markConfirmed confirms a till that joined after the given instant.
func (s *Service) markConfirmed(ctx context.Context, t Till, after time.Time) error {
	return one(s.db.From(ctx).Exec(`UPDATE tills SET state = 'active', confirmed_at = ?, confirmed_by = ?
		WHERE id = ? AND state = 'pending' AND created_at > ?`, t.ConfirmedAt, t.ConfirmedBy, t.ID, after), "confirm till")
}

func (s *Service) markRevoked(ctx context.Context, t Till) error {
	return one(s.db.From(ctx).Exec("UPDATE tills SET state = 'revoked', revoked_at = ? WHERE id = ? AND state <> 'revoked'",
		t.RevokedAt, t.ID), "revoke till")
}

func (s *Service) insertToken(ctx context.Context, row tokenRow) error {
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	return nil
}

func (s *Service) tillOfToken(ctx context.Context, hash []byte, now time.Time) (Till, error) {
	var row tillRow
	err := s.db.From(ctx).Raw(`SELECT t.* FROM till_tokens k JOIN tills t ON t.id = k.till_id
		WHERE k.token_hash = ? AND k.expires_at > ? AND t.state <> 'pending'`, hash, now).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Till{}, ErrToken
	}
	if err != nil {
		return Till{}, fmt.Errorf("read token: %w", err)
	}
	return s.tillFrom(&row), nil
}

// insertUsed notes an assertion as used; a second time is ErrAssertion.
func (s *Service) insertUsed(ctx context.Context, digest string, now, exp time.Time) error {
	row := usedRow{Bucket: usedPrefix + digest, Hits: 1, WindowStart: now, LockedUntil: exp}
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil {
		return fmt.Errorf("use assertion: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return ErrAssertion
	}
	return nil
}

func (s *Service) deleteExpired(ctx context.Context, now time.Time) (int64, error) {
	tokens := s.db.From(ctx).Exec("DELETE FROM till_tokens WHERE expires_at <= ?", now)
	if tokens.Error != nil {
		return 0, fmt.Errorf("sweep tokens: %w", tokens.Error)
	}
	used := s.db.From(ctx).Exec("DELETE FROM throttles WHERE bucket >= ? AND bucket < ? AND locked_until <= ?", usedPrefix, usedEnd, now)
	if used.Error != nil {
		return 0, fmt.Errorf("sweep used assertions: %w", used.Error)
	}
	return tokens.RowsAffected + used.RowsAffected, nil
}

func (s *Service) tillFrom(r *tillRow) Till {
	t := Till{
		ID: r.ID, PartnerID: r.PartnerID, OutletID: r.OutletID, Name: r.Name, Point: r.PublicKey, Fingerprint: r.Fingerprint,
		State: State(r.State), CreatedAt: r.CreatedAt.UTC(),
	}
	if r.ConfirmedAt != nil {
		t.ConfirmedAt = r.ConfirmedAt.UTC()
	}
	if r.ConfirmedBy != nil {
		t.ConfirmedBy = *r.ConfirmedBy
	}
	if r.RevokedAt != nil {
		t.RevokedAt = r.RevokedAt.UTC()
	}
	if r.SeenAt != nil {
		t.SeenAt = r.SeenAt.UTC()
	}
	if r.SilentAt != nil {
		t.SilentAt = r.SilentAt.UTC()
	}
	if t.State == Pending && !s.clock.Now().Before(t.CreatedAt.Add(ConfirmLife)) {
		t.State = Revoked
	}
	return t
}

// one wants exactly one row to have been written.
func one(res *gorm.DB, doing string) error {
	if res.Error != nil {
		return fmt.Errorf("%s: %w", doing, res.Error)
	}
	if res.RowsAffected != 1 {
		return ErrState
	}
	return nil
}
