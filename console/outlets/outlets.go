// Package outlets is the room of the console for outlets of partners with their
// tills, cashiers and people, for keys of till systems, and for trying out tills
// before a partner opens.
package outlets

import (
	"context"
	"embed"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/tills"
)

//go:embed all:templates static
var files embed.FS

// Deps is what the room needs.
type Deps struct {
	Partners     *partners.Service
	Tills        *tills.Service
	Accounts     *accounts.Service
	Benefits     *benefits.Service
	Cards        *cards.Service
	Participants *participants.Service
	Redemptions  *redemptions.Service
	PublicURL    string
}

type room struct {
	Deps
	frame *frame.Frame
}

// Register adds the room's pages to the frame.
func Register(f *frame.Frame, d Deps) {
	r := &room{Deps: d, frame: f}
	f.Templates(files, "templates")
	f.Static(files, "static/outlets.js")
	f.States("outlet", outletStates())
	f.States("till", tillStates())
	f.States("cashier", cashierStates())
	f.States("apikey", map[string]frame.State{
		"active":  {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"expired": {Text: frame.Say("Kedaluwarsa", "Expired"), Tone: "calm"},
		"revoked": {Text: frame.Say("Dicabut", "Revoked"), Tone: "calm"},
	})
	f.States("keyscope", map[string]frame.State{
		"validate": {Text: frame.Say("memeriksa kartu", "check cards")},
		"redeem":   {Text: frame.Say("mencatat penggunaan", "record uses")},
		"read":     {Text: frame.Say("membaca", "read")},
	})
	f.Faults(faults())
	read, write := access.Needs(actor.ReadPartners), access.Needs(actor.WritePartners)
	f.Get("/mitra/:id/gerai", read, r.list)
	f.Get("/mitra/:id/gerai/baru", write, r.newForm)
	f.Post("/mitra/:id/gerai/baru", write, r.create)
	f.Get("/gerai/:id", read, r.detail)
	f.Get("/gerai/:id/poster", read, r.poster)
	f.Get("/gerai/:id/ubah", write, r.editForm)
	f.Post("/gerai/:id/ubah", write, r.update)
	f.Get("/gerai/:id/tutup", write, r.closeForm)
	f.Post("/gerai/:id/tutup", write, r.close)
	r.tillPages(f, read)
	r.trialPages(f, read, write)
	r.peoplePages(f)
}

func (r *room) tillPages(f *frame.Frame, read access.Rule) {
	enrol := access.Needs(actor.EnrolTills)
	f.Post("/gerai/:id/perangkat", enrol, r.enrol)
	f.Get("/gerai/:id/perangkat", read, r.waiting)
	f.Get("/gerai/:id/perangkat/:till", read, r.till)
	f.Post("/gerai/:id/perangkat/:till/izinkan", enrol, r.confirm)
	f.Post("/gerai/:id/perangkat/:till/cabut", access.Needs(actor.EnrolTills, actor.ApprovePartners), r.revoke)
	f.Post("/gerai/:id/kasir", enrol, r.addCashier)
	f.Get("/gerai/:id/kasir/:cashier", enrol, r.cashier)
	f.Post("/gerai/:id/kasir/:cashier/pin", enrol, r.setPIN)
	f.Post("/gerai/:id/kasir/:cashier/akhiri", enrol, r.endCashier)
}

func (r *room) trialPages(f *frame.Frame, read, write access.Rule) {
	f.Get("/mitra/:id/uji", read, r.trial)
	f.Get("/mitra/:id/uji/laporan", read, r.trialReports)
	f.Get("/mitra/:id/uji/cetak", read, r.trialPrint)
	f.Post("/mitra/:id/uji/kartu", write, r.makeTestCards)
	f.Post("/mitra/:id/uji/lulus", write, r.passTest)
}

func (r *room) peoplePages(f *frame.Frame) {
	invite, keys := access.Needs(actor.InvitePeople), access.Needs(actor.ManageKeys)
	f.Get("/mitra/:id/orang", invite, r.people)
	f.Post("/mitra/:id/orang", invite.Fresh(), r.invite)
	f.Post("/mitra/:id/orang/:account/cabut", invite.Fresh(), r.removeGrant)
	f.Get("/mitra/:id/kunci", keys, r.keys)
	f.Post("/mitra/:id/kunci", keys.Fresh(), r.createKey)
	f.Post("/mitra/:id/kunci/:key/cabut", keys.Fresh(), r.revokeKey)
}

// partner returns a partner that the page is about, with what the visitor may do there.
func (r *room) partner(v *frame.Visit) (partnerView, error) {
	id, err := v.ID("id")
	if err != nil {
		return partnerView{}, err
	}
	return r.partnerOf(v.Context(), id)
}

// partnerView is a partner and what the visitor may do with it.
type partnerView struct {
	partners.Partner
	Write, Enrol, Keys, Invite bool
}

func (r *room) partnerOf(ctx context.Context, id uuid.UUID) (partnerView, error) {
	p, err := r.Partners.Get(ctx, id)
	if err != nil {
		return partnerView{}, err
	}
	who := actor.From(ctx)
	may := func(perm actor.Permission) bool {
		return partners.Affiliation{PartnerID: p.ID, BranchID: p.BranchID}.Within(who.Scope(perm))
	}
	return partnerView{
		Partner: p, Write: may(actor.WritePartners), Enrol: may(actor.EnrolTills), Invite: may(actor.InvitePeople),
		Keys: who.Scope(actor.ManageKeys).HasPartner(p.ID),
	}, nil
}

func outletStates() map[string]frame.State {
	return map[string]frame.State{
		"active": {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"closed": {Text: frame.Say("Ditutup", "Closed"), Tone: "calm"},
	}
}

func tillStates() map[string]frame.State {
	return map[string]frame.State{
		"pending": {Text: frame.Say("Menunggu izin", "Waiting"), Tone: "warn"},
		"active":  {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"revoked": {Text: frame.Say("Dicabut", "Ended"), Tone: "calm"},
		"silent":  {Text: frame.Say("Lama diam", "Silent"), Tone: "bad"},
	}
}

func cashierStates() map[string]frame.State {
	return map[string]frame.State{
		"active": {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"locked": {Text: frame.Say("Terkunci", "Locked"), Tone: "bad"},
		"ended":  {Text: frame.Say("Berakhir", "Ended"), Tone: "calm"},
	}
}

func faults() map[string]frame.Text {
	return map[string]frame.Text{
		"outlet_not_found":           frame.Say("Gerai itu tidak ada, atau bukan wewenang Anda.", "There is no such outlet, or it is not yours."),
		"partner_not_found":          frame.Say("Mitra itu tidak ada, atau bukan wewenang Anda.", "There is no such partner, or it is not yours."),
		"till_not_found":             frame.Say("Perangkat kasir itu tidak ada, atau bukan wewenang Anda.", "There is no such till, or it is not yours."),
		"cashier_not_found":          frame.Say("Kasir itu tidak ada, atau bukan wewenang Anda.", "There is no such cashier, or it is not yours."),
		"wrong_state":                frame.Say("Langkah itu tidak mungkin dalam keadaan sekarang.", "That step is not possible in the present state."),
		"outlet_closed":              frame.Say("Gerai ini sudah ditutup.", "The outlet is closed."),
		"too_many_cashiers":          frame.Say("Gerai ini sudah punya 50 kasir. Akhiri dulu yang tidak bekerja lagi.", "The outlet has 50 cashiers already. End one that no longer works there."),
		"till_not_confirmed_in_time": frame.Say("Perangkat tidak diizinkan dalam 10 menit. Buat kode baru.", "The till was not confirmed within ten minutes. Make a new code."),
		"too_weak":                   frame.Say("PIN terlalu mudah ditebak. Jangan 123456, 654321, atau angka yang sama semua.", "This PIN is guessed first. Not 123456, 654321 or one digit six times."),
		"invalid":                    frame.Say("Ada isian yang belum benar.", "Some fields are not right."),
		"required":                   frame.Say("Wajib diisi.", "This is needed."),
		"too_long":                   frame.Say("Terlalu panjang.", "Too long."),
		"not_text":                   frame.Say("Ada tanda yang tidak dapat disimpan.", "There are characters that cannot be stored."),
		"unknown":                    frame.Say("Pilih dari daftar.", "Choose one of the list."),
		"out_of_range":               frame.Say("Di luar batas.", "Out of range."),
		"format":                     frame.Say("Bentuknya belum benar.", "Not in the right form."),
		"grant_forbidden":            frame.Say("Anda tidak boleh memberi atau mencabut peran ini.", "You may not give or take this role."),
		"self_forbidden":             frame.Say("Anda tidak dapat mencabut peran Anda sendiri.", "You cannot take your own role away."),
		"name_invalid":               frame.Say("Nama wajib diisi, paling banyak 100 karakter.", "The name must have 1 to 100 characters."),
		"scopes_invalid":             frame.Say("Pilih sedikitnya satu wewenang.", "Choose at least one scope."),
		"outlet_invalid":             frame.Say("Pilih gerai mitra ini.", "Choose an outlet of this partner."),
		"staff_only":                 frame.Say("Hanya petugas cabang yang boleh melakukan ini.", "Only staff who look after this may do that."),
		"signing_key_none":           frame.Say("Belum ada kunci tanda tangan kartu. Hubungi pengelola server.", "No signing key is in force. Ask who runs the server."),
	}
}
