package benefits

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
)

type benefitRow struct {
	ID          uuid.UUID
	PartnerID   uuid.UUID
	State       string
	Version     int
	LiveVersion int
	CreatedBy   uuid.UUID
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func (benefitRow) TableName() string { return "benefits" }

type versionRow struct {
	BenefitID    uuid.UUID
	Version      int
	Title        string
	Terms        string
	TermsHash    []byte
	ValidFrom    clock.Day
	ValidTo      clock.Day
	State        string
	AuthorID     uuid.UUID
	CreatedAt    time.Time
	SubmittedBy  *uuid.UUID
	SubmittedAt  *time.Time
	DecidedBy    *uuid.UUID
	DecidedAt    *time.Time
	DecideReason string
	PublishedBy  *uuid.UUID
	PublishedAt  *time.Time
}

func (versionRow) TableName() string { return "benefit_versions" }

type outletLink struct {
	BenefitID uuid.UUID
	Version   int
	OutletID  uuid.UUID
}

func (outletLink) TableName() string { return "benefit_outlets" }

// fullRow is a promo with its newest version and its counters.
type fullRow struct {
	Promo        benefitRow `gorm:"embedded"`
	Title        string
	Terms        string
	TermsHash    []byte
	VersionState string
	UsedCount    *int64
	LimitCount   *int64
	UsedAmount   *int64
	LimitAmount  *int64
}

const fullSQL = `SELECT b.id, b.partner_id, b.state, b.version, b.live_version, b.created_by, b.created_at, b.updated_at,
	v.title, v.terms, v.terms_hash, v.state AS version_state, q.used_count, q.limit_count, q.used_amount, q.limit_amount
	FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.version
	LEFT JOIN benefit_quotas q ON q.benefit_id = b.id AND q.slot = 0 `

func (s *Service) benefit(ctx context.Context, id uuid.UUID) (Benefit, error) {
	var row fullRow
	err := s.db.From(ctx).Raw(fullSQL+"WHERE b.id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Benefit{}, ErrNotFound
	}
	if err != nil {
		return Benefit{}, fmt.Errorf("read promo: %w", err)
	}
	return row.benefit()
}

func (s *Service) benefitPage(ctx context.Context, partner uuid.UUID, f Filter, r page.Request) ([]Benefit, error) {
	var rows []fullRow
	err := s.db.From(ctx).Raw(fullSQL+"WHERE b.partner_id = ? AND (? OR b.id < ?) AND (? OR b.state = ?) ORDER BY b.id DESC LIMIT ?",
		partner, r.After == uuid.Nil, r.After, f.State == "", f.State, r.Limit+1).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list promos: %w", err)
	}
	out := make([]Benefit, len(rows))
	for i := range rows {
		b, err := rows[i].benefit()
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// lock reads a promo without its version and keeps it from changing.
func (s *Service) lock(ctx context.Context, id uuid.UUID) (benefitRow, error) {
	var row benefitRow
	err := s.db.From(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return benefitRow{}, ErrNotFound
	}
	if err != nil {
		return benefitRow{}, fmt.Errorf("lock promo: %w", err)
	}
	return row, nil
}

func (s *Service) version(ctx context.Context, id uuid.UUID, number int) (Version, error) {
	var row versionRow
	err := s.db.From(ctx).Where("benefit_id = ? AND version = ?", id, number).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Version{}, ErrNotFound
	}
	if err != nil {
		return Version{}, fmt.Errorf("read version: %w", err)
	}
	return row.version()
}

func (s *Service) versions(ctx context.Context, id uuid.UUID) ([]Version, error) {
	var rows []versionRow
	if err := s.db.From(ctx).Where("benefit_id = ?", id).Order("version DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	out := make([]Version, len(rows))
	for i := range rows {
		v, err := rows[i].version()
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (s *Service) insertBenefit(ctx context.Context, b benefitRow) error {
	if err := s.db.From(ctx).Create(&b).Error; err != nil {
		return fmt.Errorf("insert promo: %w", err)
	}
	return nil
}

// draft is a version as it is written before it is submitted.
type draft struct {
	title      string
	terms      Terms
	text, hash []byte
	author     uuid.UUID
	at         time.Time
	benefit    uuid.UUID
	version    int
}

func (s *Service) insertVersion(ctx context.Context, d draft) error {
	row := versionRow{
		BenefitID: d.benefit, Version: d.version, Title: d.title, Terms: string(d.text), TermsHash: d.hash, ValidFrom: d.terms.ValidFrom,
		ValidTo: d.terms.ValidTo, State: string(VersionDraft), AuthorID: d.author, CreatedAt: d.at,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert version: %w", err)
	}
	return s.linkOutlets(ctx, d)
}

// updateDraft rewrites a version that is still a draft.
func (s *Service) updateDraft(ctx context.Context, d draft) error {
	err := one(s.db.From(ctx).Exec(`UPDATE benefit_versions SET title = ?, terms = ?, terms_hash = ?, valid_from = ?, valid_to = ?, author_id = ?
		WHERE benefit_id = ? AND version = ? AND state = 'draft'`,
		d.title, string(d.text), d.hash, d.terms.ValidFrom, d.terms.ValidTo, d.author, d.benefit, d.version), "update version")
	if err != nil {
		return err
	}
	if err := s.db.From(ctx).Exec("DELETE FROM benefit_outlets WHERE benefit_id = ? AND version = ?", d.benefit, d.version).Error; err != nil {
		return fmt.Errorf("unlink outlets: %w", err)
	}
	return s.linkOutlets(ctx, d)
}

func (s *Service) linkOutlets(ctx context.Context, d draft) error {
	links := make([]outletLink, len(d.terms.OutletIDs))
	for i, id := range d.terms.OutletIDs {
		links[i] = outletLink{BenefitID: d.benefit, Version: d.version, OutletID: id}
	}
	if err := s.db.From(ctx).Create(&links).Error; err != nil {
		return fmt.Errorf("link outlets: %w", err)
	}
	return nil
}

// moveBenefit writes the state and version numbers of a locked promo.
func (s *Service) moveBenefit(ctx context.Context, b benefitRow) error {
	return one(s.db.From(ctx).Exec("UPDATE benefits SET state = ?, version = ?, live_version = ?, updated_at = ? WHERE id = ?",
		b.State, b.Version, b.LiveVersion, b.UpdatedAt, b.ID), "move promo")
}

// The marks of a version's way. Each is written only from the state before it.

func (s *Service) markSubmitted(ctx context.Context, v Version, who uuid.UUID, at time.Time) error {
	return one(s.db.From(ctx).Exec(`UPDATE benefit_versions SET state = 'submitted', submitted_by = ?, submitted_at = ?
		WHERE benefit_id = ? AND version = ? AND state = 'draft'`, who, at, v.BenefitID, v.Version), "submit version")
}

func (s *Service) markDecided(ctx context.Context, v Version, who uuid.UUID, at time.Time) error {
	return one(s.db.From(ctx).Exec(`UPDATE benefit_versions SET state = ?, decided_by = ?, decided_at = ?, decide_reason = ?
		WHERE benefit_id = ? AND version = ? AND state = 'submitted'`, v.State, who, at, v.DecideReason, v.BenefitID, v.Version), "decide version")
}

func (s *Service) markPublished(ctx context.Context, v Version, who uuid.UUID, at time.Time) error {
	return one(s.db.From(ctx).Exec(`UPDATE benefit_versions SET state = 'published', published_by = ?, published_at = ?
		WHERE benefit_id = ? AND version = ? AND state = 'approved'`, who, at, v.BenefitID, v.Version), "publish version")
}

func (s *Service) markRetired(ctx context.Context, id uuid.UUID, number int, from VersionState) error {
	return one(s.db.From(ctx).Exec("UPDATE benefit_versions SET state = 'retired' WHERE benefit_id = ? AND version = ? AND state = ?",
		id, number, from), "retire version")
}

func (r *fullRow) benefit() (Benefit, error) {
	b := Benefit{
		ID: r.Promo.ID, PartnerID: r.Promo.PartnerID, State: State(r.Promo.State), Version: r.Promo.Version, LiveVersion: r.Promo.LiveVersion,
		VersionState: VersionState(r.VersionState), Title: r.Title, TermsHash: r.TermsHash, CreatedBy: r.Promo.CreatedBy,
		CreatedAt: r.Promo.CreatedAt.UTC(), UpdatedAt: r.Promo.UpdatedAt.UTC(),
		Remaining: Remaining{Count: left(r.LimitCount, r.UsedCount), Amount: left(r.LimitAmount, r.UsedAmount)},
	}
	return b, readTerms(r.Terms, &b.Terms)
}

func (r *versionRow) version() (Version, error) {
	v := Version{
		BenefitID: r.BenefitID, Version: r.Version, Title: r.Title, TermsHash: r.TermsHash, State: VersionState(r.State),
		AuthorID: r.AuthorID, CreatedAt: r.CreatedAt.UTC(), SubmittedBy: orZero(r.SubmittedBy), SubmittedAt: orZero(r.SubmittedAt).UTC(),
		DecidedBy: orZero(r.DecidedBy), DecidedAt: orZero(r.DecidedAt).UTC(), DecideReason: r.DecideReason,
		PublishedBy: orZero(r.PublishedBy), PublishedAt: orZero(r.PublishedAt).UTC(),
	}
	return v, readTerms(r.Terms, &v.Terms)
}

func readTerms(text string, t *Terms) error {
	if err := json.Unmarshal([]byte(text), t); err != nil {
		return fmt.Errorf("read terms: %w", err)
	}
	return nil
}

func left(limit, used *int64) *int64 {
	if limit == nil || used == nil {
		return nil
	}
	return new(*limit - *used)
}

func orZero[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
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
