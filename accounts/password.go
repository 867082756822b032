package accounts

import (
	_ "embed" // the list of words
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minPassword = 12
	maxPassword = 128
	// minLeft is how many characters must be left of a password once words
	// and sequences are taken out.
	minLeft = 6
	// minSequence is the length from which 1234, abcd or aaaa counts as one.
	minSequence = 3
	// minWord is the shortest part of a person's own name that is taken out.
	minWord = 4
)

//go:embed words.txt
var wordList string

// words are those that everybody tries first, longest first.
var words = strings.Fields(wordList)

// checkPassword returns the first rule that the password breaks, or nil.
// Length is counted in characters (ASVS 5.0, 6.2); there are no rules about
// kinds of characters. What is personal is taken out like a common word.
func checkPassword(password string, personal ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return ErrPasswordShort.At("/password")
	case n > maxPassword:
		return ErrPasswordLong.At("/password")
	}
	rest := fold(password)
	for _, p := range personal {
		for _, w := range strings.FieldsFunc(strings.ToLower(p), notLetter) {
			if utf8.RuneCountInString(w) >= minWord {
				rest = strings.ReplaceAll(rest, w, " ")
			}
		}
	}
	for _, w := range words {
		rest = strings.ReplaceAll(rest, w, " ")
	}
	if left(rest) < minLeft {
		return ErrPasswordCommon.At("/password")
	}
	return nil
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// unleet undoes the usual disguises before words are looked for.
var unleet = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s")

// fold lower-cases the password, and undoes disguises where letters are near.
func fold(password string) string {
	low := strings.ToLower(password)
	if plain := unleet.Replace(low); plain != low {
		for _, w := range words {
			if strings.Contains(plain, w) {
				return plain
			}
		}
	}
	return low
}

// left counts what is hard to guess: characters that are neither spaces nor
// part of a sequence, each character at most twice.
func left(text string) int {
	runes := []rune(text)
	seen := map[rune]int{}
	n := 0
	for i := 0; i < len(runes); {
		run := sequence(runes[i:])
		if run >= minSequence {
			i += run
			continue
		}
		if r := runes[i]; !unicode.IsSpace(r) && seen[r] < 2 {
			seen[r]++
			n++
		}
		i++
	}
	return n
}

// sequence returns how long the text begins with steps of equal size: up by
// one, down by one, or the same character.
func sequence(runes []rune) int {
	if len(runes) < 2 {
		return len(runes)
	}
	step := runes[1] - runes[0]
	if step < -1 || step > 1 {
		return 1
	}
	n := 2
	for n < len(runes) && runes[n]-runes[n-1] == step {
		n++
	}
	return n
}
