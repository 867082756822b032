package imports

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

var title = frame.Say("Impor peserta", "Import participants")

const perPage = 25

// entry is a line of the history.
type entry struct {
	participants.List
	By, Branch string
}

func (r *room) list(v *frame.Visit) error {
	req, err := page.Parse(perPage, v.Query("cursor"))
	if err != nil {
		return err
	}
	lists, err := r.Participants.Lists(v.Context(), req)
	if err != nil {
		return err
	}
	branches, err := r.branches(v)
	if err != nil {
		return err
	}
	data := struct {
		Items    []entry
		Next     string
		Back     string
		Branches int
	}{Next: lists.NextCursor, Branches: len(branches)}
	if req.After != uuid.Nil {
		data.Back = frame.Root + at
	}
	names := map[uuid.UUID]string{}
	for _, l := range lists.Items {
		if _, known := names[l.CreatedBy]; !known {
			names[l.CreatedBy] = r.who(v.Context(), l.CreatedBy)
		}
		data.Items = append(data.Items, entry{l, names[l.CreatedBy], nameOf(branches, l.BranchID)})
	}
	return v.Page("impor_daftar.html", title, data)
}

func nameOf(all []participants.Branch, id uuid.UUID) string {
	for _, b := range all {
		if b.ID == id {
			return b.Name
		}
	}
	return "–"
}

// start is the page on which a list is uploaded.
type start struct {
	Form     *frame.Form
	Branches []frame.Option
	Columns  []participants.Column
	Megabyte int
}

func (r *room) begin(v *frame.Visit, f *frame.Form) (start, error) {
	all, err := r.branches(v)
	s := start{Form: f, Columns: participants.DescribeColumns(), Megabyte: participants.DefaultUploadBytes >> 20}
	for _, b := range all {
		s.Branches = append(s.Branches, frame.Option{Value: b.ID.String(), Label: b.Name})
	}
	return s, err
}

func (r *room) blank(v *frame.Visit) error {
	data, err := r.begin(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("impor_baru.html", frame.Say("Unggah daftar", "Upload a list"), data)
}

func (r *room) upload(v *frame.Visit) error {
	v.Longer()
	f, part, err := v.Upload("file", participants.DefaultUploadBytes+frame.FormLimit)
	if err != nil {
		return err
	}
	branch, asOf := f.ID("branch_id"), f.OptionalDay("as_of")
	if part == nil {
		f.Fail("file", frame.Say("Pilih berkas.", "Choose a file."))
	}
	if f.OK() {
		l, err := r.Participants.Upload(v.Context(), participants.Upload{BranchID: branch, Name: pii.Text(part.FileName()), File: part, AsOf: asOf})
		if err == nil {
			return v.Go(place(l.ID), frame.Say("Berkas diterima. Cocokkan kolomnya.", "The file has arrived. Match its columns."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	data, err := r.begin(v, f)
	if err != nil {
		return err
	}
	return v.Again("impor_baru.html", frame.Say("Unggah daftar", "Upload a list"), data)
}

const (
	mediaCSV  = "text/csv; charset=utf-8"
	mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// format is which file is asked for, and its media type.
func format(v *frame.Visit) (participants.Format, string, error) {
	switch v.Param("format") {
	case "csv":
		return participants.CSV, mediaCSV, nil
	case "xlsx":
		return participants.XLSX, mediaXLSX, nil
	}
	return "", "", frame.ErrNotFound
}

func (r *room) template(v *frame.Visit) error {
	as, media, err := format(v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := participants.WriteTemplate(as, &b); err != nil {
		return err
	}
	return v.File("templat-peserta."+string(as), media, b.Bytes())
}

func (r *room) faults(v *frame.Visit) error {
	as, media, err := format(v)
	if err != nil {
		return err
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	l, err := r.Participants.GetList(v.Context(), id)
	if err != nil {
		return err
	}
	v.Longer()
	v.Attach("kesalahan-impor-"+id.String()[24:]+"."+string(as), media)
	v.W.Header().Set("Cache-Control", "no-store")
	return r.Participants.WriteFaults(v.Context(), l.ID, as, v.Lang(), v.W)
}

// heading is a column of the file on the page where columns are matched.
type heading struct {
	Place int
	Name  string
	Means string
}

// detail is the page of one import.
type detail struct {
	participants.List
	Form                            *frame.Form
	Branch, By, Published, UndoneBy string
	HeadingsShown                   []heading
	Columns                         []participants.Column
	Notices                         []frame.Text
	Kinds                           []kind
	First                           []faulty
	MayPublish, Own, MayUndo        bool
	LeftPeople                      []uuid.UUID
	Failed                          frame.Text
}

const firstFaults = 20

func (r *room) detail(v *frame.Visit, id uuid.UUID, f *frame.Form) (d detail, err error) {
	ctx := v.Context()
	if d.List, err = r.Participants.GetList(ctx, id); err != nil {
		return d, err
	}
	b, err := r.Participants.Branch(ctx, d.BranchID)
	if err != nil {
		return d, err
	}
	d.Form, d.Branch, d.Columns = f, b.Name, participants.DescribeColumns()
	d.By, d.Published, d.UndoneBy = r.who(ctx, d.CreatedBy), r.who(ctx, d.PublishedBy), r.who(ctx, d.List.UndoneBy)
	d.MayPublish = v.Who.Can(actor.PublishImports)
	d.Own = v.Who.ID == d.CreatedBy || v.Who.ID == d.PreparedBy
	ended := slices.Contains([]participants.ImportState{participants.ImportDone, participants.ImportCancelled, participants.ImportFailed}, d.State)
	d.MayUndo = d.MayPublish && ended && d.PublishedAt != nil && d.EndedAt != nil && v.Now().Sub(*d.EndedAt) < 7*24*time.Hour && d.Created+d.Updated > 0
	if w, known := participants.FileWords()[d.Failure]; known {
		d.Failed = frame.Say(w.ID, w.EN)
	}
	d.headings()
	d.notices()
	if d.State == participants.ImportUndone {
		if d.LeftPeople, err = r.Participants.LeftByUndo(ctx, id); err != nil {
			return d, err
		}
	}
	found, err := r.Participants.Findings(ctx, id, firstFaults)
	for _, k := range found.Kinds {
		d.Kinds = append(d.Kinds, kind{k.Rows, column(k.Field), words(k.Code)})
	}
	for _, e := range found.First {
		d.First = append(d.First, faulty{e.Line, e.Shape, column(e.Field), words(e.Code)})
	}
	return d, err
}

// kind is how often something is wrong.
type kind struct {
	Rows          int64
	Column, Words frame.Text
}

// faulty is a place of the file that is wrong.
type faulty struct {
	Line          int64
	Shape         string
	Column, Words frame.Text
}

func column(name string) frame.Text {
	w := participants.ColumnLabel(name)
	return frame.Say(w.ID, w.EN)
}

func words(code string) frame.Text {
	w := participants.FaultWords(code)
	return frame.Say(w.ID, w.EN)
}

func (d *detail) headings() {
	means := map[int]string{}
	for column, i := range d.Mapping {
		means[i] = column
	}
	for i, h := range d.Headings {
		d.HeadingsShown = append(d.HeadingsShown, heading{i, h, means[i]})
	}
}

// notices say how the file was understood where that is not plain.
func (d *detail) notices() {
	add := func(id, en string) { d.Notices = append(d.Notices, frame.Say(id, en)) }
	if n := len(d.Headings) - len(d.Mapping); n > 0 && d.Uploaded() {
		add(frame.Number("id", int64(n))+" kolom tidak dipakai dan diabaikan.", frame.Number("en", int64(n))+" columns are not used and passed over.")
	}
	if d.About.OtherSheets > 0 {
		add("Hanya lembar pertama yang terlihat dibaca; lembar lain diabaikan.", "Only the first visible sheet is read; others are passed over.")
	}
	if d.About.Encoding == "windows-1252" {
		add("Berkas dibaca sebagai Windows-1252. Periksa huruf beraksen; simpan sebagai CSV UTF-8 bila keliru.", "The file was read as Windows-1252. Check letters with accents; save it as CSV UTF-8 if they are wrong.")
	}
	if d.About.Date1904 {
		add("Tanggal lembar ini dihitung dari 1904 (Excel lama di Mac); sudah disesuaikan.", "Days of this sheet count from 1904 (old Excel on Mac); they were adjusted.")
	}
}

func (r *room) show(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if v.HTMX() {
		return r.progress(v, id)
	}
	d, err := r.detail(v, id, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("impor_rinci.html", title, d)
}

// progress answers the polling of a page; when nothing goes on any more, the
// whole page is loaded again.
func (r *room) progress(v *frame.Visit, id uuid.UUID) error {
	l, err := r.Participants.GetList(v.Context(), id)
	if err != nil {
		return err
	}
	if !l.Working() {
		v.W.Header().Set("HX-Refresh", "true")
	}
	return v.Part("impor_rinci.html", "impor-progress", l)
}

func (r *room) mapColumns(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	mapping := map[string]int{}
	for _, c := range participants.DescribeColumns() {
		if n, ok := number(f.Get("col_" + c.Name)); ok {
			mapping[c.Name] = n
		}
	}
	if _, err = r.Participants.Map(v.Context(), id, mapping); err == nil {
		return v.Go(place(id), frame.Say("Daftar sedang diperiksa; belum ada yang disimpan.", "The list is being checked; nothing is stored yet."))
	}
	if !f.Refused(err) {
		return err
	}
	d, err := r.detail(v, id, f)
	if err != nil {
		return err
	}
	d.Mapping = mapping
	return v.Again("impor_rinci.html", title, d)
}

// act does one thing about an import and goes back to its page; what people can
// do something about is said there.
func (r *room) act(v *frame.Visit, said frame.Text, do func(id uuid.UUID) error) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	if err = do(id); err == nil {
		return v.Go(place(id), said)
	}
	if !f.Refused(err) {
		return err
	}
	d, err := r.detail(v, id, f)
	if err != nil {
		return err
	}
	return v.Again("impor_rinci.html", title, d)
}

func (r *room) publish(v *frame.Visit) error {
	return r.act(v, frame.Say("Diterbitkan. Impor berjalan di belakang layar.", "Published. The import runs behind the scenes."), func(id uuid.UUID) error {
		_, err := r.Participants.Publish(v.Context(), id)
		return err
	})
}

func (r *room) cancel(v *frame.Visit) error {
	return r.act(v, frame.Say("Impor dibatalkan dan berkasnya dihapus.", "The import is cancelled and its file deleted."), func(id uuid.UUID) error {
		_, err := r.Participants.CancelImport(v.Context(), id)
		return err
	})
}

func (r *room) undo(v *frame.Visit) error {
	return r.act(v, frame.Say("Impor sedang diurungkan.", "The import is being undone."), func(id uuid.UUID) error {
		_, err := r.Participants.UndoImport(v.Context(), id)
		return err
	})
}

func (r *room) previewUndo(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	l, err := r.Participants.GetList(v.Context(), id)
	if err != nil {
		return err
	}
	counts, err := r.Participants.PreviewUndo(v.Context(), id)
	if err != nil {
		return err
	}
	return v.Page("impor_urungkan.html", frame.Say("Urungkan impor", "Undo an import"), struct {
		participants.List
		Counts participants.UndoCounts
	}{l, counts})
}
