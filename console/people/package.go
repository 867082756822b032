package people

import (
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

// dataFile is what a person is given of what is kept about them, as on their own
// phone (GET /v1/my/data).
type dataFile struct {
	At          time.Time        `json:"at"`
	Note        string           `json:"note"`
	Profile     dataProfile      `json:"profile"`
	Memberships []dataMembership `json:"memberships"`
	Consents    []dataConsent    `json:"consents"`
	Cards       []dataCard       `json:"cards"`
	Uses        []dataUse        `json:"uses"`
	Wishes      []string         `json:"wishes"`
	Accesses    []dataAccess     `json:"accesses"`
}

type dataProfile struct {
	Name           string    `json:"name"`
	BirthOn        clock.Day `json:"birth_on"`
	Phone          string    `json:"phone"`
	IDType         string    `json:"id_type"`
	IDNumberMasked string    `json:"id_number_masked"`
	Branch         string    `json:"branch"`
	RegionCode     string    `json:"region_code"`
	Restricted     bool      `json:"restricted"`
	CreatedAt      time.Time `json:"created_at"`
}

type dataMembership struct {
	KPJMasked      string    `json:"kpj_masked"`
	Segment        string    `json:"segment"`
	Status         string    `json:"status"`
	StatusAsOf     clock.Day `json:"status_as_of"`
	ProtectedUntil clock.Day `json:"protected_until"`
	Source         string    `json:"source"`
}

type dataConsent struct {
	Version     string     `json:"version"`
	Channel     string     `json:"channel"`
	GivenAt     time.Time  `json:"given_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

type dataCard struct {
	Form      string    `json:"form"`
	State     string    `json:"state"`
	IssuedAt  time.Time `json:"issued_at"`
	ExpiresOn clock.Day `json:"expires_on"`
}

type dataUse struct {
	At       time.Time `json:"at"`
	Partner  string    `json:"partner"`
	Outlet   string    `json:"outlet"`
	Promo    string    `json:"promo"`
	Gross    int64     `json:"gross"`
	Discount int64     `json:"discount"`
	State    string    `json:"state"`
}

type dataAccess struct {
	At     time.Time `json:"at"`
	Role   string    `json:"role"`
	Branch string    `json:"branch"`
	Action string    `json:"action"`
	Reason string    `json:"reason"`
}

const dataNote = "Salinan data pribadi menurut UU 27/2022. Nomor identitas dan KPJ hanya ditampilkan empat angka terakhir. / A copy of personal data under law 27/2022; identity number and KPJ show their last four digits only."

// gather asks every room what it keeps of the person, as the person: HandOver
// has judged and noted that staff may hand it to them.
func (r *room) gather(v *frame.Visit, own participants.OwnData) (dataFile, error) {
	ctx := actor.With(v.Context(), actor.Actor{
		Kind: actor.Participant, ID: own.ID, Permissions: []actor.Permission{actor.OwnRecords, actor.ReadOwnCard}, RequestID: v.Who.RequestID,
	})
	out := dataFile{At: v.Now().UTC(), Note: dataNote, Profile: dataProfile{
		Name: own.Name.Reveal(), BirthOn: own.BirthOn, Phone: own.Phone.Reveal(), IDType: string(own.IDType), IDNumberMasked: own.IDNumberMasked,
		Branch: own.Branch, RegionCode: own.RegionCode, Restricted: own.Restricted, CreatedAt: own.CreatedAt,
	}}
	for _, m := range own.Memberships {
		out.Memberships = append(out.Memberships, dataMembership{m.KPJMasked, string(m.Segment), string(m.Status), m.StatusAsOf, m.ProtectedUntil, string(m.Source)})
	}
	for _, c := range own.Consents {
		out.Consents = append(out.Consents, dataConsent{c.Version, string(c.Channel), c.GivenAt, c.WithdrawnAt})
	}
	held, err := r.Cards.List(ctx, own.ID)
	if err != nil {
		return dataFile{}, err
	}
	for _, c := range held {
		out.Cards = append(out.Cards, dataCard{string(c.Form), string(c.State), c.IssuedAt, c.ExpiresOn()})
	}
	wishes, err := r.Partners.WishesOf(ctx, own.ID)
	if err != nil {
		return dataFile{}, err
	}
	for _, w := range wishes {
		if !w.WishedAt.IsZero() {
			out.Wishes = append(out.Wishes, w.Sector.NameID)
		}
	}
	looks, err := r.Participants.OwnAccesses(ctx, page.Request{Limit: page.Max})
	if err != nil {
		return dataFile{}, err
	}
	for _, a := range looks.Items {
		out.Accesses = append(out.Accesses, dataAccess{a.At, string(a.Role), a.Branch, a.Action, string(a.Reason)})
	}
	next := page.Request{Limit: page.Max}
	for {
		p, err := r.Redemptions.Mine(ctx, next)
		if err != nil {
			return dataFile{}, err
		}
		for _, u := range p.Items {
			out.Uses = append(out.Uses, dataUse{u.At, u.Partner, u.Outlet, u.Title, u.Gross, u.Discount, string(u.State)})
		}
		if p.NextCursor == "" {
			return out, nil
		}
		if next, err = page.Parse(page.Max, p.NextCursor); err != nil || next.After == uuid.Nil {
			return dataFile{}, err
		}
	}
}
