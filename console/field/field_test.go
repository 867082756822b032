package field_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

// desk is the program with a wadah in Palu, an agent, and two registrations:
// one of today and one that is too old to be handed over.
type desk struct {
	*console.Console
	wadah  perisai.Wadah
	agent  perisai.Agent
	recent uuid.UUID
	old    uuid.UUID
}

func none(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *desk {
	t.Helper()
	d, ctx := &desk{Console: console.Open(t)}, testkit.System(t)
	app := d.App
	var err error
	d.wadah, err = app.Perisai.CreateWadah(ctx, perisai.NewWadah{BranchID: shop.Palu, Code: "W-1", Name: "Koperasi Kenari"})
	none(t, err)
	d.agent, err = app.Perisai.CreateAgent(ctx, perisai.NewAgent{WadahID: d.wadah.ID, RegionCode: "72.71", Code: "A-1", Name: "Agen Melati", ActiveFrom: "2026-01-01"})
	none(t, err)
	for _, x := range []struct {
		nik string
		day string
		id  *uuid.UUID
	}{{"7271990101900001", "2026-11-20", &d.recent}, {"7271990101900002", "2026-09-01", &d.old}} {
		p, err := app.Participants.Create(ctx, participants.NewParticipant{BranchID: shop.Palu, IDNumber: pii.Text(x.nik), Name: "Budi Santoso"})
		none(t, err)
		r, err := app.Perisai.Register(ctx, perisai.Registration{ParticipantID: p.ID, AgentID: d.agent.ID, RegisteredOn: clock.Day(x.day)})
		none(t, err)
		*x.id = r.ID
	}
	return d
}

func TestACoordinatorSeesTheOwnWadahAndHandsLinksOver(t *testing.T) {
	d := open(t)
	other, err := d.Perisai.CreateWadah(testkit.System(t), perisai.NewWadah{BranchID: shop.Palu, Code: "W-2", Name: "Koperasi Lain"})
	none(t, err)
	c := d.As(actor.WadahCoordinator, actor.WadahScope, d.wadah.ID)
	c.Get("/konsol/wadah").Want(http.StatusOK, "Koperasi Kenari").WantNot("Koperasi Lain", "Wadah baru")
	p := c.Get("/konsol/wadah/"+d.wadah.ID.String()).Want(http.StatusOK, "Agen Melati", "2026-11", "2026-09").WantNot("Agen baru").
		Follow("Agen Melati").Want(http.StatusOK, "BU** SA*****", "lewat 30 hari", "belum diambil").WantNot("Budi", "Santoso", "72719901")
	shown := p.Submit("Buat tautan BU** SA*****", nil).Want(http.StatusOK, "tidak ditampilkan lagi", "https://"+console.Host+"/kartu/#")
	if shown.Header.Get("Cache-Control") != "no-store" || strings.Contains(c.Get(p.Path).Body, "/kartu/#") {
		t.Error("the link is shown or kept more than once")
	}
	at := "/konsol/agen/" + d.agent.ID.String() + "/serah/"
	c.Post(at+d.old.String(), nil).Want(http.StatusConflict, "lebih lama dari 30 hari")
	c.Get("/konsol/wadah/" + other.ID.String()).Want(http.StatusNotFound)
	stranger := d.As(actor.WadahCoordinator, actor.WadahScope, other.ID)
	stranger.Get("/konsol/wadah/" + d.wadah.ID.String()).Want(http.StatusNotFound)
	stranger.Get("/konsol/agen/" + d.agent.ID.String()).Want(http.StatusNotFound)
	stranger.Post(at+d.recent.String(), nil).Want(http.StatusNotFound)
	branch := d.As(actor.BranchViewer, actor.BranchScope, shop.Donggala)
	branch.Get("/konsol/wadah").Want(http.StatusOK, "Belum ada wadah")
	branch.Get("/konsol/wadah/" + d.wadah.ID.String()).Want(http.StatusNotFound)
	branch.Post(at+d.recent.String(), nil).Want(http.StatusForbidden)
	d.As(actor.PartnerOwner, actor.PartnerScope, uuid.New()).Get("/konsol/wadah").Want(http.StatusForbidden)
}

func TestABranchEntersWadahAndAgents(t *testing.T) {
	d := open(t)
	officer := d.As(actor.BranchOfficer, actor.BranchScope, shop.Palu)
	form := officer.Get("/konsol/wadah/baru").Want(http.StatusOK, "Kantor Cabang Palu").WantNot("Kantor Cabang Donggala")
	form.Submit("Simpan", url.Values{"name": {"Koperasi Baru"}, "code": {"W-1"}}).Want(http.StatusUnprocessableEntity, "sudah dipakai")
	form.Submit("Simpan", url.Values{"name": {"Koperasi Baru"}, "code": {"W-9"}, "branch_id": {shop.Donggala.String()}}).Want(http.StatusNotFound)
	p := form.Submit("Simpan", url.Values{"name": {"Koperasi Baru"}, "code": {"W-9"}}).Want(http.StatusOK, "Wadah dicatat", "Belum ada agen")
	fill := url.Values{"name": {"Agen Kenanga"}, "code": {"A-9"}, "region_code": {"72.10"}, "active_from": {"2026-02-01"}, "active_to": {"2026-01-01"}}
	p.Submit("Tambah agen", fill).Want(http.StatusUnprocessableEntity, "Lebih awal dari mulainya")
	fill.Del("active_to")
	p.Submit("Tambah agen", fill).Want(http.StatusOK, "Agen Kenanga", "Sigi")
	d.As(actor.BranchOfficer, actor.BranchScope, shop.Donggala).Post("/konsol/wadah/"+d.wadah.ID.String()+"/agen", fill).Want(http.StatusNotFound)
}

func TestFiguresAreKeptAsTheyWereReported(t *testing.T) {
	d := open(t)
	officer := d.As(actor.BranchOfficer, actor.BranchScope, shop.Palu)
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
	admin := d.As(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	admin.Get("/konsol/angka-terlapor").Submit("Catat angka", fill).Want(http.StatusOK, "Semua cabang")
	d.As(actor.HQAnalyst, actor.National, uuid.Nil).Get("/konsol/angka-terlapor").Want(http.StatusOK, "21.521").WantNot("Catat angka")
	d.As(actor.BranchOfficer, actor.BranchScope, shop.Donggala).Get("/konsol/angka-terlapor").Want(http.StatusOK, "Semua cabang").WantNot("Kantor Cabang Palu")
}
