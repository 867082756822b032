package staff

import (
	"net/http"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
)

// loginCookie holds the token of a sign-in whose second step is open.
const loginCookie = "berlaku_login"

var titleSignIn = frame.Say("Masuk", "Sign in")

// signView is what the pages before the sign-in show.
type signView struct {
	Form     *frame.Form
	Next     string
	Passkeys bool
	Provider string // what the button says, empty: no button
	Pending  accounts.Pending
}

func (r *room) signView(f *frame.Form, next string) signView {
	s := signView{Form: f, Next: frame.Inside(next), Passkeys: r.Accounts.PasskeysPossible()}
	if r.Provider != nil {
		s.Provider = r.Provider.Name()
	}
	return s
}

func (r *room) signInPage(v *frame.Visit) error {
	if v.Who.Kind == actor.Account {
		return v.Go(frame.Inside(v.Query("next")), frame.Text{})
	}
	return v.Page("staff_signin.html", titleSignIn, r.signView(v.Blank(), v.Query("next")))
}

func (r *room) signIn(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in := r.from(v)
	in.Email, in.Password = f.Text("email", 254), f.Values.Get("password")
	if in.Password == "" {
		f.Fail("password", frame.Say("Wajib diisi.", "This is needed."))
	}
	next := f.Get("next")
	if !f.OK() {
		return v.Again("staff_signin.html", titleSignIn, r.signView(f, next))
	}
	opened, pending, err := r.Accounts.BeginLogin(v.Context(), in)
	switch {
	case refused(f, err):
		return v.Again("staff_signin.html", titleSignIn, r.signView(f, next))
	case err != nil:
		return err
	case pending.Token != "":
		r.keep(v, loginCookie, pending.Token)
		return v.Go(with(pathCode, next), frame.Text{})
	}
	r.enter(v, opened)
	return v.Go(frame.Inside(next), frame.Text{})
}

var titleCode = frame.Say("Langkah kedua", "Second step")

func (r *room) codePage(v *frame.Visit) error {
	s := r.signView(v.Blank(), v.Query("next"))
	p, err := r.Accounts.PendingLogin(v.Context(), kept(v, loginCookie))
	if fault.KindOf(err) == fault.Unauthenticated {
		return v.Go(with(pathSignIn, s.Next), frame.Text{})
	}
	if err != nil {
		return err
	}
	s.Pending = p
	return v.Page("staff_code.html", titleCode, s)
}

func (r *room) code(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	code, pending := f.Text("code", 20), kept(v, loginCookie)
	s := r.signView(f, f.Get("next"))
	if !f.OK() {
		return r.codeAgain(v, s, pending)
	}
	opened, err := r.Accounts.FinishLogin(v.Context(), pending, code)
	switch {
	case refused(f, err):
		return r.codeAgain(v, s, pending)
	case err != nil:
		return err
	}
	r.keep(v, loginCookie, "")
	r.enter(v, opened)
	return v.Go(s.Next, frame.Text{})
}

// codeAgain shows the second step again while it is open, else the first one.
func (r *room) codeAgain(v *frame.Visit, s signView, pending string) error {
	p, err := r.Accounts.PendingLogin(v.Context(), pending)
	s.Form.Set("code", "")
	if fault.KindOf(err) == fault.Unauthenticated {
		r.keep(v, loginCookie, "")
		return v.Again("staff_signin.html", titleSignIn, s)
	}
	if err != nil {
		return err
	}
	s.Pending = p
	return v.Again("staff_code.html", titleCode, s)
}

func (r *room) signOut(v *frame.Visit) error {
	r.leave(v)
	k := r.Cookies.Clear()
	http.SetCookie(v.W, &k)
	return v.Go(pathSignIn, frame.Say("Anda sudah keluar.", "You are signed out."))
}

var (
	titleBegin = frame.Say("Akun pertama", "The first account")
	errNotHere = fault.New(fault.Forbidden, "not_from_here", "The first account is made on the machine on which the server runs.")
)

type newView struct {
	Form     *frame.Form
	Code     string
	Offer    accounts.Offer
	Role     frame.Text
	Scope    string
	Provider string
}

func (r *room) beginPage(v *frame.Visit) error {
	if !access.FromHere(v.R) {
		return errNotHere
	}
	return v.Page("staff_begin.html", titleBegin, newView{Form: v.Blank(), Code: v.Query("kode")})
}

func (r *room) begin(v *frame.Visit) error {
	if !access.FromHere(v.R) {
		return errNotHere
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	in := accounts.NewAccount{Email: f.Text("email", 254), Name: f.Text("name", 100), Password: f.Values.Get("password")}
	view := newView{Form: f, Code: f.Get("kode")}
	samePassword(f)
	if f.OK() {
		// The code dies with any use: what can be wrong is looked at before.
		err = accounts.Judge(in)
		if err == nil {
			var made accounts.Account
			if made, err = r.Accounts.Claim(v.Context(), view.Code, in); err == nil {
				return r.welcome(v, made)
			}
		}
		if !refused(f, err) {
			return err
		}
	}
	return v.Again("staff_begin.html", titleBegin, view)
}

// welcome signs in who has just got an account; where the role asks for a
// second factor, that comes next.
func (r *room) welcome(v *frame.Visit, made accounts.Account) error {
	opened, err := r.Accounts.Open(v.Context(), made, r.from(v))
	if err != nil {
		return err
	}
	r.enter(v, opened)
	return v.Go(frame.Root, frame.Say("Akun Anda sudah jadi.", "Your account is made."))
}

func samePassword(f *frame.Form) {
	if f.Values.Get("password") != f.Values.Get("again") {
		f.Fail("again", frame.Say("Kedua kata sandi tidak sama.", "The two passwords differ."))
	}
}

var titleInvited = frame.Say("Undangan", "Invitation")

func (r *room) invitedPage(v *frame.Visit) error {
	view := newView{Form: v.Blank(), Code: v.Query("kode")}
	if view.Code == "" {
		return v.Page("staff_invited.html", titleInvited, view)
	}
	return r.invitedTo(v, view, v.Page)
}

// invitedTo shows what the code offers; a code that offers nothing is asked for
// again.
func (r *room) invitedTo(v *frame.Visit, view newView, show func(string, frame.Text, any) error) error {
	offer, err := r.Accounts.Invited(v.Context(), view.Code)
	if err != nil {
		view.Code = ""
		if fault.KindOf(err) != fault.NotFound || !view.Form.Refused(fault.New(fault.Invalid, "invitation_invalid", "")) {
			return err
		}
		return v.Again("staff_invited.html", titleInvited, view)
	}
	view.Offer, view.Role = offer, frame.RoleText(offer.Grant.Role)
	if view.Scope, err = r.scopeName(v, offer.Grant); err != nil {
		return err
	}
	if r.Provider != nil {
		view.Provider = r.Provider.Name()
	}
	return show("staff_invited.html", titleInvited, view)
}

func (r *room) accept(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := newView{Form: f, Code: f.Get("kode")}
	name := f.Text("name", 100)
	samePassword(f)
	if f.OK() {
		made, err := r.Accounts.Accept(v.Context(), view.Code, name, f.Values.Get("password"))
		if err == nil {
			return r.welcome(v, made)
		}
		if fault.KindOf(err) != fault.NotFound && !refused(f, err) {
			return err
		}
	}
	return r.invitedTo(v, view, v.Again)
}

var titleRecover = frame.Say("Pemulihan akun", "Account recovery")

type recoverView struct {
	Form *frame.Form
	Code string // of a link
}

func (r *room) recoverPage(v *frame.Visit) error {
	view := recoverView{Form: v.Blank(), Code: v.Query("kode")}
	if view.Code == "" {
		return v.Page("staff_recover.html", titleRecover, view)
	}
	open, err := r.Accounts.LinkOpen(v.Context(), view.Code)
	if err != nil {
		return err
	}
	if !open {
		view.Code = ""
		view.Form.Problem = faults()["recovery_link_invalid"]
		return v.Again("staff_recover.html", titleRecover, view)
	}
	return v.Page("staff_recover.html", titleRecover, view)
}

var recovered = frame.Say("Kata sandi baru sudah berlaku. Silakan masuk.", "The new password is in force. Please sign in.")

func (r *room) recover(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in := accounts.Recovery{Email: f.Text("email", 254), Code: f.Text("code", 20), Password: f.Values.Get("password"), Network: r.network(v)}
	samePassword(f)
	if f.OK() {
		if err = r.Accounts.Recover(v.Context(), in); err == nil {
			return v.Go(pathSignIn, recovered)
		}
		if !refused(f, err) {
			return err
		}
	}
	f.Set("code", "")
	return v.Again("staff_recover.html", titleRecover, recoverView{Form: f})
}

func (r *room) recoverByLink(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := recoverView{Form: f, Code: f.Get("kode")}
	samePassword(f)
	if f.OK() {
		if err = r.Accounts.UseRecoveryLink(v.Context(), view.Code, f.Values.Get("password")); err == nil {
			return v.Go(pathSignIn, recovered)
		}
		if fault.KindOf(err) == fault.NotFound {
			view.Code, f.Problem = "", faults()["recovery_link_invalid"]
		} else if !refused(f, err) {
			return err
		}
	}
	return v.Again("staff_recover.html", titleRecover, view)
}
