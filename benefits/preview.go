package benefits

import (
	"slices"
	"strings"

	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
)

// Example is a bill and what the terms do to it.
type Example struct {
	Gross, Discount, Net int64
	BelowMinimum         bool // refused
	AtCap                bool // the highest discount holds it down
}

// Preview is what terms would mean, before anything is stored.
type Preview struct {
	// Summary in Indonesian and English; empty while kind, basis, value or times
	// are not right.
	ID, EN   string
	Examples []Example
	// Wrong is what has to be corrected before the terms can be stored, as in
	// ErrInvalid.
	Wrong []fault.Field
}

// Try tells what terms would mean. It looks nothing up.
func Try(t Terms) Preview {
	var wrong check.List
	t.Check(&wrong)
	p := Preview{Wrong: wrong.Fields()}
	spoils := func(f fault.Field) bool {
		for _, part := range []string{"/kind", "/basis", "/value", "/max_discount", "/min_gross", "/days", "/hours", "/limits"} {
			if strings.HasPrefix(f.Pointer, part) {
				return true
			}
		}
		return false
	}
	if slices.ContainsFunc(p.Wrong, spoils) {
		return p
	}
	p.ID, p.EN, p.Examples = t.Sentence("id"), t.Sentence("en"), t.Examples()
	return p
}

// usualBill is a bill at a workshop, in rupiah.
const usualBill = 60_000

// Examples works the terms out on a few bills: one below the lowest bill if
// there is one, a usual one, and one that the highest discount holds down.
func (t Terms) Examples() []Example {
	bills := []int64{}
	if t.MinGross > 1 {
		bills = append(bills, max(1, (t.MinGross-1)/5_000*5_000))
	}
	usual := max(usualBill, roundUp(t.MinGross))
	switch t.Kind {
	case Amount, FreeItem:
		usual = max(usual, roundUp(t.Value*2))
	case PackagePrice:
		bills = append(bills, max(t.MinGross, roundUp(t.Value*3/4)))
		usual = max(usual, roundUp(t.Value*5/4))
	case Percent:
	}
	bills = append(bills, usual)
	if top := t.MaxDiscount; top != nil {
		switch t.Kind {
		case Percent:
			bills = append(bills, max(roundUp(*top*150/t.Value), roundUp(usual*2)))
		case PackagePrice:
			bills = append(bills, roundUp(t.Value+*top*3/2))
		case Amount, FreeItem:
		}
	}
	slices.Sort(bills)
	out := []Example{}
	for _, gross := range slices.Compact(bills) {
		if gross > rupiahMax {
			continue
		}
		out = append(out, t.example(gross))
	}
	return out
}

func (t Terms) example(gross int64) Example {
	if gross < t.MinGross {
		return Example{Gross: gross, Net: gross, BelowMinimum: true}
	}
	d := t.Discount(gross)
	free := t
	free.MaxDiscount = nil
	return Example{Gross: gross, Discount: d, Net: gross - d, AtCap: free.Discount(gross) > d}
}

// roundUp rounds to the next 5,000 rupiah.
func roundUp(n int64) int64 { return (n + 4_999) / 5_000 * 5_000 }
