package people_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	rows "github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
)

func pageOf(n int) rows.Request { return rows.Request{Limit: n} }

func TestARunIsLookedAtStartedPrintedAndRevoked(t *testing.T) {
	o := open(t)
	ids := []uuid.UUID{}
	for n := range 3 {
		ids = append(ids, o.person(fmt.Sprintf("72719901019001%02d", n), fmt.Sprintf("230000001%02d", n)))
	}
	held := o.printed(ids[0])
	b := o.officer()
	form := b.Get("/konsol/kartu").Want(http.StatusOK, "Belum ada cetak massal")
	form.Submit("Tinjau dulu", url.Values{"status": {"inactive"}}).Want(http.StatusUnprocessableEntity, "Tidak ada peserta yang cocok")
	look := form.Submit("Tinjau dulu", nil).Want(http.StatusOK, "Mulai untuk 2 peserta", "Belum ada yang dibuat")
	run := look.Submit("Mulai untuk", nil).Want(http.StatusOK, "Berjalan", "0 / 2")
	if !strings.Contains(run.Body, `hx-trigger="every 2s"`) {
		t.Error("the page does not keep itself up to date")
	}
	if _, err := o.Cards.WorkRuns(testkit.System(t)); err != nil {
		t.Fatal(err)
	}
	b.Header.Set("HX-Request", "true")
	part := b.Get(run.Path)
	b.Header.Del("HX-Request")
	if strings.Contains(part.Body, "<html") || part.Header.Get("HX-Refresh") != "true" || !strings.Contains(part.Body, "2 / 2") {
		t.Errorf("part: %q %s", part.Header.Get("HX-Refresh"), part.Body)
	}
	done := b.Get(run.Path).Want(http.StatusOK, "Selesai", "Bagian 1")
	if pdf := done.Follow("Bagian 1"); !strings.HasPrefix(pdf.Body, "%PDF-") {
		t.Errorf("%d %.8q", pdf.Status, pdf.Body)
	}
	b.Get(run.Path + "/lembar/2").Want(http.StatusNotFound)
	done.Follow("Cabut semua").Want(http.StatusOK, "tidak dapat dibatalkan").Submit("Ya, cabut", nil).Want(http.StatusOK, "sedang dicabut")
	if _, err := o.Cards.WorkRuns(testkit.System(t)); err != nil {
		t.Fatal(err)
	}
	if c, err := o.Cards.Get(testkit.System(t), held.ID); err != nil || c.State != cards.Active {
		t.Errorf("the card from before is %s, %v", c.State, err)
	}
	other := o.As(actor.BranchOfficer, actor.BranchScope, shop.Donggala)
	other.Get(run.Path).Want(http.StatusNotFound)
	other.Post(run.Path+"/batal", nil).Want(http.StatusNotFound)
}

func TestSheetsAndTakingARunBackNeedAFreshProof(t *testing.T) {
	o := open(t)
	o.person(nik, kpj)
	b := o.officer()
	run := b.Get("/konsol/kartu").Submit("Tinjau dulu", nil).Submit("Mulai untuk", nil).Want(http.StatusOK)
	o.Clock.Advance(6 * time.Minute)
	for _, p := range []*browse.Page{
		b.Once("POST", run.Path+"/cabut", "application/x-www-form-urlencoded", strings.NewReader("")),
		b.Once("GET", run.Path+"/lembar/1", "", nil),
	} {
		if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/konsol/konfirmasi") {
			t.Errorf("%s: %d to %s", p.Path, p.Status, p.Header.Get("Location"))
		}
	}
}

func TestAListOfCodesNamesPeople(t *testing.T) {
	o := open(t)
	one, two := o.person(nik, kpj), o.person("7271990101900077", "23000000077")
	c := o.printed(one)
	b := o.officer()
	form := b.Get("/konsol/kartu")
	text := cards.Spaced(c.ShortCode) + "\n\n" + two.String() + "\nbukan kode\n" + uuid.NewString() + "\n" + two.String()
	p := form.Submit("Tinjau dulu", url.Values{"who": {"list"}, "names": {text}}).Want(http.StatusOK, "Mulai untuk 2 peserta", "4, 5")
	p.Submit("Mulai untuk", nil).Want(http.StatusOK, "0 / 2")
	other := o.As(actor.BranchOfficer, actor.BranchScope, shop.Donggala)
	other.Get("/konsol/kartu").Submit("Tinjau dulu", url.Values{"who": {"list"}, "names": {text}}).Want(http.StatusUnprocessableEntity, "Tidak ada peserta yang cocok", "1, 3, 4, 5, 6")
}

func TestThreeRunsOfABranchAtOnce(t *testing.T) {
	o := open(t)
	o.person(nik, kpj)
	b := o.officer()
	form := b.Get("/konsol/kartu")
	look := form.Submit("Tinjau dulu", nil)
	var last string
	for range cards.RunsAtOnce {
		last = look.Submit("Mulai untuk", nil).Want(http.StatusOK, "Berjalan").Path
	}
	look.Submit("Mulai untuk", nil).Want(http.StatusUnprocessableEntity, "Tiga cetak massal")
	if form.Submit("Tinjau dulu", nil).Want(http.StatusOK, "Tiga cetak massal").HasButton("Mulai untuk") {
		t.Error("a fourth one is offered")
	}
	b.Get(last).Submit("Batalkan sisanya", nil).Want(http.StatusOK, "Dibatalkan")
	look.Submit("Mulai untuk", nil).Want(http.StatusOK, "Berjalan")
}

func TestTheQueueOfRequestsAndItsClock(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	b := o.officer()
	b.Get("/konsol/permintaan-data").Want(http.StatusOK, "Tidak ada permintaan")
	q, _, err := o.Participants.Ask(o.asPerson(id), participants.AskCorrect, "nama saya salah eja")
	if err != nil {
		t.Fatal(err)
	}
	b.Get("/konsol/permintaan-data").Want(http.StatusOK, "Perbaikan data", "Sisa 72 jam").WantNot("salah eja")
	o.Clock.Advance(74 * time.Hour)
	b = o.officer()
	b.Get("/konsol/permintaan-data?tampil=terlambat").Want(http.StatusOK, "Terlambat 2 jam")
	path := "/konsol/permintaan-data/" + q.ID.String()
	p := b.Get(path).Want(http.StatusOK, "salah eja", masked, "Terlambat 2 jam").WantNot(fullName, nik)
	p.Submit("Selesai", url.Values{"answer": {""}}).Want(http.StatusUnprocessableEntity, "Tulis 1 sampai 1.000 huruf")
	fixed := p.Follow("Perbaiki data sekarang").Submit("Simpan", url.Values{"name": {"Sitti Baru"}}).Want(http.StatusOK, "Data diperbaiki", "SI*** BA**")
	fixed.Submit("Selesai", url.Values{"answer": {"Sudah diperbaiki."}}).Want(http.StatusOK, "Permintaan selesai", "Sudah diperbaiki.")
	b.Post(path+"/tolak", url.Values{"answer": {"terlambat"}}).Want(http.StatusUnprocessableEntity, "sudah dijawab")
	b.Get("/konsol/permintaan-data?tampil=selesai").Want(http.StatusOK, "Perbaikan data")
}

func TestAnErasureTakesTwo(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	q, _, err := o.Participants.Ask(o.asPerson(id), participants.AskErase, "")
	if err != nil {
		t.Fatal(err)
	}
	path := "/konsol/permintaan-data/" + q.ID.String()
	first, second := o.supervisor(), o.supervisor()
	p := first.Get(path).Submit("Siap dihapus", nil).Want(http.StatusOK, "Anda yang menyiapkan")
	if p.HasButton("Hapus data") {
		t.Error("who prepared it may approve it")
	}
	first.Post(path+"/hapus", url.Values{"sure": {"1"}}).Want(http.StatusUnprocessableEntity, "harus disetujui orang lain")
	o.officer().Post(path+"/hapus", url.Values{"sure": {"1"}}).Want(http.StatusForbidden)
	two := second.Get(path).Want(http.StatusOK, "Setujui penghapusan")
	two.Submit("Hapus data", nil).Want(http.StatusUnprocessableEntity, "Centang")
	two.Submit("Hapus data", url.Values{"sure": {"1"}}).Want(http.StatusOK, "dihapus untuk selamanya")
	first.Get(page(id)).Want(http.StatusNotFound)
	first.Get(path).Want(http.StatusOK, "Sudah dihapus")
}

func TestACopyIsHandedOverAtTheDesk(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	o.printed(id)
	b := o.officer()
	asked := b.Get(page(id)).Submit("Catat", url.Values{"kind": {"export"}, "note": {"minta salinan"}}).Want(http.StatusOK, "Salinan data", "Terbuka", "minta salinan")
	again := b.Get(page(id)).Submit("Catat", url.Values{"kind": {"export"}}).Want(http.StatusOK, "masih terbuka")
	if asked.Path != again.Path {
		t.Errorf("a second request at %s", again.Path)
	}
	file := asked.Submit("Unduh", nil)
	for _, want := range []string{fullName, `"cards": [`, `"memberships": [`} {
		if file.Status != http.StatusOK || !strings.Contains(file.Body, want) {
			t.Errorf("%d without %s", file.Status, want)
		}
	}
	if strings.Contains(file.Body, nik) || strings.Contains(file.Body, kpj) || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
		t.Error("the copy holds whole numbers, or is no file to keep")
	}
	b.Get(asked.Path).Want(http.StatusOK, "Selesai", "Unduh lagi")
	b.Get(page(id)).Submit("Catat", url.Values{"kind": {"withdraw"}}).Want(http.StatusOK, "Persetujuan ditarik")
	b.Get(page(id)).Want(http.StatusOK, "Pemrosesan dibatasi")
}

func TestAListThatMaySayAllIsNotRequired(t *testing.T) {
	o := open(t)
	b := o.officer()
	for _, path := range []string{"/konsol/peserta", "/konsol/kartu", "/konsol/permintaan-data", "/konsol/pemberitahuan", "/konsol/pemberitahuan/setelan"} {
		for _, sel := range b.Get(path).Want(http.StatusOK).All("select") {
			for _, a := range sel.Attr {
				if a.Key == "required" {
					t.Errorf("%s: %s must be chosen from", path, browse.Attr(sel, "name"))
				}
			}
		}
	}
}
