package benefits_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
)

func TestDiscount(t *testing.T) {
	const none = -1
	cases := []struct {
		kind                   benefits.Kind
		value, cap, gross, off int64
	}{
		{"percent", 10, none, 100_000, 10_000},
		{"percent", 10, none, 99_999, 9_999},
		{"percent", 10, none, 9, 0},
		{"percent", 10, none, 10, 1},
		{"percent", 10, none, 19, 1},
		{"percent", 20, none, 1, 0},
		{"percent", 20, none, 4, 0},
		{"percent", 20, none, 5, 1},
		{"percent", 1, none, 99, 0},
		{"percent", 1, none, 100, 1},
		{"percent", 1, none, 199, 1},
		{"percent", 1, none, 1_000_000_000, 10_000_000},
		{"percent", 33, none, 100, 33},
		{"percent", 33, none, 101, 33},
		{"percent", 33, none, 103, 33},
		{"percent", 33, none, 104, 34},
		{"percent", 99, none, 1, 0},
		{"percent", 99, none, 2, 1},
		{"percent", 99, none, 1_000_000_000, 990_000_000},
		{"percent", 100, none, 1, 1},
		{"percent", 100, none, 1_000_000_000, 1_000_000_000},
		{"percent", 100, none, math.MaxInt64, math.MaxInt64},
		{"percent", 50, none, math.MaxInt64, math.MaxInt64 / 2},
		{"percent", 20, 20_000, 75_000, 15_000},
		{"percent", 20, 20_000, 100_000, 20_000},
		{"percent", 20, 20_000, 100_004, 20_000},
		{"percent", 20, 20_000, 100_005, 20_000},
		{"percent", 20, 20_000, 1_000_000_000, 20_000},
		{"percent", 100, 5, 3, 3},
		{"percent", 100, 5, 6, 5},
		{"percent", 15, 1, 1_000_000, 1},
		{"percent", 5, 25_000, 499_999, 24_999},
		{"amount", 5_000, none, 48_000, 5_000},
		{"amount", 5_000, none, 5_000, 5_000},
		{"amount", 5_000, none, 4_999, 4_999},
		{"amount", 5_000, none, 1, 1},
		{"amount", 5_000, 3_000, 48_000, 3_000},
		{"amount", 5_000, 3_000, 2_000, 2_000},
		{"amount", 5_000, 6_000, 48_000, 5_000},
		{"amount", 1, none, 1, 1},
		{"amount", 1_000_000_000, none, 1_000_000_000, 1_000_000_000},
		{"amount", 1_000_000_000, none, 999_999_999, 999_999_999},
		{"free_item", 15_000, none, 63_000, 15_000},
		{"free_item", 15_000, none, 15_000, 15_000},
		{"free_item", 15_000, none, 14_000, 14_000},
		{"free_item", 15_000, 10_000, 63_000, 10_000},
		{"free_item", 15_000, 10_000, 9_000, 9_000},
		{"free_item", 1, none, 1_000_000_000, 1},
		{"package_price", 95_000, none, 150_000, 55_000},
		{"package_price", 95_000, none, 95_001, 1},
		{"package_price", 95_000, none, 95_000, 0},
		{"package_price", 95_000, none, 94_999, 0},
		{"package_price", 95_000, none, 1, 0},
		{"package_price", 95_000, 50_000, 150_000, 50_000},
		{"package_price", 95_000, 60_000, 150_000, 55_000},
		{"package_price", 1, none, 1_000_000_000, 999_999_999},
		{"package_price", 1_000_000_000, none, 1_000_000_000, 0},
		{"percent", 10, none, 0, 0},
		{"percent", 10, none, -100, 0},
		{"amount", 5_000, none, 0, 0},
		{"amount", 5_000, none, -1, 0},
		{"free_item", 5_000, none, 0, 0},
		{"package_price", 5_000, none, 0, 0},
		{"package_price", 5_000, none, math.MinInt64, 0},
		{"something else", 5_000, none, 10_000, 0},
	}
	if len(cases) < 60 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s %d capped at %d of a bill of %d", c.kind, c.value, c.cap, c.gross), func(t *testing.T) {
			terms := benefits.Terms{Kind: c.kind, Value: c.value}
			if c.cap != none {
				terms.MaxDiscount = &c.cap
			}
			if got := terms.Discount(c.gross); got != c.off {
				t.Errorf("got %d, want %d", got, c.off)
			}
		})
	}
}

// model says the same in unbounded whole numbers.
func model(terms benefits.Terms, gross int64) int64 {
	d, bill := new(big.Int), big.NewInt(gross)
	switch terms.Kind {
	case benefits.Percent:
		d.Div(d.Mul(bill, big.NewInt(terms.Value)), big.NewInt(100))
	case benefits.Amount, benefits.FreeItem:
		d.SetInt64(terms.Value)
	case benefits.PackagePrice:
		d.Sub(bill, big.NewInt(terms.Value))
	}
	if d.Sign() < 0 {
		d.SetInt64(0)
	}
	if terms.MaxDiscount != nil && d.Cmp(big.NewInt(*terms.MaxDiscount)) > 0 {
		d.SetInt64(*terms.MaxDiscount)
	}
	if d.Cmp(bill) > 0 {
		d = bill
	}
	return d.Int64()
}

func TestDiscountNeverPassesBillOrCapAndNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := benefits.Terms{Kind: rapid.SampledFrom([]benefits.Kind{"percent", "amount", "free_item", "package_price"}).Draw(t, "kind")}
		most := int64(1_000_000_000)
		if terms.Kind == benefits.Percent {
			most = 100
		}
		terms.Value = rapid.Int64Range(1, most).Draw(t, "value")
		if rapid.Bool().Draw(t, "capped") {
			terms.MaxDiscount = new(rapid.Int64Range(1, 1_000_000_000).Draw(t, "cap"))
		}
		gross := rapid.Int64Range(1, 1_000_000_000).Draw(t, "gross")
		more := rapid.Int64Range(gross, math.MaxInt64).Draw(t, "more")
		d := terms.Discount(gross)
		if want := model(terms, gross); d != want {
			t.Fatalf("discount %d, the model says %d", d, want)
		}
		if d < 0 || d > gross || terms.MaxDiscount != nil && d > *terms.MaxDiscount {
			t.Fatalf("discount %d of a bill of %d", d, gross)
		}
		if terms.Discount(more) < d {
			t.Fatalf("a bill of %d gets less than one of %d", more, gross)
		}
	})
}

func TestWindow(t *testing.T) {
	cases := []struct {
		per       benefits.Per
		day, want clock.Day
	}{
		{"day", "2026-11-24", "2026-11-24"},
		{"week", "2026-11-23", "2026-11-23"}, // a Monday
		{"week", "2026-11-24", "2026-11-23"},
		{"week", "2026-11-29", "2026-11-23"}, // a Sunday
		{"week", "2026-11-30", "2026-11-30"},
		{"week", "2027-01-01", "2026-12-28"}, // over the turn of the year
		{"week", "2024-03-01", "2024-02-26"}, // over a leap day
		{"month", "2026-11-01", "2026-11-01"},
		{"month", "2026-11-30", "2026-11-01"},
		{"month", "2024-02-29", "2024-02-01"},
		{"year", "2026-01-01", "2026-01-01"},
		{"year", "2026-12-31", "2026-01-01"},
		{"ever", "2026-12-31", "0001-01-01"},
	}
	for _, c := range cases {
		if got := (benefits.Terms{}).Window(c.per, c.day); got != c.want {
			t.Errorf("%s of %s: got %s, want %s", c.per, c.day, got, c.want)
		}
	}
}

func TestOpenAt(t *testing.T) {
	day := benefits.Hours{From: "08:00", To: "17:00"}
	night := benefits.Hours{From: "22:00", To: "02:00"}
	cases := []struct {
		name  string
		days  []benefits.Weekday
		hours []benefits.Hours
		at    string // the week of 2026-11-23, a Monday
		want  bool
	}{
		{"no days, no hours", nil, nil, "2026-11-24 03:00", true},
		{"on its day", []benefits.Weekday{"tue"}, nil, "2026-11-24 00:00", true},
		{"the day before", []benefits.Weekday{"tue"}, nil, "2026-11-23 23:59", false},
		{"Sunday by name", []benefits.Weekday{"sun"}, nil, "2026-11-29 12:00", true},
		{"at the first minute", nil, []benefits.Hours{day}, "2026-11-24 08:00", true},
		{"a minute before", nil, []benefits.Hours{day}, "2026-11-24 07:59", false},
		{"at the last minute", nil, []benefits.Hours{day}, "2026-11-24 16:59", true},
		{"at the end itself", nil, []benefits.Hours{day}, "2026-11-24 17:00", false},
		{"in the second span", nil, []benefits.Hours{{From: "08:00", To: "10:00"}, {From: "14:00", To: "16:00"}}, "2026-11-24 15:00", true},
		{"between two spans", nil, []benefits.Hours{{From: "08:00", To: "10:00"}, {From: "14:00", To: "16:00"}}, "2026-11-24 12:00", false},
		{"in its hours on another day", []benefits.Weekday{"mon"}, []benefits.Hours{day}, "2026-11-24 12:00", false},
		{"late in a night", nil, []benefits.Hours{night}, "2026-11-24 23:00", true},
		{"early in a night", nil, []benefits.Hours{night}, "2026-11-24 01:59", true},
		{"after the night", nil, []benefits.Hours{night}, "2026-11-24 02:00", false},
		{"before the night", nil, []benefits.Hours{night}, "2026-11-24 21:59", false},
		{"Friday night on Saturday morning", []benefits.Weekday{"fri"}, []benefits.Hours{night}, "2026-11-28 01:00", true},
		{"Thursday night on Friday morning", []benefits.Weekday{"fri"}, []benefits.Hours{night}, "2026-11-27 01:00", false},
		{"Friday night itself", []benefits.Weekday{"fri"}, []benefits.Hours{night}, "2026-11-27 22:00", true},
		{"Saturday night when only Friday", []benefits.Weekday{"fri"}, []benefits.Hours{night}, "2026-11-28 22:00", false},
		{"until midnight", nil, []benefits.Hours{{From: "20:00", To: "00:00"}}, "2026-11-24 23:59", true},
		{"at midnight", nil, []benefits.Hours{{From: "20:00", To: "00:00"}}, "2026-11-25 00:00", false},
		{"the same time twice is the whole day", nil, []benefits.Hours{{From: "09:00", To: "09:00"}}, "2026-11-24 03:00", true},
		{"the whole day of another day", []benefits.Weekday{"mon"}, []benefits.Hours{{From: "00:00", To: "00:00"}}, "2026-11-24 03:00", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			at, err := time.ParseInLocation("2006-01-02 15:04", c.at, time.FixedZone("WITA", 8*3600))
			if err != nil {
				t.Fatal(err)
			}
			if got := (benefits.Terms{Days: c.days, Hours: c.hours}).OpenAt(at); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheSameTermsHaveTheSameHash(t *testing.T) {
	outlets := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	one := good(outlets...)
	one.Days, one.Segments = []benefits.Weekday{"mon", "sun"}, nil
	two := one
	two.OutletIDs = slices.Clone(outlets)
	slices.Reverse(two.OutletIDs)
	two.Days = []benefits.Weekday{"sun", "mon"}
	two.Segments = []benefits.Segment{"pmi", "jakon", "bpu", "pu"}
	textOne, hashOne, err := one.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	textTwo, hashTwo, err := two.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(textOne), string(textTwo)); diff != "" || !bytes.Equal(hashOne, hashTwo) {
		t.Errorf("the order of what was sent changes the text: %s", diff)
	}
	two.Value++
	if _, hash, _ := two.Canonical(); bytes.Equal(hash, hashOne) {
		t.Error("other terms have the same hash")
	}
	var back benefits.Terms
	if err := json.Unmarshal(textOne, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one.Normal(), back); diff != "" {
		t.Error(diff)
	}
}
