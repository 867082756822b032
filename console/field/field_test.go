package field_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

const host = "kartu.example"

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

// desk is the program with a wadah in Palu, an agent, and two registrations:
// one of today and one that is too old to be handed over.
type desk struct {
	*wire.App
	t      *testing.T
	wadah  perisai.Wadah
	agent  perisai.Agent
	recent uuid.UUID
	old    uuid.UUID
}

func none(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	app, err := wire.Open(t.Context(), config.Config{
		DatabaseURL: testkit.URL(t), PublicURL: "https://" + host, CardOrigin: "https://" + host, DataDir: dir, KeyDir: dir + "/keys",
		RateLimits: config.Off, AllowUnsafe: true,
	}, wire.Options{Clock: testkit.Clock()})
	none(t, err)
	t.Cleanup(func() { none(t, app.Close()) })
	d, ctx := &desk{App: app, t: t}, testkit.System(t)
	d.wadah, err = app.Perisai.CreateWadah(ctx, perisai.NewWadah{BranchID: palu, Code: "W-1", Name: "Koperasi Kenari"})
	none(t, err)
	d.agent, err = app.Perisai.CreateAgent(ctx, perisai.NewAgent{WadahID: d.wadah.ID, RegionCode: "72.71", Code: "A-1", Name: "Agen Melati", ActiveFrom: "2026-01-01"})
	none(t, err)
	for _, x := range []struct {
		nik string
		day string
		id  *uuid.UUID
	}{{"7271990101900001", "2026-11-20", &d.recent}, {"7271990101900002", "2026-09-01", &d.old}} {
		p, err := app.Participants.Create(ctx, participants.NewParticipant{BranchID: palu, IDNumber: pii.Text(x.nik), Name: "Budi Santoso"})
		none(t, err)
		r, err := app.Perisai.Register(ctx, perisai.Registration{ParticipantID: p.ID, AgentID: d.agent.ID, RegisteredOn: clock.Day(x.day)})
		none(t, err)
		*x.id = r.ID
	}
	return d
}

// as returns the browser of somebody new who is signed in with one role.
func (d *desk) as(role actor.Role, kind actor.ScopeKind, scope uuid.UUID) *browse.Browser {
	d.t.Helper()
	email := uuid.NewString() + "@contoh.example"
	const password = "kuda-laut-menari-7"
	_, err := d.Accounts.CreateDirect(testkit.System(d.t), accounts.NewAccount{Email: email, Name: "Petugas", Password: password},
		actor.Grant{Role: role, Scope: kind, ScopeID: scope})
	none(d.t, err)
	token, _, err := d.Accounts.Login(d.t.Context(), accounts.Login{Email: email, Password: password, Network: "192.0.2.0/24"})
	none(d.t, err)
	b := browse.New(d.t, d.API.Handler(), host)
	b.SetCookie(access.Cookies{Secure: true}.Write(token.Token, token.ExpiresAt))
	return b
}

func TestACoordinatorSeesTheOwnWadahAndHandsLinksOver(t *testing.T) {
	d := open(t)
	other, err := d.Perisai.CreateWadah(testkit.System(t), perisai.NewWadah{BranchID: palu, Code: "W-2", Name: "Koperasi Lain"})
	none(t, err)
	c := d.as(actor.WadahCoordinator, actor.WadahScope, d.wadah.ID)
	c.Get("/konsol/wadah").Want(http.StatusOK, "Koperasi Kenari").WantNot("Koperasi Lain", "Wadah baru")
	p := c.Get("/konsol/wadah/"+d.wadah.ID.String()).Want(http.StatusOK, "Agen Melati", "2026-11", "2026-09").WantNot("Agen baru").
		Follow("Agen Melati").Want(http.StatusOK, "BU** SA*****", "lewat 30 hari", "belum diambil").WantNot("Budi", "Santoso", "72719901")
	shown := p.Submit("Buat tautan BU** SA*****", nil).Want(http.StatusOK, "tidak ditampilkan lagi", "https://"+host+"/kartu/#")
	if shown.Header.Get("Cache-Control") != "no-store" || strings.Contains(c.Get(p.Path).Body, "/kartu/#") {
		t.Error("the link is shown or kept more than once")
	}
	at := "/konsol/agen/" + d.agent.ID.String() + "/serah/"
	c.Post(at+d.old.String(), nil).Want(http.StatusConflict, "lebih lama dari 30 hari")
	c.Get("/konsol/wadah/" + other.ID.String()).Want(http.StatusNotFound)
	stranger := d.as(actor.WadahCoordinator, actor.WadahScope, other.ID)
	stranger.Get("/konsol/wadah/" + d.wadah.ID.String()).Want(http.StatusNotFound)
	stranger.Get("/konsol/agen/" + d.agent.ID.String()).Want(http.StatusNotFound)
	stranger.Post(at+d.recent.String(), nil).Want(http.StatusNotFound)
	branch := d.as(actor.BranchViewer, actor.BranchScope, donggala)
	branch.Get("/konsol/wadah").Want(http.StatusOK, "Belum ada wadah")
	branch.Get("/konsol/wadah/" + d.wadah.ID.String()).Want(http.StatusNotFound)
	branch.Post(at+d.recent.String(), nil).Want(http.StatusForbidden)
	d.as(actor.PartnerOwner, actor.PartnerScope, uuid.New()).Get("/konsol/wadah").Want(http.StatusForbidden)
}

func TestABranchEntersWadahAndAgents(t *testing.T) {
	d := open(t)
	officer := d.as(actor.BranchOfficer, actor.BranchScope, palu)
	form := officer.Get("/konsol/wadah/baru").Want(http.StatusOK, "Kantor Cabang Palu").WantNot("Kantor Cabang Donggala")
	form.Submit("Simpan", url.Values{"name": {"Koperasi Baru"}, "code": {"W-1"}}).Want(http.StatusUnprocessableEntity, "sudah dipakai")
	form.Submit("Simpan", url.Values{"name": {"Koperasi Baru"}, "code": {"W-9"}, "branch_id": {donggala.String()}}).Want(http.StatusNotFound)
	p := form.Submit("Simpan", url.Values{"name": {"Koperasi Baru"}, "code": {"W-9"}}).Want(http.StatusOK, "Wadah dicatat", "Belum ada agen")
	fill := url.Values{"name": {"Agen Kenanga"}, "code": {"A-9"}, "region_code": {"72.10"}, "active_from": {"2026-02-01"}, "active_to": {"2026-01-01"}}
	p.Submit("Tambah agen", fill).Want(http.StatusUnprocessableEntity, "Lebih awal dari mulainya")
	fill.Del("active_to")
	p.Submit("Tambah agen", fill).Want(http.StatusOK, "Agen Kenanga", "Sigi")
	d.as(actor.BranchOfficer, actor.BranchScope, donggala).Post("/konsol/wadah/"+d.wadah.ID.String()+"/agen", fill).Want(http.StatusNotFound)
}

func TestFiguresAreKeptAsTheyWereReported(t *testing.T) {
	d := open(t)
	officer := d.as(actor.BranchOfficer, actor.BranchScope, palu)
	form := officer.Get("/konsol/angka-terlapor").Want(http.StatusOK, "Belum ada angka").WantNot("Semua cabang")
	fill := url.Values{
		"metric": {"registrations"}, "value": {"21.521"}, "period_start": {"2026-01-01"}, "period_end": {"2025-12-31"}, "as_of": {"2026-10-13"}, "source": {"Siaran pers"},
	}
	form.Submit("Catat angka", fill).Want(http.StatusUnprocessableEntity, "Lebih awal dari mulainya")
	fill.Set("period_end", "2026-10-13")
	form.Submit("Catat angka", fill).Want(http.StatusOK, "21.521", "Siaran pers", "Kantor Cabang Palu")
	fill.Set("branch_id", "all")
	officer.Post("/konsol/angka-terlapor", fill).Want(http.StatusNotFound)
	officer.Get("/konsol/angka-terlapor?from=2027-01-01").Want(http.StatusOK, "Belum ada angka")
	admin := d.as(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	admin.Get("/konsol/angka-terlapor").Submit("Catat angka", fill).Want(http.StatusOK, "Semua cabang")
	d.as(actor.HQAnalyst, actor.National, uuid.Nil).Get("/konsol/angka-terlapor").Want(http.StatusOK, "21.521").WantNot("Catat angka")
	d.as(actor.BranchOfficer, actor.BranchScope, donggala).Get("/konsol/angka-terlapor").Want(http.StatusOK, "Semua cabang").WantNot("Kantor Cabang Palu")
}
