package cards

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/database"
)

type cardRow struct {
	ParticipantID uuid.UUID
	ID            uuid.UUID
	BranchID      uuid.UUID
	Form          string
	Idx           int64
	KID           string `gorm:"column:kid"`
	ExpiresDay    int
	MaskedName    string
	DeviceKey     database.Bytes
	Signature     []byte
	ShortCode     string
	State         string
	RevokeReason  string
	ReplacedBy    *uuid.UUID
	IssuedAt      time.Time
	RenewedAt     *time.Time
	EndedAt       *time.Time
}

func (cardRow) TableName() string { return "cards" }

type codeRow struct {
	Code          string
	CardID        uuid.UUID
	ParticipantID uuid.UUID
}

func (codeRow) TableName() string { return "short_codes" }

func rowOf(c Card) *cardRow {
	return &cardRow{
		ParticipantID: c.ParticipantID, ID: c.ID, BranchID: c.BranchID, Form: string(c.Form), Idx: c.Idx, KID: c.KID,
		ExpiresDay: c.ExpiresDay, MaskedName: c.MaskedName, DeviceKey: c.DeviceKey, Signature: c.Signature,
		ShortCode: c.ShortCode, State: string(c.State), IssuedAt: c.IssuedAt,
	}
}

func (r *cardRow) card() Card {
	c := Card{
		ID: r.ID, ParticipantID: r.ParticipantID, BranchID: r.BranchID, Form: Form(r.Form), Idx: r.Idx, KID: r.KID,
		ExpiresDay: r.ExpiresDay, MaskedName: r.MaskedName, DeviceKey: r.DeviceKey, Signature: r.Signature,
		ShortCode: r.ShortCode, State: State(r.State), RevokeReason: r.RevokeReason, IssuedAt: r.IssuedAt.UTC(),
	}
	if r.ReplacedBy != nil {
		c.ReplacedBy = *r.ReplacedBy
	}
	if r.RenewedAt != nil {
		c.RenewedAt = r.RenewedAt.UTC()
	}
	if r.EndedAt != nil {
		c.EndedAt = r.EndedAt.UTC()
	}
	return c
}

// insertCard writes a card and its short code, drawing the code anew while it is taken.
func (s *Service) insertCard(ctx context.Context, c *Card) error {
	for {
		c.ShortCode = newShortCode()
		done := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&codeRow{
			Code: c.ShortCode, CardID: c.ID, ParticipantID: c.ParticipantID,
		})
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 1 {
			return s.db.From(ctx).Create(rowOf(*c)).Error
		}
	}
}

func (s *Service) loadCard(ctx context.Context, id uuid.UUID) (Card, error) {
	var row cardRow
	err := s.db.From(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Card{}, ErrNotFound
	}
	return row.card(), err
}

// loadCards returns a person's cards, the newest first.
func (s *Service) loadCards(ctx context.Context, participantID uuid.UUID) ([]Card, error) {
	var rows []cardRow
	err := s.db.From(ctx).Where("participant_id = ?", participantID).Order("id DESC").Find(&rows).Error
	return cardsOf(rows), err
}

// activePhones returns a person's active phone cards.
func (s *Service) activePhones(ctx context.Context, participantID uuid.UUID) ([]Card, error) {
	var rows []cardRow
	err := s.db.From(ctx).Where("participant_id = ? AND form = 'phone' AND state = 'active'", participantID).Order("id").Find(&rows).Error
	return cardsOf(rows), err
}

func cardsOf(rows []cardRow) []Card {
	out := make([]Card, len(rows))
	for i := range rows {
		out[i] = rows[i].card()
	}
	return out
}

// endCard moves an active card to its final state, or returns ErrNotActive.
func (s *Service) endCard(ctx context.Context, c Card, to State, reason string, by *uuid.UUID) error {
	done := s.db.From(ctx).Exec(`UPDATE cards SET state = ?, revoke_reason = ?, replaced_by = ?, ended_at = ?
		WHERE participant_id = ? AND id = ? AND state = 'active'`, string(to), reason, by, s.clock.Now(), c.ParticipantID, c.ID)
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrNotActive
	}
	return done.Error
}

// held is what the live tables say about a signing key and an index.
type held struct {
	key    *SigningKey
	card   *Card
	status int
}

const heldSQL = `SELECT k.kid AS key_kid, k.use_for AS key_use_for, k.public_key AS key_public_key, k.not_before AS key_not_before,
		k.not_after AS key_not_after, k.revoked_at AS key_revoked_at, k.created_at AS key_created_at, e.status, c.*
	FROM signing_keys k
	LEFT JOIN status_entries e ON e.idx = ?
	LEFT JOIN cards c ON c.participant_id = e.participant_id AND c.id = e.card_id
	WHERE k.kid = ?`

type heldRow struct {
	Key    keyRow `gorm:"embedded;embeddedPrefix:key_"`
	Status int
	Card   cardRow `gorm:"embedded"` // all zero when there is none
}

// lookUp reads the key kid and the card at idx in one statement. What there is
// none of is nil.
func (s *Service) lookUp(ctx context.Context, kid string, idx int64) (held, error) {
	var rows []heldRow
	if err := s.db.From(ctx).Raw(heldSQL, idx, kid).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return held{}, err
	}
	key, err := rows[0].Key.key()
	if err != nil || rows[0].Card.ID == uuid.Nil {
		return held{key: &key}, err
	}
	card := rows[0].Card.card()
	return held{key: &key, card: &card, status: rows[0].Status}, nil
}

// codeOwner returns the key id and index of the card with a short code; found
// is false when there is none.
func (s *Service) codeOwner(ctx context.Context, code string) (kid string, idx int64, found bool, err error) {
	var rows []struct {
		KID string `gorm:"column:kid"`
		Idx int64
	}
	err = s.db.From(ctx).Raw(`SELECT c.kid, c.idx FROM short_codes s
		JOIN cards c ON c.participant_id = s.participant_id AND c.id = s.card_id WHERE s.code = ?`, code).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", 0, false, err
	}
	return rows[0].KID, rows[0].Idx, true, nil
}
