package promos

import (
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// step is one thing that somebody did.
type step struct {
	At      time.Time
	Who     string
	What    frame.Text
	Reason  string
	Version int
}

// compared are two versions beside each other.
type compared struct {
	From, To int
	Changes  []benefits.Change
}

type detailPage struct {
	line
	Form                      *frame.Form
	Words                     []benefits.Line // of the newest version
	Examples                  []benefits.Example
	ID, EN                    string // the newest version in one sentence
	Hash                      string
	Steps                     []step
	Diff                      *compared
	Numbers                   []frame.Option
	Seen                      bool // the approver's page was stale
	Own                       bool // whoever looks proposed the newest version
	Signed                    []string
	SignedMine                bool
	Needed                    int
	Cap                       benefits.Cap
	Above, Bounded            bool
	Exposure                  int64
	Pace                      benefits.Pace
	SpentOn                   clock.Day
	Spent                     bool
	SpentWhat                 benefits.Lack
	Writes, Approves, Staff   bool
	Editable, Submittable     bool
	Decidable, Publishable    bool
	CanPause, CanResume, Ends bool
}

var detailTitle = frame.Say("Promo", "Promo")

func (r *room) detail(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.NewForm(v.R.URL.Query())
	if err != nil {
		return err
	}
	p, err := r.detailPage(v, id, form)
	if err != nil {
		return err
	}
	return v.Page("promo_detail.html", detailTitle, p)
}

func (r *room) detailPage(v *frame.Visit, id uuid.UUID, form *frame.Form) (*detailPage, error) {
	e, err := r.Benefits.Entry(v.Context(), id)
	if err != nil {
		return nil, err
	}
	named, err := r.outletNames(v, e.PartnerID)
	if err != nil {
		return nil, err
	}
	p := &detailPage{line: r.line(v, e), Form: form, Hash: hex.EncodeToString(e.TermsHash), Staff: staff(v.Who)}
	p.Words, p.Examples = e.Terms.Words(v.Lang(), named), e.Terms.Examples()
	p.ID, p.EN = e.Terms.Sentence("id"), e.Terms.Sentence("en")
	p.Writes, p.Approves = v.Who.Can(actor.WriteBenefits), v.Who.Can(actor.ApproveBenefits)
	p.actions(v)
	p.compare(v, named)
	if p.Steps, err = r.steps(v, &e); err != nil {
		return nil, err
	}
	if err := r.approvals(v, p); err != nil {
		return nil, err
	}
	if e.LiveVersion == 0 {
		return p, nil
	}
	if p.Pace, err = r.Redemptions.Pace(v.Context(), e.Benefit); err != nil {
		return nil, err
	}
	p.SpentOn, p.SpentWhat, p.Spent = p.Pace.SpentOn(e.Remaining, clock.DayOf(v.Now(), v.Zone()))
	return p, nil
}

// actions says which buttons there are; the domain judges what they do.
func (p *detailPage) actions(v *frame.Visit) {
	over := p.State == benefits.Ended
	p.Own = p.ProposedBy(p.Versions[0], v.Who.ID)
	p.Editable = p.Writes && !over && p.VersionState != benefits.VersionSubmitted
	p.Submittable = p.Writes && !over && p.VersionState == benefits.VersionDraft
	p.Decidable = p.Approves && !over && p.VersionState == benefits.VersionSubmitted
	p.Publishable = p.Approves && !over && p.VersionState == benefits.VersionApproved
	p.CanPause = p.Writes && p.State == benefits.Live
	p.CanResume = p.Writes && p.State == benefits.Paused
	p.Ends = p.CanPause || p.CanResume
}

// compare puts the versions beside each other that are asked for; else the
// newest and the one at the tills, or the one before it.
func (p *detailPage) compare(v *frame.Visit, named func(uuid.UUID) string) {
	if len(p.Versions) < 2 {
		return
	}
	for _, one := range p.Versions {
		p.Numbers = append(p.Numbers, frame.Option{Value: strconv.Itoa(one.Version), Label: v.Say("Versi ", "Version ") + strconv.Itoa(one.Version)})
	}
	number := func(name string, other int) int {
		n, err := strconv.Atoi(p.Form.Get(name))
		if err != nil || n < 1 || n > p.Version {
			n = other
		}
		p.Form.Set(name, strconv.Itoa(n))
		return n
	}
	old := p.Version - 1
	if p.LiveVersion != 0 && p.LiveVersion != p.Version {
		old = p.LiveVersion
	}
	a, b := number("a", old), number("b", p.Version)
	at := func(n int) benefits.Version {
		return p.Versions[slices.IndexFunc(p.Versions, func(one benefits.Version) bool { return one.Version == n })]
	}
	p.Diff = &compared{From: a, To: b, Changes: benefits.Changes(at(a), at(b), v.Lang(), named)}
}

func (r *room) outletNames(v *frame.Visit, partner uuid.UUID) (func(uuid.UUID) string, error) {
	all, err := r.Partners.OutletsOf(v.Context(), partner)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]string{}
	for _, o := range all {
		known[o.ID] = o.Name
	}
	return func(id uuid.UUID) string { return known[id] }, nil
}

// approvals fills in who must approve what waits.
func (r *room) approvals(v *frame.Visit, p *detailPage) (err error) {
	if p.Cap, err = r.Benefits.CapOf(v.Context(), p.PartnerID); err != nil {
		return err
	}
	p.Exposure, p.Bounded = p.Terms.Exposure()
	p.Above = !p.Cap.Covers(p.Terms)
	by, needed, err := r.Benefits.Signatures(v.Context(), p.Benefit)
	if err != nil {
		return err
	}
	p.Needed = needed
	for _, who := range by {
		p.SignedMine = p.SignedMine || who == v.Who.ID
		name, err := r.name(v, who)
		if err != nil {
			return err
		}
		p.Signed = append(p.Signed, name)
	}
	return nil
}

// steps are what was done to the versions, newest first.
func (r *room) steps(v *frame.Visit, e *benefits.Entry) ([]step, error) {
	var out []step
	var failed error
	add := func(n int, at time.Time, who uuid.UUID, what frame.Text, reason string) {
		if at.IsZero() || failed != nil {
			return
		}
		name, err := r.name(v, who)
		failed = err
		out = append(out, step{At: at, Who: name, What: what, Reason: reason, Version: n})
	}
	for _, one := range e.Versions {
		decided := frame.Say("menyetujui", "approved")
		if one.DecideReason != "" {
			decided = frame.Say("menolak", "rejected")
		}
		add(one.Version, one.PublishedAt, one.PublishedBy, frame.Say("menerbitkan ke kasir", "put it at the tills"), "")
		add(one.Version, one.DecidedAt, one.DecidedBy, decided, one.DecideReason)
		add(one.Version, one.SubmittedAt, one.SubmittedBy, frame.Say("mengajukan", "handed it in"), "")
		add(one.Version, one.CreatedAt, one.AuthorID, frame.Say("menyusun", "drafted it"), "")
	}
	return out, failed
}

// name tells who somebody is: to BPJS by name, to others by role.
func (r *room) name(v *frame.Visit, id uuid.UUID) (string, error) {
	if id == v.Who.ID {
		return v.Say("Anda", "You"), nil
	}
	if id == uuid.Nil {
		return v.Say("Sistem", "The system"), nil
	}
	a, err := r.Accounts.Get(actor.With(v.Context(), actor.System()), id)
	if errors.Is(err, errNoAccount) {
		return v.Say("Akun yang sudah dihapus", "A removed account"), nil
	}
	if err != nil {
		return "", err
	}
	role := ""
	if len(a.Grants) > 0 {
		role = frame.RoleText(a.Grants[0].Role).In(v.Lang())
	}
	if !staff(v.Who) {
		return role, nil
	}
	if role == "" {
		return a.Name.Reveal(), nil
	}
	return a.Name.Reveal() + " (" + role + ")", nil
}

// did answers after a step on the page of the promo.
func (r *room) did(v *frame.Visit, done frame.Text, do func(id uuid.UUID) error) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		if !form.Refused(err) {
			return err
		}
		return r.refuse(v, id, form, err)
	}
	return v.Go("/konsol/promo/"+id.String(), done)
}

// refuse shows the promo again with why it was not done.
func (r *room) refuse(v *frame.Visit, id uuid.UUID, form *frame.Form, why error) error {
	p, err := r.detailPage(v, id, form)
	if err != nil {
		return err
	}
	if fault.KindOf(why) == fault.Forbidden {
		return v.Forbidden("promo_detail.html", detailTitle, p)
	}
	return v.Again("promo_detail.html", detailTitle, p)
}

func (r *room) submit(v *frame.Visit) error {
	return r.did(v, submitted, func(id uuid.UUID) error {
		_, err := r.Benefits.Submit(v.Context(), id)
		return err
	})
}

// approve approves exactly what was shown, or nothing.
func (r *room) approve(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	seen := int(form.Whole("version", 1, 1_000_000))
	hash, err := hex.DecodeString(form.Get("terms_hash"))
	if err != nil || len(hash) == 0 || seen == 0 {
		return frame.ErrForm
	}
	b, err := r.Benefits.Approve(v.Context(), id, benefits.Seen{Version: seen, TermsHash: hash})
	switch {
	case err == nil && b.VersionState == benefits.VersionSubmitted:
		return v.Go("/konsol/promo/"+id.String(), frame.Say("Persetujuan pertama dicatat. Orang kedua dari kantor pusat masih harus menyetujui.", "The first approval is noted. A second person of headquarters must approve too."))
	case err == nil:
		return v.Go("/konsol/promo/"+id.String(), frame.Say("Promo disetujui. Terbitkan agar sampai ke kasir.", "The promo is approved. Publish it so that tills get it."))
	case !form.Refused(err):
		return err
	case fault.KindOf(err) == fault.Forbidden:
		return r.refuse(v, id, form, err)
	}
	form.Set("a", strconv.Itoa(seen)) // what has changed since it was shown
	p, err := r.detailPage(v, id, form)
	if err != nil {
		return err
	}
	p.Seen = p.Version != seen
	if p.Seen {
		form.Problem = faults["terms_changed"]
	}
	return v.Again("promo_detail.html", detailTitle, p)
}

func (r *room) reject(v *frame.Visit) error {
	return r.did(v, frame.Say("Promo ditolak. Pengusul melihat alasannya.", "The promo is rejected. Who proposed it sees the reason."), func(id uuid.UUID) error {
		_, err := r.Benefits.Reject(v.Context(), id, v.R.PostForm.Get("reason")) //nolint:forbidigo // a form that was sent to us, not a client
		return err
	})
}

func (r *room) publish(v *frame.Visit) error {
	return r.did(v, frame.Say("Promo terbit. Kasir mendapatnya saat berikutnya tersambung.", "The promo is published. Tills get it when they next connect."), func(id uuid.UUID) error {
		_, err := r.Benefits.Publish(v.Context(), id)
		return err
	})
}

func (r *room) pause(v *frame.Visit) error {
	return r.did(v, frame.Say("Promo dijeda. Kasir yang tersambung langsung menolaknya.", "The promo is paused. Connected tills refuse it at once."), func(id uuid.UUID) error {
		_, err := r.Benefits.Pause(v.Context(), id)
		return err
	})
}

func (r *room) resume(v *frame.Visit) error {
	return r.did(v, frame.Say("Promo berjalan lagi.", "The promo is live again."), func(id uuid.UUID) error {
		_, err := r.Benefits.Resume(v.Context(), id)
		return err
	})
}

func (r *room) end(v *frame.Visit) error {
	return r.did(v, frame.Say("Promo diakhiri.", "The promo has ended."), func(id uuid.UUID) error {
		_, err := r.Benefits.End(v.Context(), id)
		return err
	})
}

type posterPage struct {
	line
	Words   map[string]string
	Outlets []string
}

func (r *room) poster(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	e, err := r.Benefits.Entry(v.Context(), id)
	if err != nil {
		return err
	}
	if e.Live == nil {
		return benefits.ErrState
	}
	named, err := r.outletNames(v, e.PartnerID)
	if err != nil {
		return err
	}
	p := posterPage{line: r.line(v, e), Words: map[string]string{}}
	for _, l := range e.Live.Words(v.Lang(), named) {
		p.Words[l.Key] = l.Text
	}
	for _, outlet := range e.Live.OutletIDs {
		p.Outlets = append(p.Outlets, named(outlet))
	}
	slices.Sort(p.Outlets)
	return v.Page("promo_poster.html", frame.Say("Pengumuman promo", "Promo notice"), p)
}
