package outlets_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/tills"
)

// desk is the program with a partner that is approved, one outlet, and another
// partner.
type desk struct {
	*console.Console
	sector          uuid.UUID
	partner, outlet uuid.UUID
	other           uuid.UUID
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{Console: console.Open(t)}
	app := d.App
	ctx := testkit.System(t)
	_, err := app.Cards.EnsureKeys(ctx)
	none(t, err)
	s, err := app.Partners.CreateSector(ctx, partners.NewSector{Code: "MOT", NameID: "Bengkel", NameEN: "Workshops"})
	none(t, err)
	d.sector = s.ID
	d.partner, d.other = d.approved("Bengkel Kenari"), d.approved("Bengkel Lain")
	o, err := app.Partners.CreateOutlet(ctx, d.partner, partners.OutletProfile{
		Name: "Kenari Palu", Address: "Jl. Kenari 1", RegionCode: "72.71", Zone: "Asia/Makassar", Hours: []partners.Hours{{Day: 1, From: "08:00", To: "17:00"}},
	})
	none(t, err)
	d.outlet = o.ID
	return d
}

func none(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// approved makes a partner that is approved and not active.
func (d *desk) approved(name string) uuid.UUID {
	d.T.Helper()
	ctx, app := testkit.System(d.T), d.App
	p, err := app.Partners.Create(actor.With(ctx, officer()), partners.NewPartner{SectorID: d.sector, BranchID: shop.Palu, Profile: partners.Profile{Name: name}})
	none(d.T, err)
	_, err = app.Partners.Submit(actor.With(ctx, officer()), p.ID)
	none(d.T, err)
	_, err = app.Partners.Approve(actor.With(ctx, supervisor()), p.ID)
	none(d.T, err)
	return p.ID
}

func officer() actor.Actor    { return account(actor.BranchOfficer) }
func supervisor() actor.Actor { return account(actor.BranchSupervisor) }

func account(role actor.Role) actor.Actor {
	return actor.Actor{Kind: actor.Account, ID: uid.At(testkit.Start), Grants: []actor.Grant{{Role: role, Scope: actor.BranchScope, ScopeID: shop.Palu}}}
}

func (d *desk) owner() *browse.Browser {
	return d.As(actor.PartnerOwner, actor.PartnerScope, d.partner)
}

func (d *desk) at(path string) string {
	return "/konsol/gerai/" + d.outlet.String() + path
}

func (d *desk) of(path string) string { return "/konsol/mitra/" + d.partner.String() + path }

func TestAnOutletIsEnteredChangedAndClosed(t *testing.T) {
	d := open(t)
	owner := d.owner()
	form := owner.Get(d.of("/gerai/baru")).Want(http.StatusOK, "Jam buka", "Senin")
	fill := url.Values{
		"name": {"Kenari Sigi"}, "address": {"Jl. Sigi 2"}, "region_code": {"72.10"}, "zone": {"Asia/Makassar"},
		"latitude": {"-0,9771"}, "longitude": {"119.9148"}, "hours_1": {"8-12, 13.00–17.00"}, "hours_7": {"tutup"},
	}
	with := func(name, value string) url.Values {
		out := url.Values{}
		maps.Copy(out, fill)
		out.Set(name, value)
		return out
	}
	for _, c := range []struct{ field, value, want string }{
		{"name", "", "Wajib diisi"}, {"hours_1", "pagi", "Tulis seperti"}, {"hours_1", "8-12, 11-13", "jam yang bertumpuk"},
		{"hours_1", "25-26", "Tulis seperti"}, {"latitude", "utara", "Isi dengan angka derajat"}, {"latitude", "52.5", "tidak di Indonesia"},
		{"longitude", "13.4", "Bujur antara"}, {"longitude", "", "kosongkan keduanya"}, {"region_code", "99.99", "Pilih dari daftar"},
	} {
		form.Submit("Simpan", with(c.field, c.value)).Want(http.StatusUnprocessableEntity, c.want)
	}
	p := form.Submit("Simpan", fill).Want(http.StatusOK, "Kenari Sigi", "08.00–12.00, 13.00–17.00", "tutup", "Gerai dicatat", "OpenStreetMap")
	at := p.Path
	owner.Get(at+"/ubah").Submit("Simpan", url.Values{"name": {"Kenari Biromaru"}, "hours_2": {"24 jam"}}).
		Want(http.StatusOK, "Kenari Biromaru", "00.00–23.59")
	owner.Get(d.of("/gerai")).Want(http.StatusOK, "Kenari Biromaru", "Kenari Palu", "Sigi")
	owner.Get(at+"/poster").Want(http.StatusOK, "Kartu Promo Peserta diterima di sini")
	owner.Get(at+"/tutup").Want(http.StatusOK, "Tutup gerai ini?", "Perangkat kasir yang berhenti").
		Submit("Tutup gerai", nil).Want(http.StatusOK, "Gerai ditutup")
	owner.Get(at+"/tutup").Submit("Tutup gerai", nil).Want(http.StatusConflict)
}

func TestPagesOfAPartnerAreNotThereForOthers(t *testing.T) {
	d := open(t)
	till := d.join()
	cashier, err := d.Tills.AddCashier(testkit.System(t), d.outlet, "Sari", "204816")
	none(t, err)
	reads := []string{
		d.of("/gerai"), d.at(""), d.at("/poster"), d.at("/perangkat/" + till.String()), d.of("/uji"), d.of("/uji/cetak"), d.of("/uji/laporan"),
	}
	owns := []string{d.of("/gerai/baru"), d.at("/ubah"), d.at("/tutup"), d.of("/kunci"), d.of("/orang"), d.at("/kasir/" + cashier.ID.String())}
	posts := []string{
		d.of("/gerai/baru"), d.at("/ubah"), d.at("/tutup"), d.at("/perangkat"), d.at("/perangkat/" + till.String() + "/izinkan"),
		d.at("/perangkat/" + till.String() + "/cabut"), d.at("/kasir"), d.at("/kasir/" + cashier.ID.String() + "/pin"),
		d.at("/kasir/" + cashier.ID.String() + "/akhiri"), d.of("/uji/kartu"), d.of("/uji/lulus"), d.of("/orang"),
		d.of("/orang/" + uuid.NewString() + "/cabut"), d.of("/kunci"), d.of("/kunci/" + uuid.NewString() + "/cabut"),
	}
	stranger := d.As(actor.PartnerOwner, actor.PartnerScope, d.other)
	for _, path := range append(reads, owns...) {
		stranger.Get(path).Want(http.StatusNotFound)
	}
	branch := d.As(actor.BranchViewer, actor.BranchScope, shop.Donggala)
	for _, path := range reads {
		branch.Get(path).Want(http.StatusNotFound)
	}
	for _, path := range posts {
		stranger.Post(path, url.Values{}).Want(http.StatusNotFound)
		if p := branch.Post(path, url.Values{}); p.Status < 400 {
			t.Errorf("%s by the viewer of another branch: %d", path, p.Status)
		}
	}
	home := d.As(actor.BranchViewer, actor.BranchScope, shop.Palu)
	for _, path := range reads[:5] {
		home.Get(path).Want(http.StatusOK)
	}
	home.Get(d.at("")).Want(http.StatusOK).WantNot("Sari", "Tambah kasir", "Tambah perangkat")
}

// join has a device join the outlet and returns its till, not confirmed yet.
func (d *desk) join() uuid.UUID {
	d.T.Helper()
	e, err := d.Tills.Enrol(testkit.System(d.T), d.outlet)
	none(d.T, err)
	return d.joinWith(e.Code)
}

func (d *desk) joinWith(code string) uuid.UUID {
	d.T.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	none(d.T, err)
	full, err := key.PublicKey.Bytes()
	none(d.T, err)
	t, err := d.Tills.Join(d.T.Context(), code, append([]byte{2 + full[64]&1}, full[1:33]...), "Kasir depan")
	none(d.T, err)
	return t.ID
}

var codeForm = regexp.MustCompile(`#/gabung/([A-Z2-7]{24})<`)

func TestATillJoinsByTheCodeIsAllowedAndEnded(t *testing.T) {
	d := open(t)
	owner := d.owner()
	p := owner.Get(d.at("")).Want(http.StatusOK, "Belum ada perangkat kasir").Submit("Tambah perangkat", nil).Want(http.StatusOK, "sidik jari")
	if p.Header.Get("Cache-Control") != "no-store" {
		t.Error("the page of the code may be kept")
	}
	m := codeForm.FindStringSubmatch(p.Body)
	if m == nil || !strings.Contains(p.Body, "<svg") {
		t.Fatal("no code, or no picture of it")
	}
	id := d.joinWith(m[1])
	till, err := d.Tills.Known(t.Context(), id)
	none(t, err)
	owner.Get(d.at("")).Want(http.StatusOK, "Menunggu izin", till.Fingerprint[:3]+" "+till.Fingerprint[3:]).WantNot(m[1]).
		Submit("Sidik jari sama, izinkan Kasir depan", nil).Want(http.StatusOK, "dapat dipakai", "Aktif")
	branch := d.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	branch.Get(d.at("/perangkat/"+id.String())).Want(http.StatusOK, "Rantai catatan", "belum ada").
		Submit("Cabut perangkat", nil).Want(http.StatusOK, "Dicabut")
	owner.Post(d.at("/perangkat/"+id.String()+"/izinkan"), nil).Want(http.StatusConflict)
	owner.Get(d.at("/perangkat/" + uuid.NewString())).Want(http.StatusNotFound)
}

var pinForm = regexp.MustCompile(`outlet-pin">([0-9]{6})<`)

func TestACashierIsAddedUnlockedAndEnded(t *testing.T) {
	d := open(t)
	owner := d.owner()
	page := owner.Get(d.at("")).Want(http.StatusOK, "Belum ada kasir")
	page.Submit("Tambah kasir", url.Values{"name": {""}, "pin": {"204816"}}).Want(http.StatusUnprocessableEntity, "Wajib diisi").WantNot("204816")
	page.Submit("Tambah kasir", url.Values{"name": {"Sari"}, "pin": {"123456"}}).Want(http.StatusUnprocessableEntity, "mudah ditebak")
	page.Submit("Tambah kasir", url.Values{"name": {"Sari"}, "pin": {"12"}}).Want(http.StatusUnprocessableEntity, "enam angka")
	made := page.Submit("Tambah kasir", url.Values{"name": {"Sari"}}).Want(http.StatusOK, "PIN untuk Sari")
	if pinForm.FindString(made.Body) == "" {
		t.Error("no PIN is shown")
	}
	owner.Get(d.at("")).Want(http.StatusOK, "Sari").WantNot("outlet-pin\">")
	page.Submit("Tambah kasir", url.Values{"name": {"Budi"}, "pin": {"739104"}}).Want(http.StatusOK, "Kasir ditambahkan", "Budi").WantNot("739104")
	all, err := d.Tills.CashiersForTill(t.Context(), d.outlet)
	none(t, err)
	none(t, d.Tills.LockCashier(d.tillContext(), all[0].ID))
	owner.Get(d.at("")).Want(http.StatusOK, "Terkunci").Follow("Buka kunci "+all[0].Name).
		Submit("Simpan PIN dan buka kunci", url.Values{"pin": {"615243"}}).Want(http.StatusOK, "kunci dibuka").WantNot("Terkunci", "615243")
	owner.Get(d.at("/kasir/"+all[0].ID.String())).Submit("Akhiri kasir", nil).Want(http.StatusOK, "Berakhir")
	owner.Get(d.at("/kasir/"+all[0].ID.String())).Want(http.StatusOK, "sudah berakhir")
}

// tillContext is one in which a till of the outlet acts.
func (d *desk) tillContext() context.Context {
	return actor.With(d.T.Context(), actor.Actor{
		Kind: actor.Till, ID: uid.At(testkit.Start), PartnerID: d.partner, OutletID: d.outlet, Permissions: []actor.Permission{actor.Validate, actor.Redeem},
	})
}

func TestKeysAreShownOnceAndRevoked(t *testing.T) {
	d := open(t)
	owner := d.owner()
	form := owner.Get(d.of("/kunci")).Want(http.StatusOK, "Belum ada kunci")
	form.Submit("Buat kunci", url.Values{"name": {"Moka"}}).Want(http.StatusUnprocessableEntity, "sedikitnya satu wewenang")
	fill := url.Values{"name": {"Moka"}, "outlet_id": {d.outlet.String()}, "days": {"90"}, "scopes": {"validate", "redeem"}}
	p := form.Submit("Buat kunci", fill).Want(http.StatusOK, "tidak ditampilkan lagi", "brk_", "Kenari Palu", "memeriksa kartu")
	secret := regexp.MustCompile(`id="secret">(brk_[a-z2-7]{12}_[A-Za-z0-9]{32})<`).FindStringSubmatch(p.Body)
	if secret == nil {
		t.Fatal("the key is not shown")
	}
	_, err := d.Accounts.AuthenticateKey(t.Context(), secret[1])
	none(t, err)
	owner.Get(d.of("/kunci")).Want(http.StatusOK, "Moka").WantNot(secret[1]).Submit("Cabut Moka", nil).Want(http.StatusOK, "Kunci dicabut", "Dicabut")
	if _, err := d.Accounts.AuthenticateKey(t.Context(), secret[1]); err == nil {
		t.Error("the key works still")
	}
	d.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu).Get(d.of("/kunci")).Want(http.StatusForbidden)
	d.Clock.Advance(10 * time.Minute)
	if p := owner.Post(d.of("/kunci"), fill); !strings.HasPrefix(p.Path, "/konsol/konfirmasi") {
		t.Errorf("without a fresh proof it led to %s", p.Path)
	}
}

func TestOwnersAreInvitedAndTheirRoleIsTakenAway(t *testing.T) {
	d := open(t)
	owner := d.owner()
	d.owner()
	p := owner.Get(d.of("/orang")).Want(http.StatusOK, "Petugas partner_owner", "Anda", "Pemilik mitra")
	p.Submit("Buat undangan", url.Values{"email": {"bukan alamat"}}).Want(http.StatusUnprocessableEntity, "tidak benar")
	p.Submit("Buat undangan", url.Values{"email": {"baru@contoh.example"}}).Want(http.StatusOK, "/konsol/undangan?kode=", "tidak ditampilkan lagi").WantNot("baru@contoh.example")
	owner.Get(d.of("/orang")).Submit("Cabut peran Petugas partner_owner", nil).Want(http.StatusOK, "Peran dicabut")
	if owner.Get(d.of("/orang")).HasButton("Cabut peran Petugas partner_owner") {
		t.Error("the role is still there")
	}
}

func TestThePartnerTriesItsTillsBeforeItOpens(t *testing.T) {
	d := open(t)
	owner := d.owner()
	owner.Get(d.of("/uji")).Want(http.StatusOK, "Uji coba kasir").WantNot("Yang dilaporkan").
		Submit("Buat kartu uji", nil).Want(http.StatusOK, "KARTU UJI / TEST CARD", "Belum ada laporan", "belum")
	if p := owner.Get(d.of("/uji/cetak")).Want(http.StatusOK, "KARTU UJI / TEST CARD"); strings.Count(p.Body, "<svg") < 3 {
		t.Error("the sheet lacks pictures")
	}
	all, err := d.Cards.TestCards(t.Context(), d.partner)
	none(t, err)
	till := d.tillContext()
	for _, c := range all {
		_, err := d.Redemptions.Validate(till, redemptions.Scan{Card: d.Cards.TestText(c)})
		none(t, err)
	}
	branch := d.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	branch.Get(d.of("/uji")).Submit("Nyatakan lulus", nil).Want(http.StatusUnprocessableEntity, "Belum semua langkah")
	_, _, err = d.Redemptions.Redeem(till, redemptions.Request{
		Key: uuid.New(), Card: d.Cards.TestText(all[0]), CardGiven: true, BenefitID: redemptions.TestBenefit, Gross: 50_000,
	})
	none(t, err)
	owner.Get(d.of("/uji")).Want(http.StatusOK, "Rp5.000", "Kedaluwarsa", "Dicabut", "penggunaan uji", "✓ sudah").WantNot("Belum ada laporan", "<b>belum</b>")
	owner.Post(d.of("/uji/lulus"), url.Values{}).Want(http.StatusUnprocessableEntity)
	branch.Get(d.of("/uji")).Submit("Nyatakan lulus", nil)
	p, err := d.Partners.Get(testkit.System(t), d.partner)
	none(t, err)
	if p.Test.At.IsZero() {
		t.Error("the test was not noted as passed")
	}
	if all[0].Kind != cards.TestValid || tills.SilentAfter == 0 {
		t.Error("the valid card is not the first")
	}
}
