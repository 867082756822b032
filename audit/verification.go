package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

// State is how far a verification is.
type State string

// The states.
const (
	Waiting State = "waiting"
	Running State = "running"
	Whole   State = "whole"  // nothing is broken
	Damaged State = "broken" // something is; the verification names it
	Failed  State = "failed" // it could not be carried through
)

// Verification is one walk through the whole log that somebody asked for.
type Verification struct {
	ID         uuid.UUID
	ByKind     string
	ByID       uuid.UUID
	State      State
	AskedAt    time.Time
	FinishedAt time.Time // zero: not yet
	Total      int64     // entries when it was asked for
	Entries    int64     // walked so far
	Head       []byte    // hash of the newest entry, of a whole log

	// What is broken.
	Fault, BrokenKind string
	BrokenSeq         int64
	BrokenID          uuid.UUID // zero: it has none, or is missing
}

// Open reports whether it is not finished.
func (v Verification) Open() bool { return v.State == Waiting || v.State == Running }

// Faults of the log.
var (
	// ErrNotFound: there is no such entry or verification, or it is not the actor's to see.
	ErrNotFound = fault.New(fault.NotFound, "audit_entry_not_found", "There is no such entry of the log, or it is not yours to see.")
	// ErrNational: the whole log concerns those who read it nationally.
	ErrNational = fault.New(fault.Forbidden, "audit_national", "Only who reads the whole log may verify it.")
)

// beatLost is after what time without a sign another server takes a
// verification over.
const beatLost = 2 * time.Minute

// Ask has the whole log verified in the background. One that is under way stands
// for the next. It returns ErrNational.
func (s *Service) Ask(ctx context.Context) (Verification, error) {
	who := actor.From(ctx)
	if !who.Scope(actor.ReadAudit).National {
		return Verification{}, ErrNational
	}
	var out Verification
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		head, err := s.lockHead(ctx)
		if err != nil {
			return err
		}
		if open, err := s.openVerification(ctx); err != nil || open != nil {
			if open != nil {
				out = *open
			}
			return err
		}
		now := s.clock.Now()
		out = Verification{ID: uid.At(now), ByKind: string(who.Kind), ByID: who.ID, State: Waiting, AskedAt: now, Total: head.Seq}
		if err := s.insertVerification(ctx, &out); err != nil {
			return err
		}
		return s.Append(ctx, Event{Action: "audit.verification_asked", Subject: Subject{Kind: "audit_verification", ID: out.ID}})
	})
	if err != nil {
		return Verification{}, fmt.Errorf("ask for verification: %w", err)
	}
	return out, nil
}

// Verifications returns those that were asked for, newest first.
func (s *Service) Verifications(ctx context.Context, p page.Request) (page.Of[Verification], error) {
	if !actor.From(ctx).Scope(actor.ReadAudit).National {
		return page.Of[Verification]{}, ErrNational
	}
	all, err := s.verifications(ctx, p)
	if err != nil {
		return page.Of[Verification]{}, fmt.Errorf("list verifications: %w", err)
	}
	return page.Cut(all, p, func(v Verification) uuid.UUID { return v.ID }), nil
}

// Verification returns one, or ErrNotFound.
func (s *Service) Verification(ctx context.Context, id uuid.UUID) (Verification, error) {
	if !actor.From(ctx).Scope(actor.ReadAudit).National {
		return Verification{}, ErrNotFound
	}
	return s.verification(ctx, id)
}

// WorkVerifications carries out what was asked for and returns how many it
// finished. It may run on any number of servers.
func (s *Service) WorkVerifications(ctx context.Context) (int64, error) {
	for n := int64(0); ; n++ {
		v, ok, err := s.leaseVerification(ctx)
		if err != nil || !ok {
			return n, err
		}
		if err := s.work(ctx, v); err != nil {
			return n, fmt.Errorf("verify audit log: %w", err)
		}
	}
}

// errLost: another server took the verification over.
var errLost = errors.New("the verification was taken over")

// work walks the log of one moment and writes down what it found.
func (s *Service) work(outer context.Context, v Verification) error {
	var r Result
	err := s.db.Snapshot(outer, func(ctx context.Context) (err error) {
		r, err = s.CheckAll(ctx, func(done int64) error { return s.beat(outer, &v, done) })
		return err
	})
	switch b, bad := broken(err); {
	case errors.Is(err, errLost):
		return nil
	case outer.Err() != nil: // told to stop: another one begins anew
		return errors.Join(s.release(context.WithoutCancel(outer), &v), outer.Err())
	case bad:
		v.State = Damaged
		v.BrokenKind, v.BrokenSeq, v.BrokenID, v.Fault = b.Broken()
	case err != nil:
		v.State, v.Fault = Failed, "unreadable"
	default:
		v.State, v.Entries, v.Head = Whole, r.Entries, r.Hash
	}
	v.FinishedAt = s.clock.Now()
	ctx := actor.With(outer, actor.System())
	failed := err
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.finishVerification(ctx, &v); err != nil {
			return err
		}
		details := map[string]any{"outcome": v.State, "entries": v.Entries}
		if v.State == Damaged {
			details["broken"], details["seq"], details["fault"] = v.BrokenKind, v.BrokenSeq, v.Fault
		}
		return s.Append(ctx, Event{Action: "audit.verified", Subject: Subject{Kind: "audit_verification", ID: v.ID}, Details: details})
	})
	if v.State == Failed {
		return errors.Join(failed, err)
	}
	return err
}
