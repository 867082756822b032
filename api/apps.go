package api

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// apps are the installable apps: each a folder of the web build with its own
// index.html, the path under which it is served, and what of the phone it may
// ask for.
var apps = []struct{ name, permissions string }{
	{"kasir", "camera=(self), geolocation=()"},
	{"kartu", "camera=(), geolocation=(self)"},
}

// appAssets is the folder of files whose names hold a hash of their content.
const appAssets = "assets/app/"

// Headers of what belongs to an app. Nothing comes from outside; the strong
// decoder is WebAssembly, and pictures of the camera are blobs.
const (
	appPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; " +
		"frame-ancestors 'none'; form-action 'self'"
	immutable = "public, max-age=31536000, immutable"
)

// appMedia are the media types of built files. The machine's own table is not
// asked: it differs from machine to machine.
var appMedia = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".webmanifest": "application/manifest+json",
	".wasm":        "application/wasm",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".jpg":         "image/jpeg",
	".webp":        "image/webp",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".mp3":         "audio/mpeg",
	".wav":         "audio/wav",
	".txt":         "text/plain; charset=utf-8",
}

// appFile is one built file, and its twin as Brotli where the build made one.
type appFile struct {
	plain, brotli *blob
	caching       string
}

// appFiles are the files of the web build by their path in it. What is not in
// it does not exist, however a path is written.
type appFiles map[string]*appFile

// slowWrite is how long a large file may take on its way to a phone with bad
// coverage; the server's own limit is for answers of a few kilobytes.
const (
	slowWrite = 5 * time.Minute
	slowBytes = 64 << 10
)

// readApps reads the web build; nil is one that holds nothing.
func readApps(build fs.FS) (appFiles, error) {
	out := appFiles{}
	if build == nil {
		return out, nil
	}
	err := fs.WalkDir(build, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(name, ".br") {
			return err
		}
		f, err := readApp(build, name)
		out[name] = f
		return err
	})
	return out, err
}

func readApp(build fs.FS, name string) (*appFile, error) {
	media := appMedia[path.Ext(name)]
	if media == "" {
		media = "application/octet-stream"
	}
	b, err := fs.ReadFile(build, name)
	if err != nil {
		return nil, err
	}
	f := &appFile{plain: newBlob(media, b), caching: "no-cache"}
	if strings.HasPrefix(name, appAssets) {
		f.caching = immutable
	}
	b, err = fs.ReadFile(build, name+".br")
	switch {
	case err == nil:
		f.brotli = newBlob(media, b)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return f, nil
}

// apps registers the installable apps of the web build.
func (s *Server) apps() error {
	built, err := readApps(s.opts.Apps)
	if err != nil {
		return err
	}
	for _, app := range apps {
		root := "/" + app.name
		s.echo.GET(root, func(c echo.Context) error { return c.Redirect(http.StatusPermanentRedirect, root+"/") })
		s.echo.GET(root+"/*", func(c echo.Context) error {
			c.Response().Header().Set("Permissions-Policy", app.permissions)
			return s.app(c, built, app.name)
		})
	}
	s.echo.GET("/"+appAssets+"*", func(c echo.Context) error {
		if f := built[strings.TrimPrefix(c.Request().URL.Path, "/")]; f != nil {
			return s.appFile(c, f)
		}
		return errNoRoute
	})
	return nil
}

// app answers for everything below an app: its files, and its one page for
// every other path, since the app finds its way by itself. What looks like a
// file and is none is missing.
func (s *Server) app(c echo.Context, built appFiles, app string) error {
	index := built[app+"/index.html"]
	name := strings.TrimPrefix(c.Request().URL.Path, "/")
	f := built[name]
	switch {
	case index == nil:
		return s.unbuilt(c)
	case f != nil:
		return s.appFile(c, f)
	case strings.Contains(path.Base(name), ".") || path.Clean(name) != strings.TrimSuffix(name, "/"):
		return errNoRoute
	}
	return s.appFile(c, index)
}

// appFile answers with the file, as Brotli to who reads it.
func (s *Server) appFile(c echo.Context, f *appFile) error {
	h, r := c.Response().Header(), c.Request()
	h.Set("Content-Security-Policy", appPolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", f.caching)
	b := f.plain
	if f.brotli != nil {
		h.Set("Vary", "Accept-Encoding")
		if readsBrotli(r.Header.Get("Accept-Encoding")) {
			b = f.brotli
			h.Set("Content-Encoding", "br")
		}
	}
	h.Set("ETag", b.etag)
	if notModified(r.Header.Get("If-None-Match"), b.etag) {
		h.Del("Content-Encoding")
		return c.NoContent(http.StatusNotModified)
	}
	if len(b.bytes) > slowBytes {
		// Where the connection has no deadline there is none to move.
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(s.opts.Clock.Now().Add(slowWrite)) //nolint:errcheck // see above
	}
	h.Set("Content-Length", strconv.Itoa(len(b.bytes)))
	return c.Blob(http.StatusOK, b.media, b.bytes)
}

// readsBrotli reports whether an Accept-Encoding takes br. A star does not
// count: who means br says so.
func readsBrotli(header string) bool {
	for coding := range strings.SplitSeq(strings.ToLower(header), ",") {
		name, params, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) != "br" {
			continue
		}
		weight, given := strings.CutPrefix(strings.TrimSpace(params), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !given || err == nil && q > 0
	}
	return false
}

// unbuilt says that the program was made without the web part.
func (s *Server) unbuilt(c echo.Context) error {
	return s.html(c, http.StatusServiceUnavailable, "unbuilt.html", nil)
}
