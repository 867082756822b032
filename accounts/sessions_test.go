package accounts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
)

var national = actor.Grant{Role: actor.ProgrammeAdmin, Scope: actor.National}

func (w *world) owner(t *testing.T, address string, partner uuid.UUID) accounts.Account {
	t.Helper()
	return w.person(t, address, actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: partner})
}

func TestASessionActsWithTheGrantsOfNow(t *testing.T) {
	w := newWorld(t)
	admin := w.as(t, w.person(t, "admin@example.test", national))
	a := w.owner(t, email, w.partnerA)
	token := w.mustLogin(t, email)
	if !strings.HasPrefix(token.Token, accounts.SessionPrefix) || !token.ExpiresAt.Equal(testkit.Start.Add(12*time.Hour)) {
		t.Errorf("token: %v until %v", token.Token[:4], token.ExpiresAt)
	}
	who, session, err := w.Authenticate(t.Context(), token.Token)
	if err != nil {
		t.Fatal(err)
	}
	if who.Kind != actor.Account || who.ID != a.ID || session.ID != token.SessionID || session.AccountID != a.ID {
		t.Errorf("who: %+v, session: %+v", who, session)
	}
	if diff := cmp.Diff(a.Grants, who.Grants); diff != "" {
		t.Error(diff)
	}
	more := actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: w.partnerB}
	for range 2 {
		if err := w.Grant(admin, a.ID, more); err != nil {
			t.Fatal(err)
		}
	}
	if who, _, _ = w.Authenticate(t.Context(), token.Token); len(who.Grants) != 2 {
		t.Errorf("after the grant: %+v", who.Grants)
	}
	if err := w.Revoke(admin, a.ID, more); err != nil {
		t.Fatal(err)
	}
	want(t, w.Revoke(admin, a.ID, more), accounts.ErrNotFound)
	if who, _, _ = w.Authenticate(t.Context(), token.Token); !cmp.Equal(a.Grants, who.Grants) {
		t.Errorf("after the revocation: %+v", who.Grants)
	}
	want(t, w.Grant(admin, uuid.New(), more), accounts.ErrNotFound)
	for _, bad := range []string{"", "bls_", token.Token + "x", strings.ToLower(token.Token)} {
		_, _, err := w.Authenticate(t.Context(), bad)
		want(t, err, accounts.ErrUnauthenticated)
	}
	if n := w.count(t, "SELECT count(*) FROM sessions WHERE length(token_hash) = 32"); n != 1 {
		t.Errorf("stored hashes: %d", n)
	}
}

func TestSessionsEndByIdlenessAndByAge(t *testing.T) {
	cases := map[string]struct {
		grants         []actor.Grant
		absolute, idle int
	}{
		"a partner owner":           {[]actor.Grant{{Role: actor.PartnerOwner}}, 12 * 60, 30},
		"an agent":                  {[]actor.Grant{{Role: actor.Agent}, {Role: actor.WadahCoordinator}}, 12 * 60, 30},
		"staff":                     {[]actor.Grant{{Role: actor.BranchViewer}}, 8 * 60, 15},
		"an owner who is staff too": {[]actor.Grant{{Role: actor.PartnerOwner}, {Role: actor.BranchOfficer}}, 8 * 60, 15},
		"nobody in particular":      {nil, 8 * 60, 15},
	}
	for name, c := range cases {
		if absolute, idle := accounts.LifeOf(c.grants...); absolute != c.absolute || idle != c.idle {
			t.Errorf("%s: %d and %d minutes, want %d and %d", name, absolute, idle, c.absolute, c.idle)
		}
	}

	w := newWorld(t)
	w.owner(t, email, w.partnerA)
	token := w.mustLogin(t, email).Token
	for range 24*12/12 - 1 { // every half hour less a second, for less than twelve hours
		w.clock.Advance(30*time.Minute - time.Second)
		if _, _, err := w.Authenticate(t.Context(), token); err != nil {
			t.Fatalf("in use: %v", err)
		}
	}
	w.clock.Set(testkit.Start.Add(12 * time.Hour))
	_, _, err := w.Authenticate(t.Context(), token)
	want(t, err, accounts.ErrUnauthenticated)

	token = w.mustLogin(t, email).Token
	w.clock.Advance(30 * time.Minute)
	_, _, err = w.Authenticate(t.Context(), token)
	want(t, err, accounts.ErrUnauthenticated)
}

func TestLastSeenIsWrittenOnceAMinute(t *testing.T) {
	w := newWorld(t)
	w.owner(t, email, w.partnerA)
	token := w.mustLogin(t, email).Token
	seen := func() time.Time {
		_, s, err := w.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		return s.LastSeenAt
	}
	w.clock.Advance(59 * time.Second)
	seen()
	if got := seen(); !got.Equal(testkit.Start) {
		t.Errorf("within the minute: %v", got)
	}
	w.clock.Advance(time.Second)
	seen()
	if got := seen(); !got.Equal(testkit.Start.Add(time.Minute)) {
		t.Errorf("after the minute: %v", got)
	}
}

func TestSignOutAndEndAll(t *testing.T) {
	w := newWorld(t)
	a := w.owner(t, email, w.partnerA)
	one, two, three := w.mustLogin(t, email), w.mustLogin(t, email), w.mustLogin(t, email)
	if err := w.SignOut(w.as(t, a), one.Token); err != nil {
		t.Fatal(err)
	}
	want(t, w.SignOut(w.as(t, a), one.Token), accounts.ErrUnauthenticated)
	list, err := w.ListSessions(w.as(t, a))
	if err != nil || len(list) != 2 {
		t.Fatalf("open sessions: %v, %v", list, err)
	}
	other := w.as(t, w.owner(t, "other@example.test", w.partnerB))
	want(t, w.EndAll(other, a.ID), accounts.ErrNotFound)
	if err := w.EndAll(w.as(t, a), a.ID); err != nil {
		t.Fatal(err)
	}
	for _, token := range []accounts.SessionToken{one, two, three} {
		_, _, err := w.Authenticate(t.Context(), token.Token)
		want(t, err, accounts.ErrUnauthenticated)
	}
}

func TestDisableKillsEverything(t *testing.T) {
	w := newWorld(t)
	a := w.owner(t, email, w.partnerA)
	ctx := w.as(t, a)
	token := w.mustLogin(t, email)
	_, key, err := w.CreateKey(ctx, w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	invitation, err := w.Invite(ctx, "friend@example.test", a.Grants[0])
	if err != nil {
		t.Fatal(err)
	}
	_, bystander, err := w.CreateKey(testkit.System(t), w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	want(t, w.Disable(ctx, a.ID), accounts.ErrSelf)
	want(t, w.Disable(w.as(t, w.owner(t, "other@example.test", w.partnerB)), a.ID), accounts.ErrNotFound)
	want(t, w.Disable(w.as(t, w.person(t, "officer@example.test", actor.Grant{Role: actor.BranchOfficer, Scope: actor.BranchScope, ScopeID: branchA})), a.ID), accounts.ErrNotFound)
	supervisor := w.person(t, "supervisor@example.test", actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: branchA})
	if err := w.Disable(w.as(t, supervisor), a.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Authenticate(t.Context(), token.Token)
	want(t, err, accounts.ErrUnauthenticated)
	_, err = w.AuthenticateKey(t.Context(), key)
	want(t, err, accounts.ErrUnauthenticated)
	_, err = w.Accept(t.Context(), invitation.Code, "Friend", password)
	want(t, err, accounts.ErrInvitation)
	_, err = w.login(t, email)
	want(t, err, accounts.ErrCredentials)
	if _, err := w.AuthenticateKey(t.Context(), bystander); err != nil {
		t.Errorf("a key that somebody else made: %v", err)
	}
	want(t, w.Disable(w.as(t, supervisor), uuid.New()), accounts.ErrNotFound)
}

func TestAPhoneStaysSignedInForThirtyDaysAndOnlyTheLatest(t *testing.T) {
	w := newWorld(t)
	person, card := uuid.New(), uuid.New()
	issue := func() (token string) {
		t.Helper()
		if err := w.db.InTx(testkit.System(t), func(ctx context.Context) error {
			var err error
			token, err = w.IssueParticipantToken(ctx, person, card)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return token
	}
	old := issue()
	token := issue()
	_, _, err := w.Authenticate(t.Context(), old)
	want(t, err, accounts.ErrUnauthenticated)
	w.clock.Advance(30*24*time.Hour - time.Second)
	who, session, err := w.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if who.Kind != actor.Participant || who.ID != person || session.CardID != card || !who.Can(actor.ReadOwnCard) || who.Can(actor.Redeem) {
		t.Errorf("who: %+v, session: %+v", who, session)
	}
	w.clock.Advance(time.Second)
	_, _, err = w.Authenticate(t.Context(), token)
	want(t, err, accounts.ErrUnauthenticated)
	token = issue()
	if err := w.EndParticipant(testkit.System(t), person); err != nil {
		t.Fatal(err)
	}
	_, err = w.Actor(t.Context(), token)
	want(t, err, accounts.ErrUnauthenticated)
}

func TestAccountsAreListedWithinReach(t *testing.T) {
	w := newWorld(t)
	admin := w.person(t, "admin@example.test", national)
	a, b := w.owner(t, email, w.partnerA), w.owner(t, "b@example.test", w.partnerB)
	staff := w.person(t, "staff@example.test", actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: branchA})
	for name, c := range map[string]struct {
		as   accounts.Account
		want int
	}{
		"the programme sees everybody": {admin, 4}, "an owner sees the own partner's": {a, 1}, "a branch sees its own and its partners' owners": {staff, 2},
	} {
		got, err := w.List(w.as(t, c.as), pageOf(50))
		if err != nil || len(got.Items) != c.want {
			t.Errorf("%s: %d accounts, %v, want %d", name, len(got.Items), err, c.want)
		}
	}
	first, err := w.List(w.as(t, admin), pageOf(3))
	if err != nil || len(first.Items) != 3 || first.NextCursor == "" {
		t.Fatalf("first page: %d, %v", len(first.Items), err)
	}
	_, err = w.Get(w.as(t, a), b.ID)
	want(t, err, accounts.ErrNotFound)
	if got, err := w.Get(w.as(t, staff), a.ID); err != nil || got.Email.Reveal() != email {
		t.Errorf("the branch of the partner: %v", err)
	}
}
