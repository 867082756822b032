package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/strictjson"
)

// idempotencyHeader names the header without which no redemption is made.
const idempotencyHeader = "Idempotency-Key"

// humaProblem makes our answer of what huma found wrong. Of huma's details
// only the place and the rule are used: their values are what was sent.
func humaProblem(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	if ctx == nil { // huma asks for an example when it documents a route
		return &problem{}
	}
	p := problemOfHuma(ctx, status, msg, errs)
	p.headers(ctx.SetHeader)
	return p
}

func problemOfHuma(ctx huma.Context, status int, msg string, errs []error) *problem {
	c := ctx.Context()
	for _, err := range errs {
		if _, ok := errors.AsType[*fault.Error](err); ok {
			return problemOf(c, err)
		}
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return statusProblem(c, http.StatusRequestEntityTooLarge)
		}
	}
	switch {
	case status == http.StatusInternalServerError && msg == "cannot read request body":
		return problemOf(c, errBody)
	case status == http.StatusInternalServerError && len(errs) > 0:
		return problemOf(c, errs[0])
	case status == http.StatusBadRequest && len(errs) == 0:
		return problemOf(c, errNoBody)
	case len(errs) == 0:
		return statusProblem(c, status)
	}
	return problemOfDetails(ctx, errs)
}

// problemOfDetails answers for a request that does not fit its schema. An id
// in the path that cannot be one is simply not there.
func problemOfDetails(ctx huma.Context, errs []error) *problem {
	c := ctx.Context()
	var fields []fault.Field
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		switch {
		case !ok:
			return problemOf(c, err)
		case strings.HasPrefix(d.Location, "path."):
			return problemOf(c, errNoRoute)
		case d.Location == "header."+idempotencyHeader:
			return problemOf(c, errKey)
		case isJSONError(d.Message):
			return newProblem(c, http.StatusBadRequest, d.Message, "The body is not JSON as RFC 8259 has it: one document, UTF-8, no member twice.")
		case strings.Contains(d.Message, "request body too large"):
			return statusProblem(c, http.StatusRequestEntityTooLarge)
		case strings.HasPrefix(d.Message, "cannot read multipart form"):
			return problemOf(c, errBody)
		}
		fields = append(fields, fieldOf(d))
	}
	return problemOf(c, errValidation.With(fields...))
}

func isJSONError(msg string) bool {
	switch strictjson.Error(msg) {
	case strictjson.ErrMalformed, strictjson.ErrDuplicate, strictjson.ErrTooDeep:
		return true
	}
	return false
}

// rules tells by how huma's sentence begins which rule was broken. The order
// matters: the first that fits counts.
var rules = []struct{ prefix, code string }{
	{validation.MsgUnexpectedProperty, "unexpected_member"},
	{"unknown query parameter", "unexpected_parameter"},
	{"expected required property", "required"},
	{"required ", "required"},
	{"expected property ", "required"},
	{"expected string to ", "format"},
	{"expected duration", "format"},
	{"expected length", "length"},
	{"expected array length", "length"},
	{"expected object with", "length"},
	{"expected number >", "range"},
	{"expected number <", "range"},
	{"expected number to be a multiple", "range"},
	{"expected value to be one of", "enum"},
	{validation.MsgExpectedArrayItemsUnique, "duplicate"},
	{"expected at most one value", "duplicate"},
	{"expected value", "type"},
	{"expected ", "type"},
	{"invalid ", "format"},
}

func fieldOf(d *huma.ErrorDetail) fault.Field {
	if rest, ok := strings.CutPrefix(d.Message, strictjson.TypePrefix); ok {
		return fault.Field{Pointer: strings.TrimSuffix(rest, "/"), Code: "type"}
	}
	f := fault.Field{Code: "invalid"}
	for _, r := range rules {
		if strings.HasPrefix(d.Message, r.prefix) {
			f.Code = r.code
			break
		}
	}
	location := d.Location
	switch f.Code {
	case "unexpected_member":
		location = parentOf(d)
	case "unexpected_parameter":
		location = "query"
	case "required":
		if name := requiredName(d.Message); name != "" {
			location += "." + name
		}
	}
	f.Pointer = pointerOf(location)
	return f
}

// parentOf returns the place of the object in which a member was not expected.
// The member's name is the sender's and may hold dots: the longest name in the
// object that ends the location is taken off.
func parentOf(d *huma.ErrorDetail) string {
	m, ok := d.Value.(map[string]any)
	if !ok {
		return "body"
	}
	parent := d.Location
	for name := range m {
		if cut, ok := strings.CutSuffix(d.Location, "."+name); ok && len(cut) < len(parent) {
			parent = cut
		}
	}
	if parent == d.Location {
		return "body"
	}
	return parent
}

// requiredName takes the name of our own schema out of huma's sentence.
func requiredName(msg string) string {
	for _, frame := range []string{validation.MsgExpectedRequiredProperty, validation.MsgExpectedDependentRequiredProperty} {
		before, after, _ := strings.Cut(frame, "%s")
		rest, ok := strings.CutPrefix(msg, before)
		if !ok {
			continue
		}
		if end := strings.Index(rest, after[:strings.IndexByte(after+"%", '%')]); end > 0 {
			return rest[:end]
		}
	}
	return ""
}

// pointerOf makes a JSON pointer of huma's location: body.items[3].tags is
// /items/3/tags; of a parameter, query.limit, it makes /query/limit.
func pointerOf(location string) string {
	location = strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(location)
	if rest, ok := strings.CutPrefix(location, "body"); ok {
		return rest
	}
	return "/" + location
}
