package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestTheDirectoryOverHTTP(t *testing.T) {
	w := newTown(t)
	rec := w.send("GET", "/v1/directory?region=72&sector=MOT", "", "")
	body := read[struct {
		Items []struct {
			Outlet   struct{ ID, Name, Region, Zone string }
			Sector   struct{ Code string }
			Benefits []struct {
				Title   string
				Summary struct{ ID, EN string }
			}
		}
		Next string `json:"next_cursor"`
	}](t, rec, 200)
	if len(body.Items) != 3 || body.Items[0].Outlet.Region != "Palu" || len(body.Items[0].Benefits) != 1 || body.Items[0].Benefits[0].Summary.EN == "" {
		t.Fatalf("%+v", body)
	}
	for _, e := range []*estate{w.a, w.a2, w.b} {
		for state, id := range e.promos {
			if strings.Contains(rec.Body.String(), id.String()) != (state == "live") {
				t.Errorf("a promo that is %s: shown or not, wrongly", state)
			}
		}
		for _, secret := range []string{e.branch.String(), e.person.String(), e.cashier.String(), e.partners["suspended"].String()} {
			if strings.Contains(rec.Body.String(), secret) {
				t.Errorf("it shows %s", secret)
			}
		}
	}
	etag := rec.Header().Get("ETag")
	if etag == "" || !strings.HasPrefix(rec.Header().Get("Cache-Control"), "public") || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", rec.Header())
	}
	if again := w.send("GET", "/v1/directory?region=72&sector=MOT", "", "", "If-None-Match", etag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("%d %s", again.Code, again.Body)
	}
	for query, status := range map[string]int{
		"limit=1": 200, "limit=0": 422, "limit=x": 422, "cursor=x": 400, "region=7": 422, "region=72.": 422, "region=%25": 422, "sector=%00": 400,
		"q=" + strings.Repeat("a", 81): 422, "q=%FF": 400, "q=%25%5F!": 200, "lat=-0.9": 422, "sector=" + w.sector.String(): 200,
	} {
		if rec := w.send("GET", "/v1/directory?"+query, "", ""); rec.Code != status {
			t.Errorf("%s: %d, want %d", query, rec.Code, status)
		}
	}
}

func TestThePromoPage(t *testing.T) {
	w := newTown(t)
	get := func(query string, headers ...string) *httptest.ResponseRecorder {
		t.Helper()
		rec := w.send("GET", "/promo"+query, "", "", headers...)
		if rec.Code != 200 || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: %d %s", query, rec.Code, rec.Body)
		}
		if strings.Contains(rec.Body.String(), "<script") || strings.Contains(rec.Body.String(), " style=") || strings.Contains(rec.Body.String(), "ZgotmplZ") {
			t.Errorf("%s: script, inline style, or a link that was refused", query)
		}
		return rec
	}
	all := get("").Body.String()
	for _, want := range []string{`lang="id"`, "Cari promo", "Toko Alfa", "Toko Gamma", "Burung Alfa live", `action="/promo"`, "20 % dari jasa", "3 toko"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q", want)
		}
	}
	if english := get("?lang=en").Body.String(); !strings.Contains(english, `lang="en"`) || !strings.Contains(english, "20 % off labour") || !strings.Contains(english, `href="/promo?lang=id"`) {
		t.Error("not in English")
	}
	if rec := get("", "Accept-Language", "en-GB"); !strings.Contains(rec.Body.String(), "Find promos") || rec.Header().Get("Vary") != "Accept-Language" {
		t.Error("what the browser prefers is passed over")
	}
	if one := get("?q=alfa").Body.String(); !strings.Contains(one, "1 toko") || strings.Contains(one, "Toko Gamma") || !strings.Contains(one, `value="alfa"`) {
		t.Error("not searched")
	}
	none := get("?q=" + url.QueryEscape(`<script>alert(1)</script>"`)).Body.String()
	if strings.Contains(none, "alert(1)</script>") || !strings.Contains(none, "Belum ada promo yang cocok") {
		t.Error("what is typed comes back raw, or nothing says that there is none")
	}
	for _, odd := range []string{"?fbclid=x&utm_source=wa", "?cursor=x", "?region=%25&sector=%27", "?q=" + strings.Repeat("a", 5000), "?lang=fr", "?region=72.71&sector=mot"} {
		get(odd)
	}
	w.log.take()
	get("?q=" + url.QueryEscape("Sumarni cari obat"))
	if log := w.log.take(); strings.Contains(log, "Sumarni") || !strings.Contains(log, `"route":"/promo"`) {
		t.Errorf("the log: %s", log)
	}
}

// TestWhatACameraOpens sends what stands in cards, and worse, to the page for
// cameras: it never differs, and nothing of the path is kept.
func TestWhatACameraOpens(t *testing.T) {
	w := newTown(t)
	text := strings.TrimPrefix(w.a.cardText, "HTTPS://KARTU.EXAMPLE")
	paths := []string{
		"/1", "/1/", "/1/x", text, "/1/..%2f..%2fetc/passwd", "/1/%00%ff%0d%0aSet-Cookie:%20a=b", "/1//evil.example/", "/1/<script>", "/1/%E2%80%AE",
		"/1/" + strings.Repeat("A", 6000), "/1/a.js", "/1/7201010101900001", "/1/x?y=7201010101900001",
	}
	if !strings.HasPrefix(text, "/1/") {
		t.Fatalf("a card's text begins with %.20q", text)
	}
	want := ""
	for _, path := range paths {
		w.log.take()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		u, err := url.Parse("https://kartu.example" + strings.ReplaceAll(path, "<script>", "%3Cscript%3E"))
		if err != nil {
			t.Fatal(err)
		}
		r.URL, r.Host, r.RequestURI = u, "KARTU.EXAMPLE", path
		rec := httptest.NewRecorder()
		w.API.Handler().ServeHTTP(rec, r)
		log := w.log.take()
		for _, part := range []string{"passwd", "evil", "AAAA", "7201010101", "script", "a.js", text[3:]} {
			if strings.Contains(log, part) {
				t.Errorf("%.60q is in the log: %s", path, log)
			}
		}
		if !strings.Contains(log, `"route":"/1`) {
			t.Errorf("the log names no route: %s", log)
		}
		h := rec.Header().Clone()
		h.Del("X-Request-Id")
		got := fmt.Sprint(rec.Code, h, rec.Body)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%.60q is answered otherwise: %.300s", path, got)
		}
		for name, value := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Set-Cookie": "",
		} {
			if rec.Header().Get(name) != value {
				t.Errorf("%s: %q", name, rec.Header().Get(name))
			}
		}
		if !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'self'") {
			t.Error("no policy")
		}
	}
	for _, bad := range []string{"<form", "<input", "<script", "http://", "https://"} {
		if strings.Contains(want, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}
