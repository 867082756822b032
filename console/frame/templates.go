package frame

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
)

//go:embed all:templates static
var files embed.FS

// Templates adds the pages of a room: every *.html of dir is one page under its
// own name, which must define "main"; files that begin with _ are parts that
// all of them may use.
func (f *Frame) Templates(tree fs.FS, dir string) {
	for lang := range f.pages {
		if err := f.parse(tree, dir, lang, tree != fs.FS(files)); err != nil {
			f.errs = append(f.errs, err)
		}
	}
}

func (f *Frame) parse(tree fs.FS, dir, lang string, room bool) error {
	set := template.New("").Funcs(f.funcs(lang))
	if _, err := set.ParseFS(files, "templates/_*.html"); err != nil {
		return fmt.Errorf("templates of the frame: %w", err)
	}
	parts, err := fs.Glob(tree, path.Join(dir, "_*.html"))
	if err != nil {
		return err
	}
	if room && len(parts) > 0 {
		if _, err := set.ParseFS(tree, parts...); err != nil {
			return fmt.Errorf("templates in %s: %w", dir, err)
		}
	}
	pages, err := fs.Glob(tree, path.Join(dir, "[^_]*.html"))
	if err != nil {
		return err
	}
	for _, name := range pages {
		page, err := set.Clone()
		if err != nil {
			return err
		}
		if _, err := page.ParseFS(tree, name); err != nil {
			return fmt.Errorf("template %s: %w", name, err)
		}
		if f.pages[lang][path.Base(name)] != nil {
			return errors.New("two templates are called " + path.Base(name))
		}
		f.pages[lang][path.Base(name)] = page
	}
	return nil
}

// funcs are what templates may call, in one language.
func (f *Frame) funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"say":      func(id, en string) string { return Say(id, en).In(lang) },
		"text":     func(t Text) string { return t.In(lang) },
		"lang":     func() string { return lang },
		"num":      func(n any) string { return Number(lang, whole(n)) },
		"rupiah":   func(n any) string { return Rupiah(lang, whole(n)) },
		"share":    func(x float64) string { return Percent(lang, x) },
		"decimal":  func(x float64, digits int) string { return Decimal(lang, x, digits) },
		"day":      func(d any) string { return f.day(lang, d) },
		"datetime": func(t any) string { return f.datetime(lang, t) },
		"badge":    f.badge,
		"state":    func(kind string, v any) string { return f.StateText(kind, fmt.Sprint(v)).In(lang) },
		"reveal":   func(t pii.Text) string { return t.Reveal() },
		"short":    func(id uuid.UUID) string { return id.String()[len(id.String())-8:] },
		"link":     link,
		"dict":     dict,
		"list":     func(all ...any) []any { return all },
		"join":     strings.Join,
		"add":      func(a, b int) int { return a + b },
		"input":    input,
		"opt":      func(value, label any, more ...string) Option { return option(value, label, more) },
		"current":  current,
		"fails":    func(fm *Form, name string) string { return fails(fm, name, lang) },
		"crumbs":   crumbs,
		"iso":      iso,
	}
}

// iso is a day or an instant for machines.
func iso(v any) string {
	switch t := v.(type) {
	case time.Time:
		return t.UTC().Format(time.RFC3339)
	case *time.Time:
		if t != nil {
			return t.UTC().Format(time.RFC3339)
		}
		return ""
	}
	return fmt.Sprint(v)
}

func (f *Frame) badge(kind string, value any) State {
	s, ok := f.states[kind][fmt.Sprint(value)]
	if !ok {
		t := fmt.Sprint(value)
		return State{Text: Text{ID: t, EN: t}, Tone: "calm"}
	}
	return s
}

func whole(n any) int64 {
	switch v := n.(type) {
	case int:
		return int64(v)
	case int64:
		return v
	case int32:
		return int64(v)
	case uint64:
		return int64(v) //nolint:gosec // counts of rows
	case *int64:
		if v != nil {
			return *v
		}
	}
	return 0
}

var months = map[string][]string{
	"id": {"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// Day writes a day for people: 13 Okt 2023.
func Day(lang string, d clock.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return strconv.Itoa(t.Day()) + " " + months[lang][t.Month()-1] + " " + strconv.Itoa(t.Year())
}

func (f *Frame) day(lang string, v any) string {
	switch d := v.(type) {
	case clock.Day:
		return Day(lang, d)
	case *clock.Day:
		if d != nil {
			return Day(lang, *d)
		}
	case time.Time:
		return Day(lang, clock.DayOf(d, f.opts.Zone))
	case *time.Time:
		if d != nil {
			return Day(lang, clock.DayOf(*d, f.opts.Zone))
		}
	}
	return "–"
}

func (f *Frame) datetime(lang string, v any) string {
	if p, ok := v.(*time.Time); ok {
		if p == nil {
			return "–"
		}
		v = *p
	}
	t, ok := v.(time.Time)
	if !ok || t.IsZero() {
		return "–"
	}
	local := t.In(f.opts.Zone)
	clockText := local.Format("15.04")
	if lang == "en" {
		clockText = local.Format("15:04")
	}
	return Day(lang, clock.DayOf(t, f.opts.Zone)) + ", " + clockText
}

// Number writes a whole number as people of the language do: 21.521 or 21,521.
func Number(lang string, n int64) string {
	mark := "."
	if lang == "en" {
		mark = ","
	}
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return sign + s
}

// Rupiah writes an amount: Rp50.000.
func Rupiah(lang string, n int64) string {
	if n < 0 {
		return "−" + Rupiah(lang, -n)
	}
	return "Rp" + Number(lang, n)
}

// Decimal writes a number with digits after the comma (the point in English).
func Decimal(lang string, x float64, digits int) string {
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Percent writes a share of one: 0.125 as 12,5 %.
func Percent(lang string, x float64) string { return Decimal(lang, x*100, 1) + " %" }

// link makes an address with parameters; empty ones are left out.
func link(to string, pairs ...any) string {
	u, err := url.Parse(to)
	if err != nil {
		return Root
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		if value == "" {
			q.Del(name)
			continue
		}
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func dict(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return out
}

// Option is one of a list to choose from.
type Option struct {
	Value, Label string
	Hint         string
}

func option(value, label any, more []string) Option {
	o := Option{Value: fmt.Sprint(value), Label: fmt.Sprint(label)}
	if len(more) > 0 {
		o.Hint = more[0]
	}
	return o
}

// Field is one field of a form, as the template "field" shows it.
type Field struct {
	Form        *Form
	Name, Label string
	Type        string // text, textarea, select, checkbox, boxes, radio, file, or any type of <input>
	Options     []Option
	Hint        string
	Attr        map[string]any // required, min, max, rows, placeholder, autocomplete, inputmode, …
}

// input describes a field: input .Form "name" (say "Nama" "Name") "text" "hint" "…" "options" .List "required" true …
func input(f *Form, name, label, typ string, pairs ...any) Field {
	out := Field{Form: f, Name: name, Label: label, Type: typ, Attr: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		switch key := fmt.Sprint(pairs[i]); key {
		case "hint":
			out.Hint = fmt.Sprint(pairs[i+1])
		case "options":
			out.Options = options(pairs[i+1])
		default:
			out.Attr[key] = pairs[i+1]
		}
	}
	return out
}

func options(v any) (out []Option) {
	switch all := v.(type) {
	case []Option:
		return all
	case []any:
		for _, o := range all {
			if o, ok := o.(Option); ok {
				out = append(out, o)
			}
		}
	}
	return out
}

// Value is what the field holds. Secrets and files are never sent back.
func (f Field) Value() string {
	if f.Form == nil || f.Type == "password" || f.Type == "file" {
		return ""
	}
	return f.Form.Values.Get(f.Name)
}

// Chosen reports whether a value of a list is chosen.
func (f Field) Chosen(value string) bool { return f.Form.Has(f.Name, value) }

func fails(f *Form, name, lang string) string {
	if f == nil {
		return ""
	}
	return f.Errors[name].In(lang)
}

// Crumb is a step of the way to a page.
type Crumb struct{ Path, Label string }

// crumbs makes the way to a page: path, label, path, label, …
func crumbs(pairs ...any) (out []Crumb) {
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Crumb{fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])})
	}
	return out
}

// current reports whether the page at path belongs to a line of the navigation.
func current(path, item string) bool {
	return path == item || item != Root && strings.HasPrefix(path, item+"/")
}
