package accounts

import (
	"context"

	"github.com/berlaku/berlaku/internal/actor"
)

// HashRuns tells how many passwords were hashed.
func (s *Service) HashRuns() int64 { return s.hasher.runs.Load() }

// CheckPassword is the rule for passwords.
func CheckPassword(password string, personal ...string) error {
	return checkPassword(password, personal...)
}

// LifeOf tells how long sessions of these grants last, in minutes.
func LifeOf(grants ...actor.Grant) (absolute, idle int) {
	l := lifeOf(grants)
	return int(l.absolute.Minutes()), int(l.idle.Minutes())
}

// LoginWith signs in, calling between after the password was hashed and before
// the outcome is written: what parallel requests may do meanwhile.
func (s *Service) LoginWith(ctx context.Context, in Login, between func()) error {
	try, err := s.try(ctx, in)
	if err != nil {
		return err
	}
	between()
	_, _, err = s.finish(ctx, try)
	return err
}
