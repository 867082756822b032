package field

import (
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/perisai"
)

// figuresPage are figures as somebody reported them.
type figuresPage struct {
	Filter   *frame.Form
	Form     *frame.Form
	Metrics  []frame.Option
	Branches []frame.Option
	Figures  []figureLine
	Metric   string
	Write    bool
}

type figureLine struct {
	perisai.Figure
	Branch string
}

// defaultMetric is shown where none was chosen.
const defaultMetric = "registrations"

func (r *room) figures(v *frame.Visit) error {
	f := v.Blank()
	f.Set("metric", defaultMetric)
	data, err := r.figuresPage(v, f)
	if err != nil {
		return err
	}
	return v.Page("field-figures.html", frame.Say("Angka terlapor", "Reported figures"), data)
}

func (r *room) figuresPage(v *frame.Visit, f *frame.Form) (data figuresPage, err error) {
	filter, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return data, err
	}
	data = figuresPage{Filter: filter, Form: f, Metric: filter.Get("metric"), Write: v.Who.Can(actor.WritePerisai)}
	if data.Metric == "" {
		data.Metric = defaultMetric
		filter.Set("metric", defaultMetric)
	}
	metrics, err := r.Perisai.Metrics(v.Context())
	if err != nil {
		return data, err
	}
	if !slices.Contains(metrics, data.Metric) {
		metrics = append(metrics, data.Metric)
	}
	for _, m := range metrics {
		data.Metrics = append(data.Metrics, frame.Option{Value: m, Label: metricText(m).In(v.Lang())})
	}
	from, to := filter.OptionalDay("from"), filter.OptionalDay("to")
	if !filter.OK() {
		from, to = "", ""
	}
	return data, r.addFigures(v, &data, orDay(from, "2000-01-01"), orDay(to, "2199-12-31"))
}

func (r *room) addFigures(v *frame.Visit, data *figuresPage, from, to clock.Day) error {
	names, err := r.branchNames(v.Context())
	if err != nil {
		return err
	}
	all, err := r.Perisai.Figures(v.Context(), data.Metric, from, to)
	if err != nil {
		return err
	}
	for _, x := range all {
		line := figureLine{x, names[x.BranchID]}
		if x.BranchID == uuid.Nil {
			line.Branch = v.Say("Semua cabang", "All branches")
		}
		data.Figures = append(data.Figures, line)
	}
	if data.Branches, err = r.branchesOf(v); err != nil {
		return err
	}
	if v.Who.Scope(actor.WritePerisai).National {
		data.Branches = append([]frame.Option{{Value: "all", Label: v.Say("Semua cabang", "All branches")}}, data.Branches...)
	}
	return nil
}

func orDay(d, instead clock.Day) clock.Day {
	if d == "" {
		return instead
	}
	return d
}

// metricText names a metric for people.
func metricText(m string) frame.Text {
	if m == defaultMetric {
		return frame.Say("Pendaftaran", "Registrations")
	}
	return frame.Say(m, m)
}

func (r *room) report(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := perisai.Figure{
		Metric: f.Text("metric", 60), PeriodStart: f.Day("period_start"), PeriodEnd: f.Day("period_end"), AsOf: f.Day("as_of"),
		Value: f.Whole("value", 0, 1_000_000_000), Source: f.Text("source", 200), Note: f.Optional("note", 200),
	}
	if f.Get("branch_id") != "all" {
		n.BranchID = f.ID("branch_id")
	}
	if f.OK() {
		_, err := r.Perisai.ReportFigure(v.Context(), n)
		if err == nil {
			return v.Go("/konsol/angka-terlapor", frame.Say("Angka dicatat.", "The figure was kept."))
		}
		if e := f.Refused(err); !e {
			return err
		}
	}
	data, err := r.figuresPage(v, f)
	if err != nil {
		return err
	}
	return v.Again("field-figures.html", frame.Say("Angka terlapor", "Reported figures"), data)
}
