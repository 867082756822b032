// Package fault is the error policy: a handful of kinds, a stable code, one
// sentence for people. Domains declare their faults beside their types; only
// the API turns a kind into a status. Everything that is no *Error is internal
// and reaches nobody but the log.
//
// A fault never carries a value that somebody sent in: it ends up in answers.
package fault

import (
	"errors"
)

// Kind says what sort of refusal an error is.
type Kind string

// The kinds. Each has exactly one HTTP status (api/problem.go).
const (
	Malformed       Kind = "malformed"       // 400: not to be read at all
	Unauthenticated Kind = "unauthenticated" // 401
	Forbidden       Kind = "forbidden"       // 403
	NotFound        Kind = "not_found"       // 404: also what is another's
	Conflict        Kind = "conflict"        // 409
	Invalid         Kind = "invalid"         // 422
	TooMany         Kind = "too_many"        // 429
	Internal        Kind = "internal"        // 500
	Unavailable     Kind = "unavailable"     // 503
)

// Field names one place of the request that is wrong: a JSON pointer
// (RFC 6901) and a code, never the value.
type Field struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
}

// Error is a refusal with a stable code ([a-z][a-z0-9_]*) and one English sentence.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []Field
	cause   error
}

// New returns a fault; domains keep it as a sentinel and compare with errors.Is.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Error implements error.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.Message + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the same fault: same kind and code.
func (e *Error) Is(target error) bool {
	t, ok := errors.AsType[*Error](target)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// Because returns a copy of e that wraps cause. The cause is for the log only.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// With returns a copy of e that names the places that are wrong.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// At returns a copy of e that names one place: pointer and e's own code.
func (e *Error) At(pointer string) *Error {
	return e.With(Field{Pointer: pointer, Code: e.Code})
}

// KindOf returns the kind of err, Internal when it is no fault.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return Internal
}
