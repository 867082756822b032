package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMedianIsTheMiddleValue(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"of one":                         {[]float64{7}, 7},
		"of three in any order":          {[]float64{9, 1, 4}, 4},
		"of four: between the middle":    {[]float64{8, 1, 4, 2}, 3},
		"does not follow one wild value": {[]float64{1, 2, 1_000_000}, 2},
		"keeps four digits":              {[]float64{1234.567}, 1235},
	} {
		t.Run(name, func(t *testing.T) {
			if got := median(c.values); got == nil || *got != c.want {
				t.Errorf("got %s, want %v", show(got), c.want)
			}
		})
	}
	if got := median(nil); got != nil {
		t.Errorf("of nothing: got %v, want none", *got)
	}
}

func TestMedianLeavesTheValuesInTheirOrder(t *testing.T) {
	values := []float64{3, 1, 2}
	median(values)
	if diff := cmp.Diff([]float64{3, 1, 2}, values); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// The ratio is the median of the ratios, not the ratio of the medians: here
// those are 2 and 1.
func TestRatioIsTheMedianOfTheRoundsRatios(t *testing.T) {
	r := summarise("x", "1/s", []float64{10, 40, 20}, []float64{5, 20, 40}, nil)
	want := result{Name: "x", Unit: "1/s", Rounds: 3, Ours: new(20.0), Limit: new(20.0), Ratio: new(2.0), Min: new(0.5), Max: new(2.0)}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithoutALimitTheSpreadIsOurs(t *testing.T) {
	r := summarise("x", "s", []float64{3, 1, 2}, nil, nil)
	want := result{Name: "x", Unit: "s", Rounds: 3, Ours: new(2.0), Min: new(1.0), Max: new(3.0)}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALimitOfZeroGivesNoRatio(t *testing.T) {
	if r := summarise("x", "1/s", []float64{1}, []float64{0}, nil); r.Ratio != nil || r.Max != nil {
		t.Errorf("got %s, want none", show(r.Ratio))
	}
}

func TestJSONHasTheMembersOfTheContract(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	err := writeJSON(file, []result{
		summarise("a", "1/s", []float64{1, 3}, []float64{2, 2}, nil),
		summarise("b", "s", nil, nil, skip("there is none")),
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"name": "a", "ours": 2.0, "limit": 2.0, "ratio": 1.0, "min": 0.5, "max": 1.5, "rounds": 2.0, "goal": nil, "unit": "1/s"},
		{"name": "b", "ours": nil, "limit": nil, "ratio": nil, "min": nil, "max": nil, "rounds": 0.0, "goal": nil, "unit": "s", "skipped": "there is none"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTableNamesWhatWasSkippedAndWhy(t *testing.T) {
	var out strings.Builder
	table(&out, []result{summarise("redeem-pg", "uses/s", nil, nil, errNoPostgres), summarise("verify-card", "cards/s", []float64{12345.6}, []float64{20000}, nil)})
	for _, want := range []string{"skipped: no PostgreSQL", "12350", "0.6173"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

func TestBadCommandLinesAreRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown entry":  {"-run", "verify-card,fly"},
		"no rounds":         {"-rounds", "0"},
		"an unknown flag":   {"-fast"},
		"a stray word":      {"verify-card"},
		"rounds of letters": {"-rounds", "many"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if code := run(t.Context(), args, &out, &errOut); code != exitUsage || out.Len() > 0 || errOut.Len() == 0 {
				t.Errorf("exit %d, out %q, err %q", code, &out, &errOut)
			}
		})
	}
}

func TestListNamesEveryEntryOnce(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"-list"}, &out, &errOut); code != exitOK {
		t.Fatalf("exit %d: %s", code, &errOut)
	}
	for _, e := range entries() {
		if n := strings.Count(out.String(), "\n"+e.name+" ") + strings.Count(out.String()[:len(e.name)+1], e.name+" "); n != 1 {
			t.Errorf("%s is listed %d times", e.name, n)
		}
	}
}

func TestCompareMeasuresInTurnsAndChangesWhoBegins(t *testing.T) {
	var order strings.Builder
	side := func(name string, v float64) func(context.Context, time.Duration) (float64, error) {
		return func(context.Context, time.Duration) (float64, error) {
			order.WriteString(name)
			return v, nil
		}
	}
	s, err := compareThree(t.Context(), 3, side("a", 1), side("b", 2), side("c", 3))
	if err != nil {
		t.Fatal(err)
	}
	if got := order.String(); got != "abc"+"abc"+"bca"+"cab" { // the first three warm up
		t.Errorf("measured in the order %s", got)
	}
	if diff := cmp.Diff(samples{ours: []float64{1, 1, 1}, limit: []float64{2, 2, 2}, third: []float64{3, 3, 3}}, s, cmp.AllowUnexported(samples{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRateEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	_, err := rate(t.Context(), 4, time.Minute, func(_ context.Context, worker int) error {
		if worker == 2 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestPgbenchScriptIsTheSevenSteps(t *testing.T) {
	script := pgbenchScript(promos)
	if strings.Contains(script, "$") || !strings.Contains(script, `\set b random(1, 200)`) {
		t.Errorf("not a script: %s", script)
	}
	if n := strings.Count(script, ";\n"); n != 7 {
		t.Errorf("%d steps, want 7:\n%s", n, script)
	}
}
