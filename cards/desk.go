package cards

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/participants"
)

// RunsAtOnce is how many runs of one branch may be under way.
const RunsAtOnce = 3

// ErrRunsAtOnce occurs when as many runs of the branch are under way already.
var ErrRunsAtOnce = fault.New(fault.Conflict, "card_runs_at_once", "Three runs of this branch are under way. Wait until one is over, or cancel one.")

// OnRevoke registers who must know, in the same transaction, that staff took a
// card from a phone: that phone is signed out. Call it while wiring.
func (s *Service) OnRevoke(f func(ctx context.Context, participantID uuid.UUID) error) {
	s.takers = append(s.takers, f)
}

// taken tells those of OnRevoke of a phone card that staff ended.
func (s *Service) taken(ctx context.Context, c Card) error {
	if c.Form != Phone {
		return nil
	}
	for _, f := range s.takers {
		if err := f(ctx, c.ParticipantID); err != nil {
			return err
		}
	}
	return nil
}

// ByShortCode returns the card with a short code as somebody types it, within
// reach of actor.ReadCards, or ErrNotFound.
func (s *Service) ByShortCode(ctx context.Context, typed string) (Card, error) {
	code, _, good := readShortCode(typed)
	if !good {
		return Card{}, ErrNotFound
	}
	owners, err := s.codeOwners(ctx, []string{code})
	if err != nil {
		return Card{}, fmt.Errorf("find card: %w", err)
	}
	owner, ok := owners[code]
	if !ok {
		return Card{}, ErrNotFound
	}
	return s.Get(ctx, owner.CardID)
}

// Link is the way by which a person takes a card to a phone. It is shown once.
type Link struct {
	URL       string
	ShareText string // Indonesian, to be sent on by hand
	ExpiresAt time.Time
	Sent      bool // on its way to the phone on record
}

// Invite makes a link for a person within reach of actor.IssueCards, and with
// send queues it to the phone on record, in one transaction. Links made earlier
// end. Errors: ErrParticipant, ErrRestricted, ErrCannotSend.
func (s *Service) Invite(ctx context.Context, participantID uuid.UUID, send bool) (Link, error) {
	if send && !s.people.CanSend() {
		return Link{}, ErrCannotSend
	}
	var out Link
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		standing, err := s.people.Standing(ctx, participantID)
		switch {
		case fault.KindOf(err) == fault.NotFound, err == nil && !actor.From(ctx).Scope(actor.IssueCards).HasBranch(standing.BranchID):
			return ErrParticipant
		case err != nil:
			return err
		case standing.Restricted:
			return ErrRestricted
		}
		a, err := s.people.BeginActivationFor(ctx, participantID, actor.From(ctx).ID)
		if err != nil {
			return err
		}
		link := s.url + "/kartu/#" + a.Code
		out = Link{URL: link, ShareText: participants.ShareText(link), ExpiresAt: a.ExpiresAt}
		if send {
			out.Sent, err = s.people.SendActivation(ctx, participantID, link)
		}
		return err
	})
	if err != nil {
		return Link{}, fmt.Errorf("invite: %w", err)
	}
	return out, nil
}

// Named is a list of people as somebody pastes it: a short code of a card or an
// id on each line.
type Named struct {
	ParticipantIDs []uuid.UUID // each once, in order
	Unknown        []int       // lines, from 1, that name nobody within reach
}

// ReadNames reads a pasted list within reach of actor.IssueCards. Empty lines are
// passed over. Errors: ErrRunTooMany.
func (s *Service) ReadNames(ctx context.Context, text string) (Named, error) {
	var out Named
	lines, codes := map[int]uuid.UUID{}, map[int]string{}
	n, scan := 0, bufio.NewScanner(strings.NewReader(text))
	for scan.Scan() {
		n++
		line := strings.TrimSpace(scan.Text())
		if line == "" {
			continue
		}
		if id, err := uuid.Parse(line); err == nil && len(line) == len(id.String()) {
			lines[n] = id
		} else if code, _, good := readShortCode(line); good {
			codes[n] = code
		} else {
			out.Unknown = append(out.Unknown, n)
		}
		if len(lines)+len(codes) > MaxRun {
			return Named{}, ErrRunTooMany
		}
	}
	if scan.Err() != nil { // a line longer than any code
		return Named{}, ErrRunWho
	}
	if err := s.resolve(ctx, lines, codes); err != nil {
		return Named{}, fmt.Errorf("read names: %w", err)
	}
	return s.withinLines(ctx, n, lines, out)
}

// resolve puts the people of short codes among the lines.
func (s *Service) resolve(ctx context.Context, lines map[int]uuid.UUID, codes map[int]string) error {
	all := make([]string, 0, len(codes))
	for _, c := range codes {
		all = append(all, c)
	}
	owners, err := s.codeOwners(ctx, all)
	if err != nil {
		return err
	}
	for n, c := range codes {
		lines[n] = owners[c].ParticipantID // zero: nobody
	}
	return nil
}

func (s *Service) withinLines(ctx context.Context, last int, lines map[int]uuid.UUID, out Named) (Named, error) {
	ids := make([]uuid.UUID, 0, len(lines))
	for _, id := range lines {
		if id != uuid.Nil {
			ids = append(ids, id)
		}
	}
	within, err := s.withinReach(ctx, ids)
	if err != nil {
		return Named{}, err
	}
	reached := make(map[uuid.UUID]bool, len(within))
	for _, id := range within {
		reached[id] = true
	}
	seen, unknown := map[uuid.UUID]bool{}, make(map[int]bool, len(out.Unknown))
	for _, n := range out.Unknown {
		unknown[n] = true
	}
	out.Unknown = nil
	for n := 1; n <= last; n++ {
		id, named := lines[n]
		switch {
		case unknown[n], named && !reached[id]:
			out.Unknown = append(out.Unknown, n)
		case named && !seen[id]:
			seen[id] = true
			out.ParticipantIDs = append(out.ParticipantIDs, id)
		}
	}
	return out, nil
}

// Preview is what a run would do, before it is ordered.
type Preview struct {
	Total      int
	HaveCard   int // keep the good printed card that they have
	NoPhone    int // no phone on record: no link can be sent to them
	Restricted int // no card can be made for them
	BranchID   uuid.UUID
	Running    int64 // runs of the branch that are under way
}

// PreviewRun tells what StartRun would do. It returns what StartRun returns,
// except ErrRunsAtOnce.
func (s *Service) PreviewRun(ctx context.Context, n NewRun) (Preview, error) {
	if (len(n.ParticipantIDs) > 0) == (n.Filter != nil) {
		return Preview{}, ErrRunWho
	}
	if n.Kind == RunLinks && !s.people.CanSend() {
		return Preview{}, ErrCannotSend
	}
	ids, branch, err := s.whom(ctx, n)
	if err != nil {
		return Preview{}, fmt.Errorf("preview card run: %w", err)
	}
	out := Preview{Total: len(ids), BranchID: branch}
	standings, err := s.people.Standings(ctx, ids)
	if err != nil {
		return Preview{}, fmt.Errorf("preview card run: %w", err)
	}
	for _, st := range standings {
		if st.Restricted {
			out.Restricted++
		}
	}
	if n.Kind == RunSheet {
		held, err := s.goodPrinted(ctx, ids)
		if err != nil {
			return Preview{}, fmt.Errorf("preview card run: %w", err)
		}
		out.HaveCard = len(held)
	} else {
		phones, err := s.people.WithPhone(ctx, ids)
		if err != nil {
			return Preview{}, fmt.Errorf("preview card run: %w", err)
		}
		out.NoPhone = len(ids) - len(phones)
	}
	out.Running, err = s.countRunning(ctx, branch)
	return out, err
}

// room returns ErrRunsAtOnce when the branch has as many runs under way as it may.
// Runs across branches count among themselves. The branch's row is held, so that
// two orders at once are counted one after the other.
func (s *Service) room(ctx context.Context, branch uuid.UUID) error {
	if err := s.holdBranch(ctx, branch); err != nil {
		return err
	}
	n, err := s.countRunning(ctx, branch)
	switch {
	case err != nil:
		return err
	case n >= RunsAtOnce:
		return ErrRunsAtOnce
	}
	return nil
}
