// Package page cuts lists into pages by cursor. A cursor is opaque to callers;
// inside it is the id of the last row seen. Lists run from the newest row to
// the oldest, or the other way round where the list says so.
package page

import (
	"encoding/base64"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/fault"
)

// Limits of a page, in rows.
const (
	Default = 50
	Max     = 200
)

// ErrCursor says that a cursor was not made by this list.
var ErrCursor = fault.New(fault.Malformed, "cursor_invalid", "The cursor is not one that a list gave out.")

// Request asks for at most Limit rows beyond After (the zero id: from the start).
type Request struct {
	Limit int
	After uuid.UUID
}

// Of is one page of a list.
type Of[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor" doc:"Pass as cursor to read on; empty on the last page."`
}

// Parse reads limit (0: Default; more than Max: Max) and cursor, or returns ErrCursor.
func Parse(limit int, cursor string) (Request, error) {
	r := Request{Limit: Default}
	if limit > 0 {
		r.Limit = min(limit, Max)
	}
	if cursor == "" {
		return r, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != len(r.After) {
		return Request{}, ErrCursor
	}
	copy(r.After[:], b)
	return r, nil
}

// Cut makes a page of rows that were read with a limit of r.Limit+1.
func Cut[T any](rows []T, r Request, id func(T) uuid.UUID) Of[T] {
	if len(rows) <= r.Limit {
		if rows == nil {
			rows = []T{}
		}
		return Of[T]{Items: rows}
	}
	rows = rows[:r.Limit]
	last := id(rows[len(rows)-1])
	return Of[T]{Items: rows, NextCursor: base64.RawURLEncoding.EncodeToString(last[:])}
}

// Map turns a page of one type into a page of another.
func Map[T, U any](p Of[T], f func(T) U) Of[U] {
	out := Of[U]{Items: make([]U, len(p.Items)), NextCursor: p.NextCursor}
	for i, v := range p.Items {
		out.Items[i] = f(v)
	}
	return out
}
