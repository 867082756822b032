package imports_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
)

type office struct{ *console.Console }

func open(t *testing.T) *office { return &office{console.Open(t)} }

func (o *office) visitor(role actor.Role, branch uuid.UUID) *browse.Browser {
	o.T.Helper()
	return o.As(role, actor.BranchScope, branch)
}

func (o *office) work() {
	o.T.Helper()
	if _, err := o.Participants.WorkImports(testkit.System(o.T)); err != nil {
		o.T.Fatal(err)
	}
}

const text = "nik;nama;kpj;segmen;status;catatan\n" +
	"7271995508900001;Ani Kenari;19000000001;bpu;aktif;x\n" +
	"7271995508900002;Budi Kenari;19000000002;pu;aktif;\n" +
	"7,27E+15;Cici Kenari;19000000003;pu;aktif;\n"

func upload(b *browse.Browser, content string) *browse.Page {
	return b.Upload("/konsol/impor/baru", url.Values{"branch_id": {shop.Palu.String()}}, "file", "daftar.csv", strings.NewReader(content))
}

func TestAnOfficerUploadsAndASupervisorPublishes(t *testing.T) {
	o := open(t)
	officer, boss := o.visitor(actor.BranchOfficer, shop.Palu), o.visitor(actor.BranchSupervisor, shop.Palu)
	officer.Get("/konsol/impor").Want(http.StatusOK, "Belum ada impor")
	officer.Get("/konsol/impor/baru").Want(http.StatusOK, "Templat XLSX", "Keterangan kolom")
	p := upload(officer, text).Want(http.StatusOK, "Cocokkan kolom", "Menunggu pemetaan", "1 kolom tidak dipakai")
	at := p.Path
	p = p.Submit("Periksa tanpa menyimpan", nil).Want(http.StatusOK, "Sedang diperiksa", "0 dari 3 baris")
	if p.HasButton("Terbitkan") {
		t.Error("it can be published before the check")
	}
	part := officer.Header
	officer.Header = http.Header{"Hx-Request": {"true"}, "Accept-Language": {"id"}}
	if got := officer.Get(at).Want(http.StatusOK, "Memeriksa"); got.Header.Get("HX-Refresh") != "" || strings.Contains(got.Body, "<html") {
		t.Error("the polling gets more than its part")
	}
	o.work()
	if got := officer.Get(at).Want(http.StatusOK); got.Header.Get("HX-Refresh") != "true" {
		t.Error("the page is not told that the check is over")
	}
	officer.Header = part
	p = officer.Get(at).Want(http.StatusOK, "Menunggu diterbitkan", "Akan baru", "7,27E+15 sehingga", "9,99A+99", "penyelia cabang").WantNot("Kenari", "7271995508900001")
	if p.HasButton("Terbitkan") {
		t.Error("the officer is offered to publish")
	}
	officer.Post(at+"/terbitkan", nil).Want(http.StatusForbidden)
	boss.Get(at).Want(http.StatusOK).Submit("Terbitkan", nil).Want(http.StatusOK, "Sedang berjalan")
	o.work()
	boss.Get(at).Want(http.StatusOK, "Selesai", "dihapus", "Unduh CSV")
	boss.Get("/konsol/impor").Want(http.StatusOK, "daftar.csv", "Selesai", "Petugas branch_officer")
	boss.Get("/konsol/impor?lang=en").Want(http.StatusOK, "Upload a list", "Done")
}

func TestAFileOfFaultsIsTakenByWhoProvedThemselves(t *testing.T) {
	o := open(t)
	officer := o.visitor(actor.BranchOfficer, shop.Palu)
	at := upload(officer, text).Submit("Periksa tanpa menyimpan", nil).Path
	o.work()
	got := officer.Get(at + "/kesalahan/csv").Want(http.StatusOK)
	if !strings.Contains(got.Body, "kesalahan") || !strings.Contains(got.Body, "Cici Kenari") || strings.Contains(got.Body, "Ani") || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v\n%d bytes", got.Header, len(got.Body))
	}
	if book := officer.Get(at + "/kesalahan/xlsx").Want(http.StatusOK); !strings.HasPrefix(book.Body, "PK") {
		t.Error("no workbook")
	}
	officer.Get(at + "/kesalahan/ods").Want(http.StatusNotFound)
	o.Clock.Set(o.Clock.Now().Add(6 * 60 * 1e9))
	if p := officer.Get(at + "/kesalahan/csv"); !strings.HasPrefix(p.Path, "/konsol/konfirmasi") {
		t.Errorf("six minutes later it leads to %s", p.Path)
	}
}

func TestWhoUploadsCannotPublish(t *testing.T) {
	o := open(t)
	boss := o.visitor(actor.BranchSupervisor, shop.Palu)
	at := upload(boss, text).Submit("Periksa tanpa menyimpan", nil).Path
	o.work()
	if boss.Get(at).Want(http.StatusOK, "orang kedua yang menerbitkannya").HasButton("Terbitkan") {
		t.Error("offered to publish their own")
	}
	boss.Post(at+"/terbitkan", nil).Want(http.StatusUnprocessableEntity, "orang kedua")
}

func TestListsOfOthersAreNotThere(t *testing.T) {
	o := open(t)
	officer, stranger, viewer := o.visitor(actor.BranchOfficer, shop.Palu), o.visitor(actor.BranchSupervisor, shop.Donggala), o.visitor(actor.BranchViewer, shop.Palu)
	at := upload(officer, text).Submit("Periksa tanpa menyimpan", nil).Path
	o.work()
	for _, path := range []string{at, at + "/kesalahan/csv", at + "/urungkan"} {
		stranger.Get(path).Want(http.StatusNotFound)
		viewer.Get(path).Want(http.StatusForbidden)
	}
	for _, path := range []string{at + "/petakan", at + "/terbitkan", at + "/batalkan", at + "/urungkan"} {
		stranger.Post(path, nil).Want(http.StatusNotFound)
		viewer.Post(path, nil).Want(http.StatusForbidden)
	}
	upload(stranger, text).Want(http.StatusNotFound)
	viewer.Get("/konsol/impor").Want(http.StatusForbidden)
	stranger.Get("/konsol/impor").Want(http.StatusOK, "Belum ada impor")
	officer.Get("/konsol/impor/bukan-nomor").Want(http.StatusNotFound)
}

func TestWhatIsWrongWithAFileIsSaidInBothLanguages(t *testing.T) {
	o := open(t)
	officer := o.visitor(actor.BranchOfficer, shop.Palu)
	upload(officer, "%PDF-1.7").Want(http.StatusUnprocessableEntity, "Ini berkas PDF")
	upload(officer, "").Want(http.StatusUnprocessableEntity, "Berkas kosong")
	upload(officer, "a;b\n1;2\n").Want(http.StatusUnprocessableEntity, "Baris pertama harus berisi judul kolom")
	officer.Get("/konsol/impor?lang=en")
	upload(officer, "%PDF-1.7").Want(http.StatusUnprocessableEntity, "This is a PDF file")
	p := upload(officer, text).Want(http.StatusOK)
	p.Submit("Check without storing", url.Values{"col_nik": {"1"}}).Want(http.StatusUnprocessableEntity, "one column has one meaning")
}

func TestAWrongRunIsUndoneInTwoSteps(t *testing.T) {
	o := open(t)
	officer, boss := o.visitor(actor.BranchOfficer, shop.Palu), o.visitor(actor.BranchSupervisor, shop.Palu)
	at := upload(officer, text).Submit("Periksa tanpa menyimpan", nil).Path
	o.work()
	boss.Get(at).Submit("Terbitkan", nil)
	o.work()
	officer.Get(at).Want(http.StatusOK).WantNot("akibat mengurungkan")
	p := boss.Get(at).Follow("Lihat akibat mengurungkan").Want(http.StatusOK, "Urungkan impor ini?", "Peserta dihapus kembali")
	p.Submit("Urungkan sekarang", nil).Want(http.StatusOK, "Sedang diurungkan")
	o.work()
	boss.Get(at).Want(http.StatusOK, "Diurungkan:", "2 peserta")
	boss.Get(at + "/urungkan").Want(http.StatusConflict)
}

func TestAListIsCancelled(t *testing.T) {
	o := open(t)
	officer := o.visitor(actor.BranchOfficer, shop.Palu)
	p := upload(officer, text)
	p.Submit("Batalkan impor", nil).Want(http.StatusOK, "Dibatalkan")
}

func TestTheTemplateIsWhatAnUploadUnderstands(t *testing.T) {
	o := open(t)
	officer := o.visitor(actor.BranchOfficer, shop.Palu)
	for _, kind := range []string{"csv", "xlsx"} {
		file := officer.Get("/konsol/impor/templat/" + kind).Want(http.StatusOK).Body
		p := officer.Upload("/konsol/impor/baru", url.Values{"branch_id": {shop.Palu.String()}}, "file", "templat."+kind, strings.NewReader(file)).Want(http.StatusOK, "Cocokkan kolom")
		at := p.Submit("Periksa tanpa menyimpan", nil).Path
		o.work()
		officer.Get(at).Want(http.StatusOK, "Menunggu diterbitkan").WantNot("Yang salah")
	}
}
