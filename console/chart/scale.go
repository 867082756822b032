package chart

import "math"

// ticks is about how many lines a scale has.
const ticks = 4

// scale is the span of values of a picture; zero is always within.
type scale struct {
	any       bool
	low, high float64
	step      float64
}

// scaleOf returns a scale with round steps around all values. Where all of
// them are whole numbers, so are the steps.
func scaleOf(values []float64) scale {
	var s scale
	whole := true
	for _, v := range values {
		if !finite(v) {
			continue
		}
		s.any = true
		s.low, s.high = math.Min(s.low, v), math.Max(s.high, v)
		whole = whole && v == math.Trunc(v)
	}
	if s.high == s.low {
		s.high = 1
	}
	s.step = round(s.high/ticks - s.low/ticks)
	if whole && s.step < 1 {
		s.step = 1
	}
	s.low, s.high = math.Floor(s.low/s.step)*s.step, math.Ceil(s.high/s.step)*s.step
	return s
}

// round returns the next of 1, 2, 2.5, 5 times a power of ten.
func round(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if x <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// lines returns the values of the lines, from below.
func (s scale) lines() (out []float64) {
	for i := range int(math.Round((s.high-s.low)/s.step)) + 1 {
		v := s.low + float64(i)*s.step
		if math.Abs(v) < s.step/1e6 {
			v = 0
		}
		out = append(out, v)
	}
	return out
}

// share is where a value lies between low (0) and high (1).
func (s scale) share(v float64) float64 {
	return (v/2 - s.low/2) / (s.high/2 - s.low/2)
}
