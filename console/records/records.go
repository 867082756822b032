// Package records is the room of the console for the log that nobody can change, to read, verify and prove.
package records

import (
	"context"
	"embed"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

//go:embed all:templates
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Audit    *audit.Service
	Accounts *accounts.Service
}

const root = frame.Root + "/audit"

type room struct{ Deps }

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d}
	f.Templates(files, "templates")
	speak(f)
	read := access.Needs(actor.ReadAudit)
	f.Nav(frame.NavTrust, frame.Item{Path: root, Label: frame.Say("Catatan audit", "Audit log"), Rule: read})
	f.Get("/audit", read, r.list)
	f.Get("/audit/catatan/:id", read, r.one)
	f.Get("/audit/catatan/:id/bukti.json", read, r.proof)
	f.Get("/audit/verifikasi", read, r.verifications)
	f.Post("/audit/verifikasi", read, r.verify)
	f.Get("/audit/verifikasi/:id", read, r.verification)
	f.Get("/audit/titik", read, r.checkpoints)
	f.Get("/audit/titik/semua.txt", read, r.allCheckpoints)
	f.Get("/audit/titik/:size", read, r.checkpoint)
	f.Get("/audit/konsistensi.json", read, r.consistency)
	f.Get("/audit/kunci.txt", read, r.key)
}

func speak(f *frame.Frame) {
	say := frame.Say
	f.States("auditRun", map[string]frame.State{
		"waiting": {Text: say("Menunggu", "Waiting"), Tone: "calm"},
		"running": {Text: say("Berjalan", "Running"), Tone: "warn"},
		"whole":   {Text: say("Utuh", "Whole"), Tone: "good"},
		"broken":  {Text: say("Rusak", "Broken"), Tone: "bad"},
		"failed":  {Text: say("Gagal dijalankan", "Could not be carried out"), Tone: "bad"},
	})
	f.States("auditFault", map[string]frame.State{
		"missing":    {Text: say("hilang", "missing"), Tone: "bad"},
		"inserted":   {Text: say("disisipkan", "inserted"), Tone: "bad"},
		"altered":    {Text: say("diubah", "altered"), Tone: "bad"},
		"unlinked":   {Text: say("tidak tersambung dengan yang sebelumnya", "not linked to the one before"), Tone: "bad"},
		"head":       {Text: say("rantai berakhir di tempat lain", "the chain ends elsewhere"), Tone: "bad"},
		"root":       {Text: say("catatan sebelum titik periksa ini diganti", "entries before this checkpoint were replaced"), Tone: "bad"},
		"signature":  {Text: say("tanda tangan tidak sah", "the signature is not good"), Tone: "bad"},
		"node":       {Text: say("pohon tersimpan tidak cocok", "a kept subtree does not match"), Tone: "bad"},
		"unaudited":  {Text: say("ada yang tidak pernah dicatat", "something never went through the log"), Tone: "bad"},
		"unreadable": {Text: say("tidak dapat dibaca", "could not be read"), Tone: "bad"},
	})
	f.States("auditActor", map[string]frame.State{
		"account": {Text: say("Akun", "Account")}, "api_key": {Text: say("Sistem kasir", "Till system")}, "till": {Text: say("Mesin kasir", "Till")},
		"participant": {Text: say("Peserta", "Participant")}, "job": {Text: say("Sistem", "System")}, "anonymous": {Text: say("Tanpa masuk", "Not signed in")},
	})
	f.Faults(map[string]frame.Text{
		"audit_entry_not_found": say("Catatan ini tidak ada, atau bukan wewenang Anda.", "There is no such entry, or it is not yours to see."),
		"audit_national":        say("Hanya yang membaca seluruh catatan audit yang dapat memverifikasinya.", "Only who reads the whole log may verify it."),
		"checkpoint_not_found":  say("Titik periksa ini tidak ada.", "There is no such checkpoint."),
		"not_covered":           say("Belum ada titik periksa yang memuat catatan ini. Titik periksa dibuat setiap jam.", "No checkpoint holds this entry yet. There is one every hour."),
		"proof_query":           say("Sebutkan dua titik periksa.", "Name two checkpoints."),
	})
}

var filterFields = []string{"dari", "sampai", "aksi", "pelaku", "akun", "subjek", "subjek_id", "permintaan"}

type listView struct {
	Form       *frame.Form
	Lines      []entryView
	Path       string
	Next, Back string
	National   bool
	Actors     []string
}

type entryView struct {
	audit.Entry
	Name string // of the account
}

func (r *room) list(v *frame.Visit) error {
	form := v.Blank()
	for _, name := range filterFields {
		if s := v.Query(name); s != "" {
			form.Set(name, s)
		}
	}
	form, err := v.NewForm(form.Values)
	if err != nil {
		return err
	}
	f, err := filter(v, form)
	if err != nil {
		return err
	}
	view := listView{Form: form, Path: root + "?" + form.Values.Encode(), National: v.Who.Scope(actor.ReadAudit).National,
		Actors: []string{"account", "till", "api_key", "participant", "job"}}
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	if v.Query("cursor") != "" {
		view.Back = view.Path
	}
	p, err := r.Audit.List(v.Context(), f, req)
	if err != nil {
		return err
	}
	view.Next, view.Lines = p.NextCursor, r.named(v.Context(), p.Items)
	return v.Page("records_list.html", frame.Say("Catatan audit", "Audit log"), view)
}

func filter(v *frame.Visit, form *frame.Form) (f audit.Filter, err error) {
	f = audit.Filter{
		Action: form.Get("aksi"), ActorKind: actor.Kind(form.Get("pelaku")), SubjectKind: form.Get("subjek"), RequestID: form.Get("permintaan"),
	}
	for name, id := range map[string]*uuid.UUID{"akun": &f.ActorID, "subjek_id": &f.SubjectID} {
		if s := form.Get(name); s != "" {
			if *id, err = frame.ID(s); err != nil {
				return f, err
			}
		}
	}
	from, to := form.OptionalDay("dari"), form.OptionalDay("sampai")
	if from != "" && form.OK() {
		f.From = from.Start(v.Zone())
	}
	if to != "" && form.OK() {
		f.To = to.AddDays(1).Start(v.Zone())
	}
	return f, nil
}

// named joins the names of accounts.
func (r *room) named(ctx context.Context, all []audit.Entry) []entryView {
	known, out := map[uuid.UUID]string{}, make([]entryView, len(all))
	for i, e := range all {
		out[i] = entryView{Entry: e}
		if e.ActorKind == actor.Account {
			if _, ok := known[e.ActorID]; !ok {
				known[e.ActorID] = r.name(ctx, e.ActorID)
			}
			out[i].Name = known[e.ActorID]
		}
	}
	return out
}

func (r *room) name(ctx context.Context, id uuid.UUID) string {
	a, err := r.Accounts.Get(actor.With(ctx, actor.System()), id)
	if err != nil {
		return ""
	}
	return a.Name.Reveal()
}

type oneView struct {
	entryView
	Details   []detail
	Good      bool
	Canonical []byte
	Covered   bool
	Newest    int64
}

type detail struct{ Name, Value string }

func (r *room) one(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	e, err := r.Audit.Get(v.Context(), id)
	if err != nil {
		return err
	}
	view := oneView{entryView: r.named(v.Context(), []audit.Entry{e})[0], Good: e.Good(), Canonical: e.Canonical()}
	var details map[string]any
	if json.Unmarshal([]byte(e.Details), &details) == nil {
		for name, value := range details {
			b, err := json.Marshal(value)
			if err == nil {
				view.Details = append(view.Details, detail{name, strings.Trim(string(b), `"`)})
			}
		}
	}
	newest, _, err := r.Audit.Checkpoints(v.Context(), 0, 1)
	if err != nil {
		return err
	}
	if len(newest) > 0 {
		view.Newest, view.Covered = newest[0].Size, newest[0].Size >= e.Seq
	}
	return v.Page("records_one.html", frame.Say("Catatan audit", "Audit entry"), view)
}

func (r *room) proof(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	size, _ := strconv.ParseInt(v.Query("titik"), 10, 64) //nolint:errcheck // what is no number is the newest
	p, err := r.Audit.Prove(v.Context(), id, max(0, size))
	if err != nil {
		return err
	}
	return send(v, "bukti-"+strconv.FormatInt(p.Seq, 10)+".json", p)
}

func send(v *frame.Visit, name string, p audit.Proof) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return v.File(name, "application/json", append(b, '\n'))
}

type runView struct {
	audit.Verification
	Name string
	Took time.Duration
}

func (r *room) run(ctx context.Context, one audit.Verification) runView {
	out := runView{Verification: one, Name: r.name(ctx, one.ByID)}
	if !one.FinishedAt.IsZero() {
		out.Took = one.FinishedAt.Sub(one.AskedAt).Round(time.Second)
	}
	return out
}

type runsView struct {
	Lines      []runView
	Next, Back string
}

func (r *room) verifications(v *frame.Visit) error {
	req, err := page.Parse(20, v.Query("cursor"))
	if err != nil {
		return err
	}
	p, err := r.Audit.Verifications(v.Context(), req)
	if err != nil {
		return err
	}
	view := runsView{Next: p.NextCursor}
	if v.Query("cursor") != "" {
		view.Back = root + "/verifikasi"
	}
	for _, one := range p.Items {
		view.Lines = append(view.Lines, r.run(v.Context(), one))
	}
	return v.Page("records_runs.html", frame.Say("Verifikasi", "Verifications"), view)
}

func (r *room) verify(v *frame.Visit) error {
	one, err := r.Audit.Ask(v.Context())
	if err != nil {
		return err
	}
	return v.Go(root+"/verifikasi/"+one.ID.String(), frame.Text{})
}

// verification shows how far one is; htmx asks for its state again and again.
func (r *room) verification(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	one, err := r.Audit.Verification(v.Context(), id)
	if err != nil {
		return err
	}
	view := r.run(v.Context(), one)
	if v.HTMX() {
		return v.Part("records_run.html", "run", view)
	}
	return v.Page("records_run.html", frame.Say("Verifikasi", "Verification"), view)
}
