package redemptions

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/clock"
)

// The cases by which the till's rules, written in TypeScript, are held to the
// ones written here. Both sides read the same file.
const casesFile = "../benefits/testdata/cases.json"

var update = flag.Bool("update", false, "write "+casesFile+" anew")

// sharedCases is the file: what a promo takes off a bill, what a till alone can
// say against a use, and where the periods of a limit begin.
type sharedCases struct {
	Discounts []discountCase `json:"discounts"`
	Rules     []ruleCase     `json:"rules"`
	Windows   []windowCase   `json:"windows"`
}

type discountCase struct {
	Name     string         `json:"name"`
	Terms    benefits.Terms `json:"terms"`
	Gross    int64          `json:"gross"`
	Discount int64          `json:"discount"`
}

// ruleCase is what a till knows without the server: nothing of the membership.
// Reason is empty and Discount told when nothing speaks against the use.
type ruleCase struct {
	Name         string         `json:"name"`
	State        benefits.State `json:"state"`
	Terms        benefits.Terms `json:"terms"`
	OutletID     uuid.UUID      `json:"outlet_id"`
	OutletOpen   bool           `json:"outlet_open"`
	Local        string         `json:"local"` // wall time at the outlet
	Gross        int64          `json:"gross"` // 0: not typed yet
	Printed      bool           `json:"printed"`
	IDChecked    bool           `json:"id_checked"`
	UsedInWindow int64          `json:"used_in_window,omitempty"`
	LastOn       clock.Day      `json:"last_on,omitempty"`
	UsedAtOutlet int64          `json:"used_at_outlet,omitempty"`
	OtherOnBill  bool           `json:"other_on_bill,omitempty"`
	Reason       Reason         `json:"reason"`
	Discount     int64          `json:"discount"`
}

type windowCase struct {
	Per      benefits.Per `json:"per"`
	Day      clock.Day    `json:"day"`
	WindowOn clock.Day    `json:"window_on"`
}

const wallForm = "2006-01-02T15:04"

// judged returns the case as the rule book decides it.
func (c ruleCase) judged(t *testing.T) ruleCase {
	t.Helper()
	local, err := time.ParseInLocation(wallForm, c.Local, palu)
	if err != nil {
		t.Fatal(err)
	}
	segment := benefits.BPU
	if len(c.Terms.Segments) > 0 {
		segment = c.Terms.Segments[0]
	}
	d := decide(&facts{
		printed: c.Printed, idChecked: c.IDChecked, known: true, member: true, segment: string(segment),
		statusAsOf: clock.DayOf(local, palu), outletOpen: c.OutletOpen, outletIn: c.Terms.At(c.OutletID), state: c.State, terms: c.Terms,
		local: local, gross: c.Gross, usedInWindow: c.UsedInWindow, lastOn: c.LastOn, usedAtOutlet: c.UsedAtOutlet, otherOnBill: c.OtherOnBill,
	})
	c.Reason, c.Discount = d.reason, d.discount
	return c
}

func TestSharedCasesAreWhatTheRulesSay(t *testing.T) {
	if *update {
		writeCases(t, generate(t))
	}
	b, err := os.ReadFile(casesFile)
	if err != nil {
		t.Fatal(err)
	}
	var have sharedCases
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&have); err != nil {
		t.Fatal(err)
	}
	for _, c := range have.Discounts {
		if got := c.Terms.Discount(c.Gross); got != c.Discount {
			t.Errorf("%s: got Rp%d, the file says Rp%d", c.Name, got, c.Discount)
		}
	}
	reasons := map[Reason]int{}
	for _, c := range have.Rules {
		reasons[c.Reason]++
		if got := c.judged(t); got.Reason != c.Reason || got.Discount != c.Discount {
			t.Errorf("%s: got %q and Rp%d, the file says %q and Rp%d", c.Name, got.Reason, got.Discount, c.Reason, c.Discount)
		}
	}
	for _, c := range have.Windows {
		if got := (benefits.Terms{}).Window(c.Per, c.Day); got != c.WindowOn {
			t.Errorf("%s of %s: got %s, the file says %s", c.Per, c.Day, got, c.WindowOn)
		}
	}
	if len(have.Discounts) < 600 || len(have.Rules) < 300 || len(have.Windows) < 100 {
		t.Errorf("only %d discounts, %d rules and %d windows", len(have.Discounts), len(have.Rules), len(have.Windows))
	}
	for _, r := range []Reason{
		"", BenefitNotLive, BenefitEnded, OutletNotCovered, BenefitNotStarted, OutsideHours, BelowMinimum, NeedsIDCheck,
		LimitParticipant, LimitInterval, LimitOutlet, NotStackable,
	} {
		if reasons[r] < 10 {
			t.Errorf("only %d cases end with %q", reasons[r], r)
		}
	}
	if len(reasons) != 12 {
		t.Errorf("the cases end in %d ways: %v", len(reasons), reasons)
	}
}

// TestSharedCasesAreNotEditedByHand holds the file to its generator.
func TestSharedCasesAreNotEditedByHand(t *testing.T) {
	have, err := os.ReadFile(casesFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, encodeCases(t, generate(t))) {
		t.Error("cases.json is not what the generator makes; run: go test ./redemptions -run TestSharedCasesAreWhatTheRulesSay -update")
	}
}

func writeCases(t *testing.T, c sharedCases) {
	t.Helper()
	if err := os.WriteFile(casesFile, encodeCases(t, c), 0o600); err != nil {
		t.Fatal(err)
	}
}

// encodeCases writes one case per line, so that a change can be read.
func encodeCases(t *testing.T, c sharedCases) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("{\n")
	encodeList(t, &b, "discounts", c.Discounts)
	b.WriteString(",\n")
	encodeList(t, &b, "rules", c.Rules)
	b.WriteString(",\n")
	encodeList(t, &b, "windows", c.Windows)
	b.WriteString("\n}\n")
	return b.Bytes()
}

func encodeList[T any](t *testing.T, b *bytes.Buffer, name string, list []T) {
	t.Helper()
	fmt.Fprintf(b, "%q: [\n", name)
	for i, v := range list {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		if i < len(list)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]")
}

// drawer makes cases out of a seed, always the same ones.
type drawer struct {
	*rand.Rand
	t *testing.T
}

func generate(t *testing.T) sharedCases {
	t.Helper()
	d := drawer{rand.New(rand.NewPCG(2026, 11)), t}
	return sharedCases{Discounts: d.discounts(), Rules: d.rules(), Windows: d.windows()}
}

func pick[T any](d drawer, list ...T) T { return list[d.IntN(len(list))] }

func (d drawer) one(in int) bool { return d.IntN(in) == 0 }

var (
	caseOutlets = []uuid.UUID{
		uuid.MustParse("01890000-0000-7000-8000-000000000a01"), uuid.MustParse("01890000-0000-7000-8000-000000000a02"),
	}
	caseKinds = []benefits.Kind{benefits.Percent, benefits.Amount, benefits.FreeItem, benefits.PackagePrice}
	caseWeek  = []benefits.Weekday{
		benefits.Monday, benefits.Tuesday, benefits.Wednesday, benefits.Thursday, benefits.Friday, benefits.Saturday, benefits.Sunday,
	}
)

// plainTerms are terms of the kind without days, hours or limits.
func plainTerms(kind benefits.Kind, value int64, most *int64) benefits.Terms {
	return benefits.Terms{
		Kind: kind, Basis: benefits.Labour, Value: value, MaxDiscount: most, OutletIDs: caseOutlets[:1], ValidFrom: "2026-01-01", ValidTo: "2026-12-31",
		Segments: []benefits.Segment{benefits.BPU}, MaxStatusAgeDays: 45, Stacking: benefits.Stackable,
		Offline: benefits.Offline{Allowed: true, Allowance: 15},
	}
}

// rupiah draws a sum, as often a small one as a large one.
func (d drawer) rupiah() int64 {
	most := int64(10)
	for range d.IntN(9) {
		most *= 10
	}
	return 1 + d.Int64N(most)
}

func (d drawer) kindAndValue() (benefits.Kind, int64) {
	kind := pick(d, caseKinds...)
	if kind == benefits.Percent {
		return kind, 1 + d.Int64N(100)
	}
	return kind, d.rupiah()
}

// discounts are the corners of every kind and then whatever is drawn.
func (d drawer) discounts() []discountCase {
	var out []discountCase
	add := func(terms benefits.Terms, gross int64) {
		most := "without a cap"
		if terms.MaxDiscount != nil {
			most = fmt.Sprintf("at most %d", *terms.MaxDiscount)
		}
		out = append(out, discountCase{
			Name:  fmt.Sprintf("%d: %s of %d, %s, on %d", len(out)+1, terms.Kind, terms.Value, most, gross),
			Terms: terms, Gross: gross, Discount: terms.Discount(gross),
		})
	}
	for _, c := range discountCases {
		terms := plainTerms(c.kind, c.value, nil)
		if c.limit > 0 {
			terms.MaxDiscount = ptr(c.limit)
		}
		add(terms, c.gross)
	}
	for _, value := range []int64{1, 3, 7, 33, 50, 99, 100} {
		for _, gross := range []int64{1, 2, 99, 100, 101, 999, 12_345, 999_999_999, 1_000_000_000} {
			add(plainTerms(benefits.Percent, value, nil), gross)
		}
	}
	for len(out) < 700 {
		kind, value := d.kindAndValue()
		var most *int64
		if d.one(2) {
			most = ptr(d.rupiah())
		}
		gross := d.rupiah()
		if kind != benefits.Percent && d.one(2) { // near the value, where the rule turns
			gross = max(1, value+d.Int64N(5)-2)
		}
		add(plainTerms(kind, value, most), min(gross, MaxGross))
	}
	return out
}

func (d drawer) windows() []windowCase {
	var out []windowCase
	add := func(per benefits.Per, day clock.Day) {
		out = append(out, windowCase{Per: per, Day: day, WindowOn: benefits.Terms{}.Window(per, day)})
	}
	days := []clock.Day{"2026-11-23", "2026-11-29", "2026-11-30", "2024-02-29", "2024-03-01", "2025-12-31", "2026-01-01", "2027-01-01", "2026-12-28"}
	for range 31 {
		days = append(days, clock.Day("2024-01-01").AddDays(d.IntN(366*8)))
	}
	for _, day := range days {
		for _, per := range []benefits.Per{benefits.PerDay, benefits.PerWeek, benefits.PerMonth, benefits.PerYear, benefits.PerEver} {
			add(per, day)
		}
	}
	return out
}

// rules are random uses of random promos, each with one thing or another wrong.
func (d drawer) rules() []ruleCase {
	out := make([]ruleCase, 480)
	for i := range out {
		out[i] = d.rule().judged(d.t)
		out[i].Name = fmt.Sprintf("%d: %s at %s, %s", i+1, out[i].Terms.Kind, out[i].Local, orAllowed(out[i].Reason))
	}
	return out
}

func orAllowed(r Reason) Reason {
	if r == "" {
		return "allowed"
	}
	return r
}

func (d drawer) rule() ruleCase {
	kind, value := d.kindAndValue()
	c := ruleCase{
		State: benefits.Live, Terms: plainTerms(kind, value, nil), OutletID: caseOutlets[0], OutletOpen: true, Gross: d.rupiah(),
		IDChecked: d.one(2), Printed: d.one(6),
	}
	day := clock.Day("2026-11-23").AddDays(d.IntN(7))
	minute := pick(d, 0, 1, 7*60+59, 8*60, 12*60, 16*60+59, 17*60, 21*60+59, 22*60, 23*60+59, d.IntN(24*60))
	c.Local = fmt.Sprintf("%sT%02d:%02d", day, minute/60, minute%60)
	d.place(&c)
	d.times(&c, day)
	if d.one(3) {
		c.Terms.MinGross = max(0, min(c.Gross+d.Int64N(3)-1, MaxGross))
	}
	if d.one(20) {
		c.Gross = 0
	}
	c.Terms.NeedsIDCheck = d.one(8)
	d.limits(&c, day)
	d.checkTerms(&c)
	return c
}

// place lets promo, partner or outlet be the wrong one now and then.
func (d drawer) place(c *ruleCase) {
	switch d.IntN(24) {
	case 0:
		c.State = benefits.Paused
	case 1:
		c.State = benefits.Ended
	case 2:
		c.OutletID = caseOutlets[1]
	case 3:
		c.OutletOpen = false
	case 4:
		c.Terms.OutletIDs, c.OutletID = caseOutlets, caseOutlets[1]
	}
}

func (d drawer) times(c *ruleCase, day clock.Day) {
	switch d.IntN(14) {
	case 0:
		c.Terms.ValidFrom = day.AddDays(1)
	case 1:
		c.Terms.ValidFrom = day
	case 2:
		c.Terms.ValidTo = day.AddDays(-1)
	case 3:
		c.Terms.ValidTo = day
	}
	if d.one(3) {
		for _, w := range caseWeek {
			if !d.one(3) {
				c.Terms.Days = append(c.Terms.Days, w)
			}
		}
	}
	if d.one(3) {
		spans := []benefits.Hours{{From: "08:00", To: "17:00"}, {From: "22:00", To: "02:00"}, {From: "00:00", To: "00:00"}, {From: "12:00", To: "12:01"}, {From: "20:00", To: "00:00"}}
		c.Terms.Hours = append(c.Terms.Hours, pick(d, spans...))
		if second := pick(d, spans...); d.one(3) && !slices.Contains(c.Terms.Hours, second) {
			c.Terms.Hours = append(c.Terms.Hours, second)
		}
	}
}

func (d drawer) limits(c *ruleCase, day clock.Day) {
	if d.one(2) {
		p := &benefits.ParticipantLimit{
			Count: 1 + d.Int64N(3), Per: pick(d, benefits.PerDay, benefits.PerWeek, benefits.PerMonth, benefits.PerYear, benefits.PerEver),
		}
		if d.one(2) {
			p.MinIntervalDays = ptr(pick(d, 1, 7, 30))
			if !d.one(4) {
				c.LastOn = day.AddDays(-*p.MinIntervalDays + d.IntN(3) - 1)
			}
			p.Count += 2
		}
		c.Terms.Limits.Participant, c.UsedInWindow = p, max(0, p.Count-d.Int64N(4))
	}
	if d.one(3) {
		c.Terms.Limits.OutletPerDay = ptr(1 + d.Int64N(5))
		c.UsedAtOutlet = max(0, *c.Terms.Limits.OutletPerDay-d.Int64N(3))
	}
	if d.one(3) {
		c.Terms.Stacking = benefits.Exclusive
	}
	c.OtherOnBill = d.one(4)
}

// checkTerms: every case is of a promo that could be proposed.
func (d drawer) checkTerms(c *ruleCase) {
	var wrong check.List
	c.Terms.Check(&wrong)
	if err := wrong.Err(benefits.ErrInvalid); err != nil {
		d.t.Fatal(err)
	}
}
