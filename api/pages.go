package api

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed assets templates
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"lower": strings.ToLower}).ParseFS(files, "templates/*.html"))

// document is /openapi.json and /docs, made once all routes are known.
type document struct {
	openapi, docs *blob
}

// blob is something that does not change while the program runs.
type blob struct {
	media string
	bytes []byte
	etag  string
}

func newBlob(media string, b []byte) *blob {
	return &blob{media: media, bytes: b, etag: etagOf(b)}
}

func etagOf(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// notModified reports whether the client already holds the entity with etag.
func notModified(ifNoneMatch, etag string) bool {
	for have := range strings.SplitSeq(ifNoneMatch, ",") {
		have = strings.TrimPrefix(strings.TrimSpace(have), "W/")
		if have == "*" && ifNoneMatch == "*" || have == etag {
			return true
		}
	}
	return false
}

func (b *blob) serve(c echo.Context) error {
	h := c.Response().Header()
	h.Set("ETag", b.etag)
	h.Set("Cache-Control", "public, max-age=300, must-revalidate")
	if notModified(c.Request().Header.Get("If-None-Match"), b.etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, b.media, b.bytes)
}

// pages registers what is read by people, and the description itself. It comes
// after all routes.
func (s *Server) pages() error {
	spec, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return fmt.Errorf("write OpenAPI: %w", err)
	}
	page, err := s.renderDocs()
	if err != nil {
		return fmt.Errorf("write docs: %w", err)
	}
	s.document = document{openapi: newBlob("application/json", spec), docs: newBlob("text/html; charset=utf-8", page)}
	s.echo.GET("/openapi.json", s.document.openapi.serve)
	s.echo.GET("/docs", s.document.docs.serve)
	s.echo.GET("/", s.start)
	s.echo.GET("/sample.png", s.sampleImage)
	s.echo.GET("/privasi", s.privacy)
	return errors.Join(s.assets(), s.apps())
}

func (s *Server) assets() error {
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join("assets", e.Name())
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		s.echo.GET("/"+name, newBlob(mime.TypeByExtension(path.Ext(name)), b).serve)
	}
	return nil
}
