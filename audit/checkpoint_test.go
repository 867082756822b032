package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
)

// signed is a log whose checkpoints are signed.
type signed struct {
	t   *testing.T
	db  *database.DB
	s   *audit.Service
	clk *clock.Manual
}

func newSigned(t *testing.T) *signed {
	t.Helper()
	l := &signed{t: t, db: testkit.DB(t), clk: testkit.Clock()}
	l.s = audit.New(l.db, l.clk)
	signer, err := audit.OpenSigner(testkit.KeyDir(t), "https://berlaku.example")
	if err != nil {
		t.Fatal(err)
	}
	l.s.SignWith(signer)
	return l
}

func (l *signed) append(n int) {
	l.t.Helper()
	err := l.db.InTx(testkit.System(l.t), func(ctx context.Context) error {
		for range n {
			l.clk.Advance(1500)
			if err := l.s.Append(ctx, audit.Event{Action: "test.done", Subject: audit.Subject{Kind: "test", ID: uuid.New()}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *signed) sign(want int64) {
	l.t.Helper()
	l.clk.Advance(time.Hour)
	if n, err := l.s.MakeCheckpoint(testkit.System(l.t)); err != nil || n != want {
		l.t.Fatalf("%d checkpoints made, %v; want %d", n, err, want)
	}
}

func auditor(t *testing.T) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: actor.Auditor, Scope: actor.National}}})
}

func (l *signed) entries() []audit.Entry {
	l.t.Helper()
	var all []audit.Entry
	if _, err := l.s.Verify(l.t.Context(), func(e *audit.Entry) error { all = append(all, *e); return nil }); err != nil {
		l.t.Fatal(err)
	}
	return all
}

func asJSON(t *testing.T, p audit.Proof) []byte {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProofsHoldForEverySizeAndNothingElse(t *testing.T) {
	l := newSigned(t)
	sizes := []int{1, 1, 5, 120, 129, 1, 300, 700} // over several kept subtrees
	for _, n := range sizes {
		l.append(n)
		l.sign(1)
	}
	l.sign(0) // nothing came since
	if _, err := l.s.CheckAll(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	all, who, r := l.entries(), auditor(t), rand.New(rand.NewPCG(1, 2))
	points, _, err := l.s.Checkpoints(who, 0, 50)
	if err != nil || len(points) != len(sizes) {
		t.Fatalf("%d checkpoints, %v", len(points), err)
	}
	for i, c := range points {
		for range 12 {
			e := all[r.Int64N(c.Size)]
			p, err := l.s.Prove(who, e.ID, c.Size)
			if err != nil {
				t.Fatal(err)
			}
			f, err := audit.CheckProof(asJSON(t, p), l.s.Public())
			if err != nil || f.Entry.ID != e.ID || f.Entry.Action != e.Action || f.Size != c.Size {
				t.Fatalf("entry %d under %d: %+v %v", e.Seq, c.Size, f, err)
			}
			l.spoilt(p)
		}
		for _, older := range points[i:] {
			p, err := l.s.ProveConsistency(who, older.Size, c.Size)
			if err != nil {
				t.Fatal(err)
			}
			if f, err := audit.CheckProof(asJSON(t, p), l.s.Public()); err != nil || f.Older != older.Size || f.Size != c.Size {
				t.Fatalf("%d is the beginning of %d: %+v %v", older.Size, c.Size, f, err)
			}
		}
	}
	l.append(1)
	young := l.entries()[len(all)]
	if _, err := l.s.Prove(who, young.ID, 0); !errors.Is(err, audit.ErrNotCovered) {
		t.Errorf("an entry behind the newest checkpoint: %v", err)
	}
}

// spoilt fails unless every change of a proof is found.
func (l *signed) spoilt(good audit.Proof) {
	l.t.Helper()
	flip := func(b []byte) []byte {
		b = append([]byte{}, b...)
		b[len(b)-1] ^= 1
		return b
	}
	for name, change := range map[string]func(*audit.Proof){
		"entry":      func(p *audit.Proof) { p.Entry = flip(p.Entry) },
		"number":     func(p *audit.Proof) { p.Seq++ },
		"checkpoint": func(p *audit.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "prev ", "prev 1", 1) },
		"path":       func(p *audit.Proof) { p.Path = append([][]byte{}, append(p.Path, make([]byte, 32))...) },
		"kind":       func(p *audit.Proof) { p.Kind = "x" },
	} {
		p := good
		change(&p)
		if _, err := audit.CheckProof(asJSON(l.t, p), l.s.Public()); !errors.Is(err, audit.ErrProof) {
			l.t.Errorf("another %s: got %v", name, err)
		}
	}
	other := newSigned(l.t)
	if _, err := audit.CheckProof(asJSON(l.t, good), other.s.Public()); !errors.Is(err, audit.ErrProof) {
		l.t.Errorf("another key: got %v", err)
	}
}

// Whoever can write the database can make the chain whole again; a checkpoint tells.
func TestALogThatWasWrittenAnewIsFoundByItsCheckpoint(t *testing.T) {
	l := newSigned(t)
	l.append(10)
	l.sign(1)
	l.append(10)
	l.sign(1)
	l.append(3)
	forge := newSigned(t) // another log of the same length
	forge.append(23)
	for _, e := range forge.entries() {
		if e.Seq > 12 {
			continue
		}
		write(t, l.db, "UPDATE audit_entries SET id = ?, subject_id = ?, prev_hash = ?, hash = ?, at = ?, actor_kind = ?, request_id = ? WHERE seq = ?",
			e.ID, e.Subject.ID, e.PrevHash, e.Hash, e.At, string(e.ActorKind), e.RequestID, e.Seq)
	}
	write(t, l.db, "DELETE FROM audit_entries WHERE seq > 12")
	write(t, l.db, "UPDATE audit_heads SET seq = 12, hash = (SELECT hash FROM audit_entries WHERE seq = 12)")
	if _, err := l.s.Verify(t.Context(), nil); err != nil {
		t.Fatalf("the chain itself is whole: %v", err)
	}
	_, err := l.s.CheckAll(t.Context(), nil)
	if b, ok := errors.AsType[*audit.CheckpointBreach](err); !ok || b.Size != 10 || b.Since != 0 || b.Fault != audit.FaultRoot {
		t.Errorf("got %v, want the first checkpoint named", err)
	}
	if _, err := l.s.MakeCheckpoint(testkit.System(t)); !errors.Is(err, audit.ErrForked) {
		t.Errorf("signing it: got %v, want %v", err, audit.ErrForked)
	}
}

func TestACheckpointThatWasChangedIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ statement, fault string }{
		"another root":    {"UPDATE audit_checkpoints SET root = (SELECT hash FROM audit_entries WHERE seq = 1) WHERE size = 20", audit.FaultAltered},
		"another note":    {"UPDATE audit_checkpoints SET note = replace(note, 'prev', 'next') WHERE size = 20", audit.FaultSignature},
		"one taken out":   {"DELETE FROM audit_checkpoints WHERE size = 20", audit.FaultMissing},
		"another time":    {"UPDATE audit_checkpoints SET made_at = '2020-01-01 00:00:00' WHERE size = 20", audit.FaultAltered},
		"the end cut off": {"DELETE FROM audit_entries WHERE seq > 25", audit.BreachMissing},
	} {
		t.Run(name, func(t *testing.T) {
			l := newSigned(t)
			for range 3 {
				l.append(10)
				l.sign(1)
			}
			write(t, l.db, c.statement)
			_, err := l.s.CheckAll(t.Context(), nil)
			if b, ok := errors.AsType[audit.Broken](err); !ok {
				t.Errorf("got %v", err)
			} else if _, _, _, fault := b.Broken(); fault != c.fault {
				t.Errorf("got %v, want %s", err, c.fault)
			}
		})
	}
}

func TestAKeptSubtreeThatIsNotTheEntriesIsNamed(t *testing.T) {
	l := newSigned(t)
	l.append(600)
	l.sign(1)
	write(t, l.db, "UPDATE audit_nodes SET hash = (SELECT hash FROM audit_entries WHERE seq = 1) WHERE level = 8 AND n = 1")
	_, err := l.s.CheckAll(t.Context(), nil)
	if b, ok := errors.AsType[*audit.CheckpointBreach](err); !ok || b.Size != 512 || b.Fault != audit.FaultNode {
		t.Errorf("got %v, want the second subtree named", err)
	}
}

func TestALogKeepsItsKeyAndName(t *testing.T) {
	dir := testkit.KeyDir(t)
	a, err := audit.OpenSigner(dir, "https://berlaku.example")
	if err != nil {
		t.Fatal(err)
	}
	b, err := audit.OpenSigner(dir, "https://moved.example")
	if err != nil || a.Name() != "berlaku.example/audit" || b.Name() != a.Name() || b.KeyHash() != a.KeyHash() {
		t.Errorf("got %s %d and %s %d, %v", a.Name(), a.KeyHash(), b.Name(), b.KeyHash(), err)
	}
	if public, err := audit.PublicKey(dir); err != nil || !strings.HasPrefix(public, "berlaku.example/audit+") {
		t.Errorf("got %q %v", public, err)
	}
}

func TestAVerificationInTheBackground(t *testing.T) {
	l := newSigned(t)
	l.append(30)
	l.sign(1)
	who := auditor(t)
	asked, err := l.s.Ask(who)
	if err != nil || !asked.Open() || asked.Total != 30 {
		t.Fatalf("got %+v %v", asked, err)
	}
	if again, err := l.s.Ask(who); err != nil || again.ID != asked.ID {
		t.Errorf("asking twice: %v %v", again.ID, err)
	}
	work := func(want audit.State) audit.Verification {
		t.Helper()
		if n, err := l.s.WorkVerifications(testkit.System(t)); err != nil || n != 1 {
			t.Fatalf("%d worked, %v", n, err)
		}
		p, err := l.s.Verifications(who, page.Request{Limit: 1})
		if err != nil || p.Items[0].State != want {
			t.Fatalf("got %+v %v, want %s", p.Items, err, want)
		}
		return p.Items[0]
	}
	if v := work(audit.Whole); v.Entries != 31 || len(v.Head) != 32 || v.FinishedAt.IsZero() { // with the asking itself
		t.Errorf("got %+v", v)
	}
	l.clk.Advance(time.Minute)
	if _, err := l.s.Ask(who); err != nil {
		t.Fatal(err)
	}
	write(t, l.db, "UPDATE audit_entries SET action = 'test.undone' WHERE seq = 17")
	if v := work(audit.Damaged); v.BrokenKind != "audit_entry" || v.BrokenSeq != 17 || v.Fault != audit.BreachAltered || v.BrokenID == uuid.Nil {
		t.Errorf("got %+v", v)
	}
	branch := actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: uuid.New()}}})
	if _, err := l.s.Ask(branch); !errors.Is(err, audit.ErrNational) {
		t.Errorf("a branch asks: %v", err)
	}
}

func TestTheLogIsFiltered(t *testing.T) {
	l := newSigned(t)
	l.append(5)
	first := l.entries()[0]
	who := auditor(t)
	for name, c := range map[string]struct {
		f    audit.Filter
		want int
	}{
		"all":                   {audit.Filter{}, 5},
		"by the whole action":   {audit.Filter{Action: "test.done"}, 5},
		"by the kind of action": {audit.Filter{Action: "test"}, 5},
		"by half a word":        {audit.Filter{Action: "tes"}, 0},
		"by subject":            {audit.Filter{SubjectID: first.Subject.ID}, 1},
		"by actor's kind":       {audit.Filter{ActorKind: actor.Account}, 0},
		"by request":            {audit.Filter{RequestID: "x"}, 0},
		"later":                 {audit.Filter{From: l.clk.Now().Add(time.Hour)}, 0},
		"earlier":               {audit.Filter{To: l.clk.Now().Add(time.Hour)}, 5},
	} {
		if p, err := l.s.List(who, c.f, page.Request{Limit: 10}); err != nil || len(p.Items) != c.want {
			t.Errorf("%s: %d %v, want %d", name, len(p.Items), err, c.want)
		}
	}
	if e, err := l.s.Get(who, first.ID); err != nil || !e.Good() {
		t.Errorf("one entry: %v", err)
	}
}
