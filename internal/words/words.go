// Package words holds the texts that people read, one file per language
// (id.json, en.json), the same files for the server and for the apps in web/.
//
// Each file is an object of sections. reasons has one sentence for each reason
// code of the counter, with the next step, the empty reason under the key ok,
// and those of a record that was granted or voided. messages are what goes to
// a person's phone by SMS, WhatsApp or mail. kasir has the texts of the
// till's app; Go does not read them. pages has those of the pages that the server
// makes. Both files hold the same keys with the same {placeholders}.
package words

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
)

//go:embed id.json
var indonesian []byte

//go:embed en.json
var english []byte

// ok is the key of the empty reason.
const ok = "ok"

// language is the part of a file that the server reads.
type language struct {
	Pages    map[string]map[string]string `json:"pages"`
	Messages map[string]string            `json:"messages"`
	Reasons  map[string]string            `json:"reasons"`
}

var read = sync.OnceValue(func() (both [2]language) {
	for i, b := range [][]byte{indonesian, english} {
		if err := json.Unmarshal(b, &both[i]); err != nil {
			panic("words: " + err.Error()) // the files are part of the program and tested
		}
	}
	return both
})

// Reason returns the sentence of a reason code in Indonesian and in English;
// of the empty one, that all is well. A code that nobody knows has none.
func Reason(code string) (id, en string) {
	if code == "" {
		code = ok
	}
	both := read()
	return both[0].Reasons[code], both[1].Reasons[code]
}

// Message returns a text of the section messages in Indonesian, the language in
// which the programme writes to people, with its placeholders filled: pairs of
// a name and what stands in its place.
func Message(key string, fill ...string) string {
	pairs := make([]string, len(fill))
	for i, s := range fill {
		if pairs[i] = s; i%2 == 0 {
			pairs[i] = "{" + s + "}"
		}
	}
	return strings.NewReplacer(pairs...).Replace(read()[0].Messages[key])
}

// Page returns the texts of a page that the server makes ("promo", "camera",
// "days"), in English for "en", else in Indonesian.
func Page(name, lang string) map[string]string {
	both := read()
	if lang == "en" {
		return both[1].Pages[name]
	}
	return both[0].Pages[name]
}
