package accounts

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/pii"
)

type sessionRow struct {
	ID            uuid.UUID
	TokenHash     []byte
	Kind          string
	AccountID     *uuid.UUID
	ParticipantID *uuid.UUID
	CardID        *uuid.UUID
	CreatedAt     time.Time
	LastSeenAt    time.Time
	ExpiresAt     time.Time
	EndedAt       *time.Time
	ConfirmedAt   *time.Time
	Method        string
	Device        string
	Network       string
	AccountState  string `gorm:"->;-:migration"` // read along with the account
	Factor        bool   `gorm:"->;-:migration"` // see above: a second factor is in force
	Waived        bool   `gorm:"->;-:migration"` // see above: none is asked for
}

// confirmed is when the holder last proved who it is.
func (r *sessionRow) confirmed() time.Time {
	if r.ConfirmedAt != nil {
		return r.ConfirmedAt.UTC()
	}
	return r.CreatedAt
}

func (sessionRow) TableName() string { return "sessions" }

func (r *sessionRow) session() Session {
	return Session{
		ID: r.ID, AccountID: idOrZero(r.AccountID), ParticipantID: idOrZero(r.ParticipantID), CardID: idOrZero(r.CardID),
		CreatedAt: r.CreatedAt, LastSeenAt: r.LastSeenAt, ExpiresAt: r.ExpiresAt,
		ConfirmedAt: r.confirmed(), Method: Method(r.Method), Device: r.Device, Network: r.Network,
	}
}

func (s *Service) insertSession(ctx context.Context, row *sessionRow) error {
	return s.db.From(ctx).Create(row).Error
}

func (s *Service) sessionByHash(ctx context.Context, hash []byte) (*sessionRow, error) {
	var row sessionRow
	err := s.db.From(ctx).Select(`sessions.*, COALESCE(accounts.state, '') AS account_state, COALESCE(accounts.factor_waived, false) AS waived,
		COALESCE(accounts.totp_last_step, 0) > 0 OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.account_id = sessions.account_id) AS factor`).
		Joins("LEFT JOIN accounts ON accounts.id = sessions.account_id").Where("sessions.token_hash = ?", hash).Take(&row).Error
	return &row, taken(err)
}

func (s *Service) openSessions(ctx context.Context, account uuid.UUID, now time.Time) ([]sessionRow, error) {
	var rows []sessionRow
	err := s.db.From(ctx).Select("id, account_id, created_at, last_seen_at, expires_at, confirmed_at, method, device, network").
		Where("account_id = ? AND ended_at IS NULL AND expires_at > ?", account, now).Order("id DESC").Find(&rows).Error
	return rows, err
}

func (s *Service) touchSession(ctx context.Context, id uuid.UUID, now, before time.Time) error {
	return s.db.From(ctx).Exec("UPDATE sessions SET last_seen_at = ? WHERE id = ? AND last_seen_at <= ?", now, id, before).Error
}

func (s *Service) endSession(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL", now, id)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) endAccountSessions(ctx context.Context, account uuid.UUID, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE sessions SET ended_at = ? WHERE account_id = ? AND ended_at IS NULL", now, account).Error
}

func (s *Service) endParticipantSessions(ctx context.Context, participant uuid.UUID, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE sessions SET ended_at = ? WHERE participant_id = ? AND ended_at IS NULL", now, participant).Error
}

// endOtherSessions ends all sessions of the account but one.
func (s *Service) endOtherSessions(ctx context.Context, account, keep uuid.UUID, now time.Time) (int64, error) {
	res := s.db.From(ctx).Exec("UPDATE sessions SET ended_at = ? WHERE account_id = ? AND id <> ? AND ended_at IS NULL", now, account, keep)
	return res.RowsAffected, res.Error
}

func (s *Service) endOwnSession(ctx context.Context, account, id uuid.UUID, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE sessions SET ended_at = ? WHERE account_id = ? AND id = ? AND ended_at IS NULL", now, account, id)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) confirmSession(ctx context.Context, id uuid.UUID, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE sessions SET confirmed_at = ? WHERE id = ? AND ended_at IS NULL", now, id).Error
}

// Invitations and bootstrap -------------------------------------------------

type invitationRow struct {
	ID          uuid.UUID
	CodeHash    []byte
	EmailSealed []byte
	EmailIndex  []byte
	Role        string
	ScopeKind   string
	ScopeID     *uuid.UUID
	InvitedBy   uuid.UUID
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      *time.Time
	AccountID   *uuid.UUID
}

func (invitationRow) TableName() string { return "invitations" }

func (r *invitationRow) place() pii.Place {
	return pii.Place{Table: "invitations", Column: "email_sealed", Row: r.ID}
}

func (r *invitationRow) grant() actor.Grant {
	return actor.Grant{Role: actor.Role(r.Role), Scope: actor.ScopeKind(r.ScopeKind), ScopeID: idOrZero(r.ScopeID)}
}

func (s *Service) insertInvitation(ctx context.Context, row *invitationRow) error {
	return s.db.From(ctx).Create(row).Error
}

// invitation returns one that can still be accepted.
func (s *Service) invitation(ctx context.Context, hash []byte, now time.Time) (*invitationRow, error) {
	var row invitationRow
	return &row, taken(s.db.From(ctx).Where("code_hash = ? AND used_at IS NULL AND expires_at > ?", hash, now).Take(&row).Error)
}

func (s *Service) useInvitation(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE invitations SET used_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?", now, id, now)
	return res.RowsAffected == 1, res.Error
}

// openInvitations returns those that wait, newest first.
func (s *Service) openInvitations(ctx context.Context, now time.Time) ([]invitationRow, error) {
	var rows []invitationRow
	return rows, s.db.From(ctx).Where("used_at IS NULL AND expires_at > ?", now).Order("id DESC").Limit(maxOpen).Find(&rows).Error
}

func (s *Service) invitationByID(ctx context.Context, id uuid.UUID, now time.Time) (*invitationRow, error) {
	var row invitationRow
	return &row, taken(s.db.From(ctx).Where("id = ? AND used_at IS NULL AND expires_at > ?", id, now).Take(&row).Error)
}

func (s *Service) endInvitation(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE invitations SET expires_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?", now, id, now)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) nameInvited(ctx context.Context, id, account uuid.UUID) error {
	return s.db.From(ctx).Exec("UPDATE invitations SET account_id = ? WHERE id = ?", account, id).Error
}

func (s *Service) expireInvitationsBy(ctx context.Context, inviter uuid.UUID, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE invitations SET expires_at = ? WHERE invited_by = ? AND used_at IS NULL AND expires_at > ?", now, inviter, now).Error
}

func (s *Service) replaceBootstrap(ctx context.Context, hash []byte, now, expires time.Time) error {
	tx := s.db.From(ctx)
	if err := tx.Exec("UPDATE bootstrap_tokens SET used_at = ? WHERE used_at IS NULL", now).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO bootstrap_tokens (created_at, expires_at, token_hash) VALUES (?, ?, ?)", now, expires, hash).Error
}

func (s *Service) useBootstrap(ctx context.Context, hash []byte, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE bootstrap_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?", now, hash, now)
	return res.RowsAffected == 1, res.Error
}

type bootstrapRow struct{ TokenHash []byte }

func (bootstrapRow) TableName() string { return "bootstrap_tokens" }

// lockBootstrap holds all tokens to the end of the transaction.
func (s *Service) lockBootstrap(ctx context.Context) error {
	var rows []bootstrapRow
	return s.db.From(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Select("token_hash").Order("token_hash").Find(&rows).Error
}

// Counters ------------------------------------------------------------------

type throttleRow struct {
	Bucket      string
	Hits        int
	WindowStart time.Time
	LockedUntil *time.Time
}

func (throttleRow) TableName() string { return "throttles" }

// hit counts one attempt unless the window is full.
func (s *Service) hit(ctx context.Context, bucket string, limit int, window time.Duration, now time.Time) (bool, time.Duration, error) {
	over := now.Add(-window)
	res := s.db.From(ctx).Exec(`INSERT INTO throttles (bucket, hits, window_start) VALUES (?, 1, ?)
		ON CONFLICT (bucket) DO UPDATE SET
			hits = CASE WHEN throttles.window_start <= ? THEN 1 ELSE throttles.hits + 1 END,
			window_start = CASE WHEN throttles.window_start <= ? THEN excluded.window_start ELSE throttles.window_start END
		WHERE throttles.window_start <= ? OR throttles.hits < ?`, bucket, now, over, over, over, limit)
	if res.Error != nil || res.RowsAffected == 1 {
		return res.Error == nil, 0, res.Error
	}
	var row throttleRow
	if err := s.db.From(ctx).Where("bucket = ?", bucket).Take(&row).Error; err != nil {
		return false, 0, err
	}
	return false, row.WindowStart.Add(window).Sub(now), nil
}

// fail counts one failure unless the bucket is locked, and locks it when the
// failure is one too many.
func (s *Service) fail(ctx context.Context, bucket string, l lockout, now time.Time) (hits int, counted bool, err error) {
	over := now.Add(-l.window)
	err = s.db.From(ctx).Raw(`INSERT INTO throttles (bucket, hits, window_start) VALUES (?, 1, ?)
		ON CONFLICT (bucket) DO UPDATE SET
			hits = CASE WHEN throttles.window_start <= ? THEN 1 ELSE throttles.hits + 1 END,
			window_start = CASE WHEN throttles.window_start <= ? THEN excluded.window_start ELSE throttles.window_start END,
			locked_until = CASE WHEN throttles.window_start > ? AND throttles.hits + 1 >= ? THEN ? ELSE throttles.locked_until END
		WHERE throttles.locked_until IS NULL OR throttles.locked_until <= ?
		RETURNING hits`, bucket, now, over, over, over, l.hits, now.Add(l.lock), now).Row().Scan(&hits)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return hits, err == nil, err
}

// lockedUntil returns the latest end of a lock among the buckets.
func (s *Service) lockedUntil(ctx context.Context, buckets []string) (time.Time, error) {
	var rows []throttleRow
	q := s.db.From(ctx)
	if s.db.InTransaction(ctx) {
		q = q.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	if err := q.Where("bucket IN ?", buckets).Order("bucket").Find(&rows).Error; err != nil {
		return time.Time{}, err
	}
	var until time.Time
	for _, r := range rows {
		if r.LockedUntil != nil && r.LockedUntil.After(until) {
			until = *r.LockedUntil
		}
	}
	return until, nil
}

func (s *Service) lock(ctx context.Context, bucket string, until time.Time) error {
	return s.db.From(ctx).Exec("UPDATE throttles SET locked_until = ? WHERE bucket = ?", until, bucket).Error
}

func (s *Service) forget(ctx context.Context, bucket string) error {
	return s.db.From(ctx).Exec("DELETE FROM throttles WHERE bucket IN ?", []string{bucket, again(bucket)}).Error
}

func (s *Service) deleteOver(ctx context.Context, throttles, sessions time.Time) (int64, error) {
	tx := s.db.From(ctx)
	a := tx.Exec("DELETE FROM throttles WHERE window_start < ? AND (locked_until IS NULL OR locked_until < ?)", throttles, throttles)
	if a.Error != nil {
		return 0, a.Error
	}
	b := tx.Exec("DELETE FROM sessions WHERE expires_at < ?", sessions)
	if b.Error != nil {
		return 0, b.Error
	}
	c, err := s.deleteOverFactors(ctx, throttles, sessions)
	return a.RowsAffected + b.RowsAffected + c, err
}
