package uses

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/redemptions"
)

// query is what a list is asked for, as it stands in its address.
type query struct {
	Values   url.Values // without the cursor
	From, To clock.Day
	Filter   redemptions.Filter
}

// Path is the list with its filters.
func (q query) Path() string { return listPath + "?" + q.Values.Encode() }

// File is the address of the list as a file.
func (q query) File(format string) string {
	return listPath + "/unduh/" + format + "?" + q.Values.Encode()
}

var queryFields = []string{
	"p", "dari", "sampai", "cabang", "sektor", "mitra", "gerai", "promo", "kasir", "petugas", "hasil", "keadaan", "tanda",
	"jaringan", "peserta", "nota", "alasan", "menunggu",
}

var presets = []string{"30", "hari", "7", "bulan", "lalu", "tahun", "semua", "pilih"}

// period turns a preset into days, both included; empty days: no bound.
func period(preset string, from, to, today clock.Day) (clock.Day, clock.Day) {
	month := today[:7] + "-01"
	switch preset {
	case "hari":
		return today, today
	case "7":
		return today.AddDays(-6), today
	case "bulan":
		return month, today
	case "lalu":
		return month.AddMonths(-1), month.AddDays(-1)
	case "tahun":
		return today[:4] + "-01-01", today
	case "semua":
		return "", ""
	case "pilih":
		return from, to
	}
	return today.AddDays(-29), today
}

// read reads the filters of the address. What is no id is not found.
func read(v *frame.Visit) (query, error) {
	q := query{Values: url.Values{}}
	for _, name := range queryFields {
		if s := v.Query(name); s != "" {
			q.Values.Set(name, s)
		}
	}
	form, err := v.NewForm(q.Values)
	if err != nil {
		return q, err
	}
	today := clock.DayOf(v.Now(), v.Zone())
	q.From, q.To = period(v.Query("p"), form.OptionalDay("dari"), form.OptionalDay("sampai"), today)
	if !form.OK() {
		return q, redemptions.ErrPeriod
	}
	f := &q.Filter
	if q.From != "" {
		f.From = q.From.Start(v.Zone())
	}
	if q.To != "" {
		f.To = q.To.AddDays(1).Start(v.Zone())
	}
	for name, id := range map[string]*uuid.UUID{
		"cabang": &f.BranchID, "sektor": &f.SectorID, "mitra": &f.PartnerID, "gerai": &f.OutletID, "promo": &f.BenefitID,
		"kasir": &f.CallerID, "petugas": &f.CashierID, "peserta": &f.ParticipantID,
	} {
		if s := q.Values.Get(name); s != "" {
			if *id, err = frame.ID(s); err != nil {
				return q, err
			}
		}
	}
	f.Outcome, f.State = redemptions.Outcome(v.Query("hasil")), redemptions.State(v.Query("keadaan"))
	f.Reason, f.Flag, f.Receipt = redemptions.Reason(v.Query("alasan")), v.Query("tanda"), v.Query("nota")
	if w := redemptions.Waiting(v.Query("menunggu")); slices.Contains(redemptions.AllWaiting(), w) {
		f.Waiting = w
	}
	switch v.Query("jaringan") {
	case "daring":
		f.Online = new(true)
	case "luring":
		f.Online = new(false)
	}
	return q, nil
}

// choices are the lists of the filters, as far as they can be known yet.
type choices struct {
	Branches, Sectors, Partners, Outlets, Promos, Tills, Cashiers []frame.Option
	One                                                           bool // of one partner: it need not be chosen
}

const most = 200 // options of a list

// choices reads what can be chosen within reach: outlets and promos of the
// chosen partner, tills and cashiers of the chosen outlet.
func (r *room) choices(ctx context.Context, lang string, q *query) (c choices, err error) {
	who := actor.From(ctx)
	partner := q.Filter.PartnerID
	if reach := who.Scope(actor.ReadUseFigures); !reach.National && len(reach.Branches) == 0 && len(reach.Partners) == 1 {
		partner, c.One = reach.Partners[0], true
	} else if err := r.programme(ctx, lang, &c); err != nil {
		return c, err
	}
	if partner != uuid.Nil {
		outlets, err := r.Partners.Outlets(ctx, partner, page.Request{Limit: most})
		if err != nil {
			return c, err
		}
		for _, o := range outlets.Items {
			c.Outlets = append(c.Outlets, frame.Option{Value: o.ID.String(), Label: o.Name})
		}
		if err := r.promos(ctx, partner, &c); err != nil {
			return c, err
		}
	}
	if q.Filter.OutletID == uuid.Nil {
		return c, nil
	}
	devices, err := r.Tills.List(ctx, q.Filter.OutletID, page.Request{Limit: most})
	if err != nil {
		return c, err
	}
	for _, t := range devices.Items {
		c.Tills = append(c.Tills, frame.Option{Value: t.ID.String(), Label: t.Name})
	}
	return c, nil
}

func (r *room) programme(ctx context.Context, lang string, c *choices) error {
	branches, err := r.Participants.Branches(ctx)
	if err != nil {
		return err
	}
	for _, b := range branches {
		c.Branches = append(c.Branches, frame.Option{Value: b.ID.String(), Label: b.Name})
	}
	sectors, err := r.Partners.Sectors(ctx)
	if err != nil {
		return err
	}
	for _, s := range sectors {
		c.Sectors = append(c.Sectors, frame.Option{Value: s.ID.String(), Label: frame.Say(s.NameID, s.NameEN).In(lang)})
	}
	all, err := r.Partners.List(ctx, partnersAll, page.Request{Limit: most})
	if err != nil {
		return err
	}
	for _, p := range all.Items {
		c.Partners = append(c.Partners, frame.Option{Value: p.ID.String(), Label: p.Name})
	}
	return nil
}

func today(v *frame.Visit) clock.Day { return clock.DayOf(v.Now(), v.Zone()) }

func ago(now, at time.Time) int64 { return int64(now.Sub(at) / (24 * time.Hour)) }
