package participants

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/internal/words"
	"github.com/berlaku/berlaku/messages"
)

// Claim is what somebody gets who asks for a card by their own data: the same
// whether the data fit a person or not.
type Claim struct {
	ID          uuid.UUID
	ExpiresAt   time.Time
	ResendAfter time.Duration // asking again sooner makes little sense
}

// ClaimRequest is what somebody says of themselves.
type ClaimRequest struct {
	ByKPJ   bool // Number is a KPJ; else a NIK
	Number  pii.Text
	BirthOn clock.Day
	Network string // of the caller, counted; empty: not counted
}

// Throttle counts attempts in buckets that all servers share.
type Throttle interface {
	// Allow reports whether this attempt is among the first limit of its window.
	Allow(ctx context.Context, bucket string, limit int, window time.Duration) (ok bool, retryAfter time.Duration, err error)
}

// Faults of claims.
var (
	ErrClaimCode = fault.New(fault.Invalid, "claim_code_invalid", "This code is wrong, used or expired. Ask for a new one.")
	ErrClaims    = fault.New(fault.TooMany, "claims_too_many", "Too many codes were asked for. Wait and try again.")
)

// ClaimsError is ErrClaims with the time after which asking makes sense.
type ClaimsError struct{ After time.Duration }

// Error implements error.
func (*ClaimsError) Error() string { return ErrClaims.Error() }

// Unwrap returns ErrClaims.
func (*ClaimsError) Unwrap() error { return ErrClaims }

// RetryAfter returns how long to wait, at least a second.
func (e *ClaimsError) RetryAfter() time.Duration { return max(e.After, time.Second) }

const (
	claimLife   = 5 * time.Minute
	claimTries  = 5
	claimResend = time.Minute
	keepClaims  = 24 * time.Hour
	claimCodes  = 1_000_000 // six digits
)

// LimitClaims registers who counts claims. Call it while wiring; without it
// they are not limited.
func (s *Service) LimitClaims(t Throttle) { s.throttle = t }

// Claim begins a claim: when number and birth date are those of a person with a
// phone on record whose processing is not restricted, a message with a code of
// six digits goes to that phone. Answer, statements and limits are the same for
// everybody else. Errors: ErrIdentityForm, ErrNIKDate, ErrNIKSerial, ErrKPJForm,
// ErrInvalid for a birth date that cannot be one, *ClaimsError.
func (s *Service) Claim(ctx context.Context, r ClaimRequest) (Claim, error) {
	kind, number, err := r.parse()
	if err != nil {
		return Claim{}, err
	}
	now := s.clock.Now()
	if r.BirthOn == "" || checkBirth(r.BirthOn, clock.DayOf(now, time.UTC).AddDays(1)) != nil { // a day has begun in the east
		return Claim{}, ErrInvalid.With(fault.Field{Pointer: "/birth_on", Code: errBirth.Code})
	}
	digest := s.keys.Index(kind, number)
	if err := s.countClaim(ctx, r.Network, hex.EncodeToString(digest)); err != nil {
		return Claim{}, err
	}
	c := Claim{ID: uid.At(now), ExpiresAt: now.Add(claimLife), ResendAfter: claimResend}
	code := claimCode()
	row := claimRow{ID: c.ID, CodeHash: s.claimHash(c.ID, code), CreatedAt: now, ExpiresAt: c.ExpiresAt}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		person, phone, err := s.claimant(ctx, keyRow{Kind: kind, Digest: digest}, r.BirthOn)
		if err != nil {
			return err
		}
		row.ParticipantID = orNull(person)
		if err := s.insertClaim(ctx, &row); err != nil || s.messages == nil {
			return err
		}
		return s.messages.Queue(ctx, messages.Message{
			ParticipantID: person, Kind: messages.ClaimCode, To: phone,
			Text: pii.Text(words.Message("claim_code", "code", code)), ExpiresAt: c.ExpiresAt,
		})
	})
	if err != nil {
		return Claim{}, fmt.Errorf("begin claim: %w", err)
	}
	return c, nil
}

func (r *ClaimRequest) parse() (kind, number string, err error) {
	if r.ByKPJ {
		number, err = ParseKPJ(r.Number.Reveal())
		return kpjKey, number, at(err, "/number")
	}
	number, err = ParseIdentity(NIKType, r.Number.Reveal())
	return string(NIKType), number, at(err, "/number")
}

// at names the place of a fault in the request.
func at(err error, pointer string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.At(pointer)
	}
	return err
}

// countClaim counts one claim from a network and of a number, known or not.
func (s *Service) countClaim(ctx context.Context, network, number string) error {
	if s.throttle == nil {
		return nil
	}
	limits := []struct {
		bucket string
		limit  int
		window time.Duration
	}{
		{"claim-network " + network, 10, time.Hour},
		{"claim-number " + number, 3, 15 * time.Minute},
		{"claim-number-hour " + number, 5, time.Hour},
		{"claim-number-day " + number, 10, 24 * time.Hour}, // 50 guesses of a million a day
	}
	if network == "" {
		limits = limits[1:]
	}
	for _, l := range limits {
		ok, after, err := s.throttle.Allow(ctx, l.bucket, l.limit, l.window)
		if err != nil {
			return err
		}
		if !ok {
			return &ClaimsError{After: after}
		}
	}
	return nil
}

// nowhere is as long as a phone, for messages to nobody.
const nowhere = "+6280000000000"

// claimant returns whose number it is and where the code goes; nobody and
// nowhere when the rest does not fit. It works as long for a number that nobody
// has.
func (s *Service) claimant(ctx context.Context, key keyRow, birthOn clock.Day) (uuid.UUID, pii.Text, error) {
	row, err := s.claimantRow(ctx, key)
	if err != nil {
		return uuid.Nil, "", err
	}
	known := row != nil
	if !known {
		row = s.nobody()
	}
	birth, errBirth := s.keys.Unseal(place("participants", "birth_sealed", row.ID), row.BirthSealed)
	phone, errPhone := s.keys.Unseal(place("participants", "phone_sealed", row.ID), row.PhoneSealed)
	if err := errors.Join(errBirth, errPhone); err != nil {
		return uuid.Nil, "", fmt.Errorf("open claimant: %w", err)
	}
	fits := subtle.ConstantTimeCompare([]byte(birth), []byte(birthOn)) == 1
	if !known || !fits || phone == "" || row.Restricted {
		return uuid.Nil, nowhere, nil
	}
	return row.ID, pii.Text(phone), nil
}

// makeNobody returns a person that is not there, to be looked at in place of one.
func makeNobody(keys *pii.Keyring) *participantRow {
	row := &participantRow{ID: uuid.New()}
	row.BirthSealed = keys.Seal(place("participants", "birth_sealed", row.ID), "1970-01-01")
	row.PhoneSealed = keys.Seal(place("participants", "phone_sealed", row.ID), nowhere)
	return row
}

// claimCode returns six random digits.
func claimCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(claimCodes))
	if err != nil {
		panic(err) // crypto/rand never fails since Go 1.24
	}
	return fmt.Sprintf("%06d", n)
}

// claimHash is keyed and bound to its claim: six digits are soon guessed from
// anything else.
func (s *Service) claimHash(id uuid.UUID, code string) []byte {
	return s.keys.Index("claim_code", id.String()+":"+code)
}

// ConfirmClaim takes the code of a claim and returns an activation code. A code
// that is wrong, used, expired, or of a claim that fits nobody gives
// ErrClaimCode after the same statements, and so does everything after five
// tries.
func (s *Service) ConfirmClaim(ctx context.Context, id uuid.UUID, code string) (a Activation, err error) {
	hash, right := s.claimHash(id, code), false
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		right = false
		row, open, err := s.tryClaim(ctx, id, s.clock.Now())
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(row.CodeHash, hash) != 1 || !open || row.ParticipantID == nil {
			return nil // the try stays counted
		}
		if a, err = s.claimed(ctx, row); errors.Is(err, ErrClaimCode) {
			return nil
		}
		right = err == nil
		return err
	})
	if err != nil {
		return Activation{}, fmt.Errorf("confirm claim: %w", err)
	}
	if !right {
		return Activation{}, ErrClaimCode
	}
	return a, nil
}

// claimed uses a claim up. Whoever was restricted or erased since it began gets
// nothing, nor does anybody whose own data changed: the code may have gone to a
// phone that is theirs no more.
func (s *Service) claimed(ctx context.Context, row *claimRow) (Activation, error) {
	if err := s.useClaim(ctx, row.ID, s.clock.Now()); err != nil {
		return Activation{}, err
	}
	person := *row.ParticipantID
	if _, err := s.phoneOf(ctx, person); errors.Is(err, ErrNotFound) || errors.Is(err, errNoPhone) {
		return Activation{}, ErrClaimCode
	} else if err != nil {
		return Activation{}, err
	}
	now, err := s.locked(ctx, person)
	if err != nil {
		return Activation{}, err
	}
	if now.UpdatedAt.After(row.CreatedAt) {
		return Activation{}, ErrClaimCode
	}
	return s.BeginActivationFor(ctx, person, person)
}

// PurgeClaims removes claims that ended a day ago and returns how many.
func (s *Service) PurgeClaims(ctx context.Context) (n int64, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.deleteClaims(ctx, s.clock.Now().Add(-keepClaims))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge claims: %w", err)
	}
	return n, nil
}
