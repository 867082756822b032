package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for making databases

	"github.com/berlaku/berlaku/bench/load"
	"github.com/berlaku/berlaku/benefits"
)

// turn is how long one side of a round runs.
const turn = time.Second

// people is how many participants with a printed card a world has.
const people = 2_000

// promos is over how many promos uses are spread.
const promos = 200

// rig is what entries share: the program, worlds and servers, each made when
// first asked for and gone at the end.
type rig struct {
	out     io.Writer
	dir     string
	program string
	sqlite  *load.World
	pgWorld *load.World
	pg      *postgres
	undo    []func() error
	serial  int
}

func newRig(out io.Writer) *rig { return &rig{out: out} }

func (r *rig) say(format string, args ...any) {
	fmt.Fprintf(r.out, "bench: "+format+"\n", args...) //nolint:errcheck // the terminal
}

func (r *rig) close() error {
	var errs []error
	for len(r.undo) > 0 {
		last := len(r.undo) - 1
		errs = append(errs, r.undo[last]())
		r.undo = r.undo[:last]
	}
	return errors.Join(errs...)
}

// folder returns a new folder of the rig's own.
func (r *rig) folder(name string) (string, error) {
	if r.dir == "" {
		dir, err := os.MkdirTemp("", "berlaku-bench-")
		if err != nil {
			return "", err
		}
		r.dir = dir
		r.undo = append(r.undo, func() error { return os.RemoveAll(dir) })
	}
	r.serial++
	dir := filepath.Join(r.dir, fmt.Sprintf("%s-%d", name, r.serial))
	return dir, os.Mkdir(dir, 0o700)
}

func (r *rig) binary(ctx context.Context) (string, error) {
	if r.program != "" {
		return r.program, nil
	}
	dir, err := r.folder("bin")
	if err != nil {
		return "", err
	}
	r.say("building the program")
	r.program, err = load.Build(ctx, dir)
	return r.program, err
}

func plan() load.Plan {
	all := make([]benefits.Terms, promos)
	for i := range all {
		all[i] = load.Usual()
	}
	return load.Plan{People: people, Phones: 1, Outlets: 1, Promos: all}
}

func (r *rig) sqliteWorld(ctx context.Context) (*load.World, error) {
	if r.sqlite != nil {
		return r.sqlite, nil
	}
	dir, err := r.folder("sqlite")
	if err != nil {
		return nil, err
	}
	r.say("making a world on SQLite")
	r.sqlite, err = load.Make(ctx, dir, "", plan())
	return r.sqlite, err
}

func (r *rig) postgresWorld(ctx context.Context) (*load.World, *postgres, error) {
	pg, err := r.postgres(ctx)
	if err != nil {
		return nil, nil, err
	}
	if r.pgWorld != nil {
		return r.pgWorld, pg, nil
	}
	dir, err := r.folder("postgres")
	if err != nil {
		return nil, nil, err
	}
	address, err := pg.create(ctx, "berlaku_bench")
	if err != nil {
		return nil, nil, err
	}
	r.say("making a world on PostgreSQL")
	r.pgWorld, err = load.Make(ctx, dir, address, plan())
	return r.pgWorld, pg, err
}

// serve starts the program on a world; stop ends it.
func (r *rig) serve(ctx context.Context, w *load.World) (s *load.Server, stop func() error, err error) {
	program, err := r.binary(ctx)
	if err != nil {
		return nil, nil, err
	}
	dir, err := r.folder("serve")
	if err != nil {
		return nil, nil, err
	}
	s, err = load.Serve(ctx, program, filepath.Join(dir, "log"), w.Env(), "serve")
	if err != nil {
		return nil, nil, err
	}
	return s, s.Stop, nil
}

// compare measures both sides in turns, ours first in every other round, after
// a short warm-up of each.
func compare(ctx context.Context, rounds int, ours, limit func(context.Context, time.Duration) (float64, error)) (samples, error) {
	return compareThree(ctx, rounds, ours, limit, nil)
}

func compareThree(ctx context.Context, rounds int, sides ...func(context.Context, time.Duration) (float64, error)) (s samples, err error) {
	into := []*[]float64{&s.ours, &s.limit, &s.third}
	for _, f := range sides {
		if f == nil {
			continue
		}
		if _, err := f(ctx, turn/4); err != nil {
			return s, err
		}
	}
	for round := range rounds {
		for i := range sides {
			side := (i + round) % len(sides)
			if sides[side] == nil {
				continue
			}
			v, err := sides[side](ctx, turn)
			if err != nil {
				return s, err
			}
			*into[side] = append(*into[side], v)
		}
	}
	return s, nil
}

// rate calls f on several goroutines for d and returns calls a second. The
// first error ends it.
func rate(ctx context.Context, workers int, d time.Duration, f func(ctx context.Context, worker int) error) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	ended := make(chan struct{}, workers)
	began := time.Now()
	for worker := range workers {
		go func() {
			defer func() { ended <- struct{}{} }()
			for time.Since(began) < d && ctx.Err() == nil {
				if err := f(ctx, worker); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		}()
	}
	for range workers {
		<-ended
	}
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(done.Load()) / took.Seconds(), nil
}

// postgres is a server that keeps what it acknowledged, and pgbench for it.
type postgres struct {
	url     string
	pgbench string
	undo    *[]func() error
}

const errNoPostgres = skip("no PostgreSQL here: set TEST_POSTGRES_URL, or install it (Debian: apt-get install postgresql)")

func (r *rig) postgres(ctx context.Context) (*postgres, error) {
	if r.pg != nil {
		return r.pg, nil
	}
	address, bin := os.Getenv("TEST_POSTGRES_URL"), os.Getenv("TEST_POSTGRES_BIN")
	if address == "" {
		var err error
		if address, bin, err = r.startPostgres(ctx); err != nil {
			return nil, err
		}
	}
	pgbench := filepath.Join(bin, "pgbench")
	if _, err := os.Stat(pgbench); bin == "" || err != nil {
		if pgbench, err = exec.LookPath("pgbench"); err != nil {
			return nil, skip("no pgbench here (Debian: apt-get install postgresql)")
		}
	}
	pg := &postgres{url: address, pgbench: pgbench, undo: &r.undo}
	var fsync string
	if err := pg.on(ctx, func(db *sql.DB) error { return db.QueryRowContext(ctx, "SHOW fsync").Scan(&fsync) }); err != nil {
		return nil, err
	}
	if fsync != "on" {
		return nil, skip("the PostgreSQL server runs with fsync off: its figures would flatter")
	}
	r.pg = pg
	return pg, nil
}

// startPostgres has scripts/with-postgres start a server, which ends when its
// standard input does.
func (r *rig) startPostgres(ctx context.Context) (address, bin string, err error) {
	script := "scripts/with-postgres"
	if _, err := os.Stat(script); err != nil {
		return "", "", errNoPostgres
	}
	cmd := exec.CommandContext(ctx, script, "--durable", "sh", "-c", `echo "$TEST_POSTGRES_URL $TEST_POSTGRES_BIN"; cat >/dev/null`)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", "", err
	}
	if err := cmd.Start(); err != nil {
		return "", "", errNoPostgres
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, bin, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok {
		return "", "", errors.Join(errNoPostgres, in.Close(), cmd.Wait())
	}
	r.undo = append(r.undo, func() error { return errors.Join(in.Close(), cmd.Wait()) })
	return address, bin, nil
}

func (p *postgres) on(_ context.Context, f func(*sql.DB) error) (err error) {
	return onPostgres(p.url, f)
}

func onPostgres(address string, f func(*sql.DB) error) (err error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(db)
}

// create makes a database that is gone at the end, and returns its address.
func (p *postgres) create(ctx context.Context, name string) (string, error) {
	name = fmt.Sprintf("%s_%d", name, os.Getpid())
	do := func(ctx context.Context, statement string) error {
		return p.on(ctx, func(db *sql.DB) error {
			_, err := db.ExecContext(ctx, statement)
			return err
		})
	}
	if err := do(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	*p.undo = append(*p.undo, func() error { return do(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(p.url)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
