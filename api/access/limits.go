package access

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// Rate is n requests per time, with a burst. The zero Rate is no limit.
type Rate struct {
	N     int
	Per   time.Duration
	Burst int
}

// anonymousRate holds for a network without a credential, bad ones included.
var anonymousRate = Rate{N: 60, Per: time.Minute, Burst: 60}

// siteFactor is how many times the rate of a /64 the /48 around it gets:
// hopping from one to the next does not help much.
const siteFactor = 8

// principalRates hold for each caller that was recognised.
var principalRates = map[actor.Kind]Rate{
	actor.APIKey:      {N: 50, Per: time.Second, Burst: 100},
	actor.Till:        {N: 10, Per: time.Second, Burst: 60},
	actor.Account:     {N: 20, Per: time.Second, Burst: 100},
	actor.Participant: {N: 2, Per: time.Second, Burst: 60},
}

// guessRate is how many well-formed codes that belong to no card a till or key
// may send: typing errors stop at the check character, so more is guessing.
var guessRate = Rate{N: 10, Per: time.Minute, Burst: 30}

const (
	// Concurrency is how many requests one server works on at once.
	Concurrency = 256
	// remembered is how many callers a server keeps count of.
	remembered = 1 << 16
)

// LimitedError is ErrTooMany with the time after which trying makes sense.
type LimitedError struct{ After time.Duration }

// Error implements error.
func (*LimitedError) Error() string { return ErrTooMany.Error() }

// Unwrap returns ErrTooMany.
func (*LimitedError) Unwrap() error { return ErrTooMany }

// RetryAfter returns how long to wait, at least a second.
func (e *LimitedError) RetryAfter() time.Duration { return max(e.After, time.Second) }

// Limits counts requests of this process. It protects the server; what must
// hold across servers (lock-outs, quotas) is counted in the database. A nil
// Limits limits nothing.
type Limits struct {
	clock clock.Clock
	rates bool
	slots chan struct{}

	mu      sync.Mutex
	callers map[string]*list.Element
	recent  list.List // of *bucket, the latest first
}

type bucket struct {
	key     string
	limiter *rate.Limiter
	used    time.Time
	full    time.Duration // after so long without use it is as good as new
}

// NewLimits returns the limits of one server. With rates false only the number
// of requests at once is limited.
func NewLimits(c clock.Clock, rates bool) *Limits {
	return &Limits{clock: c, rates: rates, slots: make(chan struct{}, Concurrency), callers: map[string]*list.Element{}}
}

// enter takes a place among the requests that are worked on, or returns ErrOverload.
func (l *Limits) enter() (leave func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	default:
		return nil, ErrOverload
	}
}

// caller is one request, as far as limits are concerned.
type caller struct {
	rule      Rule
	operation string
	ip        string
	who       actor.Actor
}

// take counts a request; a *LimitedError says that it is one too many.
func (l *Limits) take(c caller) error {
	if l == nil || !l.rates {
		return nil
	}
	own, special := c.rule.rates[c.who.Kind]
	if c.who.Kind == actor.Anonymous {
		key := ""
		if !special {
			own = anonymousRate
		} else {
			key = c.operation + " "
		}
		return l.takeNetwork(key, c.ip, own)
	}
	key := string(c.who.Kind) + " " + c.who.ID.String()
	if err := l.count(key, principalRates[c.who.Kind]); err != nil {
		return err
	}
	return l.count(key+" "+c.operation, own)
}

func (l *Limits) takeNetwork(key, ip string, r Rate) error {
	if site := siteOf(ip); site != "" {
		wide := Rate{N: r.N * siteFactor, Per: r.Per, Burst: r.Burst * siteFactor}
		if err := l.count(key+site, wide); err != nil {
			return err
		}
	}
	return l.count(key+NetworkOf(ip), r)
}

// count takes one token out of the bucket.
func (l *Limits) count(key string, r Rate) error {
	if r.N <= 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b := l.bucket(key, r, now)
	reservation := b.limiter.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return &LimitedError{After: wait}
	}
	return nil
}

// bucket returns the bucket of a key, making room by forgetting those that are
// full again, else the one that was not used for longest.
func (l *Limits) bucket(key string, r Rate, now time.Time) *bucket {
	if e, ok := l.callers[key]; ok {
		l.recent.MoveToFront(e)
		b, _ := e.Value.(*bucket) //nolint:errcheck // nothing else is in the list
		b.used = now
		return b
	}
	for e := l.recent.Back(); e != nil; e = l.recent.Back() {
		b, _ := e.Value.(*bucket) //nolint:errcheck // nothing else is in the list
		if len(l.callers) < remembered && now.Sub(b.used) < b.full {
			break
		}
		l.recent.Remove(e)
		delete(l.callers, b.key)
	}
	every := r.Per / time.Duration(r.N)
	b := &bucket{key: key, limiter: rate.NewLimiter(rate.Every(every), r.Burst), used: now, full: every * time.Duration(r.Burst)}
	l.callers[key] = l.recent.PushFront(b)
	return b
}

// Guess returns a *LimitedError when the caller has sent too many codes of
// nobody (Missed) to be told about another one.
func (l *Limits) Guess(who actor.Actor) error {
	if l == nil || !l.rates {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	left := l.bucket(guessKey(who), guessRate, now).limiter.TokensAt(now)
	if left >= 1 {
		return nil
	}
	return &LimitedError{After: time.Duration((1 - left) * float64(guessRate.Per) / float64(guessRate.N))}
}

// Missed counts a code of nobody.
func (l *Limits) Missed(who actor.Actor) {
	if l == nil || !l.rates {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	l.bucket(guessKey(who), guessRate, now).limiter.AllowN(now, 1)
}

func guessKey(who actor.Actor) string { return "guess " + string(who.Kind) + " " + who.ID.String() }
