package reports

import (
	"html/template"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/reports"
)

// homePage is the first page of everybody.
type homePage struct { //nolint:recvcheck // templates call Change on a value
	Today   clock.Day
	Waiting reports.Waiting
	Tasks   []task
	Reads   bool // reads reports
	Owner   bool // as a partner
	Field   bool // reads about Perisai and no reports
	Month   reports.Summary
	Before  reports.Summary
	Day     reports.Summary
	Past    reports.Period
	Promos  []reports.PromoLine
	Months  []reports.UseLine
	Uses    template.HTML
	Saved   template.HTML
	Monev   reports.Monev
	MonevBy template.HTML
	Links   []doorway
	Partner string // of an owner of one partner: its id
}

// task is something that waits.
type task struct {
	Path  string
	Text  frame.Text
	Count int64
	Tone  string
}

// doorway leads to a room.
type doorway struct {
	Path       string
	Title, Say frame.Text
}

func (r *room) home(v *frame.Visit) error {
	who := v.Who
	p := homePage{Today: r.Reports.Today(), Reads: who.Can(actor.ReadReports)}
	p.Owner = p.Reads && reports.ForPartner(v.Context())
	p.Field = !p.Reads && who.Can(actor.ReadPerisai)
	var err error
	if p.Waiting, err = r.Reports.Waiting(v.Context()); err != nil {
		return err
	}
	p.tasks()
	p.doorways(who)
	for _, part := range []struct {
		wanted bool
		fill   func(*frame.Visit, *homePage) error
	}{{p.Reads, r.homeFigures}, {p.Owner, r.homeOwner}, {p.Field, r.homeField}} {
		if !part.wanted {
			continue
		}
		if err := part.fill(v, &p); err != nil {
			return err
		}
	}
	return v.Page("beranda.html", frame.Say("Beranda", "Home"), p)
}

// tasks lists what waits, the urgent first.
func (p *homePage) tasks() {
	for _, t := range []task{
		{"/permintaan-data", frame.Say("permintaan data melewati batas waktu", "data requests past their time"), p.Waiting.Overdue, "bad"},
		{"/keputusan", frame.Say("sanggahan menunggu keputusan", "disputes wait for a decision"), p.Waiting.Disputes, "warn"},
		{"/permintaan-data", frame.Say("permintaan data menunggu", "data requests wait"), p.Waiting.DataRequests, "warn"},
		{"/mitra/antrean", frame.Say("mitra menunggu persetujuan", "partners wait for approval"), p.Waiting.Partners, "warn"},
		{"/promo/antrean", frame.Say("promo menunggu persetujuan", "promos wait for approval"), p.Waiting.Promos, "warn"},
		{"/mitra", frame.Say("perjanjian berakhir dalam 30 hari", "agreements end within 30 days"), p.Waiting.Agreements, "calm"},
		{"/wadah", frame.Say("peserta belum menerima kartu", "participants have no card yet"), p.Waiting.Handover, "calm"},
	} {
		if t.Count > 0 {
			t.Path = frame.Root + t.Path
			p.Tasks = append(p.Tasks, t)
		}
	}
}

// doorways are the rooms that fit what the visitor may do.
func (p *homePage) doorways(who actor.Actor) {
	for _, d := range []struct {
		needs actor.Permission
		doorway
	}{
		{actor.SearchParticipants, doorway{"/peserta", frame.Say("Cari peserta", "Find a participant"), frame.Say("Kartu, kepesertaan, aktivasi", "Card, membership, activation")}},
		{actor.ReadReports, doorway{"/laporan/ringkasan", frame.Say("Laporan", "Reports"), frame.Say("Angka, gambar, ekspor", "Figures, pictures, exports")}},
		{actor.ReadPerisai, doorway{"/monev", frame.Say("Monev", "Monitoring"), frame.Say("Pendaftaran per cabang dan agen", "Registrations by branch and agent")}},
		{actor.ReadAudit, doorway{"/audit", frame.Say("Jejak audit", "Audit trail"), frame.Say("Siapa melakukan apa, kapan", "Who did what, when")}},
		{actor.InvitePeople, doorway{"/orang", frame.Say("Akun", "Accounts"), frame.Say("Undangan, peran, keamanan", "Invitations, roles, security")}},
	} {
		if who.Can(d.needs) {
			d.Path = frame.Root + d.Path
			p.Links = append(p.Links, d.doorway)
		}
	}
}

// homeFigures fills in this month and the months before.
func (r *room) homeFigures(v *frame.Visit, p *homePage) (err error) {
	month, _ := reports.ThisMonth.Period(p.Today)
	p.Past = month.Before()
	for _, q := range []struct {
		dest *reports.Summary
		of   reports.Period
	}{{&p.Month, month}, {&p.Before, p.Past}} {
		if *q.dest, err = r.Reports.Summary(v.Context(), q.of); err != nil {
			return err
		}
	}
	if p.Months, err = r.months(v, reports.Query{Period: month}); err != nil {
		return err
	}
	p.Uses, p.Saved = monthCharts(v, p.Months)
	return nil
}

// homeOwner fills in what owners want to know first.
func (r *room) homeOwner(v *frame.Visit, p *homePage) (err error) {
	today, _ := reports.Today.Period(p.Today)
	if p.Day, err = r.Reports.Summary(v.Context(), today); err != nil {
		return err
	}
	month, _ := reports.ThisMonth.Period(p.Today)
	if p.Promos, err = r.Reports.Promos(v.Context(), month); err != nil {
		return err
	}
	if ids := v.Who.Scope(actor.ReadReports).Partners; len(ids) == 1 {
		p.Partner = ids[0].String()
	}
	return nil
}

// homeField fills in the registrations of coordinators and agents: the last
// twelve months, or those of the last registrations when there are none.
func (r *room) homeField(v *frame.Visit, p *homePage) (err error) {
	period, _ := reports.TwelveMon.Period(p.Today)
	if p.Monev, err = r.Reports.Monev(v.Context(), period); err != nil {
		return err
	}
	p.MonevBy = monthsOf(v, p.Monev)
	return nil
}

func monthsOf(v *frame.Visit, m reports.Monev) template.HTML {
	var points []chart.Point
	for _, c := range m.Months {
		points = append(points, chart.Point{Label: monthLabel(v, string(c.Month), true), Value: float64(c.Count)})
	}
	return chart.Columns(chart.Chart{
		Title: v.Say("Pendaftaran per bulan", "Registrations by month"), Desc: v.Say("Angkanya ada di tabel.", "The figures are in the table."),
		Lang: v.Lang(), Format: number(v), Series: []chart.Series{{Points: points}},
	})
}

// Change is how the month compares with the days before it.
func (p homePage) Change(lang string, now, before int64) string { return percentOf(lang, now, before) }

// Change is how the period compares with the one before.
func (p summaryPage) Change(lang string, now, before int64) string {
	return percentOf(lang, now, before)
}
