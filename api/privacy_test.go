package api_test

import (
	"encoding/hex"
	"html"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/participants"
)

type noticeAnswer struct {
	Version     string `json:"version"`
	PublishedOn string `json:"published_on"`
	Hash        string `json:"hash"`
	Text        map[string][]participants.NoticeSection
}

func TestThePrivacyNotice(t *testing.T) {
	w := newTown(t)
	n := participants.PrivacyNotice()
	got := read[noticeAnswer](t, w.send("GET", "/v1/privacy-notice", "", ""), 200)
	if got.Version != n.Version || got.Hash != hex.EncodeToString(n.Hash[:]) || got.PublishedOn != string(n.PublishedOn) || len(got.Text["id"]) != len(n.ID) || len(got.Text["en"]) != len(n.EN) {
		t.Errorf("got %+v", got)
	}
	for lang, first := range map[string]string{"id": "Pemberitahuan privasi", "en": "Privacy notice"} {
		rec := w.send("GET", "/privasi?lang="+lang, "", "")
		page := rec.Body.String()
		if rec.Code != 200 || !strings.Contains(page, "<html lang=\""+lang+"\"") || !strings.Contains(page, "<h1>"+first) {
			t.Errorf("%s: %d %.300s", lang, rec.Code, page)
		}
		for _, s := range append(append([]participants.NoticeSection{}, n.ID...), n.EN...) {
			for line := range strings.SplitSeq(s.Body, "\n") {
				if !strings.Contains(html.UnescapeString(page), strings.TrimPrefix(line, "• ")) {
					t.Errorf("%s: the page lacks %q", lang, line)
				}
			}
		}
		if strings.Contains(page, "<script") {
			t.Error("a script")
		}
	}
}
