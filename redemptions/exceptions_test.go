package redemptions_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

func (w *table) waiting(kind redemptions.Waiting, want int64) {
	w.t.Helper()
	all, err := w.Redemptions.Waiting(w.Supervisor(w.t))
	if err != nil || all[kind].Records != want {
		w.t.Errorf("%d wait as %s (%v), want %d", all[kind].Records, kind, err, want)
	}
}

func (w *table) decide(id uuid.UUID, d redemptions.Decision) redemptions.Redemption {
	w.t.Helper()
	r, err := w.Redemptions.Decide(w.Supervisor(w.t), id, d, "sudah diperiksa")
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestAUseBeyondALimitIsAcceptedOrTakenBack(t *testing.T) {
	w := newTable(t, perMonth(1))
	var ids []uuid.UUID
	for range 4 {
		ids = append(ids, w.find(mustSync(w, w.use(nil)).Key).ID)
		w.Clock.Advance(time.Second)
	}
	w.counters(1, 3)
	w.waiting(redemptions.WaitsOverLimit, 3)
	if st, err := w.Redemptions.Story(w.Supervisor(t), ids[1]); err != nil || !st.CanDecide || st.Waits() != redemptions.WaitsOverLimit {
		t.Errorf("the supervisor is told %q, may decide: %t, %v", st.Waits(), st.CanDecide, err)
	}
	if r, err := w.Redemptions.Get(w.Owner(t), ids[1]); err != nil || r.Waits() != redemptions.WaitsOverLimit {
		t.Errorf("the owner is told %q, %v", r.Waits(), err)
	}

	accepted := w.decide(ids[1], redemptions.Accept)
	if accepted.State != redemptions.Recorded || accepted.Exception == nil || accepted.Exception.Decision != redemptions.Accept || !slices.Contains(accepted.Flags, "over_limit") {
		t.Errorf("accepted: %+v", accepted)
	}
	w.counters(1, 3) // it stays counted as it was
	rejected := w.decide(ids[2], redemptions.Reject)
	if rejected.State != redemptions.Reversed || rejected.Exception.Note != "sudah diperiksa" {
		t.Errorf("rejected: %+v", rejected)
	}
	w.counters(1, 2)
	w.waiting(redemptions.WaitsOverLimit, 1)
	if again := w.decide(ids[2], redemptions.Reject); again.State != redemptions.Reversed {
		t.Errorf("the same again: %+v", again)
	}
	w.counters(1, 2)
	for _, c := range []struct {
		name string
		by   context.Context
		id   uuid.UUID
		d    redemptions.Decision
		want error
	}{
		{"the other decision", w.Supervisor(t), ids[2], redemptions.Accept, redemptions.ErrExceptionDecided},
		{"a use within the limit", w.Supervisor(t), ids[0], redemptions.Accept, redemptions.ErrNotWaiting},
		{"the owner", w.Owner(t), ids[3], redemptions.Accept, redemptions.ErrNotFound},
		{"a viewer", shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Palu), ids[3], redemptions.Accept, redemptions.ErrNotFound},
		{"another branch", shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Donggala), ids[3], redemptions.Accept, redemptions.ErrNotFound},
	} {
		if _, err := w.Redemptions.Decide(c.by, c.id, c.d, "uji"); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	// A void that makes room settles what waited.
	if _, err := w.Redemptions.Void(w.Owner(t), ids[0], "uji"); err != nil {
		t.Fatal(err)
	}
	w.counters(1, 1)
	verify(t, w.Shop)
}

func mustSync(w *table, text string) redemptions.ItemResult {
	w.t.Helper()
	b, err := w.Redemptions.Sync(w.till.Context(w.t), []string{text})
	if err != nil {
		w.t.Fatal(err)
	}
	return b.Results[0]
}

func TestWhoDisputedAUseDoesNotDecideAboutIt(t *testing.T) {
	w := newTable(t, perMonth(1))
	mustSync(w, w.use(nil))
	over := w.find(mustSync(w, w.use(nil)).Key)
	both := actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{
		{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: w.Partner},
		{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: shop.Palu},
	}})
	if _, err := w.Redemptions.Dispute(both, over.ID, redemptions.WrongAmount); err != nil {
		t.Fatal(err)
	}
	for _, d := range []redemptions.Decision{redemptions.Accept, redemptions.Reject} {
		if _, err := w.Redemptions.Decide(both, over.ID, d, "uji"); !errors.Is(err, redemptions.ErrOwnDispute) {
			t.Errorf("%s: got %v, want %v", d, err, redemptions.ErrOwnDispute)
		}
	}
	r := w.decide(over.ID, redemptions.Reject) // and with it the dispute ends
	if r.State != redemptions.Reversed || r.Dispute.Decision != redemptions.Reverse {
		t.Errorf("got %s, dispute %+v", r.State, r.Dispute)
	}
	w.counters(1, 0)
	verify(t, w.Shop)
}

func TestAQuarantinedUseBecomesARecordOrStaysRefused(t *testing.T) {
	w := newTable(t, perMonth(1))
	old := shop.Members{"scanned_at": w.Unix(-20 * 24 * time.Hour), "occurred_at": w.Unix(-20 * 24 * time.Hour)}
	first, second, third := mustSync(w, w.use(old)), mustSync(w, w.use(old)), mustSync(w, w.use(old))
	w.waiting(redemptions.WaitsQuarantined, 3)

	kept := w.decide(*first.ID, redemptions.Accept)
	if kept.Outcome != redemptions.Refused || kept.Exception.MadeID == nil {
		t.Fatalf("got %s, %+v", kept.Outcome, kept.Exception)
	}
	made, err := w.Redemptions.Story(w.Supervisor(t), *kept.Exception.MadeID)
	if err != nil || made.Outcome != redemptions.Granted || !slices.Contains(made.Flags, "accepted") || !made.Exception.MadeOther || *made.Exception.MadeID != kept.ID {
		t.Fatalf("got %+v %v", made.Redemption, err)
	}
	if made.Discount != kept.Gross/5 || made.ParticipantID != kept.ParticipantID || made.Online {
		t.Errorf("got Rp%d off Rp%d", made.Discount, made.Gross)
	}
	w.counters(1, 0)
	if again := w.decide(*first.ID, redemptions.Accept); *again.Exception.MadeID != made.ID {
		t.Error("accepting again made another record")
	}
	// The second is beyond the person's limit and waits for a decision of its own.
	beyond := w.decide(*second.ID, redemptions.Accept)
	w.counters(1, 1)
	w.waiting(redemptions.WaitsOverLimit, 1)
	if r := w.decide(*beyond.Exception.MadeID, redemptions.Reject); r.State != redemptions.Reversed {
		t.Errorf("got %s", r.State)
	}
	w.counters(1, 0)
	if r := w.decide(*third.ID, redemptions.Reject); r.Outcome != redemptions.Refused || r.Exception.MadeID != nil {
		t.Errorf("rejected: %+v", r)
	}
	w.waiting(redemptions.WaitsQuarantined, 0)
	if b := mustSync(w, w.use(nil)); b.Outcome != "granted" {
		t.Errorf("the till goes on: %+v", b)
	}
	if r, err := w.Redemptions.Void(w.Owner(t), made.ID, "uji"); err != nil || r.State != redemptions.Voided {
		t.Errorf("the made one can be voided: %s %v", r.State, err)
	}
	verify(t, w.Shop)
}

func TestAQuarantinedUseThatNothingIsLeftForIsNotAccepted(t *testing.T) {
	w := newTable(t, nil)
	one := int64(1)
	terms := w.Terms()
	terms.Limits.TotalCount, terms.Offline = &one, benefits.Offline{Allowed: true, Allowance: 1}
	promo, err := w.Benefits.Create(w.Owner(t), w.Partner, "Sekali", terms)
	if err != nil {
		t.Fatal(err)
	}
	w.Publish(t, promo.ID)
	old := w.Unix(-20 * 24 * time.Hour)
	got := mustSync(w, w.use(shop.Members{"benefit": promo.ID, "scanned_at": old, "occurred_at": old}))
	if _, _, err := w.Redemptions.Redeem(w.till.Context(t), request(w.card, promo.ID, 50_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Redemptions.Decide(w.Supervisor(t), *got.ID, redemptions.Accept, "uji"); !errors.Is(err, redemptions.ErrNothingLeft) {
		t.Errorf("got %v, want %v", err, redemptions.ErrNothingLeft)
	}
	w.waiting(redemptions.WaitsQuarantined, 1)
	verify(t, w.Shop)
}

func TestManyAreAcceptedAtOnce(t *testing.T) {
	w := newTable(t, perMonth(1))
	var ids []uuid.UUID
	for range 4 {
		ids = append(ids, w.find(mustSync(w, w.use(nil)).Key).ID)
	}
	n, err := w.Redemptions.AcceptMany(w.Supervisor(t), append(ids, uuid.New()), "kecil-kecil")
	if err != nil || n != 3 {
		t.Errorf("accepted %d %v, want 3", n, err)
	}
	if _, err := w.Redemptions.AcceptMany(w.Supervisor(t), ids, " "); !errors.Is(err, redemptions.ErrDecisionNote) {
		t.Errorf("without a note: %v", err)
	}
	w.waiting(redemptions.WaitsOverLimit, 0)
	verify(t, w.Shop)
}

func TestAnAnalystSeesFiguresOnly(t *testing.T) {
	w := newTable(t, nil)
	use := w.find(mustSync(w, w.use(nil)).Key)
	analyst := shop.As(t, actor.HQAnalyst, actor.National, uuid.Nil)
	if sum, err := w.Redemptions.Sum(analyst, redemptions.Filter{}); err != nil || sum.Standing != 1 || sum.Discount != use.Discount {
		t.Errorf("got %+v %v", sum, err)
	}
	if _, err := w.Redemptions.List(analyst, redemptions.Filter{}, page.Request{Limit: 10}); !errors.Is(err, redemptions.ErrRows) {
		t.Errorf("list: %v", err)
	}
	if _, err := w.Redemptions.Story(analyst, use.ID); !errors.Is(err, redemptions.ErrRows) {
		t.Errorf("story: %v", err)
	}
	if err := w.Redemptions.Export(analyst, redemptions.Filter{}, nil); !errors.Is(err, redemptions.ErrRows) {
		t.Errorf("export: %v", err)
	}
}

func TestAPartnerCannotAskForWhatItMayNotSee(t *testing.T) {
	w := newTable(t, nil)
	use := w.find(mustSync(w, w.use(nil)).Key)
	count := func(by context.Context, f redemptions.Filter) int {
		t.Helper()
		p, err := w.Redemptions.List(by, f, page.Request{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Items)
	}
	f := redemptions.Filter{ParticipantID: use.ParticipantID}
	if a, b := count(w.Supervisor(t), f), count(w.Owner(t), f); a != 1 || b != 0 {
		t.Errorf("by participant: the branch finds %d, the owner %d", a, b)
	}
	for _, f := range []redemptions.Filter{{Receipt: use.ReceiptCode}, {CallerID: w.till.ID}, {Online: new(bool)}} {
		if a, b := count(w.Supervisor(t), f), count(w.Owner(t), f); a != 1 || b != 1 {
			t.Errorf("%+v: the branch finds %d, the owner %d", f, a, b)
		}
	}
	if n := count(w.Owner(t), redemptions.Filter{Flag: "over_count"}); n != 0 {
		t.Errorf("a mark that is not told finds %d", n)
	}
}

func TestWhoMaySayAndSeeWhatAboutAUse(t *testing.T) {
	w := newTable(t, nil)
	use := w.find(mustSync(w, w.use(nil)).Key)
	if err := w.Redemptions.Comment(w.Owner(t), use.ID, "Motor lain,\r\nnota sama."); err != nil {
		t.Fatal(err)
	}
	if err := w.Redemptions.Comment(shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Palu), use.ID, "x"); !errors.Is(err, redemptions.ErrNotFound) {
		t.Errorf("a viewer: %v", err)
	}
	if err := w.Redemptions.Comment(w.Owner(t), use.ID, " "); !errors.Is(err, redemptions.ErrComment) {
		t.Errorf("nothing: %v", err)
	}
	st, err := w.Redemptions.Story(w.Owner(t), use.ID)
	if err != nil || len(st.Told) != 1 || st.Told[0].Text != "Motor lain,\nnota sama." || !st.CanComment || st.CanDecide || !st.CanDispute {
		t.Errorf("got %+v %v", st.Told, err)
	}
	if st.StatusSeen != "" || st.ParticipantID != uuid.Nil || st.Item == nil || len(st.Steps) == 0 {
		t.Errorf("the owner sees %q of %s, item %+v", st.StatusSeen, st.ParticipantID, st.Item)
	}
	if err := w.DB.InTx(t.Context(), func(ctx context.Context) error { return w.Redemptions.Erase(ctx, use.ParticipantID) }); err != nil {
		t.Fatal(err)
	}
	if st, err = w.Redemptions.Story(w.Supervisor(t), use.ID); err != nil || len(st.Told) != 0 {
		t.Errorf("after erasure: %+v %v", st.Told, err)
	}
}

func TestRefusalsOfFewAreHiddenFromAPartner(t *testing.T) {
	w := newTable(t, nil)
	old := w.Unix(-20 * 24 * time.Hour)
	for range 6 {
		mustSync(w, w.use(shop.Members{"scanned_at": old, "occurred_at": old}))
	}
	mustSync(w, w.use(shop.Members{"card": "0123-4567"}))
	day := w.find(mustSync(w, w.use(nil)).Key).LocalOn
	f := redemptions.RefusedFilter{From: day.AddDays(-30), To: day}
	branch, err := w.Redemptions.Refused(w.Supervisor(t), f)
	if err != nil || branch.Total.Uses != 7 || len(branch.ByReason) != 2 || branch.Hiding {
		t.Errorf("the branch: %+v %v", branch, err)
	}
	owner, err := w.Redemptions.Refused(w.Owner(t), f)
	if err != nil || owner.ByReason[0].Uses != 6 || !owner.ByReason[1].Hidden || owner.ByReason[1].Sum() != 0 {
		t.Errorf("the owner: %+v %v", owner.ByReason, err)
	}
	other, _ := w.NewPartner(t, "Lain")
	none, err := w.Redemptions.Refused(shop.As(t, actor.PartnerOwner, actor.PartnerScope, other), f)
	if err != nil || none.Total.Sum() != 0 {
		t.Errorf("another owner: %+v %v", none.Total, err)
	}
	if _, err := w.Redemptions.Refused(w.Owner(t), redemptions.RefusedFilter{From: day, To: day.AddDays(-1)}); !errors.Is(err, redemptions.ErrPeriod) {
		t.Errorf("backwards: %v", err)
	}
}

// A copy of the books in which one decision was changed or taken out names it.
func TestADecisionThatWasTamperedWithIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ statement, fault string }{
		"another note":     {"UPDATE exception_decisions SET note = 'lain'", "altered"},
		"another decision": {"UPDATE exception_decisions SET decision = 'reject'", "altered"},
		"another person":   {"UPDATE exception_decisions SET by_id = redemption_id", "altered"},
		"taken out":        {"DELETE FROM exception_decisions", "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTable(t, perMonth(1))
			mustSync(w, w.use(nil))
			w.decide(w.find(mustSync(w, w.use(nil)).Key).ID, redemptions.Accept)
			verify(t, w.Shop)
			if err := w.DB.InTx(t.Context(), func(ctx context.Context) error { return w.DB.From(ctx).Exec(c.statement).Error }); err != nil {
				t.Fatal(err)
			}
			records := w.Redemptions.RecordCheck(t.Context())
			_, err := w.Audit.Verify(t.Context(), records.See)
			if err == nil {
				err = records.End()
			}
			if b, ok := errors.AsType[*redemptions.RecordBreach](err); !ok || b.Kind != "exception_decision" || b.Fault != c.fault || b.ID == uuid.Nil {
				t.Errorf("got %v, want the decision %s", err, c.fault)
			}
		})
	}
}
