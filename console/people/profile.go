package people

import (
	"html/template"
	"net/url"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// card is a card as the page shows it: one past its date is expired.
type card struct {
	cards.Card
	Shown  string
	Spaced string
	Good   bool
}

type profilePage struct {
	participants.Profile
	Region   string
	Cards    []card
	Whole    *participants.Whole
	Link     *cards.Link
	QR       template.HTML
	Form     *frame.Form
	Reasons  []frame.Option
	Kinds    []frame.Option
	Requests []participants.DataRequest
	May      may
}

// may is what the visitor may do here.
type may struct{ Names, Write, Issue, Revoke, Handle, Uses, Send bool }

func (r *room) mayHere(v *frame.Visit, p participants.Participant) may {
	can := func(perm actor.Permission) bool { return v.Who.Scope(perm).HasBranch(p.BranchID) }
	return may{
		Names: can(actor.ReadNames), Write: can(actor.WriteParticipants), Issue: can(actor.IssueCards), Revoke: can(actor.RevokeCards),
		Handle: can(actor.HandleRequests), Uses: v.Who.Can(actor.ReadRedemptions), Send: r.Participants.CanSend() && p.PhoneMasked != "",
	}
}

func at(id uuid.UUID) string { return frame.Root + peoplePath + "/" + id.String() }

func (r *room) profile(v *frame.Visit) error {
	data, err := r.load(v)
	if err != nil {
		return err
	}
	return r.showProfile(v, data, 0)
}

// load reads what the page of a person shows.
func (r *room) load(v *frame.Visit) (profilePage, error) {
	id, err := v.ID("id")
	if err != nil {
		return profilePage{}, err
	}
	p, err := r.Participants.Profile(v.Context(), id)
	if err != nil {
		return profilePage{}, err
	}
	held, err := r.Cards.List(v.Context(), id)
	if err != nil {
		return profilePage{}, err
	}
	all, err := r.whos(v, []participants.Participant{p.Participant})
	if err != nil {
		return profilePage{}, err
	}
	data := profilePage{
		Profile: p, Region: all[0].Region, Form: v.Blank(), Requests: p.Requests, May: r.mayHere(v, p.Participant),
		Reasons: optionsOf(v, lookReasons, frame.Option{Label: v.Say("Pilih alasan", "Choose a reason")}), Kinds: optionsOf(v, requestKinds),
	}
	for _, c := range held {
		data.Cards = append(data.Cards, cardOf(v, c))
	}
	return data, nil
}

func cardOf(v *frame.Visit, c cards.Card) card {
	out := card{Card: c, Shown: string(c.State), Spaced: cards.Spaced(c.ShortCode), Good: c.State == cards.Active}
	if out.Good && !v.Now().Before(c.ExpiresAt()) {
		out.Shown = "expired"
	}
	return out
}

// wholeSeconds is how long the page with everything stands open.
const wholeSeconds = "180"

func (r *room) showProfile(v *frame.Visit, data profilePage, status int) error {
	h := v.W.Header()
	h.Set("Cache-Control", "no-store")
	title := frame.Say("Peserta …"+short(data.ID), "Participant …"+short(data.ID))
	if data.Whole != nil || data.Link != nil { // shown once, and not for long
		h.Set("Refresh", wholeSeconds+"; url="+at(data.ID))
	}
	if status == 0 {
		return v.Page("people_profile.html", title, data)
	}
	return v.Again("people_profile.html", title, data)
}

func short(id uuid.UUID) string { return id.String()[28:] }

// reveal answers once with everything, for a reason that is kept.
func (r *room) reveal(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	whole, refused := r.Participants.Reveal(v.Context(), id, participants.AccessReason(form.Get("reason")), pii.Text(form.Get("note")))
	if refused != nil && !form.Refused(refused) {
		return refused
	}
	data, err := r.load(v)
	if err != nil {
		return err
	}
	data.Form = form
	if refused != nil {
		return r.showProfile(v, data, 1)
	}
	data.Whole, data.Form = &whole, v.Blank()
	return r.showProfile(v, data, 0)
}

// issue makes a printed card.
func (r *room) issue(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Cards.Issue(v.Context(), cards.IssueRequest{ParticipantID: id, Form: cards.Printed}); err != nil {
		return err
	}
	return v.Go(at(id)+"#kartu", frame.Say("Kartu cetak dibuat. Unduh PDF-nya di bawah.", "A printed card was made. Download its PDF below."))
}

// invite makes a link for a phone. It is shown once, on this answer.
func (r *room) invite(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	link, err := r.Cards.Invite(v.Context(), id, form.Get("send") == "1")
	if err != nil {
		return err
	}
	data, err := r.load(v)
	if err != nil {
		return err
	}
	svg, err := cards.DrawSVG(link.URL, cards.Phone)
	if err != nil {
		return err
	}
	data.Link, data.QR = &link, template.HTML(svg) //nolint:gosec // drawn here, of numbers only
	return r.showProfile(v, data, 0)
}

// download answers with the picture of a printed card.
func (r *room) download(v *frame.Visit) error {
	c, err := r.card(v)
	if err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "no-store")
	name := "kartu-" + short(c.ID)
	if v.Param("form") == "png" {
		b, err := r.Cards.PNG(c, pngScale)
		if err != nil {
			return err
		}
		return v.File(name+".png", "image/png", b)
	}
	b, err := r.Cards.PDF(c)
	if err != nil {
		return err
	}
	return v.File(name+".pdf", "application/pdf", b)
}

const pngScale = 12

// card returns the card of the address, of the person of the address.
func (r *room) card(v *frame.Visit) (cards.Card, error) {
	person, err := v.ID("id")
	if err != nil {
		return cards.Card{}, err
	}
	id, err := v.ID("card")
	if err != nil {
		return cards.Card{}, err
	}
	c, err := r.Cards.Get(v.Context(), id)
	if err == nil && c.ParticipantID != person {
		return cards.Card{}, cards.ErrNotFound
	}
	return c, err
}

type revokePage struct {
	Card    card
	Back    string
	Form    *frame.Form
	Reasons []frame.Option
	Replace bool
}

func (r *room) revokeForm(v *frame.Visit) error {
	c, err := r.card(v)
	if err != nil {
		return err
	}
	form, err := v.NewForm(url.Values{"reason": {"lost"}})
	if err != nil {
		return err
	}
	return v.Page("people_revoke.html", revokeTitle, r.revokePage(v, c, form))
}

var revokeTitle = frame.Say("Cabut kartu", "Revoke a card")

func (r *room) revokePage(v *frame.Visit, c cards.Card, form *frame.Form) revokePage {
	return revokePage{
		Card: cardOf(v, c), Back: at(c.ParticipantID), Form: form, Reasons: optionsOf(v, cardReasons),
		Replace: c.Form == cards.Printed && v.Who.Can(actor.IssueCards),
	}
}

// revoke ends a card, and with replace issues another printed one at once.
func (r *room) revoke(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	c, err := r.card(v)
	if err != nil {
		return err
	}
	reason := form.Choice("reason", valuesOf(cardReasons)...)
	done := frame.Say("Kartu dicabut. Kasir yang terhubung menolaknya mulai sekarang.", "The card is revoked. Tills that are online refuse it from now on.")
	if form.OK() && form.Get("replace") == "1" && c.Form == cards.Printed {
		done = frame.Say("Kartu dicabut dan diganti. Unduh kartu yang baru di bawah.", "The card is revoked and replaced. Download the new one below.")
		_, err = r.Cards.Replace(v.Context(), c.ID, cards.ReplaceRequest{Reason: reason})
	} else if form.OK() {
		_, err = r.Cards.Revoke(v.Context(), c.ID, reason)
	}
	if err != nil && !form.Refused(err) {
		return err
	}
	if !form.OK() {
		return v.Again("people_revoke.html", revokeTitle, r.revokePage(v, c, form))
	}
	return v.Go(at(c.ParticipantID)+"#kartu", done)
}

// askFor notes what the person asks at the desk.
func (r *room) askFor(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	q, made, err := r.Participants.AskFor(v.Context(), id, participants.RequestKind(form.Get("kind")), pii.Text(form.Get("note")))
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		data, err := r.load(v)
		if err != nil {
			return err
		}
		data.Form = form
		return r.showProfile(v, data, 1)
	}
	said := frame.Say("Permintaan dicatat. Jawab dalam 3 × 24 jam.", "The request is noted. Answer it within 3 × 24 hours.")
	switch {
	case !made:
		said = frame.Say("Permintaan yang sama masih terbuka; ini dia.", "The same request is open still; here it is.")
	case q.State == participants.RequestDone:
		said = frame.Say("Persetujuan ditarik; pemrosesan data dibatasi mulai sekarang.", "The consent is withdrawn; processing is restricted from now on.")
	}
	return v.Go(frame.Root+requestsPath+"/"+q.ID.String(), said)
}
