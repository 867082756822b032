package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
)

// samples are the figures of each round; limit and third are empty where there
// is none.
type samples struct {
	ours, limit, third []float64
}

// skip is the reason why an entry cannot be measured here.
type skip string

func (s skip) Error() string { return string(s) }

// result is one line of the table and one object of the JSON.
type result struct {
	Name    string   `json:"name"`
	Ours    *float64 `json:"ours"`
	Limit   *float64 `json:"limit"`
	Ratio   *float64 `json:"ratio"`
	Min     *float64 `json:"min"`
	Max     *float64 `json:"max"`
	Rounds  int      `json:"rounds"`
	Goal    *float64 `json:"goal"` // none is set yet
	Unit    string   `json:"unit"`
	Skipped string   `json:"skipped,omitempty"`
}

// summarise makes the line of an entry out of its rounds, or out of the reason
// why there are none.
func summarise(name, unit string, ours, limit []float64, err error) result {
	r := result{Name: name, Unit: unit}
	if err != nil {
		r.Skipped = err.Error()
		return r
	}
	r.Rounds, r.Ours = len(ours), median(ours)
	spread := ours
	if len(limit) > 0 {
		ratios := make([]float64, len(ours))
		for i := range ours {
			ratios[i] = ours[i] / limit[i]
		}
		r.Limit, r.Ratio, spread = median(limit), median(ratios), ratios
	}
	r.Min, r.Max = figure(slices.Min(spread)), figure(slices.Max(spread))
	return r
}

// median returns the middle value, the mean of the two middle ones of an even
// number, and nil of none.
func median(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return figure(sorted[mid])
	}
	return figure((sorted[mid-1] + sorted[mid]) / 2)
}

// figure keeps four significant digits: more would promise too much. What is no
// number (a limit of 0) is none.
func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return nil
	}
	return &rounded
}

func table(w io.Writer, results []result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells ...any) { fmt.Fprintf(t, "%v\t%v\t%v\t%v\t%v\t%v\t%v\n", cells...) } //nolint:errcheck // see Flush
	line("entry", "ours", "limit", "ratio", "min–max", "unit", "rounds")
	for _, r := range results {
		if r.Skipped != "" {
			line(r.Name, "skipped: "+r.Skipped, "", "", "", r.Unit, 0)
			continue
		}
		line(r.Name, show(r.Ours), show(r.Limit), show(r.Ratio), show(r.Min)+"–"+show(r.Max), r.Unit, r.Rounds)
	}
	_ = t.Flush() //nolint:errcheck // the terminal
}

func show(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case *v >= 1000:
		return strconv.FormatFloat(*v, 'f', 0, 64)
	default:
		return strconv.FormatFloat(*v, 'g', 4, 64)
	}
}
