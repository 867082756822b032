package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
)

const problemType = "application/problem+json"

// problem is the body of every refusal (RFC 9457). It never holds anything
// that was sent in.
type problem struct {
	Type      string        `json:"type" format:"uri-reference" doc:"Where the code is explained."`
	Title     string        `json:"title" doc:"The status in words."`
	Status    int           `json:"status" minimum:"400" maximum:"599"`
	Code      string        `json:"code" pattern:"^[a-z][a-z0-9_]*$" doc:"Stable; decide by this."`
	Detail    string        `json:"detail,omitempty" doc:"One sentence for people."`
	Errors    []fault.Field `json:"errors,omitempty" nullable:"false" doc:"Each place that is wrong: a JSON pointer into the body, or /query/NAME, /header/NAME, and a code."`
	RequestID string        `json:"request_id" doc:"Name it when you ask for help."`

	retryAfter string
}

// Error implements error and huma.StatusError.
func (p *problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return problemType }

// Refusals of the HTTP layer itself.
var (
	errNoRoute    = fault.New(fault.NotFound, "not_found", "There is nothing here.")
	errInternal   = fault.New(fault.Internal, "internal", "")
	errTimeout    = fault.New(fault.Unavailable, "unavailable", "")
	errNoBody     = fault.New(fault.Malformed, "body_required", "This call needs a body.")
	errBody       = fault.New(fault.Malformed, "body_unreadable", "The body could not be read to its end.")
	errQuery      = fault.New(fault.Malformed, "query_malformed", "The query string is not well-formed.")
	errKey        = fault.New(fault.Malformed, "idempotency_key_invalid", "Send a header Idempotency-Key with a UUID that is new for each use.")
	errValidation = fault.New(fault.Invalid, "validation_failed", "The request does not fit its schema; see errors.")
)

// statusOf is the one place where a kind of fault becomes a status.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// statusCodes are the codes of refusals that have no fault behind them.
var statusCodes = map[int]string{
	http.StatusBadRequest:            "bad_request",
	http.StatusUnauthorized:          "unauthenticated",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        "request_timeout",
	http.StatusRequestEntityTooLarge: "body_too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusMisdirectedRequest:    "host_unknown",
	http.StatusUnprocessableEntity:   "validation_failed",
	http.StatusTooManyRequests:       "too_many_requests",
	http.StatusServiceUnavailable:    "unavailable",
}

// problemOf turns any error into the answer. What is no fault is internal: its
// text goes to the log only.
func problemOf(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		f = errTimeout
	case !ok && database.Unavailable(err):
		f = database.ErrUnavailable
	case !ok:
		f = errInternal
	}
	status := statusOf(f.Kind)
	if status < http.StatusInternalServerError {
		p := newProblem(ctx, status, f.Code, f.Message, f.Fields...)
		p.wait(err)
		return p
	}
	infoFrom(ctx).cause = err
	if status == http.StatusServiceUnavailable {
		return newProblem(ctx, status, statusCodes[status], "")
	}
	return newProblem(ctx, http.StatusInternalServerError, errInternal.Code, "")
}

// statusProblem is the answer for a status that has no fault behind it.
func statusProblem(ctx context.Context, status int) *problem {
	if code, ok := statusCodes[status]; ok {
		return newProblem(ctx, status, code, "")
	}
	return newProblem(ctx, http.StatusInternalServerError, errInternal.Code, "")
}

func newProblem(ctx context.Context, status int, code, detail string, fields ...fault.Field) *problem {
	info := infoFrom(ctx)
	p := &problem{
		Type: info.docs + "#problem-" + code, Title: http.StatusText(status), Status: status,
		Code: code, Detail: detail, Errors: fields, RequestID: info.id,
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		p.retryAfter = "5"
	}
	return p
}

// wait says when to come back, where the error knows it.
func (p *problem) wait(err error) {
	if later, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		p.retryAfter = strconv.Itoa(int(math.Ceil(later.RetryAfter().Seconds())))
	}
}

// headers sets what belongs to the answer besides its body.
func (p *problem) headers(set func(name, value string)) {
	set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		set("WWW-Authenticate", `Bearer realm="berlaku"`)
	}
	if p.retryAfter != "" {
		set("Retry-After", p.retryAfter)
	}
}

// write answers outside huma.
func (p *problem) write(w http.ResponseWriter) {
	p.headers(w.Header().Set)
	w.Header().Set("Content-Type", problemType)
	w.Header().Del("Content-Length")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) //nolint:errcheck,errchkjson // the client is gone; the status is in the log
}
