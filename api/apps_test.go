package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/berlaku/berlaku/api"
)

// webBuild looks like what the build of the apps makes.
func webBuild() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		".gitkeep":                          "",
		"kasir/index.html":                  "<!doctype html><title>Kasir</title>",
		"kasir/index.html.br":               "br of the page",
		"kartu/index.html":                  "<!doctype html><title>Kartu</title>",
		"kasir/sw.js":                       "self.oninstall = null",
		"kasir/manifest.webmanifest":        `{"name":"Kasir"}`,
		"kasir/icon-192.png":                "png",
		"assets/app/main-1a2b3c4d.js":       "import './x.js'",
		"assets/app/main-1a2b3c4d.js.br":    "br of main",
		"assets/app/zxing-5e6f7a8b.wasm":    strings.Repeat("wasm", 50_000),
		"assets/app/zxing-5e6f7a8b.wasm.br": strings.Repeat("br", 40_000),
		"assets/app/kasir-9c0d1e2f.css":     "body{}",
		"assets/app/odd-00000000.xyz":       "?",
		"assets/loose.js":                   "not under the path of hashed files",
		"secret.txt":                        "not of any app",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func withApps(o *api.Options) { o.Apps = webBuild() }

func TestAppsAreServed(t *testing.T) {
	p := newProbe(t, withApps)
	const (
		forever = "public, max-age=31536000, immutable"
		ask     = "no-cache"
		html    = "text/html; charset=utf-8"
		js      = "text/javascript; charset=utf-8"
	)
	for name, c := range map[string]struct{ path, accept, media, caching, coding, body string }{
		"the page of the app":                    {"/kasir/", "", html, ask, "", "<title>Kasir</title>"},
		"the page by its own name":               {"/kasir/index.html", "", html, ask, "", "<title>Kasir</title>"},
		"the page for a path the app knows":      {"/kasir/antrean", "", html, ask, "", "<title>Kasir</title>"},
		"the page for a deeper one":              {"/kasir/nota/2026/", "", html, ask, "", "<title>Kasir</title>"},
		"the page as Brotli":                     {"/kasir/", "gzip, deflate, br, zstd", html, ask, "br", "br of the page"},
		"the page of another app":                {"/kartu/", "", html, ask, "", "<title>Kartu</title>"},
		"the worker":                             {"/kasir/sw.js", "br", js, ask, "", "self.oninstall"},
		"the manifest":                           {"/kasir/manifest.webmanifest", "", "application/manifest+json", ask, "", "Kasir"},
		"an icon":                                {"/kasir/icon-192.png", "", "image/png", ask, "", "png"},
		"a script":                               {"/assets/app/main-1a2b3c4d.js", "", js, forever, "", "import"},
		"a script as Brotli":                     {"/assets/app/main-1a2b3c4d.js", "br;q=0.5", js, forever, "br", "br of main"},
		"a script to who refuses Brotli":         {"/assets/app/main-1a2b3c4d.js", "br;q=0, gzip", js, forever, "", "import"},
		"a script to who takes anything":         {"/assets/app/main-1a2b3c4d.js", "*", js, forever, "", "import"},
		"WebAssembly":                            {"/assets/app/zxing-5e6f7a8b.wasm", "", "application/wasm", forever, "", "wasmwasm"},
		"WebAssembly as Brotli":                  {"/assets/app/zxing-5e6f7a8b.wasm", "BR", "application/wasm", forever, "br", "brbr"},
		"a style":                                {"/assets/app/kasir-9c0d1e2f.css", "", "text/css; charset=utf-8", forever, "", "body"},
		"a kind of file nobody heard of":         {"/assets/app/odd-00000000.xyz", "", "application/octet-stream", forever, "", "?"},
		"the tokens that are no app's as before": {"/assets/tokens.css", "", "text/css; charset=utf-8", "public, max-age=300, must-revalidate", "", ":root"},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.do(request("GET", c.path, "", "Accept-Encoding", c.accept))
			h := w.Header()
			if w.Code != 200 || !strings.Contains(w.Body.String(), c.body) {
				t.Fatalf("%d %.60q", w.Code, w.Body)
			}
			if h.Get("Content-Type") != c.media || h.Get("Cache-Control") != c.caching || h.Get("Content-Encoding") != c.coding || h.Get("ETag") == "" {
				t.Errorf("headers %v", h)
			}
			again := p.do(request("GET", c.path, "", "Accept-Encoding", c.accept, "If-None-Match", h.Get("ETag")))
			if again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != h.Get("ETag") || again.Header().Get("Vary") != h.Get("Vary") {
				t.Errorf("again: %d %v", again.Code, again.Header())
			}
		})
	}
}

func TestBothFormsOfAFileAreToldApart(t *testing.T) {
	p := newProbe(t, withApps)
	plain := p.do(request("GET", "/kasir/", "")).Header()
	brotli := p.do(request("GET", "/kasir/", "", "Accept-Encoding", "br")).Header()
	if plain.Get("Vary") != "Accept-Encoding" || brotli.Get("Vary") != "Accept-Encoding" || plain.Get("ETag") == brotli.Get("ETag") {
		t.Errorf("plain %v, Brotli %v", plain, brotli)
	}
	if w := p.do(request("GET", "/kasir/", "", "If-None-Match", brotli.Get("ETag"))); w.Code != 200 {
		t.Errorf("the ETag of the other form: %d", w.Code)
	}
}

func TestAppsCarryTheirOwnPolicy(t *testing.T) {
	p := newProbe(t, withApps)
	const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
		"connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	for path, permissions := range map[string]string{
		"/kasir/": "camera=(self), geolocation=()", "/kasir/sw.js": "camera=(self), geolocation=()", "/kartu/": "camera=(), geolocation=(self)",
		"/assets/app/main-1a2b3c4d.js": "",
	} {
		h := p.do(request("GET", path, "")).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "Permissions-Policy": permissions, "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
	}
	if h := p.do(request("GET", "/", "")).Header(); h.Get("Permissions-Policy") != "" || strings.Contains(h.Get("Content-Security-Policy"), "wasm") {
		t.Errorf("another page has the policy of an app: %v", h)
	}
}

func TestWhatIsNoFileOfAnAppIsMissing(t *testing.T) {
	p := newProbe(t, withApps)
	for _, path := range []string{
		"/assets/app/", "/assets/app", "/assets/app/gone-1a2b3c4d.js", "/assets/app/main-1a2b3c4d.js.br", "/assets/loose.js", "/secret.txt",
		"/kasir/icon-512.png", "/kasir/index.html.br", "/kasir/.gitkeep", "/.gitkeep", "/karcis/",
		"/kasir/../secret.txt", "/kasir/%2e%2e/secret.txt", "/kasir/..%2fsecret.txt", "/kasir/..%5csecret.txt", "/kasir//x", "/kasir/../",
		"/assets/app/../../secret.txt", "/assets/app/%2e%2e/%2e%2e/secret.txt", "/assets/app/..%2f..%2fsecret.txt",
	} {
		p.refused(t, p.do(request("GET", path, "", "Accept-Encoding", "br")), 404, "not_found")
	}
	p.refused(t, p.do(request("POST", "/kasir/", "{}")), 405, "method_not_allowed")
}

func TestAnAppWithoutItsSlashIsSentThere(t *testing.T) {
	p := newProbe(t, withApps)
	w := p.do(request("GET", "/kasir?a="+canary, ""))
	if w.Code != 308 || w.Header().Get("Location") != "/kasir/" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestAppsOverTheWire(t *testing.T) {
	p := newProbe(t, withApps)
	p.clock.Set(time.Now()) // a connection knows no other time
	server := httptest.NewServer(p.Handler())
	defer server.Close()
	for _, method := range []string{"GET", "HEAD"} {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/assets/app/zxing-5e6f7a8b.wasm", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "br")
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		want := map[string]int{"GET": 80_000}[method]
		if resp.StatusCode != 200 || resp.ContentLength != 80_000 || len(b) != want || resp.Header.Get("Content-Encoding") != "br" {
			t.Errorf("%s: %d, length %d, %d bytes, %v", method, resp.StatusCode, resp.ContentLength, len(b), resp.Header)
		}
	}
}

func TestWithoutABuildAPageSaysHowToMakeOne(t *testing.T) {
	for name, build := range map[string]fstest.MapFS{"an empty build": {".gitkeep": {}}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t, func(o *api.Options) {
				if build != nil {
					o.Apps = build
				}
			})
			for _, path := range []string{"/kasir/", "/kasir/antrean", "/kasir/sw.js"} {
				w := p.do(request("GET", path, ""))
				body := w.Body.String()
				if w.Code != 503 || w.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
					t.Errorf("%s: %d %v", path, w.Code, w.Header())
				}
				if !strings.Contains(body, "make build") || !strings.Contains(body, "belum dibuat") || !strings.Contains(body, "not built") {
					t.Errorf("%s: %s", path, body)
				}
			}
			p.refused(t, p.do(request("GET", "/assets/app/main.js", "")), 404, "not_found")
		})
	}
}
