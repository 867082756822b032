package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/berlaku/berlaku/bench/load"
)

func demoBuild(ctx context.Context, r *rig, rounds int) (s samples, err error) {
	program, err := r.binary(ctx)
	if err != nil {
		return s, err
	}
	for range rounds {
		dir, err := r.folder("demo")
		if err != nil {
			return s, err
		}
		w := &load.World{Dir: dir, DatabaseURL: "sqlite:" + filepath.Join(dir, "world", "berlaku.db")}
		server, err := load.Serve(ctx, program, filepath.Join(dir, "log"), w.Env(), "demo", "--dir", filepath.Join(dir, "world"))
		if err != nil {
			return s, err
		}
		s.ours = append(s.ours, server.Took.Seconds())
		if err := server.Stop(); err != nil {
			return s, fmt.Errorf("stop the demo: %w: %s", err, server.Log())
		}
	}
	return s, nil
}

func coldStart(ctx context.Context, r *rig, rounds int) (s samples, err error) {
	w, err := r.sqliteWorld(ctx)
	if err != nil {
		return s, err
	}
	for range rounds {
		server, stop, err := r.serve(ctx, w)
		if err != nil {
			return s, err
		}
		s.ours = append(s.ours, server.Took.Seconds())
		if err := stop(); err != nil {
			return s, fmt.Errorf("stop the server: %w", err)
		}
	}
	return s, nil
}

// memoryAfter is how many uses the server has recorded when it is weighed.
const memoryAfter = 5_000

func memory(ctx context.Context, r *rig, rounds int) (s samples, err error) {
	if runtime.GOOS != "linux" {
		return s, skip("resident memory is read from /proc, which this system has not")
	}
	w, err := r.sqliteWorld(ctx)
	if err != nil {
		return s, err
	}
	for range rounds {
		_, err := r.closing(ctx, w, func(c *counter) (samples, error) {
			if err := c.many(ctx, memoryAfter); err != nil {
				return samples{}, err
			}
			mib, err := resident(c.pid)
			s.ours = append(s.ours, mib)
			return samples{}, err
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// resident returns the resident memory of a process in MiB.
func resident(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, skip("the system does not tell the resident memory")
}
