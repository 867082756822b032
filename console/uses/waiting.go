package uses

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/redemptions"
)

type waitingView struct {
	Kind   redemptions.Waiting
	Kinds  []redemptions.Waiting
	Sums   map[redemptions.Waiting]redemptions.Sum
	Lines  []line
	Next   string
	Back   string
	Path   string
	Decide bool
}

// waiting lists what waits for a decision, one kind at a time: the first that
// anything waits for.
func (r *room) waiting(v *frame.Visit) error {
	sums, err := r.Redemptions.Waiting(v.Context())
	if err != nil {
		return err
	}
	view := waitingView{Kinds: redemptions.AllWaiting(), Sums: sums, Decide: v.Who.Can(actor.DecideDisputes)}
	view.Kind = redemptions.Waiting(v.Query("jenis"))
	if !slices.Contains(view.Kinds, view.Kind) {
		view.Kind = view.Kinds[0]
		if i := slices.IndexFunc(view.Kinds, func(k redemptions.Waiting) bool { return sums[k].Records > 0 }); i >= 0 {
			view.Kind = view.Kinds[i]
		}
	}
	view.Path = decidePath + "?jenis=" + string(view.Kind)
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	if v.Query("cursor") != "" {
		view.Back = view.Path
	}
	p, err := r.Redemptions.List(v.Context(), redemptions.Filter{Waiting: view.Kind}, req)
	if err != nil {
		return err
	}
	view.Next = p.NextCursor
	if view.Lines, err = r.lines(v, p.Items); err != nil {
		return err
	}
	return v.Page("uses_waiting.html", say("Perlu keputusan", "To be decided"), view)
}

type manyView struct {
	Form            *frame.Form
	Lines           []line
	Gross, Discount int64
}

// chosen returns the uses that were ticked.
func chosen(f *frame.Form) (ids []uuid.UUID, err error) {
	for _, s := range f.All("id") {
		id, err := frame.ID(s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 || len(ids) > redemptions.MaxMany {
		return nil, redemptions.ErrManyRange
	}
	return ids, nil
}

// askMany shows what would be accepted, and asks back.
func (r *room) askMany(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	ids, err := chosen(form)
	if err != nil {
		return err
	}
	return r.many(v, form, ids)
}

func (r *room) many(v *frame.Visit, form *frame.Form, ids []uuid.UUID) error {
	var rows []redemptions.Redemption
	for _, id := range ids {
		one, err := r.Redemptions.Get(v.Context(), id)
		if err != nil {
			return err
		}
		rows = append(rows, one)
	}
	all, err := r.lines(v, rows)
	if err != nil {
		return err
	}
	view := manyView{Form: form, Lines: all}
	for i := range all {
		view.Gross, view.Discount = view.Gross+all[i].Gross, view.Discount+all[i].Discount
	}
	title := say("Terima sekaligus", "Accept together")
	if form.OK() {
		return v.Page("uses_many.html", title, view)
	}
	return v.Again("uses_many.html", title, view)
}

func (r *room) acceptMany(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	ids, err := chosen(form)
	if err != nil {
		return err
	}
	n, err := r.Redemptions.AcceptMany(v.Context(), ids, form.Get("note"))
	if err != nil {
		if form.Refused(err) {
			return r.many(v, form, ids)
		}
		return err
	}
	left := len(ids) - n
	done := say(strconv.Itoa(n)+" penggunaan diterima.", strconv.Itoa(n)+" uses were accepted.")
	if left > 0 {
		done = say(done.ID+" "+strconv.Itoa(left)+" dilewati karena sudah diputuskan.", done.EN+" "+strconv.Itoa(left)+" were passed over as decided already.")
	}
	return v.Go(decidePath, done)
}
