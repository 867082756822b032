//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// alive reports whether a process is there.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// restartPostgres stops the server at once where it still runs (processes quit
// without a checkpoint) and starts it with the options it had.
func restartPostgres(t *testing.T) {
	t.Helper()
	data := os.Getenv("TEST_POSTGRES_DATA")
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.Create(filepath.Join(t.TempDir(), "pg_ctl.log")) // no pipe: the server would keep it open
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("TEST_POSTGRES_BIN"), "pg_ctl"),
		"restart", "-D", data, "-m", "immediate", "-w", "-t", "30", "-l", filepath.Join(data, "restart.log"))
	cmd.Stdout, cmd.Stderr = said, said
	if os.Geteuid() == 0 {
		owner := info.Sys().(*syscall.Stat_t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
		cmd.Dir = data
	}
	if err := cmd.Run(); err != nil {
		b, _ := os.ReadFile(said.Name())
		log, _ := os.ReadFile(filepath.Join(data, "restart.log"))
		t.Fatalf("restart PostgreSQL: %v: %s\n%s", err, b, log[max(0, len(log)-1000):])
	}
}

// killPostgres kills the server and all its processes at once.
func killPostgres(t *testing.T) {
	t.Helper()
	pidFile := filepath.Join(os.Getenv("TEST_POSTGRES_DATA"), "postmaster.pid")
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	master, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(master, syscall.SIGSTOP); err != nil { // or it would start more
		t.Fatal(err)
	}
	victims := append(childrenOf(t, master), master)
	for _, pid := range victims {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	for _, pid := range victims {
		for range 500 {
			if _, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid)); err != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	// Where nobody reaps the process, its number lives on, and these files say
	// that a server runs.
	locks, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(pidFile)), ".s.PGSQL.*.lock"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(locks, pidFile) {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

func childrenOf(t *testing.T, parent int) (out []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if len(f) > 1 && f[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, pid)
		}
	}
	return out
}
