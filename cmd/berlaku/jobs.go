package main

import (
	"context"
	"time"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

const (
	jobsEvery = 10 * time.Minute // how often to look whether a new day began
	jobsZone  = "Asia/Jakarta"
)

// startJobs does the work of the day at once and again whenever a day begins in
// Jakarta, until ctx ends; the channel closes when the last one is through.
func startJobs(ctx context.Context, app *wire.App) <-chan struct{} {
	done := make(chan struct{})
	ctx = actor.With(ctx, actor.System())
	go func() {
		defer close(done)
		tick := time.NewTicker(jobsEvery)
		defer tick.Stop()
		var last clock.Day
		for {
			if day := today(app.Clock); day != last {
				runJobs(ctx, app)
				last = day
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return done
}

// runJobs goes on after a job that fails: the next one may not depend on it.
func runJobs(ctx context.Context, app *wire.App) {
	for _, job := range app.Daily() {
		if ctx.Err() != nil {
			return
		}
		n, err := job.Run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			app.Log.Error("daily job failed", "job", job.What, "error", err)
		default:
			app.Log.Debug("daily job", "job", job.What, "rows", n)
		}
	}
}

func today(c clock.Clock) clock.Day {
	zone, err := time.LoadLocation(jobsZone)
	if err != nil {
		zone = time.UTC
	}
	return clock.DayOf(c.Now(), zone)
}
