package participants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
)

// Kinds of identity_keys and of the blind index.
const (
	kpjKey = "kpj"
	// Values in one IN list, rows in one INSERT: the SQLite driver binds a
	// statement in a time that grows with the square of its parameters.
	lookupMost = 250
	insertMost = 50
)

type participantRow struct {
	ID          uuid.UUID
	BranchID    uuid.UUID
	RegionCode  *string
	IDType      string
	IDSealed    []byte
	NameSealed  []byte
	BirthSealed []byte
	PhoneSealed []byte
	Restricted  bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func (participantRow) TableName() string { return "participants" }

type keyRow struct {
	Kind          string
	Digest        []byte
	ParticipantID uuid.UUID
	MembershipID  *uuid.UUID
}

func (keyRow) TableName() string { return "identity_keys" }

type membershipRow struct {
	ID             uuid.UUID
	ParticipantID  uuid.UUID
	BranchID       uuid.UUID
	AgentID        *uuid.UUID
	KPJSealed      []byte `gorm:"column:kpj_sealed"`
	Segment        string
	Programmes     string
	PayerType      *string
	AcquiredOn     clock.Day
	ProtectedUntil clock.Day
	Status         string
	StatusAsOf     clock.Day
	Source         string
	EndedOn        clock.Day
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

func (membershipRow) TableName() string { return "memberships" }

func (r *membershipRow) snapshot() snapshot {
	return snapshot{Segment(r.Segment), Status(r.Status), r.StatusAsOf, r.ProtectedUntil, r.EndedOn}
}

type historyRow struct {
	ParticipantID  uuid.UUID
	ID             uuid.UUID
	MembershipID   uuid.UUID
	Status         string
	ProtectedUntil clock.Day
	StatusAsOf     clock.Day
	Source         string
	ImportID       *uuid.UUID
	RecordedAt     time.Time
}

func (historyRow) TableName() string { return "membership_history" }

type branchRow struct {
	ID           uuid.UUID
	Code         string
	Name         string
	OfficeKind   string
	Zone         string
	ArrearsValid bool
}

func (branchRow) TableName() string { return "branches" }

// place is where a sealed column of this room stands.
func place(table, column string, row uuid.UUID) pii.Place {
	return pii.Place{Table: table, Column: column, Row: row}
}

func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func orZero[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func missing(err, absent error, doing string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return absent
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// insertRows writes rows in statements of bounded size.
func insertRows[T any](ctx context.Context, db *database.DB, rows []T, doing string) error {
	if len(rows) == 0 {
		return nil
	}
	return wrongAgent(db.From(ctx).CreateInBatches(&rows, insertMost).Error, doing)
}

// wrongAgent names the one reference of this room that callers choose freely.
func wrongAgent(err error, doing string) error {
	switch {
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		return ErrInvalid.With(fault.Field{Pointer: "/agent_id", Code: errAgentUnknown.Code})
	case err != nil:
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// claimKeys writes identity keys and reports whether all were free.
func (s *Service) claimKeys(ctx context.Context, keys []keyRow) (bool, error) {
	if len(keys) == 0 {
		return true, nil
	}
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&keys, insertMost)
	if res.Error != nil {
		return false, fmt.Errorf("claim identity keys: %w", res.Error)
	}
	return res.RowsAffected == int64(len(keys)), nil
}

// keysOf returns the stored keys of a kind among digests, by digest.
func (s *Service) keysOf(ctx context.Context, kind string, digests [][]byte) (map[string]keyRow, error) {
	out := make(map[string]keyRow, len(digests))
	for len(digests) > 0 {
		n := min(lookupMost, len(digests))
		var rows []keyRow
		if err := s.db.From(ctx).Where("kind = ? AND digest IN ?", kind, digests[:n]).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("look up identity keys: %w", err)
		}
		for _, r := range rows {
			out[string(r.Digest)] = r
		}
		digests = digests[n:]
	}
	return out, nil
}

// lockParticipants locks the rows of ids in the order of their ids and
// returns them; ids that are unknown or erased are absent. Changes of one person's memberships
// happen one after the other.
func (s *Service) lockParticipants(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*participantRow, error) {
	ids = sortedIDs(ids)
	out := make(map[uuid.UUID]*participantRow, len(ids))
	for len(ids) > 0 {
		n := min(lookupMost, len(ids))
		var rows []participantRow
		err := s.db.From(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("id IN ? AND erased_at IS NULL", ids[:n]).Order("id").Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("lock participants: %w", err)
		}
		for i := range rows {
			out[rows[i].ID] = &rows[i]
		}
		ids = ids[n:]
	}
	return out, nil
}

func (s *Service) membershipsOf(ctx context.Context, participantIDs []uuid.UUID) ([]membershipRow, error) {
	var out []membershipRow
	for len(participantIDs) > 0 {
		n := min(lookupMost, len(participantIDs))
		var rows []membershipRow
		if err := s.db.From(ctx).Where("participant_id IN ?", participantIDs[:n]).Order("participant_id, id").Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		out, participantIDs = append(out, rows...), participantIDs[n:]
	}
	return out, nil
}

// inReach narrows a query on participants to those that r reaches: through
// their own branch or through that of a membership. Nobody reaches the erased.
// COALESCE keeps SQLite from looking for a person's memberships among all of a
// branch: they are found by the person.
func inReach(tx *gorm.DB, r actor.Reach) *gorm.DB {
	tx = tx.Where("participants.erased_at IS NULL")
	switch {
	case r.National:
		return tx
	case len(r.Branches) == 0:
		return tx.Where("1 = 0")
	}
	return tx.Where(`(participants.branch_id IN ? OR EXISTS (
		SELECT 1 FROM memberships m WHERE m.participant_id = participants.id AND COALESCE(m.branch_id, m.id) IN ?))`, r.Branches, r.Branches)
}

func (s *Service) visible(ctx context.Context, id uuid.UUID, p actor.Permission) (*participantRow, error) {
	var row participantRow
	err := inReach(s.db.From(ctx), actor.From(ctx).Scope(p)).Where("participants.id = ?", id).Take(&row).Error
	if err != nil {
		return nil, missing(err, ErrNotFound, "read participant")
	}
	return &row, nil
}

func (s *Service) updateParticipant(ctx context.Context, r *participantRow) error {
	res := s.db.From(ctx).Model(&participantRow{}).Where("id = ?", r.ID).Updates(map[string]any{
		"region_code": r.RegionCode, "name_sealed": r.NameSealed, "birth_sealed": r.BirthSealed,
		"phone_sealed": r.PhoneSealed, "restricted": r.Restricted, "updated_at": r.UpdatedAt,
	})
	return oneRow(res, "update participant")
}

func (s *Service) updateMembership(ctx context.Context, r *membershipRow) error {
	res := s.db.From(ctx).Exec(`UPDATE memberships SET agent_id = ?, segment = ?, programmes = ?, payer_type = ?, acquired_on = ?,
		protected_until = ?, status = ?, status_as_of = ?, source = ?, ended_on = ?, updated_at = ? WHERE participant_id = ? AND id = ?`,
		r.AgentID, r.Segment, r.Programmes, r.PayerType, r.AcquiredOn, r.ProtectedUntil, r.Status, r.StatusAsOf, r.Source,
		r.EndedOn, r.UpdatedAt, r.ParticipantID, r.ID)
	if res.Error != nil {
		return wrongAgent(res.Error, "update membership")
	}
	return oneRow(res, "update membership")
}

func oneRow(res *gorm.DB, doing string) error {
	switch {
	case res.Error != nil:
		return fmt.Errorf("%s: %w", doing, res.Error)
	case res.RowsAffected != 1:
		return fmt.Errorf("%s: %d rows", doing, res.RowsAffected)
	}
	return nil
}

func programmesText(p []Programme) string {
	if len(p) == 0 {
		p = []Programme{JKK, JKM}
	}
	b, _ := json.Marshal(p) //nolint:errchkjson // texts
	return string(b)
}

func programmesOf(text string) ([]Programme, error) {
	var p []Programme
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, fmt.Errorf("read programmes: %w", err)
	}
	return p, nil
}
