package uses

import (
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/redemptions"
)

type oneView struct {
	redemptions.Story
	Form   *frame.Form
	Flags  []flagWord
	Acts   []actView
	Talk   []talkView
	Why    frame.Text
	Wait   redemptions.Waiting
	Late   int64    // minutes between counter and server, of an offline one
	Audit  bool     // the log can be read
	People bool     // the profile can be
	Kinds  []string // of disputes
}

type actView struct {
	What, By, Note frame.Text
	Name           string
	At             time.Time
}

type talkView struct {
	redemptions.Comment
	Name string
}

// Short and Long are the words of a flag.
func (f flagWord) Short() frame.Text { return f.short }

// Long explains a flag.
func (f flagWord) Long() frame.Text { return f.long }

// Tone is how a flag looks.
func (f flagWord) Tone() string { return f.tone }

func (r *room) one(v *frame.Visit) error { return r.story(v, v.Blank()) }

// story shows a use; a form that was refused is shown again as it was filled in.
func (r *room) story(v *frame.Visit, form *frame.Form) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	st, err := r.Redemptions.Story(v.Context(), id)
	if err != nil {
		return err
	}
	view := oneView{Story: st, Form: form, Why: reasonText(st.Reason), Wait: st.Waits(), Audit: v.Who.Can(actor.ReadAudit), People: v.Who.Can(actor.ReadParticipants), Kinds: []string{"wrong_amount", "not_received", "not_me", "other"}}
	for _, f := range st.Flags {
		if w, ok := flagWords[f]; ok {
			view.Flags = append(view.Flags, w)
		}
	}
	if st.Outcome == redemptions.Granted && !st.IDChecked {
		view.Flags = append(view.Flags, flagWords["id_not_checked"])
	}
	if st.Item != nil {
		view.Late = int64(st.Item.Delay / time.Minute)
	}
	r.tell(v, &view)
	title := say("Penggunaan promo", "Use of a promo")
	if form.OK() {
		return v.Page("uses_one.html", title, view)
	}
	return v.Again("uses_one.html", title, view)
}

// tell puts names and words to what happened later.
func (r *room) tell(v *frame.Visit, view *oneView) {
	var ids []uuid.UUID
	for _, a := range view.Story.Acts {
		if a.ByKind == string(actor.Account) {
			ids = append(ids, a.ByID)
		}
	}
	for _, c := range view.Told {
		ids = append(ids, c.ByID)
	}
	names := r.names(v.Context(), ids...)
	for _, a := range view.Story.Acts {
		act := actView{What: actWords[a.What], By: byWords[a.ByKind], Name: names[a.ByID], At: a.At, Note: frame.Text{ID: a.Reason, EN: a.Reason}}
		if a.What == "dispute" {
			act.Note = disputeWords[a.Reason]
		}
		view.Acts = append(view.Acts, act)
	}
	for _, c := range view.Told {
		view.Talk = append(view.Talk, talkView{c, names[c.ByID]})
	}
}

// act runs what a form of the page asks for, and shows the page again when it is
// refused.
func (r *room) act(v *frame.Visit, done frame.Text, do func(id uuid.UUID, f *frame.Form) error) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := do(id, form); err != nil {
		if form.Refused(err) {
			return r.story(v, form)
		}
		return err
	}
	if !form.OK() {
		return r.story(v, form)
	}
	if form.Get("balik") == "keputusan" {
		return v.Go(decidePath, done)
	}
	return v.Go(listPath+"/"+id.String(), done)
}

func (r *room) void(v *frame.Visit) error {
	return r.act(v, say("Penggunaan dibatalkan; kuota dikembalikan.", "The use was taken back; the quota is given back."), func(id uuid.UUID, f *frame.Form) error {
		_, err := r.Redemptions.Void(v.Context(), id, f.Get("reason"))
		return err
	})
}

func (r *room) dispute(v *frame.Visit) error {
	return r.act(v, say("Sanggahan dikirim ke cabang.", "The dispute was sent to the branch."), func(id uuid.UUID, f *frame.Form) error {
		if _, err := r.Redemptions.Dispute(v.Context(), id, redemptions.DisputeReason(f.Get("why"))); err != nil || f.Get("comment") == "" {
			return err
		}
		return r.Redemptions.Comment(v.Context(), id, f.Get("comment"))
	})
}

func (r *room) comment(v *frame.Visit) error {
	return r.act(v, say("Komentar disimpan.", "The comment was saved."), func(id uuid.UUID, f *frame.Form) error {
		return r.Redemptions.Comment(v.Context(), id, f.Get("comment"))
	})
}

func (r *room) decide(v *frame.Visit) error {
	return r.act(v, say("Keputusan disimpan.", "The decision was saved."), func(id uuid.UUID, f *frame.Form) error {
		_, err := r.Redemptions.Decide(v.Context(), id, redemptions.Decision(f.Get("decision")), f.Get("note"))
		return err
	})
}
