package accounts

import "github.com/berlaku/berlaku/internal/actor"

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
