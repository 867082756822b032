package reports

import (
	"html/template"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/reports"
)

// monevPage is the page for the meeting.
type monevPage struct {
	F        *filters
	Earlier  bool             // nobody was registered this year: the last year with registrations is shown
	Reported []reports.Period // with figures
	Monev    reports.Monev
	Past     reports.Period
	Before   int64
	Branches template.HTML
	Months   template.HTML
}

func (r *room) monev(v *frame.Visit) error {
	f, err := r.filters(v, "monev", reports.ThisYear)
	if err != nil {
		return err
	}
	f.Branches, f.Sectors, f.Partners = nil, nil, nil // registrations are not narrowed
	p := monevPage{F: f}
	if p.Earlier, err = r.lastYear(v, f); err != nil {
		return err
	}
	p.Past = f.Period.Before()
	if p.Monev, err = r.Reports.Monev(v.Context(), f.Period); err != nil {
		return err
	}
	if done, err := file(v, f, p.Monev.Table()); done {
		return err
	}
	before, err := r.Reports.Registrations(v.Context(), p.Past)
	if err != nil {
		return err
	}
	p.Before = before.Total
	if p.Reported, err = r.Reports.ReportedPeriods(v.Context()); err != nil {
		return err
	}
	p.draw(v)
	return v.Page("monev.html", frame.Say("Monitoring dan evaluasi (monev)", "Monitoring and evaluation"), p)
}

// lastYear has the last year with registrations shown where no period is asked
// for and this year has none yet, and reports whether it did.
func (r *room) lastYear(v *frame.Visit, f *filters) (bool, error) {
	if v.Query("periode") != "" || v.Query("from") != "" || v.Query("to") != "" {
		return false, nil
	}
	last, err := r.Reports.LastRegistered(v.Context())
	if err != nil || last == "" || last >= f.From {
		return false, err
	}
	f.show(reports.Period{From: last[:4] + "-01-01", To: last[:4] + "-12-31"})
	return true, nil
}

func (p *monevPage) draw(v *frame.Visit) {
	var branches []chart.Point
	for _, b := range p.Monev.Branches {
		branches = append(branches, chart.Point{Label: b.Name, Value: float64(b.Count)})
	}
	if p.Monev.Unallocated > 0 {
		branches = append(branches, chart.Point{Label: v.Say("Belum terinci", "Not allocated"), Value: float64(p.Monev.Unallocated)})
	}
	p.Branches = chart.Bars(chart.Chart{
		Title: v.Say("Pendaftaran per cabang", "Registrations by branch"), Desc: v.Say("Angkanya ada di tabel.", "The figures are in the table."),
		Lang: v.Lang(), Format: number(v), Series: []chart.Series{{Points: branches}},
	})
	p.Months = monthsOf(v, p.Monev)
}

// statementsPage offers the statements of the partners in reach.
type statementsPage struct {
	F      *filters
	Months []frame.Option
	Lines  []statementLine
	Month  string // 2026-01
}

// statementLine is a partner with its uses of the month.
type statementLine struct {
	reports.UseLine
	Path string
}

// monthsBack is how many months are offered.
const monthsBack = 13

func (r *room) statements(v *frame.Visit) error {
	f, err := r.filters(v, "mitra", reports.LastMonth)
	if err != nil {
		return err
	}
	p := statementsPage{F: f, Month: f.Form.Get("bulan")}
	first := r.Reports.Today()[:8] + "01"
	for n := range monthsBack {
		key := string(first.AddMonths(-n)[:7])
		p.Months = append(p.Months, frame.Option{Value: key, Label: monthLabel(v, key, false)})
	}
	month, err := reports.ParseMonth(p.Month)
	if err != nil {
		p.Month = p.Months[1].Value
		if month, err = reports.ParseMonth(p.Month); err != nil {
			return err
		}
	}
	f.Form.Set("bulan", p.Month)
	f.Period = month
	u, err := r.Reports.UsesOf(v.Context(), f.Query, reports.ByPartner)
	if err != nil {
		return err
	}
	sortUses(u.Rows)
	for _, l := range u.Rows {
		p.Lines = append(p.Lines, statementLine{l, frame.Root + "/laporan/mitra/" + l.Key + "/" + p.Month})
	}
	return v.Page("laporan_mitra.html", frame.Say("Rekap bulanan mitra", "Partners' monthly statements"), p)
}

// statementPage is a partner's month.
type statementPage struct {
	Statement  reports.Statement
	Month      string
	Path       string
	Prev, Next string
	Few        int
}

func (r *room) statement(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	month, err := reports.ParseMonth(v.Param("bulan"))
	if err != nil {
		return frame.ErrNotFound
	}
	st, err := r.Reports.Statement(v.Context(), id, month)
	if err != nil {
		return err
	}
	if v.Query("format") == "pdf" {
		b, err := st.PDF()
		if err != nil {
			return err
		}
		return v.File("rekap-mitra-"+v.Param("bulan")+".pdf", "application/pdf", b)
	}
	if done, err := file(v, &filters{Query: reports.Query{Period: month}}, st.Table()); done {
		return err
	}
	base := frame.Root + "/laporan/mitra/" + id.String() + "/"
	p := statementPage{
		Statement: st, Path: base + v.Param("bulan"), Month: monthLabel(v, string(month.From), false),
		Prev: base + string(month.From.AddMonths(-1)[:7]), Few: reports.FewBelow,
	}
	if next := month.From.AddMonths(1); next <= r.Reports.Today() {
		p.Next = base + string(next[:7])
	}
	return v.Page("laporan_rekap.html", frame.Say("Rekap mitra "+p.Month, "Statement of "+p.Month), p)
}

// percentOf writes how much more or less something is than before.
func percentOf(lang string, now, before int64) string {
	if before == 0 {
		return ""
	}
	change := 100 * float64(now-before) / float64(before)
	sign := "+"
	if change < 0 {
		sign, change = "−", -change
	}
	return sign + frame.Decimal(lang, change, 0) + "%"
}
