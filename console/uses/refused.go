package uses

import (
	"html/template"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/redemptions"
)

type refusedView struct {
	Query   query
	Form    *frame.Form
	Choices choices
	Figures redemptions.RefusedFigures
	Reasons []reasonLine
	Picture template.HTML
	Presets []string
	Rows    bool
}

type reasonLine struct {
	redemptions.RefusedLine
	Text frame.Text
}

// refused shows what was refused in a period, by reason, outlet and time.
func (r *room) refused(v *frame.Visit) error {
	q, err := read(v)
	if err != nil {
		return err
	}
	if q.From == "" || q.To == "" {
		q.From, q.To = period("30", "", "", today(v))
	}
	form, err := v.NewForm(q.Values)
	if err != nil {
		return err
	}
	view := refusedView{Query: q, Form: form, Presets: []string{"30", "hari", "7", "bulan", "lalu", "tahun", "pilih"}, Rows: v.Who.Can(actor.ReadRedemptions)}
	if view.Choices, err = r.choices(v.Context(), v.Lang(), &q); err != nil {
		return err
	}
	view.Figures, err = r.Redemptions.Refused(v.Context(), redemptions.RefusedFilter{
		From: q.From, To: q.To, OutletID: q.Filter.OutletID, PartnerID: q.Filter.PartnerID, Reason: q.Filter.Reason,
	})
	if err != nil {
		return err
	}
	for _, l := range view.Figures.ByReason {
		view.Reasons = append(view.Reasons, reasonLine{l, reasonText(l.Reason)})
	}
	if view.Figures.Total.Sum() > 0 {
		view.Picture = picture(v, view.Figures.ByTime)
	}
	return v.Page("uses_refused.html", say("Penolakan", "Refusals"), view)
}

func picture(v *frame.Visit, lines []redemptions.RefusedLine) template.HTML {
	uses, scans := chart.Series{Name: v.Say("Saat transaksi", "At redeeming")}, chart.Series{Name: v.Say("Saat dipindai", "At the scan")}
	for _, l := range lines {
		label := frame.Day(v.Lang(), l.Day)
		uses.Points = append(uses.Points, chart.Point{Label: label, Value: float64(l.Uses)})
		scans.Points = append(scans.Points, chart.Point{Label: label, Value: float64(l.Scans)})
	}
	return chart.Columns(chart.Chart{
		Title: v.Say("Penolakan menurut waktu", "Refusals over time"), Desc: v.Say("Angkanya ada di tabel di bawah.", "The figures are in the table below."),
		Lang: v.Lang(), Format: func(x float64) string { return frame.Number(v.Lang(), int64(x)) }, Series: []chart.Series{uses, scans},
	})
}
