package participants

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/berlaku/berlaku/internal/clock"
)

// Warning codes about an identity number. A number is never refused for them:
// regions split, birth dates are corrected, a NIK stays.
const (
	WarnRegionUnknown = "nik_region_unknown"
	WarnBirthDiffers  = "nik_birth_date_differs"
	WarnAge           = "age_unusual"
)

// NIK is a population number (Nomor Induk Kependudukan): 16 digits, province,
// regency, district (2 each), birth date DDMMYY with 40 added to the day for
// women, serial (4). There is no check digit.
type NIK string

var (
	nikForm      = regexp.MustCompile(`^[1-9][0-9]{15}$`)
	passportForm = regexp.MustCompile(`^[A-Z0-9]{5,15}$`)
	separators   = strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "")
)

const (
	femaleOffset = 40
	minAge       = 15
	maxAge       = 100
)

// ParseNIK reads a NIK, spaces, dots and dashes aside. It returns
// ErrIdentityForm, ErrNIKDate or ErrNIKSerial.
func ParseNIK(s string) (NIK, error) {
	n := NIK(separators.Replace(strings.TrimSpace(s)))
	switch {
	case !nikForm.MatchString(string(n)):
		return "", ErrIdentityForm
	case len(n.births()) == 0:
		return "", ErrNIKDate
	case n[12:] == "0000":
		return "", ErrNIKSerial
	}
	return n, nil
}

// births returns the dates of birth that the number can stand for: the
// two-digit year read as 19YY and as 20YY, impossible dates left out.
func (n NIK) births() []clock.Day {
	two := func(i int) int { return int(n[i]-'0')*10 + int(n[i+1]-'0') }
	day, month, year := two(6), two(8), two(10)
	if day > femaleOffset {
		day -= femaleOffset
	}
	var out []clock.Day
	for _, century := range []int{1900, 2000} {
		t := time.Date(century+year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if t.Day() == day && int(t.Month()) == month {
			out = append(out, clock.DayOf(t, time.UTC))
		}
	}
	return out
}

// RegionCode returns the district in which the number was first issued, in the
// form of regions.code (72.71.01).
func (n NIK) RegionCode() string {
	return string(n[:2]) + "." + string(n[2:4]) + "." + string(n[4:6])
}

// Warnings returns what is unusual about the number: known tells whether a
// region code exists, birth is the date as typed (” when not asked).
func (n NIK) Warnings(known func(code string) bool, birth, today clock.Day) []string {
	var out []string
	if !known(n.RegionCode()) {
		out = append(out, WarnRegionUnknown)
	}
	births := n.births()
	if birth != "" && !slices.Contains(births, birth) {
		out = append(out, WarnBirthDiffers)
	}
	if birth != "" {
		births = []clock.Day{birth}
	}
	usual := func(b clock.Day) bool {
		return b.AddMonths(12*minAge) <= today && today <= b.AddMonths(12*(maxAge+1)).AddDays(-1)
	}
	if !slices.ContainsFunc(births, usual) {
		out = append(out, WarnAge)
	}
	return out
}

// ParseIdentity reads an identity number of the given kind and returns its
// normal form: digits for a NIK, capitals and digits for a passport.
func ParseIdentity(kind IDType, s string) (string, error) {
	if kind == PassportType {
		n := strings.ToUpper(separators.Replace(strings.TrimSpace(s)))
		if !passportForm.MatchString(n) {
			return "", ErrIdentityForm
		}
		return n, nil
	}
	n, err := ParseNIK(s)
	return string(n), err
}
