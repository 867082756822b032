package chart

import (
	"html/template"
	"math"
	"unicode/utf8"
)

const (
	plotTop    = 12
	plotHeight = 180
	footSpace  = 24
	narrow     = 236.0 // px that are left for the columns on a phone
	wide       = 560.0
	charWidth  = 6.9 // px, about, of a character at 12 px
	maxFoot    = 14  // characters of a label below
)

// Columns draws upright columns, those of several series beside each other.
func Columns(c Chart) template.HTML {
	f := begin(c)
	if f.empty() {
		return f.nothing()
	}
	f.axes()
	slot := 100 / float64(f.most)
	thick := slot * 0.72 / float64(len(f.Series))
	zero := f.y(0)
	for n, s := range f.Series {
		for i, p := range s.Points {
			if !finite(p.Value) {
				continue
			}
			x := slot*float64(i) + slot*0.14 + thick*float64(n)
			y := f.y(p.Value)
			f.put(`<g><title>%s</title><rect class="fill%s" x="%s%%" y="%s" width="%s%%" height="%s"/>`,
				f.value(s, p), kind(n), at(x), at(math.Min(zero, y)), at(thick*0.94), at(math.Abs(zero-y)))
			if p.interval() {
				f.put(`<line class="whisker" x1="%s%%" x2="%s%%" y1="%s" y2="%s"/>`, at(x+thick*0.47), at(x+thick*0.47), at(f.y(p.Low)), at(f.y(p.High)))
			}
			f.b.WriteString(`</g>`)
		}
	}
	return f.close()
}

// y is where a value stands, in px from above.
func (f *frame) y(v float64) float64 { return plotTop + plotHeight*(1-f.scale.share(v)) }

// axes opens the picture and draws the lines of the scale with their values in
// the left margin, and the labels below.
func (f *frame) axes() {
	longest := 0
	for _, v := range f.scale.lines() {
		longest = max(longest, utf8.RuneCountInString(f.Format(v)))
	}
	margin := " m1"
	switch {
	case longest > 12:
		margin = " m4"
	case longest > 8:
		margin = " m3"
	case longest > 4:
		margin = " m2"
	}
	f.open(plotTop+plotHeight+footSpace, margin)
	for _, v := range f.scale.lines() {
		class := "grid"
		if v == 0 {
			class = "axis"
		}
		y := at(f.y(v))
		f.put(`<line class="%s" x1="0" x2="100%%" y1="%s" y2="%s"/><text x="-6" y="%s" dy="4" text-anchor="end">%s</text>`, class, y, y, y, text(cut(f.Format(v), 16)))
	}
	f.feet()
}

// feet writes the labels below: every one where there is room; on a phone only
// as many as do not touch each other.
func (f *frame) feet() {
	longest := 1
	for i := range f.most {
		longest = max(longest, min(maxFoot, utf8.RuneCountInString(f.label(i))))
	}
	need := float64(longest)*charWidth + 6
	onPhone := max(1, int(math.Ceil(need*float64(f.most)/narrow)))
	onDesk := max(1, int(math.Ceil(need*float64(f.most)/wide)))
	for i := range f.most {
		class := ""
		switch {
		case i%onPhone == 0:
		case i%onDesk == 0 && onPhone%onDesk == 0:
			class = ` class="desk"`
		default:
			continue
		}
		x := (float64(i) + 0.5) * 100 / float64(f.most)
		f.put(`<text%s x="%s%%" y="%d" text-anchor="middle">%s</text>`, class, at(x), plotTop+plotHeight+18, text(cut(f.label(i), maxFoot)))
	}
}
