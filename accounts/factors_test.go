package accounts_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/passkey"
)

const origin = "https://kartu.example"

// app puts an authenticator app in force and returns what shows its codes.
func (w *world) app(t *testing.T, a accounts.Account) func() string {
	t.Helper()
	setup, err := w.EnableTOTP(w.as(t, a))
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		c, err := totp.GenerateCode(setup.Secret, w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := w.ConfirmTOTP(w.as(t, a), code()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	return code
}

// key registers a passkey.
func (w *world) key(t *testing.T, a accounts.Account) *passkey.Key {
	t.Helper()
	k := passkey.New(t, origin, "kartu.example")
	options, token, err := w.BeginPasskey(w.as(t, a))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddPasskey(w.as(t, a), token, "HP kantor", k.Create(options)); err != nil {
		t.Fatal(err)
	}
	return k
}

func (w *world) byKey(t *testing.T, k *passkey.Key) (accounts.SessionToken, error) {
	t.Helper()
	options, token, err := w.BeginPasskeyLogin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w.PasskeyLogin(t.Context(), token, k.Get(options), accounts.Login{Network: network})
}

func (w *world) firstStep(t *testing.T) string {
	t.Helper()
	_, p, err := w.BeginLogin(t.Context(), accounts.Login{Email: email, Password: password, Network: network})
	if err != nil || p.Token == "" {
		t.Fatalf("first step: %+v, %v", p, err)
	}
	return p.Token
}

func TestTheSecondStepFollowsTheFirst(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	token, p, err := w.BeginLogin(t.Context(), accounts.Login{Email: email, Password: password, Network: network, Device: "Chrome, Android"})
	if err != nil || token.Token == "" || p.Token != "" {
		t.Fatalf("without a second factor one step is enough: %+v, %v", p, err)
	}
	code := w.app(t, a)
	_, _, err = w.BeginLogin(t.Context(), accounts.Login{Email: email, Password: "not the right one", Network: network})
	want(t, err, accounts.ErrCredentials)
	pending := w.firstStep(t)
	_, err = w.FinishLogin(t.Context(), "nothing", code())
	want(t, err, accounts.ErrLoginOver)
	_, err = w.FinishLogin(t.Context(), pending, "000000")
	want(t, err, accounts.ErrCredentials)
	used := code()
	opened, err := w.FinishLogin(t.Context(), pending, used)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := w.CurrentSession(t.Context(), opened.Token); err != nil || s.Method != accounts.ByTOTP || s.Network != network {
		t.Errorf("session: %+v, %v", s, err)
	}
	_, err = w.FinishLogin(t.Context(), pending, code())
	want(t, err, accounts.ErrLoginOver)
	_, err = w.FinishLogin(t.Context(), w.firstStep(t), used) // the same step again
	want(t, err, accounts.ErrCredentials)
	pending = w.firstStep(t)
	w.clock.Advance(5 * time.Minute)
	_, err = w.FinishLogin(t.Context(), pending, code())
	want(t, err, accounts.ErrLoginOver)
}

func TestWrongCodesLockAndEndTheSignIn(t *testing.T) {
	w := newWorld(t)
	code := w.app(t, w.person(t, email))
	pending := w.firstStep(t)
	for range 5 {
		_, err := w.FinishLogin(t.Context(), pending, "000000")
		want(t, err, accounts.ErrCredentials)
	}
	_, err := w.FinishLogin(t.Context(), pending, code())
	want(t, err, accounts.ErrLocked)
	w.clock.Advance(16 * time.Minute)
	_, err = w.FinishLogin(t.Context(), pending, code())
	want(t, err, accounts.ErrLoginOver)
	if _, err := w.FinishLogin(t.Context(), w.firstStep(t), code()); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	if !strings.Contains(w.actions(t), "account.locked") {
		t.Error("the lock is not recorded")
	}
}

func TestANewPasswordEndsAnOpenSignIn(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	token := w.mustLogin(t, email)
	code := w.app(t, a)
	pending := w.firstStep(t)
	if err := w.ChangePassword(w.as(t, a), token.Token, password, "sebelas ekor kerbau putih"); err != nil {
		t.Fatal(err)
	}
	_, err := w.FinishLogin(t.Context(), pending, code())
	want(t, err, accounts.ErrLoginOver)
}

func TestARecoveryCodeStandsInOnce(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	_, err := w.NewRecoveryCodes(w.as(t, a))
	want(t, err, accounts.ErrFactorNeeded)
	w.app(t, a)
	first, err := w.NewRecoveryCodes(w.as(t, a))
	if err != nil || len(first) != 10 {
		t.Fatalf("%d codes, %v", len(first), err)
	}
	codes, err := w.NewRecoveryCodes(w.as(t, a))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.FinishLogin(t.Context(), w.firstStep(t), first[0])
	want(t, err, accounts.ErrCredentials)
	if _, err := w.FinishLogin(t.Context(), w.firstStep(t), strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))); err != nil {
		t.Fatal(err)
	}
	_, err = w.FinishLogin(t.Context(), w.firstStep(t), codes[0])
	want(t, err, accounts.ErrCredentials)
	if f, err := w.Factors(w.as(t, a)); err != nil || f.Codes != 9 {
		t.Errorf("%d left, %v", f.Codes, err)
	}
	if n := w.count(t, "SELECT count(*) FROM recovery_codes WHERE length(code_hash) = 32"); n != 10 {
		t.Errorf("%d hashes", n)
	}
	if strings.Contains(w.actions(t), codes[0]) {
		t.Error("a code stands in the log")
	}
}

func TestAForgottenPasswordIsSetByARecoveryCode(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	w.app(t, a)
	codes, err := w.NewRecoveryCodes(w.as(t, a))
	if err != nil {
		t.Fatal(err)
	}
	w.person(t, "lain@example.test")
	const fresh = "sebelas ekor kerbau putih"
	before := w.HashRuns()
	err = w.Recover(t.Context(), accounts.Recovery{Email: "nobody@example.test", Code: codes[0], Password: fresh, Network: network})
	want(t, err, accounts.ErrRecovery)
	unknown := w.HashRuns() - before
	err = w.Recover(t.Context(), accounts.Recovery{Email: "lain@example.test", Code: codes[0], Password: fresh, Network: network})
	want(t, err, accounts.ErrRecovery)
	if known := w.HashRuns() - before - unknown; known != unknown {
		t.Errorf("%d hashes for an account, %d for nobody", known, unknown)
	}
	want(t, w.Recover(t.Context(), accounts.Recovery{Email: email, Code: codes[0], Password: "short", Network: network}), accounts.ErrPasswordShort)
	if err := w.Recover(t.Context(), accounts.Recovery{Email: email, Code: codes[0], Password: fresh, Network: network}); err != nil {
		t.Fatal(err)
	}
	want(t, w.Recover(t.Context(), accounts.Recovery{Email: email, Code: codes[0], Password: fresh, Network: network}), accounts.ErrRecovery)
	_, _, err = w.Login(t.Context(), accounts.Login{Email: email, Password: fresh, Network: network})
	want(t, err, accounts.ErrTOTPRequired) // the password alone is still not enough
	for range 4 {
		_ = w.Recover(t.Context(), accounts.Recovery{Email: email, Code: codes[0], Password: fresh, Network: network})
	}
	want(t, w.Recover(t.Context(), accounts.Recovery{Email: email, Code: codes[1], Password: fresh, Network: network}), accounts.ErrLocked)
}

func TestAPasskeySignsIn(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	k := w.key(t, a)
	opened, err := w.byKey(t, k)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := w.CurrentSession(t.Context(), opened.Token); err != nil || s.AccountID != a.ID || s.Method != accounts.ByPasskey {
		t.Errorf("session: %+v, %v", s, err)
	}
	_, err = w.login(t, email)
	want(t, err, accounts.ErrTOTPRequired) // the password alone is not enough any more
	for range 6 {
		w.failLogin(t, email, network)
	}
	if _, err := w.byKey(t, k); err != nil {
		t.Errorf("while the password is locked out: %v", err)
	}
	options, token, err := w.BeginPasskeyLogin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := k.Get(options)
	if _, err := w.PasskeyLogin(t.Context(), token, answer, accounts.Login{}); err != nil {
		t.Fatal(err)
	}
	_, err = w.PasskeyLogin(t.Context(), token, answer, accounts.Login{})
	want(t, err, accounts.ErrLoginOver)
	_, token, err = w.BeginPasskeyLogin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.PasskeyLogin(t.Context(), token, answer, accounts.Login{}) // of another challenge
	want(t, err, accounts.ErrPasskey)
	all, err := w.ListPasskeys(w.as(t, a))
	if err != nil || len(all) != 1 || all[0].Name.Reveal() != "HP kantor" || all[0].LastUsedAt == nil {
		t.Fatalf("list: %+v, %v", all, err)
	}
	want(t, w.RemovePasskey(w.as(t, w.person(t, "lain@example.test")), all[0].ID), accounts.ErrNotFound)
	if err := w.RemovePasskey(w.as(t, a), all[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.byKey(t, k)
	want(t, err, accounts.ErrPasskey)
}

func TestAPasskeyThatDoesNotFitIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*passkey.Key){
		"of a page elsewhere":        func(k *passkey.Key) { k.Origin = "https://kartu.example.evil.test" },
		"for another host":           func(k *passkey.Key) { k.RPID = "evil.test" },
		"without fingerprint or PIN": func(k *passkey.Key) { k.NoUV = true },
		"of another account":         func(k *passkey.Key) { id := uuid.New(); k.User = id[:] },
		"of no account":              func(k *passkey.Key) { k.User = nil },
		"that nobody registered":     func(k *passkey.Key) { k.ID = []byte("another id of a credential that.") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := w.key(t, w.person(t, email))
			spoil(k)
			_, err := w.byKey(t, k)
			want(t, err, accounts.ErrPasskey)
		})
	}
}

func TestACounterThatGoesBackIsRefusedAndRecorded(t *testing.T) {
	w := newWorld(t)
	k := w.key(t, w.person(t, email))
	k.Count = 40
	if _, err := w.byKey(t, k); err != nil {
		t.Fatal(err)
	}
	k.Count = 7
	_, err := w.byKey(t, k)
	want(t, err, accounts.ErrPasskeyCounter)
	if !strings.Contains(w.actions(t), "account.passkey_refused") {
		t.Error("it is not recorded")
	}
	quiet := w.key(t, w.person(t, "lain@example.test"))
	quiet.Count, quiet.Step = 1, 1
	if _, err := w.byKey(t, quiet); err != nil {
		t.Errorf("one that counts: %v", err)
	}
}

func TestPasskeysNeedAName(t *testing.T) {
	for _, url := range []string{"http://127.0.0.1:8080", "http://kartu.example", "https://10.0.0.7"} {
		s, err := accounts.New(accounts.Deps{DB: testkit.DB(t), Clock: testkit.Clock(), Keys: testkit.Keys(t), KeyDir: testkit.KeyDir(t), PublicURL: url})
		if err != nil {
			t.Fatal(err)
		}
		if s.PasskeysPossible() {
			t.Errorf("offered under %s", url)
		}
		_, _, err = s.BeginPasskeyLogin(t.Context())
		want(t, err, accounts.ErrPasskeysOff)
	}
}

func TestAProofIsRememberedForTheSession(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	token := w.mustLogin(t, email).Token
	w.clock.Advance(10 * time.Minute)
	confirmedAt := func() time.Time {
		who, _, err := w.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		return who.ConfirmedAt
	}
	if got := confirmedAt(); !got.Equal(testkit.Start) {
		t.Errorf("from the sign-in: %v", got)
	}
	ctx := w.as(t, a)
	want(t, w.Confirm(ctx, token, accounts.Proof{Password: "not the right one"}), accounts.ErrConfirm)
	if err := w.Confirm(ctx, token, accounts.Proof{Password: password}); err != nil {
		t.Fatal(err)
	}
	if got := confirmedAt(); !got.Equal(w.clock.Now()) {
		t.Errorf("confirmed at %v", got)
	}
	code := w.app(t, a)
	want(t, w.Confirm(ctx, token, accounts.Proof{Password: password}), accounts.ErrTOTPRequired)
	used := code()
	if err := w.Confirm(ctx, token, accounts.Proof{Code: used}); err != nil {
		t.Fatal(err)
	}
	want(t, w.Confirm(ctx, token, accounts.Proof{Code: used}), accounts.ErrConfirm)
	other := w.person(t, "lain@example.test")
	want(t, w.Confirm(w.as(t, other), token, accounts.Proof{Password: password}), accounts.ErrUnauthenticated)
	k := w.key(t, a)
	options, question, err := w.BeginPasskeyConfirm(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	if err := w.PasskeyConfirm(ctx, token, question, k.Get(options)); err != nil || !confirmedAt().Equal(w.clock.Now()) {
		t.Errorf("by passkey: %v", err)
	}
	for range 4 { // and the one that was used already
		want(t, w.Confirm(ctx, token, accounts.Proof{Code: "000000"}), accounts.ErrConfirm)
	}
	want(t, w.Confirm(ctx, token, accounts.Proof{Code: code()}), accounts.ErrLocked)
}

func TestRolesAskForASecondFactor(t *testing.T) {
	w := newWorld(t)
	admin := w.person(t, "admin@example.test", national)
	for role, held := range map[actor.Role]bool{actor.PartnerOwner: true, actor.BranchViewer: true, actor.Auditor: true, actor.Agent: false} {
		address := string(role) + "@example.test"
		made, err := w.Invite(w.as(t, admin), address, w.in(role, false))
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Accept(t.Context(), made.Code, "Siti Aminah", password)
		if err != nil || a.Unfinished != held {
			t.Fatalf("%s: unfinished %v, %v", role, a.Unfinished, err)
		}
		opened, err := w.Open(t.Context(), a, accounts.Login{})
		if err != nil {
			t.Fatal(err)
		}
		who, _, err := w.Authenticate(t.Context(), opened.Token)
		if err != nil || who.Unfinished != held {
			t.Errorf("%s: unfinished %v, %v", role, who.Unfinished, err)
		}
		if !held {
			continue
		}
		w.app(t, a)
		if who, _, err = w.Authenticate(t.Context(), opened.Token); err != nil || who.Unfinished {
			t.Errorf("%s: still unfinished, %v", role, err)
		}
	}
}

func TestASecondFactorIsTakenAwayByTwo(t *testing.T) {
	w := newWorld(t)
	one, two := w.person(t, "a@example.test", national), w.person(t, "b@example.test", national)
	a := w.owner(t, email, w.partnerA)
	w.app(t, a)
	w.key(t, a)
	_, err := w.AskReset(w.as(t, a), a.ID, accounts.ResetFactor)
	want(t, err, accounts.ErrSelf)
	_, err = w.AskReset(w.as(t, w.owner(t, "lain@example.test", w.partnerB)), a.ID, accounts.ResetFactor)
	want(t, err, accounts.ErrNotFound)
	code, err := w.AskReset(w.as(t, one), a.ID, accounts.ResetFactor)
	if err != nil || code != "" {
		t.Fatalf("code %q, %v", code, err)
	}
	_, err = w.AskReset(w.as(t, two), a.ID, accounts.ResetFactor)
	want(t, err, accounts.ErrResetOpen)
	waiting, err := w.ListResets(w.as(t, two))
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	id := waiting[0].ID
	_, err = w.ApproveReset(w.as(t, one), id)
	want(t, err, accounts.ErrOwnRequest)
	_, err = w.ApproveReset(w.as(t, a), id)
	want(t, err, accounts.ErrSelf)
	if _, err := w.ApproveReset(w.as(t, two), id); err != nil {
		t.Fatal(err)
	}
	_, err = w.ApproveReset(w.as(t, two), id)
	want(t, err, accounts.ErrResetState)
	got, err := w.Get(w.as(t, one), a.ID)
	if err != nil || got.TOTP || got.Passkeys != 0 || !got.Unfinished {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
	for _, entry := range []string{"account.reset_asked", "account.reset_approved"} {
		if !strings.Contains(w.actions(t), entry) {
			t.Errorf("no entry %s", entry)
		}
	}
}

func TestANewPasswordByLink(t *testing.T) {
	w := newWorld(t)
	one, two := w.person(t, "a@example.test", national), w.person(t, "b@example.test", national)
	a := w.owner(t, email, w.partnerA)
	const fresh = "sebelas ekor kerbau putih"
	session := w.mustLogin(t, email)
	w.app(t, a)
	old, err := w.AskReset(w.as(t, one), a.ID, accounts.ResetPassword)
	if err != nil || old == "" {
		t.Fatalf("an owner with a second factor needs one person only: %v", err)
	}
	code, err := w.AskReset(w.as(t, one), a.ID, accounts.ResetPassword)
	if err != nil {
		t.Fatal(err)
	}
	want(t, w.UseRecoveryLink(t.Context(), old, fresh), accounts.ErrRecoveryLink)
	want(t, w.UseRecoveryLink(t.Context(), code, "short"), accounts.ErrPasswordShort)
	if err := w.UseRecoveryLink(t.Context(), code, fresh); err != nil {
		t.Fatal(err)
	}
	want(t, w.UseRecoveryLink(t.Context(), code, fresh), accounts.ErrRecoveryLink)
	_, _, err = w.Authenticate(t.Context(), session.Token)
	want(t, err, accounts.ErrUnauthenticated)
	late, err := w.AskReset(w.as(t, one), a.ID, accounts.ResetPassword)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	want(t, w.UseRecoveryLink(t.Context(), late, fresh), accounts.ErrRecoveryLink)

	if code, err = w.AskReset(w.as(t, one), two.ID, accounts.ResetPassword); err != nil || code != "" {
		t.Fatalf("a role of weight needs two: %q, %v", code, err)
	}
	waiting, err := w.ListResets(w.as(t, one))
	if err != nil || len(waiting) != 1 {
		t.Fatal(len(waiting), err)
	}
	third := w.person(t, "c@example.test", national)
	if code, err = w.ApproveReset(w.as(t, third), waiting[0].ID); err != nil || code == "" {
		t.Fatalf("approved: %v", err)
	}
	if err := w.UseRecoveryLink(t.Context(), code, fresh); err != nil {
		t.Error(err)
	}
}

func TestOnePersonAloneLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	one, two := w.person(t, "a@example.test", national), w.person(t, "b@example.test", national)
	a := w.owner(t, email, w.partnerA)
	code, err := w.AskReset(w.as(t, one), a.ID, accounts.ResetPassword)
	if err != nil || code != "" {
		t.Fatalf("without a second factor the link would be all that it takes: %q, %v", code, err)
	}
	w.app(t, a)
	if code, err = w.AskReset(w.as(t, one), a.ID, accounts.ResetPassword); err != nil || code == "" {
		t.Fatalf("with one, a person suffices: %v", err)
	}
	if _, err := w.AskReset(w.as(t, one), a.ID, accounts.ResetFactor); err != nil {
		t.Fatal(err)
	}
	waiting, err := w.ListResets(w.as(t, two))
	if err != nil || len(waiting) != 1 || waiting[0].Kind != accounts.ResetFactor {
		t.Fatalf("%+v, %v", waiting, err)
	}
	if _, err := w.ApproveReset(w.as(t, two), waiting[0].ID); err != nil {
		t.Fatal(err)
	}
	want(t, w.UseRecoveryLink(t.Context(), code, "sebelas ekor kerbau putih"), accounts.ErrRecoveryLink)
}

func TestWhatTwoPersonsDoForOneAnotherStaysWhenTheFactorGoes(t *testing.T) {
	w := newWorld(t)
	one, two := w.person(t, "a@example.test", national), w.person(t, "b@example.test", national)
	a := w.person(t, email, national) // two persons for the password too
	w.app(t, a)
	for _, kind := range []accounts.ResetKind{accounts.ResetPassword, accounts.ResetFactor} {
		if _, err := w.AskReset(w.as(t, one), a.ID, kind); err != nil {
			t.Fatal(err)
		}
	}
	waiting, err := w.ListResets(w.as(t, two))
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	slices.SortFunc(waiting, func(a, b accounts.Reset) int { return strings.Compare(string(b.Kind), string(a.Kind)) }) // the password first
	code, err := w.ApproveReset(w.as(t, two), waiting[0].ID)
	if err != nil || code == "" {
		t.Fatalf("%q, %v", code, err)
	}
	if _, err := w.ApproveReset(w.as(t, two), waiting[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := w.UseRecoveryLink(t.Context(), code, "sebelas ekor kerbau putih"); err != nil {
		t.Error(err)
	}
}

func TestAChangedPasswordEndsTheOtherSessions(t *testing.T) {
	w := newWorld(t)
	a := w.person(t, email)
	here, there := w.mustLogin(t, email), w.mustLogin(t, email)
	ctx := w.as(t, a)
	want(t, w.ChangePassword(ctx, here.Token, "not the right one", "sebelas ekor kerbau putih"), accounts.ErrConfirm)
	want(t, w.ChangePassword(ctx, here.Token, password, "short"), accounts.ErrPasswordShort)
	if err := w.ChangePassword(ctx, here.Token, password, "sebelas ekor kerbau putih"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Authenticate(t.Context(), here.Token); err != nil {
		t.Errorf("the own session: %v", err)
	}
	_, _, err := w.Authenticate(t.Context(), there.Token)
	want(t, err, accounts.ErrUnauthenticated)
	want(t, w.EndSession(w.as(t, w.person(t, "lain@example.test")), here.SessionID), accounts.ErrNotFound)
}

func TestANewPasswordEndsTheLinksThatWouldSetAnother(t *testing.T) {
	w := newWorld(t)
	admin := w.person(t, "a@example.test", national)
	a := w.owner(t, email, w.partnerA)
	const fresh, third = "sebelas ekor kerbau putih", "tujuh perahu layar biru"
	here := w.mustLogin(t, email)
	w.app(t, a)
	link, err := w.AskReset(w.as(t, admin), a.ID, accounts.ResetPassword)
	if err != nil || link == "" {
		t.Fatal(err)
	}
	if err := w.ChangePassword(w.as(t, a), here.Token, password, fresh); err != nil {
		t.Fatal(err)
	}
	want(t, w.UseRecoveryLink(t.Context(), link, third), accounts.ErrRecoveryLink)
}

func TestAnIdentityIsLinkedByInvitationOrByItsAddress(t *testing.T) {
	w := newWorld(t)
	admin := w.person(t, "admin@example.test", national)
	who := accounts.External{Issuer: "https://sso.example", Subject: "42", Email: email, Name: "Siti"}
	enter := func(e accounts.External) error {
		_, err := w.ExternalLogin(t.Context(), e, accounts.Login{Network: network})
		return err
	}
	want(t, enter(who), accounts.ErrIdentity)
	existing := w.person(t, email)
	want(t, enter(who), accounts.ErrIdentity) // an address alone links nothing
	linked := who
	linked.LinkByEmail = true
	if err := enter(linked); err != nil {
		t.Fatal(err)
	}
	if err := enter(who); err != nil {
		t.Errorf("linked already: %v", err)
	}
	unproved := accounts.External{Issuer: "https://sso.example", Subject: "43", LinkByEmail: true}
	want(t, enter(unproved), accounts.ErrIdentity)
	invited, err := w.Invite(w.as(t, admin), "baru@example.test", w.in(actor.BranchViewer, false))
	if err != nil {
		t.Fatal(err)
	}
	unproved.Invitation = invited.Code
	opened, err := w.ExternalLogin(t.Context(), unproved, accounts.Login{})
	if err != nil {
		t.Fatal(err)
	}
	acting, _, err := w.Authenticate(t.Context(), opened.Token)
	if err != nil || acting.Unfinished || !cmp.Equal(acting.Grants, []actor.Grant{w.in(actor.BranchViewer, false)}) {
		t.Errorf("who: %+v, %v", acting, err)
	}
	want(t, enter(accounts.External{Issuer: "https://sso.example", Subject: "44", Invitation: invited.Code}), accounts.ErrInvitation)
	_, _, err = w.Login(t.Context(), accounts.Login{Email: "baru@example.test", Password: "", Network: network})
	want(t, err, accounts.ErrCredentials)
	if err := w.Disable(w.as(t, admin), existing.ID); err != nil {
		t.Fatal(err)
	}
	want(t, enter(who), accounts.ErrIdentity)
}

func TestPendingInvitationsAreLookedAfter(t *testing.T) {
	w := newWorld(t)
	admin, owner := w.person(t, "admin@example.test", national), w.owner(t, email, w.partnerA)
	first, err := w.Invite(w.as(t, admin), "baru@example.test", w.in(actor.BranchViewer, false))
	if err != nil {
		t.Fatal(err)
	}
	seen := func(a accounts.Account) int {
		all, err := w.ListInvitations(w.as(t, a))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if seen(admin) != 1 || seen(owner) != 0 {
		t.Errorf("the administrator sees %d, an owner %d", seen(admin), seen(owner))
	}
	want(t, w.WithdrawInvitation(w.as(t, owner), first.ID), accounts.ErrNotFound)
	second, err := w.RenewInvitation(w.as(t, admin), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Invited(t.Context(), first.Code)
	want(t, err, accounts.ErrInvitation)
	offer, err := w.Invited(t.Context(), second.Code)
	if err != nil || offer.Email.Reveal() != "baru@example.test" {
		t.Errorf("offer: %v", err)
	}
	if err := w.WithdrawInvitation(w.as(t, admin), second.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), second.Code, "Siti", password)
	want(t, err, accounts.ErrInvitation)
}

func TestPeopleAreThoseWhomOneMayLookAfter(t *testing.T) {
	w := newWorld(t)
	admin := w.person(t, "admin@example.test", national)
	boss := w.person(t, "boss@example.test", actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: branchA})
	w.person(t, "peer@example.test", actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: branchA})
	w.person(t, "viewer@example.test", w.in(actor.BranchViewer, false))
	w.owner(t, "ownera@example.test", w.partnerA)
	w.owner(t, "ownerb@example.test", w.partnerB)
	names := func(ctx context.Context, q accounts.People) (out []string) {
		q.Request = page.Request{Limit: 50}
		p, err := w.ListPeople(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.Items {
			out = append(out, strings.TrimSuffix(a.Email.Reveal(), "@example.test"))
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff([]string{"boss", "ownera", "viewer"}, names(w.as(t, boss), accounts.People{})); diff != "" {
		t.Errorf("a supervisor: %s", diff)
	}
	if got := names(w.as(t, admin), accounts.People{}); len(got) != 6 {
		t.Errorf("the programme: %v", got)
	}
	if diff := cmp.Diff([]string{"ownerb"}, names(w.as(t, admin), accounts.People{Email: " OwnerB@example.test"})); diff != "" {
		t.Errorf("by address: %s", diff)
	}
	if diff := cmp.Diff([]string{"ownera", "ownerb"}, names(w.as(t, admin), accounts.People{Role: actor.PartnerOwner})); diff != "" {
		t.Errorf("by role: %s", diff)
	}
}
