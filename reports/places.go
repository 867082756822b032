package reports

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

// Coverage is what a regency or city offers its participants.
type Coverage struct {
	RegionCode   string // of the regency or city, 72.03
	Name         string
	Participants int64 // entered, not erased
	Active       int64 // with an active membership
	Outlets      int64 // active, of active partners
	Sectors      int64 // sectors with such an outlet
	Uses         int64 // uses at outlets there in the period
	// NearestKM is how far the nearest outlet with known coordinates is from the
	// seat of the regency, as the crow flies; -1: there is none, or the seat is
	// not known.
	NearestKM float64
	Nearest   string // its name
}

// Coverage reports, region by region, how many participants stand against how
// many outlets, those with most active participants for each outlet first: the
// gaps. Who reads as a partner only gets ErrNotFound.
func (s *Service) Coverage(ctx context.Context, q Query) ([]Coverage, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	reach, err := needsBranch(ctx)
	if err != nil {
		return nil, err
	}
	out, err := s.regions(ctx, reach, q)
	if err != nil {
		return nil, err
	}
	if err := s.near(ctx, out); err != nil {
		return nil, err
	}
	kept := out[:0]
	for _, c := range out {
		if c.Participants+c.Outlets+c.Uses > 0 {
			kept = append(kept, c)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool {
		a, b := kept[i], kept[j]
		if (a.Outlets == 0) != (b.Outlets == 0) {
			return a.Outlets == 0
		}
		return a.Active*max(b.Outlets, 1) > b.Active*max(a.Outlets, 1)
	})
	return kept, nil
}

// regions counts what there is in every regency and city.
func (s *Service) regions(ctx context.Context, reach actor.Reach, q Query) ([]Coverage, error) {
	people, peopleArgs := within(reach, "x.branch_id", "", "")
	people, peopleArgs = q.narrow(people, peopleArgs, "x.branch_id", "", "")
	uses, useArgs := q.conditions(reach)
	shops, shopArgs := q.narrow("1 = 1", nil, "", "p.sector_id", "p.id")
	out := []Coverage{}
	err := s.db.From(ctx).Raw(`SELECT g.code AS region_code, g.name AS name,
			COALESCE(a.n, 0) AS participants, COALESCE(a.active, 0) AS active, COALESCE(o.n, 0) AS outlets, COALESCE(o.sectors, 0) AS sectors, COALESCE(u.n, 0) AS uses
		FROM regions g
		LEFT JOIN (SELECT substr(x.region_code, 1, 5) AS code, count(*) AS n,
				sum(CASE WHEN EXISTS (SELECT 1 FROM memberships m WHERE m.participant_id = x.id AND m.status = 'active') THEN 1 ELSE 0 END) AS active
			FROM participants x WHERE x.erased_at IS NULL AND `+people+` GROUP BY substr(x.region_code, 1, 5)) a ON a.code = g.code
		LEFT JOIN (SELECT substr(t.region_code, 1, 5) AS code, count(*) AS n, count(DISTINCT p.sector_id) AS sectors FROM outlets t JOIN partners p ON p.id = t.partner_id
			WHERE t.state = 'active' AND p.state = 'active' AND `+shops+` GROUP BY substr(t.region_code, 1, 5)) o ON o.code = g.code
		LEFT JOIN (SELECT substr(t.region_code, 1, 5) AS code, count(*) AS n FROM redemptions r JOIN outlets t ON t.id = r.outlet_id
			WHERE `+standing+` AND `+uses+` GROUP BY substr(t.region_code, 1, 5)) u ON u.code = g.code
		WHERE g.kind IN ('regency', 'city') ORDER BY g.code`, append(append(peopleArgs, shopArgs...), useArgs...)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("report coverage: %w", err)
	}
	return out, nil
}

// near finds the outlet nearest to each seat.
func (s *Service) near(ctx context.Context, all []Coverage) error {
	var outlets []OutletPoint
	err := s.db.From(ctx).Raw(`SELECT t.name, t.latitude AS lat, t.longitude AS long FROM outlets t JOIN partners p ON p.id = t.partner_id
		WHERE t.state = 'active' AND p.state = 'active' AND t.latitude IS NOT NULL AND t.longitude IS NOT NULL ORDER BY t.id`).Scan(&outlets).Error
	if err != nil {
		return fmt.Errorf("report coverage: %w", err)
	}
	for i := range all {
		c := &all[i]
		c.NearestKM = -1
		seat, known := seats[c.RegionCode]
		if !known {
			continue
		}
		for _, o := range outlets {
			if km := distance(seat.Lat, seat.Long, o.Lat, o.Long); c.NearestKM < 0 || km < c.NearestKM {
				c.NearestKM, c.Nearest = km, o.Name
			}
		}
	}
	return nil
}

// distance is the great-circle distance in km (haversine, mean radius of the earth).
func distance(lat1, long1, lat2, long2 float64) float64 {
	const radius, degree = 6371.0088, math.Pi / 180
	a := math.Pow(math.Sin((lat2-lat1)*degree/2), 2) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*math.Pow(math.Sin((long2-long1)*degree/2), 2)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(a)))
}

// CoverageTable returns the report as lines.
func CoverageTable(all []Coverage) Table {
	t := Table{Name: "coverage", Columns: []string{"region_code", "name", "participants", "active_members", "outlets", "sectors", "uses", "nearest_km", "nearest"}}
	for _, c := range all {
		km := any("")
		if c.NearestKM >= 0 {
			km = int64(math.Round(c.NearestKM))
		}
		t.Rows = append(t.Rows, []any{c.RegionCode, c.Name, c.Participants, c.Active, c.Outlets, c.Sectors, c.Uses, km, c.Nearest})
	}
	return t
}

// Seat is the town from which a regency is governed.
type Seat struct {
	Name      string
	Lat, Long float64
}

// OutletPoint is an outlet on the map.
type OutletPoint struct {
	ID        uuid.UUID
	Name      string
	Partner   string
	Lat, Long float64
	Uses      int64
}

// Place is a regency or city on the map.
type Place struct {
	Coverage
	Seat Seat
}

// Map is the programme on the map of the province.
type Map struct {
	Places  []Place       // participants are counted for those only who may read about them
	Outlets []OutletPoint // active ones with known coordinates
	// Elsewhere is how many outlets in reach have no coordinates.
	Elsewhere int64
}

// Map reports participants and uses by regency, and the outlets in reach.
func (s *Service) Map(ctx context.Context, q Query) (Map, error) {
	if err := q.validate(); err != nil {
		return Map{}, err
	}
	reach := actor.From(ctx).Scope(actor.ReadReports)
	regions, err := s.regions(ctx, reach, q)
	if err != nil {
		return Map{}, err
	}
	m := Map{Places: []Place{}, Outlets: []OutletPoint{}}
	for _, c := range regions {
		if seat, known := seats[c.RegionCode]; known {
			m.Places = append(m.Places, Place{c, seat})
		}
	}
	return m, s.points(ctx, reach, q, &m)
}

// points reads the outlets on the map, with their uses.
func (s *Service) points(ctx context.Context, reach actor.Reach, q Query, m *Map) error {
	uses, args := q.conditions(reach)
	shops, shopArgs := within(reach, "p.branch_id", "p.id", "t.id")
	shops, shopArgs = q.narrow(shops, shopArgs, "p.branch_id", "p.sector_id", "p.id")
	var rows []struct {
		ID            uuid.UUID
		Name, Partner string
		Lat, Long     *float64
		Uses          int64
	}
	err := s.db.From(ctx).Raw(`SELECT t.id, t.name, p.name AS partner, t.latitude AS lat, t.longitude AS long, COALESCE(u.n, 0) AS uses
		FROM outlets t JOIN partners p ON p.id = t.partner_id
		LEFT JOIN (SELECT r.outlet_id, count(*) AS n FROM redemptions r WHERE `+standing+` AND `+uses+` GROUP BY r.outlet_id) u ON u.outlet_id = t.id
		WHERE t.state = 'active' AND p.state = 'active' AND `+shops+` ORDER BY uses DESC, t.name, t.id`, append(args, shopArgs...)...).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("report map: %w", err)
	}
	for _, r := range rows {
		if r.Lat == nil || r.Long == nil {
			m.Elsewhere++
			continue
		}
		m.Outlets = append(m.Outlets, OutletPoint{r.ID, r.Name, r.Partner, *r.Lat, *r.Long, r.Uses})
	}
	return nil
}

// SectorLine is what a sector brings.
type SectorLine struct {
	SectorID                  uuid.UUID
	Code, NameID, NameEN      string
	State                     string
	Partners, Outlets, Promos int64 // active, active, live
	People                    int64 // different participants with a use in the period
	Sums
}

// Sectors reports what each sector brings, the ones with most uses first.
func (s *Service) Sectors(ctx context.Context, q Query) ([]SectorLine, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	reach := actor.From(ctx).Scope(actor.ReadReports)
	uses, useArgs := q.conditions(reach)
	shops, shopArgs := within(reach, "p.branch_id", "p.id", "")
	shops, shopArgs = q.narrow(shops, shopArgs, "p.branch_id", "p.sector_id", "p.id")
	out := []SectorLine{}
	var args []any
	for range 3 {
		args = append(args, shopArgs...)
	}
	err := s.db.From(ctx).Raw(`SELECT d.id AS sector_id, d.code, d.name_id, d.name_en, d.state,
			(SELECT count(*) FROM partners p WHERE p.sector_id = d.id AND p.state = 'active' AND `+shops+`) AS partners,
			(SELECT count(*) FROM outlets t JOIN partners p ON p.id = t.partner_id WHERE p.sector_id = d.id AND p.state = 'active' AND t.state = 'active' AND `+shops+`) AS outlets,
			(SELECT count(*) FROM benefits b JOIN partners p ON p.id = b.partner_id WHERE p.sector_id = d.id AND b.state = 'live' AND `+shops+`) AS promos,
			COALESCE(u.people, 0) AS people, COALESCE(u.uses, 0) AS uses, COALESCE(u.gross, 0) AS gross, COALESCE(u.discount, 0) AS discount, COALESCE(u.net, 0) AS net
		FROM sectors d LEFT JOIN (SELECT r.sector_id, count(DISTINCT r.participant_id) AS people, count(*) AS uses, CAST(sum(r.gross) AS bigint) AS gross,
				CAST(sum(r.discount) AS bigint) AS discount, CAST(sum(r.net) AS bigint) AS net
			FROM redemptions r WHERE `+standing+` AND `+uses+` GROUP BY r.sector_id) u ON u.sector_id = d.id
		ORDER BY COALESCE(u.uses, 0) DESC, d.code`, append(args, useArgs...)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("report sectors: %w", err)
	}
	if !ForPartner(ctx) {
		return out, nil
	}
	// A partner sees its own sectors, and no small number of people.
	kept := out[:0]
	for _, l := range out {
		if l.People < FewBelow {
			l.People = 0
		}
		if l.Partners+l.Uses > 0 {
			kept = append(kept, l)
		}
	}
	return kept, nil
}

// SectorsTable returns the report as lines.
func SectorsTable(all []SectorLine) Table {
	t := Table{Name: "sectors", Columns: []string{"code", "name", "state", "partners", "outlets", "promos", "people", "uses", "gross", "discount", "net"}}
	for _, l := range all {
		t.Rows = append(t.Rows, []any{l.Code, l.NameID, l.State, l.Partners, l.Outlets, l.Promos, l.People, l.Uses, l.Gross, l.Discount, l.Net})
	}
	return t
}

// Table returns the map as lines: regencies, then outlets.
func (m Map) Table() Table {
	t := Table{Name: "map", Columns: []string{"kind", "name", "place", "latitude", "longitude", "active_members", "outlets", "uses"}}
	for _, p := range m.Places {
		t.Rows = append(t.Rows, []any{"region", p.Name, p.Seat.Name, p.Seat.Lat, p.Seat.Long, p.Active, p.Outlets, p.Uses})
	}
	for _, o := range m.Outlets {
		t.Rows = append(t.Rows, []any{"outlet", o.Name, o.Partner, o.Lat, o.Long, "", "", o.Uses})
	}
	return t
}
