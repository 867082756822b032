package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declared finds the faults that packages declare for callers; codes of single
// fields have names in lower case.
var declared = regexp.MustCompile(`(?s)\bErr\w+\s+= fault\.New\(\s*fault\.(Malformed|Unauthenticated|Forbidden|NotFound|Conflict|Invalid|TooMany),\s*"([a-z0-9_]+)"`)

func TestTheDocsExplainEveryCode(t *testing.T) {
	a := newApp(t)
	page := a.call("GET", "/docs", "", "", 200).Body.String()
	n := 0
	for _, pattern := range []string{"../*/*.go", "*.go", "access/*.go", "../internal/page/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range declared.FindAllSubmatch(b, -1) {
				n++
				if !strings.Contains(page, `id="problem-`+string(m[2])+`"`) {
					t.Errorf("%s declares %s, /docs does not explain it", name, m[2])
				}
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d faults were found", n)
	}
}

func TestTheDocsShowEveryRouteAndSchema(t *testing.T) {
	a := newApp(t)
	page := a.call("GET", "/docs", "", "", 200).Body.String()
	for path, item := range a.said.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == "" || strings.Count(page, `id="`+op.OperationID+`"`) != 1 {
				t.Errorf("%s %s (%s) is not there once", method, path, op.OperationID)
			}
			if op.Summary == "" || len(op.Tags) != 1 {
				t.Errorf("%s %s has no summary or not one tag", method, path)
			}
		}
	}
	for name := range a.said.doc.Components.Schemas {
		if !strings.Contains(page, `id="schema-`+name+`"`) {
			t.Errorf("schema %s is not there", name)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("a link leads nowhere: #%s", m[1])
		}
	}
	if !strings.Contains(page, `id="reason-limit_participant"`) || strings.Contains(page, "&lt;nil&gt;") {
		t.Error("reasons are missing, or a nil is shown")
	}
}
