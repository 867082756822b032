// Package staff is the room of the console for signing in, the own account, people and their roles.
package staff

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/oidc"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
)

//go:embed all:templates static
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Accounts     *accounts.Service
	Partners     *partners.Service
	Participants *participants.Service
	Perisai      *perisai.Service
	Cookies      access.Cookies
	Clock        clock.Clock
	PublicURL    string
	// IP returns the caller's address; failures are counted by its network.
	IP func(*http.Request) string
	// Provider is where staff may sign in too; nil: nowhere.
	Provider *oidc.Provider
}

type room struct{ Deps }

// Addresses that the handlers send people to.
const (
	pathSignIn  = frame.Root + "/masuk"
	pathCode    = frame.Root + "/masuk/kode"
	pathFactor  = frame.Root + "/akun/faktor-kedua"
	pathAccount = frame.Root + "/akun"
	pathConfirm = frame.Root + "/konfirmasi"
	pathPeople  = frame.Root + "/orang"
)

// attempts is how many sign-ins a minute one network may try.
const attempts = 30

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{d}
	f.Templates(files, "templates")
	f.Static(files, "static/passkey.js")
	f.Faults(faults())
	f.States("account", accountStates())
	r.signing(f)
	r.own(f)
	r.people(f)
}

// signing are the pages for those who are not signed in yet.
func (r *room) signing(f *frame.Frame) {
	open := access.Public().Limited(actor.Anonymous, attempts, time.Minute)
	f.Get("/masuk", access.Public(), r.signInPage)
	f.Post("/masuk", open, r.signIn)
	f.Get("/masuk/kode", access.Public(), r.codePage)
	f.Post("/masuk/kode", open, r.code)
	f.Post("/masuk/passkey", open, r.beginPasskeyLogin)
	f.Post("/masuk/passkey/selesai", open, r.passkeyLogin)
	f.Get("/masuk/oidc", open, r.visitProvider)
	f.Get("/masuk/oidc/kembali", open, r.fromProvider)
	f.Post("/keluar", access.SignedIn().Early(), r.signOut)
	f.Get("/mulai", access.Public(), r.beginPage)
	f.Post("/mulai", open, r.begin)
	f.Get("/undangan", open, r.invitedPage)
	f.Post("/undangan", open, r.accept)
	f.Get("/pemulihan", open, r.recoverPage)
	f.Post("/pemulihan", open, r.recover)
	f.Post("/pemulihan/tautan", open, r.recoverByLink)
}

// own are the pages of the own account.
func (r *room) own(f *frame.Frame) {
	mine := access.SignedIn().Only(actor.Account)
	f.Get("/akun", mine, r.account)
	f.Post("/akun/sandi", mine, r.changePassword)
	f.Post("/akun/kode", mine.Fresh(), r.newCodes)
	f.Post("/akun/sesi/lain", mine, r.endOthers)
	f.Post("/akun/sesi/:id", mine, r.endSession)
	f.Get("/akun/faktor-kedua", mine.Early(), r.factorPage)
	f.Post("/akun/totp", mine.Early().Fresh(), r.beginTOTP)
	f.Get("/akun/totp.png", mine.Early(), r.totpPicture)
	f.Post("/akun/totp/kode", mine.Early().Fresh(), r.confirmTOTP)
	f.Post("/akun/totp/hapus", mine.Fresh(), r.removeTOTP)
	f.Post("/akun/passkey", mine.Early().Fresh(), r.beginPasskey)
	f.Post("/akun/passkey/selesai", mine.Early().Fresh(), r.addPasskey)
	f.Post("/akun/passkey/:id/nama", mine, r.renamePasskey)
	f.Post("/akun/passkey/:id/hapus", mine.Fresh(), r.removePasskey)
	f.Get("/konfirmasi", mine.Early(), r.confirmPage)
	f.Post("/konfirmasi", mine.Early(), r.confirm)
	f.Post("/konfirmasi/passkey", mine.Early(), r.beginPasskeyConfirm)
	f.Post("/konfirmasi/passkey/selesai", mine.Early(), r.passkeyConfirm)
}

// people are the pages of those who look after others.
func (r *room) people(f *frame.Frame) {
	rule := access.Needs(actor.InvitePeople)
	f.Nav(frame.NavTrust, frame.Item{Path: pathPeople, Label: frame.Say("Orang & peran", "People & roles"), Rule: rule})
	f.Get("/orang", rule, r.list)
	f.Post("/orang/cari", rule, r.seek)
	f.Get("/orang/undang", rule, r.invitePage)
	f.Post("/orang/undang", rule.Fresh(), r.invite)
	f.Get("/orang/undangan", rule, r.invitations)
	f.Post("/orang/undangan/:id/tarik", rule, r.withdraw)
	f.Post("/orang/undangan/:id/baru", rule.Fresh(), r.renew)
	f.Get("/orang/permintaan", rule, r.resets)
	f.Post("/orang/permintaan/:id/setujui", rule.Fresh(), r.approveReset)
	f.Post("/orang/permintaan/:id/tarik", rule, r.withdrawReset)
	f.Get("/orang/:id", rule, r.person)
	f.Get("/orang/:id/peran", rule, r.grantPage)
	f.Post("/orang/:id/peran", rule.Fresh(), r.grant)
	f.Post("/orang/:id/peran/cabut", rule.Fresh(), r.revoke)
	f.Post("/orang/:id/sesi", rule, r.endAll)
	f.Post("/orang/:id/nonaktif", rule.Fresh(), r.disable)
	f.Post("/orang/:id/pemulihan", rule.Fresh(), r.askReset)
}

// network is where the visitor is, as failures are counted.
func (r *room) network(v *frame.Visit) string { return access.NetworkOf(r.IP(v.R)) }

// from is what is known of the visitor's browser.
func (r *room) from(v *frame.Visit) accounts.Login {
	return accounts.Login{Network: r.network(v), Device: access.DeviceOf(v.R.UserAgent())}
}

// enter gives the browser its new session and ends the one that it had: nobody
// is signed in with a token that somebody else may know.
func (r *room) enter(v *frame.Visit, t accounts.SessionToken) {
	r.leave(v)
	k := r.Cookies.Write(t.Token, t.ExpiresAt)
	http.SetCookie(v.W, &k)
}

func (r *room) leave(v *frame.Visit) {
	if c, ok := access.CredentialFrom(v.Context()); ok {
		// Whatever comes of it, the browser gets another token.
		_ = r.Accounts.SignOut(v.Context(), c.Token.Reveal()) //nolint:errcheck // see above
	}
}

// token is the session in which the visitor acts.
func token(v *frame.Visit) (string, error) {
	c, ok := access.CredentialFrom(v.Context())
	if !ok {
		return "", access.ErrUnauthenticated
	}
	return c.Token.Reveal(), nil
}

// keep lets the browser hold a short-lived token of this room; an empty one
// ends it.
func (r *room) keep(v *frame.Visit, name, value string) {
	life := int((5 * time.Minute).Seconds())
	if value == "" {
		life = -1
	}
	http.SetCookie(v.W, &http.Cookie{ //nolint:gosec // Secure wherever people come over TLS
		Name: name, Value: value, Path: "/", MaxAge: life, Secure: r.Cookies.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func kept(v *frame.Visit, name string) string {
	k, err := v.R.Cookie(name)
	if err != nil {
		return ""
	}
	return k.Value
}

// with adds ?next= to an address, unless it is the start page.
func with(path, next string) string {
	if next = frame.Inside(next); next == frame.Root {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}
