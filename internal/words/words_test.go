package words_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/internal/words"
)

var placeholder = regexp.MustCompile(`\{\w*\}`)

// leaves returns the placeholders of every text, by the path to it.
func leaves(t *testing.T, at string, v any, into map[string][]string) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			leaves(t, at+"/"+k, inner, into)
		}
	case string:
		if v == "" {
			t.Errorf("%s: an empty text", at)
		}
		into[at] = append([]string{}, slices.Sorted(slices.Values(placeholder.FindAllString(v, -1)))...)
	default:
		t.Errorf("%s: neither a text nor a section", at)
	}
}

func read(t *testing.T, name string) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	leaves(t, "", v, out)
	var pretty bytes.Buffer
	enc := json.NewEncoder(&pretty)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pretty.String(), string(b)); diff != "" {
		t.Errorf("%s: keys sorted, two spaces, each once:\n%s", name, diff)
	}
	return out
}

func TestBothLanguagesHaveTheSameKeysAndPlaceholders(t *testing.T) {
	id, en := read(t, "id.json"), read(t, "en.json")
	if diff := cmp.Diff(id, en); diff != "" {
		t.Error(diff)
	}
	if n := len(slices.Collect(maps.Keys(id))); n < 44 {
		t.Errorf("only %d texts", n)
	}
}

func TestAReasonHasItsSentence(t *testing.T) {
	for code, want := range map[string][2]string{
		"":            {"Kartu berlaku.", "The card is valid."},
		"ok":          {"Kartu berlaku.", "The card is valid."},
		"card_forged": {"Kartu tidak asli. Jangan berikan diskon.", "The card is not genuine. Give no discount."},
		"nothing":     {},
	} {
		if id, en := words.Reason(code); [2]string{id, en} != want {
			t.Errorf("%q: %q, %q", code, id, en)
		}
	}
}

func TestAMessageIsFilled(t *testing.T) {
	got := words.Message("claim_code", "code", "482913")
	if strings.Contains(got, "{") || !strings.HasPrefix(got, "482913 adalah kode Kartu Promo Peserta Anda.") {
		t.Errorf("got %q", got)
	}
	for _, key := range []string{"card_link", "share_link"} {
		if got := words.Message(key, "link", "https://k.example/kartu/#A"); !strings.Contains(got, " https://k.example/kartu/#A\n") {
			t.Errorf("%s: the link is no word of its own: %q", key, got)
		}
	}
	if got := words.Message("nothing"); got != "" {
		t.Errorf("a text that nobody wrote: %q", got)
	}
}
