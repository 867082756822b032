package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/console/chart"
)

var pictures = map[string]func(chart.Chart) template.HTML{"bars": chart.Bars, "columns": chart.Columns, "lines": chart.Lines}

func points(values ...float64) (out []chart.Point) {
	for i, v := range values {
		out = append(out, chart.Point{Label: fmt.Sprintf("Label %d", i+1), Value: v})
	}
	return out
}

// elements reads the picture as XML and returns its elements.
func elements(t *testing.T, name string, h template.HTML) (out []xml.StartElement) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(h)))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s is no XML: %v\n%s", name, err, h)
		}
		if e, ok := tok.(xml.StartElement); ok {
			out = append(out, e.Copy())
		}
	}
}

func TestPicturesAreWellFormedWhateverTheFigures(t *testing.T) {
	nasty := "<script>&\"'\x00\x0b\xff￾ ﬆ"
	cases := map[string]chart.Chart{
		"nothing at all":      {},
		"a series of nothing": {Series: []chart.Series{{}}},
		"one point":           {Series: []chart.Series{{Points: points(3)}}},
		"zeros":               {Series: []chart.Series{{Points: points(0, 0, 0)}}},
		"below zero":          {Series: []chart.Series{{Points: points(-5, -1)}}},
		"both sides":          {Series: []chart.Series{{Points: points(-5, 0, 12)}}},
		"no numbers":          {Series: []chart.Series{{Points: points(math.NaN(), math.Inf(1), math.Inf(-1))}}},
		"gaps":                {Series: []chart.Series{{Points: points(1, math.NaN(), 3, 4)}}},
		"very large":          {Series: []chart.Series{{Points: points(math.MaxFloat64, -math.MaxFloat64)}}},
		"very small":          {Series: []chart.Series{{Points: points(1e-300, math.SmallestNonzeroFloat64)}}},
		"uneven series":       {Series: []chart.Series{{Name: "a", Points: points(1, 2, 3)}, {Name: "b", Points: points(4)}, {Name: "c"}}},
		"many series":         {Series: []chart.Series{{Points: points(1)}, {Points: points(1)}, {Points: points(1)}, {Points: points(1)}, {Points: points(1)}}},
		"nasty texts":         {Title: nasty, Desc: nasty, Series: []chart.Series{{Name: nasty, Points: []chart.Point{{Label: nasty, Value: 1}}}, {Name: nasty}}, Format: func(float64) string { return nasty }},
		"intervals":           {Series: []chart.Series{{Points: []chart.Point{{Value: 2, Low: 1, High: 4}, {Value: 3}, {Value: 1, Low: math.NaN(), High: 2}}}}},
	}
	for name, c := range cases {
		for form, draw := range pictures {
			name := form + " of " + name
			h := draw(c)
			roles := 0
			for _, e := range elements(t, name, h) {
				for _, a := range e.Attr {
					switch {
					case a.Name.Local == "style", strings.HasPrefix(a.Name.Local, "on"):
						t.Errorf("%s: has %s=", name, a.Name.Local)
					case strings.Contains(a.Value, "NaN"), strings.Contains(a.Value, "Inf"):
						t.Errorf("%s: %s=%q", name, a.Name.Local, a.Value)
					case a.Name.Local == "role":
						roles++
					}
					if n, err := strconv.ParseFloat(strings.TrimSuffix(a.Value, "%"), 64); err == nil && (a.Name.Local == "width" || a.Name.Local == "height") && n < 0 {
						t.Errorf("%s: %s=%q", name, a.Name.Local, a.Value)
					}
				}
			}
			if roles != 1 || !strings.Contains(string(h), "<title id=") || !strings.Contains(string(h), "<desc id=") {
				t.Errorf("%s does not say what it is: %s", name, h)
			}
		}
	}
}

func TestNothingIsSaidInTheLanguage(t *testing.T) {
	for form, draw := range pictures {
		if h := string(draw(chart.Chart{})); !strings.Contains(h, "Belum ada data") {
			t.Errorf("%s: %s", form, h)
		}
		if h := string(draw(chart.Chart{Lang: "en"})); !strings.Contains(h, "No data yet") {
			t.Errorf("%s: %s", form, h)
		}
	}
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	widths := func(values ...float64) (out []float64) {
		for _, e := range elements(t, "bars", chart.Bars(chart.Chart{Series: []chart.Series{{Points: points(values...)}}})) {
			if e.Name.Local != "rect" {
				continue
			}
			for _, a := range e.Attr {
				if a.Name.Local == "width" {
					n, err := strconv.ParseFloat(strings.TrimSuffix(a.Value, "%"), 64)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, n)
				}
			}
		}
		return out
	}
	for _, values := range [][]float64{{100, 50, 25, 0}, {-40, 20, 10}} {
		got := widths(values...)
		for i, v := range values {
			if want := got[0] * math.Abs(v) / math.Abs(values[0]); math.Abs(got[i]-want) > 0.05 {
				t.Errorf("%v: the bar of %v is %v, want %v", values, v, got[i], want)
			}
		}
	}
}

var foot = regexp.MustCompile(`<text( class="desk")? x="([0-9.]+)%" y="210" text-anchor="middle">([^<]*)<`)

func TestLabelsDoNotTouchOnAPhone(t *testing.T) {
	for _, n := range []int{1, 6, 7, 12, 24, 31, 53, 366} {
		var all []chart.Point
		for i := range n {
			all = append(all, chart.Point{Label: fmt.Sprintf("%02d Agu", i), Value: float64(i)})
		}
		for form, draw := range map[string]func(chart.Chart) template.HTML{"columns": chart.Columns, "lines": chart.Lines} {
			for class, width := range map[string]float64{"": 236, "desk": 560} {
				last, seen := -1e9, 0
				for _, m := range foot.FindAllStringSubmatch(string(draw(chart.Chart{Series: []chart.Series{{Points: all}}})), -1) {
					if class == "" && m[1] != "" {
						continue
					}
					x, err := strconv.ParseFloat(m[2], 64)
					if err != nil {
						t.Fatal(err)
					}
					if px := x * width / 100; px-last < 6*6.9 {
						t.Errorf("%s of %d at %v px: %q stands %v px after the one before", form, n, width, m[3], px-last)
					} else {
						last, seen = px, seen+1
					}
				}
				if seen == 0 {
					t.Errorf("%s of %d: no labels", form, n)
				}
			}
		}
	}
}

func TestScalesAreWholeWhereTheFiguresAre(t *testing.T) {
	h := string(chart.Columns(chart.Chart{Series: []chart.Series{{Points: points(1, 2)}}, Format: func(x float64) string {
		if x != math.Trunc(x) {
			t.Errorf("a line at %v", x)
		}
		return strconv.Itoa(int(x))
	}}))
	if !strings.Contains(h, ">2</text>") {
		t.Error(h)
	}
}

func TestLinesBreakWhereThereIsNoNumber(t *testing.T) {
	h := string(chart.Lines(chart.Chart{Series: []chart.Series{{Points: points(1, 2, math.NaN(), 3, 4)}}}))
	if n := strings.Count(h, "<polyline"); n != 2 {
		t.Errorf("%d lines, want 2: %s", n, h)
	}
}
