package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/bench/load"
)

// clients is how many tills work at once.
const clients = 16

// counter is the tills at the counter of one world.
type counter struct {
	world *load.World
	pid   int
	till  load.Till
	spots []*rand.Rand // one a client
}

func newCounter(w *load.World, s *load.Server) *counter {
	c := &counter{world: w, pid: s.PID, till: load.Till{URL: s.URL, APIKey: w.APIKeys[0], Client: load.NewClient(clients)}}
	for i := range clients {
		c.spots = append(c.spots, rand.New(rand.NewPCG(uint64(i), 7))) //nolint:gosec // who comes next, not a secret
	}
	return c
}

// redeem records uses of anybody at any of the first n promos.
func (c *counter) redeem(n int) func(context.Context, time.Duration) (float64, error) {
	return func(ctx context.Context, d time.Duration) (float64, error) {
		return rate(ctx, clients, d, func(ctx context.Context, worker int) error { return c.use(ctx, worker, n) })
	}
}

func (c *counter) use(ctx context.Context, worker, n int) error {
	r := c.spots[worker]
	status, a, err := c.till.Redeem(ctx, uuid.New(), load.Use{
		Card: c.world.Printed[r.IntN(len(c.world.Printed))], BenefitID: c.world.Benefits[r.IntN(n)], Gross: 100_000, IDChecked: true,
	})
	if err != nil {
		return err
	}
	if status != http.StatusCreated || a.Outcome != "granted" {
		return fmt.Errorf("a use was not granted: status %d, %s %s", status, a.Outcome, a.Reason)
	}
	return nil
}

// many records n uses, all tills together.
func (c *counter) many(ctx context.Context, n int) error {
	ended := make(chan error, clients)
	for worker := range clients {
		go func() {
			for i := worker; i < n; i += clients {
				if err := c.use(ctx, worker, promos); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
	}
	var errs []error
	for range clients {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

func (c *counter) validate(ctx context.Context, d time.Duration) (float64, error) {
	return rate(ctx, clients, d, func(ctx context.Context, worker int) error {
		r := c.spots[worker]
		status, verdict, err := c.till.Validate(ctx, c.world.Printed[r.IntN(len(c.world.Printed))], c.world.Benefits[r.IntN(promos)])
		if err == nil && (status != http.StatusOK || verdict != "valid") {
			err = fmt.Errorf("a good card is not valid: status %d, %s", status, verdict)
		}
		return err
	})
}

// closing runs f against a server on w and stops it.
func (r *rig) closing(ctx context.Context, w *load.World, f func(*counter) (samples, error)) (_ samples, err error) {
	s, stop, err := r.serve(ctx, w)
	if err != nil {
		return samples{}, err
	}
	defer func() {
		if e := stop(); e != nil && err == nil {
			err = fmt.Errorf("stop the server: %w: %s", e, s.Log())
		}
	}()
	return f(newCounter(w, s))
}

func redeemSQLite(ctx context.Context, r *rig, rounds int) (samples, error) {
	w, err := r.sqliteWorld(ctx)
	if err != nil {
		return samples{}, err
	}
	dir, err := r.folder("limit")
	if err != nil {
		return samples{}, err
	}
	bare, err := openBare(ctx, dir)
	if err != nil {
		return samples{}, err
	}
	defer bare.close()
	return r.closing(ctx, w, func(c *counter) (samples, error) {
		return compare(ctx, rounds, c.redeem(promos), bare.rate)
	})
}

func redeemPostgres(ctx context.Context, r *rig, rounds int) (samples, error) {
	w, pg, err := r.postgresWorld(ctx)
	if err != nil {
		return samples{}, err
	}
	bare, err := newPgbench(ctx, r, pg)
	if err != nil {
		return samples{}, err
	}
	return r.closing(ctx, w, func(c *counter) (samples, error) {
		return compare(ctx, rounds, c.redeem(promos), bare.rate(promos))
	})
}

func redeemHot(ctx context.Context, r *rig, rounds int) (samples, error) {
	w, pg, err := r.postgresWorld(ctx)
	if err != nil {
		return samples{}, err
	}
	bare, err := newPgbench(ctx, r, pg)
	if err != nil {
		return samples{}, err
	}
	return r.closing(ctx, w, func(c *counter) (samples, error) {
		return compareThree(ctx, rounds, c.redeem(1), bare.rate(1), c.redeem(promos))
	})
}

func validateSQLite(ctx context.Context, r *rig, rounds int) (samples, error) {
	w, err := r.sqliteWorld(ctx)
	if err != nil {
		return samples{}, err
	}
	echo, err := startEcho(ctx)
	if err != nil {
		return samples{}, err
	}
	defer echo.stop()
	return r.closing(ctx, w, func(c *counter) (samples, error) {
		mirror := *c
		mirror.till.URL = echo.url
		return compare(ctx, rounds, c.validate, mirror.validate)
	})
}
