package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

type accountRow struct {
	ID           uuid.UUID
	EmailSealed  []byte
	EmailIndex   []byte
	NameSealed   []byte
	PasswordHash string
	TOTPSealed   []byte `gorm:"column:totp_sealed"`
	TOTPLastStep int64  `gorm:"column:totp_last_step"` // 0: begun, not confirmed
	FactorWaived bool
	State        string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (accountRow) TableName() string { return "accounts" }

func (r *accountRow) place(column string) pii.Place {
	return pii.Place{Table: "accounts", Column: column, Row: r.ID}
}

func (r *accountRow) totpInForce() bool { return len(r.TOTPSealed) > 0 && r.TOTPLastStep > 0 }

type grantRow struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Role      string
	ScopeKind string
	ScopeID   *uuid.UUID
	GrantedBy *uuid.UUID
	GrantedAt time.Time
	RevokedAt *time.Time
}

func (grantRow) TableName() string { return "role_grants" }

func idOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func idOrZero(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// taken turns "no such row" into ErrNotFound.
func taken(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return ErrNotFound
	}
	return err
}

func (s *Service) account(ctx context.Context, id uuid.UUID) (*accountRow, error) {
	var row accountRow
	return &row, taken(s.db.From(ctx).Where("id = ?", id).Take(&row).Error)
}

// lockAccount reads the account and holds it to the end of the transaction.
func (s *Service) lockAccount(ctx context.Context, id uuid.UUID) (*accountRow, error) {
	var row accountRow
	return &row, taken(s.db.From(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&row).Error)
}

func (s *Service) accountByIndex(ctx context.Context, index []byte) (*accountRow, error) {
	var row accountRow
	return &row, taken(s.db.From(ctx).Where("email_index = ?", index).Take(&row).Error)
}

func (s *Service) countAccounts(ctx context.Context) (int64, error) {
	var n int64
	return n, s.db.From(ctx).Model(&accountRow{}).Count(&n).Error
}

// accountsWithin returns one account more than the page holds.
func (s *Service) accountsWithin(ctx context.Context, reach actor.Reach, r page.Request) ([]accountRow, error) {
	return s.peopleWithin(ctx, reach, nil, "", r)
}

func (s *Service) within(ctx context.Context, reach actor.Reach, r page.Request) *gorm.DB {
	q := s.db.From(ctx).Order("id DESC").Limit(r.Limit + 1)
	if r.After != uuid.Nil {
		q = q.Where("id < ?", r.After)
	}
	if !reach.National {
		q = q.Where(`id IN (SELECT account_id FROM role_grants WHERE revoked_at IS NULL
			AND (scope_kind = 'branch' AND scope_id IN ? OR scope_kind = 'partner' AND scope_id IN ?
				OR scope_kind = 'partner' AND scope_id IN (SELECT id FROM partners WHERE branch_id IN ?)))`,
			some(reach.Branches), some(reach.Partners), some(reach.Branches))
	}
	return q
}

// peopleWithin is accountsWithin for one address or role; it returns one more
// than the page holds.
func (s *Service) peopleWithin(ctx context.Context, reach actor.Reach, index []byte, role string, r page.Request) ([]accountRow, error) {
	q := s.within(ctx, reach, r)
	if len(index) > 0 {
		q = q.Where("email_index = ?", index)
	}
	if role != "" {
		q = q.Where("id IN (SELECT account_id FROM role_grants WHERE revoked_at IS NULL AND role = ?)", role)
	}
	var rows []accountRow
	return rows, q.Find(&rows).Error
}

// some stands in for an empty list, which SQL does not know.
func some(ids []uuid.UUID) []uuid.UUID {
	if len(ids) == 0 {
		return []uuid.UUID{uuid.Nil}
	}
	return ids
}

func (s *Service) insertAccount(ctx context.Context, row *accountRow) error {
	err := s.db.From(ctx).Create(row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrAccountExists
	}
	if err != nil {
		return fmt.Errorf("create account: %w", err)
	}
	return nil
}

func (s *Service) setPassword(ctx context.Context, id uuid.UUID, hash string, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE accounts SET password_hash = ?, updated_at = ? WHERE id = ?", hash, now, id).Error
}

// disableAccount ends in one go whatever acts for the account.
func (s *Service) disableAccount(ctx context.Context, id uuid.UUID, now time.Time) error {
	tx := s.db.From(ctx)
	if err := tx.Exec("UPDATE accounts SET state = 'disabled', updated_at = ? WHERE id = ?", now, id).Error; err != nil {
		return err
	}
	if err := s.endAccountSessions(ctx, id, now); err != nil {
		return err
	}
	if err := tx.Exec("UPDATE api_keys SET revoked_at = ? WHERE created_by = ? AND revoked_at IS NULL", now, id).Error; err != nil {
		return err
	}
	return s.expireInvitationsBy(ctx, id, now)
}

// Second factor -------------------------------------------------------------

func (s *Service) beginTOTP(ctx context.Context, id uuid.UUID, sealed []byte, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE accounts SET totp_sealed = ?, updated_at = ? WHERE id = ? AND totp_last_step = 0", sealed, now, id)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) confirmTOTP(ctx context.Context, row *accountRow, step int64, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE accounts SET totp_last_step = ?, updated_at = ? WHERE id = ? AND totp_last_step = 0 AND totp_sealed = ?",
		step, now, row.ID, row.TOTPSealed)
	return res.RowsAffected == 1, res.Error
}

// useStep uses up a step and all before it; false when that happened already.
func (s *Service) useStep(ctx context.Context, id uuid.UUID, step int64) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE accounts SET totp_last_step = ? WHERE id = ? AND totp_last_step > 0 AND totp_last_step < ?", step, id, step)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) clearTOTP(ctx context.Context, id uuid.UUID, now time.Time) error {
	return s.db.From(ctx).Exec("UPDATE accounts SET totp_sealed = NULL, totp_last_step = 0, updated_at = ? WHERE id = ?", now, id).Error
}

// Grants --------------------------------------------------------------------

// grants returns what the account holds, oldest first, then by role.
func (s *Service) grants(ctx context.Context, id uuid.UUID) ([]actor.Grant, error) {
	var rows []grantRow
	if err := s.db.From(ctx).Where("account_id = ? AND revoked_at IS NULL", id).Order("granted_at, role, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	out := make([]actor.Grant, len(rows))
	for i, r := range rows {
		out[i] = actor.Grant{Role: actor.Role(r.Role), Scope: actor.ScopeKind(r.ScopeKind), ScopeID: idOrZero(r.ScopeID)}
	}
	return out, nil
}

func (s *Service) insertGrant(ctx context.Context, account, by uuid.UUID, g actor.Grant) error {
	now := s.clock.Now()
	row := grantRow{
		ID: uid.At(now), AccountID: account, Role: string(g.Role), ScopeKind: string(g.Scope), ScopeID: idOrNull(g.ScopeID),
		GrantedBy: idOrNull(by), GrantedAt: now,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert grant: %w", err)
	}
	return nil
}

func (s *Service) endGrant(ctx context.Context, account uuid.UUID, g actor.Grant, now time.Time) (bool, error) {
	q := s.db.From(ctx).Model(&grantRow{}).
		Where("account_id = ? AND role = ? AND scope_kind = ? AND revoked_at IS NULL", account, string(g.Role), string(g.Scope))
	if g.ScopeID == uuid.Nil {
		q = q.Where("scope_id IS NULL")
	} else {
		q = q.Where("scope_id = ?", g.ScopeID)
	}
	res := q.Update("revoked_at", now)
	return res.RowsAffected > 0, res.Error
}

// full opens the sealed columns and adds the grants.
func (s *Service) full(ctx context.Context, row *accountRow) (Account, error) {
	email, err := s.keys.Unseal(row.place("email_sealed"), row.EmailSealed)
	if err != nil {
		return Account{}, fmt.Errorf("open account: %w", err)
	}
	name, err := s.keys.Unseal(row.place("name_sealed"), row.NameSealed)
	if err != nil {
		return Account{}, fmt.Errorf("open account: %w", err)
	}
	held, err := s.grants(ctx, row.ID)
	if err != nil {
		return Account{}, err
	}
	passkeys, err := s.countPasskeys(ctx, row.ID)
	if err != nil {
		return Account{}, fmt.Errorf("open account: %w", err)
	}
	return Account{
		Passkeys: passkeys, Unfinished: !row.FactorWaived && !row.totpInForce() && passkeys == 0 && needsFactor(held),
		ID: row.ID, Email: pii.Text(email), Name: pii.Text(name), State: State(row.State), TOTP: row.totpInForce(),
		Grants: held, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}, nil
}
