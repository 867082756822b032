package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/participants"
)

// noticeBlock is a paragraph, or the points of a list.
type noticeBlock struct {
	Text   string
	Points []string
}

type noticePart struct {
	Heading string
	Blocks  []noticeBlock
}

// noticeText is the whole notice in one language.
type noticeText struct {
	Lang, Title, Version string
	Parts                []noticePart
}

type privacyPage struct {
	First string
	Skip  string
	Texts [2]noticeText // the reader's own first
}

const bullet = "• "

func noticePartOf(s participants.NoticeSection) noticePart {
	p := noticePart{Heading: s.Heading}
	for line := range strings.SplitSeq(s.Body, "\n") {
		point, is := strings.CutPrefix(line, bullet)
		last := len(p.Blocks) - 1
		switch {
		case !is:
			p.Blocks = append(p.Blocks, noticeBlock{Text: line})
		case last >= 0 && len(p.Blocks[last].Points) > 0:
			p.Blocks[last].Points = append(p.Blocks[last].Points, point)
		default:
			p.Blocks = append(p.Blocks, noticeBlock{Points: []string{point}})
		}
	}
	return p
}

func newPrivacyPage(first string) privacyPage {
	n := participants.PrivacyNotice()
	text := func(lang, title, version string, sections []participants.NoticeSection) noticeText {
		t := noticeText{Lang: lang, Title: title, Version: version + " " + n.Version + ", " + string(n.PublishedOn)}
		for _, s := range sections {
			t.Parts = append(t.Parts, noticePartOf(s))
		}
		return t
	}
	p := privacyPage{First: first, Skip: "Langsung ke isi", Texts: [2]noticeText{
		text("id", "Pemberitahuan privasi Kartu Promo Peserta", "Versi", n.ID), text("en", "Privacy notice of the participant promo card", "Translation of version", n.EN),
	}}
	if first == "en" {
		p.Skip, p.Texts[0], p.Texts[1] = "Skip to content", p.Texts[1], p.Texts[0]
	}
	return p
}

// privacy is the page at /privasi: the notice in force in both languages.
func (s *Server) privacy(c echo.Context) error {
	c.Response().Header().Set("Vary", "Accept-Language")
	return s.html(c, http.StatusOK, "privacy.html", newPrivacyPage(language(c.Request())))
}
