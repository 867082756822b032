package benefits_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

// act takes one step by name, as somebody who may.
func (w *world) act(ctx context.Context, id uuid.UUID, step string) (benefits.Benefit, error) {
	switch step {
	case "update":
		return w.Update(ctx, id, "Judul lain", good(w.outlets[0]))
	case "revise":
		return w.Revise(ctx, id, "Judul baru", good(w.outlets[0]))
	case "submit":
		return w.Submit(ctx, id)
	case "approve":
		return w.Approve(ctx, id, benefits.Seen{})
	case "reject":
		return w.Reject(ctx, id, "terlalu sedikit")
	case "publish":
		return w.Publish(ctx, id)
	case "pause":
		return w.Pause(ctx, id)
	case "resume":
		return w.Resume(ctx, id)
	case "end":
		return w.End(ctx, id)
	}
	return benefits.Benefit{}, errors.New("no such step")
}

func (w *world) may(step string) context.Context {
	if step == "approve" || step == "reject" || step == "publish" {
		return w.supervisor
	}
	return w.owner
}

var allSteps = []string{"update", "revise", "submit", "approve", "reject", "publish", "pause", "resume", "end"}

func TestEveryStepOfAPromoFromEveryState(t *testing.T) {
	w := newWorld(t)
	type end struct {
		state   benefits.State
		version benefits.VersionState
		number  int // of the newest version
		live    int
	}
	cases := map[string]struct {
		path  []string
		start end
		moves map[string]end
	}{
		"a draft": {nil, end{"draft", "draft", 1, 0}, map[string]end{"update": {"draft", "draft", 1, 0}, "submit": {"submitted", "submitted", 1, 0}}},
		"a submitted one": {[]string{"submit"}, end{"submitted", "submitted", 1, 0}, map[string]end{
			"approve": {"approved", "approved", 1, 0}, "reject": {"rejected", "rejected", 1, 0},
		}},
		"an approved one": {[]string{"submit", "approve"}, end{"approved", "approved", 1, 0}, map[string]end{
			"publish": {"live", "published", 1, 1}, "revise": {"draft", "draft", 2, 0},
		}},
		"a rejected one": {[]string{"submit", "reject"}, end{"rejected", "rejected", 1, 0}, map[string]end{"revise": {"draft", "draft", 2, 0}}},
		"a live one": {[]string{"submit", "approve", "publish"}, end{"live", "published", 1, 1}, map[string]end{
			"revise": {"live", "draft", 2, 1}, "pause": {"paused", "published", 1, 1}, "end": {"ended", "published", 1, 1},
		}},
		"a paused one": {[]string{"submit", "approve", "publish", "pause"}, end{"paused", "published", 1, 1}, map[string]end{
			"revise": {"paused", "draft", 2, 1}, "resume": {"live", "published", 1, 1}, "end": {"ended", "published", 1, 1},
		}},
		"an ended one": {[]string{"submit", "approve", "publish", "end"}, end{"ended", "published", 1, 1}, nil},
		"a live one with a new draft": {[]string{"submit", "approve", "publish", "revise"}, end{"live", "draft", 2, 1}, map[string]end{
			"update": {"live", "draft", 2, 1}, "submit": {"live", "submitted", 2, 1}, "pause": {"paused", "draft", 2, 1}, "end": {"ended", "draft", 2, 1},
		}},
		"a live one with a new version that waits": {[]string{"submit", "approve", "publish", "revise", "submit"}, end{"live", "submitted", 2, 1}, map[string]end{
			"approve": {"live", "approved", 2, 1}, "reject": {"live", "rejected", 2, 1}, "pause": {"paused", "submitted", 2, 1}, "end": {"ended", "submitted", 2, 1},
		}},
		"a paused one with a new version approved": {[]string{"submit", "approve", "publish", "revise", "submit", "approve", "pause"}, end{"paused", "approved", 2, 1}, map[string]end{
			"publish": {"paused", "published", 2, 2}, "revise": {"paused", "draft", 3, 1}, "resume": {"live", "approved", 2, 1}, "end": {"ended", "approved", 2, 1},
		}},
		"an ended one with a draft":             {[]string{"submit", "approve", "publish", "revise", "end"}, end{"ended", "draft", 2, 1}, nil},
		"an ended one with an approved version": {[]string{"submit", "approve", "publish", "revise", "submit", "approve", "end"}, end{"ended", "approved", 2, 1}, nil},
	}
	for name, c := range cases {
		for _, step := range allSteps {
			t.Run(step+" "+name, func(t *testing.T) {
				b := w.propose(t)
				for _, s := range c.path {
					b = must[benefits.Benefit](t)(w.act(w.may(s), b.ID, s))
				}
				if got := (end{b.State, b.VersionState, b.Version, b.LiveVersion}); got != c.start {
					t.Fatalf("the path leads to %v, want %v", got, c.start)
				}
				_, err := w.act(w.may(step), b.ID, step)
				want, allowed := c.moves[step]
				if !allowed {
					want = c.start
					if !errors.Is(err, benefits.ErrState) {
						t.Errorf("got %v, want ErrState", err)
					}
				} else if err != nil {
					t.Errorf("got %v", err)
				}
				b = must[benefits.Benefit](t)(w.Get(w.owner, b.ID))
				if got := (end{b.State, b.VersionState, b.Version, b.LiveVersion}); got != want {
					t.Errorf("stored is %v, want %v", got, want)
				}
			})
		}
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestNobodyDecidesOnTheirOwnProposal(t *testing.T) {
	w := newWorld(t)
	terms := good(w.outlets...)
	own := func(err error, what string) {
		t.Helper()
		if !errors.Is(err, benefits.ErrOwnProposal) {
			t.Errorf("%s: got %v, want ErrOwnProposal", what, err)
		}
	}
	byAuthor := must[benefits.Benefit](t)(w.Create(w.supervisor, w.partner.ID, "Tulis sendiri", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, byAuthor.ID))
	_, err := w.Approve(w.supervisor, byAuthor.ID, benefits.Seen{})
	own(err, "the author approves")
	must[benefits.Benefit](t)(w.Approve(w.second, byAuthor.ID, benefits.Seen{}))
	_, err = w.Publish(w.supervisor, byAuthor.ID)
	own(err, "the author publishes")
	must[benefits.Benefit](t)(w.Publish(w.second, byAuthor.ID))

	bySubmitter := w.propose(t)
	must[benefits.Benefit](t)(w.Submit(w.supervisor, bySubmitter.ID))
	_, err = w.Approve(w.supervisor, bySubmitter.ID, benefits.Seen{})
	own(err, "who handed it in approves")
	must[benefits.Benefit](t)(w.Approve(w.national, bySubmitter.ID, benefits.Seen{}))
	_, err = w.Publish(w.supervisor, bySubmitter.ID)
	own(err, "who handed it in publishes")

	edited := must[benefits.Benefit](t)(w.Create(w.supervisor, w.partner.ID, "Mulai", terms))
	must[benefits.Benefit](t)(w.Update(w.second, edited.ID, "Mulai lagi", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, edited.ID))
	_, err = w.Approve(w.second, edited.ID, benefits.Seen{})
	own(err, "who edited it approves")
	_, err = w.Approve(w.supervisor, edited.ID, benefits.Seen{})
	own(err, "who began it approves")
	must[benefits.Benefit](t)(w.Approve(w.national, edited.ID, benefits.Seen{}))
}

func TestAnOwnerNeverApproves(t *testing.T) {
	w := newWorld(t)
	b := must[benefits.Benefit](t)(w.Create(w.officer, w.partner.ID, "Usul cabang", good(w.outlets...)))
	must[benefits.Benefit](t)(w.Submit(w.officer, b.ID))
	// Even with a role that may approve, granted for the partner.
	grants := []actor.Grant{{Role: actor.BranchSupervisor, Scope: actor.PartnerScope, ScopeID: w.partner.ID}, {Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: w.partner.ID}}
	owner := actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: grants})
	for _, step := range []string{"approve", "reject", "publish"} {
		if _, err := w.act(owner, b.ID, step); !errors.Is(err, benefits.ErrNotFound) {
			t.Errorf("an owner could %s: %v", step, err)
		}
	}
}

func TestApprovalNamesWhatWasSeen(t *testing.T) {
	w := newWorld(t)
	b := w.propose(t)
	old := b.TermsHash
	b = must[benefits.Benefit](t)(w.Update(w.owner, b.ID, b.Title, good(w.outlets[0])))
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	for _, seen := range []benefits.Seen{{TermsHash: old}, {Version: 2}, {Version: 2, TermsHash: b.TermsHash}, {Version: 1, TermsHash: []byte("x")}} {
		if _, err := w.Approve(w.supervisor, b.ID, seen); !errors.Is(err, benefits.ErrTermsChanged) {
			t.Errorf("approved what was not seen: %v", err)
		}
	}
	must[benefits.Benefit](t)(w.Approve(w.supervisor, b.ID, benefits.Seen{Version: 1, TermsHash: b.TermsHash}))
	if _, err := w.Reject(w.supervisor, w.propose(t).ID, " "); fields(err)["/reason"] != "required" {
		t.Errorf("rejected without a reason: %v", err)
	}
}

func TestASubmittedVersionNeverChanges(t *testing.T) {
	w := newWorld(t)
	b := w.propose(t)
	type stored struct {
		Title, Terms string
		TermsHash    []byte
		Outlets      int
	}
	read := func() (s stored) {
		t.Helper()
		err := w.db.From(t.Context()).Raw(`SELECT title, terms, terms_hash, (SELECT count(*) FROM benefit_outlets o WHERE o.benefit_id = v.benefit_id AND o.version = 1) AS outlets
			FROM benefit_versions v WHERE benefit_id = ? AND version = 1`, b.ID).Scan(&s).Error
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	before := read()
	if sum := sha256.Sum256([]byte(before.Terms)); !bytes.Equal(sum[:], before.TermsHash) || before.Outlets != 2 {
		t.Fatalf("the hash is not that of the stored terms, or outlets are missing: %+v", before)
	}
	for _, then := range []string{"", "approve", "publish", "pause", "resume"} {
		if then != "" {
			must[benefits.Benefit](t)(w.act(w.may(then), b.ID, then))
		}
		if _, err := w.Update(w.owner, b.ID, "Lain", good(w.outlets[0])); !errors.Is(err, benefits.ErrState) {
			t.Errorf("changed after %q: %v", then, err)
		}
	}
	must[benefits.Benefit](t)(w.act(w.owner, b.ID, "revise"))
	must[benefits.Benefit](t)(w.act(w.owner, b.ID, "update"))
	if diff := cmp.Diff(before, read()); diff != "" {
		t.Error(diff)
	}
}

func TestTheOldVersionStaysUntilTheNewOneIsPublished(t *testing.T) {
	w := newWorld(t)
	b := w.propose(t)
	if _, err := w.Live(t.Context(), b.ID); !errors.Is(err, benefits.ErrNotFound) {
		t.Errorf("a draft is at the tills: %v", err)
	}
	w.publish(t, b.ID)
	offers := func(outlet uuid.UUID, version int) {
		t.Helper()
		got := must[[]benefits.Offer](t)(w.LiveAt(t.Context(), outlet))
		if version == 0 && len(got) == 0 {
			return
		}
		if len(got) != 1 || got[0].Version != version || got[0].PartnerID != w.partner.ID {
			t.Errorf("at the tills: %+v, want version %d", got, version)
		}
	}
	terms := good(w.outlets[1])
	terms.Value = 50
	must[benefits.Benefit](t)(w.Revise(w.owner, b.ID, "Setengah harga", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	must[benefits.Benefit](t)(w.Approve(w.supervisor, b.ID, benefits.Seen{Version: 2}))
	offers(w.outlets[0], 1)
	offers(w.outlets[1], 1)
	must[benefits.Benefit](t)(w.Publish(w.second, b.ID))
	offers(w.outlets[0], 0)
	offers(w.outlets[1], 2)
	got := must[benefits.Benefit](t)(w.Get(w.officer, b.ID))
	if len(got.Versions) != 2 || got.Versions[0].State != benefits.VersionPublished || got.Versions[1].State != benefits.VersionRetired {
		t.Errorf("got versions %+v", got.Versions)
	}
	o := must[benefits.Offer](t)(w.Live(t.Context(), b.ID))
	if o.Terms.Value != 50 || o.State != benefits.Live || o.Title != "Setengah harga" {
		t.Errorf("got %+v", o)
	}
	must[benefits.Benefit](t)(w.Pause(w.owner, b.ID))
	offers(w.outlets[1], 0)
	must[benefits.Benefit](t)(w.End(w.owner, b.ID))
	if o := must[benefits.Offer](t)(w.Live(t.Context(), b.ID)); o.State != benefits.Ended {
		t.Errorf("got %s, want ended", o.State)
	}
	counts := map[string]int{}
	rows, err := w.db.From(t.Context()).Raw("SELECT kind, count(*) FROM outbox GROUP BY kind").Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			t.Fatal(err)
		}
		counts[kind] = n
	}
	if diff := cmp.Diff(map[string]int{"benefit.submitted": 2, "benefit.published": 2, "benefit.paused": 1, "benefit.ended": 1}, counts); diff != "" || rows.Err() != nil {
		t.Error(diff, rows.Err())
	}
}

func TestPromosOutOfReachAreNotThere(t *testing.T) {
	w := newWorld(t)
	b := w.propose(t)
	other, _ := w.newPartner(t, 1)
	strangers := map[string]context.Context{
		"nobody":                 t.Context(),
		"the owner of another":   as(t, actor.PartnerOwner, actor.PartnerScope, other.ID),
		"a supervisor elsewhere": as(t, actor.BranchSupervisor, actor.BranchScope, donggala),
		"an agent":               as(t, actor.Agent, actor.WadahScope, palu),
	}
	for name, ctx := range strangers {
		for _, step := range allSteps {
			if _, err := w.act(ctx, b.ID, step); !errors.Is(err, benefits.ErrNotFound) {
				t.Errorf("%s, %s: got %v, want not found", name, step, err)
			}
		}
		if _, err := w.Get(ctx, b.ID); !errors.Is(err, benefits.ErrNotFound) {
			t.Errorf("%s reads it: %v", name, err)
		}
		if _, err := w.List(ctx, w.partner.ID, benefits.Filter{}, page.Request{Limit: 10}); !errors.Is(err, partners.ErrNotFound) {
			t.Errorf("%s lists them: %v", name, err)
		}
		if _, err := w.Create(ctx, w.partner.ID, "x", good(w.outlets...)); !errors.Is(err, partners.ErrNotFound) {
			t.Errorf("%s proposes: %v", name, err)
		}
	}
	for _, step := range allSteps {
		if _, err := w.act(w.national, uuid.New(), step); !errors.Is(err, benefits.ErrNotFound) {
			t.Errorf("absent, %s: got %v", step, err)
		}
	}
	for name, ctx := range map[string]context.Context{"owner": w.owner, "officer": w.officer, "national": w.national} {
		list := must[page.Of[benefits.Benefit]](t)(w.List(ctx, w.partner.ID, benefits.Filter{State: benefits.Draft}, page.Request{Limit: 10}))
		if len(list.Items) != 1 {
			t.Errorf("%s lists %d", name, len(list.Items))
		}
	}
}
