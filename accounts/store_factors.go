package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/pii"
)

type passkeyRow struct {
	ID           uuid.UUID
	AccountID    uuid.UUID
	CredentialID []byte
	PublicKey    []byte
	SignCount    int64
	Flags        int
	Transports   string
	NameSealed   []byte
	CreatedAt    time.Time
	LastUsedAt   *time.Time
}

func (passkeyRow) TableName() string { return "passkeys" }

func (r *passkeyRow) place() pii.Place {
	return pii.Place{Table: "passkeys", Column: "name_sealed", Row: r.ID}
}

func (s *Service) passkeysOf(ctx context.Context, account uuid.UUID) ([]passkeyRow, error) {
	var rows []passkeyRow
	return rows, s.db.From(ctx).Where("account_id = ?", account).Order("id").Find(&rows).Error
}

func (s *Service) countPasskeys(ctx context.Context, account uuid.UUID) (int, error) {
	var n int64
	err := s.db.From(ctx).Model(&passkeyRow{}).Where("account_id = ?", account).Count(&n).Error
	return int(n), err
}

func (s *Service) insertPasskey(ctx context.Context, row *passkeyRow) error {
	err := s.db.From(ctx).Create(row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrPasskey
	}
	return err
}

// usePasskey notes a use unless the counter has moved on meanwhile; 0 is the
// counter of authenticators that do not count.
func (s *Service) usePasskey(ctx context.Context, id uuid.UUID, count int64, flags int, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE passkeys SET sign_count = ?, flags = ?, last_used_at = ? WHERE id = ? AND (sign_count < ? OR sign_count = 0 AND CAST(? AS bigint) = 0)",
		count, flags, now, id, count, count)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) renamePasskey(ctx context.Context, account, id uuid.UUID, sealed []byte) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE passkeys SET name_sealed = ? WHERE id = ? AND account_id = ?", sealed, id, account)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) deletePasskey(ctx context.Context, account, id uuid.UUID) (bool, error) {
	res := s.db.From(ctx).Exec("DELETE FROM passkeys WHERE id = ? AND account_id = ?", id, account)
	return res.RowsAffected == 1, res.Error
}

// clearFactors takes every second factor of an account away.
func (s *Service) clearFactors(ctx context.Context, account uuid.UUID, now time.Time) error {
	tx := s.db.From(ctx)
	if err := tx.Exec("DELETE FROM passkeys WHERE account_id = ?", account).Error; err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ?", account).Error; err != nil {
		return err
	}
	if err := tx.Exec("UPDATE accounts SET factor_waived = false WHERE id = ?", account).Error; err != nil {
		return err
	}
	return s.clearTOTP(ctx, account, now)
}

// Recovery codes --------------------------------------------------------------

type recoveryRow struct {
	AccountID uuid.UUID
	CodeHash  []byte
	CreatedAt time.Time
	UsedAt    *time.Time
}

func (recoveryRow) TableName() string { return "recovery_codes" }

func (s *Service) replaceRecovery(ctx context.Context, account uuid.UUID, rows []recoveryRow) error {
	tx := s.db.From(ctx)
	if err := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ?", account).Error; err != nil {
		return err
	}
	return tx.Create(&rows).Error
}

func (s *Service) countRecovery(ctx context.Context, account uuid.UUID) (int, error) {
	var n int64
	err := s.db.From(ctx).Model(&recoveryRow{}).Where("account_id = ? AND used_at IS NULL", account).Count(&n).Error
	return int(n), err
}

func (s *Service) useRecovery(ctx context.Context, account uuid.UUID, hash []byte, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE recovery_codes SET used_at = ? WHERE account_id = ? AND code_hash = ? AND used_at IS NULL", now, account, hash)
	return res.RowsAffected == 1, res.Error
}

// Ceremonies ------------------------------------------------------------------

type ceremonyRow struct {
	ID         uuid.UUID
	TokenHash  []byte
	Kind       string
	AccountID  *uuid.UUID
	DataSealed []byte
	CreatedAt  time.Time
	ExpiresAt  time.Time
}

func (ceremonyRow) TableName() string { return "ceremonies" }

func (r *ceremonyRow) place() pii.Place {
	return pii.Place{Table: "ceremonies", Column: "data_sealed", Row: r.ID}
}

func (s *Service) insertCeremony(ctx context.Context, row *ceremonyRow) error {
	return s.db.From(ctx).Create(row).Error
}

func (s *Service) ceremony(ctx context.Context, kind string, hash []byte, now time.Time) (*ceremonyRow, error) {
	var row ceremonyRow
	return &row, taken(s.db.From(ctx).Where("token_hash = ? AND kind = ? AND expires_at > ?", hash, kind, now).Take(&row).Error)
}

func (s *Service) endCeremony(ctx context.Context, id uuid.UUID) (bool, error) {
	res := s.db.From(ctx).Exec("DELETE FROM ceremonies WHERE id = ?", id)
	return res.RowsAffected == 1, res.Error
}

// Identities ------------------------------------------------------------------

type identityRow struct {
	Digest     []byte
	AccountID  uuid.UUID
	Issuer     string
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

func (identityRow) TableName() string { return "identities" }

func (s *Service) identity(ctx context.Context, digest []byte) (*identityRow, error) {
	var row identityRow
	return &row, taken(s.db.From(ctx).Where("digest = ?", digest).Take(&row).Error)
}

func (s *Service) insertIdentity(ctx context.Context, row *identityRow) error {
	err := s.db.From(ctx).Create(row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrIdentity
	}
	return err
}

func (s *Service) useIdentity(ctx context.Context, digest []byte, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE identities SET last_used_at = ? WHERE digest = ?", now, digest).Error
}

func (s *Service) identitiesOf(ctx context.Context, account uuid.UUID) ([]identityRow, error) {
	var rows []identityRow
	return rows, s.db.From(ctx).Where("account_id = ?", account).Order("created_at").Find(&rows).Error
}

// Resets ----------------------------------------------------------------------

type resetRow struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Kind      string
	State     string
	AskedBy   uuid.UUID
	AskedAt   time.Time
	DecidedBy *uuid.UUID
	DecidedAt *time.Time
	CodeHash  []byte
	ExpiresAt time.Time
}

func (resetRow) TableName() string { return "account_resets" }

func (s *Service) insertReset(ctx context.Context, row *resetRow) error {
	omit := []string{}
	if len(row.CodeHash) == 0 {
		omit = append(omit, "CodeHash") // SQLite stores nil as an empty blob, of which there may be one only
	}
	return s.db.From(ctx).Omit(omit...).Create(row).Error
}

func (s *Service) resetByID(ctx context.Context, id uuid.UUID) (*resetRow, error) {
	var row resetRow
	return &row, taken(s.db.From(ctx).Where("id = ?", id).Take(&row).Error)
}

// resetsAsked returns those that wait for a second person, newest first.
func (s *Service) resetsAsked(ctx context.Context, now time.Time) ([]resetRow, error) {
	var rows []resetRow
	return rows, s.db.From(ctx).Where("state = 'asked' AND expires_at > ?", now).Order("id DESC").Find(&rows).Error
}

func (s *Service) decideReset(ctx context.Context, row *resetRow, from string, now time.Time) (bool, error) {
	q := "UPDATE account_resets SET state = ?, decided_by = ?, decided_at = ?, expires_at = ? WHERE id = ? AND state = ? AND expires_at > ?"
	args := []any{row.State, row.DecidedBy, row.DecidedAt, row.ExpiresAt, row.ID, from, now}
	if len(row.CodeHash) > 0 {
		q = "UPDATE account_resets SET state = ?, decided_by = ?, decided_at = ?, expires_at = ?, code_hash = ? WHERE id = ? AND state = ? AND expires_at > ?"
		args = []any{row.State, row.DecidedBy, row.DecidedAt, row.ExpiresAt, row.CodeHash, row.ID, from, now}
	}
	res := s.db.From(ctx).Exec(q, args...)
	return res.RowsAffected == 1, res.Error
}

// endResets forgets what waits for the account, except one.
func (s *Service) endResets(ctx context.Context, account uuid.UUID, kind string, except uuid.UUID) error {
	return s.db.From(ctx).Exec("UPDATE account_resets SET state = 'withdrawn' WHERE account_id = ? AND kind = ? AND id <> ? AND state IN ('asked', 'approved')",
		account, kind, except).Error
}

// endLonelyLinks ends the links to a new password that no second person approved.
func (s *Service) endLonelyLinks(ctx context.Context, account uuid.UUID) error {
	return s.db.From(ctx).Exec("UPDATE account_resets SET state = 'withdrawn' WHERE account_id = ? AND kind = 'password' AND state = 'approved' AND decided_by IS NULL", account).Error
}

func (s *Service) resetByCode(ctx context.Context, hash []byte, now time.Time) (*resetRow, error) {
	var row resetRow
	return &row, taken(s.db.From(ctx).Where("code_hash = ? AND kind = 'password' AND state = 'approved' AND expires_at > ?", hash, now).Take(&row).Error)
}

func (s *Service) deleteOverFactors(ctx context.Context, now, resets time.Time) (int64, error) {
	a := s.db.From(ctx).Exec("DELETE FROM ceremonies WHERE expires_at <= ?", now)
	if a.Error != nil {
		return 0, a.Error
	}
	b := s.db.From(ctx).Exec("DELETE FROM account_resets WHERE expires_at < ?", resets)
	return a.RowsAffected + b.RowsAffected, b.Error
}
