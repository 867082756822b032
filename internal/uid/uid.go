// Package uid makes the ids of everything that is stored: UUID version 7
// (RFC 9562), whose first 48 bits are the time in milliseconds. Ids made later
// sort later, so tables grow at their right edge and a month of rows is a
// range of ids.
package uid

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// At returns a new id of the instant t.
func At(t time.Time) uuid.UUID {
	var u uuid.UUID
	rand.Read(u[6:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	stamp(&u, t)
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u
}

// Floor returns the smallest id of the instant t: every id made at t or later
// is not below it.
func Floor(t time.Time) uuid.UUID {
	var u uuid.UUID
	stamp(&u, t)
	return u
}

func stamp(u *uuid.UUID, t time.Time) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(max(0, t.UnixMilli()))) //nolint:gosec // not negative
	copy(u[:6], b[2:])
}
