package perisai_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

type world struct {
	*perisai.Service
	people *participants.Service
	audit  *audit.Service
	db     *database.DB
	ctx    context.Context
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db, clk, keys := testkit.DB(t), testkit.Clock(), testkit.Keys(t)
	log := audit.New(db, clk)
	people := participants.New(participants.Deps{DB: db, Clock: clk, Keys: keys, Audit: log, Events: events.New(db, clk)})
	return &world{
		Service: perisai.New(perisai.Deps{DB: db, Clock: clk, Keys: keys, Participants: people, Audit: log}),
		people:  people, audit: log, db: db, ctx: testkit.System(t),
	}
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

func (w *world) wadah(t testing.TB, branch uuid.UUID, code string) perisai.Wadah {
	t.Helper()
	return must(w.CreateWadah(w.ctx, perisai.NewWadah{BranchID: branch, Code: code, Name: "Koperasi " + code}))(t)
}

func (w *world) agent(t testing.TB, wadah uuid.UUID, code string, from, to clock.Day) perisai.Agent {
	t.Helper()
	return must(w.CreateAgent(w.ctx, perisai.NewAgent{WadahID: wadah, RegionCode: "72.71", Code: code, Name: "Agen Kenari", Phone: "081234567890", ActiveFrom: from, ActiveTo: to}))(t)
}

func (w *world) person(t testing.TB, branch uuid.UUID, n int) uuid.UUID {
	t.Helper()
	p := participants.NewParticipant{BranchID: branch, IDNumber: pii.Text(fmt.Sprintf("727199550190%04d", n+1)), Name: "Peserta"}
	return must(w.people.Create(w.ctx, p))(t).ID
}

func granted(ctx context.Context, role actor.Role, kind actor.ScopeKind, id uuid.UUID) context.Context {
	return actor.With(ctx, actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: role, Scope: kind, ScopeID: id}}})
}

func TestARegistrationCopiesTheAgentAndIsNeverOverwritten(t *testing.T) {
	w := newWorld(t)
	wd := w.wadah(t, palu, "W1")
	a := w.agent(t, wd.ID, "A1", "2023-01-01", "")
	p := w.person(t, palu, 1)
	r := must(w.Register(w.ctx, perisai.Registration{ParticipantID: p, AgentID: a.ID, RegisteredOn: "2023-10-13"}))(t)
	if r.WadahID != wd.ID || r.BranchID != palu || r.ID == uuid.Nil {
		t.Errorf("got %+v", r)
	}
	if _, err := w.Register(w.ctx, perisai.Registration{ParticipantID: p, AgentID: a.ID, RegisteredOn: "2023-10-14"}); !errors.Is(err, perisai.ErrRegistered) {
		t.Errorf("a second registration: %v", err)
	}
	l := must(w.ListRegistrations(w.ctx, a.ID, page.Request{Limit: 5}))(t)
	if len(l.Items) != 1 || l.Items[0].RegisteredOn != "2023-10-13" {
		t.Errorf("got %+v", l.Items)
	}
	if _, err := w.audit.Verify(w.ctx, nil); err != nil {
		t.Error(err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	w := newWorld(t)
	wd := w.wadah(t, palu, "W1")
	a := w.agent(t, wd.ID, "A1", "2023-02-01", "2023-09-30")
	p := w.person(t, palu, 1)
	officer := granted(w.ctx, actor.BranchOfficer, actor.BranchScope, palu)
	for _, c := range []struct {
		name string
		ctx  context.Context
		r    perisai.Registration
		want error
	}{
		{"a day before the agent began", w.ctx, perisai.Registration{ParticipantID: p, AgentID: a.ID, RegisteredOn: "2023-01-31"}, perisai.ErrAgentInactive},
		{"a day after the agent ended", w.ctx, perisai.Registration{ParticipantID: p, AgentID: a.ID, RegisteredOn: "2023-10-01"}, perisai.ErrAgentInactive},
		{"nobody registered", w.ctx, perisai.Registration{ParticipantID: uuid.New(), AgentID: a.ID, RegisteredOn: "2023-03-01"}, perisai.ErrNoParticipant},
		{"an agent that does not exist", w.ctx, perisai.Registration{ParticipantID: p, AgentID: uuid.New(), RegisteredOn: "2023-03-01"}, perisai.ErrAgentNotFound},
		{"no agent and no branch", w.ctx, perisai.Registration{ParticipantID: p, RegisteredOn: "2023-03-01"}, perisai.ErrBranchNotFound},
		{"a branch that does not exist", w.ctx, perisai.Registration{ParticipantID: p, BranchID: uuid.New(), RegisteredOn: "2023-03-01"}, perisai.ErrBranchNotFound},
		{"a day to come", w.ctx, perisai.Registration{ParticipantID: p, BranchID: palu, RegisteredOn: "2026-11-25"}, perisai.ErrInvalid},
		{"no day", w.ctx, perisai.Registration{ParticipantID: p, BranchID: palu}, perisai.ErrInvalid},
		{"another branch", officer, perisai.Registration{ParticipantID: p, BranchID: donggala, RegisteredOn: "2023-03-01"}, perisai.ErrBranchNotFound},
		{"no branch, said by a branch", officer, perisai.Registration{ParticipantID: p, Unallocated: true, RegisteredOn: "2023-03-01"}, perisai.ErrBranchNotFound},
		{"another branch's officer", granted(w.ctx, actor.BranchOfficer, actor.BranchScope, donggala), perisai.Registration{ParticipantID: p, AgentID: a.ID, RegisteredOn: "2023-03-01"}, perisai.ErrNoParticipant},
		{"an agent's own account", granted(w.ctx, actor.Agent, actor.WadahScope, wd.ID), perisai.Registration{ParticipantID: p, AgentID: a.ID, RegisteredOn: "2023-03-01"}, perisai.ErrNoParticipant},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := w.Register(c.ctx, c.r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	for _, on := range []clock.Day{"2023-02-01", "2023-09-30"} { // first and last day count
		if _, err := w.Register(officer, perisai.Registration{ParticipantID: w.person(t, palu, int(on[6])), AgentID: a.ID, RegisteredOn: on}); err != nil {
			t.Errorf("%s: %v", on, err)
		}
	}
}

func TestRegisterManyKeepsTheUnallocatedApart(t *testing.T) {
	w := newWorld(t)
	a := w.agent(t, w.wadah(t, palu, "W1").ID, "A1", "2023-01-01", "")
	var people []participants.NewParticipant
	for n := range 700 {
		people = append(people, participants.NewParticipant{BranchID: palu, IDNumber: pii.Text(fmt.Sprintf("727199550190%04d", n+1)), Name: "Peserta"})
	}
	ids := must(w.people.CreateMany(w.ctx, people))(t)
	var all []perisai.Registration
	for i, id := range ids {
		all = append(all, perisai.Registration{ParticipantID: id, AgentID: a.ID, RegisteredOn: "2023-05-05", Unallocated: i < 30})
	}
	if err := w.RegisterMany(w.ctx, all); err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]int{"branch_id IS NULL": 30, "branch_id IS NOT NULL": 670} {
		var n int
		if err := w.db.From(w.ctx).Raw("SELECT count(*) FROM registrations WHERE " + where).Row().Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d, %v; want %d", where, n, err, want)
		}
	}
	if err := w.RegisterMany(w.ctx, all[:1]); !errors.Is(err, perisai.ErrRegistered) {
		t.Errorf("again: %v", err)
	}
}

func TestOfParallelRegistrationsOneWins(t *testing.T) {
	w := newWorld(t)
	p := w.person(t, palu, 1)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = w.Register(w.ctx, perisai.Registration{ParticipantID: p, BranchID: palu, RegisteredOn: "2023-05-05"})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, perisai.ErrRegistered) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestReachOfWadahAndBranch(t *testing.T) {
	w := newWorld(t)
	w1, w2, w3 := w.wadah(t, palu, "W1"), w.wadah(t, palu, "W2"), w.wadah(t, donggala, "W3")
	a1 := w.agent(t, w1.ID, "A1", "2023-01-01", "")
	w.agent(t, w2.ID, "A2", "2023-01-01", "")
	a3 := w.agent(t, w3.ID, "A3", "2023-01-01", "")
	for n, a := range []perisai.Agent{a1, a3} {
		must(w.Register(w.ctx, perisai.Registration{ParticipantID: w.person(t, a.BranchID, n), AgentID: a.ID, RegisteredOn: "2023-05-05"}))(t)
	}
	first := page.Request{Limit: 10}
	for _, c := range []struct {
		name                   string
		ctx                    context.Context
		wadah, agents, entries int
	}{
		{"headquarters", granted(w.ctx, actor.HQAnalyst, actor.National, uuid.Nil), 3, 3, 2},
		{"the branch", granted(w.ctx, actor.BranchViewer, actor.BranchScope, palu), 2, 2, 1},
		{"the coordinator of a wadah", granted(w.ctx, actor.WadahCoordinator, actor.WadahScope, w1.ID), 1, 1, 1},
		{"an agent of another wadah", granted(w.ctx, actor.Agent, actor.WadahScope, w2.ID), 1, 1, 0},
		{"a branch and a wadah elsewhere", actor.With(w.ctx, actor.Actor{Kind: actor.Account, Grants: []actor.Grant{
			{Role: actor.BranchViewer, Scope: actor.BranchScope, ScopeID: donggala}, {Role: actor.WadahCoordinator, Scope: actor.WadahScope, ScopeID: w1.ID},
		}}), 2, 2, 2},
		{"a partner", granted(w.ctx, actor.PartnerOwner, actor.PartnerScope, uuid.New()), 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b, r := must(w.ListWadahs(c.ctx, first))(t), must(w.ListAgents(c.ctx, uuid.Nil, first))(t), must(w.ListRegistrations(c.ctx, uuid.Nil, first))(t)
			if len(a.Items) != c.wadah || len(b.Items) != c.agents || len(r.Items) != c.entries {
				t.Errorf("got %d wadah, %d agents, %d registrations", len(a.Items), len(b.Items), len(r.Items))
			}
		})
	}
	there := granted(w.ctx, actor.BranchOfficer, actor.BranchScope, donggala)
	for what, err := range map[string]error{
		"get wadah":    second(w.GetWadah(there, w1.ID)),
		"get agent":    second(w.GetAgent(there, a1.ID)),
		"create wadah": second(w.CreateWadah(there, perisai.NewWadah{BranchID: palu, Code: "W9", Name: "x"})),
		"create agent": second(w.CreateAgent(there, perisai.NewAgent{WadahID: w1.ID, RegionCode: "72.71", Code: "A9", Name: "x", ActiveFrom: "2023-01-01"})),
		"report":       second(w.ReportFigure(there, perisai.Figure{BranchID: palu, Metric: "m", Source: "s"})),
	} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s from another branch: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestAgentsAreCheckedAndSealed(t *testing.T) {
	w := newWorld(t)
	wd := w.wadah(t, palu, "W1")
	a := w.agent(t, wd.ID, "A1", "2023-01-01", "")
	if got := must(w.GetAgent(w.ctx, a.ID))(t); got.Name.Reveal() != "Agen Kenari" || got.BranchID != palu {
		t.Errorf("got %+v", got)
	}
	var sealed []byte
	if err := w.db.From(w.ctx).Raw("SELECT name_sealed FROM agents").Row().Scan(&sealed); err != nil || strings.Contains(string(sealed), "Kenari") {
		t.Errorf("the name stands open: %v", err)
	}
	for name, c := range map[string]struct {
		n    perisai.NewAgent
		want error
	}{
		"a code twice":         {perisai.NewAgent{WadahID: wd.ID, RegionCode: "72.71", Code: "A1", Name: "x", ActiveFrom: "2023-01-01"}, perisai.ErrCodeTaken},
		"no name":              {perisai.NewAgent{WadahID: wd.ID, RegionCode: "72.71", Code: "A2", ActiveFrom: "2023-01-01"}, perisai.ErrInvalid},
		"an end before start":  {perisai.NewAgent{WadahID: wd.ID, RegionCode: "72.71", Code: "A2", Name: "x", ActiveFrom: "2023-01-02", ActiveTo: "2023-01-01"}, perisai.ErrInvalid},
		"an unknown region":    {perisai.NewAgent{WadahID: wd.ID, RegionCode: "00", Code: "A2", Name: "x", ActiveFrom: "2023-01-01"}, perisai.ErrInvalid},
		"an unknown wadah":     {perisai.NewAgent{WadahID: uuid.New(), RegionCode: "72.71", Code: "A2", Name: "x", ActiveFrom: "2023-01-01"}, perisai.ErrWadahNotFound},
		"a phone that is none": {perisai.NewAgent{WadahID: wd.ID, RegionCode: "72.71", Code: "A2", Name: "x", Phone: "1", ActiveFrom: "2023-01-01"}, perisai.ErrInvalid},
	} {
		if _, err := w.CreateAgent(w.ctx, c.n); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := w.CreateWadah(w.ctx, perisai.NewWadah{BranchID: palu, Code: "W1", Name: "x"}); !errors.Is(err, perisai.ErrCodeTaken) {
		t.Errorf("a wadah's code twice: %v", err)
	}
}

func TestImportsResolveAgentCodes(t *testing.T) {
	w := newWorld(t)
	a := w.agent(t, w.wadah(t, palu, "W1").ID, "A1", "2023-01-01", "")
	text := "nik,nama,kpj,segmen,kode_agen\n7271995508900001,Ani,19000000001,bpu,A1\n7271995508900002,Budi,19000000002,bpu,A9\n"
	run := must(w.people.Import(w.ctx, participants.ImportRequest{BranchID: palu, Format: participants.CSV, File: strings.NewReader(text), Size: int64(len(text))}))(t)
	l := must(w.people.List(w.ctx, participants.Filter{}, page.Request{Limit: 5}))(t)
	if run.Created != 1 || run.Rejected != 1 || len(l.Items) != 1 || l.Items[0].Memberships[0].AgentID != a.ID {
		t.Errorf("run %+v, people %+v", run, l.Items)
	}
}

func TestReportedFiguresStayAsReported(t *testing.T) {
	w := newWorld(t)
	for branch, value := range map[uuid.UUID]int64{uuid.Nil: 21521, palu: 9437, donggala: 3436} {
		must(w.ReportFigure(w.ctx, perisai.Figure{
			PeriodStart: "2023-01-01", PeriodEnd: "2023-10-13", BranchID: branch, Metric: "registrations", Value: value, AsOf: "2023-10-13", Source: "berita",
		}))(t)
	}
	for _, c := range []struct {
		name     string
		ctx      context.Context
		from, to clock.Day
		want     int
	}{
		{"headquarters", w.ctx, "2023-01-01", "2023-12-31", 3},
		{"a branch sees its own and the total", granted(w.ctx, actor.BranchViewer, actor.BranchScope, palu), "2023-01-01", "2023-12-31", 2},
		{"a wadah sees the total", granted(w.ctx, actor.WadahCoordinator, actor.WadahScope, uuid.New()), "2023-01-01", "2023-12-31", 1},
		{"a partner sees nothing", granted(w.ctx, actor.PartnerOwner, actor.PartnerScope, uuid.New()), "2023-01-01", "2023-12-31", 0},
		{"a shorter time", w.ctx, "2023-01-01", "2023-10-12", 0},
	} {
		if got := must(w.Figures(c.ctx, "registrations", c.from, c.to))(t); len(got) != c.want {
			t.Errorf("%s: %d figures, want %d", c.name, len(got), c.want)
		}
	}
	if _, err := w.ReportFigure(w.ctx, perisai.Figure{PeriodStart: "2023-02-01", PeriodEnd: "2023-01-01", AsOf: "x", Value: -1}); !errors.Is(err, perisai.ErrInvalid) {
		t.Errorf("a figure of nothing: %v", err)
	}
}
