package sectors

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/partners"
)

const spare = 2 // empty lines for new criteria

func at(sec partners.Sector) string { return frame.Root + "/sektor/" + sec.ID.String() }

func (r *room) newForm(v *frame.Visit) error {
	return v.Page("sector_new.html", frame.Say("Sektor baru", "New sector"), map[string]any{"Form": v.Blank()})
}

func (r *room) create(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := partners.NewSector{Code: strings.ToUpper(f.Text("code", 8)), NameID: f.Text("name_id", 120), NameEN: f.Text("name_en", 120)}
	if f.OK() {
		sec, err := r.Partners.CreateSector(v.Context(), n)
		if err == nil {
			return v.Go(at(sec), frame.Say("Sektor dicatat sebagai calon. Nilailah sekarang.", "The sector is entered as a candidate. Score it now."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	return v.Again("sector_new.html", frame.Say("Sektor baru", "New sector"), map[string]any{"Form": f})
}

// scoreForm shows the visitor's own scores, to give or change.
func (r *room) scoreForm(v *frame.Visit) error {
	data, err := r.sector(v)
	if err != nil {
		return err
	}
	f := v.Blank()
	rated, ok := data["Rated"].([]judged)
	if !ok {
		return fmt.Errorf("criteria are %T", data["Rated"])
	}
	for _, c := range rated {
		for _, sc := range c.Found {
			if sc.Own {
				f.Set("score_"+c.Code, strconv.Itoa(sc.Value))
				f.Set("evidence_"+c.Code, sc.Evidence)
			}
		}
	}
	data["Form"] = f
	return v.Page("sector_score.html", frame.Say("Nilai sektor", "Score a sector"), data)
}

func (r *room) score(v *frame.Visit) error {
	data, err := r.sector(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	rated, ok := data["Rated"].([]judged)
	if !ok {
		return fmt.Errorf("criteria are %T", data["Rated"])
	}
	scores := given(f, rated)
	if f.OK() && len(scores) == 0 {
		f.Problem = frame.Say("Belum ada nilai yang baru atau berubah.", "No score is new or changed.")
	}
	if f.OK() {
		a, ok := data["A"].(partners.Assessment)
		if !ok {
			return fmt.Errorf("assessment is %T", data["A"])
		}
		if err = r.Partners.AssessAll(v.Context(), a.Sector.ID, scores); err == nil {
			return v.Go(at(a.Sector), frame.Say("Nilai Anda tercatat.", "Your scores are recorded."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	data["Form"] = f
	return v.Again("sector_score.html", frame.Say("Nilai sektor", "Score a sector"), data)
}

// given reads the scores that are new or changed.
func given(f *frame.Form, rated []judged) (out []partners.NewScore) {
	for _, c := range rated {
		if c.Computed || f.Get("score_"+c.Code) == "" && f.Get("evidence_"+c.Code) == "" {
			continue
		}
		n := partners.NewScore{
			Criterion: c.Code, Value: int(f.Whole("score_"+c.Code, partners.LeastScore, partners.MostScore)), Evidence: f.Text("evidence_"+c.Code, 1000),
		}
		if !had(c, n) {
			out = append(out, n)
		}
	}
	return out
}

func had(c judged, n partners.NewScore) bool {
	for _, sc := range c.Found {
		if sc.Own && sc.Value == n.Value && sc.Evidence == n.Evidence {
			return true
		}
	}
	return false
}

func (r *room) decide(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	to, reason := f.Text("to", 20), f.Text("reason", 500)
	if f.OK() {
		sec, err := r.Partners.DecideSector(v.Context(), id, partners.SectorState(to), reason, f.Get("shown"))
		if err == nil {
			return v.Go(at(sec), frame.Say("Putusan tercatat.", "The decision is recorded."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	data, err := r.sector(v)
	if err != nil {
		return err
	}
	data["Form"] = f
	return v.Again("sector.html", pageTitle, data)
}

// criteriaForm shows the set in force, to make a new version of.
func (r *room) criteriaForm(v *frame.Visit) error {
	set, err := r.Partners.Criteria(v.Context())
	if err != nil {
		return err
	}
	f := v.Blank()
	f.Set("version", strconv.Itoa(set.Version))
	f.Set("min_assessors", strconv.Itoa(set.MinAssessors))
	for i, c := range set.Criteria {
		for name, value := range map[string]string{
			"code": c.Code, "name_id": c.NameID, "name_en": c.NameEN, "help_id": c.HelpID, "help_en": c.HelpEN, "weight": strconv.Itoa(c.Weight),
		} {
			f.Set(key(name, i), value)
		}
		for name, on := range map[string]bool{"gate": c.Gate, "computed": c.Computed} {
			if on {
				f.Set(key(name, i), "1")
			}
		}
	}
	return v.Page("sector_revise.html", reviseTitle, map[string]any{"Form": f, "Lines": numbered(len(set.Criteria) + spare)})
}

var reviseTitle = frame.Say("Versi baru kriteria", "A new version of the criteria")

func key(name string, i int) string { return name + "_" + strconv.Itoa(i) }

func numbered(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

const mostLines = 14

func (r *room) revise(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := partners.CriteriaSet{Version: int(f.Whole("version", 1, 1_000_000)), MinAssessors: int(f.Whole("min_assessors", 1, 9)), Note: f.Text("note", 200)}
	n.Criteria = criteriaOf(f)
	if f.OK() {
		made, err := r.Partners.ReviseCriteria(v.Context(), n)
		if err == nil {
			no := strconv.Itoa(made.Version)
			return v.Go(frame.Root+"/sektor/kriteria", frame.Say("Versi "+no+" berlaku mulai sekarang.", "Version "+no+" is in force from now on."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	return v.Again("sector_revise.html", reviseTitle, map[string]any{"Form": f, "Lines": numbered(len(n.Criteria) + spare)})
}

// criteriaOf reads the lines that have a code.
func criteriaOf(f *frame.Form) (out []partners.Criterion) {
	for i := range mostLines {
		code := strings.ToUpper(f.Get(key("code", i)))
		if code == "" {
			continue
		}
		out = append(out, partners.Criterion{
			Code: code, NameID: f.Text(key("name_id", i), 120), NameEN: f.Text(key("name_en", i), 120),
			HelpID: f.Optional(key("help_id", i), 400), HelpEN: f.Optional(key("help_en", i), 400),
			Weight: int(f.Whole(key("weight", i), 1, 100)), Gate: f.Has(key("gate", i), "1"), Computed: f.Has(key("computed", i), "1"),
		})
	}
	return out
}
