package main

import (
	"context"
	"time"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
)

// jobsEvery is how often to look whether a new hour began. Days begin on the
// hour in every zone of Indonesia, and what ends with a day ends then.
const jobsEvery = time.Minute

// startJobs does the regular work at once and again after every full hour,
// until ctx ends; the channel closes when the last job is through.
func startJobs(ctx context.Context, app *wire.App) <-chan struct{} {
	done := make(chan struct{})
	ctx = actor.With(ctx, actor.System())
	go func() {
		defer close(done)
		tick := time.NewTicker(jobsEvery)
		defer tick.Stop()
		var last time.Time
		for {
			if hour := app.Clock.Now().Truncate(time.Hour); !hour.Equal(last) {
				runJobs(ctx, app)
				last = hour
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
	for _, job := range app.Jobs() {
		if ctx.Err() != nil {
			return
		}
		n, err := job.Run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			app.Log.Error("job failed", "job", job.What, "error", err)
		default:
			app.Log.Debug("job done", "job", job.What, "rows", n)
		}
	}
}
