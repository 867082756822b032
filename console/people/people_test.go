package people_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
)

const (
	nik      = "7271990101900042"
	kpj      = "23000000042"
	fullName = "Kanariwati Burungemas"
	masked   = "KA******** BU********"
	phone    = "081298765432"
)

type office struct{ *console.Console }

func open(t *testing.T) *office {
	t.Helper()
	o := &office{console.Open(t, func(c *config.Config) { c.MessageURL = "file:" + c.DataDir + "/pesan.jsonl" })}
	if err := o.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) officer() *browse.Browser {
	o.T.Helper()
	return o.As(actor.BranchOfficer, actor.BranchScope, shop.Palu)
}

func (o *office) supervisor() *browse.Browser {
	o.T.Helper()
	return o.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
}

// person enters somebody at Palu.
func (o *office) person(identity, number string) uuid.UUID {
	o.T.Helper()
	today := clock.DayOf(o.Clock.Now(), time.UTC)
	p, err := o.Participants.Create(testkit.System(o.T), participants.NewParticipant{
		BranchID: shop.Palu, RegionCode: "72.71", IDNumber: pii.Text(identity), Name: fullName, Phone: phone, BirthOn: "1990-01-01",
		Membership: &participants.NewMembership{
			KPJ: pii.Text(number), Segment: participants.BPU, Status: participants.Active, AcquiredOn: today.AddDays(-90), ProtectedUntil: today.AddDays(60), StatusAsOf: today.AddDays(-2),
		},
	})
	if err != nil {
		o.T.Fatal(err)
	}
	return p.ID
}

func (o *office) printed(person uuid.UUID) cards.Card {
	o.T.Helper()
	c, err := o.Cards.Issue(testkit.System(o.T), cards.IssueRequest{ParticipantID: person, Form: cards.Printed})
	if err != nil {
		o.T.Fatal(err)
	}
	return c
}

// asPerson acts as the participant's phone.
func (o *office) asPerson(id uuid.UUID) context.Context {
	return actor.With(o.T.Context(), actor.Actor{Kind: actor.Participant, ID: id, Permissions: []actor.Permission{actor.OwnRecords}})
}

func page(id uuid.UUID) string { return "/konsol/peserta/" + id.String() }

func TestFromASearchToARevokedCardInFourClicks(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	c := o.printed(id)
	b := o.officer()
	list := b.Get("/konsol/peserta").Want(http.StatusOK, masked)
	clicks := 0
	click := func(p *browse.Page) *browse.Page { clicks++; return p }
	found := click(list.Submit("Cari", url.Values{"q": {"7271 9901 0190 0042"}})).Want(http.StatusOK, masked).WantNot(nik, kpj, fullName, phone)
	if found.Path != "/konsol/peserta/cari" {
		t.Errorf("the answer stands at %s", found.Path)
	}
	person := click(found.Follow(masked))
	form := click(person.Follow("Cabut kartu")).Want(http.StatusOK, cards.Spaced(c.ShortCode))
	done := click(form.Submit("Ya, cabut", url.Values{"reason": {"stolen"}})).Want(http.StatusOK, "Kartu dicabut", "Dicabut", "Dicuri")
	if clicks > 4 {
		t.Errorf("%d clicks", clicks)
	}
	done.WantNot(nik, kpj, fullName, phone)
	after, err := o.Cards.Get(testkit.System(t), c.ID)
	if err != nil || after.State != cards.Revoked || after.RevokeReason != "stolen" {
		t.Errorf("the card is %s for %s, %v", after.State, after.RevokeReason, err)
	}
	b.Post(page(id)+"/kartu/"+c.ID.String()+"/cabut", url.Values{"reason": {"lost"}}).Want(http.StatusUnprocessableEntity, "sudah dicabut")
	b.Post(page(id)+"/kartu/"+c.ID.String()+"/cabut", url.Values{"reason": {"whim"}}).Want(http.StatusUnprocessableEntity, "Pilih salah satu")
}

func TestOneFieldFindsByKPJAndByTheCodeOfACard(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	c := o.printed(id)
	b := o.officer()
	for _, q := range []string{kpj, "2300 0000 042", c.ShortCode, strings.ToLower(cards.Spaced(c.ShortCode))} {
		b.Post("/konsol/peserta/cari", url.Values{"q": {q}}).Want(http.StatusOK, masked, "Ditemukan").WantNot(nik, kpj, fullName, phone)
	}
	for _, q := range []string{"7271990101900043", "23000000099", "0000000" + "0"} {
		b.Post("/konsol/peserta/cari", url.Values{"q": {q}}).Want(http.StatusOK, "Tidak ada peserta").WantNot(masked, `value="`+q)
	}
	b.Post("/konsol/peserta/cari", url.Values{"q": {"!!"}}).Want(http.StatusOK, "NIK terdiri dari 16 angka")
	other := o.As(actor.BranchOfficer, actor.BranchScope, shop.Donggala)
	for _, q := range []string{nik, kpj, c.ShortCode} {
		other.Post("/konsol/peserta/cari", url.Values{"q": {q}}).Want(http.StatusOK, "Tidak ada peserta").WantNot(masked)
	}
	viewer := o.As(actor.BranchViewer, actor.BranchScope, shop.Palu)
	viewer.Post("/konsol/peserta/cari", url.Values{"q": {nik}}).Want(http.StatusOK, "tidak termasuk wewenang Anda").WantNot(masked)
	viewer.Post("/konsol/peserta/cari", url.Values{"q": {c.ShortCode}}).Want(http.StatusOK, masked)
}

func TestAnOfficerSearches120TimesAnHour(t *testing.T) {
	o := open(t)
	b := o.officer()
	for range participants.SearchesAnHour {
		b.Post("/konsol/peserta/cari", url.Values{"q": {kpj}}).Want(http.StatusOK)
		o.Clock.Advance(time.Second)
	}
	p := b.Post("/konsol/peserta/cari", url.Values{"q": {kpj}}).Want(http.StatusTooManyRequests, "120 kali dalam satu jam")
	if p.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
}

func TestFullDataNeedAReasonAndShowOnce(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	b := o.officer()
	p := b.Get(page(id)).Want(http.StatusOK, masked).WantNot(nik, kpj, fullName, "298765432")
	p.Submit("Tampilkan", url.Values{"reason": {"service"}, "note": {"ok"}}).Want(http.StatusUnprocessableEntity, "5 sampai 300 huruf").WantNot(nik, fullName)
	p.Submit("Tampilkan", url.Values{"reason": {""}, "note": {"peserta di loket"}}).Want(http.StatusUnprocessableEntity).WantNot(nik, fullName)
	whole := p.Submit("Tampilkan", url.Values{"reason": {"service"}, "note": {"peserta di loket tiga"}}).Want(http.StatusOK, fullName, nik, kpj)
	if !strings.HasPrefix(whole.Header.Get("Refresh"), "180; url=/konsol/peserta/") || whole.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("stays open: %q %q", whole.Header.Get("Refresh"), whole.Header.Get("Cache-Control"))
	}
	b.Get(page(id)).Want(http.StatusOK, "Membuka data lengkap", "Melayani peserta").WantNot(nik, fullName, "loket tiga")
	o.supervisor().Get(page(id)).Want(http.StatusOK, "peserta di loket tiga") // reads the audit log
	viewer := o.As(actor.BranchViewer, actor.BranchScope, shop.Palu)
	if viewer.Get(page(id)).Want(http.StatusOK, masked).HasButton("Tampilkan") {
		t.Error("a viewer is offered the full data")
	}
	viewer.Post(page(id)+"/lihat", url.Values{"reason": {"service"}, "note": {"ingin tahu saja"}}).Want(http.StatusForbidden).WantNot(nik)
	looks, err := o.Participants.OwnAccesses(o.asPerson(id), pageOf(50))
	if err != nil || len(looks.Items) < 4 {
		t.Errorf("the person sees %d looks, %v", len(looks.Items), err)
	}
}

func TestNothingOfAnotherBranchIsThere(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	c := o.printed(id)
	q, _, err := o.Participants.Ask(o.asPerson(id), participants.AskErase, "")
	if err != nil {
		t.Fatal(err)
	}
	b := o.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala)
	b.Get("/konsol/peserta").Want(http.StatusOK, "0 peserta").WantNot(masked)
	for _, path := range []string{
		page(id), page(id) + "/ubah", page(id) + "/kartu/" + c.ID.String() + "/cabut", page(id) + "/kartu/" + c.ID.String() + "/unduh/pdf", "/konsol/permintaan-data/" + q.ID.String(),
	} {
		b.Get(path).Want(http.StatusNotFound)
	}
	for path, form := range map[string]url.Values{
		page(id) + "/lihat":                                     {"reason": {"service"}, "note": {"melayani peserta"}},
		page(id) + "/ubah":                                      {"name": {"Orang Lain"}},
		page(id) + "/kartu":                                     {},
		page(id) + "/tautan":                                    {},
		page(id) + "/kartu/" + c.ID.String() + "/cabut":         {"reason": {"lost"}},
		page(id) + "/permintaan":                                {"kind": {"erase"}},
		"/konsol/permintaan-data/" + q.ID.String() + "/siapkan": {},
		"/konsol/permintaan-data/" + q.ID.String() + "/tolak":   {"answer": {"tidak"}},
	} {
		b.Post(path, form).Want(http.StatusNotFound)
	}
}

func TestWhoMayNotWriteIsOfferedAndLetNothing(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	c := o.printed(id)
	viewer := o.As(actor.BranchViewer, actor.BranchScope, shop.Palu)
	p := viewer.Get(page(id)).Want(http.StatusOK, masked)
	for _, button := range []string{"Buat kartu cetak", "Tautan untuk HP", "Catat", "Tampilkan"} {
		if p.HasButton(button) {
			t.Errorf("a viewer is offered %s", button)
		}
	}
	for _, path := range []string{"/kartu", "/tautan", "/ubah", "/permintaan", "/kartu/" + c.ID.String() + "/cabut"} {
		viewer.Post(page(id)+path, url.Values{"reason": {"lost"}, "kind": {"see"}}).Want(http.StatusForbidden)
	}
	for _, path := range []string{"/konsol/kartu", "/konsol/permintaan-data", "/konsol/peserta/baru", page(id) + "/ubah"} {
		viewer.Get(path).Want(http.StatusForbidden)
	}
	analyst := o.As(actor.HQAnalyst, actor.National, uuid.Nil)
	for _, path := range []string{"/konsol/peserta", page(id), "/konsol/kartu", "/konsol/permintaan-data"} {
		analyst.Get(path).Want(http.StatusForbidden)
	}
}

func TestAPersonIsEnteredWithConsentAndCorrected(t *testing.T) {
	o := open(t)
	b := o.officer()
	form := b.Get("/konsol/peserta/baru").Want(http.StatusOK, "Pemberitahuan privasi")
	fill := url.Values{"name": {fullName}, "id_number": {nik}, "birth_on": {"1990-01-01"}, "phone": {phone}, "kpj": {kpj}, "segment": {"bpu"}, "status": {"active"}}
	form.Submit("Simpan peserta", fill).Want(http.StatusUnprocessableEntity, "Tanpa persetujuan")
	fill.Set("consent", "1")
	made := form.Submit("Simpan peserta", fill).Want(http.StatusOK, masked, "Peserta disimpan", "Di kantor cabang").WantNot(nik, kpj, fullName)
	form.Submit("Simpan peserta", fill).Want(http.StatusUnprocessableEntity, "sudah terdaftar")
	edit := made.Follow("Perbaiki data").Want(http.StatusOK).WantNot(fullName)
	edit.Submit("Simpan", nil).Want(http.StatusUnprocessableEntity, "Isi yang perlu diubah")
	edit.Submit("Simpan", url.Values{"phone": {"12"}}).Want(http.StatusUnprocessableEntity, "Nomor HP Indonesia")
	after := edit.Submit("Simpan", url.Values{"name": {"Sitti Baru"}}).Want(http.StatusOK, "SI*** BA**", "Data diperbaiki")
	status := after.Follow("Perbarui status").Want(http.StatusOK)
	status.Submit("Simpan", url.Values{"status": {"inactive"}, "protected_until": {""}}).Want(http.StatusOK, "Nonaktif", "tidak berlaku hari ini", "Kartu mengikuti")
}

func TestCardsAreMadeAndLinksShownOnce(t *testing.T) {
	o := open(t)
	id := o.person(nik, kpj)
	b := o.officer()
	p := b.Get(page(id)).Want(http.StatusOK, "Belum punya kartu")
	made := p.Submit("Buat kartu cetak", nil).Want(http.StatusOK, "Kartu cetak dibuat")
	pdf := made.Follow("PDF")
	if pdf.Status != http.StatusOK || !strings.HasPrefix(pdf.Body, "%PDF-") || pdf.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %.8q", pdf.Status, pdf.Body)
	}
	if png := made.Follow("PNG"); png.Status != http.StatusOK || !strings.HasPrefix(png.Body, "\x89PNG") {
		t.Errorf("%d %.8q", png.Status, png.Body)
	}
	link := p.Submit("Tautan untuk HP", nil).Want(http.StatusOK, "https://"+console.Host+"/kartu/#")
	if !strings.Contains(link.Body, "<svg") {
		t.Error("no QR")
	}
	b.Get(page(id)).Want(http.StatusOK).WantNot("/kartu/#")
	p.Submit("Kirim tautan ke HP peserta", nil).Want(http.StatusOK, "sedang dikirim")
	if err := o.Participants.WithdrawConsent(testkit.System(t), id); err == nil {
		t.Fatal("there was no consent")
	}
	if _, _, err := o.Participants.Ask(o.asPerson(id), participants.AskWithdraw, ""); err != nil {
		t.Fatal(err)
	}
	b.Post(page(id)+"/kartu", nil).Want(http.StatusConflict, "dibatasi")
	b.Post(page(id)+"/tautan", nil).Want(http.StatusConflict, "dibatasi")
}

func TestTheListIsNarrowed(t *testing.T) {
	o := open(t)
	o.person("7271990101900001", "23000000001")
	with := o.person(nik, kpj)
	o.printed(with)
	b := o.officer()
	for query, want := range map[string]string{
		"": "2 peserta", "kartu=card": "1 peserta", "kartu=none": "1 peserta", "kartu=phone": "0 peserta", "kartu=printed": "1 peserta", "hp=tidak": "0 peserta", "hp=ada": "2 peserta",
		"wilayah=72": "2 peserta", "wilayah=72.03": "0 peserta", "segmen=pu": "0 peserta", "status=active": "2 peserta", "sejak=2027-01-01": "0 peserta", "sejak=2026-11-01": "2 peserta",
	} {
		if p := b.Get("/konsol/peserta?" + query); p.Status != http.StatusOK || !strings.Contains(p.Text(), want) {
			t.Errorf("%s: %d, not %q: %.200s", query, p.Status, want, p.Text())
		}
	}
	b.Get("/konsol/peserta?status=unverified").Want(http.StatusOK, "Tidak ada peserta yang cocok")
	b.Get("/konsol/peserta?lang=en").Want(http.StatusOK, "Names and numbers are masked")
}
