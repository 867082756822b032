package outlets

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// pinOf returns the PIN of a form, a new one when none was typed.
func pinOf(f *frame.Form) (pin pii.Text, made bool) {
	if s := f.Get("pin"); s != "" {
		return pii.Text(s), false
	}
	return tills.NewPIN(), true
}

func (r *room) addCashier(v *frame.Visit) error {
	o, _, err := r.outlet(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	name := f.Text("name", 40)
	pin, made := pinOf(f)
	if f.OK() {
		c, err := r.Tills.AddCashier(v.Context(), o.ID, name, pin)
		switch {
		case err == nil && made:
			return r.showPIN(v, pinShown{c.Name, pin})
		case err == nil:
			return v.Go("/konsol/gerai/"+o.ID.String()+"#kasir", frame.Say("Kasir ditambahkan.", "The cashier was added."))
		case !pinFault(f, err):
			return err
		}
	}
	data, err := r.detailPage(v, f)
	if err != nil {
		return err
	}
	return v.Again("outlets-detail.html", frame.Say(o.Name, o.Name), data)
}

// pinFault takes a refusal of a cashier into the form; of its PIN only the form
// or that it is guessed first.
func pinFault(f *frame.Form, err error) bool {
	if !f.Refused(err) {
		return false
	}
	if t, bad := f.Errors["pin"]; bad && t == faults()["format"] {
		f.Fail("pin", frame.Say("PIN harus enam angka.", "A PIN has six digits."))
	}
	return true
}

// showPIN shows a PIN that the program made, once.
func (r *room) showPIN(v *frame.Visit, shown pinShown) error {
	data, err := r.detailPage(v, v.Blank())
	if err != nil {
		return err
	}
	data.PIN = shown
	v.W.Header().Set("Cache-Control", "no-store")
	return v.Page("outlets-detail.html", frame.Say(data.Outlet.Name, data.Outlet.Name), data)
}

// cashierPage is one cashier.
type cashierPage struct {
	Outlet  partners.Outlet
	Cashier tills.Cashier
	Form    *frame.Form
}

func (r *room) cashierAt(v *frame.Visit) (cashierPage, error) {
	o, _, err := r.outlet(v)
	if err != nil {
		return cashierPage{}, err
	}
	id, err := v.ID("cashier")
	if err != nil {
		return cashierPage{}, err
	}
	c, err := r.Tills.Cashier(v.Context(), id)
	if err == nil && c.OutletID != o.ID {
		err = tills.ErrCashierNotFound
	}
	return cashierPage{Outlet: o, Cashier: c, Form: v.Blank()}, err
}

func (r *room) cashier(v *frame.Visit) error {
	data, err := r.cashierAt(v)
	if err != nil {
		return err
	}
	return v.Page("outlets-cashier.html", frame.Say("Kasir "+data.Cashier.Name, "Cashier "+data.Cashier.Name), data)
}

func (r *room) setPIN(v *frame.Visit) error {
	data, err := r.cashierAt(v)
	if err != nil {
		return err
	}
	if data.Form, err = v.Form(); err != nil {
		return err
	}
	pin, made := pinOf(data.Form)
	_, err = r.Tills.SetPIN(v.Context(), data.Cashier.ID, pin)
	switch {
	case err == nil && made:
		return r.showPIN(v, pinShown{data.Cashier.Name, pin})
	case err == nil:
		return v.Go("/konsol/gerai/"+data.Outlet.ID.String()+"#kasir", frame.Say("PIN baru disimpan, kunci dibuka.", "The new PIN was saved, the cashier unlocked."))
	case !pinFault(data.Form, err):
		return err
	}
	return v.Again("outlets-cashier.html", frame.Say("Kasir "+data.Cashier.Name, "Cashier "+data.Cashier.Name), data)
}

func (r *room) endCashier(v *frame.Visit) error {
	data, err := r.cashierAt(v)
	if err != nil {
		return err
	}
	if _, err := r.Tills.EndCashier(v.Context(), data.Cashier.ID); err != nil {
		return err
	}
	return v.Go("/konsol/gerai/"+data.Outlet.ID.String()+"#kasir", frame.Say("Kasir diakhiri dan hilang dari perangkat.", "The cashier has ended and leaves the tills."))
}
