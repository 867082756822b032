package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

// directoryRoutes registers where promos are.
func (s *Server) directoryRoutes() {
	op := say(get("/v1/directory", tagPublic, "Outlets and the promos that hold there today"),
		"Live promos of active partners in open sectors, one item an outlet, in the order in which outlets were entered; at most 100 on a page. "+
			"Take all pages and sort them by distance on the device: where somebody stands is not for a server.")
	op.Responses = map[string]*huma.Response{"200": jsonAnswer[page.Of[listingBody]](s), "304": {Description: http.StatusText(http.StatusNotModified)}}
	route(s, op, access.Public(), s.directory)
	s.promoRoute()
	if err := s.camera(); err != nil {
		s.faults = append(s.faults, err)
	}
}

type placeBody struct {
	ID         uuid.UUID      `json:"id"`
	Name       string         `json:"name"`
	Address    string         `json:"address"`
	RegionCode string         `json:"region_code" doc:"Kemendagri, 72.71."`
	Region     string         `json:"region"`
	Latitude   *float64       `json:"latitude"`
	Longitude  *float64       `json:"longitude"`
	Zone       string         `json:"zone" doc:"IANA; days and hours are meant there."`
	Hours      []openingHours `json:"hours" nullable:"false" doc:"Empty: not known."`
}

type partnerName struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

type sectorName struct {
	ID     uuid.UUID `json:"id"`
	Code   string    `json:"code"`
	NameID string    `json:"name_id" doc:"Indonesian."`
	NameEN string    `json:"name_en" doc:"English."`
}

type listedPromo struct {
	ID           uuid.UUID   `json:"id"`
	Version      int         `json:"version"`
	Title        string      `json:"title"`
	Summary      message     `json:"summary" doc:"The terms in one line."`
	Exclusions   string      `json:"exclusions"`
	ValidFrom    clock.Day   `json:"valid_from"`
	ValidTo      clock.Day   `json:"valid_to"`
	Days         []string    `json:"days" nullable:"false" doc:"Empty: every day."`
	Hours        []hoursBody `json:"hours" nullable:"false" doc:"Empty: at any time."`
	Segments     []string    `json:"segments" nullable:"false"`
	NeedsIDCheck bool        `json:"needs_id_check"`
}

type listingBody struct {
	Outlet   placeBody     `json:"outlet"`
	Partner  partnerName   `json:"partner"`
	Sector   sectorName    `json:"sector"`
	Benefits []listedPromo `json:"benefits" nullable:"false"`
}

func listingOf(l benefits.Listing) listingBody {
	o := l.Outlet
	b := listingBody{
		Outlet: placeBody{
			o.ID, o.Name, o.Address, o.RegionCode, l.RegionName, o.Latitude, o.Longitude, o.Zone, each(o.Hours, func(h partners.Hours) openingHours { return openingHours(h) }),
		},
		Partner:  partnerName{o.PartnerID, o.PartnerName},
		Sector:   sectorName{l.Sector.ID, l.Sector.Code, l.Sector.NameID, l.Sector.NameEN},
		Benefits: make([]listedPromo, len(l.Offers)),
	}
	for i, p := range l.Offers {
		t := p.Terms
		b.Benefits[i] = listedPromo{
			p.BenefitID, p.Version, p.Title, message{ID: t.Summary("id"), EN: t.Summary("en")}, t.Exclusions, t.ValidFrom, t.ValidTo,
			each(t.Days, func(d benefits.Weekday) string { return string(d) }), each(t.Hours, func(h benefits.Hours) hoursBody { return hoursBody(h) }),
			each(t.Segments, func(g benefits.Segment) string { return string(g) }), t.NeedsIDCheck,
		}
	}
	return b
}

const directoryAge = time.Minute

func (s *Server) directory(ctx context.Context, in *struct {
	Paged
	Region      string `query:"region" pattern:"^[0-9]{2}([.][0-9]{2}){0,2}$" doc:"Kemendagri code; those below it are included: 72 holds 72.71."`
	Sector      string `query:"sector" maxLength:"36" doc:"Code or id."`
	Q           string `query:"q" maxLength:"80" doc:"Words that stand in a title, or in the name of the partner or the outlet."`
	IfNoneMatch string `header:"If-None-Match"`
}) (*fileOutput, error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Benefits.Directory(ctx, benefits.Search{Region: in.Region, Sector: in.Sector, Words: in.Q}, req)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(page.Map(p, listingOf))
	if err != nil {
		return nil, err
	}
	return public("application/json", etagOf(b), directoryAge, b).unlessHeld(in.IfNoneMatch), nil
}
