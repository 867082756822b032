package people

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

type newPage struct {
	Form                                 *frame.Form
	Branches, Regions, Segments, Options []frame.Option
	Statuses, IDTypes, Programmes        []frame.Option
	Notice                               participants.Notice
}

var newTitle = frame.Say("Peserta baru", "New participant")

func (r *room) newPage(v *frame.Visit, form *frame.Form) (newPage, error) {
	out := newPage{
		Form: form, Segments: optionsOf(v, segments), Statuses: optionsOf(v, statuses), Programmes: optionsOf(v, programmes), Notice: participants.PrivacyNotice(),
		IDTypes: []frame.Option{{Value: "nik", Label: v.Say("NIK (KTP)", "NIK (identity card)")}, {Value: "passport", Label: v.Say("Paspor", "Passport")}},
	}
	var err error
	if out.Branches, err = r.branchOptions(v, actor.WriteParticipants); err != nil {
		return out, err
	}
	if len(out.Branches) > 1 {
		out.Branches[0].Label = v.Say("Pilih cabang", "Choose a branch")
	}
	out.Regions, err = r.regionOptions(v)
	return out, err
}

func (r *room) regionOptions(v *frame.Visit) ([]frame.Option, error) {
	all, err := r.Participants.Regions(v.Context())
	if err != nil {
		return nil, err
	}
	out := []frame.Option{{Label: v.Say("Tidak diketahui", "Not known")}}
	for _, g := range all {
		out = append(out, frame.Option{Value: g.Code, Label: g.Name})
	}
	return out, nil
}

func (r *room) newPerson(v *frame.Visit) error {
	form := v.Blank()
	form.Set("status", "active")
	form.Values["programmes"] = []string{"jkk", "jkm"}
	data, err := r.newPage(v, form)
	if err != nil {
		return err
	}
	return v.Page("people_new.html", newTitle, data)
}

// personOf reads the form of a new person.
func personOf(f *frame.Form, notice participants.Notice) participants.NewParticipant {
	n := participants.NewParticipant{
		BranchID: f.ID("branch_id"), RegionCode: f.Optional("region_code", 13), IDType: participants.IDType(f.Choice("id_type", "nik", "passport")),
		IDNumber: pii.Text(f.Text("id_number", 40)), Name: pii.Text(f.Text("name", 200)), BirthOn: f.OptionalDay("birth_on"), Phone: pii.Text(f.Optional("phone", 30)),
	}
	if f.Get("consent") == "1" {
		n.Consent = &participants.NewConsent{Version: notice.Version, TextHash: notice.Hash[:], Channel: participants.ByBranch}
	} else {
		f.Fail("consent", frame.Say("Tanpa persetujuan, data tidak boleh disimpan.", "Without consent the data may not be stored."))
	}
	if f.Get("kpj") != "" {
		n.Membership = membershipOf(f)
	}
	return n
}

func membershipOf(f *frame.Form) *participants.NewMembership {
	m := &participants.NewMembership{
		KPJ: pii.Text(f.Text("kpj", 20)), Segment: participants.Segment(f.Choice("segment", valuesOf(segments)...)),
		Status: participants.Status(f.Choice("status", valuesOf(statuses)...)), AcquiredOn: f.OptionalDay("acquired_on"), ProtectedUntil: f.OptionalDay("protected_until"),
	}
	for _, p := range f.All("programmes") {
		m.Programmes = append(m.Programmes, participants.Programme(p))
	}
	return m
}

func (r *room) createPerson(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	data, err := r.newPage(v, form)
	if err != nil {
		return err
	}
	n := personOf(form, data.Notice)
	var made participants.Participant
	if form.OK() {
		if made, err = r.Participants.Create(v.Context(), n); err != nil && !form.Refused(err) {
			return err
		}
	}
	if !form.OK() {
		return v.Again("people_new.html", newTitle, data)
	}
	done := frame.Say("Peserta disimpan.", "The participant is stored.")
	if len(made.Warnings) > 0 {
		done = frame.Say("Peserta disimpan. Periksa lagi NIK-nya: wilayah atau tanggal lahirnya tidak cocok dengan isian.", "The participant is stored. Look at the NIK again: its region or birth date does not fit the form.")
	}
	return v.Go(at(made.ID), done)
}

type editPage struct {
	Form    *frame.Form
	ID      uuid.UUID
	Masked  participants.Participant
	Regions []frame.Option
	Request string
}

var editTitle = frame.Say("Perbaiki data peserta", "Correct a participant's data")

func (r *room) editPage(v *frame.Visit, form *frame.Form) (editPage, error) {
	id, err := v.ID("id")
	if err != nil {
		return editPage{}, err
	}
	p, err := r.Participants.Get(participants.Masked(v.Context()), id)
	if err != nil {
		return editPage{}, err
	}
	out := editPage{Form: form, ID: id, Masked: p}
	if _, err := frame.ID(form.Get("permintaan")); err == nil {
		out.Request = form.Get("permintaan")
	}
	out.Regions, err = r.regionOptions(v)
	if err != nil {
		return editPage{}, err
	}
	out.Regions[0].Label = v.Say("Tidak diubah", "Leave as it is")
	return out, nil
}

func (r *room) edit(v *frame.Visit) error {
	form := v.Blank()
	form.Set("permintaan", v.Query("permintaan"))
	data, err := r.editPage(v, form)
	if err != nil {
		return err
	}
	return v.Page("people_edit.html", editTitle, data)
}

// changeOf reads what is to be changed: what is left empty stays as it is.
func changeOf(f *frame.Form) (c participants.Change) {
	if s := f.Optional("name", 200); s != "" {
		c.Name = new(pii.Text(s))
	}
	if d := f.OptionalDay("birth_on"); d != "" {
		c.BirthOn = &d
	}
	if s := f.Optional("phone", 30); s != "" {
		c.Phone = new(pii.Text(s))
	} else if f.Get("no_phone") == "1" {
		c.Phone = new(pii.Text(""))
	}
	if s := f.Optional("region_code", 13); s != "" {
		c.RegionCode = &s
	}
	if c == (participants.Change{}) {
		f.Problem = frame.Say("Isi yang perlu diubah.", "Fill in what is to be changed.")
	}
	return c
}

func (r *room) saveEdit(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	data, err := r.editPage(v, form)
	if err != nil {
		return err
	}
	c, ctx := changeOf(form), v.Context()
	next := at(data.ID)
	if data.Request != "" {
		ctx, next = participants.WithReason(ctx, participants.ForDataRequest), frame.Root+requestsPath+"/"+data.Request
	}
	if form.OK() {
		if _, err := r.Participants.Update(ctx, data.ID, c); err != nil && !form.Refused(err) {
			return err
		}
	}
	if !form.OK() {
		return v.Again("people_edit.html", editTitle, data)
	}
	return v.Go(next, frame.Say("Data diperbaiki.", "The data are corrected."))
}

type statusPage struct {
	Form       *frame.Form
	ID         uuid.UUID
	Membership participants.Membership
	Statuses   []frame.Option
	Sources    []frame.Option
}

var statusTitle = frame.Say("Perbarui kepesertaan", "Update a membership")

func (r *room) statusPage(v *frame.Visit, form *frame.Form) (statusPage, error) {
	id, err := v.ID("id")
	if err != nil {
		return statusPage{}, err
	}
	membership, err := v.ID("membership")
	if err != nil {
		return statusPage{}, err
	}
	p, err := r.Participants.Get(participants.Masked(v.Context()), id)
	if err != nil {
		return statusPage{}, err
	}
	for _, m := range p.Memberships {
		if m.ID == membership {
			return statusPage{
				Form: form, ID: id, Membership: m, Statuses: optionsOf(v, statuses),
				Sources: []frame.Option{{Value: "officer", Label: v.Say("Diperiksa petugas", "Checked by an officer")}, {Value: "payment_proof", Label: v.Say("Bukti bayar iuran", "Proof of payment")}},
			}, nil
		}
	}
	return statusPage{}, participants.ErrNotFound
}

func (r *room) editStatus(v *frame.Visit) error {
	form := v.Blank()
	data, err := r.statusPage(v, form)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"status": string(data.Membership.Status), "protected_until": string(data.Membership.ProtectedUntil), "ended_on": string(data.Membership.EndedOn), "source": "officer",
	} {
		form.Set(name, text)
	}
	return v.Page("people_status.html", statusTitle, data)
}

func (r *room) saveStatus(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	data, err := r.statusPage(v, form)
	if err != nil {
		return err
	}
	n := participants.NewStatus{
		Status: participants.Status(form.Choice("status", valuesOf(statuses)...)), ProtectedUntil: form.OptionalDay("protected_until"),
		EndedOn: form.OptionalDay("ended_on"), Source: participants.Source(form.Choice("source", "officer", "payment_proof")),
	}
	if form.OK() {
		if _, err := r.Participants.SetStatus(v.Context(), data.ID, data.Membership.ID, n); err != nil && !form.Refused(err) {
			return fmt.Errorf("set status: %w", err)
		}
	}
	if !form.OK() {
		return v.Again("people_status.html", statusTitle, data)
	}
	return v.Go(at(data.ID), frame.Say("Kepesertaan diperbarui. Kartu mengikuti.", "The membership is updated. The cards follow."))
}
