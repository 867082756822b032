package participants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/database"
)

// Erasure says who was erased and on which request. It carries ids only.
type Erasure struct {
	ParticipantID uuid.UUID `json:"participant_id"`
	RequestID     uuid.UUID `json:"request_id"`
	ErasedAt      time.Time `json:"erased_at"`
}

// Eraser forgets what a room keeps of a person, inside the transaction that
// erases them. What was recorded under the id alone stays.
type Eraser func(ctx context.Context, participantID uuid.UUID) error

// OnErase registers f. Call it while wiring, before the service is used.
func (s *Service) OnErase(f func(ctx context.Context, participantID uuid.UUID) error) {
	s.erasers = append(s.erasers, f)
}

// KeepErasures names the file that remembers erasures beside the database. Call
// it while wiring; without it only the database does.
func (s *Service) KeepErasures(l *Ledger) { s.ledger = l }

// erase takes everything that tells who a person is out of the database: sealed
// columns, blind indexes, codes, notes, and what the erasers know. What was
// recorded under the id stays, and with it the records of uses and the proof of
// consents. The digests of the numbers are kept apart, so that an import does
// not bring the person back.
func (s *Service) erase(ctx context.Context, e Erasure) error {
	if err := s.eraseRows(ctx, e); err != nil {
		return err
	}
	for _, f := range s.erasers {
		if err := f(ctx, e.ParticipantID); err != nil {
			return fmt.Errorf("erase in another room: %w", err)
		}
	}
	if err := s.tell(ctx, []uuid.UUID{e.ParticipantID}); err != nil {
		return err
	}
	if err := s.events.Publish(ctx, events.Event{
		Kind: "participant.erased", SubjectID: e.ParticipantID, ParticipantID: e.ParticipantID,
		Payload: map[string]any{"participant_id": e.ParticipantID, "request_id": e.RequestID},
	}); err != nil {
		return err
	}
	return s.audit.Append(ctx, audit.Event{
		Action: "participant.erased", Subject: audit.Subject{Kind: "participant", ID: e.ParticipantID},
		Details: map[string]any{"request_id": e.RequestID},
	})
}

// afterErasure does what an erasure needs beside the database: the line in the
// ledger, and no old pages in the log of the embedded database. Both happen
// again with the regular work, which says when they cannot.
func (s *Service) afterErasure(ctx context.Context, e Erasure) {
	ctx = context.WithoutCancel(ctx)
	_ = s.ledger.append(e) //nolint:errcheck // see above
	_ = s.db.Settle(ctx)   //nolint:errcheck // see above
}

// CatchUp makes the database and the ledger say the same: it erases again whoever
// came back with an older copy of the database, and writes down erasures that the
// ledger lacks. It returns how many people were erased again. The program calls it
// before it serves and with its regular work; whoever acts is not looked at.
func (s *Service) CatchUp(ctx context.Context) (again int64, err error) {
	noted, err := s.ledger.read()
	if err != nil {
		return 0, err
	}
	back, err := s.notErased(ctx, noted)
	if err != nil {
		return 0, err
	}
	for _, e := range back {
		done := false
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			locked, err := s.lockParticipants(ctx, []uuid.UUID{e.ParticipantID})
			if done = len(locked) > 0; err != nil || !done { // another server was faster
				return err
			}
			return s.erase(ctx, e)
		})
		if err != nil {
			return again, fmt.Errorf("erase again after a restore: %w", err)
		}
		if done {
			again++
		}
	}
	if err := s.completeLedger(ctx, noted); err != nil {
		return again, err
	}
	if again > 0 {
		err = s.settle(ctx)
	}
	return again, err
}

// settle empties the log of the embedded database. Readers in its way are no
// failure: the next hour tries again.
func (s *Service) settle(ctx context.Context) error {
	if err := s.db.Settle(ctx); !errors.Is(err, database.ErrBusyReaders) {
		return err
	}
	return nil
}

// completeLedger adds what only the database knows: of another server, or of one
// that stopped between the two.
func (s *Service) completeLedger(ctx context.Context, noted []Erasure) error {
	if s.ledger == nil {
		return nil
	}
	stored, err := s.erasures(ctx)
	if err != nil {
		return err
	}
	known := make(map[uuid.UUID]bool, len(noted))
	for _, e := range noted {
		known[e.ParticipantID] = true
	}
	var missing []Erasure
	for _, e := range stored {
		if !known[e.ParticipantID] {
			missing = append(missing, e)
		}
	}
	return s.ledger.append(missing...)
}

// SettleErasures is CatchUp for the regular work; it also empties the log of the
// embedded database, where the pages of the last hour may still lie.
func (s *Service) SettleErasures(ctx context.Context) (int64, error) {
	n, err := s.CatchUp(ctx)
	if err != nil {
		return n, err
	}
	return n, s.settle(ctx)
}

// settleErased refuses people who asked to be erased and who come back without a
// consent of their own, and forgets the erasure of those who come with one. By
// the KPJ alone nobody comes back: that would be somebody else's consent.
func (s *Service) settleErased(ctx context.Context, all []entry) error {
	digests, gone := map[string][][]byte{}, map[string]map[string]uuid.UUID{}
	for i := range all {
		for _, k := range all[i].keys {
			digests[k.Kind] = append(digests[k.Kind], k.Digest)
		}
	}
	for kind, list := range digests {
		var err error
		if gone[kind], err = s.erasedAmong(ctx, kind, list); err != nil {
			return err
		}
	}
	var back []uuid.UUID
	for i := range all {
		who, err := all[i].erased(gone)
		if err != nil {
			return err
		}
		back = append(back, who...)
	}
	return s.forgetErased(ctx, sortedIDs(back))
}

// erased returns who of the erased comes back with an entry, or ErrErased where
// they may not.
func (e *entry) erased(gone map[string]map[string]uuid.UUID) ([]uuid.UUID, error) {
	var who, byKPJ []uuid.UUID
	for _, k := range e.keys {
		id, is := gone[k.Kind][string(k.Digest)]
		switch {
		case is && k.Kind == kpjKey:
			byKPJ = append(byKPJ, id)
		case is:
			who = append(who, id)
		}
	}
	for _, id := range byKPJ {
		if !slices.Contains(who, id) {
			return nil, ErrErased
		}
	}
	if len(who) > 0 && e.consent == nil {
		return nil, ErrErased
	}
	return who, nil
}

// erasedRows returns, by the kind of number, the digests of an import that are of
// people who asked to be erased.
func (s *Service) erasedRows(ctx context.Context, kpjs [][]byte, ids map[IDType][][]byte) (map[string]map[string]uuid.UUID, error) {
	out := map[string]map[string]uuid.UUID{}
	var err error
	if out[kpjKey], err = s.erasedAmong(ctx, kpjKey, kpjs); err != nil {
		return nil, err
	}
	for kind, digests := range ids {
		if out[string(kind)], err = s.erasedAmong(ctx, string(kind), digests); err != nil {
			return nil, err
		}
	}
	return out, nil
}
