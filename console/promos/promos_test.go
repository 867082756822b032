package promos_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
)

// world is the program with a workshop of two outlets and another one.
type world struct {
	*console.Console
	partner uuid.UUID
	other   uuid.UUID
	outlets []uuid.UUID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Console: console.Open(t)}
	app := w.App
	ctx := w.system()
	sector := must(app.Partners.CreateSector(ctx, partners.NewSector{Code: "MOT", NameID: "Bengkel motor", NameEN: "Motorcycle workshop"}))(t)
	open := func(name string) uuid.UUID {
		p := must(app.Partners.Create(ctx, partners.NewPartner{SectorID: sector.ID, BranchID: shop.Palu, Profile: partners.Profile{Name: name}}))(t)
		return p.ID
	}
	w.partner, w.other = open("CV Contoh Satu"), open("CV Contoh Dua")
	for _, name := range []string{"Bengkel Barat", "Bengkel Timur"} {
		o := must(app.Partners.CreateOutlet(ctx, w.partner, partners.OutletProfile{Name: name, Address: "Jl. Contoh 1", RegionCode: "72.71", Zone: "Asia/Makassar"}))(t)
		w.outlets = append(w.outlets, o.ID)
	}
	return w
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) system() context.Context { return testkit.System(w.T) }

func (w *world) owner() (*browse.Browser, context.Context) {
	return w.Acting(actor.PartnerOwner, actor.PartnerScope, w.partner)
}

func (w *world) supervisor() (*browse.Browser, context.Context) {
	return w.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
}

func (w *world) terms() benefits.Terms {
	return benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, MaxDiscount: new(int64(50_000)), OutletIDs: w.outlets,
		ValidFrom: "2026-01-01", ValidTo: "2027-12-31", MaxStatusAgeDays: 45, Stacking: benefits.Exclusive,
		Limits: benefits.Limits{Participant: &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}},
	}
}

// live publishes a promo of the workshop.
func (w *world) live(owner, supervisor context.Context, change func(*benefits.Terms)) string {
	w.T.Helper()
	t := w.terms()
	if change != nil {
		change(&t)
	}
	s := w.Benefits
	b := must(s.Create(owner, w.partner, "Diskon 20% jasa servis", t))(w.T)
	must(s.Submit(owner, b.ID))(w.T)
	must(s.Approve(supervisor, b.ID, benefits.Seen{}))(w.T)
	must(s.Publish(supervisor, b.ID))(w.T)
	return "/konsol/promo/" + b.ID.String()
}

func TestAPromoFromTheFormToTheTills(t *testing.T) {
	w := newWorld(t)
	owner, _ := w.owner()
	boss, _ := w.supervisor()
	page := owner.Get("/konsol/promo").Want(http.StatusOK, "Belum ada promo").Follow("Promo baru").Want(http.StatusOK, "Mulai dari contoh")
	page = page.Follow("Diskon 20% jasa servis").Want(http.StatusOK, "20 % dari jasa, paling banyak Rp50.000, sekali sebulan, di 2 gerai", "20 % off labour")
	page = page.Submit("Pratinjau", url.Values{"value": {"10"}, "min_gross": {"50.000"}, "days": {"mon", "tue", "wed", "thu", "fri", "sat"}, "hours": {"08.00–17.00"}}).
		Want(http.StatusOK, "10 % dari jasa, paling banyak Rp50.000, minimal belanja Rp50.000, hari Senin–Sabtu, pukul 08.00–17.00, sekali sebulan, di 2 gerai",
			"ditolak: di bawah belanja paling sedikit", "Tagihan Rp60.000 → potongan Rp6.000 → bayar Rp54.000")
	page = page.Submit("Simpan draf", nil).Want(http.StatusOK, "Draf disimpan", "Draf versi 1", "Anda menyusun")
	page.Submit("Ajukan untuk disetujui", nil).Want(http.StatusOK, "Promo diajukan", "Menunggu persetujuan").WantNot("Setujui versi")

	boss.Get("/konsol/promo").Want(http.StatusOK, "Antrean (1)")
	seen := boss.Get("/konsol/promo/antrean").Want(http.StatusOK, "CV Contoh Satu").Follow("Periksa").Want(http.StatusOK, "Keputusan atas versi 1", "batas persetujuan cabang Rp500.000.000")
	seen = seen.Submit("Setujui versi 1", nil).Want(http.StatusOK, "Promo disetujui")
	seen = seen.Submit("Terbitkan ke kasir", nil).Want(http.StatusOK, "Promo terbit", "Berjalan", "Petugas partner_owner (Pemilik mitra) mengajukan")
	seen.Submit("Jeda sekarang", nil).Want(http.StatusOK, "Dijeda").Submit("Lanjutkan", nil).Want(http.StatusOK, "Berjalan")
	owner.Get(seen.Path).Want(http.StatusOK, "Penyelia cabang menyetujui").WantNot("Petugas branch_supervisor (")
	owner.Get(seen.Path+"/kartu-promo").Want(http.StatusOK, "Tunjukkan Kartu Promo Peserta", "Bengkel Barat, Bengkel Timur")
	owner.Get(seen.Path+"/kartu-promo?lang=en").Want(http.StatusOK, "Show your Kartu Promo Peserta")
}

func TestTheEditorSaysWhatIsWrongWhereItIs(t *testing.T) {
	w := newWorld(t)
	owner, _ := w.owner()
	page := owner.Get("/konsol/mitra/"+w.partner.String()+"/promo/baru?contoh=jasa").
		Submit("Simpan draf", url.Values{"title": {""}, "value": {"120"}, "hours": {"pagi"}, "outlet_ids": {}, "valid_to": {"2020-01-01"}, "exclusions": {"<b>kpb</b>"}})
	page.Want(http.StatusUnprocessableEntity, "Ada isian yang belum benar", "Wajib diisi", "Angka ini di luar batas", "Tulis jam seperti", "Hari terakhir tidak boleh sebelum hari pertama")
	page.WantNot("<b>kpb</b>")
	page = page.Submit("Simpan draf", url.Values{"value": {"20"}, "hours": {""}, "outlet_ids": {w.outlets[0].String()}, "valid_to": {"2027-01-01"}})
	page.Want(http.StatusUnprocessableEntity, "Wajib diisi")
	page.Submit("Simpan draf", url.Values{"title": {"Diskon jasa"}}).Want(http.StatusOK, "Draf disimpan", "Bengkel Barat")
}

func TestThePreviewIsOnlyAPartForHTMX(t *testing.T) {
	w := newWorld(t)
	owner, _ := w.owner()
	owner.Header.Set("HX-Request", "true")
	at := "/konsol/mitra/" + w.partner.String() + "/promo/pratinjau"
	page := owner.Post(at, url.Values{"kind": {"amount"}, "basis": {"oil"}, "value": {"5000"}, "stacking": {"exclusive"}, "per": {"week"}, "count": {"2"}})
	page.Want(http.StatusOK, "Potongan Rp5.000 dari oli, 2 kali seminggu", "Rp5,000 off oil, 2 times a week", "Belum ada gerai yang dicentang").WantNot("<html", "<h1")
	owner.Post(at, url.Values{"kind": {"percent"}, "basis": {"oil"}, "value": {"101"}}).Want(http.StatusOK, "Isi bentuk, nilai")
	stranger, _ := w.Acting(actor.PartnerOwner, actor.PartnerScope, w.other)
	stranger.Post(at, url.Values{}).Want(http.StatusNotFound)
}

func TestAnotherOwnerFindsNothing(t *testing.T) {
	w := newWorld(t)
	_, owner := w.owner()
	_, boss := w.supervisor()
	at := w.live(owner, boss, nil)
	stranger, _ := w.Acting(actor.PartnerOwner, actor.PartnerScope, w.other)
	stranger.Get("/konsol/promo").Want(http.StatusOK, "Belum ada promo")
	for _, path := range []string{at, at + "/ubah", at + "/simulasi", at + "/kartu-promo", "/konsol/mitra/" + w.partner.String() + "/promo/baru", "/konsol/promo/" + uuid.NewString()} {
		stranger.Get(path).Want(http.StatusNotFound)
	}
	for _, step := range []string{"/ubah", "/ajukan", "/jeda", "/lanjutkan", "/akhiri"} {
		stranger.Post(at+step, url.Values{"kind": {"percent"}}).Want(http.StatusNotFound)
	}
	for _, step := range []string{"/setujui", "/tolak", "/terbitkan"} {
		stranger.Post(at+step, url.Values{}).Want(http.StatusForbidden)
	}
	stranger.Get("/konsol/promo/antrean").Want(http.StatusForbidden)
	far, _ := w.Acting(actor.BranchSupervisor, actor.BranchScope, uuid.MustParse("01890000-0000-7000-8000-000000000002"))
	far.Get(at).Want(http.StatusNotFound)
	far.Post(at+"/jeda", url.Values{}).Want(http.StatusNotFound)
}

func TestWhatChangedMeanwhileIsNotApproved(t *testing.T) {
	w := newWorld(t)
	_, owner := w.owner()
	boss, acts := w.supervisor()
	at := w.live(owner, acts, nil)
	id := uuid.MustParse(strings.TrimPrefix(at, "/konsol/promo/"))
	s := w.Benefits
	second := w.terms()
	second.Value = 25
	must(s.Revise(owner, id, "Diskon 25% jasa servis", second))(t)
	must(s.Submit(owner, id))(t)
	open := boss.Get(at).Want(http.StatusOK, "Keputusan atas versi 2", "Beda versi 1 → 2", "20 % dari jasa 25 % dari jasa")
	must(s.Reject(acts, id, "Terlalu besar"))(t)
	third := w.terms()
	third.Value, third.OutletIDs = 90, w.outlets[:1]
	must(s.Revise(owner, id, "Diskon 90% jasa servis", third))(t)
	must(s.Submit(owner, id))(t)
	page := open.Submit("Setujui versi 2", nil)
	page.Want(http.StatusUnprocessableEntity, "Tidak ada yang disetujui", "Beda versi 2 → 3", "25 % dari jasa 90 % dari jasa", "tanpa Bengkel Timur", "Terlalu besar")
	if b := must(s.Get(acts, id))(t); b.VersionState != benefits.VersionSubmitted {
		t.Errorf("version is %s", b.VersionState)
	}
	page.Submit("Setujui versi 3", nil).Want(http.StatusOK, "Promo disetujui")
}

func TestNobodyApprovesTheirOwn(t *testing.T) {
	w := newWorld(t)
	boss, acts := w.supervisor()
	b := must(w.Benefits.Create(acts, w.partner, "Diskon jasa", w.terms()))(t)
	must(w.Benefits.Submit(acts, b.ID))(t)
	at := "/konsol/promo/" + b.ID.String()
	page := boss.Get(at).Want(http.StatusOK, "empat mata")
	if page.HasButton("Setujui versi") {
		t.Error("there is a button to approve one's own")
	}
	boss.Post(at+"/setujui", url.Values{"version": {"1"}, "terms_hash": {strings.Repeat("00", 32)}}).Want(http.StatusUnprocessableEntity)
	boss.Post(at+"/setujui", url.Values{"version": {"1"}}).Want(http.StatusBadRequest)
	page.Submit("Tolak", url.Values{"reason": {""}}).Want(http.StatusUnprocessableEntity)
	page.Submit("Tolak", url.Values{"reason": {"Salah gerai"}}).Want(http.StatusOK, "Promo ditolak", "Salah gerai")
}

func TestAboveTheCapTwoOfHeadquartersApprove(t *testing.T) {
	w := newWorld(t)
	_, owner := w.owner()
	boss, _ := w.supervisor()
	terms := w.terms()
	terms.Limits.TotalAmount = new(int64(600_000_000))
	b := must(w.Benefits.Create(owner, w.partner, "Diskon besar", terms))(t)
	must(w.Benefits.Submit(owner, b.ID))(t)
	at := "/konsol/promo/" + b.ID.String()
	boss.Get(at).Want(http.StatusOK, "Di atas batas cabang").Submit("Setujui versi 1", nil).Want(http.StatusForbidden, "dua orang bersama")
	first, _ := w.Acting(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	second, _ := w.Acting(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	page := first.Get(at).Submit("Setujui versi 1", nil).Want(http.StatusOK, "Persetujuan pertama dicatat", "Menunggu orang kedua", "Menunggu persetujuan")
	if page.HasButton("Setujui versi") {
		t.Error("the first may approve again")
	}
	second.Get(at).Want(http.StatusOK, "Sudah menyetujui: Petugas programme_admin").Submit("Setujui versi 1", nil).Want(http.StatusOK, "Promo disetujui")

	boss.Get("/konsol/promo/batas").Want(http.StatusOK, "Rp500.000.000", "Nilai bawaan")
	boss.Post("/konsol/promo/batas/"+shop.Palu.String(), url.Values{"amount": {"1"}}).Want(http.StatusNotFound)
	first.Get("/konsol/promo/batas").Submit("Simpan Kantor Cabang Palu", url.Values{"amount": {"x"}}).Want(http.StatusUnprocessableEntity, "Isi dengan angka bulat")
	caps := first.Post("/konsol/promo/batas/"+shop.Palu.String(), url.Values{"amount": {"750.000.000"}})
	caps.Want(http.StatusOK, "Batas disimpan")
	boss.Get("/konsol/promo/batas").Want(http.StatusOK, "Rp750.000.000", "Tidak untuk promo tanpa anggaran")
}

func TestTheListIsNarrowed(t *testing.T) {
	w := newWorld(t)
	browser, owner := w.owner()
	boss, acts := w.supervisor()
	w.live(owner, acts, func(b *benefits.Terms) { b.ValidTo = clock.DayOf(w.Clock.Now(), w.Clock.Now().Location()).AddDays(5) })
	must(w.Benefits.Create(owner, w.partner, "Ganti ban 100%", w.terms()))(t)
	boss.Get("/konsol/promo").Want(http.StatusOK, "Diskon 20% jasa servis", "Ganti ban", "Berakhir dalam")
	boss.Get("/konsol/promo?segera=1").Want(http.StatusOK, "Diskon 20% jasa servis").WantNot("Ganti ban")
	boss.Get("/konsol/promo?keadaan=draft").Want(http.StatusOK, "Ganti ban").WantNot("Diskon 20% jasa servis")
	boss.Get("/konsol/promo?cari=100%25").Want(http.StatusOK, "Ganti ban").WantNot("Diskon 20% jasa servis")
	boss.Get("/konsol/promo?cari=contoh+satu").Want(http.StatusOK, "Ganti ban", "Diskon 20%")
	boss.Get("/konsol/promo?cari=tidakada").Want(http.StatusOK, "Tidak ada promo yang cocok")
	boss.Get("/konsol/promo?cursor=xx").Want(http.StatusBadRequest)
	browser.Get("/konsol/promo?lang=en").Want(http.StatusOK, "20 % off labour", "Live")
	boss.Get("/konsol/promo/baru").Want(http.StatusOK, "CV Contoh Dua").Submit("Lanjut", url.Values{"mitra": {w.partner.String()}}).Want(http.StatusOK, "CV Contoh Satu")
}

func TestASimulationWithoutAPastSaysSo(t *testing.T) {
	w := newWorld(t)
	browser, owner := w.owner()
	_, acts := w.supervisor()
	at := w.live(owner, acts, nil)
	browser.Get(at+"/simulasi").Want(http.StatusOK, "Tidak ada pemakaian dalam periode ini", "Yang tidak dapat diketahui")
	browser.Get(at+"/simulasi?dari=2026-05-01&sampai=2026-01-01").Want(http.StatusUnprocessableEntity, "Periode harus berakhir")
	browser.Get(at+"/simulasi?versi=9").Want(http.StatusUnprocessableEntity, "Versi itu tidak ada")
	browser.Get(at + "/simulasi?dari=kemarin").Want(http.StatusUnprocessableEntity)
}
