package people

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

// who is a person in a list.
type who struct {
	participants.Participant
	Branch, Region string
	Best           *participants.Membership // the newest
}

type listPage struct {
	People   []who
	Count    int64
	Next     string
	Path     string // with the filters
	First    bool
	Form     *frame.Form
	Choices  choices
	Sought   bool // by number or code
	Searches bool // by NIK or KPJ
	Filtered bool
	Write    bool
	Issue    bool
}

// choices are the lists of the filters.
type choices struct {
	Branches, Regions, Segments, Statuses, Holdings, Phones, Wadahs, Agents []frame.Option
}

// filterNames are the parameters of the address that narrow the list.
var filterNames = []string{"cabang", "wilayah", "segmen", "status", "kartu", "hp", "wadah", "agen", "sejak"}

// filterOf reads the filters; what cannot be one narrows nothing.
func filterOf(values url.Values, zone *time.Location) participants.Filter {
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	id := func(name string) uuid.UUID {
		parsed, err := frame.ID(get(name))
		if err != nil {
			return uuid.Nil
		}
		return parsed
	}
	f := participants.Filter{
		BranchID: id("cabang"), WadahID: id("wadah"), AgentID: id("agen"), RegionCode: get("wilayah"), Segment: participants.Segment(get("segmen")),
		Status: participants.Status(get("status")), Holds: participants.Holds(get("kartu")),
	}
	if hp := get("hp"); hp == "ada" || hp == "tidak" {
		f.HasPhone = new(hp == "ada")
	}
	if d := day(get("sejak")); d != "" {
		f.UpdatedSince = d.Start(zone).UTC()
	}
	return f
}

func (r *room) list(v *frame.Visit) error {
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	values := v.R.URL.Query()
	form, err := v.NewForm(values)
	if err != nil {
		return err
	}
	f, ctx := filterOf(values, v.Zone()), participants.Masked(v.Context())
	found, err := r.Participants.List(ctx, f, req)
	if err != nil {
		return err
	}
	count, err := r.Participants.Count(ctx, f)
	if err != nil {
		return err
	}
	data := listPage{Count: count, Next: found.NextCursor, First: req.After == uuid.Nil, Form: form, Path: frame.Root + peoplePath}
	kept := url.Values{}
	for _, name := range filterNames {
		if s := values.Get(name); s != "" {
			kept.Set(name, s)
			data.Filtered = true
		}
	}
	if data.Filtered {
		data.Path += "?" + kept.Encode()
	}
	return r.showList(v, data, found.Items)
}

func (r *room) showList(v *frame.Visit, data listPage, all []participants.Participant) (err error) {
	if data.People, err = r.whos(v, all); err != nil {
		return err
	}
	if data.Choices, err = r.choices(v, data.Form); err != nil {
		return err
	}
	data.Searches, data.Write, data.Issue = v.Who.Can(actor.SearchParticipants), v.Who.Can(actor.WriteParticipants), v.Who.Can(actor.IssueCards)
	v.W.Header().Set("Cache-Control", "no-store")
	return v.Page("people_list.html", frame.Say("Peserta", "Participants"), data)
}

func (r *room) whos(v *frame.Visit, all []participants.Participant) ([]who, error) {
	branches, err := r.Participants.Branches(v.Context())
	if err != nil {
		return nil, err
	}
	regions, err := r.Participants.Regions(v.Context())
	if err != nil {
		return nil, err
	}
	names, places := map[uuid.UUID]string{}, map[string]string{}
	for _, b := range branches {
		names[b.ID] = b.Name
	}
	for _, g := range regions {
		places[g.Code] = g.Name
	}
	out := make([]who, len(all))
	for i, p := range all {
		out[i] = who{Participant: p, Branch: names[p.BranchID], Region: places[p.RegionCode]}
		if n := len(p.Memberships); n > 0 {
			out[i].Best = &p.Memberships[n-1]
		}
	}
	return out, nil
}

// choices returns what the filters offer: branches within reach, the regions of
// the list, and the wadah and agents that the visitor may read.
func (r *room) choices(v *frame.Visit, form *frame.Form) (choices, error) {
	whatever := func(id, en string) frame.Option { return frame.Option{Label: v.Say(id, en)} }
	out := choices{
		Segments: optionsOf(v, segments, whatever("Semua segmen", "All segments")), Statuses: optionsOf(v, statuses, whatever("Semua status", "All statuses")),
		Holdings: optionsOf(v, holdings, whatever("Dengan atau tanpa kartu", "With or without a card")),
		Phones: []frame.Option{
			whatever("HP ada atau tidak", "Phone or none"), {Value: "ada", Label: v.Say("Ada nomor HP", "Phone on record")}, {Value: "tidak", Label: v.Say("Tanpa nomor HP", "No phone")},
		},
		Regions: []frame.Option{whatever("Semua wilayah", "All regions")},
	}
	var err error
	if out.Branches, err = r.branchOptions(v, actor.ReadParticipants); err != nil {
		return out, err
	}
	regions, err := r.Participants.Regions(v.Context())
	if err != nil {
		return out, err
	}
	for _, g := range regions {
		if g.Kind != "province" {
			out.Regions = append(out.Regions, frame.Option{Value: g.Code, Label: g.Name})
		}
	}
	return out, r.field(v, form, &out)
}

// field fills in wadah, and the agents of the one that is chosen.
func (r *room) field(v *frame.Visit, form *frame.Form, out *choices) error {
	if !v.Who.Can(actor.ReadPerisai) {
		return nil
	}
	all, err := r.Perisai.ListWadahs(v.Context(), page.Request{Limit: page.Max})
	if err != nil {
		return err
	}
	out.Wadahs = []frame.Option{{Label: v.Say("Semua wadah", "All wadah")}}
	for _, w := range all.Items {
		out.Wadahs = append(out.Wadahs, frame.Option{Value: w.ID.String(), Label: w.Code + " · " + w.Name})
	}
	chosen, err := frame.ID(form.Get("wadah"))
	if err != nil {
		return nil //nolint:nilerr // none is chosen
	}
	agents, err := r.Perisai.ListAgents(v.Context(), chosen, page.Request{Limit: page.Max})
	if err != nil {
		return err
	}
	out.Agents = []frame.Option{{Label: v.Say("Semua agen", "All agents")}}
	for _, a := range agents.Items {
		out.Agents = append(out.Agents, frame.Option{Value: a.ID.String(), Label: agentLabel(a)})
	}
	return nil
}

func agentLabel(a perisai.Agent) string {
	return a.Code + " · " + strings.ReplaceAll(participants.MaskName(a.Name.Reveal()), "-", " ")
}

// branchOptions returns the branches that a permission reaches, all of them first
// when there are several.
func (r *room) branchOptions(v *frame.Visit, p actor.Permission) ([]frame.Option, error) {
	all, err := r.Participants.Branches(v.Context())
	if err != nil {
		return nil, err
	}
	var out []frame.Option
	reach := v.Who.Scope(p)
	for _, b := range all {
		if reach.HasBranch(b.ID) {
			out = append(out, frame.Option{Value: b.ID.String(), Label: b.Name})
		}
	}
	if len(out) > 1 {
		out = append([]frame.Option{{Label: v.Say("Semua cabang", "All branches")}}, out...)
	}
	return out, nil
}

var (
	nikForm = regexp.MustCompile(`^\d{16}$`)
	kpjForm = regexp.MustCompile(`^\d{11}$`)
)

// search finds one person by NIK, KPJ, passport number or the short code of a
// card. What was typed is on no page and in no address afterwards.
func (r *room) search(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	text := form.Get("q")
	blank := v.Blank()
	found, err := r.sought(v, strings.NewReplacer(" ", "", ".", "", "-", "").Replace(text))
	if err != nil {
		if fault.KindOf(err) == fault.TooMany || !blank.Refused(err) {
			return err
		}
	}
	return r.showList(v, listPage{Count: int64(len(found)), First: true, Form: blank, Path: frame.Root + peoplePath, Sought: true}, found)
}

func (r *room) sought(v *frame.Visit, text string) ([]participants.Participant, error) {
	ctx, f := participants.Masked(v.Context()), participants.Filter{}
	switch {
	case nikForm.MatchString(text):
		f.IDNumber = pii.Text(text)
	case kpjForm.MatchString(text):
		f.KPJ = pii.Text(text)
	case cards.IsShortCode(text):
		return r.byCode(v, text)
	default:
		f.IDType, f.IDNumber = participants.PassportType, pii.Text(text)
	}
	if text == "" {
		return nil, participants.ErrIdentityForm
	}
	p, err := r.Participants.List(ctx, f, page.Request{Limit: page.Default})
	return p.Items, err
}

// byCode finds the holder of a card; a code of nobody within reach finds nobody.
func (r *room) byCode(v *frame.Visit, code string) ([]participants.Participant, error) {
	ctx := participants.Masked(v.Context())
	if err := r.Participants.CountSearch(ctx); err != nil {
		return nil, err
	}
	c, err := r.Cards.ByShortCode(ctx, code)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := r.Participants.Get(ctx, c.ParticipantID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return []participants.Participant{p}, err
}
