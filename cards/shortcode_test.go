package cards

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawCode(t *rapid.T) string {
	return withCheck(rapid.StringOfN(rapid.SampledFrom([]rune(codeAlphabet)), codeLen-1, codeLen-1, -1).Draw(t, "seven"))
}

func TestShortCodeNoticesEveryWrongCharacterAndSwap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := drawCode(t)
		if _, typed, good := readShortCode(code); !typed || !good {
			t.Fatalf("%s itself: typed %v, good %v", code, typed, good)
		}
		for i := range len(code) {
			for _, c := range codeAlphabet {
				wrong := code[:i] + string(c) + code[i+1:]
				if _, _, good := readShortCode(wrong); good != (wrong == code) {
					t.Fatalf("%s for %s: good %v", wrong, code, good)
				}
			}
			for j := i + 1; j < len(code); j++ {
				b := []byte(code)
				b[i], b[j] = b[j], b[i]
				if _, _, good := readShortCode(string(b)); good != (string(b) == code) {
					t.Fatalf("%s for %s: good %v", b, code, good)
				}
			}
		}
	})
}

func TestShortCodeIsReadAsPeopleTypeIt(t *testing.T) {
	code := withCheck("01A2B3C")
	for _, s := range []string{code, strings.ToLower(code), Spaced(code), " " + code[:4] + " " + code[4:] + " ", "ol" + code[2:], "O-I-" + code[2:], "oL" + code[2:]} {
		got, typed, good := readShortCode(s)
		if got != code || !typed || !good {
			t.Errorf("%q: got %q, typed %v, good %v", s, got, typed, good)
		}
	}
	for _, s := range []string{"", code[:7], code + "0", "U" + code[1:], "HTTPS://", code + strings.Repeat(" ", 40), "\n" + code} {
		if _, typed, _ := readShortCode(s); typed {
			t.Errorf("%q was read as a short code", s)
		}
	}
}

func TestShortCodesAreDrawnWithTheirCheck(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		code := newShortCode()
		if _, typed, good := readShortCode(code); !typed || !good {
			t.Fatalf("%s: typed %v, good %v", code, typed, good)
		}
		seen[code] = true
	}
	if len(seen) < 999 {
		t.Errorf("only %d distinct codes in 1000", len(seen))
	}
}
