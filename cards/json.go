package cards

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

var errJSON = errors.New("not one JSON object with distinct members")

// object reads one JSON object by its exact member names. encoding/json would
// match names in any case and take the last of two members; here a name that
// occurs twice is an error.
func object(b []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errJSON
	}
	members := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, errJSON
		}
		name, ok := t.(string)
		if _, twice := members[name]; twice || !ok {
			return nil, errJSON
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, errJSON
		}
		members[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, errJSON
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errJSON
	}
	return members, nil
}

// text returns the string that a member holds, "" when it holds none.
func text(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// decode64 reads base64url without padding; the decoder alone would skip line ends.
func decode64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errJSON
	}
	return jose64.DecodeString(s)
}
