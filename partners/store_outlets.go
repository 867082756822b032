package partners

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/page"
)

type outletRow struct {
	ID          uuid.UUID
	PartnerID   uuid.UUID
	RegionCode  string
	Name        string
	Address     string
	Latitude    *float64
	Longitude   *float64
	Zone        string
	Hours       string
	State       string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	SectorID    uuid.UUID `gorm:"->"`
	BranchID    uuid.UUID `gorm:"->"`
	PartnerName string    `gorm:"->"`
	PartnerIn   string    `gorm:"->"`
	SectorIn    string    `gorm:"->"`
}

func (outletRow) TableName() string { return "outlets" }

// outletSQL reads outlets with the state of their partner and sector.
const outletSQL = `SELECT o.id, o.partner_id, o.region_code, o.name, o.address, o.latitude, o.longitude, o.zone, o.hours, o.state,
	o.created_at, o.updated_at, p.sector_id, p.branch_id, p.name AS partner_name, p.state AS partner_in, s.state AS sector_in
	FROM outlets o JOIN partners p ON p.id = o.partner_id JOIN sectors s ON s.id = p.sector_id `

func (s *Service) outlet(ctx context.Context, id uuid.UUID) (Outlet, error) {
	var row outletRow
	err := s.db.From(ctx).Raw(outletSQL+"WHERE o.id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Outlet{}, ErrOutletNotFound
	}
	if err != nil {
		return Outlet{}, fmt.Errorf("read outlet: %w", err)
	}
	return row.outlet()
}

func (s *Service) outletsOf(ctx context.Context, partner uuid.UUID) ([]Outlet, error) {
	var rows []outletRow
	if err := s.db.From(ctx).Raw(outletSQL+"WHERE o.partner_id = ? ORDER BY o.id", partner).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list outlets: %w", err)
	}
	return outletsFrom(rows)
}

func (s *Service) outletsByID(ctx context.Context, ids []uuid.UUID) ([]Outlet, error) {
	var rows []outletRow
	if err := s.db.From(ctx).Raw(outletSQL+"WHERE o.id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read outlets: %w", err)
	}
	return outletsFrom(rows)
}

func (s *Service) outletPage(ctx context.Context, partner uuid.UUID, r page.Request) ([]Outlet, error) {
	var rows []outletRow
	err := s.db.From(ctx).Raw(outletSQL+"WHERE o.partner_id = ? AND (? OR o.id < ?) ORDER BY o.id DESC LIMIT ?",
		partner, r.After == uuid.Nil, r.After, r.Limit+1).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list outlets: %w", err)
	}
	return outletsFrom(rows)
}

func (s *Service) insertOutlet(ctx context.Context, o Outlet) error {
	hours, err := json.Marshal(o.Hours)
	if err != nil {
		return fmt.Errorf("insert outlet: %w", err)
	}
	row := outletRow{
		ID: o.ID, PartnerID: o.PartnerID, RegionCode: o.RegionCode, Name: o.Name, Address: o.Address, Latitude: o.Latitude,
		Longitude: o.Longitude, Zone: o.Zone, Hours: string(hours), State: string(o.State), CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert outlet: %w", err)
	}
	return nil
}

// updateOutlet writes what an outlet says about itself and its state, if it is
// still active.
func (s *Service) updateOutlet(ctx context.Context, o Outlet) error {
	hours, err := json.Marshal(o.Hours)
	if err != nil {
		return fmt.Errorf("update outlet: %w", err)
	}
	res := s.db.From(ctx).Exec(`UPDATE outlets SET region_code = ?, name = ?, address = ?, latitude = ?, longitude = ?, zone = ?,
		hours = ?, state = ?, updated_at = ? WHERE id = ? AND state = 'active'`,
		o.RegionCode, o.Name, o.Address, o.Latitude, o.Longitude, o.Zone, string(hours), o.State, o.UpdatedAt, o.ID)
	return one(res, "update outlet")
}

// branchesIn returns the branches that look after a part of a province, by the
// two digits of its code.
func (s *Service) branchesIn(ctx context.Context, province string) ([]uuid.UUID, error) {
	rows, err := s.db.From(ctx).Raw(`SELECT DISTINCT branch_id FROM branch_regions WHERE substr(region_code, 1, 2) = ? ORDER BY branch_id`, province).Rows()
	if err != nil {
		return nil, fmt.Errorf("list branches of province: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end; Err tells
	ids := []uuid.UUID{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list branches of province: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (s *Service) activeOutlets(ctx context.Context, partner uuid.UUID) (int64, error) {
	var n int64
	err := s.db.From(ctx).Model(&outletRow{}).Where("partner_id = ? AND state = 'active'", partner).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count outlets: %w", err)
	}
	return n, nil
}

func outletsFrom(rows []outletRow) ([]Outlet, error) {
	out := make([]Outlet, len(rows))
	for i := range rows {
		o, err := rows[i].outlet()
		if err != nil {
			return nil, err
		}
		out[i] = o
	}
	return out, nil
}

func (r *outletRow) outlet() (Outlet, error) {
	o := Outlet{
		ID: r.ID, PartnerID: r.PartnerID, SectorID: r.SectorID, BranchID: r.BranchID, Name: r.Name, Address: r.Address,
		RegionCode: r.RegionCode, Zone: r.Zone, Latitude: r.Latitude, Longitude: r.Longitude, State: OutletState(r.State),
		PartnerState: State(r.PartnerIn), SectorState: SectorState(r.SectorIn), PartnerName: r.PartnerName,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if err := json.Unmarshal([]byte(r.Hours), &o.Hours); err != nil {
		return Outlet{}, fmt.Errorf("read opening hours: %w", err)
	}
	return o, nil
}
