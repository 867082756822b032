package outlets

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/page"
)

// keysPage are the keys of a partner's till systems.
type keysPage struct {
	Partner partnerView
	Keys    []keyLine
	Outlets []frame.Option
	Lives   []frame.Option
	Form    *frame.Form
	Secret  string // of the key just made, shown once
}

type keyLine struct {
	accounts.APIKey
	Outlet string
	State  string // active, expired, revoked
}

func (r *room) keysPage(v *frame.Visit, f *frame.Form) (data keysPage, err error) {
	if data.Partner, err = r.partner(v); err != nil {
		return data, err
	}
	ctx, id := v.Context(), data.Partner.ID
	all, err := r.Accounts.ListKeys(ctx, id)
	if err != nil {
		return data, err
	}
	outlets, err := r.Partners.Outlets(ctx, id, page.Request{Limit: page.Max})
	if err != nil {
		return data, err
	}
	names := map[uuid.UUID]string{}
	for _, o := range outlets.Items {
		names[o.ID] = o.Name
		if o.State == "active" {
			data.Outlets = append(data.Outlets, frame.Option{Value: o.ID.String(), Label: o.Name})
		}
	}
	for _, k := range all {
		line := keyLine{APIKey: k, Outlet: names[k.OutletID], State: "active"}
		switch {
		case !k.RevokedAt.IsZero():
			line.State = "revoked"
		case !v.Now().Before(k.ExpiresAt):
			line.State = "expired"
		}
		data.Keys = append(data.Keys, line)
	}
	for _, days := range []int{30, 90, 180, 365} {
		n := strconv.Itoa(days)
		data.Lives = append(data.Lives, frame.Option{Value: n, Label: v.Say(n+" hari", n+" days")})
	}
	data.Form = f
	return data, nil
}

func (r *room) keys(v *frame.Visit) error {
	f := v.Blank()
	f.Set("days", "365")
	data, err := r.keysPage(v, f)
	if err != nil {
		return err
	}
	return v.Page("outlets-keys.html", frame.Say("Kunci API", "API keys"), data)
}

func (r *room) createKey(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	n := accounts.NewKey{Name: f.Text("name", 100), PartnerID: p.ID, OutletID: f.ID("outlet_id")}
	days, err := strconv.Atoi(f.Choice("days", "30", "90", "180", "365"))
	if err == nil {
		n.Life = time.Duration(days) * 24 * time.Hour
	}
	for _, s := range f.All("scopes") {
		n.Scopes = append(n.Scopes, accounts.KeyScope(s))
	}
	secret := ""
	if f.OK() {
		if _, secret, err = r.Accounts.CreateKey(v.Context(), n); err != nil && !f.Refused(err) {
			return err
		}
	}
	if secret != "" {
		f = v.Blank()
	}
	data, err := r.keysPage(v, f)
	if err != nil {
		return err
	}
	data.Secret = secret
	v.W.Header().Set("Cache-Control", "no-store")
	if secret == "" {
		return v.Again("outlets-keys.html", frame.Say("Kunci API", "API keys"), data)
	}
	return v.Page("outlets-keys.html", frame.Say("Kunci API", "API keys"), data)
}

func (r *room) revokeKey(v *frame.Visit) error {
	p, err := r.partner(v)
	if err != nil {
		return err
	}
	id, err := v.ID("key")
	if err != nil {
		return err
	}
	if err := r.Accounts.RevokeKey(v.Context(), p.ID, id); err != nil {
		return err
	}
	return v.Go("/konsol/mitra/"+p.ID.String()+"/kunci", frame.Say("Kunci dicabut dan tidak berlaku lagi.", "The key was revoked and no longer works."))
}
