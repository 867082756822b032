package uses

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/console/frame"
)

func TestAnExportThatBreaksOffLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	x, err := newXLSX(&frame.Visit{}, "penggunaan.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	taken, left := io.Pipe()
	x.send = func() io.Writer { return left }
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	kept := func() int {
		all, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for kept() == 0 { // a long sheet waits on disk
		if err := x.line([]any{strings.Repeat("x", 30_000)}); err != nil {
			t.Fatal(err)
		}
	}
	if x.end() == nil {
		t.Error("nobody took it, and nothing was said")
	}
	if x.close(); kept() > 0 {
		t.Errorf("%d files stay", kept())
	}
}
