package outlets

import (
	"html/template"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

// trialPage guides through the test of a partner's tills.
type trialPage struct {
	Partner partnerView
	Cards   []testCard
	Until   any
	Live    trialPart
	Outlets []partners.Outlet
	Form    *frame.Form
	Staff   bool
}

// testCard is a test card with its picture.
type testCard struct {
	cards.TestCard
	QR template.HTML
}

// trialPart is what the tills reported, which also comes alone.
type trialPart struct {
	PartnerID uuid.UUID
	Progress  redemptions.TestProgress
	Done      map[string]bool // by kind of card
	Reports   []reportLine
	Path      string
	Next      string
}

type reportLine struct {
	redemptions.TestReport
	Outlet  string
	Said    frame.Text
	Correct bool
}

func (r *room) trial(v *frame.Visit) error {
	data, err := r.trialPage(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("outlets-trial.html", frame.Say("Uji coba kasir", "Trying out the tills"), data)
}

func (r *room) trialPage(v *frame.Visit, f *frame.Form) (data trialPage, err error) {
	if data.Partner, err = r.partner(v); err != nil {
		return data, err
	}
	outlets, err := r.Partners.Outlets(v.Context(), data.Partner.ID, page.Request{Limit: page.Default})
	if err != nil {
		return data, err
	}
	data.Outlets, data.Form = outlets.Items, f
	data.Staff = partners.Affiliation{PartnerID: data.Partner.ID, BranchID: data.Partner.BranchID}.ByStaff(v.Who.Scope(actor.WritePartners))
	if data.Live, err = r.trialPart(v, data.Partner.ID); err != nil {
		return data, err
	}
	for _, c := range data.Live.Progress.Cards {
		picture, err := r.Cards.TestSVG(c)
		if err != nil {
			return data, err
		}
		data.Cards = append(data.Cards, testCard{c, template.HTML(picture)}) //nolint:gosec // drawn by us, numbers only
		if c.Kind == cards.TestValid {
			data.Until = c.ExpiresAt()
		}
	}
	return data, nil
}

func (r *room) trialPart(v *frame.Visit, partner uuid.UUID) (part trialPart, err error) {
	part.PartnerID, part.Path = partner, "/konsol/mitra/"+partner.String()+"/uji"
	if part.Progress, err = r.Redemptions.Progress(v.Context(), partner); err != nil {
		return part, err
	}
	part.Done = map[string]bool{}
	for kind, done := range part.Progress.Scanned {
		part.Done[string(kind)] = done
	}
	req, err := page.Parse(rows, v.Query("cursor"))
	if err != nil {
		return part, err
	}
	all, err := r.Redemptions.TestReports(v.Context(), partner, req)
	if err != nil {
		return part, err
	}
	part.Next = all.NextCursor
	names := map[uuid.UUID]string{}
	for _, t := range all.Items {
		if _, known := names[t.OutletID]; !known {
			o, err := r.Partners.GetOutlet(v.Context(), t.OutletID)
			if err != nil {
				return part, err
			}
			names[t.OutletID] = o.Name
		}
		part.Reports = append(part.Reports, reportLine{t, names[t.OutletID], saidOf(t), t.Right()})
	}
	return part, nil
}

// saidOf says what a till answered.
func saidOf(t redemptions.TestReport) frame.Text {
	switch t.Reason { //nolint:exhaustive // the others have their sentence
	case "":
		return frame.Say("Berlaku", "Valid")
	case redemptions.CardExpired:
		return frame.Say("Kedaluwarsa", "Expired")
	case redemptions.CardRevoked:
		return frame.Say("Dicabut", "Revoked")
	}
	m := t.Reason.Message()
	return frame.Say(m.ID, m.EN)
}

// trialReports is what the tills reported, alone.
func (r *room) trialReports(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	if !v.HTMX() {
		return v.Go("/konsol/mitra/"+p.ID.String()+"/uji#laporan", frame.Text{})
	}
	part, err := r.trialPart(v, p.ID)
	if err != nil {
		return err
	}
	return v.Part("outlets-trial.html", "trial-live", part)
}

// trialPrint is a sheet with the test cards.
func (r *room) trialPrint(v *frame.Visit) error {
	data, err := r.trialPage(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("outlets-trial-print.html", frame.Say("Kartu uji", "Test cards"), data)
}

func (r *room) makeTestCards(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	if _, err := r.Redemptions.MakeTestCards(v.Context(), p.ID); err != nil {
		return err
	}
	return v.Go("/konsol/mitra/"+p.ID.String()+"/uji", frame.Say("Kartu uji dibuat. Kartu uji sebelumnya tidak berlaku lagi.", "Test cards were made. Earlier ones no longer count."))
}

func (r *room) passTest(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	progress, err := r.Redemptions.Progress(v.Context(), p.ID)
	if err != nil {
		return err
	}
	note := f.Optional("note", 500)
	if !progress.Complete() && note == "" {
		f.Fail("note", frame.Say("Belum semua langkah tercatat. Tulis alasannya bila uji tetap dinyatakan lulus.", "Not every step is recorded. Say why the test passes all the same."))
	}
	if f.OK() {
		err := r.Partners.PassTest(v.Context(), p.ID, note)
		if err == nil {
			return v.Go("/konsol/mitra/"+p.ID.String(), frame.Say("Uji coba dinyatakan lulus.", "The test was passed."))
		}
		if !f.Refused(err) {
			return err
		}
	}
	data, err := r.trialPage(v, f)
	if err != nil {
		return err
	}
	return v.Again("outlets-trial.html", frame.Say("Uji coba kasir", "Trying out the tills"), data)
}
