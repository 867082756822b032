package benefits

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/partners"
)

// Bounds of what terms may say.
const (
	titleMax      = 120
	exclusionsMax = 500
	outletsMax    = 500
	hoursMax      = 14
	rupiahMax     = 1_000_000_000     // of one bill
	budgetMax     = 1_000_000_000_000 // of a whole promo
	countMax      = 1_000_000_000
	daysMax       = 3660
	allowanceMax  = 10_000
)

// closed is the code of an outlet that no longer serves.
const closed = "closed"

var timeForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// Check notes everything in the terms that is not allowed, by itself: whose the
// outlets are is looked up when they are stored.
func (t Terms) Check(wrong *check.List) {
	wrong.If(!slices.Contains(kinds, t.Kind), "/kind", check.UnknownValue)
	wrong.If(!slices.Contains(bases, t.Basis), "/basis", check.UnknownValue)
	most := int64(rupiahMax)
	if t.Kind == Percent {
		most = 100
	}
	wrong.Range("/value", t.Value, 1, most)
	rangeOf(wrong, "/max_discount", t.MaxDiscount, rupiahMax)
	wrong.Range("/min_gross", t.MinGross, 0, rupiahMax)
	t.checkOutlets(wrong)
	t.checkTimes(wrong)
	unique(wrong, "/segments", t.Segments, segments)
	wrong.Range("/max_status_age_days", int64(t.MaxStatusAgeDays), 1, daysMax)
	wrong.If(!slices.Contains(stacks, t.Stacking), "/stacking", check.UnknownValue)
	wrong.Lines("/exclusions", t.Exclusions, 0, exclusionsMax)
	t.Limits.check(wrong)
	least := int64(0)
	if t.Offline.Allowed {
		least = 1
	}
	wrong.Range("/offline/allowance", t.Offline.Allowance, least, allowanceMax)
}

func (t Terms) checkOutlets(wrong *check.List) {
	if wrong.If(len(t.OutletIDs) == 0, "/outlet_ids", check.Required) || wrong.If(len(t.OutletIDs) > outletsMax, "/outlet_ids", check.TooMany) {
		return
	}
	seen := map[uuid.UUID]bool{}
	for i, id := range t.OutletIDs {
		wrong.If(seen[id], fmt.Sprintf("/outlet_ids/%d", i), check.Duplicate)
		seen[id] = true
	}
}

func (t Terms) checkTimes(wrong *check.List) {
	from, to := wrong.Day("/valid_from", t.ValidFrom), wrong.Day("/valid_to", t.ValidTo)
	wrong.If(from && to && t.ValidTo < t.ValidFrom, "/valid_to", check.BeforeStart)
	unique(wrong, "/days", t.Days, weekdays)
	if wrong.If(len(t.Hours) > hoursMax, "/hours", check.TooMany) {
		return
	}
	for i, h := range t.Hours {
		at := fmt.Sprintf("/hours/%d", i)
		wrong.If(!timeForm.MatchString(h.From), at+"/from", check.Format)
		wrong.If(!timeForm.MatchString(h.To), at+"/to", check.Format)
		wrong.If(slices.Contains(t.Hours[:i], h), at, check.Duplicate)
	}
}

func (l Limits) check(wrong *check.List) {
	if p := l.Participant; p != nil {
		wrong.Range("/limits/participant/count", p.Count, 1, countMax)
		wrong.If(!slices.Contains(spans, p.Per), "/limits/participant/per", check.UnknownValue)
		if p.MinIntervalDays != nil {
			wrong.Range("/limits/participant/min_interval_days", int64(*p.MinIntervalDays), 1, daysMax)
		}
	}
	rangeOf(wrong, "/limits/outlet_per_day", l.OutletPerDay, countMax)
	rangeOf(wrong, "/limits/total_count", l.TotalCount, countMax)
	rangeOf(wrong, "/limits/total_amount", l.TotalAmount, budgetMax)
}

func rangeOf(wrong *check.List, pointer string, n *int64, most int64) {
	if n != nil {
		wrong.Range(pointer, *n, 1, most)
	}
}

// unique notes values that are not known or come twice.
func unique[T comparable](wrong *check.List, pointer string, have, known []T) {
	if wrong.If(len(have) > 2*len(known), pointer, check.TooMany) {
		return
	}
	for i, v := range have {
		at := fmt.Sprintf("%s/%d", pointer, i)
		if !wrong.If(!slices.Contains(known, v), at, check.UnknownValue) {
			wrong.If(slices.Contains(have[:i], v), at, check.Duplicate)
		}
	}
}

// draftOf makes a draft of what was proposed for a partner, or returns
// ErrInvalid with every place that is wrong.
func (s *Service) draftOf(ctx context.Context, partner uuid.UUID, title string, t Terms) (draft, error) {
	title, t.Exclusions = strings.TrimSpace(title), strings.TrimSpace(t.Exclusions)
	var wrong check.List
	wrong.Text("/title", title, 1, titleMax)
	t.Check(&wrong)
	if err := s.checkOwned(ctx, partner, t.OutletIDs, &wrong); err != nil {
		return draft{}, err
	}
	if err := wrong.Err(ErrInvalid); err != nil {
		return draft{}, err
	}
	t = t.Normal()
	text, hash, err := t.Canonical()
	return draft{title: title, terms: t, text: text, hash: hash}, err
}

// checkOwned notes outlets that are another's, not there, or closed.
func (s *Service) checkOwned(ctx context.Context, partner uuid.UUID, ids []uuid.UUID, wrong *check.List) error {
	if len(ids) > outletsMax {
		return nil
	}
	outlets, err := s.partners.OutletsOf(ctx, partner)
	if err != nil {
		return err
	}
	states := make(map[uuid.UUID]partners.OutletState, len(outlets))
	for _, o := range outlets {
		states[o.ID] = o.State
	}
	for i, id := range ids {
		state, owned := states[id]
		at := fmt.Sprintf("/outlet_ids/%d", i)
		if !wrong.If(!owned, at, check.Unknown) {
			wrong.If(state != partners.OutletActive, at, closed)
		}
	}
	return nil
}
