package redemptions_test

import (
	"strings"
	"testing"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/testkit/shop"
)

// A till may sign thousands of items with one number. Whether one of them is the
// hash that the next item names must not be looked for one by one, or a few
// minutes of such items make every later answer a minute of work.
func TestAForkedChainIsReadByItsIndex(t *testing.T) {
	s := shop.New(t)
	if s.DB.Dialect() != database.SQLite {
		t.Skip("PostgreSQL plans by what is in the table")
	}
	var plan []struct{ Detail string }
	err := s.DB.From(t.Context()).Raw("EXPLAIN QUERY PLAN SELECT 1 FROM till_items p WHERE p.till_id = ? AND p.seq = ? AND p.hash = ?",
		[]byte("t"), 1, []byte("h")).Scan(&plan).Error
	if err != nil || len(plan) != 1 || !strings.Contains(plan[0].Detail, "till_id=? AND seq=? AND hash=?") {
		t.Errorf("got %v %v, want one step by number and hash", plan, err)
	}
}
