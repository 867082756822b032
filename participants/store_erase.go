package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

type erasureRow struct {
	ParticipantID uuid.UUID
	RequestID     uuid.UUID
	ErasedAt      time.Time
}

func (erasureRow) TableName() string { return "erasures" }

// eraseRows empties what this room keeps of a person.
func (s *Service) eraseRows(ctx context.Context, e Erasure) error {
	tx, id, nothing := s.db.From(ctx), e.ParticipantID, []byte{}
	res := tx.Exec(`UPDATE participants SET id_sealed = ?, name_sealed = ?, birth_sealed = NULL, phone_sealed = NULL, region_code = NULL,
		restricted = ?, erased_at = ?, updated_at = ? WHERE id = ? AND erased_at IS NULL`, nothing, nothing, true, e.ErasedAt, e.ErasedAt, id)
	if err := oneRow(res, "erase participant"); err != nil {
		return err
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO erased_identities (kind, digest, participant_id) SELECT kind, digest, participant_id FROM identity_keys WHERE participant_id = ?
			ON CONFLICT (kind, digest) DO UPDATE SET participant_id = excluded.participant_id`, []any{id}},
		{"DELETE FROM identity_keys WHERE participant_id = ?", []any{id}},
		{"UPDATE memberships SET kpj_sealed = ?, status = 'inactive', updated_at = ? WHERE participant_id = ?", []any{nothing, e.ErasedAt, id}},
		{"UPDATE consents SET withdrawn_at = ? WHERE participant_id = ? AND withdrawn_at IS NULL", []any{e.ErasedAt, id}},
		{"DELETE FROM activations WHERE participant_id = ?", []any{id}},
		{"DELETE FROM claims WHERE participant_id = ?", []any{id}},
		{"UPDATE data_accesses SET note_sealed = NULL WHERE participant_id = ?", []any{id}},
		{"UPDATE data_requests SET note_sealed = NULL, answer_sealed = NULL WHERE participant_id = ?", []any{id}},
		{`UPDATE data_requests SET state = CASE WHEN kind = 'erase' THEN 'done' ELSE 'cancelled' END, decided_at = ?
			WHERE participant_id = ? AND state IN ('open', 'prepared')`, []any{e.ErasedAt, id}},
		{"INSERT INTO erasures (erased_at, participant_id, request_id) VALUES (?, ?, ?) ON CONFLICT (participant_id) DO NOTHING", []any{e.ErasedAt, id, e.RequestID}},
	} {
		if err := tx.Exec(step.sql, step.args...).Error; err != nil {
			return fmt.Errorf("erase participant: %w", err)
		}
	}
	return nil
}

// erasedAmong returns who of the erased held a number, by its digest.
func (s *Service) erasedAmong(ctx context.Context, kind string, digests [][]byte) (map[string]uuid.UUID, error) {
	out := map[string]uuid.UUID{}
	for len(digests) > 0 {
		n := min(lookupMost, len(digests))
		var rows []struct {
			Digest        []byte
			ParticipantID uuid.UUID
		}
		err := s.db.From(ctx).Table("erased_identities").Select("digest, participant_id").Where("kind = ? AND digest IN ?", kind, digests[:n]).Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("look up erased people: %w", err)
		}
		for _, r := range rows {
			out[string(r.Digest)] = r.ParticipantID
		}
		digests = digests[n:]
	}
	return out, nil
}

// forgetErased lets people who were erased be entered again.
func (s *Service) forgetErased(ctx context.Context, ids []uuid.UUID) error {
	for len(ids) > 0 {
		n := min(lookupMost, len(ids))
		if err := s.db.From(ctx).Exec("DELETE FROM erased_identities WHERE participant_id IN ?", ids[:n]).Error; err != nil {
			return fmt.Errorf("forget erased identities: %w", err)
		}
		ids = ids[n:]
	}
	return nil
}

// erasures returns everybody who was erased.
func (s *Service) erasures(ctx context.Context) ([]Erasure, error) {
	var rows []erasureRow
	if err := s.db.From(ctx).Order("erased_at, participant_id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	out := make([]Erasure, len(rows))
	for i, r := range rows {
		out[i] = Erasure{r.ParticipantID, r.RequestID, r.ErasedAt.UTC()}
	}
	return out, nil
}

// notErased returns those of the list who are in the database and not erased.
func (s *Service) notErased(ctx context.Context, all []Erasure) ([]Erasure, error) {
	var out []Erasure
	for len(all) > 0 {
		n := min(lookupMost, len(all))
		ids := make([]uuid.UUID, n)
		for i := range ids {
			ids[i] = all[i].ParticipantID
		}
		var rows []struct{ ID uuid.UUID }
		if err := s.db.From(ctx).Table("participants").Select("id").Where("id IN ? AND erased_at IS NULL", ids).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("look for people who came back: %w", err)
		}
		here := make(map[uuid.UUID]bool, len(rows))
		for _, r := range rows {
			here[r.ID] = true
		}
		for _, e := range all[:n] {
			if here[e.ParticipantID] {
				out, here[e.ParticipantID] = append(out, e), false
			}
		}
		all = all[n:]
	}
	return out, nil
}
