package reports

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/reports"
)

// filters are what a page of reports is asked for and offers to ask.
type filters struct {
	reports.Query
	Page     string // of the tabs: ringkasan, …
	Path     string // of the page
	Form     *frame.Form
	Periods  []frame.Option
	Branches []frame.Option
	Sectors  []frame.Option
	Partners []frame.Option
	By       []frame.Option // groups, of the page of uses
	Segments []frame.Option
	Partner  bool   // reads as a partner
	Query1   string // the query of the address, without the format
	Known    bool   // everything asked for was understood
}

// custom is the preset of days that somebody chose.
const custom = "custom"

var presetTexts = map[reports.Preset]frame.Text{
	reports.Today:     frame.Say("Hari ini", "Today"),
	reports.ThisMonth: frame.Say("Bulan ini", "This month"),
	reports.LastMonth: frame.Say("Bulan lalu", "Last month"),
	reports.Quarter:   frame.Say("Triwulan ini", "This quarter"),
	reports.ThisYear:  frame.Say("Tahun ini", "This year"),
	reports.TwelveMon: frame.Say("12 bulan terakhir", "Last 12 months"),
}

// filters reads the query of the address. usual is the period when none is asked for.
func (r *room) filters(v *frame.Visit, page string, usual reports.Preset) (*filters, error) {
	q := v.R.URL.Query()
	q.Del("format")
	q.Del("lang")
	form, err := v.NewForm(q)
	if err != nil {
		return nil, err
	}
	f := &filters{Page: page, Path: v.R.URL.Path, Form: form, Partner: reports.ForPartner(v.Context()), Known: true}
	f.period(form, r.Reports.Today(), usual)
	for name, dest := range map[string]*uuid.UUID{"cabang": &f.BranchID, "sektor": &f.SectorID, "mitra": &f.PartnerID} {
		if s := form.Get(name); s != "" {
			if *dest, err = frame.ID(s); err != nil {
				return nil, err
			}
		}
	}
	f.Query1 = f.encode()
	return f, r.offer(v, f)
}

// period reads the days; what cannot be read is marked, and the usual period shown.
func (f *filters) period(form *frame.Form, today clock.Day, usual reports.Preset) {
	chosen := form.Get("periode")
	given := form.Get("from") != "" || form.Get("to") != ""
	// The form says which days it showed: whoever changed them wants those.
	if shown := form.Get("tadi"); given && shown != "" && shown != form.Get("from")+".."+form.Get("to") {
		chosen = custom
	}
	form.Values.Del("tadi")
	if p, ok := reports.Preset(chosen).Period(today); ok {
		f.Period = p
	} else if given || chosen == custom {
		f.Period = reports.Period{From: form.Day("from"), To: form.Day("to")}
		chosen = custom
		if form.OK() && f.To < f.From {
			form.Fail("to", frame.Say("Hari terakhir mendahului hari pertama.", "The last day is before the first."))
		}
		if form.OK() && f.To.DaysSince(f.From) > 3660 {
			form.Fail("from", frame.Say("Paling lama sepuluh tahun.", "Ten years at most."))
		}
	} else {
		chosen = string(usual)
		f.Period, _ = usual.Period(today)
	}
	if f.Known = form.OK(); !f.Known {
		f.Period, _ = usual.Period(today)
		return
	}
	f.say(chosen)
}

// say writes the period into the form.
func (f *filters) say(chosen string) {
	f.Form.Set("periode", chosen)
	f.Form.Set("from", string(f.From))
	f.Form.Set("to", string(f.To))
}

// show takes a period as if it had been asked for.
func (f *filters) show(p reports.Period) {
	f.Period = p
	f.say(custom)
	f.Query1 = f.encode()
}

// encode is the query of a link to the same: a preset stays what it is, so that
// "last month" is last month whenever it is opened.
func (f *filters) encode() string {
	q := url.Values{}
	for name := range f.Form.Values {
		if s := f.Form.Get(name); s != "" && (f.Form.Get("periode") == custom || name != "from" && name != "to") {
			q.Set(name, s)
		}
	}
	return q.Encode()
}

// offer fills in what can be chosen.
func (r *room) offer(v *frame.Visit, f *filters) error {
	branches, sectors, partners, err := r.Reports.Choices(v.Context())
	if err != nil {
		return err
	}
	all := frame.Option{Label: v.Say("Semua", "All")}
	for _, c := range []struct {
		from []reports.Choice
		to   *[]frame.Option
	}{{branches, &f.Branches}, {sectors, &f.Sectors}, {partners, &f.Partners}} {
		if len(c.from) == 0 {
			continue
		}
		*c.to = append(*c.to, all)
		for _, o := range c.from {
			*c.to = append(*c.to, frame.Option{Value: o.ID.String(), Label: o.Name})
		}
	}
	for _, p := range reports.Presets() {
		f.Periods = append(f.Periods, frame.Option{Value: string(p), Label: presetTexts[p].In(v.Lang())})
	}
	f.Periods = append(f.Periods, frame.Option{Value: custom, Label: v.Say("Pilih tanggal", "Choose days")})
	return nil
}

// Link is the address of another page of reports with the same filters.
func (f *filters) Link(page string) string { return f.at(frame.Root+"/laporan/"+page, "") }

// File is the address of the page as a file.
func (f *filters) File(format string) string { return f.at(f.Path, format) }

func (f *filters) at(path, format string) string {
	q := f.Query1
	if format != "" {
		q = strings.TrimPrefix(q+"&format="+format, "&")
	}
	if q == "" {
		return path
	}
	return path + "?" + q
}

// Custom reports whether days were chosen.
func (f *filters) Custom() bool { return f.Form.Get("periode") == custom }
