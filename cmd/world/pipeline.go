package world

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
)

// pipeline puts life into the way of partners: applications in the queue, one
// that waits for approval, one being tested, one whose agreement ends soon, one
// that stopped with its agreement, and one that was turned away.
func (b *builder) pipeline(ctx context.Context) error {
	sectors, err := b.app.Partners.Sectors(ctx)
	if err != nil {
		return err
	}
	by := map[string]uuid.UUID{}
	for _, s := range sectors {
		by[s.Code] = s.ID
	}
	b.clock.Set(b.now.Add(-40 * 24 * time.Hour))
	w := &road{b, rand.New(rand.NewPCG(Seed, 8))} //nolint:gosec // a world from a seed, not a secret
	for _, step := range []func(context.Context, map[string]uuid.UUID) error{w.endingAgreements, w.applications, w.underWay} {
		if err := step(ctx, by); err != nil {
			return err
		}
	}
	return nil
}

// road is the builder of this part, with its own chance: what else there is does
// not follow from it.
type road struct {
	*builder
	rand *rand.Rand
}

// endingAgreements makes a partner whose agreement ends in three weeks, with its
// document, and one whose agreement ended nine days ago.
func (b *road) endingAgreements(ctx context.Context, by map[string]uuid.UUID) error {
	today := dayOf(b.now)
	for _, n := range []struct {
		name, number string
		ends         int
	}{
		{"Bengkel Contoh Kaili", "PKS/kaili/1", 21},
		{"Bengkel Contoh Lore", "PKS/lore/1", -9},
	} {
		p, err := b.handedIn(by["MOT"], n.name)
		if err != nil {
			return err
		}
		s := b.app.Partners
		if _, err := s.Approve(b.supervisor, p.ID); err != nil {
			return err
		}
		a, err := s.CreateAgreement(b.officer, p.ID, partners.NewAgreement{Number: n.number, StartsOn: today.AddDays(n.ends - 365), EndsOn: today.AddDays(n.ends)})
		if err != nil {
			return err
		}
		if _, err := s.AddDocument(b.officer, a.ID, bytes.NewReader(scan(n.number))); err != nil {
			return err
		}
		if err := s.PassTest(b.officer, p.ID, "Dua kasir mencoba kartu uji, satu tanpa internet."); err != nil {
			return err
		}
		b.clock.Advance(3 * time.Hour)
		if _, err := s.Activate(b.supervisor, p.ID); err != nil {
			return err
		}
	}
	for _, ago := range []int{8, 1} { // the day after one ended, and yesterday
		b.clock.Set(b.now.Add(-time.Duration(ago) * 24 * time.Hour))
		if _, err := b.app.Partners.FollowAgreements(ctx); err != nil {
			return err
		}
	}
	return nil
}

// handedIn enters a partner with an outlet and submits it.
func (b *road) handedIn(sector uuid.UUID, name string) (partners.Partner, error) {
	s := b.app.Partners
	p, err := s.Create(b.officer, partners.NewPartner{SectorID: sector, BranchID: palu.id, Profile: partners.Profile{
		Name: name, NIB: fmt.Sprintf("99%011d", b.rand.IntN(1_000_000_000)),
		Contact: partners.Contact{Name: b.person(), Phone: b.phone(), Email: "usaha@contoh.example"},
	}})
	if err != nil {
		return p, err
	}
	b.clock.Advance(20 * time.Minute)
	if _, err := s.CreateOutlet(b.officer, p.ID, outlet(name+" Palu", "Jl. Contoh 21, Palu", "72.71", -0.9012, 119.8655)); err != nil {
		return p, err
	}
	b.clock.Advance(40 * time.Minute)
	return s.Submit(b.officer, p.ID)
}

// applications come from businesses themselves: new ones of several ages, one
// twice, one that was turned away.
func (b *road) applications(ctx context.Context, by map[string]uuid.UUID) error {
	double := b.phone()
	for _, n := range []struct {
		name, sector, region, why string
		daysAgo                   int
		phone                     pii.Text
	}{
		{"Warung Contoh Poboya", "MKN", "72.71", "Pelanggan kami banyak buruh bangunan.", 16, b.phone()},
		{"Apotek Contoh Talise", "APT", "72.71", "Ingin memberi potongan obat bebas untuk peserta.", 9, double},
		{"Rumah Makan Contoh Banawa", "MKN", "72.03", "Dekat pelabuhan, ramai sopir.", 5, b.phone()},
		{"Bengkel Contoh Biromaru", "MOT", "72.10", "Bisa memberi gratis cek rem.", 3, b.phone()},
		{"Apotek Contoh Talise 2", "APT", "72.71", "Cabang kedua kami.", 1, double},
		{"Optik Contoh Luwuk", "APT", "72.01", "Potongan kacamata untuk pekerja lapangan.", 0, b.phone()},
	} {
		b.clock.Set(b.now.Add(-time.Duration(n.daysAgo)*24*time.Hour - 2*time.Hour))
		_, err := b.app.Partners.Apply(ctx, partners.NewApplication{
			SectorID: by[n.sector], RegionCode: n.region, Profile: partners.Profile{Name: n.name, Contact: partners.Contact{Name: b.person(), Phone: n.phone}},
			Address: "Jl. Contoh 8", Why: pii.Text(n.why), Consent: true,
		})
		if err != nil {
			return err
		}
	}
	b.clock.Set(b.now.Add(-26 * time.Hour))
	all, err := b.app.Partners.Applications(b.officer, partners.ApplicationNew)
	if err != nil || len(all) == 0 {
		return err
	}
	return b.app.Partners.RefuseApplication(b.officer, all[0].ID, "Sektor rumah makan belum dibuka. Silakan mendaftar lagi tahun depan.")
}

// underWay leaves one partner waiting for approval, one that is being tested and
// a draft.
func (b *road) underWay(_ context.Context, by map[string]uuid.UUID) error {
	s := b.app.Partners
	b.clock.Set(b.now.Add(-5 * 24 * time.Hour))
	if _, err := b.handedIn(by["MOT"], "Bengkel Contoh Tawaeli"); err != nil {
		return err
	}
	tested, err := b.handedIn(by["MOT"], "Bengkel Contoh Ulujadi")
	if err != nil {
		return err
	}
	b.clock.Advance(20 * time.Hour)
	if _, err := s.Approve(b.supervisor, tested.ID); err != nil {
		return err
	}
	today := dayOf(b.clock.Now())
	if _, err := s.CreateAgreement(b.officer, tested.ID, partners.NewAgreement{Number: "PKS/ulujadi/1", StartsOn: today, EndsOn: today.AddMonths(12)}); err != nil {
		return err
	}
	_, err = s.Create(b.officer, partners.NewPartner{SectorID: by["MOT"], BranchID: palu.id, Profile: partners.Profile{Name: "Bengkel Contoh Mantikulore"}})
	return err
}

// person is the name of somebody at a business.
func (b *road) person() pii.Text { return pii.Text(name(b.rand)) }

// phone is a number that is nobody's.
func (b *road) phone() pii.Text {
	return pii.Text(fmt.Sprintf("+62800%07d", b.rand.IntN(10_000_000)))
}

// scan is the smallest PDF that says something.
func scan(number string) []byte {
	text := "BT /F1 18 Tf 72 760 Td (Contoh perjanjian " + number + ") Tj ET"
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(text), text), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj%sendobj\n", i+1, o)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return out.Bytes()
}
