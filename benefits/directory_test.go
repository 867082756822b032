package benefits_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
)

// look returns the names of the outlets on all pages of a search.
func look(t *testing.T, s *shop.Shop, f benefits.Search) []string {
	t.Helper()
	out := []string{}
	for cursor := ""; ; {
		r := must[page.Request](t)(page.Parse(2, cursor))
		p := must[page.Of[benefits.Listing]](t)(s.Benefits.Directory(t.Context(), f, r))
		for _, l := range p.Items {
			out = append(out, l.Outlet.Name)
		}
		if cursor = p.NextCursor; cursor == "" {
			slices.Sort(out) // what was entered at the same instant has no order
			return out
		}
	}
}

// outletOf opens another outlet of the shop's partner.
func outletOf(t *testing.T, s *shop.Shop, name, region string) uuid.UUID {
	t.Helper()
	return must[partners.Outlet](t)(s.Partners.CreateOutlet(s.Owner(t), s.Partner, partners.OutletProfile{
		Name: name, Address: "Jl. Uji", RegionCode: region, Zone: "Asia/Makassar",
	})).ID
}

func TestTheDirectoryShowsWhatHoldsToday(t *testing.T) {
	s := shop.New(t)
	today := clock.DayOf(s.Clock.Now(), time.UTC)
	kept := s.Promo(t, nil)
	closed := outletOf(t, s, "Tutup", "72.10")
	bare := outletOf(t, s, "Tanpa promo", "72.10")
	for name, change := range map[string]func(*benefits.Terms){
		"ended yesterday": func(b *benefits.Terms) { b.ValidTo = today.AddDays(-1) },
		"from tomorrow":   func(b *benefits.Terms) { b.ValidFrom = today.AddDays(1) },
	} {
		if s.Promo(t, func(b *benefits.Terms) { change(b); b.OutletIDs = []uuid.UUID{s.Outlet, bare} }) == kept {
			t.Fatal(name)
		}
	}
	s.Promo(t, func(b *benefits.Terms) { b.OutletIDs = []uuid.UUID{closed} })
	must[partners.Outlet](t)(s.Partners.CloseOutlet(s.Owner(t), closed))
	draft := must[benefits.Benefit](t)(s.Benefits.Create(s.Owner(t), s.Partner, "Rahasia", s.Terms()))
	paused := s.Promo(t, nil)
	must[benefits.Benefit](t)(s.Benefits.Pause(s.Owner(t), paused))

	p := must[page.Of[benefits.Listing]](t)(s.Benefits.Directory(t.Context(), benefits.Search{}, page.Request{Limit: 1000}))
	if len(p.Items) != 2 || p.NextCursor != "" {
		t.Fatalf("%d outlets, want two", len(p.Items))
	}
	for _, l := range p.Items {
		if len(l.Offers) != 1 || l.Offers[0].BenefitID != kept || l.Offers[0].BenefitID == draft.ID {
			t.Errorf("%s: %+v", l.Outlet.Name, l.Offers)
		}
	}
	if l := p.Items[slices.IndexFunc(p.Items, func(l benefits.Listing) bool { return l.Outlet.ID == s.Outlet })]; l.Outlet.Name != "Bengkel Uji Palu" || l.RegionName != "Palu" || l.Sector.Code != "MOT" || l.Outlet.PartnerName != "Bengkel Uji" || !l.Outlet.Open() {
		t.Errorf("%+v", l)
	}
	must[partners.Partner](t)(s.Partners.Suspend(s.Supervisor(t), s.Partner, "uji"))
	if got := look(t, s, benefits.Search{}); len(got) != 0 {
		t.Errorf("of a suspended partner: %v", got)
	}
}

func TestTheDirectoryFollowsTheOutletsDay(t *testing.T) {
	s := shop.New(t)
	s.Promo(t, func(b *benefits.Terms) { b.ValidFrom, b.ValidTo = "2026-11-26", "2026-11-27" })
	for at, want := range map[time.Time]int{
		time.Date(2026, 11, 25, 15, 59, 59, 0, time.UTC): 0, time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC): 2,
		time.Date(2026, 11, 27, 15, 59, 59, 0, time.UTC): 2, time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC): 0,
	} {
		s.Clock.Set(at)
		if got := look(t, s, benefits.Search{}); len(got) != want {
			t.Errorf("%s: %v, want %d", at, got, want)
		}
	}
}

func TestTheDirectoryIsSearched(t *testing.T) {
	s := shop.New(t)
	names := map[string]string{"Bengkel 100% Oli_Asli!": "72.71.01", "Toko Roda": "72.10.02"}
	ids := []uuid.UUID{s.Outlet, s.Outlet2}
	for _, name := range []string{"Bengkel 100% Oli_Asli!", "Toko Roda"} {
		ids = append(ids, outletOf(t, s, name, names[name]))
	}
	s.Promo(t, func(b *benefits.Terms) { b.OutletIDs = ids[:3] })
	terms := s.Terms()
	terms.OutletIDs = ids[3:]
	made := must[benefits.Benefit](t)(s.Benefits.Create(s.Owner(t), s.Partner, "Gratis Cek Rem", terms))
	s.Publish(t, made.ID)
	all := []string{"Bengkel Uji Palu", "Cabang Parigi", "Bengkel 100% Oli_Asli!", "Toko Roda"}
	for _, c := range []struct {
		f    benefits.Search
		want []string
	}{
		{benefits.Search{}, slices.Clone(all)},
		{benefits.Search{Region: "72"}, slices.Clone(all)},
		{benefits.Search{Region: "72.71"}, []string{all[0], all[2]}},
		{benefits.Search{Region: "72.71.01"}, []string{all[2]}},
		{benefits.Search{Region: "72.7"}, nil},
		{benefits.Search{Region: "%"}, nil},
		{benefits.Search{Sector: "mot"}, slices.Clone(all)},
		{benefits.Search{Sector: s.Sector.String()}, slices.Clone(all)},
		{benefits.Search{Sector: "APT"}, nil},
		{benefits.Search{Sector: uuid.NewString()}, nil},
		{benefits.Search{Words: "PARIGI"}, []string{all[1]}},
		{benefits.Search{Words: "bengkel uji"}, slices.Clone(all)}, // the partner's name
		{benefits.Search{Words: "cek rem"}, []string{all[3]}},
		{benefits.Search{Words: "rem diskon"}, nil},
		{benefits.Search{Words: "%"}, []string{all[2]}},
		{benefits.Search{Words: "i_a"}, []string{all[2]}},
		{benefits.Search{Words: "asli!"}, []string{all[2]}},
		{benefits.Search{Words: "'; DROP TABLE outlets --"}, nil},
		{benefits.Search{Words: "roda", Region: "72.10", Sector: "MOT"}, []string{all[3]}},
	} {
		got := look(t, s, c.f)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
	}
	show := must[benefits.Showcase](t)(s.Benefits.Showcase(t.Context(), benefits.Search{Words: "roda"}, page.Request{Limit: 10}))
	if diff := cmp.Diff([]benefits.Choice{{"72.71", "Palu", "Palu"}, {"72.08", "Parigi Moutong", "Parigi Moutong"}, {"72.10", "Sigi", "Sigi"}}, show.Regions); diff != "" {
		t.Error(diff)
	}
	if len(show.Page.Items) != 1 || len(show.Sectors) != 1 || show.Sectors[0].Code != "MOT" {
		t.Errorf("%+v", show)
	}
}

// A town of ten thousand outlets is read a page at a time.
func TestTenThousandOutletsAreReadByThePage(t *testing.T) {
	if testing.Short() {
		t.Skip("writes ten thousand rows")
	}
	s := shop.New(t)
	promo := s.Promo(t, nil)
	err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
		db := s.DB.From(ctx)
		for i := range 10_000 {
			id := uuid.Must(uuid.NewV7())
			if err := db.Exec(`INSERT INTO outlets (id, partner_id, region_code, name, address, zone, hours, state, created_at, updated_at)
				VALUES (?, ?, '72.71', ?, 'Jl.', 'Asia/Makassar', '[]', 'active', ?, ?)`, id, s.Partner, fmt.Sprintf("Gerai %05d", i), s.Clock.Now(), s.Clock.Now()).Error; err != nil {
				return err
			}
			if err := db.Exec("INSERT INTO benefit_outlets (benefit_id, version, outlet_id) VALUES (?, 1, ?)", promo, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[benefits.Search]int{{}: 50, {Words: "gerai 09999"}: 1, {Words: "tidak ada"}: 0, {Region: "72.08"}: 1} {
		got := must[benefits.Showcase](t)(s.Benefits.Showcase(t.Context(), f, page.Request{Limit: 50}))
		if len(got.Page.Items) != want || (got.Page.NextCursor != "") != (want == 50) {
			t.Errorf("%+v: %d outlets, next %q", f, len(got.Page.Items), got.Page.NextCursor)
		}
	}
}
