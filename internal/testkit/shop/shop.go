// Package shop builds the smallest world in which a discount can be given: a
// sector, a partner with two outlets, people with cards, and the services over
// a real database. For tests.
package shop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
	"github.com/berlaku/berlaku/tills"
)

// Palu is the id of the branch in the migrations.
var Palu = uuid.MustParse("01890000-0000-7000-8000-000000000001")

// Donggala is the id of another branch in the migrations.
var Donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")

// Shop is the world.
type Shop struct {
	DB           *database.DB
	Clock        *clock.Manual
	Audit        *audit.Service
	Events       *events.Service
	Participants *participants.Service
	Partners     *partners.Service
	Benefits     *benefits.Service
	Cards        *cards.Service
	Tills        *tills.Service
	Keys         *pii.Keyring
	Redemptions  *redemptions.Service
	Reports      *reports.Service

	Sector  uuid.UUID
	Partner uuid.UUID
	Outlet  uuid.UUID // in Palu
	Outlet2 uuid.UUID // in Parigi

	people atomic.Int64
}

// New builds a shop over a database of its own.
func New(t testing.TB) *Shop {
	t.Helper()
	db, clk := testkit.DB(t), testkit.Clock()
	s := &Shop{DB: db, Clock: clk, Audit: audit.New(db, clk), Events: events.New(db, clk), Reports: reports.New(db, clk)}
	keys := testkit.Keys(t)
	s.Participants = participants.New(participants.Deps{DB: db, Clock: clk, Keys: keys, Audit: s.Audit, Events: s.Events})
	s.Partners = partners.New(partners.Deps{DB: db, Clock: clk, Keys: keys, Audit: s.Audit, Events: s.Events, People: s.Participants, Figures: reports.New(db, clk)})
	s.Benefits = benefits.New(benefits.Deps{DB: db, Clock: clk, Partners: s.Partners, Audit: s.Audit, Events: s.Events})
	signer := must(cards.OpenKeystore(testkit.KeyDir(t)))(t)
	s.Cards = cards.New(cards.Deps{
		DB: db, Clock: clk, Participants: s.Participants, Audit: s.Audit, Events: s.Events,
		Signer: signer, Origin: "https://kartu.example",
	})
	s.Participants.Follow(s.Cards.FollowStandings)
	s.Keys = keys
	s.Tills = tills.New(tills.Deps{DB: db, Clock: clk, Keys: keys, Partners: s.Partners, Audit: s.Audit, Events: s.Events, PublicURL: "https://berlaku.example"})
	s.Tills.OnRevoke(s.Benefits.FollowRevokedTill)
	s.Redemptions = redemptions.New(redemptions.Deps{
		DB: db, Clock: clk, Cards: s.Cards, Benefits: s.Benefits, Partners: s.Partners,
		Participants: s.Participants, Tills: s.Tills, Keys: keys, Audit: s.Audit, Events: s.Events,
		PublicURL: "https://berlaku.example", Origin: "https://kartu.example",
	})
	must(s.Cards.EnsureKeys(testkit.System(t)))(t)
	s.open(t)
	return s
}

func (s *Shop) open(t testing.TB) {
	t.Helper()
	ctx := testkit.System(t)
	sector := must(s.Partners.CreateSector(ctx, partners.NewSector{Code: "MOT", NameID: "Bengkel motor", NameEN: "Motorcycle workshop"}))(t)
	s.Sector = sector.ID
	must(s.Partners.SetSectorState(ctx, sector.ID, partners.SectorAssessed))(t)
	must(s.Partners.SetSectorState(ctx, sector.ID, partners.SectorOpen))(t)
	s.Partner, s.Outlet = s.NewPartner(t, "Bengkel Uji")
	s.Outlet2 = must(s.Partners.CreateOutlet(s.Owner(t), s.Partner, partners.OutletProfile{
		Name: "Cabang Parigi", Address: "Jl. Trans Sulawesi 2", RegionCode: "72.08", Zone: "Asia/Makassar",
	}))(t).ID
}

// NewPartner makes an active partner with one outlet.
func (s *Shop) NewPartner(t testing.TB, name string) (partner, outlet uuid.UUID) {
	t.Helper()
	officer, supervisor := As(t, actor.BranchOfficer, actor.BranchScope, Palu), s.Supervisor(t)
	p := must(s.Partners.Create(officer, partners.NewPartner{SectorID: s.Sector, BranchID: Palu, Profile: partners.Profile{Name: name}}))(t)
	o := must(s.Partners.CreateOutlet(officer, p.ID, partners.OutletProfile{
		Name: name + " Palu", Address: "Jl. Monginsidi 1", RegionCode: "72.71", Zone: "Asia/Makassar",
	}))(t)
	must(s.Partners.Submit(officer, p.ID))(t)
	must(s.Partners.Approve(supervisor, p.ID))(t)
	today := clock.DayOf(s.Clock.Now(), time.UTC)
	must(s.Partners.CreateAgreement(supervisor, p.ID, partners.NewAgreement{Number: "PKS-1", StartsOn: today.AddDays(-400), EndsOn: today.AddDays(3000)}))(t)
	must(s.Partners.Activate(supervisor, p.ID))(t)
	return p.ID, o.ID
}

// As returns a context in which an account of one grant acts. Each call is
// another account.
func As(t testing.TB, role actor.Role, kind actor.ScopeKind, scope uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.Account, ID: uid.At(testkit.Start), Grants: []actor.Grant{{Role: role, Scope: kind, ScopeID: scope}},
	})
}

// Owner acts as an owner of the partner.
func (s *Shop) Owner(t testing.TB) context.Context {
	t.Helper()
	return As(t, actor.PartnerOwner, actor.PartnerScope, s.Partner)
}

// Supervisor acts as a supervisor of the branch of Palu.
func (s *Shop) Supervisor(t testing.TB) context.Context {
	t.Helper()
	return As(t, actor.BranchSupervisor, actor.BranchScope, Palu)
}

// Till acts as a till system's API key at an outlet; each call is another key.
func (s *Shop) Till(t testing.TB, outlet uuid.UUID) context.Context {
	t.Helper()
	o := must(s.Partners.Outlet(t.Context(), outlet))(t)
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.APIKey, ID: uid.At(testkit.Start), PartnerID: o.PartnerID, OutletID: outlet,
		Permissions: []actor.Permission{actor.Validate, actor.Redeem, actor.ReadRedemptions, actor.VoidOwn},
	})
}

// Terms returns terms of which every rule approves: 20 percent of labour, at
// both outlets, without limits.
func (s *Shop) Terms() benefits.Terms {
	today := clock.DayOf(s.Clock.Now(), time.UTC)
	return benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, OutletIDs: []uuid.UUID{s.Outlet, s.Outlet2},
		ValidFrom: today.AddDays(-400), ValidTo: today.AddDays(3000), MaxStatusAgeDays: 45, Stacking: benefits.Stackable,
	}
}

// Promo publishes a promo with the usual terms, changed by change (may be nil).
func (s *Shop) Promo(t testing.TB, change func(*benefits.Terms)) uuid.UUID {
	t.Helper()
	terms := s.Terms()
	if change != nil {
		change(&terms)
	}
	b := must(s.Benefits.Create(s.Owner(t), s.Partner, "Diskon jasa servis", terms))(t)
	s.Publish(t, b.ID)
	return b.ID
}

// Publish takes the newest version of a promo to the tills.
func (s *Shop) Publish(t testing.TB, id uuid.UUID) {
	t.Helper()
	must(s.Benefits.Submit(s.Owner(t), id))(t)
	supervisor := s.Supervisor(t)
	must(s.Benefits.Approve(supervisor, id, benefits.Seen{}))(t)
	must(s.Benefits.Publish(supervisor, id))(t)
}

// Person enters an active informal worker of the branch of Palu.
func (s *Shop) Person(t testing.TB) uuid.UUID {
	t.Helper()
	n := s.people.Add(1)
	p := must(s.Participants.Create(testkit.System(t), participants.NewParticipant{
		BranchID: Palu, IDNumber: pii.Text(fmt.Sprintf("727199010190%04d", n)), Name: "Budi Santoso",
		Membership: s.Membership(n),
	}))(t)
	return p.ID
}

// Membership is an active one; n makes its number unique.
func (s *Shop) Membership(n int64) *participants.NewMembership {
	today := clock.DayOf(s.Clock.Now(), time.UTC)
	return &participants.NewMembership{
		KPJ: pii.Text(fmt.Sprintf("%011d", n)), Segment: participants.BPU, Status: participants.Active,
		AcquiredOn: today.AddDays(-100), ProtectedUntil: today.AddDays(300), StatusAsOf: today.AddDays(-1),
	}
}

// Printed issues a printed card and returns it with its text.
func (s *Shop) Printed(t testing.TB, person uuid.UUID) (cards.Card, string) {
	t.Helper()
	c := must(s.Cards.Issue(testkit.System(t), cards.IssueRequest{ParticipantID: person, Form: cards.Printed}))(t)
	return c, s.Cards.Text(c)
}

// Phone is a phone with a bound card.
type Phone struct {
	Card cards.Card
	Key  *ecdsa.PrivateKey
	shop *Shop
}

// Phone issues a card to a new phone of the person.
func (s *Shop) Phone(t testing.TB, person uuid.UUID) Phone {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	point := elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y) //nolint:staticcheck // the compressed form has no other encoder
	c := must(s.Cards.Issue(testkit.System(t), cards.IssueRequest{ParticipantID: person, Form: cards.Phone, DeviceKey: point}))(t)
	return Phone{Card: c, Key: key, shop: s}
}

// Show returns the text of the QR that the phone shows at the instant at.
func (p Phone) Show(t testing.TB, at time.Time) string {
	t.Helper()
	return must(cards.Present(p.shop.Cards.Text(p.Card), p.Key, at))(t)
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
