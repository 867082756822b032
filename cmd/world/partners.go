package world

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/partners"
)

// shop is a partner with its outlets and who owns it.
type shop struct {
	partner uuid.UUID
	outlets []uuid.UUID
	// approver is the supervisor of the branch that looks after it.
	approver context.Context //nolint:containedctx // see owner
	owner    context.Context //nolint:containedctx // who acts, for the length of the build
	promos   []Benefit
}

// partners opens the first sector, keeps two under assessment, and takes three
// workshops from draft to active.
func (b *builder) partners(ctx context.Context) error {
	var motor uuid.UUID
	for i, n := range []partners.NewSector{
		{Code: "MOT", NameID: "Bengkel dan perawatan motor", NameEN: "Motorcycle workshops"},
		{Code: "APT", NameID: "Apotek, klinik, dan optik", NameEN: "Pharmacies, clinics and opticians"},
		{Code: "MKN", NameID: "Rumah makan dan kafe", NameEN: "Restaurants and cafés"},
	} {
		s, err := b.app.Partners.CreateSector(ctx, n)
		if err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		motor = s.ID
		if err := b.openSector(motor); err != nil {
			return err
		}
	}
	for _, n := range []opening{
		{"CV Anugerah Perdana Monginsidi", "anugerah", palu, []partners.OutletProfile{
			outlet("Bengkel Monginsidi", "Jl. Wolter Monginsidi, Palu", "72.71", -0.9106, 119.8779),
			outlet("Bengkel Tondo", "Jl. Soekarno Hatta, Palu", "72.71", -0.8423, 119.8882),
			outlet("Bengkel Parigi", "Jl. Trans Sulawesi, Parigi", "72.08", -0.8022, 120.1765),
		}},
		{"Bengkel Contoh Tadulako", "tadulako", palu, []partners.OutletProfile{
			outlet("Tadulako Motor Palu", "Jl. Contoh 12, Palu", "72.71", -0.8955, 119.8594),
			outlet("Tadulako Motor Sigi", "Jl. Contoh 3, Sigi Biromaru", "72.10", -0.9771, 119.9148),
		}},
		{"Bengkel Contoh Banawa", "banawa", donggala, []partners.OutletProfile{
			outlet("Banawa Motor", "Jl. Contoh 7, Banawa", "72.03", -0.6731, 119.7402),
			outlet("Banawa Motor Labuan", "Jl. Trans Sulawesi, Labuan", "72.03", -0.6420, 119.8120),
		}},
	} {
		if err := b.open(ctx, motor, n); err != nil {
			return err
		}
	}
	return nil
}

func outlet(name, address, region string, lat, long float64) partners.OutletProfile {
	p := partners.OutletProfile{Name: name, Address: address, RegionCode: region, Zone: "Asia/Makassar", Latitude: &lat, Longitude: &long}
	for day := range 6 {
		p.Hours = append(p.Hours, partners.Hours{Day: day + 1, From: "08:00", To: "17:00"})
	}
	return p
}

// opening is a partner to be made.
type opening struct {
	name, slug string
	at         branch
	outlets    []partners.OutletProfile
}

func (b *builder) open(ctx context.Context, sector uuid.UUID, n opening) error {
	s, today := b.app.Partners, dayOf(b.clock.Now())
	officer, supervisor := b.officer, b.supervisor
	if n.at == donggala {
		officer, supervisor = b.away, b.supervisorThere
	}
	p, err := s.Create(officer, partners.NewPartner{SectorID: sector, BranchID: n.at.id, Profile: partners.Profile{Name: n.name}})
	if err != nil {
		return err
	}
	made := shop{partner: p.ID, approver: supervisor}
	for _, o := range n.outlets {
		out, err := s.CreateOutlet(officer, p.ID, o)
		if err != nil {
			return err
		}
		made.outlets = append(made.outlets, out.ID)
		b.out.Outlets = append(b.out.Outlets, Outlet{ID: out.ID, PartnerID: p.ID, BranchID: n.at.id})
	}
	if _, err := s.Submit(officer, p.ID); err != nil {
		return err
	}
	if _, err := s.Approve(supervisor, p.ID); err != nil {
		return err
	}
	_, err = s.CreateAgreement(supervisor, p.ID, partners.NewAgreement{Number: "PKS/" + n.slug + "/1", StartsOn: today, EndsOn: today.AddMonths(24)})
	if err != nil {
		return err
	}
	if _, err := s.Activate(supervisor, p.ID); err != nil {
		return err
	}
	made.owner, err = b.account(ctx, actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: p.ID}, n.slug)
	b.shops = append(b.shops, made)
	return err
}

func limits(count int64, per benefits.Per, interval int) benefits.Limits {
	l := benefits.Limits{Participant: &benefits.ParticipantLimit{Count: count, Per: per}}
	if interval > 0 {
		l.Participant.MinIntervalDays = &interval
	}
	return l
}

func rupiah(n int64) *int64 { return &n }

// promos proposes, approves and publishes what the workshops grant.
func (b *builder) promos(context.Context) error {
	parts := limits(2, benefits.PerMonth, 0)
	parts.OutletPerDay, parts.TotalCount, parts.TotalAmount = rupiah(200), rupiah(20_000), rupiah(250_000_000)
	for _, p := range []struct {
		shop  int
		title string
		terms benefits.Terms
	}{
		{0, "Diskon 20% jasa servis", benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, MaxDiscount: rupiah(20_000), Stacking: benefits.Stackable,
			Exclusions: "Tidak berlaku untuk servis gratis dari pabrik.", Limits: limits(1, benefits.PerMonth, 0),
		}},
		{0, "Potongan oli mesin Rp5.000", benefits.Terms{
			Kind: benefits.Amount, Basis: benefits.Oil, Value: 5_000, Stacking: benefits.Stackable, Limits: limits(1, benefits.PerMonth, 0),
		}},
		{0, "Paket servis CVT Rp95.000", benefits.Terms{
			Kind: benefits.PackagePrice, Basis: benefits.Package, Value: 95_000, Stacking: benefits.Exclusive,
			Exclusions: "Belum termasuk suku cadang.", Limits: limits(2, benefits.PerYear, 150),
		}},
		{0, "Gratis cek kondisi motor", benefits.Terms{
			Kind: benefits.FreeItem, Basis: benefits.Labour, Value: 25_000, Stacking: benefits.Stackable, Limits: limits(4, benefits.PerYear, 0),
		}},
		{0, "Diskon 5% suku cadang pilihan", benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Parts, Value: 5, MaxDiscount: rupiah(25_000), MinGross: 50_000, Stacking: benefits.Exclusive,
			Exclusions: "Kampas rem, busi, filter udara, V-belt.", Limits: parts,
		}},
		{1, "Diskon 10% jasa servis", benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Labour, Value: 10, Stacking: benefits.Stackable,
		}},
		{1, "Potongan ganti ban Rp10.000", benefits.Terms{
			Kind: benefits.Amount, Basis: benefits.Labour, Value: 10_000, MinGross: 15_000, Stacking: benefits.Exclusive, Limits: limits(2, benefits.PerMonth, 7),
		}},
		{2, "Diskon 15% servis ringan", benefits.Terms{
			Kind: benefits.Percent, Basis: benefits.Labour, Value: 15, MaxDiscount: rupiah(15_000), Stacking: benefits.Stackable, Limits: limits(2, benefits.PerMonth, 0),
		}},
		{2, "Potongan oli Rp4.000", benefits.Terms{
			Kind: benefits.Amount, Basis: benefits.Oil, Value: 4_000, Stacking: benefits.Stackable, Limits: limits(1, benefits.PerMonth, 0),
		}},
	} {
		if err := b.promo(p.shop, p.title, p.terms); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) promo(at int, title string, t benefits.Terms) error {
	s, today, shop := b.app.Benefits, dayOf(b.clock.Now()), &b.shops[at]
	t.OutletIDs, t.ValidFrom, t.ValidTo, t.MaxStatusAgeDays = slices.Clone(shop.outlets), today, today.AddMonths(24), 45
	t.Segments = []benefits.Segment{benefits.BPU, benefits.PU}
	t.Offline = benefits.Offline{Allowed: true, Allowance: 15}
	made, err := s.Create(shop.owner, shop.partner, title, t)
	if err != nil {
		return err
	}
	if _, err := s.Submit(shop.owner, made.ID); err != nil {
		return err
	}
	if _, err := s.Approve(shop.approver, made.ID, benefits.Seen{Version: made.Version, TermsHash: made.TermsHash}); err != nil {
		return err
	}
	if _, err := s.Publish(shop.approver, made.ID); err != nil {
		return err
	}
	shop.promos = append(shop.promos, Benefit{ID: made.ID, PartnerID: shop.partner, OutletIDs: shop.outlets, Title: title, Kind: t.Kind, Limits: t.Limits})
	b.out.Benefits = append(b.out.Benefits, shop.promos[len(shop.promos)-1])
	return nil
}
