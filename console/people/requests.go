package people

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// asked is a request as the queue shows it.
type asked struct {
	participants.DataRequest
	Branch string
	Left   frame.Text // how much of the time is left, or by how much it is over
	Tone   string
}

func askedOf(q participants.DataRequest, now time.Time) asked {
	out := asked{DataRequest: q}
	if q.State != participants.RequestOpen && q.State != participants.RequestPrepared {
		return out
	}
	left := q.DueAt.Sub(now)
	hours := int(left.Abs() / time.Hour)
	n := strconv.Itoa(hours)
	switch {
	case q.Overdue:
		out.Left, out.Tone = frame.Say("Terlambat "+n+" jam", n+" hours late"), "bad"
	case hours < 24:
		out.Left, out.Tone = frame.Say("Sisa "+n+" jam", n+" hours left"), "warn"
	default:
		out.Left, out.Tone = frame.Say("Sisa "+n+" jam", n+" hours left"), "calm"
	}
	return out
}

type requestsPage struct {
	Requests      []asked
	Next, Path    string
	First         bool
	Form          *frame.Form
	Show          string
	Kinds         []frame.Option
	Open, Overdue int64
}

// shows are the parts of the queue.
var shows = map[string]participants.RequestFilter{
	"": {Waiting: true}, "terlambat": {Overdue: true}, "selesai": {State: participants.RequestDone}, "ditolak": {State: participants.RequestRefused}, "semua": {},
}

func (r *room) requests(v *frame.Visit) error {
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	form, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	show := v.Query("tampil")
	f := shows[show]
	f.Kind = participants.RequestKind(v.Query("jenis"))
	found, err := r.Participants.Requests(v.Context(), f, req)
	if err != nil {
		return err
	}
	data := requestsPage{
		Next: found.NextCursor, First: req.After == uuid.Nil, Form: form, Show: show, Path: frame.Root + requestsPath,
		Kinds: optionsOf(v, requestKinds, frame.Option{Label: v.Say("Semua jenis", "All kinds")}),
	}
	if data.Open, data.Overdue, err = r.Participants.Waiting(v.Context()); err != nil {
		return err
	}
	names, err := r.branchNames(v.Context())
	if err != nil {
		return err
	}
	for _, q := range found.Items {
		a := askedOf(q, v.Now())
		a.Branch = names[q.BranchID]
		data.Requests = append(data.Requests, a)
	}
	return v.Page("people_requests.html", frame.Say("Permintaan data", "Data requests"), data)
}

func (r *room) branchNames(ctx context.Context) (map[uuid.UUID]string, error) {
	all, err := r.Participants.Branches(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]string, len(all))
	for _, b := range all {
		out[b.ID] = b.Name
	}
	return out, nil
}

type requestPage struct {
	asked
	Person    *participants.Participant // nil: erased
	Waits     bool
	MayAnswer bool // complete with a text
	Refuse    bool
	Prepare   bool
	Approve   bool
	Own       bool // prepared by the visitor: somebody else approves
	Hand      bool
	Edit      bool
	Form      *frame.Form
}

func requestAt(id uuid.UUID) string { return frame.Root + requestsPath + "/" + id.String() }

func (r *room) request(v *frame.Visit) error { return r.showRequest(v, v.Blank()) }

func (r *room) showRequest(v *frame.Visit, form *frame.Form) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	ctx := participants.WithReason(v.Context(), participants.ForDataRequest)
	q, err := r.Participants.Request(ctx, id)
	if err != nil {
		return err
	}
	names, err := r.branchNames(ctx)
	if err != nil {
		return err
	}
	data := requestPage{asked: askedOf(q, v.Now()), Form: form}
	data.Branch = names[q.BranchID]
	data.steps(v.Who)
	if p, err := r.Participants.Get(participants.Masked(ctx), q.ParticipantID); err == nil {
		data.Person = &p
	}
	v.W.Header().Set("Cache-Control", "no-store")
	title := frame.Say("Permintaan …"+short(id), "Request …"+short(id))
	if !form.OK() {
		return v.Again("people_request.html", title, data)
	}
	return v.Page("people_request.html", title, data)
}

// steps says what the page offers; the domain decides again.
func (p *requestPage) steps(who actor.Actor) {
	open, prepared := p.State == participants.RequestOpen, p.State == participants.RequestPrepared
	p.Waits = open || prepared
	p.MayAnswer = open && p.Kind == participants.AskCorrect
	p.Refuse = p.Waits && (p.Kind == participants.AskCorrect || p.Kind == participants.AskErase)
	p.Prepare = open && p.Kind == participants.AskErase
	p.Own = prepared && p.PreparedBy == who.ID
	p.Approve = prepared && !p.Own && who.Scope(actor.ApproveErasure).HasBranch(p.BranchID)
	p.Hand = (open || p.State == participants.RequestDone) && (p.Kind == participants.AskSee || p.Kind == participants.AskExport)
	p.Edit = open && p.Kind == participants.AskCorrect && who.Scope(actor.WriteParticipants).HasBranch(p.BranchID)
}

// decided takes a request through a step that needs an answer.
func (r *room) decided(v *frame.Visit, do func(context.Context, uuid.UUID, pii.Text) (participants.DataRequest, error), done frame.Text) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := do(v.Context(), id, pii.Text(form.Get("answer"))); err != nil {
		if form.Refused(err) {
			return r.showRequest(v, form)
		}
		return err
	}
	return v.Go(requestAt(id), done)
}

func (r *room) complete(v *frame.Visit) error {
	return r.decided(v, r.Participants.CompleteRequest, frame.Say("Permintaan selesai. Peserta melihat jawabannya di HP.", "The request is done. The person sees the answer on their phone."))
}

func (r *room) refuse(v *frame.Visit) error {
	return r.decided(v, r.Participants.RefuseRequest, frame.Say("Permintaan ditolak dengan alasan.", "The request is refused with a reason."))
}

func (r *room) prepareErasure(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Participants.PrepareErasure(v.Context(), id); err != nil {
		return err
	}
	return v.Go(requestAt(id), frame.Say("Siap dihapus. Orang lain harus menyetujuinya.", "Ready to be erased. Somebody else must approve it."))
}

func (r *room) approveErasure(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if form.Get("sure") != "1" {
		form.Fail("sure", frame.Say("Centang untuk menyatakan Anda yakin.", "Tick to say that you are sure."))
		return r.showRequest(v, form)
	}
	if _, err := r.Participants.ApproveErasure(v.Context(), id); err != nil {
		if form.Refused(err) {
			return r.showRequest(v, form)
		}
		return err
	}
	return v.Go(frame.Root+requestsPath, frame.Say("Data peserta dihapus untuk selamanya.", "The person's data are erased for ever."))
}

// handOver answers with everything that the program keeps of the person who
// asked, as a file to be given to them.
func (r *room) handOver(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	own, err := r.Participants.HandOver(v.Context(), id)
	if err != nil {
		return err
	}
	all, err := r.gather(v, own)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "no-store")
	return v.File("data-"+short(id)+".json", "application/json", b)
}
