package partners

import (
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/partners"
)

type agreementPage struct {
	partners.Partner
	Form      *frame.Form
	Agreement partners.Agreement // of the form: the one that is renewed, if any
	Renews    bool
	Documents []partners.Document
	Names     map[uuid.UUID]string
	Today     clock.Day
	MayWrite  bool
}

// Sum is a fingerprint to compare by eye.
func (agreementPage) Sum(b []byte) string { return hex.EncodeToString(b) }

// Kilobytes is a size for people.
func (agreementPage) Kilobytes(n int) int { return (n + 1023) / 1024 }

// Kind names a type.
func (agreementPage) Kind(d partners.Document) string {
	return strings.ToUpper(strings.TrimPrefix(d.Extension(), "."))
}

// InForce reports whether the agreement is in force today.
func (p agreementPage) InForce() bool { return p.Agreement.In(p.Today) }

// Over reports whether the agreement is over.
func (p agreementPage) Over() bool { return p.Agreement.EndsOn < p.Today }

// Left is how many days it has left.
func (p agreementPage) Left() int { return p.Agreement.EndsOn.DaysSince(p.Today) }

var newAgreement = frame.Say("Perjanjian baru", "New agreement")

// staffOf returns a partner that the visitor looks after.
func (r *room) staffOf(v *frame.Visit) (partners.Partner, error) {
	id, err := v.ID("id")
	if err != nil {
		return partners.Partner{}, err
	}
	p, err := r.Partners.Get(v.Context(), id)
	if err == nil && !p.Affiliation().ByStaff(v.Who.Scope(actor.WritePartners)) {
		err = frame.ErrNotFound
	}
	return p, err
}

func (r *room) agreementForm(v *frame.Visit) error {
	p, err := r.staffOf(v)
	if err != nil {
		return err
	}
	today := clock.DayOf(v.Now(), v.Zone())
	page := agreementPage{Partner: p, Form: v.Blank(), Today: today}
	page.Form.Set("starts_on", string(today))
	page.Form.Set("ends_on", string(today.AddMonths(12).AddDays(-1)))
	page.Form.Set("remind_days", "30")
	if s := v.Query("lanjutan"); s != "" {
		if err := r.renewing(v, &page, s); err != nil {
			return err
		}
	}
	return v.Page("partners_agreement_new.html", newAgreement, page)
}

// renewing fills the form from the agreement that the new one follows: as long
// as the old one, from the day after it.
func (r *room) renewing(v *frame.Visit, p *agreementPage, s string) error {
	id, err := frame.ID(s)
	if err != nil {
		return err
	}
	old, _, err := r.Partners.GetAgreement(v.Context(), id)
	if err != nil {
		return err
	}
	if old.PartnerID != p.ID {
		return frame.ErrNotFound
	}
	p.Agreement, p.Renews = old, true
	starts := max(old.EndsOn.AddDays(1), p.Today)
	p.Form.Set("number", next(old.Number))
	p.Form.Set("starts_on", string(starts))
	p.Form.Set("ends_on", string(starts.AddDays(old.EndsOn.DaysSince(old.StartsOn))))
	p.Form.Set("remind_days", strconv.Itoa(old.RemindDays))
	return nil
}

var lastNumber = regexp.MustCompile(`[0-9]+$`)

// next proposes a number: one more at its end, or a mark that it is another.
func next(number string) string {
	at := lastNumber.FindStringIndex(number)
	if at == nil {
		return number + "/2"
	}
	n, err := strconv.Atoi(number[at[0]:])
	if err != nil {
		return number + "/2"
	}
	return number[:at[0]] + strconv.Itoa(n+1)
}

func (r *room) createAgreement(v *frame.Visit) error {
	p, err := r.staffOf(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := partners.NewAgreement{
		Number: f.Text("number", 80), StartsOn: f.Day("starts_on"), EndsOn: f.Day("ends_on"), RemindDays: int(f.Whole("remind_days", 1, 365)),
	}
	if f.OK() {
		a, err := r.Partners.CreateAgreement(v.Context(), p.ID, n)
		if err == nil {
			return v.Go(agreementPath(a), frame.Say("Perjanjian dicatat. Simpan berkasnya yang sudah ditandatangani.", "The agreement was entered. Keep its signed document here."))
		}
		if !refused(f, err) {
			return err
		}
	}
	return v.Again("partners_agreement_new.html", newAgreement, agreementPage{Partner: p, Form: f, Today: clock.DayOf(v.Now(), v.Zone())})
}

func agreementPath(a partners.Agreement) string {
	return frame.Root + "/mitra/" + a.PartnerID.String() + "/pks/" + a.ID.String()
}

// paper returns the page of an agreement of the partner in the address.
func (r *room) paper(v *frame.Visit) (p agreementPage, err error) {
	id, err := v.ID("id")
	if err != nil {
		return p, err
	}
	of, err := v.ID("agreement")
	if err != nil {
		return p, err
	}
	if p.Agreement, p.Documents, err = r.Partners.GetAgreement(v.Context(), of); err != nil {
		return p, err
	}
	if p.Agreement.PartnerID != id {
		return p, frame.ErrNotFound
	}
	if p.Partner, err = r.Partners.Get(v.Context(), id); err != nil {
		return p, err
	}
	ids := []uuid.UUID{p.Agreement.CreatedBy}
	for _, d := range p.Documents {
		ids = append(ids, d.UploadedBy)
	}
	p.Names, p.Form, p.Today = r.names(v.Context(), ids...), v.Blank(), clock.DayOf(v.Now(), v.Zone())
	p.MayWrite = p.Affiliation().ByStaff(v.Who.Scope(actor.WritePartners))
	return p, nil
}

func (r *room) agreement(v *frame.Visit) error {
	p, err := r.paper(v)
	if err != nil {
		return err
	}
	return v.Page("partners_agreement.html", frame.Say("Perjanjian "+p.Agreement.Number, "Agreement "+p.Agreement.Number), p)
}

// formSlack is what a form has around its file.
const formSlack = 64 << 10

func (r *room) upload(v *frame.Visit) error {
	p, err := r.paper(v)
	if err != nil {
		return err
	}
	v.Longer()
	f, part, err := v.Upload("document", partners.DocumentMax+formSlack)
	if err != nil {
		if !errors.Is(err, frame.ErrFormSize) {
			return err
		}
		f, err = v.Blank(), partners.ErrDocumentSize
	}
	switch {
	case err != nil:
	case part == nil:
		err = partners.ErrDocumentEmpty
	default:
		defer part.Close() //nolint:errcheck // read to its end, or given up
		if _, err = r.Partners.AddDocument(v.Context(), p.Agreement.ID, part); err == nil {
			return v.Go(agreementPath(p.Agreement), frame.Say("Berkas disimpan dan disegel.", "The document was kept and sealed."))
		}
	}
	if !refused(f, err) {
		return err
	}
	p.Form = f
	p.Form.Fail("document", p.Form.Problem)
	return v.Again("partners_agreement.html", frame.Say("Perjanjian "+p.Agreement.Number, "Agreement "+p.Agreement.Number), p)
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

func (r *room) download(v *frame.Visit) error {
	p, err := r.paper(v)
	if err != nil {
		return err
	}
	id, err := v.ID("document")
	if err != nil {
		return err
	}
	d, content, err := r.Partners.OpenDocument(v.Context(), id)
	if err != nil {
		return err
	}
	if d.AgreementID != p.Agreement.ID {
		return frame.ErrNotFound
	}
	h := v.W.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-store")
	name := "PKS-" + strings.Trim(notInName.ReplaceAllString(p.Agreement.Number, "-"), "-") + "-v" + strconv.Itoa(d.Version) + d.Extension()
	return v.File(name, d.Media, content)
}
