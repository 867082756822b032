package partners

import (
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
)

type applyPage struct {
	Form                   *frame.Form
	SectorList, RegionList []frame.Option
}

var applyTitle = frame.Say("Daftar menjadi mitra usaha", "Become a partner")

func (r *room) applyPage(v *frame.Visit, f *frame.Form) (applyPage, error) {
	l, err := r.lists(v)
	return applyPage{
		Form: f, SectorList: l.sectorOptions(frame.Say("Pilih bidang usaha", "Choose a line of business"), true),
		RegionList: l.regionOptions(frame.Say("Pilih kabupaten/kota", "Choose a regency or city"), true),
	}, err
}

func (r *room) applyForm(v *frame.Visit) error {
	p, err := r.applyPage(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("partners_apply.html", applyTitle, p)
}

func (r *room) apply(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := partners.NewApplication{
		SectorID: f.ID("sector_id"), RegionCode: f.Get("region_code"), Profile: profile(f), Address: pii.Text(f.Text("address", 300)),
		Why: pii.Text(f.Text("why", 1000)), Consent: f.Has("consent", "1"), Network: r.network(v),
	}
	f.Text("contact_name", 120)
	f.Text("phone", 30)
	if n.RegionCode == "" {
		f.Fail("region_code", faults()["unknown"])
	}
	if !n.Consent {
		f.Fail("consent", frame.Say("Tanpa persetujuan ini kami tidak dapat menghubungi Anda.", "Without it we cannot contact you."))
	}
	if f.OK() {
		reference, err := r.Partners.Apply(v.Context(), n)
		if err == nil {
			return v.Go("/mitra/terdaftar?nomor="+reference, frame.Text{})
		}
		if fault.KindOf(err) == fault.TooMany || !refused(f, err) {
			return err
		}
	}
	p, err := r.applyPage(v, f)
	if err != nil {
		return err
	}
	return v.Again("partners_apply.html", applyTitle, p)
}

func (r *room) network(v *frame.Visit) string {
	if r.IP == nil {
		return ""
	}
	return access.NetworkOf(r.IP(v.R))
}

var reference = regexp.MustCompile(`^M-[0-9A-Z]{4}-[0-9A-Z]{4}$`)

// applied shows the reference. It opens nothing without the phone number, so it
// may stand in the address and be loaded again.
func (r *room) applied(v *frame.Visit) error {
	nr := v.Query("nomor")
	if !reference.MatchString(nr) {
		return frame.ErrNotFound
	}
	return v.Page("partners_applied.html", frame.Say("Pendaftaran diterima", "Application received"), struct{ Reference string }{nr})
}

type statusPage struct {
	Form   *frame.Form
	Status *partners.ApplicationStatus
	Now    string // where it stands, as the states of applications are called
}

var statusTitle = frame.Say("Status pendaftaran mitra", "Status of an application")

func (r *room) statusForm(v *frame.Visit) error {
	f := v.Blank()
	if nr := v.Query("nomor"); reference.MatchString(nr) {
		f.Set("reference", nr)
	}
	return v.Page("partners_status.html", statusTitle, statusPage{Form: f})
}

func (r *room) status(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	nr, number := f.Text("reference", 20), f.Text("phone", 30)
	if f.OK() {
		s, err := r.Partners.ApplicationStatus(v.Context(), nr, pii.Text(number), r.network(v))
		if err == nil {
			f.Set("phone", "")
			return v.Page("partners_status.html", statusTitle, statusPage{Form: f, Status: &s})
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		f.Problem = faults()["application_not_found"]
	}
	return v.Again("partners_status.html", statusTitle, statusPage{Form: f})
}

type applicationPage struct {
	lists
	partners.Application
	Form       *frame.Form
	Age        int
	MayWrite   bool
	Staff      []frame.Option
	BranchList []frame.Option
	Names      map[uuid.UUID]string
	Others     []partners.Application
	Same       []partners.Partner
}

func (r *room) application(v *frame.Visit) error {
	p, err := r.applicant(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("partners_application.html", frame.Say("Pendaftaran "+p.Reference, "Application "+p.Reference), p)
}

func (r *room) applicant(v *frame.Visit, f *frame.Form) (p applicationPage, err error) {
	id, err := v.ID("application")
	if err != nil {
		return p, err
	}
	if p.Application, err = r.Partners.GetApplication(v.Context(), id); err != nil {
		return p, err
	}
	if p.lists, err = r.lists(v); err != nil {
		return p, err
	}
	p.Form, p.Age = f, age(v.Now(), p.CreatedAt)
	p.MayWrite = v.Who.Scope(actor.WritePartners).HasBranch(p.BranchID)
	p.Names = r.names(v.Context(), p.AssigneeID, p.DecidedBy)
	if p.MayWrite {
		if p.Staff, err = r.colleagues(v, p.BranchID, p.AssigneeID); err != nil {
			return p, err
		}
		p.BranchList = p.branchOptions(v.Who, actor.WritePartners, frame.Text{})
		f.Set("assignee_id", p.AssigneeID.String())
		if f.Get("branch_id") == "" {
			f.Set("branch_id", p.BranchID.String())
		}
	}
	p.Others, p.Same, err = r.Partners.Doubles(v.Context(), id)
	return p, err
}

// decided does something with an application and goes on, or shows why not.
func (r *room) decided(v *frame.Visit, do func(id uuid.UUID, f *frame.Form) (to string, done frame.Text, err error)) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	p, err := r.applicant(v, f)
	if err != nil {
		return err
	}
	to, done, err := do(p.ID, f)
	if err == nil && f.OK() {
		return v.Go(to, done)
	}
	if err != nil && !refused(f, err) {
		return err
	}
	return v.Again("partners_application.html", frame.Say("Pendaftaran "+p.Reference, "Application "+p.Reference), p)
}

func applicationAt(id uuid.UUID) string { return frame.Root + "/mitra/permohonan/" + id.String() }

func (r *room) assignApplication(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id, err := v.ID("application")
	if err != nil {
		return err
	}
	to := f.ID("assignee_id")
	if !f.OK() {
		return frame.ErrForm
	}
	if err := r.Partners.AssignApplication(v.Context(), id, to); err != nil {
		return err
	}
	return v.Go(back(f, applicationAt(id)), frame.Say("Pendamping disimpan.", "Saved who looks after it."))
}

func (r *room) accept(v *frame.Visit) error {
	return r.decided(v, func(id uuid.UUID, f *frame.Form) (string, frame.Text, error) {
		branch := f.ID("branch_id")
		if !f.OK() {
			return "", frame.Text{}, nil
		}
		p, err := r.Partners.Accept(v.Context(), id, branch)
		return frame.Root + "/mitra/" + p.ID.String(), frame.Say("Mitra dibuat dan diajukan. Orang lain di cabang yang menyetujui.", "The partner was made and submitted. Somebody else at the branch approves it."), err
	})
}

func (r *room) refuse(v *frame.Visit) error {
	return r.decided(v, func(id uuid.UUID, f *frame.Form) (string, frame.Text, error) {
		text := strings.ReplaceAll(f.Text("reason", 500), "\r\n", "\n")
		if !f.OK() {
			return "", frame.Text{}, nil
		}
		return applicationAt(id), frame.Say("Pendaftaran tidak dilanjutkan. Pemohon dapat membaca alasannya.", "The application was turned away. The applicant can read why."), r.Partners.RefuseApplication(v.Context(), id, text)
	})
}

func (r *room) reopen(v *frame.Visit) error {
	return r.decided(v, func(id uuid.UUID, _ *frame.Form) (string, frame.Text, error) {
		return applicationAt(id), frame.Say("Pendaftaran dibuka kembali.", "The application is open again."), r.Partners.ReopenApplication(v.Context(), id)
	})
}
