package inbox_test

import (
	"os"
	"testing"

	"github.com/berlaku/berlaku/internal/page"
)

func oneOf() page.Request { return page.Request{Limit: 1} }

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
