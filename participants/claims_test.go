package participants_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/messages"
	"github.com/berlaku/berlaku/participants"
)

const born = clock.Day("1970-03-01")

// claims is a service whose messages end in got, with the throttle of the program.
type claims struct {
	*participants.Service
	t        *testing.T
	db       *database.DB
	clock    *clock.Manual
	ctx      context.Context // of staff
	anybody  context.Context
	messages *messages.Service

	mu         sync.Mutex
	got        []messages.Outgoing
	statements []string
}

func (w *claims) Send(_ context.Context, m messages.Outgoing) error {
	w.got = append(w.got, m)
	return nil
}

func newClaims(t *testing.T) *claims {
	t.Helper()
	w := &claims{t: t, db: testkit.DB(t), clock: testkit.Clock(), ctx: testkit.System(t)}
	w.anybody = actor.With(t.Context(), actor.Actor{Kind: actor.Anonymous})
	keys, log := testkit.Keys(t), audit.New(w.db, w.clock)
	w.messages = messages.New(messages.Deps{DB: w.db, Clock: w.clock, Keys: keys, Gateway: w})
	w.Service = participants.New(participants.Deps{
		DB: w.db, Clock: w.clock, Keys: keys, Audit: log, Events: events.New(w.db, w.clock), Messages: w.messages,
	})
	throttle, err := accounts.New(accounts.Deps{DB: w.db, Clock: w.clock, Keys: keys, Audit: log, KeyDir: testkit.KeyDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	w.LimitClaims(throttle)
	return w
}

// record keeps every statement from now on, on both handles of the store.
func (w *claims) record() {
	w.t.Helper()
	note := func(tx *gorm.DB) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.statements = append(w.statements, tx.Statement.SQL.String())
	}
	on := func(tx *gorm.DB) error {
		c := tx.Callback()
		return errors.Join(
			c.Create().After("*").Register("note", note), c.Query().After("*").Register("note", note), c.Update().After("*").Register("note", note),
			c.Delete().After("*").Register("note", note), c.Row().After("*").Register("note", note), c.Raw().After("*").Register("note", note),
		)
	}
	err := w.db.InTx(w.ctx, func(ctx context.Context) error { return on(w.db.From(ctx)) })
	if w.db.Dialect() == database.SQLite {
		err = errors.Join(err, on(w.db.From(w.ctx)))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// during returns the statements of do.
func (w *claims) during(do func()) []string {
	w.mu.Lock()
	w.statements = nil
	w.mu.Unlock()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.statements)
}

func (w *claims) person(n int, change func(*participants.NewParticipant)) uuid.UUID {
	w.t.Helper()
	p := person(n)
	p.BirthOn = born
	if change != nil {
		change(&p)
	}
	made, err := w.Create(w.ctx, p)
	if err != nil {
		w.t.Fatal(err)
	}
	return made.ID
}

func (w *claims) restricted(n int) uuid.UUID {
	w.t.Helper()
	id := w.person(n, nil)
	err := w.GiveConsent(w.ctx, id, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch})
	if err = errors.Join(err, w.WithdrawConsent(w.ctx, id)); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func byNIK(n int) participants.ClaimRequest {
	return participants.ClaimRequest{Number: nik(n), BirthOn: born}
}

func (w *claims) claim(r participants.ClaimRequest) participants.Claim {
	w.t.Helper()
	c, err := w.Claim(w.anybody, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}\b`)

// received delivers and returns the code that arrived, "" when none did.
func (w *claims) received() string {
	w.t.Helper()
	w.got = nil
	if _, err := w.messages.Deliver(w.ctx); err != nil {
		w.t.Fatal(err)
	}
	if len(w.got) == 0 {
		return ""
	}
	if len(w.got) != 1 || w.got[0].To != "+6281234567890" || w.got[0].Kind != messages.ClaimCode {
		w.t.Fatalf("%d messages", len(w.got))
	}
	return sixDigits.FindString(w.got[0].Text.Reveal())
}

func (w *claims) refused(id uuid.UUID, code string) {
	w.t.Helper()
	if a, err := w.ConfirmClaim(w.anybody, id, code); !errors.Is(err, participants.ErrClaimCode) || a.Code != "" {
		w.t.Errorf("got %v, code %v", err, a.Code != "")
	}
}

func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestAClaimLeadsToAnActivation(t *testing.T) {
	w := newClaims(t)
	id := w.person(1, nil)
	for name, r := range map[string]participants.ClaimRequest{
		"by NIK": byNIK(1), "by KPJ": {ByKPJ: true, Number: kpj(1), BirthOn: born},
		"by KPJ with signs": {ByKPJ: true, Number: kpj(1)[:4] + " " + kpj(1)[4:], BirthOn: born},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			c := w.claim(r)
			if c.ExpiresAt.Sub(w.clock.Now()) != 5*time.Minute || c.ResendAfter != time.Minute {
				t.Errorf("got %+v", c)
			}
			code := w.received()
			w.refused(c.ID, wrong(code))
			w.refused(uuid.New(), code)
			a, err := w.ConfirmClaim(w.anybody, c.ID, code)
			if err != nil || a.ExpiresAt.Sub(w.clock.Now()) != 7*24*time.Hour {
				t.Fatal(a.ExpiresAt, err)
			}
			w.refused(c.ID, code)
			if got, _, err := w.UseActivation(w.anybody, a.Code); got != id || err != nil {
				t.Errorf("the activation is of %v, %v", got, err)
			}
		})
	}
}

func TestWhoDoesNotFitGetsNoCode(t *testing.T) {
	w := newClaims(t)
	w.person(1, nil)
	w.person(2, func(p *participants.NewParticipant) { p.Phone = "" })
	w.person(3, func(p *participants.NewParticipant) { p.BirthOn = "" })
	w.restricted(4)
	for name, r := range map[string]participants.ClaimRequest{
		"an unknown number":      byNIK(77),
		"another birth date":     {Number: nik(1), BirthOn: "1970-03-02"},
		"no phone on record":     byNIK(2),
		"no birth date":          byNIK(3),
		"restricted":             byNIK(4),
		"the NIK said to be KPJ": {ByKPJ: true, Number: nik(1)[:11], BirthOn: born},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			c := w.claim(r)
			if c.ID == uuid.Nil || c.ID.Version() != 7 || c.ExpiresAt.Sub(w.clock.Now()) != 5*time.Minute || c.ResendAfter != time.Minute {
				t.Errorf("told by its form: %+v", c)
			}
			if code := w.received(); code != "" || len(w.got) != 0 {
				t.Error("a message left")
			}
			for range 6 {
				w.refused(c.ID, "482913")
			}
		})
	}
}

// TestStatementsTellNothing: the store is asked the same, in the same order,
// whatever is known of the person.
func TestStatementsTellNothing(t *testing.T) {
	w := newClaims(t)
	w.person(1, nil)
	w.person(2, func(p *participants.NewParticipant) { p.Phone = "" })
	w.restricted(4)
	w.person(5, func(p *participants.NewParticipant) { p.BirthOn = "" })
	w.record()
	w.claim(byNIK(70)) // whatever is done once is done
	w.received()
	network := func(r participants.ClaimRequest) participants.ClaimRequest {
		r.Network = "198.51.100.0/24"
		return r
	}
	var known participants.Claim
	want := w.during(func() { known = w.claim(network(byNIK(1))) })
	if len(want) < 6 {
		t.Fatalf("only %d statements were seen: %q", len(want), want)
	}
	sent := w.during(func() { w.received() })
	code := sixDigits.FindString(w.got[0].Text.Reveal())
	tried := w.during(func() { w.refused(known.ID, wrong(code)) })
	if len(tried) < 2 {
		t.Fatalf("only %d statements were seen: %q", len(tried), tried)
	}
	for name, r := range map[string]participants.ClaimRequest{
		"unknown NIK": byNIK(71), "unknown KPJ": {ByKPJ: true, Number: kpj(71), BirthOn: born}, "known KPJ": {ByKPJ: true, Number: kpj(1), BirthOn: born},
		"another birth date": {Number: nik(1), BirthOn: "1999-12-31"}, "no phone": byNIK(2), "restricted": byNIK(4), "no birth date": byNIK(5),
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			var c participants.Claim
			if diff := cmp.Diff(want, w.during(func() { c = w.claim(network(r)) })); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(sent, w.during(func() { w.received() })); diff != "" {
				t.Error("delivery:", diff)
			}
			for _, code := range []string{wrong(code), code} {
				if diff := cmp.Diff(tried, w.during(func() { w.refused(c.ID, code) })); diff != "" {
					t.Error("confirmation:", diff)
				}
			}
		})
	}
	w.t = t
	for name, id := range map[string]uuid.UUID{"a claim that nobody made": uuid.New(), "the zero id": uuid.Nil} {
		if diff := cmp.Diff(tried, w.during(func() { w.refused(id, code) })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAClaimTakesFiveTries(t *testing.T) {
	w := newClaims(t)
	w.person(1, nil)
	c := w.claim(byNIK(1))
	code := w.received()
	for range 5 {
		w.refused(c.ID, wrong(code))
	}
	w.refused(c.ID, code)
	c = w.claim(byNIK(1))
	code = w.received()
	for range 4 {
		w.refused(c.ID, wrong(code))
	}
	if _, err := w.ConfirmClaim(w.anybody, c.ID, code); err != nil {
		t.Errorf("the fifth try: %v", err)
	}
}

func TestAClaimEnds(t *testing.T) {
	w := newClaims(t)
	person := w.person(1, nil)
	c := w.claim(byNIK(1))
	code := w.received()
	w.clock.Advance(5*time.Minute - time.Microsecond)
	again := w.claim(byNIK(1))
	codeAgain := w.received()
	w.refused(c.ID, codeAgain)
	w.clock.Advance(time.Microsecond)
	w.refused(c.ID, code)
	if err := errors.Join(
		w.GiveConsent(w.ctx, person, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}),
		w.WithdrawConsent(w.ctx, person),
	); err != nil {
		t.Fatal(err)
	}
	w.refused(again.ID, codeAgain)
	if n, err := w.PurgeClaims(w.ctx); n != 0 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	w.clock.Advance(24*time.Hour + 5*time.Minute)
	if n, err := w.PurgeClaims(w.ctx); n != 2 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
}

func TestAClaimEndsWhenThePersonsDataChange(t *testing.T) {
	w := newClaims(t)
	person := w.person(1, nil)
	c := w.claim(byNIK(1))
	code := w.received()
	w.clock.Advance(time.Second)
	phone := pii.Text("081234567891")
	if _, err := w.Update(w.ctx, person, participants.Change{Phone: &phone}); err != nil {
		t.Fatal(err)
	}
	w.refused(c.ID, code)
}

// TestWithdrawingEndsCodes: whoever was handed a link before cannot consent in
// the person's place.
func TestWithdrawingEndsCodes(t *testing.T) {
	w := newClaims(t)
	id, n := w.restricted(1), participants.PrivacyNotice()
	if err := w.GiveConsent(w.ctx, id, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}); err != nil {
		t.Fatal(err)
	}
	for name, withdraw := range map[string]func() error{
		"at the branch": func() error { return w.WithdrawConsent(w.ctx, id) },
		"by a request":  func() error { _, _, err := w.Ask(me(t, id), participants.AskWithdraw, ""); return err },
	} {
		a, err := w.BeginActivation(w.ctx, id)
		if err = errors.Join(err, withdraw(), w.ConsentByCode(w.anybody, a.Code, n.Version, n.Hash[:])); err != nil {
			t.Fatal(name, err)
		}
		if p, err := w.Get(w.ctx, id); err != nil || !p.Restricted {
			t.Errorf("%s: a code from before lifts the restriction (%v)", name, err)
		}
		if _, _, err := w.UseActivation(w.anybody, a.Code); !errors.Is(err, participants.ErrActivation) {
			t.Errorf("%s: the code from before is good: %v", name, err)
		}
		if err := w.GiveConsent(w.ctx, id, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACodeIsConfirmedOnce(t *testing.T) {
	w := newClaims(t)
	w.person(1, nil)
	c := w.claim(byNIK(1))
	code := w.received()
	var all sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 5 {
		all.Go(func() {
			_, err := w.ConfirmClaim(w.anybody, c.ID, code)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				good++
			case !errors.Is(err, participants.ErrClaimCode):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if good != 1 {
		t.Errorf("confirmed %d times", good)
	}
}

// TestClaimsAreLimited: known and unknown numbers alike.
func TestClaimsAreLimited(t *testing.T) {
	w := newClaims(t)
	w.person(1, nil)
	for name, n := range map[string]int{"known": 1, "unknown": 77} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			began := w.clock.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)
			w.clock.Set(began)
			limited := func() time.Duration {
				t.Helper()
				_, err := w.Claim(w.anybody, byNIK(n))
				late, ok := errors.AsType[*participants.ClaimsError](err)
				if !ok || !errors.Is(err, participants.ErrClaims) {
					t.Fatalf("got %v", err)
				}
				return late.RetryAfter()
			}
			for range 3 {
				w.claim(byNIK(n))
			}
			if after := limited(); after <= 0 || after > 15*time.Minute {
				t.Errorf("come back after %v", after)
			}
			w.clock.Set(began.Add(15 * time.Minute))
			for range 2 {
				w.claim(byNIK(n))
			}
			w.clock.Set(began.Add(30 * time.Minute))
			if after := limited(); after <= 15*time.Minute || after > 30*time.Minute {
				t.Errorf("come back after %v", after)
			}
			w.clock.Set(began.Add(time.Hour))
			w.claim(byNIK(n))
			for i := range 4 {
				w.clock.Set(began.Add(time.Duration(i+2) * time.Hour))
				w.claim(byNIK(n))
			}
			w.clock.Set(began.Add(12 * time.Hour))
			if after := limited(); after <= time.Hour || after > 12*time.Hour {
				t.Errorf("ten a day: come back after %v", after)
			}
			w.clock.Set(began.Add(24 * time.Hour))
			w.claim(byNIK(n))
		})
	}
	t.Run("a network", func(t *testing.T) {
		w.t = t
		w.clock.Advance(2 * time.Hour)
		ask := func(i int) error {
			_, err := w.Claim(w.anybody, participants.ClaimRequest{Number: nik(100 + i), BirthOn: born, Network: "203.0.113.7"})
			return err
		}
		for i := range 10 {
			if err := ask(i); err != nil {
				t.Fatal(err)
			}
		}
		if err := ask(10); !errors.Is(err, participants.ErrClaims) {
			t.Errorf("the eleventh: %v", err)
		}
		w.claim(byNIK(110)) // what was refused was not counted for the number
	})
}

func TestAClaimNeedsNumbersThatCanBe(t *testing.T) {
	w := newClaims(t)
	for name, c := range map[string]struct {
		r    participants.ClaimRequest
		want error
	}{
		"no number":             {participants.ClaimRequest{BirthOn: born}, participants.ErrIdentityForm},
		"a NIK of 15 digits":    {participants.ClaimRequest{Number: "727199550170000", BirthOn: born}, participants.ErrIdentityForm},
		"a KPJ of 10 digits":    {participants.ClaimRequest{ByKPJ: true, Number: "1910000000", BirthOn: born}, participants.ErrKPJForm},
		"no birth date":         {participants.ClaimRequest{Number: nik(1)}, participants.ErrInvalid},
		"a birth date to come":  {participants.ClaimRequest{Number: nik(1), BirthOn: "2026-11-26"}, participants.ErrInvalid},
		"a day that is not one": {participants.ClaimRequest{Number: nik(1), BirthOn: "1970-02-30"}, participants.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Claim(w.anybody, c.r)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestTheCodeIsNowhere: not in the rows, nor guessable from them.
func TestTheCodeIsNowhere(t *testing.T) {
	w := newClaims(t)
	w.person(1, nil)
	c := w.claim(byNIK(1))
	pool, err := w.db.SQL()
	if err != nil {
		t.Fatal(err)
	}
	var hash, to, text []byte
	if err := pool.QueryRowContext(w.ctx, "SELECT code_hash FROM claims").Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRowContext(w.ctx, "SELECT to_sealed, text_sealed FROM messages").Scan(&to, &text); err != nil {
		t.Fatal(err)
	}
	code := w.received()
	for _, stored := range [][]byte{hash, to, text} {
		if strings.Contains(string(stored), code) || strings.Contains(string(stored), "1234567890") || len(stored) < 32 {
			t.Errorf("%d bytes tell", len(stored))
		}
	}
	other, err := pii.Open(testkit.KeyDir(t))
	if err != nil {
		t.Fatal(err)
	}
	if string(other.Index("claim_code", c.ID.String()+":"+code)) == string(hash) {
		t.Error("the hash is not keyed")
	}
}

func TestTheLinkIsSentToThePhoneOnRecord(t *testing.T) {
	w := newClaims(t)
	const link = "https://kartu.example/kartu/#ABC"
	for name, c := range map[string]struct {
		id   uuid.UUID
		want bool
	}{
		"with a phone": {w.person(1, nil), true}, "without": {w.person(2, func(p *participants.NewParticipant) { p.Phone = "" }), false}, "restricted": {w.restricted(3), false},
	} {
		t.Run(name, func(t *testing.T) {
			w.got = nil
			sent, err := w.SendActivation(w.ctx, c.id, link)
			if err != nil || sent != c.want {
				t.Fatal(sent, err)
			}
			if _, err := w.messages.Deliver(w.ctx); err != nil {
				t.Fatal(err)
			}
			if c.want != (len(w.got) == 1) {
				t.Fatalf("%d messages left", len(w.got))
			}
			if c.want && (w.got[0].Kind != messages.CardLink || !strings.Contains(w.got[0].Text.Reveal(), " "+link+"\n")) {
				t.Error("another text")
			}
		})
	}
	if _, err := w.SendActivation(w.ctx, uuid.New(), link); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("to nobody: %v", err)
	}
	off := participants.New(participants.Deps{DB: w.db, Clock: w.clock})
	if sent, err := off.SendActivation(w.ctx, uuid.New(), link); sent || err != nil {
		t.Errorf("without messages: %v, %v", sent, err)
	}
}

func TestAnActivationForOtherRooms(t *testing.T) {
	w := newClaims(t)
	id, by := w.person(1, nil), uuid.New()
	first, err := w.BeginActivation(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.BeginActivationFor(w.anybody, id, by)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.UseActivation(w.anybody, first.Code); !errors.Is(err, participants.ErrActivation) {
		t.Errorf("the earlier code: %v", err)
	}
	if got, _, err := w.UseActivation(w.anybody, second.Code); got != id || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := w.BeginActivationFor(w.ctx, uuid.New(), by); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("for nobody: %v", err)
	}
}

func TestConsentComesWithACode(t *testing.T) {
	w := newClaims(t)
	n := participants.PrivacyNotice()
	id := w.restricted(1)
	a, err := w.BeginActivation(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	restricted := func() bool {
		t.Helper()
		p, err := w.Get(w.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Restricted
	}
	for name, c := range map[string]struct {
		version string
		hash    []byte
	}{
		"another version": {"2026-10", n.Hash[:]}, "another text": {n.Version, make([]byte, 32)}, "no text": {n.Version, nil},
	} {
		if err := w.ConsentByCode(w.anybody, a.Code, c.version, c.hash); !errors.Is(err, participants.ErrConsentVersion) || !restricted() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.ConsentByCode(w.anybody, "AAAA", n.Version, n.Hash[:]); err != nil || !restricted() {
		t.Errorf("a code of nobody: %v", err)
	}
	if err := w.ConsentByCode(w.anybody, strings.ToLower(a.Code), n.Version, n.Hash[:]); err != nil || restricted() {
		t.Errorf("%v, restricted %v", err, restricted())
	}
	if _, _, err := w.UseActivation(w.anybody, a.Code); err != nil {
		t.Error("the code was used up:", err)
	}
	if err := w.WithdrawConsent(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := w.ConsentByCode(w.anybody, a.Code, n.Version, n.Hash[:]); err != nil || !restricted() {
		t.Errorf("a used code: %v", err)
	}
}

func TestTheNoticeSaysTheSameInBothLanguages(t *testing.T) {
	n := participants.PrivacyNotice()
	if n.Version != "2026-11" || n.PublishedOn != "2026-11-23" || len(n.ID) != len(n.EN) || len(n.ID) < 10 {
		t.Fatalf("version %s of %s, %d and %d sections", n.Version, n.PublishedOn, len(n.ID), len(n.EN))
	}
	for i := range n.ID {
		if n.ID[i].Heading == "" || n.EN[i].Heading == "" || strings.Count(n.ID[i].Body, "\n") != strings.Count(n.EN[i].Body, "\n") ||
			strings.Count(n.ID[i].Body, "• ") != strings.Count(n.EN[i].Body, "• ") {
			t.Errorf("section %d, %s: not the same lines in both", i+1, n.EN[i].Heading)
		}
	}
	// A version never changes: whoever edits the text makes a new one.
	const published = "31b6ce918c203c3481e2737b61953902957732fdc79dcd270f91da008b36b35e"
	if got := fmt.Sprintf("%x", n.Hash); got != published {
		t.Errorf("the text of version %s was changed: %s", n.Version, got)
	}
}
