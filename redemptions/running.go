package redemptions

import (
	"sync"

	"github.com/google/uuid"
)

type runningKey struct{ caller, key uuid.UUID }

// running knows which requests this process is deciding, so that a repetition
// that overtakes its original is told to wait instead of queueing. It decides
// nothing: between processes the unique key in the database does the same.
type running struct {
	mu   sync.Mutex
	keys map[runningKey]struct{}
}

// begin enters a request; ok is false when the same one is under way.
func (r *running) begin(caller, key uuid.UUID) (done func(), ok bool) {
	k := runningKey{caller, key}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, busy := r.keys[k]; busy {
		return nil, false
	}
	if r.keys == nil {
		r.keys = map[runningKey]struct{}{}
	}
	r.keys[k] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.keys, k)
	}, true
}
