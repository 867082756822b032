//go:build unix

package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/bench/load"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/testkit"
)

// The tests in this file kill the real binary, or its database server, under
// sixteen tills. KILLS=n says how often; KILL_SEED repeats a run's choices.
const (
	killTills  = 16
	killUsual  = 20 // with BERLAKU_KILL=1 and no KILLS
	killSoon   = 50 * time.Millisecond
	killLate   = 700 * time.Millisecond
	healWithin = 15 * time.Second
)

// Promos of the world under the kills, each with another kind of limit.
const (
	perDay = iota
	total
	budget
	perOutlet
	interval
	unlimited
)

func killPromos() []benefits.Terms {
	all := make([]benefits.Terms, unlimited+1)
	for i := range all {
		all[i] = load.Usual()
		all[i].Limits = benefits.Limits{}
	}
	all[perDay].Limits.Participant = &benefits.ParticipantLimit{Count: 8, Per: benefits.PerDay}
	all[total].Limits.TotalCount = new(int64(400))
	all[total].Stacking = benefits.Exclusive
	all[budget].Limits.TotalAmount = new(int64(4_000_000))
	all[budget].Limits.Participant = &benefits.ParticipantLimit{Count: 1000, Per: benefits.PerEver}
	all[perOutlet].Limits.OutletPerDay = new(int64(150))
	all[interval].Limits.Participant = &benefits.ParticipantLimit{Count: 50, Per: benefits.PerMonth, MinIntervalDays: new(1)}
	return all
}

func kills(t *testing.T) int {
	t.Helper()
	switch n := os.Getenv("KILLS"); {
	case n != "":
		count, err := strconv.Atoi(n)
		if err != nil || count < 1 {
			t.Fatal("KILLS must be a whole number from 1")
		}
		return count
	case os.Getenv("BERLAKU_KILL") != "":
		return killUsual
	default:
		t.Skip("kills servers: set KILLS=20 to run it")
		return 0
	}
}

// siege is the program under load and what the tills wrote down about it.
type siege struct {
	*load.World
	program string
	dir     string
	seed    uint64
	db      *sql.DB
	starts  int
	server  *load.Server
	tills   []*killTill
	heard   chan struct{} // something comes whenever a till gets an answer
}

// besiege makes the world and the program on the database of the environment.
func besiege(t *testing.T) *siege {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("KILL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	s := &siege{dir: t.TempDir(), seed: seed, heard: make(chan struct{}, 1)}
	driver, source, address := "sqlite", "", ""
	if os.Getenv("TEST_POSTGRES_URL") != "" {
		address = testkit.EmptyURL(t)
		driver, source = "pgx", address
	}
	data := folder(t)
	if address == "" {
		source = "file:" + filepath.Join(data, "berlaku.db") + "?_pragma=busy_timeout(5000)"
	}
	var err error
	if s.db, err = sql.Open(driver, source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	if driver == "pgx" {
		var fsync string
		if err := s.db.QueryRowContext(t.Context(), "SHOW fsync").Scan(&fsync); err != nil || fsync != "on" {
			t.Skipf("this PostgreSQL server may forget (fsync %s, %v): use scripts/with-postgres --durable", fsync, err)
		}
	}
	if s.World, err = load.Make(t.Context(), data, address, load.Plan{People: 40, Phones: 12, Outlets: 3, Promos: killPromos()}); err != nil {
		t.Fatal(err)
	}
	if s.program, err = load.Build(t.Context(), s.dir); err != nil {
		t.Fatal(err)
	}
	client := load.NewClient(2 * killTills)
	for i := range killTills {
		s.tills = append(s.tills, &killTill{
			siege: s, client: client, at: i % len(s.APIKeys), rand: rand.New(rand.NewPCG(seed, uint64(i))),
		})
	}
	return s
}

func (s *siege) start(t *testing.T) {
	t.Helper()
	s.starts++
	server, err := load.Serve(t.Context(), s.program, filepath.Join(s.dir, fmt.Sprintf("serve-%d.log", s.starts)), s.Env(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
}

// attack lets every till work against the present server until f returns.
func (s *siege) attack(ctx context.Context, f func(ctx context.Context)) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for _, till := range s.tills {
		all.Go(func() { till.work(ctx) })
	}
	f(ctx)
	stop()
	all.Wait()
}

// settle has every request answered that was not.
func (s *siege) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*healWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, till := range s.tills {
		all.Go(func() {
			for till.open() && ctx.Err() == nil {
				if !till.retry(ctx) {
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	for _, till := range s.tills {
		if till.open() {
			s.report(t)
			t.Fatal("requests stay without an answer although the server is up")
		}
	}
}

// verify asks the program itself whether its records are whole.
func (s *siege) verify(t *testing.T) {
	t.Helper()
	s.quiet(t)
	cmd := exec.CommandContext(t.Context(), s.program, "audit", "verify")
	cmd.Env = s.Env()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("seed %d, start %d: audit verify: %v: %s", s.seed, s.starts, err, out)
	}
}

// quiet waits until PostgreSQL has noticed that the program is gone: a commit
// that was under way ends either way first.
func (s *siege) quiet(t *testing.T) {
	t.Helper()
	for range 500 {
		var n int
		if os.Getenv("TEST_POSTGRES_URL") != "" {
			err := s.db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name = 'berlaku'`).Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
		}
		if n == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("connections of the killed program stay")
}

// report fails the test with what the tills saw and returns a line of figures.
func (s *siege) report(t *testing.T) string {
	t.Helper()
	sent, answered, replayed, voids := 0, 0, 0, 0
	for _, till := range s.tills {
		for _, wrong := range till.wrong {
			t.Errorf("seed %d: %s", s.seed, wrong)
		}
		replayed += till.replayed
		for _, e := range till.entries {
			sent += e.sent
			if e.answer != nil {
				answered++
			}
			if e.void == voided {
				voids++
			}
		}
	}
	return fmt.Sprintf("seed %d: %d requests sent, %d acknowledged, %d of them replays of a lost answer, %d voids", s.seed, sent, answered, replayed, voids)
}

// await waits for the next answer that a till gets, a second at most.
func (s *siege) await() {
	select {
	case <-s.heard: // an old one
	default:
	}
	select {
	case <-s.heard:
	case <-time.After(time.Second):
	}
}

// TestKillOfTheServerLosesAndDoublesNothing kills the server at random moments
// under load, every second time in the very moment in which a till gets an
// answer, and starts it again on the same data.
func TestKillOfTheServerLosesAndDoublesNothing(t *testing.T) {
	n := kills(t)
	s := besiege(t)
	moments := rand.New(rand.NewPCG(s.seed, 1000))
	for i := range n {
		s.start(t)
		s.attack(t.Context(), func(context.Context) {
			time.Sleep(killSoon + time.Duration(moments.Int64N(int64(killLate-killSoon))))
			if i%2 == 1 {
				s.await()
			}
			s.server.Kill()
		})
		s.verify(t)
	}
	s.start(t)
	s.settle(t)
	if err := s.server.Stop(); err != nil {
		t.Fatalf("stop: %v: %s", err, s.server.Log())
	}
	s.verify(t)
	t.Logf("%d kills, %s", n, s.report(t))
	s.checkBooks(t)
}

// TestKillOfPostgreSQLHeals stops the database server hard, twice: once with an
// immediate stop, once with kill -9 of all its processes. The program stays up
// and must serve again by itself.
func TestKillOfPostgreSQLHeals(t *testing.T) {
	kills(t)
	if os.Getenv("TEST_POSTGRES_DATA") == "" {
		t.Skip("needs a PostgreSQL server of its own: use scripts/with-postgres --durable")
	}
	s := besiege(t)
	s.start(t)
	var healed []time.Duration
	s.attack(t.Context(), func(ctx context.Context) {
		for _, stop := range []func(*testing.T){func(*testing.T) {}, killPostgres} {
			time.Sleep(500 * time.Millisecond)
			stop(t)
			restartPostgres(t)
			healed = append(healed, s.healing(ctx, t))
		}
		time.Sleep(500 * time.Millisecond)
	})
	s.settle(t)
	if err := s.server.Stop(); err != nil {
		t.Fatalf("stop: %v: %s", err, s.server.Log())
	}
	s.verify(t)
	t.Logf("2 kills of PostgreSQL, healed after %v, %s", healed, s.report(t))
	s.checkBooks(t)
}

// healing returns how long it takes until a use is recorded again.
func (s *siege) healing(ctx context.Context, t *testing.T) time.Duration {
	t.Helper()
	began, till := time.Now(), load.Till{URL: s.server.URL, APIKey: s.APIKeys[0], Client: load.NewClient(1)}
	for time.Since(began) < healWithin {
		if status, _, err := till.Validate(ctx, s.Printed[0], s.Benefits[unlimited]); err == nil && status == http.StatusOK {
			return time.Since(began)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("not healed within %v: %s", healWithin, s.server.Log())
	return healWithin
}

// What became of the voiding of a use.
const (
	notVoided = iota
	voiding   // sent, no answer yet
	voided    // answered
)

// killEntry is what a till wrote down about one use before it sent it, and
// every answer after.
type killEntry struct {
	key    uuid.UUID
	use    load.Use
	sent   int
	answer *load.Answer
	void   int
}

// killTill is one of the tills: it sends a use, a repetition or a void, one
// after the other, and starts with what is still without an answer.
type killTill struct {
	siege    *siege
	client   *http.Client
	at       int // outlet
	rand     *rand.Rand
	entries  []*killEntry
	replayed int
	wrong    []string
}

func (k *killTill) complain(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if len(k.wrong) < 10 && !slices.Contains(k.wrong, what) {
		k.wrong = append(k.wrong, what)
	}
}

func (k *killTill) till() load.Till {
	return load.Till{URL: k.siege.server.URL, APIKey: k.siege.APIKeys[k.at], Client: k.client}
}

// unanswered are the entries that wait for an answer of any kind.
func (k *killTill) unanswered() (out []*killEntry) {
	for _, e := range k.entries {
		if e.answer == nil || e.void == voiding {
			out = append(out, e)
		}
	}
	return out
}

func (k *killTill) open() bool { return len(k.unanswered()) > 0 }

// retry sends once more what is without an answer. False: the server is away,
// or asked to come again.
func (k *killTill) retry(ctx context.Context) bool {
	for _, e := range k.unanswered() {
		if !k.send(ctx, e) {
			return false
		}
	}
	return true
}

// work goes on until ctx ends or the server is gone.
func (k *killTill) work(ctx context.Context) {
	for ctx.Err() == nil {
		if !k.retry(ctx) || !k.next(ctx) {
			if !alive(k.siege.server.PID) {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// next does something new: mostly a use, at times the same one twice at once,
// an old key again, or a void.
func (k *killTill) next(ctx context.Context) bool {
	old := k.someAnswered()
	switch n := k.rand.IntN(100); {
	case n < 12 && old != nil:
		return k.send(ctx, old)
	case n < 24 && old != nil && old.answer.Outcome == "granted" && old.void == notVoided:
		old.void = voiding
		return k.send(ctx, old)
	}
	e := &killEntry{key: uuid.New(), use: k.invent()}
	k.entries = append(k.entries, e)
	if k.rand.IntN(10) == 0 {
		return k.twice(ctx, e)
	}
	return k.send(ctx, e)
}

func (k *killTill) someAnswered() *killEntry {
	if len(k.entries) == 0 {
		return nil
	}
	if e := k.entries[k.rand.IntN(len(k.entries))]; e.answer != nil {
		return e
	}
	return nil
}

func (k *killTill) invent() load.Use {
	u := load.Use{
		BenefitID: k.siege.Benefits[k.rand.IntN(len(k.siege.Benefits))], Gross: 1_000 + k.rand.Int64N(150_000), IDChecked: true,
		Card: k.siege.Printed[k.rand.IntN(len(k.siege.Printed))],
	}
	if k.rand.IntN(3) == 0 {
		u.ReceiptNumber = fmt.Sprintf("R%d", k.rand.IntN(20))
	}
	if k.rand.IntN(5) == 0 {
		phone := k.siege.Phones[k.rand.IntN(len(k.siege.Phones))]
		if text, err := cards.Present(phone.Stored, phone.Key, time.Now()); err == nil {
			u.Card = text
		}
	}
	return u
}

// send posts what the entry still needs and takes down the answer.
func (k *killTill) send(ctx context.Context, e *killEntry) bool {
	ctx = context.WithoutCancel(ctx) // an answer on its way is waited for
	if e.answer != nil && e.void == voiding {
		status, a, err := k.till().Void(ctx, e.answer.ID)
		return k.takeVoid(e, status, a, err)
	}
	e.sent++
	status, a, err := k.till().Redeem(ctx, e.key, e.use)
	return k.take(e, status, a, err)
}

// twice posts the same use on two connections at once.
func (k *killTill) twice(ctx context.Context, e *killEntry) bool {
	ctx = context.WithoutCancel(ctx)
	type reply struct {
		status int
		answer load.Answer
		err    error
	}
	other := make(chan reply, 1)
	e.sent += 2
	go func() {
		status, a, err := k.till().Redeem(ctx, e.key, e.use)
		other <- reply{status, a, err}
	}()
	status, a, err := k.till().Redeem(ctx, e.key, e.use)
	second := <-other
	ok := k.take(e, status, a, err)
	return k.take(e, second.status, second.answer, second.err) && ok
}

func (k *killTill) take(e *killEntry, status int, a load.Answer, err error) bool {
	switch {
	case err != nil:
		return false
	case status == http.StatusConflict, status == http.StatusServiceUnavailable:
		return false
	case status != http.StatusCreated && status != http.StatusOK:
		k.complain("key %s: status %d", e.key, status)
		return false
	}
	a.State = "" // a void may have come between
	switch {
	case e.answer == nil:
		if status == http.StatusOK {
			k.replayed++
			if e.sent < 2 {
				k.complain("key %s: the first request is answered as a replay", e.key)
			}
		}
		e.answer = &a
		select {
		case k.siege.heard <- struct{}{}:
		default:
		}
	case *e.answer != a:
		k.complain("key %s: answered %+v, then %+v", e.key, *e.answer, a)
	}
	return true
}

func (k *killTill) takeVoid(e *killEntry, status int, a load.Answer, err error) bool {
	switch {
	case err != nil, status == http.StatusServiceUnavailable:
		return false
	case status != http.StatusOK || a.State != "voided":
		k.complain("void of %s: status %d, state %q", e.answer.ID, status, a.State)
		return false
	}
	e.void = voided
	return true
}
