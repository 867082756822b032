package partners_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	market "github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
)

// assessors score every criterion that people score, each with the given value.
func (w *world) assessAll(t *testing.T, sector uuid.UUID, value int, who ...context.Context) {
	t.Helper()
	set := must[partners.CriteriaSet](t)(w.Criteria(w.admin))
	for _, ctx := range who {
		for _, c := range set.Criteria {
			if c.Computed {
				continue
			}
			if err := w.Assess(ctx, sector, c.Code, value, "Wawancara dengan tiga pemilik usaha"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTheCriteriaThatComeWithTheProgramAddUp(t *testing.T) {
	w := newWorld(t)
	set := must[partners.CriteriaSet](t)(w.Criteria(w.officer))
	whole, gates, computed := 0, 0, 0
	for _, c := range set.Criteria {
		whole += c.Weight
		if c.Gate {
			gates++
		}
		if c.Computed {
			computed++
		}
	}
	if whole != 100 || gates != 1 || computed != 1 || set.Version != 1 || set.MinAssessors != 2 {
		t.Errorf("%+v", set)
	}
}

func TestTheNewestScoreOfAnAssessorCounts(t *testing.T) {
	w := newWorld(t)
	sec := w.newSector(t, "APT")
	for _, v := range []int{1, 5, 4} {
		w.clock.Advance(time.Minute)
		if err := w.Assess(w.officer, sec.ID, "NEED", v, "Wawancara"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Assess(w.supervisor, sec.ID, "NEED", 2, "Survei pasar"); err != nil {
		t.Fatal(err)
	}
	a := must[partners.Assessment](t)(w.Assessment(w.supervisor, sec.ID))
	got := a.Rated[0]
	if got.Code != "NEED" || got.Value != 3 || got.Low != 2 || got.High != 4 || len(got.Scores) != 2 || a.Assessors != 2 {
		t.Errorf("%+v", got)
	}
	// NEED weighs 20 of 100: a 3 is half of it, the rest may become anything.
	if a.Total != 50 || a.Least != 10 || a.Most != 90 {
		t.Errorf("index %v, between %v and %v", a.Total, a.Least, a.Most)
	}
}

func TestWhatIsScoredMustExist(t *testing.T) {
	w := newWorld(t)
	sec := w.newSector(t, "APT")
	closed := w.newSector(t, "ZZZ", partners.SectorAssessed, partners.SectorOpen, partners.SectorClosed)
	for name, c := range map[string]struct {
		as       context.Context
		sector   uuid.UUID
		code     string
		value    int
		evidence string
		want     error
	}{
		"an owner":             {as(t, actor.PartnerOwner, actor.PartnerScope, uuid.New()), sec.ID, "NEED", 3, "Wawancara", partners.ErrStaffOnly},
		"a viewer":             {as(t, actor.BranchViewer, actor.BranchScope, palu), sec.ID, "NEED", 3, "Wawancara", partners.ErrStaffOnly},
		"a sector of nobody":   {w.officer, uuid.New(), "NEED", 3, "Wawancara", partners.ErrSectorNotFound},
		"a closed sector":      {w.officer, closed.ID, "NEED", 3, "Wawancara", partners.ErrState},
		"an unknown criterion": {w.officer, sec.ID, "LUCK", 3, "Wawancara", partners.ErrCriterion},
		"a computed criterion": {w.officer, sec.ID, "REACH", 3, "Wawancara", partners.ErrCriterion},
		"a six":                {w.officer, sec.ID, "NEED", 6, "Wawancara", partners.ErrInvalid},
		"a zero":               {w.officer, sec.ID, "NEED", 0, "Wawancara", partners.ErrInvalid},
		"no evidence":          {w.officer, sec.ID, "NEED", 3, "  ", partners.ErrInvalid},
	} {
		if err := w.Assess(c.as, c.sector, c.code, c.value, c.evidence); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := w.Ranking(as(t, actor.PartnerOwner, actor.PartnerScope, uuid.New())); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("an owner reads the ranking: %v", err)
	}
}

func TestASectorIsOpenedOnACompleteAssessment(t *testing.T) {
	w := newWorld(t)
	sec := w.newSector(t, "APT", partners.SectorAssessed)
	decide := func(to partners.SectorState) error {
		a := must[partners.Assessment](t)(w.Assessment(w.admin, sec.ID))
		_, err := w.DecideSector(w.admin, sec.ID, to, "Sesuai hasil rapat monev", a.Fingerprint())
		return err
	}
	w.assessAll(t, sec.ID, 2, w.officer)
	if err := decide(partners.SectorOpen); !errors.Is(err, partners.ErrIncomplete) {
		t.Errorf("one assessor: %v", err)
	}
	w.assessAll(t, sec.ID, 2, w.supervisor)
	if err := decide(partners.SectorOpen); !errors.Is(err, partners.ErrGate) {
		t.Errorf("gate below 3: %v", err)
	}
	before := must[partners.Assessment](t)(w.Assessment(w.admin, sec.ID))
	shown := before.Fingerprint()
	w.clock.Advance(time.Minute)
	w.assessAll(t, sec.ID, 4, w.officer, w.supervisor)
	if _, err := w.DecideSector(w.admin, sec.ID, partners.SectorOpen, "Sesuai hasil rapat", shown); !errors.Is(err, partners.ErrChanged) {
		t.Errorf("decided on what was shown before: %v", err)
	}
	if _, err := w.DecideSector(w.supervisor, sec.ID, partners.SectorOpen, "Sesuai hasil rapat", shown); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("a supervisor decides: %v", err)
	}
	for _, to := range []partners.SectorState{partners.SectorOpen, partners.SectorPaused, partners.SectorOpen, partners.SectorClosed} {
		w.clock.Advance(time.Minute)
		if err := decide(to); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
	}
	a := must[partners.Assessment](t)(w.Assessment(w.admin, sec.ID))
	if len(a.Decisions) != 4 || a.Decisions[0].To != partners.SectorClosed || a.Decisions[3].Total != 75 || a.Sector.State != partners.SectorClosed {
		t.Errorf("%+v", a.Decisions)
	}
	for _, left := range must[[]partners.Assessment](t)(w.Ranking(w.admin)) {
		if left.Sector.ID == sec.ID {
			t.Error("a closed sector is ranked")
		}
	}
}

func TestNewWeightsAreANewVersionAndScoresGoOn(t *testing.T) {
	w := newWorld(t)
	sec := w.newSector(t, "APT")
	w.assessAll(t, sec.ID, 5, w.officer)
	set := must[partners.CriteriaSet](t)(w.Criteria(w.admin))
	set.Note = "Lebih mementingkan promosi"
	set.Criteria = append(set.Criteria[:0:0], set.Criteria...)
	set.Criteria[0].Weight += 10
	if _, err := w.ReviseCriteria(w.admin, set); !errors.Is(err, partners.ErrWeights) {
		t.Errorf("110 percent: %v", err)
	}
	set.Criteria[1].Weight -= 10
	if _, err := w.ReviseCriteria(w.supervisor, set); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("a supervisor weighs: %v", err)
	}
	made := must[partners.CriteriaSet](t)(w.ReviseCriteria(w.admin, set))
	if _, err := w.ReviseCriteria(w.admin, set); !errors.Is(err, partners.ErrSetChanged) {
		t.Errorf("revised twice from the same: %v", err)
	}
	a := must[partners.Assessment](t)(w.Assessment(w.admin, sec.ID))
	if made.Version != 2 || a.Set.Version != 2 || a.Rated[0].Weight != 30 || a.Rated[0].Value != 5 || a.Total != 100 {
		t.Errorf("%+v", a)
	}
	if all := must[[]partners.CriteriaSet](t)(w.CriteriaHistory(w.admin)); len(all) != 2 || all[1].Criteria[0].Weight != 20 {
		t.Errorf("the old version changed: %+v", all)
	}
}

// rated makes an assessment of two criteria with known values.
func rated(code string, need, used float64) partners.Assessment {
	a, b := partners.Criterion{Code: "NEED", Weight: 60}, partners.Criterion{Code: "USED", Weight: 40}
	return partners.Assessment{
		Sector: partners.Sector{Code: code}, Set: partners.CriteriaSet{Criteria: []partners.Criterion{a, b}},
		Rated: []partners.Rated{{Criterion: a, Value: need}, {Criterion: b, Value: used}},
	}
}

func TestTheFirstPlaceChangesWhereTheWeightSaysSo(t *testing.T) {
	ranked := partners.Reweigh([]partners.Assessment{rated("AAA", 3, 4), rated("BBB", 5, 2), rated("CCC", 1, 1)}, nil)
	if ranked[0].Sector.Code != "BBB" || ranked[1].Sector.Code != "AAA" || ranked[2].Total != 0 {
		t.Fatalf("%v %v %v", ranked[0].Total, ranked[1].Total, ranked[2].Total)
	}
	// BBB has w + 10, AAA w/2 + 30: equal at w = 40, where the code decides. For the
	// other weight 60 + u/4 against 30 + 3u/4: equal at u = 60.
	tips := partners.Tips(ranked)
	if len(tips) != 2 || tips[0].At != 40 || tips[0].First != "AAA" || tips[1].At != 60 || tips[1].First != "AAA" {
		t.Errorf("%+v", tips)
	}
	for _, tip := range tips {
		if got := partners.Reweigh(ranked, map[string]int{tip.Criterion.Code: tip.At})[0].Sector.Code; !tip.Never && got != tip.First {
			t.Errorf("at %d%% of %s %s is first, not %s", tip.At, tip.Criterion.Code, got, tip.First)
		}
	}
	if got := partners.Tips([]partners.Assessment{rated("AAA", 5, 5), rated("BBB", 1, 1)}); !got[0].Never || !got[1].Never {
		t.Errorf("who leads in everything leads under all weights: %+v", got)
	}
}

func TestReachIsCountedFromPeopleOutletsAndWishes(t *testing.T) {
	s := market.New(t)
	apt := sectorIn(t, s, "APT")
	person := s.Person(t)
	must[partners.Wish](t)(s.Partners.Wish(phoneOf(t, person), apt.ID, ""))
	all := must[[]partners.Assessment](t)(s.Partners.Ranking(s.Supervisor(t)))
	byCode := map[string]partners.Assessment{}
	for _, a := range all {
		byCode[a.Sector.Code] = a
	}
	if a := byCode["APT"]; a.Reach.Wishes != 1 || a.Reach.Outlets != 0 || a.Reach.Covered != 0 || a.Reach.People != 1 {
		t.Errorf("%+v", a.Reach)
	}
	reach := func(a partners.Assessment) float64 {
		for _, r := range a.Rated {
			if r.Computed {
				return r.Value
			}
		}
		return math.NaN()
	}
	// No outlet anywhere, but wished for most: half of the range.
	if got := reach(byCode["APT"]); got != 3 {
		t.Errorf("reach of a sector that is only wished for: %v", got)
	}
	other := market.As(t, actor.BranchOfficer, actor.BranchScope, uuid.New())
	for _, a := range must[[]partners.Assessment](t)(s.Partners.Ranking(other)) {
		if a.Reach.People != 0 || a.Reach.Wishes != 0 || reach(a) != 0 {
			t.Errorf("another branch counts ours: %+v", a.Reach)
		}
	}
	if got := must[[]partners.Assessment](t)(s.Partners.Ranking(testkit.System(t))); len(got) != len(all) {
		t.Errorf("%d sectors, not %d", len(got), len(all))
	}
}
