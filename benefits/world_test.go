package benefits_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
)

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

type world struct {
	db       *database.DB
	clock    *clock.Manual
	audit    *audit.Service
	partners *partners.Service
	*benefits.Service
	sector                       partners.Sector
	partner                      partners.Partner
	outlets                      []uuid.UUID
	owner, officer               context.Context
	supervisor, second, national context.Context // three who may approve
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, clk := testkit.DB(t), testkit.Clock()
	log, out := audit.New(db, clk), events.New(db, clk)
	w := &world{db: db, clock: clk, audit: log}
	w.partners = partners.New(partners.Deps{DB: db, Clock: clk, Keys: testkit.Keys(t), Audit: log, Events: out})
	w.Service = benefits.New(benefits.Deps{DB: db, Clock: clk, Partners: w.partners, Audit: log, Events: out})
	w.sector = must[partners.Sector](t)(w.partners.CreateSector(testkit.System(t), partners.NewSector{Code: "MOT", NameID: "Bengkel", NameEN: "Workshop"}))
	w.partner, w.outlets = w.newPartner(t, 2)
	w.owner = as(t, actor.PartnerOwner, actor.PartnerScope, w.partner.ID)
	w.officer = as(t, actor.BranchOfficer, actor.BranchScope, palu)
	w.supervisor, w.second = as(t, actor.BranchSupervisor, actor.BranchScope, palu), as(t, actor.BranchSupervisor, actor.BranchScope, palu)
	w.national = as(t, actor.ProgrammeAdmin, actor.National, uuid.Nil)
	return w
}

func (w *world) newPartner(t *testing.T, outlets int) (partners.Partner, []uuid.UUID) {
	t.Helper()
	p := must[partners.Partner](t)(w.partners.Create(testkit.System(t), partners.NewPartner{SectorID: w.sector.ID, BranchID: palu, Profile: partners.Profile{Name: "CV Contoh"}}))
	ids := make([]uuid.UUID, outlets)
	for i := range ids {
		ids[i] = must[partners.Outlet](t)(w.partners.CreateOutlet(testkit.System(t), p.ID, partners.OutletProfile{
			Name: "Bengkel", Address: "Jl. Contoh 1", RegionCode: "72.71", Zone: "Asia/Makassar",
		})).ID
	}
	return p, ids
}

// as returns a context in which somebody new acts with one role.
func as(t *testing.T, role actor.Role, scope actor.ScopeKind, id uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: role, Scope: scope, ScopeID: id}},
	})
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// good are terms with nothing wrong.
func good(outlets ...uuid.UUID) benefits.Terms {
	return benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, MaxDiscount: new(int64(20_000)), MinGross: 0, OutletIDs: outlets,
		ValidFrom: "2026-01-01", ValidTo: "2026-12-31", Segments: []benefits.Segment{benefits.BPU}, MaxStatusAgeDays: 45,
		Stacking: benefits.Exclusive, Exclusions: "Tidak berlaku untuk KPB.",
		Limits:  benefits.Limits{Participant: &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}},
		Offline: benefits.Offline{Allowed: true, Allowance: 10},
	}
}

func (w *world) propose(t *testing.T) benefits.Benefit {
	t.Helper()
	return must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Diskon jasa servis", good(w.outlets...)))
}

// publish takes the newest version, a draft, to the tills.
func (w *world) publish(t *testing.T, id uuid.UUID) benefits.Benefit {
	t.Helper()
	must[benefits.Benefit](t)(w.Submit(w.owner, id))
	must[benefits.Benefit](t)(w.Approve(w.supervisor, id, benefits.Seen{}))
	return must[benefits.Benefit](t)(w.Publish(w.supervisor, id))
}

func fields(err error) map[string]string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, p := range f.Fields {
		out[p.Pointer] = p.Code
	}
	return out
}
