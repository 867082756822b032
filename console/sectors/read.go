package sectors

import (
	"html/template"
	"math"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/chart"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/partners"
)

// pageTitle is that of the ranking.
var pageTitle = frame.Say("Sektor", "Sectors")

func name(lang string, sec partners.Sector) string {
	if lang == "en" {
		return sec.NameEN
	}
	return sec.NameID
}

// line is one sector of the ranking.
type line struct {
	partners.Assessment
	Name  string
	Place int
}

func lines(lang string, ranked []partners.Assessment) []line {
	out := make([]line, len(ranked))
	for i, a := range ranked {
		out[i] = line{Assessment: a, Name: name(lang, a.Sector), Place: i + 1}
	}
	return out
}

// picture draws the ranking: the index, and what it can still become.
func picture(lang string, ranked []partners.Assessment) template.HTML {
	c := chart.Chart{
		Title: frame.Say("Peringkat sektor", "Ranking of sectors").In(lang),
		Desc: frame.Say("Indeks 0 sampai 100; garis tipis menunjukkan kemungkinan terendah dan tertinggi selama belum lengkap.",
			"Index 0 to 100; the thin line shows the least and the most it can become while it is not complete.").In(lang),
		Lang: lang, Format: func(x float64) string { return frame.Decimal(lang, x, 0) },
	}
	s := chart.Series{Name: frame.Say("Indeks", "Index").In(lang)}
	for _, a := range ranked {
		s.Points = append(s.Points, chart.Point{Label: name(lang, a.Sector), Value: a.Total, Low: a.Least, High: a.Most})
	}
	c.Series = []chart.Series{s}
	return chart.Bars(c)
}

func (r *room) ranking(v *frame.Visit) error {
	ranked, err := r.Partners.Ranking(v.Context())
	if err != nil {
		return err
	}
	set, err := r.Partners.Criteria(v.Context())
	if err != nil {
		return err
	}
	all, err := r.Partners.Sectors(v.Context())
	if err != nil {
		return err
	}
	var closed []line
	for _, sec := range all {
		if sec.State == partners.SectorClosed {
			closed = append(closed, line{Assessment: partners.Assessment{Sector: sec}, Name: name(v.Lang(), sec)})
		}
	}
	return v.Page("sector_ranking.html", pageTitle, map[string]any{
		"Lines": lines(v.Lang(), ranked), "Chart": picture(v.Lang(), ranked), "Set": set, "Closed": closed,
		"MayWrite": v.Who.Can(actor.WriteSectors),
	})
}

// weight is one criterion of the view "what if".
type weight struct {
	partners.Criterion
	Now int
}

func (r *room) sensitivity(v *frame.Visit) error {
	ranked, err := r.Partners.Ranking(v.Context())
	if err != nil {
		return err
	}
	set, err := r.Partners.Criteria(v.Context())
	if err != nil {
		return err
	}
	changed, form := map[string]int{}, v.Blank()
	var weights []weight
	for _, c := range set.Criteria {
		w := weight{Criterion: c, Now: c.Weight}
		if n, err := strconv.Atoi(v.Query("w_" + c.Code)); err == nil && n >= 0 && n <= 100 {
			w.Now, changed[c.Code] = n, n
		}
		form.Set("w_"+c.Code, strconv.Itoa(w.Now))
		weights = append(weights, w)
	}
	after := partners.Reweigh(ranked, changed)
	data := map[string]any{
		"Before": lines(v.Lang(), ranked), "After": moved(v.Lang(), ranked, after), "Chart": picture(v.Lang(), after),
		"Weights": weights, "Form": form, "Tips": partners.Tips(ranked), "Changed": len(changed) > 0, "Names": namesOf(v.Lang(), ranked),
	}
	if v.HTMX() {
		return v.Part("sector_weights.html", "result", data)
	}
	return v.Page("sector_weights.html", frame.Say("Bagaimana jika bobotnya lain?", "What if the weights were others?"), data)
}

// step is a sector of a ranking under other weights, and how far it moved.
type step struct {
	line
	Was  int
	Up   int
	Diff float64
}

func moved(lang string, before, after []partners.Assessment) []step {
	place, total := map[uuid.UUID]int{}, map[uuid.UUID]float64{}
	for i, a := range before {
		place[a.Sector.ID], total[a.Sector.ID] = i+1, a.Total
	}
	out := make([]step, len(after))
	for i, l := range lines(lang, after) {
		was := place[l.Sector.ID]
		out[i] = step{line: l, Was: was, Up: was - l.Place, Diff: math.Round((l.Total-total[l.Sector.ID])*10) / 10}
	}
	return out
}

func namesOf(lang string, all []partners.Assessment) map[string]string {
	out := map[string]string{}
	for _, a := range all {
		out[a.Sector.Code] = name(lang, a.Sector)
	}
	return out
}

func (r *room) criteria(v *frame.Visit) error {
	all, err := r.Partners.CriteriaHistory(v.Context())
	if err != nil {
		return err
	}
	type version struct {
		partners.CriteriaSet
		By string
	}
	out := make([]version, len(all))
	for i, set := range all {
		out[i] = version{CriteriaSet: set}
		if set.CreatedBy != uuid.Nil {
			out[i].By = r.Name(v.Context(), set.CreatedBy)
		}
	}
	return v.Page("sector_criteria.html", frame.Say("Kriteria penilaian", "Criteria"), map[string]any{"Sets": out, "MayWrite": v.Who.Can(actor.WriteSectors)})
}

// found is a score with the name of who found it.
type found struct {
	partners.Score
	By  string
	Own bool
}

// judged is one criterion of the page of a sector.
type judged struct {
	partners.Rated
	Found   []found
	Missing bool
	Failing bool
}

func (r *room) detail(v *frame.Visit) error {
	data, err := r.sector(v)
	if err != nil {
		return err
	}
	data["Form"] = v.Blank()
	return v.Page("sector.html", pageTitle, data)
}

// sector collects what the page of one sector shows.
func (r *room) sector(v *frame.Visit) (map[string]any, error) {
	id, err := v.ID("id")
	if err != nil {
		return nil, err
	}
	a, err := r.Partners.Assessment(v.Context(), id)
	if err != nil {
		return nil, err
	}
	wishes, err := r.Partners.Wishes(v.Context(), id)
	if err != nil {
		return nil, err
	}
	type decision struct {
		partners.SectorDecision
		By string
	}
	decisions := make([]decision, len(a.Decisions))
	for i, d := range a.Decisions {
		decisions[i] = decision{d, r.Name(v.Context(), d.DecidedBy)}
	}
	return map[string]any{
		"A": a, "Name": name(v.Lang(), a.Sector), "Rated": r.judged(v, &a), "Decisions": decisions, "Wishes": wishes,
		"Steps": r.steps(v, a.Sector.State), "Shown": a.Fingerprint(), "MayScore": v.Who.Can(actor.AssessSectors) && a.Sector.State != partners.SectorClosed,
		"Complete": len(a.Missing) == 0 && len(a.Gates) == 0, "Query": url.QueryEscape(a.Sector.Code),
	}, nil
}

func (r *room) judged(v *frame.Visit, a *partners.Assessment) []judged {
	out := make([]judged, len(a.Rated))
	for i, rated := range a.Rated {
		out[i] = judged{Rated: rated}
		for _, sc := range rated.Scores {
			out[i].Found = append(out[i].Found, found{sc, r.Name(v.Context(), sc.Assessor), sc.Assessor == v.Who.ID})
		}
		for _, code := range a.Missing {
			out[i].Missing = out[i].Missing || code == rated.Code
		}
		for _, code := range a.Gates {
			out[i].Failing = out[i].Failing || code == rated.Code
		}
	}
	return out
}

// steps are the states that somebody who decides may choose.
func (r *room) steps(v *frame.Visit, from partners.SectorState) (out []frame.Option) {
	if !v.Who.Can(actor.WriteSectors) {
		return nil
	}
	words := map[partners.SectorState]frame.Text{
		partners.SectorAssessed: frame.Say("Nyatakan sudah dinilai", "Declare it assessed"),
		partners.SectorOpen:     frame.Say("Buka sektor", "Open the sector"),
		partners.SectorPaused:   frame.Say("Jeda", "Pause"),
		partners.SectorClosed:   frame.Say("Tutup untuk seterusnya", "Close for good"),
	}
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen, partners.SectorPaused, partners.SectorClosed} {
		if from.CanBecome(to) {
			out = append(out, frame.Option{Value: string(to), Label: words[to].In(v.Lang())})
		}
	}
	return out
}
