package participants

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// gone is whoever asked for a file and left.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestASheetThatNobodyTookLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	out, err := newLines(gone{}, XLSX)
	if err != nil {
		t.Fatal(err)
	}
	row := []string{strings.Repeat("x", 4_000)}
	for range 6_000 { // beyond 16 MiB a sheet is kept on disk
		if err := out.line(row); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadDir(dir); err != nil || len(kept) == 0 {
		t.Fatalf("nothing was kept on disk: %v", err)
	}
	if out.end() == nil {
		t.Error("it was taken")
	}
	out.close()
	out.close()
	if kept, err := os.ReadDir(dir); err != nil || len(kept) > 0 {
		t.Errorf("%d files stay, %v", len(kept), err)
	}
}
