package frame

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/labstack/echo/v4"
)

// static serves style and scripts; a browser keeps them and asks whether they
// are still the same.
func (f *Frame) static() {
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		f.errs = append(f.errs, err)
		return
	}
	for _, e := range entries {
		f.Static(files, path.Join("static", e.Name()))
	}
}

// Static serves one more file of a room under Root/static.
func (f *Frame) Static(tree fs.FS, name string) {
	b, err := fs.ReadFile(tree, name)
	if err != nil {
		f.errs = append(f.errs, err)
		return
	}
	sum := sha256.Sum256(b)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	media := mime.TypeByExtension(path.Ext(name))
	f.echo.GET(Root+"/static/"+path.Base(name), func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("ETag", etag)
		h.Set("Cache-Control", "public, max-age=300, must-revalidate")
		if c.Request().Header.Get("If-None-Match") == etag {
			return c.NoContent(http.StatusNotModified)
		}
		return c.Blob(http.StatusOK, media, b)
	})
}
