// Package browse is a browser without a screen for tests of pages: it keeps
// cookies, follows redirects, and fills in and sends the forms that it sees.
package browse

import (
	"bytes"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser visits the pages of a handler.
type Browser struct {
	t    testing.TB
	h    http.Handler
	base *url.URL
	jar  *cookiejar.Jar
	// Header is sent with every request.
	Header http.Header
}

// New returns a browser without cookies that reads Indonesian. host is the one
// of the handler's public URL.
func New(t testing.TB, h http.Handler, host string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, h: h, base: &url.URL{Scheme: "https", Host: host}, jar: jar, Header: http.Header{"Accept-Language": {"id"}}}
}

// SetCookie gives the browser a cookie, as that of a session.
func (b *Browser) SetCookie(c http.Cookie) { b.jar.SetCookies(b.base, []*http.Cookie{&c}) }

// Page is an answer.
type Page struct {
	Status int
	Path   string // after redirects, with the query
	Header http.Header
	Body   string
	b      *Browser
	root   *html.Node
}

// Get opens an address below the root.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.follow(b.Once(http.MethodGet, path, "", nil))
}

// Post sends a form and follows where it leads.
func (b *Browser) Post(path string, values url.Values) *Page {
	b.t.Helper()
	return b.follow(b.Once(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode())))
}

// Upload sends a form with one file, the fields first.
func (b *Browser) Upload(path string, values url.Values, field, name string, content io.Reader) *Page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, all := range values {
		for _, v := range all {
			b.must(w.WriteField(k, v))
		}
	}
	part, err := w.CreateFormFile(field, name)
	b.must(err)
	_, err = io.Copy(part, content)
	b.must(err)
	b.must(w.Close())
	return b.follow(b.Once(http.MethodPost, path, w.FormDataContentType(), &body))
}

func (b *Browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *Browser) follow(p *Page) *Page {
	b.t.Helper()
	for range 5 {
		to := p.Header.Get("Location")
		if p.Status < 300 || p.Status > 399 || to == "" {
			return p
		}
		p = b.Once(http.MethodGet, to, "", nil)
	}
	b.t.Fatalf("too many redirects, last to %s", p.Path)
	return nil
}

// Once sends one request and follows nothing.
func (b *Browser) Once(method, path, media string, body io.Reader) *Page {
	b.t.Helper()
	at, err := b.base.Parse(path)
	b.must(err)
	r := httptest.NewRequestWithContext(b.t.Context(), method, at.RequestURI(), body)
	r.Host = b.base.Host
	r.Header = b.Header.Clone()
	if media != "" {
		r.Header.Set("Content-Type", media)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range b.jar.Cookies(b.base) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	answer := w.Result()
	b.jar.SetCookies(b.base, answer.Cookies())
	b.must(answer.Body.Close())
	return &Page{Status: w.Code, Path: at.RequestURI(), Header: w.Header(), Body: w.Body.String(), b: b}
}

func (p *Page) doc() *html.Node {
	p.b.t.Helper()
	if p.root == nil {
		root, err := html.Parse(strings.NewReader(p.Body))
		p.b.must(err)
		p.root = root
	}
	return p.root
}

// All returns the elements of a tag, in order.
func (p *Page) All(tag string) (out []*html.Node) {
	p.b.t.Helper()
	for n := range p.doc().Descendants() {
		if n.Type == html.ElementNode && n.Data == tag {
			out = append(out, n)
		}
	}
	return out
}

// Attr returns an attribute of an element.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// Text returns the words of an element, spaces folded.
func Text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// Text returns the words of the page's main part, spaces folded.
func (p *Page) Text() string {
	p.b.t.Helper()
	if all := p.All("main"); len(all) > 0 {
		return Text(all[0])
	}
	return Text(p.doc())
}

// Title returns the first heading.
func (p *Page) Title() string {
	p.b.t.Helper()
	if all := p.All("h1"); len(all) > 0 {
		return Text(all[0])
	}
	return ""
}

// Want fails the test unless the page has the status and every text.
func (p *Page) Want(status int, texts ...string) *Page {
	p.b.t.Helper()
	if p.Status != status {
		p.b.t.Fatalf("%s: status %d, want %d: %s", p.Path, p.Status, status, p.Text())
	}
	for _, s := range texts {
		if !strings.Contains(p.Text(), s) {
			p.b.t.Fatalf("%s: %q is not on the page: %s", p.Path, s, p.Text())
		}
	}
	return p
}

// WantNot fails the test when the page, its source included, holds one of the texts.
func (p *Page) WantNot(texts ...string) *Page {
	p.b.t.Helper()
	for _, s := range texts {
		if strings.Contains(p.Body, s) {
			p.b.t.Fatalf("%s: %q is on the page", p.Path, s)
		}
	}
	return p
}

// Follow opens the first link with this text.
func (p *Page) Follow(text string) *Page {
	p.b.t.Helper()
	for _, a := range p.All("a") {
		if strings.Contains(Text(a), text) {
			at, err := url.Parse(p.Path)
			p.b.must(err)
			to, err := at.Parse(Attr(a, "href"))
			p.b.must(err)
			return p.b.Get(to.RequestURI())
		}
	}
	p.b.t.Fatalf("%s: no link %q: %s", p.Path, text, p.Text())
	return nil
}

// Submit presses the first button with this text: its form is sent as it
// stands, with the values of fill in place of those of the same name.
func (p *Page) Submit(button string, fill url.Values) *Page {
	p.b.t.Helper()
	form, pressed := p.form(button)
	values := fields(form)
	if name := Attr(pressed, "name"); name != "" {
		values.Set(name, Attr(pressed, "value"))
	}
	maps.Copy(values, fill)
	at, err := url.Parse(p.Path)
	p.b.must(err)
	action := Attr(form, "action")
	if v := Attr(pressed, "formaction"); v != "" {
		action = v
	}
	to, err := at.Parse(action)
	p.b.must(err)
	if !strings.EqualFold(Attr(form, "method"), http.MethodPost) {
		to.RawQuery = values.Encode()
		return p.b.Get(to.RequestURI())
	}
	return p.b.Post(to.RequestURI(), values)
}

// HasButton reports whether the page has a button with this text.
func (p *Page) HasButton(text string) bool {
	p.b.t.Helper()
	return slices.ContainsFunc(p.All("button"), func(n *html.Node) bool { return strings.Contains(Text(n), text) })
}

func (p *Page) form(button string) (form, pressed *html.Node) {
	p.b.t.Helper()
	for _, n := range p.All("button") {
		if !strings.Contains(Text(n), button) {
			continue
		}
		if id := Attr(n, "form"); id != "" {
			for _, f := range p.All("form") {
				if Attr(f, "id") == id {
					return f, n
				}
			}
		}
		for up := range n.Ancestors() {
			if up.Type == html.ElementNode && up.Data == "form" {
				return up, n
			}
		}
	}
	p.b.t.Fatalf("%s: no form with a button %q: %s", p.Path, button, p.Text())
	return nil, nil
}

// fields returns what a browser would send of a form that nobody touched.
func fields(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		name := Attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "textarea":
			out.Add(name, strings.TrimPrefix(raw(n), "\n"))
		case "select":
			choose(out, name, n)
		case "input":
			switch typ := Attr(n, "type"); {
			case typ == "file" || typ == "submit" || typ == "button":
			case (typ == "checkbox" || typ == "radio") && !has(n, "checked"):
			default:
				out.Add(name, Attr(n, "value"))
			}
		}
	}
	return out
}

func raw(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return out.String()
}

func choose(out url.Values, name string, sel *html.Node) {
	var options, chosen []*html.Node
	for n := range sel.Descendants() {
		if n.Type == html.ElementNode && n.Data == "option" {
			options = append(options, n)
			if has(n, "selected") {
				chosen = append(chosen, n)
			}
		}
	}
	if len(chosen) == 0 && len(options) > 0 && !has(sel, "multiple") {
		chosen = options[:1]
	}
	for _, n := range chosen {
		out.Add(name, Attr(n, "value"))
	}
}
