package uses_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
)

// desk is the console over a shop with a till that works without a network.
type desk struct {
	*shop.Shop
	t     *testing.T
	desk  *console.Console
	promo uuid.UUID
	card  string
	till  *shop.OfflineTill
}

func open(t *testing.T) *desk {
	t.Helper()
	k := console.Open(t)
	d := &desk{t: t, desk: k, Shop: over(t, k)}
	d.promo = d.Promo(t, func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}
		b.OutletIDs, b.Offline = []uuid.UUID{d.Outlet}, benefits.Offline{Allowed: true, Allowance: 20}
	})
	_, d.card = d.Printed(t, d.Person(t))
	d.till = d.OfflineTill(t, d.Outlet)
	return d
}

func over(t *testing.T, app *console.Console) *shop.Shop {
	t.Helper()
	s := &shop.Shop{
		DB: app.DB, Clock: app.Clock, Audit: app.Audit, Events: app.Events, Participants: app.Participants, Partners: app.Partners, Benefits: app.Benefits,
		Cards: app.Cards, Tills: app.Tills, Keys: app.Keys, Redemptions: app.Redemptions, Reports: app.Reports,
	}
	ctx := testkit.System(t)
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	sector, err := s.Partners.CreateSector(ctx, partners.NewSector{Code: "MOT", NameID: "Bengkel motor", NameEN: "Motorcycle workshop"})
	if err != nil {
		t.Fatal(err)
	}
	s.Sector = sector.ID
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen} {
		if _, err := s.Partners.SetSectorState(ctx, sector.ID, to); err != nil {
			t.Fatal(err)
		}
	}
	s.Partner, s.Outlet = s.NewPartner(t, "Bengkel Uji")
	s.Outlet2 = s.Outlet
	return s
}

func (d *desk) supervisor() *browse.Browser {
	return d.desk.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
}
func (d *desk) owner() *browse.Browser {
	return d.desk.As(actor.PartnerOwner, actor.PartnerScope, d.Partner)
}

// use hands a use in and returns the path of its page.
func (d *desk) use(with shop.Members) string {
	d.t.Helper()
	d.Clock.Advance(time.Second)
	_, text := d.till.Use(d.t, d.card, d.promo, 50_000, with)
	b, err := d.Redemptions.Sync(d.till.Context(d.t), []string{text})
	if err != nil || b.Results[0].ID == nil {
		d.t.Fatal(b, err)
	}
	return "/konsol/penggunaan/" + b.Results[0].ID.String()
}

func TestAListIsFilteredAndSummed(t *testing.T) {
	d := open(t)
	b := d.supervisor()
	b.Get("/konsol/penggunaan").Want(http.StatusOK, "Tidak ada penggunaan dengan saringan ini")
	d.use(shop.Members{"receipt_number": "=NOTA-1"})
	d.use(nil)
	b.Get("/konsol/penggunaan").Want(http.StatusOK, "Bengkel Uji", "Rp20.000", "Melebihi batas", "Tercatat")
	b.Get("/konsol/penggunaan?tanda=over_limit&p=hari&jaringan=luring").Want(http.StatusOK, "Rp10.000", "Melebihi batas")
	b.Get("/konsol/penggunaan?nota=%3Dnota-1").Want(http.StatusOK, "Nota =NOTA-1", "Rp10.000")
	b.Get("/konsol/penggunaan?p=pilih&dari=2020-01-01&sampai=2020-01-31").Want(http.StatusOK, "Tidak ada penggunaan dengan saringan ini")
	b.Get("/konsol/penggunaan?lang=en&hasil=refused").Want(http.StatusOK, "No use matches these filters")
	b.Get("/konsol/penggunaan?mitra=x").Want(http.StatusNotFound)
	b.Get("/konsol/penggunaan?mitra="+d.Partner.String()+"&gerai="+d.Outlet.String()).Want(http.StatusOK, "Kasir uji")

	d.desk.As(actor.HQAnalyst, actor.National, uuid.Nil).Get("/konsol/penggunaan").Want(http.StatusOK, "Rp20.000", "melihat angka").WantNot("NOTA-1")
	d.desk.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala).Get("/konsol/penggunaan").Want(http.StatusOK, "Tidak ada penggunaan")
	d.desk.As(actor.SystemAdmin, actor.National, uuid.Nil).Get("/konsol/penggunaan").Want(http.StatusForbidden)
}

func TestAFileHoldsTheListAndIsHarmless(t *testing.T) {
	d := open(t)
	d.use(shop.Members{"receipt_number": "=1+1"})
	for name, b := range map[string]*browse.Browser{"branch": d.supervisor(), "owner": d.owner()} {
		p := b.Get("/konsol/penggunaan/unduh/csv?p=hari").Want(http.StatusOK)
		lines := strings.Split(strings.TrimSpace(p.Body), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], "'=1+1") || !strings.Contains(p.Header.Get("Content-Disposition"), ".csv") {
			t.Errorf("%s: got %q", name, p.Body)
		}
		x := b.Get("/konsol/penggunaan/unduh/xlsx").Want(http.StatusOK)
		if !strings.HasPrefix(x.Body, "PK") {
			t.Errorf("%s: no workbook", name)
		}
	}
	owner := d.owner().Get("/konsol/penggunaan/unduh/csv")
	if person := d.personOf(); strings.Contains(owner.Body, person) {
		t.Error("the owner's file names the participant")
	}
	d.supervisor().Get("/konsol/penggunaan/unduh/pdf").Want(http.StatusNotFound)
	d.desk.As(actor.BranchViewer, actor.BranchScope, shop.Palu).Get("/konsol/penggunaan/unduh/csv").Want(http.StatusForbidden)
	late := d.supervisor()
	d.Clock.Advance(6 * time.Minute)
	if p := late.Once(http.MethodGet, "/konsol/penggunaan/unduh/csv", "", nil); p.Status != http.StatusSeeOther || !strings.Contains(p.Header.Get("Location"), "/konsol/konfirmasi") {
		t.Errorf("six minutes later: %d to %s", p.Status, p.Header.Get("Location"))
	}
}

func (d *desk) personOf() (id string) {
	d.t.Helper()
	if err := d.DB.From(d.t.Context()).Raw("SELECT CAST(participant_id AS text) FROM redemptions LIMIT 1").Row().Scan(&id); err != nil {
		d.t.Fatal(err)
	}
	return id
}

func TestAUseTellsItsStory(t *testing.T) {
	d := open(t)
	path := d.use(nil)
	page := d.supervisor().Get(path).Want(http.StatusOK, "Diskon jasa servis", "tanpa jaringan", "20 % dari tagihan", "Rp10.000", "penggunaan ke-1 dari 1", "Status saat itu", "Ketentuan promo saat itu", "Kasir uji")
	page.Follow("catatan audit penggunaan ini").Want(http.StatusOK)
	d.owner().Get(path).Want(http.StatusOK, "Rp10.000").WantNot("Status saat itu", d.personOf())
	d.desk.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala).Get(path).Want(http.StatusNotFound)
	other, _ := d.NewPartner(t, "Bengkel Lain")
	d.desk.As(actor.PartnerOwner, actor.PartnerScope, other).Get(path).Want(http.StatusNotFound)
	d.desk.As(actor.HQAnalyst, actor.National, uuid.Nil).Get(path).Want(http.StatusForbidden)
	d.supervisor().Get("/konsol/penggunaan/" + uuid.NewString()).Want(http.StatusNotFound)
}

func TestAUseIsDisputedCommentedDecidedAndVoided(t *testing.T) {
	d := open(t)
	path, other := d.use(nil), d.use(shop.Members{"card": func() string { _, text := d.Printed(t, d.Person(t)); return text }()})
	owner, branch := d.owner(), d.supervisor()
	owner.Get(path).Submit("Kirim sanggahan", url.Values{"why": {"wrong_amount"}, "comment": {"Jumlah di nota lain."}}).
		Want(http.StatusOK, "Sanggahan dikirim", "Disanggah", "Jumlahnya salah", "Jumlah di nota lain.")
	branch.Get("/konsol/keputusan").Want(http.StatusOK, "Sanggahan (1)", "Jumlahnya salah")
	viewer := d.desk.As(actor.BranchViewer, actor.BranchScope, shop.Palu)
	if p := viewer.Get(path).Want(http.StatusOK); p.HasButton("Kembalikan") || p.HasButton("Simpan komentar") || p.HasButton("Batalkan") {
		t.Error("a viewer may decide")
	}
	viewer.Post(path+"/putuskan", url.Values{"decision": {"uphold"}, "note": {"x"}}).Want(http.StatusForbidden)
	owner.Post(path+"/putuskan", url.Values{"decision": {"uphold"}, "note": {"x"}}).Want(http.StatusForbidden)
	branch.Get(path).Submit("Kembalikan", nil).Want(http.StatusUnprocessableEntity, "Tulis alasan keputusan")
	branch.Get(path).Submit("Kembalikan", url.Values{"note": {"benar salah"}}).Want(http.StatusOK, "Keputusan disimpan", "Dikembalikan", "benar salah", "Petugas branch_supervisor")
	owner.Get(path).Want(http.StatusOK, "Dikembalikan").WantNot("benar salah", "Petugas branch_supervisor")

	owner.Get(other).Submit("Simpan komentar", url.Values{"comment": {" "}}).Want(http.StatusUnprocessableEntity, "Tulis komentar")
	owner.Get(other).Submit("Batalkan penggunaan", url.Values{"reason": {"salah kartu"}}).Want(http.StatusOK, "Penggunaan dibatalkan", "Dibatalkan", "salah kartu")
	d.desk.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala).Post(other+"/batal", url.Values{"reason": {"x"}}).Want(http.StatusNotFound)
}

func TestExceptionsAreDecidedOneByOneOrTogether(t *testing.T) {
	d := open(t)
	branch := d.supervisor()
	branch.Get("/konsol/keputusan").Want(http.StatusOK, "Tidak ada yang menunggu di sini")
	d.use(nil)
	var over []string
	for range 3 {
		over = append(over, d.use(nil))
	}
	old := d.Unix(-20 * 24 * time.Hour)
	kept := d.use(shop.Members{"scanned_at": old, "occurred_at": old})
	branch.Get("/konsol/keputusan").Want(http.StatusOK, "Melebihi batas (3)", "Ditahan (1)")
	branch.Get(over[0]).Submit("Tolak", url.Values{"note": {"tidak ditanggung"}}).Want(http.StatusOK, "Tidak diterima cabang", "Dikembalikan")

	ids := url.Values{"id": {strings.TrimPrefix(over[1], "/konsol/penggunaan/"), strings.TrimPrefix(over[2], "/konsol/penggunaan/")}}
	p := branch.Get("/konsol/keputusan?jenis=over_limit").Submit("Terima yang dipilih", ids).Want(http.StatusOK, "Terima sekaligus", "Rp20.000")
	p.Submit("Ya, terima semuanya", nil).Want(http.StatusUnprocessableEntity, "Tulis alasan keputusan").
		Submit("Ya, terima semuanya", url.Values{"note": {"nilai kecil"}}).Want(http.StatusOK, "2 penggunaan diterima.")
	branch.Get(over[1]).Want(http.StatusOK, "Diterima cabang", "nilai kecil")
	branch.Post("/konsol/keputusan/terima", url.Values{"note": {"x"}}).Want(http.StatusUnprocessableEntity)
	d.owner().Post("/konsol/keputusan/terima", ids).Want(http.StatusForbidden)

	branch.Get(kept).Submit("Terima", url.Values{"note": {"kasir menelepon"}}).Want(http.StatusOK, "Diterima; menjadi").
		Follow("penggunaan baru").Want(http.StatusOK, "Dibuat dari", "Diterima cabang", "Rp10.000")
	if _, err := d.Audit.CheckAll(testkit.System(t), nil); err != nil {
		t.Error(err)
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	d := open(t)
	b := d.supervisor()
	b.Get("/konsol/tolakan").Want(http.StatusOK, "Tidak ada penolakan pada periode ini")
	old := d.Unix(-20 * 24 * time.Hour)
	for range 2 {
		d.use(shop.Members{"scanned_at": old, "occurred_at": old})
	}
	b.Get("/konsol/tolakan").Want(http.StatusOK, "clock_untrusted", "Bengkel Uji")
	b.Get("/konsol/penggunaan?hasil=refused&alasan=clock_untrusted").Want(http.StatusOK, "Ditolak", "Ditahan", "satu alasan")
	d.owner().Get("/konsol/tolakan").Want(http.StatusOK, "<5", "disembunyikan")
	d.desk.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala).Get("/konsol/tolakan").Want(http.StatusOK, "Tidak ada penolakan")
	b.Get("/konsol/tolakan?p=pilih&dari=2026-11-20&sampai=2026-11-01").Want(http.StatusUnprocessableEntity)
}
