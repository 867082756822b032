package partners

import (
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
)

type choice struct {
	partners.Choice
	Words stepWords
	Why   frame.Text // empty: it can be done now
}

// Path is where the step is done.
func (c choice) Path(id uuid.UUID) string {
	return frame.Root + "/mitra/" + id.String() + "/langkah/" + string(c.Step)
}

type detailPage struct {
	lists
	partners.Dossier
	Form      *frame.Form
	Choices   []choice
	Names     map[uuid.UUID]string
	Staff     []frame.Option
	Reason    frame.Text
	MayAssign bool
	MayInvite bool
	Assess    bool // the assessments of sectors can be read
}

// Doing returns the words of an entry of the history.
func (detailPage) Doing(done string) frame.Text {
	if t, ok := doings[done]; ok {
		return t
	}
	return frame.Say(done, done)
}

// Why returns a reason in words.
func (detailPage) Why(s string) frame.Text { return reason(s) }

// Unfinished reports whether the partner is on its way to active.
func (p detailPage) Unfinished() bool {
	return slices.Contains([]partners.State{partners.Draft, partners.Submitted, partners.Approved, partners.Suspended}, p.State)
}

// InForce reports whether an agreement is in force today.
func (p detailPage) InForce(a partners.Agreement) bool { return a.In(p.Today) }

// Later reports whether an agreement begins later.
func (p detailPage) Later(a partners.Agreement) bool { return a.StartsOn > p.Today }

// Left is how many days an agreement has left.
func (p detailPage) Left(a partners.Agreement) int { return a.EndsOn.DaysSince(p.Today) }

func (r *room) detail(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	p, err := r.dossier(v, id)
	if err != nil {
		return err
	}
	return v.Page("partners_detail.html", frame.Say(p.Name, p.Name), p)
}

func (r *room) dossier(v *frame.Visit, id uuid.UUID) (p detailPage, err error) {
	ctx := v.Context()
	if p.Dossier, err = r.Partners.Dossier(ctx, id); err != nil {
		return p, err
	}
	if p.lists, err = r.lists(v); err != nil {
		return p, err
	}
	p.Form, p.Reason, p.MayInvite = v.Blank(), reason(p.StateReason), v.Who.Can(actor.InvitePeople)
	p.Assess = v.Who.Can(actor.ReadAssessments)
	for _, c := range p.Dossier.Choices {
		to := choice{Choice: c, Words: steps[c.Step]}
		if c.Problem != nil {
			to.Why = why(c.Problem)
		}
		p.Choices = append(p.Choices, to)
	}
	ids := append([]uuid.UUID{p.AssigneeID, p.CreatedBy, p.SubmittedBy, p.ApprovedBy, p.Test.By}, p.Deciders...)
	for _, a := range p.History {
		if a.ActorKind == actor.Account {
			ids = append(ids, a.ActorID)
		}
	}
	p.MayAssign = mayCreate(v.Who) && v.Who.Scope(actor.WritePartners).HasBranch(p.BranchID)
	if p.MayAssign {
		if p.Staff, err = r.colleagues(v, p.BranchID, p.AssigneeID); err != nil {
			return p, err
		}
		p.Form.Set("assignee_id", p.AssigneeID.String())
	}
	p.Names = r.names(ctx, ids...)
	return p, nil
}

// colleagues are those to whom something of a branch can be given.
func (r *room) colleagues(v *frame.Visit, branch, now uuid.UUID) ([]frame.Option, error) {
	all, err := r.Partners.Colleagues(v.Context(), branch)
	if err != nil {
		return nil, err
	}
	if now != uuid.Nil && !slices.Contains(all, now) {
		all = append(all, now)
	}
	if !slices.Contains(all, v.Who.ID) {
		all = append(all, v.Who.ID)
	}
	out := []frame.Option{{Value: uuid.Nil.String(), Label: v.Say("Belum ada", "Nobody")}}
	names := r.names(v.Context(), all...)
	for _, id := range all {
		label := names[id]
		if id == v.Who.ID {
			label += v.Say(" (Anda)", " (you)")
		}
		out = append(out, frame.Option{Value: id.String(), Label: label})
	}
	return out, nil
}

func (r *room) assign(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	to := f.ID("assignee_id")
	if !f.OK() {
		return frame.ErrForm
	}
	if err := r.Partners.Assign(v.Context(), id, to); err != nil {
		return err
	}
	return v.Go(back(f, frame.Root+"/mitra/"+id.String()), frame.Say("Pendamping disimpan.", "Saved who looks after it."))
}

// back is where a small form came from.
func back(f *frame.Form, usual string) string {
	if f.Get("dari") == "antrean" {
		return frame.Root + "/mitra/antrean"
	}
	return usual
}

type formPage struct {
	lists
	Form       *frame.Form
	Partner    *partners.Partner // nil: a new one
	SectorList []frame.Option
	BranchList []frame.Option
}

func (r *room) form(v *frame.Visit, f *frame.Form, p *partners.Partner) (formPage, error) {
	l, err := r.lists(v)
	if err != nil {
		return formPage{}, err
	}
	branches := l.branchOptions(v.Who, actor.WritePartners, frame.Text{})
	if len(branches) > 1 {
		branches = slices.Insert(branches, 0, frame.Option{Label: v.Say("Pilih kantor cabang", "Choose a branch")})
	}
	return formPage{
		lists: l, Form: f, Partner: p, SectorList: l.sectorOptions(frame.Say("Pilih sektor", "Choose a sector"), true), BranchList: branches,
	}, nil
}

// profile reads the fields of a profile; what is said about people is checked
// here because their fields are called as others are.
func profile(f *frame.Form) partners.Profile {
	return partners.Profile{
		Name: f.Text("name", 120), NIB: digits(f.Optional("nib", 30)), NPWP: digits(f.Optional("npwp", 30)),
		Contact: partners.Contact{
			Name: pii.Text(f.Optional("contact_name", 120)), Phone: pii.Text(phone(f.Optional("phone", 30))), Email: pii.Text(f.Optional("email", 254)),
		},
	}
}

// digits leaves out what people put between digits.
func digits(s string) string {
	out := make([]rune, 0, len(s))
	for _, c := range s {
		if c != ' ' && c != '.' && c != '-' {
			out = append(out, c)
		}
	}
	return string(out)
}

func phone(s string) string {
	out := digits(s)
	if len(out) > 1 && out[0] == '0' {
		return "+62" + out[1:]
	}
	return out
}

func fill(f *frame.Form, p partners.Profile) {
	f.Set("name", p.Name)
	f.Set("nib", p.NIB)
	f.Set("npwp", p.NPWP)
	f.Set("contact_name", p.Contact.Name.Reveal())
	f.Set("phone", p.Contact.Phone.Reveal())
	f.Set("email", p.Contact.Email.Reveal())
}

var newTitle, editTitle = frame.Say("Mitra baru", "New partner"), frame.Say("Ubah profil mitra", "Change the partner's profile")

func (r *room) newForm(v *frame.Visit) error {
	if !mayCreate(v.Who) {
		return frame.ErrNotFound
	}
	f := v.Blank()
	f.Set("sector_id", v.Query("sektor"))
	p, err := r.form(v, f, nil)
	if err != nil {
		return err
	}
	return v.Page("partners_form.html", newTitle, p)
}

func (r *room) create(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := partners.NewPartner{SectorID: f.ID("sector_id"), BranchID: f.ID("branch_id"), Profile: profile(f)}
	if f.OK() {
		made, err := r.Partners.Create(v.Context(), n)
		if err == nil {
			return v.Go(frame.Root+"/mitra/"+made.ID.String(), frame.Say("Draf mitra dibuat. Lengkapi, lalu ajukan.", "The draft was made. Complete it, then submit it."))
		}
		if !refused(f, err) {
			return err
		}
	}
	p, err := r.form(v, f, nil)
	if err != nil {
		return err
	}
	return v.Again("partners_form.html", newTitle, p)
}

// writable returns a partner whose profile the visitor may change now.
func (r *room) writable(v *frame.Visit) (partners.Dossier, error) {
	id, err := v.ID("id")
	if err != nil {
		return partners.Dossier{}, err
	}
	d, err := r.Partners.Dossier(v.Context(), id)
	if err == nil && d.Masked {
		err = frame.ErrNotFound
	}
	return d, err
}

func (r *room) editForm(v *frame.Visit) error {
	d, err := r.writable(v)
	if err != nil {
		return err
	}
	if !d.Editable {
		return partners.ErrState
	}
	f := v.Blank()
	fill(f, d.Profile)
	p, err := r.form(v, f, &d.Partner)
	if err != nil {
		return err
	}
	return v.Page("partners_form.html", editTitle, p)
}

func (r *room) update(v *frame.Visit) error {
	d, err := r.writable(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	to := profile(f)
	if f.OK() {
		_, err := r.Partners.Update(v.Context(), d.ID, to)
		if err == nil {
			return v.Go(frame.Root+"/mitra/"+d.ID.String(), frame.Say("Profil disimpan.", "The profile was saved."))
		}
		if !refused(f, err) {
			return err
		}
	}
	p, err := r.form(v, f, &d.Partner)
	if err != nil {
		return err
	}
	return v.Again("partners_form.html", editTitle, p)
}
