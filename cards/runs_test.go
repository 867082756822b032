package cards_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

func (w *world) persons(branch uuid.UUID, n int) []uuid.UUID {
	w.t.Helper()
	out := make([]uuid.UUID, n)
	for i := range out {
		out[i] = w.person(branch)
	}
	return out
}

// officer acts for branches.
func officer(t testing.TB, branches ...uuid.UUID) context.Context {
	t.Helper()
	who := actor.Actor{Kind: actor.Account, ID: uuid.New()}
	for _, b := range branches {
		who.Grants = append(who.Grants, actor.Grant{Role: actor.BranchOfficer, Scope: actor.BranchScope, ScopeID: b})
	}
	return actor.With(t.Context(), who)
}

func (w *world) start(ctx context.Context, n cards.NewRun) cards.Run {
	w.t.Helper()
	w.clock.Advance(time.Second) // the newest first is by time
	r, err := w.cards.StartRun(ctx, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) work(want int64) {
	w.t.Helper()
	if n, err := w.cards.WorkRuns(w.ctx); err != nil || n != want {
		w.t.Fatalf("worked %d off, %v; want %d", n, err, want)
	}
}

func (w *world) run(id uuid.UUID) cards.Run {
	w.t.Helper()
	r, err := w.cards.GetRun(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// held returns how many active printed cards each person has.
func (w *world) held(ids []uuid.UUID) map[int]int {
	w.t.Helper()
	out := map[int]int{}
	for _, id := range ids {
		all, err := w.cards.List(w.ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		n := 0
		for _, c := range all {
			if c.Form == cards.Printed && c.State == cards.Active {
				n++
			}
		}
		out[n]++
	}
	return out
}

func TestARunGivesEverybodyOneCardAndKeepsGoodOnes(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 60)
	kept := w.printed(ids[10])
	old := w.printed(ids[11])
	if _, err := w.cards.Revoke(w.ctx, old.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	held := ids[12]
	consent := participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.BySelf}
	if err := errors.Join(w.people.GiveConsent(w.ctx, held, consent), w.people.WithdrawConsent(w.ctx, held)); err != nil {
		t.Fatal(err)
	}
	boss := officer(t, palu)
	r := w.start(boss, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: append(slices.Clone(ids), ids[:5]...)})
	if r.Total != 60 || r.State != cards.RunRunning || r.BranchID != palu || r.Sheets() != 0 {
		t.Errorf("started as %+v", r)
	}
	w.work(60)
	w.work(0)
	r = w.run(r.ID)
	if r.Done != 59 || r.Failed != 1 || r.State != cards.RunDone || r.FinishedAt.IsZero() || r.Sheets() != 1 {
		t.Errorf("ended as %+v", r)
	}
	if got := w.held(ids); got[1] != 59 || got[0] != 1 {
		t.Errorf("people by number of cards: %v", got)
	}
	w.want(w.cards.Text(kept), cards.OK)
	failures, err := w.cards.RunFailures(boss, r.ID)
	if err != nil || len(failures) != 1 || failures[0] != (cards.Failure{Seq: 13, ParticipantID: held, Code: "processing_restricted"}) {
		t.Errorf("failures %+v, %v", failures, err)
	}
	sheet, err := w.cards.RunSheet(boss, r.ID, 1)
	if err != nil || len(sheet) == 0 {
		t.Errorf("sheet: %v", err)
	}
	for _, n := range []int{-1, 0, 2, 1 << 30} {
		if _, err := w.cards.RunSheet(boss, r.ID, n); !errors.Is(err, cards.ErrSheetNotFound) {
			t.Errorf("sheet %d: %v", n, err)
		}
	}
	if got := w.actions(r.ID); got["card_run.created"] != 1 {
		t.Errorf("the log: %v", got)
	}
	issued := 0
	for _, e := range w.entries(audit.Filter{SubjectKind: "card"}) {
		if e.Action == "card.issued" && e.ActorID == r.CreatedBy {
			issued++
		}
	}
	if issued != 58 {
		t.Errorf("the log holds %d cards of who started the run, want 58", issued)
	}
	if _, err := w.audit.Verify(w.ctx, nil); err != nil {
		t.Error(err)
	}
}

// imported enters many people by a file, as a branch does.
func (w *world) imported(n int) (ids []uuid.UUID, run uuid.UUID) {
	w.t.Helper()
	var file bytes.Buffer
	file.WriteString("nik;nama;kpj;segmen;status\n")
	for i := range n {
		fmt.Fprintf(&file, "%s;Budi Santoso;%011d;pu;aktif\n", nik(i+1).Reveal(), 20000000000+i)
	}
	r, err := w.people.Import(w.ctx, participants.ImportRequest{BranchID: palu, Format: participants.CSV, File: bytes.NewReader(file.Bytes()), Size: int64(file.Len())})
	if err != nil || r.Created != int64(n) {
		w.t.Fatalf("imported %+v, %v", r, err)
	}
	ids, err = w.people.Select(w.ctx, participants.Selection{ImportID: r.ID}, n+1)
	if err != nil || len(ids) != n {
		w.t.Fatalf("%d people of the import, %v", len(ids), err)
	}
	return ids, r.ID
}

// interruptedRun is a run that is stopped again and again in the middle of its
// work, and must still make exactly one card for each.
func interruptedRun(t *testing.T, people int, stops []int) {
	t.Helper()
	w := newWorld(t)
	_, file := w.imported(people)
	r := w.start(w.ctx, cards.NewRun{Kind: cards.RunSheet, Filter: &cards.RunFilter{Selection: participants.Selection{ImportID: file}}})
	for _, stop := range stops {
		ctx, cancel := context.WithCancel(w.ctx)
		calls := 0
		service := w.again(func() {
			if calls++; calls == stop {
				cancel()
			}
		})
		_, err := service.WorkRuns(ctx)
		cancel()
		if err == nil {
			t.Fatalf("it was not stopped at %d", stop)
		}
		now := w.run(r.ID)
		if one, more := w.counted(); one != now.Done || more != 0 || now.Failed != 0 || now.State != cards.RunRunning || now.Sheets() != now.Done/200 {
			t.Fatalf("stopped at %d: %d people have a card, %d several, the run says %+v", stop, one, more, now)
		}
	}
	if _, err := w.cards.WorkRuns(w.ctx); err != nil {
		t.Fatal(err)
	}
	if now := w.run(r.ID); now.Total != people || now.Done != people || now.State != cards.RunDone || now.Sheets() != (people+199)/200 {
		t.Errorf("ended as %+v", now)
	}
	if one, more := w.counted(); one != people || more != 0 {
		t.Errorf("%d people have a card, %d several", one, more)
	}
}

// counted returns how many people have one printed card, and how many several.
func (w *world) counted() (one, more int) {
	w.t.Helper()
	db, err := w.db.SQL()
	if err != nil {
		w.t.Fatal(err)
	}
	err = db.QueryRowContext(w.t.Context(), `SELECT count(CASE WHEN n = 1 THEN 1 END), count(CASE WHEN n > 1 THEN 1 END)
		FROM (SELECT count(*) AS n FROM cards WHERE form = 'printed' GROUP BY participant_id) AS held`).Scan(&one, &more)
	if err != nil {
		w.t.Fatal(err)
	}
	return one, more
}

// watched tells of each name that is asked for: once for each card.
type watched struct {
	cards.Participants
	tell func()
}

func (p watched) MaskedName(ctx context.Context, id uuid.UUID) (string, error) {
	p.tell()
	return p.Participants.MaskedName(ctx, id)
}

// again makes the service anew, as a server that starts again does.
func (w *world) again(tell func()) *cards.Service {
	w.t.Helper()
	d := w.deps
	d.Participants = watched{d.Participants, tell}
	return cards.New(d)
}

func TestARunThatIsStoppedGoesOnAtTheNextCard(t *testing.T) {
	interruptedRun(t, 300, []int{1, 26, 40, 7, 99})
}

func TestTenThousandCardsExactlyOnceEach(t *testing.T) {
	if testing.Short() {
		t.Skip("makes ten thousand cards")
	}
	interruptedRun(t, cards.MaxRun, []int{1, 1234, 25, 3333})
}

func TestTwoServersMakeNoCardTwice(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 80)
	r := w.start(w.ctx, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: ids})
	slow := w.again(func() { w.clock.Advance(5 * time.Second) }) // its lease runs out while it works
	errs := make(chan error, 2)
	for _, s := range []*cards.Service{slow, w.cards} {
		go func() {
			_, err := s.WorkRuns(w.ctx)
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	w.clock.Advance(time.Hour)
	if _, err := w.cards.WorkRuns(w.ctx); err != nil {
		t.Fatal(err)
	}
	if now := w.run(r.ID); now.Done != 80 || now.State != cards.RunDone {
		t.Errorf("ended as %+v", now)
	}
	if got := w.held(ids); got[1] != 80 {
		t.Errorf("people by number of cards: %v", got)
	}
}

func TestSomebodyWhoseDataDoesNotOpenIsPassedOver(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 30)
	db, err := w.db.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("UPDATE participants SET name_sealed = id_sealed WHERE id = '%s'", ids[7])); err != nil {
		t.Fatal(err)
	}
	r := w.start(w.ctx, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: ids})
	if n, err := w.cards.WorkRuns(w.ctx); n != 30 || err == nil {
		t.Errorf("worked %d off, %v; want all and the failure told", n, err)
	}
	if now := w.run(r.ID); now.Done != 29 || now.Failed != 1 || now.State != cards.RunDone {
		t.Errorf("ended as %+v", now)
	}
	failures, err := w.cards.RunFailures(w.ctx, r.ID)
	if err != nil || len(failures) != 1 || failures[0].Seq != 8 || failures[0].Code != "internal" {
		t.Errorf("failures %+v, %v", failures, err)
	}
}

func TestARunIsCancelledAndTakenBack(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 60)
	kept := w.printed(ids[3])
	r := w.start(w.ctx, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: ids})
	ctx, cancel := context.WithCancel(w.ctx)
	made := 0
	service := w.again(func() {
		if made++; made == 30 {
			cancel()
		}
	})
	if _, err := service.WorkRuns(ctx); err == nil {
		t.Fatal("it was not stopped")
	}
	boss := officer(t, palu)
	now, err := w.cards.CancelRun(boss, r.ID)
	if err != nil || now.State != cards.RunCancelled || now.Done != 25 || now.FinishedAt.IsZero() || now.Sheets() != 1 {
		t.Fatalf("%+v, %v", now, err)
	}
	if _, err := w.cards.CancelRun(boss, r.ID); !errors.Is(err, cards.ErrRunState) {
		t.Errorf("cancelled twice: %v", err)
	}
	w.work(0)
	if got := w.held(ids); got[1] != 25 {
		t.Errorf("people by number of cards: %v", got)
	}
	late, err := w.cards.List(w.ctx, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.cards.Revoke(w.ctx, late[0].ID, "lost"); err != nil { // one of them has ended by itself
		t.Fatal(err)
	}
	if now, err = w.cards.RevokeRun(boss, r.ID); err != nil || now.State != cards.RunRevoked || !now.FinishedAt.IsZero() || now.Sheets() != 0 {
		t.Fatalf("%+v, %v", now, err)
	}
	w.work(24)
	if now = w.run(r.ID); now.FinishedAt.IsZero() || now.Done != 25 {
		t.Errorf("taken back as %+v", now)
	}
	if got := w.held(ids); got[0] != 59 || got[1] != 1 {
		t.Errorf("people by number of cards: %v", got)
	}
	w.want(w.cards.Text(kept), cards.OK)
	all, err := w.cards.List(w.ctx, ids[1])
	if err != nil || all[0].RevokeReason != "run_revoked" {
		t.Errorf("%+v, %v", all, err)
	}
	w.want(w.cards.Text(all[0]), cards.ERevoked)
	if code := w.offline(w.cards.Text(all[0])); code != cards.ERevoked {
		t.Errorf("offline: %s", code)
	}
	if _, err := w.cards.RevokeRun(boss, r.ID); !errors.Is(err, cards.ErrRunState) {
		t.Errorf("taken back twice: %v", err)
	}
	if got := w.actions(r.ID); got["card_run.cancelled"] != 1 || got["card_run.revoked"] != 1 {
		t.Errorf("the log: %v", got)
	}
	w.work(0)
}

func TestARunTakenBackWhileItIsAtWorkEndsWhatItMade(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 120)
	r := w.start(w.ctx, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: ids})
	made, taken := 0, make(chan error, 1)
	service := w.again(func() {
		if made++; made == 60 {
			go func() { // waits for the slice that is being made
				_, err := w.cards.RevokeRun(w.ctx, r.ID)
				taken <- err
			}()
		}
	})
	if _, err := service.WorkRuns(w.ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	if _, err := service.WorkRuns(w.ctx); err != nil {
		t.Fatal(err)
	}
	if now := w.run(r.ID); now.State != cards.RunRevoked || now.FinishedAt.IsZero() || now.Done < 60 {
		t.Errorf("taken back as %+v", now)
	}
	if got := w.held(ids); got[0] != 120 {
		t.Errorf("people by number of cards: %v", got)
	}
}

func TestWhomARunIsFor(t *testing.T) {
	w := newWorld(t)
	here, there := w.persons(palu, 3), w.persons(donggala, 2)
	both, mine := officer(t, palu, donggala), officer(t, palu)
	sheet := func(f cards.RunFilter) cards.NewRun { return cards.NewRun{Kind: cards.RunSheet, Filter: &f} }
	for _, c := range []struct {
		name string
		ctx  context.Context
		n    cards.NewRun
		want error
	}{
		{"nobody named, no filter", mine, cards.NewRun{Kind: cards.RunSheet}, cards.ErrRunWho},
		{"named and a filter", mine, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: here, Filter: &cards.RunFilter{}}, cards.ErrRunWho},
		{"a filter that finds nobody", mine, sheet(cards.RunFilter{Selection: participants.Selection{RegionCode: "11"}}), cards.ErrRunEmpty},
		{"another branch by filter", mine, sheet(cards.RunFilter{Selection: participants.Selection{BranchID: donggala}}), cards.ErrRunEmpty},
		{"somebody of another branch", mine, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: []uuid.UUID{here[0], there[0]}}, cards.ErrParticipant},
		{"somebody unknown", mine, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: []uuid.UUID{uuid.New()}}, cards.ErrParticipant},
		{"without the permission", as(t, here[0]), sheet(cards.RunFilter{}), cards.ErrRunEmpty},
		{"more than ten thousand", mine, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: many(cards.MaxRun + 1)}, cards.ErrRunTooMany},
		{"links without a way to send", mine, cards.NewRun{Kind: cards.RunLinks, ParticipantIDs: here}, cards.ErrCannotSend},
	} {
		if _, err := w.cards.StartRun(c.ctx, c.n); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	w.printed(here[0])
	for _, c := range []struct {
		name   string
		ctx    context.Context
		f      cards.RunFilter
		total  int
		branch uuid.UUID
	}{
		{"all in reach of one branch", mine, cards.RunFilter{}, 3, palu},
		{"all in reach of two", both, cards.RunFilter{}, 5, uuid.Nil},
		{"a branch", both, cards.RunFilter{Selection: participants.Selection{BranchID: donggala}}, 2, donggala},
		{"without a card", mine, cards.RunFilter{WithoutCard: true}, 2, palu},
		{"a segment", mine, cards.RunFilter{Selection: participants.Selection{Segment: participants.PU, Status: participants.Active}}, 3, palu},
	} {
		r, err := w.cards.StartRun(c.ctx, sheet(c.f))
		if err != nil || r.Total != c.total || r.BranchID != c.branch {
			t.Errorf("%s: %d people of %s, %v; want %d of %s", c.name, r.Total, r.BranchID, err, c.total, c.branch)
		}
	}
	if _, err := w.cards.StartRun(mine, sheet(cards.RunFilter{Selection: participants.Selection{Segment: participants.BPU}})); !errors.Is(err, cards.ErrRunEmpty) {
		t.Errorf("a segment of nobody: %v", err)
	}
}

func many(n int) []uuid.UUID {
	out := make([]uuid.UUID, n)
	for i := range out {
		out[i] = uuid.New()
	}
	return out
}

// TestASheetLeavesOutCardsOfAnotherBranch: somebody who came from there keeps
// the card, and does not hold up the sheet.
func TestASheetLeavesOutCardsOfAnotherBranch(t *testing.T) {
	w := newWorld(t)
	ids := w.persons(palu, 2)
	brought := w.printed(ids[1])
	if err := w.db.InTx(t.Context(), func(ctx context.Context) error {
		return w.db.From(ctx).Exec("UPDATE cards SET branch_id = ? WHERE id = ?", donggala, brought.ID).Error
	}); err != nil {
		t.Fatal(err)
	}
	r := w.start(officer(t, palu), cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: ids})
	w.work(2)
	part, err := w.cards.RunSheet(officer(t, palu), r.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := w.cards.RunSheet(officer(t, palu, donggala), r.ID, 1)
	if err != nil || len(part) >= len(whole) {
		t.Errorf("%d bytes of one card, %d of two, %v", len(part), len(whole), err)
	}
}

func TestRunsAreSeenWithinReach(t *testing.T) {
	w := newWorld(t)
	ours := w.start(officer(t, palu), cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: w.persons(palu, 1)})
	theirs := w.start(officer(t, donggala), cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: w.persons(donggala, 1)})
	whole := officer(t, palu, donggala)
	across := w.start(whole, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: append(w.persons(palu, 1), w.persons(donggala, 1)...)})
	w.work(4)
	for _, c := range []struct {
		name string
		ctx  context.Context
		want []uuid.UUID
	}{
		{"an officer of Palu", officer(t, palu), []uuid.UUID{ours.ID}},
		{"who started the one across", whole, []uuid.UUID{across.ID, theirs.ID, ours.ID}},
		{"another officer of both", officer(t, palu, donggala), []uuid.UUID{theirs.ID, ours.ID}},
		{"the programme", w.ctx, []uuid.UUID{across.ID, theirs.ID, ours.ID}},
		{"a phone", as(t, uuid.New()), nil},
	} {
		p, err := w.cards.ListRuns(c.ctx, page.Request{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []uuid.UUID
		for _, r := range p.Items {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s sees %v, want %v", c.name, got, c.want)
		}
		for _, r := range []cards.Run{ours, theirs, across} {
			_, err := w.cards.RunSheet(c.ctx, r.ID, 1)
			if slices.Contains(c.want, r.ID) != (err == nil) || err != nil && !errors.Is(err, cards.ErrRunNotFound) {
				t.Errorf("%s prints %s: %v", c.name, r.ID, err)
			}
			if slices.Contains(c.want, r.ID) {
				continue
			}
			if _, err := w.cards.RevokeRun(c.ctx, r.ID); !errors.Is(err, cards.ErrRunNotFound) {
				t.Errorf("%s takes %s back: %v", c.name, r.ID, err)
			}
		}
	}
}
