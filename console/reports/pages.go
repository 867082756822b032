package reports

import (
	"html/template"
	"strconv"
	"time"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/reports"
)

// number and rupiah write the values of pictures.
func number(v *frame.Visit) func(float64) string {
	return func(x float64) string { return frame.Number(v.Lang(), int64(x)) }
}

func rupiah(v *frame.Visit) func(float64) string {
	return func(x float64) string { return frame.Rupiah(v.Lang(), int64(x)) }
}

var shortMonths = map[string][]string{
	"id": {"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// monthLabel writes 2026-01 as Jan 2026, short as Jan.
func monthLabel(v *frame.Visit, key string, short bool) string {
	t, err := time.Parse("2006-01", key[:min(7, len(key))])
	if err != nil {
		return key
	}
	name := shortMonths[v.Lang()][t.Month()-1]
	if short {
		return name
	}
	return name + " " + strconv.Itoa(t.Year())
}

// summaryPage is the page of the summary.
type summaryPage struct {
	F           *filters
	Now, Before reports.Summary
	Past        reports.Period
	Months      []reports.UseLine
	Chart       template.HTML
	Saved       template.HTML
}

func (r *room) summary(v *frame.Visit) error {
	f, err := r.filters(v, "ringkasan", reports.ThisMonth)
	if err != nil {
		return err
	}
	p := summaryPage{F: f, Past: f.Period.Before()}
	if p.Now, err = r.Reports.SummaryOf(v.Context(), f.Query); err != nil {
		return err
	}
	if done, err := file(v, f, p.Now.Table()); done {
		return err
	}
	before := f.Query
	before.Period = p.Past
	if p.Before, err = r.Reports.SummaryOf(v.Context(), before); err != nil {
		return err
	}
	if p.Months, err = r.months(v, f.Query); err != nil {
		return err
	}
	p.Chart, p.Saved = monthCharts(v, p.Months)
	return v.Page("laporan_ringkasan.html", frame.Say("Ringkasan program", "The programme at a glance"), p)
}

// months are the twelve months up to the end of the query.
func (r *room) months(v *frame.Visit, q reports.Query) ([]reports.UseLine, error) {
	q.Period, _ = reports.TwelveMon.Period(min(q.To, r.Reports.Today()))
	u, err := r.Reports.Months(v.Context(), q)
	return u.Rows, err
}

func monthCharts(v *frame.Visit, months []reports.UseLine) (uses, saved template.HTML) {
	var n, d []chart.Point
	for _, m := range months {
		n = append(n, chart.Point{Label: monthLabel(v, m.Key, true), Value: float64(m.Uses)})
		d = append(d, chart.Point{Label: monthLabel(v, m.Key, true), Value: float64(m.Discount)})
	}
	uses = chart.Columns(chart.Chart{
		Title: v.Say("Penggunaan promo per bulan", "Uses of promos by month"), Lang: v.Lang(), Format: number(v),
		Desc: v.Say("Dua belas bulan; angkanya ada di tabel.", "Twelve months; the figures are in the table."), Series: []chart.Series{{Points: n}},
	})
	saved = chart.Columns(chart.Chart{
		Title: v.Say("Potongan yang diterima peserta per bulan", "Discounts that participants received by month"), Lang: v.Lang(), Format: rupiah(v),
		Desc: v.Say("Dua belas bulan; angkanya ada di tabel.", "Twelve months; the figures are in the table."), Series: []chart.Series{{Points: d}},
	})
	return uses, saved
}

// dimensions are what the uses are grouped by, by the value of ?by=.
var dimensions = []struct {
	value string
	by    reports.Dimension
	text  frame.Text
}{
	{"hari", reports.ByDay, frame.Say("Hari", "Day")},
	{"bulan", "month", frame.Say("Bulan", "Month")},
	{"cabang", reports.ByBranch, frame.Say("Cabang peserta", "Participant's branch")},
	{"sektor", reports.BySector, frame.Say("Sektor", "Sector")},
	{"mitra", reports.ByPartner, frame.Say("Mitra", "Partner")},
	{"gerai", reports.ByOutlet, frame.Say("Gerai", "Outlet")},
	{"promo", reports.ByBenefit, frame.Say("Promo", "Promo")},
	{"jam", reports.ByHour, frame.Say("Jam dan hari", "Hour and weekday")},
}

// usesPage is the page of the uses.
type usesPage struct {
	F     *filters
	Uses  reports.Uses
	Group string // of the column
	Chart template.HTML
	Heat  *heatPage
	Few   bool // small counts were left out
}

func (r *room) uses(v *frame.Visit) error {
	f, err := r.filters(v, "penggunaan", reports.ThisMonth)
	if err != nil {
		return err
	}
	at := 0
	for i, d := range dimensions {
		f.By = append(f.By, frame.Option{Value: d.value, Label: d.text.In(v.Lang())})
		if d.value == f.Form.Get("by") {
			at = i
		}
	}
	d := dimensions[at]
	f.Form.Set("by", d.value)
	if d.by == reports.ByHour {
		return r.hours(v, f)
	}
	p := usesPage{F: f, Group: d.text.In(v.Lang())}
	switch d.by {
	case reports.ByDay:
		p.Uses, err = r.Reports.Days(v.Context(), f.Query)
	case "month":
		p.Uses, err = r.Reports.Months(v.Context(), f.Query)
	default:
		p.Uses, err = r.Reports.UsesOf(v.Context(), f.Query, d.by)
	}
	if err != nil {
		return err
	}
	if done, err := file(v, f, p.Uses.Table()); done {
		return err
	}
	p.Chart = usesChart(v, &p, d.by)
	return v.Page("laporan_penggunaan.html", frame.Say("Penggunaan promo", "Uses of promos"), p)
}

// barsMost is how many bars a picture shows; the table shows all.
const barsMost = 12

func usesChart(v *frame.Visit, p *usesPage, by reports.Dimension) template.HTML {
	c := chart.Chart{
		Title: v.Say("Penggunaan promo menurut ", "Uses of promos by ") + p.Group, Lang: v.Lang(), Format: number(v),
		Desc: v.Say("Angkanya ada di tabel di bawah.", "The figures are in the table below."),
	}
	var points []chart.Point
	for i := range p.Uses.Rows {
		l := &p.Uses.Rows[i]
		label := l.Label
		switch by { //nolint:exhaustive // the others have their label
		case reports.ByDay:
			l.Label = frame.Day(v.Lang(), clock.Day(l.Key))
			label = l.Label[:len(l.Label)-5]
		case "month":
			l.Label = monthLabel(v, l.Key, false)
			label = monthLabel(v, l.Key, true)
		case reports.ByBranch:
			if l.Label == "" {
				l.Label, label = v.Say("Tidak diketahui", "Not known"), v.Say("Tidak diketahui", "Not known")
			}
		}
		points = append(points, chart.Point{Label: label, Value: float64(l.Uses)})
	}
	if by == reports.ByDay || by == "month" {
		c.Series = []chart.Series{{Points: points}}
		return chart.Columns(c)
	}
	sortUses(p.Uses.Rows)
	points = points[:0]
	for _, l := range p.Uses.Rows[:min(barsMost, len(p.Uses.Rows))] {
		points = append(points, chart.Point{Label: l.Label, Value: float64(l.Uses)})
	}
	c.Series = []chart.Series{{Points: points}}
	return chart.Bars(c)
}

// refusalsPage is the page of the refusals.
type refusalsPage struct {
	F        *filters
	Refusals reports.Refusals
	Granted  int64
	Chart    template.HTML
}

// Refused is how many uses were refused.
func (p refusalsPage) Refused() (n int64) {
	for _, l := range p.Refusals.Rows {
		n += l.Redemptions
	}
	return n
}

// Share is the part of the wanted uses that was refused.
func (p refusalsPage) Share() float64 {
	if n := p.Refused(); n > 0 {
		return float64(n) / float64(n+p.Granted)
	}
	return 0
}

func (r *room) refusals(v *frame.Visit) error {
	f, err := r.filters(v, "tolakan-alasan", reports.ThisMonth)
	if err != nil {
		return err
	}
	p := refusalsPage{F: f}
	if p.Refusals, err = r.Reports.RefusalsOf(v.Context(), f.Query); err != nil {
		return err
	}
	var points []chart.Point
	for i := range p.Refusals.Rows {
		l := &p.Refusals.Rows[i]
		l.Reason = reasonText(v, l.Reason)
		if i < barsMost {
			points = append(points, chart.Point{Label: l.Reason, Value: float64(l.Redemptions + l.Scans)})
		}
	}
	if done, err := file(v, f, p.Refusals.Table()); done {
		return err
	}
	all, err := r.Reports.SummaryOf(v.Context(), f.Query)
	if err != nil {
		return err
	}
	p.Granted = all.Uses + all.Voided
	p.Chart = chart.Bars(chart.Chart{
		Title: v.Say("Penolakan menurut alasan", "Refusals by reason"), Lang: v.Lang(), Format: number(v),
		Desc: v.Say("Penggunaan dan pengecekan yang ditolak; angkanya ada di tabel.", "Refused uses and checks; the figures are in the table."), Series: []chart.Series{{Points: points}},
	})
	return v.Page("laporan_tolakan.html", frame.Say("Penolakan menurut alasan", "Refusals by reason"), p)
}

// sectorsPage is the page of the sectors.
type sectorsPage struct {
	F      *filters
	Lines  []reports.SectorLine
	Chart  template.HTML
	Assess bool // the assessments can be read
}

func (r *room) sectors(v *frame.Visit) error {
	f, err := r.filters(v, "sektor", reports.ThisMonth)
	if err != nil {
		return err
	}
	p := sectorsPage{F: f, Assess: v.Who.Can(actor.ReadAssessments)}
	if p.Lines, err = r.Reports.Sectors(v.Context(), f.Query); err != nil {
		return err
	}
	if done, err := file(v, f, reports.SectorsTable(p.Lines)); done {
		return err
	}
	var points []chart.Point
	for _, l := range p.Lines[:min(barsMost, len(p.Lines))] {
		points = append(points, chart.Point{Label: v.Say(l.NameID, l.NameEN), Value: float64(l.Uses)})
	}
	p.Chart = chart.Bars(chart.Chart{
		Title: v.Say("Penggunaan promo menurut sektor", "Uses of promos by sector"), Lang: v.Lang(), Format: number(v),
		Desc: v.Say("Angkanya ada di tabel.", "The figures are in the table."), Series: []chart.Series{{Points: points}},
	})
	return v.Page("laporan_sektor.html", frame.Say("Sektor", "Sectors"), p)
}

// coveragePage is the page of the coverage.
type coveragePage struct {
	F     *filters
	Lines []reports.Coverage
	Chart template.HTML
	Gaps  int // regions with active members and no outlet
}

func (r *room) coverage(v *frame.Visit) error {
	f, err := r.filters(v, "cakupan", reports.ThisMonth)
	if err != nil {
		return err
	}
	p := coveragePage{F: f}
	if p.Lines, err = r.Reports.Coverage(v.Context(), f.Query); err != nil {
		return err
	}
	if done, err := file(v, f, reports.CoverageTable(p.Lines)); done {
		return err
	}
	var points []chart.Point
	for _, l := range p.Lines {
		if l.Active > 0 && l.Outlets == 0 {
			p.Gaps++
		}
		if l.Outlets > 0 && len(points) < barsMost {
			points = append(points, chart.Point{Label: l.Name, Value: float64(l.Active / l.Outlets)})
		}
	}
	p.Chart = chart.Bars(chart.Chart{
		Title: v.Say("Peserta aktif untuk tiap gerai", "Active participants for each outlet"), Lang: v.Lang(), Format: number(v),
		Desc: v.Say("Wilayah yang memiliki gerai; makin panjang, makin kurang gerai.", "Regions with outlets; the longer, the fewer outlets."), Series: []chart.Series{{Points: points}},
	})
	return v.Page("laporan_cakupan.html", frame.Say("Cakupan wilayah", "Coverage by region"), p)
}
