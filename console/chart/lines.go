package chart

import (
	"fmt"
	"html/template"
	"strings"
)

// dashes tell lines apart without colours.
var dashes = []string{"", ` stroke-dasharray="6 4"`, ` stroke-dasharray="2 3"`, ` stroke-dasharray="10 3 2 3"`}

// maxDots is up to how many points of a line are marked.
const maxDots = 60

// Lines draws a line for each series, with the band of its intervals; it is
// broken where there is no number.
func Lines(c Chart) template.HTML {
	f := begin(c)
	if f.empty() {
		return f.nothing()
	}
	f.axes()
	// The lines are stretched to the width that there is; their strokes are not.
	f.put(`<svg x="0" y="%d" width="100%%" height="%d" viewBox="0 0 1000 %d" preserveAspectRatio="none" overflow="visible">`, plotTop, plotHeight, plotHeight)
	for n, s := range f.Series {
		for _, run := range runs(s.Points) {
			f.band(n, s, run)
			f.put(`<polyline class="line%s"%s vector-effect="non-scaling-stroke" points="%s"/>`, kind(n), dashes[n%len(dashes)], f.path(s, run, func(p Point) float64 { return p.Value }))
		}
	}
	f.b.WriteString(`</svg>`)
	for n, s := range f.Series {
		if len(s.Points) > maxDots {
			continue
		}
		for i, p := range s.Points {
			if finite(p.Value) {
				f.put(`<circle class="fill%s" cx="%s%%" cy="%s" r="3.5"><title>%s</title></circle>`, kind(n), at(f.x(i)*100), at(f.y(p.Value)), f.value(s, p))
			}
		}
	}
	return f.close()
}

// x is where a place lies, from 0 to 1.
func (f *frame) x(i int) float64 { return (float64(i) + 0.5) / float64(f.most) }

// span is the places from, up to but without to.
type span struct{ from, to int }

// runs are the parts of a line without gaps.
func runs(points []Point) (out []span) {
	from := -1
	for i, p := range points {
		switch {
		case !finite(p.Value):
			from = -1
		case from < 0:
			from = i
			out = append(out, span{i, i + 1})
		default:
			out[len(out)-1].to = i + 1
		}
	}
	return out
}

func (f *frame) path(s Series, run span, of func(Point) float64) string {
	var b strings.Builder
	for i := run.from; i < run.to; i++ {
		fmt.Fprintf(&b, "%s,%s ", at(f.x(i)*1000), at(f.y(of(s.Points[i]))-plotTop))
	}
	return strings.TrimSpace(b.String())
}

// band draws the area of the intervals of a run, where there are any.
func (f *frame) band(n int, s Series, run span) {
	with := false
	for _, p := range s.Points[run.from:run.to] {
		with = with || p.interval()
	}
	if !with {
		return
	}
	low := func(p Point) float64 {
		if p.interval() {
			return p.Low
		}
		return p.Value
	}
	high := func(p Point) float64 {
		if p.interval() {
			return p.High
		}
		return p.Value
	}
	back := strings.Fields(f.path(s, run, low))
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	f.put(`<polygon class="band%s" points="%s %s"/>`, kind(n), f.path(s, run, high), strings.Join(back, " "))
}
