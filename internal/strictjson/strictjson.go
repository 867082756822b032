// Package strictjson reads JSON (RFC 8259) without the liberties that
// encoding/json takes: one document, valid UTF-8, no member twice (in no letter
// case), no half of a surrogate pair, integers as they were written, nesting
// within bounds. Its errors are codes and hold nothing of what was read.
package strictjson

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may be nested.
const maxDepth = 16

// Error says why a text is no JSON that we read. It is a code.
type Error string

// The errors.
const (
	ErrMalformed Error = "json_malformed"        // no JSON, not UTF-8, more than one document
	ErrDuplicate Error = "json_duplicate_member" // a member twice, also in other letter case
	ErrTooDeep   Error = "json_too_deep"
)

// Error implements error.
func (e Error) Error() string { return string(e) }

// TypeError is the JSON pointer of a value that does not fit its type, found in
// the second pass. Huma hands on only the text of an error, hence the prefix.
type TypeError string

// TypePrefix begins the text of a TypeError.
const TypePrefix = "json_type:"

// Error implements error.
func (e TypeError) Error() string { return TypePrefix + string(e) }

// scannedMember is the one member whose text may hold anything at all: what a
// till scanned is judged, never stored.
const scannedMember = "card"

// Unstorable stands for a string with U+0000, which PostgreSQL cannot hold. A
// validation takes it for no string.
type Unstorable struct{}

// Decode reads data into v. For a *any it gives the tree of Parse.
func Decode(data []byte, v any) error {
	tree, err := Parse(data)
	if err != nil {
		return err
	}
	if p, ok := v.(*any); ok {
		*p = tree
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return TypeError("/" + strings.ReplaceAll(wrong.Field, ".", "/"))
		}
		return TypeError("")
	}
	return nil
}

// Parse returns the tree of a document, with int64 for integers that fit and
// float64 for the rest.
func Parse(data []byte) (any, error) {
	p := parser{data: data}
	if !utf8.Valid(data) {
		return nil, ErrMalformed
	}
	v, err := p.value("")
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(data) {
		return nil, ErrMalformed
	}
	return v, nil
}

type parser struct {
	data  []byte
	at    int
	depth int
}

func (p *parser) space() {
	for p.at < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.at]) >= 0 {
		p.at++
	}
}

// peek returns the next byte that is no space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.data) {
		return 0
	}
	return p.data[p.at]
}

// take skips b when it comes next.
func (p *parser) take(b byte) bool {
	if p.peek() != b || b == 0 {
		return false
	}
	p.at++
	return true
}

func (p *parser) value(member string) (any, error) {
	switch c := p.peek(); {
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.array)
	case c == '"':
		s, err := p.text()
		if err == nil && member != scannedMember && strings.IndexByte(s, 0) >= 0 {
			return Unstorable{}, nil
		}
		return s, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	default:
		return p.word()
	}
}

func (p *parser) nested(f func() (any, error)) (any, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, ErrTooDeep
	}
	p.at++
	v, err := f()
	p.depth--
	return v, err
}

func (p *parser) object() (any, error) {
	out := map[string]any{}
	seen := map[string]struct{}{}
	if p.take('}') {
		return out, nil
	}
	for {
		if p.peek() != '"' {
			return nil, ErrMalformed
		}
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		folded := strings.ToLower(strings.ToUpper(name))
		if _, twice := seen[folded]; twice {
			return nil, ErrDuplicate
		}
		seen[folded] = struct{}{}
		if !p.take(':') {
			return nil, ErrMalformed
		}
		if out[name], err = p.value(name); err != nil {
			return nil, err
		}
		if p.take('}') {
			return out, nil
		}
		if !p.take(',') {
			return nil, ErrMalformed
		}
	}
}

func (p *parser) array() (any, error) {
	out := []any{}
	if p.take(']') {
		return out, nil
	}
	for {
		v, err := p.value("")
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if p.take(']') {
			return out, nil
		}
		if !p.take(',') {
			return nil, ErrMalformed
		}
	}
}

// text reads a string whose opening quote comes next.
func (p *parser) text() (string, error) {
	start := p.at
	escaped := false
	for p.at++; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; {
		case c == '"':
			p.at++
			return unquote(p.data[start:p.at], escaped)
		case c < 0x20:
			return "", ErrMalformed
		case c == '\\':
			escaped = true
			p.at++
		}
	}
	return "", ErrMalformed
}

func unquote(token []byte, escaped bool) (string, error) {
	if !escaped {
		return string(token[1 : len(token)-1]), nil
	}
	var s string
	if err := json.Unmarshal(token, &s); err != nil || loneSurrogate(token) {
		return "", ErrMalformed
	}
	return s, nil
}

// loneSurrogate reports whether a valid JSON string escapes half of a pair,
// which encoding/json would quietly replace.
func loneSurrogate(token []byte) bool {
	for i := 0; i < len(token); i++ {
		if token[i] != '\\' {
			continue
		}
		if i++; token[i] != 'u' {
			continue
		}
		unit := hex4(token[i+1:])
		i += 4
		if unit < 0xD800 || unit > 0xDFFF {
			continue
		}
		if unit > 0xDBFF || i+6 >= len(token) || token[i+1] != '\\' || token[i+2] != 'u' {
			return true
		}
		if low := hex4(token[i+3:]); low < 0xDC00 || low > 0xDFFF {
			return true
		}
		i += 6
	}
	return false
}

func hex4(b []byte) uint64 {
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil {
		return 0
	}
	return n
}

func (p *parser) number() (any, error) {
	start := p.at
	whole := true
	if p.data[p.at] == '-' {
		p.at++
	}
	zero := p.at < len(p.data) && p.data[p.at] == '0'
	if n := p.digits(); n == 0 || zero && n > 1 {
		return nil, ErrMalformed
	}
	if p.at < len(p.data) && p.data[p.at] == '.' {
		whole = false
		p.at++
		if p.digits() == 0 {
			return nil, ErrMalformed
		}
	}
	if p.at < len(p.data) && p.data[p.at]|0x20 == 'e' {
		whole = false
		p.at++
		if p.at < len(p.data) && (p.data[p.at] == '+' || p.data[p.at] == '-') {
			p.at++
		}
		if p.digits() == 0 {
			return nil, ErrMalformed
		}
	}
	return toNumber(string(p.data[start:p.at]), whole)
}

func toNumber(literal string, whole bool) (any, error) {
	if whole {
		if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
			return n, nil
		}
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return nil, ErrMalformed
	}
	return f, nil
}

func (p *parser) digits() int {
	start := p.at
	for p.at < len(p.data) && p.data[p.at] >= '0' && p.data[p.at] <= '9' {
		p.at++
	}
	return p.at - start
}

func (p *parser) word() (any, error) {
	for _, w := range []struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if strings.HasPrefix(string(p.data[p.at:min(len(p.data), p.at+len(w.text))]), w.text) {
			p.at += len(w.text)
			return w.value, nil
		}
	}
	return nil, ErrMalformed
}
