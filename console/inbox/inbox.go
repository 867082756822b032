// Package inbox is the room of the console for what waits for whoever is signed in.
package inbox

import (
	"embed"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/notices"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Notices *notices.Service
}

type room struct{ notices *notices.Service }

const root = "/pemberitahuan"

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d.Notices}
	f.Templates(files, "templates")
	rule := access.SignedIn().Only(actor.Account)
	f.Nav(frame.NavToday, frame.Item{Path: frame.Root + root, Label: frame.Say("Pemberitahuan", "Notices"), Rule: rule})
	f.Faults(map[string]frame.Text{
		notices.ErrNotFound.Code: frame.Say("Pemberitahuan itu tidak ada, atau bukan untuk Anda.", "There is no such notice, or it is not for you."),
		notices.ErrSetting.Code:  frame.Say("Pilih untuk tiap jenis: tidak, harian, atau langsung.", "Choose for each kind: never, daily or at once."),
	})
	f.Get(root, rule, r.list)
	f.Post(root+"/baca", rule, r.readAll)
	f.Get(root+"/setelan", rule, r.settings)
	f.Post(root+"/setelan", rule, r.saveSettings)
	f.Post(root+"/:id/buka", rule, r.open)
	f.Post(root+"/:id/baca", rule, r.read)
}

// line is a notice as the list shows it.
type line struct {
	notices.Notice
	Kind, Text frame.Text
	Tone       string
	Path       string
}

type listPage struct {
	Lines    []line
	Next     string
	Path     string
	First    bool
	Filter   *frame.Form
	Kinds    []frame.Option
	Unread   int
	Filtered bool
}

func (r *room) list(v *frame.Visit) error {
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	form, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	f := notices.Filter{Kind: notices.Kind(v.Query("jenis")), Unread: v.Query("baru") == "1"}
	p, err := r.notices.List(v.Context(), f, req)
	if err != nil {
		return err
	}
	unread, err := r.notices.Unread(v.Context())
	if err != nil {
		return err
	}
	data := listPage{
		Next: p.NextCursor, Path: pathOf(f), First: req.After == uuid.Nil, Filter: form, Kinds: kindOptions(v), Unread: unread,
		Filtered: f != notices.Filter{},
	}
	for _, n := range p.Items {
		data.Lines = append(data.Lines, lineOf(n))
	}
	return v.Page("inbox_list.html", frame.Say("Pemberitahuan", "Notices"), data)
}

func pathOf(f notices.Filter) string {
	unread := ""
	if f.Unread {
		unread = "1"
	}
	return fmt.Sprintf("%s%s?jenis=%s&baru=%s", frame.Root, root, f.Kind, unread)
}

func kindOptions(v *frame.Visit) []frame.Option {
	out := []frame.Option{{Value: "", Label: v.Say("Semua jenis", "All kinds")}}
	for _, k := range notices.For(v.Who) {
		out = append(out, frame.Option{Value: string(k), Label: kindText(k).In(v.Lang())})
	}
	return out
}

func lineOf(n notices.Notice) line {
	text, path, tone := describe(n)
	return line{Notice: n, Kind: kindText(n.Kind), Text: text, Path: path, Tone: tone}
}

// open marks a notice as read and goes to what it is about.
func (r *room) open(v *frame.Visit) error {
	return r.mark(v, func(n notices.Notice) string {
		_, path, _ := describe(n)
		return path
	})
}

func (r *room) read(v *frame.Visit) error {
	return r.mark(v, func(notices.Notice) string { return frame.Root + root })
}

func (r *room) mark(v *frame.Visit, next func(notices.Notice) string) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	n, err := r.notices.Get(v.Context(), id)
	if err != nil {
		return err
	}
	if err := r.notices.MarkRead(v.Context(), id); err != nil {
		return err
	}
	return v.Go(next(n), frame.Text{})
}

func (r *room) readAll(v *frame.Visit) error {
	if err := r.notices.MarkAllRead(v.Context()); err != nil {
		return err
	}
	return v.Go(frame.Root+root, frame.Say("Semua pemberitahuan ditandai sudah dibaca.", "All notices are marked as read."))
}

type setting struct {
	Name string
	Kind frame.Text
}

type settingsPage struct {
	Form     *frame.Form
	Settings []setting
	Mails    bool
}

func (r *room) settings(v *frame.Visit) error {
	now, err := r.notices.Settings(v.Context())
	if err != nil {
		return err
	}
	form := v.Blank()
	for _, k := range notices.For(v.Who) {
		form.Set(field(k), string(now[k]))
	}
	return v.Page("inbox_settings.html", settingsTitle, r.settingsPage(v, form))
}

var settingsTitle = frame.Say("Setelan pemberitahuan", "Notice settings")

func (r *room) settingsPage(v *frame.Visit, form *frame.Form) settingsPage {
	out := settingsPage{Form: form, Mails: r.notices.Mails()}
	for _, k := range notices.For(v.Who) {
		out.Settings = append(out.Settings, setting{Name: field(k), Kind: kindText(k)})
	}
	return out
}

// field is the name of a kind in the form.
func field(k notices.Kind) string { return strings.ReplaceAll(string(k), ".", "_") }

func (r *room) saveSettings(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	want := map[notices.Kind]notices.Mailing{}
	for _, k := range notices.For(v.Who) {
		if form.Get(field(k)) != "" {
			want[k] = notices.Mailing(form.Get(field(k)))
		}
	}
	if err := r.notices.SetSettings(v.Context(), want); err != nil {
		if form.Refused(err) {
			return v.Again("inbox_settings.html", settingsTitle, r.settingsPage(v, form))
		}
		return err
	}
	return v.Go(frame.Root+root+"/setelan", frame.Say("Setelan disimpan.", "Settings saved."))
}
