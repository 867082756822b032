package participants

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berlaku/berlaku/internal/clock"
)

func TestNIKRules(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     NIK
		err      error
	}{
		{"a woman of Palu", "7271995508900001", "7271995508900001", nil},
		{"a man of Sigi", "7210990302850002", "7210990302850002", nil},
		{"dots, dashes and blanks are taken out", " 7271.9955-0890 0001 ", "7271995508900001", nil},
		{"no digits at all", "", "", ErrIdentityForm},
		{"fifteen digits", "727199550890001", "", ErrIdentityForm},
		{"seventeen digits", "72719955089000011", "", ErrIdentityForm},
		{"a leading zero", "0271995508900001", "", ErrIdentityForm},
		{"a letter", "727199550890000A", "", ErrIdentityForm},
		{"digits of another script", "٧٢٧١٩٩٥٥٠٨٩٠٠٠٠١", "", ErrIdentityForm},
		{"day 00", "7271990008900001", "", ErrNIKDate},
		{"day 32", "7271993208900001", "", ErrNIKDate},
		{"day 40", "7271994008900001", "", ErrNIKDate},
		{"day 41 is a woman's first", "7271994108900001", "7271994108900001", nil},
		{"day 71 is a woman's last", "7271997108900001", "7271997108900001", nil},
		{"day 72", "7271997208900001", "", ErrNIKDate},
		{"month 00", "7271990100900001", "", ErrNIKDate},
		{"month 13", "7271990113900001", "", ErrNIKDate},
		{"31 February", "7271993102900001", "", ErrNIKDate},
		{"31 April", "7271993104900001", "", ErrNIKDate},
		{"29 February of a leap year", "7271992902880001", "7271992902880001", nil},
		{"29 February 1900 was not, 2000 was", "7271992902000001", "7271992902000001", nil},
		{"29 February of no leap year in either century", "7271992902890001", "", ErrNIKDate},
		{"serial 0000", "7271995508900000", "", ErrNIKSerial},
		{"serial 9999", "7271995508909999", "7271995508909999", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseNIK(c.in)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestNIKWarnsButNeverRefuses(t *testing.T) {
	known := func(c string) bool { return c == "72.71.01" }
	for _, c := range []struct {
		name  string
		nik   NIK
		birth clock.Day
		want  []string
	}{
		{"all as expected", "7271011508900001", "1990-08-15", nil},
		{"unknown district", "7271991508900001", "1990-08-15", []string{WarnRegionUnknown}},
		{"another birth date", "7271011508900001", "1990-08-16", []string{WarnBirthDiffers}},
		{"a woman's day", "7271015508900001", "1990-08-15", nil},
		{"fourteen years old", "7271011508120001", "2012-08-15", []string{WarnAge}},
		{"fifteen years old", "7271012411110001", "2011-11-24", nil},
		{"older than a hundred", "7271011508240001", "1924-08-15", []string{WarnAge}},
		{"no birth date, one century fits", "7271011508900001", "", nil},
		{"no birth date, no century fits", "7271011508200001", "", []string{WarnAge}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.nik.Warnings(known, c.birth, "2026-11-24"); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func FuzzNIK(f *testing.F) {
	for _, s := range []string{"7271995508900001", "7271992902000001", "", "72.71-99", "727199550890000\x00", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNIK(s)
		if err != nil {
			if n != "" {
				t.Errorf("a refused text gave %q", n)
			}
			return
		}
		if !nikForm.MatchString(string(n)) || len(n.births()) == 0 {
			t.Errorf("took %q as %q", s, n)
		}
		if again, err := ParseNIK(string(n)); err != nil || again != n {
			t.Errorf("its own normal form gives %q, %v", again, err)
		}
	})
}

func TestKPJPassportAndPhoneForms(t *testing.T) {
	for _, c := range []struct {
		name  string
		parse func(string) (string, error)
		in    string
		want  string
		err   error
	}{
		{"KPJ of eleven digits", ParseKPJ, "19012345678", "19012345678", nil},
		{"KPJ with leading zeros and blanks", ParseKPJ, " 000 1234 5678", "00012345678", nil},
		{"KPJ of ten digits", ParseKPJ, "1901234567", "", ErrKPJForm},
		{"KPJ with a letter", ParseKPJ, "1901234567A", "", ErrKPJForm},
		{"KPJ as a spreadsheet spoils it", ParseKPJ, "1.9E+10", "", ErrKPJForm},
		{"passport", func(s string) (string, error) { return ParseIdentity(PassportType, s) }, "c 1234567", "C1234567", nil},
		{"passport with a sign", func(s string) (string, error) { return ParseIdentity(PassportType, s) }, "C1234_67", "", ErrIdentityForm},
		{"phone with 08", ParsePhone, "0812-3456-7890", "+6281234567890", nil},
		{"phone with 62", ParsePhone, "62 812 3456 789", "+628123456789", nil},
		{"phone with +62", ParsePhone, "+62 (812) 3456789", "+628123456789", nil},
		{"phone without anything", ParsePhone, "81234567890", "+6281234567890", nil},
		{"phone that is too short", ParsePhone, "08123456", "", ErrPhoneForm},
		{"phone that is too long", ParsePhone, "08123456789012", "", ErrPhoneForm},
		{"landline", ParsePhone, "0451 421234", "", ErrPhoneForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.parse(c.in)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestMaskName(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"two words", "Budi Santoso", "BU**-SA*****"},
		{"one word", "Suharto", "SU*****"},
		{"one letter", "M", "M"},
		{"words of two letters keep one", "Al Ali", "A*-AL*"},
		{"initials", "H.M. Yusuf", "H-M-YU***"},
		{"an apostrophe joins", "Ma'ruf Amin", "MA***-AM**"},
		{"a dash parts", "Siti-Nur", "SI**-NU*"},
		{"accents go", "José Müller", "JO**-MU****"},
		{"letters that do not decompose", "Ærø Łuk", "AE**-LU*"},
		{"digits go", "Budi2 99", "BU**"},
		{"another script only", "李小龍", "PESERTA"},
		{"another script beside ours", "Lee 李", "LE*"},
		{"nothing", "", "PESERTA"},
		{"signs only", "-- .. !!", "PESERTA"},
		{"bytes that are no text", "Bu\xffdi", "B*-D*"},
		{"a very long word", "Abcdefghijklmnopqrstuvwxyzabcdef", "AB**********************"},
		{"many words are cut", "Muhammad Abdurrahman Wahid Hasyim", "MU******-AB*********-WA*"},
		{"no dash at the end", "Abcdefghijklmnopqrstuvw Budi", "AB*********************"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := MaskName(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

var cardName = regexp.MustCompile(`^[A-Z][A-Z*]*(-[A-Z][A-Z*]*)*$`)

func TestMaskNameAlwaysHasTheFormOfTheCard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zÀ-ž '.\-]{0,60}`)).Draw(t, "name")
		if got := MaskName(in); len(got) > 24 || !cardName.MatchString(got) {
			t.Fatalf("%q gives %q", in, got)
		}
	})
}

func TestMaskNumberShowsFourAtMost(t *testing.T) {
	for in, want := range map[string]string{"7271995508900001": "************0001", "1234": "****", "": "", "12345": "*2345"} {
		if got := maskNumber(in); got != want || utf8.RuneCountInString(got) != len(in) {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestStatusOnADay(t *testing.T) {
	snap := func(seg Segment, st Status, asOf, until, ended clock.Day) snapshot {
		return snapshot{seg, st, asOf, until, ended}
	}
	for _, c := range []struct {
		name  string
		m     snapshot
		today clock.Day
		want  Status
	}{
		{"BPU before the end of protection", snap(BPU, Active, "2026-01-01", "2026-11-30", ""), "2026-11-24", Active},
		{"BPU on the last day of protection", snap(BPU, Active, "2026-01-01", "2026-11-24", ""), "2026-11-24", Active},
		{"BPU a day after", snap(BPU, Active, "2026-01-01", "2026-11-23", ""), "2026-11-24", InArrears},
		{"BPU on the last day of grace", snap(BPU, Active, "2026-01-01", "2026-08-24", ""), "2026-11-24", InArrears},
		{"BPU a day after grace", snap(BPU, Active, "2026-01-01", "2026-08-23", ""), "2026-11-24", Inactive},
		{"grace from 30 November ends on 28 February", snap(BPU, Active, "2026-01-01", "2026-11-30", ""), "2027-02-28", InArrears},
		{"and is over on 1 March", snap(BPU, Active, "2026-01-01", "2026-11-30", ""), "2027-03-01", Inactive},
		{"in a leap year it ends on 29 February", snap(BPU, Active, "2023-01-01", "2023-11-30", ""), "2024-02-29", InArrears},
		{"grace from 31 January ends on 30 April", snap(BPU, Active, "2026-01-01", "2026-01-31", ""), "2026-04-30", InArrears},
		{"and is over on 1 May", snap(BPU, Active, "2026-01-01", "2026-01-31", ""), "2026-05-01", Inactive},
		{"grace from 31 May ends on 31 August", snap(BPU, Active, "2026-01-01", "2026-05-31", ""), "2026-08-31", InArrears},
		{"grace over the turn of the year", snap(BPU, Active, "2025-01-01", "2025-12-31", ""), "2026-03-31", InArrears},
		{"grace over the turn of the year, over", snap(BPU, Active, "2025-01-01", "2025-12-31", ""), "2026-04-01", Inactive},
		{"BPU without an end stays as reported", snap(BPU, Active, "2020-01-01", "", ""), "2026-11-24", Active},
		{"BPU reported in arrears although protected", snap(BPU, InArrears, "2026-11-01", "2026-12-31", ""), "2026-11-24", InArrears},
		{"BPU reported out although protected", snap(BPU, Inactive, "2026-11-01", "2026-12-31", ""), "2026-11-24", Inactive},
		{"arrears without an end run from the report", snap(BPU, InArrears, "2026-08-24", "", ""), "2026-11-24", InArrears},
		{"arrears without an end are over three months after it", snap(BPU, InArrears, "2026-08-23", "", ""), "2026-11-24", Inactive},
		{"PU protected", snap(PU, Active, "2026-01-01", "2026-11-24", ""), "2026-11-24", Active},
		{"PU after the end has no grace", snap(PU, Active, "2026-01-01", "2026-11-23", ""), "2026-11-24", Inactive},
		{"PU without an end", snap(PU, Active, "2026-01-01", "", ""), "2026-11-24", Active},
		{"PU whose employer is behind", snap(PU, InArrears, "2026-10-01", "", ""), "2026-11-24", InArrears},
		{"PU whose employer is too long behind", snap(PU, InArrears, "2026-08-01", "", ""), "2026-11-24", Inactive},
		{"PU in arrears after the end of protection", snap(PU, InArrears, "2026-10-01", "2026-09-30", ""), "2026-11-24", InArrears},
		{"Jakon on the last project day", snap(Jakon, Active, "2026-01-01", "2026-11-24", ""), "2026-11-24", Active},
		{"Jakon after the project", snap(Jakon, Active, "2026-01-01", "2026-11-23", ""), "2026-11-24", Inactive},
		{"PMI within the contract", snap(PMI, Active, "2026-01-01", "2027-01-01", ""), "2026-11-24", Active},
		{"PMI after the contract", snap(PMI, Active, "2026-01-01", "2026-01-01", ""), "2026-11-24", Inactive},
		{"ended today", snap(PU, Active, "2026-01-01", "", "2026-11-24"), "2026-11-24", Inactive},
		{"to end tomorrow", snap(PU, Active, "2026-01-01", "", "2026-11-25"), "2026-11-24", Active},
		{"ended beats protection", snap(BPU, Active, "2026-01-01", "2027-12-31", "2026-01-01"), "2026-11-24", Inactive},
		{"unverified stays unverified", snap(BPU, Unverified, "2020-01-01", "2020-01-01", ""), "2026-11-24", Unverified},
		{"unverified and ended is inactive", snap(BPU, Unverified, "2020-01-01", "", "2026-01-01"), "2026-11-24", Inactive},
		{"inactive stays inactive", snap(PU, Inactive, "2020-01-01", "", ""), "2026-11-24", Inactive},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.m.on(c.today); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// What Lapse stores must read the same as what was there before it ran.
func TestStoringTheStatusOfADayChangesNoLaterDay(t *testing.T) {
	day := rapid.Custom(func(t *rapid.T) clock.Day {
		return clock.Day("2026-01-01").AddDays(rapid.IntRange(0, 800).Draw(t, "days"))
	})
	maybe := rapid.OneOf(day, rapid.Just(clock.Day("")))
	rapid.Check(t, func(t *rapid.T) {
		m := snapshot{
			rapid.SampledFrom(segments).Draw(t, "segment"), rapid.SampledFrom(statuses).Draw(t, "status"),
			day.Draw(t, "as of"), maybe.Draw(t, "until"), maybe.Draw(t, "ended"),
		}
		stored, a, b := m, day.Draw(t, "a"), day.Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		stored.Status = m.on(a)
		if stored.on(b) != m.on(b) {
			t.Fatalf("stored on %s: %s on %s, else %s", a, stored.on(b), b, m.on(b))
		}
		if cut := graceCutoff(b); cut.AddMonths(3) >= b || cut.AddDays(1).AddMonths(3) < b {
			t.Fatalf("cut-off of %s is %s", b, cut)
		}
	})
}

func TestBestMembership(t *testing.T) {
	id := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	member := func(n byte, st Status, asOf clock.Day, arrearsValid bool) candidate {
		return candidate{id(n), id(100 + n), snapshot{BPU, st, asOf, "", ""}, "2026-11-24", arrearsValid}
	}
	for _, c := range []struct {
		name         string
		restricted   bool
		all          []candidate
		want         byte
		valid, known bool
	}{
		{"none", false, nil, 0, false, false},
		{"one that is active", false, []candidate{member(1, Active, "2026-01-01", false)}, 1, true, true},
		{"a valid one before a newer one that is not", false, []candidate{member(1, Active, "2026-01-01", false), member(2, Inactive, "2026-11-01", false)}, 1, true, true},
		{"the newest of two valid ones", false, []candidate{member(1, Active, "2026-01-01", false), member(2, Active, "2026-02-01", false)}, 2, true, true},
		{"the newest of two that are not", false, []candidate{member(1, Inactive, "2026-10-01", false), member(2, InArrears, "2026-09-01", false)}, 1, false, true},
		{"arrears where the branch refuses them", false, []candidate{member(1, InArrears, "2026-11-01", false)}, 1, false, true},
		{"arrears where the branch accepts them", false, []candidate{member(1, InArrears, "2026-11-01", true)}, 1, true, true},
		{"arrears beyond three months where the branch accepts them", false, []candidate{member(1, InArrears, "2026-08-01", true)}, 1, false, true},
		{"unverified", false, []candidate{member(1, Unverified, "2026-11-01", true)}, 1, false, false},
		{"active but restricted", true, []candidate{member(1, Active, "2026-11-01", true)}, 1, false, true},
		{"a tie goes to the newer membership", false, []candidate{member(2, Active, "2026-11-01", false), member(1, Active, "2026-11-01", false)}, 2, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := best(id(9), id(99), c.restricted, c.all)
			if got.MembershipID != id(c.want) || got.Valid != c.valid || got.Known != c.known || got.Restricted != c.restricted {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestImportDays(t *testing.T) {
	for _, c := range []struct {
		in     string
		format Format
		want   clock.Day
		bad    bool
	}{
		{"", CSV, "", false}, {"2026-11-24", CSV, "2026-11-24", false}, {"24/11/2026", CSV, "2026-11-24", false}, {"4/1/2026", CSV, "2026-01-04", false},
		{"24-11-2026", CSV, "2026-11-24", false}, {"2026-11-24 00:00:00", CSV, "2026-11-24", false}, {"11/24/2026", CSV, "", true}, {"31/02/2026", CSV, "", true},
		{"46350", CSV, "", true}, {"46350", XLSX, "2026-11-24", false}, {"0", XLSX, "", true}, {"besok", CSV, "", true}, {"24/11/26", CSV, "", true},
	} {
		if got, err := importDay(c.in, c.format, 0); got != c.want || (err != nil) != c.bad {
			t.Errorf("%q in %s: got %q, %v", c.in, c.format, got, err)
		}
	}
}
