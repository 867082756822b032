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
	"github.com/berlaku/berlaku/internal/pii"
)

type applicationRow struct {
	ID            uuid.UUID
	Reference     string
	BranchID      *uuid.UUID
	RegionCode    string
	SectorID      uuid.UUID
	Name          string
	NIB           *string `gorm:"column:nib"`
	NPWP          *string `gorm:"column:npwp"`
	DetailsSealed []byte
	PhoneIndex    []byte
	State         string
	AssigneeID    *uuid.UUID
	PartnerID     *uuid.UUID
	DecidedBy     *uuid.UUID
	DecidedAt     *time.Time
	DecideReason  string
	ConsentAt     time.Time
	CreatedAt     time.Time
	Doubles       int `gorm:"->"`
}

func (applicationRow) TableName() string { return "partner_applications" }

// applicationJSON is what is sealed of an application.
type applicationJSON struct {
	contactJSON
	Address string `json:"address"`
	Why     string `json:"why"`
}

const waitingMax = 200

// doublesSQL counts what else has the same NIB or phone.
const doublesSQL = `(SELECT count(*) FROM partner_applications o WHERE o.id <> a.id AND (o.phone_index = a.phone_index OR o.nib = a.nib))
	+ (SELECT count(*) FROM partners p WHERE (a.partner_id IS NULL OR p.id <> a.partner_id) AND (p.phone_index = a.phone_index OR p.nib = a.nib)) AS doubles`

func (s *Service) insertApplication(ctx context.Context, a *Application, phone []byte) error {
	b, err := json.Marshal(applicationJSON{
		contactJSON: contactJSON{Name: a.Contact.Name.Reveal(), Phone: a.Contact.Phone.Reveal(), Email: a.Contact.Email.Reveal()},
		Address:     a.Address.Reveal(), Why: a.Why.Reveal(),
	})
	if err != nil {
		return errors.New("seal application")
	}
	row := applicationRow{
		ID: a.ID, Reference: a.Reference, BranchID: idOrNull(a.BranchID), RegionCode: a.RegionCode, SectorID: a.SectorID, Name: a.Name,
		NIB: textOrNull(a.NIB), NPWP: textOrNull(a.NPWP), DetailsSealed: s.keys.Seal(applicationPlace(a.ID), string(b)), PhoneIndex: phone,
		State: string(a.State), ConsentAt: a.ConsentAt, CreatedAt: a.CreatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert application: %w", err)
	}
	return nil
}

func (s *Service) application(ctx context.Context, id uuid.UUID, lock bool) (Application, error) {
	tx := s.db.From(ctx).Table("partner_applications AS a").Select("a.*, " + doublesSQL)
	if lock {
		tx = s.db.From(ctx).Table("partner_applications AS a").Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row applicationRow
	err := tx.Where("a.id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Application{}, ErrApplicationNotFound
	}
	if err != nil {
		return Application{}, fmt.Errorf("read application: %w", err)
	}
	return s.applicationFrom(&row)
}

func (s *Service) applications(ctx context.Context, r actor.Reach, state ApplicationState) ([]Application, error) {
	tx := s.db.From(ctx).Table("partner_applications AS a").Select("a.*, "+doublesSQL).Where("a.state = ?", state)
	if !r.National {
		tx = tx.Where("a.branch_id IN ?", orNone(r.Branches))
	}
	var rows []applicationRow
	if err := tx.Order("a.created_at, a.id").Limit(waitingMax).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	return s.applicationsFrom(rows)
}

func (s *Service) doubles(ctx context.Context, a Application, r actor.Reach) ([]Application, []Partner, error) {
	var rows []applicationRow
	tx := s.db.From(ctx).Where("id <> ?", a.ID).Where("(phone_index = (SELECT phone_index FROM partner_applications WHERE id = ?) OR nib = ?)", a.ID, textOrNull(a.NIB))
	if !r.National {
		tx = tx.Where("branch_id IN ?", orNone(r.Branches))
	}
	if err := tx.Order("id").Limit(waitingMax).Find(&rows).Error; err != nil {
		return nil, nil, fmt.Errorf("look for other applications: %w", err)
	}
	others, err := s.applicationsFrom(rows)
	if err != nil {
		return nil, nil, err
	}
	var same []partnerRow
	err = Filter{}.narrow(s.db.From(ctx), r).Where("id <> ?", a.PartnerID).
		Where("(phone_index = (SELECT phone_index FROM partner_applications WHERE id = ?) OR nib = ?)", a.ID, textOrNull(a.NIB)).
		Order("id").Limit(waitingMax).Find(&same).Error
	if err != nil {
		return nil, nil, fmt.Errorf("look for other partners: %w", err)
	}
	partners := make([]Partner, len(same))
	for i := range same {
		if partners[i], err = s.partnerFrom(&same[i]); err != nil {
			return nil, nil, err
		}
	}
	return others, partners, nil
}

// updateApplication writes what was decided, if it still stands in from.
func (s *Service) updateApplication(ctx context.Context, a *Application, from ApplicationState) error {
	return one(s.db.From(ctx).Exec(`UPDATE partner_applications SET state = ?, assignee_id = ?, partner_id = ?, decided_by = ?, decided_at = ?, decide_reason = ?
		WHERE id = ? AND state = ?`, a.State, idOrNull(a.AssigneeID), idOrNull(a.PartnerID), idOrNull(a.DecidedBy), a.DecidedAt, a.Reason, a.ID, from), "update application")
}

func (s *Service) applicationStatus(ctx context.Context, reference string, phone []byte) (ApplicationStatus, error) {
	var row struct {
		Reference, Name, State, DecideReason, PartnerState string
		CreatedAt                                          time.Time
		DecidedAt                                          *time.Time
	}
	err := s.db.From(ctx).Table("partner_applications AS a").Joins("LEFT JOIN partners AS p ON p.id = a.partner_id").
		Select("a.reference, a.name, a.state, a.decide_reason, coalesce(p.state, '') AS partner_state, a.created_at, a.decided_at").
		Where("a.reference = ?", reference).Where("a.phone_index = ?", phone).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return ApplicationStatus{}, ErrApplicationNotFound
	}
	if err != nil {
		return ApplicationStatus{}, fmt.Errorf("read status of application: %w", err)
	}
	return ApplicationStatus{
		Reference: row.Reference, Name: row.Name, State: ApplicationState(row.State), Partner: State(row.PartnerState), Reason: row.DecideReason,
		CreatedAt: row.CreatedAt.UTC(), DecidedAt: utc(row.DecidedAt),
	}, nil
}

// applicationOf returns the application that a partner was made of, and whether
// there is one.
func (s *Service) applicationOf(ctx context.Context, partner uuid.UUID) (a Application, ok bool, err error) {
	var rows []applicationRow
	if err := s.db.From(ctx).Where("partner_id = ?", partner).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return Application{}, false, err
	}
	a, err = s.applicationFrom(&rows[0])
	return a, err == nil, err
}

func (s *Service) deleteRefused(ctx context.Context, before time.Time) (int64, error) {
	res := s.db.From(ctx).Exec("DELETE FROM partner_applications WHERE state = 'refused' AND decided_at < ?", before)
	if res.Error != nil {
		return 0, fmt.Errorf("forget applications: %w", res.Error)
	}
	return res.RowsAffected, nil
}

func (s *Service) applicationsFrom(rows []applicationRow) ([]Application, error) {
	out := make([]Application, len(rows))
	for i := range rows {
		a, err := s.applicationFrom(&rows[i])
		if err != nil {
			return nil, err
		}
		out[i] = a
	}
	return out, nil
}

func (s *Service) applicationFrom(r *applicationRow) (Application, error) {
	text, err := s.keys.Unseal(applicationPlace(r.ID), r.DetailsSealed)
	if err != nil {
		return Application{}, err
	}
	var d applicationJSON
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return Application{}, errors.New("read application: not what was sealed")
	}
	return Application{
		ID: r.ID, Reference: r.Reference, BranchID: orEmpty(r.BranchID), RegionCode: r.RegionCode, SectorID: r.SectorID,
		Profile: Profile{
			Name: r.Name, NIB: orEmpty(r.NIB), NPWP: orEmpty(r.NPWP),
			Contact: Contact{Name: pii.Text(d.Name), Phone: pii.Text(d.Phone), Email: pii.Text(d.Email)},
		},
		Address: pii.Text(d.Address), Why: pii.Text(d.Why), State: ApplicationState(r.State), AssigneeID: orEmpty(r.AssigneeID),
		PartnerID: orEmpty(r.PartnerID), DecidedBy: orEmpty(r.DecidedBy), DecidedAt: utc(r.DecidedAt), Reason: r.DecideReason,
		ConsentAt: r.ConsentAt.UTC(), CreatedAt: r.CreatedAt.UTC(), Doubles: r.Doubles,
	}, nil
}

func applicationPlace(id uuid.UUID) pii.Place {
	return pii.Place{Table: "partner_applications", Column: "details_sealed", Row: id}
}
