package benefits

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

// isListed is the condition under which a promo b, of which v is the version at
// the tills, may hold today at an outlet o.
const isListed = `EXISTS (SELECT 1 FROM benefit_outlets l
	JOIN benefits b ON b.id = l.benefit_id AND b.live_version = l.version AND b.state = 'live'
	JOIN benefit_versions v ON v.benefit_id = l.benefit_id AND v.version = l.version
	WHERE l.outlet_id = o.id AND v.valid_from <= ? AND v.valid_to >= ?`

// openPlaces are the outlets o of active partners p in open sectors s.
const openPlaces = ` FROM outlets o
	JOIN partners p ON p.id = o.partner_id AND p.state = 'active'
	JOIN sectors s ON s.id = p.sector_id AND s.state = 'open'
	JOIN regions g ON g.code = o.region_code
	WHERE o.state = 'active' AND `

type listingRow struct {
	ID          uuid.UUID
	PartnerID   uuid.UUID
	PartnerName string
	Name        string
	Address     string
	RegionCode  string
	RegionName  string
	Latitude    *float64
	Longitude   *float64
	Zone        string
	Hours       string
	SectorID    uuid.UUID
	SectorCode  string
	NameID      string
	NameEN      string `gorm:"column:name_en"`
}

// listings reads one row more than a page of outlets without their promos.
func (s *Service) listings(ctx context.Context, q query, p page.Request, days dayPair) ([]Listing, error) {
	where, args := []string{isListed + ")"}, []any{days.east, days.west}
	add := func(cond string, more ...any) {
		where, args = append(where, cond), append(args, more...)
	}
	if q.region != "" {
		add("(o.region_code = ? OR o.region_code LIKE ? ESCAPE '!')", q.region, literal(q.region)+".%")
	}
	if q.sectorID != uuid.Nil {
		add("s.id = ?", q.sectorID)
	}
	if q.sectorCode != "" {
		add("s.code = ?", q.sectorCode)
	}
	for _, word := range q.words {
		like := "%" + literal(word) + "%"
		add("(LOWER(o.name) LIKE LOWER(?) ESCAPE '!' OR LOWER(p.name) LIKE LOWER(?) ESCAPE '!' OR "+isListed+" AND LOWER(v.title) LIKE LOWER(?) ESCAPE '!'))",
			like, like, days.east, days.west, like)
	}
	if p.After != uuid.Nil {
		add("o.id > ?", p.After)
	}
	var rows []listingRow
	err := s.db.From(ctx).Raw(`SELECT o.id, o.partner_id, p.name AS partner_name, o.name, o.address, o.region_code, g.name AS region_name,
		o.latitude, o.longitude, o.zone, o.hours, s.id AS sector_id, s.code AS sector_code, s.name_id, s.name_en`+
		openPlaces+strings.Join(where, " AND ")+" ORDER BY o.id LIMIT ?", append(args, p.Limit+1)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	out := make([]Listing, len(rows))
	for i := range rows {
		if out[i], err = rows[i].listing(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *listingRow) listing() (Listing, error) {
	l := Listing{
		RegionName: r.RegionName,
		Sector:     partners.Sector{ID: r.SectorID, Code: r.SectorCode, NameID: r.NameID, NameEN: r.NameEN, State: partners.SectorOpen},
		Outlet: partners.Outlet{
			ID: r.ID, PartnerID: r.PartnerID, SectorID: r.SectorID, Name: r.Name, Address: r.Address, RegionCode: r.RegionCode, Zone: r.Zone,
			Latitude: r.Latitude, Longitude: r.Longitude, State: partners.OutletActive, PartnerState: partners.Active,
			SectorState: partners.SectorOpen, PartnerName: r.PartnerName,
		},
	}
	if err := json.Unmarshal([]byte(r.Hours), &l.Outlet.Hours); err != nil {
		return Listing{}, fmt.Errorf("read opening hours: %w", err)
	}
	return l, nil
}

// offersOf fills in the live promos of the outlets.
func (s *Service) offersOf(ctx context.Context, all []Listing) error {
	if len(all) == 0 {
		return nil
	}
	at := make(map[uuid.UUID]*Listing, len(all))
	ids := make([]uuid.UUID, len(all))
	for i := range all {
		ids[i] = all[i].Outlet.ID
		at[ids[i]] = &all[i]
	}
	var links []struct{ OutletID, BenefitID uuid.UUID }
	err := s.db.From(ctx).Raw(`SELECT l.outlet_id, l.benefit_id FROM benefit_outlets l
		JOIN benefits b ON b.id = l.benefit_id AND b.live_version = l.version AND b.state = 'live'
		WHERE l.outlet_id IN ? ORDER BY l.benefit_id`, ids).Scan(&links).Error
	if err != nil {
		return fmt.Errorf("link directory: %w", err)
	}
	wanted := make([]uuid.UUID, len(links))
	for i, l := range links {
		wanted[i] = l.BenefitID
	}
	var rows []offerRow
	if err := s.db.From(ctx).Raw(offerSQL+"WHERE b.id IN ? AND b.state = 'live'", wanted).Scan(&rows).Error; err != nil {
		return fmt.Errorf("read promos of directory: %w", err)
	}
	offers := make(map[uuid.UUID]Offer, len(rows))
	for i := range rows {
		if offers[rows[i].BenefitID], err = rows[i].offer(); err != nil {
			return err
		}
	}
	for _, l := range links {
		if o, ok := offers[l.BenefitID]; ok {
			at[l.OutletID].Offers = append(at[l.OutletID].Offers, o)
		}
	}
	return nil
}

func (s *Service) regionChoices(ctx context.Context, days dayPair) ([]Choice, error) {
	return s.choices(ctx, `SELECT code, name AS name_id, name AS name_en FROM regions
		WHERE code IN (SELECT DISTINCT substr(o.region_code, 1, 5)`+openPlaces+isListed+`)) ORDER BY name`, days)
}

func (s *Service) sectorChoices(ctx context.Context, days dayPair) ([]Choice, error) {
	return s.choices(ctx, `SELECT code, name_id, name_en FROM sectors
		WHERE id IN (SELECT DISTINCT p.sector_id`+openPlaces+isListed+`)) ORDER BY code`, days)
}

func (s *Service) choices(ctx context.Context, query string, days dayPair) ([]Choice, error) {
	var rows []struct {
		Code   string
		NameID string
		NameEN string `gorm:"column:name_en"`
	}
	if err := s.db.From(ctx).Raw(query, days.east, days.west).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read choices of directory: %w", err)
	}
	out := make([]Choice, len(rows))
	for i, r := range rows {
		out[i] = Choice{r.Code, r.NameID, r.NameEN}
	}
	return out, nil
}

// literal makes text that LIKE … ESCAPE '!' takes as it stands.
func literal(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}
