package main

import (
	"net/http"
	"os"
	"testing"
)

func TestOpenAPIIsWhatTheServerAnswersAndLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("BERLAKU_DATABASE_URL", "postgres://nobody@nowhere.invalid/x") // a machine that serves has settings
	dir := folder(t)
	r := berlaku(t, dir, "", "openapi")
	if r.code != 0 || r.err != "" {
		t.Fatalf("got %d %s", r.code, r.err)
	}
	for _, place := range []string{tmp, dir} {
		if left, err := os.ReadDir(place); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
	if err := os.Unsetenv("BERLAKU_DATABASE_URL"); err != nil {
		t.Fatal(err)
	}
	url, stop := serving(t, dir, "serve")
	if status, body := get(t, url+"/openapi.json"); status != http.StatusOK || body+"\n" != r.out {
		t.Errorf("the server answers another document: %d, %d and %d bytes", status, len(body), len(r.out))
	}
	stop()
}
