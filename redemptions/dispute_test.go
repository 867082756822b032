package redemptions_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
)

// phoneOf acts as the person's phone.
func phoneOf(t testing.TB, person uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{
		Kind: actor.Participant, ID: person, Permissions: []actor.Permission{actor.ReadOwnCard, actor.OwnSession, actor.OwnRecords},
	})
}

// quarrel is a shop with one use, limited in every way that is counted.
type quarrel struct {
	*shop.Shop
	t      *testing.T
	promo  uuid.UUID
	person uuid.UUID
	card   string
	till   context.Context
	use    redemptions.Redemption
}

func newQuarrel(t *testing.T) *quarrel {
	t.Helper()
	q := &quarrel{Shop: shop.New(t), t: t}
	q.promo = q.Promo(t, func(b *benefits.Terms) {
		b.Limits = benefits.Limits{
			Participant:  &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth, MinIntervalDays: new(int(20))},
			OutletPerDay: new(int64(1)), TotalCount: new(int64(1)), TotalAmount: new(int64(10_000)),
		}
	})
	q.person = q.Person(t)
	_, q.card = q.Printed(t, q.person)
	q.till = q.Till(t, q.Outlet)
	q.use = q.redeem("")
	return q
}

// redeem uses the promo and wants the reason.
func (q *quarrel) redeem(want redemptions.Reason) redemptions.Redemption {
	q.t.Helper()
	r := request(q.card, q.promo, 50_000)
	r.ReceiptNumber = "NJB-1"
	got, _, err := q.Redemptions.Redeem(q.till, r)
	if err != nil || got.Reason != want {
		q.t.Fatalf("got %q %v, want %q", got.Reason, err, want)
	}
	return got
}

func (q *quarrel) dispute(by context.Context) redemptions.Redemption {
	q.t.Helper()
	got, err := q.Redemptions.Dispute(by, q.use.ID, redemptions.NotMe)
	if err != nil {
		q.t.Fatal(err)
	}
	return got
}

// counted are the counters that one use moves.
func (q *quarrel) counted() map[string]int64 {
	q.t.Helper()
	out := map[string]int64{}
	for name, query := range map[string]string{
		"usages": "SELECT sum(used) FROM usages", "outlet": "SELECT sum(used) FROM outlet_usages", "bills": "SELECT sum(uses) FROM bills",
		"count": "SELECT sum(used_count) FROM benefit_quotas", "amount": "SELECT sum(used_amount) FROM benefit_quotas",
		"days": "SELECT count(*) FROM usage_days WHERE last_on IS NOT NULL",
	} {
		out[name] = scalar(q.t, q.Shop, "SELECT CAST(("+query+") AS bigint)")
	}
	return out
}

func (q *quarrel) actions(kind string) int64 {
	q.t.Helper()
	return scalar(q.t, q.Shop, "SELECT count(*) FROM redemption_actions WHERE action = ?", kind)
}

func (q *quarrel) is(state redemptions.State) {
	q.t.Helper()
	got, err := q.Redemptions.Get(q.Supervisor(q.t), q.use.ID)
	if err != nil || got.State != state {
		q.t.Errorf("state %q %v, want %q", got.State, err, state)
	}
	verify(q.t, q.Shop)
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestAReversedUseGivesBackExactlyWhatAVoidDoes(t *testing.T) {
	voided, reversed := newQuarrel(t), newQuarrel(t)
	if _, err := voided.Redemptions.Void(voided.till, voided.use.ID, "uji"); err != nil {
		t.Fatal(err)
	}
	before := reversed.counted()
	d := reversed.dispute(phoneOf(t, reversed.person))
	if d.State != redemptions.Disputed || d.Dispute == nil || d.Dispute.Reason != redemptions.NotMe || d.Dispute.By != "participant" || d.Dispute.Decision != "" {
		t.Errorf("disputed: %+v %+v", d.State, d.Dispute)
	}
	if diff := cmp.Diff(before, reversed.counted()); diff != "" {
		t.Errorf("a dispute alone gives nothing back: %s", diff)
	}
	got, err := reversed.Redemptions.Decide(reversed.Supervisor(t), reversed.use.ID, redemptions.Reverse, "nomor struk bukan milik peserta")
	if err != nil || got.State != redemptions.Reversed || got.Dispute.Decision != redemptions.Reverse || got.Dispute.Note == "" || got.Dispute.DecidedAt.IsZero() {
		t.Fatalf("reversed: %+v %v", got, err)
	}
	if diff := cmp.Diff(voided.counted(), reversed.counted()); diff != "" {
		t.Errorf("a void and a reversal count differently (-void +reversal):\n%s", diff)
	}
	reversed.is(redemptions.Reversed)
	reversed.redeem("") // all limits are free again
	reversed.redeem(redemptions.LimitParticipant)
	day := reversed.use.LocalOn
	sum, err := reversed.Reports.Summary(testkit.System(t), reports.Period{From: day, To: day})
	if err != nil || sum.Uses != 1 || sum.Voided != 1 {
		t.Errorf("the report: %+v %v, want one use and one that was taken back", sum, err)
	}
	receipt, err := reversed.Redemptions.Receipt(t.Context(), reversed.use.ReceiptCode)
	if err != nil || receipt.State != redemptions.Reversed {
		t.Errorf("the receipt: %v %v", receipt.State, err)
	}
	kinds := []string{}
	if err := reversed.DB.From(t.Context()).Raw("SELECT kind FROM outbox WHERE kind LIKE 'redemption.%e%' ORDER BY id").Scan(&kinds).Error; err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"redemption.disputed", "redemption.reversed"} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("%s was not told: %v", kind, kinds)
		}
	}
}

func TestAnUpheldUseStands(t *testing.T) {
	q := newQuarrel(t)
	q.dispute(q.Owner(t))
	before := q.counted()
	if _, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, redemptions.Uphold, "struk cocok"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, q.counted()); diff != "" {
		t.Error(diff)
	}
	q.is(redemptions.Upheld)
	q.redeem(redemptions.LimitParticipant)
	if d := q.dispute(phoneOf(t, q.person)); d.State != redemptions.Upheld || q.actions("dispute") != 1 {
		t.Errorf("what was decided is not opened again: %s", d.State)
	}
	if _, err := q.Redemptions.Void(q.Supervisor(t), q.use.ID, "ternyata salah"); err != nil {
		t.Fatal(err)
	}
	q.is(redemptions.Voided)
}

func TestVoidsAndDisputesInEveryOrder(t *testing.T) {
	decide := func(q *quarrel, d redemptions.Decision) error {
		_, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, d, "uji")
		return err
	}
	void := func(q *quarrel) redemptions.Redemption {
		t.Helper()
		r, err := q.Redemptions.Void(q.Supervisor(t), q.use.ID, "uji")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	free := map[string]int64{"usages": 0, "outlet": 0, "bills": 0, "count": 0, "amount": 0, "days": 0}
	for name, run := range map[string]func(q *quarrel) redemptions.State{
		"a void after the dispute, then a decision": func(q *quarrel) redemptions.State {
			q.dispute(phoneOf(t, q.person))
			void(q)
			wantErr(t, decide(q, redemptions.Reverse), redemptions.ErrNotDisputed)
			wantErr(t, decide(q, redemptions.Uphold), redemptions.ErrNotDisputed)
			return redemptions.Voided
		},
		"a reversal after the void": func(q *quarrel) redemptions.State {
			void(q)
			wantErr(t, decide(q, redemptions.Reverse), redemptions.ErrNotDisputed)
			return redemptions.Voided
		},
		"a dispute after the void": func(q *quarrel) redemptions.State {
			void(q)
			_, err := q.Redemptions.Dispute(phoneOf(t, q.person), q.use.ID, redemptions.NotMe)
			wantErr(t, err, redemptions.ErrNotDisputable)
			return redemptions.Voided
		},
		"a void after the reversal": func(q *quarrel) redemptions.State {
			q.dispute(phoneOf(t, q.person))
			if err := decide(q, redemptions.Reverse); err != nil {
				t.Fatal(err)
			}
			if r := void(q); r.State != redemptions.Reversed {
				t.Errorf("the void answers %s", r.State)
			}
			return redemptions.Reversed
		},
		"decided twice": func(q *quarrel) redemptions.State {
			q.dispute(phoneOf(t, q.person))
			for range 2 {
				if err := decide(q, redemptions.Reverse); err != nil {
					t.Fatal(err)
				}
			}
			wantErr(t, decide(q, redemptions.Uphold), redemptions.ErrDecided)
			return redemptions.Reversed
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQuarrel(t)
			state := run(q)
			q.is(state)
			if diff := cmp.Diff(free, q.counted()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhoMayDisputeAndDecide(t *testing.T) {
	q := newQuarrel(t)
	dispute := func(ctx context.Context, why redemptions.DisputeReason) error {
		_, err := q.Redemptions.Dispute(ctx, q.use.ID, why)
		return err
	}
	decide := func(ctx context.Context) error {
		_, err := q.Redemptions.Decide(ctx, q.use.ID, redemptions.Uphold, "uji")
		return err
	}
	other, _ := q.NewPartner(t, "Bengkel Lain")
	for name, ctx := range map[string]context.Context{
		"another person":         phoneOf(t, q.Person(t)),
		"an owner elsewhere":     shop.As(t, actor.PartnerOwner, actor.PartnerScope, other),
		"a supervisor":           q.Supervisor(t),
		"the till":               q.till,
		"a phone without rights": actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: q.person}),
		"nobody":                 t.Context(),
	} {
		if err := dispute(ctx, redemptions.NotMe); !errors.Is(err, redemptions.ErrNotFound) {
			t.Errorf("disputed by %s: %v", name, err)
		}
	}
	wantErr(t, dispute(phoneOf(t, q.person), "tidak tahu"), redemptions.ErrDisputeReason)
	wantErr(t, decide(q.Supervisor(t)), redemptions.ErrNotDisputed)
	// Who is owner and supervisor at once does not decide what they disputed.
	both := actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{
		{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: q.Partner}, {Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: shop.Palu},
	}})
	if err := dispute(both, redemptions.WrongAmount); err != nil {
		t.Fatal(err)
	}
	wantErr(t, decide(both), redemptions.ErrOwnDispute)
	for name, ctx := range map[string]context.Context{
		"a supervisor elsewhere": shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Donggala),
		"an officer":             shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu),
		"the owner":              q.Owner(t),
		"the person":             phoneOf(t, q.person),
	} {
		if err := decide(ctx); !errors.Is(err, redemptions.ErrNotFound) {
			t.Errorf("decided by %s: %v", name, err)
		}
	}
	for _, bad := range []string{"", "  ", string(make([]rune, 201)), "a\x00"} {
		_, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, redemptions.Uphold, bad)
		wantErr(t, err, redemptions.ErrDecisionNote)
	}
	_, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, "void", "uji")
	wantErr(t, err, redemptions.ErrDecision)
	if err := decide(q.Supervisor(t)); err != nil {
		t.Error(err)
	}
	q.is(redemptions.Upheld)
}

func TestADisputeComesInTime(t *testing.T) {
	q := newQuarrel(t)
	refused := q.redeem(redemptions.LimitParticipant)
	me := phoneOf(t, q.person)
	_, err := q.Redemptions.Dispute(me, refused.ID, redemptions.NotMe)
	wantErr(t, err, redemptions.ErrNotDisputable)
	_, err = q.Redemptions.Dispute(me, uuid.New(), redemptions.NotMe)
	wantErr(t, err, redemptions.ErrNotFound)
	q.Clock.Advance(redemptions.DisputeWindow + time.Second)
	_, err = q.Redemptions.Dispute(me, q.use.ID, redemptions.NotMe)
	wantErr(t, err, redemptions.ErrDisputeWindowOver)
	q.Clock.Set(q.use.RecordedAt.Add(redemptions.DisputeWindow))
	first := q.dispute(me)
	q.Clock.Advance(time.Hour)
	again, err := q.Redemptions.Dispute(me, q.use.ID, redemptions.OtherReason)
	if err != nil || !again.Dispute.At.Equal(first.Dispute.At) || again.Dispute.Reason != redemptions.NotMe {
		t.Errorf("again: %+v %v, want the first", again.Dispute, err)
	}
}

func TestListsAreNarrowedByState(t *testing.T) {
	q := newQuarrel(t)
	q.redeem(redemptions.LimitParticipant)
	list := func(state redemptions.State) int {
		t.Helper()
		p, err := q.Redemptions.List(q.Supervisor(t), redemptions.Filter{State: state}, page.Request{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Items)
	}
	if all, open := list(redemptions.Recorded), list(redemptions.Disputed); all != 2 || open != 0 {
		t.Errorf("%d recorded and %d disputed", all, open)
	}
	q.dispute(q.Owner(t))
	if all, open := list(redemptions.Recorded), list(redemptions.Disputed); all != 1 || open != 1 {
		t.Errorf("%d recorded and %d disputed", all, open)
	}
}

// However decisions and voids meet, the use is given back once.
func TestDecisionsAndVoidsAtOnce(t *testing.T) {
	for range 8 {
		q := newQuarrel(t)
		q.dispute(phoneOf(t, q.person))
		var wg sync.WaitGroup
		for _, do := range []func() error{
			func() error { _, err := q.Redemptions.Void(q.till, q.use.ID, "uji"); return err },
			func() error { _, err := q.Redemptions.Void(q.Supervisor(t), q.use.ID, "uji"); return err },
			func() error {
				_, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, redemptions.Reverse, "uji")
				return err
			},
			func() error {
				_, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, redemptions.Reverse, "uji")
				return err
			},
			func() error {
				_, err := q.Redemptions.Decide(q.Supervisor(t), q.use.ID, redemptions.Uphold, "uji")
				return err
			},
		} {
			wg.Go(func() {
				if err := do(); err != nil && !errors.Is(err, redemptions.ErrDecided) && !errors.Is(err, redemptions.ErrNotDisputed) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if back := q.actions("void") + q.actions("reverse"); back != 1 {
			t.Errorf("taken back %d times", back)
		}
		if decided := q.actions("uphold") + q.actions("reverse"); decided > 1 {
			t.Errorf("decided %d times", decided)
		}
		for name, n := range q.counted() {
			if n != 0 {
				t.Errorf("%s is %d", name, n)
			}
		}
		verify(t, q.Shop)
	}
}
