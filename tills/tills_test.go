package tills_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// first asks for the first page of a list.
var first = page.Request{Limit: page.Default}

const publicURL = "https://berlaku.example"

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

type world struct {
	db       *database.DB
	clock    *clock.Manual
	audit    *audit.Service
	partners *partners.Service
	*tills.Service
	outlet partners.Outlet
	owner  context.Context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, clk := testkit.DB(t), testkit.Clock()
	log, out := audit.New(db, clk), events.New(db, clk)
	w := &world{db: db, clock: clk, audit: log}
	w.partners = partners.New(partners.Deps{DB: db, Clock: clk, Keys: testkit.Keys(t), Audit: log, Events: out})
	w.Service = tills.New(tills.Deps{DB: db, Clock: clk, Keys: testkit.Keys(t), Partners: w.partners, Audit: log, Events: out, PublicURL: publicURL})
	sec := must[partners.Sector](t)(w.partners.CreateSector(testkit.System(t), partners.NewSector{Code: "MOT", NameID: "Bengkel", NameEN: "Workshop"}))
	p := must[partners.Partner](t)(w.partners.Create(testkit.System(t), partners.NewPartner{SectorID: sec.ID, BranchID: palu, Profile: partners.Profile{Name: "CV Contoh"}}))
	w.outlet = must[partners.Outlet](t)(w.partners.CreateOutlet(testkit.System(t), p.ID, partners.OutletProfile{Name: "Bengkel", Address: "Jl. 1", RegionCode: "72.71", Zone: "Asia/Makassar"}))
	w.owner = as(t, actor.PartnerOwner, actor.PartnerScope, p.ID)
	return w
}

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

type device struct {
	key   *ecdsa.PrivateKey
	point []byte
}

func newDevice(t *testing.T) device {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	full := must[[]byte](t)(key.PublicKey.Bytes())
	return device{key: key, point: append([]byte{2 + full[64]&1}, full[1:33]...)}
}

// join brings a device to pending.
func (w *world) join(t *testing.T, d device) tills.Till {
	t.Helper()
	e := must[tills.Enrolment](t)(w.Enrol(w.owner, w.outlet.ID))
	return must[tills.Till](t)(w.Join(t.Context(), e.Code, d.point, "Kasir depan"))
}

// enrol brings a device to active.
func (w *world) enrol(t *testing.T, d device) tills.Till {
	t.Helper()
	return must[tills.Till](t)(w.Confirm(w.owner, w.join(t, d).ID))
}

func TestATillJoinsIsConfirmedAndRevoked(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	joined := w.join(t, d)
	want := tills.Till{
		ID: joined.ID, PartnerID: w.outlet.PartnerID, OutletID: w.outlet.ID, Name: "Kasir depan", Point: d.point,
		Fingerprint: tills.Fingerprint(d.point), State: tills.Pending, CreatedAt: testkit.Start,
	}
	if diff := cmp.Diff(want, must[tills.Till](t)(w.Get(w.owner, joined.ID))); diff != "" || len(want.Fingerprint) != 6 {
		t.Error(diff, want.Fingerprint)
	}
	w.clock.Advance(tills.ConfirmLife - time.Second)
	must[tills.Till](t)(w.Confirm(w.owner, joined.ID))
	if _, err := w.Confirm(w.owner, joined.ID); !errors.Is(err, tills.ErrState) {
		t.Errorf("confirmed twice: %v", err)
	}
	must[tills.Till](t)(w.Revoke(w.owner, joined.ID))
	for name, f := range map[string]func(context.Context, uuid.UUID) (tills.Till, error){"confirm": w.Confirm, "revoke": w.Revoke} {
		if _, err := f(w.owner, joined.ID); !errors.Is(err, tills.ErrState) {
			t.Errorf("%s after it was revoked: %v", name, err)
		}
	}
	list := must[page.Of[tills.Till]](t)(w.List(w.owner, w.outlet.ID, first)).Items
	if len(list) != 1 || list[0].State != tills.Revoked || list[0].ConfirmedBy != actor.From(w.owner).ID || list[0].RevokedAt.IsZero() {
		t.Errorf("got %+v", list)
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestTwentyJoinWithOneCodeAndOneGetsIn(t *testing.T) {
	w := newWorld(t)
	e := must[tills.Enrolment](t)(w.Enrol(w.owner, w.outlet.ID))
	var in, out atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		d := newDevice(t)
		wg.Go(func() {
			switch _, err := w.Join(t.Context(), e.Code, d.point, "Kasir"); {
			case err == nil:
				in.Add(1)
			case errors.Is(err, tills.ErrCode):
				out.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 || out.Load() != 19 || len(must[page.Of[tills.Till]](t)(w.List(w.owner, w.outlet.ID, first)).Items) != 1 {
		t.Errorf("%d joined, %d were refused", in.Load(), out.Load())
	}
}

func TestCodesRunOutAndAreNotStored(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	late := must[tills.Enrolment](t)(w.Enrol(w.owner, w.outlet.ID))
	long := must[tills.Enrolment](t)(w.EnrolFor(w.owner, w.outlet.ID, 24*time.Hour))
	if len(late.Code) < 13 { // 64 bits in base32
		t.Errorf("a code of %d characters", len(late.Code))
	}
	var n int
	if err := w.db.From(t.Context()).Raw("SELECT count(*) FROM till_enrolments WHERE CAST(code_hash AS text) LIKE ?", "%"+late.Code+"%").Row().Scan(&n); err != nil || n != 0 {
		t.Errorf("the code is stored: %d %v", n, err)
	}
	w.clock.Advance(tills.CodeLife)
	if _, err := w.Join(t.Context(), late.Code, d.point, "Kasir"); !errors.Is(err, tills.ErrCode) {
		t.Errorf("joined with a code of ten minutes ago: %v", err)
	}
	if _, err := w.Join(t.Context(), "", d.point, "Kasir"); !errors.Is(err, tills.ErrCode) {
		t.Errorf("joined without a code: %v", err)
	}
	if _, err := w.Join(t.Context(), long.Code[:len(long.Code)-1], d.point, "Kasir"); !errors.Is(err, tills.ErrCode) {
		t.Errorf("joined with half a code: %v", err)
	}
	for name, point := range map[string][]byte{"none": nil, "off the curve": append([]byte{2}, make([]byte, 32)...), "not compressed": append([]byte{4}, d.point[1:]...), "short": d.point[:32]} {
		if name == "off the curve" {
			point[32] = 7
		}
		if _, err := w.Join(t.Context(), long.Code, point, "Kasir"); !errors.Is(err, tills.ErrInvalid) {
			t.Errorf("joined with a key that is %s: %v", name, err)
		}
	}
	if _, err := w.Join(t.Context(), long.Code, d.point, "a\x00b"); !errors.Is(err, tills.ErrInvalid) {
		t.Errorf("joined with a NUL in the name: %v", err)
	}
	spaced := long.Code[:4] + "-" + long.Code[4:8] + " " + long.Code[8:]
	must[tills.Till](t)(w.Join(t.Context(), spaced, d.point, "Kasir")) // refusals used nothing up
}

func TestATillNotConfirmedInTimeIsVoid(t *testing.T) {
	w := newWorld(t)
	joined := w.join(t, newDevice(t))
	w.clock.Advance(tills.ConfirmLife)
	if _, err := w.Confirm(w.owner, joined.ID); !errors.Is(err, tills.ErrTooLate) {
		t.Errorf("got %v, want ErrTooLate", err)
	}
	if got := must[tills.Till](t)(w.Get(w.owner, joined.ID)); got.State != tills.Revoked {
		t.Errorf("it reads as %s", got.State)
	}
	must[tills.Till](t)(w.Revoke(w.owner, joined.ID))
}

func TestTillsOutOfReachAreNotThere(t *testing.T) {
	w, d := newWorld(t), newDevice(t)
	joined := w.join(t, d)
	strangers := map[string]context.Context{
		"nobody":                 t.Context(),
		"another owner":          as(t, actor.PartnerOwner, actor.PartnerScope, uuid.New()),
		"a supervisor elsewhere": as(t, actor.BranchSupervisor, actor.BranchScope, donggala),
		"the till itself":        actor.With(t.Context(), actor.Actor{Kind: actor.Till, ID: joined.ID, PartnerID: w.outlet.PartnerID, OutletID: w.outlet.ID, Permissions: []actor.Permission{actor.Redeem}}),
	}
	for name, ctx := range strangers {
		_, enrol := w.Enrol(ctx, w.outlet.ID)
		_, list := w.List(ctx, w.outlet.ID, first)
		for what, err := range map[string]error{"enrol": enrol, "list": list} {
			if !errors.Is(err, partners.ErrOutletNotFound) {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
		for what, f := range map[string]func(context.Context, uuid.UUID) (tills.Till, error){"get": w.Get, "confirm": w.Confirm, "revoke": w.Revoke} {
			if _, err := f(ctx, joined.ID); !errors.Is(err, tills.ErrNotFound) {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
	}
	supervisor := as(t, actor.BranchSupervisor, actor.BranchScope, palu)
	if _, err := w.Confirm(supervisor, joined.ID); !errors.Is(err, tills.ErrNotFound) {
		t.Errorf("the branch confirmed a till: %v", err)
	}
	must[tills.Till](t)(w.Get(supervisor, joined.ID))
	must[tills.Till](t)(w.Revoke(supervisor, joined.ID)) // a stolen one
	must[partners.Outlet](t)(w.partners.CloseOutlet(testkit.System(t), w.outlet.ID))
	if _, err := w.Enrol(w.owner, w.outlet.ID); !errors.Is(err, tills.ErrOutletClosed) {
		t.Errorf("enrolled at a closed outlet: %v", err)
	}
}
