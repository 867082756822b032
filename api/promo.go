package api

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/words"
	"github.com/berlaku/berlaku/partners"
)

const promosPerPage = 24

// promoRoute registers the directory as a page. What others hang on its address
// (a messenger's mark of a click) is passed over.
func (s *Server) promoRoute() {
	op := say(get("/promo", tagPublic, "The directory as a page"), "For people, without a script, in Indonesian or English.")
	op.Responses = file("text/html; charset=utf-8")
	op.Middlewares = huma.Middlewares{onlyKnown("lang", "q", "region", "sector", "cursor")}
	route(s, op, access.Public(), s.promoPage)
}

// onlyKnown drops other parameters of the query.
func onlyKnown(names ...string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		u := humaecho.Unwrap(ctx).Request().URL
		kept := url.Values{}
		for name, values := range u.Query() {
			if slices.Contains(names, name) {
				kept[name] = values
			}
		}
		u.RawQuery = kept.Encode()
		next(ctx)
	}
}

type promoQuery struct {
	Lang     string `query:"lang" doc:"id or en; else what the browser prefers."`
	Q        string `query:"q" doc:"Words to look for."`
	Region   string `query:"region" doc:"Kemendagri code."`
	Sector   string `query:"sector" doc:"Code."`
	Cursor   string `query:"cursor"`
	Accept   string `header:"Accept-Language"`
	asked    benefits.Search
	position page.Request
}

// tidy makes a search of whatever was typed: what cannot be is not looked for.
func (q *promoQuery) tidy() {
	q.Q, q.Region, q.Sector = firstRunes(strings.TrimSpace(q.Q), 80), firstRunes(q.Region, 8), firstRunes(q.Sector, 8)
	q.asked = benefits.Search{Region: q.Region, Sector: q.Sector, Words: q.Q}
	at, err := page.Parse(promosPerPage, q.Cursor)
	if err != nil {
		at, q.Cursor = page.Request{Limit: promosPerPage}, ""
	}
	q.position = at
}

func firstRunes(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

type promoOutput struct {
	ContentType string `header:"Content-Type"`
	Vary        string `header:"Vary"`
	Body        []byte
}

type choiceView struct {
	Code, Name string
	Chosen     bool
}

type promoView struct {
	Title, Summary, Until, Exclusions string
	IDCheck                           bool
}

type placeView struct {
	Name, Partner, Address, Region, Sector string
	Hours                                  []string
	Open, Known                            bool
	Promos                                 []promoView
	Geo                                    template.URL
	Map                                    string
}

type promoPageView struct {
	Lang, Other       string
	Words             map[string]string
	Q, Region, Sector string
	Regions, Sectors  []choiceView
	Places            []placeView
	Count             string
	Filtered          bool
	Next, First, Swap string
}

func (s *Server) promoPage(ctx context.Context, in *promoQuery) (*promoOutput, error) {
	in.tidy()
	show, err := s.services.Benefits.Showcase(ctx, in.asked, in.position)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "promo.html", in.view(&show, s.opts.Clock.Now())); err != nil {
		return nil, err
	}
	return &promoOutput{ContentType: "text/html; charset=utf-8", Vary: "Accept-Language", Body: b.Bytes()}, nil
}

func (q *promoQuery) view(show *benefits.Showcase, now time.Time) *promoPageView {
	lang := languageOf(q.Lang, q.Accept)
	w := words.Page("promo", lang)
	v := &promoPageView{
		Lang: lang, Other: map[string]string{"id": "en", "en": "id"}[lang], Words: w, Q: q.Q, Region: q.Region, Sector: q.Sector,
		Regions: choicesIn(show.Regions, lang, q.Region), Sectors: choicesIn(show.Sectors, lang, q.Sector),
		Filtered: q.Q != "" || q.Region != "" || q.Sector != "" || q.Cursor != "",
	}
	for i := range show.Page.Items {
		v.Places = append(v.Places, placeOf(&show.Page.Items[i], lang, now))
	}
	switch n := len(v.Places); {
	case show.Page.NextCursor != "" && q.Cursor == "":
		v.Count = filled(w["more_many"], strconv.Itoa(n))
	case n == 1:
		v.Count = w["one"]
	default:
		v.Count = filled(w["many"], strconv.Itoa(n))
	}
	if show.Page.NextCursor != "" {
		v.Next = q.link(q.Lang, show.Page.NextCursor)
	}
	if q.Cursor != "" {
		v.First = q.link(q.Lang, "")
	}
	v.Swap = q.link(v.Other, q.Cursor)
	return v
}

// link is the address of the same search elsewhere.
func (q *promoQuery) link(lang, cursor string) string {
	at := url.Values{}
	for name, value := range map[string]string{"lang": lang, "q": q.Q, "region": q.Region, "sector": q.Sector, "cursor": cursor} {
		if value != "" {
			at.Set(name, value)
		}
	}
	if len(at) == 0 {
		return "/promo"
	}
	return "/promo?" + at.Encode()
}

func choicesIn(all []benefits.Choice, lang, chosen string) []choiceView {
	out := make([]choiceView, len(all))
	for i, c := range all {
		out[i] = choiceView{c.Code, c.NameID, strings.EqualFold(c.Code, chosen)}
		if lang == "en" {
			out[i].Name = c.NameEN
		}
	}
	return out
}

func placeOf(l *benefits.Listing, lang string, now time.Time) placeView {
	o, w := l.Outlet, words.Page("promo", lang)
	v := placeView{
		Name: o.Name, Partner: o.PartnerName, Address: o.Address, Region: l.RegionName, Sector: l.Sector.NameID,
		Hours: hoursIn(o.Hours, lang), Known: len(o.Hours) > 0, Open: openAt(o.Hours, now.In(o.Location())),
	}
	if lang == "en" {
		v.Sector = l.Sector.NameEN
	}
	if strings.EqualFold(v.Name, v.Partner) {
		v.Partner = ""
	}
	if strings.Contains(strings.ToLower(o.Address), strings.ToLower(v.Region)) {
		v.Region = "" // said already
	}
	if o.Latitude != nil && o.Longitude != nil {
		v.Geo = template.URL(fmt.Sprintf("geo:%[1]f,%[2]f?q=%[1]f,%[2]f(%[3]s)", *o.Latitude, *o.Longitude, url.QueryEscape(o.Name))) //nolint:gosec // numbers and an escaped name
		v.Map = fmt.Sprintf("https://www.openstreetmap.org/?mlat=%[1]f&mlon=%[2]f#map=17/%[1]f/%[2]f", *o.Latitude, *o.Longitude)
	}
	for _, p := range l.Offers {
		t := p.Terms
		one := promoView{Title: p.Title, Summary: t.Summary(lang), IDCheck: t.NeedsIDCheck, Until: filled(w["until"], dayIn(string(t.ValidTo), lang))}
		if t.Exclusions != "" {
			one.Exclusions = filled(w["not"], t.Exclusions)
		}
		v.Promos = append(v.Promos, one)
	}
	return v
}

// filled puts value where the text has a {placeholder}.
func filled(text, value string) string {
	from, to := strings.Index(text, "{"), strings.Index(text, "}")
	if from < 0 || to < from {
		return text
	}
	return text[:from] + value + text[to+1:]
}

var monthNames = map[string][12]string{
	"id": {"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// dayIn writes 2026-11-24 as 24 November 2026.
func dayIn(day, lang string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return fmt.Sprintf("%d %s %d", t.Day(), monthNames[lang][t.Month()-1], t.Year())
}

// hoursIn joins days in a row with the same hours: Senin–Sabtu 08.00–17.00.
func hoursIn(all []partners.Hours, lang string) []string {
	perDay := [8]string{}
	for _, h := range sortedHours(all) {
		if h.Day < 1 || h.Day > 7 {
			continue
		}
		if perDay[h.Day] != "" {
			perDay[h.Day] += ", "
		}
		perDay[h.Day] += h.From + "–" + h.To
	}
	names := words.Page("days", lang)
	var out []string
	for first := 1; first <= 7; first++ {
		last := first
		for last < 7 && perDay[last+1] == perDay[first] {
			last++
		}
		if perDay[first] != "" {
			out = append(out, daysIn(first, last, names, lang)+" "+clockIn(perDay[first], lang))
		}
		first = last
	}
	return out
}

func daysIn(first, last int, names map[string]string, lang string) string {
	switch from, to := names[strconv.Itoa(first)], names[strconv.Itoa(last)]; {
	case first == 1 && last == 7:
		return words.Page("promo", lang)["every_day"]
	case first == last:
		return from
	default:
		return from + "–" + to
	}
}

func clockIn(text, lang string) string {
	if lang == "en" {
		return text
	}
	return strings.ReplaceAll(text, ":", ".")
}

func sortedHours(all []partners.Hours) []partners.Hours {
	return slices.SortedStableFunc(slices.Values(all), func(a, b partners.Hours) int { return strings.Compare(a.From, b.From) })
}

// openAt reports whether opening hours include the local time; from later than
// to runs over midnight.
func openAt(all []partners.Hours, local time.Time) bool {
	now, today := local.Format("15:04"), (int(local.Weekday())+6)%7+1
	yesterday := (today+5)%7 + 1
	return slices.ContainsFunc(all, func(h partners.Hours) bool {
		switch {
		case h.From == h.To:
			return h.Day == today
		case h.From < h.To:
			return h.Day == today && h.From <= now && now < h.To
		default:
			return h.Day == today && now >= h.From || h.Day == yesterday && now < h.To
		}
	})
}
