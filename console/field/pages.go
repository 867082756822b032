package field

import (
	"context"
	"html/template"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

// rows is how many registrations a page shows.
const rows = 20

type listPage struct {
	Wadahs []wadahLine
	Path   string
	Next   string
	Back   string
	Write  bool
}

type wadahLine struct {
	perisai.Wadah
	perisai.Tally
	Branch string
}

func (r *room) list(v *frame.Visit) error {
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	all, err := r.Perisai.ListWadahs(v.Context(), req)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(all.Items))
	for i := range all.Items {
		ids[i] = all.Items[i].ID
	}
	tallies, err := r.Perisai.Tallies(v.Context(), ids)
	if err != nil {
		return err
	}
	names, err := r.branchNames(v.Context())
	if err != nil {
		return err
	}
	data := listPage{Path: v.R.URL.Path, Next: all.NextCursor, Write: v.Who.Can(actor.WritePerisai)}
	if req.After != uuid.Nil {
		data.Back = data.Path
	}
	for _, w := range all.Items {
		data.Wadahs = append(data.Wadahs, wadahLine{w, tallies[w.ID], names[w.BranchID]})
	}
	return v.Page("field-list.html", frame.Say("Wadah & agen", "Wadah & agents"), data)
}

func (r *room) branchNames(ctx context.Context) (map[uuid.UUID]string, error) {
	all, err := r.Participants.Branches(ctx)
	out := make(map[uuid.UUID]string, len(all))
	for _, b := range all {
		out[b.ID] = b.Name
	}
	return out, err
}

// branchesOf are the branches in which the visitor may write, to choose from.
func (r *room) branchesOf(v *frame.Visit) (out []frame.Option, err error) {
	all, err := r.Participants.Branches(v.Context())
	for _, b := range all {
		if v.Who.Scope(actor.WritePerisai).HasBranch(b.ID) {
			out = append(out, frame.Option{Value: b.ID.String(), Label: b.Name})
		}
	}
	return out, err
}

type newPage struct {
	Form     *frame.Form
	Branches []frame.Option
}

func (r *room) newWadah(v *frame.Visit) error {
	branches, err := r.branchesOf(v)
	if err != nil {
		return err
	}
	return v.Page("field-new.html", frame.Say("Wadah baru", "New wadah"), newPage{v.Blank(), branches})
}

func (r *room) createWadah(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := perisai.NewWadah{BranchID: f.ID("branch_id"), Code: f.Text("code", 40), Name: f.Text("name", 200)}
	if f.OK() {
		w, err := r.Perisai.CreateWadah(v.Context(), n)
		if err == nil {
			return v.Go("/konsol/wadah/"+w.ID.String(), frame.Say("Wadah dicatat.", "The wadah was entered."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	branches, err := r.branchesOf(v)
	if err != nil {
		return err
	}
	return v.Again("field-new.html", frame.Say("Wadah baru", "New wadah"), newPage{f, branches})
}

// wadahPage is one wadah with its agents and months.
type wadahPage struct {
	Wadah   perisai.Wadah
	Tally   perisai.Tally
	Branch  string
	Agents  []agentLine
	Path    string
	Next    string
	Back    string
	Months  []perisai.Month
	Chart   template.HTML
	Write   bool
	Form    *frame.Form
	Regions []frame.Option
}

type agentLine struct {
	perisai.Agent
	Region string
	Active bool
}

func (r *room) wadah(v *frame.Visit) error {
	data, err := r.wadahPage(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("field-wadah.html", frame.Say(data.Wadah.Name, data.Wadah.Name), data)
}

func (r *room) wadahPage(v *frame.Visit, f *frame.Form) (data wadahPage, err error) {
	ctx := v.Context()
	id, err := v.ID("id")
	if err != nil {
		return data, err
	}
	if data.Wadah, err = r.Perisai.GetWadah(ctx, id); err != nil {
		return data, err
	}
	data.Form, data.Path, data.Write = f, "/konsol/wadah/"+id.String(), v.Who.Scope(actor.WritePerisai).HasBranch(data.Wadah.BranchID)
	tallies, err := r.Perisai.Tallies(ctx, []uuid.UUID{id})
	if err != nil {
		return data, err
	}
	data.Tally = tallies[id]
	names, err := r.branchNames(ctx)
	if err != nil {
		return data, err
	}
	data.Branch = names[data.Wadah.BranchID]
	if data.Months, err = r.Perisai.Months(ctx, id, uuid.Nil); err != nil {
		return data, err
	}
	data.Chart = months(v, data.Months)
	return data, r.addAgents(v, &data)
}

func (r *room) addAgents(v *frame.Visit, data *wadahPage) error {
	req, err := page.Parse(rows, v.Query("cursor"))
	if err != nil {
		return err
	}
	if req.After != uuid.Nil {
		data.Back = data.Path
	}
	all, err := r.Perisai.ListAgents(v.Context(), data.Wadah.ID, req)
	if err != nil {
		return err
	}
	regions, err := r.Participants.Regions(v.Context())
	if err != nil {
		return err
	}
	names := map[string]string{}
	data.Regions = append(data.Regions, frame.Option{Label: v.Say("Pilih wilayah", "Choose a region")})
	for _, x := range regions {
		names[x.Code] = x.Name
		if x.Kind != "province" {
			data.Regions = append(data.Regions, frame.Option{Value: x.Code, Label: x.Name})
		}
	}
	today := clock.DayOf(v.Now(), v.Zone())
	data.Next = all.NextCursor
	for _, a := range all.Items {
		data.Agents = append(data.Agents, agentLine{a, names[a.RegionCode], a.ActiveOn(today)})
	}
	return nil
}

// months draws registrations by month; without any there is no picture.
func months(v *frame.Visit, all []perisai.Month) template.HTML {
	if len(all) == 0 {
		return ""
	}
	c := chart.Chart{
		Title: v.Say("Pendaftaran per bulan", "Registrations by month"), Lang: v.Lang(),
		Desc:   v.Say("Pendaftaran, dan berapa yang kartunya sudah di ponsel.", "Registrations, and of how many the card is on a phone."),
		Format: func(x float64) string { return frame.Number(v.Lang(), int64(x)) },
		Series: []chart.Series{{Name: v.Say("Terdaftar", "Registered")}, {Name: v.Say("Kartu di ponsel", "Card on a phone")}},
	}
	for _, m := range all {
		c.Series[0].Points = append(c.Series[0].Points, chart.Point{Label: m.Month, Value: float64(m.Registered)})
		c.Series[1].Points = append(c.Series[1].Points, chart.Point{Label: m.Month, Value: float64(m.HandedOver)})
	}
	return chart.Columns(c)
}

func (r *room) createAgent(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Perisai.GetWadah(v.Context(), id); err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := perisai.NewAgent{
		WadahID: id, Code: f.Text("code", 40), Name: pii.Text(f.Text("name", 200)), Phone: pii.Text(f.Optional("phone", 30)),
		RegionCode: f.Text("region_code", 8), ActiveFrom: f.Day("active_from"), ActiveTo: f.OptionalDay("active_to"),
	}
	if f.OK() {
		_, err := r.Perisai.CreateAgent(v.Context(), n)
		if err == nil {
			return v.Go("/konsol/wadah/"+id.String(), frame.Say("Agen dicatat.", "The agent was entered."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	data, err := r.wadahPage(v, f)
	if err != nil {
		return err
	}
	return v.Again("field-wadah.html", frame.Say(data.Wadah.Name, data.Wadah.Name), data)
}

// agentPage is one agent with the registrations.
type agentPage struct {
	Agent  perisai.Agent
	Wadah  perisai.Wadah
	Active bool
	Lines  []perisai.Line
	Path   string
	Next   string
	Back   string
	Months []perisai.Month
	Chart  template.HTML
	Hand   bool
	Link   handed
}

// handed is a link to a card, shown once.
type handed struct {
	URL, Text string
	Until     any
}

func (r *room) agent(v *frame.Visit) error {
	data, err := r.agentPage(v)
	if err != nil {
		return err
	}
	return v.Page("field-agent.html", frame.Say("Agen "+data.Agent.Code, "Agent "+data.Agent.Code), data)
}

func (r *room) agentPage(v *frame.Visit) (data agentPage, err error) {
	ctx := v.Context()
	id, err := v.ID("id")
	if err != nil {
		return data, err
	}
	if data.Agent, err = r.Perisai.GetAgent(ctx, id); err != nil {
		return data, err
	}
	if data.Wadah, err = r.Perisai.GetWadah(ctx, data.Agent.WadahID); err != nil {
		return data, err
	}
	if data.Months, err = r.Perisai.Months(ctx, data.Wadah.ID, id); err != nil {
		return data, err
	}
	req, err := page.Parse(rows, v.Query("cursor"))
	if err != nil {
		return data, err
	}
	lines, err := r.Perisai.Lines(ctx, id, req)
	data.Lines, data.Next, data.Path = lines.Items, lines.NextCursor, "/konsol/agen/"+id.String()
	if req.After != uuid.Nil {
		data.Back = data.Path
	}
	data.Chart, data.Active, data.Hand = months(v, data.Months), data.Agent.ActiveOn(clock.DayOf(v.Now(), v.Zone())), v.Who.Can(actor.HandOver)
	return data, err
}

// handOver shows the link to a card, once.
func (r *room) handOver(v *frame.Visit) error {
	data, err := r.agentPage(v)
	if err != nil {
		return err
	}
	id, err := v.ID("registration")
	if err != nil {
		return err
	}
	_, a, err := r.Perisai.HandOver(v.Context(), id)
	if err != nil {
		return err
	}
	link := r.PublicURL + "/kartu/#" + a.Code
	data.Link = handed{URL: link, Text: participants.ShareText(link), Until: a.ExpiresAt}
	v.W.Header().Set("Cache-Control", "no-store")
	return v.Page("field-agent.html", frame.Say("Agen "+data.Agent.Code, "Agent "+data.Agent.Code), data)
}
