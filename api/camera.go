package api

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/internal/words"
)

type cameraView struct {
	Lang  string
	Words map[string]string
}

// camera registers what an ordinary camera opens when it reads a card: the same
// page for every path, made once. Nothing of the path is looked at.
func (s *Server) camera() error {
	var b bytes.Buffer
	both := []cameraView{{"id", words.Page("camera", "id")}, {"en", words.Page("camera", "en")}}
	if err := templates.ExecuteTemplate(&b, "camera.html", both); err != nil {
		return fmt.Errorf("write the page for cameras: %w", err)
	}
	show := func(c echo.Context) error {
		c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
		return c.HTMLBlob(http.StatusOK, b.Bytes())
	}
	s.echo.GET("/1", show)
	s.echo.GET("/1/*", show)
	return nil
}
