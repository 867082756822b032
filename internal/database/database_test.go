package database_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/testkit"
)

func throttleHits(t *testing.T, db *database.DB, bucket string) int {
	t.Helper()
	var n int
	if err := db.From(t.Context()).Raw("SELECT coalesce(sum(hits), 0) FROM throttles WHERE bucket = ?", bucket).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func insertThrottle(ctx context.Context, db *database.DB, bucket string) error {
	return db.From(ctx).Exec("INSERT INTO throttles (bucket, hits, window_start) VALUES (?, 1, ?)", bucket, testkit.Start).Error
}

func TestInTxCommitsRollsBackAndJoins(t *testing.T) {
	db := testkit.DB(t)
	stop := errors.New("stop")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := db.InTx(ctx, func(ctx context.Context) error { return insertThrottle(ctx, db, "inner") }); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("got %v, want the error of the function", err)
	}
	if n := throttleHits(t, db, "inner"); n != 0 {
		t.Errorf("a joined call wrote %d rows although the outer transaction failed", n)
	}
	if err := db.InTx(t.Context(), func(ctx context.Context) error { return insertThrottle(ctx, db, "kept") }); err != nil {
		t.Fatal(err)
	}
	if n := throttleHits(t, db, "kept"); n != 1 {
		t.Errorf("committed rows: got %d, want 1", n)
	}
}

func TestTryUndoesOnlyItsOwnPart(t *testing.T) {
	db := testkit.DB(t)
	stop := errors.New("stop")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := insertThrottle(ctx, db, "before"); err != nil {
			return err
		}
		err := db.Try(ctx, func(ctx context.Context) error {
			if err := insertThrottle(ctx, db, "tried"); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Errorf("got %v, want the error of the function", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if b, tr := throttleHits(t, db, "before"), throttleHits(t, db, "tried"); b != 1 || tr != 0 {
		t.Errorf("got before=%d tried=%d, want 1 and 0", b, tr)
	}
}

func TestTimesAndIDsComeBackAsTheyWent(t *testing.T) {
	db := testkit.DB(t)
	id, at := uuid.New(), time.Date(2026, 11, 24, 2, 3, 4, 567891000, time.UTC)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		return db.From(ctx).Exec("INSERT INTO sectors (id, code, name_id, name_en, state, created_at, updated_at) VALUES (?, 'X', 'x', 'x', 'open', ?, ?)", id, at, at).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	var gotID uuid.UUID
	var gotAt time.Time
	if err := db.From(t.Context()).Raw("SELECT id, created_at FROM sectors WHERE code = 'X'").Row().Scan(&gotID, &gotAt); err != nil {
		t.Fatal(err)
	}
	if gotID != id || !gotAt.Equal(at) {
		t.Errorf("got %v %v, want %v %v", gotID, gotAt, id, at)
	}
}

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	db, err := database.Open(t.Context(), database.Config{URL: testkit.EmptyURL(t), AllowUnsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckSchema(t.Context()); !errors.Is(err, database.ErrSchema) {
		t.Errorf("an empty database passed the schema check: %v", err)
	}
	for range 2 {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.CheckSchema(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPartitionsCanBeMadeTwice(t *testing.T) {
	db := testkit.DB(t)
	for range 2 {
		if err := db.EnsurePartitions(t.Context(), testkit.Start.AddDate(-1, 0, 0), testkit.Start.AddDate(0, 3, 0)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadersCannotWriteOnSQLite(t *testing.T) {
	db := testkit.DB(t)
	if db.Dialect() != database.SQLite {
		t.Skip("PostgreSQL has one pool")
	}
	if err := insertThrottle(t.Context(), db, "stray"); err == nil {
		t.Error("a write outside InTx succeeded")
	}
}

func TestPostgresElsewhereNeedsAChoiceOfEncryption(t *testing.T) {
	if _, err := database.Open(t.Context(), database.Config{URL: "postgres://berlaku@db.example/berlaku"}); !errors.Is(err, database.ErrPlainPostgres) {
		t.Errorf("got %v, want %v", err, database.ErrPlainPostgres)
	}
}

func TestSQLiteWaitsForTheDiskAtEveryCommit(t *testing.T) {
	if os.Getenv("TEST_POSTGRES_URL") != "" {
		t.Skip("SQLite's own settings")
	}
	db, err := database.Open(t.Context(), database.Config{URL: testkit.URL(t)}) // not testkit.DB, which does not wait
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only looked at
	conn, err := db.SQL()
	if err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} { // 2 is FULL
		var got string
		if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", pragma, got, want, err)
		}
	}
}
