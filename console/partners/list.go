package partners

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

// lists are the names and choices that several pages show.
type lists struct {
	Sectors  []partners.Sector
	Branches map[uuid.UUID]string
	Places   []partners.Place

	lang     string
	branches []frame.Option
}

func (r *room) lists(v *frame.Visit) (l lists, err error) {
	l.lang = v.Lang()
	if l.Sectors, err = r.Partners.Sectors(v.Context()); err != nil {
		return l, err
	}
	if l.Places, err = r.Partners.Places(v.Context()); err != nil {
		return l, err
	}
	all, err := r.Participants.Branches(v.Context())
	l.Branches = map[uuid.UUID]string{}
	for _, b := range all {
		l.Branches[b.ID] = b.Name
		l.branches = append(l.branches, frame.Option{Value: b.ID.String(), Label: b.Name})
	}
	return l, err
}

// Sector returns the name of a sector.
func (l lists) Sector(id uuid.UUID) string {
	for _, s := range l.Sectors {
		if s.ID == id {
			return frame.Say(s.NameID, s.NameEN).In(l.lang)
		}
	}
	return ""
}

// Branch returns the name of a branch, of none what is said instead.
func (l lists) Branch(id uuid.UUID) string {
	if name, ok := l.Branches[id]; ok {
		return name
	}
	return frame.Say("Belum ada cabang", "No branch yet").In(l.lang)
}

// Region returns the name of a regency or city.
func (l lists) Region(code string) string {
	for _, p := range l.Places {
		if p.Code == code {
			return placeName(p, l.lang)
		}
	}
	return code
}

func placeName(p partners.Place, lang string) string {
	if p.Kind == "city" {
		return frame.Say("Kota ", "City of ").In(lang) + p.Name
	}
	return frame.Say("Kab. ", "").In(lang) + p.Name
}

func (l lists) sectorOptions(first frame.Text, takes bool) []frame.Option {
	out := []frame.Option{{Label: first.In(l.lang)}}
	for _, s := range l.Sectors {
		if !takes || s.Takes() {
			label := frame.Say(s.NameID, s.NameEN).In(l.lang)
			if takes && s.State != partners.SectorOpen {
				label += frame.Say(" (sedang dinilai)", " (being assessed)").In(l.lang)
			}
			out = append(out, frame.Option{Value: s.ID.String(), Label: label})
		}
	}
	return out
}

func (l lists) regionOptions(first frame.Text, withBranch bool) []frame.Option {
	out := []frame.Option{{Label: first.In(l.lang)}}
	for _, p := range l.Places {
		label := placeName(p, l.lang)
		if withBranch && p.BranchName != "" {
			label += " – " + p.BranchName
		}
		out = append(out, frame.Option{Value: p.Code, Label: label})
	}
	return out
}

// branchOptions are the branches for which the actor holds a permission.
func (l lists) branchOptions(who actor.Actor, perm actor.Permission, first frame.Text) (out []frame.Option) {
	if !first.IsZero() {
		out = []frame.Option{{Label: first.In(l.lang)}}
	}
	reach := who.Scope(perm)
	for _, b := range l.branches {
		if id, err := uuid.Parse(b.Value); err == nil && reach.HasBranch(id) {
			out = append(out, b)
		}
	}
	return out
}

// tabs are the ways between the lists of this room.
type tabs struct {
	At       string // list, queue, agreements
	Staff    bool   // sees the queue
	MayWrite bool
}

func tabsOf(v *frame.Visit, at string) tabs {
	return tabs{At: at, Staff: v.Who.Can(actor.ReadParticipants) || v.Who.Can(actor.ApprovePartners), MayWrite: mayCreate(v.Who)}
}

// mayCreate reports whether somebody enters partners: staff, not owners.
func mayCreate(who actor.Actor) bool {
	r := who.Scope(actor.WritePartners)
	return r.National || len(r.Branches) > 0
}

type stateTab struct {
	Value, Path string
	Text        frame.Text
	N           int64
	Current     bool
}

type listPage struct {
	lists
	Tabs                         tabs
	Form                         *frame.Form
	Lines                        []partners.Line
	States                       []stateTab
	Names                        map[uuid.UUID]string
	Next, Path, First            string
	Filtered                     bool
	SectorList, BranchList       []frame.Option
	RegionList, StaffList, Spans []frame.Option
	Today                        clock.Day
}

func (r *room) list(v *frame.Visit) error {
	f, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	asked, err := r.filter(v, f)
	if err != nil {
		return err
	}
	at, err := page.Parse(0, f.Get("cursor"))
	if err != nil {
		return err
	}
	p := listPage{Tabs: tabsOf(v, "list"), Form: f, Path: without(v, "cursor"), Today: clock.DayOf(v.Now(), v.Zone())}
	if p.lists, err = r.lists(v); err != nil {
		return err
	}
	got, err := r.Partners.Lines(v.Context(), asked, at)
	if err != nil {
		return err
	}
	counts, err := r.Partners.Counts(v.Context(), asked)
	if err != nil {
		return err
	}
	p.Lines, p.Next, p.States = got.Items, got.NextCursor, stateTabs(v, counts, asked.State)
	asked.State = ""
	p.Filtered = asked != (partners.Filter{})
	if f.Get("cursor") != "" {
		p.First = p.Path
	}
	p.choices(v, r)
	if v.HTMX() && v.Query("bagian") == "daftar" {
		return v.Part("partners_list.html", "partners-lines", p)
	}
	return v.Page("partners_list.html", frame.Say("Mitra usaha", "Partners"), p)
}

// choices fills in what the filters offer.
func (p *listPage) choices(v *frame.Visit, r *room) {
	ids := make([]uuid.UUID, 0, len(p.Lines))
	for _, l := range p.Lines {
		ids = append(ids, l.AssigneeID)
	}
	p.Names = r.names(v.Context(), ids...)
	p.SectorList = p.sectorOptions(frame.Say("Semua sektor", "All sectors"), false)
	p.BranchList = p.branchOptions(v.Who, actor.ReadPartners, frame.Say("Semua cabang", "All branches"))
	p.RegionList = p.regionOptions(frame.Say("Semua daerah", "All regions"), false)
	p.StaffList = []frame.Option{{Label: v.Say("Semua pendamping", "Anybody")}, {Value: "saya", Label: v.Say("Saya sendiri", "Myself")}}
	for _, id := range slices.Compact(slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })) {
		if name, ok := p.Names[id]; ok && id != v.Who.ID {
			p.StaffList = append(p.StaffList, frame.Option{Value: id.String(), Label: name})
		}
	}
	p.Spans = []frame.Option{{Label: v.Say("Kapan saja", "Any time")}}
	for _, n := range []string{"30", "60", "90", "180"} {
		p.Spans = append(p.Spans, frame.Option{Value: n, Label: v.Say("Dalam "+n+" hari", "Within "+n+" days")})
	}
}

// filter reads what the address asks for.
func (r *room) filter(v *frame.Visit, f *frame.Form) (partners.Filter, error) {
	out := partners.Filter{State: partners.State(f.Get("keadaan")), RegionCode: f.Get("wilayah"), Name: f.Get("cari")}
	if !slices.Contains(inOrder, out.State) {
		out.State = ""
	}
	for name, to := range map[string]*uuid.UUID{"sektor": &out.SectorID, "sector": &out.SectorID, "cabang": &out.BranchID, "petugas": &out.AssigneeID} {
		if s := f.Get(name); s == "saya" {
			*to = v.Who.ID
		} else if s != "" {
			id, err := frame.ID(s)
			if err != nil {
				return out, err
			}
			*to = id
		}
	}
	if s := f.Get("sector"); s != "" { // as the sectors link here
		f.Set("sektor", s)
	}
	if n, err := strconv.Atoi(f.Get("berakhir")); err == nil && n > 0 && n <= 366 {
		out.EndsFrom = clock.DayOf(v.Now(), v.Zone())
		out.EndsTo = out.EndsFrom.AddDays(n)
	}
	return out, nil
}

func stateTabs(v *frame.Visit, counts map[partners.State]int64, now partners.State) []stateTab {
	var all int64
	for _, n := range counts {
		all += n
	}
	path := without(v, "keadaan", "cursor")
	out := []stateTab{{Path: path, Text: frame.Say("Semua", "All"), N: all, Current: now == ""}}
	for _, s := range inOrder {
		u, err := url.Parse(path)
		if err != nil {
			continue
		}
		q := u.Query()
		q.Set("keadaan", string(s))
		u.RawQuery = q.Encode()
		out = append(out, stateTab{Value: string(s), Path: u.String(), Text: states()[string(s)].Text, N: counts[s], Current: now == s})
	}
	return out
}

// without returns the address of this page without some parameters.
func without(v *frame.Visit, names ...string) string {
	q := v.R.URL.Query()
	for _, n := range append(names, "bagian", "lang") {
		q.Del(n)
	}
	for n := range q {
		if q.Get(n) == "" {
			q.Del(n)
		}
	}
	if len(q) == 0 {
		return v.R.URL.Path
	}
	return v.R.URL.Path + "?" + q.Encode()
}

// age is how many whole days something waits.
func age(now, since time.Time) int { return int(now.Sub(since) / (24 * time.Hour)) }

type waiting struct {
	partners.Line
	Age      int
	Problem  frame.Text // why the visitor may not decide it; empty: may
	MayTake  bool
	Assignee string
}

type applicant struct {
	partners.Application
	Age      int
	MayTake  bool
	Assignee string
}

type queuePage struct {
	lists
	Tabs         tabs
	Applications []applicant
	Waiting      []waiting
	Me           uuid.UUID
}

func (r *room) queue(v *frame.Visit) error {
	ctx := v.Context()
	p := queuePage{Tabs: tabsOf(v, "queue"), Me: v.Who.ID}
	var err error
	if p.lists, err = r.lists(v); err != nil {
		return err
	}
	apps, err := r.Partners.Applications(ctx, partners.ApplicationNew)
	if err != nil {
		return err
	}
	lines, err := r.Partners.Waiting(ctx)
	if err != nil {
		return err
	}
	write := v.Who.Scope(actor.WritePartners)
	for _, a := range apps {
		p.Applications = append(p.Applications, applicant{
			Application: a, Age: age(v.Now(), a.CreatedAt), MayTake: write.HasBranch(a.BranchID), Assignee: r.who(ctx, a.AssigneeID),
		})
	}
	for _, l := range lines {
		w := waiting{Line: l, Age: age(v.Now(), l.UpdatedAt), MayTake: write.HasBranch(l.BranchID), Assignee: r.who(ctx, l.AssigneeID)}
		if err := r.Partners.MayDecide(ctx, l.Partner); err != nil {
			w.Problem = blocked(err)
		}
		p.Waiting = append(p.Waiting, w)
	}
	return v.Page("partners_queue.html", frame.Say("Antrean mitra", "Queue of partners"), p)
}

func (r *room) who(ctx context.Context, id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return r.Name(ctx, id)
}

type endingsPage struct {
	lists
	Tabs tabs
	Form *frame.Form
	All  []partners.Ending
	Days int
}

func (r *room) endings(v *frame.Visit) error {
	f, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	p := endingsPage{Tabs: tabsOf(v, "agreements"), Form: f, Days: 90}
	if n, err := strconv.Atoi(f.Get("dalam")); err == nil && n > 0 && n <= 366 {
		p.Days = n
	}
	f.Set("dalam", strconv.Itoa(p.Days))
	if p.lists, err = r.lists(v); err != nil {
		return err
	}
	if p.All, err = r.Partners.Endings(v.Context(), p.Days); err != nil {
		return err
	}
	return v.Page("partners_endings.html", frame.Say("Perjanjian yang berakhir", "Agreements that end"), p)
}
