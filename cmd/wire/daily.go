package wire

import "context"

// Job is work that is done once a day.
type Job struct {
	What string
	Run  func(ctx context.Context) (rows int, err error)
}

// Daily returns the work of a day, in order.
func (a *App) Daily() []Job {
	return []Job{}
}
