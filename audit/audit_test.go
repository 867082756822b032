package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/testkit"
)

const entries = 60

func log(t *testing.T) (*database.DB, *audit.Service) {
	t.Helper()
	db, clk := testkit.DB(t), testkit.Clock()
	s := audit.New(db, clk)
	for i := range entries {
		clk.Advance(1500)
		err := db.InTx(testkit.System(t), func(ctx context.Context) error {
			return s.Append(ctx, audit.Event{
				Action: "test.done", Subject: audit.Subject{Kind: "test", ID: uuid.New()},
				Digest: []byte{byte(i)}, Details: map[string]any{"n": i},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return db, s
}

func write(t *testing.T, db *database.DB, statement string, args ...any) {
	t.Helper()
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		res := db.From(ctx).Exec(statement, args...)
		if res.Error == nil && res.RowsAffected == 0 {
			return errors.New("the statement changed nothing")
		}
		return res.Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUntouchedLogVerifies(t *testing.T) {
	_, s := log(t)
	seen := int64(0)
	r, err := s.Verify(t.Context(), func(e *audit.Entry) error {
		if seen++; e.Seq != seen {
			t.Errorf("entry %d comes as number %d", e.Seq, seen)
		}
		return nil
	})
	if err != nil || r.Entries != entries || r.Seq != entries || len(r.Hash) != 32 {
		t.Errorf("got %+v %v, want %d good entries", r, err, entries)
	}
}

func TestAppendNeedsATransaction(t *testing.T) {
	s := audit.New(testkit.DB(t), testkit.Clock())
	if err := s.Append(testkit.System(t), audit.Event{Action: "test.done"}); err == nil {
		t.Error("an entry was appended outside a transaction")
	}
}

func TestARolledBackChangeLeavesNoEntry(t *testing.T) {
	db, s := log(t)
	stop := errors.New("stop")
	err := db.InTx(testkit.System(t), func(ctx context.Context) error {
		if err := s.Append(ctx, audit.Event{Action: "test.done"}); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if r, err := s.Verify(t.Context(), nil); err != nil || r.Entries != entries {
		t.Errorf("got %d entries and %v, want %d", r.Entries, err, entries)
	}
}

// Every way to tamper, at every place of the log: Verify names the first wrong row.
func TestTamperingIsFoundWhereverItIs(t *testing.T) {
	columns := map[string]string{
		"action": "'test.undone'", "actor_id": "'01890000-0000-7000-8000-0000000000ff'", "actor_kind": "'account'",
		"details": "'{}'", "request_id": "'x'", "subject_kind": "'other'", "subject_id": "'01890000-0000-7000-8000-0000000000ff'",
		"digest": "prev_hash", "hash": "prev_hash", "prev_hash": "hash", "at": "'2020-01-01 00:00:00'",
	}
	for column, value := range columns {
		t.Run("edited "+column, func(t *testing.T) {
			db, s := log(t)
			for _, seq := range []int64{entries, entries / 2, 1} { // from the end, so that the newest edit is the first wrong row
				write(t, db, fmt.Sprintf("UPDATE audit_entries SET %s = %s WHERE seq = ?", column, value), seq)
				_, err := s.Verify(t.Context(), nil)
				if b, ok := errors.AsType[*audit.Breach](err); !ok || b.Seq != seq || b.Fault != audit.BreachAltered || b.ID == uuid.Nil {
					t.Errorf("edited entry %d: got %v, want it named", seq, err)
				}
			}
		})
	}
	for seq := int64(1); seq <= entries; seq += 7 {
		t.Run(fmt.Sprintf("deleted %d", seq), func(t *testing.T) {
			db, s := log(t)
			write(t, db, "DELETE FROM audit_entries WHERE seq = ?", seq)
			_, err := s.Verify(t.Context(), nil)
			if b, ok := errors.AsType[*audit.Breach](err); !ok || b.Seq != seq || b.Fault != audit.BreachMissing {
				t.Errorf("got %v, want entry %d missing", err, seq)
			}
		})
		t.Run(fmt.Sprintf("inserted beside %d", seq), func(t *testing.T) {
			db, s := log(t)
			write(t, db, `INSERT INTO audit_entries (id, chain, seq, at, actor_kind, actor_id, action, subject_kind, subject_id, digest, details, request_id, prev_hash, hash)
				SELECT ?, chain, seq, at, actor_kind, actor_id, action, subject_kind, subject_id, digest, details, request_id, prev_hash, hash FROM audit_entries WHERE seq = ?`, uuid.New(), seq)
			_, err := s.Verify(t.Context(), nil)
			if b, ok := errors.AsType[*audit.Breach](err); !ok || b.Seq != seq {
				t.Errorf("got %v, want entry %d named", err, seq)
			}
		})
	}
	for seq := int64(1); seq < entries; seq += 11 {
		t.Run(fmt.Sprintf("swapped %d and the next", seq), func(t *testing.T) {
			db, s := log(t)
			write(t, db, "UPDATE audit_entries SET seq = 2 * CAST(? AS bigint) + 1 - seq WHERE seq IN (?, ?)", seq, seq, seq+1)
			_, err := s.Verify(t.Context(), nil)
			if b, ok := errors.AsType[*audit.Breach](err); !ok || b.Seq != seq {
				t.Errorf("got %v, want entry %d named", err, seq)
			}
		})
	}
}

func TestACutOffEndIsFound(t *testing.T) {
	db, s := log(t)
	write(t, db, "DELETE FROM audit_entries WHERE seq > ?", entries-3)
	_, err := s.Verify(t.Context(), nil)
	if b, ok := errors.AsType[*audit.Breach](err); !ok || b.Seq != entries-2 || b.Fault != audit.BreachMissing {
		t.Errorf("got %v, want entry %d missing", err, entries-2)
	}
}

// Whoever can write the database can also move the head back. A head that was
// noted outside proves it.
func TestACutOffEndWithItsHeadMovedIsFoundByANotedHead(t *testing.T) {
	db, s := log(t)
	noted, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, "DELETE FROM audit_entries WHERE seq = ?", entries)
	write(t, db, "UPDATE audit_heads SET seq = seq - 1, hash = (SELECT hash FROM audit_entries WHERE seq = ?)", entries-1)
	if _, err := s.Verify(t.Context(), nil); err != nil {
		t.Fatalf("the chain itself is whole: %v", err)
	}
	err = s.VerifySince(t.Context(), noted.Seq, noted.Hash)
	if b, ok := errors.AsType[*audit.Breach](err); !ok || b.Seq != entries || b.Fault != audit.BreachMissing {
		t.Errorf("got %v, want entry %d missing", err, entries)
	}
}
