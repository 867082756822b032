package main

import (
	"context"
	"sync"
	"time"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
)

// jobsEvery is how often to look whether a new hour began. Days begin on the
// hour in every zone of Indonesia, and what ends with a day ends then.
const jobsEvery = time.Minute

// startJobs does the regular work at once and again after every full hour, and
// beside it what must not wait that long, until ctx ends; the channel closes
// when the last job is through.
func startJobs(ctx context.Context, app *wire.App) <-chan struct{} {
	done := make(chan struct{})
	ctx = actor.With(ctx, actor.System())
	var all sync.WaitGroup
	all.Go(func() { hourly(ctx, app) })
	for _, loop := range app.Loops() {
		all.Go(func() { again(ctx, app, loop) })
	}
	go func() {
		defer close(done)
		all.Wait()
	}()
	return done
}

func hourly(ctx context.Context, app *wire.App) {
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
			// What came since the last hour is signed before the program ends.
			runJob(context.WithoutCancel(ctx), app, wire.Job{What: "last checkpoint of the audit log", Run: app.Audit.MakeCheckpoint})
			return
		case <-tick.C:
		}
	}
}

func again(ctx context.Context, app *wire.App, loop wire.Loop) {
	tick := time.NewTicker(loop.Every)
	defer tick.Stop()
	for {
		runJob(ctx, app, loop.Job)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// runJobs goes on after a job that fails: the next one may not depend on it.
func runJobs(ctx context.Context, app *wire.App) {
	for _, job := range app.Jobs() {
		runJob(ctx, app, job)
	}
}

func runJob(ctx context.Context, app *wire.App, job wire.Job) {
	if ctx.Err() != nil {
		return
	}
	n, err := job.Run(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		app.Log.Error("job failed", "job", job.What, "error", err)
	case n > 0:
		app.Log.Debug("job done", "job", job.What, "rows", n)
	}
}
