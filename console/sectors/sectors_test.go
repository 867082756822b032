package sectors_test

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
	"github.com/berlaku/berlaku/partners"
)

type desk struct{ *console.Console }

func open(t *testing.T) *desk { return &desk{console.Open(t)} }

func (d *desk) sector(code string) partners.Sector {
	d.T.Helper()
	s, err := d.Partners.CreateSector(testkit.System(d.T), partners.NewSector{Code: code, NameID: "Apotek " + code, NameEN: "Pharmacies " + code})
	if err != nil {
		d.T.Fatal(err)
	}
	return s
}

// scores fills in every criterion with one value.
func scores(p *browse.Page, value string) url.Values {
	fill := url.Values{}
	for _, n := range p.All("textarea") {
		name := browse.Attr(n, "name")
		fill.Set(name, "Wawancara dengan tiga apotek")
		fill.Set(strings.Replace(name, "evidence_", "score_", 1), value)
	}
	return fill
}

func TestASectorGoesFromCandidateToOpen(t *testing.T) {
	d := open(t)
	admin := d.As(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	p := admin.Get("/konsol/sektor/baru").Want(http.StatusOK).
		Submit("Catat calon", url.Values{"code": {"apt"}, "name_id": {"Apotek dan klinik"}, "name_en": {"Pharmacies"}}).
		Want(http.StatusOK, "Apotek dan klinik", "Calon", "belum dinilai")
	at := p.Path
	admin.Get("/konsol/sektor/baru").Submit("Catat calon", url.Values{"code": {"APT"}, "name_id": {"Lagi"}, "name_en": {"Again"}}).
		Want(http.StatusUnprocessableEntity, "Sudah ada sektor dengan kode ini")
	p = p.Submit("Catat putusan", url.Values{"to": {"assessed"}, "reason": {"Survei selesai"}}).Want(http.StatusOK, "Dinilai", "Survei selesai")
	p.Submit("Catat putusan", url.Values{"to": {"open"}, "reason": {"Langsung saja"}}).Want(http.StatusUnprocessableEntity, "Penilaian belum lengkap")

	shown := admin.Get(at)
	for _, who := range []*browse.Browser{d.As(actor.BranchOfficer, actor.BranchScope, shop.Palu), d.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)} {
		form := who.Get(at + "/nilai").Want(http.StatusOK)
		form.Submit("Simpan nilai", nil).Want(http.StatusUnprocessableEntity, "Belum ada nilai")
		form.Submit("Simpan nilai", url.Values{"score_NEED": {"4"}}).Want(http.StatusUnprocessableEntity, "Wajib diisi")
		form.Submit("Simpan nilai", scores(form, "4")).Want(http.StatusOK, "Nilai Anda tercatat", "Wawancara dengan tiga apotek")
	}
	shown.Submit("Catat putusan", url.Values{"to": {"open"}, "reason": {"Rapat monev"}}).Want(http.StatusUnprocessableEntity, "Penilaian berubah")
	admin.Get(at).Submit("Catat putusan", url.Values{"to": {"open"}, "reason": {"Rapat monev"}}).Want(http.StatusOK, "Dibuka", "Rapat monev", "75")
	admin.Get("/konsol/sektor").Want(http.StatusOK, "Apotek dan klinik", "lengkap")
	admin.Get("/konsol/sektor?lang=en").Want(http.StatusOK, "Pharmacies", "complete")
}

func TestOtherWeightsChangeTheOrderAndNothingElse(t *testing.T) {
	d := open(t)
	a, b := d.sector("AAA"), d.sector("BBB")
	officer := d.As(actor.BranchOfficer, actor.BranchScope, shop.Palu)
	for id, need := range map[uuid.UUID]string{a.ID: "5", b.ID: "1"} {
		form := officer.Get("/konsol/sektor/" + id.String() + "/nilai")
		fill := scores(form, "3")
		fill.Set("score_NEED", need)
		if need == "1" {
			fill.Set("score_USED", "4")
		}
		form.Submit("Simpan nilai", fill).Want(http.StatusOK)
	}
	first := func(p *browse.Page) string {
		t.Helper()
		for _, row := range p.Want(http.StatusOK).All("tr")[1:2] {
			return browse.Text(row)
		}
		return ""
	}
	if got := first(officer.Get("/konsol/sektor/bobot")); !strings.Contains(got, "AAA") {
		t.Errorf("first is %s", got)
	}
	p := officer.Get("/konsol/sektor/bobot").Submit("Hitung ulang", url.Values{"w_NEED": {"0"}})
	if got := first(p); !strings.Contains(got, "BBB") || !strings.Contains(p.Path, "w_NEED=0") {
		t.Errorf("without the criterion first is %s at %s", got, p.Path)
	}
	officer.Header.Set("HX-Request", "true")
	if part := officer.Get("/konsol/sektor/bobot?w_NEED=0"); strings.Contains(part.Body, "<html") || !strings.Contains(part.Body, "BBB") {
		t.Errorf("the part for htmx: %.200s", part.Body)
	}
	officer.Header.Del("HX-Request")
	officer.Get("/konsol/sektor/bobot?w_NEED=-5&w_USED=abc&w_NONE=3").Want(http.StatusOK)
}

func TestCriteriaGetANewVersion(t *testing.T) {
	d := open(t)
	admin := d.As(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	form := admin.Get("/konsol/sektor/kriteria/ubah").Want(http.StatusOK)
	form.Submit("Berlakukan", url.Values{"note": {"Promosi lebih penting"}, "weight_0": {"30"}}).Want(http.StatusUnprocessableEntity, "tepat 100 %")
	fill := url.Values{"note": {"Promosi lebih penting"}, "weight_0": {"30"}, "weight_1": {"10"}}
	form.Submit("Berlakukan", fill).Want(http.StatusOK, "Versi 2", "Promosi lebih penting", "Versi 1")
	form.Submit("Berlakukan", fill).Want(http.StatusUnprocessableEntity, "sudah diubah orang lain")
	form.Submit("Berlakukan", url.Values{"note": {"Bentuk salah"}, "version": {"2"}, "code_0": {"b e"}}).Want(http.StatusUnprocessableEntity, "Bentuknya belum benar")
}

func TestWhoMayReadAndDecide(t *testing.T) {
	d := open(t)
	sec := d.sector("APT")
	at := "/konsol/sektor/" + sec.ID.String()
	viewer := d.As(actor.BranchViewer, actor.BranchScope, shop.Palu)
	viewer.Get("/konsol/sektor").Want(http.StatusOK).WantNot("Sektor baru")
	if p := viewer.Get(at).Want(http.StatusOK); p.HasButton("Catat putusan") {
		t.Error("a viewer is shown how to decide")
	}
	viewer.Get(at+"/nilai").Want(http.StatusForbidden, "Tidak diizinkan")
	viewer.Post(at+"/putusan", url.Values{"to": {"assessed"}, "reason": {"Karena"}}).Want(http.StatusForbidden)
	owner := d.As(actor.PartnerOwner, actor.PartnerScope, uuid.New())
	owner.Get("/konsol/sektor").Want(http.StatusForbidden)
	viewer.Get("/konsol/sektor/"+uuid.NewString()).Want(http.StatusNotFound, "Tidak ditemukan")
	viewer.Get("/konsol/sektor/APT").Want(http.StatusNotFound)
	if p := browse.New(t, d.API.Handler(), console.Host).Once(http.MethodGet, at, "", nil); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/konsol/masuk?next=") {
		t.Errorf("without a session: %d to %s", p.Status, p.Header.Get("Location"))
	}
}
