package benefits

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// Kind is how a promo takes off the bill.
type Kind string

// The kinds of promo.
const (
	Percent      Kind = "percent"       // value percent of the bill, rounded down
	Amount       Kind = "amount"        // value rupiah
	FreeItem     Kind = "free_item"     // an item whose list price is value
	PackagePrice Kind = "package_price" // the bill becomes value, if it was more
)

// Basis is what part of the bill a promo is about.
type Basis string

// The bases.
const (
	Labour  Basis = "labour"
	Parts   Basis = "parts"
	Oil     Basis = "oil"
	Package Basis = "package"
	Total   Basis = "total"
)

// Segment is a kind of participant.
type Segment string

// The segments.
const (
	PU    Segment = "pu"    // wage earners
	BPU   Segment = "bpu"   // the self-employed
	Jakon Segment = "jakon" // construction services
	PMI   Segment = "pmi"   // migrant workers
)

// Stacking says whether a promo goes together with others on one receipt.
type Stacking string

// The kinds of stacking.
const (
	Exclusive Stacking = "exclusive"
	Stackable Stacking = "stackable"
)

// Per is the span of time within which a participant's uses are counted.
type Per string

// The spans, cut in the outlet's zone; weeks begin on Monday (ISO 8601).
const (
	PerDay   Per = "day"
	PerWeek  Per = "week"
	PerMonth Per = "month"
	PerYear  Per = "year"
	PerEver  Per = "ever"
)

// Weekday is a day of the week by its English name in three lower-case letters.
type Weekday string

// The days of the week.
const (
	Monday    Weekday = "mon"
	Tuesday   Weekday = "tue"
	Wednesday Weekday = "wed"
	Thursday  Weekday = "thu"
	Friday    Weekday = "fri"
	Saturday  Weekday = "sat"
	Sunday    Weekday = "sun"
)

var (
	kinds    = []Kind{Percent, Amount, FreeItem, PackagePrice}
	bases    = []Basis{Labour, Parts, Oil, Package, Total}
	segments = []Segment{PU, BPU, Jakon, PMI}
	stacks   = []Stacking{Exclusive, Stackable}
	spans    = []Per{PerDay, PerWeek, PerMonth, PerYear, PerEver}
	weekdays = []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday}
)

// Hours is a span of local time, HH:MM, To excluded. From later than To runs
// over midnight and belongs to the day on which it begins; the same time twice
// is the whole day.
type Hours struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// ParticipantLimit is how often one participant may use a promo.
type ParticipantLimit struct {
	Count           int64 `json:"count"`
	Per             Per   `json:"per"`
	MinIntervalDays *int  `json:"min_interval_days,omitempty"`
}

// Limits are the limits of a promo; nil: none.
type Limits struct {
	Participant  *ParticipantLimit `json:"participant"`
	OutletPerDay *int64            `json:"outlet_per_day,omitempty"`
	TotalCount   *int64            `json:"total_count,omitempty"`
	TotalAmount  *int64            `json:"total_amount,omitempty"` // rupiah
}

// Offline is what a till may do without the server.
type Offline struct {
	Allowed   bool  `json:"allowed"`
	Allowance int64 `json:"allowance"` // uses handed out in advance to a till
}

// Terms are the rules of one version of a promo, in rupiah and calendar days of
// the outlet's zone. Their JSON is the promo body of the API without the title.
type Terms struct {
	Kind             Kind        `json:"kind"`
	Basis            Basis       `json:"basis"`
	Value            int64       `json:"value"` // whole percent, or rupiah
	MaxDiscount      *int64      `json:"max_discount,omitempty"`
	MinGross         int64       `json:"min_gross"` // 0: none
	OutletIDs        []uuid.UUID `json:"outlet_ids"`
	ValidFrom        clock.Day   `json:"valid_from"`
	ValidTo          clock.Day   `json:"valid_to"`
	Days             []Weekday   `json:"days,omitempty"`  // empty: every day
	Hours            []Hours     `json:"hours,omitempty"` // empty: at any time
	Segments         []Segment   `json:"segments"`        // empty: all, and stored as all
	MaxStatusAgeDays int         `json:"max_status_age_days"`
	NeedsIDCheck     bool        `json:"needs_id_check"`
	Stacking         Stacking    `json:"stacking"`
	Exclusions       string      `json:"exclusions"`
	Limits           Limits      `json:"limits"`
	Offline          Offline     `json:"offline"`
}

// Normal returns the terms in the one order in which they are stored: outlets
// by id, days from Monday, segments as listed above and all of them when none
// is named.
func (t Terms) Normal() Terms {
	t.OutletIDs = slices.SortedFunc(slices.Values(t.OutletIDs), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	t.Days = ordered(t.Days, weekdays)
	t.Segments = ordered(t.Segments, segments)
	if len(t.Segments) == 0 {
		t.Segments = slices.Clone(segments)
	}
	t.Hours = slices.SortedFunc(slices.Values(t.Hours), func(a, b Hours) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return t
}

func ordered[T comparable](have, order []T) []T {
	return slices.SortedStableFunc(slices.Values(have), func(a, b T) int {
		return cmp.Compare(slices.Index(order, a), slices.Index(order, b))
	})
}

// Canonical returns the JSON of the normal form, always the same bytes for the
// same terms, and its SHA-256, which is what an approver approves.
func (t Terms) Canonical() (text, hash []byte, err error) {
	text, err = json.Marshal(t.Normal())
	if err != nil {
		return nil, nil, fmt.Errorf("write terms: %w", err)
	}
	sum := sha256.Sum256(text)
	return text, sum[:], nil
}

// Discount returns what goes off a bill of gross rupiah: the rule of the kind,
// percent rounded down to the rupiah; then the cap; then the bill itself. The
// lowest bill (MinGross) is not looked at here.
func (t Terms) Discount(gross int64) int64 {
	if gross <= 0 {
		return 0
	}
	var d int64
	switch t.Kind {
	case Percent: // in two parts, so that no bill overflows
		d = gross/100*t.Value + gross%100*t.Value/100
	case Amount, FreeItem:
		d = t.Value
	case PackagePrice:
		d = gross - t.Value
	}
	if t.MaxDiscount != nil {
		d = min(d, *t.MaxDiscount)
	}
	return min(max(d, 0), gross)
}

// Window returns the first day of the period that day lies in: the day itself,
// its Monday, the first of its month or year, or 0001-01-01 for ever.
func (Terms) Window(per Per, day clock.Day) clock.Day {
	switch per {
	case PerDay:
		return day
	case PerWeek:
		return day.AddDays(-weekdayIndex(day.Weekday()))
	case PerMonth:
		return day[:len("2006-01")] + "-01"
	case PerYear:
		return day[:len("2006")] + "-01-01"
	case PerEver:
	}
	return "0001-01-01"
}

// weekdayIndex counts from Monday, 0.
func weekdayIndex(d time.Weekday) int { return (int(d) + 6) % 7 }

// OpenAt reports whether days and hours let the promo be used at the local time
// of the outlet. Valid from and to are not looked at here.
func (t Terms) OpenAt(local time.Time) bool {
	if len(t.Hours) == 0 {
		return t.on(local)
	}
	now := local.Format("15:04")
	for _, h := range t.Hours {
		switch {
		case h.From == h.To:
			if t.on(local) {
				return true
			}
		case h.From < h.To:
			if t.on(local) && h.From <= now && now < h.To {
				return true
			}
		case now >= h.From && t.on(local), now < h.To && t.on(local.AddDate(0, 0, -1)):
			return true
		}
	}
	return false
}

func (t Terms) on(local time.Time) bool {
	return len(t.Days) == 0 || slices.Contains(t.Days, weekdays[weekdayIndex(local.Weekday())])
}

// Covers reports whether the promo is for a segment.
func (t Terms) Covers(s Segment) bool { return len(t.Segments) == 0 || slices.Contains(t.Segments, s) }

// At reports whether the promo is granted at an outlet.
func (t Terms) At(outlet uuid.UUID) bool { return slices.Contains(t.OutletIDs, outlet) }
