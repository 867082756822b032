package outlets

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// zones are the time zones of Indonesia.
var zones = []frame.Option{
	{Value: "Asia/Jakarta", Label: "WIB (UTC+7)"}, {Value: "Asia/Makassar", Label: "WITA (UTC+8)"}, {Value: "Asia/Jayapura", Label: "WIT (UTC+9)"},
}

type outletsPage struct {
	Partner partnerView
	Outlets []outletLine
	Path    string
	Next    string
	Back    string
}

// outletLine is an outlet in a list.
type outletLine struct {
	partners.Outlet
	Region string
	Open   bool // by its hours, now
}

func (r *room) list(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	all, err := r.Partners.Outlets(v.Context(), p.ID, req)
	if err != nil {
		return err
	}
	names, err := r.regionNames(v.Context())
	if err != nil {
		return err
	}
	data := outletsPage{Partner: p, Path: v.R.URL.Path, Next: all.NextCursor}
	if req.After != uuid.Nil {
		data.Back = data.Path
	}
	for _, o := range all.Items {
		data.Outlets = append(data.Outlets, outletLine{Outlet: o, Region: names[o.RegionCode], Open: openAt(o, v.Now())})
	}
	return v.Page("outlets-list.html", frame.Say("Gerai · "+p.Name, "Outlets · "+p.Name), data)
}

func (r *room) regionNames(ctx context.Context) (map[string]string, error) {
	all, err := r.Participants.Regions(ctx)
	out := make(map[string]string, len(all))
	for _, x := range all {
		out[x.Code] = x.Name
	}
	return out, err
}

// formPage is the form of an outlet, new or changed.
type formPage struct {
	Partner partnerView
	Outlet  *partners.Outlet // nil: new
	Form    *frame.Form
	Regions []frame.Option
	Zones   []frame.Option
	Days    []dayField
	Map     marked
}

func (r *room) formPage(v *frame.Visit, p partnerView, o *partners.Outlet, f *frame.Form) (formPage, error) {
	all, err := r.Participants.Regions(v.Context())
	data := formPage{Partner: p, Outlet: o, Form: f, Zones: zones, Days: dayFields(v.Lang()), Map: markedAt(f.Get("latitude"), f.Get("longitude"))}
	data.Regions = append(data.Regions, frame.Option{Value: "", Label: v.Say("Pilih kabupaten atau kota", "Choose a regency or city")})
	for _, x := range all {
		if x.Kind != "province" {
			data.Regions = append(data.Regions, frame.Option{Value: x.Code, Label: x.Name})
		}
	}
	return data, err
}

func (r *room) newForm(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	f := v.Blank()
	f.Set("zone", "Asia/Makassar")
	data, err := r.formPage(v, p, nil, f)
	if err != nil {
		return err
	}
	return v.Page("outlets-form.html", frame.Say("Gerai baru", "New outlet"), data)
}

func (r *room) create(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := profile(f)
	if f.OK() {
		o, err := r.Partners.CreateOutlet(v.Context(), p.ID, n)
		if err == nil {
			return v.Go("/konsol/gerai/"+o.ID.String(), frame.Say("Gerai dicatat.", "The outlet was entered."))
		}
		if !refused(f, err) {
			return err
		}
	}
	data, err := r.formPage(v, p, nil, f)
	if err != nil {
		return err
	}
	return v.Again("outlets-form.html", frame.Say("Gerai baru", "New outlet"), data)
}

func (r *room) editForm(v *frame.Visit) error {
	o, p, err := r.outlet(v)
	if err != nil {
		return err
	}
	data, err := r.formPage(v, p, &o, filled(v, o))
	if err != nil {
		return err
	}
	return v.Page("outlets-form.html", frame.Say("Ubah gerai", "Change outlet"), data)
}

func (r *room) update(v *frame.Visit) error {
	o, p, err := r.outlet(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := profile(f)
	if f.OK() {
		_, err := r.Partners.UpdateOutlet(v.Context(), o.ID, n)
		if err == nil {
			return v.Go("/konsol/gerai/"+o.ID.String(), frame.Say("Perubahan disimpan.", "The change was saved."))
		}
		if !refused(f, err) {
			return err
		}
	}
	data, err := r.formPage(v, p, &o, f)
	if err != nil {
		return err
	}
	return v.Again("outlets-form.html", frame.Say("Ubah gerai", "Change outlet"), data)
}

// closePage asks back before an outlet is closed for good.
type closePage struct {
	Outlet partners.Outlet
	Tills  int // active or waiting
	Promos []string
}

func (r *room) closeForm(v *frame.Visit) error {
	o, _, err := r.outlet(v)
	if err != nil {
		return err
	}
	data := closePage{Outlet: o}
	if data.Tills, err = r.activeTills(v.Context(), o.ID); err != nil {
		return err
	}
	offers, err := r.Benefits.HeldAt(v.Context(), o.ID)
	if err != nil {
		return err
	}
	for i := range offers {
		data.Promos = append(data.Promos, offers[i].Title)
	}
	return v.Page("outlets-close.html", frame.Say("Tutup gerai", "Close outlet"), data)
}

// activeTills counts the tills of an outlet that have not ended, up to a page's.
func (r *room) activeTills(ctx context.Context, outlet uuid.UUID) (n int, err error) {
	all, err := r.Tills.List(ctx, outlet, page.Request{Limit: page.Max})
	for i := range all.Items {
		if all.Items[i].State != tills.Revoked {
			n++
		}
	}
	return n, err
}

func (r *room) close(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Partners.CloseOutlet(v.Context(), id); err != nil {
		return err
	}
	return v.Go("/konsol/gerai/"+id.String(), frame.Say("Gerai ditutup. Promo tidak berlaku lagi di sini.", "The outlet is closed. Promos no longer count here."))
}

// outlet returns the outlet that the page is about, and its partner.
func (r *room) outlet(v *frame.Visit) (partners.Outlet, partnerView, error) {
	id, err := v.ID("id")
	if err != nil {
		return partners.Outlet{}, partnerView{}, err
	}
	o, err := r.Partners.GetOutlet(v.Context(), id)
	if err != nil {
		return partners.Outlet{}, partnerView{}, err
	}
	p, err := r.partnerOf(v.Context(), o.PartnerID)
	return o, p, err
}

// profile reads the form of an outlet.
func profile(f *frame.Form) partners.OutletProfile {
	n := partners.OutletProfile{
		Name: f.Text("name", 100), Address: f.Text("address", 300), RegionCode: f.Text("region_code", 8), Zone: f.Text("zone", 40),
		Latitude: degrees(f, "latitude"), Longitude: degrees(f, "longitude"), Hours: []partners.Hours{},
	}
	n.Address = strings.ReplaceAll(n.Address, "\r\n", "\n")
	if (n.Latitude == nil) != (n.Longitude == nil) && f.OK() {
		f.Fail("longitude", frame.Say("Isi lintang dan bujur, atau kosongkan keduanya.", "Fill in both, or neither."))
	}
	for day := 1; day <= 7; day++ {
		name := dayName(day)
		spans, err := parseHours(day, f.Get(name))
		if err != nil {
			f.Fail(name, frame.Say("Tulis seperti 08.00–12.00, 13.00–17.00. Kosongkan bila tutup.", "Write it as 08:00–12:00, 13:00–17:00. Leave it empty when closed."))
		}
		n.Hours = append(n.Hours, spans...)
	}
	return n
}

// degrees reads a coordinate, with point or comma.
func degrees(f *frame.Form, name string) *float64 {
	s := strings.ReplaceAll(f.Get(name), ",", ".")
	if s == "" {
		return nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		f.Fail(name, frame.Say("Isi dengan angka derajat, misalnya -0,9106.", "Enter degrees, such as -0.9106."))
		return nil
	}
	return &x
}

// filled is the form of an outlet as it stands.
func filled(v *frame.Visit, o partners.Outlet) *frame.Form {
	f := v.Blank()
	f.Set("name", o.Name)
	f.Set("address", o.Address)
	f.Set("region_code", o.RegionCode)
	f.Set("zone", o.Zone)
	if o.Latitude != nil && o.Longitude != nil {
		f.Set("latitude", strconv.FormatFloat(*o.Latitude, 'f', -1, 64))
		f.Set("longitude", strconv.FormatFloat(*o.Longitude, 'f', -1, 64))
	}
	for day := 1; day <= 7; day++ {
		f.Set(dayName(day), hoursText(o.Hours, day))
	}
	return f
}

// refused takes a refusal of an outlet into the form; one about hours goes to
// its day.
func refused(f *frame.Form, err error) bool {
	if !f.Refused(err) {
		return false
	}
	if _, bad := f.Errors["latitude"]; bad {
		f.Fail("latitude", frame.Say("Titik ini tidak di Indonesia. Lintang antara -11,5 dan 6,5.", "This is not in Indonesia. The latitude lies between -11.5 and 6.5."))
	}
	if _, bad := f.Errors["longitude"]; bad {
		f.Fail("longitude", frame.Say("Titik ini tidak di Indonesia. Bujur antara 94,5 dan 141,5.", "This is not in Indonesia. The longitude lies between 94.5 and 141.5."))
	}
	for _, name := range []string{"from", "to", "hours"} {
		if _, bad := f.Errors[name]; bad {
			f.Problem = frame.Say("Jam buka belum benar: ada jam yang bertumpuk, atau mulai dan selesainya sama.", "The opening hours are not right: some overlap, or begin and end at the same time.")
		}
	}
	return true
}
