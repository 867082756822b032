package outlets

import (
	"html/template"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/tills"
)

// rows is how many tills and cashiers a page shows.
const rows = 20

// detailPage is one outlet.
type detailPage struct {
	Outlet   partners.Outlet
	Partner  partnerView
	Region   string
	Open     bool
	Week     []dayLine
	Map      marked
	Tills    tillsPart
	Cashiers page.Of[tills.Cashier]
	Path     string
	Form     *frame.Form // of a new cashier
	PIN      pinShown
}

// tillsPart is the list of tills, which also comes alone.
type tillsPart struct {
	OutletID uuid.UUID
	Enrol    bool
	Tills    []tills.Till
	Path     string
	Next     string
	Waiting  bool
}

// pinShown is a PIN that the program made, shown once.
type pinShown struct {
	Name string
	PIN  pii.Text
}

func (r *room) detail(v *frame.Visit) error {
	data, err := r.detailPage(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("outlets-detail.html", frame.Say(data.Outlet.Name, data.Outlet.Name), data)
}

func (r *room) detailPage(v *frame.Visit, f *frame.Form) (data detailPage, err error) {
	if data.Outlet, data.Partner, err = r.outlet(v); err != nil {
		return data, err
	}
	o, ctx := data.Outlet, v.Context()
	names, err := r.regionNames(ctx)
	if err != nil {
		return data, err
	}
	filled := filled(v, o)
	data.Form, data.Path, data.Region = f, "/konsol/gerai/"+o.ID.String(), names[o.RegionCode]
	data.Open, data.Week, data.Map = openAt(o, v.Now()), week(o, v.Lang()), markedAt(filled.Get("latitude"), filled.Get("longitude"))
	if data.Tills, err = r.tillsPart(v, data.Partner, o.ID); err != nil || !data.Partner.Enrol {
		return data, err
	}
	req, err := page.Parse(rows, v.Query("kasir"))
	if err != nil {
		return data, err
	}
	data.Cashiers, err = r.Tills.Cashiers(ctx, o.ID, req)
	return data, err
}

func (r *room) tillsPart(v *frame.Visit, p partnerView, outlet uuid.UUID) (tillsPart, error) {
	part := tillsPart{OutletID: outlet, Enrol: p.Enrol, Path: "/konsol/gerai/" + outlet.String()}
	req, err := page.Parse(rows, v.Query("cursor"))
	if err != nil {
		return part, err
	}
	all, err := r.Tills.List(v.Context(), outlet, req)
	part.Tills, part.Next = all.Items, all.NextCursor
	for i := range all.Items {
		part.Waiting = part.Waiting || all.Items[i].State == tills.Pending
	}
	return part, err
}

// waiting is the list of tills alone, for a page that waits for one to join.
func (r *room) waiting(v *frame.Visit) error {
	o, p, err := r.outlet(v)
	if err != nil {
		return err
	}
	if !v.HTMX() {
		return v.Go("/konsol/gerai/"+o.ID.String()+"#perangkat", frame.Text{})
	}
	part, err := r.tillsPart(v, p, o.ID)
	if err != nil {
		return err
	}
	return v.Part("outlets-detail.html", "outlet-tills", part)
}

// codePage shows a code with which a till joins, once.
type codePage struct {
	Outlet partners.Outlet
	Code   string
	Link   string
	QR     template.HTML
	Until  time.Time
	Tills  tillsPart
}

func (r *room) enrol(v *frame.Visit) error {
	o, p, err := r.outlet(v)
	if err != nil {
		return err
	}
	e, err := r.Tills.Enrol(v.Context(), o.ID)
	if err != nil {
		return err
	}
	data := codePage{Outlet: o, Code: e.Code, Link: r.PublicURL + "/kasir/#/gabung/" + e.Code, Until: e.ExpiresAt}
	if data.QR, err = qr(data.Link, cards.Phone); err != nil {
		return err
	}
	if data.Tills, err = r.tillsPart(v, p, o.ID); err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "no-store")
	return v.Page("outlets-code.html", frame.Say("Kode gabung", "Joining code"), data)
}

// qr draws the symbol of a text.
func qr(text string, form cards.Form) (template.HTML, error) {
	b, err := cards.DrawSVG(text, form)
	return template.HTML(b), err //nolint:gosec // drawn by us, numbers only
}

// tillPage is one till and what it sent.
type tillPage struct {
	Outlet  partners.Outlet
	Till    tills.Till
	Chain   redemptions.Chain
	Partner partnerView
	Revoke  bool
}

func (r *room) till(v *frame.Visit) error {
	o, p, t, err := r.tillAt(v)
	if err != nil {
		return err
	}
	data := tillPage{Outlet: o, Till: t, Partner: p, Revoke: r.mayRevoke(v, o)}
	if data.Chain, err = r.Redemptions.TillChain(v.Context(), t.ID); err != nil {
		return err
	}
	return v.Page("outlets-till.html", frame.Say(t.Name, t.Name), data)
}

// tillAt returns a till of the outlet in the path, else tills.ErrNotFound.
func (r *room) tillAt(v *frame.Visit) (partners.Outlet, partnerView, tills.Till, error) {
	o, p, err := r.outlet(v)
	if err != nil {
		return o, p, tills.Till{}, err
	}
	id, err := v.ID("till")
	if err != nil {
		return o, p, tills.Till{}, err
	}
	t, err := r.Tills.Get(v.Context(), id)
	if err == nil && t.OutletID != o.ID {
		err = tills.ErrNotFound
	}
	return o, p, t, err
}

func (r *room) confirm(v *frame.Visit) error {
	o, _, t, err := r.tillAt(v)
	if err != nil {
		return err
	}
	if _, err := r.Tills.Confirm(v.Context(), t.ID); err != nil {
		return err
	}
	return v.Go("/konsol/gerai/"+o.ID.String()+"#perangkat", frame.Say("Perangkat kasir diizinkan dan dapat dipakai.", "The till may begin."))
}

func (r *room) revoke(v *frame.Visit) error {
	o, _, t, err := r.tillAt(v)
	if err != nil {
		return err
	}
	if _, err := r.Tills.Revoke(v.Context(), t.ID); err != nil {
		return err
	}
	return v.Go("/konsol/gerai/"+o.ID.String()+"#perangkat", frame.Say("Perangkat kasir dicabut. Promo tidak dapat dipakai lagi dari situ.", "The till has ended. No promo can be used there any more."))
}

func (r *room) mayRevoke(v *frame.Visit, o partners.Outlet) bool {
	home := o.Affiliation()
	return home.Within(v.Who.Scope(actor.EnrolTills)) || home.Within(v.Who.Scope(actor.ApprovePartners))
}

// posterPage is for the counter of an outlet, to print.
type posterPage struct {
	Outlet partners.Outlet
	Promos []string
}

func (r *room) poster(v *frame.Visit) error {
	o, _, err := r.outlet(v)
	if err != nil {
		return err
	}
	data := posterPage{Outlet: o}
	offers, err := r.Benefits.LiveAt(v.Context(), o.ID)
	if err != nil {
		return err
	}
	for i := range offers {
		data.Promos = append(data.Promos, offers[i].Title)
	}
	return v.Page("outlets-poster.html", frame.Say("Poster meja kasir", "Poster for the counter"), data)
}
