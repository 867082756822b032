package reports

import (
	_ "embed"
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/reports"
)

// coast is the coast line of Central Sulawesi, a path a line, made by
// scripts/coast.mjs from Natural Earth.
//
//go:embed coast.txt
var coast string

// The box of the picture: what coast.txt was cut to.
const (
	west, north = 119.3, 1.55
	mapScale    = 100.0
	mapWidth    = 490
	mapHeight   = 530
	largest     = 26.0 // radius of the largest circle
)

// provincePage is the page of the map.
type provincePage struct {
	F       *filters
	Map     reports.Map
	Picture template.HTML
	People  bool // circles are participants; else uses
	Show    []frame.Option
}

func (r *room) province(v *frame.Visit) error {
	f, err := r.filters(v, "peta", reports.ThisMonth)
	if err != nil {
		return err
	}
	p := provincePage{F: f}
	if !f.Partner {
		p.Show = []frame.Option{{Value: "penggunaan", Label: v.Say("Penggunaan promo", "Uses of promos")}, {Value: "peserta", Label: v.Say("Peserta aktif", "Active participants")}}
		p.People = f.Form.Get("tampil") == "peserta"
	}
	if p.Map, err = r.Reports.Map(v.Context(), f.Query); err != nil {
		return err
	}
	if done, err := file(v, f, p.Map.Table()); done {
		return err
	}
	p.Picture = p.draw(v)
	return v.Page("laporan_peta.html", frame.Say("Peta Sulawesi Tengah", "Map of Central Sulawesi"), p)
}

// value is what a circle shows.
func (p *provincePage) value(c reports.Place) int64 {
	if p.People {
		return c.Active
	}
	return c.Uses
}

// draw draws the province. Areas of circles are in proportion to their values.
func (p *provincePage) draw(v *frame.Visit) template.HTML {
	var b strings.Builder
	title, desc := v.Say("Peta penggunaan promo per kabupaten dan kota", "Map of uses of promos by regency and city"), v.Say("Angkanya ada di tabel.", "The figures are in the table.")
	if p.People {
		title = v.Say("Peta peserta aktif per kabupaten dan kota", "Map of active participants by regency and city")
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 0 %d %d" role="img" aria-labelledby="peta-t peta-d"><title id="peta-t">%s</title><desc id="peta-d">%s</desc>`, mapWidth, mapHeight, title, desc)
	for line := range strings.Lines(coast) {
		fmt.Fprintf(&b, `<path class="land" d="%s"/>`, strings.TrimSpace(line))
	}
	most := int64(1)
	for _, c := range p.Map.Places {
		most = max(most, p.value(c))
	}
	for _, c := range p.Map.Places {
		x, y := at(c.Seat.Lat, c.Seat.Long)
		if n := p.value(c); n > 0 {
			fmt.Fprintf(&b, `<circle class="amount" cx="%.1f" cy="%.1f" r="%.1f"><title>%s: %s</title></circle>`, x, y, math.Max(2, largest*math.Sqrt(float64(n)/float64(most))), html.EscapeString(c.Name), frame.Number(v.Lang(), n))
		}
	}
	for _, o := range p.Map.Outlets {
		if x, y := at(o.Lat, o.Long); x >= 0 && x <= mapWidth && y >= 0 && y <= mapHeight {
			fmt.Fprintf(&b, `<circle class="outlet" cx="%.1f" cy="%.1f" r="2.6"><title>%s</title></circle>`, x, y, html.EscapeString(o.Name))
		}
	}
	for _, c := range p.Map.Places {
		x, y := at(c.Seat.Lat, c.Seat.Long)
		side, anchor := labelSide(c.RegionCode)
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x+side[0], y+side[1], anchor, html.EscapeString(c.Name))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped or ours
}

// at is where a place stands in the picture.
func at(lat, long float64) (x, y float64) { return (long - west) * mapScale, (north - lat) * mapScale }

// labelSide is on which side of its seat the name of a regency stands, so that
// the names around Palu do not cover each other.
func labelSide(code string) (by [2]float64, anchor string) {
	switch code {
	case "72.03": // Donggala
		return [2]float64{-6, -14}, "start"
	case "72.71": // Palu
		return [2]float64{-8, -1}, "end"
	case "72.10": // Sigi
		return [2]float64{2, 22}, "middle"
	case "72.08": // Parigi Moutong
		return [2]float64{9, -8}, "start"
	}
	return [2]float64{0, 17}, "middle"
}
