package staff

import (
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

// mostScopes is how many names a list to choose from holds.
const mostScopes = 200

// grantView is the form in which a role and its scope are chosen: the role
// first, then the names that fit it.
type grantView struct {
	Form   *frame.Form
	Roles  []frame.Option
	Role   string
	Scopes []frame.Option // empty: the role holds everywhere
	Many   bool           // there are more names than the list holds
	Sought string
	Person *accounts.Account // who gets it; nil: somebody new
	Link   string            // shown once
	Action string
}

// scopes fills in what can be chosen for the role.
func (r *room) scopes(v *frame.Visit, view *grantView) error {
	view.Roles = r.roleOptions(v, frame.Text{})
	if len(view.Roles) == 1 && view.Role == "" {
		view.Role = view.Roles[0].Value
	}
	view.Form.Set("peran", view.Role)
	if view.Role == "" {
		return nil
	}
	kinds := actor.Role(view.Role).ScopeOf()
	if len(kinds) == 0 {
		return frame.ErrNotFound
	}
	all, err := r.scopesOf(v, kinds[0], view)
	if err != nil {
		return err
	}
	for _, o := range all {
		id, err := uuid.Parse(o.Value)
		if err != nil {
			return err
		}
		ok, err := r.Accounts.MayGrant(v.Context(), actor.Grant{Role: actor.Role(view.Role), Scope: kinds[0], ScopeID: id})
		if err != nil {
			return err
		}
		if ok {
			view.Scopes = append(view.Scopes, o)
		}
	}
	return nil
}

// scopesOf returns the names of a kind of scope.
func (r *room) scopesOf(v *frame.Visit, kind actor.ScopeKind, view *grantView) (out []frame.Option, err error) {
	switch kind {
	case actor.BranchScope:
		all, err := r.Participants.Branches(v.Context())
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			out = append(out, frame.Option{Value: b.ID.String(), Label: b.Name})
		}
	case actor.PartnerScope:
		p, err := r.Partners.List(v.Context(), partners.Filter{Name: view.Sought}, page.Request{Limit: mostScopes})
		if err != nil {
			return nil, err
		}
		for _, one := range p.Items {
			out = append(out, frame.Option{Value: one.ID.String(), Label: one.Name})
		}
		view.Many = p.NextCursor != ""
	case actor.WadahScope:
		p, err := r.Perisai.ListWadahs(v.Context(), page.Request{Limit: mostScopes})
		if err != nil {
			return nil, err
		}
		for _, w := range p.Items {
			out = append(out, frame.Option{Value: w.ID.String(), Label: w.Name})
		}
		view.Many = p.NextCursor != ""
	case actor.National, actor.OutletScope:
	}
	return out, nil
}

// chosen reads the role and the scope of a form.
func chosen(f *frame.Form) (actor.Grant, bool) {
	g := actor.Grant{Role: actor.Role(f.Get("peran"))}
	kinds := g.Role.ScopeOf()
	if len(kinds) == 0 {
		f.Fail("peran", frame.Say("Pilih salah satu.", "Choose one."))
		return g, false
	}
	g.Scope = kinds[0]
	if g.Scope != actor.National {
		g.ScopeID = f.ID("lingkup")
	}
	return g, f.OK()
}

var titleInvite = frame.Say("Undang orang", "Invite somebody")

func (r *room) invitePage(v *frame.Visit) error {
	return r.showInvite(v, grantView{Form: v.Blank(), Role: v.Query("peran"), Sought: v.Query("nama")}, v.Page)
}

func (r *room) showInvite(v *frame.Visit, view grantView, show func(string, frame.Text, any) error) error {
	view.Action = pathPeople + "/undang"
	if err := r.scopes(v, &view); err != nil {
		return err
	}
	return show("staff_invite.html", titleInvite, view)
}

// invite makes the invitation and shows its link, once.
func (r *room) invite(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := grantView{Form: f, Role: f.Get("peran")}
	g, ok := chosen(f)
	email := f.Text("email", 254)
	if ok && f.OK() {
		made, err := r.Accounts.Invite(v.Context(), email, g)
		if err == nil {
			return r.showInvitations(v, invitationsView{Form: v.Blank(), Link: r.invitationLink(made.Code), Until: made}, v.Page)
		}
		if !refused(f, err) {
			return err
		}
	}
	return r.showInvite(v, view, v.Again)
}

func (r *room) invitationLink(code string) string {
	return r.PublicURL + frame.Root + "/undangan?kode=" + code
}

type invitationLine struct {
	accounts.Waiting
	Role  frame.Text
	Where string
	By    string
}

type invitationsView struct {
	Form  *frame.Form
	Lines []invitationLine
	Link  string // shown once
	Until accounts.Invitation
}

var titleInvitations = frame.Say("Undangan yang menunggu", "Pending invitations")

func (r *room) invitations(v *frame.Visit) error {
	return r.showInvitations(v, invitationsView{Form: v.Blank()}, v.Page)
}

func (r *room) showInvitations(v *frame.Visit, view invitationsView, show func(string, frame.Text, any) error) error {
	all, err := r.Accounts.ListInvitations(v.Context())
	if err != nil {
		return err
	}
	for _, w := range all {
		line := invitationLine{Waiting: w, Role: frame.RoleText(w.Grant.Role)}
		if line.Where, err = r.scopeName(v, w.Grant); err != nil {
			return err
		}
		if line.By, err = r.personName(v, w.InvitedBy); err != nil {
			return err
		}
		view.Lines = append(view.Lines, line)
	}
	return show("staff_invitations.html", titleInvitations, view)
}

func (r *room) withdraw(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := r.Accounts.WithdrawInvitation(v.Context(), id); err != nil {
		return err
	}
	return v.Go(pathPeople+"/undangan", frame.Say("Undangan ditarik.", "The invitation was withdrawn."))
}

// renew makes a new link and shows it, once.
func (r *room) renew(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	made, err := r.Accounts.RenewInvitation(v.Context(), id)
	if err != nil {
		return err
	}
	return r.showInvitations(v, invitationsView{Form: v.Blank(), Link: r.invitationLink(made.Code), Until: made}, v.Page)
}

var titleGrant = frame.Say("Beri peran", "Grant a role")

func (r *room) grantPage(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	return r.showGrant(v, id, grantView{Form: v.Blank(), Role: v.Query("peran"), Sought: v.Query("nama")}, v.Page)
}

func (r *room) showGrant(v *frame.Visit, id uuid.UUID, view grantView, show func(string, frame.Text, any) error) error {
	a, err := r.Accounts.Get(v.Context(), id)
	if err != nil {
		return err
	}
	view.Person, view.Action = &a, pathPeople+"/"+id.String()+"/peran"
	if err := r.scopes(v, &view); err != nil {
		return err
	}
	return show("staff_invite.html", titleGrant, view)
}

func (r *room) grant(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	g, ok := chosen(f)
	if ok {
		if _, err := r.Accounts.Get(v.Context(), id); err != nil { // whom one may not look after is not found
			return err
		}
		err := r.Accounts.Grant(v.Context(), id, g)
		if err == nil {
			return v.Go(pathPeople+"/"+id.String(), frame.Say("Peran diberikan.", "The role was granted."))
		}
		if fault.KindOf(err) == fault.NotFound || !refused(f, err) {
			return err
		}
	}
	return r.showGrant(v, id, grantView{Form: f, Role: f.Get("peran")}, v.Again)
}

func (r *room) revoke(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	g := actor.Grant{Role: actor.Role(f.Get("peran")), Scope: actor.ScopeKind(f.Get("jenis"))}
	if g.Scope != actor.National {
		g.ScopeID = f.ID("lingkup")
	}
	if !f.OK() {
		return frame.ErrNotFound
	}
	if err := r.Accounts.Revoke(v.Context(), id, g); err != nil {
		return err
	}
	return v.Go(pathPeople+"/"+id.String(), frame.Say("Peran dicabut, seketika.", "The role was taken away, at once."))
}

// seek finds a person by the exact address of mail, which stays out of the
// address of the page.
func (r *room) seek(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	email := f.Text("email", 254)
	if f.OK() {
		p, err := r.Accounts.ListPeople(v.Context(), accounts.People{Request: page.Request{Limit: 1}, Email: email})
		if err != nil {
			return err
		}
		if len(p.Items) == 1 {
			return v.Go(pathPeople+"/"+p.Items[0].ID.String(), frame.Text{})
		}
		f.Fail("email", frame.Say("Tidak ada akun dengan alamat ini di wilayah Anda.", "There is no account with this address in your area."))
	}
	return r.showList(v, f, v.Again)
}
