package partners_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
)

type desk struct {
	*console.Console
	sector partners.Sector
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{Console: console.Open(t)}
	sys := testkit.System(t)
	d.sector = need(d, func() (partners.Sector, error) {
		return d.Partners.CreateSector(sys, partners.NewSector{Code: "MOT", NameID: "Bengkel motor", NameEN: "Motorcycle workshops"})
	})
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen} {
		need(d, func() (partners.Sector, error) { return d.Partners.SetSectorState(sys, d.sector.ID, to) })
	}
	return d
}

func need[T any](d *desk, f func() (T, error)) T {
	d.T.Helper()
	v, err := f()
	if err != nil {
		d.T.Fatal(err)
	}
	return v
}

// idOf returns the first id in an address.
func idOf(path string) uuid.UUID {
	for part := range strings.SplitSeq(strings.SplitN(path, "?", 2)[0], "/") {
		if id, err := uuid.Parse(part); err == nil {
			return id
		}
	}
	return uuid.Nil
}

// partner makes a partner in a state; with an agreement and an outlet from
// approved on.
func (d *desk) partner(name string, to partners.State) uuid.UUID {
	d.T.Helper()
	sys := testkit.System(d.T)
	maker := actor.With(d.T.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: actor.BranchOfficer, Scope: actor.BranchScope, ScopeID: shop.Palu}}})
	p := need(d, func() (partners.Partner, error) {
		return d.Partners.Create(maker, partners.NewPartner{SectorID: d.sector.ID, BranchID: shop.Palu, Profile: partners.Profile{
			Name: name, Contact: partners.Contact{Name: "Ibu Kenari", Phone: "+6281234567890", Email: "kenari@contoh.example"},
		}})
	})
	path := map[partners.State][]func(context.Context, uuid.UUID) (partners.Partner, error){
		partners.Draft: nil, partners.Submitted: {d.Partners.Submit}, partners.Approved: {d.Partners.Submit, d.Partners.Approve},
		partners.Active: {d.Partners.Submit, d.Partners.Approve, d.Partners.Activate},
	}[to]
	if len(path) > 1 {
		need(d, func() (partners.Agreement, error) {
			return d.Partners.CreateAgreement(maker, p.ID, partners.NewAgreement{Number: "PKS/7", StartsOn: "2026-01-01", EndsOn: "2026-12-31"})
		})
		need(d, func() (partners.Outlet, error) {
			return d.Partners.CreateOutlet(maker, p.ID, partners.OutletProfile{Name: "Gerai " + name, Address: "Jl. Contoh 1", RegionCode: "72.71", Zone: "Asia/Makassar"})
		})
	}
	for i, step := range path {
		ctx := sys
		if i == 0 {
			ctx = maker
		}
		need(d, func() (partners.Partner, error) { return step(ctx, p.ID) })
	}
	return p.ID
}

func application(d *desk) url.Values {
	return url.Values{
		"name": {"Bengkel Rangkong"}, "sector_id": {d.sector.ID.String()}, "region_code": {"72.71"}, "address": {"Jl. Kenari 7, Palu"},
		"nib": {"9876 5432 10123"}, "contact_name": {"Bapak Maleo"}, "phone": {"0812-0000-7777"}, "why": {"Banyak pelanggan kami peserta."}, "consent": {"1"},
	}
}

func TestABusinessAppliesAndStaffMakeAPartnerOfIt(t *testing.T) {
	d := open(t)
	officer, _ := d.Acting(actor.BranchOfficer, actor.BranchScope, shop.Palu)
	supervisor, _ := d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	stranger, _ := d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Donggala)
	visitor := d.Anybody()

	form := visitor.Get("/mitra/daftar").Want(http.StatusOK, "Daftar menjadi mitra usaha", "Kota Palu – Kantor Cabang Palu", "Bengkel motor")
	form.Submit("Kirim pendaftaran", nil).Want(http.StatusUnprocessableEntity, "Wajib diisi", "Tanpa persetujuan ini")
	sent := form.Submit("Kirim pendaftaran", application(d)).Want(http.StatusOK, "Pendaftaran diterima", "M-").WantNot("0812", "Maleo")
	ref := browse.Text(sent.All("p")[1])
	if !strings.HasPrefix(ref, "M-") || len(ref) != 11 {
		t.Fatalf("the reference is %q", ref)
	}
	status := visitor.Get("/mitra/status")
	ask := func(phone string) *browse.Page {
		return status.Submit("Lihat status", url.Values{"reference": {strings.ToLower(ref)}, "phone": {phone}})
	}
	ask("081200007777").Want(http.StatusOK, "Bengkel Rangkong", "Sedang ditinjau")
	wrong, unknown := ask("081200007778").Want(http.StatusUnprocessableEntity, "tidak cocok").WantNot("Rangkong"), status.Submit("Lihat status", url.Values{"reference": {"M-2222-2222"}, "phone": {"081200007777"}})
	if wrong.Text() != strings.ReplaceAll(unknown.Text(), "M-2222-2222", ref) {
		t.Error("a wrong phone and an unknown reference are told apart")
	}

	d.Clock.Advance(time.Minute)
	visitor.Get("/mitra/daftar").Submit("Kirim pendaftaran", application(d)).Want(http.StatusOK, "Pendaftaran diterima") // the same again: the applicant is told nothing
	queue := officer.Get("/konsol/mitra/antrean").Want(http.StatusOK, "Bengkel Rangkong", "mungkin ganda", "hari ini", "Kota Palu")
	stranger.Get("/konsol/mitra/antrean").Want(http.StatusOK, "Tidak ada pendaftaran yang menunggu").WantNot("Rangkong")
	queue.Submit("Ambil", nil).Want(http.StatusOK, "Pendamping disimpan", "Petugas branch_officer")
	one := queue.Follow("Bengkel Rangkong").Want(http.StatusOK, "Bapak Maleo", "+6281200007777", "NIB atau nomor telepon yang sama", "9876543210123")
	stranger.Get(one.Path).Want(http.StatusNotFound)
	stranger.Post(one.Path+"/terima", url.Values{"branch_id": {shop.Palu.String()}}).Want(http.StatusNotFound)
	viewer, _ := d.Acting(actor.BranchViewer, actor.BranchScope, shop.Palu)
	viewer.Get(one.Path).Want(http.StatusOK, "B*** M***").WantNot("Maleo", "81200007777", "Jadikan mitra")

	made := one.Submit("Jadikan mitra", nil).Want(http.StatusOK, "Menunggu persetujuan", "Mitra dibuat dan diajukan", "Petugas branch_supervisor")
	officer.Get(one.Path).Want(http.StatusOK, "Diterima untuk diproses").Follow("Buka mitra").Want(http.StatusOK)
	if made.HasButton("Setujui") {
		t.Error("an officer may approve")
	}
	ask("081200007777").Want(http.StatusOK, "Diproses kantor cabang")
	supervisor.Get(made.Path).Submit("Setujui", nil).Want(http.StatusOK, "Disetujui, masa uji", "belum ada")
	ask("081200007777").Want(http.StatusOK, "Disetujui, sedang disiapkan")

	second := officer.Get("/konsol/mitra/antrean").Follow("Bengkel Rangkong")
	second.Submit("Tidak dilanjutkan", nil).Want(http.StatusUnprocessableEntity, "Wajib diisi")
	second.Submit("Tidak dilanjutkan", url.Values{"reason": {"Pendaftaran ganda."}}).Want(http.StatusOK, "Pendaftaran ganda.").
		Submit("Buka kembali", nil).Want(http.StatusOK, "Sedang ditinjau")
}

func TestFourEyesAreSaidBeforeTheButton(t *testing.T) {
	d := open(t)
	supervisor, _ := d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	other, _ := d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	form := supervisor.Get("/konsol/mitra/baru").Want(http.StatusOK, "Mitra baru")
	form.Submit("Buat draf", url.Values{"name": {"Toko Kenari"}, "sector_id": {d.sector.ID.String()}, "branch_id": {shop.Palu.String()}, "nib": {"12"}}).
		Want(http.StatusUnprocessableEntity, "Bentuknya belum benar")
	p := form.Submit("Buat draf", url.Values{"name": {"Toko Kenari"}, "sector_id": {d.sector.ID.String()}, "branch_id": {shop.Palu.String()}}).
		Want(http.StatusOK, "Toko Kenari", "Draf", "Dimasukkan sebagai draf")
	p = p.Follow("Ubah profil").Submit("Simpan", url.Values{"contact_name": {"Ibu Maleo"}, "phone": {"0812 3456 7890"}}).Want(http.StatusOK, "Ibu Maleo", "+6281234567890")
	p = p.Submit("Ajukan untuk disetujui", nil).Want(http.StatusOK, "Menunggu persetujuan", "orang lain harus menyetujuinya", "Siapa yang dapat memutuskan")
	at := "/konsol/mitra/" + idOf(p.Path).String()
	supervisor.Post(at+"/langkah/approve", nil).Want(http.StatusForbidden, "orang lain harus menyetujuinya")
	supervisor.Get("/konsol/mitra/antrean").Want(http.StatusOK, "orang lain harus menyetujuinya")
	p.Submit("Tarik kembali", nil).Want(http.StatusOK, "Ditarik kembali menjadi draf").Submit("Ajukan untuk disetujui", nil)
	other.Post(at+"/langkah/withdraw", nil).Want(http.StatusForbidden, "Hanya yang mengajukan")

	other.Get("/konsol/mitra/antrean").Follow("Periksa").Follow("Tolak").Submit("Tolak", nil).Want(http.StatusUnprocessableEntity, "Wajib diisi")
	other.Get(at+"/langkah/reject").Submit("Tolak", url.Values{"reason": {"NIB belum ada"}}).Want(http.StatusOK, "Draf", "NIB belum ada")
	supervisor.Get(at).Want(http.StatusOK, "Alasan ditolak", "NIB belum ada").Submit("Ajukan untuk disetujui", nil)
	other.Get(at).Submit("Setujui", nil).Want(http.StatusOK, "Mitra disetujui", "Belum ada perjanjian kerja sama (PKS) yang berlaku hari ini")
	other.Post(at+"/langkah/activate", nil).Want(http.StatusUnprocessableEntity, "Belum ada perjanjian")
	other.Post(at+"/langkah/approve", nil).Want(http.StatusUnprocessableEntity, "Keadaannya sudah berubah")
	other.Get(at + "/langkah/entah").Want(http.StatusNotFound)
	other.Get(at+"?lang=en").Want(http.StatusOK, "What is needed before it opens", "At least one outlet")
}

func TestAPartnerIsActivatedSuspendedResumedAndEnded(t *testing.T) {
	d := open(t)
	id := d.partner("CV Maleo", partners.Approved)
	at := "/konsol/mitra/" + id.String()
	supervisor, ctx := d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	if err := d.Partners.PassTest(ctx, id, "Dua kasir mencoba."); err != nil {
		t.Fatal(err)
	}
	p := supervisor.Get(at).Want(http.StatusOK, "PKS/7", "Dua kasir mencoba.", "1 gerai aktif")
	p = p.Submit("Aktifkan", nil).Want(http.StatusOK, "Mitra aktif")
	p = p.Follow("Tangguhkan").Want(http.StatusOK, "Berlaku seketika").Submit("Tangguhkan", url.Values{"reason": {"Keluhan peserta"}}).Want(http.StatusOK, "Ditangguhkan", "Keluhan peserta")
	p.Submit("Buka kembali", nil).Want(http.StatusOK, "Mitra aktif kembali")
	d.Clock.Set(time.Date(2027, 1, 1, 2, 0, 0, 0, time.UTC))
	if _, err := d.Partners.FollowAgreements(testkit.System(t)); err != nil {
		t.Fatal(err)
	}
	supervisor, _ = d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Palu) // sessions of the old year are over
	p = supervisor.Get(at).Want(http.StatusOK, "Perjanjian kerja sama berakhir", "Belum ada perjanjian", "oleh program")
	p = p.Follow("Perpanjang").Want(http.StatusOK, "Melanjutkan PKS/7", "Setelah perjanjian")
	p.Submit("Catat perjanjian", nil).Want(http.StatusOK, "Perjanjian PKS/8", "1 Jan 2027", "31 Des 2027")
	supervisor.Get(at).Submit("Buka kembali", nil).Want(http.StatusOK, "Mitra aktif kembali").
		Follow("Akhiri kerja sama").Submit("Akhiri kerja sama", url.Values{"reason": {"Usaha tutup"}}).Want(http.StatusOK, "Berakhir", "Usaha tutup")
}

func TestEveryPageOfAPartnerIsForThoseWhoReachIt(t *testing.T) {
	d := open(t)
	id := d.partner("CV Maleo", partners.Active)
	at := "/konsol/mitra/" + id.String()
	a := need(d, func() ([]partners.Agreement, error) { return d.Partners.Agreements(testkit.System(t), id) })[0]
	doc := need(d, func() (partners.Document, error) {
		return d.Partners.AddDocument(testkit.System(t), a.ID, bytes.NewReader(pdf("rahasia")))
	})
	pks := at + "/pks/" + a.ID.String()
	pages := []string{at, pks, pks + "/berkas/" + doc.ID.String(), at + "/ubah", at + "/pks/baru", at + "/langkah/suspend"}
	stranger, _ := d.Acting(actor.BranchSupervisor, actor.BranchScope, shop.Donggala)
	owner, _ := d.Acting(actor.PartnerOwner, actor.PartnerScope, id)
	rival, _ := d.Acting(actor.PartnerOwner, actor.PartnerScope, d.partner("CV Lain", partners.Active))
	for _, path := range pages {
		stranger.Get(path).Want(http.StatusNotFound).WantNot("Maleo", "Kenari")
		rival.Get(path).Want(http.StatusNotFound).WantNot("Maleo", "Kenari")
		if got := d.Anybody().Once(http.MethodGet, path, "", nil); got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/konsol/masuk") {
			t.Errorf("%s without a sign-in: %d to %s", path, got.Status, got.Header.Get("Location"))
		}
	}
	for _, path := range []string{at + "/langkah/suspend", at + "/langkah/end", at + "/ubah", at + "/pks/baru", at + "/petugas"} {
		stranger.Post(path, url.Values{"reason": {"x"}, "assignee_id": {uuid.Nil.String()}}).Want(http.StatusNotFound)
		rival.Post(path, url.Values{"reason": {"x"}, "assignee_id": {uuid.Nil.String()}}).Want(http.StatusNotFound)
	}
	owner.Get(at).Want(http.StatusOK, "Ibu Kenari", "PKS/7").WantNot("Tangguhkan", "Catat perjanjian")
	owner.Get(pks).Want(http.StatusOK, "SHA-256").WantNot("Simpan versi baru")
	owner.Get(at + "/pks/baru").Want(http.StatusNotFound)
	owner.Get("/konsol/mitra/baru").Want(http.StatusNotFound)
	owner.Post(at+"/langkah/suspend", url.Values{"reason": {"x"}}).Want(http.StatusNotFound)
	rival.Get("/konsol/mitra").Want(http.StatusOK, "CV Lain").WantNot("Maleo")
	analyst, _ := d.Acting(actor.HQAnalyst, actor.National, uuid.Nil)
	analyst.Get(at).Want(http.StatusOK, "I*** K***", "Kontak disamarkan").WantNot("Kenari", "81234567890", "Ubah profil")
	analyst.Get(at + "/ubah").Want(http.StatusForbidden)
	agent, _ := d.Acting(actor.SystemAdmin, actor.National, uuid.Nil)
	agent.Get("/konsol/mitra").Want(http.StatusForbidden)
}

func pdf(body string) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + body + "\nstartxref\n9\n%%EOF\n")
}

func TestASignedAgreementIsKeptInVersions(t *testing.T) {
	d := open(t)
	at := "/konsol/mitra/" + d.partner("CV Maleo", partners.Approved).String()
	officer, _ := d.Acting(actor.BranchOfficer, actor.BranchScope, shop.Palu)
	p := officer.Get(at).Follow("PKS/7").Want(http.StatusOK, "Belum ada berkas")
	send := func(content []byte) *browse.Page {
		t.Helper()
		return officer.Upload(p.Path+"/berkas", nil, "document", "perjanjian.pdf", bytes.NewReader(content))
	}
	send(nil).Want(http.StatusUnprocessableEntity, "kosong")
	send([]byte("<html><script>alert(1)</script></html>")).Want(http.StatusUnprocessableEntity, "isinya yang diperiksa")
	send(bytes.Repeat([]byte("%PDF-1.4\n"), 11<<20/9)).Want(http.StatusUnprocessableEntity, "lebih besar dari 10 MB")
	send(append(pdf(""), "PK\x05\x06"...)).Want(http.StatusUnprocessableEntity, "isinya yang diperiksa")
	send(pdf("satu")).Want(http.StatusOK, "Berkas disimpan", "PDF, 1 KB")
	send(pdf("satu")).Want(http.StatusUnprocessableEntity, "sama persis")
	two := send(pdf("dua")).Want(http.StatusOK, "terbaru")
	file := two.Follow("versi 1")
	if file.Status != http.StatusOK || file.Body != string(pdf("satu")) {
		t.Fatalf("version 1: %d", file.Status)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": `attachment; filename="PKS-PKS-7-v1.pdf"`, "X-Content-Type-Options": "nosniff",
	} {
		if got := file.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestListsAndEndings(t *testing.T) {
	d := open(t)
	d.partner("CV Maleo", partners.Active)
	d.partner("Toko Tarsius", partners.Submitted)
	viewer, _ := d.Acting(actor.BranchViewer, actor.BranchScope, shop.Palu)
	viewer.Get("/konsol/mitra").Want(http.StatusOK, "CV Maleo", "Toko Tarsius", "Semua 2", "Aktif 1", "31 Des 2026").WantNot("Mitra baru", "Kenari")
	viewer.Get("/konsol/mitra?keadaan=active").Want(http.StatusOK, "CV Maleo").WantNot("Tarsius")
	viewer.Get("/konsol/mitra?cari=tars").Want(http.StatusOK, "Tarsius", "Semua 1").WantNot("Maleo")
	viewer.Get("/konsol/mitra?cari=tidakada").Want(http.StatusOK, "Tidak ada mitra yang cocok")
	viewer.Get("/konsol/mitra?berakhir=60").Want(http.StatusOK, "CV Maleo").WantNot("Tarsius")
	viewer.Get("/konsol/mitra?wilayah=72.71").Want(http.StatusOK, "CV Maleo").WantNot("Tarsius")
	viewer.Get("/konsol/mitra?sektor="+d.sector.ID.String()).Want(http.StatusOK, "CV Maleo")
	viewer.Get("/konsol/mitra?sektor=x").Want(http.StatusNotFound)
	viewer.Get("/konsol/mitra?cursor=x").Want(http.StatusBadRequest)
	viewer.Header.Set("HX-Request", "true")
	if part := viewer.Get("/konsol/mitra?bagian=daftar&cari=maleo").Want(http.StatusOK, "CV Maleo"); strings.Contains(part.Body, "<html") {
		t.Error("the whole page came for a part")
	}
	viewer.Header.Del("HX-Request")
	viewer.Get("/konsol/mitra/pks").Want(http.StatusOK, "CV Maleo", "37 hari lagi").WantNot("Perpanjang")
	viewer.Get("/konsol/mitra/pks?dalam=10").Want(http.StatusOK, "Tidak ada perjanjian yang segera berakhir")
	stranger, _ := d.Acting(actor.BranchOfficer, actor.BranchScope, shop.Donggala)
	stranger.Get("/konsol/mitra/pks?dalam=366").Want(http.StatusOK).WantNot("Maleo")
	stranger.Get("/konsol/mitra").Want(http.StatusOK, "Belum ada mitra di sini").WantNot("Maleo")
}
