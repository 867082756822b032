package main

import (
	"context"
	"time"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
)

const (
	jobsEvery       = 10 * time.Minute // how often to look whether a new day began
	monthsAhead     = 3
	jobsZone        = "Asia/Jakarta"
	partitionsSlack = 24 * time.Hour // ids of yesterday's clock still find their month
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

func runJobs(ctx context.Context, app *wire.App) {
	if err := ensurePartitions(ctx, app.DB, app.Clock); err != nil && ctx.Err() == nil {
		app.Log.Error("daily job failed", "job", "partitions", "error", err)
	}
	for _, job := range app.Daily() {
		if ctx.Err() != nil {
			return
		}
		n, err := job.Run(ctx)
		if err != nil && ctx.Err() == nil {
			app.Log.Error("daily job failed", "job", job.What, "error", err)
			continue
		}
		app.Log.Info("daily job", "job", job.What, "rows", n)
	}
}

func ensurePartitions(ctx context.Context, db *database.DB, c clock.Clock) error {
	now := c.Now()
	return db.EnsurePartitions(ctx, now.Add(-partitionsSlack), now.AddDate(0, monthsAhead, 0))
}

func today(c clock.Clock) clock.Day {
	zone, err := time.LoadLocation(jobsZone)
	if err != nil {
		zone = time.UTC
	}
	return clock.DayOf(c.Now(), zone)
}
