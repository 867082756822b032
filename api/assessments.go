package api

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/partners"
)

func (s *Server) assessmentRoutes() {
	route(s, say(get("/v1/sectors/{id}/assessments", tagPartners, "How a sector is judged"),
		"The weighed index of the newest score of each assessor, and the reach computed from figures of the caller's branches."),
		access.Needs(actor.ReadAssessments), step(s.services.Partners.Assessment, assessmentOf))
	route(s, say(post("/v1/sectors/{id}/assessments", tagPartners, "Score a sector by one criterion"),
		"The newest score of an assessor counts; earlier ones stay on record."), access.Needs(actor.AssessSectors), s.scoreSector)
}

type assessmentBody struct {
	SectorID     uuid.UUID    `json:"sector_id"`
	Set          int          `json:"criteria_version"`
	Index        float64      `json:"index" doc:"0 to 100, of what was scored."`
	Least        float64      `json:"least" doc:"If all that nobody has scored were a 1."`
	Most         float64      `json:"most" doc:"If all that nobody has scored were a 5."`
	Assessors    int          `json:"assessors"`
	MinAssessors int          `json:"min_assessors"`
	Missing      []string     `json:"missing" nullable:"false" doc:"Criteria that too few have scored."`
	Gates        []string     `json:"gates" nullable:"false" doc:"Criteria that must hold and lie below 3."`
	Criteria     []ratedBody  `json:"criteria" nullable:"false"`
	Reach        reachBody    `json:"reach"`
	Regions      []regionBody `json:"regions" nullable:"false"`
}

type ratedBody struct {
	Code     string      `json:"code"`
	NameID   string      `json:"name_id"`
	NameEN   string      `json:"name_en"`
	Weight   int         `json:"weight" doc:"Percent."`
	Computed bool        `json:"computed"`
	Gate     bool        `json:"gate"`
	Value    float64     `json:"value" doc:"1 to 5; 0: not scored."`
	Scores   []scoreBody `json:"scores" nullable:"false"`
}

type scoreBody struct {
	AssessorID uuid.UUID `json:"assessor_id"`
	Score      int       `json:"score"`
	Evidence   string    `json:"evidence"`
	ScoredAt   time.Time `json:"scored_at"`
}

type reachBody struct {
	Participants int64 `json:"participants" doc:"With an active membership."`
	Covered      int64 `json:"covered" doc:"Of them in a region where the sector has an outlet."`
	Outlets      int64 `json:"outlets"`
	Wishes       int64 `json:"wishes"`
	Uses         int64 `json:"uses"`
}

type regionBody struct {
	RegionCode   string `json:"region_code" doc:"Kemendagri; empty: unknown."`
	Name         string `json:"name"`
	Participants int64  `json:"participants"`
	Outlets      int64  `json:"outlets"`
	Wishes       int64  `json:"wishes"`
	Uses         int64  `json:"uses"`
}

// tenths rounds to one digit behind the point.
func tenths(x float64) float64 { return math.Round(x*10) / 10 }

func assessmentOf(a partners.Assessment) assessmentBody {
	b := assessmentBody{
		SectorID: a.Sector.ID, Set: a.Set.Version, Index: tenths(a.Total), Least: tenths(a.Least), Most: tenths(a.Most),
		Assessors: a.Assessors, MinAssessors: a.Set.MinAssessors, Missing: append([]string{}, a.Missing...), Gates: append([]string{}, a.Gates...),
		Criteria: make([]ratedBody, len(a.Rated)), Regions: make([]regionBody, len(a.Reach.Regions)),
		Reach: reachBody{a.Reach.People, a.Reach.Covered, a.Reach.Outlets, a.Reach.Wishes, a.Reach.Uses},
	}
	for i, r := range a.Rated {
		b.Criteria[i] = ratedBody{r.Code, r.NameID, r.NameEN, r.Weight, r.Computed, r.Gate, tenths(r.Value), make([]scoreBody, len(r.Scores))}
		for j, sc := range r.Scores {
			b.Criteria[i].Scores[j] = scoreBody{sc.Assessor, sc.Value, sc.Evidence, sc.At}
		}
	}
	for i, r := range a.Reach.Regions {
		b.Regions[i] = regionBody{r.Code, r.Name, r.People, r.Outlets, r.Wishes, r.Uses}
	}
	return b
}

type newScore struct {
	Criterion string `json:"criterion" maxLength:"10" example:"NEED"`
	Score     int    `json:"score" minimum:"1" maximum:"5"`
	Evidence  string `json:"evidence" minLength:"3" maxLength:"1000" doc:"What it rests on."`
}

func (s *Server) scoreSector(ctx context.Context, in *idAnd[newScore]) (*created[assessmentBody], error) {
	if err := s.services.Partners.Assess(ctx, in.ID, in.Body.Criterion, in.Body.Score, in.Body.Evidence); err != nil {
		return nil, err
	}
	a, err := s.services.Partners.Assessment(ctx, in.ID)
	return replyNew(a, err, assessmentOf, func(a partners.Assessment) string { return "/v1/sectors/" + a.Sector.ID.String() + "/assessments" })
}
