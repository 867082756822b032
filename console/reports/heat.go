package reports

import (
	"fmt"
	"sort"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/reports"
)

// heatPage is the table of hours and weekdays.
type heatPage struct {
	Days  []string
	Hours []heatHour
	Total int64
}

// heatHour is a line of it.
type heatHour struct {
	Label string
	Cells []heatCell
}

// heatCell is a cell of it: its class says how full it is.
type heatCell struct {
	Class  string
	Uses   int64
	Hidden bool
}

// shades is how many steps the colours of the table have.
const shades = 5

func (r *room) hours(v *frame.Visit, f *filters) error {
	h, err := r.Reports.Heat(v.Context(), f.Query)
	if err != nil {
		return err
	}
	if done, err := file(v, f, h.Table()); done {
		return err
	}
	p := usesPage{F: f, Heat: heat(v, h), Few: f.Partner}
	return v.Page("laporan_penggunaan.html", frame.Say("Penggunaan promo menurut jam", "Uses of promos by hour"), p)
}

func heat(v *frame.Visit, h reports.Heat) *heatPage {
	p := &heatPage{Total: h.Total, Days: []string{"Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"}}
	if v.Lang() == "en" {
		p.Days = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	}
	first, last := 24, -1
	for _, day := range h.Cells {
		for hour, c := range day {
			if c.Uses > 0 || c.Hidden {
				first, last = min(first, hour), max(last, hour)
			}
		}
	}
	for hour := first; hour <= last; hour++ {
		line := heatHour{Label: fmt.Sprintf("%02d.00", hour)}
		for day := range h.Cells {
			c := h.Cells[day][hour]
			shade := int64(0)
			if c.Uses > 0 {
				shade = 1 + (c.Uses-1)*shades/h.Most
			}
			line.Cells = append(line.Cells, heatCell{Class: fmt.Sprintf("heat%d", min(shade, shades)), Uses: c.Uses, Hidden: c.Hidden})
		}
		p.Hours = append(p.Hours, line)
	}
	return p
}

// sortUses puts the most used first.
func sortUses(rows []reports.UseLine) {
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].Uses > rows[j].Uses })
}
