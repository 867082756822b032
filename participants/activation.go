package participants

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

const (
	codeAlphabet   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford base32
	codeLength     = 26                                 // 130 bits
	activationLife = 7 * 24 * time.Hour
)

var codeForms = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")

func newCode() string {
	b := make([]byte, codeLength)
	rand.Read(b) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	for i := range b {
		b[i] = codeAlphabet[b[i]%32] // 256 is a multiple of 32: every letter alike
	}
	return string(b)
}

func hashCode(code string) []byte {
	sum := sha256.Sum256([]byte(codeForms.Replace(strings.ToUpper(code))))
	return sum[:]
}

// BeginActivation makes a code by which a phone fetches the person's card,
// once and within seven days. Codes made earlier for the person and not used
// end. Needs actor.IssueCards in reach, else ErrNotFound.
func (s *Service) BeginActivation(ctx context.Context, participantID uuid.UUID) (Activation, error) {
	var out Activation
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.visible(ctx, participantID, actor.IssueCards); err != nil {
			return err
		}
		var err error
		out, err = s.BeginActivationFor(ctx, participantID, actor.From(ctx).ID)
		return err
	})
	return out, err
}

// UseActivation uses up a code and returns whose it was. It joins the caller's
// transaction: when that fails the code is as good as before, and when two
// come at once one gets ErrActivation, as for every code that is unknown,
// used or expired. The caller appends to the audit log. For other domains.
func (s *Service) UseActivation(ctx context.Context, code string) (participantID, activationID uuid.UUID, err error) {
	hash := hashCode(code)
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.useActivation(ctx, hash, s.clock.Now())
		if err != nil {
			return err
		}
		participantID, activationID = row.ParticipantID, row.ID
		return nil
	})
	return participantID, activationID, err
}

// UsedActivation returns the card that a code led to, until the code's own end;
// else ErrActivation. For other domains.
func (s *Service) UsedActivation(ctx context.Context, code string) (cardID uuid.UUID, err error) {
	return s.usedActivation(ctx, hashCode(code), s.clock.Now())
}

// BindActivation notes which card an activation led to. It joins the caller's
// transaction. For other domains.
func (s *Service) BindActivation(ctx context.Context, activationID, cardID uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return s.bindActivation(ctx, activationID, cardID) })
}
