package partners

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
)

// Criterion is one thing that sectors are judged by.
type Criterion struct {
	Code           string // NEED
	NameID, NameEN string
	HelpID, HelpEN string
	Weight         int  // percent of the whole
	Computed       bool // from figures; nobody scores it
	Gate           bool // below 3 the sector is not opened
}

// CriteriaSet is a version of the criteria. It never changes.
type CriteriaSet struct {
	Version      int
	MinAssessors int // so many must have scored a criterion
	Note         string
	CreatedBy    uuid.UUID // zero: came with the program
	CreatedAt    time.Time
	Criteria     []Criterion
}

// Limits of a set.
const (
	criteriaLeast = 2
	criteriaMost  = 12
	wholeWeight   = 100
)

// Faults of criteria.
var (
	// ErrWeights: the weights do not add up to 100 percent.
	ErrWeights = fault.New(fault.Invalid, "weights_invalid", "The weights must add up to 100 percent.")
	// ErrSetChanged: somebody made a newer set meanwhile.
	ErrSetChanged = fault.New(fault.Conflict, "criteria_changed", "Somebody else changed the criteria meanwhile. Read them again.")
)

var criterionCode = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,9}$`)

// Criteria returns the set in force. Staff read it.
func (s *Service) Criteria(ctx context.Context) (CriteriaSet, error) {
	if _, err := readers(ctx); err != nil {
		return CriteriaSet{}, err
	}
	return s.criteriaSet(ctx)
}

// CriteriaHistory returns all sets, the newest first.
func (s *Service) CriteriaHistory(ctx context.Context) ([]CriteriaSet, error) {
	if _, err := readers(ctx); err != nil {
		return nil, err
	}
	return s.criteriaSets(ctx)
}

// ReviseCriteria makes a new version out of the set that n.Version names, which
// must be the one in force (ErrSetChanged). Scores by criteria of the same code
// go on counting. Only who writes sectors nationally may.
func (s *Service) ReviseCriteria(ctx context.Context, n CriteriaSet) (CriteriaSet, error) {
	if !actor.From(ctx).Scope(actor.WriteSectors).National {
		return CriteriaSet{}, ErrStaffOnly
	}
	if err := n.check(); err != nil {
		return CriteriaSet{}, err
	}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		old, err := s.criteriaSet(ctx)
		if err != nil {
			return err
		}
		if old.Version != n.Version {
			return ErrSetChanged
		}
		n.Version, n.CreatedBy, n.CreatedAt = old.Version+1, actor.From(ctx).ID, s.clock.Now()
		if err := s.insertCriteria(ctx, &n); err != nil {
			return err
		}
		weights := map[string]int{}
		for _, c := range n.Criteria {
			weights[c.Code] = c.Weight
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "criteria.revised", Subject: audit.Subject{Kind: "criteria"}, Details: map[string]any{"version": n.Version, "weights": weights},
		})
	})
	if err != nil {
		return CriteriaSet{}, err
	}
	return n, nil
}

func (n *CriteriaSet) check() error {
	var wrong check.List
	n.Note = strings.TrimSpace(n.Note)
	wrong.Range("/min_assessors", int64(n.MinAssessors), 1, 9)
	wrong.Text("/note", n.Note, 3, 200)
	wrong.Range("/criteria", int64(len(n.Criteria)), criteriaLeast, criteriaMost)
	seen, whole, computed := map[string]bool{}, 0, false
	for i, c := range n.Criteria {
		at := "_" + strconv.Itoa(i) // the fields of the i-th criterion: /code_0
		wrong.If(!criterionCode.MatchString(c.Code), "/code"+at, check.Format)
		wrong.If(seen[c.Code], "/code"+at, "code_twice")
		wrong.Text("/name_id"+at, c.NameID, 1, nameMax)
		wrong.Text("/name_en"+at, c.NameEN, 1, nameMax)
		wrong.Range("/weight"+at, int64(c.Weight), 1, wholeWeight)
		wrong.If(c.Computed && computed, "/computed"+at, "computed_twice")
		seen[c.Code], computed = true, computed || c.Computed
		whole += c.Weight
	}
	if err := wrong.Err(ErrInvalid); err != nil {
		return err
	}
	if whole != wholeWeight {
		return ErrWeights
	}
	return nil
}
