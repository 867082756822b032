package participants_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
)

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

// world is a service with a follower that notes what it was told.
type world struct {
	*participants.Service
	db    *database.DB
	clock *clock.Manual
	audit *audit.Service
	ctx   context.Context
	told  map[uuid.UUID]participants.Standing // as the follower saw it, in the transaction
	calls int
	fail  error
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: testkit.DB(t), clock: testkit.Clock(), ctx: testkit.System(t), told: map[uuid.UUID]participants.Standing{}}
	w.audit = audit.New(w.db, w.clock)
	w.Service = participants.New(participants.Deps{
		DB: w.db, Clock: w.clock, Keys: testkit.Keys(t), Audit: w.audit, Events: events.New(w.db, w.clock),
	})
	w.Follow(func(ctx context.Context, ids []uuid.UUID) error {
		if !w.db.InTransaction(ctx) {
			t.Error("a follower was called outside a transaction")
		}
		all, err := w.Standings(ctx, ids)
		maps.Copy(w.told, all)
		w.calls++
		return errors.Join(err, w.fail)
	})
	return w
}

func as(ctx context.Context, role actor.Role, branch uuid.UUID) context.Context {
	return actor.With(ctx, actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: role, Scope: actor.BranchScope, ScopeID: branch}}})
}

// nik returns the n-th number of a district that does not exist.
func nik(n int) pii.Text {
	return pii.Text(fmt.Sprintf("72719955%02d%02d%04d", n/9999%12+1, 70, n%9999+1))
}
func kpj(n int) pii.Text { return pii.Text(fmt.Sprintf("191%08d", n)) }

func person(n int) participants.NewParticipant {
	return participants.NewParticipant{
		BranchID: palu, IDNumber: nik(n), Name: pii.Text(fmt.Sprintf("Peserta Kenari %c", 'A'+n%26)), Phone: "081234567890",
		Membership: &participants.NewMembership{KPJ: kpj(n), Segment: participants.BPU, Status: participants.Active, ProtectedUntil: "2026-12-31"},
	}
}

func (w *world) create(t testing.TB, n int) participants.Participant {
	t.Helper()
	p, err := w.Create(w.ctx, person(n))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) standing(t testing.TB, id uuid.UUID) participants.Standing {
	t.Helper()
	s, err := w.Standing(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := w.db.From(w.ctx).Raw(query, args...).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) verifyAudit(t testing.TB) {
	t.Helper()
	if _, err := w.audit.Verify(w.ctx, nil); err != nil {
		t.Errorf("audit chain: %v", err)
	}
}

func TestCreateShowsOnlyMaskedNumbers(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	if p.Name.Reveal() != "Peserta Kenari B" || p.IDNumberMasked != "************0002" || p.PhoneMasked != "**********7890" {
		t.Errorf("got name %q, number %q, phone %q", p.Name.Reveal(), p.IDNumberMasked, p.PhoneMasked)
	}
	if len(p.Memberships) != 1 || p.Memberships[0].KPJMasked != "*******0001" || p.Memberships[0].Status != participants.Active {
		t.Errorf("got memberships %+v", p.Memberships)
	}
	if !slices.Equal(p.Warnings, []string{participants.WarnRegionUnknown}) {
		t.Errorf("got warnings %v", p.Warnings)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", p, person(1)), "Kenari") {
		t.Error("printing a participant shows the name")
	}
	if name, err := w.MaskedName(w.ctx, p.ID); err != nil || name != "PE*****-KE****-B" {
		t.Errorf("masked name %q, %v", name, err)
	}
	if got, err := w.Get(w.ctx, p.ID); err != nil || got.IDNumberMasked != p.IDNumberMasked {
		t.Errorf("get: %+v, %v", got, err)
	}
	w.verifyAudit(t)
}

func TestCreateNamesEveryFieldThatIsWrong(t *testing.T) {
	w := newWorld(t)
	n := participants.NewParticipant{
		BranchID: palu, IDNumber: "7271993102900001", Name: "=1+1", BirthOn: "2030-01-01", Phone: "123", RegionCode: "99.99",
		Membership: &participants.NewMembership{KPJ: "1", Segment: "x", Status: "y", StatusAsOf: "2027-01-01", Programmes: []participants.Programme{"z"}},
		Consent:    &participants.NewConsent{Version: "", Channel: "pigeon"},
	}
	_, err := w.Create(w.ctx, n)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !errors.Is(err, participants.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, x := range f.Fields {
		got = append(got, x.Pointer+" "+x.Code)
	}
	want := []string{
		"/id_number nik_date", "/name formula", "/phone phone_form", "/birth_on birth_date", "/region_code region_unknown",
		"/membership/programmes unknown", "/membership/segment unknown", "/membership/status unknown", "/membership/status_as_of date_future", "/membership/kpj kpj_form",
		"/consent/version required", "/consent/text_hash hash_form", "/consent/channel unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	if n := w.count(t, "SELECT count(*) FROM identity_keys"); n != 0 {
		t.Errorf("%d keys were stored", n)
	}
}

func TestDuplicatesAreConflictsWithoutEcho(t *testing.T) {
	w := newWorld(t)
	w.create(t, 1)
	for _, c := range []struct {
		name   string
		change func(*participants.NewParticipant)
		want   error
	}{
		{"same NIK, written otherwise", func(n *participants.NewParticipant) {
			n.IDNumber = pii.Text(strings.Join(strings.SplitAfter(string(nik(1)), ""), " "))
		}, participants.ErrDuplicateIdentity},
		{"same KPJ", func(n *participants.NewParticipant) { n.Membership.KPJ = kpj(1) }, participants.ErrDuplicateKPJ},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := person(2)
			c.change(&n)
			_, err := w.Create(w.ctx, n)
			if !errors.Is(err, c.want) || fault.KindOf(err) != fault.Conflict {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), string(nik(1))) || strings.Contains(err.Error(), string(kpj(1))) {
				t.Errorf("the error shows the number: %v", err)
			}
		})
	}
	if n := w.count(t, "SELECT count(*) FROM participants"); n != 1 {
		t.Errorf("%d participants", n)
	}
}

func TestOfParallelCreatesOfOneNIKOneWins(t *testing.T) {
	w := newWorld(t)
	const racers = 12
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			n := person(100 + i)
			n.IDNumber = nik(7)
			_, errs[i] = w.Create(w.ctx, n)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, participants.ErrDuplicateIdentity):
			t.Errorf("a loser got %v", err)
		}
	}
	if won != 1 || w.count(t, "SELECT count(*) FROM participants") != 1 || w.count(t, "SELECT count(*) FROM memberships") != 1 {
		t.Errorf("%d won", won)
	}
	w.verifyAudit(t)
}

func TestNothingPersonalStandsInAnyTable(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 4242)
	if err := w.GiveConsent(w.ctx, p.ID, consent()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Import(w.ctx, csvRequest("nik;nama;kpj;segmen;telepon\n7271995508904243;Peserta Kenari Q;19000004243;bpu;081234567890\n727199550890424X;Kenari;19000004244;bpu;\n")); err != nil {
		t.Fatal(err)
	}
	canaries := []string{string(nik(4242)), string(kpj(4242)), "Kenari", "KENARI", "81234567890", "7271995508904243", "19000004243", "424X"}
	var code string
	if a, err := w.BeginActivation(w.ctx, p.ID); err != nil {
		t.Fatal(err)
	} else {
		code = a.Code
	}
	plain := sha256.Sum256([]byte(nik(4242)))
	for _, table := range []string{
		"participants", "identity_keys", "memberships", "membership_history", "consents", "imports", "import_errors", "activations", "audit_entries", "outbox",
	} {
		rows, err := w.db.From(w.ctx).Raw("SELECT * FROM " + table).Rows()
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		seen := 0
		for rows.Next() {
			cells, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				to[i] = &cells[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			seen++
			for i, c := range cells {
				b := fmt.Appendf(nil, "%s", c)
				for _, canary := range append(canaries, code, string(plain[:])) {
					if bytes.Contains(b, []byte(canary)) {
						t.Errorf("%s.%s holds a personal value", table, columns[i])
					}
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || seen == 0 {
			t.Errorf("%s: %d rows, %v", table, seen, err)
		}
	}
}

func consent() participants.NewConsent {
	h := sha256.Sum256([]byte("text"))
	return participants.NewConsent{Version: "2026-11", TextHash: h[:], Channel: participants.ByBranch}
}

func TestReachHidesOtherBranches(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	here, there := as(w.ctx, actor.BranchOfficer, palu), as(w.ctx, actor.BranchOfficer, donggala)
	name := pii.Text("Orang Lain")
	member := participants.NewMembership{KPJ: kpj(9), Segment: participants.PU, Status: participants.Active}
	if _, err := w.Import(here, csvRequest("nik,nama,kpj,segmen\n")); !errors.Is(err, participants.ErrImportPublish) {
		t.Errorf("an officer lets a list run: %v", err)
	}
	list := csvRequest("nik,nama,kpj,segmen\n")
	list.DryRun = true
	run, err := w.Import(here, list)
	if err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func(ctx context.Context) error{
		"get": func(ctx context.Context) error { _, err := w.Get(ctx, p.ID); return err },
		"update": func(ctx context.Context) error {
			_, err := w.Update(ctx, p.ID, participants.Change{Name: &name})
			return err
		},
		"set membership":   func(ctx context.Context) error { _, err := w.SetMembership(ctx, p.ID, member); return err },
		"give consent":     func(ctx context.Context) error { return w.GiveConsent(ctx, p.ID, consent()) },
		"withdraw consent": func(ctx context.Context) error { return w.WithdrawConsent(ctx, p.ID) },
		"activation":       func(ctx context.Context) error { _, err := w.BeginActivation(ctx, p.ID); return err },
		"arrears policy":   func(ctx context.Context) error { return w.SetArrearsPolicy(ctx, palu, false) },
		"import": func(ctx context.Context) error {
			_, err := w.Import(ctx, csvRequest("nik,nama,kpj,segmen\n"))
			return err
		},
		"get import":    func(ctx context.Context) error { _, err := w.GetImport(ctx, run.ID); return err },
		"import errors": func(ctx context.Context) error { _, err := w.ImportErrors(ctx, run.ID); return err },
		"create": func(ctx context.Context) error {
			n := person(55)
			n.Name = "X"
			_, err := w.Create(ctx, n)
			return err
		},
	} {
		if err := call(there); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s from another branch: got %v", what, err)
		}
		if err := call(w.ctxAnonymous()); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s by nobody: got %v", what, err)
		}
	}
	if _, err := w.Update(here, p.ID, participants.Change{Name: &name}); err != nil {
		t.Errorf("update at home: %v", err)
	}
	for ctx, want := range map[context.Context]int{here: 1, there: 0} {
		if l, err := w.List(ctx, participants.Filter{}, page.Request{Limit: 10}); err != nil || len(l.Items) != want {
			t.Errorf("list: %d items, %v; want %d", len(l.Items), err, want)
		}
	}
	if l, err := w.List(there, participants.Filter{IDNumber: nik(1)}, page.Request{Limit: 10}); err != nil || len(l.Items) != 0 {
		t.Errorf("a search by NIK reached another branch: %d, %v", len(l.Items), err)
	}
	if _, err := w.List(as(w.ctx, actor.BranchViewer, palu), participants.Filter{KPJ: kpj(1)}, page.Request{Limit: 10}); !errors.Is(err, participants.ErrSearch) {
		t.Errorf("a viewer searched by KPJ: %v", err)
	}
}

func (w *world) ctxAnonymous() context.Context {
	return actor.With(w.ctx, actor.Actor{Kind: actor.Anonymous})
}

func TestListFiltersAndPages(t *testing.T) {
	w := newWorld(t)
	for n := range 5 {
		w.create(t, n)
		w.clock.Advance(time.Second)
	}
	var got []string
	for r := (page.Request{Limit: 2}); ; {
		l, err := w.List(w.ctx, participants.Filter{BranchID: palu, Status: participants.Active, Segment: participants.BPU}, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range l.Items {
			got = append(got, p.IDNumberMasked[12:])
		}
		if l.NextCursor == "" {
			break
		}
		if r, err = page.Parse(2, l.NextCursor); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"0005", "0004", "0003", "0002", "0001"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, c := range map[string]struct {
		f    participants.Filter
		want int
	}{
		"by NIK": {participants.Filter{IDNumber: nik(3)}, 1}, "by KPJ": {participants.Filter{KPJ: kpj(3)}, 1},
		"by NIK and another KPJ": {participants.Filter{IDNumber: nik(3), KPJ: kpj(2)}, 0}, "by unknown NIK": {participants.Filter{IDNumber: nik(77)}, 0},
		"by status": {participants.Filter{Status: participants.Inactive}, 0}, "by branch": {participants.Filter{BranchID: donggala}, 0},
	} {
		if l, err := w.List(w.ctx, c.f, page.Request{Limit: 10}); err != nil || len(l.Items) != c.want {
			t.Errorf("%s: %d items, %v; want %d", name, len(l.Items), err, c.want)
		}
	}
}

func TestUpdateKeepsWhatIsNotNamed(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	phone := pii.Text("62 899 1111 2222")
	got, err := w.Update(w.ctx, p.ID, participants.Change{Phone: &phone})
	if err != nil || got.Name != p.Name || got.PhoneMasked != "**********2222" {
		t.Errorf("got %q %q, %v", got.Name.Reveal(), got.PhoneMasked, err)
	}
	region := "00.00"
	if _, err := w.Update(w.ctx, p.ID, participants.Change{RegionCode: &region}); !errors.Is(err, participants.ErrInvalid) {
		t.Errorf("unknown region: %v", err)
	}
}

func TestCreateManyIsFastAndAllOrNothing(t *testing.T) {
	w := newWorld(t)
	all := make([]participants.NewParticipant, 3000)
	for n := range all {
		all[n] = person(n)
	}
	ids, err := w.CreateMany(w.ctx, all)
	if err != nil || len(ids) != len(all) {
		t.Fatal(len(ids), err)
	}
	standings, err := w.Standings(w.ctx, ids)
	if err != nil || len(standings) != len(all) || !standings[ids[2999]].Valid {
		t.Errorf("%d standings, %v", len(standings), err)
	}
	if n := w.count(t, "SELECT count(*) FROM audit_entries"); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
	if _, err := w.CreateMany(w.ctx, []participants.NewParticipant{person(9000), person(5)}); !errors.Is(err, participants.ErrDuplicateIdentity) {
		t.Errorf("got %v", err)
	}
	if n := w.count(t, "SELECT count(*) FROM participants"); n != len(all) {
		t.Errorf("%d participants after a refused batch", n)
	}
}

func TestWhoOnlyLooksOnSeesMaskedNames(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	for role, want := range map[actor.Role]bool{
		actor.BranchViewer: false, actor.BranchOfficer: true, actor.BranchSupervisor: true,
	} {
		got, err := w.Get(as(w.ctx, role, palu), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if full := got.Name.Reveal() == p.Name.Reveal(); full != want {
			t.Errorf("%s sees the full name: %v, want %v", role, full, want)
		}
		if got.Name.Reveal() == "" {
			t.Errorf("%s sees no name at all", role)
		}
	}
}
