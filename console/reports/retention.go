package reports

import (
	"fmt"
	"html/template"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/reports"
)

// retentionPage is the page of the retention.
type retentionPage struct {
	F       *filters
	Report  reports.Retention
	Cohorts []cohortLine
	After   []int // months after, of the columns
	Pooled  []pooledLine
	Chart   template.HTML
	Fewest  int
}

// cohortLine is a line of the table: a group of a cohort.
type cohortLine struct {
	Month string
	Users bool
	Size  int64
	Cells []retentionCell
}

// retentionCell is a share of a group; Text is empty when it is not shown.
type retentionCell struct{ Text, Range string }

// pooledLine compares both groups of all cohorts.
type pooledLine struct {
	After          int
	Users, Without reports.Interval
	People         int64
	Apart          bool // the intervals do not overlap
}

// shownMonths are the months after that the table of cohorts has columns for.
var shownMonths = []int{1, 2, 3, 6, 9, 11}

var segments = []frame.Option{{Value: "bpu", Label: "BPU"}, {Value: "pu", Label: "PU"}, {Value: "jakon", Label: "Jakon"}, {Value: "pmi", Label: "PMI"}}

func (r *room) retention(v *frame.Visit) error {
	f, err := r.filters(v, "retensi", reports.TwelveMon)
	if err != nil {
		return err
	}
	f.Segments = append([]frame.Option{{Label: v.Say("Semua", "All")}}, segments...)
	q := reports.RetentionQuery{Query: f.Query}
	for _, s := range segments {
		if s.Value == f.Form.Get("segmen") {
			q.Segment = s.Value
		}
	}
	p := retentionPage{F: f, Fewest: reports.FewestInCell}
	if p.Report, err = r.Reports.Retention(v.Context(), q); err != nil {
		return err
	}
	if done, err := file(v, f, p.Report.Table()); done {
		return err
	}
	p.fill(v)
	return v.Page("laporan_retensi.html", frame.Say("Bertahan sebagai peserta", "Staying a member"), p)
}

func (p *retentionPage) fill(v *frame.Visit) {
	for _, n := range shownMonths {
		if n < p.Report.Months {
			p.After = append(p.After, n)
		}
	}
	for _, c := range p.Report.Cohorts {
		if c.Users.Size == 0 {
			continue
		}
		month := monthLabel(v, string(c.Month), false)
		p.Cohorts = append(p.Cohorts, p.line(v, month, true, c.Users), p.line(v, month, false, c.Without))
	}
	users, without, sizes := p.Report.Pooled()
	var u, w []chart.Point
	for n := range users {
		apart := users[n].Low > without[n].High || without[n].Low > users[n].High
		p.Pooled = append(p.Pooled, pooledLine{n, users[n], without[n], sizes[n], apart})
		u = append(u, point(n, users[n]))
		w = append(w, point(n, without[n]))
	}
	p.Chart = chart.Lines(chart.Chart{
		Title:  v.Say("Bagian yang kepesertaannya masih aktif, menurut bulan sesudah penggunaan pertama", "Share with an active membership, by months after the first use"),
		Desc:   v.Say("Pengguna promo dan yang belum menggunakan, dengan rentang 95%. Angkanya ada di tabel.", "People who used a promo and people who had not, with 95% intervals. The figures are in the table."),
		Lang:   v.Lang(),
		Format: func(x float64) string { return frame.Decimal(v.Lang(), x, 0) + "%" },
		Series: []chart.Series{{Name: v.Say("Pengguna promo", "Used a promo"), Points: u}, {Name: v.Say("Belum menggunakan", "Had not used one"), Points: w}},
	})
}

func point(n int, i reports.Interval) chart.Point {
	return chart.Point{Label: fmt.Sprint(n), Value: 100 * i.Share, Low: 100 * i.Low, High: 100 * i.High}
}

func (p *retentionPage) line(v *frame.Visit, month string, users bool, g reports.Group) cohortLine {
	l := cohortLine{Month: month, Users: users, Size: g.Size}
	for _, n := range p.After {
		var c retentionCell
		if i, ok := g.At(n); ok {
			c.Text = frame.Decimal(v.Lang(), 100*i.Share, 0) + "%"
			c.Range = frame.Decimal(v.Lang(), 100*i.Low, 0) + "–" + frame.Decimal(v.Lang(), 100*i.High, 0)
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}
