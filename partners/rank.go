package partners

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Rated is one criterion of an assessment. Value, Low and High lie between 1
// and 5; Value 0 says that nobody has scored it.
type Rated struct {
	Criterion
	Value     float64 // the mean of the newest score of each assessor
	Low, High float64 // of the single scores
	Scores    []Score // the newest of each assessor, in order of time
}

// Assessment is how one sector is judged.
type Assessment struct {
	Sector Sector
	Set    CriteriaSet
	Rated  []Rated
	// Total is the weighted index from 0 (all ones) to 100 (all fives) of what was
	// scored. Least and Most are what it can still become: what nobody has scored
	// is taken for a one, or a five.
	Total, Least, Most float64
	Assessors          int
	Missing            []string // criteria that too few have scored
	Gates              []string // criteria that must hold and lie below 3
	Reach              Reach
	Decisions          []SectorDecision // newest first; only of a single assessment
}

// judge weighs the scores of a sector. rate is the computed reach, 1 to 5.
func judge(sec Sector, set CriteriaSet, scores []Score, reach Reach, rate float64) Assessment {
	a := Assessment{Sector: sec, Set: set, Reach: reach}
	who := map[uuid.UUID]bool{}
	for _, c := range set.Criteria {
		r := Rated{Criterion: c}
		if c.Computed {
			r.Value, r.Low, r.High = rate, rate, rate
		} else {
			r.Scores = newest(scores, c.Code)
			r.weigh()
			if len(r.Scores) < set.MinAssessors {
				a.Missing = append(a.Missing, c.Code)
			}
		}
		if c.Gate && r.Value > 0 && r.Value < gateScore {
			a.Gates = append(a.Gates, c.Code)
		}
		for _, sc := range r.Scores {
			who[sc.Assessor] = true
		}
		a.Rated = append(a.Rated, r)
	}
	a.Assessors = len(who)
	a.Total, a.Least, a.Most = index(a.Rated, weights(set))
	return a
}

// newest returns the last score of each assessor for one criterion.
func newest(scores []Score, criterion string) (out []Score) {
	for _, sc := range scores { // in order of time
		if sc.Criterion != criterion {
			continue
		}
		out = append(slices.DeleteFunc(out, func(old Score) bool { return old.Assessor == sc.Assessor }), sc)
	}
	return out
}

func (r *Rated) weigh() {
	for i, sc := range r.Scores {
		v := float64(sc.Value)
		r.Value += v / float64(len(r.Scores))
		if i == 0 {
			r.Low, r.High = v, v
		}
		r.Low, r.High = min(r.Low, v), max(r.High, v)
	}
}

func weights(set CriteriaSet) map[string]int {
	out := map[string]int{}
	for _, c := range set.Criteria {
		out[c.Code] = c.Weight
	}
	return out
}

// index returns the weighted index of what was scored, and the least and most
// that it can become.
func index(rated []Rated, weight map[string]int) (total, least, most float64) {
	var whole, scored, sum float64
	for _, r := range rated {
		w := float64(weight[r.Code])
		whole += w
		if r.Value > 0 {
			scored += w
			sum += w * (r.Value - LeastScore) / (MostScore - LeastScore)
		}
	}
	if whole == 0 {
		return 0, 0, 0
	}
	if scored > 0 {
		total = sum / scored * 100
	}
	return total, sum / whole * 100, (sum + whole - scored) / whole * 100
}

// Rank orders assessments by their index, the strongest first; by code where
// they are equal.
func Rank(all []Assessment) {
	slices.SortStableFunc(all, func(a, b Assessment) int {
		if d := b.Total - a.Total; math.Abs(d) > 1e-9 {
			return int(math.Copysign(1, d))
		}
		return strings.Compare(a.Sector.Code, b.Sector.Code)
	})
}

// Reweigh returns the assessments as they would be under other weights,
// strongest first. Weights that are not named stay.
func Reweigh(all []Assessment, weight map[string]int) []Assessment {
	out := slices.Clone(all)
	for i := range out {
		w := weights(out[i].Set)
		for code, n := range weight {
			if _, known := w[code]; known {
				w[code] = n
			}
		}
		out[i].Total, out[i].Least, out[i].Most = index(out[i].Rated, w)
	}
	Rank(out)
	return out
}

// Tip is how much the first place hangs on one weight: with At percent (the
// others as they are) another sector would be first. Never says that no weight
// from 0 to 100 changes that.
type Tip struct {
	Criterion Criterion
	At        int
	First     string // code of the sector that would be first then
	Never     bool
}

// Tips returns for each criterion the nearest weight that changes the first
// place of a ranking with at least two sectors.
func Tips(ranked []Assessment) []Tip {
	if len(ranked) < 2 {
		return nil
	}
	var out []Tip
	for _, c := range ranked[0].Set.Criteria {
		t := Tip{Criterion: c, Never: true}
		for step := 1; step <= 100 && t.Never; step++ {
			for _, w := range []int{c.Weight - step, c.Weight + step} {
				if w < 0 || w > 100 || !t.Never {
					continue
				}
				if first := Reweigh(ranked, map[string]int{c.Code: w})[0].Sector.Code; first != ranked[0].Sector.Code {
					t.At, t.First, t.Never = w, first, false
				}
			}
		}
		out = append(out, t)
	}
	return out
}

// reachScores turns figures into the computed criterion, 1 to 5: half of it is
// the share of active participants who live in a region where the sector has an
// outlet, half the wishes per participant against the sector that is wished for
// most.
func reachScores(all []Reach) []float64 {
	var top float64
	rate := make([]float64, len(all))
	for i, r := range all {
		if r.People > 0 {
			rate[i] = float64(r.Wishes) / float64(r.People)
		}
		top = max(top, rate[i])
	}
	out := make([]float64, len(all))
	for i, r := range all {
		if r.People == 0 {
			continue // nobody to reach: not to be said
		}
		share := float64(r.Covered) / float64(r.People)
		if top > 0 {
			share += rate[i] / top
		}
		out[i] = LeastScore + (MostScore-LeastScore)*share/2
	}
	return out
}

// basis is what a decision keeps of the assessment it was taken on.
func (a *Assessment) basis() map[string]any {
	values := map[string]float64{}
	for _, r := range a.Rated {
		values[r.Code] = math.Round(r.Value*1000) / 1000
	}
	return map[string]any{
		"total": math.Round(a.Total*10) / 10, "values": values, "assessors": a.Assessors,
		"people": a.Reach.People, "covered": a.Reach.Covered, "outlets": a.Reach.Outlets, "wishes": a.Reach.Wishes,
	}
}

// Fingerprint names exactly what people scored, and by which criteria, so that a
// decision is taken on what was shown. Figures of reach move by themselves and
// are left out.
func (a *Assessment) Fingerprint() string {
	type line struct {
		Code   string
		Scores []Score
	}
	lines := make([]line, len(a.Rated))
	for i, r := range a.Rated {
		lines[i] = line{r.Code, r.Scores}
	}
	b, err := json.Marshal([]any{a.Sector.State, a.Set.Version, lines})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
