package partners_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
)

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

type world struct {
	db    *database.DB
	clock *clock.Manual
	audit *audit.Service
	*partners.Service
	admin, officer, supervisor context.Context // headquarters; Palu, Palu
	sector                     partners.Sector // open
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, clk := testkit.DB(t), testkit.Clock()
	log := audit.New(db, clk)
	w := &world{
		db: db, clock: clk, audit: log,
		Service: partners.New(partners.Deps{DB: db, Clock: clk, Keys: testkit.Keys(t), Audit: log, Events: events.New(db, clk)}),
		admin:   as(t, actor.ProgrammeAdmin, actor.National, uuid.Nil), officer: as(t, actor.BranchOfficer, actor.BranchScope, palu),
		supervisor: as(t, actor.BranchSupervisor, actor.BranchScope, palu),
	}
	w.sector = w.newSector(t, "MOT", partners.SectorAssessed, partners.SectorOpen)
	return w
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

func (w *world) newSector(t *testing.T, code string, path ...partners.SectorState) partners.Sector {
	t.Helper()
	sec := must[partners.Sector](t)(w.CreateSector(w.admin, partners.NewSector{Code: code, NameID: "Bengkel motor", NameEN: "Motorcycle workshop"}))
	for _, to := range path {
		sec = must[partners.Sector](t)(w.SetSectorState(w.admin, sec.ID, to))
	}
	return sec
}

func (w *world) newPartner(t *testing.T) partners.Partner {
	t.Helper()
	return must[partners.Partner](t)(w.Create(w.officer, partners.NewPartner{
		SectorID: w.sector.ID, BranchID: palu, Profile: partners.Profile{
			Name: "CV Contoh", NIB: "1234567890123", Contact: partners.Contact{Name: "Ibu Kenari", Phone: "+6281234567890", Email: "kenari@contoh.example"},
		},
	}))
}

func shop() partners.OutletProfile {
	return partners.OutletProfile{
		Name: "Bengkel Monginsidi", Address: "Jl. Monginsidi 1", RegionCode: "72.71", Zone: "Asia/Makassar",
		Latitude: new(-0.9), Longitude: new(119.87), Hours: []partners.Hours{{Day: 1, From: "08:00", To: "17:00"}},
	}
}

// equip gives a partner an agreement in force and an outlet.
func (w *world) equip(t *testing.T, p partners.Partner) partners.Outlet {
	t.Helper()
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "PKS/1", StartsOn: "2026-01-01", EndsOn: "2026-12-31"}))
	return must[partners.Outlet](t)(w.CreateOutlet(w.officer, p.ID, shop()))
}

// bring makes a partner that stands in the given state.
func (w *world) bring(t *testing.T, to partners.State) partners.Partner {
	t.Helper()
	p := w.newPartner(t)
	w.equip(t, p)
	paths := map[partners.State][]partners.Step{
		partners.Draft:     nil,
		partners.Submitted: {partners.StepSubmit},
		partners.Approved:  {partners.StepSubmit, partners.StepApprove},
		partners.Active:    {partners.StepSubmit, partners.StepApprove, partners.StepActivate},
		partners.Suspended: {partners.StepSubmit, partners.StepApprove, partners.StepActivate, partners.StepSuspend},
		partners.Ended:     {partners.StepSubmit, partners.StepApprove, partners.StepActivate, partners.StepEnd},
	}
	for _, step := range paths[to] {
		p = must[partners.Partner](t)(w.step(w.actorFor(step), p.ID, step))
	}
	if p.State != to {
		t.Fatalf("got a partner in state %s, want %s", p.State, to)
	}
	return p
}

func (w *world) actorFor(step partners.Step) context.Context {
	if step == partners.StepSubmit || step == partners.StepWithdraw {
		return w.officer
	}
	return w.supervisor
}

func (w *world) step(ctx context.Context, id uuid.UUID, step partners.Step) (partners.Partner, error) {
	switch step {
	case partners.StepSubmit:
		return w.Submit(ctx, id)
	case partners.StepWithdraw:
		return w.Withdraw(ctx, id)
	case partners.StepApprove:
		return w.Approve(ctx, id)
	case partners.StepReject:
		return w.Reject(ctx, id, "kurang lengkap")
	case partners.StepActivate:
		return w.Activate(ctx, id)
	case partners.StepSuspend:
		return w.Suspend(ctx, id, "keluhan")
	case partners.StepResume:
		return w.Resume(ctx, id)
	case partners.StepEnd:
		return w.End(ctx, id, "kontrak habis")
	}
	return partners.Partner{}, errors.New("no such step")
}

func TestEveryStepOfAPartnerFromEveryState(t *testing.T) {
	w := newWorld(t)
	states := []partners.State{partners.Draft, partners.Submitted, partners.Approved, partners.Active, partners.Suspended, partners.Ended}
	allowed := map[partners.Step]map[partners.State]partners.State{
		"submit":   {"draft": "submitted"},
		"withdraw": {"submitted": "draft"},
		"approve":  {"submitted": "approved"},
		"reject":   {"submitted": "draft"},
		"activate": {"approved": "active"},
		"suspend":  {"active": "suspended"},
		"resume":   {"suspended": "active"},
		"end":      {"approved": "ended", "active": "ended", "suspended": "ended"},
	}
	for step, moves := range allowed {
		for _, from := range states {
			t.Run(string(step)+" from "+string(from), func(t *testing.T) {
				p := w.bring(t, from)
				got, err := w.step(w.actorFor(step), p.ID, step)
				to, ok := moves[from]
				if !ok {
					if !errors.Is(err, partners.ErrState) {
						t.Fatalf("got %v, want ErrState", err)
					}
					to = from
				} else if err != nil || got.State != to {
					t.Fatalf("got %s and %v, want %s", got.State, err, to)
				}
				if stored := must[partners.Partner](t)(w.Get(w.admin, p.ID)); stored.State != to {
					t.Errorf("stored is %s, want %s", stored.State, to)
				}
			})
		}
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestEveryStepOfASector(t *testing.T) {
	w := newWorld(t)
	paths := map[partners.SectorState][]partners.SectorState{
		"candidate": nil, "assessed": {"assessed"}, "open": {"assessed", "open"}, "paused": {"assessed", "open", "paused"},
		"closed": {"assessed", "open", "closed"},
	}
	allowed := map[partners.SectorState]map[partners.SectorState]bool{
		"candidate": {"assessed": true}, "assessed": {"open": true}, "open": {"paused": true, "closed": true}, "paused": {"open": true, "closed": true},
	}
	n := 0
	for from, path := range paths {
		for to := range paths {
			n++
			code := "S" + string(rune('A'+n/5)) + string(rune('A'+n%5))
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				sec := w.newSector(t, code, path...)
				_, err := w.SetSectorState(w.admin, sec.ID, to)
				want := from
				if allowed[from][to] {
					want = to
				}
				if (err == nil) != allowed[from][to] || err != nil && !errors.Is(err, partners.ErrState) {
					t.Fatalf("got %v", err)
				}
				if got := must[partners.Sector](t)(w.Sector(t.Context(), sec.ID)); got.State != want {
					t.Errorf("stored is %s, want %s", got.State, want)
				}
			})
		}
	}
}

func TestOnlyHeadquartersWritesSectors(t *testing.T) {
	w := newWorld(t)
	if _, err := w.CreateSector(w.supervisor, partners.NewSector{Code: "APT", NameID: "Apotek", NameEN: "Pharmacy"}); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("a branch created a sector: %v", err)
	}
	if _, err := w.SetSectorState(w.supervisor, w.sector.ID, partners.SectorPaused); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("a branch moved a sector: %v", err)
	}
	if _, err := w.CreateSector(w.admin, partners.NewSector{Code: "MOT", NameID: "x", NameEN: "x"}); !errors.Is(err, partners.ErrSectorExists) {
		t.Errorf("a code was given twice: %v", err)
	}
	if _, err := w.CreateSector(w.admin, partners.NewSector{Code: "m t", NameID: "", NameEN: "a\x00b"}); !cmp.Equal(fields(err), map[string]string{"/code": "format", "/name_id": "required", "/name_en": "not_text"}) {
		t.Errorf("got %v", fields(err))
	}
	if _, err := w.SetSectorState(w.admin, w.sector.ID, "gone"); !errors.Is(err, partners.ErrInvalid) {
		t.Errorf("an unknown state: %v", err)
	}
	if _, err := w.SetSectorState(w.admin, uuid.New(), partners.SectorOpen); !errors.Is(err, partners.ErrSectorNotFound) {
		t.Errorf("an absent sector: %v", err)
	}
}

func TestNobodyApprovesWhatTheyEnteredOrSubmitted(t *testing.T) {
	w := newWorld(t)
	byCreator := must[partners.Partner](t)(w.Create(w.supervisor, partners.NewPartner{SectorID: w.sector.ID, BranchID: palu, Profile: partners.Profile{Name: "A"}}))
	must[partners.Partner](t)(w.Submit(w.officer, byCreator.ID))
	if _, err := w.Approve(w.supervisor, byCreator.ID); !errors.Is(err, partners.ErrOwnProposal) {
		t.Errorf("who entered it approved it: %v", err)
	}
	bySubmitter := w.newPartner(t)
	must[partners.Partner](t)(w.Submit(w.supervisor, bySubmitter.ID))
	if _, err := w.Approve(w.supervisor, bySubmitter.ID); !errors.Is(err, partners.ErrOwnProposal) {
		t.Errorf("who submitted it approved it: %v", err)
	}
	p := must[partners.Partner](t)(w.Approve(w.admin, bySubmitter.ID))
	if p.ApprovedBy != actor.From(w.admin).ID || p.SubmittedBy != actor.From(w.supervisor).ID {
		t.Errorf("got submitted by %s, approved by %s", p.SubmittedBy, p.ApprovedBy)
	}
}

func TestActivationNeedsAgreementSectorAndOutlet(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	must[partners.Partner](t)(w.Submit(w.officer, p.ID))
	must[partners.Partner](t)(w.Approve(w.supervisor, p.ID))
	want := func(err error, what string) {
		t.Helper()
		if _, got := w.Activate(w.supervisor, p.ID); !errors.Is(got, err) {
			t.Fatalf("%s: got %v, want %v", what, got, err)
		}
	}
	want(partners.ErrNoAgreement, "no agreement")
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "1", StartsOn: "2026-01-01", EndsOn: "2026-11-23"}))
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "2", StartsOn: "2026-11-25", EndsOn: "2027-11-24"}))
	want(partners.ErrNoAgreement, "agreements that ended yesterday and begin tomorrow")
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "3", StartsOn: "2026-11-24", EndsOn: "2026-11-24"}))
	want(partners.ErrNoOutlet, "no outlet")
	o := must[partners.Outlet](t)(w.CreateOutlet(w.officer, p.ID, shop()))
	must[partners.Outlet](t)(w.CloseOutlet(w.officer, o.ID))
	want(partners.ErrNoOutlet, "only a closed outlet")
	must[partners.Outlet](t)(w.CreateOutlet(w.officer, p.ID, shop()))
	must[partners.Sector](t)(w.SetSectorState(w.admin, w.sector.ID, partners.SectorPaused))
	want(partners.ErrSectorNotOpen, "a paused sector")
	must[partners.Sector](t)(w.SetSectorState(w.admin, w.sector.ID, partners.SectorOpen))
	must[partners.Partner](t)(w.Activate(w.supervisor, p.ID))
	w.clock.Advance(time.Second)
	must[partners.Partner](t)(w.Suspend(w.supervisor, p.ID, "keluhan"))
	w.clock.Set(testkit.Start.AddDate(2, 0, 0))
	if _, err := w.Resume(w.supervisor, p.ID); !errors.Is(err, partners.ErrNoAgreement) {
		t.Errorf("resumed after the agreement ended: %v", err)
	}
	var kinds []string
	if err := w.db.From(t.Context()).Raw("SELECT kind FROM outbox WHERE kind <> 'partner.submitted' ORDER BY id").Scan(&kinds).Error; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"partner.activated", "partner.suspended"}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestProfilesChangeOnlyAsDraftOrActive(t *testing.T) {
	w := newWorld(t)
	for state, ok := range map[partners.State]bool{"draft": true, "submitted": false, "approved": false, "active": true, "suspended": false, "ended": false} {
		p := w.bring(t, state)
		_, err := w.Update(w.officer, p.ID, partners.Profile{Name: "Nama baru"})
		if ok && err != nil || !ok && !errors.Is(err, partners.ErrState) {
			t.Errorf("update while %s: got %v", state, err)
		}
		got := must[partners.Partner](t)(w.Get(w.officer, p.ID))
		if ok != (got.Name == "Nama baru") || ok != (got.Contact == partners.Contact{}) {
			t.Errorf("update while %s: stored %q", state, got.Name)
		}
	}
}
