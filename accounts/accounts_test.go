package accounts_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/testkit"
)

const (
	email     = "siti@example.test"
	password  = "gunung hijau tujuh lembah"
	network   = "203.0.113.0/24"
	elsewhere = "198.51.100.0/24"
)

var (
	branchA = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	branchB = uuid.MustParse("01890000-0000-7000-8000-000000000002")
	wadah   = uuid.MustParse("01890000-0000-7000-8000-0000000000aa")
)

// world is a service with two partners, one in each branch, an outlet each.
type world struct {
	*accounts.Service
	db                                   *database.DB
	clock                                *clock.Manual
	audit                                *audit.Service
	partners                             map[uuid.UUID]uuid.UUID // partner -> branch
	outlets                              map[uuid.UUID]uuid.UUID // outlet -> partner
	partnerA, partnerB, outletA, outletB uuid.UUID
}

var errNoPartner = fault.New(fault.NotFound, "not_found", "")

func (w *world) PartnerBranch(_ context.Context, id uuid.UUID) (uuid.UUID, error) {
	if b, ok := w.partners[id]; ok {
		return b, nil
	}
	return uuid.Nil, errNoPartner
}

func (w *world) OutletOwner(_ context.Context, id uuid.UUID) (uuid.UUID, error) {
	if p, ok := w.outlets[id]; ok {
		return p, nil
	}
	return uuid.Nil, errNoPartner
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		db: testkit.DB(t), clock: testkit.Clock(), partners: map[uuid.UUID]uuid.UUID{}, outlets: map[uuid.UUID]uuid.UUID{},
		partnerA: uuid.New(), partnerB: uuid.New(), outletA: uuid.New(), outletB: uuid.New(),
	}
	w.audit = audit.New(w.db, w.clock)
	s, err := accounts.New(accounts.Deps{
		DB: w.db, Clock: w.clock, Keys: testkit.Keys(t), Audit: w.audit, KeyDir: testkit.KeyDir(t), Partners: w, PublicURL: origin,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Service = s
	w.partner(t, w.partnerA, branchA, w.outletA)
	w.partner(t, w.partnerB, branchB, w.outletB)
	return w
}

func (w *world) partner(t *testing.T, id, branch, outlet uuid.UUID) {
	t.Helper()
	sector := uuid.New()
	w.exec(t, "INSERT INTO sectors (id, code, name_id, name_en, state, created_at, updated_at) VALUES (?, ?, 'x', 'x', 'open', ?, ?)", sector, sector.String(), testkit.Start, testkit.Start)
	w.exec(t, "INSERT INTO partners (id, sector_id, branch_id, name, state, created_by, created_at, updated_at) VALUES (?, ?, ?, 'x', 'active', ?, ?, ?)", id, sector, branch, uuid.Nil, testkit.Start, testkit.Start)
	w.exec(t, "INSERT INTO outlets (id, partner_id, region_code, name, address, zone, state, created_at, updated_at) VALUES (?, ?, '72.71', 'x', 'x', 'Asia/Makassar', 'active', ?, ?)", outlet, id, testkit.Start, testkit.Start)
	w.partners[id], w.outlets[outlet] = branch, id
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.db.From(ctx).Exec(sql, args...).Error }); err != nil {
		t.Fatal(err)
	}
}

func (w *world) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := w.db.From(t.Context()).Raw(sql, args...).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// person makes an account with the one password of these tests.
func (w *world) person(t *testing.T, address string, grants ...actor.Grant) accounts.Account {
	t.Helper()
	a, err := w.CreateDirect(testkit.System(t), accounts.NewAccount{Email: address, Name: "Siti Aminah", Password: password}, grants...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// as returns a context in which the account acts, with its grants of now.
func (w *world) as(t *testing.T, a accounts.Account) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: a.ID, Grants: a.Grants})
}

func (w *world) login(t *testing.T, address string) (accounts.SessionToken, error) {
	t.Helper()
	token, _, err := w.Login(t.Context(), accounts.Login{Email: address, Password: password, Network: network})
	return token, err
}

func (w *world) mustLogin(t *testing.T, address string) accounts.SessionToken {
	t.Helper()
	token, err := w.login(t, address)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) failLogin(t *testing.T, address, net string) error {
	t.Helper()
	_, _, err := w.Login(t.Context(), accounts.Login{Email: address, Password: "not the right one", Network: net})
	if err == nil {
		t.Fatal("a wrong password was accepted")
	}
	return err
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

// actions returns what the audit log holds, after checking the chain.
func (w *world) actions(t *testing.T) string {
	t.Helper()
	var all []string
	if _, err := w.audit.Verify(t.Context(), func(e *audit.Entry) error {
		all = append(all, e.Action+" "+e.Details)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func TestAnAccountIsSealedAndFoundByItsAddress(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, "  Siti@Example.TEST ", actor.Grant{Role: actor.HQAnalyst, Scope: actor.National})
	if got := a.Email.Reveal(); got != email {
		t.Errorf("address: got %q, want %q", got, email)
	}
	w.mustLogin(t, "SITI@example.test")
	if n := w.count(t, "SELECT count(*) FROM accounts WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'"); n != 1 {
		t.Errorf("stored hashes with the parameters of the rule: got %d, want 1", n)
	}
	var sealed, index []byte
	if err := w.db.From(t.Context()).Raw("SELECT email_sealed, email_index FROM accounts").Row().Scan(&sealed, &index); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed)+string(index), "siti") {
		t.Error("the address can be read in the database")
	}
	_, err := w.CreateDirect(testkit.System(t), accounts.NewAccount{Email: email, Name: "Other", Password: password})
	want(t, err, accounts.ErrAccountExists)
	_, err = w.CreateDirect(w.as(t, a), accounts.NewAccount{Email: "x@example.test", Name: "Other", Password: password})
	want(t, err, accounts.ErrForbidden)
	if log := w.actions(t); !strings.Contains(log, "account.created") || strings.Contains(log, "siti") {
		t.Errorf("audit log: %s", log)
	}
}

func TestUnknownWrongAndDisabledLookTheSame(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	w.person(t, "other@example.test")
	gone := w.person(t, "gone@example.test")
	if err := w.Disable(testkit.System(t), gone.ID); err != nil {
		t.Fatal(err)
	}
	cases := map[string]accounts.Login{
		"unknown account":   {Email: "nobody@example.test", Password: password, Network: network},
		"no address at all": {Email: "", Password: "", Network: network},
		"wrong password":    {Email: email, Password: password + "x", Network: network},
		"disabled account":  {Email: "gone@example.test", Password: password, Network: network},
		"wrong, with code":  {Email: email, Password: password + "x", TOTP: "123456", Network: network},
	}
	var first string
	for name, in := range cases {
		before := w.HashRuns()
		token, a, err := w.Login(t.Context(), in)
		want(t, err, accounts.ErrCredentials)
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first || token.Token != "" || a.ID != uuid.Nil {
			t.Errorf("%s: the answer differs: %v", name, err)
		}
		if n := w.HashRuns() - before; n != 1 {
			t.Errorf("%s: %d hashes, want 1", name, n)
		}
	}
}

func TestFiveFailuresLockOneNetworkForAWhile(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	for range 5 {
		want(t, w.failLogin(t, email, network), accounts.ErrCredentials)
	}
	before := w.HashRuns()
	_, err := w.login(t, email)
	want(t, err, accounts.ErrLocked)
	locked, ok := errors.AsType[*accounts.LockedError](err)
	if !ok || locked.RetryAfter() != 15*time.Minute {
		t.Errorf("retry after: got %v, want 15m", locked)
	}
	if w.HashRuns() != before {
		t.Error("a locked sign-in cost a hash")
	}
	if _, _, err := w.Login(t.Context(), accounts.Login{Email: email, Password: password, Network: elsewhere}); err != nil {
		t.Errorf("from another network: %v", err)
	}
	w.clock.Advance(15*time.Minute - time.Second)
	want(t, func() error { _, err := w.login(t, email); return err }(), accounts.ErrLocked)
	w.clock.Advance(time.Second)
	w.mustLogin(t, email)
	if log := w.actions(t); strings.Count(log, "account.locked") != 1 {
		t.Errorf("want one entry about the lock:\n%s", log)
	}
}

func TestEachLockIsTwiceAsLongUntilSomebodySignsIn(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	lock := func() time.Duration {
		for range 5 {
			want(t, w.failLogin(t, email, network), accounts.ErrCredentials)
		}
		locked, ok := errors.AsType[*accounts.LockedError](w.failLogin(t, email, network))
		if !ok {
			t.Fatal("five failures do not lock")
		}
		w.clock.Advance(locked.RetryAfter())
		return locked.RetryAfter()
	}
	for i, long := range []time.Duration{15, 30, 60, 120, 240, 480, 480} {
		if got := lock(); got != long*time.Minute {
			t.Fatalf("lock %d: %v, want %v", i+1, got, long*time.Minute)
		}
	}
	w.mustLogin(t, email)
	if got := lock(); got != 15*time.Minute {
		t.Errorf("after signing in: %v", got)
	}
	w.clock.Advance(25 * time.Hour)
	if got := lock(); got != 15*time.Minute {
		t.Errorf("a day later: %v", got)
	}
}

func TestFailuresAreForgottenAfterSuccessAndAfterTheWindow(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	for range 3 {
		for range 4 {
			want(t, w.failLogin(t, email, network), accounts.ErrCredentials)
		}
		w.mustLogin(t, email)
	}
	for range 3 {
		for range 4 {
			want(t, w.failLogin(t, email, network), accounts.ErrCredentials)
		}
		w.clock.Advance(15 * time.Minute)
	}
	w.mustLogin(t, email)
}

func TestManyNetworksLockTheWholeAccount(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	w.person(t, "other@example.test")
	for i := range 50 {
		want(t, w.failLogin(t, email, string(rune('a'+i/4))), accounts.ErrCredentials)
	}
	_, err := w.login(t, email)
	want(t, err, accounts.ErrLocked)
	w.mustLogin(t, "other@example.test")
	w.clock.Advance(15 * time.Minute)
	w.mustLogin(t, email)
}

func TestParallelFailuresAreCountedExactly(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	var mu sync.Mutex
	got := map[string]int{}
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			_, _, err := w.Login(t.Context(), accounts.Login{Email: email, Password: "not the right one", Network: network})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, accounts.ErrCredentials):
				got["refused"]++
			case errors.Is(err, accounts.ErrLocked):
				got["locked"]++
			default:
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]int{"refused": 5, "locked": 19}, got); diff != "" {
		t.Error(diff)
	}
}

func TestALockHoldsForTheRightPasswordOnItsWay(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	in := accounts.Login{Email: email, Password: password, Network: network}
	want(t, w.LoginWith(t.Context(), in, func() {
		for range 5 {
			want(t, w.failLogin(t, email, network), accounts.ErrCredentials)
		}
	}), accounts.ErrLocked)
	w.clock.Advance(time.Hour)
	want(t, w.LoginWith(t.Context(), in, func() {
		if err := w.Disable(testkit.System(t), a.ID); err != nil {
			t.Fatal(err)
		}
	}), accounts.ErrCredentials)
	if n := w.count(t, "SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
}

func TestParallelSignInsWithTheRightPasswordAllSucceed(t *testing.T) {
	w := newWorld(t)
	w.person(t, email)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := w.login(t, email); err != nil {
				t.Errorf("sign in: %v", err)
			}
		})
	}
	all.Wait()
}

func TestAllowCountsExactlyAcrossCallers(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	allowed := 0
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			ok, after, err := w.Allow(t.Context(), "enrol 203.0.113.0/24", 5, 10*time.Minute)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case ok:
				allowed++
			case after != 10*time.Minute:
				t.Errorf("retry after %v, want 10m", after)
			}
		})
	}
	all.Wait()
	if allowed != 5 {
		t.Errorf("allowed %d, want 5", allowed)
	}
	if n := w.count(t, "SELECT count(*) FROM throttles WHERE bucket LIKE '%203%' OR bucket LIKE '%enrol%'"); n != 0 {
		t.Error("a bucket can be read in the database")
	}
	w.clock.Advance(10 * time.Minute)
	if ok, _, err := w.Allow(t.Context(), "enrol 203.0.113.0/24", 5, 10*time.Minute); err != nil || !ok {
		t.Errorf("in the next window: %v, %v", ok, err)
	}
	if ok, _, err := w.Allow(t.Context(), "another", 5, 10*time.Minute); err != nil || !ok {
		t.Errorf("another bucket: %v, %v", ok, err)
	}
	w.clock.Advance(48 * time.Hour)
	if n, err := w.Purge(t.Context()); err != nil || n != 2 {
		t.Errorf("purge: %d, %v, want 2 rows", n, err)
	}
}

func TestACodeWorksOnce(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	ctx := w.as(t, a)
	want(t, w.ConfirmTOTP(ctx, "123456"), accounts.ErrTOTPMissing)
	setup, err := w.EnableTOTP(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(setup.URI, "otpauth://totp/Berlaku:") {
		t.Errorf("URI: %s", setup.URI)
	}
	w.mustLogin(t, email) // begun is not in force
	code := func() string {
		c, err := totp.GenerateCode(setup.Secret, w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want(t, w.ConfirmTOTP(ctx, "12345"), accounts.ErrTOTPCode)
	confirmed := code()
	if err := w.ConfirmTOTP(ctx, confirmed); err != nil {
		t.Fatal(err)
	}
	_, err = w.EnableTOTP(ctx)
	want(t, err, accounts.ErrTOTPEnabled)

	try := func(pass, c string) error {
		_, got, err := w.Login(t.Context(), accounts.Login{Email: email, Password: pass, TOTP: c, Network: network})
		if err == nil && !got.TOTP {
			t.Error("the account does not say that it has a second factor")
		}
		return err
	}
	want(t, try(password, ""), accounts.ErrTOTPRequired)
	want(t, try("not the right one", ""), accounts.ErrCredentials)
	want(t, try(password, confirmed), accounts.ErrCredentials)
	w.clock.Advance(30 * time.Second)
	fresh := code()
	if err := try(password, fresh); err != nil {
		t.Fatal(err)
	}
	want(t, try(password, fresh), accounts.ErrCredentials)
	w.clock.Advance(time.Minute)
	early := code()
	w.clock.Advance(-30 * time.Second) // the phone is one step ahead
	if err := try(password, early); err != nil {
		t.Errorf("a code one step off: %v", err)
	}
	w.clock.Advance(5 * time.Minute)
	late := code()
	w.clock.Advance(time.Minute)
	want(t, try(password, late), accounts.ErrCredentials)
	want(t, w.DisableTOTP(ctx, late), accounts.ErrTOTPCode)
	if err := w.DisableTOTP(ctx, code()); err != nil {
		t.Fatal(err)
	}
	w.mustLogin(t, email)
}

func TestTheSameCodeInParallelSignsInOnce(t *testing.T) {
	w := newWorld(t)
	ctx := w.as(t, w.person(t, email))
	setup, err := w.EnableTOTP(ctx)
	if err != nil {
		t.Fatal(err)
	}
	code := func() string { c, _ := totp.GenerateCode(setup.Secret, w.clock.Now()); return c }
	if err := w.ConfirmTOTP(ctx, code()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	in := accounts.Login{Email: email, Password: password, TOTP: code(), Network: network}
	var mu sync.Mutex
	var all sync.WaitGroup
	ok := 0
	for range 5 {
		all.Go(func() {
			if _, _, err := w.Login(t.Context(), in); err == nil {
				mu.Lock()
				ok++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if ok != 1 {
		t.Errorf("%d sign-ins with one code, want 1", ok)
	}
}

func TestTheFirstAccountIsClaimedOnce(t *testing.T) {
	w := newWorld(t)
	first := accounts.NewAccount{Email: email, Name: "Siti", Password: password}
	old, made, err := w.Bootstrap(t.Context())
	if err != nil || !made || len(old) < 43 {
		t.Fatalf("bootstrap: %q, %v, %v", old, made, err)
	}
	token, _, err := w.Bootstrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Claim(t.Context(), old, first)
	want(t, err, accounts.ErrBootstrap)
	_, err = w.Claim(t.Context(), "guess", first)
	want(t, err, accounts.ErrBootstrap)
	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		all.Go(func() {
			a, err := w.Claim(t.Context(), token, first)
			if err != nil {
				if !errors.Is(err, accounts.ErrBootstrap) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			won++
			if diff := cmp.Diff([]actor.Grant{{Role: actor.ProgrammeAdmin, Scope: actor.National}, {Role: actor.SystemAdmin, Scope: actor.National}}, a.Grants); diff != "" {
				t.Error(diff)
			}
		})
	}
	all.Wait()
	if won != 1 {
		t.Errorf("%d claims of one token, want 1", won)
	}
	if token, made, err := w.Bootstrap(t.Context()); err != nil || made || token != "" {
		t.Errorf("with an account: %q, %v, %v", token, made, err)
	}
}

func TestABootstrapTokenDiesWithTimeAndWithAnyUse(t *testing.T) {
	w := newWorld(t)
	token, _, err := w.Bootstrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(30 * time.Minute)
	_, err = w.Claim(t.Context(), token, accounts.NewAccount{Email: email, Name: "Siti", Password: password})
	want(t, err, accounts.ErrBootstrap)
	if token, _, err = w.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = w.Claim(t.Context(), token, accounts.NewAccount{Email: email, Name: "Siti", Password: "short"})
	want(t, err, accounts.ErrPasswordShort)
	_, err = w.Claim(t.Context(), token, accounts.NewAccount{Email: email, Name: "Siti", Password: password})
	want(t, err, accounts.ErrBootstrap)
}

func TestPasswordRules(t *testing.T) {
	cases := map[string]struct {
		password string
		want     error
	}{
		"a passphrase":                       {"kuda batu lampu senja", nil},
		"random characters":                  {"k7Tq-vX2m_Zp9", nil},
		"characters, not bytes":              {"ñandú größe жук", nil},
		"eleven characters":                  {"k7Tq-vX2m_Z", accounts.ErrPasswordShort},
		"eleven characters of many bytes":    {"жжукжукжукж", accounts.ErrPasswordShort},
		"129 characters":                     {strings.Repeat("k7Tq-vX2m", 15)[:129], accounts.ErrPasswordLong},
		"128 characters":                     {strings.Repeat("k7Tq-vX2m", 15)[:128], nil},
		"a common word made longer":          {"Password12345678", accounts.ErrPasswordCommon},
		"words of the programme":             {"bpjs ketenagakerjaan", accounts.ErrPasswordCommon},
		"words of the programme and a year":  {"PerisaiJamsostek2026!", accounts.ErrPasswordCommon},
		"a disguised word":                   {"P@ssw0rdP@ssw0rd", accounts.ErrPasswordCommon},
		"a row of digits":                    {"123456789012345", accounts.ErrPasswordCommon},
		"one character again and again":      {"aaaaaaaaaaaaaaaa", accounts.ErrPasswordCommon},
		"few characters again and again":     {"abababababababab", accounts.ErrPasswordCommon},
		"the own name":                       {"BudiSantoso2026", accounts.ErrPasswordCommon},
		"the own address":                    {"budi.kasir@example", accounts.ErrPasswordCommon},
		"a common word inside something odd": {"xk9 bpjs vq7 tw2 zz", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := accounts.CheckPassword(c.password, "budi.kasir@example.test", "Budi Santoso")
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), c.password) {
				t.Error("the refusal holds the password")
			}
		})
	}
}
