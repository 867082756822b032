package staff

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
)

var titlePeople = frame.Say("Orang & peran", "People & roles")

// roleLine is one role of an account, in words.
type roleLine struct {
	actor.Grant
	Name  frame.Text
	Where string
	May   bool // the visitor may take it away
}

// personLine is one account of the list.
type personLine struct {
	accounts.Account
	Roles []roleLine
	Self  bool
}

type listView struct {
	Form    *frame.Form
	People  []personLine
	Roles   []frame.Option
	Path    string
	Next    string
	First   string
	Waiting int // requests for a second person
	Sought  bool
}

func (r *room) list(v *frame.Visit) error { return r.showList(v, v.Blank(), v.Page) }

func (r *room) showList(v *frame.Visit, f *frame.Form, show func(string, frame.Text, any) error) error {
	q, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	role := v.Query("peran")
	f.Set("peran", role)
	p, err := r.Accounts.ListPeople(v.Context(), accounts.People{Request: q, Role: actor.Role(role)})
	if err != nil {
		return err
	}
	view := listView{Form: f, Roles: r.roleOptions(v, frame.Say("Semua peran", "All roles")), Next: p.NextCursor, Path: pathPeople, Sought: role != ""}
	if role != "" {
		view.Path += "?peran=" + url.QueryEscape(role)
	}
	if v.Query("cursor") != "" {
		view.First = view.Path
	}
	for _, a := range p.Items {
		roles, err := r.roleLines(v, a)
		if err != nil {
			return err
		}
		view.People = append(view.People, personLine{Account: a, Roles: roles, Self: a.ID == v.Who.ID})
	}
	waiting, err := r.Accounts.ListResets(v.Context())
	view.Waiting = len(waiting)
	if err != nil {
		return err
	}
	return show("staff_people.html", titlePeople, view)
}

// roleOptions are the roles that the visitor may hand out, with a first line
// when all is said there.
func (r *room) roleOptions(v *frame.Visit, all frame.Text) []frame.Option {
	var out []frame.Option
	if !all.IsZero() {
		out = append(out, frame.Option{Value: "", Label: all.In(v.Lang())})
	}
	for _, role := range r.Accounts.Grantable(v.Context()) {
		out = append(out, frame.Option{Value: string(role), Label: frame.RoleText(role).In(v.Lang())})
	}
	return out
}

func (r *room) roleLines(v *frame.Visit, a accounts.Account) ([]roleLine, error) {
	out := make([]roleLine, 0, len(a.Grants))
	for _, g := range a.Grants {
		where, err := r.scopeName(v, g)
		if err != nil {
			return nil, err
		}
		may, err := r.Accounts.MayGrant(v.Context(), g)
		if err != nil {
			return nil, err
		}
		out = append(out, roleLine{Grant: g, Name: frame.RoleText(g.Role), Where: where, May: may && a.ID != v.Who.ID})
	}
	return out, nil
}

// scopeName names where a role holds. Names of offices, partners and wadah are
// no secret to who may see the account.
func (r *room) scopeName(v *frame.Visit, g actor.Grant) (string, error) {
	ctx := actor.With(v.Context(), actor.System())
	name, err := r.nameIn(ctx, g)
	if fault.KindOf(err) == fault.NotFound {
		return "–", nil
	}
	if name == "" {
		name = scopeText(g.Scope).In(v.Lang())
	}
	return name, err
}

func (r *room) nameIn(ctx context.Context, g actor.Grant) (string, error) {
	switch g.Scope {
	case actor.BranchScope:
		b, err := r.Participants.Branch(ctx, g.ScopeID)
		return b.Name, err
	case actor.PartnerScope:
		p, err := r.Partners.Get(ctx, g.ScopeID)
		return p.Name, err
	case actor.WadahScope:
		w, err := r.Perisai.GetWadah(ctx, g.ScopeID)
		return w.Name, err
	case actor.OutletScope:
		o, err := r.Partners.Outlet(ctx, g.ScopeID)
		return o.Name, err
	case actor.National:
	}
	return "", nil
}

type personView struct {
	Form       *frame.Form
	A          accounts.Account
	Roles      []roleLine
	Self       bool
	Sessions   []sessionLine
	MayGrant   bool
	TwoPersons bool
	Link       string // shown once
}

func (r *room) person(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	return r.showPerson(v, id, personView{Form: v.Blank()}, v.Page)
}

func (r *room) showPerson(v *frame.Visit, id uuid.UUID, view personView, show func(string, frame.Text, any) error) error {
	a, err := r.Accounts.Get(v.Context(), id)
	if err != nil {
		return err
	}
	view.A, view.Self, view.MayGrant = a, id == v.Who.ID, len(r.Accounts.Grantable(v.Context())) > 0
	if view.Roles, err = r.roleLines(v, a); err != nil {
		return err
	}
	all, err := r.Accounts.SessionsOf(v.Context(), id)
	if err != nil {
		return err
	}
	view.Sessions, view.TwoPersons = sessionLines(all, uuid.Nil), a.NeedsTwo()
	return show("staff_person.html", frame.Text{ID: a.Name.Reveal()}, view)
}

func (r *room) endAll(v *frame.Visit) error {
	return r.over(v, r.Accounts.EndAll, frame.Say("Semua sesi diakhiri.", "All sessions were ended."))
}

func (r *room) disable(v *frame.Visit) error {
	return r.over(v, r.Accounts.Disable, frame.Say("Akun dinonaktifkan, beserta sesi, kunci API, dan undangannya.", "The account is disabled, with its sessions, API keys and invitations."))
}

// over does something to a person and goes back to the page about that one.
func (r *room) over(v *frame.Visit, do func(context.Context, uuid.UUID) error, said frame.Text) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := do(v.Context(), id); err != nil {
		return err
	}
	return v.Go(pathPeople+"/"+id.String(), said)
}

// askReset gives out a link that sets a new password, or asks a second person.
func (r *room) askReset(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	code, err := r.Accounts.AskReset(v.Context(), id, accounts.ResetKind(f.Get("jenis")))
	switch {
	case err != nil && fault.KindOf(err) != fault.NotFound && refused(f, err):
		return r.showPerson(v, id, personView{Form: f}, v.Again)
	case err != nil:
		return err
	case code != "":
		return r.showPerson(v, id, personView{Form: f, Link: r.recoveryLink(code)}, v.Page)
	}
	return v.Go(pathPeople+"/permintaan", frame.Say("Permintaan dicatat. Orang kedua harus menyetujuinya dalam 24 jam.", "The request is entered. A second person must approve it within 24 hours."))
}

func (r *room) recoveryLink(code string) string {
	return r.PublicURL + frame.Root + "/pemulihan?kode=" + code
}

// resetLine is one request that waits.
type resetLine struct {
	accounts.Reset
	Name, By string
	Mine     bool // the visitor asked for it
	Self     bool // it is about the visitor
}

type resetsView struct {
	Form  *frame.Form
	Lines []resetLine
	Link  string // shown once
}

var titleResets = frame.Say("Permintaan pemulihan", "Requests for recovery")

func (r *room) resets(v *frame.Visit) error {
	return r.showResets(v, resetsView{Form: v.Blank()}, v.Page)
}

func (r *room) showResets(v *frame.Visit, view resetsView, show func(string, frame.Text, any) error) error {
	all, err := r.Accounts.ListResets(v.Context())
	if err != nil {
		return err
	}
	for _, one := range all {
		line := resetLine{Reset: one, Mine: one.AskedBy == v.Who.ID, Self: one.AccountID == v.Who.ID}
		if line.Name, err = r.personName(v, one.AccountID); err != nil {
			return err
		}
		if line.By, err = r.personName(v, one.AskedBy); err != nil {
			return err
		}
		view.Lines = append(view.Lines, line)
	}
	return show("staff_resets.html", titleResets, view)
}

// personName names a colleague: who asked or invited is shown to who decides.
func (r *room) personName(v *frame.Visit, id uuid.UUID) (string, error) {
	a, err := r.Accounts.Get(actor.With(v.Context(), actor.System()), id)
	if errors.Is(err, accounts.ErrNotFound) {
		return "–", nil
	}
	return strings.TrimSpace(a.Name.Reveal()), err
}

func (r *room) approveReset(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	code, err := r.Accounts.ApproveReset(v.Context(), id)
	f := v.Blank()
	switch {
	case err != nil && refused(f, err):
		return r.showResets(v, resetsView{Form: f}, v.Again)
	case err != nil:
		return err
	case code != "":
		return r.showResets(v, resetsView{Form: f, Link: r.recoveryLink(code)}, v.Page)
	}
	return v.Go(pathPeople+"/permintaan", frame.Say("Faktor kedua dihapus. Orang itu menyiapkan yang baru saat masuk berikutnya.", "The second factor was taken away. The person sets up a new one at the next sign-in."))
}

func (r *room) withdrawReset(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := r.Accounts.WithdrawReset(v.Context(), id); err != nil {
		return err
	}
	return v.Go(pathPeople+"/permintaan", frame.Say("Permintaan ditarik.", "The request was withdrawn."))
}
