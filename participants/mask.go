package participants

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maskedNameMax  = 24
	maskedFallback = "PESERTA" // a name without any Latin letter
	shownDigits    = 4
)

// latin spells out letters that do not decompose into a Latin letter and a mark.
var latin = map[rune]string{
	'Æ': "AE", 'Œ': "OE", 'Ø': "O", 'Đ': "D", 'Ð': "D", 'Ł': "L", 'Þ': "TH", 'ß': "SS", 'ẞ': "SS", 'Ħ': "H", 'Ŧ': "T", 'Ŋ': "NG", 'ı': "I",
}

// MaskName returns the form of a name that cards and tills show: capitals A–Z
// and stars, words joined by '-', at most 24 characters. Two letters of each
// word stay, one of a word of two. Accents are taken off, other scripts,
// digits and signs left out.
func MaskName(name string) string {
	var out strings.Builder
	for _, word := range latinWords(name) {
		room := maskedNameMax - out.Len()
		if out.Len() > 0 {
			room--
		}
		if room < 1 {
			break
		}
		if out.Len() > 0 {
			out.WriteByte('-')
		}
		masked := maskWord(word)
		out.WriteString(masked[:min(room, len(masked))])
	}
	if out.Len() == 0 {
		return maskedFallback
	}
	return out.String()
}

func maskWord(word string) string {
	keep := 2
	if len(word) <= keep {
		keep = 1
	}
	return word[:keep] + strings.Repeat("*", len(word)-keep)
}

// latinWords returns the words of s in capitals A–Z. An apostrophe is part of
// its word; every other sign parts words.
func latinWords(s string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, " ")) {
		up := unicode.ToUpper(r)
		switch spelled, special := latin[up]; {
		case up >= 'A' && up <= 'Z':
			word.WriteRune(up)
		case special:
			word.WriteString(spelled)
		case r == '\'', r == '’', r == '‘', r == '`', r == 'ʻ', unicode.IsMark(r), unicode.IsLetter(r), unicode.IsDigit(r):
		default:
			end()
		}
	}
	end()
	return words
}

// maskNumber shows the last four characters of a number of more than four.
func maskNumber(s string) string {
	n := utf8.RuneCountInString(s)
	if n <= shownDigits {
		return strings.Repeat("*", n)
	}
	return strings.Repeat("*", n-shownDigits) + s[len(s)-shownDigits:]
}
