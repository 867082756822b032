package partners

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
)

type partnerRow struct {
	ID            uuid.UUID
	SectorID      uuid.UUID
	BranchID      uuid.UUID
	Name          string
	NIB           *string `gorm:"column:nib"`
	NPWP          *string `gorm:"column:npwp"`
	ContactSealed []byte
	State         string
	StateReason   string
	CreatedBy     uuid.UUID
	SubmittedBy   *uuid.UUID
	ApprovedBy    *uuid.UUID
	PreparedBy    *uuid.UUID
	AssigneeID    *uuid.UUID
	PhoneIndex    database.Bytes
	TestedBy      *uuid.UUID
	TestedAt      *time.Time
	TestNote      string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func (partnerRow) TableName() string { return "partners" }

type agreementRow struct {
	ID         uuid.UUID
	PartnerID  uuid.UUID
	Number     string
	StartsOn   clock.Day
	EndsOn     clock.Day
	RemindDays int
	CreatedBy  uuid.UUID
	CreatedAt  time.Time
	RemindedAt *time.Time
	ExpiredAt  *time.Time
}

func (agreementRow) TableName() string { return "agreements" }

// contactJSON is the form in which a contact is sealed.
type contactJSON struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
}

// partner reads one partner; lock keeps it from changing to the end of the
// transaction.
func (s *Service) partner(ctx context.Context, id uuid.UUID, lock bool) (Partner, error) {
	tx := s.db.From(ctx)
	if lock {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row partnerRow
	if err := tx.Where("id = ?", id).Take(&row).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return Partner{}, ErrNotFound
	} else if err != nil {
		return Partner{}, fmt.Errorf("read partner: %w", err)
	}
	return s.partnerFrom(&row)
}

// affiliation reads what decides who reaches a partner, and no more.
func (s *Service) affiliation(ctx context.Context, id uuid.UUID) (Affiliation, error) {
	var row partnerRow
	err := s.db.From(ctx).Select("id", "branch_id", "state").Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Affiliation{}, ErrNotFound
	}
	if err != nil {
		return Affiliation{}, fmt.Errorf("read partner: %w", err)
	}
	return Affiliation{PartnerID: row.ID, BranchID: row.BranchID, State: State(row.State)}, nil
}

func (s *Service) partnerPage(ctx context.Context, reach actor.Reach, f Filter, r page.Request) ([]Partner, error) {
	tx := f.narrow(s.db.From(ctx), reach)
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	var rows []partnerRow
	if err := tx.Order("id DESC").Limit(r.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list partners: %w", err)
	}
	out := make([]Partner, len(rows))
	for i := range rows {
		p, err := s.partnerFrom(&rows[i])
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

// orNone keeps IN from meeting an empty list: no row has the zero id.
func orNone(ids []uuid.UUID) []uuid.UUID {
	if len(ids) == 0 {
		return []uuid.UUID{uuid.Nil}
	}
	return ids
}

func (s *Service) insertPartner(ctx context.Context, p Partner, contact []byte) error {
	row := partnerRow{
		ID: p.ID, SectorID: p.SectorID, BranchID: p.BranchID, Name: p.Name, NIB: textOrNull(p.NIB), NPWP: textOrNull(p.NPWP),
		ContactSealed: contact, State: string(p.State), CreatedBy: p.CreatedBy, SubmittedBy: idOrNull(p.SubmittedBy), AssigneeID: idOrNull(p.AssigneeID),
		PhoneIndex: s.phoneIndex(p.Contact.Phone), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert partner: %w", err)
	}
	return nil
}

func (s *Service) updateProfile(ctx context.Context, p Partner, contact []byte) error {
	return one(s.db.From(ctx).Exec(`UPDATE partners SET name = ?, nib = ?, npwp = ?, contact_sealed = ?, phone_index = ?, prepared_by = ?, updated_at = ?
		WHERE id = ? AND state = ?`, p.Name, textOrNull(p.NIB), textOrNull(p.NPWP), contact, s.phoneIndex(p.Contact.Phone), idOrNull(p.PreparedBy),
		p.UpdatedAt, p.ID, p.State), "update partner")
}

// moveState writes the new state of p, if it still stands in from.
func (s *Service) moveState(ctx context.Context, p Partner, from State) error {
	return one(s.db.From(ctx).Exec(`UPDATE partners SET state = ?, state_reason = ?, submitted_by = ?, approved_by = ?, updated_at = ?
		WHERE id = ? AND state = ?`, p.State, p.StateReason, idOrNull(p.SubmittedBy), idOrNull(p.ApprovedBy), p.UpdatedAt, p.ID, from), "move partner")
}

func (s *Service) insertAgreement(ctx context.Context, a Agreement) error {
	row := agreementRow(a)
	err := s.db.From(ctx).Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrAgreementExists
	}
	if err != nil {
		return fmt.Errorf("insert agreement: %w", err)
	}
	return nil
}

func (s *Service) agreements(ctx context.Context, partner uuid.UUID) ([]Agreement, error) {
	var rows []agreementRow
	if err := s.db.From(ctx).Where("partner_id = ?", partner).Order("starts_on DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list agreements: %w", err)
	}
	out := make([]Agreement, len(rows))
	for i, row := range rows {
		row.CreatedAt, row.RemindedAt, row.ExpiredAt = row.CreatedAt.UTC(), utc(row.RemindedAt), utc(row.ExpiredAt)
		out[i] = Agreement(row)
	}
	return out, nil
}

func (s *Service) inForce(ctx context.Context, partner uuid.UUID, day clock.Day) (bool, error) {
	var n int64
	err := s.db.From(ctx).Model(&agreementRow{}).Where("partner_id = ? AND starts_on <= ? AND ends_on >= ?", partner, day, day).Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for agreement: %w", err)
	}
	return n > 0, nil
}

// branchZone returns the zone of a branch, "" when there is none.
func (s *Service) branchZone(ctx context.Context, id uuid.UUID) (string, error) {
	var zones []string
	if err := s.db.From(ctx).Raw("SELECT zone FROM branches WHERE id = ?", id).Scan(&zones).Error; err != nil {
		return "", fmt.Errorf("look for branch: %w", err)
	}
	if len(zones) == 0 {
		return "", nil
	}
	return zones[0], nil
}

func (s *Service) regionExists(ctx context.Context, code string) (bool, error) {
	var n int64
	if err := s.db.From(ctx).Raw("SELECT count(*) FROM regions WHERE code = ?", code).Scan(&n).Error; err != nil {
		return false, fmt.Errorf("look for region: %w", err)
	}
	return n > 0, nil
}

func (s *Service) sealContact(id uuid.UUID, c Contact) ([]byte, error) {
	if c == (Contact{}) {
		return nil, nil //nolint:nilnil // no contact is stored as NULL
	}
	b, err := json.Marshal(contactJSON{Name: c.Name.Reveal(), Phone: c.Phone.Reveal(), Email: c.Email.Reveal()})
	if err != nil {
		return nil, errors.New("seal contact")
	}
	return s.keys.Seal(contactPlace(id), string(b)), nil
}

func (s *Service) partnerFrom(r *partnerRow) (Partner, error) {
	p := Partner{
		ID: r.ID, SectorID: r.SectorID, BranchID: r.BranchID, State: State(r.State), StateReason: r.StateReason, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), Profile: Profile{Name: r.Name, NIB: orEmpty(r.NIB), NPWP: orEmpty(r.NPWP)},
		SubmittedBy: orEmpty(r.SubmittedBy), ApprovedBy: orEmpty(r.ApprovedBy), PreparedBy: orEmpty(r.PreparedBy), AssigneeID: orEmpty(r.AssigneeID),
		Test: Test{By: orEmpty(r.TestedBy), At: orEmpty(r.TestedAt).UTC(), Note: r.TestNote},
	}
	text, err := s.keys.Unseal(contactPlace(r.ID), r.ContactSealed)
	if err != nil || text == "" {
		return p, err
	}
	var c contactJSON
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Partner{}, errors.New("read contact: not what was sealed")
	}
	p.Contact = Contact{Name: pii.Text(c.Name), Phone: pii.Text(c.Phone), Email: pii.Text(c.Email)}
	return p, nil
}

func contactPlace(id uuid.UUID) pii.Place {
	return pii.Place{Table: "partners", Column: "contact_sealed", Row: id}
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

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

func orEmpty[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func idOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
