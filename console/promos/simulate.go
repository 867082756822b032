package promos

import (
	"html/template"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/redemptions"
)

var errNoAccount = accounts.ErrNotFound

// refusedRow is one reason and how often each version would have refused for it.
type refusedRow struct {
	Reason frame.Text
	Counts []int64
}

// monthRow is one month and what each version would have cost in it.
type monthRow struct {
	Month string
	Costs []redemptions.MonthCost
}

type simulationPage struct {
	line
	Form      *frame.Form
	Numbers   []frame.Option
	Outlets   []frame.Option
	Result    *redemptions.Simulated
	Refused   []refusedRow
	Months    []monthRow
	Chart     template.HTML
	Sentences []string // of each version, in words
	Max       int64
}

var simulationTitle = frame.Say("Simulasi promo", "Promo simulation")

func (r *room) simulation(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	e, err := r.Benefits.Entry(v.Context(), id)
	if err != nil {
		return err
	}
	form, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	p := &simulationPage{line: r.line(v, e), Form: form, Max: redemptions.SimulationMax}
	if err := r.simulationChoices(v, p); err != nil {
		return err
	}
	q := p.ask(v)
	if !form.OK() {
		return v.Again("promo_simulate.html", simulationTitle, p)
	}
	result, err := r.Redemptions.Simulate(v.Context(), q)
	if err != nil {
		if form.Refused(err) {
			return v.Again("promo_simulate.html", simulationTitle, p)
		}
		return err
	}
	p.show(v, result)
	return v.Page("promo_simulate.html", simulationTitle, p)
}

func (r *room) simulationChoices(v *frame.Visit, p *simulationPage) error {
	for _, one := range p.Versions {
		label := v.Say("Versi ", "Version ") + strconv.Itoa(one.Version) + " · " + versionStates[string(one.State)].Text.In(v.Lang())
		p.Numbers = append(p.Numbers, frame.Option{Value: strconv.Itoa(one.Version), Label: label})
	}
	outlets, err := r.Partners.OutletsOf(v.Context(), p.PartnerID)
	if err != nil {
		return err
	}
	p.Outlets = []frame.Option{{Label: v.Say("Semua gerai", "All outlets")}}
	for _, o := range outlets {
		p.Outlets = append(p.Outlets, frame.Option{Value: o.ID.String(), Label: o.Name})
	}
	return nil
}

// ask reads the question; what is left open is the past year, the newest
// version and, beside it, the one at the tills.
func (p *simulationPage) ask(v *frame.Visit) redemptions.Simulation {
	today := clock.DayOf(v.Now(), v.Zone())
	preset := func(name, value string) {
		if p.Form.Values.Get(name) == "" && !p.Form.Values.Has(name) {
			p.Form.Set(name, value)
		}
	}
	preset("dari", string(today.AddMonths(-12)))
	preset("sampai", string(today))
	preset("versi", strconv.Itoa(p.Version))
	if p.LiveVersion != 0 && p.LiveVersion != p.Version {
		preset("lain", strconv.Itoa(p.LiveVersion))
	}
	if p.LiveVersion == 0 {
		preset("dasar", "mitra")
	}
	q := redemptions.Simulation{BenefitID: p.Benefit.ID, From: p.Form.Day("dari"), To: p.Form.Day("sampai"), Partner: p.Form.Get("dasar") == "mitra"}
	for _, name := range []string{"versi", "lain"} {
		if n, err := strconv.Atoi(p.Form.Get(name)); err == nil && !slices.Contains(q.Versions, n) {
			q.Versions = append(q.Versions, n)
		}
	}
	if outlet, err := uuid.Parse(p.Form.Get("gerai")); err == nil {
		q.Outlets = []uuid.UUID{outlet}
	}
	return q
}

func (p *simulationPage) show(v *frame.Visit, result redemptions.Simulated) {
	p.Result = &result
	months, why := map[string]*monthRow{}, map[redemptions.Reason]*refusedRow{}
	for i, c := range result.Costs {
		at := slices.IndexFunc(p.Versions, func(one benefits.Version) bool { return one.Version == c.Version })
		p.Sentences = append(p.Sentences, p.Versions[at].Terms.Sentence(v.Lang()))
		for _, m := range c.Months {
			if months[m.Month] == nil {
				months[m.Month] = &monthRow{Month: m.Month, Costs: make([]redemptions.MonthCost, len(result.Costs))}
			}
			months[m.Month].Costs[i] = m
		}
		for reason, n := range c.Refused {
			if why[reason] == nil {
				t, ok := reasons[string(reason)]
				if !ok {
					t = frame.Say(string(reason), string(reason))
				}
				why[reason] = &refusedRow{Reason: t, Counts: make([]int64, len(result.Costs))}
			}
			why[reason].Counts[i] = n
		}
	}
	for _, m := range months {
		p.Months = append(p.Months, *m)
	}
	slices.SortFunc(p.Months, func(a, b monthRow) int { return compare(a.Month, b.Month) })
	for _, w := range why {
		p.Refused = append(p.Refused, *w)
	}
	slices.SortFunc(p.Refused, func(a, b refusedRow) int { return int(b.Counts[0] - a.Counts[0]) })
	p.draw(v)
}

// draw makes the picture of the months.
func (p *simulationPage) draw(v *frame.Visit) {
	if len(p.Months) == 0 {
		return
	}
	c := chart.Chart{
		Title: v.Say("Potongan per bulan", "Discount per month"), Lang: v.Lang(),
		Desc:   v.Say("Angkanya ada di tabel di bawah.", "The figures are in the table below."),
		Format: func(x float64) string { return frame.Rupiah(v.Lang(), int64(x)) },
	}
	for i, cost := range p.Result.Costs {
		s := chart.Series{Name: v.Say("Versi ", "Version ") + strconv.Itoa(cost.Version)}
		for _, m := range p.Months {
			s.Points = append(s.Points, chart.Point{Label: m.Month, Value: float64(m.Costs[i].Discount)})
		}
		c.Series = append(c.Series, s)
	}
	p.Chart = chart.Columns(c)
}
