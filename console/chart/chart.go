// Package chart draws figures as SVG on the server: horizontal bars, columns
// and lines. A picture is as wide as there is room, its words keep their size,
// so it is read at 360 px as on a desk. It holds no style of its own, only
// classes and presentation attributes; colours come from konsol.css.
//
// A picture says what it shows (role="img", title, description), and whoever
// shows one puts the table with the same figures beside it.
package chart

import (
	"fmt"
	"hash/fnv"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Chart is one picture.
type Chart struct {
	Title, Desc string
	Lang        string               // "id" or "en"
	Format      func(float64) string // how a value is written; nil: as a number
	Series      []Series             // points with the same place belong together
}

// Series is a row of figures of one kind. The name is shown when there are several.
type Series struct {
	Name   string
	Points []Point
}

// Point is one figure. Where High is larger than Low they are the ends of its
// interval. What is no number (NaN) is not there.
type Point struct {
	Label            string
	Value, Low, High float64
}

// kinds are the classes of the series, in order; more of them begin again.
var kinds = []string{"", " two", " three", " four"}

func kind(i int) string { return kinds[i%len(kinds)] }

// frame is what all pictures share while they are drawn.
type frame struct {
	Chart
	b     strings.Builder
	scale scale
	most  int // points of the longest series
}

func begin(c Chart) *frame {
	f := &frame{Chart: c}
	if f.Format == nil {
		f.Format = func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	}
	var all []float64
	for _, s := range c.Series {
		f.most = max(f.most, len(s.Points))
		for _, p := range s.Points {
			all = append(all, p.Value)
			if p.interval() {
				all = append(all, p.Low, p.High)
			}
		}
	}
	f.scale = scaleOf(all)
	return f
}

func (p Point) interval() bool { return finite(p.Low) && finite(p.High) && p.High > p.Low }

// finite reports whether x can be drawn; beyond that scales lose their meaning.
func finite(x float64) bool { return math.Abs(x) < 1e300 }

// empty reports whether there is nothing to draw.
func (f *frame) empty() bool { return f.most == 0 || !f.scale.any }

// open begins the picture of a height in px; class is that of its left margin.
func (f *frame) open(height int, class string) {
	f.b.WriteString(`<div class="chart">`)
	f.legend()
	sum := fnv.New64a()
	_, _ = fmt.Fprint(sum, f.Title, f.Desc, f.Series) // a hash takes everything
	id := "c" + strconv.FormatUint(sum.Sum64(), 36)
	f.put(`<svg xmlns="http://www.w3.org/2000/svg" class="plot%s" width="100%%" height="%d" role="img" aria-labelledby="%s-t %s-d">`, class, height, id, id)
	f.put(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, text(f.Title), id, text(f.Desc))
}

// legend names the series when there are several.
func (f *frame) legend() {
	if len(f.Series) < 2 {
		return
	}
	f.b.WriteString(`<ul class="legend">`)
	for i, s := range f.Series {
		f.put(`<li><svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><rect class="fill%s" width="14" height="14" rx="3"/></svg> %s</li>`, kind(i), text(s.Name))
	}
	f.b.WriteString(`</ul>`)
}

func (f *frame) close() template.HTML {
	f.b.WriteString(`</svg></div>`)
	return template.HTML(f.b.String()) //nolint:gosec // every text in it went through text()
}

// nothing is the picture without figures.
func (f *frame) nothing() template.HTML {
	f.Series = nil
	f.open(72, "")
	said := "Belum ada data"
	if f.Lang == "en" {
		said = "No data yet"
	}
	f.put(`<text x="50%%" y="40" text-anchor="middle">%s</text>`, said)
	return f.close()
}

func (f *frame) put(format string, args ...any) { fmt.Fprintf(&f.b, format, args...) }

// value is what a point says in words.
func (f *frame) value(s Series, p Point) string {
	out := p.Label + ": " + f.Format(p.Value)
	if s.Name != "" && len(f.Series) > 1 {
		out = s.Name + ", " + out
	}
	if p.interval() {
		out += " (" + f.Format(p.Low) + " – " + f.Format(p.High) + ")"
	}
	return text(out)
}

// label is the label of a place: that of the first series that has one.
func (f *frame) label(i int) string {
	for _, s := range f.Series {
		if i < len(s.Points) && s.Points[i].Label != "" {
			return s.Points[i].Label
		}
	}
	return ""
}

// text makes any text safe inside XML.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, s)
	return html.EscapeString(s)
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	return strings.TrimSpace(string(r[:most-1])) + "…"
}

// at writes a coordinate.
func at(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }
