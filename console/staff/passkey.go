package staff

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/console/frame"
)

// maxAnswer is how many bytes the script may send.
const maxAnswer = 96 << 10

// question is what the script hands to the browser.
type question struct {
	Token   string          `json:"token"`
	Options json.RawMessage `json:"options"`
}

// answer is what the script sends back.
type answer struct {
	Token      string          `json:"token"`
	Name       string          `json:"name"`
	Next       string          `json:"next"`
	Credential json.RawMessage `json:"credential"`
}

// done tells the script where to go, or what is wrong.
type done struct {
	Next    string `json:"next,omitempty"`
	Message string `json:"message,omitempty"`
}

// ask answers a script that begins something with a passkey.
func ask(v *frame.Visit, options []byte, token string, err error) error {
	if err != nil {
		return tell(v, err)
	}
	return write(v, http.StatusOK, question{Token: token, Options: options})
}

func write(v *frame.Visit, status int, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "application/json; charset=utf-8")
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(status)
	_, err = v.W.Write(b)
	return err
}

// tell says to a script, in words, what people can do something about.
func tell(v *frame.Visit, err error) error {
	f := v.Blank()
	if !refused(f, err) {
		return err
	}
	return write(v, http.StatusUnprocessableEntity, done{Message: f.Problem.In(v.Lang())})
}

func read(v *frame.Visit) (answer, error) {
	var a answer
	b, err := io.ReadAll(http.MaxBytesReader(v.W, v.R.Body, maxAnswer))
	if err != nil || json.Unmarshal(b, &a) != nil {
		return a, frame.ErrForm
	}
	return a, nil
}

func (r *room) beginPasskeyLogin(v *frame.Visit) error {
	options, token, err := r.Accounts.BeginPasskeyLogin(v.Context())
	return ask(v, options, token, err)
}

func (r *room) passkeyLogin(v *frame.Visit) error {
	a, err := read(v)
	if err != nil {
		return tell(v, err)
	}
	opened, err := r.Accounts.PasskeyLogin(v.Context(), a.Token, a.Credential, r.from(v))
	if err != nil {
		return tell(v, err)
	}
	r.enter(v, opened)
	return write(v, http.StatusOK, done{Next: frame.Inside(a.Next)})
}

func (r *room) beginPasskey(v *frame.Visit) error {
	options, token, err := r.Accounts.BeginPasskey(v.Context())
	return ask(v, options, token, err)
}

func (r *room) addPasskey(v *frame.Visit) error {
	a, err := read(v)
	if err != nil {
		return tell(v, err)
	}
	if err := r.Accounts.AddPasskey(v.Context(), a.Token, a.Name, a.Credential); err != nil {
		return tell(v, err)
	}
	return write(v, http.StatusOK, done{Next: pathAccount + "#faktor"})
}

func (r *room) beginPasskeyConfirm(v *frame.Visit) error {
	options, token, err := r.Accounts.BeginPasskeyConfirm(v.Context())
	return ask(v, options, token, err)
}

func (r *room) passkeyConfirm(v *frame.Visit) error {
	a, err := read(v)
	if err != nil {
		return tell(v, err)
	}
	session, err := token(v)
	if err != nil {
		return err
	}
	if err := r.Accounts.PasskeyConfirm(v.Context(), session, a.Token, a.Credential); err != nil {
		return tell(v, err)
	}
	return write(v, http.StatusOK, done{Next: frame.Inside(a.Next)})
}

var titleConfirm = frame.Say("Konfirmasi bahwa ini Anda", "Confirm that it is you")

type confirmView struct {
	Form     *frame.Form
	Next     string
	Factors  accounts.Factors
	Provider string
}

func (r *room) confirmPage(v *frame.Visit) error {
	return r.showConfirm(v, v.Blank(), v.Query("next"), v.Page)
}

func (r *room) showConfirm(v *frame.Visit, f *frame.Form, next string, show func(string, frame.Text, any) error) error {
	has, err := r.Accounts.Factors(v.Context())
	if err != nil {
		return err
	}
	view := confirmView{Form: f, Next: frame.Inside(next), Factors: has}
	if r.Provider != nil && len(has.Providers) > 0 {
		view.Provider = r.Provider.Name()
	}
	return show("staff_confirm.html", titleConfirm, view)
}

func (r *room) confirm(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	session, err := token(v)
	if err != nil {
		return access.ErrUnauthenticated
	}
	next := f.Get("next")
	err = r.Accounts.Confirm(v.Context(), session, accounts.Proof{Code: f.Get("code"), Password: f.Values.Get("password")})
	if err == nil {
		return v.Go(frame.Inside(next), frame.Say("Terima kasih. Silakan lanjutkan; konfirmasi berlaku 5 menit.", "Thank you. Please go on; this holds for 5 minutes."))
	}
	if !refused(f, err) {
		return err
	}
	f.Set("code", "")
	return r.showConfirm(v, f, next, v.Again)
}
