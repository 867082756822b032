package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/alexedwards/argon2id"
)

// argon is the minimum of ASVS 5.0, appendix C: 19 MiB, two passes, one lane.
var argon = argon2id.Params{Memory: 19456, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashQueue is how many may wait for a place beside those that hash.
const hashQueue = 32

// hasher computes Argon2id over an HMAC of the password, as many at once as
// there are processors. It is used outside transactions only.
type hasher struct {
	pepper []byte
	decoy  string        // well-formed, belongs to no password
	slots  chan struct{} // those that hash
	inside atomic.Int64  // those that hash or wait
	runs   atomic.Int64  // hashes computed since the start
}

func newHasher(pepper []byte) *hasher {
	random := func(n uint32) string {
		b := make([]byte, n)
		rand.Read(b) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
		return base64.RawStdEncoding.EncodeToString(b)
	}
	return &hasher{
		pepper: pepper,
		decoy: fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argon.Memory, argon.Iterations, argon.Parallelism,
			random(argon.SaltLength), random(argon.KeyLength)),
		slots: make(chan struct{}, runtime.NumCPU()),
	}
}

// enter waits for a place; it returns ErrBusy when too many wait already.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	if h.inside.Add(1) > int64(cap(h.slots)+hashQueue) {
		h.inside.Add(-1)
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		h.runs.Add(1)
		return func() { <-h.slots; h.inside.Add(-1) }, nil
	case <-ctx.Done():
		h.inside.Add(-1)
		return nil, ctx.Err()
	}
}

func (h *hasher) seasoned(password string) string {
	m := hmac.New(sha256.New, h.pepper)
	m.Write([]byte("password:v1:" + password))
	return base64.RawStdEncoding.EncodeToString(m.Sum(nil))
}

// hash returns the PHC string to store.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(h.seasoned(password), &argon)
}

// check reports whether the password belongs to the stored PHC string, and
// whether that one should be made anew because it is cheaper than today's. An
// empty string is nobody's: it costs the same and never fits.
func (h *hasher) check(ctx context.Context, password, stored string) (ok, stale bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	nobody := stored == ""
	if nobody {
		stored = h.decoy
	}
	ok, params, err := argon2id.CheckHash(h.seasoned(password), stored)
	if err != nil {
		return false, false, fmt.Errorf("check password: %w", err)
	}
	return ok && !nobody, *params != argon, nil
}
