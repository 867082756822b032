package chart

import (
	"html/template"
	"math"
)

const (
	barHeight  = 14
	barGap     = 5
	labelSpace = 18
	rowGap     = 12
	barSpace   = 70.0 // per cent of the width; right of it stand the values
	maxLabel   = 42   // characters that fit 290 px
)

// Bars draws horizontal bars: a line with the label, below it a bar for each
// series, its value at the right.
func Bars(c Chart) template.HTML {
	f := begin(c)
	if f.empty() {
		return f.nothing()
	}
	row := labelSpace + len(f.Series)*(barHeight+barGap) - barGap + rowGap
	f.open(f.most*row, "")
	zero := f.scale.share(0) * barSpace
	y := 0
	for i := range f.most {
		f.put(`<text class="name" x="0" y="%d">%s</text>`, y+12, text(cut(f.label(i), maxLabel)))
		for n, s := range f.Series {
			if i < len(s.Points) && finite(s.Points[i].Value) {
				f.bar(n, s.Points[i], zero, y+labelSpace+n*(barHeight+barGap))
			}
		}
		y += row
	}
	f.put(`<line class="axis" x1="%s%%" x2="%s%%" y1="0" y2="%d"/>`, at(zero), at(zero), y-rowGap)
	return f.close()
}

func (f *frame) bar(n int, p Point, zero float64, y int) {
	end := f.scale.share(p.Value) * barSpace
	f.put(`<g><title>%s</title><rect class="fill%s" x="%s%%" y="%d" width="%s%%" height="%d" rx="2"/>`,
		f.value(f.Series[n], p), kind(n), at(math.Min(zero, end)), y, at(math.Abs(end-zero)), barHeight)
	if p.interval() {
		f.put(`<line class="whisker" x1="%s%%" x2="%s%%" y1="%d" y2="%d"/>`,
			at(f.scale.share(p.Low)*barSpace), at(f.scale.share(p.High)*barSpace), y+barHeight/2, y+barHeight/2)
	}
	f.put(`<text class="value" x="100%%" y="%d" text-anchor="end">%s</text></g>`, y+barHeight-2, text(cut(f.Format(p.Value), 16)))
}
