package reports_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
)

// house is the program with two partners, one of them with uses.
type house struct {
	*console.Console
	own, other    uuid.UUID
	wadah, wadah2 uuid.UUID
	agent         uuid.UUID // of the first wadah
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{Console: console.Open(t)}
	app := h.App
	sector := must(app.Partners.CreateSector(testkit.System(t), partners.NewSector{Code: "MOT", NameID: "Bengkel motor", NameEN: "Motorcycle workshops"}))(t)
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen} {
		must(app.Partners.SetSectorState(testkit.System(t), sector.ID, to))(t)
	}
	h.own, h.other = h.partner(t, sector.ID, "Bengkel Sendiri", 7), h.partner(t, sector.ID, "Bengkel Orang", 3)
	for i := range 2 {
		w := must(app.Perisai.CreateWadah(testkit.System(t), perisai.NewWadah{BranchID: shop.Palu, Code: []string{"W01", "W02"}[i], Name: []string{"Wadah Satu", "Wadah Dua"}[i]}))(t)
		made := must(app.Perisai.CreateAgents(testkit.System(t), []perisai.NewAgent{{WadahID: w.ID, RegionCode: "72.71", Code: []string{"P01", "P02"}[i], Name: "Agen", ActiveFrom: "2022-01-01"}}))(t)
		*[]*uuid.UUID{&h.agent, new(uuid.UUID)}[i] = made[0].ID
		*[]*uuid.UUID{&h.wadah, &h.wadah2}[i] = w.ID
	}
	return h
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

// partner makes an active partner with one outlet and so many uses today.
func (h *house) partner(t *testing.T, sector uuid.UUID, name string, uses int) uuid.UUID {
	t.Helper()
	officer, supervisor := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu), shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	p := must(h.Partners.Create(officer, partners.NewPartner{SectorID: sector, BranchID: shop.Palu, Profile: partners.Profile{Name: name}}))(t)
	lat, long := -0.9, 119.87
	o := must(h.Partners.CreateOutlet(officer, p.ID, partners.OutletProfile{Name: "=Gerai " + name, Address: "Jl. 1", RegionCode: "72.71", Zone: "Asia/Makassar", Latitude: &lat, Longitude: &long}))(t)
	must(h.Partners.Submit(officer, p.ID))(t)
	must(h.Partners.Approve(supervisor, p.ID))(t)
	must(h.Partners.CreateAgreement(supervisor, p.ID, partners.NewAgreement{Number: "PKS-" + name, StartsOn: "2026-01-01", EndsOn: "2027-12-31"}))(t)
	must(h.Partners.Activate(supervisor, p.ID))(t)
	day := clock.DayOf(testkit.Start, time.UTC)
	err := h.DB.InTx(testkit.System(t), func(ctx context.Context) error {
		for range uses {
			err := h.DB.From(ctx).Exec(`INSERT INTO redemptions (participant_id, id, caller_kind, caller_id, idem_key, benefit_id, benefit_version, partner_id, outlet_id, sector_id, branch_id,
				gross, discount, net, receipt_code, id_checked, online, outcome, reason, flags, occurred_at, recorded_at, local_on, local_hour)
				VALUES (?, ?, 'till', ?, ?, ?, 1, ?, ?, ?, ?, 50000, 10000, 40000, ?, ?, ?, 'granted', '', '[]', ?, ?, ?, 10)`,
				uuid.New(), uid.At(testkit.Start), uuid.New(), uuid.New(), uuid.New(), p.ID, o.ID, sector, shop.Palu, uuid.NewString(), true, true, testkit.Start, testkit.Start, day).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func TestEveryRoleHasAHome(t *testing.T) {
	h := open(t)
	for _, role := range actor.Roles() {
		kind := role.ScopeOf()[0]
		scope := map[actor.ScopeKind]uuid.UUID{actor.BranchScope: shop.Palu, actor.PartnerScope: h.own, actor.WadahScope: h.wadah}[kind]
		b := h.As(role, kind, scope)
		b.Get("/konsol").Want(http.StatusOK, "Beranda", "Menunggu Anda")
		b.Get("/konsol?lang=en").Want(http.StatusOK, "Home", "Waiting for you")
		for _, page := range []string{"ringkasan", "penggunaan", "tolakan-alasan", "sektor", "peta", "mitra", "cakupan", "retensi"} {
			p := b.Get("/konsol/laporan/" + page)
			want := http.StatusOK
			if !role.Can(actor.ReadReports) {
				want = http.StatusForbidden
			} else if role == actor.PartnerOwner && (page == "cakupan" || page == "retensi") {
				want = http.StatusNotFound
			}
			if p.Status != want {
				t.Errorf("%s opens %s: %d, want %d: %s", role, page, p.Status, want, p.Text())
			}
		}
		if p, may := b.Get("/konsol/monev"), role.Can(actor.ReadPerisai); (p.Status == http.StatusOK) != may {
			t.Errorf("%s opens monev: %d", role, p.Status)
		}
	}
}

func TestAnOwnerSeesOnlyTheOwn(t *testing.T) {
	h := open(t)
	b := h.As(actor.PartnerOwner, actor.PartnerScope, h.own)
	for _, page := range []string{
		"/konsol", "/konsol/laporan/ringkasan", "/konsol/laporan/penggunaan?by=mitra", "/konsol/laporan/penggunaan?by=gerai", "/konsol/laporan/peta", "/konsol/laporan/mitra?bulan=2026-11", "/konsol/laporan/sektor",
		"/konsol/laporan/penggunaan?by=mitra&mitra=" + h.other.String(), "/konsol/laporan/penggunaan?by=jam",
	} {
		b.Get(page).Want(http.StatusOK).WantNot("Bengkel Orang", h.other.String()+`"`)
	}
	b.Get("/konsol/laporan/penggunaan?by=mitra").Want(http.StatusOK, "Bengkel Sendiri", "Rp70.000")
	b.Get("/konsol/laporan/mitra/"+h.own.String()+"/2026-11").Want(http.StatusOK, "Bengkel Sendiri", "PKS-Bengkel Sendiri", "Rp70.000")
	b.Get("/konsol/laporan/mitra/" + h.other.String() + "/2026-11").Want(http.StatusNotFound)
	if p := b.Get("/konsol/laporan/mitra/" + h.other.String() + "/2026-11?format=pdf"); p.Status != http.StatusNotFound {
		t.Errorf("another's PDF: %d", p.Status)
	}
	p := b.Get("/konsol/laporan/mitra/" + h.own.String() + "/2026-11?format=pdf")
	if p.Status != http.StatusOK || !strings.HasPrefix(p.Body, "%PDF-") || p.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the own PDF: %d %s", p.Status, p.Header)
	}
	// 7 uses at one hour are shown; the other partner's 3 would be hidden from its owner.
	b.Get("/konsol/laporan/penggunaan?by=jam").Want(http.StatusOK, "10.00").WantNot("&lt;5")
	small := h.As(actor.PartnerOwner, actor.PartnerScope, h.other)
	small.Get("/konsol/laporan/penggunaan?by=jam").Want(http.StatusOK, "<5")
}

func TestABranchSeesItsOwn(t *testing.T) {
	h := open(t)
	palu, donggala := h.As(actor.BranchViewer, actor.BranchScope, shop.Palu), h.As(actor.BranchViewer, actor.BranchScope, shop.Donggala)
	palu.Get("/konsol/laporan/penggunaan?by=mitra").Want(http.StatusOK, "Bengkel Sendiri", "Bengkel Orang", "Rp100.000")
	donggala.Get("/konsol/laporan/penggunaan?by=mitra").Want(http.StatusOK, "Belum ada penggunaan").WantNot("Bengkel Sendiri")
	donggala.Get("/konsol/laporan/penggunaan?by=mitra&cabang="+shop.Palu.String()).Want(http.StatusOK, "Belum ada penggunaan")
	donggala.Get("/konsol/laporan/mitra/" + h.own.String() + "/2026-11").Want(http.StatusNotFound)
}

func TestACoordinatorSeesTheOwnWadah(t *testing.T) {
	h := open(t)
	b := h.As(actor.WadahCoordinator, actor.WadahScope, h.wadah)
	b.Get("/konsol/monev?from=2026-01-01&to=2026-12-31").Want(http.StatusOK, "W01").WantNot("W02", "Wadah Dua")
	b.Get("/konsol/laporan").Want(http.StatusOK, "Monitoring dan evaluasi")
}

func TestMonevOpensWithTheLastYearThatHasFigures(t *testing.T) {
	h := open(t)
	const note, period = "Tahun ini belum ada pendaftaran", "3 Feb 2024 – 9 Agu 2024"
	palu, donggala := h.As(actor.BranchViewer, actor.BranchScope, shop.Palu), h.As(actor.BranchViewer, actor.BranchScope, shop.Donggala)
	own, other := h.As(actor.WadahCoordinator, actor.WadahScope, h.wadah), h.As(actor.WadahCoordinator, actor.WadahScope, h.wadah2)
	palu.Get("/konsol/monev").Want(http.StatusOK, "Tidak ada pendaftaran dalam periode ini").WantNot(note)

	people := 0
	register := func(day clock.Day) {
		people++
		p := must(h.App.Participants.Create(testkit.System(t), participants.NewParticipant{BranchID: shop.Palu, IDNumber: pii.Text(fmt.Sprintf("9901010101900%03d", people)), Name: "Siti"}))(t)
		must(h.App.Perisai.Register(testkit.System(t), perisai.Registration{ParticipantID: p.ID, AgentID: h.agent, RegisteredOn: day}))(t)
	}
	register("2024-05-01")
	must(h.App.Perisai.ReportFigure(testkit.System(t), perisai.Figure{
		PeriodStart: "2024-02-03", PeriodEnd: "2024-08-09", BranchID: shop.Palu, Metric: "registrations", Value: 7, AsOf: "2024-08-09", Source: "kabar uji",
	}))(t)
	palu.Get("/konsol/monev").Want(http.StatusOK, note, "1 Jan 2024 – 31 Des 2024", period, "kabar uji").Follow(period).Want(http.StatusOK, "kabar uji").WantNot(note)
	own.Get("/konsol/monev").Want(http.StatusOK, note, "1 Jan 2024 – 31 Des 2024").WantNot(period, "kabar uji")
	other.Get("/konsol/monev").Want(http.StatusOK, "Tidak ada pendaftaran dalam periode ini").WantNot(note)
	donggala.Get("/konsol/monev").Want(http.StatusOK, "Tidak ada pendaftaran dalam periode ini").WantNot(note, period)
	palu.Get("/konsol/monev?periode=year").Want(http.StatusOK, "Tidak ada pendaftaran dalam periode ini").WantNot(note)

	register("2026-02-01")
	palu.Get("/konsol/monev").Want(http.StatusOK, "1 Jan 2026", period).WantNot(note)
}

func TestFilesAreReadByOthers(t *testing.T) {
	h := open(t)
	b := h.As(actor.HQAnalyst, actor.National, uuid.Nil)
	for _, page := range []string{
		"laporan/ringkasan?", "laporan/penggunaan?by=gerai&", "laporan/penggunaan?by=jam&", "laporan/penggunaan?by=bulan&", "laporan/tolakan-alasan?", "laporan/sektor?", "laporan/cakupan?",
		"laporan/retensi?", "laporan/peta?", "monev?", "laporan/mitra/" + h.own.String() + "/2026-11?",
	} {
		p := b.Get("/konsol/" + page + "format=csv").Want(http.StatusOK)
		rows, err := csv.NewReader(strings.NewReader(p.Body)).ReadAll()
		if err != nil || len(rows) == 0 {
			t.Errorf("%s as CSV: %d rows, %v", page, len(rows), err)
			continue
		}
		x := b.Get("/konsol/" + page + "format=xlsx").Want(http.StatusOK)
		f, err := excelize.OpenReader(bytes.NewReader([]byte(x.Body)))
		if err != nil {
			t.Errorf("%s as XLSX: %v", page, err)
			continue
		}
		sheet, err := f.GetRows(f.GetSheetName(0))
		if err != nil || len(sheet) != len(rows) {
			t.Errorf("%s: %d rows as XLSX, %d as CSV, %v", page, len(sheet), len(rows), err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") {
					t.Errorf("%s holds the formula %q", page, cell)
				}
			}
		}
	}
	p := b.Get("/konsol/laporan/penggunaan?by=mitra&periode=this_month&format=csv")
	if want := "Kunci,Nama"; !strings.HasPrefix(p.Body, want) || !strings.Contains(p.Body, "Bengkel Sendiri,350000,70000,280000,7") {
		t.Errorf("got %s", p.Body)
	}
}

func TestALinkKeepsItsFilters(t *testing.T) {
	h := open(t)
	b := h.As(actor.HQAnalyst, actor.National, uuid.Nil)
	p := b.Get("/konsol/laporan/penggunaan?by=mitra&periode=custom&from=2026-11-01&to=2026-11-30&mitra="+h.own.String()).Want(http.StatusOK, "1 Nov 2026 – 30 Nov 2026", "Bengkel Sendiri")
	p.Follow("Ringkasan").Want(http.StatusOK, "1 Nov 2026 – 30 Nov 2026")
	p.Follow("Retensi").Want(http.StatusOK).WantNot("1 Nov 2026 – 30 Nov 2026") // which says nothing about a single month
	// Days that somebody changed win over the preset that still stands there.
	b.Get("/konsol/laporan/penggunaan?periode=this_month&from=2026-10-05&to=2026-11-24&tadi=2026-11-01..2026-11-24").Want(http.StatusOK, "5 Okt 2026 – 24 Nov 2026")
	b.Get("/konsol/laporan/penggunaan?periode=last_month&from=2026-11-01&to=2026-11-24&tadi=2026-11-01..2026-11-24").Want(http.StatusOK, "1 Okt 2026 – 31 Okt 2026")
	for _, bad := range []string{"from=2026-13-01&to=x", "from=2026-11-30&to=2026-11-01", "periode=custom", "from=1990-01-01&to=2026-01-01"} {
		b.Get("/konsol/laporan/penggunaan?"+bad).Want(http.StatusOK, "Periode yang diminta tidak dapat dipakai")
	}
	b.Get("/konsol/laporan/penggunaan?mitra=x").Want(http.StatusNotFound)
	b.Get("/konsol/laporan/mitra/" + h.own.String() + "/2026-1").Want(http.StatusNotFound)
	b.Get("/konsol/laporan/retensi").Want(http.StatusOK, "Ini bukan bukti sebab")
}
