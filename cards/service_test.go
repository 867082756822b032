package cards_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/messages"
	"github.com/berlaku/berlaku/participants"
)

var (
	palu     = uuid.MustParse("01890000-0000-7000-8000-000000000001")
	donggala = uuid.MustParse("01890000-0000-7000-8000-000000000002")
)

// world is a database with keys, people and cards.
type world struct {
	t      testing.TB
	ctx    context.Context
	db     *database.DB
	clock  *clock.Manual
	people *participants.Service
	cards  *cards.Service
	audit  *audit.Service
	deps   cards.Deps
	queue  *messages.Service
	count  int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldThatSends(t, nil)
}

// newWorldThatSends is one with a way to send messages; nil: without.
func newWorldThatSends(t testing.TB, gateway messages.Gateway) *world {
	t.Helper()
	w := &world{t: t, ctx: testkit.System(t), db: testkit.DB(t), clock: testkit.Clock()}
	w.audit = audit.New(w.db, w.clock)
	ev := events.New(w.db, w.clock)
	keys := testkit.Keys(t)
	w.queue = messages.New(messages.Deps{DB: w.db, Clock: w.clock, Keys: keys, Gateway: gateway})
	w.people = participants.New(participants.Deps{DB: w.db, Clock: w.clock, Keys: keys, Audit: w.audit, Events: ev, Messages: w.queue})
	store, err := cards.OpenKeystore(testkit.KeyDir(t))
	if err != nil {
		t.Fatal(err)
	}
	w.deps = cards.Deps{
		DB: w.db, Clock: w.clock, Participants: w.people, Audit: w.audit, Events: ev, Signer: store, Origin: "https://kartu.example",
		PublicURL: publicURL,
	}
	w.cards = cards.New(w.deps)
	w.people.Follow(w.cards.FollowStandings)
	if _, err := w.cards.EnsureKeys(w.ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

// person enters somebody of a branch with an active membership.
func (w *world) person(branch uuid.UUID) uuid.UUID {
	w.t.Helper()
	w.count++
	p, err := w.people.Create(w.ctx, participants.NewParticipant{
		BranchID: branch, IDNumber: nik(w.count), Name: "Budi Santoso",
		Membership: w.membership(w.count, participants.Active, w.today()),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

func nik(n int) pii.Text {
	const serials = 9999 // 0000 is none
	return pii.Text(fmt.Sprintf("7299%02d010190%04d", 1+(n-1)/serials, (n-1)%serials+1))
}

func (w *world) today() clock.Day { return clock.DayOf(w.clock.Now(), time.UTC) }

func (w *world) membership(n int, status participants.Status, asOf clock.Day) *participants.NewMembership {
	return &participants.NewMembership{
		KPJ: pii.Text(fmt.Sprintf("%011d", 10000000000+n)), Segment: participants.PU, Status: status, StatusAsOf: asOf, Source: participants.FromOfficer,
	}
}

// become gives the n-th person another status.
func (w *world) become(ctx context.Context, id uuid.UUID, n int, status participants.Status) error {
	_, err := w.people.SetMembership(ctx, id, *w.membership(n, status, w.today()))
	return err
}

func (w *world) printed(person uuid.UUID) cards.Card {
	w.t.Helper()
	c, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: person, Form: cards.Printed})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func newPhone(t testing.TB) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key, point(t, key)
}

func (w *world) check(text string) cards.Presented {
	w.t.Helper()
	p, err := w.cards.Check(w.ctx, text, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) want(text string, code cards.Code) cards.Presented {
	w.t.Helper()
	p := w.check(text)
	if p.Code != code {
		w.t.Errorf("got %s, want %s", p.Code, code)
	}
	return p
}

// offline judges a text as a till does: with the published keys and lists only.
func (w *world) offline(text string) cards.Code {
	w.t.Helper()
	set, err := w.cards.JWKS(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := cards.ParseJWKS(mustJSON(w.t, set))
	if err != nil {
		w.t.Fatal(err)
	}
	v := cards.Verifier{Origin: w.cards.Origin(), Keys: keys, AllowPrinted: true, Status: func(idx int64) (int, bool) {
		token, err := w.cards.StatusToken(w.ctx, idx/cards.ShardSize)
		if err != nil {
			return 0, false
		}
		list, err := w.cards.Origin().VerifyStatus(token.Token, idx/cards.ShardSize, keys, w.clock.Now())
		if err != nil {
			w.t.Error(err)
			return 0, false
		}
		return list.Status(idx % cards.ShardSize), true
	}}
	_, code := v.Verify(text, w.clock.Now())
	return code
}

func TestAPrintedCardIsGoodOnlineAndOffline(t *testing.T) {
	w := newWorld(t)
	c := w.printed(w.person(palu))
	text := w.cards.Text(c)
	p := w.want(text, cards.OK)
	if p.Card == nil || p.Card.ID != c.ID || p.MaskedName != "BU**-SA*****" || p.ProofAt != 0 || p.Form != cards.Printed || p.Typed || p.Idx != c.Idx {
		t.Errorf("presented: %+v", p)
	}
	if p.ExpiresOn != "2027-11-23" || c.ExpiresOn() != p.ExpiresOn {
		t.Errorf("expires on %s, want the day before 365 days are over", p.ExpiresOn)
	}
	if code := w.offline(text); code != cards.OK {
		t.Errorf("offline: %s", code)
	}
	again, err := w.cards.Get(w.ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("stored card differs (-issued +stored):\n%s", diff)
	}
	picture, err := w.cards.PNG(c, 5)
	if err != nil {
		t.Fatal(err)
	}
	if got := scan(t, picture); got != text {
		t.Errorf("picture holds %q", got)
	}
}

func TestAPhoneCardIsGoodWithItsProofOnly(t *testing.T) {
	w := newWorld(t)
	key, device := newPhone(t)
	c, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: w.person(palu), Form: cards.Phone, DeviceKey: device})
	if err != nil {
		t.Fatal(err)
	}
	stored := w.cards.Text(c)
	w.want(stored, cards.EProofMissing)
	text, err := cards.Present(stored, key, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if p := w.want(text, cards.OK); p.ProofAt != w.clock.Now().Unix() || p.Form != cards.Phone || p.Card == nil {
		t.Errorf("presented: %+v", p)
	}
	if code := w.offline(text); code != cards.OK {
		t.Errorf("offline: %s", code)
	}
	w.clock.Advance(121 * time.Second)
	if p := w.want(text, cards.EStale); p.Card == nil {
		t.Error("a stale proof does not make the card unknown")
	}
	if _, err := w.cards.PNG(c, 4); !errors.Is(err, cards.ErrNoPicture) {
		t.Errorf("picture of a phone card: %v", err)
	}
	if _, err := w.cards.SVG(c); !errors.Is(err, cards.ErrNoPicture) {
		t.Errorf("picture of a phone card: %v", err)
	}
	if _, err := w.cards.PDF(c); !errors.Is(err, cards.ErrNoPicture) {
		t.Errorf("document of a phone card: %v", err)
	}
}

func TestShortCodesAreChecked(t *testing.T) {
	w := newWorld(t)
	c := w.printed(w.person(palu))
	typed := strings.ToLower(c.ShortCode[:4] + " - " + c.ShortCode[4:])
	if p := w.want(typed, cards.OK); !p.Typed || p.Card == nil || p.Card.ID != c.ID {
		t.Errorf("presented: %+v", p)
	}
	wrong := []byte(c.ShortCode)
	wrong[7] = map[bool]byte{true: '1', false: '0'}[wrong[7] == '0']
	if p := w.want(string(wrong), cards.EFormat); !p.Typed {
		t.Error("a typed code was not told as typed")
	}
	unknown := "00000000" // its check character is right
	if c.ShortCode != unknown {
		w.want(unknown, cards.EOrigin)
	}
	if _, err := w.cards.Revoke(w.ctx, c.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	w.want(typed, cards.ERevoked)
}

func TestRevokedAndReplacedCardsStayRefusedForEver(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	old := w.printed(person)
	if _, err := w.cards.StatusToken(w.ctx, old.Idx/cards.ShardSize); err != nil {
		t.Fatal(err) // so that there is a list in memory to become stale
	}
	made, err := w.cards.Replace(w.ctx, old.ID, cards.ReplaceRequest{Reason: "damaged"})
	if err != nil {
		t.Fatal(err)
	}
	if made.Idx == old.Idx || made.ShortCode == old.ShortCode || made.Form != cards.Printed {
		t.Errorf("the new card shares index, code or form: %+v", made)
	}
	w.want(w.cards.Text(old), cards.ERevoked)
	w.want(w.cards.Text(made), cards.OK)
	if code := w.offline(w.cards.Text(old)); code != cards.ERevoked {
		t.Errorf("offline: %s", code)
	}
	stored, err := w.cards.Get(w.ctx, old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if stored.State != cards.Replaced || stored.ReplacedBy != made.ID || stored.RevokeReason != "damaged" || stored.EndedAt.IsZero() {
		t.Errorf("old card: %+v", stored)
	}
	if _, err := w.cards.Revoke(w.ctx, old.ID, "lost"); !errors.Is(err, cards.ErrNotActive) {
		t.Errorf("revoke a replaced card: %v", err)
	}
	if _, err := w.cards.Replace(w.ctx, old.ID, cards.ReplaceRequest{}); !errors.Is(err, cards.ErrNotActive) {
		t.Errorf("replace a replaced card: %v", err)
	}
	if all, err := w.cards.List(w.ctx, person); err != nil || len(all) != 2 {
		t.Errorf("a failed replacement left a card behind: %d, %v", len(all), err)
	}
	// The membership comes and goes; what was ended stays ended.
	for _, s := range []participants.Status{participants.Inactive, participants.Active} {
		w.clock.Advance(24 * time.Hour)
		if err := w.become(w.ctx, person, 1, s); err != nil {
			t.Fatal(err)
		}
	}
	w.want(w.cards.Text(old), cards.ERevoked)
	w.want(w.cards.Text(made), cards.OK)
}

func TestReasonsAreCodes(t *testing.T) {
	w := newWorld(t)
	c := w.printed(w.person(palu))
	for _, reason := range []string{"", "Lost", "lost at the market", "hilang!", strings.Repeat("a", 41)} {
		if _, err := w.cards.Revoke(w.ctx, c.ID, reason); !errors.Is(err, cards.ErrReason) {
			t.Errorf("%q: %v", reason, err)
		}
	}
}

func TestAStandingChangesTheStatusBitInItsTransaction(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	text := w.cards.Text(w.printed(person))
	w.clock.Advance(time.Hour)
	stop := errors.New("stop")
	err := w.db.InTx(w.ctx, func(ctx context.Context) error {
		if err := w.become(ctx, person, 1, participants.Inactive); err != nil {
			return err
		}
		p, err := w.cards.Check(ctx, text, w.clock.Now())
		if err != nil || p.Code != cards.EInactive {
			t.Errorf("inside the transaction: %s, %v", p.Code, err)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	w.want(text, cards.OK)
	if code := w.offline(text); code != cards.OK {
		t.Errorf("offline after the rollback: %s", code)
	}
	// Within the hour for which a list is kept in memory.
	for _, c := range []struct {
		status participants.Status
		want   cards.Code
	}{{participants.Inactive, cards.EInactive}, {participants.Active, cards.OK}} {
		w.clock.Advance(time.Minute)
		if err := w.become(w.ctx, person, 1, c.status); err != nil {
			t.Fatal(err)
		}
		w.want(text, c.want)
		if code := w.offline(text); code != c.want {
			t.Errorf("offline: got %s, want %s", code, c.want)
		}
	}
}

func TestACardIssuedWhileInactiveBecomesGoodWithTheMembership(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	w.clock.Advance(24 * time.Hour)
	if err := w.become(w.ctx, person, 1, participants.Inactive); err != nil {
		t.Fatal(err)
	}
	good := w.printed(w.person(palu))
	if code := w.offline(w.cards.Text(good)); code != cards.OK { // the list is in memory now
		t.Fatal(code)
	}
	text := w.cards.Text(w.printed(person))
	w.want(text, cards.EInactive)
	if code := w.offline(text); code != cards.EInactive {
		t.Errorf("offline: %s", code)
	}
	w.clock.Advance(24 * time.Hour)
	if err := w.become(w.ctx, person, 1, participants.Active); err != nil {
		t.Fatal(err)
	}
	w.want(text, cards.OK)
}

func TestFollowingManyPeopleSetsEveryCard(t *testing.T) {
	w := newWorld(t)
	const many = 60
	var ids []uuid.UUID
	var texts []string
	for range many {
		id := w.person(palu)
		ids, texts = append(ids, id), append(texts, w.cards.Text(w.printed(id)))
	}
	w.clock.Advance(24 * time.Hour)
	err := w.db.InTx(w.ctx, func(ctx context.Context) error {
		for i, id := range ids {
			if i%2 == 0 {
				if err := w.become(ctx, id, i+1, participants.Inactive); err != nil {
					return err
				}
			}
		}
		return w.cards.FollowStandings(ctx, append(ids, ids...))
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		w.want(text, []cards.Code{cards.EInactive, cards.OK}[i%2])
	}
}

func TestParallelIssuesNeverShareAnIndex(t *testing.T) {
	w := newWorld(t)
	var people []uuid.UUID
	for i := range 40 {
		people = append(people, w.person([]uuid.UUID{palu, donggala}[i%2]))
	}
	var wg sync.WaitGroup
	made := make([]cards.Card, len(people))
	for i, id := range people {
		wg.Go(func() {
			var err error
			if made[i], err = w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: id, Form: cards.Printed}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	idx, codes, shards := map[int64]bool{}, map[string]bool{}, map[uuid.UUID]map[int64]bool{palu: {}, donggala: {}}
	for _, c := range made {
		idx[c.Idx], codes[c.ShortCode] = true, true
		shards[c.BranchID][c.Idx/cards.ShardSize] = true
	}
	if len(idx) != len(people) || len(codes) != len(people) {
		t.Errorf("%d indexes and %d codes for %d cards", len(idx), len(codes), len(people))
	}
	if len(shards[palu]) != 1 || len(shards[donggala]) != 1 {
		t.Errorf("a small branch has several shards: %v", shards)
	}
	if _, err := w.audit.Verify(w.ctx, nil); err != nil {
		t.Errorf("audit chain: %v", err)
	}
}

func TestTheNextShardOpensWhenOneIsSevenTenthsFull(t *testing.T) {
	w := newWorld(t)
	first := w.printed(w.person(palu))
	shard := first.Idx / cards.ShardSize
	err := w.db.InTx(w.ctx, func(ctx context.Context) error {
		return w.db.From(ctx).Exec("UPDATE status_shards SET used = ? WHERE shard = ?", cards.ShardSize*7/10-1, shard).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	last := w.printed(w.person(palu))
	next := w.printed(w.person(palu))
	if last.Idx/cards.ShardSize != shard || next.Idx/cards.ShardSize == shard {
		t.Errorf("shards %d, %d, %d", shard, last.Idx/cards.ShardSize, next.Idx/cards.ShardSize)
	}
	if code := w.offline(w.cards.Text(last)); code != cards.OK {
		t.Errorf("a card of the full shard: %s", code)
	}
}

func TestAnActivationGivesOneCardOnce(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	_, before := newPhone(t)
	earlier, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: person, Form: cards.Phone, DeviceKey: before})
	if err != nil {
		t.Fatal(err)
	}
	paper := w.printed(person)
	begun, err := w.people.BeginActivation(w.ctx, person)
	if err != nil {
		t.Fatal(err)
	}
	nobody := t.Context() // whoever has the code
	if _, _, err := w.cards.Activate(nobody, begun.Code, make([]byte, 33)); !errors.Is(err, cards.ErrDeviceKey) {
		t.Errorf("a key off the curve: %v", err)
	}
	const tries = 20
	var wg sync.WaitGroup
	got := make([]*cards.Card, tries)
	keys := make([]*ecdsa.PrivateKey, tries)
	for i := range tries {
		key, device := newPhone(t)
		keys[i] = key
		wg.Go(func() {
			c, again, err := w.cards.Activate(nobody, begun.Code, device)
			switch {
			case err == nil && !again:
				got[i] = &c
			case !errors.Is(err, participants.ErrActivation):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	won := 0
	for i, c := range got {
		if c == nil {
			continue
		}
		won++
		text, err := cards.Present(w.cards.Text(*c), keys[i], w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		w.want(text, cards.OK)
		mine, err := w.cards.Mine(actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: person}))
		if err != nil || mine.ID != c.ID {
			t.Errorf("own card: %v, %v", mine.ID, err)
		}
		if old, err := w.cards.Get(w.ctx, earlier.ID); err != nil || old.State != cards.Replaced || old.ReplacedBy != c.ID {
			t.Errorf("the earlier phone card: %+v, %v", old, err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d tries got a card", won, tries)
	}
	w.want(w.cards.Text(paper), cards.OK)
}

func TestAPhoneWithoutItsAnswerAsksAgain(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	begin := func() string {
		a, err := w.people.BeginActivation(w.ctx, person)
		if err != nil {
			t.Fatal(err)
		}
		return a.Code
	}
	_, device := newPhone(t)
	_, stranger := newPhone(t)
	code := begin()
	first, again, err := w.cards.Activate(t.Context(), code, device)
	if err != nil || again {
		t.Fatal(err, again)
	}
	for range 2 {
		same, again, err := w.cards.Activate(t.Context(), code, device)
		if err != nil || !again || same.ID != first.ID || w.cards.Text(same) != w.cards.Text(first) || same.ShortCode != first.ShortCode {
			t.Fatalf("again: %v, %v, %v of %v", err, again, same.ID, first.ID)
		}
	}
	if all, err := w.cards.List(w.ctx, person); err != nil || len(all) != 1 {
		t.Errorf("asking again made something: %d cards, %v", len(all), err)
	}
	refused := func(name string, code string, device []byte) {
		t.Helper()
		if _, _, err := w.cards.Activate(t.Context(), code, device); !errors.Is(err, participants.ErrActivation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("another key", code, stranger)
	w.clock.Advance(7*24*time.Hour - time.Second)
	if _, _, err := w.cards.Activate(t.Context(), code, device); err != nil {
		t.Errorf("on the last second: %v", err)
	}
	w.clock.Advance(time.Second)
	refused("after the code's end", code, device)
	next := begin()
	if _, _, err := w.cards.Activate(t.Context(), next, stranger); err != nil {
		t.Fatal(err)
	}
	last := begin()
	if _, _, err := w.cards.Activate(t.Context(), last, device); err != nil {
		t.Fatal(err)
	}
	refused("of a card that was replaced", next, stranger)
}

func TestReachIsTheBranch(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	c := w.printed(person)
	officer := func(branch uuid.UUID) context.Context {
		return actor.With(t.Context(), actor.Actor{Kind: actor.Account, Grants: []actor.Grant{{Role: actor.BranchOfficer, Scope: actor.BranchScope, ScopeID: branch}}})
	}
	other := w.person(donggala)
	outside := map[string]context.Context{
		"officer of another branch": officer(donggala),
		"another participant":       actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: other}),
		"nobody":                    t.Context(),
	}
	for name, ctx := range outside {
		if _, err := w.cards.Get(ctx, c.ID); !errors.Is(err, cards.ErrNotFound) {
			t.Errorf("%s, get: %v", name, err)
		}
		if all, err := w.cards.List(ctx, person); !errors.Is(err, cards.ErrParticipant) {
			t.Errorf("%s, list: %d, %v", name, len(all), err)
		}
		if _, err := w.cards.Revoke(ctx, c.ID, "lost"); !errors.Is(err, cards.ErrNotFound) {
			t.Errorf("%s, revoke: %v", name, err)
		}
		if _, err := w.cards.Replace(ctx, c.ID, cards.ReplaceRequest{}); !errors.Is(err, cards.ErrNotFound) {
			t.Errorf("%s, replace: %v", name, err)
		}
		if _, err := w.cards.Issue(ctx, cards.IssueRequest{ParticipantID: person, Form: cards.Printed}); !errors.Is(err, cards.ErrParticipant) {
			t.Errorf("%s, issue: %v", name, err)
		}
		if _, err := w.cards.Sheet(ctx, []uuid.UUID{c.ID}); !errors.Is(err, cards.ErrNotFound) {
			t.Errorf("%s, sheet: %v", name, err)
		}
	}
	own := actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: person})
	if _, err := w.cards.Get(own, c.ID); err != nil {
		t.Errorf("own card: %v", err)
	}
	if _, err := w.cards.Revoke(own, c.ID, "lost"); !errors.Is(err, cards.ErrNotFound) {
		t.Errorf("a participant revoked a card: %v", err)
	}
	if _, err := w.cards.Revoke(officer(palu), c.ID, "lost"); err != nil {
		t.Errorf("officer of the branch: %v", err)
	}
	if _, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: uuid.New(), Form: cards.Printed}); !errors.Is(err, cards.ErrParticipant) {
		t.Errorf("issue for nobody: %v", err)
	}
}

func TestAGenuineCardThatTheTablesDoNotHoldIsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.printed(w.person(palu))
	text := w.cards.Text(c)
	err := w.db.InTx(w.ctx, func(ctx context.Context) error {
		return w.db.From(ctx).Exec("UPDATE status_entries SET idx = ? WHERE idx = ?", cards.MaxIdx-1, c.Idx).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := w.want(text, cards.ERevoked); p.Card != nil {
		t.Error("a card was named")
	}
}

func TestAGenuineCardOfAnotherPhoneIsRefused(t *testing.T) {
	w := newWorld(t)
	key, device := newPhone(t)
	c, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: w.person(palu), Form: cards.Phone, DeviceKey: device})
	if err != nil {
		t.Fatal(err)
	}
	text, err := cards.Present(w.cards.Text(c), key, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, other := newPhone(t)
	err = w.db.InTx(w.ctx, func(ctx context.Context) error {
		return w.db.From(ctx).Exec("UPDATE cards SET device_key = ? WHERE id = ?", other, c.ID).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := w.want(text, cards.ERevoked); p.Card != nil {
		t.Error("a card was named")
	}
}

func TestForgedTextsNameNoCard(t *testing.T) {
	w := newWorld(t)
	c := w.printed(w.person(palu))
	later := c
	later.ExpiresDay++
	if p := w.want(w.cards.Text(later), cards.ESig); p.Card != nil {
		t.Error("a card was named")
	}
	w.want(w.cards.Text(c)+"\n", cards.EFormat)
	w.want("", cards.EOrigin)
}

func TestRecheckSeesWhatHappenedSince(t *testing.T) {
	w := newWorld(t)
	c := w.printed(w.person(palu))
	again := func() cards.Code {
		t.Helper()
		p, err := w.cards.Recheck(w.ctx, c.ID, w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return p.Code
	}
	if code := again(); code != cards.OK {
		t.Errorf("got %s", code)
	}
	w.clock.Set(c.ExpiresAt())
	if code := again(); code != cards.EExpired {
		t.Errorf("at its end: got %s", code)
	}
	w.want(w.cards.Text(c), cards.EExpired)
	w.want(c.ShortCode, cards.EExpired)
	w.clock.Set(c.ExpiresAt().Add(-time.Second))
	if code := again(); code != cards.OK {
		t.Errorf("a second before its end: got %s", code)
	}
	if err := w.cards.RevokeKey(w.ctx, c.KID); err != nil {
		t.Fatal(err)
	}
	if code := again(); code != cards.EKeyRevoked {
		t.Errorf("key withdrawn: got %s", code)
	}
	w.want(w.cards.Text(c), cards.EKeyRevoked)
	if code := w.offline(w.cards.Text(c)); code != cards.EKeyRevoked {
		t.Errorf("offline: got %s", code)
	}
	if _, err := w.cards.Recheck(w.ctx, uuid.New(), w.clock.Now()); !errors.Is(err, cards.ErrNotFound) {
		t.Errorf("no such card: %v", err)
	}
}

func TestDocumentsHaveTheirSize(t *testing.T) {
	w := newWorld(t)
	var ids []uuid.UUID
	for range 11 {
		ids = append(ids, w.printed(w.person(palu)).ID)
	}
	c, err := w.cards.Get(w.ctx, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	one, err := w.cards.PDF(c)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := w.cards.Sheet(w.ctx, ids)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		doc   []byte
		box   string
		pages int
	}{"card": {one, "/MediaBox [0 0 242.65 153.01]", 1}, "sheet": {sheet, "/MediaBox [0 0 595.28 841.89]", 2}} {
		if !bytes.Contains(c.doc, []byte(c.box)) {
			t.Errorf("%s: page is not %s", name, c.box)
		}
		if got := bytes.Count(c.doc, []byte("/Type /Page\n")); got != c.pages {
			t.Errorf("%s: %d pages, want %d", name, got, c.pages)
		}
	}
	again, err := w.cards.PDF(c)
	if err != nil || !bytes.Equal(one, again) {
		t.Errorf("the same card gives another document (%v)", err)
	}
	if _, err := w.cards.Revoke(w.ctx, ids[3], "lost"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.cards.Sheet(w.ctx, ids); !errors.Is(err, cards.ErrNotActive) {
		t.Errorf("a sheet with a revoked card: %v", err)
	}
	if _, err := w.cards.Sheet(w.ctx, make([]uuid.UUID, 201)); !errors.Is(err, cards.ErrTooMany) {
		t.Errorf("a sheet of 201: %v", err)
	}
}
