package participants

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// Codes of single fields.
var (
	errRequired      = fault.New(fault.Invalid, "required", "A value is needed.")
	errNameForm      = fault.New(fault.Invalid, "name_form", "A name has at most 200 characters and no control characters.")
	errFormula       = fault.New(fault.Invalid, "formula", "A value must not begin like a formula.")
	errBirth         = fault.New(fault.Invalid, "birth_date", "The birth date is no date or not plausible.")
	errRegionUnknown = fault.New(fault.Invalid, "region_unknown", "There is no such region.")
	errUnknown       = fault.New(fault.Invalid, "unknown", "The value is not one of the known ones.")
	errDay           = fault.New(fault.Invalid, "date_form", "The value is no date.")
	errFuture        = fault.New(fault.Invalid, "date_future", "The date lies in the future.")
	errAgentUnknown  = fault.New(fault.Invalid, "agent_unknown", "There is no such agent.")
)

var (
	segments   = []Segment{PU, BPU, Jakon, PMI}
	statuses   = []Status{Active, InArrears, Inactive, Unverified}
	programmes = []Programme{JKK, JKM, JHT, JP, JKP}
	payers     = []Payer{"", PayerSelf, PayerEmployer, PayerPublicBudget, PayerVillageFund, PayerDonor, PayerCorporation}
	sources    = []Source{FromImport, FromOfficer, FromPayment, FromSimulation}
)

func asFault(err error) (*fault.Error, bool) { return errors.AsType[*fault.Error](err) }

func prefixed(prefix string, fields []fault.Field) []fault.Field {
	for i := range fields {
		fields[i].Pointer = prefix + fields[i].Pointer
	}
	return fields
}

func sortedKeys(keys []keyRow) []keyRow {
	slices.SortFunc(keys, func(a, b keyRow) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.Digest, b.Digest))
	})
	return keys
}

// check returns what is wrong with the membership's fields, and fills what was
// left out.
func (n *NewMembership) check(today clock.Day) []fault.Field {
	n.StatusAsOf, n.Source = cmp.Or(n.StatusAsOf, today), cmp.Or(n.Source, FromOfficer)
	var bad []fault.Field
	need := func(ok bool, pointer string, f *fault.Error) {
		if !ok {
			bad = append(bad, fault.Field{Pointer: pointer, Code: f.Code})
		}
	}
	need(slices.Contains(segments, n.Segment), "/segment", errUnknown)
	need(slices.Contains(statuses, n.Status), "/status", errUnknown)
	need(slices.Contains(payers, n.Payer), "/payer", errUnknown)
	need(slices.Contains(sources, n.Source), "/source", errUnknown)
	for _, p := range n.Programmes {
		need(slices.Contains(programmes, p), "/programmes", errUnknown)
	}
	for pointer, d := range map[string]clock.Day{
		"/acquired_on": n.AcquiredOn, "/protected_until": n.ProtectedUntil, "/status_as_of": n.StatusAsOf, "/ended_on": n.EndedOn,
	} {
		_, err := clock.ParseDay(string(d))
		need(d == "" || err == nil, pointer, errDay)
	}
	need(n.StatusAsOf <= today, "/status_as_of", errFuture)
	need(n.AcquiredOn <= today, "/acquired_on", errFuture)
	slices.SortFunc(bad, func(a, b fault.Field) int { return cmp.Compare(a.Pointer, b.Pointer) })
	return bad
}

// newMembership checks n and makes its row for a person at branch b.
func (s *Service) newMembership(n *NewMembership, person uuid.UUID, b Branch, now time.Time) (*membershipRow, string, []fault.Field) {
	today := dayAt(now, b.Zone)
	bad := n.check(today)
	kpj, err := ParseKPJ(n.KPJ.Reveal())
	if f, ok := asFault(err); ok {
		bad = append(bad, fault.Field{Pointer: "/kpj", Code: f.Code})
	}
	id := uid.At(now)
	row := &membershipRow{
		ID: id, ParticipantID: person, BranchID: b.ID, CreatedAt: now, UpdatedAt: now,
		KPJSealed: s.keys.Seal(place("memberships", "kpj_sealed", id), kpj),
	}
	if len(bad) == 0 {
		row.take(n, today)
	}
	return row, kpj, bad
}

// take puts the snapshot n into the row, as it reads today.
func (r *membershipRow) take(n *NewMembership, today clock.Day) {
	if n.AgentID != uuid.Nil {
		r.AgentID = orNull(n.AgentID)
	}
	if n.AcquiredOn != "" {
		r.AcquiredOn = n.AcquiredOn
	}
	if n.Payer != "" {
		r.PayerType = orNull(string(n.Payer))
	}
	if r.Programmes == "" || len(n.Programmes) > 0 {
		r.Programmes = programmesText(n.Programmes)
	}
	r.Segment, r.Status, r.StatusAsOf, r.Source = string(n.Segment), string(n.Status), n.StatusAsOf, string(n.Source)
	r.ProtectedUntil, r.EndedOn = n.ProtectedUntil, n.EndedOn
	r.Status = string(r.snapshot().on(today))
}

// sameAs reports whether two rows say the same; who reported it counts only
// for the history.
func (r *membershipRow) sameAs(o *membershipRow) bool {
	return orZero(r.AgentID) == orZero(o.AgentID) && r.AcquiredOn == o.AcquiredOn && orZero(r.PayerType) == orZero(o.PayerType) &&
		r.Programmes == o.Programmes && r.snapshot() == o.snapshot()
}

// SetMembership adds a membership to a person or stores a newer snapshot of
// the one with the same KPJ. A snapshot may repair the past: dates may lie
// before those stored, but its StatusAsOf may not (ErrStale); on the same day
// the later word counts. The followers are told in the same transaction. A
// snapshot that changes nothing is accepted and leaves no trace. Errors:
// ErrNotFound, ErrBranchNotFound, ErrInvalid, ErrDuplicateKPJ, ErrErased, ErrStale.
func (s *Service) SetMembership(ctx context.Context, participantID uuid.UUID, n NewMembership) (Membership, error) {
	var out *membershipRow
	var zone string
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		person, err := s.visible(ctx, participantID, actor.WriteParticipants)
		if err != nil {
			return err
		}
		if n.BranchID == uuid.Nil {
			n.BranchID = person.BranchID
		}
		if !actor.From(ctx).Scope(actor.WriteParticipants).HasBranch(n.BranchID) {
			return ErrBranchNotFound
		}
		if err := s.agentsInReach(ctx, &n); err != nil {
			return err
		}
		b, err := s.branch(ctx, n.BranchID)
		if err != nil {
			return err
		}
		zone = b.Zone
		if _, err := s.locked(ctx, participantID); err != nil {
			return err
		}
		out, err = s.setMembership(ctx, participantID, n, Branch{ID: b.ID, Zone: b.Zone})
		return err
	})
	if err != nil {
		return Membership{}, err
	}
	return s.shownMembership(out, zone)
}

func (s *Service) setMembership(ctx context.Context, person uuid.UUID, n NewMembership, b Branch) (*membershipRow, error) {
	now := s.clock.Now()
	fresh, kpj, bad := s.newMembership(&n, person, b, now)
	if len(bad) > 0 {
		return nil, ErrInvalid.With(bad...)
	}
	digest := s.keys.Index(kpjKey, kpj)
	keys, err := s.keysOf(ctx, kpjKey, [][]byte{digest})
	if err != nil {
		return nil, err
	}
	key, exists := keys[string(digest)]
	if !exists {
		if err := s.claim(ctx, []keyRow{{kpjKey, digest, person, &fresh.ID}}, ErrDuplicateKPJ); err != nil {
			return nil, err
		}
		switch gone, err := s.erasedAmong(ctx, kpjKey, [][]byte{digest}); {
		case err != nil:
			return nil, err
		case len(gone) > 0:
			return nil, ErrErased
		}
		if err := insertRows(ctx, s.db, []membershipRow{*fresh}, "write membership"); err != nil {
			return nil, err
		}
		return fresh, s.membershipSet(ctx, fresh, "membership.created")
	}
	if key.ParticipantID != person {
		return nil, ErrDuplicateKPJ
	}
	row, err := s.membership(ctx, person, orZero(key.MembershipID))
	switch {
	case err != nil:
		return nil, err
	case row.BranchID != b.ID:
		return nil, ErrDuplicateKPJ
	case n.StatusAsOf < row.StatusAsOf:
		return nil, ErrStale
	}
	before := *row
	row.take(&n, dayAt(now, b.Zone))
	if row.sameAs(&before) {
		return &before, nil
	}
	row.UpdatedAt = now
	if err := s.updateMembership(ctx, row); err != nil {
		return nil, err
	}
	return row, s.membershipSet(ctx, row, "membership.updated")
}

// membershipSet does what follows a change: history, followers, event, audit.
func (s *Service) membershipSet(ctx context.Context, r *membershipRow, action string) error {
	history := []historyRow{r.history(r.UpdatedAt, Source(r.Source), nil)}
	if err := insertRows(ctx, s.db, history, "write history"); err != nil {
		return err
	}
	if err := s.tell(ctx, []uuid.UUID{r.ParticipantID}); err != nil {
		return err
	}
	if err := s.events.Publish(ctx, membershipChanged(r)); err != nil {
		return err
	}
	return s.audit.Append(ctx, audit.Event{
		Action: action, Subject: audit.Subject{Kind: "membership", ID: r.ID},
		Details: map[string]any{"participant_id": r.ParticipantID, "status": r.Status, "as_of": r.StatusAsOf, "source": r.Source},
	})
}

func (s *Service) shownMembership(r *membershipRow, zone string) (Membership, error) {
	kpj, err := s.keys.Unseal(place("memberships", "kpj_sealed", r.ID), r.KPJSealed)
	if err != nil {
		return Membership{}, fmt.Errorf("open kpj_sealed: %w", err)
	}
	list, err := programmesOf(r.Programmes)
	if err != nil {
		return Membership{}, err
	}
	return Membership{
		ID: r.ID, ParticipantID: r.ParticipantID, BranchID: r.BranchID, AgentID: orZero(r.AgentID), KPJMasked: maskNumber(kpj),
		Segment: Segment(r.Segment), Programmes: list, Payer: Payer(orZero(r.PayerType)), AcquiredOn: r.AcquiredOn,
		ProtectedUntil: r.ProtectedUntil, Status: r.snapshot().on(dayAt(s.clock.Now(), zone)), StatusAsOf: r.StatusAsOf,
		Source: Source(r.Source), EndedOn: r.EndedOn, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}, nil
}
