package page_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/page"
)

func itself(id uuid.UUID) uuid.UUID { return id }

func TestAPageSaysWhereTheNextOneBegins(t *testing.T) {
	rows := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	p := page.Cut(rows, page.Request{Limit: 2}, itself)
	if len(p.Items) != 2 || p.NextCursor == "" {
		t.Fatalf("got %d rows and cursor %q, want 2 and one to go on", len(p.Items), p.NextCursor)
	}
	r, err := page.Parse(2, p.NextCursor)
	if err != nil || r.After != rows[1] {
		t.Errorf("the cursor leads to %v %v, want %v", r.After, err, rows[1])
	}
	if last := page.Cut(rows[:2], page.Request{Limit: 2}, itself); len(last.Items) != 2 || last.NextCursor != "" {
		t.Errorf("a full last page: got %d rows and cursor %q", len(last.Items), last.NextCursor)
	}
	if none := page.Cut(nil, page.Request{Limit: 2}, itself); none.Items == nil {
		t.Error("an empty page is null")
	}
}

func TestLimitsAndCursorsAreKeptInBounds(t *testing.T) {
	for in, want := range map[int]int{0: page.Default, -5: page.Default, 1: 1, page.Max: page.Max, page.Max + 1: page.Max} {
		if r, err := page.Parse(in, ""); err != nil || r.Limit != want {
			t.Errorf("limit %d: got %d %v, want %d", in, r.Limit, err, want)
		}
	}
	for _, cursor := range []string{"x", "AAAA", "=====", "%00", "AAAAAAAAAAAAAAAAAAAAAAA"} {
		if _, err := page.Parse(1, cursor); !errors.Is(err, page.ErrCursor) {
			t.Errorf("cursor %q: got %v, want %v", cursor, err, page.ErrCursor)
		}
	}
}
