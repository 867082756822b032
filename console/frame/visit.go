package frame

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
)

const (
	langCookie  = "berlaku_lang"
	flashCookie = "berlaku_said"
	flashLife   = 30 // seconds
	maxFlash    = 1024
)

// Visit is one request for a page, and its answer.
type Visit struct {
	W    http.ResponseWriter
	R    *http.Request
	Who  actor.Actor
	lang string

	frame *Frame
	echo  echo.Context
}

// Context is that in which the visitor acts.
func (v *Visit) Context() context.Context { return v.R.Context() }

// Lang is the visitor's language, "id" or "en".
func (v *Visit) Lang() string { return v.lang }

// Say returns the sentence in the visitor's language.
func (v *Visit) Say(id, en string) string { return Say(id, en).In(v.lang) }

// Param returns a part of the path.
func (v *Visit) Param(name string) string { return v.echo.Param(name) }

// ID returns a part of the path that is an id, or ErrNotFound.
func (v *Visit) ID(name string) (uuid.UUID, error) { return ID(v.Param(name)) }

// Query returns a parameter of the address, trimmed.
func (v *Visit) Query(name string) string { return strings.TrimSpace(v.R.URL.Query().Get(name)) }

// Path is the path with its query, as a link to this very page.
func (v *Visit) Path() string { return v.R.URL.RequestURI() }

// HTMX reports whether only a part of the page is asked for.
func (v *Visit) HTMX() bool { return v.R.Header.Get("HX-Request") == "true" }

// Now is the time.
func (v *Visit) Now() time.Time { return v.frame.opts.Clock.Now() }

// Zone is the one in which instants are shown where no place is known.
func (v *Visit) Zone() *time.Location { return v.frame.opts.Zone }

// view is what the layout shows.
type view struct {
	Title  string
	Lang   string
	Path   string
	Person *Person
	Groups []Group
	Said   string
	Unread int
	Data   any
	visit  *Visit
}

// Page answers with a whole page: the file of a room's templates, its title and
// what it shows. Templates find the data at the dot of "main".
func (v *Visit) Page(name string, title Text, data any) error {
	return v.page(http.StatusOK, name, title, data)
}

// Again answers with the page of a form that could not be done, status 422.
func (v *Visit) Again(name string, title Text, data any) error {
	return v.page(http.StatusUnprocessableEntity, name, title, data)
}

// Forbidden is Again for what is not for this visitor to do.
func (v *Visit) Forbidden(name string, title Text, data any) error {
	return v.page(http.StatusForbidden, name, title, data)
}

func (v *Visit) page(status int, name string, title Text, data any) error {
	w := view{Title: title.In(v.lang), Lang: v.lang, Path: v.R.URL.Path, Data: data, visit: v, Said: v.said()}
	if v.Who.Kind == actor.Account {
		if err := v.around(&w); err != nil {
			return err
		}
	}
	return v.render(status, name, "layout", w)
}

// around fills in what those see who are signed in.
func (v *Visit) around(w *view) error {
	p, err := v.frame.opts.Person(v.Context(), v.lang)
	if err != nil {
		return err
	}
	w.Person = &p
	for _, g := range v.frame.groups {
		seen := Group{Label: g.Label}
		for _, item := range g.Items {
			if item.Rule.Allows(v.Who) {
				seen.Items = append(seen.Items, item)
			}
		}
		if len(seen.Items) > 0 {
			w.Groups = append(w.Groups, seen)
		}
	}
	if v.frame.opts.Unread != nil {
		w.Unread, err = v.frame.opts.Unread(v.Context())
	}
	return err
}

// Part answers with one block of a page, for htmx.
func (v *Visit) Part(name, block string, data any) error {
	return v.render(http.StatusOK, name, block, data)
}

func (v *Visit) render(status int, name, block string, data any) error {
	t, ok := v.frame.pages[v.lang][name]
	if !ok {
		return errors.New("no template " + name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, block, data); err != nil {
		return err
	}
	v.W.Header().Set("Content-Language", v.lang)
	v.W.Header().Add("Vary", "Accept-Language, Cookie, HX-Request")
	return v.echo.HTMLBlob(status, b.Bytes())
}

// Go sends the visitor on after something was done: status 303. What was done
// is said on the next page; it must not name a person.
func (v *Visit) Go(path string, done Text) error {
	if !done.IsZero() {
		v.tell(done.In(v.lang))
	}
	return v.echo.Redirect(http.StatusSeeOther, path)
}

func (v *Visit) tell(said string) {
	b, err := json.Marshal(said)
	if err != nil || len(b) > maxFlash {
		return
	}
	v.echo.SetCookie(v.flash(base64.RawURLEncoding.EncodeToString(b), flashLife))
}

func (v *Visit) flash(value string, life int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever people come over TLS
		Name: flashCookie, Value: value, Path: "/", MaxAge: life,
		Secure: v.frame.opts.Cookies.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// said takes what the last page had to say.
func (v *Visit) said() (out string) {
	k, err := v.echo.Cookie(flashCookie)
	if err != nil {
		return ""
	}
	v.echo.SetCookie(v.flash("", -1))
	b, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil || json.Unmarshal(b, &out) != nil {
		return ""
	}
	return out
}

// File answers with a file to keep.
func (v *Visit) File(name, media string, b []byte) error {
	v.Attach(name, media)
	return v.echo.Blob(http.StatusOK, media, b)
}

// Attach sets the headers of a file to keep, which the caller then writes to W.
func (v *Visit) Attach(name, media string) {
	v.W.Header().Set("Content-Type", media)
	v.W.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// refusal is what the page of a refusal shows.
type refusal struct {
	Status    int
	Title     string
	Text      string
	RequestID string
	SignedIn  bool
}

// refuse answers with the page of an error, or sends to the sign-in.
func (v *Visit) refuse(err error) error {
	if v.echo.Response().Committed {
		return nil
	}
	switch {
	case errors.Is(err, access.ErrStepUp):
		return v.elsewhere(Root + "/konfirmasi?next=" + url.QueryEscape(v.back()))
	case errors.Is(err, access.ErrFactor):
		return v.elsewhere(Root + "/akun/faktor-kedua?next=" + url.QueryEscape(v.back()))
	case fault.KindOf(err) == fault.Unauthenticated:
		return v.signIn()
	}
	status, text := v.explain(err)
	if waiting, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		v.W.Header().Set("Retry-After", strconv.Itoa(int((waiting.RetryAfter()+time.Second-1)/time.Second)))
	}
	data := refusal{
		Status: status, Title: titleOf(status).In(v.lang), Text: text,
		RequestID: v.W.Header().Get("X-Request-Id"), SignedIn: v.Who.Kind == actor.Account,
	}
	if page := v.page(status, "refusal.html", titleOf(status), data); page != nil {
		access.Noted(v.Context()).Cause = errors.Join(err, page)
		return v.echo.String(http.StatusInternalServerError, data.Title)
	}
	return nil
}

// signIn sends to the sign-in, and afterwards back here. A part that htmx asked
// for makes the whole page go there.
func (v *Visit) signIn() error {
	return v.elsewhere(Root + "/masuk?next=" + url.QueryEscape(v.back()))
}

// elsewhere sends the whole page to an address, also when only a part of it was
// asked for.
func (v *Visit) elsewhere(to string) error {
	if v.HTMX() {
		v.W.Header().Set("HX-Redirect", to)
		return v.echo.NoContent(http.StatusNoContent)
	}
	return v.echo.Redirect(http.StatusSeeOther, to)
}

// back is the page to return to: this one, or the one with the form.
func (v *Visit) back() string {
	if v.R.Method == http.MethodGet && !v.HTMX() {
		return v.R.URL.RequestURI()
	}
	from := v.R.Referer()
	if v.HTMX() {
		from = v.R.Header.Get("HX-Current-URL")
	}
	if u, err := url.Parse(from); err == nil {
		return Inside(u.RequestURI())
	}
	return Root
}

// Inside returns the address when it is one of the console, else Root. Use it
// for whatever comes as ?next=.
func Inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.Contains(next, "\\") {
		return Root
	}
	if u.Path != Root && !strings.HasPrefix(u.Path, Root+"/") {
		return Root
	}
	return u.RequestURI()
}

// explain returns status and sentence of an error.
func (v *Visit) explain(err error) (int, string) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		access.Noted(v.Context()).Cause = err
		return http.StatusInternalServerError, internalText.In(v.lang)
	}
	return statusOf(f.Kind), v.frame.faultText(f).In(v.lang)
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}
