package partners

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// Faults of assessments.
var (
	// ErrCriterion: the set in force has no such criterion, or it is computed.
	ErrCriterion = fault.New(fault.Invalid, "criterion_unknown", "There is no such criterion to score.")
	// ErrIncomplete: too few people have scored a criterion.
	ErrIncomplete = fault.New(fault.Conflict, "assessment_incomplete", "The assessment is not complete: some criteria have too few scores.")
	// ErrGate: a criterion that must hold is below 3.
	ErrGate = fault.New(fault.Conflict, "assessment_gate", "A criterion that must hold lies below 3.")
	// ErrChanged: what was decided upon is not what is there now.
	ErrChanged = fault.New(fault.Conflict, "assessment_changed", "The assessment has changed since it was shown. Read it again and decide then.")
)

// Limits of scores.
const (
	LeastScore  = 1
	MostScore   = 5
	gateScore   = 3
	evidenceMax = 1000 // characters
	reasonLeast = 3
	reasonMost  = 500
)

// Score is what one assessor found: 1 to 5, with the evidence.
type Score struct {
	Criterion string
	Assessor  uuid.UUID
	Value     int
	Evidence  string
	At        time.Time
}

// SectorDecision is a step of a sector with its reason.
type SectorDecision struct {
	From, To  SectorState
	Reason    string
	Total     float64 // index of that moment, 0 to 100
	Set       int     // version of the criteria
	DecidedBy uuid.UUID
	DecidedAt time.Time
}

// Reach is how far a sector reaches, in figures.
type Reach struct {
	People  int64 // active participants
	Covered int64 // of them in a region where the sector has an outlet
	Outlets int64
	Wishes  int64
	Uses    int64 // granted so far
	Regions []RegionReach
}

// RegionReach is the reach in one region; "" is unknown.
type RegionReach struct {
	Code, Name                    string
	People, Outlets, Wishes, Uses int64
}

// Figures counts people and uses for the computed reach.
type Figures interface {
	// ActiveByRegion counts participants with an active membership.
	ActiveByRegion(ctx context.Context, reach actor.Reach) (map[string]int64, error)
	// UsesByRegion counts granted uses of a sector by the region of the outlet.
	UsesByRegion(ctx context.Context, reach actor.Reach, sector uuid.UUID) (map[string]int64, error)
	// RegionNames names regions by their code.
	RegionNames(ctx context.Context) (map[string]string, error)
}

// readers returns how far the actor may read assessments, or ErrStaffOnly.
func readers(ctx context.Context) (actor.Reach, error) {
	reach := actor.From(ctx).Scope(actor.ReadAssessments)
	if !reach.National && len(reach.Branches) == 0 {
		return reach, ErrStaffOnly
	}
	return reach, nil
}

// Assess notes the actor's score of one criterion. The newest of an assessor
// counts; earlier ones stay. It returns ErrCriterion, ErrInvalid, ErrState for a
// closed sector, and ErrStaffOnly.
func (s *Service) Assess(ctx context.Context, sector uuid.UUID, criterion string, value int, evidence string) error {
	if !actor.From(ctx).Can(actor.AssessSectors) {
		return ErrStaffOnly
	}
	evidence = strings.TrimSpace(evidence)
	var wrong check.List
	wrong.Range("/score", int64(value), LeastScore, MostScore)
	wrong.Lines("/evidence", evidence, 3, evidenceMax)
	if err := wrong.Err(ErrInvalid); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		sec, err := s.sector(ctx, sector, false)
		if err != nil {
			return err
		}
		if sec.State == SectorClosed {
			return ErrState
		}
		set, err := s.criteriaSet(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(set.Criteria, func(c Criterion) bool { return c.Code == criterion && !c.Computed }) {
			return ErrCriterion
		}
		row := scoreRow{
			ID: uid.At(s.clock.Now()), SectorID: sector, SetVersion: set.Version, Criterion: criterion,
			AssessorID: actor.From(ctx).ID, Score: value, Evidence: evidence, CreatedAt: s.clock.Now(),
		}
		if err := s.insertScore(ctx, &row); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "sector.scored", Subject: audit.Subject{Kind: "sector", ID: sector},
			Details: map[string]any{"criterion": criterion, "score": value, "set": set.Version},
		})
	})
}

// NewScore is what the actor found about one criterion.
type NewScore struct {
	Criterion string
	Value     int
	Evidence  string
}

// AssessAll notes several scores of the actor together, or none: see Assess.
// Fields of ErrInvalid are named /score_CODE and /evidence_CODE.
func (s *Service) AssessAll(ctx context.Context, sector uuid.UUID, scores []NewScore) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, n := range scores {
			if err := s.Assess(ctx, sector, n.Criterion, n.Value, n.Evidence); err != nil {
				return at(err, n.Criterion)
			}
		}
		return nil
	})
}

// at names the fields of a fault by their criterion.
func at(err error, criterion string) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	named := *f
	named.Fields = nil
	for _, place := range f.Fields {
		named.Fields = append(named.Fields, fault.Field{Pointer: place.Pointer + "_" + criterion, Code: place.Code})
	}
	return &named
}

// Assessment returns how a sector is judged by the criteria in force. Staff
// read it; figures of reach are those of their branches.
func (s *Service) Assessment(ctx context.Context, sector uuid.UUID) (Assessment, error) {
	all, err := s.assessments(ctx, func(sec Sector) bool { return sec.ID == sector })
	if err != nil {
		return Assessment{}, err
	}
	if len(all) == 0 {
		return Assessment{}, ErrSectorNotFound
	}
	out := all[0]
	out.Decisions, err = s.sectorDecisions(ctx, sector)
	return out, err
}

// Ranking returns the assessments of all sectors that are not closed, the
// strongest first.
func (s *Service) Ranking(ctx context.Context) ([]Assessment, error) {
	all, err := s.assessments(ctx, func(Sector) bool { return true })
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Assessment) bool { return a.Sector.State == SectorClosed })
	Rank(all)
	return all, nil
}

// assessments judges every sector, for the reach of one is measured against the
// others, and returns those that are wanted.
func (s *Service) assessments(ctx context.Context, want func(Sector) bool) ([]Assessment, error) {
	within, err := readers(ctx)
	if err != nil {
		return nil, err
	}
	set, err := s.criteriaSet(ctx)
	if err != nil {
		return nil, err
	}
	sectors, err := s.sectors(ctx)
	if err != nil {
		return nil, err
	}
	reach, err := s.reach(ctx, within, sectors)
	if err != nil {
		return nil, err
	}
	scores, err := s.scores(ctx)
	if err != nil {
		return nil, err
	}
	rates := reachScores(reach)
	var out []Assessment
	for i, sec := range sectors {
		if want(sec) {
			out = append(out, judge(sec, set, scores[sec.ID], reach[i], rates[i]))
		}
	}
	return out, nil
}

// reach counts for every sector, in order.
func (s *Service) reach(ctx context.Context, within actor.Reach, sectors []Sector) ([]Reach, error) {
	out := make([]Reach, len(sectors))
	if s.figures == nil {
		return out, nil
	}
	people, err := s.figures.ActiveByRegion(ctx, within)
	if err != nil {
		return nil, err
	}
	names, err := s.figures.RegionNames(ctx)
	if err != nil {
		return nil, err
	}
	outlets, err := s.outletRegions(ctx, within)
	if err != nil {
		return nil, err
	}
	for i, sec := range sectors {
		wishes, err := s.wishRegions(ctx, within, sec.ID)
		if err != nil {
			return nil, err
		}
		uses, err := s.figures.UsesByRegion(ctx, within, sec.ID)
		if err != nil {
			return nil, err
		}
		out[i] = reachOf(names, people, outlets[sec.ID], wishes, uses)
	}
	return out, nil
}

// reachOf puts the figures of one sector together, regions with most people first.
func reachOf(names map[string]string, people, outlets map[string]int64, wishes []RegionCount, uses map[string]int64) Reach {
	regions := map[string]*RegionReach{}
	at := func(code string) *RegionReach {
		if regions[code] == nil {
			regions[code] = &RegionReach{Code: code, Name: names[code]}
		}
		return regions[code]
	}
	for code, n := range people {
		at(code).People = n
	}
	for code, n := range outlets {
		at(code).Outlets = n
	}
	for _, w := range wishes {
		at(w.RegionCode).Wishes = w.Count
	}
	for code, n := range uses {
		at(code).Uses = n
	}
	var out Reach
	for _, r := range regions {
		out.People, out.Outlets = out.People+r.People, out.Outlets+r.Outlets
		out.Wishes, out.Uses = out.Wishes+r.Wishes, out.Uses+r.Uses
		if r.Outlets > 0 && r.Code != "" {
			out.Covered += r.People
		}
		out.Regions = append(out.Regions, *r)
	}
	slices.SortFunc(out.Regions, func(a, b RegionReach) int {
		if a.People != b.People {
			return int(b.People - a.People)
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out
}

// DecideSector moves a sector on with a reason, on the strength of the assessment
// as it was shown: shown is its Fingerprint. To open a sector that was never open
// every criterion must have been scored by enough people (ErrIncomplete) and no
// gate be below 3 (ErrGate). ErrChanged says that somebody scored meanwhile.
func (s *Service) DecideSector(ctx context.Context, sector uuid.UUID, to SectorState, reason, shown string) (Sector, error) {
	if !actor.From(ctx).Scope(actor.WriteSectors).National {
		return Sector{}, ErrStaffOnly
	}
	reason = strings.TrimSpace(reason)
	var wrong check.List
	wrong.Lines("/reason", reason, reasonLeast, reasonMost)
	if err := wrong.Err(ErrInvalid); err != nil {
		return Sector{}, err
	}
	var out Sector
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.sector(ctx, sector, true); err != nil {
			return err
		}
		a, err := s.Assessment(ctx, sector)
		if err != nil {
			return err
		}
		if err := a.allows(to, shown); err != nil {
			return err
		}
		if out, err = s.SetSectorState(ctx, sector, to); err != nil {
			return err
		}
		return s.noteDecision(ctx, &a, to, reason)
	})
	if err != nil {
		return Sector{}, err
	}
	return out, nil
}

// allows returns why the decision may not be taken on this assessment.
func (a *Assessment) allows(to SectorState, shown string) error {
	switch {
	case a.Fingerprint() != shown:
		return ErrChanged
	case to != SectorOpen || a.Sector.State != SectorAssessed:
		return nil
	case len(a.Missing) > 0:
		return ErrIncomplete
	case len(a.Gates) > 0:
		return ErrGate
	}
	return nil
}

func (s *Service) noteDecision(ctx context.Context, a *Assessment, to SectorState, reason string) error {
	basis, err := json.Marshal(a.basis())
	if err != nil {
		return fmt.Errorf("write assessment: %w", err)
	}
	now := s.clock.Now()
	row := decisionRow{
		ID: uid.At(now), SectorID: a.Sector.ID, SetVersion: a.Set.Version, FromState: string(a.Sector.State), ToState: string(to),
		Reason: reason, Assessment: string(basis), DecidedBy: actor.From(ctx).ID, DecidedAt: now,
	}
	if err := s.insertDecision(ctx, &row); err != nil {
		return err
	}
	return s.audit.Append(ctx, audit.Event{
		Action: "sector.decided", Subject: audit.Subject{Kind: "sector", ID: a.Sector.ID},
		Details: map[string]any{"from": a.Sector.State, "to": to, "set": a.Set.Version, "shown": a.Fingerprint()},
	})
}
