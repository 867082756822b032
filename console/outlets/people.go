package outlets

import (
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

// peoplePage are the people of a partner.
type peoplePage struct {
	Partner partnerView
	People  []personLine
	Path    string
	Next    string
	Form    *frame.Form
	Link    string // of the invitation just made, shown once
	Until   any
}

type personLine struct {
	accounts.Account
	Role frame.Text
	Self bool
}

func (r *room) peoplePage(v *frame.Visit, f *frame.Form) (data peoplePage, err error) {
	if data.Partner, err = r.partner(v); err != nil {
		return data, err
	}
	if !data.Partner.Invite {
		return data, frame.ErrNotFound
	}
	req, err := page.Parse(page.Max, v.Query("cursor"))
	if err != nil {
		return data, err
	}
	all, err := r.Accounts.ListPeople(v.Context(), accounts.People{Request: req, Role: actor.PartnerOwner})
	if err != nil {
		return data, err
	}
	data.Form, data.Path, data.Next = f, v.R.URL.Path, all.NextCursor
	for _, a := range all.Items {
		if g, ok := grantAt(a.Grants, data.Partner.ID); ok {
			data.People = append(data.People, personLine{Account: a, Role: frame.RoleText(g.Role), Self: a.ID == v.Who.ID})
		}
	}
	return data, nil
}

// grantAt returns what somebody was granted within a partner.
func grantAt(all []actor.Grant, partner uuid.UUID) (actor.Grant, bool) {
	for _, g := range all {
		if g.Scope == actor.PartnerScope && g.ScopeID == partner {
			return g, true
		}
	}
	return actor.Grant{}, false
}

func (r *room) people(v *frame.Visit) error {
	data, err := r.peoplePage(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("outlets-people.html", frame.Say("Orang di mitra ini", "People of this partner"), data)
}

func (r *room) invite(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	email := f.Text("email", 254)
	var made accounts.Invitation
	if f.OK() {
		made, err = r.Accounts.Invite(v.Context(), email, actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: p.ID})
		if err != nil && !f.Refused(err) {
			return err
		}
	}
	invited := made.Code != ""
	if invited {
		f = v.Blank()
	}
	data, err := r.peoplePage(v, f)
	if err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "no-store")
	title := frame.Say("Orang di mitra ini", "People of this partner")
	if !invited {
		return v.Again("outlets-people.html", title, data)
	}
	data.Link, data.Until = r.PublicURL+"/konsol/undangan?kode="+made.Code, made.ExpiresAt
	return v.Page("outlets-people.html", title, data)
}

func (r *room) removeGrant(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	account, err := v.ID("account")
	if err != nil {
		return err
	}
	g := actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: p.ID}
	if err := r.Accounts.Revoke(v.Context(), account, g); err != nil {
		return err
	}
	return v.Go("/konsol/mitra/"+p.ID.String()+"/orang", frame.Say("Peran dicabut, berlaku seketika.", "The role was taken away, at once."))
}
