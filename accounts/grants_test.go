package accounts_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
)

func pageOf(n int) page.Request { return page.Request{Limit: n} }

// in returns a grant of the role in world scope a or b.
func (w *world) in(role actor.Role, other bool) actor.Grant {
	g := actor.Grant{Role: role, Scope: role.ScopeOf()[0]}
	switch g.Scope {
	case actor.BranchScope:
		g.ScopeID = branchA
		if other {
			g.ScopeID = branchB
		}
	case actor.PartnerScope:
		g.ScopeID = w.partnerA
		if other {
			g.ScopeID = w.partnerB
		}
	case actor.WadahScope:
		g.ScopeID = wadah
	case actor.National, actor.OutletScope:
	}
	return g
}

// may is the rule in other words than the code's: what each role may hand out
// inside its own scope, and whether it may outside too.
var may = map[actor.Role]struct {
	roles     string
	elsewhere bool
}{
	actor.ProgrammeAdmin:   {"partner_owner branch_viewer branch_officer branch_supervisor hq_analyst programme_admin data_protection_officer system_admin agent wadah_coordinator auditor", true},
	actor.SystemAdmin:      {"system_admin", true},
	actor.BranchSupervisor: {"branch_viewer branch_officer partner_owner", false},
	actor.PartnerOwner:     {"partner_owner", false},
}

func TestNobodyGrantsAboveOrOutside(t *testing.T) {
	w := newWorld(t)
	target := w.person(t, "target@example.test")
	for _, granter := range actor.Roles() {
		who := accounts.Account{ID: uuid.New(), Grants: []actor.Grant{w.in(granter, false)}}
		for _, role := range actor.Roles() {
			for _, other := range []bool{false, true} {
				g := w.in(role, other)
				rule := may[granter]
				allowed := slices.Contains(strings.Fields(rule.roles), string(role)) && (!other || rule.elsewhere)
				err := w.Grant(w.as(t, who), target.ID, g)
				_, inviteErr := w.Invite(w.as(t, who), "new@example.test", g)
				if allowed && (err != nil || inviteErr != nil) {
					t.Errorf("%s grants %s (elsewhere: %v): %v, %v", granter, role, other, err, inviteErr)
				}
				if !allowed && (!errors.Is(err, accounts.ErrGrantAbove) || !errors.Is(inviteErr, accounts.ErrGrantAbove)) {
					t.Errorf("%s grants %s (elsewhere: %v): got %v, %v, want a refusal", granter, role, other, err, inviteErr)
				}
			}
		}
	}
	log := w.actions(t)
	if !strings.Contains(log, "grant.refused") || !strings.Contains(log, "invitation.refused") || strings.Contains(log, "example.test") {
		t.Error("refusals are not in the audit log, or addresses are")
	}
}

func TestGrantsThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	admin := w.person(t, "admin@example.test", national)
	target := w.person(t, email)
	for name, g := range map[string]actor.Grant{
		"an unknown role":                 {Role: "emperor", Scope: actor.National},
		"a national role in a branch":     {Role: actor.Auditor, Scope: actor.BranchScope, ScopeID: branchA},
		"a branch role in the nation":     {Role: actor.BranchOfficer, Scope: actor.National},
		"a branch role without a branch":  {Role: actor.BranchOfficer, Scope: actor.BranchScope},
		"a national role with a scope id": {Role: actor.Auditor, Scope: actor.National, ScopeID: branchA},
	} {
		if err := w.Grant(w.as(t, admin), target.ID, g); !errors.Is(err, accounts.ErrScope) {
			t.Errorf("%s: %v", name, err)
		}
	}
	want(t, w.Grant(w.as(t, admin), admin.ID, actor.Grant{Role: actor.Auditor, Scope: actor.National}), accounts.ErrSelf)
	want(t, w.Revoke(w.as(t, admin), admin.ID, national), accounts.ErrSelf)
	key := actor.Actor{Kind: actor.APIKey, ID: uuid.New(), PartnerID: w.partnerA}
	want(t, w.Grant(actor.With(t.Context(), key), target.ID, w.in(actor.PartnerOwner, false)), accounts.ErrGrantAbove)
	supervisor := accounts.Account{ID: uuid.New(), Grants: []actor.Grant{w.in(actor.BranchSupervisor, false)}}
	want(t, w.Grant(w.as(t, supervisor), target.ID, actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: uuid.New()}), accounts.ErrGrantAbove)
}

func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	w := newWorld(t)
	owner := w.owner(t, email, w.partnerA)
	made, err := w.Invite(w.as(t, owner), " New@Example.test", owner.Grants[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), made.Code, "New", "short")
	want(t, err, accounts.ErrPasswordShort)
	_, err = w.Accept(t.Context(), made.Code+"x", "New", password)
	want(t, err, accounts.ErrInvitation)
	var mu sync.Mutex
	var all sync.WaitGroup
	won := 0
	for range 8 {
		all.Go(func() {
			a, err := w.Accept(t.Context(), made.Code, "New", password)
			if err != nil {
				if !errors.Is(err, accounts.ErrInvitation) {
					t.Errorf("lost with %v", err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			won++
			if a.Email.Reveal() != "new@example.test" || len(a.Grants) != 1 || a.Grants[0] != owner.Grants[0] {
				t.Errorf("account: %+v", a)
			}
		})
	}
	all.Wait()
	if n := w.count(t, "SELECT count(*) FROM accounts"); won != 1 || n != 2 {
		t.Errorf("%d accepted, %d accounts, want 1 and 2", won, n)
	}
	if n := w.count(t, "SELECT count(*) FROM role_grants WHERE granted_by = ?", owner.ID); n != 1 {
		t.Errorf("grants by the one who invited: %d", n)
	}
	w.mustLogin(t, "new@example.test")
	again, err := w.Invite(w.as(t, owner), "new@example.test", owner.Grants[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), again.Code, "New", password)
	want(t, err, accounts.ErrAccountExists)
	if log := w.actions(t); strings.Contains(log, "example.test") || !strings.Contains(log, "invitation.sent") {
		t.Error("audit log")
	}
}

func TestAnInvitationLapses(t *testing.T) {
	w := newWorld(t)
	admin, owner := w.person(t, "admin@example.test", national), w.owner(t, email, w.partnerA)
	late, err := w.Invite(w.as(t, owner), "late@example.test", owner.Grants[0])
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(72 * time.Hour)
	_, err = w.Accept(t.Context(), late.Code, "Late", password)
	want(t, err, accounts.ErrInvitation)
	revoked, err := w.Invite(w.as(t, owner), "revoked@example.test", owner.Grants[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Revoke(w.as(t, admin), owner.ID, owner.Grants[0]); err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), revoked.Code, "Revoked", password)
	want(t, err, accounts.ErrInvitation)
	for _, bad := range []string{"", "no-at-sign", "a@b@c", "a b@c.test", "a@", "@c.test", "a@c..test", strings.Repeat("a", 250) + "@c.test", "a\x00@c.test"} {
		if _, err := w.Invite(w.as(t, admin), bad, owner.Grants[0]); !errors.Is(err, accounts.ErrEmail) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func (w *world) newKey() accounts.NewKey {
	return accounts.NewKey{
		Name: "Kasir depan", PartnerID: w.partnerA, OutletID: w.outletA,
		Scopes: []accounts.KeyScope{accounts.ScopeValidate, accounts.ScopeRedeem, accounts.ScopeRead},
	}
}

func TestAnAPIKeyActsWithinItsScopes(t *testing.T) {
	w := newWorld(t)
	owner := w.as(t, w.owner(t, email, w.partnerA))
	for scope, perms := range map[accounts.KeyScope][]actor.Permission{
		accounts.ScopeValidate: {actor.Validate},
		accounts.ScopeRedeem:   {actor.Redeem, actor.VoidOwn},
		accounts.ScopeRead:     {actor.ReadRedemptions, actor.ReadBenefits},
	} {
		in := w.newKey()
		in.Scopes = []accounts.KeyScope{scope}
		key, text, err := w.CreateKey(owner, in)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(text, "_")
		if len(parts) != 3 || parts[0] != "brk" || parts[1] != key.PublicID || len(parts[1]) != 12 || len(parts[2]) < 27 {
			t.Errorf("form of the key: %d parts", len(parts))
		}
		who, err := w.AuthenticateKey(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if who.Kind != actor.APIKey || who.ID != key.ID || who.PartnerID != w.partnerA || who.OutletID != w.outletA || !slices.Equal(who.Permissions, perms) {
			t.Errorf("%s: %+v", scope, who)
		}
	}
	if n := w.count(t, "SELECT count(*) FROM api_keys WHERE length(secret_hash) = 32"); n != 3 {
		t.Errorf("stored hashes: %d", n)
	}
}

func TestAnAPIKeyThatMayNotBeMade(t *testing.T) {
	w := newWorld(t)
	owner := w.as(t, w.owner(t, email, w.partnerA))
	for name, c := range map[string]struct {
		change func(*accounts.NewKey)
		want   error
	}{
		"another's partner":    {func(k *accounts.NewKey) { k.PartnerID, k.OutletID = w.partnerB, w.outletB }, accounts.ErrNotFound},
		"an unknown partner":   {func(k *accounts.NewKey) { k.PartnerID = uuid.New() }, accounts.ErrNotFound},
		"another's outlet":     {func(k *accounts.NewKey) { k.OutletID = w.outletB }, accounts.ErrKeyOutlet},
		"an unknown outlet":    {func(k *accounts.NewKey) { k.OutletID = uuid.New() }, accounts.ErrKeyOutlet},
		"no scope":             {func(k *accounts.NewKey) { k.Scopes = nil }, accounts.ErrKeyScopes},
		"an unknown scope":     {func(k *accounts.NewKey) { k.Scopes = []accounts.KeyScope{"admin"} }, accounts.ErrKeyScopes},
		"a scope twice":        {func(k *accounts.NewKey) { k.Scopes = []accounts.KeyScope{"read", "read"} }, accounts.ErrKeyScopes},
		"longer than a year":   {func(k *accounts.NewKey) { k.Life = 366 * 24 * time.Hour }, accounts.ErrKeyLife},
		"a negative life":      {func(k *accounts.NewKey) { k.Life = -time.Hour }, accounts.ErrKeyLife},
		"no name":              {func(k *accounts.NewKey) { k.Name = "  " }, accounts.ErrKeyName},
		"a name of many lines": {func(k *accounts.NewKey) { k.Name = "a\nb" }, accounts.ErrKeyName},
	} {
		in := w.newKey()
		c.change(&in)
		if _, _, err := w.CreateKey(owner, in); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	_, _, err := w.CreateKey(w.as(t, w.person(t, "admin@example.test", national)), w.newKey())
	want(t, err, accounts.ErrNotFound)
}

func TestAnAPIKeyEnds(t *testing.T) {
	w := newWorld(t)
	owner := w.as(t, w.owner(t, email, w.partnerA))
	stranger := w.as(t, w.owner(t, "b@example.test", w.partnerB))
	key, text, err := w.CreateKey(owner, w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	check := func(want error) {
		t.Helper()
		if _, err := w.AuthenticateKey(t.Context(), text); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	check(nil)
	want(t, w.RevokeKey(stranger, w.partnerA, key.ID), accounts.ErrNotFound)
	want(t, w.RevokeKey(stranger, w.partnerB, key.ID), accounts.ErrNotFound)
	_, err = w.ListKeys(stranger, w.partnerA)
	want(t, err, accounts.ErrNotFound)
	for range 2 {
		if err := w.RevokeKey(owner, w.partnerA, key.ID); err != nil {
			t.Fatal(err)
		}
		check(accounts.ErrUnauthenticated)
	}
	list, err := w.ListKeys(owner, w.partnerA)
	if err != nil || len(list) != 1 || list[0].RevokedAt.IsZero() || len(list[0].Scopes) != 3 {
		t.Errorf("list: %+v, %v", list, err)
	}

	in := w.newKey()
	in.Life = 24 * time.Hour
	if _, text, err = w.CreateKey(owner, in); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(24*time.Hour - time.Second)
	check(nil)
	w.clock.Advance(time.Second)
	check(accounts.ErrUnauthenticated)

	if _, text, err = w.CreateKey(owner, w.newKey()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(89 * 24 * time.Hour)
	check(nil)
	w.clock.Advance(89 * 24 * time.Hour)
	check(nil)
	w.clock.Advance(90 * 24 * time.Hour)
	check(accounts.ErrUnauthenticated) // lay about too long
	if log := w.actions(t); strings.Count(log, "api_key.revoked") != 1 || strings.Count(log, "api_key.created") != 3 {
		t.Error("audit log of keys")
	}
}

func TestWrongSecretsAreCountedPerKey(t *testing.T) {
	w := newWorld(t)
	_, text, err := w.CreateKey(testkit.System(t), w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		_, err := w.AuthenticateKey(t.Context(), text+"x")
		want(t, err, accounts.ErrUnauthenticated)
	}
	_, err = w.AuthenticateKey(t.Context(), text+"x")
	want(t, err, accounts.ErrLocked)
	if _, err := w.AuthenticateKey(t.Context(), text); err != nil {
		t.Errorf("the right secret: %v", err)
	}
	w.clock.Advance(10 * time.Minute)
	_, err = w.AuthenticateKey(t.Context(), text+"x")
	want(t, err, accounts.ErrUnauthenticated)
	for _, bad := range []string{"", "brk_", "brk__", "brk_abc_def", "brk_abcdefghijkl_secret", "brk_ABCDEFGHIJKL_secret", "brk_\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff_x", strings.Replace(text, "brk_", "brx_", 1)} {
		_, err := w.Actor(t.Context(), bad)
		want(t, err, accounts.ErrUnauthenticated)
	}
}

func TestLastUsedIsWrittenOnceAMinute(t *testing.T) {
	w := newWorld(t)
	_, text, err := w.CreateKey(testkit.System(t), w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	used := func() time.Time {
		if _, err := w.AuthenticateKey(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		list, err := w.ListKeys(testkit.System(t), w.partnerA)
		if err != nil {
			t.Fatal(err)
		}
		return list[0].LastUsedAt
	}
	if got := used(); !got.Equal(testkit.Start) {
		t.Errorf("first use: %v", got)
	}
	w.clock.Advance(59 * time.Second)
	if got := used(); !got.Equal(testkit.Start) {
		t.Errorf("within the minute: %v", got)
	}
	w.clock.Advance(time.Second)
	if got := used(); !got.Equal(testkit.Start.Add(time.Minute)) {
		t.Errorf("after the minute: %v", got)
	}
}
