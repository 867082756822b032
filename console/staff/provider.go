package staff

import (
	"crypto/subtle"
	"errors"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/oidc"
)

// visitCookie binds a visit to the identity provider to the browser that began it.
const visitCookie = "berlaku_visit"

// visitProvider sends the visitor to the identity provider: to sign in, to
// accept an invitation (?kode=), or to prove anew who it is (?ulang=1).
func (r *room) visitProvider(v *frame.Visit) error {
	if r.Provider == nil {
		return frame.ErrNotFound
	}
	secrets := oidc.NewSecrets()
	visit := accounts.Visit{
		Nonce: secrets.Nonce, Verifier: secrets.Verifier, Next: frame.Inside(v.Query("next")), Invitation: v.Query("kode"),
		Confirm: v.Query("ulang") == "1" && v.Who.Kind == actor.Account,
	}
	state, err := r.Accounts.BeginVisit(v.Context(), visit)
	if err != nil {
		return err
	}
	to, err := r.Provider.Address(v.Context(), state, secrets, visit.Confirm)
	if err != nil {
		return r.providerFailed(v, visit, err)
	}
	r.keep(v, visitCookie, state)
	return v.Go(to, frame.Text{})
}

// fromProvider is where the identity provider sends the visitor back to.
func (r *room) fromProvider(v *frame.Visit) error {
	if r.Provider == nil {
		return frame.ErrNotFound
	}
	state, mine := v.Query("state"), kept(v, visitCookie)
	r.keep(v, visitCookie, "")
	if mine == "" || subtle.ConstantTimeCompare([]byte(state), []byte(mine)) != 1 {
		return r.providerFailed(v, accounts.Visit{}, oidc.ErrRefused)
	}
	visit, err := r.Accounts.EndVisit(v.Context(), state)
	if err != nil {
		return r.providerFailed(v, visit, err)
	}
	code := v.Query("code")
	if code == "" {
		return r.providerFailed(v, visit, oidc.ErrRefused)
	}
	who, err := r.Provider.Redeem(v.Context(), code, oidc.Secrets{Nonce: visit.Nonce, Verifier: visit.Verifier}, visit.Confirm)
	if err != nil {
		return r.providerFailed(v, visit, err)
	}
	return r.identified(v, visit, accounts.External{
		Issuer: who.Issuer, Subject: who.Subject, Email: who.Email, Name: who.Name, Invitation: visit.Invitation, LinkByEmail: r.Provider.LinkByEmail(),
	})
}

// identified signs in, or confirms, whom the provider knows.
func (r *room) identified(v *frame.Visit, visit accounts.Visit, who accounts.External) error {
	if visit.Confirm {
		session, err := token(v)
		if err == nil {
			err = r.Accounts.ExternalConfirm(v.Context(), session, who)
		}
		if err != nil {
			return r.providerFailed(v, visit, err)
		}
		return v.Go(frame.Inside(visit.Next), frame.Text{})
	}
	opened, err := r.Accounts.ExternalLogin(v.Context(), who, r.from(v))
	if err != nil {
		return r.providerFailed(v, visit, err)
	}
	r.enter(v, opened)
	return v.Go(frame.Inside(visit.Next), frame.Text{})
}

// providerFailed says on the page where the visitor began what went wrong;
// nobody is signed in some other way instead.
func (r *room) providerFailed(v *frame.Visit, visit accounts.Visit, err error) error {
	f := v.Blank()
	if fault.KindOf(err) == fault.NotFound && errors.Is(err, accounts.ErrInvitation) {
		err = accounts.ErrIdentity
	}
	if !refused(f, err) {
		return err
	}
	if visit.Confirm && v.Who.Kind == actor.Account {
		return r.showConfirm(v, f, visit.Next, v.Again)
	}
	return v.Again("staff_signin.html", titleSignIn, r.signView(f, visit.Next))
}
