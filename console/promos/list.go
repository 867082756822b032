package promos

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

const pageSize = 25

// bar is what is left of a total.
type bar struct {
	Label      frame.Text
	Left, All  int64
	Percent    int64
	Money, Low bool
}

func bars(st benefits.Stock) (out []bar) {
	add := func(label frame.Text, left, all *int64, money bool) {
		if left == nil || all == nil {
			return
		}
		p := benefits.LeftPercent(*left, *all)
		out = append(out, bar{Label: label, Left: max(0, *left), All: *all, Percent: p, Money: money, Low: p <= benefits.LowShare})
	}
	add(frame.Say("Sisa kuota", "Quota left"), st.Left.Count, st.LimitCount, false)
	add(frame.Say("Sisa anggaran", "Budget left"), st.Left.Amount, st.LimitAmount, true)
	return out
}

// line is a promo as the list shows it.
type line struct {
	benefits.Entry
	Name, Summary string
	Sector        frame.Text
	Bars          []bar
	Warnings      []benefits.Warning
	DaysLeft      int
	ValidTo       clock.Day
}

func (r *room) line(v *frame.Visit, e benefits.Entry) line {
	name, terms := e.Shown()
	today := clock.DayOf(v.Now(), v.Zone())
	return line{
		Entry: e, Name: name, Summary: terms.Sentence(v.Lang()), Sector: frame.Say(e.SectorNameID, e.SectorEN), Bars: bars(e.Stock),
		Warnings: e.Warnings(today), DaysLeft: terms.ValidTo.DaysSince(today), ValidTo: terms.ValidTo,
	}
}

func (r *room) lines(v *frame.Visit, all []benefits.Entry) []line {
	out := make([]line, len(all))
	for i, e := range all {
		out[i] = r.line(v, e)
	}
	return out
}

type listPage struct {
	Form              *frame.Form
	Lines             []line
	Path, Next        string
	Back              string
	Sectors, Branches []frame.Option
	States            []frame.Option
	Filtered, Staff   bool
	Approves, Writes  bool
	Waiting           int
	New               string // where a promo is begun
}

func (r *room) list(v *frame.Visit) error {
	form, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	req, err := page.Parse(pageSize, v.Query("cursor"))
	if err != nil {
		return err
	}
	found, err := r.Benefits.Board(v.Context(), filterOf(form), req)
	if err != nil {
		return err
	}
	p := listPage{
		Form: form, Lines: r.lines(v, found.Items), Next: found.NextCursor, Path: pathOf(form), Staff: staff(v.Who),
		Approves: v.Who.Can(actor.ApproveBenefits), Writes: v.Who.Can(actor.WriteBenefits), New: newPath(v.Who), States: stateOptions(v),
	}
	p.Filtered = p.Path != "/konsol/promo"
	if v.Query("cursor") != "" {
		p.Back = p.Path
	}
	if p.Approves {
		waiting, err := r.Benefits.Queue(v.Context())
		if err != nil {
			return err
		}
		p.Waiting = len(waiting)
	}
	if p.Sectors, p.Branches, err = r.choices(v); err != nil {
		return err
	}
	return v.Page("promo_list.html", frame.Say("Promo", "Promos"), p)
}

func filterOf(f *frame.Form) benefits.BoardFilter {
	id := func(name string) uuid.UUID {
		got, err := uuid.Parse(f.Get(name))
		if err != nil {
			return uuid.Nil
		}
		return got
	}
	return benefits.BoardFilter{
		State: benefits.State(f.Get("keadaan")), Partner: id("mitra"), Sector: id("sektor"), Branch: id("cabang"),
		Ending: f.Get("segera") == "1", Text: f.Get("cari"),
	}
}

func pathOf(f *frame.Form) string {
	q := url.Values{}
	for _, name := range []string{"cari", "keadaan", "mitra", "sektor", "cabang", "segera"} {
		if s := f.Get(name); s != "" {
			q.Set(name, s)
		}
	}
	if len(q) == 0 {
		return "/konsol/promo"
	}
	return "/konsol/promo?" + q.Encode()
}

// staff reports whether somebody sees promos of more than a partner of their own.
func staff(who actor.Actor) bool {
	reach := who.Scope(actor.ReadBenefits)
	return reach.National || len(reach.Branches) > 0
}

// newPath is where whoever acts begins a promo: an owner of one partner at that
// one.
func newPath(who actor.Actor) string {
	reach := who.Scope(actor.WriteBenefits)
	if !reach.National && len(reach.Branches) == 0 && len(reach.Partners) == 1 {
		return "/konsol/mitra/" + reach.Partners[0].String() + "/promo/baru"
	}
	return "/konsol/promo/baru"
}

func stateOptions(v *frame.Visit) []frame.Option {
	out := []frame.Option{{Label: v.Say("Semua", "All")}}
	for _, s := range []string{"live", "paused", "submitted", "approved", "draft", "rejected", "ended"} {
		out = append(out, frame.Option{Value: s, Label: states[s].Text.In(v.Lang())})
	}
	return out
}

// choices are the sectors and branches to filter by.
func (r *room) choices(v *frame.Visit) (sectors, branches []frame.Option, err error) {
	all := frame.Option{Label: v.Say("Semua", "All")}
	sectors, branches = []frame.Option{all}, []frame.Option{all}
	known, err := r.Partners.Sectors(v.Context())
	if err != nil {
		return nil, nil, err
	}
	for _, s := range known {
		sectors = append(sectors, frame.Option{Value: s.ID.String(), Label: frame.Say(s.NameID, s.NameEN).In(v.Lang())})
	}
	reach := v.Who.Scope(actor.ReadBenefits)
	if !reach.National && len(reach.Branches) < 2 {
		return sectors, nil, nil
	}
	offices, err := r.Participants.Branches(v.Context())
	if err != nil {
		return nil, nil, err
	}
	for _, b := range offices {
		if reach.HasBranch(b.ID) {
			branches = append(branches, frame.Option{Value: b.ID.String(), Label: b.Name})
		}
	}
	return sectors, branches, nil
}

type queuePage struct {
	Lines   []line
	Own     map[uuid.UUID]bool // promos that whoever looks proposed
	Waiting int
}

func (r *room) queue(v *frame.Visit) error {
	all, err := r.Benefits.Queue(v.Context())
	if err != nil {
		return err
	}
	p := queuePage{Lines: r.lines(v, all), Own: map[uuid.UUID]bool{}, Waiting: len(all)}
	for i := range p.Lines { // what waits is the newest version, not the one at the tills
		l := &p.Lines[i]
		l.Name, l.Summary = l.Title, l.Terms.Sentence(v.Lang())
		p.Own[l.ID] = l.SubmittedBy == v.Who.ID
	}
	return v.Page("promo_queue.html", frame.Say("Antrean persetujuan", "Approval queue"), p)
}

func (r *room) choosePartner(v *frame.Visit) error {
	if id, err := frame.ID(v.Query("mitra")); err == nil {
		return v.Go("/konsol/mitra/"+id.String()+"/promo/baru", frame.Text{})
	}
	all, err := r.Partners.List(v.Context(), partners.Filter{}, page.Request{Limit: page.Max})
	if err != nil {
		return err
	}
	form, err := v.NewForm(url.Values{})
	if err != nil {
		return err
	}
	options := []frame.Option{}
	for _, p := range all.Items {
		if p.State != partners.Ended {
			options = append(options, frame.Option{Value: p.ID.String(), Label: p.Name})
		}
	}
	slices.SortFunc(options, func(a, b frame.Option) int { return compare(a.Label, b.Label) })
	return v.Page("promo_partner.html", frame.Say("Promo baru", "New promo"), struct {
		Form    *frame.Form
		Options []frame.Option
	}{form, options})
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

type capLine struct {
	Branch string
	ID     uuid.UUID
	benefits.Cap
	Form *frame.Form
}

type capsPage struct {
	Lines []capLine
	Sets  bool
	Form  *frame.Form
}

func (r *room) capsPage(v *frame.Visit, bad uuid.UUID, form *frame.Form) (capsPage, error) {
	reach := v.Who.Scope(actor.ApproveBenefits)
	p := capsPage{Sets: reach.National, Form: form}
	known, err := r.Benefits.Caps(v.Context())
	if err != nil {
		return p, err
	}
	branches, err := r.Participants.Branches(v.Context())
	if err != nil {
		return p, err
	}
	for _, b := range branches {
		if !reach.HasBranch(b.ID) {
			continue
		}
		c, ok := known[b.ID]
		if !ok {
			c = benefits.Cap{BranchID: b.ID, Amount: benefits.DefaultCap, OpenEnded: true}
		}
		l := capLine{Branch: b.Name, ID: b.ID, Cap: c, Form: form}
		if b.ID != bad {
			values := url.Values{"amount": {strconv.FormatInt(c.Amount, 10)}}
			if c.OpenEnded {
				values.Set("open_ended", "1")
			}
			if l.Form, err = v.NewForm(values); err != nil {
				return p, err
			}
		}
		p.Lines = append(p.Lines, l)
	}
	return p, nil
}

var capsTitle = frame.Say("Batas persetujuan cabang", "Approval limits of branches")

func (r *room) caps(v *frame.Visit) error {
	p, err := r.capsPage(v, uuid.Nil, nil)
	if err != nil {
		return err
	}
	return v.Page("promo_caps.html", capsTitle, p)
}

func (r *room) setCap(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	c := benefits.Cap{BranchID: id, Amount: form.Whole("amount", 0, 1_000_000_000_000), OpenEnded: form.Has("open_ended", "1")}
	if form.OK() {
		err = r.Benefits.SetCap(v.Context(), c)
		if err == nil {
			return v.Go("/konsol/promo/batas", frame.Say("Batas disimpan.", "The limit is stored."))
		}
		if !form.Refused(err) {
			return err
		}
	}
	p, err := r.capsPage(v, id, form)
	if err != nil {
		return err
	}
	return v.Again("promo_caps.html", capsTitle, p)
}
