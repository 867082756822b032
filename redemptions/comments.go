package redemptions

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

const (
	maxComment  = 500 // characters
	mostRemarks = 100 // of one use
)

// Faults of comments.
var (
	// ErrComment: the text is empty, too long, or holds control characters.
	ErrComment = fault.New(fault.Invalid, "comment_invalid", "A comment has 1 to 500 characters.")
	// ErrComments: the use has as many comments as it may have.
	ErrComments = fault.New(fault.Conflict, "comments_full", "This use has as many comments as it may have.")
)

// Comment is what the partner or the branch says about a use. It decides nothing.
type Comment struct {
	ID        uuid.UUID
	Text      string
	At        time.Time
	ByPartner bool
	ByID      uuid.UUID // zero for whom it does not concern
}

// Comment adds a comment: an owner of the partner about a use at the partner's
// own tills, or whoever decides in the person's branch. It returns ErrNotFound,
// ErrComment or ErrComments.
func (s *Service) Comment(ctx context.Context, id uuid.UUID, text string) error {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if n := utf8.RuneCountInString(text); n == 0 || n > maxComment || strings.ContainsFunc(text, func(c rune) bool { return c != '\n' && unicode.IsControl(c) }) {
		return ErrComment.At("/comment")
	}
	who := actor.From(ctx)
	r, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	owner := who.Scope(actor.DisputeUses).HasPartner(r.PartnerID)
	if !owner && !who.Scope(actor.DecideDisputes).HasBranch(r.BranchID) {
		return ErrNotFound
	}
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.hold(ctx, &r); err != nil {
			return err
		}
		now := s.Clock.Now()
		c := commentRow{
			ParticipantID: r.ParticipantID, ID: uid.At(now), RedemptionID: r.ID, ByKind: string(who.Kind), ByID: who.ID,
			ByPartner: owner, Body: text, WrittenAt: now,
		}
		if err := s.insertComment(ctx, &c); err != nil {
			return err
		}
		return s.Audit.Append(ctx, audit.Event{
			Action: "use_comment.written", Subject: audit.Subject{Kind: "use_comment", ID: c.ID}, Details: map[string]any{"redemption_id": r.ID},
		})
	})
	if err != nil {
		return fmt.Errorf("comment on redemption: %w", err)
	}
	return nil
}
