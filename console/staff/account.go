package staff

import (
	"github.com/google/uuid"
	"github.com/skip2/go-qrcode"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
)

var (
	titleAccount = frame.Say("Akun saya", "My account")
	titleFactor  = frame.Say("Faktor kedua", "Second factor")
	titleCodes   = frame.Say("Kode pemulihan", "Recovery codes")
)

type accountView struct {
	Form     *frame.Form
	Account  accounts.Account
	Roles    []roleLine
	Factors  accounts.Factors
	Sessions []sessionLine
	Others   int
}

// sessionLine is one sign-in.
type sessionLine struct {
	accounts.Session
	By      frame.Text
	Current bool
}

func sessionLines(all []accounts.Session, current uuid.UUID) []sessionLine {
	out := make([]sessionLine, len(all))
	for i, s := range all {
		out[i] = sessionLine{Session: s, By: methodText(s.Method), Current: s.ID == current}
	}
	return out
}

func (r *room) account(v *frame.Visit) error { return r.showAccount(v, v.Blank(), v.Page) }

func (r *room) showAccount(v *frame.Visit, f *frame.Form, show func(string, frame.Text, any) error) error {
	ctx := v.Context()
	a, err := r.Accounts.Get(ctx, v.Who.ID)
	if err != nil {
		return err
	}
	view := accountView{Form: f, Account: a}
	if view.Roles, err = r.roleLines(v, a); err != nil {
		return err
	}
	if view.Factors, err = r.Accounts.Factors(ctx); err != nil {
		return err
	}
	all, err := r.Accounts.ListSessions(ctx)
	if err != nil {
		return err
	}
	session, err := token(v)
	if err != nil {
		return err
	}
	current, err := r.Accounts.CurrentSession(ctx, session)
	if err != nil {
		return err
	}
	view.Sessions, view.Others = sessionLines(all, current.ID), len(all)-1
	return show("staff_account.html", titleAccount, view)
}

func (r *room) changePassword(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	samePassword(f)
	if f.OK() {
		session, err := token(v)
		if err != nil {
			return err
		}
		err = r.Accounts.ChangePassword(v.Context(), session, f.Values.Get("old"), f.Values.Get("password"))
		if err == nil {
			return v.Go(pathAccount, frame.Say("Kata sandi sudah diganti. Semua sesi lain diakhiri.", "The password is changed. All other sessions were ended."))
		}
		if !refused(f, err) {
			return err
		}
	}
	return r.showAccount(v, f, v.Again)
}

type codesView struct {
	Codes []string
	Next  string
}

// newCodes shows ten new recovery codes, once.
func (r *room) newCodes(v *frame.Visit) error {
	codes, err := r.Accounts.NewRecoveryCodes(v.Context())
	if err != nil {
		return err
	}
	return v.Page("staff_codes.html", titleCodes, codesView{Codes: codes, Next: pathAccount})
}

func (r *room) endSession(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := r.Accounts.EndSession(v.Context(), id); err != nil {
		return err
	}
	return v.Go(pathAccount+"#sesi", frame.Say("Sesi diakhiri.", "The session was ended."))
}

func (r *room) endOthers(v *frame.Visit) error {
	session, err := token(v)
	if err != nil {
		return err
	}
	if _, err := r.Accounts.EndOthers(v.Context(), session); err != nil {
		return err
	}
	return v.Go(pathAccount+"#sesi", frame.Say("Semua sesi lain diakhiri.", "All other sessions were ended."))
}

// factorView is the page on which a second factor is set up.
type factorView struct {
	Form    *frame.Form
	Next    string
	Factors accounts.Factors
	Secret  string // of an authenticator app that was begun
}

func (r *room) factorPage(v *frame.Visit) error {
	return r.showFactor(v, v.Blank(), v.Query("next"), v.Page)
}

func (r *room) showFactor(v *frame.Visit, f *frame.Form, next string, show func(string, frame.Text, any) error) error {
	has, err := r.Accounts.Factors(v.Context())
	if err != nil {
		return err
	}
	view := factorView{Form: f, Next: frame.Inside(next), Factors: has}
	if has.TOTPBegun {
		setup, err := r.Accounts.BegunTOTP(v.Context())
		if err != nil {
			return err
		}
		view.Secret = setup.Secret
	}
	return show("staff_factor.html", titleFactor, view)
}

func (r *room) beginTOTP(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	if _, err := r.Accounts.EnableTOTP(v.Context()); err != nil {
		return err
	}
	return v.Go(with(pathFactor, f.Get("next")), frame.Text{})
}

const pictureSize = 240 // pixels

// totpPicture is the QR code of an authenticator app that was begun.
func (r *room) totpPicture(v *frame.Visit) error {
	setup, err := r.Accounts.BegunTOTP(v.Context())
	if err != nil {
		return err
	}
	png, err := qrcode.Encode(setup.URI, qrcode.Medium, pictureSize)
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "image/png")
	v.W.Header().Set("Cache-Control", "no-store")
	_, err = v.W.Write(png)
	return err
}

// confirmTOTP puts the authenticator app in force, and shows the recovery codes
// of an account that has none yet.
func (r *room) confirmTOTP(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	next := frame.Inside(f.Get("next"))
	code := f.Text("code", 20)
	if f.OK() {
		if err = r.Accounts.ConfirmTOTP(v.Context(), code); err == nil {
			return r.firstCodes(v, next)
		}
		if !refused(f, err) {
			return err
		}
	}
	f.Set("code", "")
	return r.showFactor(v, f, next, v.Again)
}

func (r *room) firstCodes(v *frame.Visit, next string) error {
	has, err := r.Accounts.Factors(v.Context())
	if err != nil {
		return err
	}
	if has.Codes > 0 {
		return v.Go(next, frame.Say("Aplikasi autentikator sudah aktif.", "The authenticator app is in force."))
	}
	codes, err := r.Accounts.NewRecoveryCodes(v.Context())
	if err != nil {
		return err
	}
	return v.Page("staff_codes.html", titleCodes, codesView{Codes: codes, Next: next})
}

func (r *room) removeTOTP(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	code := f.Text("code", 6)
	if f.OK() {
		if err = r.Accounts.DisableTOTP(v.Context(), code); err == nil {
			return v.Go(pathAccount+"#faktor", frame.Say("Aplikasi autentikator dihapus.", "The authenticator app was removed."))
		}
		if !refused(f, err) {
			return err
		}
	}
	f.Set("code", "")
	return r.showAccount(v, f, v.Again)
}

func (r *room) renamePasskey(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	if err := r.Accounts.RenamePasskey(v.Context(), id, f.Get("name")); err != nil {
		return err
	}
	return v.Go(pathAccount+"#faktor", frame.Say("Nama passkey diganti.", "The passkey has a new name."))
}

func (r *room) removePasskey(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := r.Accounts.RemovePasskey(v.Context(), id); err != nil {
		return err
	}
	return v.Go(pathAccount+"#faktor", frame.Say("Passkey dihapus.", "The passkey was removed."))
}
