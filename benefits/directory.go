package benefits

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

// Limits of the directory.
const (
	ListingsMax = 100 // outlets on one page
	searchWords = 6   // words that are looked for; those beyond are passed over
)

// Search narrows the directory; empty fields do not.
type Search struct {
	Region string // code of a region; those below it are included
	Sector string // code, or id
	Words  string // each must stand in a title, or a name of partner or outlet
}

// Listing is an open outlet with the promos that hold there today.
type Listing struct {
	Outlet     partners.Outlet
	RegionName string
	Sector     partners.Sector // id, code and names
	Offers     []Offer         // oldest first
}

// Choice is something that the directory can be narrowed by.
type Choice struct {
	Code           string
	NameID, NameEN string
}

// Showcase is a page of the directory and what else there is to choose from.
type Showcase struct {
	Page    page.Of[Listing]
	Regions []Choice // regencies and cities with a listing, by name
	Sectors []Choice // with a listing, by code
}

// Directory returns the outlets where promos hold today, in the order in which
// they were entered. It is for everybody: live promos of active partners in open
// sectors, and of them nothing but what an outlet has on its wall. An outlet
// whose promos all begin or end at this very midnight may leave a page shorter.
func (s *Service) Directory(ctx context.Context, f Search, p page.Request) (page.Of[Listing], error) {
	p.Limit = min(p.Limit, ListingsMax)
	west, east := dayRange(s.clock.Now())
	rows, err := s.listings(ctx, f.split(), p, dayPair{west, east})
	if err != nil {
		return page.Of[Listing]{}, err
	}
	cut := page.Cut(rows, p, func(l Listing) uuid.UUID { return l.Outlet.ID })
	if err := s.offersOf(ctx, cut.Items); err != nil {
		return page.Of[Listing]{}, err
	}
	held := make([]Listing, 0, len(cut.Items))
	for _, l := range cut.Items {
		if l.holdToday(s.clock.Now()); len(l.Offers) > 0 {
			held = append(held, l)
		}
	}
	cut.Items = held
	return cut, nil
}

// Showcase is Directory for people: with what they can choose from.
func (s *Service) Showcase(ctx context.Context, f Search, p page.Request) (Showcase, error) {
	west, east := dayRange(s.clock.Now())
	var out Showcase
	var err error
	if out.Page, err = s.Directory(ctx, f, p); err != nil {
		return Showcase{}, err
	}
	if out.Regions, err = s.regionChoices(ctx, dayPair{west, east}); err != nil {
		return Showcase{}, err
	}
	out.Sectors, err = s.sectorChoices(ctx, dayPair{west, east})
	return out, err
}

// dayPair are the earliest and the latest day that it is anywhere.
type dayPair struct{ west, east clock.Day }

// query is a Search taken apart.
type query struct {
	region     string
	sectorID   uuid.UUID // zero: none
	sectorCode string
	words      []string
}

func (f Search) split() query {
	q := query{region: f.Region, words: strings.Fields(f.Words)}
	q.words = q.words[:min(len(q.words), searchWords)]
	id, err := uuid.Parse(f.Sector)
	if err == nil {
		q.sectorID = id
	} else {
		q.sectorCode = strings.ToUpper(strings.TrimSpace(f.Sector))
	}
	return q
}

// holdToday keeps the offers whose dates include the outlet's day.
func (l *Listing) holdToday(now time.Time) {
	today := clock.DayOf(now, l.Outlet.Location())
	kept := l.Offers[:0]
	for _, o := range l.Offers {
		if o.Terms.ValidFrom <= today && today <= o.Terms.ValidTo {
			kept = append(kept, o)
		}
	}
	l.Offers = kept
}
