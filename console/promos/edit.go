package promos

import (
	"errors"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
)

var (
	newTitle    = frame.Say("Promo baru", "New promo")
	changeTitle = frame.Say("Ubah promo", "Change promo")
)

type editor struct {
	Form     *frame.Form
	Partner  partners.Partner
	Outlets  []frame.Option
	Presets  []preset
	Copies   []benefits.Entry
	Preview  *preview
	Promo    *benefits.Entry // nil: a new one
	Revision bool            // saving makes a new version
	Action   string
	Open     bool // the rarer terms are shown: one of them is not right
}

// preview is what the editor says about terms.
type preview struct {
	benefits.Preview
	ZeroOutlets bool
}

// common are the fields that are always shown; the rest is folded.
var common = map[string]bool{
	"title": true, "kind": true, "basis": true, "value": true, "max_discount": true, "per": true, "count": true, "valid_from": true, "valid_to": true, "outlet_ids": true,
}

// editor puts the page together around a form.
func (r *room) editor(v *frame.Visit, partner uuid.UUID, form *frame.Form) (editor, error) {
	p, err := r.Partners.Get(v.Context(), partner)
	if err != nil {
		return editor{}, err
	}
	e := editor{Form: form, Partner: p, Presets: presets(), Action: "/konsol/mitra/" + partner.String() + "/promo/baru"}
	outlets, err := r.Partners.OutletsOf(v.Context(), partner)
	if err != nil {
		return editor{}, err
	}
	for _, o := range outlets {
		if o.State == partners.OutletActive || form.Has("outlet_ids", o.ID.String()) {
			option := frame.Option{Value: o.ID.String(), Label: o.Name, Hint: o.Address}
			if o.State != partners.OutletActive {
				option.Hint = v.Say("sudah tutup", "closed")
			}
			e.Outlets = append(e.Outlets, option)
		}
	}
	for name := range form.Errors {
		e.Open = e.Open || !common[name]
	}
	return e, nil
}

func (r *room) newPromo(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	outlets, err := r.active(v, id)
	if err != nil {
		return err
	}
	title, t := "", benefits.Terms{}
	for _, p := range presets() {
		if p.Key == v.Query("contoh") {
			title, t = p.Title.In(v.Lang()), p.terms
		}
	}
	t = fresh(t, outlets, clock.DayOf(v.Now(), v.Zone()))
	if from, err := frame.ID(v.Query("dari")); err == nil {
		source, err := r.Benefits.Get(v.Context(), from)
		if err != nil {
			return err
		}
		title, t = source.Title, copied(source.Terms, outlets, clock.DayOf(v.Now(), v.Zone()))
	}
	form, err := v.NewForm(values(title, t))
	if err != nil {
		return err
	}
	e, err := r.editor(v, id, form)
	if err != nil {
		return err
	}
	e.Preview = try(t)
	return v.Page("promo_edit.html", newTitle, e)
}

// copied are terms for a new promo after an old one: at the same outlets as far
// as they serve, for as long from today on.
func copied(t benefits.Terms, outlets []uuid.UUID, today clock.Day) benefits.Terms {
	var kept []uuid.UUID
	for _, id := range outlets {
		if t.At(id) {
			kept = append(kept, id)
		}
	}
	if len(kept) == 0 {
		kept = outlets
	}
	days := t.ValidTo.DaysSince(t.ValidFrom)
	t.OutletIDs, t.ValidFrom, t.ValidTo = kept, today, today.AddDays(days)
	return t
}

// active returns the outlets of a partner within reach that serve.
func (r *room) active(v *frame.Visit, partner uuid.UUID) ([]uuid.UUID, error) {
	if _, err := r.Partners.Get(v.Context(), partner); err != nil {
		return nil, err
	}
	all, err := r.Partners.OutletsOf(v.Context(), partner)
	if err != nil {
		return nil, err
	}
	out := []uuid.UUID{}
	for _, o := range all {
		if o.State == partners.OutletActive {
			out = append(out, o.ID)
		}
	}
	return out, nil
}

func try(t benefits.Terms) *preview {
	return &preview{Preview: benefits.Try(t), ZeroOutlets: len(t.OutletIDs) == 0}
}

// again shows the editor with what was typed and what it means.
func (r *room) again(e editor, status func(string, frame.Text, any) error) error {
	_, t := terms(e.Form)
	e.Preview = try(t)
	title := newTitle
	if e.Promo != nil {
		title = changeTitle
	}
	return status("promo_edit.html", title, e)
}

// stored tells what came of writing a promo: done, or the form again.
func (r *room) stored(v *frame.Visit, e editor, made benefits.Benefit, err error) error {
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid {
			wrong(e.Form, f.Fields)
		} else if !e.Form.Refused(err) {
			return err
		}
		for name := range e.Form.Errors {
			e.Open = e.Open || !common[name]
		}
		return r.again(e, v.Again)
	}
	at := "/konsol/promo/" + made.ID.String()
	if e.Form.Get("do") != "ajukan" {
		return v.Go(at, frame.Say("Draf disimpan. Ajukan bila sudah benar.", "The draft is stored. Hand it in when it is right."))
	}
	if _, err := r.Benefits.Submit(v.Context(), made.ID); err != nil {
		return err
	}
	return v.Go(at, submitted)
}

var submitted = frame.Say("Promo diajukan. Orang lain di cabang akan memeriksanya.", "The promo is handed in. Somebody else at the branch will look at it.")

func (r *room) create(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	title, t := terms(form)
	e, err := r.editor(v, id, form)
	if err != nil {
		return err
	}
	if form.Get("do") == "pratinjau" {
		return r.again(e, v.Page)
	}
	form.Text("title", titleMax)
	if !form.OK() {
		wrong(form, benefits.Try(t).Wrong)
		return r.again(e, v.Again)
	}
	made, err := r.Benefits.Create(v.Context(), id, title, t)
	return r.stored(v, e, made, err)
}

// preview answers with what the typed terms mean, for htmx.
func (r *room) preview(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Partners.Get(v.Context(), id); err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	_, t := terms(form)
	return v.Part("promo_edit.html", "promo_preview", try(t))
}

// changing returns the editor of a promo.
func (r *room) changing(v *frame.Visit, form *frame.Form) (editor, error) {
	id, err := v.ID("id")
	if err != nil {
		return editor{}, err
	}
	b, err := r.Benefits.Entry(v.Context(), id)
	if err != nil {
		return editor{}, err
	}
	if form == nil {
		if form, err = v.NewForm(values(b.Title, b.Terms)); err != nil {
			return editor{}, err
		}
	}
	e, err := r.editor(v, b.PartnerID, form)
	e.Promo, e.Revision, e.Action = &b, b.VersionState != benefits.VersionDraft, "/konsol/promo/"+id.String()+"/ubah"
	return e, err
}

func (r *room) edit(v *frame.Visit) error {
	e, err := r.changing(v, nil)
	if err != nil {
		return err
	}
	if e.Promo.State == benefits.Ended || e.Promo.VersionState == benefits.VersionSubmitted {
		return benefits.ErrState
	}
	e.Preview = try(e.Promo.Terms)
	return v.Page("promo_edit.html", changeTitle, e)
}

func (r *room) update(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	title, t := terms(form)
	e, err := r.changing(v, form)
	if err != nil {
		return err
	}
	if form.Get("do") == "pratinjau" {
		return r.again(e, v.Page)
	}
	form.Text("title", titleMax)
	if !form.OK() {
		wrong(form, benefits.Try(t).Wrong)
		return r.again(e, v.Again)
	}
	write := r.Benefits.Update
	if e.Revision {
		write = r.Benefits.Revise
	}
	made, err := write(v.Context(), e.Promo.ID, title, t)
	return r.stored(v, e, made, err)
}
